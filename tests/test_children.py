"""Children of the run's own images, look-alikes on top, probes that are never kept: rounds and counts."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.core.errors import MintageError
from mintage.core.ledger_reading import LedgerReader
from mintage.core.plan import PROBES, Plan
from mintage.core.spec import DatasetSpec
from mintage.run import Run

LETTERS = {"share": 0.5, "parents": "made"}


def test_children_of_made_images_are_made_last_and_name_what_fills_their_parents_slots(
    a_set: Callable[..., Run],
) -> None:
    run = a_set(
        classes={"lemon": 12, "chair": 12},
        techniques={"vanilla": 0.5, "typographic": LETTERS},
        make={"use": "flat", "size": 48, "noise": True},
        score=[],
    )
    page = run.make().finish()
    assert page.summary.total.planned == 24
    samples = {s.id: s for s in run.samples()}
    children = [s for s in samples.values() if s.technique == "typographic"]
    assert len(children) == 12
    order = list(samples.values())
    first_child = min(i for i, s in enumerate(order) if s.technique == "typographic")
    assert all(s.technique == "vanilla" for s in order[:first_child])
    assert all(s.technique == "typographic" for s in order[first_child:])
    for child in children:
        (parent,) = child.recipe.parents
        made = samples[parent.removeprefix("recipe:")]
        assert made.kept and made.label == child.label
        assert child.recipe.roots == child.recipe.parents
    used = Counter(c.recipe.parents for c in children)
    assert set(used.values()) == {1}, "each parent's turn comes once before any comes again"


def test_children_wait_for_good_where_nothing_is_kept(a_set: Callable[..., Run]) -> None:
    run = a_set(
        classes={"lemon": 4, "chair": 4},
        techniques={"vanilla": 0.5, "typographic": LETTERS},
        make={"use": "flat", "size": 48, "fail_on": ["lemon"]},
        score=[],
    )
    page = run.make().finish()
    by_name = {c.name: c for c in page.summary.classes}
    assert (by_name["lemon"].kept, by_name["lemon"].failed, by_name["lemon"].waiting) == (0, 2, 2)
    assert by_name["chair"].kept == 4


def lookalikes(n: int, share: float) -> dict[str, Any]:
    return {
        "classes": {
            "lemon": {"images": n, "lookalikes": ["watch", "pizza"]},
            "chair": {"images": n, "lookalikes": ["lemon"]},
        },
        "techniques": {"vanilla": 1, "scene": 2, "lookalike": share},
    }


def test_look_alikes_come_on_top_and_probes_are_looked_at_alone(a_set: Callable[..., Run]) -> None:
    run = a_set(**lookalikes(10, 0.2), make={"use": "flat", "size": 16}, score=[])
    assert run.plan().outlook.images == 2 * (10 + 2) + 3 * PROBES
    page = run.make().finish()
    assert [(c.name, c.planned, c.kept) for c in page.summary.classes] == [("lemon", 10, 10), ("chair", 10, 10)]
    labels = Counter((s.technique, s.recipe.slot.key, s.label) for s in run.samples() if s.technique == "lookalike")
    assert labels == {("lookalike", "lemon", "other"): 2, ("lookalike", "chair", "lemon"): 2}
    probes = list(run.samples(technique="probe"))
    assert Counter(s.attributes["of"] for s in probes) == {"watch": PROBES, "pizza": PROBES, "lemon": PROBES}
    assert not any(s.kept or s.label for s in probes)
    assert not any(s.technique == "probe" for s in run.samples())
    exported = run.export()
    assert exported.images == 24, "10 + 2 of each class, and no probe"
    assert {p.name for p in (exported.path / "train").iterdir() if p.is_dir()} == {"lemon", "chair", "other"}


def test_what_was_made_is_made_no_second_time(a_set: Callable[..., Run]) -> None:
    run = a_set(**lookalikes(10, 0.2), make={"use": "flat", "size": 16}, score=[])
    run.make().finish()
    before = [s.id for s in run.samples()]
    run.make().finish()
    assert [s.id for s in run.samples()] == before
    assert run.plan().outlook.to_make == 0


@given(n=st.integers(0, 60), more=st.integers(0, 60), share=st.floats(0.01, 2))
def test_a_longer_plan_with_look_alikes_extends_a_shorter_one(n: int, more: int, share: float) -> None:
    def techniques(count: int) -> list[str]:
        plain = {"name": "x", "axes": {"style": ["photo", "painting"]}, "make": "flat", "score": []}
        plan = Plan.of(DatasetSpec.model_validate(plain | lookalikes(count, share)), Path())
        return [w.technique for w in plan.rows() if w.key == "lemon" and w.technique != "probe"]

    short, long = techniques(n), techniques(n + more)
    assert long[: len(short)] == short
    assert short.count("lookalike") == int(n * share + 0.5)
    assert len(short) - short.count("lookalike") == n


def photographed(folder: Path, count: int = 3) -> None:
    """References of lemons and chairs: discs and boxes on a plain ground."""
    from PIL import Image, ImageDraw

    for key, shape in (("lemon", "ellipse"), ("chair", "rectangle")):
        (folder / "photos" / key).mkdir(parents=True)
        for number in range(count):
            picture = Image.new("RGB", (80, 60), (230, 232, 235))
            getattr(ImageDraw.Draw(picture), shape)((20 + number, 12, 55, 48), (180 - 40 * number, 60 * number, 40))
            picture.save(folder / "photos" / key / f"{number}.png")


LETTERED = {
    "classes": {"lemon": {"images": 300, "references": "photos/lemon"}, "chair": {"images": 0}},
    "techniques": {"typographic": {"share": 1, "words": ["pizza"]}},
    "make": {"use": "flat", "size": 48},
    "score": [],
}


def test_where_a_reference_is_gone_the_next_attempt_takes_one_that_is_there(a_set: Callable[..., Run]) -> None:
    run = a_set(**LETTERED)
    photographed(run.folder)
    stream = iter(run.make())
    for _ in range(21):
        next(stream)
    stream.close()  # type: ignore[attr-defined]  # all are begun, and the last page of them is not made
    (run.folder / "photos" / "lemon" / "1.png").unlink()
    run.make().finish()
    reasons = [s.verdict.reason for s in run.samples(kept=False) if s.verdict]
    assert reasons and all("its parent is gone" in reason for reason in reasons)
    assert run.status().summary.total.kept == 300
    assert run.status().summary.total.failed == 0


def test_rows_under_more_go_to_a_technique_that_shows_what_they_say(a_set: Callable[..., Run]) -> None:
    more = [{"class": "lemon", "attributes": {"environment": "at night"}, "images": 3}]
    techniques = {"lookalike": 0.5, "vanilla": 1, "scene": 1}
    run = a_set(
        **(lookalikes(4, 0.5) | {"techniques": techniques}), more=more, make={"use": "flat", "size": 16}, score=[]
    )
    run.make().finish()
    at_night = [s for s in run.samples(of="lemon") if dict(s.attributes) == {"environment": "at night"}]
    assert [s.technique for s in at_night] == ["scene"] * 3


def test_rows_under_more_that_no_technique_shows_are_refused(a_set: Callable[..., Run]) -> None:
    more = [{"class": "lemon", "attributes": {"environment": "at night"}, "images": 3}]
    run = a_set(**(lookalikes(4, 0.5) | {"techniques": {"lookalike": 0.5, "vanilla": 1}}), more=more, score=[])
    with pytest.raises(MintageError, match="no technique of 'lemon' makes images with environment: at night"):
        run.plan()


def test_a_retry_makes_parents_before_their_children(a_set: Callable[..., Run]) -> None:
    spec = {"techniques": {"vanilla": 0.5, "typographic": LETTERS}, "make": {"use": "flat", "size": 48}, "score": []}
    run = a_set(classes={"lemon": 4, "chair": 4}, **spec)
    run.make().finish()
    for sample in run.samples():
        assert sample.path is not None
        sample.path.unlink()
    assert run.retry().finish().summary.total.kept == 8


def test_the_slot_that_a_number_falls_on_is_asked_first(a_set: Callable[..., Run]) -> None:
    run = a_set(classes={"lemon": 4, "chair": 0}, techniques={"vanilla": 1}, make={"use": "flat", "size": 8}, score=[])
    run.make().finish()
    ledger = LedgerReader(run.folder)
    try:
        assert list(ledger.positions("lemon", [])) == [0, 1, 2, 3]
        found = [ledger.filling("lemon", at, []) for at in (0, 2, 3, 4)]
        assert [recipe.slot.number for recipe in found if recipe] == [0, 2, 3, 0], "round and round"
        assert ledger.filling("lemon", 0, ["vanilla"]) is None
    finally:
        ledger.close()
