"""Words: samples in, prompts out, from each technique's brief."""

import time
from collections.abc import Iterator, Mapping, Sequence

from mintage.core.ports import Answer, Briefed, Engine, Failed, Refused, Resources, Sent, Technique, Writer, Wrote
from mintage.core.purse import Purse
from mintage.core.recipe import Fact, Outcome, Sample
from mintage.stages.guard import Handed, asked, settled_at

WORDLESS = ("copy", "compose")
"""Verbs whose engines read no prompt."""


class WordsStage:
    name = "words"

    def __init__(
        self,
        writer: Writer,
        techniques: Mapping[str, Technique],
        engines: Mapping[str, Engine],
        verbs: Mapping[str, str] = {},  # never changed
        purse: Purse | None = None,
    ) -> None:
        self.writer = writer
        self.verbs = verbs
        self.techniques = techniques
        self.engines = engines
        self.purse = purse or Purse()
        self.streams = False
        self.needs: Resources = writer.needs

    def load(self) -> None:
        self.writer.load()

    def run(self, samples: Sequence[Sample]) -> Iterator[Fact]:
        fresh = []
        for sample in samples:
            if self.verbs.get(sample.technique) in WORDLESS:
                yield self._caption(sample)
            else:
                fresh.append(sample)
        by_id = {sample.id: sample for sample in fresh}
        handed = Handed(fresh, self._briefed, self.writer.price, self.purse, self.name)
        last = time.perf_counter()
        who = f"the writer {self.writer.name!r}"
        for answer in asked(self.writer.write, handed, who, (Sent, Wrote, Refused, Failed)):
            yield self._fact(answer, by_id[answer.recipe_id], time.perf_counter() - last)
            last = time.perf_counter()

    def _caption(self, sample: Sample) -> Fact:
        """What is in a picture that is put together, not drawn from words: no writer need be asked."""
        brief = self.techniques[sample.technique].brief(sample.recipe)
        said = ", ".join([brief.subject, *brief.attributes.values(), *brief.phrases])
        return self._fact(Wrote(sample.id, said, caption=said, atoms=brief.atoms), sample, 0.0)

    def _briefed(self, sample: Sample) -> Briefed:
        technique = sample.technique
        brief = self.techniques[technique].brief(sample.recipe)
        return Briefed(sample, brief, self.engines[technique].phrasing, sample.refusals)

    def _fact(self, answer: Answer, sample: Sample, seconds: float) -> Fact:
        made_by = self.writer.made_by
        if isinstance(answer, Wrote) and not answer.prompt.strip():
            answer = Failed(answer.recipe_id, "the prompt is empty", answer.seconds, answer.cost)
        if isinstance(answer, Wrote):
            value = {
                "prompt": answer.prompt,
                "negative": answer.negative,
                "caption": answer.caption,
                "atoms": [{"kind": a.kind, "text": a.text, "question": a.question} for a in answer.atoms],
            }
            return Fact(
                answer.recipe_id,
                "words",
                "done",
                value,
                made_by=made_by,
                seconds=answer.seconds or seconds,
                cost=answer.cost,
            )
        if isinstance(answer, Sent):
            return Fact(
                answer.recipe_id, "words", "sent", {"ticket": answer.ticket, "bound": answer.bound}, made_by=made_by
            )
        assert isinstance(answer, Refused | Failed)
        outcome: Outcome = "refused" if isinstance(answer, Refused) else "failed"
        lost, cost = settled_at(answer, sample, self.name, self.purse)
        return Fact(sample.id, "words", outcome, lost, None, made_by, answer.reason, answer.seconds or seconds, cost)
