"""scene: the class in environments, styles, actions, light: every axis of the spec."""

from collections.abc import Callable, Iterator, Mapping

from mintage.core.errors import MintageError
from mintage.techniques._text import TextTechnique


class Technique(TextTechnique):
    """Slots that follow the array over the spec's axes, the same for every class."""

    def plan(
        self, key: str, count: int, rows: Callable[[int], Iterator[Mapping[str, str]]]
    ) -> Iterator[Mapping[str, str]]:
        """The first `count` rows.

        Raises:
            MintageError: the spec has no axis with values.
        """
        if not self.spec.levels and self.spec.axes:
            raise MintageError(
                "technique scene has no axes to vary: all are auto",
                where="axes",
                expected="values: your own, or those that `mintage propose` puts into the file",
                type_this="mintage propose RUN",
            )
        if not self.spec.levels:
            raise MintageError(
                "technique scene has no axes to vary",
                where="axes",
                expected="at least one axis with values, or the technique vanilla, which needs none",
                type_this="axes: {environment: [on grass, on a beach], style: [photo, painting]}",
            )
        return rows(count)
