"""The command line: the same words as the Python API, help for all of it, clear mistakes, right exit codes."""

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mintage import cli, start
from mintage.run import Run
from trial import mintage as command

PYTHON_ONLY = {"show", "samples", "dataset", "spec"}


def test_commands_are_the_methods_of_run_and_the_functions_without_one() -> None:
    methods = {n for n, _ in inspect.getmembers(Run, inspect.isfunction) if not n.startswith("_")}
    of_a_run = {"make" if name == "run" else name for name in cli.OF_A_RUN}
    assert of_a_run == methods - PYTHON_ONLY
    for name, method in cli.OF_A_RUN.items():
        assert method is getattr(Run, "make" if name == "run" else name)
    defined = {n for n, f in inspect.getmembers(start, inspect.isfunction) if f.__module__ == start.__name__}
    assert set(cli.WITHOUT_A_RUN.values()) == {n for n in defined if not n.startswith("_")}
    assert all(function.removesuffix("_") == name for name, function in cli.WITHOUT_A_RUN.items())


@pytest.mark.parametrize("name", [*cli.OF_A_RUN, *cli.WITHOUT_A_RUN])
def test_every_command_has_help_for_itself_and_for_each_parameter(name: str) -> None:
    console = Console(file=StringIO(), width=300, color_system=None)
    app = cli.build_app()
    app.help_print([name], console=console)
    rows = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert rows[2].strip(), "it does not say what it does"
    function = cli.OF_A_RUN.get(name) or getattr(start, cli.WITHOUT_A_RUN[name])
    for parameter in ["folder" if p == "self" else p for p in inspect.signature(function).parameters]:
        said = [row for row in rows if re.search(rf"│.*\b{parameter.replace('_', '.')}\b", row, re.IGNORECASE)]
        assert any(re.search(r"  +[A-Z`][^│]{8,}│$", row) for row in said), f"{name}: {parameter} has no help"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["export", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str], outside: dict[str, str]) -> None:
    code = (
        "import json, sys\nfrom mintage.cli import main\ncode = None\ntry: main(sys.argv[1:])\n"
        "except SystemExit as end: code = end.code\nprint('\\n' + json.dumps([code, sorted(sys.modules)]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=outside, capture_output=True, check=True, encoding="utf-8"
    )
    code, loaded = json.loads(ended.stdout.splitlines()[-1])
    assert code == 0
    assert len(ended.stdout.splitlines()) > 1
    assert not set(loaded) & {"onnxruntime", "torch", "PIL", "numpy"}


def fails(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    said = capsys.readouterr()
    assert end.value.code == 2
    assert said.out == ""
    assert "Traceback" not in said.err
    return said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu", "zoo"], "rnu"),
        (["run"], "FOLDER"),
        (["run", "nowhere"], "nowhere does not exist"),
        (["run", "{set}", "--limit", "many"], "many"),
        (["run", "{set}", "--limt", "3"], "--limit"),
        (["run", "{set}", "--limit", "0"], "--limit is 0"),
        (["run", "{set}", "more"], "more"),
        (["status", "{set}"], "mintage run"),
        (["report", "{set}"], "mintage run"),
        (["export", "{set}"], "mintage run"),
        (["new", "x"], "--classes"),
        (["new", "x", "--classes", ","], "no classes"),
        (["new", "x", "--classes", "lemon", "--images", "-4"], "-4 images"),
        (["new", "x", "--classes", "lemon", "--make", "flta"], "did you mean 'flat'"),
        (["new", "{set}/dataset.yaml", "--classes", "lemon"], "not empty"),
        (["new", "{set}/dataset.yaml/x", "--classes", "lemon"], "Not a directory"),
        (["engines", "mni"], "did you mean 'mini'"),
    ],
)
def test_a_mistake_is_told_in_a_line_or_three_and_exits_with_2(
    arguments: list[str],
    said: str,
    a_set: Callable[..., Run],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = a_set().folder
    monkeypatch.chdir(tmp_path)
    error = fails([a.replace("{set}", str(folder)) for a in arguments], capsys)
    assert said in error
    assert len(error.strip().splitlines()) <= 3


def test_all_mistakes_of_a_spec_come_at_once_with_their_lines(
    a_set: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_set(make={"use": "flat", "siz": 8}, techniques={"scen": 1}, keep={"attempts": 0, "flor": {}})
    error = fails(["run", str(run.folder)], capsys)
    assert error.startswith("4 things to mend:")
    for word in ("did you mean 'size'", "did you mean 'scene'", "keep.attempts is 0", "did you mean 'floor'"):
        assert word in error
    assert error.count("dataset.yaml:") == 4


def test_options_of_an_exporter_are_given_by_name(
    a_set: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_set(score=[])
    run.make().finish()
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        cli.main(["export", str(run.folder), "--to", str(tmp_path / "out"), "--options.negatives", "drop"])
    assert end.value.code == 0
    assert "imagefolder has no option 'negative'" in fails(
        ["export", str(run.folder), "--to", str(tmp_path / "two"), "--options.negative", "drop"], capsys_after(capsys)
    )


def capsys_after(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    capsys.readouterr()
    return capsys


def test_a_bug_keeps_its_traceback(a_set: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    run = a_set()
    monkeypatch.setattr("mintage.making.build_flow", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["run", str(run.folder)])
    monkeypatch.undo()
    assert run.make().finish().summary.total.kept > 0, "the folder stayed locked"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes differ")
def test_a_reader_that_goes_away_is_no_error(outside: dict[str, str]) -> None:
    shell = f"{sys.executable} -m mintage.cli engines mini | head -c 1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", shell], env=outside, capture_output=True, encoding="utf-8")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_run_without_a_terminal_prints_whole_lines(a_set: Callable[..., Run], outside: dict[str, str]) -> None:
    ended = command("run", a_set(name="x" * 300, score=[]).folder, env=outside)
    assert ended.returncode == 0
    assert f"{'x' * 300}: 16 of 16 images kept" in ended.stdout
    assert "\x1b" not in ended.stdout + ended.stderr
