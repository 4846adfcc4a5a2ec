"""Calling a plug-in: an answer for every item, whatever the plug-in does."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest

from mintage.core.errors import MintageError
from mintage.core.ports import Failed, Made, Refused, Request, Sent
from mintage.stages.guard import answers

KINDS = (Sent, Made, Refused, Failed)
ITEMS = [Request(f"{n:024x}", "text", f"prompt {n}") for n in range(4)]


def ask(make: Callable[[Sequence[Request]], Iterable[Any]]) -> list[Any]:
    return list(answers(make, ITEMS, "the engine 'x'", KINDS))


def good(requests: Sequence[Request]) -> Iterator[Made]:
    for request in requests:
        yield Made(request.recipe_id, request.prompt.encode())


def test_answers_pass_through_as_they_come() -> None:
    stream = answers(good, ITEMS, "x", KINDS)
    assert next(stream) == Made(ITEMS[0].recipe_id, b"prompt 0")
    assert [a.recipe_id for a in stream] == [i.recipe_id for i in ITEMS[1:]]


def test_the_next_answer_is_not_asked_for_before_the_last_one_was_taken() -> None:
    asked: list[str] = []

    def make(requests: Sequence[Request]) -> Iterator[Made]:
        for request in requests:
            asked.append(request.recipe_id)
            yield Made(request.recipe_id, b"")

    stream = answers(make, ITEMS, "x", KINDS)
    next(stream)
    assert len(asked) == 1


def test_a_list_is_as_good_as_a_generator() -> None:
    assert ask(lambda requests: list(good(requests))) == list(good(ITEMS))


@pytest.mark.parametrize("make", [lambda requests: None, lambda requests: 1 / 0])
def test_a_call_that_fails_at_once_fails_each_item(make: Any) -> None:
    found = ask(make)
    assert [a.recipe_id for a in found] == [i.recipe_id for i in ITEMS]
    assert all(isinstance(a, Failed) and "the engine 'x' raised" in a.reason for a in found)


def test_what_was_answered_before_an_error_is_not_asked_again() -> None:
    calls: list[int] = []

    def make(requests: Sequence[Request]) -> Iterator[Made]:
        calls.append(len(requests))
        for request in requests:
            if request is ITEMS[2]:
                raise ValueError("no")
            yield Made(request.recipe_id, b"")

    found = ask(make)
    assert [type(a) for a in found] == [Made, Made, Failed, Made]
    assert calls == [4, 1, 1]


def test_what_was_sent_and_not_answered_is_lost_at_its_bound_and_not_sent_again() -> None:
    sent: list[str] = []

    def make(requests: Sequence[Request]) -> Iterator[Sent | Made]:
        for request in requests:
            sent.append(request.recipe_id)
            yield Sent(request.recipe_id, "t", 0.25)
            if request is ITEMS[1]:
                raise TimeoutError("no answer\nin 60 s")
            yield Made(request.recipe_id, b"")

    found = [a for a in ask(make) if not isinstance(a, Sent)]
    assert found[1] == Failed(ITEMS[1].recipe_id, "lost: sent, then TimeoutError: no answer in 60 s", cost=0.25)
    assert [type(a) for a in found] == [Made, Failed, Made, Made]
    assert sorted(sent) == [i.recipe_id for i in ITEMS]


@pytest.mark.parametrize("odd", [math.nan, math.inf, -0.1, "much", None])
def test_a_cost_that_cannot_be_summed_is_what_was_sent_at_most(odd: Any) -> None:
    def make(requests: Sequence[Request]) -> Iterator[Any]:
        for request in requests[:2]:
            yield Sent(request.recipe_id, "t", 0.25)
            yield Sent(request.recipe_id, "t2", 0.25)
            yield Made(request.recipe_id, b"", seconds=odd, cost=odd)
        yield Sent(requests[2].recipe_id, "t", odd)
        yield Refused(requests[2].recipe_id, "no", cost=0.1)
        yield Made(requests[3].recipe_id, b"", cost=odd)

    found = [a for a in ask(make) if not isinstance(a, Sent)]
    assert [(a.cost, a.seconds) for a in found] == [(0.5, 0), (0.5, 0), (0.1, 0), (0, 0)]
    assert [a.bound for a in ask(make) if isinstance(a, Sent)] == [0.25, 0.25, 0.25, 0.25, 0]


def test_a_mistake_of_the_user_stops_it_all() -> None:
    def make(requests: Sequence[Request]) -> Iterator[Made]:
        yield Made(requests[0].recipe_id, b"")
        raise MintageError("no key")

    seen: list[Any] = []
    with pytest.raises(MintageError, match="no key"):
        seen.extend(answers(make, ITEMS, "x", KINDS))
    assert seen == [Made(ITEMS[0].recipe_id, b"")]


def test_an_interrupt_is_not_taken_for_a_failure() -> None:
    def make(requests: Sequence[Request]) -> Iterator[Made]:
        yield from ()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(make)


@pytest.mark.parametrize("odd", [None, "image", Made("nobody", b""), Made(ITEMS[0].recipe_id, b"")])
def test_an_answer_that_nobody_asked_for_is_told_after_all_others_are_settled(odd: Any) -> None:
    def make(requests: Sequence[Request]) -> Iterator[Any]:
        yield from good(requests[:2])
        yield odd
        yield from good(requests[2:])

    stream = answers(make, ITEMS, "the engine 'x'", KINDS)
    found = []
    with pytest.raises(MintageError, match=r"the engine 'x' answered"):
        for answer in stream:
            found.append(answer.recipe_id)
    assert found == [i.recipe_id for i in ITEMS]


def test_nothing_asked_gives_nothing() -> None:
    assert list(answers(good, [], "x", KINDS)) == []
