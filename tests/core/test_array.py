"""The array keeps shares first, then never repeats early, then brings new pairs early."""

import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations, islice, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.core.array import Array, Coverage
from mintage.core.recipe import digest
from mintage.core.weighted import Shares, whole

Levels = Mapping[str, Mapping[str, float]]


def axes(*levels: int | Sequence[float]) -> dict[str, dict[str, float]]:
    """An axis with so many levels, or with these weights."""
    weights = [[0.0] * axis if isinstance(axis, int) else axis for axis in levels]
    return {f"axis{a}": {f"level{a}.{i}": w for i, w in enumerate(axis)} for a, axis in enumerate(weights)}


def drawn(levels: Levels) -> list[list[int]]:
    """Of each axis the levels that can come."""
    return [[i for i, w in enumerate(a.values()) if w or not any(a.values())] for a in levels.values()]


def pairs(row: Sequence[int]) -> set[tuple[tuple[int, int], ...]]:
    """The pairs of a row; with one axis, its level."""
    return set(combinations(enumerate(row), min(2, len(row))))


def allowed_rows(levels: Levels) -> Iterator[tuple[set[tuple[int, ...]], tuple[int, ...]]]:
    """Along the array: all rows that the shares allow, and the one that came."""
    shares = {a: Shares(whole(list(axis.values()))) for a, axis in enumerate(levels.values()) if any(axis.values())}
    for row in Array(levels).rows(10**9):
        free = enumerate(drawn(levels))
        yield set(product(*(shares[a].allowed() if a in shares else some for a, some in free))), row
        for a, axis in shares.items():
            axis.take(row[a])


weight = st.sampled_from([0, 0.01, 0.1, 0.2, 0.3, 0.7, 1 / 3, 1, 2, 5, 10])
weights = st.lists(weight, min_size=1, max_size=6).filter(any)
axis = st.one_of(st.integers(1, 3), st.lists(st.integers(1, 4), min_size=1, max_size=3))
small = st.lists(axis, min_size=1, max_size=3)


# ── shares ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=60)
@given(st.lists(weights, min_size=1, max_size=4), st.lists(st.integers(1, 4), max_size=2))
def test_at_every_n_each_weighted_level_has_its_share_to_within_one_image(
    weighted: list[list[float]], free: list[int]
) -> None:
    levels = axes(*weighted, *free)
    exact = [[Fraction(str(w)) for w in axis] for axis in weighted]
    counts = [[0] * len(axis) for axis in weighted]
    for n, row in enumerate(Array(levels).rows(200), 1):
        for a, axis in enumerate(exact):
            counts[a][row[a]] += 1
            assert all(abs(c - n * w / sum(axis)) < 1 for c, w in zip(counts[a], axis, strict=True))


@settings(deadline=None, max_examples=60)
@given(weights, st.integers(0, 10**6))
def test_whichever_allowed_level_is_taken_the_shares_hold_ever_after(weighted: list[float], seed: int) -> None:
    random, shares = Random(seed), Shares(whole(weighted))
    exact = [Fraction(str(w)) / sum(Fraction(str(w)) for w in weighted) for w in weighted]
    counts = [0] * len(weighted)
    for n in range(1, 301):
        level = random.choice(shares.allowed())
        shares.take(level)
        counts[level] += 1
        assert all(abs(c - n * share) < 1 for c, share in zip(counts, exact, strict=True))


@pytest.mark.parametrize(
    "weighted", [(1, 1), (3, 2), (1, 2, 3), (5, 1, 1), (2, 2, 3), (1, 1, 1, 4), (1, 2, 3, 4), (6, 3, 1, 1)]
)
def test_a_level_is_refused_only_if_no_continuation_keeps_the_shares(weighted: tuple[int, ...]) -> None:
    total = sum(weighted)

    @cache
    def possible(counts: tuple[int, ...]) -> bool:
        n = sum(counts)
        if any(abs(c * total - n * w) >= total for c, w in zip(counts, weighted, strict=True)):
            return False
        return n == 3 * total or any(possible(after(counts, level)) for level in range(len(weighted)))

    def after(counts: tuple[int, ...], level: int) -> tuple[int, ...]:
        return tuple(c + (i == level) for i, c in enumerate(counts))

    for seed in range(20):
        random, shares, counts = Random(seed), Shares(weighted), (0,) * len(weighted)
        for _ in range(2 * total):
            good = [level for level in range(len(weighted)) if possible(after(counts, level))]
            assert shares.allowed() == good
            level = random.choice(good)
            shares.take(level)
            counts = after(counts, level)


