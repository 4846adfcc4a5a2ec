"""Folders: one maker in each, nothing of the user's touched, and class names that file systems dislike."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import mintage
from mintage.core.errors import MintageError
from mintage.core.lock import MakerLock
from mintage.core.names import from_folder
from mintage.run import Run
from trial import listing, log_of, write_spec
from trial import mintage as command


def test_a_folder_with_a_maker_refuses_another_and_says_its_process(
    a_set: Callable[..., Run], outside: dict[str, str]
) -> None:
    run = a_set()
    log = str(run.folder.parent / "set.log")
    a_set(make={"use": "logged", "log": log, "seconds": 0.3, "batch": 1})
    maker = subprocess.Popen(
        [sys.executable, "-m", "mintage.cli", "run", str(run.folder)], env=outside, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(400):
            if log_of(run.folder):
                break
            time.sleep(0.02)
        with pytest.raises(MintageError, match=f"process {maker.pid}"):
            run.make().finish()
        second = command("retry", run.folder, env=outside)
        assert (second.returncode, str(maker.pid) in second.stderr) == (2, True)
        assert "of 16 images kept" in str(run.status())
        assert "16 images of 2 classes" in str(run.plan())
        assert sum(1 for _ in run.samples()) > 0
        assert maker.poll() is None, "the first maker had ended: nothing was tried beside it"
    finally:
        maker.kill()
        maker.wait(timeout=60)


def test_a_lock_is_free_again_after_a_kill(tmp_path: Path, outside: dict[str, str]) -> None:
    start = "import time, pathlib; from mintage.core.lock import MakerLock"
    lock = f"MakerLock(pathlib.Path({str(tmp_path)!r}))"
    held = f"{start}\nwith {lock}:\n print(1, flush=True)\n time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", held], env=outside, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(MintageError, match=str(process.pid)), MakerLock(tmp_path):
        pass
    process.kill()
    process.wait()
    process.stdout.close()
    with MakerLock(tmp_path):
        pass


@pytest.mark.parametrize("refused", ["new", "run", "plan", "demo", "export"])
def test_a_folder_that_is_not_a_run_is_refused_and_untouched(
    refused: str, tmp_path: Path, a_set: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    from mintage.cli import main

    full = tmp_path / "thesis"
    (full / "chapters").mkdir(parents=True)
    (full / "chapters" / "one.txt").write_text("words", encoding="utf-8")
    (full / "dataset.partial").write_text("mine", encoding="utf-8")
    before = listing(tmp_path / "thesis")
    arguments = {
        "new": ["new", str(full), "--classes", "lemon"],
        "demo": ["demo", str(full)],
        "export": ["export", str(a_set().folder), "--to", str(full)],
    }.get(refused, [refused, str(full)])
    if refused == "export":
        a_set().make().finish()
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert str(full) in capsys.readouterr().err
    assert listing(tmp_path / "thesis") == before
    assert not (tmp_path / "thesis.partial").exists()


def test_an_export_leaves_a_foreign_folder_beside_its_target_alone(a_set: Callable[..., Run], tmp_path: Path) -> None:
    run = a_set()
    run.make().finish()
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(MintageError, match="not ours"):
        run.export(to=tmp_path / "out")
    assert (tmp_path / "out.partial" / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "out").exists()


def test_an_export_into_an_empty_folder_takes_its_place(a_set: Callable[..., Run], tmp_path: Path) -> None:
    run = a_set()
    run.make().finish()
    (tmp_path / "out").mkdir()
    page = run.export(to=tmp_path / "out")
    assert page.path == tmp_path / "out"
    assert page.images == sum(1 for _ in run.samples(kept=True)) == sum(1 for _ in page.path.rglob("*.png"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "set", "set.log"]


ODD = [
    "../x",
    "..",
    "CON",
    "no",
    "ünï",
    "a/b",
    "a\\b",
    ".hidden",
    "x: y",
    "50%",
    "1e3",
    "null",
    "'",
    '"',
    "#",
    "-",
    "犬",
]


def test_odd_class_names_come_back_unchanged_and_nothing_leaves_the_folder(
    a_set: Callable[..., Run], tmp_path: Path
) -> None:
    run = a_set(classes=dict.fromkeys(ODD, 2), techniques={"vanilla": 1}, axes=None, score=[])
    run.make().finish()
    page = run.export(to=tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "set", "set.log"]
    assert (tmp_path / "out" / "classes.txt").read_text(encoding="utf-8").splitlines() == sorted(
        ODD, key=lambda n: next(p.name for p in (page.path / "train").iterdir() if from_folder(p.name) == n)
    )
    folders = [p for p in (page.path / "train").iterdir() if p.is_dir()]
    assert {from_folder(p.name) for p in folders} == set(ODD)
    assert all(len(list(p.glob("*.png"))) == 2 for p in folders)
    lines = (page.path / "train" / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["label"] for line in lines} == set(ODD)
    assert {s.label for s in run.samples()} == set(ODD)


def test_a_new_run_writes_odd_names_so_that_they_read_back(tmp_path: Path) -> None:
    run = mintage.new(tmp_path / "odd", classes=dict.fromkeys(ODD, 2), make="flat")
    assert list(run.spec.classes) == ODD
    assert [p.name for p in tmp_path.iterdir()] == ["odd"]


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (["Lemon", "lemon"], "would be one folder"),
        (["x" * 300], "at most 200 bytes"),
        (["other"], "reserved"),
        (["a\nb"], "line breaks"),
        ([" "], "empty"),
    ],
)
def test_names_that_no_folder_can_hold_are_refused_before_anything_is_written(
    classes: list[str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(MintageError, match=said):
        mintage.new(tmp_path / "odd", classes=dict.fromkeys(classes, 2), make="flat")
    assert not (tmp_path / "odd").exists()
    folder = write_spec(tmp_path / "hand", classes=dict.fromkeys(classes, 2), make="flat", write="grammar", score=[])
    before = listing(folder)
    with pytest.raises(MintageError, match=said):
        Run(folder).make().finish()
    with suppress(FileNotFoundError):
        (folder / "ledger.db").unlink()
        (folder / ".maker.lock").unlink()
    assert listing(folder) == before


@pytest.mark.skipif(os.name == "nt", reason="a symbolic link needs rights there")
def test_a_run_reached_through_a_link_is_the_same_run(a_set: Callable[..., Run], tmp_path: Path) -> None:
    run = a_set(score=[])
    (tmp_path / "link").symlink_to(run.folder)
    Run(tmp_path / "link").make().finish()
    assert run.status().summary.total.kept == 16
