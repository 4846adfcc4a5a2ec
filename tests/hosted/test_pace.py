"""The pace falls when a server has too much and rises again, keeps a rate, and waits out a server that is down."""

import logging
import math
from collections.abc import Callable
from typing import Any

import pytest
from tests.hosted.conftest import Maker
from tests.servers.loopback import Loopback

from mintage.core.errors import MintageError
from mintage.hosted import pace as pacing
from mintage.hosted.faults import Fault
from mintage.hosted.flight import Call, Landed, fly
from mintage.hosted.options import ServerOptions
from mintage.hosted.pace import Pace, Permit

Build = Callable[..., ServerOptions]

BUSY = Fault("again", "429: slow down", 429)
DOWN = Fault("again", "no connection")


class Hand:
    """A clock that is set by hand, and a pace that goes by it."""

    def __init__(self, **more: Any) -> None:
        self.now = 1000.0
        self.options = ServerOptions(**{"model": "m", "base_url": "http://127.0.0.1:9/v1", **more})
        self.pace = Pace.of(self.options)
        self.pace.clock = lambda: self.now

    def send(self) -> Permit:
        permit = self.pace.ask()
        assert isinstance(permit, Permit), permit
        self.now += 0.001
        self.pace.left(permit)
        self.now += 0.001
        return permit

    def all_that_may_leave(self) -> list[Permit]:
        permits = []
        while isinstance(permit := self.pace.ask(), Permit):
            self.pace.left(permit)
            permits.append(permit)
        self.now += 0.001
        return permits

    def end(self, permits: list[Permit], fault: Fault | None = None) -> None:
        for permit in permits:
            self.pace.landed(permit, fault)
        self.now += 0.001


def test_the_limit_starts_low_rises_to_the_concurrency_and_no_further() -> None:
    hand = Hand(concurrency=12)
    sizes = []
    for _ in range(12):
        permits = hand.all_that_may_leave()
        sizes.append(len(permits))
        hand.end(permits)
    assert sizes[0] == 8
    assert sizes == sorted(sizes)
    assert sizes[-1] == 12
    assert len(Hand(concurrency=2, model="n").all_that_may_leave()) == 2


def test_the_limit_falls_once_for_all_that_had_left_before_and_recovers() -> None:
    hand = Hand()
    permits = hand.all_that_may_leave()
    hand.end(permits[:5], BUSY)
    assert math.isclose(hand.pace.limit, 8 * pacing.CUT)
    hand.end(permits[5:])
    hand.end([hand.send()], BUSY)
    low = hand.pace.limit
    assert low < 8 * pacing.CUT
    for _ in range(100):
        hand.end(hand.all_that_may_leave())
    assert hand.pace.limit == 16


def test_the_limit_never_falls_below_one() -> None:
    hand = Hand()
    for _ in range(30):
        hand.end([hand.send()], BUSY)
        hand.end([hand.send()])
    assert 1 <= hand.pace.limit < 2


def test_near_the_height_of_the_last_fault_the_limit_rises_slowly() -> None:
    broken, busy = Hand(model="broken"), Hand(model="busy")
    for hand, fault in ((broken, Fault("again", "500: oh", 500)), (busy, BUSY)):
        permits = hand.all_that_may_leave()
        hand.end(permits[:1], fault)
        hand.end(permits[1:])
        for _ in range(4):
            hand.end(hand.all_that_may_leave())
    assert busy.pace.limit < 8 < broken.pace.limit


def test_a_limit_that_is_not_used_does_not_rise() -> None:
    hand = Hand()
    for _ in range(50):
        hand.end([hand.send()])
    assert hand.pace.limit == 8


def test_nothing_leaves_before_the_server_wants_it() -> None:
    hand = Hand()
    one, other = hand.send(), hand.send()
    hand.end([one], Fault("again", "429: slow down", 429, after=30.0))
    assert hand.pace.ask() == pytest.approx(30, abs=0.1)
    hand.end([other])
    hand.now += 15
    assert hand.pace.ask() == pytest.approx(15, abs=0.1)
    hand.now += 15
    assert isinstance(hand.pace.ask(), Permit)


