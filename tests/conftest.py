"""What tests of a whole run share: small sets, and an outside package of plug-ins."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mintage.core import registry
from mintage.run import Run
from trial import DRIVERS, write_spec

ENTRY_POINTS = """
[mintage.engines]
logged = trial_plugins:Logged
[mintage.scorers]
coin = trial_plugins:Coin
[mintage.writers]
noted = trial_plugins:Noted
muddled = trial_plugins:Muddled
"""


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An installed package with the plug-ins of `drivers/trial_plugins.py`; the environment to have it elsewhere."""
    site = tmp_path_factory.mktemp("site-packages")
    info = site / "trial_plugins-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trial-plugins\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    source = (DRIVERS / "trial_plugins.py").read_text(encoding="utf-8")
    (site / "trial_plugins.py").write_text(source, encoding="utf-8")
    sys.path.insert(0, str(site))
    yield os.environ | {"PYTHONPATH": str(site), "COLUMNS": "200", "PYTHONUTF8": "1"}
    sys.path.remove(str(site))


@pytest.fixture
def a_set(tmp_path: Path, outside: dict[str, str]) -> Callable[..., Run]:
    """`a_set(name, **changes)`: a new run, or the same one with an edited dataset.yaml."""

    def build(name: str = "set", /, **changes: Any) -> Run:
        return Run(write_spec(tmp_path / name, **changes))

    return build


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, type[Any]], None]:
    """`plugged("engines", "odd", Odd)`: a plug-in class under a name, for one test."""

    def plug(kind: str, name: str, cls: type[Any]) -> None:
        cls.name = name
        monkeypatch.setitem(registry._decorated[kind], name, cls)

    return plug
