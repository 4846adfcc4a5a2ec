"""What is no picture is flagged with the reason; what is one is not, however dark or plain."""

from time import perf_counter
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from mintage.core import registry
from mintage.core.ports import Item, Rivals, Scored
from mintage.core.recipe import Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use
from mintage.mini.drawing import Drawing

SPEC = DatasetSpec(name="x", classes=["cat"])  # type: ignore[arg-type]


def judge(picture: Any) -> Scored:
    def open_it() -> Image.Image:
        if isinstance(picture, Exception):
            raise picture
        return picture if isinstance(picture, Image.Image) else Image.fromarray(np.asarray(picture, np.uint8))

    sample = Sample(Recipe(Slot("cat", "vanilla", 0), 0, (("cat", 1.0),), "flat", {}, 0))
    (answer,) = registry.build("scorers", Use(use="technical"), SPEC).score([Item(sample, "cat", Rivals(), open_it)])
    return answer


def scene(size: int = 128) -> Image.Image:
    """Sky, ground and a thing with a shadow, softly lit, with a camera's grain."""
    chance = np.random.default_rng(0)
    image = Image.new("RGB", (size, size), (120, 160, 220))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, size * 0.6, size, size), fill=(90, 110, 60))
    draw.ellipse((size * 0.3, size * 0.3, size * 0.7, size * 0.8), fill=(180, 60, 40))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(size / 60)), float)
    return Image.fromarray((soft + chance.normal(0, 3, soft.shape)).clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("size", [8, 64, 256])
def test_noise_is_flagged_in_colour_and_in_grey(size: int) -> None:
    chance = np.random.default_rng(size)
    colour = judge(chance.integers(0, 256, (size, size, 3)))
    assert colour.note == "nothing but noise" and colour.values["ok"] == 0
    if size > 8:
        assert judge(chance.integers(0, 256, (size, size, 1)).repeat(3, 2)).note == "nothing but noise"
        assert judge(chance.normal(128, 20, (size, size, 3)).clip(0, 255)).note == "nothing but noise"


@pytest.mark.parametrize(
    ("colour", "note"), [((0, 0, 0), "black"), ((3, 2, 4), "black"), ((200, 30, 40), "one plain colour")]
)
def test_black_and_plain_pictures_are_flagged(colour: tuple[int, int, int], note: str) -> None:
    answer = judge(Image.new("RGB", (64, 64), colour))
    assert (answer.note, answer.values["ok"], answer.values["uniform"]) == (note, 0.0, 1.0)


def test_stripes_are_flagged_both_ways() -> None:
    row = np.random.default_rng(0).integers(0, 256, (1, 16, 3)).repeat(4, 1).repeat(64, 0)
    assert judge(row).note == judge(row.transpose(1, 0, 2)).note == "nothing but stripes"


def test_an_unreadable_picture_is_not_ok_and_says_why() -> None:
    answer = judge(OSError("truncated"))
    assert answer.note == "unreadable: truncated"
    assert answer.values["readable"] == answer.values["ok"] == 0.0


@pytest.mark.parametrize("light", [1, 0.2, 0.1])
def test_a_dark_photo_is_a_picture(light: float) -> None:
    answer = judge(scene().point(lambda level: level * light))
    assert (answer.values["ok"], answer.note) == (1.0, "")


def test_a_small_object_on_white_is_a_picture() -> None:
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).ellipse((80, 80, 120, 120), fill="navy")
    answer = judge(image)
    assert answer.values["ok"] == 1.0 and answer.values["uniform"] > 0.9


def test_a_hatched_sketch_is_a_picture() -> None:
    image = Image.new("L", (256, 256), 255)
    draw = ImageDraw.Draw(image)
    for i in range(0, 400, 6):
        draw.line((i, 40, i - 120, 216), fill=60)
    assert judge(image.convert("RGB")).values["ok"] == 1.0
    assert judge(image.convert("RGB").resize((64, 64))).values["ok"] == 1.0


def test_what_the_embedded_generator_draws_is_pictures() -> None:
    prompts = [
        "photo of car at night",
        "pencil sketch of piano",
        "ink drawing of pants on a white background",
        "photo in the sky",
    ]
    for pixels in Drawing().draw(prompts, range(4), 14, 2.5):
        assert judge(pixels).values["ok"] == 1.0


def test_size_is_that_of_the_picture_and_spread_that_of_its_luminance() -> None:
    half = np.zeros((10, 20, 3))
    half[:, :10] = 255
    half[4:6] = 128
    answer = judge(half)
    assert (answer.values["width"], answer.values["height"], answer.values["readable"]) == (20.0, 10.0, 1.0)
    assert answer.values["spread"] == pytest.approx((half[..., 0] / 255).std(), abs=1e-4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 3)])
def test_tiny_pictures_are_judged_too(shape: tuple[int, int]) -> None:
    values = judge(np.random.default_rng(0).integers(0, 256, (*shape, 3))).values
    assert all(np.isfinite(v) for v in values.values())


def test_twelve_megapixels_take_less_than_two_seconds() -> None:
    large = scene().resize((4000, 3000))
    begun = perf_counter()
    assert judge(large).values["ok"] == 1.0
    assert perf_counter() - begun < 2  # measured: 0.15
