"""Every prompt is checked, whoever wrote it: rewritten at most three times, then worded by the grammar, and told so."""

import contextlib
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mintage.core.decide import REPLACED, REWRITTEN
from mintage.core.errors import MintageError
from mintage.core.ledger import Ledger
from mintage.core.ledger_reading import FILE
from mintage.core.ports import Briefed, Resources, Sent, Writer, Wrote
from mintage.core.purse import CENT, BudgetReached
from mintage.core.spec import DatasetSpec
from mintage.run import Run
from mintage.stages.words import ALTHOUGH, SAME
from mintage.wording.checks import Checks
from trial import kill_at, log_of, state_of, write_spec

RunOf = Callable[..., Run]


def words_of(run: Run) -> dict[str, Any]:
    """Slot → the fact of its first attempt's words."""
    return {str(s.recipe.slot): s.facts["words"] for s in run.samples() if s.recipe.attempt == 0}


def muddled(folder: Path, *says: str, **more: Any) -> dict[str, Any]:
    return {"use": "muddled", "says": list(says), "log": str(folder / "set.log"), **more}


def test_a_prompt_that_says_all_is_taken_as_it_is(a_set: RunOf, tmp_path: Path) -> None:
    run = a_set(write=muddled(tmp_path, "one {class}, {attributes}, in a photo"))
    run.make().finish()
    words = words_of(run)
    assert len(words) == 16
    assert all(
        f.value["prompt"].startswith("one ") and "rejected" not in f.value and not f.note for f in words.values()
    )
    assert Counter(log_of(run.folder, "words")).most_common(1)[0][1] == 1


def test_a_wrong_prompt_is_written_again_with_what_was_wrong(a_set: RunOf, tmp_path: Path) -> None:
    run = a_set(techniques={"vanilla": 1}, write=muddled(tmp_path, "a {class}", "something else"))
    run.make().finish()
    facts = words_of(run)
    assert {f.value["prompt"] for f in facts.values()} == {"a lemon", "a chair"}
    again = [f for f in facts.values() if "rejected" in f.value]
    assert len(again) == 8 and all(f.note.startswith(REWRITTEN) for f in again)
    assert {tuple(r) for f in again for r in f.value["rejected"]} == {
        ("something else", "its prompt does not name 'lemon'"),
        ("something else", "its prompt does not name 'chair'"),
    }
    assert len(log_of(run.folder, "again")) == 8


def test_after_three_rewritings_the_grammar_words_it_and_the_reason_is_kept(a_set: RunOf, tmp_path: Path) -> None:
    run = a_set(write=muddled(tmp_path, "a {class} with a lemon and a chair", "no", "nothing", "never", ""))
    run.make().finish()
    spec = run.spec
    for slot, fact in words_of(run).items():
        assert fact.note.startswith(REPLACED) and fact.value["by"] == "grammar", slot
        assert len(fact.value["rejected"]) == 4
        assert slot.split("/")[0] in fact.value["prompt"]
    asked = Counter(log_of(run.folder, "words"))
    assert set(asked.values()) == {4}, "once, and three times again"
    checks = Checks(spec)
    from mintage.core.plan import Plan

    plan = Plan.of(spec, run.folder)
    for sample in run.samples():
        assert checks.wrong(plan.techniques[sample.technique].brief(sample.recipe), sample.prompt) == ""


def test_slots_that_show_different_things_never_share_a_prompt(a_set: RunOf, tmp_path: Path) -> None:
    axes = {"light": ["dark", "dark red"], "wood": ["red wood", "wood"]}
    run = a_set(axes=axes, techniques={"vanilla": 1, "scene": 3}, write=muddled(tmp_path, "a {class} in dark red wood"))
    run.make().finish()
    said: dict[tuple[str, str], set[str]] = {}
    for sample in run.samples():
        said.setdefault((sample.recipe.slot.key, sample.prompt), set()).add(str(sample.attributes))
    assert all(len(shown) == 1 for shown in said.values())
    assert any(SAME in f.note for f in words_of(run).values())


