"""Asks one question in one request, and reads its answer however it is dressed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mintage.core.ports import LOST, Failed, Proposed, Question, Refused
from mintage.hosted.client import new_ticket
from mintage.hosted.flight import Call, Landed
from mintage.hosted.prices import Tariff
from mintage.wording.text import clean, same
from mintage.writers._openai_asking import Reply
from mintage.writers._openai_bounds import cost_of
from mintage.writers._openai_questions import entries_of, format_of, messages_of
from mintage.writers._openai_reading import is_apology, objects
from mintage.writers._openai_rounds import Ask
from mintage.writers._openai_talk import CUT
from mintage.writers._openai_words import size_of

_ENTRY = 100
"""Tokens of a value with up to five classes that it does not suit."""
_LONGEST, _LINE = 80, 300
"""Characters of a value or kind, and of a description."""


@dataclass(frozen=True)
class Proposing:
    """How questions are asked. `max_tokens`: of an answer beside its entries; `thinking`: for what is thought first."""

    tariff: Tariff
    ask: Ask
    shown: Callable[[str], str]
    """A server's words without any key."""
    instructions: str
    max_tokens: int
    thinking: int

    def price(self, question: Question) -> float:
        """The most that asking it can cost, in dollars."""
        sent = size_of(messages_of(question, self.instructions)) + size_of(format_of(question))
        return self.tariff.most_for_chat(text=sent, max_tokens=self._tokens(question))

    def calls(self, questions: Sequence[Question]) -> Iterator[Call[Reply]]:
        for question in questions:
            ticket, told = new_ticket(), messages_of(question, self.instructions)
            do = partial(self.ask, told, format_of(question), self._tokens(question), ticket)
            yield Call((question.recipe_id,), (self.price(question),), do, ticket)

    def land(self, question: Question, landed: Landed[Reply]) -> Proposed | Refused | Failed:
        """What became of a question."""
        (bound,), fault, reply, own = landed.call.bounds, landed.fault, landed.value, question.recipe_id
        if reply is None:
            if fault is None or fault.kind == "lost":
                said = LOST + (fault.words if fault else "nothing came back")
                return Failed(own, said, landed.seconds, cost_of(self.tariff, None, bound))
            kind = Refused if fault.kind == "refused" else Failed
            return kind(own, fault.words, landed.seconds)
        cost = cost_of(self.tariff, reply.usage, bound)
        found = read_answer(question, reply.text)
        if found is not None and not reply.refusal:
            return Proposed(own, *found, seconds=landed.seconds, cost=cost)
        refusal = self.shown(reply.refusal or (reply.text if is_apology(reply.text) else ""))
        if refusal:
            return Refused(own, refusal, landed.seconds, cost)
        return Failed(own, CUT if reply.cut else "the answer was not the JSON that was asked for", landed.seconds, cost)

    def _tokens(self, question: Question) -> int:
        return self.thinking + self.max_tokens + _ENTRY * entries_of(question)


def read_answer(question: Question, text: str) -> tuple[tuple[str, ...], Mapping[str, str]] | None:
    """The values of an answer and which of them do not suit which class; None: there is nothing to read.

    Of `suits` only given values count, as they were given. What is named that is no class is left out.
    """
    if question.kind == "meaning":
        found = next((o for o in objects(text) if isinstance(o, Mapping) and _line(o.get("description"), _LINE)), None)
        return ((_line(found.get("kind"), _LONGEST), _line(found["description"], _LINE)), {}) if found else None
    classes = {same(name): name for name in question.classes}
    given = {same(_line(value, _LINE)): value for value in question.given} if question.kind == "suits" else None
    values: dict[str, str] = {}
    unsuited: dict[str, str] = {}
    for said, not_for in _told(text):
        value = said if given is None else given.get(same(said), "")
        if not value or values.setdefault(same(value), value) != value:
            continue
        odd = next((classes[same(name)] for name in not_for if same(name) in classes), None)
        if odd is not None:
            unsuited.setdefault(value, odd)
    return (tuple(values.values()), unsuited) if values or (given is None and _is_empty(text)) else None


def _told(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each value and the classes that it does not suit; a list of bare words will do where there is nothing better."""
    found = [entry for whole in objects(text) for entry in _entries(whole)]
    told = [entry for entry in found if isinstance(entry, Mapping)]
    bare = found or [entry for whole in objects(text, "[") for entry in whole]
    for entry in told or [{"value": entry} for entry in bare]:
        value, not_for = _line(entry.get("value"), _LONGEST), entry.get("not_for")
        names = [not_for] if isinstance(not_for, str) else not_for if isinstance(not_for, list) else []
        if value:
            yield value, [clean(name) for name in names if isinstance(name, str)]


def _is_empty(text: str) -> bool:
    """Whether it says that there is nothing to propose: an object with an empty list."""
    return any(isinstance(whole, Mapping) and [] in whole.values() for whole in objects(text))


def _entries(whole: Any) -> list[Any]:
    """An object that is an entry itself, or those of the lists in it, whatever their keys."""
    if isinstance(whole, Mapping) and "value" in whole:
        return [whole]
    lists = [value for value in whole.values() if isinstance(value, list)] if isinstance(whole, Mapping) else []
    return [entry for entries in lists for entry in entries]


def _line(said: Any, most: int) -> str:
    """A text on one line without quotes around it and a full stop behind it; "" for what is none, or too long."""
    told = clean(said).strip(" \"'“”.") if isinstance(said, str) else ""
    return told if len(told) <= most else ""
