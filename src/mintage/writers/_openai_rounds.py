"""Who is asked when: groups first, then alone what was missing or wrong; what each sample has cost so far."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from mintage.core.ports import LOST, NOT_SENT, Briefed, Failed, Refused, Wrote
from mintage.hosted.client import new_ticket
from mintage.hosted.flight import Call, Landed
from mintage.hosted.prices import Tariff
from mintage.writers._openai_asking import Reply
from mintage.writers._openai_checks import Words, read_words, same
from mintage.writers._openai_reading import by_number, entries, is_apology
from mintage.writers._openai_words import SCHEMA, clean, messages, numbers, size_of

TRIES = 3
"""One request and two repairs."""
_NOTE = 400
"""Bytes that `again` and the like may add to an item."""
_LARGEST = 24_000
"""Bytes of items in one request: long descriptions make small groups."""
_SMALL = (400, 413, 422)
"""What a server answers to a request that is larger than its model can read."""

Ask = Callable[[Sequence[Mapping[str, str]], int, str], Reply]
"""(messages, most tokens, ticket) → reply"""
Answer = Wrote | Refused | Failed


@dataclass
class Open:
    """A sample without words: what the model is told of it, and what asking has cost."""

    sample: Briefed
    item: Mapping[str, Any]
    names: Sequence[str]
    asked: int = 0
    cost: float = 0.0
    problem: str = ""
    spare: Words | None = None
    """Good words, but another sample has the same."""

    @property
    def id(self) -> str:
        return self.sample.recipe_id

    @cached_property
    def bytes(self) -> int:
        return size_of(self.item) + _NOTE


@dataclass(frozen=True)
class Bounds:
    """The most that a request can cost, and what part of that each of its items bears."""

    tariff: Tariff
    said: str
    max_tokens: int
    thinking: int

    def of(self, sizes: Sequence[int]) -> float:
        """Of one request, for items of so many bytes each."""
        return self.tariff.most_for_chat(text=self._frame + sum(sizes), max_tokens=self.tokens(len(sizes)))

    @cached_property
    def _frame(self) -> int:
        """Bytes of what every request holds."""
        return len(self.said.encode()) + size_of(SCHEMA)

    def tokens(self, count: int) -> int:
        return self.thinking + self.max_tokens * count

    def parts(self, sizes: Sequence[int]) -> list[float]:
        """Never more than the item would cost alone; together the request's bound."""
        alone = [self.of([size]) for size in sizes]
        total = self.of(sizes)
        if not math.isfinite(total) or not sum(alone):
            return alone
        return [min(each, total * each / sum(alone)) for each in alone]