def test_a_prompt_of_an_earlier_call_is_known(a_set: RunOf, tmp_path: Path) -> None:
    axes = {"light": ["dark", "dark red"], "wood": ["red wood", "wood"]}
    write = muddled(tmp_path, "a {class} in dark red wood")
    few = {"classes": {"lemon": 1}, "axes": axes, "techniques": {"scene": 1}, "write": write, "keep": {"attempts": 1}}
    a_set(**few).make().finish()
    run = a_set(**(few | {"classes": {"lemon": 4}}))
    run.make().finish()
    prompts = [f.value["prompt"] for f in words_of(run).values()]
    assert len(set(prompts)) == 4 and prompts.count("a lemon in dark red wood") == 1


def test_a_ledger_of_an_earlier_version_learns_what_was_said(a_set: RunOf, tmp_path: Path) -> None:
    run = a_set(write=muddled(tmp_path, "one {class}, {attributes}"), techniques={"scene": 1})
    run.make().finish()
    with closing(sqlite3.connect(run.folder / FILE)) as db:
        before = db.execute("SELECT * FROM said ORDER BY recipe").fetchall()
        db.execute("DROP TABLE said")
        db.commit()
    Ledger(run.folder).close()
    with closing(sqlite3.connect(run.folder / FILE)) as db:
        assert db.execute("SELECT * FROM said ORDER BY recipe").fetchall() == before != []


def test_the_grammars_own_words_are_told_where_they_name_another_class(a_set: RunOf) -> None:
    run = a_set(
        classes={"lemon": {"images": 2, "called": "fruit chair"}, "chair": 2, "fruit": 2}, techniques={"vanilla": 1}
    )
    run.make().finish()
    assert all(not f.note for f in words_of(run).values()), "a name within a longer name is none"
    run = a_set("other", classes={"lemon": 1}, axes={"style": ["photo"], "note": ["none"]}, techniques={"scene": 1},
                template="{class} der die das und auf mit ist")  # fmt: skip
    run.make().finish()
    assert all(not f.note.startswith(ALTHOUGH) for f in words_of(run).values()), "the user's own words are right"


def test_a_writer_with_equal_answers_words_the_same_plan_alike(a_set: RunOf, tmp_path: Path) -> None:
    says = ("one {class}, {attributes}", "no", "two of {class} {attributes}, near a lemon and a chair")
    one = a_set("one", name="set", write=muddled(tmp_path, *says))
    two = a_set("two", name="set", write=muddled(tmp_path, *says))
    one.make().finish()
    two.make(limit=5).finish()
    two.make().finish()
    assert {k: (f.value, f.note) for k, f in words_of(one).items()} == {
        k: (f.value, f.note) for k, f in words_of(two).items()
    }


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
@pytest.mark.parametrize(("point", "n"), [("after words committed", 5), ("before words committed", 9)])
def test_after_a_kill_no_prompt_that_is_there_is_asked_for_again(
    point: str, n: int, tmp_path: Path, outside: dict[str, str]
) -> None:
    write = muddled(tmp_path, "one {class}, {attributes}", "no")
    folder = write_spec(tmp_path / "set", write=write)
    kill_at(point, n, "run", folder, env=outside)
    with closing(sqlite3.connect(folder / FILE)) as db:
        sql = "SELECT r.id FROM facts f JOIN recipes r ON r.n = f.recipe WHERE f.name = 'words'"
        there = {recipe for (recipe,) in db.execute(sql)}
    assert len(there) == n - (point == "before words committed")
    before = len(log_of(folder, "words"))
    Run(folder).make().finish()
    assert not there & set(log_of(folder, "words")[before:])
    whole = write_spec(tmp_path / "whole", name="set", write=write)
    Run(whole).make().finish()
    assert {k: v[1]["words"] for k, v in state_of(folder).items()} == {
        k: v[1]["words"] for k, v in state_of(whole).items()
    }


def test_unsafe_words_are_never_sent_to_an_engine(a_set: RunOf, tmp_path: Path) -> None:
    run = a_set(write=muddled(tmp_path, "a {class} {attributes} and a naked woman"))
    run.make().finish()
    assert all("naked" not in s.prompt for s in run.samples())
    off = a_set("off", safety="off", write=muddled(tmp_path, "a {class} {attributes} and a naked woman"))
    off.make().finish()
    assert all("naked" in s.prompt for s in off.samples())
    assert "safety: off" in str(off.plan())


