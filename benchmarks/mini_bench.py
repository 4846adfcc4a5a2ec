"""What the sections of `mini_quality.py` share: two folders of weights, real pictures, judges."""

import argparse
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mini_figures import Array, table
from mini_judges import Judge, measured, of_attributes, of_classes
from mini_made import Model, photo_of
from mini_photos import Labelled, Real

JUDGED = ("judge of", "answers", "pictures", "number", "right", "balanced", "chance")


@dataclass
class Bench:
    """What the sections share; read and trained when first needed."""

    given: argparse.Namespace
    baseline: Model
    new: Model
    real: Real

    @property
    def models(self) -> tuple[Model, Model]:
        return self.baseline, self.new

    @cached_property
    def both(self) -> list[str]:
        return [name for name in self.baseline.knows["classes"] if name in self.new.knows["classes"]]

    @cached_property
    def set(self) -> dict[str, Array]:
        with np.load(self.given.set) as stored:
            return {name: stored[name] for name in ("images", "parts", "real")}

    def file(self, name: str) -> Path | None:
        return self.given.judges / f"{name}.pt" if self.given.judges else None

    @cached_property
    def classes(self) -> Judge:
        wish = self.given
        judge = of_classes(
            self.real.learnt.only(self.real.taught), self.file("classes"), wish.judge_steps, wish.seed, wish.bf16
        )
        print("\n**The judge of classes**, trained on photos and emoji, on real photos that it never saw:")
        tests = {
            "held-back Caltech 101": self.real.held_back,
            "clothing dev": self.real.clothing,
            "grocery val": self.real.groceries,
        }
        print(table(JUDGED, [measured(judge, of, "class", title) for title, of in tests.items()]))
        return judge

    @cached_property
    def attributes(self) -> Judge:
        wish = self.given
        judge, lines = of_attributes(
            self.set["images"],
            self.set["parts"],
            self.file("attributes"),
            wish.judge_steps * 3 // 4,
            wish.seed,
            wish.bf16,
        )
        print("\n**The judge of attributes**, trained on the training set (photos, derived and composite pictures):")
        print(table(JUDGED, lines))
        return judge

    def drawn(self, model: Model, counts: dict[str, int]) -> Labelled:
        """So many of each class, in the place where it is at home."""
        asked = [
            (photo_of(name, self.real.produce), self.given.seed + i) for name, n in counts.items() for i in range(n)
        ]
        return Labelled(model.draw(asked), [name for name, n in counts.items() for _ in range(n)])