def test_a_rate_of_the_options_spaces_what_leaves() -> None:
    hand = Hand(per_minute=60)
    hand.end([hand.send()])
    wait = hand.pace.ask()
    assert wait == pytest.approx(1 / pacing.MARGIN, abs=0.1)
    times = []
    while hand.now < 1120:
        if isinstance(permit := hand.pace.ask(), Permit):
            times.append(hand.now)
            hand.end([permit])
        hand.now += 0.013
    assert 112 <= len(times) <= 120


def test_sends_that_came_late_are_made_up_for_but_only_a_few() -> None:
    hand = Hand(per_minute=600)
    hand.end([hand.send()])
    hand.now += 60
    made_up = 0
    while isinstance(permit := hand.pace.ask(), Permit):
        hand.end([permit])
        made_up += 1
        assert made_up < 20
    assert 5 <= made_up <= 12


def test_a_call_that_was_not_made_takes_no_place_in_the_rate() -> None:
    hand = Hand(per_minute=60)
    hand.end([hand.send()])
    hand.now += 1.1
    permit = hand.pace.ask()
    assert isinstance(permit, Permit)
    hand.pace.unused(permit)
    assert isinstance(hand.pace.ask(), Permit)


def test_a_rate_is_learnt_from_headers_unless_the_options_have_one() -> None:
    hand = Hand()
    for odd in ("", "many", "-3", "nan", "inf"):
        hand.pace.hear({"x-ratelimit-limit-requests": odd})
    assert hand.pace.per_minute is None
    hand.pace.hear({"x-ratelimit-limit-requests": "120"})
    assert hand.pace.per_minute == 120
    assert Pace.of(hand.options.model_copy(update={"per_minute": 30.0})).per_minute == 30


def test_one_pace_serves_all_who_ask_the_same_model_on_the_same_server() -> None:
    one = ServerOptions(model="m", base_url="http://127.0.0.1:9/v1")
    assert Pace.of(one) is Pace.of(one.model_copy(update={"concurrency": 3}))
    assert Pace.of(one).limit == 3
    assert Pace.of(one) is not Pace.of(one.model_copy(update={"model": "n"}))


def test_after_five_faults_in_a_row_one_probe_leaves_after_each_pause(caplog: pytest.LogCaptureFixture) -> None:
    hand = Hand()
    hand.end([hand.send() for _ in range(4)], DOWN)
    assert not hand.pace.down
    hand.end([hand.send()], DOWN)
    assert hand.pace.down
    for pause in (0.15, 0.3, 0.3):
        assert hand.pace.ask() == pytest.approx(pause, abs=0.01)
        hand.now += pause
        probe = hand.send()
        assert probe.probe
        assert hand.pace.ask() == pacing.POLL
        hand.end([probe], DOWN)
    assert [r.levelno for r in caplog.records] == [logging.WARNING] * 4
    assert "127.0.0.1:9 does not answer (no connection): waiting 0.15 s" in caplog.text
    hand.now += 1
    hand.end([hand.send()])
    assert not hand.pace.down
    assert len(hand.all_that_may_leave()) == int(hand.pace.limit)


def test_an_answer_of_any_kind_between_faults_keeps_it_going() -> None:
    hand = Hand()
    for fault in (None, Fault("refused", "no"), Fault("wrong", "no"), None):
        hand.end([hand.send() for _ in range(2)], DOWN)
        hand.end([hand.send()], fault)
    assert not hand.pace.down


def test_many_that_are_too_many_at_once_do_not_count_as_a_server_that_is_down() -> None:
    hand = Hand()
    hand.end(hand.all_that_may_leave(), BUSY)
    assert not hand.pace.down