LEVELS = st.lists(st.text("ab ", min_size=1, max_size=6).filter(str.strip), min_size=2, max_size=4, unique_by=str.strip)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=LEVELS, two=LEVELS)
def test_the_grammar_keeps_every_row_of_any_levels_apart(one: list[str], two: list[str]) -> None:
    from itertools import product

    from mintage.core import registry
    from mintage.core.ports import Briefed, Sample, Wrote
    from mintage.core.recipe import Recipe, Slot
    from mintage.core.spec import Use

    axes = {"light": [v.strip() for v in one], "wood": [v.strip() for v in two]}
    spec = DatasetSpec.model_validate({"name": "n", "classes": {"lemon": 9}, "axes": axes})
    technique = registry.build("techniques", Use(use="scene"), spec)
    writer = registry.build("writers", Use(use="grammar"), spec)
    items = []
    for n, row in enumerate(product(*axes.values())):
        slot = Slot("lemon", "scene", n, dict(zip(axes, row, strict=True)))
        recipe = Recipe(slot, 0, (("lemon", 1.0),), "flat", {}, 1)
        items.append(Briefed(Sample(recipe), technique.brief(recipe)))
    prompts = [a.prompt for a in writer.write(items) if isinstance(a, Wrote)]
    assert len(prompts) == len(items) == len(set(prompts))


def test_prompts_say_how_distinct_a_models_words_are_and_status_what_was_written_again(
    a_set: RunOf, tmp_path: Path
) -> None:
    says = ("one {class}, {attributes}", "of {class} {attributes}")
    run = a_set(techniques={"scene": 1}, write=muddled(tmp_path, *says))
    run.make().finish()
    page = run.prompts()
    assert page.distinct is not None and page.distinct.prompts == 16
    assert page.distinct.share == 2 / 16 and "distinct, class and attribute words taken out: 12% of 16" in str(page)
    assert "written again" not in str(run.status())
    assert "pairs of attributes told by the prompts: 6 of 6 planned (every class)" in str(run.plan())
    odd = a_set("odd", techniques={"vanilla": 1}, write=muddled(tmp_path, "a {class}", "no", "no", "no", "no"))
    odd.make().finish()
    said = str(odd.status())
    assert "prompts that did not pass the checks: 12 written again, 4 worded by the grammar" in said.replace("\n", " ")
    assert a_set("plain").make().finish() and a_set("plain").prompts().distinct is None


def test_words_can_be_looked_at_before_any_image_is_made(a_set: RunOf, tmp_path: Path) -> None:
    big = {"classes": {"lemon": 30, "chair": 5}, "write": muddled(tmp_path, "one {class}, {attributes}")}
    run = a_set(**big)
    page = run.make(words=True).finish()
    assert page.exit_code == 0 and "the first round is worded: mintage prompts" in str(page)
    assert len(words_of(run)) == 25 and not log_of(run.folder, "image") and run.prompts().total == 25
    asked = log_of(run.folder, "words")
    run.make(words=True).finish()
    assert log_of(run.folder, "words") == asked, "a second time asks for nothing"
    whole = a_set("whole", name="set", **big)
    whole.make().finish()
    run.make().finish()
    assert {k: v[1] for k, v in state_of(run.folder).items()} == {k: v[1] for k, v in state_of(whole.folder).items()}


def test_only_auto_axes_say_what_fills_them(a_set: RunOf) -> None:
    with pytest.raises(MintageError, match="mintage propose"):
        a_set(axes={"environment": "auto"}, techniques={"scene": 1}).plan()


def test_prompts_show_what_was_written_before_and_why_it_does_not_do(a_set: RunOf, tmp_path: Path) -> None:
    run = a_set(classes={"lemon": 1}, techniques={"vanilla": 1}, write=muddled(tmp_path, "nothing", "x" * 300))
    run.make().finish()
    said = str(run.prompts(wrong=True))
    assert said.count("not 'nothing': its prompt does not name 'lemon'") == 2
    assert f"not'{'x' * 100}…':itspromptdoesnotname'lemon'" in "".join(said.split())


class Paid(Writer):
    """A model of an outside package that is paid for each answer, and answers nothing that does."""

    needs = Resources(batch=16)
    asked = 0
    books = False

    def price(self, sample: Briefed) -> float:
        return 0.01

    def write(self, samples: Sequence[Briefed]) -> Iterator[Sent | Wrote]:
        for sample in samples:
            type(self).asked += 1
            if self.books:
                yield Sent(sample.recipe_id, f"ticket-{self.asked}", 0.01)
            yield Wrote(sample.recipe_id, "something else", cost=0.01)


