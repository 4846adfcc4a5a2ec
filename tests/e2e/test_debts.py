"""What was sent and never answered is settled whatever becomes of its recipe, its engine or its words."""

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import pytest

from mintage.core import ports, registry
from mintage.core.errors import MintageError
from mintage.core.ports import Failed, Hosting, Made, Request, Scored, Sent, Wrote
from mintage.core.purse import BudgetReached
from mintage.engines import flat
from mintage.run import Run
from trial import words_for

Plug = Callable[[str, str, type[Any]], None]
Build = Callable[..., Run]


class Killed(BaseException):
    """Stands for the end of the process: no handler of errors sees it."""


class Shop(ports.Engine):
    """Costs 10 cents an image and may cost 25; loses the so-manyth, and dies at another. `beside`: at each sale."""

    needs = ports.Resources(batch=4)
    sold: ClassVar[int] = 0
    dies: ClassVar[int] = 0
    loses: ClassVar[int] = 0
    cost: ClassVar[float] = 0.10
    most: ClassVar[float] = 0.25
    fetches: ClassVar[bool] = False
    beside: ClassVar[Any] = staticmethod(lambda: None)

    @property
    def hosting(self) -> Hosting:
        return Hosting("shop-1", "shop.test", 0.10, 0.25)

    def price(self, request: Request) -> float:
        return self.most

    def make(self, requests: Sequence[Request]) -> Iterator[Sent | Made | Failed]:
        for request in requests:
            if request.ticket and not self.fetches:
                yield Failed(request.recipe_id, "lost: nobody knows")
                continue
            if not request.ticket:
                yield Sent(request.recipe_id, f"t-{request.recipe_id}", 0.25)
                type(self).sold += 1
            if self.sold == self.dies:
                raise Killed
            if self.sold == self.loses:
                yield Failed(request.recipe_id, "lost: half a reply", cost=0.1)
                continue
            self.beside()
            picture = flat.Engine(flat.Options(size=64), self.spec)._draw(request)
            yield Made(request.recipe_id, picture, cost=self.cost)


@pytest.fixture
def shop(plugged: Plug) -> type[Shop]:
    cls = type("Engine", (Shop,), {"sold": 0})
    plugged("engines", "shop", cls)
    return cls


def killed(run: Run) -> None:
    with pytest.raises(Killed):
        run.make().finish()


def test_an_engine_that_the_spec_names_no_more_is_asked_for_what_it_owes(a_set: Build, shop: type[Shop]) -> None:
    run = a_set(make="shop", write="grammar", score=[])
    shop.dies = 2
    killed(run)
    shop.dies, shop.fetches = 0, True
    page = a_set(make="flat", write="grammar", score=[]).make().finish()
    assert dict(page.summary.makers) == {"flat": 14, "shop": 2}
    assert page.summary.dollars == pytest.approx(0.2) and page.summary.owed == 0


