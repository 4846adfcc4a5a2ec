"""Words: samples in, prompts out, from each technique's brief."""

import time
from collections.abc import Iterator, Mapping, Sequence

from mintage.core.ports import Answer, Briefed, Engine, Failed, Refused, Resources, Sent, Technique, Writer, Wrote
from mintage.core.recipe import Fact, Outcome, Sample
from mintage.stages.guard import answers, prepared

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
    ) -> None:
        self.writer = writer
        self.verbs = verbs
        self.techniques = techniques
        self.engines = engines
        self.needs: Resources = writer.needs

    def load(self) -> None:
        self.writer.load()

    def run(self, samples: Sequence[Sample]) -> Iterator[Fact]:
        plain = [s for s in samples if self.verbs.get(s.technique) in WORDLESS]
        for sample in plain:
            yield self._caption(sample)
        asked, unasked = prepared(self._briefed, [s for s in samples if self.verbs.get(s.technique) not in WORDLESS])
        for failed in unasked:
            yield _fact(failed, self.writer.made_by, 0.0)
        last = time.perf_counter()
        who = f"the writer {self.writer.name!r}"
        for answer in answers(self.writer.write, list(asked.values()), who, (Sent, Wrote, Refused, Failed)):
            yield _fact(answer, self.writer.made_by, time.perf_counter() - last)
            last = time.perf_counter()

    def _caption(self, sample: Sample) -> Fact:
        """What is in a picture that is put together, not drawn from words: no writer need be asked."""
        brief = self.techniques[sample.technique].brief(sample.recipe)
        said = ", ".join([brief.subject, *brief.attributes.values(), *brief.phrases])
        return _fact(Wrote(sample.id, said, caption=said, atoms=brief.atoms), self.writer.made_by, 0.0)

    def _briefed(self, sample: Sample) -> Briefed:
        technique = sample.technique
        brief = self.techniques[technique].brief(sample.recipe)
        return Briefed(sample, brief, self.engines[technique].phrasing, sample.refusals)


def _fact(answer: Answer, made_by: str, seconds: float) -> Fact:
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
    return Fact(answer.recipe_id, "words", outcome, None, None, made_by, answer.reason, answer.seconds, answer.cost)
