"""Runs stages in this process; the caller commits each fact before the next is asked for."""

from collections.abc import Iterator, Sequence

from mintage.core.ports import Stage
from mintage.core.recipe import Fact, Sample


class LocalRunner:
    """Loads a stage when its first sample comes, and hands it one batch at a time."""

    def __init__(self) -> None:
        self._loaded: set[int] = set()

    def map(self, stage: Stage, samples: Sequence[Sample]) -> Iterator[Fact]:
        """The stage's facts about the samples, as they come."""
        if samples and id(stage) not in self._loaded:
            stage.load()
            self._loaded.add(id(stage))
        size = max(1, len(samples) if stage.streams else stage.needs.batch)
        for start in range(0, len(samples), size):
            yield from stage.run(samples[start : start + size])
