"""The rounds: several techniques and engines, first rounds before the rest, an end in every case."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, ClassVar

import pytest

import mintage
from mintage import flow
from mintage.core import ports
from mintage.core.errors import MintageError
from mintage.core.ledger import Ledger
from mintage.core.ports import Failed, Item, Made, Parents, Refused, Request, Scored
from mintage.core.recipe import Slot
from mintage.run import Run
from mintage.techniques.vanilla import Technique as Vanilla

Plug = Callable[[str, str, type[Any]], None]


def picture(request: Request) -> Any:
    from PIL import Image

    return Image.new("RGB", (4, 4), (request.seed % 256, 7, 7))


class CloseUp(Vanilla):
    """A third technique, without attributes."""

    def brief(self, recipe: Any) -> Any:
        from dataclasses import replace

        return replace(super().brief(recipe), attributes={"view": "a close view"})


class Logging(ports.Engine):
    """Notes what it makes, and how often it is loaded."""

    made: ClassVar[list[str]] = []
    loads: ClassVar[list[str]] = []

    def load(self) -> None:
        self.loads.append(self.name)

    def make(self, requests: Sequence[Request]) -> Iterator[Any]:
        for request in requests:
            self.made.append(request.recipe_id)
            yield Made(request.recipe_id, picture(request))


class Judge(ports.Scorer):
    """Passes what `passes` says of an item."""

    floors: ClassVar = {"ok": 1.0}
    made: ClassVar[list[str]] = []

    def score(self, items: Sequence[Item]) -> Iterator[Scored]:
        for item in items:
            self.made.append(f"score {item.recipe_id}")
            yield Scored(item.recipe_id, {"ok": float(self.passes(item))})

    def passes(self, item: Item) -> bool:
        return True


def logging_engine() -> type[Logging]:
    return type("Engine", (Logging,), {"made": [], "loads": []})


def judge(passes: Callable[[Item], bool], log: list[str] | None = None) -> type[Judge]:
    return type("Scorer", (Judge,), {"passes": staticmethod(passes), "made": [] if log is None else log})


def test_three_techniques_by_two_engines_each_make_their_share(a_set: Callable[..., Run], plugged: Plug) -> None:
    one, two = logging_engine(), logging_engine()
    plugged("engines", "one", one)
    plugged("engines", "two", two)
    plugged("techniques", "close_up", CloseUp)
    run = a_set(
        techniques={"vanilla": 1, "scene": 2, "close_up": 1},
        make={"use": "one", "except": {"vanilla": "two"}},
        score=[],
        write="grammar",
    )
    assert run.make().finish().summary.total.kept == 16
    made = Counter((s.technique, s.recipe.engine) for s in run.samples(kept=True))
    assert made == {("vanilla", "two"): 4, ("scene", "one"): 8, ("close_up", "one"): 4}
    assert (len(one.made), len(two.made)) == (12, 4)
    assert {s.id for s in run.samples() if s.recipe.engine == "two"} == set(two.made)
    assert all("a close view" in s.prompt for s in run.samples(technique="close_up"))
    assert [*one.loads, *two.loads] == ["one", "two"], "techniques of one engine share its worker"
    by_class = Counter((s.label, s.technique) for s in run.samples(kept=True))
    assert by_class == {
        (c, t): n for c in ("lemon", "chair") for t, n in (("vanilla", 2), ("scene", 4), ("close_up", 2))
    }


def test_another_engine_for_one_technique_leaves_the_images_of_the_others(
    a_set: Callable[..., Run], plugged: Plug
) -> None:
    one, two = logging_engine(), logging_engine()
    plugged("engines", "one", one)
    plugged("engines", "two", two)
    a_set(make="one", score=[], write="grammar").make().finish()
    run = a_set(make={"use": "one", "except": {"vanilla": "two"}}, score=[], write="grammar")
    run.make(again=True).finish()
    assert (len(one.made), len(two.made)) == (16, 4)
    assert Counter(s.recipe.engine for s in run.samples(kept=True)) == {"one": 12, "two": 4}


def test_nothing_is_loaded_when_nothing_is_to_be_made(a_set: Callable[..., Run], plugged: Plug) -> None:
    engine = logging_engine()
    plugged("engines", "one", engine)
    run = a_set(make="one", score=[], write="grammar")
    run.make().finish()
    run.make().finish()
    assert engine.loads == ["one"]


def test_no_more_of_a_class_is_made_before_its_first_twenty_are_scored(
    a_set: Callable[..., Run], plugged: Plug
) -> None:
    engine = logging_engine()
    plugged("engines", "one", engine)
    plugged("scorers", "judge", judge(lambda item: True, engine.made))
    classes = {"lemon": 50, "chair": 30, "bus": 8}
    run = a_set(make="one", score=["judge"], write="grammar", classes=classes)
    run.make().finish()
    slots = {s.id: s for s in run.samples()}
    scored: Counter[str] = Counter()
    made: Counter[str] = Counter()
    for entry in engine.made:
        sample = slots[entry.removeprefix("score ")]
        key = sample.recipe.slot.key
        if entry.startswith("score "):
            scored[key] += 1
            continue
        made[key] += 1
        if made[key] > 20:
            assert scored[key] >= 20, f"{key}: more was made before the first round was scored"
    assert made == classes
    first = [s.recipe.attempt for s in slots.values()]
    assert set(first) == {0}


def test_a_first_round_is_made_before_second_attempts(a_set: Callable[..., Run], plugged: Plug) -> None:
    engine = logging_engine()
    plugged("engines", "one", engine)
    plugged("scorers", "judge", judge(lambda item: item.sample.recipe.attempt == 1))
    run = a_set(make="one", score=["judge"], write="grammar", classes={"lemon": 24})
    page = run.make(despite=["yield"]).finish()
    attempts = {s.id: s.recipe.attempt for s in run.samples()}
    assert [attempts[i] for i in engine.made[:20]] == [0] * 20
    assert page.summary.total.kept == 24
    assert len(engine.made) == 48


def test_a_class_that_is_slow_to_settle_does_not_hold_up_the_others(a_set: Callable[..., Run], plugged: Plug) -> None:
    class OnlyChairs(Logging):
        def make(self, requests: Sequence[Request]) -> Iterator[Any]:
            for request in requests:
                yield (
                    Made(request.recipe_id, picture(request))
                    if "chair" in request.prompt
                    else Failed(request.recipe_id, "the server sleeps")
                )

    plugged("engines", "one", OnlyChairs)
    run = a_set(make="one", score=[], write="grammar", classes={"lemon": 30, "chair": 30})
    by_name = {c.name: c for c in run.make().finish().summary.classes}
    assert by_name["chair"].kept == 30
    assert (by_name["lemon"].kept, by_name["lemon"].failed + by_name["lemon"].waiting) == (0, 30)


def test_later_rounds_hold_so_many_recipes_at_most(a_set: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    assert flow.ROUND == 1000
    monkeypatch.setattr(flow, "ROUND", 100)
    begun: list[int] = []
    real = Ledger.begin

    def begin(self: Ledger, limit: int, recipe_of: Any, **more: Any) -> int:
        begun.append(real(self, limit, recipe_of, **more))
        return begun[-1]

    monkeypatch.setattr(Ledger, "begin", begin)
    run = a_set(classes={"lemon": 140}, techniques={"vanilla": 1}, score=[], make={"use": "flat", "size": 8})
    assert run.make().finish().summary.total.kept == 140
    assert [n for n in begun if n] == [20, 100, 20]


def test_slots_that_nothing_can_fill_are_given_up_with_the_reason(a_set: Callable[..., Run], plugged: Plug) -> None:
    engine = logging_engine()
    plugged("engines", "one", engine)
    plugged("scorers", "judge", judge(lambda item: item.label != "lemon"))
    run = a_set(make="one", score=["judge"], write="grammar", keep={"attempts": 4})
    page = run.make(despite=["yield"]).finish()
    assert (page.summary.total.kept, page.summary.total.given_up) == (8, 8)
    said = re.search(r"given up: 8 of lemon.*: 4 attempts; the last: judge\.ok.* is below 1", str(page))
    assert said, str(page)
    assert len(engine.made) == 8 + 8 * 4
    run.make(despite=["yield"]).finish()
    assert len(engine.made) == 40, "what was given up was tried again"
    a_set(make="one", score=["judge"], write="grammar", keep={"attempts": 5})
    run.make(despite=["yield"]).finish()
    assert len(engine.made) == 48, "a larger number of attempts takes given-up slots up again"


def test_a_class_whose_first_twenty_images_keep_too_little_is_stopped(a_set: Callable[..., Run], plugged: Plug) -> None:
    engine = logging_engine()
    plugged("engines", "one", engine)
    kept = {"lemon": 3, "chair": 4}
    plugged("scorers", "judge", judge(lambda item: item.sample.recipe.slot.number < kept[item.label]))
    few = {"make": "one", "score": ["judge"], "write": "grammar", "keep": {"attempts": 2}, "techniques": {"vanilla": 1}}
    run = a_set(classes={"lemon": 50, "chair": 50}, **few)
    page = run.make().finish()
    made = Counter(s.label for s in run.samples())
    assert made["lemon"] == 20, "3 of 20 are less than a fifth"
    assert made["chair"] == 50 + 46, "4 of 20 are a fifth"
    assert {c.name: c.kept for c in page.summary.classes} == kept
    assert run.plan().outlook.to_make == 0, "what is stopped is no work to come"
    assert "stopped, for too few of their first images pass: lemon" in str(run.plan())
    run.make(despite=["yield"]).finish()
    assert Counter(s.label for s in run.samples())["lemon"] == 50 + 47
    with pytest.raises(MintageError, match="despite"):
        run.make(despite=["yeild"])


@pytest.mark.parametrize("answer", [Failed, Refused])
@pytest.mark.parametrize("limit", [None, 5])
def test_an_engine_that_makes_nothing_ends_the_run(
    answer: type[Any], limit: int | None, a_set: Callable[..., Run], plugged: Plug
) -> None:
    class Nothing(ports.Engine):
        asked: ClassVar[list[str]] = []

        def make(self, requests: Sequence[Request]) -> Iterator[Any]:
            for request in requests:
                self.asked.append(request.recipe_id)
                yield answer(request.recipe_id, "no")

    plugged("engines", "one", Nothing)
    run = a_set(make="one", score=[], write="grammar")
    total = run.make(limit=limit).finish().summary.total
    assert (total.kept, total.waiting) == (0, 0)
    assert len(Nothing.asked) == len(set(Nothing.asked)) == (16 if answer is Failed else 32)


def test_facts_are_committed_before_an_engine_is_asked_for_more(a_set: Callable[..., Run], plugged: Plug) -> None:
    class Asks(Logging):
        def make(self, requests: Sequence[Request]) -> Iterator[Any]:
            for request in requests:
                assert sum(1 for s in run.samples() if s.done("image")) == len(self.made)
                self.made.append(request.recipe_id)
                yield Made(request.recipe_id, picture(request))

    plugged("engines", "one", type("Engine", (Asks,), {"made": []}))
    run = a_set(make="one", score=[], write="grammar")
    assert run.make().finish().summary.total.kept == 16


def test_a_technique_whose_brief_fails_for_one_slot_fails_that_slot_alone(
    a_set: Callable[..., Run], plugged: Plug
) -> None:
    class Odd(Vanilla):
        def plan(self, key: str, count: int, rows: Any) -> Iterator[Mapping[str, str]]:
            return repeat({}, count)

        def brief(self, recipe: Any) -> Any:
            if recipe.slot.number == 2:
                raise LookupError("no such reference")
            return super().brief(recipe)

        def prepare(self, sample: Any, parents: Parents, verb: str) -> Request:
            if sample.recipe.slot.number == 3:
                raise FileNotFoundError(2, "No such file", "photos/1.jpg")
            return super().prepare(sample, parents, verb)

        def finish(self, image: Any, request: Request) -> Any:
            if request.seed == seed_of_4["lemon"]:
                raise ValueError("the mask has another size")
            return image

        def rivals(self, recipe: Any) -> Any:
            if recipe.slot.number == 5:
                raise RuntimeError("no rivals")
            return super().rivals(recipe)

    plugged("techniques", "odd", Odd)
    plugged("scorers", "judge", judge(lambda item: True))
    run = a_set(techniques={"odd": 1}, make={"use": "flat", "size": 8}, score=["judge"], write="grammar")
    from mintage.core.recipe import seed_of

    seed_of_4 = {"lemon": seed_of(1, "lemon", "odd", 4, 0)}
    page = run.make().finish()
    failed = {str(s.recipe.slot): s.verdict.reason for s in run.samples(kept=False) if s.verdict}
    assert set(failed) == {f"{c}/odd-{n}" for c in ("lemon", "chair") for n in (2, 3, 5)} | {"lemon/odd-4"}
    assert page.summary.total.kept == 9
    assert "no such reference" in failed["lemon/odd-2"]
    assert "photos/1.jpg" in failed["lemon/odd-3"]
    assert "the mask has another size" in failed["lemon/odd-4"]
    assert "no rivals" in failed["chair/odd-5"]


def test_a_slot_of_the_set_is_what_its_key_technique_and_number_say(a_set: Callable[..., Run]) -> None:
    run = a_set(score=[])
    run.make().finish()
    slots = [s.recipe.slot for s in run.samples(kept=True)]
    assert len({(s.key, s.technique, s.number) for s in slots}) == 16
    assert all(
        isinstance(s, Slot) and set(s.attributes) == (set() if s.technique == "vanilla" else {"environment", "style"})
        for s in slots
    )


def test_a_run_is_complete_after_an_export_and_a_scorer_that_takes_images_away(tmp_path: Path) -> None:
    """An exported image that no longer passes makes earlier attempts due, behind what was just walked over."""

    @mintage.scorer("early", floors={"ok": 1.0})
    def early(item: Item) -> dict[str, float]:
        return {"ok": float(item.sample.recipe.attempt > 0)}

    @mintage.scorer("late", floors={"ok": 1.0})
    def late(item: Item) -> dict[str, float]:
        return {"ok": float(item.sample.recipe.attempt > 1)}

    text = "name: x\nclasses: {lemon: 3}\nmake: flat\nkeep: {attempts: 3}\nscore: [early]\n"
    (tmp_path / "dataset.yaml").write_text(text, encoding="utf-8")
    run = mintage.open(tmp_path)
    assert run.make().finish().summary.total.kept == 3
    run.export()
    (tmp_path / "dataset.yaml").write_text(text.replace("[early]", "[early, late]"), encoding="utf-8")
    summary = run.make().finish().summary
    assert (summary.total.waiting, summary.total.kept) == (0, 3)
    assert summary.attempts["lemon"].made == 9
