"""The scripts that make the embedded weights: seeded, resumable, and what they write can be used."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

pytest.importorskip("torch", reason="training needs the extra training")
pytest.importorskip("cv2", reason="training needs the extra training")
pytest.importorskip("onnx", reason="training needs the extra training")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TRAINING = Path(__file__).parents[2] / "training"
ROWS = [  # file, caption, cls, env, style, group, licence
    *((f"a picture of a {k}", k, "", "photo", "caltech101", "CC-BY-4.0") for k in ("pizza", "cup", "chair") * 8),
    *(("a photo of a red t-shirt on a red cloth", "T-Shirt", "red cloth", "photo", "sender1", "CC0-1.0"),) * 6,
    *(("a photo of a blue dress on a white surface", "Dress", "white surface", "photo", "sender2", "CC0-1.0"),) * 2,
    *(("a photo of a hat on a dark carpet", "Hat", "dark carpet", "photo", "sender2", "CC0-1.0"),) * 2,
    *(("a photo of pants on a floor", "Pants", "brown wooden floor", "photo", "sender2", "CC0-1.0"),) * 2,
    *(("a photo of banana in a grocery store", "Banana", "grocery store", "photo", "train", "MIT"),) * 4,
    ("a studio photo of banana on a white background", "Banana", "white background", "photo", "iconic", "MIT"),
    ("a 3D render of a pizza on a white background", "pizza", "white background", "3d render", "emoji", "MIT"),
    ("a photo of a cat", "cat", "", "photo", "dreambooth", "CC-BY-4.0/Unsplash"),
]


def run(script: str, *arguments: object) -> str:
    """What a script prints; a failure shows what it said."""
    command = [sys.executable, str(TRAINING / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def drawn(number: int) -> bytes:
    """A shape on a plain ground, another for each number."""
    rng = np.random.default_rng(number)
    picture = Image.new("RGB", (64, 64), "white" if number % 2 else tuple(map(int, rng.integers(0, 255, 3))))
    x, y = map(int, rng.integers(8, 16, 2))
    fill = tuple(map(int, rng.integers(0, 200, 3)))
    ImageDraw.Draw(picture).ellipse((x, y, x + 36, y + 40), fill=fill, outline="black", width=2)
    file = io.BytesIO()
    picture.save(file, "webp", lossless=True)
    return file.getvalue()


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack")
    with zipfile.ZipFile(folder / "images64.zip", "w") as archive, (folder / "captions.csv").open("w") as file:
        table = csv.writer(file)
        table.writerow(["file", "caption", "cls", "env", "style", "group", "licence"])
        for number, row in enumerate(ROWS):
            archive.writestr(f"{number:03}.webp", drawn(number))
            table.writerow([f"{number:03}.webp", *row])
    return folder


@pytest.fixture(scope="module")
def the_set(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("set") / "set.npz"
    run("data.py", pack, path)
    return path


@pytest.fixture(scope="module")
def trained(the_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of barely trained weights."""
    folder = tmp_path_factory.mktemp("trained")
    run("generator.py", the_set, folder, 192)
    run("enlarge.py", the_set, folder, 96)
    run("clip.py", the_set, folder, 256)
    return folder


def weights(path: Path) -> dict[str, Any]:
    import torch

    return dict(torch.load(path, map_location="cpu")["net"])


