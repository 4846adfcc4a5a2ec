"""How sure it is that more prompts pass than before."""

import random

import pytest

from mintage.results.tuning_interval import change


def pairs(both: int, first: int, second: int, none: int) -> tuple[list[bool], list[bool]]:
    """What was true before, and after, of so many briefs."""
    table = [(True, True)] * both + [(False, True)] * first + [(True, False)] * second + [(False, False)] * none
    return [b for b, _ in table], [a for _, a in table]


def test_it_is_the_interval_of_newcombes_paper() -> None:
    found = change(*pairs(36, 12, 2, 0), ["one"] * 50)
    assert found.difference == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_it_has_a_width_where_every_brief_went_from_wrong_to_right() -> None:
    found = change(*pairs(0, 20, 0, 0), ["one"] * 20)
    assert (found.before, found.after, found.of) == (0, 20, 20)
    assert 0.7 < found.low < 0.9
    assert found.high == pytest.approx(1)


def test_nothing_asked_says_nothing() -> None:
    assert (change([], [], []).low, change([], [], []).high) == (-1, 1)


def test_briefs_of_a_class_that_go_together_say_less() -> None:
    before, after = pairs(0, 20, 0, 20)
    mixed, together = ["one", "other"] * 20, ["one"] * 20 + ["other"] * 20
    assert change(before, after, mixed).low > 0.3
    assert change(before, after, together).low < 0


def test_it_holds_the_truth_19_times_of_20() -> None:
    chance, hits, rounds = random.Random(1), 0, 1_000
    for _ in range(rounds):
        before = [chance.random() < 0.1 for _ in range(40)]
        after = [chance.random() < 0.8 for _ in range(40)]
        found = change(before, after, ["one"] * 40)
        hits += found.low <= 0.7 <= found.high
    assert 0.93 <= hits / rounds <= 0.99