def test_a_very_rare_level_keeps_its_share_too() -> None:
    counts: Counter[int] = Counter()
    share = Fraction(1, 10_001)
    for n, (level, _) in enumerate(Array(axes([10_000, 1], 2)).rows(21_000), 1):
        counts[level] += 1
        assert abs(counts[1] - n * share) < 1
    assert counts[1] in (2, 3)  # a level rarer than the look ahead


def test_weights_are_what_the_user_typed_not_the_nearest_binary_fraction() -> None:
    assert whole([0.1, 0.2, 0.7]) == [1, 2, 7]
    assert whole([1e-7, 1]) == [1, 10**7]


def test_a_level_of_weight_zero_never_comes_and_is_not_among_the_pairs() -> None:
    array = Array(axes([0.5, 0, 0.5, 0], 3))
    assert {row[0] for row in array.rows(200)} == {0, 2}
    assert array.coverage(200) == Coverage(6, 6, 6)


# ── no row early ────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=60)
@given(small)
def test_no_row_comes_again_while_one_that_the_shares_allow_came_less_often(some: list[int | list[float]]) -> None:
    used: Counter[tuple[int, ...]] = Counter()
    for allowed, row in islice(allowed_rows(axes(*some)), 150):
        assert row in allowed
        assert used[row] == min(used[other] for other in allowed)
        used[row] += 1


@pytest.mark.parametrize("sizes", [(7,), (1,), (1, 5, 3), (2, 2, 2), (8, 6, 5), (4, 4, 4, 4)])
def test_without_weights_every_row_comes_once_before_any_comes_again(sizes: tuple[int, ...]) -> None:
    rows = list(Array(axes(*sizes)).rows(3 * (space := len(list(product(*map(range, sizes)))))))
    for start in range(0, len(rows), space):
        assert set(rows[start : start + space]) == set(product(*map(range, sizes)))


# ── pairs early ─────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=60)
@given(small)
def test_a_row_without_a_new_pair_comes_only_if_no_allowed_row_has_one(some: list[int | list[float]]) -> None:
    seen: set[tuple[tuple[int, int], ...]] = set()
    for allowed, row in islice(allowed_rows(axes(*some)), 60):
        assert pairs(row) - seen or not any(pairs(other) - seen for other in allowed)
        seen |= pairs(row)


@pytest.mark.parametrize(("sizes", "most"), [((8, 6, 6, 5, 4, 4), 54), ((3, 10, 5, 8, 6, 4), 84), ((2,) * 10, 10)])
def test_all_pairs_are_covered_in_about_the_fewest_rows_known(sizes: tuple[int, ...], most: int) -> None:
    complete = Array(axes(*sizes)).coverage(0).complete_at
    assert complete is not None
    assert complete <= most


def test_a_rare_level_meets_all_others_as_early_as_its_share_allows() -> None:
    array = Array(axes([0.99, 0.01], 5))  # the fifth row of the rare level may come after 400 others
    assert array.coverage(0).complete_at == 401


@settings(deadline=None, max_examples=30)
@given(small, st.integers(0, 80))
def test_coverage_counts_what_the_first_rows_contain(some: list[int | list[float]], n: int) -> None:
    levels = axes(*some)
    everything = set().union(*map(pairs, product(*drawn(levels))))
    seen: set[tuple[tuple[int, int], ...]] = set()
    found: set[tuple[tuple[int, int], ...]] = set()
    complete = None
    for number, row in enumerate(Array(levels).rows(2_000), 1):
        seen |= pairs(row)
        found |= pairs(row) if number <= n else set()
        if seen == everything:
            complete = number
            break
    assert Array(levels).coverage(n) == Coverage(len(found), len(everything), complete)


def test_coverage_says_nothing_about_what_lies_beyond_its_horizon() -> None:
    assert Array(axes([1, 1e-6], 3)).coverage(10).complete_at is None


def test_after_the_covering_part_pairs_keep_coming_evenly() -> None:
    rows = list(Array(axes(8, 6, 6, 5, 4, 4)).rows(2_000))
    for start in range(50, 1_700, 50):  # of random rows about half of such windows would miss a pair
        assert len(set().union(*map(pairs, rows[start : start + 300]))) == 448


