"""What goes wrong with files and disks: one clear line, a safe stop, nothing lost."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintage.core.errors import MintageError
from mintage.run import Run
from trial import ended, image_hashes


def test_an_image_that_cannot_be_read_when_it_is_scored_fails_alone(a_set: Callable[..., Run]) -> None:
    run = a_set(score=[])
    run.make().finish()
    broken = [next((run.folder / "images" / name).iterdir()) for name in ("lemon", "chair")]
    broken[0].write_bytes(b"half a pict")
    broken[1].unlink()
    a_set(keep={"floor": {"coin.value": 0}})
    page = run.make().finish()
    assert (page.summary.total.kept, page.summary.total.failed) == (14, 2)
    said = " ".join(str(page).split())
    assert "is not the picture that was made" in said
    assert "No such file" in said


def full_at(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full from the n-th image on."""
    real, left = os.fsync, [n]

    def fsync(number: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)


def test_a_full_disk_stops_a_run_safely(
    a_set: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_set(score=[])
    full_at(5, monkeypatch)
    code, said = ended(capsys, "run", str(run.folder))
    assert code == 2
    assert "an image could not be written: No space left on device" in said
    assert "nothing finished is lost" in said
    assert "Traceback" not in said
    assert len(image_hashes(run.folder)) == 5 == sum(1 for s in run.samples(kept=True))
    monkeypatch.undo()


def test_a_full_disk_while_exporting_says_so_and_the_next_export_is_whole(
    a_set: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = a_set(score=[])
    run.make().finish()
    real, left = Path.open, [5]

    def full(self: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        left[0] -= mode == "xb"
        if left[0] < 0 and mode == "xb":
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return real(self, mode, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        code, said = ended(capsys, "export", str(run.folder), "--to", str(tmp_path / "out"))
    assert (code, "the export could not be written: No space left on device" in said) == (2, True)
    assert not [p.name for p in tmp_path.iterdir() if p.name.startswith("out")], "the disk stays full"
    assert run.export(to=tmp_path / "out").images == 16


def test_an_image_that_is_not_what_was_made_is_not_exported(a_set: Callable[..., Run], tmp_path: Path) -> None:
    run = a_set(score=[])
    run.make().finish()
    file = next((run.folder / "images").rglob("*.png"))
    file.write_bytes(b"another picture")
    with pytest.raises(MintageError, match="not the image that was made"):
        run.export(to=tmp_path / "out")
    assert not (tmp_path / "out").exists()
