"""What users do to a run without meaning harm: move, delete, edit, do two things at once."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mintage.core.errors import MintageError
from mintage.run import Run

FLOOR = {"floor": {"technical.width": 4}}


@pytest.fixture
def plain(a_set: Callable[..., Run]) -> Run:
    run = a_set(score=[])
    run.make().finish()
    return run


def first(run: Run) -> Path:
    path = next(run.samples(kept=True)).path
    assert path is not None
    return path


def test_a_kept_image_that_is_deleted_is_made_again_by_retry(plain: Run) -> None:
    path = first(plain)
    before = path.read_bytes()
    path.unlink()
    with pytest.raises(MintageError, match="mintage retry"):
        plain.export()
    plain.retry().finish()
    assert path.read_bytes() == before
    assert plain.export().images == 16


def test_a_picture_that_was_altered_is_not_scored_until_it_is_put_back(plain: Run, a_set: Callable[..., Run]) -> None:
    from PIL import Image

    path = first(plain)
    before = path.read_bytes()
    Image.new("RGB", (2, 2)).save(path)
    a_set(score=["technical"], keep={**FLOOR, "attempts": 1})
    page = plain.make().finish()
    assert (page.summary.total.failed, page.summary.total.given_up) == (1, 0)
    with pytest.raises(MintageError, match="not the picture that was made"):
        list(plain.dataset()) if page.summary.total.kept == 16 else _open_all(plain)
    path.write_bytes(before)
    assert plain.retry().finish().summary.total.kept == 16


def _open_all(run: Run) -> None:
    from mintage.results.dataset import Dataset

    list(Dataset(list(run.samples()), ("lemon", "chair")))


def test_a_stream_goes_on_into_its_own_folder_after_a_change_of_directory(
    a_set: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = a_set(score=[]).folder
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(folder.parent)
    stream = iter(Run(folder.name).make())
    next(stream)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(list(stream)) == 15
    assert not list((tmp_path / "elsewhere").iterdir())
    assert len(list((folder / "images").rglob("*.png"))) == 16


def test_a_stream_may_go_on_in_another_thread(a_set: Callable[..., Run]) -> None:
    stream = iter(a_set(score=[]).make())
    next(stream)
    rest: list[int] = []
    thread = threading.Thread(target=lambda: rest.append(len(list(stream))))
    thread.start()
    thread.join()
    assert rest == [15]
    assert a_set(score=[]).make().finish().summary.total.kept == 16, "the lock is free"


def test_a_was_that_is_put_back_leaves_each_class_its_images(a_set: Callable[..., Run]) -> None:
    a_set(score=[], classes={"lemon": 3}).make().finish()
    renamed = {"citron": {"images": 3, "was": "lemon"}}
    run = a_set(score=[], classes=renamed)
    run.make().finish()
    mine = {s.id for s in run.samples(of="citron")}
    a_set(score=[], classes={"citron": 3, "lemon": 3}).make().finish()
    a_set(score=[], classes=renamed).make().finish()
    assert {s.id for s in run.samples(of="citron")} == mine


def test_two_exports_at_once_are_one_after_the_other_or_refused(plain: Run, outside: dict[str, str]) -> None:
    command = [sys.executable, "-m", "mintage.cli", "export", str(plain.folder)]
    both = [subprocess.Popen(command, env=outside, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [p.communicate(timeout=60)[1] for p in both]
    done = [p.returncode for p in both]
    assert 0 in done and set(done) <= {0, 2}
    assert all("is being exported by process" in s for s, code in zip(said, done, strict=True) if code)
    targets = list((plain.folder / "exports").iterdir())
    assert len(targets) == done.count(0)
    for target in targets:
        assert len(list(target.rglob("*.png"))) == 16


def test_a_folder_of_the_users_own_does_not_stop_the_next_export(plain: Run) -> None:
    own = plain.folder / "exports" / "imagefolder-1"
    own.mkdir(parents=True)
    (own / "mine.txt").write_text("mine", encoding="utf-8")
    assert plain.export().path.name == "imagefolder-2"
    assert [p.name for p in own.iterdir()] == ["mine.txt"]


def test_an_export_to_where_the_user_stands_is_refused(
    plain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(MintageError, match="where you are"):
        plain.export(to=Path())
    assert Path.cwd() == tmp_path / "here"


def test_a_report_of_the_users_own_is_not_overwritten(plain: Run) -> None:
    mine = plain.folder / "report.html"
    mine.write_text("<p>my notes</p>", encoding="utf-8")
    with pytest.raises(MintageError, match="not ours"):
        plain.report()
    assert mine.read_text(encoding="utf-8") == "<p>my notes</p>"
    mine.unlink()
    plain.report()
    plain.report()


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_only_our_own_leftovers_are_swept(plain: Run, tmp_path: Path, a_set: Callable[..., Run]) -> None:
    theirs = plain.folder / "images" / "lemon" / ".mine.partial"
    ours = plain.folder / "images" / "lemon" / f".{'0' * 32}.partial"
    for path in (theirs, ours):
        path.write_text("x", encoding="utf-8")
    a_set(score=[]).make().finish()
    assert theirs.exists() and not ours.exists()
