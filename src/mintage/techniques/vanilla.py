"""vanilla: the class's name in a sentence, nothing else; prompts repeat, seeds differ."""

from collections.abc import Callable, Iterator, Mapping
from itertools import repeat

from mintage.techniques._text import TextTechnique


class Technique(TextTechnique):
    """Slots without attributes: what an engine draws when it is told the class alone."""

    @property
    def uses_axes(self) -> bool:
        return False

    def plan(
        self, key: str, count: int, rows: Callable[[int], Iterator[Mapping[str, str]]]
    ) -> Iterator[Mapping[str, str]]:
        """No attributes, `count` times."""
        return repeat({}, count)
