"""With rules between axes the array never brings a forbidden row, and keeps what it promises over all others."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice, product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mintage.core import registry
from mintage.core.array import Array, Coverage
from mintage.core.errors import MintageError
from mintage.core.layout import Layout
from mintage.core.plan import PROBE
from mintage.core.recipe import digest
from mintage.core.rules import Rules
from mintage.core.spec import DatasetSpec, Use
from mintage.core.weighted import Shares, fitted, whole

Levels = Mapping[str, Mapping[str, float]]
Row = tuple[int, ...]
Without = list[dict[str, list[str]]]


def axes(*levels: int | Sequence[float]) -> dict[str, dict[str, float]]:
    """An axis with so many levels, or with these weights; levels are called by their numbers."""
    weights = [[0.0] * axis if isinstance(axis, int) else axis for axis in levels]
    return {f"axis{a}": {str(i): w for i, w in enumerate(axis)} for a, axis in enumerate(weights)}


def without(*rules: Mapping[int, Sequence[int]]) -> Without:
    return [{f"axis{a}": [str(i) for i in some] for a, some in rule.items()} for rule in rules]


def drawn(levels: Levels) -> list[list[int]]:
    return [[i for i, w in enumerate(a.values()) if w or not any(a.values())] for a in levels.values()]


def forbidden(row: Row, rules: Without) -> bool:
    """By the words of the rules, in another way than the array decides it."""
    return any(all(str(row[int(axis[4:])]) in some for axis, some in rule.items()) for rule in rules)


def every_row(levels: Levels, rules: Without) -> list[Row]:
    return [row for row in product(*drawn(levels)) if not forbidden(row, rules)]


def pairs(row: Sequence[int]) -> set[tuple[tuple[int, int], ...]]:
    return set(combinations(enumerate(row), min(2, len(row))))


@st.composite
def ruled(draw: st.DrawFn, weighted: bool = True) -> tuple[dict[str, dict[str, float]], Without]:
    """Some axes and some rules over them that leave some row."""
    weights = st.lists(st.integers(0, 4), min_size=1, max_size=3).filter(any)
    axis = st.one_of(st.integers(1, 4), weights) if weighted else st.integers(1, 4)
    levels = axes(*draw(st.lists(axis, min_size=1, max_size=4)))
    rules = []
    for _ in range(draw(st.integers(0, 4))):
        named = draw(st.lists(st.sampled_from(list(levels)), min_size=1, max_size=3, unique=True))
        rules.append({a: draw(st.lists(st.sampled_from(list(levels[a])), min_size=1, unique=True)) for a in named})
    assume(every_row(levels, rules))
    return levels, rules


# ── without rules nothing is new ────────────────────────────────────────────────────────────────────────────────────

GOLDEN = {
    "95a27105a42a": axes(8, 6, 6, 5, 4, 4),
    "1cd01d85cdec": axes(3, 10, 5, 8, 6, 4),
    "60ebb802b6fb": axes(4, 5),
    "40c156a2bc9a": axes(7),
    "09389ac7f3da": axes([0.7, 0.2, 0.1], [4, 3, 2, 1], 8, 6),
    "5f1f30065189": axes([1, 1], [3, 2], 3),
    "6b09842db898": axes([0.5, 0, 0.5], 3, 4),
    "f4b5042b6cda": axes(20, 20, 20),
}
"""The first 500 rows, as they were before there were rules: datasets that exist have them."""


@pytest.mark.parametrize("golden", GOLDEN)
def test_without_rules_the_rows_are_those_they_have_always_been(golden: str) -> None:
    for none in ([], without({0: [99], 1: [0]}), [{"no axis": ["x"]}]):
        assert digest([list(row) for row in Array(GOLDEN[golden], none).rows(500)]) == golden


# ── no forbidden row, at any n ──────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=60)
@given(ruled())
def test_no_row_is_forbidden_and_a_longer_array_begins_with_the_shorter_one(some: tuple[Levels, Without]) -> None:
    levels, rules = some
    long = list(Array(levels, rules).rows(150))
    assert not [row for row in long if forbidden(row, rules)]
    assert all(list(Array(levels, rules).rows(n)) == long[:n] for n in (0, 1, 40))


@settings(deadline=None, max_examples=80)
@given(ruled(weighted=False))
def test_without_weights_every_allowed_row_comes_once_before_any_comes_again(some: tuple[Levels, Without]) -> None:
    levels, rules = some
    every = set(every_row(levels, rules))
    rows = list(Array(levels, rules).rows(2 * len(every)))
    assert set(rows[: len(every)]) == every
    assert set(rows[len(every) :]) == every


def targets(levels: Levels, rules: Without) -> list[tuple[list[int], dict[Row, int]]]:
    """The groups of weighted axes that have shares, by the array's own account: axes, combination → weight."""
    groups = Layout(levels, rules).groups
    return [(list(g.axes), dict(zip(g.combinations, g.weights, strict=True))) for g in groups]