@pytest.mark.parametrize("why", ["gone", "locked"])
def test_an_engine_that_cannot_be_asked_any_more_stops_no_run_by_another(
    why: str, a_set: Build, shop: type[Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_set(make="shop", write="grammar", score=[])
    shop.dies = 2
    killed(run)

    def locked(self: Shop) -> None:
        raise MintageError("there is no key")

    if why == "gone":
        monkeypatch.delitem(registry._decorated["engines"], "shop")
    else:
        monkeypatch.setattr(shop, "load", locked)
    page = a_set(make="flat", write="grammar", score=[]).make().finish()
    assert (page.exit_code, page.summary.total.kept) == (0, 16)
    assert page.summary.dollars == pytest.approx(0.1 + 0.25) and page.summary.owed == 0


def test_an_image_in_flight_is_settled_also_where_it_would_be_set_aside(a_set: Build, shop: type[Shop]) -> None:
    run = a_set(make={"use": "shop"}, write="grammar", score=[])
    shop.dies = 2
    killed(run)
    page = a_set(make="flat", write="grammar", score=[]).make(again=True).finish()
    assert dict(page.summary.makers) == {"flat": 16}
    assert page.summary.dollars == pytest.approx(0.1 + 0.25) and page.summary.owed == 0


def test_what_is_paid_for_is_fetched_before_the_budget_is_asked(a_set: Build, shop: type[Shop]) -> None:
    run = a_set(make="shop", write="grammar", score=[], budget={"dollars": 0.7})
    shop.loses, shop.dies = 1, 2
    killed(run)
    shop.dies, shop.fetches = 0, True
    page = run.make().finish()
    assert (shop.sold, page.summary.owed, page.exit_code) == (4, 0, 3)
    assert page.summary.dollars == pytest.approx(0.25 + 3 * 0.1), "with the one in flight at its bound, none had fitted"


def test_words_in_flight_are_settled_where_words_and_engine_are_others_now(a_set: Build, plugged: Plug) -> None:
    class Writer(ports.Writer):
        def price(self, sample: ports.Briefed) -> float:
            return 0.2

        def write(self, samples: Sequence[ports.Briefed]) -> Iterator[Sent | Wrote]:
            yield Sent(samples[0].recipe_id, "t", 0.2)
            raise Killed

    plugged("writers", "shop", Writer)
    killed(a_set(make={"use": "flat", "size": 8}, write="shop", score=[]))
    page = a_set(make={"use": "flat", "size": 16}, write="grammar", score=[]).make().finish()
    assert page.summary.dollars == pytest.approx(0.2) and page.summary.owed == 0
    assert page.exit_code == 0


def test_words_without_a_known_bound_harm_no_ledger(a_set: Build, plugged: Plug) -> None:
    class Writer(ports.Writer):
        dies: ClassVar[bool] = True

        def price(self, sample: ports.Briefed) -> float:
            return math.inf

        def write(self, samples: Sequence[ports.Briefed]) -> Iterator[Sent | Wrote]:
            for sample in samples:
                yield Sent(sample.recipe_id, "t", math.inf)
                if self.dies:
                    raise Killed
                yield Wrote(sample.recipe_id, words_for(sample.brief), cost=0.01)

    plugged("writers", "shop", Writer)
    run = a_set(make="flat", write="shop", score=[])
    killed(run)
    assert run.status().summary.owed == 0
    Writer.dies = False
    page = run.make().finish()
    assert (page.summary.total.kept, page.exit_code) == (16, 0)
    assert page.summary.dollars == pytest.approx(0.16)


def test_a_score_that_was_in_flight_costs_its_bound_beside_the_one_that_came(a_set: Build, plugged: Plug) -> None:
    class Scorer(ports.Scorer):
        dies: ClassVar[bool] = True

        def price(self, item: ports.Item) -> float:
            return 0.05

        def score(self, items: Sequence[ports.Item]) -> Iterator[Sent | Scored]:
            for item in items:
                yield Sent(item.recipe_id, "t", 0.05)
                if self.dies:
                    raise Killed
                yield Scored(item.recipe_id, {"x": 1.0}, cost=0.02)

    plugged("scorers", "shop", Scorer)
    run = a_set(make="flat", write="grammar", score=["shop"])
    killed(run)
    Scorer.dies = False
    page = run.make().finish()
    assert (page.summary.total.kept, page.summary.owed) == (16, 0)
    assert page.summary.dollars == pytest.approx(16 * 0.02 + 0.05)


def test_a_remake_that_died_is_settled_by_the_next_run(a_set: Build, shop: type[Shop]) -> None:
    run = a_set(make="shop", score=["mini"], classes={"lemon": 2}, keep={"attempts": 1})
    run.make().finish()
    image, before = next(s.id for s in run.samples()), run.status().summary.dollars
    shop.dies = shop.sold + 1
    with pytest.raises(Killed):
        run.remake(image)
    assert run.status().summary.owed == 0.25
    page = run.make().finish()
    assert page.summary.dollars == pytest.approx(before + 0.25) and page.summary.owed == 0


def test_a_paid_remake_and_a_run_do_not_spend_beside_each_other(a_set: Build, shop: type[Shop]) -> None:
    run = a_set(make="shop", write="grammar", score=[], budget={"dollars": 1.0})
    run.make(limit=1).finish()
    image = next(s.id for s in run.samples() if s.path)
    said: list[str] = []

    def remake() -> None:
        with pytest.raises(MintageError) as error:
            run.remake(image)
        said.append(str(error.value))

    def beside() -> None:
        if not said:
            thread = threading.Thread(target=remake)
            thread.start()
            thread.join()

    shop.beside = staticmethod(beside)
    page = run.make().finish()
    assert "is being made by process" in said[0]
    assert page.summary.dollars == pytest.approx(0.8), "as without it"


def test_a_remake_keeps_to_the_budget_as_it_is_written_now(a_set: Build, shop: type[Shop]) -> None:
    changes: dict[str, Any] = {"make": "shop", "write": "grammar", "score": [], "classes": {"lemon": 2}}
    run = a_set(**changes, budget={"dollars": 10})
    run.make().finish()
    image = next(s.id for s in run.samples())
    a_set(**changes, budget={"dollars": 0.3})
    with pytest.raises(BudgetReached):
        run.remake(image)
    a_set(**changes, budget={"dollars": 0.5})
    assert run.remake(image).remade.cost == 0.10


def test_a_remake_is_booked_by_whatever_engine(a_set: Build, plugged: Plug) -> None:
    class Unsaid(ports.Engine):
        def make(self, requests: Sequence[Request]) -> Iterator[Made]:
            for request in requests:
                yield Made(request.recipe_id, flat.Engine(flat.Options(size=64), self.spec)._draw(request), cost=0.1)

    plugged("engines", "unsaid", Unsaid)
    run = a_set(make="unsaid", write="grammar", score=[], classes={"lemon": 2})
    run.make().finish()
    run.remake(next(s.id for s in run.samples()))
    assert run.status().summary.dollars == pytest.approx(0.3)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -1.0])
