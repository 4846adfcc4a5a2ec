"""variation: children of an image, of a real one or of one of the run's own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from mintage.core import ports
from mintage.core.errors import Problem
from mintage.core.ports import Origin, Parents, Pool, Request
from mintage.core.recipe import Sample, Slot
from mintage.techniques._from_parents import makers, references, taken, turn, without_makers, without_references
from mintage.techniques._text import TextTechnique

Strength = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Options(ports.Options):
    """`strength`: 0 leaves the parent as it is, 1 keeps nothing of it; of several each parent meets each. `axes`: vary
    over the spec's axes as well. `parents`: the real images of the class, or what this run has made of it."""

    strength: Strength | list[Strength] = 0.7
    axes: bool = False
    parents: Literal["references", "made"] = "references"

    @field_validator("strength", mode="before")
    @classmethod
    def _numbers(cls, value: Any) -> Any:
        if any(isinstance(v, bool) for v in (value if isinstance(value, list) else [value])):
            raise ValueError("a number from 0 to 1, not true or false")
        return value

    @field_validator("strength")
    @classmethod
    def _some(cls, value: float | list[float]) -> float | list[float]:
        if isinstance(value, list) and len({_printed(v) for v in value}) < max(len(value), 1):
            raise ValueError("a number from 0 to 1, or several different ones")
        return value


class Technique(TextTechnique):
    """Slot k descends from reference k mod n, so that each has as many children as any other.

    With the verb `image` an engine draws over the parent, as freely as `strength` says (SDEdit: Meng et al., 2022);
    with `compose` the object alone is put elsewhere. The child has its parent's class.
    """

    Options = Options
    own: ClassVar[frozenset[str]] = frozenset({"strength"})

    @property
    def wants(self) -> tuple[str, ...]:
        return ("image", "compose")

    @property
    def uses_axes(self) -> bool:
        return bool(self.options.axes)

    @property
    def waits(self) -> bool:
        return bool(self.options.parents == "made")

    @property
    def _strengths(self) -> list[float]:
        several = self.options.strength
        return several if isinstance(several, list) else [several]

    @cached_property
    def _makers(self) -> frozenset[str]:
        return makers(self.spec, self.name)

    def mistakes(self, name: str, verb: str, pool: Pool) -> list[Problem]:
        found = taken(self.spec, self.name, "strength") if len(self._strengths) > 1 else []
        if self.waits:
            found += without_makers(self.spec, self.name, name, self._makers)
        elif not references(pool, self.spec.key_of(name), verb):
            found.append(without_references(self.spec, self.name, name, verb, pool))
        return found

    def plan(
        self, key: str, count: int, rows: Callable[[int], Iterator[Mapping[str, str]]]
    ) -> Iterator[Mapping[str, str]]:
        """Strengths in turn, where there are several; each row of the axes with all of them."""
        levels = self._strengths
        axes = rows(-(-count // len(levels))) if self.uses_axes else iter(())
        row: Mapping[str, str] = {}
        for number in range(count):
            at = number % len(levels)
            if at == 0 and self.uses_axes:
                row = next(axes)
            yield {**row, "strength": _printed(levels[at])} if len(levels) > 1 else row

    def origin(self, slot: Slot, verb: str, pool: Pool) -> Origin | None:
        if self.waits:
            parent = pool.made(slot.key, slot.number)
            return None if parent is None else Origin(((slot.key, 1.0),), (parent,))
        real = references(pool, slot.key, verb)
        if not real:
            return None
        return Origin(((slot.key, 1.0),), (real[turn(slot.number, len(real), len(self._strengths))],))

    def prepare(self, sample: Sample, parents: Parents, verb: str) -> Request:
        """The parent's picture (`image`) or its cut-out (`compose`), and how freely to draw over it.

        Raises:
            OSError: the parent is gone, or has no sure cut-out.
        """
        (parent,) = sample.recipe.parents
        picture = parents.cut_out(parent) if verb == "compose" else parents.picture(parent)
        if picture is None:
            raise OSError(f"{parent} has no sure cut-out")
        request = super().prepare(sample, parents, verb)
        return replace(request, images=(picture,), names=(sample.recipe.slot.key,), strength=self._strength(sample))

    def _strength(self, sample: Sample) -> float:
        """As its slot has it, else as its recipe was written, whatever the options are now."""
        written = sample.recipe.settings.get("technique", {}).get("strength", self.options.strength)
        first = written[0] if isinstance(written, list) else written
        return float(sample.attributes.get("strength", first))


def _printed(strength: float) -> str:
    """As it stands among the attributes of a slot; 0 has no sign."""
    return f"{strength + 0:g}"