@dataclass
class Rounds:
    """The samples of one call of `write`, until each has its answer.

    Groups wait in `queue`; whatever lands without good words joins it again, in smaller groups, at most `TRIES` times.
    """

    bounds: Bounds
    ask: Ask
    shown: Callable[[str], str]
    """A server's words without any key."""
    queue: deque[list[Open]] = field(default_factory=deque)
    flying: dict[str, list[Open]] = field(default_factory=dict)
    taken: dict[str, Open] = field(default_factory=dict)
    """The prompts that there are, as they compare."""

    def put(self, waiting: Sequence[Open], most: int) -> None:
        """Queue them in groups of at most `most`."""
        group: list[Open] = []
        for one in waiting:
            if group and (len(group) == most or sum(o.bytes for o in [*group, one]) > _LARGEST):
                self.queue.append(group)
                group = []
            group.append(one)
        if group:
            self.queue.append(group)

    def calls(self) -> Iterator[Call[Reply]]:
        """What is to be sent now; more may be queued when it has landed."""
        while self.queue:
            group = self.queue.popleft()
            ids = tuple(one.id for one in group)
            ticket = new_ticket()
            told = messages(self.bounds.said, [_told(n, one) for n, one in zip(_numbers(group), group, strict=True)])
            for one in group:
                one.asked += 1
            self.flying[ticket] = group
            parts = tuple(self.bounds.parts([one.bytes for one in group]))
            yield Call(ids, parts, partial(self.ask, told, self.bounds.tokens(len(group)), ticket), ticket)

    def land(self, landed: Landed[Reply]) -> Iterator[Answer]:
        """The answers that a reply settles; the rest is queued again."""
        group, bounds = self.flying.pop(landed.call.ticket), landed.call.bounds
        fault = landed.fault
        if landed.value is not None:
            self._charge(group, landed.value, bounds)
            yield from self._read(group, landed.value)
        elif fault is None or fault.kind == "lost":
            words = fault.words if fault else "nothing came back"
            for one, bound in zip(group, bounds, strict=True):
                one.cost += bound if math.isfinite(bound) else 0.0
                yield self._failed(one, LOST + words)
        elif fault.kind == "refused":
            yield from self._again(group, 1, fault.words, len(group) == 1)
        elif fault.kind == "wrong" and fault.status in _SMALL and len(group) > 1:
            self._halve(group, fault.words)
        else:
            yield from (self._failed(one, fault.words) for one in group)

    def abandoned(self) -> Iterator[Failed]:
        """For those that wait for a repair when nothing more may leave: they are still to be worded."""
        for one in (one for group in self.queue for one in group if one.asked):
            yield self._failed(one, f"{NOT_SENT}stopped before a repair: {one.problem}")

    def _halve(self, group: Sequence[Open], words: str) -> None:
        """A request that the server did not carry out counts as no try: it was too large, or a half of it will say."""
        for one in group:
            one.asked -= 1
            one.problem = words
        self.put(group, -(-len(group) // 2))

    def _charge(self, group: Sequence[Open], reply: Reply, bounds: Sequence[float]) -> None:
        """What the server counted, else the bound, in parts like the bounds; the last takes what rounding leaves."""
        counted, bound = self.bounds.tariff.cost(reply.usage), math.fsum(bounds)
        total = bound if counted is None else counted
        if not math.isfinite(total):
            return
        as_bound = bound > 0 and math.isfinite(bound)
        parts = [total * (b / bound if as_bound else 1 / len(group)) for b in bounds[:-1]]
        for one, part in zip(group, [*parts, max(0.0, total - math.fsum(parts))], strict=True):
            one.cost += part

    def _read(self, group: Sequence[Open], reply: Reply) -> Iterator[Answer]:
        found = entries(reply.text)
        asked = _numbers(group)
        told = by_number(found, asked)
        refusal = self.shown(reply.refusal or (reply.text if not found and is_apology(reply.text) else ""))
        left = []
        for n, one in zip(asked, group, strict=True):
            words = read_words(told[n], one.sample.brief, one.names) if n in told else _why(reply, found)
            if isinstance(words, Words) and self._is_new(one, words):
                yield self._wrote(one, words)
                continue
            one.problem = words if isinstance(words, str) else "its prompt is that of another item"
            one.spare = words if isinstance(words, Words) else one.spare
            left.append(one)
        yield from self._again(left, 1 if refusal else max(1, len(group) // 4), refusal, len(group) == 1)

    def _again(self, left: Sequence[Open], most: int, refusal: str = "", alone: bool = False) -> Iterator[Answer]:
        """Ask those anew that may be asked; whoever was refused alone is refused."""
        waiting = []
        for one in left:
            one.problem = refusal or one.problem
            if refusal and alone:
                yield Refused(one.id, refusal, cost=one.cost)
            elif one.asked < TRIES:
                waiting.append(one)
            elif one.spare and one.sample.brief == self.taken[same(one.spare.prompt)].sample.brief:
                yield self._wrote(one, one.spare)  # the same is to be seen: the same words are true of both
            else:
                yield self._failed(one, f"{TRIES} answers were of no use; the last: {one.problem}")
        self.put(waiting, 1 if any(one.asked == TRIES - 1 for one in waiting) else most)

    def _is_new(self, one: Open, words: Words) -> bool:
        return self.taken.setdefault(same(words.prompt), one) is one

    def _failed(self, one: Open, reason: str) -> Failed:
        return Failed(one.id, reason, cost=one.cost)

    def _wrote(self, one: Open, words: Words) -> Wrote:
        return Wrote(one.id, words.prompt, "", words.caption, words.atoms, cost=one.cost)


def _numbers(group: Sequence[Open]) -> list[int]:
    return numbers(len(group))


def _told(n: int, one: Open) -> dict[str, Any]:
    """The item as it is asked now: with its number, and with what was wrong before, in at most `_NOTE` bytes."""
    note = clean(one.problem).translate({ord('"'): "'", ord("\\"): "/"}).encode()[: _NOTE - 100].decode(errors="ignore")
    return {"n": n, **one.item, **({"again": note} if note else {})}


def _why(reply: Reply, found: Sequence[Mapping[str, Any]]) -> str:
    """What became of an item that is not in the answer."""
    if reply.cut:
        return "the answer was cut off: a larger max_tokens or thinking may do"
    return "it was missing in the answer" if found else "the answer was not the JSON that was asked for"
