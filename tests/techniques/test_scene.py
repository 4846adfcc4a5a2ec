"""scene: the rows of the array, one atom for each value."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.recipe import Recipe, Slot
from mintage.core.spec import DatasetSpec, Use

AXES = {"environment": ["on grass", "on a beach"], "style": ["photo", "oil painting"], "colour": ["red"]}


def technique(axes: Mapping[str, Any]) -> Any:
    spec = DatasetSpec.model_validate({"name": "x", "classes": ["dalmatian", "pants"], "axes": axes})
    return registry.build("techniques", Use(use="scene"), spec)


def rows(count: int) -> Iterator[Mapping[str, str]]:
    return ({"environment": AXES["environment"][i % 2]} for i in range(count))


def test_slots_follow_the_array() -> None:
    plan = list(technique(AXES).plan("dalmatian", 3, rows))
    assert plan == [{"environment": "on grass"}, {"environment": "on a beach"}, {"environment": "on grass"}]


@pytest.mark.parametrize(
    ("axes", "told", "typed"), [({}, "vanilla", "axes:"), ({"environment": "auto"}, "all are auto", "mintage propose")]
)
def test_without_axes_it_says_what_to_do(axes: Mapping[str, Any], told: str, typed: str) -> None:
    with pytest.raises(MintageError, match=told) as caught:
        technique(axes).plan("dalmatian", 3, rows)
    assert typed in caught.value.problems[0].type_this


def test_the_brief_has_the_attributes_in_the_order_of_the_spec_and_an_atom_for_each() -> None:
    attributes = {"colour": "red", "old axis": "gone", "style": "oil painting", "environment": "on grass"}
    recipe = Recipe(Slot("pants", "scene", 0, attributes), 0, (("pants", 1.0),), "mini", {}, 1)
    brief = technique(AXES).brief(recipe)
    assert list(brief.attributes) == ["environment", "style", "colour", "old axis"]
    assert [(a.kind, a.text, a.question) for a in brief.atoms] == [
        ("object", "pants", "Does the picture show pants?"),
        ("attribute", "on grass", "Are the pants on grass?"),
        ("attribute", "oil painting", "Is the picture an oil painting?"),
        ("attribute", "red", "Is the colour in the picture: red?"),
        ("attribute", "gone", "Is the old axis in the picture: gone?"),
    ]
