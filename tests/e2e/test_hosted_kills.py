"""A paid run that is killed at any point buys nothing twice, owes what was in flight, and keeps within its budget."""

import os
import random
import signal
import time
from collections.abc import Callable

import pytest

from paid_run import CENT, COUNT, Trial, running
from paid_trial import CONCURRENCY, IMAGE, wait_for
from trial import ended

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9")

Start = Callable[..., Trial]

IMAGE_POINTS = ["image sent committed", "request left", "reply read", "image renamed", "image committed"]
WORDS_POINTS = ["words sent committed", "request left", "reply read", "words committed"]
QUICK = {("after image sent committed", 3), ("before reply read", 14), ("before words committed", 2)}


def matrix(points: list[str], early: int, later: int) -> list[object]:
    """Before and after each point, early and later; some of them in every test run."""
    cases = [(f"{side} {point}", n) for point in points for side in ("before", "after") for n in (early, later)]
    return [pytest.param(*case, marks=() if case in QUICK else (pytest.mark.slow,)) for case in cases]


@pytest.mark.parametrize(("point", "n"), matrix(IMAGE_POINTS, 3, 14))
def test_images_are_bought_once_whatever_kills_the_run(point: str, n: int, start: Start) -> None:
    trial = start()
    dead = trial.kill(point, n)
    lost = len(trial.lost)
    if point in ("before reply read", "after reply read", "before image committed"):
        assert lost, "nothing was lost, so nothing is proved"
    trial.end(dead)
    assert len(trial.trade.sold) - COUNT == lost, "something was bought that nobody needed"
    assert trial.books.spent == pytest.approx(IMAGE * (COUNT + len(dead.owed)))


@pytest.mark.parametrize(("point", "n"), matrix(WORDS_POINTS, 2, 5))
def test_words_are_bought_once_whatever_kills_the_run(point: str, n: int, start: Start) -> None:
    trial = start("words")
    dead = trial.kill(point, n)
    trial.end(dead)
    assert trial.books.spent <= trial.trade.charged + sum(dead.owed.values()) + CENT


@pytest.mark.slow
@pytest.mark.parametrize("point", ["before request left", "before reply read", "half image written"])
def test_a_tight_budget_holds_across_a_kill(point: str, start: Start) -> None:
    """It has room for two that are lost; four are in flight, each of which counts as spent."""
    budget = IMAGE * (COUNT + 2)
    trial = start(budget={"dollars": budget})
    dead = trial.kill(point, 9)
    assert trial.run()[0] == (3 if len(dead.owed) > 2 else 0)
    there = sum(name == "image" for _, name in trial.books.done)
    assert there == min(COUNT, COUNT + 2 - len(dead.owed)), "the budget was not made use of to its end"
    assert max(trial.books.heights) <= budget + CENT and trial.trade.charged <= budget + CENT
    trial.check(dead)
    trial.spec(budget={"dollars": 100.0})
    trial.complete(trial.run()[0])


def test_a_budget_holds_across_a_kill_where_a_request_can_cost_more_than_it_does(start: Start) -> None:
    """16 tokens are $0.02; a request is set aside, and lost, at $0.05."""
    trial = start(budget={"dollars": 0.36})
    trial.spec(make=trial.trade.make() | {"price": {"input": 0, "image_output": 1250}, "max_cost": 0.05})
    trial.trade.price = 0.02
    dead = trial.kill("before reply read", 5)
    assert sum(dead.owed.values()) == pytest.approx(0.05 * len(dead.owed))
    code, said = trial.run()
    assert code == 3 and "stopped by the budget" in said
    assert max(trial.books.heights) <= 0.36 + CENT and trial.trade.charged <= 0.36
    assert trial.books.spent + 0.05 > 0.36, "one more would have been within it"
    trial.spec(budget={"dollars": 100.0})
    trial.complete(trial.run()[0])
    assert trial.books.spent == pytest.approx(0.02 * COUNT + 0.05 * len(dead.owed))


@pytest.mark.slow
def test_a_server_that_says_too_many_when_the_run_dies_changes_nothing(start: Start) -> None:
    trial = start()
    trial.trade.server.faults.extend({"status": 429, "headers": {"retry-after": "0"}} for _ in range(3))
    dead = trial.kill("before reply read", 8)  # of which three say 429
    assert len(dead.owed) <= CONCURRENCY
    trial.end(dead)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["before reply read", "before image committed"])
def test_many_deaths_add_up(point: str, start: Start) -> None:
    trial = start()
    trial.once = False
    lost: set[str] = set()
    dead = trial.books
    for n in (2, 3, 1, 4, 2):
        before, dead = dead, trial.kill(point, n)
        assert before.done.items() <= dead.done.items()
        lost |= dead.open
    code, said = trial.run()
    trial.check(dead, said)
    if code == 1:  # what was lost three times in a row waits
        code, _ = ended(trial.capsys, "retry", str(trial.folder))
    trial.complete(code)
    assert sum(map(len, trial.books.tickets.values())) == COUNT + len(lost)
    assert trial.books.spent == pytest.approx(IMAGE * (COUNT + len(lost)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25))
def test_a_kill_at_a_random_moment_buys_nothing_twice(seed: int, start: Start) -> None:
    chance = random.Random(seed)
    budget = IMAGE * (COUNT + 2) if seed % 3 == 0 else None
    trial = start("both" if seed % 2 else "images", 0.1, budget=budget and {"dollars": budget})
    with running(trial) as (process, _):
        if seed % 8 != 7:
            wait_for(lambda: trial.trade.server.asked)
        time.sleep(chance.uniform(0, 0.45))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it had ended before"
    trial.end(trial.dead(), budget)
