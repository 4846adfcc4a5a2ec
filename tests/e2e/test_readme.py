"""What README and docs tell the user to type works, in the order in which it stands."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)


def commands(page: Path) -> list[str]:
    """Lines after `$ ` in console blocks."""
    blocks = [text for kind, text in FENCE.findall(page.read_text(encoding="utf-8")) if kind == "console"]
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=280)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def type_all(page: Path, folder: Path) -> Path:
    typed = [shlex.split(c) for c in commands(page)]
    assert len(typed) > 4
    for command in typed:
        if command[0] == "mintage":
            run([sys.executable, "-m", "mintage.cli", *command[1:]], folder)
        else:
            assert command[0] == "make" and f"\n{command[1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every command of the README was typed, in its order."""
    return type_all(ROOT / "README.md", tmp_path_factory.mktemp("readme"))


@pytest.mark.slow
def test_every_command_of_the_first_page_of_the_docs_runs(tmp_path: Path) -> None:
    type_all(ROOT / "docs" / "index.md", tmp_path)


def test_commands_named_in_the_text_exist() -> None:
    from mintage.cli import OF_A_RUN, WITHOUT_A_RUN

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in re.findall(r"`mintage (\w+)", text):
        assert command in {*OF_A_RUN, *WITHOUT_A_RUN}, command


def test_the_python_lines_run(tmp_path: Path) -> None:
    blocks = [t for kind, t in FENCE.findall((ROOT / "README.md").read_text(encoding="utf-8")) if kind == "python"]
    assert blocks
    for block in blocks:
        run([sys.executable, "-c", block], tmp_path)


def test_every_command_runs_and_the_run_folder_is_as_drawn(typed: Path) -> None:
    there = {p.relative_to(typed).as_posix() for p in (typed / "closet").rglob("*")}
    drawn = ["dataset.yaml", "images/shoes", "ledger.db", "vectors", "report.html", "contact_sheet.png"]
    drawn += ["exports/imagefolder-1/train/shoes", "exports/imagefolder-1/val", "exports/imagefolder-1/manifest.csv"]
    assert {f"closet/{name}" for name in drawn} <= there


def test_links_in_the_docs_lead_somewhere() -> None:
    for page in [
        ROOT / "README.md",
        ROOT / "ARCHITECTURE.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").rglob("*.md"),
    ]:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
