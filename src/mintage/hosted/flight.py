"""Calls in flight: bounded, retried, handed over as they land, and none lost when the user or the server stops."""

import heapq
import logging
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from mintage.core.ports import NOT_SENT, Sent
from mintage.hosted import interrupts
from mintage.hosted.client import new_ticket
from mintage.hosted.faults import Fault, read_fault
from mintage.hosted.options import ServerOptions
from mintage.hosted.pace import POLL, Pace, Permit

SAYS = logging.getLogger("mintage.hosted")
T = TypeVar("T")

TRIES = 6
"""So often one call is tried while others succeed."""
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
"""Seconds before the second try, doubled for each further one up to the longest; with jitter."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request about one recipe or several: the most that each can cost (dollars), and what sends it.

    `do` runs in a worker thread, makes one request, and may raise anything.
    """

    ids: tuple[str, ...]
    bounds: tuple[float, ...]
    do: Callable[[], T]
    ticket: str = field(default_factory=new_ticket)

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.bounds):
            raise ValueError(f"{len(self.ids)} recipes and {len(self.bounds)} bounds")


@dataclass(frozen=True)
class Landed(Generic[T]):
    """What became of a call: a value or a fault. `seconds`: of its last try."""

    call: Call[T]
    value: T | None
    fault: Fault | None
    seconds: float


@dataclass
class _Job(Generic[T]):
    call: Call[T]
    permit: Permit | None = None
    tries: int = 0
    value: T | None = None
    fault: Fault | None = None
    seconds: float = 0.0

    def __lt__(self, other: "_Job[T]") -> bool:  # of two that are due at once
        return self.tries < other.tries

    def landed(self, halted: bool) -> Landed[T]:
        fault = self.fault
        if fault is not None and (fault.kind == "stop" or (halted and fault.kind == "again")):
            fault = replace(fault, words=f"{NOT_SENT}{fault.words}")  # not carried out, and simply still to be made
        return Landed(self.call, self.value, fault, self.seconds)


def fly(calls: Iterable[Call[T]], options: ServerOptions, *, book: bool = True) -> Iterator[Sent | Landed[T]]:
    """Make the calls, as many at once as the server bears; `Sent` for each id before a request leaves, then `Landed`.

    A request leaves when the caller has come back for the next item after its last `Sent`. The next call is pulled, in
    the caller's thread, when there is room for it. Without `book` there is no `Sent`.

    A fault of kind `again` is tried again, and what was booked is taken back until then; all others land at once. A
    `stop`, a server that is silent for too long, Ctrl-C, and an error of `calls` itself: nothing further leaves, what
    is in flight lands, then that error is raised. What was to be tried again lands with `again`, what was stopped with
    `stop`; the words of both begin with `NOT_SENT`: it was not carried out.

    Raises:
        MintageError: what a user can do about the server.
        KeyboardInterrupt: after Ctrl-C, when what was in flight has landed; at once after a second one.
    """
    flight: _Flight[T] = _Flight(options)
    try:
        interrupts.guard(flight)
        yield from flight.run(iter(calls), book)
    finally:
        interrupts.release(flight)
        flight.close()
    if flight.halted is not None:
        raise flight.halted