@settings(deadline=None, max_examples=60)
@given(ruled())
def test_no_row_comes_again_while_one_that_the_shares_allow_came_less_often(some: tuple[Levels, Without]) -> None:
    used: Counter[Row] = Counter()
    for allowed, row in islice(allowed_rows(*some), 120):
        assert row in allowed
        assert used[row] == min(used[other] for other in allowed)
        used[row] += 1


@settings(deadline=None, max_examples=60)
@given(ruled())
def test_a_row_without_a_new_pair_comes_only_if_no_allowed_row_has_one(some: tuple[Levels, Without]) -> None:
    seen: set[tuple[tuple[int, int], ...]] = set()
    for allowed, row in islice(allowed_rows(*some), 60):
        assert pairs(row) - seen or not any(pairs(other) - seen for other in allowed)
        seen |= pairs(row)


def allowed_rows(levels: Levels, rules: Without) -> Iterator[tuple[list[Row], Row]]:
    """Along the array: all rows that the rules and the shares allow, and the one that came."""
    every = every_row(levels, rules)
    groups = [(named, list(weights), Shares(list(weights.values()))) for named, weights in targets(levels, rules)]
    for row in Array(levels, rules).rows(10**9):
        left = every
        for named, places, shares in groups:
            due = {places[at] for at in shares.allowed()}
            left = [r for r in left if tuple(r[a] for a in named) in due]
        yield left, row
        for named, places, shares in groups:
            shares.take(places.index(tuple(row[a] for a in named)))


# ── coverage counts what can come ───────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=60)
@given(ruled(), st.integers(0, 40))
def test_coverage_counts_the_pairs_of_allowed_rows_alone(some: tuple[Levels, Without], n: int) -> None:
    levels, rules = some
    array, every = Array(levels, rules), set().union(*map(pairs, every_row(levels, rules)))
    rarest = [min(filter(None, weights.values())) / sum(weights.values()) for _, weights in targets(levels, rules)]
    assume(all(share > 0.01 for share in rarest))  # what weights leave hardly room for comes late, or not within sight
    found = array.coverage(n)
    assert (found.pairs, found.all_pairs) == (len(set().union(*map(pairs, array.rows(n)))), len(every))
    assert found.complete_at is not None
    assert set().union(*map(pairs, array.rows(found.complete_at))) == every
    assert set().union(*map(pairs, array.rows(found.complete_at - 1))) != every


def test_a_pair_that_no_rule_names_can_be_impossible_through_several_together() -> None:
    rules = without({0: [0], 2: [0]}, {1: [0], 2: [1]})  # with both first levels, nothing is left of the third axis
    assert not [row for row in every_row(axes(2, 2, 2), rules) if row[:2] == (0, 0)]
    assert Array(axes(2, 2, 2), rules).coverage(0).all_pairs == 12 - 3


def test_a_level_that_the_rules_leave_no_row_is_left_out_and_told() -> None:
    array = Array(axes(3, 2, 2), without({0: [1], 1: [0]}, {0: [1], 1: [1], 2: [0]}, {0: [1], 2: [1]}))
    assert {row[0] for row in array.rows(50)} == {0, 2}
    assert array.impossible == [("axis0", "1")]
    assert array.coverage(50) == Coverage(12, 12, 4)


def test_rules_that_forbid_every_row_are_refused() -> None:
    with pytest.raises(MintageError, match="forbid every row"):
        Array(axes(2, 2), without({0: [0], 1: [0, 1]}, {0: [1], 1: [0, 1]}))


