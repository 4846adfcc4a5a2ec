"""Words: samples in, prompts out, from each technique's brief."""

import time
from collections.abc import Iterator, Mapping, Sequence

from mintage.core.ports import Answer, Briefed, Engine, Failed, Refused, Resources, Sent, Technique, Writer, Wrote
from mintage.core.recipe import Fact, Outcome, Sample
from mintage.stages.guard import answers, prepared


class WordsStage:
    name = "words"

    def __init__(self, writer: Writer, techniques: Mapping[str, Technique], engines: Mapping[str, Engine]) -> None:
        self.writer = writer
        self.techniques = techniques
        self.engines = engines
        self.needs: Resources = writer.needs

    def load(self) -> None:
        self.writer.load()

    def run(self, samples: Sequence[Sample]) -> Iterator[Fact]:
        asked, unasked = prepared(self._briefed, samples)
        for failed in unasked:
            yield _fact(failed, self.writer.made_by, 0.0)
        last = time.perf_counter()
        who = f"the writer {self.writer.name!r}"
        for answer in answers(self.writer.write, list(asked.values()), who, (Sent, Wrote, Refused, Failed)):
            yield _fact(answer, self.writer.made_by, time.perf_counter() - last)
            last = time.perf_counter()

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
