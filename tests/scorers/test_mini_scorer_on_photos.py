"""The embedded ranking on real photos of garments, far above chance. Skipped where the photos are absent."""

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from mintage.core import registry
from mintage.core.ports import Item, Rivals, Scored
from mintage.core.recipe import Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use
from mintage.pictures import open_picture

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("MINTAGE_DATA", ROOT.parent / "shared" / "data")) / "clothing"
CLASSES = ("t-shirt", "pants", "shoes", "dress", "shorts", "hat")

pytestmark = pytest.mark.skipif(not (DATA / "dev.csv").is_file(), reason="shared data is absent: set MINTAGE_DATA")


def test_right_labels_are_kept_far_more_often_than_wrong_ones() -> None:
    spec = DatasetSpec.model_validate({"name": "x", "classes": list(CLASSES)})
    scorer = registry.build("scorers", Use(use="mini"), spec)
    scorer.load()
    with (DATA / "dev.csv").open(encoding="utf-8", newline="") as file:
        photos = [row for row in csv.DictReader(file) if row["class"] in CLASSES][:240]
    right = kept(scorer, [(row["file"], row["class"]) for row in photos])
    wrong = kept(scorer, [(row["file"], CLASSES[(CLASSES.index(row["class"]) + 1) % len(CLASSES)]) for row in photos])
    assert right > 0.4, f"{right:.0%} of right labels kept"
    assert wrong < 0.1, f"{wrong:.0%} of wrong labels kept"


def kept(scorer: Any, labels: list[tuple[str, str]]) -> float:
    items = []
    for i, (file, label) in enumerate(labels):
        recipe = Recipe(Slot(label, "vanilla", i), 0, ((label, 1.0),), "camera", {}, i)
        items.append(Item(Sample(recipe), label, Rivals(), lambda file=file: open_picture(DATA / file)))
    answers = [a for a in scorer.score(items) if isinstance(a, Scored)]
    assert len(answers) == len(labels)
    return sum(a.values["margin"] >= 0 for a in answers) / len(answers)