def test_weighted_axes_stay_independent_of_each_other() -> None:
    rows = list(Array(axes([1, 1], [1, 1], [3, 1], 100)).rows(400))
    together = Counter(row[:3] for row in rows)
    assert all(abs(n - (37.5 if third == 0 else 12.5) * 2) < 8 for (_, _, third), n in together.items())
    assert len(together) == 8


# ── the same for everybody ──────────────────────────────────────────────────────────────────────────────────────────

BOTH = [axes(8, 6, 6, 5, 4, 4), axes([0.7, 0.2, 0.1], [4, 3, 2, 1], 8, 6)]


@pytest.mark.parametrize("levels", BOTH)
def test_a_longer_array_begins_with_the_shorter_one(levels: Levels) -> None:
    long = list(Array(levels).rows(700))
    array = Array(levels)
    array.coverage(30)
    first, second = array.rows(200), array.rows(700)
    interleaved = [next(second) for _ in range(50)] + list(islice(first, 100, None)) + list(second)
    assert interleaved == long[:50] + long[100:200] + long[50:]
    assert all(list(Array(levels).rows(n)) == long[:n] for n in (0, 1, 49, 333))


def test_the_array_is_the_same_in_another_process_and_in_every_version() -> None:
    code = (
        "from mintage.core.array import Array; from mintage.core.recipe import digest; import json, sys;"
        "print([digest([list(r) for r in Array(levels).rows(500)]) for levels in json.load(sys.stdin)])"
    )
    here = str([digest([list(row) for row in Array(levels).rows(500)]) for levels in BOTH])
    for seed in ("0", "1"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(BOTH),
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        )
        assert done.stdout.strip() == here
    assert here == "['95a27105a42a', '09389ac7f3da']"  # else datasets that exist would get other rows when they grow


def test_names_make_no_difference_and_another_salt_does() -> None:
    named = {"style": {"photo": 0.0, "painting": 0.0}, "place": {"beach": 0.0, "street": 0.0, "forest": 0.0}}
    assert list(Array(named).rows(20)) == list(Array(axes(2, 3)).rows(20))
    assert list(Array(BOTH[0], salt=1).rows(20)) != list(Array(BOTH[0]).rows(20))


def test_attributes_are_the_names_of_the_levels_in_the_order_of_the_file() -> None:
    array = Array({"style": {"photo": 0.0, "painting": 0.0}, "place": {"beach": 1.0, "street": 0.0}})
    for row, attributes in zip(array.rows(6), array.attributes(6), strict=True):
        assert list(attributes.items()) == [("style", ["photo", "painting"][row[0]]), ("place", "beach")]


# ── at the edges ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_axes_rows_are_empty() -> None:
    array = Array({})
    assert list(array.rows(3)) == [(), (), ()]
    assert list(array.attributes(2)) == [{}, {}]
    assert array.coverage(3) == Coverage(0, 0, 0)


def test_with_one_axis_the_pairs_are_its_levels() -> None:
    assert Array(axes(5)).coverage(3) == Coverage(3, 5, 5)
    assert Array(axes([2, 1, 1])).coverage(9) == Coverage(3, 3, 3)


def test_thousands_of_levels_and_spaces_beyond_any_memory_are_ordinary() -> None:
    wide = list(Array(axes(3_000, 5, 4)).rows(500))
    assert max(level for level, _, _ in wide) > 255
    assert len({pair for row in wide for pair in pairs(row)}) > 1_000
    huge = list(Array(axes(*[10] * 12)).rows(3_000))
    assert len(set(huge)) == 3_000
    assert Array(axes(*[10] * 12)).coverage(3_000).pairs == 66 * 100


def test_a_row_costs_the_same_however_many_came_before() -> None:
    for levels in BOTH:
        rows = Array(levels).rows(10**9)
        spent = []
        for _ in range(4):
            start = time.process_time()
            list(islice(rows, 8_000))
            spent.append(time.process_time() - start)
        assert spent[-1] < 5 * spent[0]


def test_rows_are_kept_in_a_byte_a_level() -> None:
    array = Array(axes(*[8] * 9))
    list(array.rows(500))  # past the covering part
    tracemalloc.start()
    try:
        for _ in array.rows(20_500):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000 * 9 * 3
