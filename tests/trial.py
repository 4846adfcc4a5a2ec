"""Small sets by the test plug-ins, the command line in processes of its own, and what a run has come to."""

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mintage.cli import main
from mintage.core.ledger_reading import LedgerReader
from mintage.core.passing import Brief
from mintage.run import Run

DRIVERS = Path(__file__).parent / "drivers"


def write_spec(folder: Path, /, **changes: Any) -> Path:
    """A dataset.yaml (JSON is YAML) in `folder`: a small set by the test plug-ins, with these changes."""
    folder.mkdir(parents=True, exist_ok=True)
    log = str(folder.parent / f"{folder.name}.log")
    spec: dict[str, Any] = {
        "name": "set",
        "classes": {"lemon": 8, "chair": 8},
        "axes": {"environment": ["on grass", "at night", "in the snow"], "style": ["photo", "painting"]},
        "techniques": {"vanilla": 1, "scene": 3},
        "write": {"use": "noted", "log": log},
        "make": {"use": "logged", "log": log},
        "score": [{"use": "coin", "log": log}],
        "keep": {"attempts": 3},
    }
    spec = {k: v for k, v in (spec | changes).items() if v is not None}
    (folder / "dataset.yaml").write_text(json.dumps(spec, indent=1, ensure_ascii=False), encoding="utf-8")
    return folder


def words_for(brief: Brief) -> str:
    """The plainest prompt that says what a brief says."""
    return ", ".join([f"a {brief.subject}", *brief.attributes.values()])


def log_of(folder: Path, what: str = "image") -> list[str]:
    """The recipes that a test plug-in noted, in order."""
    log = folder.parent / f"{folder.name}.log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [line.split()[1] for line in lines if line.split()[0] == what]


def state_of(folder: Path) -> dict[str, Any]:
    """All that a run has come to: recipe → what counts of it, with its vector; without times and file dates."""
    run = Run(folder)
    ledger = LedgerReader(folder)
    try:
        found = {}
        for sample in run.samples():
            image = sample.facts.get("image")
            vector = ledger.vectors.get("coin-1", [image.number]).get(image.number) if image else None
            facts = {n: (f.outcome, f.value, f.made_by) for n, f in sample.facts.items()}
            found[sample.id] = (str(sample.recipe.slot), facts, sample.verdict, vector)
        return found
    finally:
        ledger.close()


def image_hashes(folder: Path) -> dict[str, str]:
    """Every file under images/ → its SHA-256."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted((folder / "images").rglob("*"))
        if file.is_file()
    }


def listing(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every path under a folder → (time of change, bytes)."""
    return {
        p.relative_to(folder).as_posix(): (p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else b"")
        for p in sorted(folder.rglob("*"))
    }


def mintage(*arguments: object, env: dict[str, str], cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """The command line, in a process of its own."""
    command = [sys.executable, "-m", "mintage.cli", *map(str, arguments)]
    return subprocess.run(command, env=env, cwd=cwd, capture_output=True, encoding="utf-8", timeout=120)


def kill_at(point: str, n: int, *arguments: object, env: dict[str, str]) -> None:
    """Run a command that is killed when it comes to a point for the n-th time; it must come there."""
    command = [sys.executable, str(DRIVERS / "kill_at.py"), point, str(n), *map(str, arguments)]
    ended = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", timeout=120)
    assert ended.returncode == -signal.SIGKILL, f"never came to {point!r}: {ended.stdout}{ended.stderr}"


def ended(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and all that the command line printed."""
    with pytest.raises(SystemExit) as end:
        main([*arguments])
    said = capsys.readouterr()
    return int(end.value.code or 0), said.out + said.err
