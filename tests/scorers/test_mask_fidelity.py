"""Repainted pictures against their parents: real arrays, real masks."""

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from mintage.core import registry
from mintage.core.ports import Failed, Item, Rivals, Scored
from mintage.core.recipe import Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use
from mintage.mini.drawing import Drawing

CLASSES = {"dalmatian": None, "vehicle": {"called": "car"}, "okapi": None}


@pytest.fixture(scope="module")
def scorer() -> Any:
    spec = DatasetSpec.model_validate({"name": "x", "classes": CLASSES})
    one = registry.build("scorers", Use(use="mask_fidelity"), spec)
    one.load()
    return one


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    """A dalmatian and a car."""
    pixels = Drawing().draw(["photo of dalmatian", "photo of car"], [0, 0], 14, 2.5)
    return [Image.fromarray(p).resize((96, 96)) for p in pixels]


def disc(size: int = 96) -> Image.Image:
    mask = Image.new("L", (size, size))
    ImageDraw.Draw(mask).ellipse((24, 24, 72, 72), fill=255)
    return mask


def noisy(picture: Image.Image, levels: int) -> Image.Image:
    """Each pixel at most this many levels away."""
    change = np.random.default_rng(0).integers(-levels, levels + 1, (picture.height, picture.width, 3))
    return Image.fromarray((np.asarray(picture).astype(int) + change).clip(0, 255).astype(np.uint8))


def inside(new: Image.Image, parent: Image.Image, mask: Image.Image) -> Image.Image:
    picture = parent.copy()
    picture.paste(new, (0, 0), mask)
    return picture


def item(picture: Any, parent: Any = None, mask: Any = None, label: str = "dalmatian") -> Item:
    def opened() -> Image.Image:
        if isinstance(picture, Image.Image):
            return picture
        raise picture

    recipe = Recipe(Slot(label, "inpaint", 0), 0, ((label, 1.0),), "mini", {}, 0, ("file:1",), ("file:1",))
    return Item(Sample(recipe, {}, label), label, Rivals(), opened, None, lambda: parent, lambda: mask)


def numbers(scorer: Any, *args: Any, **more: Any) -> dict[str, float]:
    (answer,) = scorer.score([item(*args, **more)])
    assert isinstance(answer, Scored), answer
    assert set(answer.values) <= set(scorer.numbers)
    return dict(answer.values)


def passes(scorer: Any, values: dict[str, float]) -> bool:
    return all(values[name] >= least for name, least in scorer.floors.items())


def test_a_repainted_part_passes(scorer: Any, photos: list[Image.Image]) -> None:
    dog, car = photos
    values = numbers(scorer, inside(car, dog, disc()), dog, disc())
    assert passes(scorer, values)
    assert values["kept"] == 1 and values["outside_mean"] == values["outside_max"] == 0 and values["changed"] > 20


def test_a_picture_in_which_nothing_was_done_fails(scorer: Any, photos: list[Image.Image]) -> None:
    (answer,) = scorer.score([item(photos[0], photos[0], disc())])
    assert answer.values["changed"] == 0 and not passes(scorer, dict(answer.values))
    assert answer.note == "hardly anything was repainted in the mask"
    assert numbers(scorer, noisy(photos[0], 2), photos[0], disc())["changed"] < 2


def test_a_picture_that_was_repainted_as_a_whole_fails(scorer: Any, photos: list[Image.Image]) -> None:
    (answer,) = scorer.score([item(photos[1], photos[0], disc())])
    assert answer.values["kept"] < 0.5 and not passes(scorer, dict(answer.values))
    assert answer.values["outside_max"] > 50 and answer.note == "it changed outside the mask"


def test_what_storing_does_to_a_picture_is_no_change(scorer: Any, photos: list[Image.Image]) -> None:
    stored = noisy(inside(photos[1], photos[0], disc()), 8)
    values = numbers(scorer, stored, photos[0], disc())
    assert passes(scorer, values) and 0 < values["outside_mean"] <= values["outside_max"] <= 8


def test_pixels_that_touch_the_mask_do_not_count(scorer: Any, photos: list[Image.Image]) -> None:
    wider = np.asarray(disc().filter(ImageFilter.MaxFilter(3)))
    spilt = inside(photos[1], photos[0], Image.fromarray(wider))
    assert numbers(scorer, spilt, photos[0], disc())["outside_max"] == 0
    far = inside(photos[1], photos[0], disc().resize((120, 120)).crop((12, 12, 108, 108)))
    assert numbers(scorer, far, photos[0], disc())["kept"] < 0.98


def test_the_crop_is_ranked_before_and_after_by_the_words_of_its_class(scorer: Any, photos: list[Image.Image]) -> None:
    dog, car = photos
    whole = Image.new("L", (96, 96), 255)
    as_car = numbers(scorer, car, dog, whole, label="vehicle")
    assert as_car["crop_before"] < 0.3 < 0.6 < as_car["crop_after"]
    assert as_car["kept"] == 1, "there is nothing outside"
    as_dog = numbers(scorer, car, dog, whole)
    assert as_dog["crop_before"] > 0.6 > 0.3 > as_dog["crop_after"]


@pytest.mark.parametrize("label", ["okapi", "other", ""])
def test_a_crop_whose_words_the_model_does_not_know_is_not_ranked(
    scorer: Any, photos: list[Image.Image], label: str
) -> None:
    values = numbers(scorer, inside(photos[1], photos[0], disc()), photos[0], disc(), label=label)
    assert "crop_after" not in values and passes(scorer, values)


def test_of_a_picture_without_mask_or_parent_it_says_nothing_and_does_not_open_it(
    scorer: Any, photos: list[Image.Image]
) -> None:
    never = AssertionError("it was opened")
    assert numbers(scorer, never) == numbers(scorer, never, photos[0]) == numbers(scorer, never, None, disc()) == {}


@pytest.mark.parametrize(("kind", "box"), [("line", (10, 0, 11, 96)), ("pixel", (5, 5, 6, 6)), ("edge", (0, 0, 96, 3))])
def test_masks_of_a_few_pixels_are_measured(
    scorer: Any, photos: list[Image.Image], kind: str, box: tuple[int, int, int, int]
) -> None:
    mask = Image.new("L", (96, 96))
    mask.paste(255, box)
    changed = photos[0].copy()
    changed.paste((255, 0, 255), box)
    assert passes(scorer, numbers(scorer, changed, photos[0], mask))


def test_what_does_not_fit_or_cannot_be_read_fails_alone_with_its_reason(
    scorer: Any, photos: list[Image.Image]
) -> None:
    dog, car = photos
    answers = list(
        scorer.score(
            [
                item(dog, dog, disc().resize((64, 64))),
                item(dog, dog.resize((64, 64)), disc()),
                item(dog, dog, Image.new("L", (96, 96))),
                item(OSError("image file is truncated"), dog, disc()),
                item(inside(car, dog, disc()), dog, disc()),
            ]
        )
    )
    assert all(isinstance(a, Failed) for a in answers[:4]) and isinstance(answers[4], Scored)
    mask, parent, black, broken = (a.reason for a in answers[:4])
    assert "mask is 64×64" in mask and "96×96" in mask
    assert "parent is 64×64" in parent
    assert "all black" in black
    assert broken == "unreadable: image file is truncated"


def test_its_name_follows_from_the_words_that_crops_are_ranked_among(scorer: Any) -> None:
    other = DatasetSpec.model_validate({"name": "x", "classes": ["dalmatian", "car"]})
    assert registry.build("scorers", Use(use="mask_fidelity"), other).made_by != scorer.made_by
    assert not scorer.ranks and scorer.space is None
