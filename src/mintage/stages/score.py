"""Scores: images in, numbers out; an image whose vector is stored is not opened again."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mintage.core.ports import Answer, Failed, Item, Resources, Scored, Scorer, Technique
from mintage.core.recipe import Fact, Sample
from mintage.pictures import open_picture
from mintage.stages.guard import answers

if TYPE_CHECKING:
    from PIL import Image

VectorsOf = Callable[[str, Sequence[int]], Mapping[int, bytes]]


class ScoreStage:
    def __init__(self, scorer: Scorer, techniques: Mapping[str, Technique], vectors: VectorsOf) -> None:
        self.scorer = scorer
        self.techniques = techniques
        self.vectors = vectors
        self.name = f"score.{scorer.name}"
        self.needs: Resources = scorer.needs

    def load(self) -> None:
        self.scorer.load()

    def run(self, samples: Sequence[Sample]) -> Iterator[Fact]:
        stored = self._stored(samples)
        items = [self._item(s, stored) for s in samples]
        facts = {s.id: s.facts["image"] for s in samples}
        space, last = self.scorer.space, time.perf_counter()
        for answer in answers(self.scorer.score, items, f"the scorer {self.scorer.name!r}"):
            seconds = time.perf_counter() - last
            image = facts[answer.recipe_id].number
            known = image in stored or space is None
            yield self._fact(answer, image, seconds, None if known else space)
            last = time.perf_counter()

    def _stored(self, samples: Sequence[Sample]) -> Mapping[int, bytes]:
        if self.scorer.space is None:
            return {}
        return self.vectors(self.scorer.space, [s.facts["image"].number for s in samples])

    def _item(self, sample: Sample, stored: Mapping[int, bytes]) -> Item:
        data = stored.get(sample.facts["image"].number)
        vector = None
        if data is not None:
            import numpy

            vector = numpy.frombuffer(data, "<f4")
        rivals = self.techniques[sample.technique].rivals(sample.recipe)
        return Item(sample, sample.label, rivals, lambda: _open(sample), vector)

    def _fact(self, answer: Answer, image: int, seconds: float, space: str | None) -> Fact:
        made_by = self.scorer.made_by
        if isinstance(answer, Scored):
            vector = (space, answer.vector) if space and answer.vector is not None else None
            values = {k: float(v) for k, v in answer.values.items()}
            return Fact(
                answer.recipe_id,
                self.name,
                "done",
                values,
                image,
                made_by,
                answer.note,
                answer.seconds or seconds,
                answer.cost,
                vector=vector,
            )
        assert isinstance(answer, Failed)
        return Fact(
            answer.recipe_id,
            self.name,
            "failed",
            None,
            image,
            made_by,
            answer.reason,
            answer.seconds or seconds,
            answer.cost,
        )


def _open(sample: Sample) -> "Image.Image":
    if sample.path is None:
        raise FileNotFoundError("the recipe has no image")
    return open_picture(sample.path)
