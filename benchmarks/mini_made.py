"""Pictures made by a folder of embedded weights by the recipe of `training/sample.py`: first seeds, none picked."""

import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime
from tqdm import tqdm

sys.path.append(str(Path(__file__).parents[1] / "training"))
import sample
from vocabulary import NO_UP

Array = np.ndarray[Any, Any]
AXES = ("classes", "environments", "styles", "colours", "views")
COLUMNS = {"environments": 4, "styles": 0, "colours": 1, "views": 3}
"""Where the parts of a row of the training set say it."""
HEADS = {"environments": "place", "styles": "style", "colours": "colour", "views": "view"}
SHOP = "in a grocery store"
THINGS = (
    *("t-shirt", "shoes", "pants", "airplane", "motorbike", "car"),
    *("ship", "sunflower", "chair", "umbrella", "pizza", "soccer ball"),
)
"""What environments, styles and views are asked with, of those that both folders know."""
COLOURED = ("t-shirt", "car", "umbrella", "chair", "shoes", "dress")
BATCH, SEEDS = 24, 4


@dataclass
class Model:
    """One folder of weights, and what it has made."""

    title: str
    folder: Path
    threads: int
    guidance: float
    made: dict[tuple[str, int], Array] = field(default_factory=dict)

    @cached_property
    def knows(self) -> dict[str, list[str]]:
        said = json.loads((self.folder / "knows.json").read_text(encoding="utf-8"))
        return {axis: said.get(axis, []) for axis in AXES}

    def session(self, name: str) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        return onnxruntime.InferenceSession(self.folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"])

    @cached_property
    def nets(self) -> tuple[Any, Any]:
        return self.session("generator"), self.session("enlarge")

    def batch(self, asked: Sequence[tuple[str, int]]) -> Array:
        sample.use(self.folder)  # its words are those of the folder that was used last
        small = sample.make(
            self.nets[0], [text for text, _ in asked], [seed for _, seed in asked], guidance=self.guidance
        )
        pictures: Array = sample.pixels(sample.enlarge(self.nets[1], small))
        return pictures

    def tokens(self, texts: Sequence[str]) -> Array:
        sample.use(self.folder)
        found: Array = sample.tokens(texts)
        return found

    def draw(self, asked: Sequence[tuple[str, int]]) -> Array:
        """uint8 [n, 64, 64, 3]; a prompt and seed that were drawn before are not drawn again."""
        new = list(dict.fromkeys(a for a in asked if a not in self.made))
        with tqdm(total=len(new), desc=f"{self.title} draws", leave=False) as bar:
            for i in range(0, len(new), BATCH):
                self.made.update(zip(new[i : i + BATCH], self.batch(new[i : i + BATCH]), strict=True))
                bar.update(len(new[i : i + BATCH]))
        return np.stack([self.made[a] for a in asked]) if asked else np.zeros((0, 64, 64, 3), np.uint8)

    def seconds(self) -> float:
        """For a picture in a batch of 8; the median of five batches after a first one."""
        asked = [(f"photo of {name}", seed) for seed, name in enumerate(self.knows["classes"][:8])]
        taken = []
        for _ in range(6):
            begun = perf_counter()
            self.batch(asked)
            taken.append((perf_counter() - begun) / len(asked))
        return median(taken[1:])

    def megabytes(self) -> float:
        return sum(p.stat().st_size for p in self.folder.glob("*.onnx")) / 1e6


def photo_of(name: str, produce: Collection[str]) -> str:
    """Produce was photographed in shops alone, so that is where it is asked for."""
    return f"photo of {name} {SHOP}" if name in produce else f"photo of {name}"


@dataclass(frozen=True, slots=True)
class Asked:
    """One picture, and what must be seen on it: the class, and the axis' word."""

    axis: str
    word: str
    kind: str
    text: str
    seed: int


def asked_of(
    knows: dict[str, list[str]], both: Sequence[str], produce: Collection[str], each: int, seed: int
) -> list[Asked]:
    """All prompts for the words of one folder; the things they are tried on are `both`, so the same for either."""
    things = [name for name in THINGS if name in both]
    food = [name for name in both if name in produce][: len(THINGS)]

    def some(axis: str, word: str, kind: str, text: str, count: int = SEEDS) -> list[Asked]:
        return [Asked(axis, word, kind, text, seed + i) for i in range(count)]

    asked = [a for kind in knows["classes"] for a in some("classes", kind, kind, photo_of(kind, produce), each)]
    for word in knows["environments"]:
        for kind in food if word == SHOP else things:
            asked += some("environments", word, kind, f"photo of {kind} {word}")
    for word in knows["styles"]:
        for kind in things:
            asked += some("styles", word, kind, f"{word} of {kind}")
    for word in knows["colours"]:
        for kind in (name for name in COLOURED if name in both):
            asked += some("colours", word, kind, f"photo of {word} {kind}")
    for word in knows["views"]:
        for kind in (name for name in things if word != "upside down" or name not in NO_UP):
            asked += some("views", word, kind, f"photo of {kind} {word}")
    return asked
