"""Words: samples in, prompts out, from each technique's brief."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from mintage.core.ports import Answer, Briefed, Engine, Failed, Refused, Resources, Sent, Technique, Writer, Wrote
from mintage.core.recipe import Fact, Outcome, Sample
from mintage.stages.guard import answers


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
        items = [self._briefed(s) for s in samples]
        last = time.perf_counter()
        for answer in answers(self.writer.write, items, f"the writer {self.writer.name!r}"):
            now = time.perf_counter()
            yield _fact(answer, self.writer.made_by, now - last)
            last = time.perf_counter()

    def _briefed(self, sample: Sample) -> Briefed:
        technique = sample.technique
        brief = self.techniques[technique].brief(sample.recipe)
        return Briefed(sample, brief, self.engines[technique].phrasing, sample.refusals)


def _fact(answer: Answer, made_by: str, seconds: float) -> Fact:
    if isinstance(answer, Wrote):
        value = {
            "prompt": answer.prompt,
            "negative": answer.negative,
            "caption": answer.caption,
            "atoms": [asdict(a) for a in answer.atoms],
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
