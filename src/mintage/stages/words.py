"""Words: samples in, prompts out, from each technique's brief; every prompt is checked, whoever wrote it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mintage.core.decide import REPLACED, REWRITTEN
from mintage.core.ledger_said import compared
from mintage.core.ports import (
    Answer,
    Brief,
    Briefed,
    Engine,
    Failed,
    Refused,
    Rejected,
    Resources,
    Sent,
    Technique,
    Writer,
    Wrote,
)
from mintage.core.purse import Purse
from mintage.core.recipe import Fact, Outcome, Recipe, Sample, digest
from mintage.stages.guard import Handed, asked, settled_at
from mintage.wording.checks import LONGEST, Checks
from mintage.wording.text import clean

WORDLESS = ("copy", "compose")
"""Verbs whose engines read no prompt."""

REWRITES = 3
"""So often at most a writer words again what does not do."""

ALTHOUGH = "although "
"""How the note of words begins that do not pass, where nobody could do better."""

GRAMMAR = "grammar"

SAME = "its prompt is that of another picture, which shows something else"

_REMEMBERED = 100_000

Saying = Callable[[Recipe, str], list[Recipe]]
"""Recipes at other slots of its class that have a prompt."""


class WordsStage:
    """`grammar` words what a model cannot; `saying` looks for the same prompt among what was committed."""

    name = "words"

    def __init__(
        self,
        writer: Writer,
        techniques: Mapping[str, Technique],
        engines: Mapping[str, Engine],
        verbs: Mapping[str, str] = {},  # never changed
        purse: Purse | None = None,
        grammar: Writer | None = None,
        saying: Saying = lambda recipe, prompt: [],
    ) -> None:
        self.writer = writer
        self.verbs = verbs
        self.techniques = techniques
        self.engines = engines
        self.purse = purse or Purse()
        self.streams = False
        self.needs: Resources = writer.needs
        self._grammar = grammar if writer.calls_model else None
        self._saying = saying
        self._checks = Checks(writer.spec)
        self._shown: dict[tuple[str, str], str] = {}

    def load(self) -> None:
        self.writer.load()

    def run(self, samples: Sequence[Sample]) -> Iterator[Fact]:
        fresh = []
        for sample in samples:
            if self.verbs.get(sample.technique) in WORDLESS:
                yield self._caption(sample)
            else:
                fresh.append(sample)
        yield from self._written(fresh)

    def _written(self, waiting: Sequence[Sample]) -> Iterator[Fact]:
        """Ask the writer, and again for what does not do; what is wrong in the end is worded by the grammar."""
        by_id = {sample.id: sample for sample in waiting}
        tried: dict[str, Wrote] = {}
        who = f"the writer {self.writer.name!r}"
        for turn in range(REWRITES + 1):
            handed = Handed(
                waiting, lambda s: self._briefed(s, tried), lambda b: self._most(b, tried), self.purse, self.name
            )
            may = self.writer.calls_model and not self.writer.repairs and turn < REWRITES
            short = self.purse.short
            waiting, last = [], time.perf_counter()
            for answer in asked(self.writer.write, handed, who, (Sent, Wrote, Refused, Failed)):
                sample = by_id[answer.recipe_id]
                now = time.perf_counter()
                answer, last = self._summed(self._read(answer), tried, now - last), now
                wrong = self._wrong(sample, answer.prompt) if isinstance(answer, Wrote) else ""
                if wrong and may and isinstance(answer, Wrote):
                    rejected = Rejected(answer.prompt[:LONGEST], wrong)
                    tried[sample.id] = replace(answer, rejected=(*answer.rejected, rejected))
                    waiting.append(sample)
                else:
                    yield self._settled(answer, sample, wrong)
            self.purse.short = short if turn else self.purse.short  # what bears no rewriting may bear all else
            for sample in handed.left if turn else ():
                before = tried[sample.id]
                last_one = before.rejected[-1]
                yield self._settled(replace(before, rejected=before.rejected[:-1]), sample, last_one.wrong)
            if not waiting:
                return

    def _most(self, sample: Briefed, tried: Mapping[str, Wrote]) -> float:
        """The most that it can cost with what was paid for it before, which no fact tells of yet."""
        before = tried.get(sample.recipe_id)
        return self.writer.price(sample) + (before.cost if before else 0.0)

    def _read(self, answer: Answer) -> Answer:
        """The answer with words that a request and a file can hold: a model says what it likes."""
        if not isinstance(answer, Wrote) or not self.writer.calls_model:
            return answer
        told = (answer.prompt, answer.negative, answer.caption)
        if not all(isinstance(said, str) for said in told):
            return Failed(answer.recipe_id, "its prompt is no text", answer.seconds, answer.cost)
        prompt, negative, caption = map(clean, told)
        return replace(answer, prompt=prompt, negative=negative, caption=caption)

    def _summed(self, answer: Answer, tried: Mapping[str, Wrote], seconds: float) -> Answer:
        """With what the same recipe took before."""
        if isinstance(answer, Sent):
            return answer
        before = tried.get(answer.recipe_id)
        took = (answer.seconds or seconds) + (before.seconds if before else 0.0)
        answer = replace(answer, seconds=took, cost=answer.cost + (before.cost if before else 0.0))
        if isinstance(answer, Wrote) and before:
            answer = replace(answer, rejected=(*before.rejected, *answer.rejected))
        return answer

    def _caption(self, sample: Sample) -> Fact:
        """What is in a picture that is put together, not drawn from words: no writer need be asked."""
        brief = self.techniques[sample.technique].brief(sample.recipe)
        said = ", ".join([brief.subject, *brief.attributes.values(), *brief.phrases])
        return self._fact(Wrote(sample.id, said, caption=said, atoms=brief.atoms), sample)

    def _brief(self, recipe: Recipe) -> Brief:
        return self.techniques[recipe.slot.technique].brief(recipe)

    def _briefed(self, sample: Sample, tried: Mapping[str, Wrote] = {}) -> Briefed:
        before = tried.get(sample.id)
        return Briefed(
            sample,
            self._brief(sample.recipe),
            self.engines[sample.technique].phrasing,
            sample.refusals,
            lambda prompt: self._wrong(sample, prompt),
            before.rejected if before else (),
        )

    def _wrong(self, sample: Sample, prompt: str) -> str:
        """What is wrong with a prompt; also that another slot has it, which shows something else."""
        brief = self._brief(sample.recipe)
        return self._checks.wrong(brief, prompt) or (SAME if self._is_taken(sample, brief, prompt) else "")

    def _is_taken(self, sample: Sample, brief: Brief, prompt: str) -> bool:
        if not self.writer.calls_model:  # then words that are distinct are its own promise
            return False
        shows = self._shown.get(_place(sample, prompt))
        if shows is not None:
            return shows != _shows(brief)
        there = [r for r in self._saying(sample.recipe, prompt) if r.slot.technique in self.techniques]
        return any(_shows(self._brief(recipe)) != _shows(brief) for recipe in there)

    def _settled(self, answer: Answer, sample: Sample, wrong: str) -> Fact:
        """The fact of an answer: of the grammar's words in place of wrong ones; refused, where nothing is safe."""
        note = f"{REWRITTEN}{answer.rejected[-1].wrong}" if isinstance(answer, Wrote) and answer.rejected else ""
        by = ""
        if wrong and isinstance(answer, Wrote) and self._grammar is not None:
            answer, by, note = self._by_grammar(answer, sample, wrong), GRAMMAR, f"{REPLACED}{wrong}"
            wrong = self._wrong(sample, answer.prompt)
            if wrong == SAME:
                answer, wrong = replace(answer, prompt=f"{answer.prompt}{_row(sample)}"), ""
        if wrong and isinstance(answer, Wrote):
            note = note or f"{ALTHOUGH}{wrong}"
            if not answer.prompt.strip():
                answer = Failed(answer.recipe_id, "the prompt is empty", answer.seconds, answer.cost)
            elif not self._checks.is_safe(answer.prompt):
                answer = Refused(answer.recipe_id, wrong, answer.seconds, answer.cost)
        if isinstance(answer, Wrote) and self.writer.calls_model:
            if len(self._shown) >= _REMEMBERED:
                self._shown.clear()
            self._shown[_place(sample, answer.prompt)] = _shows(self._brief(sample.recipe))
        return self._fact(answer, sample, note, by)

    def _by_grammar(self, answer: Wrote, sample: Sample, wrong: str) -> Wrote:
        assert self._grammar is not None
        words = next(iter(self._grammar.write([self._briefed(sample)])))
        assert isinstance(words, Wrote)
        rejected = (*answer.rejected, Rejected(answer.prompt, wrong))
        return replace(words, rejected=rejected, seconds=answer.seconds, cost=answer.cost)

    def _fact(self, answer: Answer, sample: Sample, note: str = "", by: str = "") -> Fact:
        made_by = self.writer.made_by
        if isinstance(answer, Wrote):
            value: dict[str, Any] = {
                "prompt": answer.prompt,
                "negative": answer.negative,
                "caption": answer.caption,
                "atoms": [{"kind": a.kind, "text": a.text, "question": a.question} for a in answer.atoms],
            }
            value |= {"rejected": [[r.prompt[:LONGEST], r.wrong] for r in answer.rejected]} if answer.rejected else {}
            value |= {"by": by} if by else {}
            done: Outcome = "done"
            return Fact(sample.id, "words", done, value, None, made_by, note, answer.seconds, answer.cost)
        if isinstance(answer, Sent):
            value = {"ticket": answer.ticket, "bound": answer.bound}
            return Fact(answer.recipe_id, "words", "sent", value, made_by=made_by)
        assert isinstance(answer, Refused | Failed)
        outcome: Outcome = "refused" if isinstance(answer, Refused) else "failed"
        lost, cost = settled_at(answer, sample, self.name, self.purse)
        return Fact(sample.id, "words", outcome, lost, None, made_by, answer.reason, answer.seconds, cost)


def _place(sample: Sample, prompt: str) -> tuple[str, str]:
    """A class and a prompt, hashed: many are remembered."""
    return sample.recipe.slot.key, digest(compared(prompt), 16)


def _shows(brief: Brief) -> str:
    """What a picture shows: equal ones may have equal prompts."""
    told = [brief.subject, dict(brief.attributes), brief.like, brief.phrases, brief.must, brief.must_not]
    return digest(told, 16)


def _row(sample: Sample) -> str:
    """What sets words apart from those of another row; nothing where a class is shown by itself: its words are true of
    both, and what could be added would be drawn."""
    said = "; ".join(f"{axis}: {value}" for axis, value in sample.attributes.items())
    return f" ({said})" if said else ""
