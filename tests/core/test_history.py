"""A class keeps its key through renaming, and no two classes ever share one."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.core.errors import MintageError
from mintage.core.history import keys_of
from mintage.core.spec import DatasetSpec


def keys(classes: Mapping[str, str], *orders: Mapping[str, str]) -> dict[str, str]:
    """`classes`: name → `was:`, or nothing."""
    spec = DatasetSpec.model_validate({"name": "x", "classes": {n: {"was": was} for n, was in classes.items()}})
    spec = keys_of(spec, orders)
    return {name: spec.key_of(name) for name in spec.classes}


def mistakes(classes: Mapping[str, str], *orders: Mapping[str, str]) -> list[str]:
    with pytest.raises(MintageError) as caught:
        keys(classes, *orders)
    return [f"{p.where}: {p.found}" for p in caught.value.problems]


def test_a_class_is_its_own_key_at_first() -> None:
    assert keys({"dog": "", "cat": ""}) == {"dog": "dog", "cat": "cat"}


def test_was_carries_the_key_on_and_is_remembered_when_it_is_dropped() -> None:
    assert keys({"hound": "dog"}, {"dog": "dog"}) == {"hound": "dog"}
    assert keys({"hound": ""}, {"dog": "dog"}, {"hound": "dog"}) == {"hound": "dog"}
    assert keys({"mutt": "hound"}, {"dog": "dog"}, {"hound": "dog"}) == {"mutt": "dog"}
    assert keys({"dog": "hound"}, {"dog": "dog"}, {"hound": "dog"}) == {"dog": "dog"}


def test_was_before_any_order_is_the_key() -> None:
    assert keys({"hound": "dog"}) == {"hound": "dog"}


def test_was_may_stay_in_the_file_for_ever() -> None:
    orders = [{"dog": "dog"}, {"hound": "dog"}]
    for _ in range(3):
        assert keys({"hound": "dog"}, *orders) == {"hound": "dog"}
        orders.append({"hound": "dog"})


def test_a_new_class_with_an_old_name_gets_a_key_of_its_own_whatever_the_order_of_the_file() -> None:
    orders = [{"dog": "dog"}, {"hound": "dog"}]
    assert keys({"hound": "", "dog": ""}, *orders) == {"hound": "dog", "dog": "dog (2)"}
    assert keys({"dog": "", "hound": ""}, *orders) == {"hound": "dog", "dog": "dog (2)"}
    orders.append({"hound": "dog", "dog": "dog (2)"})
    assert keys({"dog": "", "hound": ""}, *orders) == {"hound": "dog", "dog": "dog (2)"}


def test_a_new_key_is_none_that_any_class_ever_had() -> None:
    orders = [{"dog": "dog", "dog (2)": "dog (2)"}, {"hound": "dog"}]
    assert keys({"dog": "", "hound": ""}, *orders)["dog"] == "dog (3)"
    assert keys({"dog": "", "dog (2)": "", "hound": ""}, *orders) == {
        "dog": "dog (3)",
        "dog (2)": "dog (2)",
        "hound": "dog",
    }
    taken = [{"dog": "dog"}, {"hound": "dog", "dog": "dog (2)"}]
    assert keys({"dog (2)": "", "hound": ""}, *taken) == {"dog (2)": "dog (2) (2)", "hound": "dog"}


def test_a_class_that_went_comes_back_with_its_key() -> None:
    assert keys({"dog": "", "cat": ""}, {"dog": "dog"}, {"cat": "cat"}) == {"dog": "dog", "cat": "cat"}
    assert keys({"hound": ""}, {"dog": "dog"}, {"hound": "dog"}, {"cat": "cat"}) == {"hound": "dog"}


def test_was_that_was_never_planned_is_refused_with_the_nearest() -> None:
    with pytest.raises(MintageError, match="did you mean 'dog'") as caught:
        keys({"hound": "dgo", "puss": "catt"}, {"dog": "dog", "cat": "cat"})
    assert [p.where for p in caught.value.problems] == ["classes.hound.was", "classes.puss.was"]


def test_one_class_alone_goes_on_with_another_ones_slots() -> None:
    said = ["classes.mutt.was: 'dog' is called 'hound' now"]
    assert mistakes({"hound": "dog", "mutt": "dog"}, {"dog": "dog"}) == said
    orders = [{"dog": "dog"}, {"hound": "dog"}]
    assert mistakes({"hound": "", "mutt": "dog"}, *orders) == said
    assert mistakes({"mutt": "dog", "hound": ""}, *orders) == said
    assert mistakes({"pup": "dog", "mutt": "hound"}, *orders) == ["classes.mutt.was: 'hound' is called 'pup' now"]


names = st.sampled_from(["dog", "cat", "owl", "dog (2)", "hen"])
edits = st.lists(st.tuples(names, st.one_of(st.just(""), names)), max_size=4, unique_by=lambda c: c[0])


@settings(max_examples=300)
@given(st.lists(edits, max_size=7))
def test_through_any_renaming_keys_stay_apart_and_a_class_that_stays_keeps_its_own(steps: list[Any]) -> None:
    orders: list[dict[str, str]] = []
    for edit in steps:
        present = {name for name, _ in edit}
        classes = {name: "" if was in present else was for name, was in edit}
        try:
            now = keys(classes, *orders)
        except MintageError:
            continue
        assert len(set(now.values())) == len(now)
        for name, key in (orders[-1] if orders else {}).items():
            if name in classes and not classes[name]:
                assert now[name] == key
        orders.append(now)
        assert keys(classes, *orders) == now, "the same file again changes nothing"
