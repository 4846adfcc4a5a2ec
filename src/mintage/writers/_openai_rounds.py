"""Who is asked when: groups first, then alone what was missing or wrong; what each sample has cost so far."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mintage.core.ports import LOST, NOT_SENT, Failed, Refused, Wrote
from mintage.hosted.client import new_ticket
from mintage.hosted.flight import Call, Landed
from mintage.wording.text import same
from mintage.writers._openai_asking import Reply
from mintage.writers._openai_bounds import Bounds
from mintage.writers._openai_talk import TRIES, Open, Talk, Words

_LARGEST = 24_000
"""Bytes of items in one request: long descriptions make small groups."""
_SMALL = (400, 413, 422)
"""What a server answers to a request that is larger than its model can read."""

Ask = Callable[[Sequence[Mapping[str, str]], Mapping[str, Any] | None, int, str], Reply]
"""(messages, the format of the answer, most tokens, ticket) → reply"""
Answer = Wrote | Refused | Failed


@dataclass
class Rounds:
    """The samples of one call of `write`, until each has its answer.

    Groups wait in `queue`; whatever lands without good words joins it again, in smaller groups, at most `TRIES` times.
    """

    talk: Talk
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
            told, most = self.talk.messages(group), self.bounds.tokens(len(group))
            for one in group:
                one.asked += 1
            self.flying[ticket] = group
            parts = tuple(self.bounds.parts([one.bytes for one in group]))
            yield Call(ids, parts, partial(self.ask, told, self.talk.schema, most, ticket), ticket)

    def land(self, landed: Landed[Reply]) -> Iterator[Answer]:
        """The answers that a reply settles; the rest is queued again."""
        group, bounds = self.flying.pop(landed.call.ticket), landed.call.bounds
        fault = landed.fault
        if landed.value is not None:
            for one, part in zip(group, self.bounds.shares(landed.value.usage, bounds), strict=True):
                one.cost += part
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
        """For those that wait for a rewrite when nothing more may leave: they are still to be worded."""
        for one in (one for group in self.queue for one in group if one.asked):
            yield self._failed(one, f"{NOT_SENT}stopped before a rewrite: {one.problem}")

    def _halve(self, group: Sequence[Open], words: str) -> None:
        """A request that the server did not carry out counts as no try: it was too large, or a half of it will say."""
        for one in group:
            one.asked -= 1
            one.problem = words
        self.put(group, -(-len(group) // 2))

    def _read(self, group: Sequence[Open], reply: Reply) -> Iterator[Answer]:
        heard = self.talk.read(group, reply)
        refusal = self.shown(reply.refusal or heard.apology)
        left = []
        for one, words in zip(group, heard.words, strict=True):
            one.problem = self._wrong(one, words, heard.wrong) if isinstance(words, Words) else words
            if isinstance(words, Words) and not one.problem:
                yield self._wrote(one, words)
                continue
            if isinstance(words, Words):
                one.prompts.append((words, one.problem))
            left.append(one)
        yield from self._again(left, 1 if refusal else max(1, len(group) // 4), refusal, len(group) == 1)

    def _wrong(self, one: Open, words: Words, wrong: str) -> str:
        wrong = wrong or one.sample.check(words.prompt)
        if wrong or self.taken.setdefault(same(words.prompt), one) is one:
            return wrong
        one.spare = words
        return "its prompt is that of another item"

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
            elif one.prompts:
                yield self._wrote(one, one.prompts[-1][0])  # no prompt to draw, but the caller has better ones
            else:
                yield self._failed(one, f"{TRIES} answers were of no use; the last: {one.problem}")
        self.put(waiting, 1 if any(one.asked == TRIES - 1 for one in waiting) else most)

    def _failed(self, one: Open, reason: str) -> Failed:
        return Failed(one.id, reason, cost=one.cost)

    def _wrote(self, one: Open, words: Words) -> Wrote:
        return Wrote(
            one.id, words.prompt, "", words.caption, words.atoms, cost=one.cost, rejected=one.rejected(words.prompt)
        )
