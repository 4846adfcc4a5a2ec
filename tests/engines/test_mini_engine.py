"""The embedded generator as an engine."""

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.ports import Failed, Made, Request
from mintage.core.spec import DatasetSpec, Use

SPEC = DatasetSpec(name="x", classes=["dalmatian"])  # type: ignore[arg-type]


def engine(**options: Any) -> Any:
    return registry.build("engines", Use(use="mini", options=options), SPEC)


def pixels(answers: list[Any]) -> dict[str, np.ndarray]:
    return {a.recipe_id: np.asarray(a.image).astype(int) for a in answers if isinstance(a, Made)}


REQUESTS = [
    Request(f"r{i}", "text", prompt, seed=1000 * i)
    for i, prompt in enumerate(
        ["photo of car", "", "painting of ship", "photo of red t-shirt", "photo of okapi in Ürümqi"]
    )
]


@pytest.fixture(scope="module")
def made() -> dict[str, np.ndarray]:
    one = engine(batch=12, threads=1)
    one.load()
    return pixels(list(one.make(REQUESTS)))


@pytest.mark.parametrize(("batch", "threads"), [(1, 1), (2, 2), (32, 0)])
def test_a_recipe_makes_the_same_picture_in_any_batch_order_and_number_of_threads(
    made: dict[str, np.ndarray], batch: int, threads: int
) -> None:
    other = engine(batch=batch, threads=threads)
    other.load()
    again = pixels(list(other.make(REQUESTS[::-1])))
    assert again.keys() == made.keys()
    assert max(np.abs(again[name] - made[name]).max() for name in made) <= 1  # measured: 0


def test_every_prompt_gives_a_picture_of_64_by_64_even_an_empty_one(made: dict[str, np.ndarray]) -> None:
    assert {p.shape for p in made.values()} == {(64, 64, 3)} and len(made) == len(REQUESTS)
    assert min(p.std() for p in made.values()) > 10


def test_another_seed_gives_another_picture() -> None:
    some = engine(steps=4)
    some.load()
    two = pixels(
        list(some.make([Request("a", "text", "photo of car", seed=1), Request("b", "text", "photo of car", seed=2)]))
    )
    assert np.abs(two["a"] - two["b"]).mean() > 5


def test_bad_requests_fail_alone_and_say_why() -> None:
    some = engine(steps=4)
    some.load()
    answers = {
        a.recipe_id: a
        for a in some.make(
            [
                Request("minus", "text", "photo of car", seed=-1),
                Request("large", "text", "photo of car", width=512, height=512),
                Request("put", "compose", "photo of car"),
                Request("good", "text", "photo of car", width=64, height=64),
            ]
        )
    }
    assert isinstance(answers["good"], Made)
    reasons = {name: a.reason for name, a in answers.items() if isinstance(a, Failed)}
    assert "seed is -1" in reasons["minus"]
    assert "512×512" in reasons["large"] and "64×64" in reasons["large"]
    assert "'compose'" in reasons["put"]


# ── from pictures ───────────────────────────────────────────────────────────────────────────────────────────────────


def parent(number: int, size: tuple[int, int] = (64, 64)) -> Image.Image:
    """A slope of colours with a disc on it."""
    picture = Image.merge("RGB", [Image.linear_gradient("L").rotate(90 * (k + number)) for k in range(3)]).resize(size)
    ImageDraw.Draw(picture).ellipse(
        (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2), fill=(200, 40 * number, 30)
    )
    return picture


