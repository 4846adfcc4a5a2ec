"""Writing pictures: bytes that depend on pixels alone; files that are whole or not there."""

import errno
import hashlib
import os
import struct
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from mintage.core.recipe import Recipe, Slot
from mintage.pictures import Folder, encode_png, open_picture, write_atomically


def chunks(data: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        found.append(data[at + 4 : at + 8])
        at += length + 12
    return found


def test_equal_pixels_give_equal_bytes_whatever_hangs_on_the_picture() -> None:
    plain = Image.effect_noise((30, 20), 50).convert("RGB")
    laden = plain.copy()
    laden.info = {"icc_profile": b"profile", "dpi": (300, 300), "Software": "a program", "transparency": (1, 2, 3)}
    assert encode_png(laden) == encode_png(plain)
    assert laden.info["Software"] == "a program"


def test_the_png_has_no_chunk_beside_its_pixels() -> None:
    image = Image.new("RGB", (5, 5))
    image.info = {"icc_profile": b"profile", "Software": "a program"}
    assert set(chunks(encode_png(image))) == {b"IHDR", b"IDAT", b"IEND"}


@pytest.mark.parametrize(
    ("mode", "stored"), [("L", "L"), ("RGB", "RGB"), ("RGBA", "RGBA"), ("CMYK", "RGB"), ("1", "RGB")]
)
def test_masks_and_alpha_stay_and_all_else_becomes_rgb(mode: str, stored: str) -> None:
    assert Image.open(BytesIO(encode_png(Image.new(mode, (4, 4))))).mode == stored


def test_the_pixels_come_back() -> None:
    image = Image.effect_noise((33, 17), 80).convert("RGB")
    assert open_picture(encode_png(image)).tobytes() == image.tobytes()


def test_a_file_is_flushed_to_the_disk_before_it_takes_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []
    real = os.fsync

    def watch(descriptor: int) -> None:
        seen.append(("fsync", (tmp_path / "a.png").exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    write_atomically(tmp_path / "a.png", b"new")
    assert seen == [("fsync", False)]
    assert (tmp_path / "a.png").read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_on_an_error_the_old_file_stays_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    (tmp_path / "a.png").write_bytes(b"old")

    def fail(descriptor: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        write_atomically(tmp_path / "a.png", b"new")
    assert (tmp_path / "a.png").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_a_folder_that_is_not_there_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "none" / "a.png", b"new")


def recipe(key: str, number: int = 3, attempt: int = 0) -> Recipe:
    return Recipe(Slot(key, "scene", number), attempt, ((key, 1.0),), "flat", {}, 1)


def test_an_image_lies_under_its_class_with_technique_number_attempt_and_hash(tmp_path: Path) -> None:
    path, sha256 = Folder(tmp_path).put(b"pixels", recipe("dalmatian", 3, 1), ".png")
    assert path == f"images/dalmatian/scene-00003-1-{sha256[:8]}.png"
    assert (tmp_path / path).read_bytes() == b"pixels"
    assert sha256 == hashlib.sha256(b"pixels").hexdigest()


@pytest.mark.parametrize("key", ["../../etc", "a/b", "CON", "ünï dog", ".hidden", "C:\\x"])
def test_no_class_name_leaves_the_images_folder(tmp_path: Path, key: str) -> None:
    path, _ = Folder(tmp_path / "run").put(b"pixels", recipe(key), ".jpg")
    assert (tmp_path / "run" / path).resolve().parent.parent == (tmp_path / "run" / "images").resolve()
    assert "\\" not in path


def test_another_picture_of_the_same_recipe_replaces_none(tmp_path: Path) -> None:
    store = Folder(tmp_path)
    first, _ = store.put(b"one", recipe("cat"), ".png")
    second, _ = store.put(b"two", recipe("cat"), ".png")
    again, _ = store.put(b"one", recipe("cat"), ".png")
    assert first == again != second
    assert len(list(tmp_path.rglob("*.*"))) == 2
