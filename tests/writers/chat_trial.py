"""Samples for the writer `openai`, a writer at a server of this machine, and what it says."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tests.servers.loopback import Loopback

from mintage.core import registry
from mintage.core.array import Array
from mintage.core.ports import Brief, Briefed, Sent, Wrote
from mintage.core.recipe import Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use
from mintage.wording.checks import Checks

AXES = {"environment": ["on grass", "at night", "in the snow"], "style": ["photo", "pencil sketch"]}
CLASSES: dict[str, Any] = {
    "dalmatian": {"kind": "animal", "description": "a white dog with black spots", "synonyms": ["carriage dog"]},
    "knife": None,
}
PRICE = {"input": 1.0, "output": 10.0}
"""Dollars for a million tokens."""


def spec_of(classes: Mapping[str, Any] = CLASSES, **more: Any) -> DatasetSpec:
    return DatasetSpec.model_validate({"name": "x", "classes": classes, "axes": AXES, **more})


def samples(count: int = 8, spec: DatasetSpec | None = None, **more: Any) -> list[Briefed]:
    """Scenes of all classes in turn, the rows of the array."""
    spec = spec or spec_of()
    checks = Checks(spec)
    rows = list(Array(spec.levels).attributes(-(-count // len(spec.classes))))
    found = []
    for number, row in enumerate(rows):
        for key in spec.classes:
            recipe = Recipe(Slot(key, "scene", number, row), 0, ((key, 1.0),), "flat", {}, 1)
            brief = registry.build("techniques", Use(use="scene"), spec).brief(recipe)
            found.append(Briefed(Sample(recipe), brief, check=partial(checks.wrong, brief), **more))
    return found[:count]


def plain(number: int, **told: Any) -> Briefed:
    """A sample with a brief of one's own."""
    recipe = Recipe(Slot("dalmatian", "vanilla", number), 0, (("dalmatian", 1.0),), "flat", {}, 1)
    brief = Brief("dalmatian", **told)
    return Briefed(Sample(recipe), brief, check=partial(Checks(spec_of()).wrong, brief))


class Told:
    """What a writer said, by kind: one answer for each sample."""

    def __init__(self, events: Sequence[Any], asked: Sequence[Briefed]) -> None:
        self.sent = [e for e in events if isinstance(e, Sent)]
        self.answers = {e.recipe_id: e for e in events if not isinstance(e, Sent)}
        assert sorted(e.recipe_id for e in events if not isinstance(e, Sent)) == sorted(s.recipe_id for s in asked)
        self.in_order = [self.answers[s.recipe_id] for s in asked]

    def bound(self, recipe_id: str) -> float:
        return math.fsum(s.bound for s in self.sent if s.recipe_id == recipe_id)

    @property
    def prompts(self) -> list[str]:
        assert all(isinstance(a, Wrote) for a in self.in_order), self.in_order
        return [a.prompt for a in self.in_order]


def writer_of(server: Loopback, spec: DatasetSpec | None = None, **options: Any) -> Any:
    given = {"model": "m", "base_url": f"{server.url}/v1", "price": PRICE, **options}
    return registry.build("writers", Use(use="openai", options=given), spec or spec_of())


def write(server: Loopback, asked: Sequence[Briefed], spec: DatasetSpec | None = None, **options: Any) -> Told:
    """All that a writer says; no sample is booked for more than its price."""
    writer = writer_of(server, spec, **options)
    told = Told(list(writer.write(asked)), asked)
    for sample in asked:
        assert told.bound(sample.recipe_id) <= writer.price(sample) + 1e-12
        assert told.answers[sample.recipe_id].cost <= told.bound(sample.recipe_id) + 1e-12
    return told


def check(asked: Sequence[Briefed], told: Told) -> list[str]:
    """What is wrong with each prompt."""
    return [sample.check(prompt) for sample, prompt in zip(asked, told.prompts, strict=True)]
