"""How fast one model on one server is asked: what it bears at once, what it allows, and not while it is down."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from mintage.core.errors import MintageError
from mintage.hosted.client import shown_server
from mintage.hosted.faults import Fault
from mintage.hosted.options import ServerOptions

SAYS = logging.getLogger("mintage.hosted")

START = 8
"""So many requests may be in flight before anything is known of a server."""
CUT = 0.7
"""What is left of the limit when the server says that it is too much."""
SLOW = 0.25
"""How much slower the limit rises near the height where it was too much the last time: so it stays there for long."""
TOO_MUCH = (429, 503, 529)
"""What a server answers that has too much to do, and not because something broke."""
IN_A_ROW = 5
"""After so many faults with no answer between them the server is taken to be down."""
PAUSES = (5.0, 10.0, 20.0, 40.0, 60.0)
"""Seconds before each probe of a server that is down; the last one repeats."""
SAME = 5
"""After so many requests refused as wrong in the same words, and none that went well, no more are sent."""
MARGIN = 0.98
"""The part of a rate limit that is used: a clock and a network are never exact."""
LONG = 10.0
"""Seconds: a longer wait tells of a quota, and nothing of how fast a server may be asked."""
STEP = 0.95
"""What is left of the learnt rate when the server says that it was too much; less where it says so soon again."""
FAR = 0.8
CREEP = 0.0004
QUIET = 20.0
"""How much the learnt rate rises in a second, and the seconds after which that has doubled."""
SEARCH = 0.2
"""How much it rises in a second below what was too much the last time."""
SETTLED = 1.5
FEW = 5
"""Seconds of answers from which a rate is learnt, and how many there must be."""
LATE = 0.5
"""Seconds of sends that may be made up for after a delay; less for a server that takes it ill."""
POLL = 0.2
"""Seconds after which to ask again where only another request's end can make room."""


@dataclass
class Permit:
    """The right to have one request in flight."""

    since: float
    probe: bool = False
    crowd: int = 1


