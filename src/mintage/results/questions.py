"""Asks a writer about the whole set: within the budget, each answer a fact of the run, nothing paid for twice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from mintage.core.ledger import Ledger
from mintage.core.passing import LOST
from mintage.core.ports import Failed, Proposed, Question, Refused, Sent, Writer
from mintage.core.purse import Purse
from mintage.core.recipe import Fact, Outcome, digest
from mintage.stages.guard import answers

PROPOSAL = "proposal"
"""The name of the run's facts about what was asked, answered and paid."""

Answer = Proposed | Refused | Failed


def who(writer: Writer) -> str:
    """The writer and its model, as a comment names them."""
    hosting = writer.hosting
    model = hosting.model if hosting else getattr(writer.options, "model", "")
    return " ".join(f"{writer.name} {model}".split())


@dataclass
class Asking:
    """One call of `propose`. Without a ledger (a writer that calls no model) nothing is written down.

    `spent`: dollars of this call; `reused`: answers of an earlier one that ended before they were in the file; `lost`:
    what such a one had sent when it died, at its bound.
    """

    writer: Writer
    ledger: Ledger | None = None
    purse: Purse = field(default_factory=Purse)
    spent: float = 0.0
    reused: int = 0
    lost: float = 0.0
    tell: Callable[[int, int], None] = lambda done, total: None
    """Hears of progress: questions answered, of those that were asked together."""
    _known: dict[str, list[Proposed]] = field(default_factory=dict)
    """Answers that are paid and of which nothing came yet, by question."""
    _asked: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """What a question is about (kind, name) → the ids of those that were asked."""

    def __post_init__(self) -> None:
        for fact in self.ledger.all(PROPOSAL) if self.ledger else ():
            told = fact.value
            for question in told.get("used", ()):
                self._known.pop(question, None)
            if fact.outcome == "done" and "values" in told:
                values, unsuited = tuple(told["values"]), told["unsuited"]
                answer = Proposed(told["question"], values, unsuited)
                self._known.setdefault(answer.recipe_id, []).append(answer)

    def ask(self, questions: Sequence[Question]) -> list[Answer | None]:
        """The answers, in the order of the questions; None for what the budget did not bear: `purse.short` says why."""
        named = [self._with_id(q) for q in questions]
        found: dict[str, Answer] = {
            q.recipe_id: self._known[q.recipe_id].pop(0) for q in named if self._known.get(q.recipe_id)
        }
        self.reused += len(found)
        left = [q for q in named if q.recipe_id not in found]
        while left:
            now = [q for q in left if self.purse.reserve(q.recipe_id, PROPOSAL, self.writer.price_of(q))]
            if not now:
                self.purse.give_up()
                break
            asked = {q.recipe_id for q in now}
            left = [q for q in left if q.recipe_id not in asked]
            found |= {answer.recipe_id: answer for answer in self._answers(now)}
        return [found.get(q.recipe_id) for q in named]

    def settle(self, about: Sequence[tuple[str, str]]) -> None:
        """What came of these (kind, name) is in the file, or nothing can: who asks again wants new answers."""
        used = [question for which in about for question in self._asked.get(which, ())]
        if used and self.ledger:
            self.ledger.note(PROPOSAL, {"used": used})

    def _with_id(self, question: Question) -> Question:
        asked = {name: getattr(question, name) for name in question.__slots__ if name != "recipe_id"}
        by = [self.writer.name, self.writer.version, self.writer.settings]
        told: dict[str, Any] = {k: list(v) if isinstance(v, tuple) else v for k, v in asked.items()}
        named = replace(question, recipe_id=digest([PROPOSAL, by, told], 24))
        kind = "values" if question.kind == "suits" else question.kind
        self._asked.setdefault((kind, question.name), []).append(named.recipe_id)
        return named

    def _answers(self, questions: Sequence[Question]) -> Iterator[Answer]:
        """Each is a fact before it is handed on. A question has one ticket of ours for all requests about it."""
        tickets = {q.recipe_id: (uuid4().hex, q) for q in questions}
        said, done = f"the writer {self.writer.name!r}", 0
        for answer in answers(self.writer.propose, list(questions), said, (Sent, Proposed, Refused, Failed)):
            ticket, question = tickets[answer.recipe_id]
            told: dict[str, Any] = {"ticket": ticket, "question": answer.recipe_id}
            if isinstance(answer, Sent):
                self._note(answer.recipe_id, "sent", told | {"bound": answer.bound, "of": answer.ticket})
                continue
            assert isinstance(answer, Proposed | Refused | Failed)
            if isinstance(answer, Proposed):
                answer = replace(answer, values=tuple(v for v in answer.values if isinstance(v, str)))
                told |= {"kind": question.kind, "name": question.name, "by": who(self.writer)}
                told |= {"values": list(answer.values), "unsuited": dict(answer.unsuited)}
                self._note(answer.recipe_id, "done", told, answer.cost)
            else:
                lost = isinstance(answer, Failed) and answer.reason.startswith(LOST)
                cost = max(answer.cost, self.purse.bound(answer.recipe_id, PROPOSAL)) if lost else answer.cost
                outcome: Outcome = "refused" if isinstance(answer, Refused) else "failed"
                self._note(answer.recipe_id, outcome, told, cost, answer.reason)
            done += 1
            self.tell(done, len(questions))
            yield answer

    def _note(self, question: str, outcome: Outcome, value: dict[str, Any], cost: float = 0.0, why: str = "") -> None:
        if self.ledger:
            self.ledger.note(PROPOSAL, value, outcome, cost, why)
        self.purse.hear(Fact(question, PROPOSAL, outcome, value, cost=cost))
        self.spent += cost


def lost_before(ledger: Ledger) -> dict[str, float]:
    """What was sent by a process that is dead: ticket → bound."""
    return {ticket: bound for (ticket, name), bound in ledger.owed().items() if name == PROPOSAL}


def book_lost(ledger: Ledger, lost: Mapping[str, float]) -> None:
    """Count it as spent."""
    for ticket, bound in lost.items():
        ledger.note(PROPOSAL, {"ticket": ticket}, "failed", bound, f"{LOST}in flight when it ended")
