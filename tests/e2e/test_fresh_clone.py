"""Somebody with Python, git and make clones the repository and types `make demo`."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not shutil.which("make") or not shutil.which("git"), reason="make or git is absent")
def test_make_demo_in_a_fresh_clone_ends_with_a_dataset_and_says_where_to_look(tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", str(ROOT), str(tmp_path / "clone")], check=True)
    done = subprocess.run(
        ["make", "demo"], cwd=tmp_path / "clone", capture_output=True, text=True, encoding="utf-8", timeout=580
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = tmp_path / "clone" / "wardrobe"
    assert (made / "report.html").stat().st_size > 10_000
    assert len(list((made / "images").rglob("*.png"))) >= 98
    assert "wardrobe/report.html" in done.stdout and "mintage export wardrobe" in done.stdout
