"""fusion: which two, what the picture is called, what is asked of engine, ranking and reviewer."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import pytest
from family import HOW_MANY, pool_of, specs
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.ports import Item, Request
from mintage.core.recipe import OTHER, Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use

ANIMALS = {
    "dalmatian": {"references": "dogs", "called": "Dalmatian dog"},
    "elephant": {"references": "big"},
    "car": {"references": "cars"},
    "piano": None,
}


def spec_of(classes: Mapping[str, Any] = ANIMALS, **more: Any) -> DatasetSpec:
    return DatasetSpec.model_validate({"name": "x", "classes": classes, **more})


def technique(spec: DatasetSpec | None = None, **options: Any) -> Any:
    return registry.build("techniques", Use(use="fusion", options=options), spec or spec_of())


def no_rows(count: int) -> Iterator[Mapping[str, str]]:
    raise AssertionError("fusion asks for no rows")


def slots(plugin: Any, count: int, key: str = "dalmatian") -> list[Slot]:
    return [Slot(key, "fusion", i, row) for i, row in enumerate(plugin.plan(key, count, no_rows))]


def recipe_of(plugin: Any, slot: Slot, pool: Any) -> Recipe:
    origin = plugin.origin(slot, "images", pool)
    return Recipe(slot, 0, origin.objects, "mini", {}, 1, tuple(p.name for p in origin.parents), origin.roots)


@given(n=st.integers(2, 25))
@settings(max_examples=24, deadline=None)
def test_all_pairs_come_before_any_comes_again_and_nobody_is_far_ahead(n: int) -> None:
    plugin, pool = technique(), pool_of({"dalmatian": n})
    every = n * (n - 1) // 2
    pairs = [recipe_of(plugin, slot, pool).parents for slot in slots(plugin, 2 * every)]
    assert len({frozenset(p) for p in pairs[:every]}) == every
    assert {frozenset(p) for p in pairs[:every]} == {
        frozenset(c) for c in combinations([p.name for p in pool.real("dalmatian")], 2)
    }
    assert pairs[every:] == [(b, a) for a, b in pairs[:every]]
    for count in range(1, every + 1):
        uses = Counter(p for pair in pairs[:count] for p in pair)
        least = min(uses.get(p.name, 0) for p in pool.real("dalmatian"))
        assert max(uses.values()) - least <= 2


@given(own=st.integers(1, 8), theirs=st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_all_pairs_of_two_classes_come_before_any_comes_again(own: int, theirs: int) -> None:
    plugin = technique(**{"with": "classes"})
    pool = pool_of({"dalmatian": own, "elephant": theirs, "car": 1})
    met = [recipe_of(plugin, s, pool).parents for s in slots(plugin, 2 * own * theirs) if s.attributes["with"] != "car"]
    assert len(set(met)) == own * theirs


def test_other_classes_with_references_come_in_turn() -> None:
    plan = technique(**{"with": "classes"}).plan
    assert [row["with"] for row in plan("dalmatian", 4, no_rows)] == ["elephant", "car", "elephant", "car"]
    assert [row["with"] for row in plan("elephant", 3, no_rows)] == ["car", "dalmatian", "car"]


@pytest.mark.parametrize("label", ["first", "reject", "soft"])
def test_both_parents_and_all_their_roots_are_recorded(label: str) -> None:
    plugin = technique(**{"with": "classes", "label": label})
    pool = pool_of({"dalmatian": 3, "elephant": 2, "car": 1})
    recipe = recipe_of(plugin, slots(plugin, 1)[0], pool)
    assert recipe.parents == (pool.real("dalmatian")[0].name, pool.real("elephant")[0].name)
    assert recipe.roots == recipe.parents


def test_what_a_reviewer_is_asked() -> None:
    pool = pool_of({"dalmatian": 3, "elephant": 2, "car": 1})
    asked = []
    for options in ({}, {"with": "classes"}, *({"with": "classes", "label": x} for x in ("reject", "soft"))):
        plugin = technique(**options)
        asked.append(plugin.question(recipe_of(plugin, slots(plugin, 1)[0], pool)))
    assert asked == [
        "Is this a Dalmatian dog?",
        "Is this a Dalmatian dog, though mixed with an elephant?",
        "Is this a mixture of a Dalmatian dog and an elephant, and plainly neither?",
        "Is this as much a Dalmatian dog as an elephant?",
    ]


def test_the_brief_of_two_classes_says_both_and_not_the_attribute() -> None:
    plugin, pool = technique(**{"with": "classes"}), pool_of({"dalmatian": 3, "elephant": 2, "car": 1})
    brief = plugin.brief(recipe_of(plugin, slots(plugin, 1)[0], pool))
    assert (brief.subject, brief.like, dict(brief.attributes)) == ("Dalmatian dog", "elephant", {})


def test_what_is_missing_is_told_with_both_ways_out() -> None:
    pool = pool_of({"dalmatian": 1, "elephant": 2})
    (one,) = technique().mistakes("dalmatian", "images", pool)
    assert "2 real images" in one.found
    assert "references: dogs" in one.type_this and "techniques:" in one.type_this
    assert technique().mistakes("elephant", "images", pool) == []
    (empty,) = technique(**{"with": "classes"}).mistakes("dalmatian", "images", pool)
    assert "'car'" in empty.found
    alone = spec_of({"dalmatian": {"references": "dogs"}, "piano": None})
    (no_other,) = technique(alone, **{"with": "classes"}).mistakes("dalmatian", "images", pool)
    assert "another class" in no_other.found
    assert "with: same" in no_other.type_this
    axis = spec_of(axes={"with": ["a hat"]})
    clash, *_ = technique(axis, **{"with": "classes"}).mistakes("elephant", "images", pool)
    assert clash.where == "axes.with"


def test_a_label_for_two_classes_is_refused_for_one() -> None:
    with pytest.raises(MintageError, match="with: classes"):
        technique(label="soft")


def test_an_unknown_option_is_told_what_there_is_as_one_types_it() -> None:
    with pytest.raises(MintageError, match="label, with"):
        technique(partners="same")


@given(data=st.data(), spec=specs())
@settings(max_examples=150, deadline=None)
def test_the_label_is_never_wrong_whatever_the_classes_are_called(data: st.DataObject, spec: DatasetSpec) -> None:
    name = data.draw(st.sampled_from(list(spec.classes)))
    key = spec.key_of(name)
    label = data.draw(st.sampled_from(["same", "first", "reject", "soft"]))
    options = {} if label == "same" else {"with": "classes", "label": label}
    plugin = technique(spec, **options)
    pool = pool_of({spec.key_of(n): data.draw(HOW_MANY) + 1 for n in spec.classes})
    slot = slots(plugin, data.draw(st.integers(1, 60)), key)[-1]
    recipe = recipe_of(plugin, slot, pool)
    assert len(set(recipe.parents)) == 2
    if label == "soft":
        assert spec.label_of(recipe) == ""
        assert sum(share for _, share in recipe.objects) == 1
        assert {spec.name_of(k) for k, _ in recipe.objects} == {name, spec.name_of(slot.attributes["with"])}
    else:
        assert spec.label_of(recipe) == (OTHER if label == "reject" else name)


# ── ranked by the embedded scorer ───────────────────────────────────────────────────────────────────────────────────


def kept(label: str, prompt: str) -> int:
    """How many of six pictures of a prompt the default floor keeps as a fusion of a car and a ship."""
    spec = spec_of({"car": {"references": "a"}, "ship": {"references": "b"}, "piano": None})
    plugin, pool = technique(spec, **{"with": "classes", "label": label}), pool_of({"car": 2, "ship": 2})
    recipe = recipe_of(plugin, slots(plugin, 1, "car")[0], pool)
    engine = registry.build("engines", Use(use="mini"), spec)
    scorer = registry.build("scorers", Use(use="mini"), spec)
    engine.load()
    scorer.load()
    made = [a.image for a in engine.make([Request(str(i), "text", prompt, seed=i) for i in range(6)])]
    items = [
        Item(Sample(recipe), spec.label_of(recipe), plugin.rivals(recipe), lambda image=image: image) for image in made
    ]
    return sum(a.values["margin"] >= 0 for a in scorer.score(items))


@pytest.mark.slow
def test_a_mixture_that_is_to_be_rejected_is_kept_and_what_is_plainly_one_of_both_is_not() -> None:
    assert kept("reject", "photo of car ship") >= 4
    assert kept("reject", "photo of car") <= 2
    assert kept("reject", "photo of piano") == 0


@pytest.mark.slow
def test_a_soft_label_is_kept_where_either_is_seen_and_nothing_else() -> None:
    assert kept("soft", "photo of car ship") >= 4
    assert kept("soft", "photo of piano") == 0
