"""Running again: the same spec, an edited one, after a break, an interrupt or a failure."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintage.core.lock import MakerLock
from mintage.run import Run
from trial import image_hashes, log_of, state_of
from trial import mintage as command


def kept(run: Run) -> dict[str, str]:
    """Slot → recipe of what is kept."""
    return {str(s.recipe.slot): s.id for s in run.samples(kept=True)}


def log(run: Run) -> str:
    return str(run.folder.parent / f"{run.folder.name}.log")


def test_the_same_spec_makes_the_same_recipes_and_images(a_set: Callable[..., Run]) -> None:
    one, two = a_set("one"), a_set("two")
    for run in (one, two):
        run.make().finish()
    assert state_of(one.folder) == state_of(two.folder)
    assert image_hashes(one.folder) == image_hashes(two.folder) != {}


def test_another_seed_makes_other_recipes(a_set: Callable[..., Run]) -> None:
    one, two = a_set("one"), a_set("two", seed=2)
    for run in (one, two):
        run.make().finish()
    assert not set(state_of(one.folder)) & set(state_of(two.folder))


def test_how_the_work_is_done_changes_neither_recipes_nor_images(a_set: Callable[..., Run], tmp_path: Path) -> None:
    one, two = a_set("one"), a_set("two", make={"use": "logged", "batch": 3, "log": str(tmp_path / "elsewhere.log")})
    for run in (one, two):
        run.make().finish()
    assert state_of(one.folder) == state_of(two.folder)
    a_set("one", make={"use": "logged", "batch": 1, "log": log(one)})
    made = len(log_of(one.folder))
    one.make().finish()
    assert len(log_of(one.folder)) == made


def test_running_a_finished_set_again_calls_nothing(a_set: Callable[..., Run]) -> None:
    run = a_set()
    run.make().finish()
    before, calls = state_of(run.folder), Path(log(run)).read_text(encoding="utf-8")
    run.make().finish()
    assert (state_of(run.folder), Path(log(run)).read_text(encoding="utf-8")) == (before, calls)


def test_breaking_off_is_safe_and_frees_the_folder(a_set: Callable[..., Run]) -> None:
    plain, run = a_set("plain"), a_set("broken")
    plain.make().finish()
    for _ in run.make():
        break
    with MakerLock(run.folder):
        pass
    for _ in run.make(limit=3):
        pass
    run.make().finish()
    assert state_of(run.folder) == state_of(plain.folder)
    assert len(log_of(run.folder)) - len(set(log_of(run.folder))) <= 8


def test_a_limit_counts_images_and_the_next_call_goes_on(a_set: Callable[..., Run]) -> None:
    run = a_set()
    made: set[str] = set()
    while run.make(limit=5).finish().summary.total.kept != 16:
        now = set(log_of(run.folder))
        assert 0 <= len(now) - len(made) <= 5
        if now == made:
            break
        made = now
    total = run.status().summary.total
    assert total.waiting == 0
    plain = a_set("plain")
    plain.make().finish()
    assert kept(run) == kept(plain)


def test_every_sample_is_seen_once_when_it_is_settled(a_set: Callable[..., Run]) -> None:
    run = a_set()
    seen = [s.id for s in run.make()]
    assert len(seen) == len(set(seen))
    assert set(seen) == {s.id for s in run.samples()}


@pytest.mark.skipif(os.name == "nt", reason="SIGINT")
def test_an_interrupt_stops_cleanly_and_the_next_run_goes_on(
    a_set: Callable[..., Run], outside: dict[str, str]
) -> None:
    plain, run = a_set("plain"), a_set("stopped")
    plain.make().finish()
    a_set("stopped", make={"use": "logged", "log": log(run), "seconds": 0.03, "batch": 1})
    process = subprocess.Popen(
        [sys.executable, "-m", "mintage.cli", "run", str(run.folder)],
        env=outside,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    while len(log_of(run.folder)) < 5 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command continues" in said
    assert "Traceback" not in said
    before = log_of(run.folder)
    run.make().finish()
    assert len(set(before) & set(log_of(run.folder)[len(before) :])) <= 1
    assert state_of(run.folder) == state_of(plain.folder)


def flat(a_set: Callable[..., Run], **options: Any) -> Run:
    return a_set(make={"use": "flat", "size": 8, "noise": True, **options}, score=[], write="grammar")


def test_retry_makes_what_failed_with_the_same_recipe(a_set: Callable[..., Run]) -> None:
    run = flat(a_set, fail_on=["night"])
    page = run.make().finish()
    failed = [s.id for s in run.samples() if s.facts["image"].outcome == "failed"]
    assert len(failed) == page.summary.total.failed == 4
    assert "flat fails on 'night'" in str(page)
    assert not page.ok
    run.make().finish()
    assert run.status().summary.total.failed == 4, "`run` alone tried it again"
    flat(a_set)
    assert run.retry().finish().ok
    assert {s.id for s in run.samples(kept=True)} >= set(failed)
    assert run.status().summary.total.kept == 16


def test_what_is_refused_gets_new_words_and_is_given_up_after_two(a_set: Callable[..., Run]) -> None:
    run = flat(a_set, refuse_on=["night"])
    page = run.make().finish()
    assert page.ok
    assert (page.summary.total.kept, page.summary.total.given_up) == (12, 4)
    assert "refused 2 times; the last: flat refuses 'night'" in str(page)
    prompts: dict[str, list[str]] = {}
    for sample in run.samples():
        prompts.setdefault(str(sample.recipe.slot), []).append(sample.prompt)
    refused = [p for p in prompts.values() if len(p) > 1]
    assert len(refused) == 4
    assert all(one != two for one, two in refused)


def test_a_lower_floor_makes_no_image_and_a_higher_one_only_what_it_lacks(a_set: Callable[..., Run]) -> None:
    run = a_set()
    run.make().finish()
    first, calls = kept(run), Path(log(run)).read_text(encoding="utf-8")
    a_set(keep={"attempts": 3, "floor": {"coin.value": 0.2}})
    run.make().finish()
    assert Path(log(run)).read_text(encoding="utf-8") == calls, "something was called"
    assert set(kept(run)) >= set(first)
    assert kept(run) != first, "the lower floor changed nothing, so nothing is proved"
    a_set()
    run.make().finish()
    assert kept(run) == first
    assert Path(log(run)).read_text(encoding="utf-8") == calls


def test_a_new_scorer_scores_what_is_there_without_making(a_set: Callable[..., Run]) -> None:
    run = a_set(score=[])
    run.make().finish()
    assert len(log_of(run.folder)) == 16
    a_set(score=[{"use": "coin", "log": log(run)}], keep={"floor": {"coin.value": 0.0}})
    run.make().finish()
    assert len(log_of(run.folder)) == 16
    assert all(0 <= s.scores["coin.value"] <= 1 for s in run.samples(kept=True))


def test_a_new_class_is_ranked_from_stored_vectors_with_no_image_opened(a_set: Callable[..., Run]) -> None:
    run = a_set()
    run.make().finish()
    first = kept(run)
    old, opened, scored = set(state_of(run.folder)), len(log_of(run.folder, "open")), len(log_of(run.folder, "score"))
    for file in (run.folder / "images").rglob("*.png"):
        file.unlink()
    a_set(classes={"lemon": 8, "chair": 8, "bus": 2})
    run.make().finish()
    assert set(log_of(run.folder, "score")[scored:]) >= old, "the others were not ranked against the new class"
    assert not set(log_of(run.folder, "open")[opened:]) & old
    assert {k: v for k, v in kept(run).items() if not k.startswith("bus")} == first


def test_again_makes_new_images_in_place_of_those_of_another_maker(a_set: Callable[..., Run]) -> None:
    run = a_set(score=[])
    run.make().finish()
    first = kept(run)
    other = {"use": "logged", "log": log(run), "size": 9}
    a_set(score=[], make=other)
    run.make().finish()
    assert kept(run) == first, "another maker's image fills its slot"
    run.make(again=True, limit=5).finish()
    run.make().finish()
    assert set(kept(run)) == set(first)
    assert not set(kept(run).values()) & set(first.values())
    run.make().finish()
    assert not set(kept(run).values()) & set(first.values()), "a plain run brought the old images back"


def test_a_class_that_leaves_and_returns_keeps_its_images(a_set: Callable[..., Run]) -> None:
    run = a_set()
    run.make().finish()
    before, calls = kept(run), len(log_of(run.folder))
    a_set(classes={"lemon": 8})
    run.make().finish()
    assert set(kept(run)) == {slot for slot in before if slot.startswith("lemon")}
    a_set()
    run.make().finish()
    assert (kept(run), len(log_of(run.folder))) == (before, calls)


def test_a_renamed_class_keeps_its_images(a_set: Callable[..., Run]) -> None:
    run = a_set(score=[])
    run.make().finish()
    before, calls = kept(run), len(log_of(run.folder))
    a_set(score=[], classes={"citrus": {"images": 8, "was": "lemon"}, "chair": 8})
    run.make().finish()
    assert (kept(run), len(log_of(run.folder))) == (before, calls)
    assert {s.label for s in run.samples()} == {"citrus", "chair"}


def test_exit_codes_say_how_a_run_ended(a_set: Callable[..., Run], outside: dict[str, str]) -> None:
    run = flat(a_set, fail_on=["night"])
    failures = command("run", run.folder, env=outside)
    assert (failures.returncode, "mintage retry" in failures.stdout) == (1, True)
    flat(a_set)
    assert command("retry", run.folder, env=outside).returncode == 0
    flat(a_set, colour="red")
    mistake = command("run", run.folder, env=outside)
    assert (mistake.returncode, "flat has no option 'colour'" in mistake.stderr) == (2, True)
