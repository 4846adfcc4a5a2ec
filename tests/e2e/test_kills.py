"""A run that is killed at any point ends, when it goes on, as if nothing had happened."""

import contextlib
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from mintage.core.errors import MintageError
from mintage.core.ledger_reading import FILE
from mintage.run import Run
from trial import image_hashes, kill_at, log_of, state_of, write_spec

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9")

BATCH = 8

POINTS = [
    ("before order committed", 1),
    ("before words committed", 1),
    ("half image written", 3),
    ("after image flushed", 3),
    ("after image renamed", 3),
    ("after image committed", 11),
    ("before score.coin committed", 1),
]
MORE_POINTS = [
    ("after ledger created", 1),
    ("in the middle of slots", 1),
    ("after order committed", 1),
    ("in the middle of recipes", 5),
    ("before recipes committed", 1),
    ("after recipes committed", 1),
    ("in the middle of words", 7),
    ("after words committed", 1),
    ("before image written", 3),
    ("before image flushed", 3),
    ("before image renamed", 3),
    ("before image committed", 11),
    ("after image committed", 16),
    ("in the middle of score.coin", 5),
    ("after score.coin committed", 1),
    ("after recipes committed", 2),
    ("before score.coin committed", 2),
]
"""A rename is `before`/`after image renamed`; `half image written` leaves half a file under the temporary name."""

LIST_POINTS = [("half export copied", 4), ("after export renamed", 1)]
MORE_LIST_POINTS = [
    ("before list committed", 1),
    ("in the middle of list", 1),
    ("in the middle of frozen", 4),
    ("after list committed", 1),
    ("after export begun", 1),
    ("before export copied", 4),
    ("before export renamed", 1),
]


def with_slow(quick: list[tuple[str, int]], slow: list[tuple[str, int]]) -> list[object]:
    return [*quick, *(pytest.param(*point, marks=pytest.mark.slow) for point in slow)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, outside: dict[str, str]) -> Path:
    folder = write_spec(tmp_path_factory.mktemp("undisturbed") / "set")
    Run(folder).make().finish()
    assert len(state_of(folder)) > 16, "no second attempt was needed, so nothing would be proved"
    return folder


def settled_images(folder: Path) -> set[str]:
    """The recipes whose image the ledger has."""
    if not (folder / FILE).exists():
        return set()
    sql = "SELECT r.id FROM facts f JOIN recipes r ON r.n = f.recipe WHERE f.name = 'image'"
    with contextlib.closing(sqlite3.connect(folder / FILE)) as db:
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'facts'").fetchone():
            return set()
        return {recipe_id for (recipe_id,) in db.execute(sql)}


def check_files(folder: Path) -> None:
    """Nothing half-written: every file under images/ has the content that its name tells."""
    assert not list(folder.rglob("*.partial")), "a temporary file was left"
    for path, sha256 in image_hashes(folder).items():
        assert re.fullmatch(rf"images/.+-{sha256[:8]}\.png", path), f"{path} has other bytes"


@pytest.mark.parametrize(("point", "n"), with_slow(POINTS, MORE_POINTS))
def test_after_a_kill_a_run_ends_as_if_nothing_had_happened(
    point: str, n: int, tmp_path: Path, undisturbed: Path, outside: dict[str, str]
) -> None:
    folder = write_spec(tmp_path / "set")
    kill_at(point, n, "run", folder, env=outside)
    finished = settled_images(folder)
    drawn = log_of(folder)
    assert len(set(drawn) - finished) <= BATCH, "more than what was in flight is lost"
    Run(folder).make().finish()
    assert not finished & set(log_of(folder)[len(drawn) :]), "something finished was made twice"
    assert state_of(folder) == state_of(undisturbed)
    assert image_hashes(folder) == image_hashes(undisturbed)
    check_files(folder)


