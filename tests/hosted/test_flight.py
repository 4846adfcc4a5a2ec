"""Calls in flight: booked before they leave, retried, handed over as they land, and few threads for many of them."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.hosted.conftest import Maker
from tests.servers.loopback import Loopback

from mintage.core.errors import MintageError
from mintage.core.ports import Sent
from mintage.hosted import flight
from mintage.hosted.faults import BrokenReply
from mintage.hosted.flight import Call, Landed, fly
from mintage.hosted.options import ServerOptions
from mintage.hosted.pace import Pace

Build = Callable[..., ServerOptions]
Image = Callable[[str], Any]


@pytest.fixture
def image(options: Build, opened: Callable[[ServerOptions], openai.OpenAI]) -> Image:
    """Makes one image with the official client."""
    client = opened(options(timeout=5))
    return lambda prompt: client.images.generate(model="m", prompt=prompt)


def asking(image: Image, n: int) -> Iterator[Call[Any]]:
    return (Call((str(i),), (0.25,), lambda i=i: image(str(i))) for i in range(n))  # type: ignore[misc]


def threads() -> int:
    return sum(t.name == "mintage-hosted" for t in threading.enumerate())


def test_every_call_is_booked_once_and_lands_once(image: Image, options: Build, maker: Maker) -> None:
    got = list(fly(asking(image, 40), options()))
    sent = [x for x in got if isinstance(x, Sent)]
    landed = [x for x in got if isinstance(x, Landed)]
    assert sorted(x.recipe_id for x in sent) == sorted(x.call.ids[0] for x in landed)
    assert len(landed) == len(maker.prompts) == 40
    assert {x.bound for x in sent} == {0.25}
    assert {x.ticket for x in sent} == {x.call.ticket for x in landed}
    assert len({x.ticket for x in sent}) == 40
    assert all(x.fault is None and x.value is not None and x.seconds > 0 for x in landed)


def test_a_call_about_several_recipes_is_booked_for_each(image: Image, options: Build) -> None:
    call = Call(("a", "b"), (0.1, 0.2), lambda: image("both"))
    one, two, landed = fly([call], options())
    assert (one, two) == (Sent("a", call.ticket, 0.1), Sent("b", call.ticket, 0.2))
    assert isinstance(landed, Landed)


def test_nothing_is_booked_for_a_server_that_costs_nothing(image: Image, options: Build) -> None:
    assert all(isinstance(x, Landed) for x in fly(asking(image, 5), options(price=0), book=False))


def test_a_request_leaves_only_when_its_booking_was_taken(image: Image, options: Build, server: Loopback) -> None:
    booked = left = 0
    for x in fly(asking(image, 30), options()):
        if isinstance(x, Sent):
            time.sleep(0.002)
            left = len(server.asked)
            assert left <= booked
            booked += 1


def test_the_next_call_is_pulled_in_the_callers_thread_when_there_is_room(image: Image, options: Build) -> None:
    pulled = landed = 0

    def calls() -> Iterator[Call[Any]]:
        nonlocal pulled
        for call in asking(image, 60):
            assert threading.current_thread() is threading.main_thread()
            pulled += 1
            assert pulled - landed <= 3
            yield call

    for x in fly(calls(), options(concurrency=3)):
        landed += isinstance(x, Landed)
    assert landed == 60


def test_no_more_threads_than_requests_at_once_and_none_afterwards(
    image: Image, options: Build, server: Loopback
) -> None:
    server.latency = 0.01
    most = 0
    for _ in fly(asking(image, 80), options(concurrency=5)):
        most = max(most, threads())
    assert 1 < most <= 5
    assert server.most <= 5
    assert threads() == 0


@pytest.mark.parametrize(
    "fault", [{"status": 429}, {"status": 429, "headers": {"retry-after-ms": "30"}}, {"status": 500}, {"status": 503}]
)
def test_what_was_not_done_is_tried_again_and_not_booked_while_it_waits(
    image: Image, options: Build, server: Loopback, maker: Maker, fault: dict[str, Any]
) -> None:
    server.faults.extend([fault] * 3)
    got = list(fly(asking(image, 10), options()))
    bounds: dict[str, list[float]] = {}
    for sent in (x for x in got if isinstance(x, Sent)):
        bounds.setdefault(sent.recipe_id, []).append(sent.bound)
    most = next(iter(bounds.values()))[0]
    again = [b for b in bounds.values() if b != [most]]
    assert len(bounds) == 10 and most > 0
    assert sum(len(b) // 2 for b in again) == 3, "taken back, and booked again"
    assert all(b == [most, -most] * (len(b) // 2) + [most] for b in again)
    assert [x.fault for x in got if isinstance(x, Landed)] == [None] * 10
    assert sorted(maker.prompts, key=int) == [str(i) for i in range(10)]
    assert len(server.asked) == 13


@pytest.mark.parametrize("fault", [{"reset": "before"}, {"reset": "after"}, {"half": True}, {"status": 502}])
def test_what_may_have_been_done_is_never_sent_twice(
    image: Image, options: Build, server: Loopback, fault: dict[str, Any]
) -> None:
    server.faults.append(fault)
    landed = [x for x in fly(asking(image, 6), options()) if isinstance(x, Landed)]
    assert sorted(x.fault.kind for x in landed if x.fault) == ["lost"]
    assert len(server.asked) == 6


def test_one_call_that_never_works_lands_after_six_tries_while_others_succeed(image: Image, options: Build) -> None:
    tries = 0

    def never() -> Any:
        nonlocal tries
        tries += 1
        raise openai.RateLimitError("too large", response=reply(429), body=None)

    def calls() -> Iterator[Call[Any]]:
        yield Call(("never",), (0.0,), never)
        for call in asking(image, 10_000):
            if "never" in done:
                return
            yield call

    done: dict[str, Landed[Any]] = {}
    for x in fly(calls(), options(), book=False):
        if isinstance(x, Landed):
            done[x.call.ids[0]] = x
    assert tries == 6
    assert done["never"].fault is not None
    assert done["never"].fault.kind == "again"
    assert all(x.fault is None for n, x in done.items() if n != "never")


def reply(status: int) -> Any:
    import httpx2

    return httpx2.Response(status, request=httpx2.Request("POST", "http://127.0.0.1"))


def test_whatever_a_call_raises_lands(options: Build) -> None:
    def raising(error: BaseException) -> Callable[[], Any]:
        def do() -> Any:
            raise error

        return do

    errors = [BrokenReply("an empty list"), KeyError("data"), SystemExit(3)]
    calls = [Call((str(i),), (0.0,), raising(e)) for i, e in enumerate(errors)]
    landed = [x for x in fly(calls, options(), book=False) if isinstance(x, Landed)]
    assert [x.fault.kind for x in landed if x.fault] == ["lost"] * 3
    assert threads() == 0


def test_a_stop_lets_land_what_is_in_flight_and_sends_no_more(image: Image, options: Build, server: Loopback) -> None:
    server.latency = 0.05
    server.faults.extend([{}, {}, {}, {"status": 401, "body": {"error": {"message": "bad key"}}}])
    got: list[Any] = []
    with pytest.raises(MintageError, match="does not let us in"):
        got.extend(fly(asking(image, 100), options()))
    landed = [x for x in got if isinstance(x, Landed)]
    assert len(landed) == sum(isinstance(x, Sent) for x in got)
    assert sum(x.fault is None for x in landed) == len(server.asked) - 1
    assert len(server.asked) < 20
    assert threads() == 0


def test_a_stop_while_the_caller_is_away_holds_the_request_that_it_booked(options: Build) -> None:
    away, stopped = threading.Event(), threading.Event()
    later: list[str] = []

    def stop() -> Any:
        assert away.wait(5)
        try:
            raise MintageError("no more money")
        finally:
            stopped.set()

    calls = [Call(("a",), (0.0,), stop), Call(("b",), (0.0,), lambda: later.append("b"))]
    landed = []
    with pytest.raises(MintageError, match="no more money"):
        for x in fly(calls, options()):
            if isinstance(x, Landed):
                landed.append(x)
            elif x.recipe_id == "b":
                away.set()
                assert stopped.wait(5)
                time.sleep(0.1)
    assert not later
    assert {x.call.ids[0]: x.fault.kind for x in landed if x.fault} == {"a": "stop", "b": "again"}


def test_what_waits_to_be_tried_again_lands_when_all_stops(options: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flight, "FIRST_WAIT", 60.0)

    def busy() -> Any:
        raise openai.InternalServerError("oh", response=reply(500), body=None)

    def stop() -> Any:
        time.sleep(0.2)
        raise MintageError("no more money")

    landed: list[Any] = []
    with pytest.raises(MintageError):
        landed.extend(fly([Call(("a",), (0.0,), busy), Call(("b",), (0.0,), stop)], options(), book=False))
    assert {x.call.ids[0]: x.fault.kind for x in landed} == {"a": "again", "b": "stop"}


def test_an_error_of_the_calls_comes_out_when_what_is_in_flight_has_landed(image: Image, options: Build) -> None:
    def calls() -> Iterator[Call[Any]]:
        yield from asking(image, 3)
        raise ZeroDivisionError("the budget's")

    landed = []
    with pytest.raises(ZeroDivisionError, match="budget"):
        landed.extend(x for x in fly(calls(), options()) if isinstance(x, Landed))
    assert threads() == 0


def test_a_caller_who_leaves_is_not_kept_waiting_and_nothing_more_leaves(
    image: Image, options: Build, server: Loopback
) -> None:
    server.latency = 0.5
    going = fly(asking(image, 100), options(concurrency=4))
    for _ in range(5):
        next(going)
    asked = Pace.of(options(concurrency=4))
    start = time.monotonic()
    going.close()  # type: ignore[attr-defined]
    assert time.monotonic() - start < 0.4
    deadline = time.monotonic() + 10
    while threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threads() == 0
    assert asked.in_flight == 0
    assert len(server.asked) == 4


def test_a_caller_who_leaves_at_a_booking_has_not_sent_it(image: Image, options: Build, server: Loopback) -> None:
    going = fly(asking(image, 100), options())
    assert isinstance(next(going), Sent)
    going.close()  # type: ignore[attr-defined]
    assert Pace.of(options()).in_flight == 0
    assert not server.asked


def test_two_thousand_calls_need_the_memory_of_a_few(options: Build) -> None:
    def call(i: int) -> Call[bytes]:
        return Call((str(i),), (0.0,), lambda: bytes(100_000))

    def peak(n: int) -> int:
        gc.collect()
        tracemalloc.start()
        for x in fly((call(i) for i in range(n)), options()):
            del x
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(50)
    few, many = peak(200), peak(2000)
    assert many < few + 40 * 100_000


def test_flights_may_end_in_any_order_and_ctrl_c_is_as_before(image: Image, options: Build) -> None:
    before = signal.getsignal(signal.SIGINT)
    fly([], options())
    assert signal.getsignal(signal.SIGINT) is before
    one, two = fly(asking(image, 5), options()), fly(asking(image, 5), options())
    next(one), next(two)
    during = signal.getsignal(signal.SIGINT)
    assert during is not before
    one.close()  # type: ignore[attr-defined]
    assert signal.getsignal(signal.SIGINT) is during
    list(two)
    assert signal.getsignal(signal.SIGINT) is before


def test_calls_that_fly_themselves_are_interrupted_without_loss(image: Image, options: Build) -> None:
    def calls() -> Iterator[Call[Any]]:
        for call in asking(image, 100):
            if call.ids == ("3",):
                yield from words()
            yield call

    def words() -> Iterator[Call[Any]]:
        for x in fly(asking(image, 50), options(), book=False):
            if isinstance(x, Landed):
                signal.raise_signal(signal.SIGINT)  # the first one; no second one follows
                signal.signal(signal.SIGINT, signal.SIG_IGN)
        return
        yield

    before, got = signal.getsignal(signal.SIGINT), []
    try:
        with pytest.raises(KeyboardInterrupt):
            got.extend(fly(calls(), options()))
    finally:
        signal.signal(signal.SIGINT, before)
    assert sum(isinstance(x, Sent) for x in got) == sum(isinstance(x, Landed) for x in got) == 3


def test_it_flies_in_another_thread_as_well(image: Image, options: Build) -> None:
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.extend(fly(asking(image, 10), options())))
    thread.start()
    thread.join(20)
    assert len(got) == 20


SCRIPT = """
import logging, os, signal, sys, threading, time
from mintage.core.ports import Sent
from mintage.hosted.client import connect
from mintage.hosted.flight import Call, Landed, fly
from mintage.hosted.options import ServerOptions

