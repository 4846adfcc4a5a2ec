"""Calls a plug-in so that one bad item fails alone, and every item gets its answer."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from mintage.core.errors import MintageError
from mintage.core.ports import Answer, Failed, Sent


class _Named(Protocol):
    @property
    def recipe_id(self) -> str: ...


T = TypeVar("T", bound=_Named)


def answers(call: Callable[[Sequence[T]], Iterator[Answer]], items: Sequence[T], who: str) -> Iterator[Answer]:
    """The plug-in's answers, as they come; then `Failed` for each item that got none.

    If the plug-in raises, the items that it has not named yet are tried one by one; one with `Sent` and no answer is
    lost, as after a kill. An answer for a recipe that was not asked, or a second one, is a `MintageError` after all
    others are settled: such a plug-in cannot be trusted with the next batch.
    """
    open_items = {item.recipe_id: item for item in items}
    sent: set[str] = set()
    strange = ""
    error: Exception | None = None
    stream = call(items)
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
        if answer.recipe_id not in open_items:
            strange = strange or answer.recipe_id
            continue
        if isinstance(answer, Sent):
            sent.add(answer.recipe_id)
        else:
            del open_items[answer.recipe_id]
        yield answer
    yield from _rest(call, open_items, sent, error, who, len(items))
    if strange:
        raise MintageError(
            f"{who} answered for {strange!r}, which it was not asked for or had answered",
            expected="one answer for each recipe asked",
            type_this="mend the plug-in, then run again; nothing is lost",
        )


def _rest(
    call: Callable[[Sequence[T]], Iterator[Answer]],
    left: dict[str, T],
    sent: set[str],
    error: Exception | None,
    who: str,
    asked: int,
) -> Iterator[Answer]:
    for recipe_id, item in left.items():
        if error is None:
            yield Failed(recipe_id, f"{who} gave no answer for this recipe")
        elif recipe_id in sent:
            yield Failed(recipe_id, f"lost: sent, then {_said(error)}")
        elif asked == 1:
            yield Failed(recipe_id, f"{who} raised {_said(error)}")
        else:
            yield from answers(call, [item], who)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
