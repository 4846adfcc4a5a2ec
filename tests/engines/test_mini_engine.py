"""The embedded generator as an engine."""

from typing import Any

import numpy as np
import pytest

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
                Request("mask", "mask", "photo of car"),
                Request("good", "text", "photo of car", width=64, height=64),
            ]
        )
    }
    assert isinstance(answers["good"], Made)
    reasons = {name: a.reason for name, a in answers.items() if isinstance(a, Failed)}
    assert "seed is -1" in reasons["minus"]
    assert "512×512" in reasons["large"] and "64×64" in reasons["large"]
    assert "'mask'" in reasons["mask"]


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
