"""Scores: images in, numbers out; an image whose vector is stored is not opened again."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.parents import Parents
from mintage.core.ports import Answer, Failed, Item, Resources, Scored, Scorer, Sent, Technique
from mintage.core.purse import Purse
from mintage.core.recipe import Fact, Sample
from mintage.pictures import open_picture, open_stored
from mintage.stages.guard import Handed, asked, said, settled_at

if TYPE_CHECKING:
    from mintage.core.ports import Picture, Vector

ROUNDED = 2
"""Pixels by which a parent that is kept in its own shape may miss the size of its child, which was rounded."""

VectorsOf = Callable[[str, Sequence[int]], Mapping[int, bytes]]


class ScoreStage:
    def __init__(
        self,
        scorer: Scorer,
        techniques: Mapping[str, Technique],
        vectors: VectorsOf,
        parents: Parents | None = None,
        purse: Purse | None = None,
    ) -> None:
        self.scorer = scorer
        self.techniques = techniques
        self.parents = parents
        self.vectors = vectors
        self.name = f"score.{scorer.name}"
        self.purse = purse or Purse()
        self.streams = False
        self.needs: Resources = scorer.needs

    def load(self) -> None:
        self.scorer.load()

    def run(self, samples: Sequence[Sample]) -> Iterator[Fact]:
        stored = self._stored(samples)
        by_id = {sample.id: sample for sample in samples}
        handed = Handed(samples, lambda sample: self._item(sample, stored), self.scorer.price, self.purse, self.name)
        last = time.perf_counter()
        who = f"the scorer {self.scorer.name!r}"
        for answer in asked(self.scorer.score, handed, who, (Sent, Scored, Failed)):
            sample, seconds = by_id[answer.recipe_id], time.perf_counter() - last
            known = handed.items.get if isinstance(answer, Sent) else handed.items.pop
            item = known(sample.id, None)
            old = item is None or item.vector is not None or item.rivals.of == "parent"
            yield self._fact(answer, sample, seconds, None if old else self.scorer.space)
            last = time.perf_counter()

    def _stored(self, samples: Sequence[Sample]) -> Mapping[int, bytes]:
        if self.scorer.space is None:
            return {}
        own = [s.facts["image"].number for s in samples if not self._of_parent(s)]
        return self.vectors(self.scorer.space, own)

    def _of_parent(self, sample: Sample) -> bool:
        """Whether its parent is ranked in its place: then no vector is of the image itself."""
        return self.techniques[sample.technique].rivals(sample.recipe).of == "parent"

    def _item(self, sample: Sample, stored: Mapping[int, bytes]) -> Item:
        data = stored.get(sample.facts["image"].number)
        vector = None
        if data is not None:
            import numpy

            vector = numpy.frombuffer(data, "<f4")
        rivals = self.techniques[sample.technique].rivals(sample.recipe)
        source = _Opened(sample, self.parents)
        opened = source.unfitted if rivals.of == "parent" else source.picture
        return Item(sample, sample.label, rivals, opened, vector, source.parent, source.repainted)

    def _fact(self, answer: Answer, sample: Sample, seconds: float, space: str | None) -> Fact:
        made_by, image = self.scorer.made_by, sample.facts["image"].number
        if isinstance(answer, Sent):
            value = {"ticket": answer.ticket, "bound": answer.bound}
            return Fact(answer.recipe_id, self.name, "sent", value, image, made_by)
        if isinstance(answer, Failed):
            return self._settled(answer, sample, seconds)
        assert isinstance(answer, Scored)
        try:
            values = {name: _number(name, value) for name, value in answer.values.items()}
            if not values and self.scorer.ranks:
                raise ValueError("a scorer that ranks gave no numbers")
            vector = None if space is None or answer.vector is None else (space, _row(answer.vector))
        except (TypeError, ValueError) as error:
            why = f"the scorer {self.scorer.name!r} gave no usable answer: {said(error)}"
            return self._settled(Failed(answer.recipe_id, why, answer.seconds, answer.cost), sample, seconds)
        spent = answer.seconds or seconds
        told = (answer.note, spent, answer.cost)
        return Fact(answer.recipe_id, self.name, "done", values, image, made_by, *told, vector=vector)

    def _settled(self, answer: Failed, sample: Sample, seconds: float) -> Fact:
        spent, image = answer.seconds or seconds, sample.facts["image"].number
        value, cost = settled_at(answer, sample, self.name, self.purse)
        return Fact(sample.id, self.name, "failed", value, image, self.scorer.made_by, answer.reason, spent, cost)


def _number(name: str, value: float) -> float:
    """A score that can be compared: nan is below no floor, and so would pass each."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name} is {number}")
    return number


def _row(vector: "Vector") -> "Vector":
    import numpy

    row = numpy.asarray(vector, "float32")
    if row.ndim != 1 or not numpy.isfinite(row).all():
        raise ValueError(f"its vector is no row of finite numbers (shape {row.shape})")
    return row


@dataclass(frozen=True)
class _Opened:
    """A sample's pictures, opened when they are asked for."""

    sample: Sample
    parents: Parents | None

    def picture(self) -> "Picture":
        return open_stored(self.sample)

    def unfitted(self) -> "Picture":
        """The first parent as it is."""
        assert self.parents is not None
        return self.parents.picture(self.sample.recipe.parents[0], fit=False)

    def parent(self) -> "Picture | None":
        """The first parent, at the size of the picture."""
        names = self.sample.recipe.parents
        if not names or self.parents is None:
            return None
        value = self.sample.facts["image"].value
        size = (value["width"], value["height"])
        picture = self.parents.sized(size).picture(names[0])
        near = max(abs(a - b) for a, b in zip(picture.size, size, strict=True)) <= ROUNDED
        return picture.resize(size) if near and picture.size != size else picture

    def repainted(self) -> "Picture | None":
        path = self.sample.facts["image"].value.get("repaint")
        return open_picture(Path(self.sample.folder or ".", *path.split("/"))).convert("L") if path else None