def test_money_that_may_be_lost_counts_each_time() -> None:
    hand = Hand()
    hand.end(hand.all_that_may_leave(), Fault("lost", "no answer within 300 s"))
    assert hand.pace.down


def test_patience_ends_and_a_new_beginning_tries_afresh() -> None:
    hand = Hand(patience=60)
    hand.end([hand.send() for _ in range(5)], DOWN)
    assert hand.pace.verdict() is None
    hand.now += 61
    error = hand.pace.verdict()
    assert error is not None
    assert "has not answered for 61 s (no connection)" in str(error)
    assert "mintage run" in str(error)
    hand.pace.begin()
    assert hand.pace.verdict() is None
    assert isinstance(hand.pace.ask(), Permit)


def test_a_wait_that_is_longer_than_our_patience_is_not_begun() -> None:
    hand = Hand(patience=60)
    hand.end([hand.send()], Fault("again", "429: daily limit", 429, after=7300.0))
    assert "asks to wait 2 h (429: daily limit)" in str(hand.pace.verdict())


def test_five_that_are_wrong_in_the_same_way_and_none_that_is_right_stop() -> None:
    hand = Hand()
    for n in range(5):
        assert hand.pace.verdict() is None
        hand.end([hand.send()], Fault("wrong", f"400: no such size (request req_{n}f)", 400))
    assert "finds every request wrong: 400: no such size" in str(hand.pace.verdict())
    other = Hand(model="n")
    other.end([other.send()])
    other.end([other.send() for _ in range(6)], Fault("wrong", "400: no such size", 400))
    assert other.pace.verdict() is None


def calls(server: Loopback, options: ServerOptions, n: int, opened: Any) -> Any:
    client = opened(options)
    return (Call((str(i),), (0.0,), lambda: client.images.generate(model="m", prompt="a")) for i in range(n))


def test_a_server_that_allows_three_at_once_gets_about_three(
    maker: Maker, server: Loopback, options: Build, opened: Any
) -> None:
    maker.room = 3
    chosen = options()
    landed = [x for x in fly(calls(server, chosen, 60, opened), chosen, book=False) if isinstance(x, Landed)]
    assert len(landed) == 60
    assert not [x for x in landed if x.fault]
    assert 2 <= Pace.of(chosen).limit < 6
    assert len(maker.seen) < 200


def test_a_server_that_comes_back_is_gone_on_with(
    server: Loopback, options: Build, opened: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.extend([{"status": 503}] * 12)
    chosen = options(concurrency=4)
    landed = [x for x in fly(calls(server, chosen, 20, opened), chosen) if isinstance(x, Landed)]
    assert [x.fault for x in landed] == [None] * 20
    assert "does not answer (503" in caplog.text
    assert "nothing is lost; Ctrl-C stops" in caplog.text


def test_a_server_that_stays_away_ends_the_run_when_patience_does(
    server: Loopback, options: Build, opened: Any
) -> None:
    server.faults.extend([{"status": 503}] * 1000)
    chosen = options(patience=0.4)
    landed: list[Any] = []
    with pytest.raises(MintageError, match="has not answered for"):
        landed.extend(fly(calls(server, chosen, 50, opened), chosen, book=False))
    assert {x.fault.kind for x in landed} == {"again"}
    assert len(landed) < 20
    server.faults.clear()
    assert len(list(fly(calls(server, chosen, 3, opened), chosen, book=False))) == 3


def test_what_the_server_says_of_its_rate_is_kept(maker: Maker, server: Loopback, options: Build, opened: Any) -> None:
    maker.headers = {"x-ratelimit-limit-requests": "1800"}
    chosen = options()
    list(fly(calls(server, chosen, 60, opened), chosen, book=False))
    assert Pace.of(chosen).per_minute == 1800
    assert server.times[-1] - server.times[0] > 52 / 30 - 1  # a second's worth may be made up for
