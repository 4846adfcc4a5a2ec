"""The embedded models follow the numerical recipe that they were measured with."""

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mintage.mini.comparing import Comparing, shrink
from mintage.mini.drawing import Drawing
from mintage.mini.tokens import to_tokens, unknown_words
from mintage.mini.weights import COMPARING, DRAWING, fingerprint

GOLDEN = [  # prompt, seed, steps, guidance of the five pictures in golden.png, by the recipe's first implementation
    ("photo of a sunflower", 0, 14, 3.0),
    ("Photo of red t-shirt on a wooden floor, okapi", 2**31 - 1, 14, 3.0),
    ("", 7, 14, 3.0),
    ("pencil sketch of piano", 3, 4, 0.0),
    ("cartoon of pizza on a white background", 11, 6, 9.5),
]
SHARES = [  # of the same pictures: sunflower, t-shirt, piano, none of these
    [0.999354, 0.000030, 0.000503, 0.000113],
    [0.000238, 0.999270, 0.000225, 0.000268],
    [0.010051, 0.020843, 0.967288, 0.001816],
    [0.197164, 0.553312, 0.233517, 0.016007],
    [0.953527, 0.026291, 0.016782, 0.003400],
]


@pytest.fixture(scope="module")
def golden() -> np.ndarray:
    row = np.asarray(Image.open(Path(__file__).parent / "golden.png").convert("RGB"))
    return np.stack(np.split(row, len(GOLDEN), axis=1))


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    return Drawing(threads=1)


@pytest.mark.parametrize("number", range(len(GOLDEN)))
def test_a_picture_is_that_of_the_recipe_to_one_grey_level(drawing: Drawing, golden: np.ndarray, number: int) -> None:
    prompt, seed, steps, guidance = GOLDEN[number]
    made = drawing.draw([prompt], [seed], steps, guidance)[0]
    assert made.shape == (64, 64, 3) and made.dtype == np.uint8
    assert np.abs(made.astype(int) - golden[number]).max() <= 1


def test_the_shares_of_classes_are_those_of_the_recipe(golden: np.ndarray) -> None:
    model = Comparing(threads=1)
    words = model.word_vectors(["sunflower", "t-shirt", "piano"])
    cosines = np.append(model.image_vectors(golden) @ words.T, np.full((len(golden), 1), model.null), axis=1)
    shares = np.exp(cosines / model.temperature)
    assert shares / shares.sum(1, keepdims=True) == pytest.approx(np.array(SHARES), abs=1e-4)


def test_vectors_have_length_one(golden: np.ndarray) -> None:
    model = Comparing(threads=1)
    vectors = model.image_vectors(golden)
    assert vectors.shape == (5, 128) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(model.text_vector("photo of pizza")) == pytest.approx(1, abs=1e-5)


def test_a_photo_is_squashed_by_the_mean_over_boxes() -> None:
    photo = Image.new("RGB", (256, 128), "black")
    photo.paste("white", (0, 0, 2, 2))
    assert shrink(photo).shape == (64, 64, 3)
    assert shrink(photo)[0, 0].tolist() == [128, 128, 128]  # 4 of the 8 pixels that become one
    assert shrink(photo)[0, 1].tolist() == [0, 0, 0]


def test_tokens_leave_out_articles_and_name_unknown_words_one() -> None:
    rows = to_tokens(["A photo of the black-and-white T-Shirt, okapi", "red " * 20, ""])
    assert rows.dtype == np.int64 and rows.shape == (3, 16)
    assert rows[0].tolist() == [100, 16, 134, 1, *[0] * 12]
    assert rows[1].tolist() == [111] * 16
    assert not rows[2].any()
    assert unknown_words("a big dog on the moon") == ["big", "moon"]


def test_the_fingerprint_is_of_all_its_files() -> None:
    assert len({fingerprint(*DRAWING), fingerprint(*COMPARING), fingerprint(*DRAWING[:-1])}) == 3
    assert len(fingerprint(*DRAWING)) == 12


def test_the_weights_stay_under_25_megabytes_and_carry_their_credits() -> None:
    folder = files("mintage.mini") / "weights"
    assert sum(len(file.read_bytes()) for file in folder.iterdir()) <= 25_000_000
    notice = (folder / "NOTICE").read_text(encoding="utf-8")
    for source in ("clothing-dataset", "GroceryStoreDataset", "Caltech 101", "DreamBooth", "Fluent Emoji"):
        assert source in notice
    for licence in ("CC0 1.0", "MIT", "CC BY 4.0", "Unsplash"):
        assert licence in notice


def test_naming_what_made_a_picture_imports_nothing_heavy() -> None:
    code = """
import sys
from mintage.core import registry
from mintage.core.spec import DatasetSpec, Use
spec = DatasetSpec(name="x", classes=["dalmatian"])
for kind, name in ("engines", "mini"), ("engines", "flat"), ("scorers", "mini"), ("scorers", "technical"):
    plugin = registry.build(kind, Use(use=name), spec)
    assert plugin.made_by.startswith(name + "@")
engine = registry.build("engines", Use(use="mini"), spec)
assert engine.knows({"class": ["dalmatian"]}) == [] and engine.phrasing and engine.seconds_per_image
import mintage.pictures
heavy = {"numpy", "PIL", "onnxruntime"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)
