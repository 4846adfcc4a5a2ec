"""How often `mintage preview` is right, with the embedded engine: python benchmarks/preview.py [--sets 12] [--first 6].

Each set has ten of its classes, each with another one as its kind. Of every second class the engine draws the kind.
"""

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import mintage
from mintage.core import registry
from mintage.core.ports import Request
from mintage.engines import mini
from mintage.mini.weights import table

VERDICTS = ("drawn", "cannot tell", "drawn as something else")


class Swapping(mini.Engine):
    """The embedded engine, which draws other words in place of some."""

    swapped: dict[str, str] = {}  # noqa: RUF012

    def make(self, requests: Sequence[Request]) -> Iterator[Any]:
        return super().make([replace(r, prompt=self._told(r.prompt)) for r in requests])

    def _told(self, prompt: str) -> str:
        word = max((w for w in self.swapped if w in prompt), key=len, default="")
        return prompt.replace(word, self.swapped[word]) if word else prompt


def one_set(seed: int, first: int, axes: bool) -> Iterator[tuple[bool, str]]:
    """(the engine draws its kind, verdict) of ten classes."""
    chance = random.Random(seed)
    words = chance.sample(table("knows.json")["classes"], 20)
    kinds = dict(zip(words[:10], words[10:], strict=True))
    Swapping.swapped = dict(list(kinds.items())[::2])
    spec = {
        "name": "preview",
        "classes": {name: {"images": first, "kind": kind} for name, kind in kinds.items()},
        "axes": {k: list(v) for k, v in mini.Engine.starter.items()} if axes else {},
        "make": "swapping",
        "seed": seed,
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "dataset.yaml").write_text(json.dumps(spec), encoding="utf-8")
        for look in mintage.open(folder).preview(first=first).looks:
            yield look.name in Swapping.swapped, look.verdict


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sets", type=int, default=12)
    options.add_argument("--first", type=int, default=6)
    given = options.parse_args()
    registry._decorated["engines"]["swapping"] = Swapping
    Swapping.name = "swapping"
    print(f"| {given.sets} sets, {given.first} images of a class | classes | " + " | ".join(VERDICTS) + " |")
    print("|---|---|" + "---|" * len(VERDICTS))
    for axes in (True, False):
        found = Counter(pair for seed in range(given.sets) for pair in one_set(seed, given.first, axes))
        for swapped in (False, True):
            total = sum(found[swapped, v] for v in VERDICTS)
            what = "its kind is drawn" if swapped else "it is drawn"
            where = "in places and styles" if axes else "plain"
            print(f"| {what}, {where} | {total} | " + " | ".join(str(found[swapped, v]) for v in VERDICTS) + " |")


if __name__ == "__main__":
    main()
