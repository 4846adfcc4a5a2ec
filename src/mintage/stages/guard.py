"""Calls a plug-in so that one bad item fails alone, and every item gets its answer."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Protocol, TypeVar

from mintage.core.decide import GONE, lost_before
from mintage.core.errors import MintageError
from mintage.core.parents import ParentGone
from mintage.core.ports import LOST, Answer, Failed, Refused, Sent
from mintage.core.purse import Purse
from mintage.core.recipe import Sample


class _Named(Protocol):
    @property
    def recipe_id(self) -> str: ...


T = TypeVar("T", bound=_Named)


class Handed(Iterable[T]):
    """Samples on their way to a plug-in: each is made into what the plug-in takes when it is asked for, as far as the
    purse bears it.

    Iterating ends where the purse bears no more; iterate again when some of it came back. `left`: not handed out yet;
    `items`: handed out and not settled, by recipe; `failed`: what could not be made, with the reason.
    """

    def __init__(
        self,
        samples: Iterable[Sample],
        build: Callable[[Sample], T],
        price: Callable[[T], float] = lambda item: 0.0,
        purse: Purse | None = None,
        name: str = "",
    ) -> None:
        self.left = deque(samples)
        self.items: dict[str, T] = {}
        self.failed: list[Failed] = []
        self._build, self._price, self._purse, self._name = build, price, purse or Purse(), name

    def __iter__(self) -> Iterator[T]:
        while self.left:
            sample = self.left[0]
            try:
                item = self._build(sample)
                price = self._price(item)
            except MintageError:
                raise
            except Exception as error:
                self.failed.append(_unbuilt(sample, error))
                self.left.popleft()
                continue
            if not self._purse.reserve(sample.id, self._name, price):
                return
            self.left.popleft()
            self.items[sample.id] = item
            yield item

    def give_up(self) -> None:
        """Nothing more can be handed out."""
        self._purse.give_up()

    def told(self) -> Iterator[Failed]:
        """What could not be made since the last call."""
        while self.failed:
            yield self.failed.pop(0)


def _unbuilt(sample: Sample, error: Exception) -> Failed:
    if isinstance(error, ParentGone):
        return Failed(sample.id, f"{GONE}{error}")
    if isinstance(error, OSError):
        return Failed(sample.id, str(error))
    return Failed(sample.id, f"the technique {sample.technique!r} raised {said(error)}")


def asked(
    call: Callable[[Any], Iterable[Answer]],
    handed: Handed[T],
    who: str,
    kinds: tuple[type[Answer], ...],
    *,
    streams: bool = False,
) -> Iterator[Answer]:
    """The plug-in's answers for all that can be handed out, and `Failed` for what could not be made.

    `streams`: the plug-in takes items one by one, so that no more of them exist than it has room for.
    """
    while handed.left:
        before = len(handed.left)
        items = iter(handed) if streams else list(handed)
        for answer in answers(call, items, who, kinds) if items else ():
            yield answer
            yield from handed.told()
        yield from handed.told()
        if len(handed.left) == before:
            handed.give_up()
            return


def answers(
    call: Callable[[Any], Iterable[Answer]], items: Iterable[T], who: str, kinds: tuple[type[Answer], ...]
) -> Iterator[Answer]:
    """The plug-in's answers, as they come; then `Failed` for each item that got none.

    `items` that are no sequence are handed on as a stream: the plug-in takes each when it has room for it.

    If the plug-in raises, the items that it has and has not named yet are tried one by one; one with `Sent` and no
    answer is lost, as after a kill, and costs its bound. An answer for a recipe that was not asked, a second one, or
    one that is none of `kinds` is a `MintageError` after all others are settled: such a plug-in cannot be trusted with
    the next batch.
    """
    strange: list[str] = []
    if isinstance(items, Sequence):
        yield from _asked(call, items, {item.recipe_id: item for item in items}, who, kinds, strange)
    else:
        source = iter(items)
        while (first := next(source, None)) is not None:
            handed = {first.recipe_id: first}
            yield from _asked(call, _noted(chain([first], source), handed), handed, who, kinds, strange)
    if strange:
        raise MintageError(
            f"{who} answered {strange[0]}",
            expected="one answer for each recipe that it was asked for: " + ", ".join(k.__name__ for k in kinds),
            type_this="mend the plug-in, then run again; nothing is lost",
        )


def _noted(items: Iterable[T], handed: dict[str, T]) -> Iterator[T]:
    for item in items:
        handed[item.recipe_id] = item
        yield item


def _asked(
    call: Callable[[Any], Iterable[Answer]],
    items: Iterable[T],
    open_items: dict[str, T],
    who: str,
    kinds: tuple[type[Answer], ...],
    strange: list[str],
) -> Iterator[Answer]:
    """One call, and what is left of it. `open_items`: those that the plug-in has and has not answered."""
    alone = isinstance(items, Sequence) and len(items) == 1
    bounds: dict[str, float] = {}
    error: Exception | None = None
    stream = _stream(call, items)
    while True:
        try:
            answer = next(stream)
        except StopIteration:
            break
        except MintageError:
            raise
        except Exception as raised:
            error = raised
            break
        if not isinstance(answer, kinds) or answer.recipe_id not in open_items:
            strange.append(repr(answer)[:200])
            continue
        answer = _summed(answer, bounds)
        if isinstance(answer, Sent):
            bounds[answer.recipe_id] = bounds.get(answer.recipe_id, 0.0) + answer.bound
        else:
            del open_items[answer.recipe_id]
            bounds.pop(answer.recipe_id, None)
        yield answer
    if error is None:
        yield from (Failed(recipe_id, f"{who} gave no answer for this recipe") for recipe_id in open_items)
    elif alone and not bounds:
        yield from (Failed(recipe_id, f"{who} raised {said(error)}") for recipe_id in open_items)
    else:
        yield from _rest(call, open_items, bounds, error, who, kinds)


def _summed(answer: Answer, bounds: Mapping[str, float]) -> Answer:
    """The answer with numbers that can be summed for ever: a cost that is none (nan, endless, below 0) is taken to be
    what was sent at most; a bound that nobody can say is 0, and none takes back more than was sent."""
    if isinstance(answer, Sent):
        return replace(answer, bound=_number(answer.bound, 0.0, -bounds.get(answer.recipe_id, 0.0)))
    cost = _number(answer.cost, bounds.get(answer.recipe_id, 0.0))
    return replace(answer, seconds=_number(answer.seconds, 0.0), cost=cost)


def _number(value: Any, otherwise: float, least: float = 0.0) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return otherwise
    return number if math.isfinite(number) and number >= least else otherwise


def _stream(call: Callable[[Any], Iterable[Answer]], items: Iterable[T]) -> Iterator[Answer]:
    """The call itself may raise, or give a list: here that comes out where answers are asked for."""
    yield from call(items)


def _rest(
    call: Callable[[Any], Iterable[Answer]],
    left: Mapping[str, T],
    bounds: Mapping[str, float],
    error: Exception,
    who: str,
    kinds: tuple[type[Answer], ...],
) -> Iterator[Answer]:
    for recipe_id, item in left.items():
        if recipe_id in bounds:
            yield Failed(recipe_id, f"{LOST}sent, then {said(error)}", cost=bounds[recipe_id])
        else:
            yield from answers(call, [item], who, kinds)


def said(error: Exception) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:300]


def settled_at(
    answer: Failed | Refused, sample: Sample, name: str, purse: Purse
) -> tuple[dict[str, int] | None, float]:
    """The value of the fact and what it costs: what was sent and got lost costs its bound, and is counted."""
    failed = isinstance(answer, Failed)
    lost = failed and answer.reason.startswith(LOST)
    owing = lost or (failed and f"{name}:sent" in sample.facts)
    cost = max(answer.cost, purse.bound(sample.id, name)) if owing else answer.cost
    return ({"lost": lost_before(sample.facts.get(name)) + 1} if lost else None), cost
