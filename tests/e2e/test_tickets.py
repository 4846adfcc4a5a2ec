"""Paid requests: a ticket that was sent is never lost from sight, whatever dies."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import pytest

from mintage.core import ports
from mintage.core.ports import Failed, Made, Request, Sent
from mintage.core.recipe import Recipe
from mintage.run import Run

Plug = Callable[[str, str, type[Any]], None]


class Killed(BaseException):
    """Stands for the end of the process: no handler of errors sees it."""


class Paid(ports.Engine):
    """Sends each request, then answers; dies at the n-th answer. `server`: ticket → what it was asked for."""

    needs = ports.Resources(batch=4)
    dies_at: ClassVar[int] = 0
    server: ClassVar[dict[str, str]] = {}
    asked: ClassVar[list[Request]] = []

    def make(self, requests: Sequence[Request]) -> Iterator[Any]:
        cls = type(self)
        cls.asked += requests
        for request in requests:
            if request.ticket is None:
                ticket = f"ticket-{len(self.server)}"
                yield Sent(request.recipe_id, ticket, 0.5)
                self.server[ticket] = request.recipe_id
        for request in requests:
            cls.dies_at -= 1
            if cls.dies_at == 0:
                self.die()
            yield from self.answer(request)

    def die(self) -> None:
        raise Killed

    def answer(self, request: Request) -> Iterator[Any]:
        if request.ticket is not None and self.server.get(request.ticket) != request.recipe_id:
            yield Failed(request.recipe_id, "lost: the server knows no such ticket", cost=0.5)
        else:
            yield Made(request.recipe_id, picture(request), cost=0.3)


def picture(request: Request) -> Any:
    from PIL import Image

    return Image.new("RGB", (4, 4), (request.seed % 256, 0, 0))


@pytest.fixture
def paid(plugged: Plug) -> type[Paid]:
    cls = type("Engine", (Paid,), {"server": {}, "asked": [], "dies_at": 0})
    plugged("engines", "paid", cls)
    return cls


def start(a_set: Callable[..., Run]) -> Run:
    return a_set(make="paid", score=[], write="grammar")


def test_a_ticket_goes_back_to_the_engine_after_a_kill_and_nothing_is_paid_twice(
    a_set: Callable[..., Run], paid: type[Paid]
) -> None:
    run = start(a_set)
    paid.dies_at = 6
    with pytest.raises(Killed):
        run.make().finish()
    open_tickets = {s.id: s.facts["image:sent"].value["ticket"] for s in run.samples() if "image:sent" in s.facts}
    assert len(open_tickets) == 3, "four were sent together, and one of them was answered"
    paid.asked.clear()
    run.make().finish()
    assert {r.recipe_id: r.ticket for r in paid.asked if r.ticket} == open_tickets
    assert len(paid.server) == 16, "something was ordered twice"
    summary = run.status().summary
    assert summary.total.kept == 16
    assert summary.dollars == pytest.approx(16 * 0.3)


def test_a_kill_between_a_ticket_and_its_request_costs_nothing_twice(
    a_set: Callable[..., Run], paid: type[Paid]
) -> None:
    run = start(a_set)
    paid.dies_at = 2
    with pytest.raises(Killed):
        run.make().finish()
    lost = next(s.id for s in run.samples() if "image:sent" in s.facts)
    ticket = next(s.facts["image:sent"].value["ticket"] for s in run.samples() if s.id == lost)
    paid.server[ticket] = "another's"
    paid.asked.clear()
    page = run.make().finish()
    assert page.summary.total.kept == 16
    again = [(r.recipe_id, r.ticket) for r in paid.asked if r.recipe_id == lost]
    assert again == [(lost, ticket), (lost, None)], "asked for, then ordered anew by the same recipe"
    assert page.summary.dollars == pytest.approx(16 * 0.3 + 0.5), "what was lost counts at its upper bound"


def test_what_gets_lost_three_times_waits_for_a_person(a_set: Callable[..., Run], paid: type[Paid]) -> None:
    run = start(a_set)
    bad: list[str] = []

    def lose(self: Paid, request: Request) -> Iterator[Any]:
        if not bad:
            bad.append(request.recipe_id)
        if request.recipe_id == bad[0]:
            yield Failed(request.recipe_id, "lost: half a reply", cost=0.5)
        else:
            yield Made(request.recipe_id, picture(request), cost=0.3)

    paid.answer = lose  # type: ignore[method-assign]
    page = run.make().finish()
    assert (page.summary.total.kept, page.summary.total.failed) == (15, 1)
    assert page.summary.dollars == pytest.approx(15 * 0.3 + 3 * 0.5)
    assert len(paid.server) == 18
    assert run.make().finish().summary.total.failed == 1, "a second run does not buy it again"
    assert len(paid.server) == 18
    bad[0] = "nobody"
    assert run.retry().finish().summary.total.kept == 16


def test_an_engine_that_raises_loses_what_it_sent_at_its_bound_and_tries_no_sent_one_again(
    a_set: Callable[..., Run], paid: type[Paid]
) -> None:
    run = start(a_set)

    def die(self: Paid) -> None:
        raise ConnectionError("the line is dead")

    paid.die = die  # type: ignore[method-assign]
    paid.dies_at = 2
    page = run.make().finish()
    assert page.summary.total.kept == 16
    assert page.summary.dollars == pytest.approx(16 * 0.3 + 3 * 0.5)
    assert len(paid.server) == 19


def test_an_edited_spec_still_fetches_what_was_sent(a_set: Callable[..., Run], paid: type[Paid]) -> None:
    run = start(a_set)
    paid.dies_at = 1
    with pytest.raises(Killed):
        run.make().finish()
    sent = {s.id for s in run.samples() if "image:sent" in s.facts}
    assert len(sent) == 4
    a_set(make={"use": "flat", "size": 8}, score=[], write="grammar")
    a_set(make="paid", score=[], write={"use": "grammar", "medium": "drawing"})
    paid.asked.clear()
    run.make().finish()
    assert {r.recipe_id for r in paid.asked if r.ticket} == sent
    assert len(paid.server) == 16


def test_a_recipe_says_what_was_paid_for_it(a_set: Callable[..., Run], paid: type[Paid]) -> None:
    run = start(a_set)
    run.make().finish()
    assert all(s.facts["image"].cost == 0.3 and isinstance(s.recipe, Recipe) for s in run.samples())
