"""A small set of two classes with drawn references of each, so that every technique has what it needs."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mintage.core import registry
from mintage.core.array import Array
from mintage.core.plan import Plan
from mintage.core.recipe import Fact, Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec
from mintage.pictures.cutouts.references import read_references
from mintage.stages.parents import ParentFiles

KEYS = ("watch", "piano")
TECHNIQUES = [name for name in registry.names("techniques") if name != "probe"]
"""`probe` cannot be asked for: the plan makes its slots itself."""


def draw(key: str, number: int, size: tuple[int, int] = (96, 96)) -> Any:
    """A dial or a row of keys on a plain backdrop, other for each number."""
    from PIL import Image, ImageDraw

    width, height = size
    picture = Image.new("RGB", size, (230 - 5 * number, 235, 240))
    pen = ImageDraw.Draw(picture)
    cx, cy, r = width / 2 + 3 * number - 5, height / 2, min(size) / 4 + 2 * number
    if key == "watch":
        pen.ellipse((cx - r, cy - r, cx + r, cy + r), (150, 40 + 30 * number, 30), (20, 20, 20), 3)
        angle = number + 1
        pen.line((cx, cy, cx + r * 0.7 * math.cos(angle), cy + r * 0.7 * math.sin(angle)), (10, 10, 10), 3)
    else:
        pen.rectangle((cx - r, cy - r / 2, cx + r, cy + r), (30, 30, 60 + 40 * number))
        for k in range(6):
            left = cx - r + 4 + k * r / 3
            pen.rectangle((left, cy, left + r / 5, cy + r - 4), (240, 240, 230))
    return picture


def write_references(folder: Path, each: int = 4) -> None:
    for key in KEYS:
        (folder / "photos" / key).mkdir(parents=True)
        for number in range(each):
            draw(key, number).save(folder / "photos" / key / f"{number}.png")


def spec_of(folder: Path, **changes: Any) -> DatasetSpec:
    """The set, whose techniques are all there is to ask for unless `changes` say otherwise."""
    plain: dict[str, Any] = {
        "name": "contract",
        "classes": {
            "watch": {"images": 8, "references": "photos/watch", "lookalikes": ["piano", "pizza"]},
            "piano": {"images": 8, "references": "photos/piano", "lookalikes": ["chair"]},
        },
        "axes": {"environment": ["on grass", "at night", "in the snow"], "style": ["photo", "painting"]},
        "techniques": {"vanilla": 1, "scene": 3},
        "score": ["technical"],
    }
    return DatasetSpec.model_validate(plain | changes).placed(folder)


def planned(folder: Path, technique: str, engine: Any) -> Plan:
    """A plan of one technique (look-alikes come on top of others) by one engine."""
    shares = {technique: 1.0} | ({"vanilla": 1.0} if registry.find("techniques", technique).on_top else {})
    spec = spec_of(folder, make=engine, techniques=shares)
    return Plan.of(spec, folder, lambda masks: read_references(spec, folder, masks=masks))


def children(plan: Plan, technique: str) -> Iterator[Sample]:
    """The first attempts at the slots of a technique, worded, as the words stage would leave them."""
    for name in plan.spec.classes:
        key = plan.spec.key_of(name)
        rows = plan.techniques[technique].plan(key, plan.counts_by_technique(name)[technique], plan.array.attributes)
        for number, attributes in enumerate(rows):
            recipe = plan.recipe(Slot(key, technique, number, attributes), 0)
            assert recipe is not None, "nothing waits here: there are references"
            yield worded(recipe, plan.spec.label_of(recipe))


def worded(recipe: Recipe, label: str) -> Sample:
    said = f"a photo of a {recipe.slot.key}, {', '.join(recipe.slot.attributes.values())}"
    return Sample(recipe, {"words": Fact(recipe.id, "words", "done", {"prompt": said}, number=1)}, label=label)


def parents_of(plan: Plan, size: tuple[int, int] | None) -> ParentFiles:
    def none(recipe_id: str) -> Sample:
        raise KeyError(recipe_id)

    return ParentFiles(plan.references, none, plan.spec.references, size, None)


def texts(spec: DatasetSpec, technique: str = "scene", count: int = 8) -> list[Sample]:
    """Samples of both classes with words, without parents."""
    rows: Sequence[Any] = list(Array(spec.levels).attributes(count)) if technique == "scene" else [{}] * count
    return [
        worded(Recipe(Slot(key, technique, number, row), 0, ((key, 1.0),), "flat", {}, 17 + number), key)
        for key in spec.classes
        for number, row in enumerate(rows)
    ]
