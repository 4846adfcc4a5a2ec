"""Images that an engine owes which the spec names no more: fetched where it can be asked, else lost at their bound."""

from collections.abc import Callable, Iterator, Sequence

from mintage.core.errors import MintageError
from mintage.core.ports import LOST, Failed, Resources, Stage
from mintage.core.purse import Purse
from mintage.core.recipe import Fact, Sample
from mintage.stages.guard import settled_at


class FormerStage:
    """The image stage of an engine that may be gone, or lack the key or the address that it had: that stops no run
    which has another engine now. `build` gives the stage, or raises `MintageError`."""

    name = "image"

    def __init__(self, build: Callable[[], Stage], purse: Purse) -> None:
        self.purse = purse
        self.needs = Resources()
        self.streams = False
        self._build = build
        self._stage: Stage | None = None
        self._why = ""

    def load(self) -> None:
        try:
            stage = self._build()
            stage.load()
        except MintageError as error:
            self._why = f"{LOST}its engine cannot be asked any more: {error.problems[0].found}"
            return
        self._stage, self.needs, self.streams = stage, stage.needs, stage.streams

    def run(self, samples: Sequence[Sample]) -> Iterator[Fact]:
        if self._stage is not None:
            yield from self._stage.run(samples)
            return
        for sample in samples:
            sent = sample.facts["image:sent"]
            lost, cost = settled_at(Failed(sample.id, self._why), sample, self.name, self.purse)
            yield Fact(sample.id, self.name, "failed", lost, sent.about, sent.made_by, self._why, cost=cost)