@pytest.mark.parametrize("books", [False, True])
@pytest.mark.parametrize("budget", [0.05, 0.17, 0.3, 0.7])
def test_rewriting_never_costs_more_than_the_budget_and_never_ends_a_run(
    budget: float, books: bool, a_set: RunOf, plugged: Callable[[str, str, type[Any]], None]
) -> None:
    class Dear(Paid): ...

    Dear.books = books
    plugged("writers", "dear", Dear)
    run = a_set(write="dear", make="flat", score=["technical"], keep={"attempts": 1}, budget={"dollars": budget})
    with contextlib.suppress(BudgetReached) if budget < 0.16 else contextlib.nullcontext():
        run.make().finish()
    words = {str(s.recipe.slot): s.facts["words"] for s in run.samples() if "words" in s.facts}
    assert sum(f.cost for f in words.values()) == pytest.approx(0.01 * Dear.asked)
    assert 0.01 * Dear.asked <= budget + CENT
    assert all(f.value["by"] == "grammar" and f.value["rejected"] for f in words.values())
    assert len(words) == min(16, round(budget * 100))


@pytest.mark.parametrize(
    ("prompt", "outcome"),
    [(None, "failed"), (7, "failed"), ("a {} \ud800\0\n{}", "done"), ("x" * 1_000_000, "done")],
    ids=["none", "number", "half a character", "a million letters"],
)
def test_whatever_a_writer_answers_the_run_goes_on(
    prompt: Any, outcome: str, a_set: RunOf, plugged: Callable[[str, str, type[Any]], None]
) -> None:
    class Odd(Writer):
        def write(self, samples: Sequence[Briefed]) -> Iterator[Wrote]:
            for s in samples:
                told = (s.brief.subject, " ".join(s.brief.attributes.values()))
                yield Wrote(s.recipe_id, prompt.format(*told) if isinstance(prompt, str) else prompt)

    plugged("writers", "odd", Odd)
    run = a_set(write="odd", make="flat", score=["technical"], keep={"attempts": 1})
    run.make().finish()
    words = words_of(run)
    assert {f.outcome for f in words.values()} == {outcome}
    assert all(len(str(f.value)) < 20_000 and "\0" not in str(f.value) for f in words.values())


def test_prompts_that_differ_in_case_and_stops_alone_are_the_same(a_set: RunOf, tmp_path: Path) -> None:
    axes = {"hat": ["none", "no"]}
    write = muddled(tmp_path, "A {class}, on its own.", "a {class} on its own", "a {class}  on its own!")
    run = a_set(axes=axes, techniques={"vanilla": 1, "scene": 2}, write=write, keep={"attempts": 1})
    run.make().finish()
    said: dict[tuple[str, str], set[str]] = {}
    for sample in run.samples():
        plain = sample.prompt.casefold().replace(",", "").strip(".!")
        said.setdefault((sample.recipe.slot.key, " ".join(plain.split())), set()).add(str(sample.attributes))
    assert all(len(shown) == 1 for shown in said.values()), said
    assert not any(sample.prompt.endswith("()") for sample in run.samples())


def test_attributes_that_a_model_left_out_at_first_are_counted(a_set: RunOf, tmp_path: Path) -> None:
    run = a_set(techniques={"scene": 1}, write=muddled(tmp_path, "one {class}, {attributes}", "a {class}"))
    run.make().finish()
    page = run.prompts()
    assert page.distinct is not None and (page.distinct.asked, page.distinct.dropping) == (16, 8)
    assert "the model left out attributes in 8 of 16 prompts, and was asked again" in " ".join(str(page).split())
    assert page.told is not None and page.told.dropping == 0, "in the end every attribute is told"


def test_a_class_by_itself_gets_no_word_that_only_sets_it_apart(a_set: RunOf, tmp_path: Path) -> None:
    says = ("a photo of a {class}", "no", "no", "no", "no")
    run = a_set(axes={"style": ["photo"]}, techniques={"scene": 1, "vanilla": 1}, write=muddled(tmp_path, *says))
    run.make().finish()
    plain = [s.prompt for s in run.samples() if s.technique == "vanilla"]
    assert plain and all("vanilla" not in p and not p.endswith(")") for p in plain)
