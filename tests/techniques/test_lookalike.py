"""lookalike: the decoy is what it shows and is called; never the class that it looks like."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from family import pool_of, specs
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.ports import Briefed, Wrote
from mintage.core.recipe import OTHER, Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use

ANIMALS: dict[str, Any] = {
    "dalmatian": {"lookalikes": ["car", "sofa"], "kind": "dog", "synonyms": ["carriage dog"]},
    "vehicle": {"was": "auto", "called": "car", "kind": "machine"},
}
NOBODY = pool_of({})


def spec_of(classes: Mapping[str, Any] = ANIMALS, **more: Any) -> DatasetSpec:
    return DatasetSpec.model_validate({"name": "x", "classes": classes, **more})


def technique(spec: DatasetSpec) -> Any:
    return registry.build("techniques", Use(use="lookalike"), spec)


def rows(count: int) -> Iterator[Mapping[str, str]]:
    return ({"environment": f"place {i}"} for i in range(count))


def recipe_of(spec: DatasetSpec, decoy: str, key: str = "dalmatian", **attributes: str) -> Recipe:
    slot = Slot(key, "lookalike", 0, {"decoy": decoy, **attributes})
    return Recipe(slot, 0, technique(spec).origin(slot, "text", NOBODY).objects, "mini", {}, 1)


def test_decoys_take_turns_and_have_the_same_contexts() -> None:
    plan = technique(spec_of()).plan
    assert list(plan("dalmatian", 3, rows)) == [
        {"environment": "place 0", "decoy": "car"},
        {"environment": "place 0", "decoy": "sofa"},
        {"environment": "place 1", "decoy": "car"},
    ]
    longest = list(plan("dalmatian", 41, rows))
    assert all(list(plan("dalmatian", n, rows)) == longest[:n] for n in range(41))


def test_it_comes_on_top_and_the_engine_must_know_both_words() -> None:
    plugin = technique(spec_of(axes={"environment": ["on grass"]}))
    assert plugin.on_top
    assert plugin.draws(["dalmatian"]) == {"class": ["dalmatian", "car", "sofa"], "environment": ["on grass"]}
    assert plugin.compares_with("dalmatian") == ["car", "sofa"]


def test_it_shows_the_decoy_and_is_ranked_without_the_class() -> None:
    spec = spec_of()
    one, two = recipe_of(spec, "car"), recipe_of(spec, "sofa")
    assert (one.objects, spec.label_of(one)) == ((("auto", 1.0),), "vehicle")
    assert (two.objects, spec.label_of(two)) == ((("sofa", 1.0),), OTHER)
    assert technique(spec).rivals(one).without == {"dalmatian"}


def test_the_brief_is_of_the_decoy_and_says_what_it_looks_like() -> None:
    spec = spec_of(axes={"environment": ["on grass"]})
    brief = technique(spec).brief(recipe_of(spec, "car", environment="on grass"))
    assert (brief.subject, brief.like, brief.kind) == ("car", "dalmatian", "machine")
    assert dict(brief.attributes) == {"environment": "on grass"}
    assert [a.question for a in brief.atoms] == [
        "Does the picture show a car?",
        "Is the car on grass?",
        "Does it look like a dalmatian?",
    ]


def test_the_reviewer_is_asked_for_both() -> None:
    spec = spec_of()
    assert technique(spec).question(recipe_of(spec, "sofa")) == "Is this a sofa (and not a dalmatian)?"


@pytest.mark.parametrize(
    ("phrasing", "expected"),
    [
        (None, "a photo of a dalmatian-like sofa on grass"),
        ("{style} of {colour} {class} {environment}", "dalmatian sofa sofa on grass"),
    ],
)
def test_the_grammar_words_it(phrasing: str | None, expected: str) -> None:
    spec = spec_of(axes={"environment": ["on grass"]})
    recipe = recipe_of(spec, "sofa", environment="on grass")
    writer = registry.build("writers", Use(use="grammar"), spec)
    (wrote,) = writer.write([Briefed(Sample(recipe), technique(spec).brief(recipe), phrasing)])
    assert isinstance(wrote, Wrote)
    assert wrote.prompt == expected
    assert wrote.caption == "a dalmatian-like sofa on grass"


def test_a_class_without_decoys_is_told_both_ways_out() -> None:
    plugin = technique(spec_of())
    assert plugin.mistakes("dalmatian", "text", NOBODY) == []
    (problem,) = plugin.mistakes("vehicle", "text", NOBODY)
    assert "lookalikes:" in problem.type_this and "techniques:" in problem.type_this
    with pytest.raises(MintageError, match="vehicle"):
        plugin.plan("auto", 0, rows)


@pytest.mark.parametrize(
    ("decoy", "why"),
    [
        ("Dalmatian", "itself"),
        ("dalmatians", "itself"),
        ("the dalmatian", "itself"),
        ("Carriage-dogs", "itself"),
        ("old name", "itself"),
        ("dogs", "kind"),
        ("puppy", "'puppy' is a kind of 'dalmatian'"),
        ("Cars", "the class 'vehicle', written in another way"),
    ],
)
def test_a_decoy_that_is_the_class_or_its_kind_is_refused(decoy: str, why: str) -> None:
    classes = {**ANIMALS, "puppy": {"kind": "Dalmatian"}}
    classes["dalmatian"] = {**ANIMALS["dalmatian"], "lookalikes": ["sofa", decoy], "was": "old name"}
    (problem,) = technique(spec_of(classes)).mistakes("dalmatian", "text", NOBODY)
    assert why in problem.found
    assert "lookalikes: [sofa]" in problem.type_this and "techniques:" in problem.type_this


def test_an_axis_called_decoy_is_refused() -> None:
    (problem,) = technique(spec_of(axes={"decoy": ["a hat"]})).mistakes("dalmatian", "text", NOBODY)
    assert problem.where == "axes.decoy"


@given(data=st.data(), spec=specs())
@settings(max_examples=300, deadline=None)
def test_the_label_is_the_decoys_and_never_the_class_whatever_they_are_called(
    data: st.DataObject, spec: DatasetSpec
) -> None:
    name = data.draw(st.sampled_from(list(spec.classes)))
    plugin, key = technique(spec), spec.key_of(name)
    refused = [p.found for p in plugin.mistakes(name, "text", NOBODY)]
    attributes = list(plugin.plan(key, data.draw(st.integers(1, 40)), rows))[-1]
    recipe = recipe_of(spec, attributes["decoy"], key)
    if not any(repr(attributes["decoy"]) in found for found in refused):
        meant = spec.label(attributes["decoy"])
        assert spec.label_of(recipe) != name
        assert spec.label_of(recipe) == meant or (meant == OTHER and spec.name_of(attributes["decoy"]) != OTHER)


@pytest.mark.parametrize("decoy", ["", " ", "sports\ncar", "a\x07b", "\u200b", "\u3164", "\u0301", "other", "Other"])
def test_a_decoy_that_is_no_word_is_refused(decoy: str) -> None:
    (problem,) = technique(spec_of({"lemon": {"lookalikes": [decoy]}})).mistakes("lemon", "text", NOBODY)
    assert "no thing that can be shown" in problem.found


@pytest.mark.parametrize(
    ("name", "kind", "decoy"),
    [
        ("lemon", "", "the \uff4c\uff45mon"),
        ("ice cream", "", "Ice_Creams"),
        ("apple", "fruit", "fruits"),
        ("apple", "fruits", "fruit"),
        ("trout", "fish", "fishes"),
    ],
)
def test_a_class_and_its_kind_are_known_however_they_are_written(name: str, kind: str, decoy: str) -> None:
    spec = spec_of({name: {"lookalikes": [decoy], "kind": kind}})
    (problem,) = technique(spec).mistakes(name, "text", NOBODY)
    assert "is no look-alike" in problem.found


def test_decoys_that_name_the_same_are_refused_by_name() -> None:
    found = technique(spec_of({"dog": {"lookalikes": ["mop", "Mop", "the mops"]}})).mistakes("dog", "text", NOBODY)
    assert [p.found for p in found] == [
        "'mop' is named twice, again as 'Mop'",
        "'mop' is named twice, again as 'the mops'",
    ]


def test_different_things_with_like_names_are_two_decoys() -> None:
    things = ["can", "cane", "bra", "brass", "glass", "grass", "–"]
    assert technique(spec_of({"dog": {"lookalikes": things}})).mistakes("dog", "text", NOBODY) == []