class _Flight(Generic[T]):
    """The state of one `fly`. Workers touch the queues, the pace and `halted`; all else is the caller's thread's."""

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        self.pace = Pace.of(options)
        self.pace.begin()
        self.jobs: queue.SimpleQueue[_Job[T] | None] = queue.SimpleQueue()
        self.inbox: queue.SimpleQueue[_Job[T]] = queue.SimpleQueue()
        self.workers: list[threading.Thread] = []
        self.later: list[tuple[float, _Job[T]]] = []
        """Calls to be tried again, and when."""
        self.unsent: deque[Call[T]] = deque()
        """Calls that were booked, were not carried out, and wait: that is still to be said."""
        self.out = 0
        """Calls that were pulled and not handed over yet."""
        self.busy = 0
        """Calls with the workers."""
        self.halted: BaseException | None = None
        """Why nothing further leaves."""
        self.pressed = 0
        """How often Ctrl-C was pressed."""
        self.closed = False

    def interrupt(self) -> bool:
        self.pressed += 1
        self.halted = KeyboardInterrupt()
        return self.pressed == 1 and self.out > 0

    def run(self, calls: Iterator[Call[T]], book: bool) -> Iterator[Sent | Landed[T]]:
        more, told = True, False
        while True:
            if self._halt():
                more = False
                told = told or self._tell()
                self.unsent.clear()
                while self.later:
                    yield self.later.pop()[1].landed(True)
                    self.out -= 1
            if (landed := self._landed(0)) is not None:
                yield landed
                self.out -= 1
                del landed  # memory: not while we wait
            while self.unsent:
                yield from self._booked(self.unsent.popleft(), book, -1)
            wait = yield from self._retry(book)
            if more and wait and self.out < self.options.concurrency and not self._is_due():
                permit = self.pace.ask()
                if isinstance(permit, Permit):
                    more = yield from self._next(calls, permit, book)
                    continue
                wait = min(wait, permit)
            if not more and not self.out:
                return
            if wait and (landed := self._landed(min(wait, POLL))) is not None:
                yield landed
                self.out -= 1
                del landed

    def _halt(self) -> bool:
        if self.halted is None:
            self.halted = self.pace.verdict()
        return self.halted is not None

    def _tell(self) -> bool:
        if isinstance(self.halted, KeyboardInterrupt) and self.busy:
            SAYS.warning("stopping when the %d in flight have landed; Ctrl-C again: at once, they are lost", self.busy)
            return True
        return False

    def _next(self, calls: Iterator[Call[T]], permit: Permit, book: bool) -> Generator[Sent | Landed[T], None, bool]:
        """Pull a call, book it, send it. False: there is none."""
        left = False
        try:
            try:
                call = next(calls)
            except StopIteration:
                return False
            except KeyboardInterrupt:  # the calls are a flight themselves, which has landed
                if self.pressed != 1:
                    raise
                return False
            except Exception as error:  # told when what is in flight has landed
                self.halted = self.halted or error
                return False
            self.out += 1
            yield from self._booked(call, book)
            if self._halt():  # while the caller had our `Sent`
                yield Landed(call, None, Fault("again", f"{NOT_SENT}{_said(self.halted)}"), 0.0)
                self.out -= 1
                return False
            left = True
            self._submit(_Job(call, permit))
            return True
        finally:
            if not left:
                self.pace.unused(permit)

    def _booked(self, call: Call[T], book: bool, sign: int = 1) -> Iterator[Sent]:
        if book:
            for recipe_id, bound in zip(call.ids, call.bounds, strict=True):
                yield Sent(recipe_id, call.ticket, sign * bound)

    def _retry(self, book: bool) -> Generator[Sent | Landed[T], None, float]:
        """Try a call again whose time has come. The seconds until there may be something to do; 0: at once."""
        if not self.later:
            return POLL
        wait = self.later[0][0] - time.monotonic()
        if wait > 0:
            return wait
        permit = self.pace.ask()
        if not isinstance(permit, Permit):
            return permit
        _, job = heapq.heappop(self.later)
        left = False
        try:
            yield from self._booked(job.call, book)
            if self._halt():  # while the caller had our `Sent`
                yield job.landed(True)
                self.out -= 1
                return 0.0
            left = True
            job.permit = permit
            self._submit(job)
        finally:
            if not left:
                self.pace.unused(permit)
        return 0.0

    def _is_due(self) -> bool:
        """Whether a call waits only for room: it goes before new ones."""
        return bool(self.later) and self.later[0][0] <= time.monotonic()

    def _submit(self, job: _Job[T]) -> None:
        self.busy += 1
        self.jobs.put(job)
        if len(self.workers) < self.busy:
            worker = threading.Thread(target=self._work, name="mintage-hosted", daemon=True)
            self.workers.append(worker)
            worker.start()

    def _landed(self, timeout: float) -> Landed[T] | None:
        """What has landed, if anything does in so many seconds and is not to be tried again."""
        try:
            job = self.inbox.get(timeout > 0, timeout)
        except queue.Empty:
            return None
        self.busy -= 1
        fault = job.fault
        if fault is None or fault.kind != "again":
            return job.landed(self._halt())
        if not self.pace.down:
            job.tries += 1
        if job.tries >= TRIES or self._halt():
            return job.landed(self._halt())
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** max(0, job.tries - 1)) * random.uniform(0.5, 1.0)
        heapq.heappush(self.later, (time.monotonic() + max(wait, fault.after or 0.0), job))
        self.unsent.append(job.call)
        return None

    def _work(self) -> None:
        while (job := self.jobs.get()) is not None:
            permit, job.permit = job.permit, None
            assert permit is not None
            if self.closed:
                self.pace.unused(permit)
                continue
            self.pace.left(permit)
            start = time.perf_counter()
            job.value = job.fault = None
            try:
                job.value = job.call.do()
            except BaseException as error:
                job.fault = read_fault(error, self.options)
            job.seconds = time.perf_counter() - start
            self.pace.landed(permit, job.fault)
            if job.fault is not None and job.fault.kind == "stop" and self.halted is None:
                self.halted = job.fault.error
            self.inbox.put(job)
            del job

    def close(self) -> None:
        """Nothing further leaves. Workers end: at once if all has landed, else when their request ends."""
        self.closed = True
        for _ in self.workers:
            self.jobs.put(None)
        if not self.busy:
            for worker in self.workers:
                worker.join()


def _said(error: BaseException | None) -> str:
    return "interrupted" if isinstance(error, KeyboardInterrupt) else str(error).splitlines()[0]