def test_a_cost_or_a_price_that_is_no_sum_breaks_no_budget(odd: float, a_set: Build, shop: type[Shop]) -> None:
    shop.cost = odd
    run = a_set(make="shop", write="grammar", score=[], budget={"dollars": 1.0})
    page = run.make().finish()
    assert (page.summary.dollars, shop.sold, page.exit_code) == (1.0, 4, 3)
    shop.cost, shop.most = 0.1, odd
    page = a_set("other", make="shop", write="grammar", score=[], budget={"dollars": 1.0}).make().finish()
    assert (page.summary.dollars, shop.sold, page.exit_code) == (0, 4, 3)


def test_no_words_are_bought_for_images_that_the_budget_does_not_allow(a_set: Build, plugged: Plug) -> None:
    class Writer(ports.Writer):
        sold: ClassVar[int] = 0

        def write(self, samples: Sequence[ports.Briefed]) -> Iterator[Wrote]:
            for sample in samples:
                type(self).sold += 1
                yield Wrote(sample.recipe_id, words_for(sample.brief), cost=0.01)

    plugged("writers", "shop", Writer)
    run = a_set(make="flat", write="shop", score=[], budget={"images": 3})
    for _ in range(3):
        page = run.make().finish()
        assert (page.summary.total.kept, page.exit_code) == (3, 3)
    assert Writer.sold == 4, "one more says that it ends here"


def test_plan_reckons_with_what_each_server_is_still_asked_for(a_set: Build, shop: type[Shop]) -> None:
    techniques = {"vanilla": 1, "scene": 1}
    changes: dict[str, Any] = {"write": "grammar", "score": [], "techniques": techniques, "classes": {"lemon": 40}}
    run = a_set(**changes, make={"use": "flat", "except": {"scene": "shop"}}, budget={"dollars": 0.5})
    run.make().finish()
    by: dict[str, int] = run.status().summary.makers  # type: ignore[assignment]
    assert by["flat"] > by["shop"] == 3
    (outlay,) = run.plan().outlook.outlays
    assert outlay.items == 20 - 3
    assert outlay.expected == pytest.approx(1.7)


def test_plan_learns_nothing_of_an_engine_from_another_ones_attempts(a_set: Build, shop: type[Shop]) -> None:
    changes: dict[str, Any] = {"write": "grammar", "score": [], "classes": {"lemon": 8}}
    a_set(**changes, make="flat").make(limit=4).finish()
    run = a_set(**changes, make="shop")
    run.make(limit=1).finish()
    (outlay,) = run.plan().outlook.outlays
    assert (outlay.items, outlay.tries.seen) == (3, 1)