how, url = sys.argv[1:]
options = ServerOptions(model="m", base_url=url, concurrency=4)
client = connect(options)
before = signal.getsignal(signal.SIGINT)
calls = (Call((str(i),), (0.1,), lambda: client.images.generate(model="m", prompt="a")) for i in range(1000))

def press():
    os.kill(os.getpid(), signal.SIGINT)

sent = landed = 0
try:
    for x in fly(calls, options):
        sent += isinstance(x, Sent)
        landed += isinstance(x, Landed)
        if sent == 4 and isinstance(x, Sent):
            if how == "away":
                press()          # while the caller commits what it was handed
            else:
                threading.Timer(0.1, press).start()
            if how == "twice":
                threading.Timer(0.3, press).start()
except KeyboardInterrupt:
    print("interrupted", sent, landed, signal.getsignal(signal.SIGINT) is before, flush=True)
    os._exit(130)
print("went on")
"""


@pytest.fixture
def pressed(server: Loopback, tmp_path: Path) -> Callable[[str], tuple[list[str], str]]:
    """Runs the script with Ctrl-C pressed in one way: what it said, and its warnings."""
    script = tmp_path / "flying.py"
    script.write_text(SCRIPT, encoding="utf-8")

    def run(how: str) -> tuple[list[str], str]:
        ended = subprocess.run(
            [sys.executable, script, how, f"{server.url}/v1"],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            env=os.environ | {"PYTHONUTF8": "1"},
        )
        assert ended.returncode == 130, ended.stdout + ended.stderr
        return ended.stdout.split(), ended.stderr

    return run


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C cannot be sent to one process alone")
class TestCtrlC:
    """In a process of its own, with a real signal."""

    def test_once_hands_over_what_is_in_flight(self, pressed: Any, server: Loopback, maker: Maker) -> None:
        server.latency = 0.5
        said, warned = pressed("once")
        assert said == ["interrupted", "4", "4", "True"]
        assert len(maker.prompts) == 4
        assert "stopping when the 4 in flight have landed" in warned

    def test_while_the_caller_is_busy_loses_nothing(self, pressed: Any, server: Loopback, maker: Maker) -> None:
        server.latency = 0.3
        said, _ = pressed("away")
        assert said == ["interrupted", "4", "4", "True"]
        assert len(maker.prompts) == 3  # the fourth had been booked and had not left

    def test_twice_leaves_at_once(self, pressed: Any, server: Loopback) -> None:
        server.latency = 30
        said, _ = pressed("twice")
        assert said == ["interrupted", "4", "0", "True"]
