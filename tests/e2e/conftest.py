"""Sets that are bought at a server on this machine."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paid_run import Trial
from paid_trial import Trade, environment


@pytest.fixture
def start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Trial]]:
    """`start("images", "words" or "both", latency, **spec)`: a new set, and the server at which these are bought."""
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)
    opened: list[Trade] = []

    def begin(what: str = "images", latency: float = 0.03, **changes: Any) -> Trial:
        trade = Trade(tmp_path / "set", latency)
        opened.append(trade)
        trade.server.__enter__()
        both: dict[str, Any] = {"make": trade.make(), "write": trade.write()}
        shops = {"images": {"make": both["make"]}, "words": both | {"make": "flat"}, "both": both}
        trial = Trial(tmp_path / "set", trade, capsys, shops[what] | changes)
        trial.spec()
        return trial

    yield begin
    for trade in opened:
        trade.server.__exit__()
