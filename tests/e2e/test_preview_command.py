"""`preview` finds the classes that an engine draws as something else, and `run` stops at twenty images of each."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import mintage
from mintage.core.ports import Request
from mintage.engines import mini
from mintage.run import Run
from trial import ended, image_hashes, write_spec

Plug = Callable[[str, str, type[Any]], None]

INSTEAD = {"leopard": "elephant", "helicopter": "soccer ball", "watermelon": "pizza"}
"""What the engine below draws for these three."""

KINDS = INSTEAD | {
    "dalmatian": "elephant",
    "airplane": "soccer ball",
    "sunflower": "pizza",
    "butterfly": "elephant",
    "guitar": "soccer ball",
    "banana": "pizza",
    "stop sign": "soccer ball",
}


class Parents(mini.Engine):
    """The embedded engine, which draws a plain thing of the kind for three of its classes."""

    version = "1"

    def make(self, requests: Sequence[Request]) -> Any:
        return super().make([replace(r, prompt=_told(r.prompt)) for r in requests])


def _told(prompt: str) -> str:
    for word, other in INSTEAD.items():
        prompt = prompt.replace(word, other)
    return prompt


def zoo(folder: Path, /, **changes: Any) -> Run:
    """Ten classes with kinds, 24 images of those that are drawn as something else, 6 of the others."""
    classes = {name: {"images": 24 if name in INSTEAD else 6, "kind": kind} for name, kind in KINDS.items()}
    told: dict[str, Any] = {
        "classes": classes,
        "axes": {"environment": ["on a white background", "on a wooden floor"], "style": ["photo", "painting"]},
        "techniques": {"scene": 1},
        "write": "grammar",
        "make": {"use": "parents", "steps": 10},
        "score": ["mini", "technical"],
        "keep": {"attempts": 2},
    }
    return Run(write_spec(folder / "zoo", **told | changes))


def verdicts(page: Any) -> dict[str, str]:
    return {look.name: look.verdict for look in page.looks}


@pytest.fixture
def parents(plugged: Plug) -> None:
    plugged("engines", "parents", Parents)


@pytest.mark.slow
@pytest.mark.usefixtures("parents")
def test_classes_that_are_drawn_as_their_kind_are_found_and_stopped_at_twenty_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = zoo(tmp_path)
    page = run.preview()
    found = {look.name: look for look in page.looks}
    named = {name for name, look in found.items() if look.verdict == "drawn as something else"}
    assert named >= set(INSTEAD)
    assert len(named - set(INSTEAD)) <= 1, named
    assert {name: found[name].instead for name in INSTEAD} == INSTEAD
    assert not page.ok
    assert (run.folder / "preview.png").is_file()
    before = image_hashes(run.folder)

    code, said = ended(capsys, "run", str(run.folder))
    made = Counter(s.label for s in run.samples())
    assert all(made[name] == 20 for name in INSTEAD), made
    assert before.items() <= image_hashes(run.folder).items(), "what the preview made is a part of the set"
    assert code == 1
    for name in INSTEAD:
        assert f"{name}: " in said and "of its first 20 images kept: stopped" in said
    assert "--despite yield" in said and "called:, description:" in said
    status = run.status()
    assert not status.ok
    by_name = {c.name: c for c in status.summary.classes}
    assert all(by_name[n].waiting == 0 and by_name[n].stopped >= 4 for n in INSTEAD)
    assert {s.name for s in status.summary.stopped} == set(INSTEAD)

    run.make().finish()
    assert Counter(s.label for s in run.samples()) == made, "nothing more is spent on them"


@pytest.mark.usefixtures("parents")
def test_a_preview_makes_nothing_twice_and_run_goes_on_from_it(tmp_path: Path) -> None:
    few = {"leopard": {"images": 7, "kind": "elephant"}, "banana": {"images": 7}}
    run = zoo(tmp_path, classes=few, keep={"attempts": 1})
    first = run.preview(first=4)
    made = image_hashes(run.folder)
    assert len([path for path in made if path.endswith(".png")]) == 4 + 4 + 4, "two classes and one kind"
    assert Counter(s.technique for s in run.samples()) == {"scene": 8}
    again = run.preview(first=4)
    assert image_hashes(run.folder) == made
    assert verdicts(again) == verdicts(first)
    assert run.plan().outlook.to_make == 6
    run.make().finish()
    assert made.items() <= image_hashes(run.folder).items()
    assert Counter(s.label for s in run.samples()) == {"leopard": 7, "banana": 7}


@pytest.mark.slow
def test_another_engine_is_previewed_with_images_of_its_own(tmp_path: Path, parents: None) -> None:
    few = {"leopard": {"images": 30, "kind": "elephant"}}
    run = zoo(tmp_path, classes=few)
    assert verdicts(run.preview()) == {"leopard": "drawn as something else"}
    for _ in run.make():
        pass
    assert [s.name for s in run.status().summary.stopped] == ["leopard"]
    run = zoo(tmp_path, classes=few, make={"use": "mini", "steps": 10})
    page = run.preview()
    assert {s.recipe.engine for look in page.looks for s in look.samples} == {"mini"}
    assert verdicts(page) == {"leopard": "drawn"}
    assert not run.status().summary.stopped, "the first twenty of the other engine say nothing of this one"


@pytest.mark.slow
def test_a_class_that_is_reworded_is_previewed_in_its_new_words(tmp_path: Path, parents: None) -> None:
    run = zoo(tmp_path, classes={"leopard": {"images": 8, "kind": "elephant"}})
    before = run.preview()
    assert verdicts(before) == {"leopard": "drawn as something else"}
    run = zoo(tmp_path, classes={"leopard": {"images": 8, "kind": "elephant", "called": "dalmatian"}})
    page = run.preview()
    rejected = {str(s.recipe.slot) for s in before.looks[0].samples if not s.kept}
    assert {str(s.recipe.slot) for s in page.looks[0].samples} == rejected
    assert all("dalmatian" in s.prompt for s in page.looks[0].samples)
    assert verdicts(page) == {"leopard": "drawn"}, "a dalmatian was asked for, and is drawn"


def test_words_that_no_ranking_knows_without_references_cannot_be_told(tmp_path: Path) -> None:
    run = zoo(tmp_path, classes={"hoatzin": {"images": 6, "kind": "bird"}}, make="flat", score=["technical"])
    page = run.preview()
    (look,) = page.looks
    assert look.verdict == "cannot tell"
    assert "never seen" in look.why and "no references" in look.why
    assert any("references:" in line for line in look.advice)
    assert page.ok, "that nobody can tell is no fault"


def test_without_a_kind_the_ranking_decides_and_the_page_asks_for_one(tmp_path: Path, parents: None) -> None:
    page = zoo(tmp_path, classes={"sunflower": 6, "helicopter": 6}).preview()
    found = {look.name: look for look in page.looks}
    assert found["sunflower"].verdict == "drawn" and "mini ranks" in found["sunflower"].why
    assert (found["helicopter"].verdict, found["helicopter"].instead) == ("drawn as something else", "soccer ball")
    assert "mini takes most of them" in found["helicopter"].why
    assert any("(kind:)" in line for line in found["helicopter"].advice)


def test_failing_images_are_no_verdict(tmp_path: Path) -> None:
    run = zoo(tmp_path, classes={"lemon": {"images": 6, "kind": "pizza"}}, make={"use": "flat", "fail_on": ["lemon"]})
    (look,) = run.preview().looks
    assert look.verdict == "cannot tell"
    assert "no image of it could be looked at" in look.why


@pytest.mark.parametrize("first", [3, 9])
def test_a_preview_has_four_to_eight_images(tmp_path: Path, first: int) -> None:
    with pytest.raises(mintage.MintageError, match="from 4 to 8"):
        zoo(tmp_path, make="flat").preview(first=first)
    assert [p.name for p in (tmp_path / "zoo").iterdir()] == ["dataset.yaml"]


def test_a_picture_of_the_users_own_in_place_of_the_sheet_is_left_alone(tmp_path: Path) -> None:
    run = zoo(tmp_path, make="flat")
    (run.folder / "preview.png").write_bytes(b"mine")
    with pytest.raises(mintage.MintageError, match="not ours"):
        run.preview()
    assert (run.folder / "preview.png").read_bytes() == b"mine"
