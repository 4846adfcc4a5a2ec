"""What status and report count."""

from pathlib import Path

import mintage
from mintage.results.summary import BINS
from mintage.run import Run


def write(folder: Path, floor: float, scorer: str = "half") -> Run:
    text = f"""
name: zoo
classes: {{lemon: 12, piano: {{images: 4, techniques: {{vanilla: 1}}}}}}
axes: {{environment: [on grass, on a beach]}}
make: flat
score: [{scorer}]
keep: {{attempts: 2, floor: {{{scorer}.ok: {floor}}}}}
"""
    (folder / "dataset.yaml").write_text(text, encoding="utf-8")
    return mintage.open(folder)


@mintage.scorer("half")
def half(item: "mintage.core.ports.Item") -> dict[str, float]:
    """1 on grass and for what has no place, 0 on a beach."""
    return {"ok": float(item.sample.attributes.get("environment") != "on a beach")}


def test_states_are_counted_by_class_and_by_attribute(tmp_path: Path) -> None:
    page = write(tmp_path, 0.5).make().finish()
    lemon, piano = page.summary.classes
    assert (lemon.kept, lemon.given_up, lemon.planned) == (6, 6, 12)
    assert (piano.kept, piano.planned) == (4, 4)
    grass, beach = page.summary.attributes["environment"]
    assert (grass.kept, grass.given_up, beach.kept, beach.given_up) == (6, 0, 0, 6)


def test_slots_given_up_are_said_with_class_attribute_and_reason(tmp_path: Path) -> None:
    text = str(write(tmp_path, 0.5).make().finish())
    assert "given up: 6 of lemon, most with environment: on a beach: 2 attempts; the last: half.ok is below 0.5" in text
    assert "given up by environment: on a beach 6 of 6" in text


def test_yield_counts_every_attempt_that_made_an_image(tmp_path: Path) -> None:
    attempts = write(tmp_path, 0.5).make().finish().summary.attempts["lemon"]
    assert (attempts.made, attempts.kept, attempts.rejected) == (18, 6, 12)
    assert attempts.yield_ == 6 / 18


def test_histograms_hold_every_scored_attempt(tmp_path: Path) -> None:
    summary = write(tmp_path, 0.5).make().finish().summary
    shown = summary.histograms["lemon"]
    assert (sum(shown.passed), sum(shown.rejected)) == (6, 12)
    assert len(shown.passed) == BINS
    assert shown.passed[-1] == 6 and shown.rejected[0] == 12


def test_machine_time_is_told_per_thousand_kept_images(tmp_path: Path) -> None:
    summary = write(tmp_path, 0.5).make().finish().summary
    assert summary.seconds_per_thousand is not None
    assert abs(summary.seconds_per_thousand - sum(summary.seconds.values()) / 10 * 1000) < 1e-9


def test_status_before_anything_is_made_says_what_to_type(tmp_path: Path) -> None:
    run = write(tmp_path, 0.5)
    try:
        run.status()
    except mintage.MintageError as error:
        assert "nothing is made" in str(error) and "mintage run" in str(error)
    else:
        raise AssertionError("no error")
    assert [p.name for p in tmp_path.iterdir()] == ["dataset.yaml"]


def test_slots_of_a_stopped_class_are_not_said_to_wait(tmp_path: Path) -> None:
    text = "name: zoo\nclasses: {lemon: 30, piano: 4}\ntechniques: {vanilla: 1}\nmake: flat\nscore: [never]\n"
    (tmp_path / "dataset.yaml").write_text(text, encoding="utf-8")
    page = mintage.open(tmp_path).make().finish()
    lemon, piano = page.summary.classes
    assert (lemon.kept, lemon.waiting, lemon.stopped, lemon.made, lemon.planned) == (0, 0, 30, 20, 30)
    assert (piano.kept, piano.given_up, piano.stopped) == (0, 4, 0), "all its attempts are used up: nothing is left"
    assert [(s.name, s.passed, s.of) for s in page.summary.stopped] == [("lemon", 0, 20)]
    assert not page.ok
    text = str(page)
    assert "lemon: 0 of its first 20 images kept: stopped" in text
    assert "--despite yield" in text and "waiting" in text
    assert "next: mintage run" not in text
    assert not mintage.open(tmp_path).status().ok


def test_a_small_class_stops_at_twenty_images_in_the_midst_of_a_round(tmp_path: Path) -> None:
    text = "name: zoo\nclasses: {piano: 8}\ntechniques: {vanilla: 1}\nmake: flat\nscore: [never]\nkeep: {attempts: 9}\n"
    (tmp_path / "dataset.yaml").write_text(text, encoding="utf-8")
    assert mintage.open(tmp_path).make().finish().summary.attempts["piano"].made == 20


def test_a_stopped_class_goes_on_when_it_is_told_to(tmp_path: Path) -> None:
    text = "name: zoo\nclasses: {piano: 24}\ntechniques: {vanilla: 1}\nmake: flat\nscore: never\nkeep: {attempts: 2}\n"
    (tmp_path / "dataset.yaml").write_text(text, encoding="utf-8")
    run = mintage.open(tmp_path)
    assert not run.make().finish().ok
    page = run.make(despite=["yield"]).finish()
    assert page.summary.total.given_up == 24
    assert not page.summary.stopped and not page.ok, "nothing at all is kept"


@mintage.scorer("never", floors={"ok": 1.0})
def never(item: "mintage.core.ports.Item") -> dict[str, float]:
    """Nothing is good enough."""
    return {"ok": 0.0}
