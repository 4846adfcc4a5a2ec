"""Reading references: what is usable, what is odd and why, and that no file whatever stops it."""

import csv
import os
import random
import shutil
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from mintage.core.errors import MintageError
from mintage.core.parents import References
from mintage.core.spec import DatasetSpec
from mintage.pictures.cutouts.references import read_references

Write = Callable[[str, bytes], Path]


def photo(seed: int = 0, size: tuple[int, int] = (96, 72)) -> Image.Image:
    """Blobs of chance colours: a different picture for each seed."""
    chance = random.Random(seed)
    picture = Image.new("RGB", size, (chance.randrange(256), chance.randrange(256), 128))
    for _ in range(12):
        x, y, r = chance.randrange(size[0]), chance.randrange(size[1]), chance.randrange(6, 20)
        colour = tuple(chance.randrange(256) for _ in range(3))
        ImageDraw.Draw(picture).ellipse((x - r, y - r, x + r, y + r), colour)
    return picture


def thing(ground: str = "white") -> Image.Image:
    picture = Image.new("RGB", (96, 72), ground)
    ImageDraw.Draw(picture).ellipse((26, 12, 70, 58), "navy")
    return picture


def encoded(image: Image.Image, kind: str = "PNG", **more: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


@pytest.fixture
def put(tmp_path: Path) -> Write:
    """`put("dog/a.png", bytes)`: a file in the run's folder."""

    def write(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return write


def spec_of(*classes: str, **use: Any) -> DatasetSpec:
    named = {name: {"references": name} for name in classes or ("dog",)}
    return DatasetSpec.model_validate({"name": "x", "classes": named, "references": use})


def read(folder: Path, *classes: str, masks: bool = False, write: bool = False, **use: Any) -> References:
    return read_references(spec_of(*classes, **use), folder, masks=masks, write=write)


def names(found: References, key: str = "dog") -> list[str]:
    return [r.path.name for r in found.of[key]]


def reasons(found: References, key: str = "dog") -> dict[str, str]:
    return {o.path.name: o.reason for o in found.odd[key]}


def test_pictures_are_found_at_every_depth_in_the_order_of_their_paths(put: Write, tmp_path: Path) -> None:
    for i, name in enumerate(["b.JPG", "a/z.PnG", "c.jpeg", "a/y/x.WebP", "d.TIF", "e.gif", "f.bmp"]):
        kind = {"jpg": "JPEG", "tif": "TIFF"}.get(name.split(".")[1].lower(), name.split(".")[1].upper())
        put(f"dog/{name}", encoded(photo(i), kind))
    found = read(tmp_path)
    paths = [r.path.relative_to(tmp_path / "dog").as_posix() for r in found.of["dog"]]
    assert paths == ["a/y/x.WebP", "a/z.PnG", "b.JPG", "c.jpeg", "d.TIF", "e.gif", "f.bmp"]
    assert not found.odd["dog"]


def test_hidden_files_masks_and_other_files_are_passed_over(put: Write, tmp_path: Path) -> None:
    put("dog/a.jpg", encoded(photo(), "JPEG"))
    for i, name in enumerate([".hidden.png", ".cache/b.png", "masks/a.png", "a.mask.png", "a_mask.png", "._a.jpg"]):
        put(f"dog/{name}", encoded(photo(10 + i)))
    put("dog/Thumbs.db", b"x")
    put("dog/notes.txt", b"x")
    found = read(tmp_path)
    assert names(found) == ["a.jpg"] and not found.odd["dog"]


def test_a_picture_called_mask_that_belongs_to_no_other_is_a_picture(put: Write, tmp_path: Path) -> None:
    put("dog/face_mask.png", encoded(photo()))
    assert names(read(tmp_path)) == ["face_mask.png"]


def test_size_is_as_displayed_and_the_name_is_the_hash_of_the_bytes(put: Write, tmp_path: Path) -> None:
    import hashlib

    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(photo(), "JPEG", exif=exif)
    put("dog/a.jpg", data)
    (reference,) = read(tmp_path).of["dog"]
    assert (reference.width, reference.height) == (72, 96)
    assert reference.name == "file:" + hashlib.sha256(data).hexdigest()


def bomb() -> bytes:
    data = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    for kind, body in (b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""):
        data += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data


def test_what_cannot_be_read_is_odd_with_its_reason_and_the_others_stay(put: Write, tmp_path: Path) -> None:
    put("dog/good.png", encoded(photo()))
    put("dog/bomb.png", bomb())
    put("dog/cut.jpg", encoded(photo(1, (400, 300)), "JPEG")[:900])
    put("dog/empty.png", b"")
    put("dog/page.jpg", b"<html>404</html>")
    put("dog/phone.HEIC", b"ftypheic")
    put("dog/tiny.png", encoded(photo(2, (31, 200))))
    (tmp_path / "dog" / "link.png").symlink_to(tmp_path / "nowhere.png")
    found = read(tmp_path)
    assert names(found) == ["good.png"]
    said = reasons(found)
    assert set(said) == {"bomb.png", "cut.jpg", "empty.png", "page.jpg", "phone.HEIC", "tiny.png", "link.png"}
    assert "too large to open" in said["bomb.png"]
    assert "the file is empty" in said["empty.png"]
    assert "convert it to JPEG or PNG" in said["phone.HEIC"]
    assert said["tiny.png"] == "tiny: 31×200 pixels"
    assert said["link.png"] == "cannot be read: No such file or directory"


def test_how_small_is_tiny_is_an_option(put: Write, tmp_path: Path) -> None:
    put("dog/a.png", encoded(photo(size=(20, 20))))
    assert names(read(tmp_path, smallest=16)) == ["a.png"]
    with pytest.raises(MintageError, match="tiny: 20×20 pixels"):
        read(tmp_path)


def test_cmyk_palettes_sixteen_bits_animations_and_transparency_are_usable(put: Write, tmp_path: Path) -> None:
    put("dog/cmyk.jpg", encoded(photo(1).convert("CMYK"), "JPEG"))
    put("dog/palette.png", encoded(photo(2).convert("P")))
    put("dog/deep.png", encoded(Image.frombytes("I;16", (64, 64), random.Random(1).randbytes(2 * 64 * 64))))
    put("dog/moving.gif", encoded(photo(3), "GIF", save_all=True, append_images=[photo(4)]))
    clear = photo(5).convert("RGBA")
    clear.putalpha(thing().convert("L").point(lambda level: 255 * (level < 128)))
    put("dog/clear.webp", encoded(clear, "WEBP", lossless=True))
    found = read(tmp_path, masks=True)
    assert names(found) == ["clear.webp", "cmyk.jpg", "deep.png", "moving.gif", "palette.png"]
    assert not found.odd["dog"]
    assert found.of["dog"][0].mask == "alpha" and found.of["dog"][0].confidence == 1


@pytest.mark.parametrize(
    ("kind", "more", "scale"),
    [("PNG", {}, 1), ("JPEG", {"quality": 60}, 1), ("WEBP", {"quality": 50}, 0.6), ("PNG", {}, 2.5)],
)
def test_the_same_picture_counts_once_whatever_its_format_and_size(
    kind: str, more: dict[str, int], scale: float, put: Write, tmp_path: Path
) -> None:
    first = photo(1, (240, 180))
    put("dog/a.png", encoded(first))
    put("dog/b.png", encoded(photo(2, (240, 180))))
    copy = first.resize((round(240 * scale), round(180 * scale)), Image.Resampling.LANCZOS)
    put(f"dog/c.{kind.lower()}", encoded(copy, kind, **more))
    found = read(tmp_path)
    assert names(found) == ["a.png", "b.png"]
    same = "file" if (kind, scale) == ("PNG", 1) else "picture"
    assert reasons(found) == {f"c.{kind.lower()}": f"the same {same} as a.png"}


def test_parts_in_the_same_fixture_that_differ_by_a_scratch_are_two_pictures(put: Write, tmp_path: Path) -> None:
    part = photo(1, (240, 180))
    put("dog/whole.png", encoded(part))
    ImageDraw.Draw(part).line((60, 60, 110, 80), "white", 2)
    put("dog/worn.png", encoded(part))
    assert names(read(tmp_path)) == ["whole.png", "worn.png"]


def test_plain_pictures_without_contrast_are_not_taken_for_one(put: Write, tmp_path: Path) -> None:
    for i, level in enumerate((100, 103)):
        put(f"dog/{i}.png", encoded(Image.new("RGB", (64, 64), (level,) * 3)))
    assert len(names(read(tmp_path))) == 2


def test_a_picture_under_two_classes_is_odd_in_both_and_in_neither(put: Write, tmp_path: Path) -> None:
    put("cat/x.png", encoded(photo(1)))
    put("dog/y.png", encoded(photo(1)))
    put("dog/z.png", encoded(photo(1)))
    for name in ("cat", "dog"):
        put(f"{name}/own.png", encoded(photo(ord(name[0]))))
    found = read(tmp_path, "cat", "dog")
    assert names(found, "cat") == names(found, "dog") == ["own.png"]
    assert reasons(found, "cat") == {"x.png": "the same file lies under dog: y.png"}
    assert reasons(found, "dog") == dict.fromkeys(("y.png", "z.png"), "the same file lies under cat: x.png")


def test_folders_that_are_missing_or_empty_are_named_with_their_class_all_at_once(put: Write, tmp_path: Path) -> None:
    put("file", b"x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MintageError) as error:
        read(tmp_path, "gone", "file")
    assert [p.where for p in error.value.problems] == ["references of gone", "references of file"]
    assert "does not exist" in str(error.value) and "is no folder" in str(error.value)
    put("bad/a.jpg", b"x")
    with pytest.raises(MintageError) as error:
        read(tmp_path, "empty", "bad")
    assert [p.where for p in error.value.problems] == ["references of empty", "references of bad"]
    assert "e.g. a.jpg: cannot be read" in str(error.value)


def test_keys_are_those_of_the_classes_whatever_they_are_called_now(put: Write, tmp_path: Path) -> None:
    put("pictures/a.png", encoded(photo()))
    spec = DatasetSpec.model_validate({"name": "x", "classes": {"hound": {"was": "dog", "references": "pictures"}}})
    assert list(read_references(spec, tmp_path).of) == ["dog"]


def test_a_class_without_references_has_none_and_an_absolute_folder_is_taken(put: Write, tmp_path: Path) -> None:
    put("far/a.png", encoded(photo()))
    classes = {"dog": {"references": str(tmp_path / "far")}, "cat": {}}
    spec = DatasetSpec.model_validate({"name": "x", "classes": classes})
    assert list(read_references(spec, tmp_path / "run").of) == ["dog"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names and links")
def test_odd_names_links_and_pipes_do_no_harm(put: Write, tmp_path: Path) -> None:
    put("dog/ünï 日本.png", encoded(photo(1)))
    folder = os.fsencode(tmp_path / "dog")
    with open(folder + b"/\xff\xfe.png", "wb") as file:  # noqa: PTH123 (a name that is no UTF-8)
        file.write(encoded(photo(2)))
    with open(folder + b"/\xfe.png", "wb") as file:  # noqa: PTH123
        file.write(b"broken")
    os.mkfifo(tmp_path / "dog" / "pipe.png")
    put("elsewhere/out.png", encoded(photo(3)))
    (tmp_path / "dog" / "link.png").symlink_to(tmp_path / "elsewhere" / "out.png")
    (tmp_path / "dog" / "round").symlink_to(tmp_path / "dog")
    found = read(tmp_path, masks=True)
    assert len(found.of["dog"]) == 3
    said = reasons(found)
    assert said["pipe.png"] == "no ordinary file"
    assert "not followed" in said["round"]
    assert len(said) == 3


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs the rights of POSIX")
def test_a_folder_that_may_not_be_read_is_odd() -> None:
    folder = Path(tempfile.mkdtemp())  # not pytest's own, which is closed to everybody else
    locked = folder / "dog" / "locked"
    locked.mkdir(parents=True)
    (folder / "dog" / "a.png").write_bytes(encoded(photo(1)))
    (locked / "b.png").write_bytes(encoded(photo(2)))
    locked.chmod(0)
    folder.chmod(0o755)
    me = os.geteuid()
    try:
        if me == 0:
            os.seteuid(NOBODY)  # root may read everything
        assert "cannot be read" in reasons(read(folder))["locked"]
    finally:
        os.seteuid(me)
        locked.chmod(0o700)
        shutil.rmtree(folder)


NOBODY = 65534


@pytest.mark.parametrize("beside", ["a.mask.png", "a_mask.png", "masks/a.png"])
def test_a_mask_beside_a_picture_is_its_cut_out(beside: str, put: Write, tmp_path: Path) -> None:
    put("dog/a.jpg", encoded(photo(), "JPEG"))
    mask = Image.new("L", (96, 72))
    mask.paste(255, (10, 10, 50, 50))
    put(f"dog/{beside}", encoded(mask))
    (reference,) = read(tmp_path, masks=True).of["dog"]
    assert (reference.mask, reference.confidence) == ("file", 1.0)


def test_a_mask_of_another_shape_or_without_white_is_told_and_not_used(put: Write, tmp_path: Path) -> None:
    put("dog/a.png", encoded(thing()))
    put("dog/a.mask.png", encoded(Image.new("L", (50, 50), 255)))
    put("dog/b.png", encoded(thing("khaki")))
    put("dog/b.mask.png", encoded(Image.new("L", (96, 72))))
    found = read(tmp_path, masks=True)
    said = sorted(o.reason for o in found.odd["dog"])
    assert said == [
        "a.mask.png: a mask of 50×50 for a picture of 96×72, so that it is not used",
        "b.mask.png: a mask without any white, so that it is not used",
    ]
    assert [r.mask for r in found.of["dog"]] == ["plain", "plain"]


def test_a_box_leads_to_the_object(put: Write, tmp_path: Path) -> None:
    put("dog/a.png", encoded(photo()))
    put("dog/b.png", encoded(photo(1)))
    put("dog/boxes.csv", "\ufefffile,x,y,width,height\na.png,10,10,50,40\ngone.png,1,2,3,4\nb.png,a,b,c,d\n".encode())
    found = read(tmp_path, masks=True)
    assert found.of["dog"][0].mask == "box"
    assert {o.reason for o in found.odd["dog"]} == {"line 4 is no box", "there is no file gone.png"}


def test_boxes_without_their_columns_say_what_the_first_line_should_be(put: Write, tmp_path: Path) -> None:
    put("dog/a.png", encoded(photo()))
    put("dog/boxes.csv", b"name,left\na.png,1\n")
    assert "file,x,y,width,height" in reasons(read(tmp_path, masks=True))["boxes.csv"]


def test_sure_and_doubtful_are_told_apart_and_all_are_usable(
    put: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    put("dog/a.png", encoded(thing()))
    put("dog/b.png", encoded(Image.effect_noise((96, 72), 90).convert("RGB")))
    found = read(tmp_path, masks=True)
    assert names(found) == ["a.png", "b.png"]
    assert [r.path.name for r in found.doubtful["dog"]] == ["b.png"]
    assert not read(tmp_path, masks=True, sure=0.0).doubtful["dog"]


def test_cut_outs_are_kept_only_when_told_and_looked_up_then(put: Write, tmp_path: Path) -> None:
    put("dog/a.png", encoded(thing()))
    first = read(tmp_path, masks=True)
    assert not (tmp_path / "cutouts").exists(), "a plan writes nothing"
    assert read(tmp_path, masks=True, write=True) == first
    (kept,) = (tmp_path / "cutouts").iterdir()
    with Image.open(kept) as image:
        text = dict(image.info)
    assert text["how"] == "plain"
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    said.add_text("how", "plain")
    said.add_text("confidence", "0.123")
    kept.write_bytes(encoded(Image.new("1", (96, 72), 1), pnginfo=said))
    assert read(tmp_path, masks=True).of["dog"][0].confidence == 0.123, "it is looked up"
    kept.write_bytes(b"half a fi")
    assert read(tmp_path, masks=True, write=True) == first, "what is broken is found again"


def test_masks_none_asks_for_no_cut_outs(put: Write, tmp_path: Path) -> None:
    put("dog/a.png", encoded(thing()))
    (reference,) = read_references(spec_of(masks="none"), tmp_path, masks=True).of["dog"]
    assert (reference.mask, reference.confidence) == ("", 0.0)


def test_progress_is_told_for_every_file(put: Write, tmp_path: Path) -> None:
    for i in range(3):
        put(f"dog/{i}.png", encoded(photo(i)))
    told: list[tuple[int, int]] = []
    read_references(spec_of(), tmp_path, tell=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("references", [".", "..", "images", "images/dog", "photos/../exports", "remakes/x"])
def test_what_the_run_makes_itself_is_never_taken_for_real(put: Write, tmp_path: Path, references: str) -> None:
    put("run/images/dog/a.png", encoded(photo()))
    spec = DatasetSpec.model_validate({"name": "x", "classes": {"dog": {"references": references}}})
    with pytest.raises(MintageError, match="they are not real") as caught:
        read_references(spec.placed(tmp_path / "run"), tmp_path / "run")
    assert "photos/dog" in str(caught.value.problems[0].type_this)


@pytest.mark.parametrize("references", ["~no-such-user/x", "a\0b"])
def test_a_folder_that_cannot_be_is_a_mistake_of_the_spec(tmp_path: Path, references: str) -> None:
    spec = DatasetSpec.model_validate({"name": "x", "classes": {"dog": {"references": references}}})
    with pytest.raises(MintageError, match="cannot be read"):
        read_references(spec, tmp_path)


@pytest.mark.parametrize(
    "mask", ["a.mask.jpg", "a_mask.bmp", "A_MASK.PNG", "a.Mask.Png", "masks/a.PNG", "masks/A.tif", "Masks/x.png"]
)
def test_a_mask_of_any_suffix_and_case_is_a_mask_and_no_picture(put: Write, tmp_path: Path, mask: str) -> None:
    put("dog/a.jpg", encoded(photo(), "JPEG"))
    white = Image.new("L", (96, 72))
    ImageDraw.Draw(white).ellipse((26, 12, 70, 58), 255)
    kind = {"jpg": "JPEG", "tif": "TIFF"}.get(mask[-3:].lower(), mask[-3:].upper())
    put(f"dog/{mask}", encoded(white, kind))
    found = read(tmp_path, masks=True)
    assert names(found) == ["a.jpg"] and not found.odd["dog"]
    assert mask.startswith("Masks") or found.of["dog"][0].mask == "file"


def test_a_mask_of_stray_pixels_is_told_and_not_used_and_a_thin_scratch_is_a_mask(put: Write, tmp_path: Path) -> None:
    size = (1024, 1024)
    for i, (name, box) in enumerate(
        {"stray": (9, 9, 12, 13), "few": (9, 9, 11, 12), "scratch": (9, 9, 10, 48)}.items()
    ):
        put(f"dog/{name}.png", encoded(photo(i, size)))
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).rectangle(box, 255)
        put(f"dog/{name}.mask.png", encoded(mask))
    found = read(tmp_path, masks=True)
    assert {n: "stray pixels" in r for n, r in reasons(found).items()} == {"stray.png": True, "few.png": True}
    assert [r.path.name for r in found.of["dog"] if r.mask == "file"] == ["scratch.png"]


@pytest.mark.parametrize("header", ["File, X ,Y,Width,HEIGHT", "file\tx\ty\twidth\theight", "file;x;y;width;height"])
def test_headers_and_separators_of_boxes_may_differ(put: Write, tmp_path: Path, header: str) -> None:
    separator = next(c for c in "\t;," if c in header)
    put("dog/a.png", encoded(photo()))
    put("dog/boxes.csv", f"{header}\n{separator.join(['a.png', '10', '10', '50', '40'])}\n".encode())
    found = read(tmp_path, masks=True)
    assert not found.odd["dog"] and found.of["dog"][0].mask


@pytest.mark.parametrize("line", ['"b.png,1,2,3,4', "b" * 200_000 + ",1,2,3,4"])
def test_a_line_of_boxes_that_breaks_the_file_is_told(put: Write, tmp_path: Path, line: str) -> None:
    put("dog/a.png", encoded(photo()))
    put("dog/boxes.csv", f"file,x,y,width,height\na.png,10,10,50,40\n{line}\n".encode())
    limit = csv.field_size_limit(10**9)  # what another library of the process may have set
    try:
        assert "line 3 cannot be read" in reasons(read(tmp_path, masks=True))["boxes.csv"]
    finally:
        csv.field_size_limit(limit)


def test_a_box_outside_its_picture_is_told(put: Write, tmp_path: Path) -> None:
    put("dog/a.png", encoded(photo()))
    put("dog/boxes.csv", b"file,x,y,width,height\na.png,100,10,50,40\n")
    assert "lies outside the picture of 96×72" in reasons(read(tmp_path, masks=True))["a.png"]