@settings(deadline=None, max_examples=100)
@given(ruled(), st.data())
def test_what_is_possible_is_decided_exactly(some: tuple[Levels, Without], data: st.DataObject) -> None:
    levels, rules = some
    masks = [sum(1 << i for i in axis) for axis in drawn(levels)]
    numbered = [{int(a[4:]): sum(1 << int(i) for i in rule[a]) for a in rule} for rule in rules]
    asked = [data.draw(st.integers(0, mask)) & mask for mask in masks]
    here = [row for row in every_row(levels, rules) if all(m >> i & 1 for m, i in zip(asked, row, strict=True))]
    decided = Rules(masks, numbered)
    assert decided.possible(asked) == bool(here)
    for a in range(len(masks)):
        assert decided.narrow(asked, a) == sum({1 << row[a] for row in here})
    assert decided.root.size == len({tuple(row[a] for a in decided.order) for row in every_row(levels, rules)})


def test_an_evenly_spread_design_with_rules_needs_about_as_few_rows() -> None:
    levels = axes(8, 6, 6, 5, 4, 4)
    rules = without({0: [0], 2: [1]}, {0: [0, 1], 5: [3]}, {1: [2], 3: [0, 1], 4: [0]})
    found = Array(levels, rules).coverage(0)
    assert found.all_pairs == 445
    assert found.complete_at is not None and found.complete_at <= 53


# ── shares ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=80)
@given(ruled())
def test_shares_hold_for_each_weighted_axis_or_for_the_combinations_that_rules_leave(
    some: tuple[Levels, Without],
) -> None:
    levels, rules = some
    every, weighted = every_row(levels, rules), [a for a, axis in enumerate(levels.values()) if any(axis.values())]
    groups = targets(levels, rules)
    every_combination = set(product(*(drawn(levels)[a] for a in weighted)))
    if {tuple(row[a] for a in weighted) for row in every} == every_combination:
        own = {a: whole(list(axis.values())) for a, axis in enumerate(levels.values()) if a in weighted}
        assert groups == [([a], {(i,): w for i, w in enumerate(own[a])}) for a in weighted]
    counts = [Counter[Row]() for _ in groups]
    for n, row in enumerate(Array(levels, rules).rows(150), 1):
        for count, (named, weights) in zip(counts, groups, strict=True):
            count[tuple(row[a] for a in named)] += 1
            total = sum(weights.values())
            assert count.keys() <= weights.keys()
            assert all(abs(count[c] * total - n * weight) < total for c, weight in weights.items())


def test_a_rule_with_an_axis_without_weights_leaves_the_shares_as_they_are() -> None:
    levels, rules = axes([0.7, 0.2, 0.1], 6, 4), without({0: [1], 1: [0, 1, 2]}, {0: [2], 1: [5], 2: [0]})
    counts: Counter[int] = Counter()
    for n, row in enumerate(Array(levels, rules).rows(2_000), 1):
        counts[row[0]] += 1
        assert all(abs(10 * counts[i] - n * w) < 10 for i, w in enumerate((7, 2, 1)))


def test_weighted_axes_that_a_rule_binds_keep_their_shares_to_a_few_images_where_that_can_be() -> None:
    levels = axes([0.2, 0.3, 0.5], [0.7, 0.3], 4)
    array = Array(levels, without({0: [0, 1], 1: [1]}))  # the lamp is at home alone
    assert array.shares["axis0"] == pytest.approx({"0": 0.2, "1": 0.3, "2": 0.5})
    assert array.shares["axis1"] == pytest.approx({"0": 0.7, "1": 0.3})
    counts: Counter[tuple[int, int]] = Counter()
    for n, row in enumerate(array.rows(5_000), 1):
        counts.update(enumerate(row[:2]))
        for a, (axis, most) in enumerate([((0.2, 0.3, 0.5), 2), ((0.7, 0.3), 3)]):
            assert all(abs(counts[a, i] - n * share) < most for i, share in enumerate(axis))


def test_weights_that_the_rules_leave_no_room_for_get_the_nearest() -> None:
    shares = Array(axes([0.5, 0.3, 0.2], [0.7, 0.3], 4), without({0: [0, 1], 1: [1]})).shares
    assert shares["axis1"]["1"] == pytest.approx(0.3, abs=1e-6)
    assert shares["axis0"]["2"] == pytest.approx(0.3, abs=1e-6)  # it asked for 0.2, and the lamp needs 0.3