def left_half(size: tuple[int, int] = (64, 64)) -> Image.Image:
    mask = Image.new("L", size)
    mask.paste(255, (0, 0, size[0] // 2, size[1]))
    return mask


PICTURED = [
    Request("text", "text", "photo of car", seed=1),
    Request("child", "image", "photo of car", images=(parent(1),), strength=0.5, seed=2),
    Request("other", "image", "photo of ship", images=(parent(2),), strength=0.8, seed=2),
    Request("both", "images", "photo of ship", images=(parent(1), parent(2)), strength=0.5, seed=3),
    Request("part", "mask", "photo of car", images=(parent(3),), mask=left_half(), seed=4),
    Request("alike", "mask", "photo of car", images=(parent(3),), mask=left_half(), strength=0.5, seed=5),
]


def test_requests_of_all_verbs_in_one_call_are_the_same_as_alone() -> None:
    some = engine(steps=6)
    some.load()
    together = pixels(list(some.make(PICTURED)))
    assert set(together) == {r.recipe_id for r in PICTURED}
    for request in PICTURED:
        alone = pixels(list(some.make([request])))
        assert np.abs(alone[request.recipe_id] - together[request.recipe_id]).max() <= 1  # measured: 0


def test_it_says_what_it_can_and_that_it_makes_one_size() -> None:
    assert engine().can == {"text", "image", "images", "mask"}
    assert engine().size == (64, 64) and engine().one_size


def test_a_child_at_no_strength_is_its_parent_and_at_full_strength_what_the_words_alone_give() -> None:
    some = engine(steps=6)
    some.load()
    asked = [Request(f"{s}", "image", "photo of car", images=(parent(1),), strength=s, seed=1) for s in (0.0, 1.0)]
    made = pixels(list(some.make([*asked, PICTURED[0]])))
    assert np.abs(made["0.0"] - np.asarray(parent(1)).astype(int)).max() <= 1
    assert np.abs(made["1.0"] - made["text"]).max() <= 1


def test_a_large_square_parent_is_shrunk_with_its_mask() -> None:
    some = engine(steps=4)
    some.load()
    asked = Request("x", "mask", "", images=(parent(1, (256, 256)),), mask=left_half((256, 256)), strength=0.5)
    (made,) = some.make([asked])
    assert made.image.size == (64, 64)
    right = np.asarray(made.image)[:, 32:].astype(int)
    assert (right == np.asarray(parent(1, (256, 256)).resize((64, 64), Image.Resampling.BOX))[:, 32:]).all()


def test_a_mask_that_is_all_white_repaints_the_whole_picture() -> None:
    some = engine(steps=6)
    some.load()
    white = Image.new("L", (64, 64), 255)
    asked = Request("white", "mask", "photo of car", images=(parent(1),), mask=white, strength=0.5, seed=2)
    made = pixels(list(some.make([asked, PICTURED[1]])))
    assert (made["white"] == made["child"]).all()


def test_two_parents_give_a_picture_that_is_neither_and_not_their_mean() -> None:
    some = engine(steps=6)
    some.load()
    made = pixels(list(some.make([PICTURED[3]])))["both"]
    first, second = (np.asarray(p).astype(int) for p in PICTURED[3].images)
    for other in (first, second, (first + second) // 2):
        assert np.abs(made - other).mean() > 5


class Broken(Image.Image):
    """A picture whose pixels cannot be read."""

    @property
    def size(self) -> tuple[int, int]:
        return 64, 64

    width = height = 64

    def convert(self, *_: Any, **__: Any) -> Any:
        raise OSError("image file is truncated")


def test_bad_pictures_and_masks_fail_alone_and_say_why() -> None:
    some = engine(steps=4)
    some.load()
    black, small = Image.new("L", (64, 64)), left_half((32, 32))
    bad = {
        "none": Request("none", "image", ""),
        "one": Request("one", "images", "", images=(parent(1),)),
        "wide": Request("wide", "image", "", images=(parent(1, (128, 64)),)),
        "wide second": Request("wide second", "images", "", images=(parent(1), parent(1, (128, 64)))),
        "strong": Request("strong", "image", "", images=(parent(1),), strength=1.1),
        "odd": Request("odd", "image", "", images=(parent(1),), strength=float("nan")),
        "maskless": Request("maskless", "mask", "", images=(parent(1),)),
        "black": Request("black", "mask", "", images=(parent(1),), mask=black),
        "small": Request("small", "mask", "", images=(parent(1),), mask=small),
        "broken": Request("broken", "image", "", images=(Broken(),)),
    }
    answers = {a.recipe_id: a for a in some.make([PICTURED[0], *bad.values(), PICTURED[4]])}
    assert isinstance(answers.pop("text"), Made) and isinstance(answers.pop("part"), Made)
    assert all(isinstance(a, Failed) for a in answers.values()) and answers.keys() == bad.keys()
    said = {name: a.reason for name, a in answers.items()}
    assert "0 images" in said["none"] and "at least 2" in said["one"]
    assert "128×64" in said["wide"] and "128×64" in said["wide second"]
    assert "1.1" in said["strong"] and "nan" in said["odd"]
    assert "no mask" in said["maskless"] and "all black" in said["black"]
    assert "32×32" in said["small"] and "64×64" in said["small"]
    assert "truncated" in said["broken"]


# ── name and words ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_made_by_names_weights_and_what_changes_pixels_and_nothing_else() -> None:
    name = engine().made_by
    assert name.startswith("mini@") and len(name.split("@")[1].split(":")[0]) == 12
    assert engine(batch=3, threads=2).made_by == name
    assert engine(steps=20).made_by != name != engine(guidance=1).made_by
    assert engine(batch=3).needs.batch == 3


@pytest.mark.parametrize(
    "options", [{"steps": 3}, {"guidance": float("nan")}, {"guidance": -1}, {"batch": 0}, {"step": 9}]
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(MintageError):
        engine(**options)


def test_it_knows_its_classes_and_axis_values_in_any_case_and_either_spelling_of_colour() -> None:
    asked = {"class": ["Dalmatian", "T-Shirt"], "color": ["Red"], "colour": ["blue"], "place": ["on grass", "red"]}
    assert engine().knows(asked) == []


def test_what_it_cannot_draw_is_named_with_the_nearest_words() -> None:
    missing = engine().knows({"class": ["dalmatians", "okapi"], "environment": ["at nigth", "red"], "light": ["dim"]})
    found = {(m.kind, m.word): m.nearest for m in missing}
    assert set(found) == {
        ("class", "dalmatians"),
        ("class", "okapi"),
        ("environment", "at nigth"),
        ("environment", "red"),
        ("light", "dim"),
    }
    assert found["class", "dalmatians"][0] == "dalmatian"
    assert found["environment", "at nigth"][0] == "at night"
