"""One maker per folder; the lock dies with its process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mintage.core.errors import MintageError
from mintage.core.lock import MakerLock

HOLD = """
import sys
from pathlib import Path
from mintage.core.lock import MakerLock
with MakerLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def maker(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_maker_is_refused_with_the_first_ones_process_id(tmp_path: Path) -> None:
    with maker(tmp_path) as process, pytest.raises(MintageError, match=f"process {process.pid}") as caught:
        MakerLock(tmp_path).__enter__()
    assert "mintage status" in caught.value.problems[0].type_this


def test_a_refused_maker_takes_nothing_from_the_first(tmp_path: Path) -> None:
    with maker(tmp_path) as process:
        for _ in range(3):
            with pytest.raises(MintageError, match=f"process {process.pid}"), MakerLock(tmp_path):
                pass


def test_the_lock_is_free_when_its_maker_ends(tmp_path: Path) -> None:
    with maker(tmp_path) as process:
        process.communicate("")
        assert process.returncode == 0
        with MakerLock(tmp_path):
            pass
    assert not (tmp_path / ".maker.pid").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_the_lock_dies_with_a_killed_process_and_the_next_names_itself(tmp_path: Path) -> None:
    with maker(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with MakerLock(tmp_path), pytest.raises(MintageError, match=f"process {os.getpid()}"), MakerLock(tmp_path):
            pass


def test_two_makers_in_one_process_are_two_as_well(tmp_path: Path) -> None:
    with MakerLock(tmp_path), pytest.raises(MintageError, match=f"process {os.getpid()}"), MakerLock(tmp_path):
        pass
    with MakerLock(tmp_path):
        pass


def test_two_folders_have_two_locks(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    with MakerLock(tmp_path / "a"), MakerLock(tmp_path / "b"):
        pass


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(KeyError), MakerLock(tmp_path):
        raise KeyError
    with MakerLock(tmp_path):
        pass


def test_a_folder_that_cannot_be_locked_is_told(tmp_path: Path) -> None:
    (tmp_path / ".maker.lock").mkdir()
    with pytest.raises(MintageError, match="cannot be written to"), MakerLock(tmp_path):
        pass
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".maker.pid").mkdir()
    for _ in range(2):  # and is not left locked
        with pytest.raises(MintageError, match="cannot be written to"), MakerLock(tmp_path / "other"):
            pass
