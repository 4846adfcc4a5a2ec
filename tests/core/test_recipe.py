"""Ids, seeds and makers depend on what they are about, and on nothing else."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.core.recipe import Fact, Recipe, Sample, Slot, canonical, digest, maker_of, seed_of

RECIPE = Recipe(
    Slot("dalmatian", "scene", 7, {"place": "on grass", "style": "photo"}),
    2,
    (("dalmatian", 1.0),),
    "flat",
    {"size": 64, "noise": False},
    5,
    ("file:ab",),
    ("file:ab",),
)


def test_the_id_of_a_recipe_is_the_same_for_ever() -> None:
    assert RECIPE.id == "65da1b4d0ad885079b700465"
    assert RECIPE.maker == maker_of("flat", {"noise": False, "size": 64})


def test_the_order_of_keys_makes_no_difference_to_id_and_maker() -> None:
    slot = replace(RECIPE.slot, attributes=dict(reversed(RECIPE.slot.attributes.items())))
    other = replace(RECIPE, slot=slot, settings=dict(reversed(RECIPE.settings.items())))
    assert (other.id, other.maker) == (RECIPE.id, RECIPE.maker)


@pytest.mark.parametrize(
    "change",
    [
        {"slot": replace(RECIPE.slot, key="cat")},
        {"slot": replace(RECIPE.slot, technique="vanilla")},
        {"slot": replace(RECIPE.slot, number=8)},
        {"slot": replace(RECIPE.slot, attributes={"place": "on grass", "style": "painting"})},
        {"attempt": 3},
        {"objects": (("dalmatian", 0.5), ("cat", 0.5))},
        {"engine": "mini"},
        {"settings": {"size": 65, "noise": False}},
        {"seed": 6},
        {"parents": ()},
        {"roots": ("file:cd",)},
    ],
    ids=lambda c: next(iter(c)),
)
def test_every_field_is_in_the_id(change: dict[str, Any]) -> None:
    assert replace(RECIPE, **change).id != RECIPE.id


def test_a_recipe_survives_the_ledgers_json_with_the_same_id() -> None:
    body = json.loads(json.dumps(RECIPE.body))
    again = Recipe.from_body(RECIPE.slot, RECIPE.attempt, body)
    assert again == RECIPE
    assert again.id == RECIPE.id


def test_ids_and_seeds_are_the_same_in_processes_that_hash_otherwise() -> None:
    code = (
        "from mintage.core.recipe import *\n"
        "r = Recipe(Slot('ünï', 'scene', 1, {k: k for k in {'a', 'b', 'c', 'd'}}), 0, (('ünï', 1.0),), 'flat',"
        " {k: 1 for k in {'x', 'y', 'z'}}, seed_of(1, 'ünï', 'scene', 1, 0))\n"
        "print(r.id, r.maker, r.seed)"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


places = st.tuples(st.integers(0, 2**63 - 1), st.text(), st.text(), st.integers(0, 10**7), st.integers(0, 100))


@given(places)
def test_a_seed_has_31_bits(place: Any) -> None:
    assert 0 <= seed_of(*place) < 2**31


def test_seeds_of_neighbours_have_nothing_in_common() -> None:
    seeds = [seed_of(1, key, "scene", n, a) for key in ("a", "b") for n in range(300) for a in range(3)]
    assert len(set(seeds)) == len(seeds)
    ones = sum(seed.bit_count() for seed in seeds) / (31 * len(seeds))
    assert 0.48 < ones < 0.52


texts = st.text(st.characters(codec="utf-8"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_canonical_json_reads_back_as_the_value_and_again_as_the_same_text(value: Any) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text
    assert digest(value) == digest(json.loads(text))


def test_a_sample_says_what_counts_and_nothing_that_failed() -> None:
    words = Fact(RECIPE.id, "words", "done", {"prompt": "a dog"})
    image = Fact(RECIPE.id, "image", "failed")
    scores = {
        "score.a": Fact(RECIPE.id, "score.a", "done", {"p": 0.5, "q": 1.0}),
        "score.b": Fact(RECIPE.id, "score.b", "failed"),
    }
    sample = Sample(RECIPE, {"words": words, "image": image, **scores})
    assert (sample.prompt, sample.path, sample.kept) == ("a dog", None, False)
    assert sample.scores == {"a.p": 0.5, "a.q": 1.0}