def test_fitted_weights_are_independent_where_nothing_is_left_out() -> None:
    every = list(product(range(3), range(2)))
    found = fitted(every, [[5, 3, 2], [1, 3]])
    assert [n / sum(found) for n in found] == pytest.approx([x * y / 40 for x in (5, 3, 2) for y in (1, 3)])


# ── at the edges ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_rules_over_thousands_of_levels_and_over_a_space_beyond_any_memory_are_ordinary() -> None:
    wide = Array(axes(3_000, 5, 4), without({0: range(1_000), 1: [0, 1]}, {1: [2], 2: [3]}))
    assert not any((row[0] < 1_000 and row[1] < 2) or row[1:] == (2, 3) for row in wide.rows(500))
    chain = without(*({a: [0, 1, 2], a + 1: [7, 8, 9]} for a in range(11)))
    start = time.process_time()
    rows = list(Array(axes(*[10] * 12), chain).rows(2_000))
    assert time.process_time() - start < 20
    assert len(set(rows)) == 2_000
    assert not any(forbidden(row, chain) for row in rows)


def test_rules_of_which_hardly_a_row_is_left_cost_no_more() -> None:
    alike = without(*({a: [i], a + 1: [j for j in range(30) if j != i]} for a in range(5) for i in range(30)))
    rows = list(Array(axes(*[30] * 6), alike).rows(60))  # 30 of 729,000,000
    assert all(len(set(row)) == 1 for row in rows)
    assert len(set(rows[:30])) == 30


def test_rules_too_entangled_to_be_decided_are_refused_in_seconds() -> None:
    some = without(
        *({a: [i], b: [(i * a + b) % 9], (a + b) % 14: [i]} for a, b in combinations(range(14), 2) for i in range(9))
    )
    start = time.process_time()
    with pytest.raises(MintageError, match="too entangled"):
        Array(axes(*[9] * 14), some)
    assert time.process_time() - start < 60


def test_many_weighted_combinations_that_a_rule_binds_are_refused() -> None:
    weights = [1.0] * 40
    with pytest.raises(MintageError, match="more than 1,000 combinations"):
        Array(axes(weights, weights, 3), without({0: [0], 1: [0]}))
    assert next(Array(axes(weights, weights, 3), without({0: [0], 1: [0], 2: [0]})).rows(1))


def test_a_row_with_rules_costs_about_what_one_without_does() -> None:
    levels = axes(8, 6, 6, 5, 4, 4)
    spent = []
    for rules in ([], without({0: [0], 2: [1]}, {1: [2], 3: [0, 1], 4: [0]})):
        rows = Array(levels, rules).rows(10**9)
        next(islice(rows, 1_000, None))
        start = time.process_time()
        next(islice(rows, 20_000, None))
        spent.append(time.process_time() - start)
    assert spent[1] < 5 * spent[0]


# ── whoever uses it ─────────────────────────────────────────────────────────────────────────────────────────────────

KITCHEN = {
    "name": "x",
    "classes": {"dog": {"lookalikes": ["cat"]}, "cat": {"lookalikes": ["dog", "fox"]}},
    "axes": {
        "environment": ["on grass", "in the snow", "at home"],
        "light": ["indoors", "daylight"],
        "style": {"photo": 0.7, "painting": 0.3},
    },
    "not": [
        {"environment": "in the snow", "light": "indoors"},
        {"environment": "at home", "style": "painting", "light": ["daylight"]},
    ],
}


@pytest.mark.parametrize("technique", [t for t in registry.names("techniques") if t != PROBE])
def test_no_technique_gives_a_slot_what_a_rule_forbids(technique: str) -> None:
    spec = DatasetSpec.model_validate(KITCHEN)
    options: dict[str, dict[str, Any]] = {"variation": {"axes": True}, "inpaint": {"edit": "background"}}
    plugin = registry.build("techniques", Use(use=technique, options=options.get(technique, {})), spec)

    def wrong(array: Array) -> bool:
        rows = list(plugin.plan("cat", 60, array.attributes))
        assert len(rows) == 60
        return any(all(row.get(a) in v for a, v in rule.items()) for row in rows for rule in spec.without)

    assert not wrong(Array(spec.levels, spec.without))
    assert wrong(Array(spec.levels)) == plugin.uses_axes
