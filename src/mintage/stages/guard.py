"""Calls a plug-in so that one bad item fails alone, and every item gets its answer."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from mintage.core.decide import GONE
from mintage.core.errors import MintageError
from mintage.core.parents import ParentGone
from mintage.core.ports import Answer, Failed, Sent
from mintage.core.recipe import Sample


class _Named(Protocol):
    @property
    def recipe_id(self) -> str: ...


T = TypeVar("T", bound=_Named)


def prepared(build: Callable[[Sample], T], samples: Sequence[Sample]) -> tuple[dict[str, T], list[Failed]]:
    """What a plug-in is given, by recipe, and the samples for which it could not be built, each with the reason."""
    items: dict[str, T] = {}
    failed = []
    for sample in samples:
        try:
            items[sample.id] = build(sample)
        except MintageError:
            raise
        except ParentGone as error:
            failed.append(Failed(sample.id, f"{GONE}{error}"))
        except OSError as error:
            failed.append(Failed(sample.id, str(error)))
        except Exception as error:
            failed.append(Failed(sample.id, f"the technique {sample.technique!r} raised {said(error)}"))
    return items, failed


def answers(
    call: Callable[[Sequence[T]], Iterable[Answer]], items: Sequence[T], who: str, kinds: tuple[type[Answer], ...]
) -> Iterator[Answer]:
    """The plug-in's answers, as they come; then `Failed` for each item that got none.

    If the plug-in raises, the items that it has not named yet are tried one by one; one with `Sent` and no answer is
    lost, as after a kill, and costs its bound. An answer for a recipe that was not asked, a second one, or one that is
    none of `kinds` is a `MintageError` after all others are settled: such a plug-in cannot be trusted with the next
    batch.
    """
    open_items = {item.recipe_id: item for item in items}
    bounds: dict[str, float] = {}
    strange = ""
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
            strange = strange or repr(answer)[:200]
            continue
        if isinstance(answer, Sent):
            bounds[answer.recipe_id] = answer.bound
        else:
            del open_items[answer.recipe_id]
        yield answer
    if error is None:
        yield from (Failed(recipe_id, f"{who} gave no answer for this recipe") for recipe_id in open_items)
    elif len(items) == 1 and not bounds:
        yield from (Failed(recipe_id, f"{who} raised {said(error)}") for recipe_id in open_items)
    else:
        yield from _rest(call, open_items, bounds, error, who, kinds)
    if strange:
        raise MintageError(
            f"{who} answered {strange}",
            expected="one answer for each recipe that it was asked for: " + ", ".join(k.__name__ for k in kinds),
            type_this="mend the plug-in, then run again; nothing is lost",
        )


def _stream(call: Callable[[Sequence[T]], Iterable[Answer]], items: Sequence[T]) -> Iterator[Answer]:
    """The call itself may raise, or give a list: here that comes out where answers are asked for."""
    yield from call(items)


def _rest(
    call: Callable[[Sequence[T]], Iterable[Answer]],
    left: Mapping[str, T],
    bounds: Mapping[str, float],
    error: Exception,
    who: str,
    kinds: tuple[type[Answer], ...],
) -> Iterator[Answer]:
    for recipe_id, item in left.items():
        if recipe_id in bounds:
            yield Failed(recipe_id, f"lost: sent, then {said(error)}", cost=bounds[recipe_id])
        else:
            yield from answers(call, [item], who, kinds)


def said(error: Exception) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