def test_the_same_pack_gives_the_same_set_to_the_byte(pack: Path, the_set: Path, tmp_path: Path) -> None:
    run("data.py", pack, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == the_set.read_bytes()


def test_a_set_has_real_pictures_derived_ones_and_composites_and_none_that_are_held_back(the_set: Path) -> None:
    stored = np.load(the_set)
    parts, real = stored["parts"], stored["real"]
    assert {"pizza", "cup", "chair", "t-shirt", "banana", ""} <= set(parts[:, 2])
    assert {"on grass", "under water", "on red cloth"} <= set(parts[~real, 4])
    assert {"painting", "pencil sketch", "black-and-white photo", "cartoon"} <= set(parts[~real, 0])
    untouched = sum(1 for row in ROWS if row[1] != "cat")
    assert 0 < real.sum() < untouched  # a tenth of Caltech is held back
    assert stored["images"].shape == (len(parts), 64, 64, 3) and stored["weights"].sum() == pytest.approx(1)


def test_the_data_card_says_every_source_with_its_licence_and_counts(the_set: Path) -> None:
    card = the_set.with_suffix(".md").read_text()
    for source, licence in (("Caltech 101", "CC-BY-4.0"), ("clothing-dataset", "CC0-1.0"), ("Fluent Emoji", "MIT")):
        assert any(source in line and licence in line for line in card.splitlines())
    assert "| pizza |" in card and "| on grass |" in card and "cat" not in card.split()


@pytest.mark.parametrize(
    ("script", "file", "batch"),
    [("generator.py", "generator", 64), ("enlarge.py", "enlarge", 32), ("clip.py", "clip", 128)],
)
def test_training_that_was_broken_off_ends_where_it_would_have_ended(
    the_set: Path, trained: Path, tmp_path: Path, script: str, file: str, batch: int
) -> None:
    import torch

    for name in ("words.json", "generator.pt"):
        if script != "generator.py":
            (tmp_path / name).write_bytes((trained / name).read_bytes())
    end, middle = {"generator": (192, 64), "enlarge": (96, 32), "clip": (256, 128)}[file]
    early = ["--until", middle] if script == "generator.py" else [middle]
    run(script, the_set, tmp_path, end, *early)
    first = weights(tmp_path / f"{file}.pt")
    run(script, the_set, tmp_path, end)
    broken, whole = weights(tmp_path / f"{file}.pt"), weights(trained / f"{file}.pt")
    assert any((first[name] != whole[name]).any() for name in whole)
    for name, expected in whole.items():
        torch.testing.assert_close(broken[name], expected, atol=1e-5, rtol=1e-4, msg=name)


def test_other_weights_are_gone_on_from_and_their_words_keep_their_places(
    the_set: Path, trained: Path, tmp_path: Path
) -> None:
    import torch

    state = torch.load(trained / "generator.pt")
    torch.save(state["net"], tmp_path / "first.pt")
    known = json.loads((trained / "words.json").read_text())[:-1]
    (tmp_path / "words.json").write_text(json.dumps(known))
    state["net"]["text.word.weight"] = state["net"]["text.word.weight"][:-1]
    torch.save(state["net"], tmp_path / "first.pt")
    run("generator.py", the_set, tmp_path / "on", 64, "--from", tmp_path / "first.pt", tmp_path / "words.json")
    words = json.loads((tmp_path / "on/words.json").read_text())
    assert words[: len(known)] == known and len(words) == len(known) + 1


def test_a_set_with_more_words_is_gone_on_with_and_what_was_learned_stays(
    pack: Path, trained: Path, tmp_path: Path
) -> None:
    import torch

    with zipfile.ZipFile(pack / "images64.zip") as archive, zipfile.ZipFile(tmp_path / "images64.zip", "w") as more:
        for name in archive.namelist():
            more.writestr(name, archive.read(name))
        more.writestr("999.webp", drawn(999))
    row = "999.webp,a picture of a lobster,lobster,,photo,caltech101,CC-BY-4.0\n"
    (tmp_path / "captions.csv").write_text((pack / "captions.csv").read_text() + row)
    run("data.py", tmp_path, tmp_path / "set.npz")
    (tmp_path / "words.json").write_bytes((trained / "words.json").read_bytes())
    tables = {"generator.pt": "text.word.weight", "clip.pt": "text_body.word.weight"}
    for file, table in tables.items():
        state = torch.load(trained / file)
        state["net"][table] += 1  # as nothing that begins anew would have it
        torch.save(state, tmp_path / file)
    run("generator.py", tmp_path / "set.npz", tmp_path, 256)
    run("clip.py", tmp_path / "set.npz", tmp_path, 384)
    before, words = (json.loads((folder / "words.json").read_text()) for folder in (trained, tmp_path))
    assert words == [*before, "lobster"]
    for file, table in tables.items():
        old, new = weights(trained / file)[table], weights(tmp_path / file)[table]
        assert len(new) == len(old) + 1
        torch.testing.assert_close(new[: len(old)], old + 1, atol=0.01, rtol=0.1)
    run("export.py", tmp_path, tmp_path / "out", "generator,clip")


def test_every_view_can_be_told_from_the_photo_and_is_a_picture_of_its_own() -> None:
    sys.path.insert(0, str(TRAINING))
    try:
        from views import VIEWS
    finally:
        sys.path.remove(str(TRAINING))
    photo = np.asarray(Image.open(io.BytesIO(drawn(4))).convert("RGB"))
    seen = {view: see(photo, np.random.default_rng(1)) for view, see in VIEWS.items()}
    for view, picture in seen.items():
        assert picture.shape == (64, 64, 3) and picture.dtype == np.uint8
        others = [photo, *(other for name, other in seen.items() if name != view)]
        assert all(np.abs(picture.astype(int) - other).mean() > 2 for other in others), view
    small, whole, near = (
        (np.abs(picture.astype(int) - photo[0, 0]) < 12).all(2).mean()
        for picture in (seen["far away"], photo, seen["close up"])
    )
    assert small > whole > near, "how much of the picture is ground"
    assert (seen["upside down"][::-1] == photo).all()


def test_what_is_exported_draws_and_compares_like_the_network_and_is_small(trained: Path, tmp_path: Path) -> None:
    import onnxruntime

    said = run("export.py", trained, tmp_path)
    assert said.count("to another batch size 0.000") == 4
    sizes = {p.stem: p.stat().st_size for p in tmp_path.glob("*.onnx")}
    assert set(sizes) == {"generator", "enlarge", "clip_image", "clip_text"} and sum(sizes.values()) < 25e6
    net = onnxruntime.InferenceSession(tmp_path / "generator.onnx", providers=["CPUExecutionProvider"])
    feed = {
        "image": np.zeros((3, 3, 32, 32), np.float32),
        "time": np.zeros(3, np.float32),
        "tokens": np.zeros((3, 16), np.int64),
    }
    assert net.run(None, feed)[0].shape == (3, 3, 32, 32)


def test_words_that_are_not_seen_in_half_of_the_pictures_are_left_out(tmp_path: Path) -> None:
    axes = ("classes", "environments", "styles", "colours", "views")
    measured = {axis: {"good": 0.9, "half": 0.5, "bad": 0.49} for axis in axes}
    measured["styles"]["photo"] = 0.4
    (tmp_path / "measured.json").write_text(json.dumps(measured))
    docs = tmp_path / "mini.md"
    docs.write_text("Before\n<!-- words: written by training/knows.py -->\nold\n<!-- end of words -->\nAfter\n")
    for _ in range(2):
        run("knows.py", tmp_path / "measured.json", tmp_path, docs)
    known = {axis: ["good", "half"] for axis in axes}
    known["styles"].append("photo")
    assert json.loads((tmp_path / "knows.json").read_text()) == known, "a picture without a style is a photo"
    text = docs.read_text()
    assert text.startswith("Before\n") and text.endswith("\nAfter\n") and "old" not in text
    assert "| class (2) | good 90%, half 50% |" in text and "bad 49%" in text
    assert "good 90%, half 50%, photo 40% |" in text and text.count("photo") == 1