@pytest.mark.parametrize(
    "point",
    [
        "after ledger created",
        "before order committed",
        pytest.param("after order committed", marks=pytest.mark.slow),
        pytest.param("after image renamed", marks=pytest.mark.slow),
    ],
)
def test_what_a_killed_run_left_can_be_read(point: str, tmp_path: Path, outside: dict[str, str]) -> None:
    folder = write_spec(tmp_path / "set")
    kill_at(point, 1, "run", folder, env=outside)
    assert "16 images of 2 classes" in str(Run(folder).plan())
    with contextlib.suppress(MintageError):  # "nothing is planned yet"
        assert "0 of 16 images kept" in str(Run(folder).status())


@pytest.mark.parametrize(("point", "n"), with_slow(LIST_POINTS, MORE_LIST_POINTS))
def test_after_a_kill_an_export_is_whole_or_can_be_done_again(
    point: str, n: int, tmp_path: Path, undisturbed: Path, outside: dict[str, str]
) -> None:
    folder = write_spec(tmp_path / "set")
    Run(folder).make().finish()
    kill_at(point, n, "export", folder, env=outside)
    target = Run(folder).export().path
    whole = [folder / "exports" / "imagefolder-1"] if point == "after export renamed" else []
    assert target.name == f"imagefolder-{len(whole) + 1}"
    images = sum(1 for _ in target.rglob("*.png"))
    assert images == sum(1 for _ in Run(folder).samples(kept=True))
    assert (target / "manifest.csv").read_text(encoding="utf-8").count("\n") == images + 1
    assert sorted(target.parent.iterdir()) == [*whole, target], "something is left beside the export"
    assert not list(target.rglob(".*"))
    assert state_of(folder) == state_of(undisturbed)


def test_an_order_that_grows_survives_a_kill_while_it_is_written(tmp_path: Path, outside: dict[str, str]) -> None:
    grown = {"lemon": 12, "chair": 8, "bus": 4}
    plain, killed = write_spec(tmp_path / "plain"), write_spec(tmp_path / "killed")
    for folder in (plain, killed):
        Run(folder).make().finish()
        write_spec(folder, classes=grown)
    for point in ("in the middle of slots", "before order committed", "after order committed"):
        kill_at(point, 1, "run", killed, env=outside)
        Run(killed).status()
        Run(killed).plan()
    for folder in (plain, killed):
        Run(folder).make().finish()
    assert state_of(killed) == state_of(plain)


@pytest.mark.slow
def test_twenty_five_kills_at_random_moments_change_nothing(tmp_path: Path, outside: dict[str, str]) -> None:
    classes = {"lemon": 120, "chair": 120}
    plain = write_spec(tmp_path / "plain", classes=classes)
    Run(plain).make().finish()
    random.seed(11)
    kills, round_ = 0, 0
    while kills < 25:
        round_ += 1
        folder = tmp_path / f"round-{round_}"
        log = str(tmp_path / f"{folder.name}.log")
        write_spec(folder, classes=classes, make={"use": "logged", "log": log, "seconds": 0.01})
        while kills < 25:
            finished, drawn = settled_images(folder), log_of(folder)
            process = subprocess.Popen(
                [sys.executable, "-m", "mintage.cli", "run", str(folder)], env=outside, stderr=subprocess.DEVNULL
            )
            time.sleep(random.uniform(0.3, 1.6))
            process.send_signal(signal.SIGKILL)
            if process.wait() == 0:
                break
            kills += 1
            assert not finished & set(log_of(folder)[len(drawn) :]), "something finished was made twice"
        before = len(log_of(folder))
        Run(folder).make().finish()
        assert state_of(folder) == state_of(plain)
        assert image_hashes(folder) == image_hashes(plain)
        check_files(folder)
        twice = {r: n for r, n in Counter(log_of(folder)).items() if n > 1}
        assert sum(n - 1 for n in twice.values()) <= BATCH * kills, f"{before} of which {len(twice)} twice"
