"""Ctrl-C in a paid run: the first one waits for what is paid, the second one does not, and nothing is bought twice."""

import os
import random
import signal
import time
from collections.abc import Callable

import pytest

from paid_run import COUNT, Trial, running
from paid_trial import CONCURRENCY, wait_for

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")

Start = Callable[..., Trial]


@pytest.mark.parametrize("what", ["images", pytest.param("words", marks=pytest.mark.slow)])
def test_the_first_ctrl_c_lets_land_what_is_in_flight(what: str, start: Start) -> None:
    trial = start(what, 0.3)
    with running(trial) as (process, said):
        wait_for(lambda: trial.trade.server.now == CONCURRENCY)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert "stopping when the 4 in flight have landed" in said()
        assert "what is finished is safe" in said()
    dead = trial.dead()
    assert not dead.owed and not trial.lost, "something that landed was not committed"
    assert len(trial.trade.sold) == CONCURRENCY, "something left after Ctrl-C"
    trial.end(dead)
    assert max(map(len, trial.books.tickets.values())) == 1, "something was bought twice"
    assert trial.books.spent == pytest.approx(trial.trade.charged)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_ctrl_c_at_a_random_moment_loses_nothing(seed: int, start: Start) -> None:
    trial = start("both" if seed % 2 else "images", 0.1)
    with running(trial) as (process, _):
        wait_for(lambda: trial.trade.server.asked)
        time.sleep(random.Random(seed).uniform(0, 0.45))
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    dead = trial.dead()
    assert not dead.owed and not trial.lost
    trial.end(dead)
    assert trial.books.spent == pytest.approx(trial.trade.charged)


def test_the_second_ctrl_c_ends_a_run_at_once(start: Start) -> None:
    trial = start("images", 3.0)
    with running(trial) as (process, said):
        wait_for(lambda: trial.trade.server.now == CONCURRENCY)
        process.send_signal(signal.SIGINT)
        wait_for(lambda: "in flight have landed" in said())
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert trial.trade.server.now == CONCURRENCY, "it waited for what was in flight"
        assert "what is finished is safe" in said()
    trial.trade.latency = 0.03
    dead = trial.dead()
    assert len(dead.owed) == CONCURRENCY
    trial.end(dead)
    assert len(trial.trade.sold) == COUNT + CONCURRENCY
