"""The budget is hard: it ends every command that pays, says how to go on, and counts what nobody can account for."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mintage.core import ports
from mintage.core.errors import MintageError
from mintage.core.ports import LOST, Failed, Hosting, Made, Refused, Request, Sent, Wrote
from mintage.core.purse import BudgetReached
from mintage.engines import flat
from mintage.run import Run
from trial import words_for

Plug = Callable[[str, str, type[Any]], None]


class Till(ports.Engine):
    """Costs 10 cents an image and may cost 25; counts what it sells."""

    needs = ports.Resources(batch=4)
    sold: ClassVar[int] = 0
    most: ClassVar[float] = 0.25
    bill: ClassVar[float] = 0.10
    loses: ClassVar[int] = 0
    refuses: ClassVar[str] = "nothing of this"

    @property
    def hosting(self) -> Hosting:
        return Hosting("till-1", "till.test", 0.10, self.most if self.most < 9 else None, per_minute=60)

    def price(self, request: Request) -> float:
        return self.most if self.most < 9 else float("inf")

    def make(self, requests: Sequence[Request]) -> Iterator[Sent | Made | Refused | Failed]:
        for request in requests:
            yield Sent(request.recipe_id, f"t-{request.recipe_id}", self.most)
            if self.loses:
                type(self).loses -= 1
                yield Failed(request.recipe_id, f"{LOST}half a reply", cost=self.most)
                continue
            if self.refuses in request.prompt:
                yield Refused(request.recipe_id, "not that")
                continue
            type(self).sold += 1
            picture = flat.Engine(flat.Options(), self.spec)._draw(request)
            yield Made(request.recipe_id, picture, cost=self.bill)


def flat_text(page: Any) -> str:
    """What a page says, whatever the width of the terminal."""
    return " ".join(str(page).split())


@pytest.fixture
def till(plugged: Plug) -> type[Till]:
    cls = type("Engine", (Till,), {"sold": 0})
    plugged("engines", "till", cls)
    return cls


def test_a_run_ends_before_the_budget_could_be_passed_and_says_how_to_go_on(
    a_set: Callable[..., Run], till: type[Till]
) -> None:
    run = a_set(make="till", score=[], budget={"dollars": 1.0})
    page = run.make().finish()
    assert till.sold == 8, "eight cost $0.80, and a ninth could make it $1.05"
    assert page.summary.dollars == pytest.approx(0.80)
    assert page.exit_code == 3
    said = flat_text(page)
    assert "spent: $0.80 of $1.00, $0.10 for each kept image" in said
    assert "stopped by the budget: $0.80 of $1.00 are spent, and the next image can cost $0.25" in said
    assert "8 images are still to be made" in said and "mintage run" in said
    assert run.make().finish().exit_code == 3 and till.sold == 8, "nothing changes by typing it again"
    run = a_set(make="till", score=[], budget={"dollars": 10.0})
    page = run.make().finish()
    assert (page.exit_code, page.summary.total.kept, till.sold) == (0, 16, 16)


def test_samples_stream_until_the_budget_ends_them(a_set: Callable[..., Run], till: type[Till]) -> None:
    run = a_set(make="till", score=[], budget={"dollars": 0.5})
    seen = []
    with pytest.raises(BudgetReached, match="stopped by the budget"):
        seen.extend(run.make())
    assert len(seen) == till.sold == 3


def test_a_number_of_images_is_a_budget_as_well(a_set: Callable[..., Run], till: type[Till]) -> None:
    page = a_set(make="till", score=[], budget={"images": 5}).make().finish()
    assert (till.sold, page.summary.total.kept, page.exit_code) == (5, 5, 3)
    assert "5 of 5 images are made" in flat_text(page)


def test_a_preview_and_a_remake_are_within_it(a_set: Callable[..., Run], till: type[Till]) -> None:
    run = a_set(make="till", budget={"dollars": 0.6}, score=["mini"])
    page: Any = run.preview(first=4)
    assert till.sold == 4
    assert page.exit_code == 3 and "stopped by the budget" in flat_text(page)
    image = next(s.id for s in run.samples())
    with pytest.raises(BudgetReached, match="was not made again"):
        run.remake(image)
    run = a_set(make="till", budget={"dollars": 5}, score=["mini"])
    run.make(limit=1).finish()
    before = run.status().summary.dollars
    run.remake(image)
    assert run.status().summary.dollars == pytest.approx(before + 0.10), "what a remake costs is booked"


def test_a_model_whose_price_nobody_knows_is_refused_under_a_budget(
    a_set: Callable[..., Run], till: type[Till]
) -> None:
    till.most = 9.0
    run = a_set(make="till", score=[], budget={"dollars": 1.0})
    with pytest.raises(MintageError, match="nobody can say what 'till-1' costs at most"):
        run.plan()
    with pytest.raises(MintageError, match="max_cost"):
        run.make().finish()
    assert till.sold == 0
    assert a_set(make="till", score=[]).plan().cost == pytest.approx(1.6)


def test_words_are_paid_from_the_same_purse(a_set: Callable[..., Run], plugged: Plug) -> None:
    class Writer(ports.Writer):
        needs = ports.Resources(batch=100)

        def price(self, sample: ports.Briefed) -> float:
            return 0.2

        def write(self, samples: Sequence[ports.Briefed]) -> Iterator[Sent | Wrote]:
            for sample in samples:
                yield Sent(sample.recipe_id, "t", 0.2)
                yield Wrote(sample.recipe_id, words_for(sample.brief), cost=0.2)

    plugged("writers", "till", Writer)
    page = a_set(make="flat", write="till", score=[], budget={"dollars": 1.0}).make().finish()
    assert page.summary.total.kept == 5 and page.exit_code == 3
    assert page.summary.dollars == pytest.approx(1.0)


def test_a_set_that_is_complete_is_not_called_short_because_its_words_came_in_turns(
    a_set: Callable[..., Run], plugged: Plug
) -> None:
    class Writer(ports.Writer):
        needs = ports.Resources(batch=100)

        def price(self, sample: ports.Briefed) -> float:
            return 0.4

        def write(self, samples: Sequence[ports.Briefed]) -> Iterator[Sent | Wrote]:
            assert len(samples) <= 2, "more is in flight than the budget bears"
            for sample in samples:
                yield Sent(sample.recipe_id, "t", 0.4)
            for sample in samples:
                yield Wrote(sample.recipe_id, words_for(sample.brief), cost=0.01)

    plugged("writers", "till", Writer)
    page = a_set(make="flat", write="till", score=[], budget={"dollars": 1.0}).make().finish()
    assert (page.exit_code, page.summary.total.kept) == (0, 16)


@pytest.mark.parametrize(("dollars", "kept", "asked"), [(None, 16, 64), (8.0, 16, 64), (1.0, 4, None)])
def test_rewritings_of_a_writer_that_does_not_know_of_them_are_paid_and_within_the_budget(
    a_set: Callable[..., Run], plugged: Plug, dollars: float | None, kept: int, asked: int | None
) -> None:
    class Writer(ports.Writer):
        sold: ClassVar[int] = 0

        def price(self, sample: ports.Briefed) -> float:
            return 0.1

        def write(self, samples: Sequence[ports.Briefed]) -> Iterator[Sent | Wrote]:
            for sample in samples:
                yield Sent(sample.recipe_id, f"t{len(sample.again)}", 0.1)
                type(self).sold += 1
                yield Wrote(sample.recipe_id, "something else", cost=0.1)

    plugged("writers", "till", Writer)
    budget = {"dollars": dollars} if dollars else None
    page = a_set(make="flat", write="till", score=[], budget=budget).make().finish()
    assert page.summary.total.kept >= kept, "what is wrong in the end is worded by the grammar"
    assert page.summary.dollars == pytest.approx(0.1 * Writer.sold)
    assert asked is None or Writer.sold == asked
    assert not dollars or (page.summary.dollars <= dollars + 1e-9 and page.summary.owed == 0)
    assert page.exit_code == (3 if dollars == 1.0 else 0)


def test_words_that_were_in_flight_when_a_run_died_cost_their_bound(a_set: Callable[..., Run], plugged: Plug) -> None:
    class Killed(BaseException):
        pass

    class Writer(ports.Writer):
        dies: ClassVar[bool] = True

        def price(self, sample: ports.Briefed) -> float:
            return 0.2

        def write(self, samples: Sequence[ports.Briefed]) -> Iterator[Sent | Wrote]:
            for sample in samples:
                yield Sent(sample.recipe_id, "t", 0.15)
                yield Sent(sample.recipe_id, "t2", 0.05)
                if self.dies:
                    raise Killed
                yield Wrote(sample.recipe_id, words_for(sample.brief), cost=0.01)

    plugged("writers", "till", Writer)
    run = a_set(make="flat", write="till", score=[], budget={"dollars": 5.0})
    with pytest.raises(Killed):
        run.make().finish()
    assert run.status().summary.owed == pytest.approx(0.2)
    assert "sent and not answered: at most $0.20" in flat_text(run.status())
    Writer.dies = False
    page = run.make().finish()
    assert page.summary.total.kept == 16 and page.summary.owed == 0
    assert page.summary.dollars == pytest.approx(0.2 + 16 * 0.01)


def test_the_command_line_ends_with_3(tmp_path: Path, a_set: Callable[..., Run]) -> None:
    run = a_set(make="flat", write="grammar", score=[], budget={"images": 3})
    ended = subprocess.run(
        [sys.executable, "-m", "mintage.cli", "run", str(run.folder)], capture_output=True, encoding="utf-8"
    )
    assert ended.returncode == 3, ended.stderr
    assert "3 of 3 images are made" in ended.stdout


def test_plan_says_when_nothing_more_can_be_paid(a_set: Callable[..., Run], till: type[Till]) -> None:
    run = a_set(make="till", score=[], budget={"dollars": 1.0})
    run.make().finish()
    assert "the budget is used up" in flat_text(run.plan())
    assert "the budget is used up" in flat_text(a_set("other", make="till", score=[], budget={"dollars": 0.2}).plan())


def test_plan_reckons_with_what_was_billed_once_there_is_enough_of_it(
    a_set: Callable[..., Run], till: type[Till]
) -> None:
    run = a_set(make="till", score=[])
    till.bill = 0.04
    run.make(limit=4).finish()
    assert "about $0.10, at most $0.25 for one image" in flat_text(run.plan())
    run.make(limit=4).finish()
    page = run.plan()
    assert "about $0.04, at most $0.25 for one image (as 8 so far did" in flat_text(page)
    assert page.cost == pytest.approx(8 * 0.04)


def test_a_preview_that_the_budget_kept_from_drawing_says_that_alone(
    a_set: Callable[..., Run], till: type[Till]
) -> None:
    page: Any = a_set(make="till", budget={"dollars": 0.1}, score=["mini"]).preview(first=4)
    said = flat_text(page)
    assert "stopped by the budget" in said
    assert "cannot tell" not in said and page.exit_code == 3


def test_what_counts_for_answers_that_got_lost_is_told(a_set: Callable[..., Run], till: type[Till]) -> None:
    run = a_set(make="till", score=[])
    till.loses = 2
    page = run.make().finish()
    assert page.summary.lost == (2, pytest.approx(0.5))
    assert "at most $0.50 of it for 2 answers that got lost" in flat_text(page)


def test_an_answer_that_costs_more_than_it_could_is_told(
    a_set: Callable[..., Run], till: type[Till], capsys: pytest.CaptureFixture[str]
) -> None:
    till.bill = 0.40
    run = a_set(make="till", score=[], budget={"dollars": 1.0})
    page = run.make().finish()
    assert (till.sold, page.exit_code) == (4, 3), "four fit by what they could cost at most, and no fifth does"
    assert "it cost $0.4, and $0.25 was thought to be the most" in " ".join(capsys.readouterr().err.split())
    assert all("thought to be the most" in s.facts["image"].note for s in run.samples() if s.done("image"))


def test_other_words_for_a_class_take_up_what_was_refused(a_set: Callable[..., Run], till: type[Till]) -> None:
    till.refuses = "lemon"
    run = a_set(make="till", score=[], write="grammar", classes={"lemon": 4, "chair": 4})
    page = run.make().finish()
    assert (page.summary.total.kept, page.summary.total.given_up) == (4, 4)
    assert "tried again with other words" in flat_text(page)
    attempts = a_set(make="till", score=[], write="grammar", classes={"lemon": 4, "chair": 4}, keep={"attempts": 9})
    assert "to make now" not in flat_text(attempts.plan()), "more attempts do not help a refusal"
    assert attempts.make().finish().summary.total.kept == 4
    called = {"lemon": {"images": 4, "called": "yellow citrus"}, "chair": 4}
    run = a_set(make="till", score=[], write="grammar", classes=called, keep={"attempts": 9})
    assert "to make now: 4 images" in flat_text(run.plan())
    assert run.make().finish().summary.total.kept == 8


def test_plan_says_what_is_expected_and_learns_from_attempts(a_set: Callable[..., Run], till: type[Till]) -> None:
    run = a_set(make="till", score=[], budget={"dollars": 1.0})
    said = flat_text(run.plan())
    assert "images from till-1 at till.test: about $0.10, at most $0.25 for one image" in said
    assert "16 images still wanted: $1.60 to $4.80, for 1 to 3 attempts each" in said
    assert "budget: $1.00" in said and "the budget will probably end it" in said
    run.make().finish()
    page = run.plan()
    assert "8 images still wanted: $0.80 expected, $0.80 to $1.1" in flat_text(page)
    assert "(8 of 8 so far passed)" in flat_text(page)
    assert page.cost == pytest.approx(0.80)
    assert "$0.80 spent or in flight so far" in flat_text(page)
