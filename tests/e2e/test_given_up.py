"""What a class's pictures do not reach ends with slots given up and a clear line."""

from pathlib import Path

import mintage


def test_cameras_that_must_be_beyond_doubt_are_given_up_after_their_attempts(tmp_path: Path) -> None:
    run = mintage.new(tmp_path / "rack", classes={"camera": 4, "sunflower": 4})
    text = (run.folder / "dataset.yaml").read_text(encoding="utf-8")
    (run.folder / "dataset.yaml").write_text(
        text.replace("attempts: 5", "attempts: 2, floor: {mini.margin: 0.95}"), encoding="utf-8"
    )
    page = run.make().finish()
    assert page.summary.total.given_up >= 2, "docs/mini.md says that cameras are among the worst"
    assert page.summary.total.waiting == 0
    assert page.summary.attempts["camera"].made <= 8
    assert "of camera" in str(page) and "2 attempts; the last: mini.margin is below 0.95" in str(page)
    assert page.ok, "a shortfall is told, it is no failure"