class Pace:
    """One for each server, model and key in this process, shared by threads.

    The limit of requests in flight rises by one for each limit's worth of answers, and falls to seven tenths on a
    fault, once for all requests that had left before. A 429 that says when to come again (Retry-After) tells of a rate
    instead: that is learnt from the answers since, and from then on requests are spaced. `clock` is monotonic, in
    seconds.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)
    _all: ClassVar[dict[tuple[str, str, str], "Pace"]] = {}
    _door: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, options: ServerOptions) -> None:
        self._lock = threading.Lock()
        self.server = shown_server(options)
        self.model = options.model
        self.limit = float(min(START, options.concurrency))
        self.in_flight = 0
        self.learnt: float | None = None
        """Requests a minute, by the server's headers."""
        self.rate: float | None = None
        """Requests a second, learnt from what was too much."""
        self._answers: deque[float] = deque(maxlen=1000)
        """When there was an answer, since the server last asked to wait."""
        self._resumed, self._learnt, self._crept = self.clock(), 0.0, 0.0
        self._use(options)
        self._late = LATE
        self._peak = self._top = math.inf
        self._next = self._hold = self._paused = self._cut = 0.0
        self._row = self._pauses = self._wrongs = 0
        self._down = self._probing = self._answered = False
        self._since: float | None = None
        """When the first fault came after which nothing was answered."""
        self._words = self._wrong_words = self._wrong_alike = ""
        self._error: MintageError | None = None

    @staticmethod
    def of(options: ServerOptions) -> "Pace":
        """The pace for these options; the newest options say how much at once, how fast, and how long to wait."""
        key = (options.base_url, options.model, options.key)
        with Pace._door:
            pace = Pace._all.get(key)
            if pace is None:
                pace = Pace._all[key] = Pace(options)
        with pace._lock:
            pace._use(options)
        return pace

    def _use(self, options: ServerOptions) -> None:
        self.ceiling = options.concurrency
        self.limit = min(self.limit, float(self.ceiling))
        self.given = options.per_minute
        self.patience = options.patience

    @property
    def per_minute(self) -> float | None:
        return self.given or self.learnt

    @property
    def down(self) -> bool:
        """Whether the server is taken to be down, so that only probes leave."""
        return self._down

    def hear(self, headers: Mapping[str, str]) -> None:
        """Learn the rate limit from a reply's headers."""
        try:
            said = float(headers.get("x-ratelimit-limit-requests") or 0)
        except ValueError:
            return
        if 0 < said < math.inf:
            self.learnt = said

    def begin(self) -> None:
        """New calls are about to be made: what was given up is tried afresh."""
        with self._lock:
            if self._error and not self.in_flight:
                self._error = self._since = None
                self._row = self._pauses = self._wrongs = 0
                self._down, self.rate = False, None
                self._paused = self._hold = 0.0

    def ask(self) -> Permit | float:
        """The right to send one request now, or for how many seconds it is of no use to ask again."""
        with self._lock:
            now = self.clock()
            if self._down and self._probing:
                return POLL
            wait = max(self._hold, self._paused if self._down else 0.0, self._next) - now
            if wait > 0:
                return wait
            if self.in_flight >= int(self.limit) and not self._down:  # a probe must not wait for what never comes
                return POLL
            self.in_flight += 1
            self._probing = self._down
            if gap := self._gap:
                self._next = max(self._next, now - max(self._late, gap)) + gap if self._next else now + gap
            return Permit(now, self._down, self.in_flight)

    @property
    def _gap(self) -> float:
        """Seconds between two sends; 0: no rate is known."""
        if self.per_minute:
            return 60 / (self.per_minute * MARGIN)
        return 1 / self.rate if self.rate else 0.0

    def left(self, permit: Permit) -> None:
        """The request leaves now."""
        permit.since = self.clock()

    def unused(self, permit: Permit) -> None:
        """There was nothing to send."""
        with self._lock:
            self._end(permit)
            self._next -= self._gap

    def landed(self, permit: Permit, fault: Fault | None) -> None:
        """The request ended: well (None), or with a fault."""
        with self._lock:
            self._end(permit)
            if fault is None or fault.kind in ("refused", "wrong", "stop"):
                self._answer(permit, fault)
            else:
                self._trouble(permit, fault)

    def verdict(self) -> MintageError | None:
        """Why it is of no use to send more: waited too long, or all is wrong in the same way. None: go on."""
        with self._lock:
            now = self.clock()
            waits = max(self._hold - now, 0.0)
            if waits > self.patience:
                asked = f"{self.server} asks to wait {_long(waits)} ({self._words})"
                self._error = self._later(asked)
            elif self._down and self._since is not None and now - self._since >= self.patience:
                silent = f"{self.server} has not answered for {_long(now - self._since)} ({self._words})"
                self._error = self._later(silent)
            elif self._wrongs >= SAME and not self._answered:
                self._error = MintageError(
                    f"{self.server} finds every request wrong: {self._wrong_words}",
                    expected=f"options that {self.model!r} takes; nothing is lost",
                    type_this="mend the options in dataset.yaml, then `mintage run` again",
                )
            return self._error

    def _later(self, found: str) -> MintageError:
        return MintageError(
            found,
            expected="a server that answers; nothing is lost",
            type_this="`mintage run` again later, or give it more `patience:` (seconds)",
        )

    def _end(self, permit: Permit) -> None:
        self.in_flight -= 1
        if permit.probe:
            self._probing = False

    def _answer(self, permit: Permit, fault: Fault | None) -> None:
        if self._down:
            SAYS.info("%s answers again", self.server)
        self._down = False
        self._row = self._pauses = 0
        self._since = None
        if fault is not None and fault.kind == "wrong":
            words = _alike(fault.words)
            self._wrongs = self._wrongs + 1 if words == self._wrong_alike else 1
            self._wrong_words, self._wrong_alike = fault.words, words
        elif fault is None or fault.kind == "refused":
            self._answered = True
            self._creep()
            if 2 * permit.crowd >= self.limit:  # else nothing was learnt about the limit
                step = SLOW if abs(self.limit - self._peak) <= 1 else 1.0
                self.limit = min(float(self.ceiling), self.limit + step / self.limit)

    def _trouble(self, permit: Permit, fault: Fault) -> None:
        now = self.clock()
        self._words = fault.words
        self._since = now if self._since is None else self._since
        fresh = permit.since > self._cut
        if fresh:
            self._cut = now
            self._late /= 2 if fault.status in TOO_MUCH else 1
            if fault.status == 429 and fault.after is not None and not self.per_minute:
                fresh = self._learn(now, fault.after)
            else:
                self._peak = self.limit if fault.status in TOO_MUCH else self._peak
                self.limit = max(1.0, self.limit * CUT)
        if fault.after is not None:
            self._hold = self._resumed = max(self._hold, now + fault.after)
            self._answers.clear()
        if fresh or fault.status != 429:  # many at once that are too many tell one thing
            self._row += 1
        if permit.probe or (not self._down and self._row >= IN_A_ROW):
            self._pause(now)

    def _learn(self, now: float, after: float) -> bool:
        """Take the rate down from what the server bore. False: a rate was passed, and that is no sign of a server that
        is down; True: nobody can say, for there was no answer since it last asked to wait."""
        if now < self._resumed:
            return False  # it was sent before the server asked to wait
        span = min(now - self._resumed, SETTLED)
        bore = [t for t in self._answers if t >= now - span]
        if len(bore) >= FEW and span > 0:
            known, soon = self.rate or len(bore) / span, now - self._resumed < SETTLED
            self._top = known * (STEP * STEP if soon else STEP)
            self.rate = self._top * (FAR if soon else STEP)
        elif after <= LONG:  # what was in flight was too much for the time that it asks to wait
            bearable = max(1, self.in_flight) / (after + span + POLL)
            self.rate = bearable if not self.rate else self.rate * FAR
        self.rate = max(1 / 60, self.rate) if self.rate else None
        self._learnt = self._crept = now + after
        return not self._answers

    def _creep(self) -> None:
        """The rate rises fast up to where it was too much the last time, slowly there, and ever faster after that: what
        was learnt may have been too low."""
        now = self.clock()
        self._answers.append(now)
        if self.rate is not None:
            quiet = (now - self._learnt) / QUIET
            rise = SEARCH if self.rate < STEP * self._top else CREEP * (1 + quiet * quiet)
            self.rate *= 1 + rise * max(0.0, now - self._crept)
        self._crept = now

    def _pause(self, now: float) -> None:
        pause = PAUSES[min(self._pauses, len(PAUSES) - 1)]
        self._pauses += 1
        self._down = True
        self._paused = max(now + pause, self._hold)
        SAYS.warning(
            "%s does not answer (%s): waiting %s, then one request tries again; nothing is lost; Ctrl-C stops",
            self.server,
            self._words,
            _long(self._paused - now),
        )


def _long(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _alike(words: str) -> str:
    """Words without what differs from one request to the next, such as its id."""
    return " ".join(w for w in words.split() if not any(c.isdigit() for c in w))
