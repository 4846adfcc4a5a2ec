"""A run that is bought at a shop, the command line over it, and what must be true of it after it has died."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mintage.run import Run
from paid_trial import CONCURRENCY, Books, Trade, environment, intact
from trial import ended, image_hashes, kill_at, write_spec

CLASSES = {"lemon": 10, "chair": 10}
COUNT = sum(CLASSES.values())
CENT = 1e-9
"""Sums of prices as binary fractions may be off by so much."""


@dataclass
class Trial:
    """A set that is bought at a shop, and the command line over it in this process."""

    folder: Path
    trade: Trade
    capsys: pytest.CaptureFixture[str]
    changes: dict[str, Any]
    once: bool = True
    """It dies but once."""
    lost: set[str] = field(default_factory=set)
    """The keys of what was sold and not committed when it died."""

    @property
    def books(self) -> Books:
        return Books.of(self.folder)

    def spec(self, **more: Any) -> None:
        """Write dataset.yaml, with these changes from now on."""
        self.changes = {"classes": CLASSES, "write": "grammar", "score": []} | self.changes | more
        write_spec(self.folder, **self.changes)

    def run(self) -> tuple[int, str]:
        return ended(self.capsys, "run", str(self.folder))

    def kill(self, point: str, n: int) -> Books:
        """Run until the point, die there; what the ledger says when the server has done what had reached it."""
        kill_at(point, n, "run", self.folder, env=environment())
        return self.dead()

    def dead(self) -> Books:
        """What a dead run left, which must be sound already."""
        self.trade.rest()
        books = self.books
        lost = books.lost(self.trade).keys() - self.lost
        assert len(lost) <= CONCURRENCY, "more than what was in flight is lost"
        assert self.trade.charged <= max([0.0, *books.heights[-1:]]) + CENT, (
            "the ledger does not cover what was charged"
        )
        self.lost |= lost
        return books

    def end(self, dead: Books, budget: float | None = None) -> None:
        """Run to the end after a kill: all is there, nothing that was there is bought again, and the sums are right."""
        code, said = self.run()
        self.check(dead, said)
        if budget is not None:
            assert max(self.books.heights) <= budget + CENT, "more was spent or in flight than the budget allows"
            assert self.trade.charged <= budget + CENT
        if code == 3:
            assert budget is not None and "stopped by the budget" in said
            self.spec(budget={"dollars": 100.0})
            code, said = self.run()
            self.check(dead)
        self.complete(code)

    def check(self, dead: Books, said: str | None = None) -> None:
        books = self.books
        for paid, what in dead.done.items():
            assert books.done.get(paid) == what, f"{paid} is another one now"
            assert books.tickets.get(paid) == dead.tickets.get(paid), f"{paid} was bought a second time"
        count, most = len(dead.owed), sum(dead.owed.values())
        if said is not None and count:
            told = re.search(
                r"(\d+ \w+(?: and \d+ \w+)?) in flight when an earlier run ended: at most \$([\d.]+)", said
            )
            assert told is not None, said
            assert sum(map(int, re.findall(r"\d+", told[1]))) == count
            assert told[2] == f"{most:.2f}"
        elif said is not None:
            assert "in flight when an earlier run ended" not in said
        assert not books.owed
        bought = {paid: sum(key in self.trade.sold for key in set(tickets)) for paid, tickets in books.tickets.items()}
        twice = {paid for paid, n in bought.items() if n > 1 + (paid in dead.owed)}
        assert not self.once or not twice, "something was bought more often than it was lost"
        assert self.trade.charged <= books.spent + CENT, "the server charged more than the ledger says"
        self.trade.check()

    def complete(self, code: int) -> None:
        """Every picture is there and is that of its fact."""
        status = Run(self.folder).status()
        assert (code, status.summary.total.kept, status.summary.owed) == (0, COUNT, 0)
        assert "sent and not answered" not in str(status)
        hashes = image_hashes(self.folder)
        images = [what for (_, name), (_, what) in self.books.done.items() if name == "image"]
        assert {path: sha256 for sha256, path in images}.items() <= hashes.items()
        assert len(hashes) - len(images) <= len(self.lost), "only what was lost may have left a file that nobody needs"
        assert all(re.fullmatch(rf"images/.+-{sha256[:8]}\.png", path) for path, sha256 in hashes.items())
        intact(self.folder)


@contextmanager
def running(trial: Trial) -> Iterator[tuple["subprocess.Popen[bytes]", Callable[[], str]]]:
    """`mintage run` in a process of its own, and what it has said so far on stderr."""
    told = trial.folder.with_name("stderr.txt")
    command = [sys.executable, "-m", "mintage.cli", "run", str(trial.folder)]
    with told.open("wb") as file:
        process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=file)
    try:
        yield process, lambda: told.read_text(encoding="utf-8")
    finally:
        process.kill()
        process.wait()
