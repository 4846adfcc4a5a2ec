"""Pairs of attributes that prompts tell are counted from the prompts themselves, beside those of the plan."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

from mintage.pages.prompts import EditsPage, PromptsPage, told
from mintage.results.coverage import WrittenCoverage, written_coverage
from mintage.run import Run
from mintage.wording.checks import tells

SET: dict[str, Any] = {
    "classes": {"lemon": 8, "chair": 8},
    "axes": {"environment": ["on grass", "at night"], "style": ["photo", "painting"], "light": ["soft", "harsh"]},
    "techniques": {"scene": 1},
    "write": "grammar",
    "make": "flat",
    "score": [],
}


def coverage(run: Run, **how: Any) -> WrittenCoverage:
    ledger = run._reader()
    try:
        return written_coverage(ledger, run._ordered(ledger), **how)
    finally:
        ledger.close()


def rows(run: Run) -> Any:
    page = run.prompts(limit=0)
    assert isinstance(page, PromptsPage)
    return page.rows


def test_a_writer_that_drops_nothing_tells_every_pair_of_the_plan(a_set: Callable[..., Run]) -> None:
    run = a_set(**SET)
    run.make().finish()
    found = coverage(run)
    assert [(c.every, c.planned, c.worded, c.told) for c in found.classes] == [(12, 12, 12, 12)] * 2
    assert (found.dropped, found.dropping, found.prompts) == ({0: 16}, 0, 16)
    assert found.by_axis == {"environment": (0, 16), "style": (0, 16), "light": (0, 16)}
    assert "12 of 12 planned (every class)" in "\n".join(told(found))


def test_what_prompts_drop_is_counted_by_axis_and_its_pairs_are_not_told(a_set: Callable[..., Run]) -> None:
    run = a_set(**SET)
    run.make().finish()
    lemons = [r for r in rows(run) if r.name == "lemon"]
    for r in lemons:  # nothing of the light is said, and of the first not even the style
        words = ["a lemon", r.attributes["environment"], *([] if r is lemons[0] else [r.attributes["style"]])]
        assert isinstance(run.prompts(edit=r.id, to=" ".join(words)), EditsPage)
    found = coverage(run)
    of = {c.name: c for c in found.classes}
    pairs = {
        pair
        for r in rows(run)
        if r.name == "lemon"
        for pair in combinations([(a, v) for a, v in sorted(r.attributes.items()) if tells(v, r.prompt)], 2)
    }
    assert (of["lemon"].worded, of["lemon"].told) == (12, len(pairs)) == (12, 4)
    assert of["chair"].told == 12
    assert found.dropped == {0: 8, 1: 7, 2: 1} and found.dropping == 8
    assert found.by_axis == {"environment": (0, 16), "style": (1, 16), "light": (8, 16)}
    said = "\n".join(told(found))
    assert "8 of 16 prompts do not tell all attributes" in said and "light in 8 of 16" in said
    assert [c.name for c in coverage(run, names=["chair"]).classes] == ["chair"]


def test_slots_without_words_are_planned_and_not_worded(a_set: Callable[..., Run]) -> None:
    run = a_set(**SET | {"classes": {"lemon": 30}})
    run.make(limit=1).finish()
    (one,) = coverage(run).classes
    assert one.planned == 12 and one.told == one.worded <= 12
    assert coverage(run).prompts < 30


def test_levels_are_counted_where_there_is_one_axis_and_nothing_where_there_is_none(a_set: Callable[..., Run]) -> None:
    run = a_set(**SET | {"axes": {"style": ["photo", "painting", "engraving"]}, "classes": {"lemon": 4}})
    run.make().finish()
    (one,) = coverage(run).classes
    assert (one.every, one.planned, one.told) == (3, 3, 3)
    bare = a_set("bare", **SET | {"axes": None, "techniques": {"vanilla": 1}})
    bare.make().finish()
    assert coverage(bare) == WrittenCoverage(())
    assert list(told(coverage(bare))) == []
