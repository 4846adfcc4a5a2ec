"""Progress of long work: a bar in a terminal or notebook, a line now and then elsewhere."""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from mintage.core.recipe import Sample
from mintage.results.summary import Summary

T = TypeVar("T")

SERVERS = logging.getLogger("mintage.hosted")
"""What is said of servers; a program that uses Mintage may listen as well."""

EVERY = 15.0
"""Seconds between two lines where there is no terminal."""


def track(items: Iterable[T], total: int, title: str) -> Iterator[T]:
    """The items, with a bar on stderr if it takes longer than two seconds in a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    start = time.monotonic()
    bars = _bars(console)
    task = bars.add_task(title, total=total, more="")
    shown = False
    try:
        for done, item in enumerate(items, 1):
            yield item
            if not shown and done % 64 == 0 and time.monotonic() - start > 1.0:
                bars.start()
                shown = True
            if shown and done % 64 == 0:
                bars.update(task, completed=done)
    finally:
        if shown:
            bars.stop()


@contextmanager
def counted(title: str) -> Iterator[Callable[[int, int], None]]:
    """A `tell(done, total)` for what counts by itself: a bar on stderr if it takes longer than a second."""
    console = Console(stderr=True)
    bars, start = _bars(console), time.monotonic()
    task = bars.add_task(title, total=None, more="")
    shown = False

    def tell(done: int, total: int) -> None:
        nonlocal shown
        if not shown and time.monotonic() - start > 1.0:
            bars.start()
            shown = True
        bars.update(task, completed=done, total=total)

    try:
        yield tell
    finally:
        bars.stop()


def _bars(console: Console) -> Bars:
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[more]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not (console.is_terminal or console.is_jupyter),
    )


class _Said(logging.Handler):
    """Hands on what the part that talks to servers has to say: that it waits, and for what."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(record.getMessage())


class Progress:
    """Of one call of `run`: images kept of those asked for, images made a second, time left."""

    def __init__(self, summary: Summary) -> None:
        self.console = Console(stderr=True)
        self.total = summary.total.planned - summary.total.given_up - summary.total.stopped
        self.kept = summary.total.kept
        self.made = 0
        self.start = self.last = time.monotonic()
        self.bars = _bars(self.console)
        self.task = self.bars.add_task("starting", total=self.total, completed=self.kept, more="")

    def __enter__(self) -> "Progress":
        self._said = _Said(self.say)
        SERVERS.addHandler(self._said)
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        SERVERS.removeHandler(self._said)
        self.bars.stop()

    def say(self, text: str) -> None:
        """A line that stays, above the bar."""
        self.bars.console.print(text, style="yellow", markup=False, highlight=False, soft_wrap=True)

    def tell(self, stage: str, facts: int) -> None:
        """A stage added facts."""
        self.made += facts if stage == "image" else 0
        what = {"words": "wording", "image": "making"}.get(stage, "ranking")
        self.bars.update(self.task, description=what, more=self._more())
        self._line()

    def sample(self, sample: Sample) -> None:
        """An attempt is settled."""
        self.kept += sample.kept
        self.bars.update(self.task, completed=self.kept, more=self._more())

    def _more(self) -> str:
        seconds = time.monotonic() - self.start
        return f"kept · {self.made} made · {self.made / seconds:.1f}/s" if seconds > 0.5 and self.made else "kept"

    def _line(self) -> None:
        now = time.monotonic()
        if self.bars.disable and now - self.last > EVERY:
            self.last = now
            left = (self.total - self.kept) * (now - self.start) / max(1, self.made)
            print(f"{self.kept} of {self.total} {self._more()} · about {left:.0f} s left", file=sys.stderr, flush=True)
