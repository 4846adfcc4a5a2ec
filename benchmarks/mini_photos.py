"""Real pictures that the benchmark of the embedded models learns and measures with, named in the models' words."""

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

sys.path.append(str(Path(__file__).parents[1] / "training"))
from pack import Photo, photos
from vocabulary import CARTONS, CLOTHING, COLOURS, GROCERY, ONLY_RANKED, TUBS

Array = np.ndarray[Any, Any]
FRESH = {"carrots": "carrot", "red-beet": "beet", "satsumas": "mandarin", "red-grapefruit": "grapefruit"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pictures uint8 [n, 64, 64, 3], and what is on each."""

    pictures: Array
    names: list[str]

    def only(self, names: Collection[str]) -> "Labelled":
        mine = [i for i, name in enumerate(self.names) if name in names]
        return Labelled(self.pictures[mine], [self.names[i] for i in mine])

    def __add__(self, other: "Labelled") -> "Labelled":
        return Labelled(np.concatenate([self.pictures, other.pictures]), self.names + other.names)

    def some(self, counts: dict[str, int], rng: np.random.Generator) -> "Labelled":
        """So many of each at random, or all where there are fewer."""
        places: dict[str, list[int]] = defaultdict(list)
        for i, name in enumerate(self.names):
            places[name].append(i)
        taken = [int(i) for name, n in counts.items() for i in rng.permutation(places[name])[:n]]
        return Labelled(self.pictures[taken], [self.names[i] for i in taken])


def framed(picture: Image.Image, ground: Sequence[int] | None = None) -> Array:
    """64×64 as in the pack: padded to a square with the middle colour of its edge (Caltech: white)."""
    pixels = np.asarray(picture.convert("RGB"))
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    filled = tuple(int(c) for c in (np.median(edge, 0) if ground is None else ground))
    side = max(picture.size)
    square = Image.new("RGB", (side, side), filled)
    square.paste(picture.convert("RGB"), ((side - picture.width) // 2, (side - picture.height) // 2))
    return np.asarray(square.resize((64, 64), Image.Resampling.BOX))


def squashed(picture: Image.Image) -> Array:
    """64×64 without regard to its shape: what the ranking was always measured on."""
    return np.asarray(picture.convert("RGB").resize((64, 64), Image.Resampling.BOX))


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def opened(folder: Path, files: Sequence[str], frame: Any = framed) -> Array:
    return np.stack([frame(Image.open(folder / file)) for file in tqdm(files, f"reading {folder.name}", leave=False)])


def clothing(data: Path, frame: Any = framed) -> Labelled:
    """Photos by contributors of whom no photo was trained on."""
    called = {name.lower(): ours for name, ours in CLOTHING.items()}
    found = [r for r in rows(data / "clothing/dev.csv") if r["class"] in called]
    return Labelled(opened(data / "clothing", [r["file"] for r in found], frame), [called[r["class"]] for r in found])


def fine(row: dict[str, str]) -> str:
    """Our name of a grocery photo without its colour; empty for what has none."""
    carton = row["coarse"].title()
    if carton in CARTONS or carton in TUBS:
        return CARTONS.get(carton, "")
    name = row["class"].replace("-", " ")
    first, _, rest = GROCERY.get(name, name).partition(" ")
    return rest if first in COLOURS and rest else f"{first} {rest}".strip()


def coarse(row: dict[str, str]) -> str:
    """The shop's own coarser class, in our words: a watermelon is a melon."""
    called = {**FRESH, "brown-cap-mushroom": "mushroom", "nectarine": "peach"}
    return called.get(row["coarse"], row["coarse"].replace("-", " "))


def groceries(data: Path, name: Any = fine, frame: Any = framed) -> Labelled:
    """Photos of the shop's own validation split."""
    found = [r for r in rows(data / "grocery/val.csv") if name(r)]
    return Labelled(opened(data / "grocery", [r["file"] for r in found], frame), [name(r) for r in found])


def caltech(data: Path) -> Labelled:
    """Whole classes; all but a tenth of these pictures are in the training set."""
    files = [
        f"{folder.name}/{p.name}" for folder in sorted((data / "caltech").iterdir()) for p in sorted(folder.iterdir())
    ]
    files = [f for f in files if not f.split("/")[1].startswith(".")]

    def white(picture: Image.Image) -> Array:
        return framed(picture, (255, 255, 255))

    return Labelled(opened(data / "caltech", files, white), [f.split("/")[0] for f in files])


class Real:
    """The folder of real data, read when it is asked for."""

    def __init__(self, data: Path) -> None:
        self.data = data

    @cached_property
    def pack(self) -> list[Photo]:
        """All rows of the pack with a name."""
        return list(tqdm(photos(self.data / "pack64"), "reading the pack", leave=False))

    @cached_property
    def held_back(self) -> Labelled:
        return labelled([p for p in self.pack if p.is_held_back])

    @cached_property
    def learnt(self) -> Labelled:
        """All rows that are not held back."""
        return labelled([p for p in self.pack if not p.is_held_back])

    @cached_property
    def taught(self) -> list[str]:
        """What a judge of classes chooses among: all that generators were taught, whether they learned it or not."""
        return sorted({*self.learnt.names} - ONLY_RANKED)

    @cached_property
    def clothing(self) -> Labelled:
        return clothing(self.data)

    @cached_property
    def groceries(self) -> Labelled:
        return groceries(self.data)

    @cached_property
    def produce(self) -> set[str]:
        """Classes whose photos are mostly from a grocery store."""
        of: dict[str, Counter[bool]] = defaultdict(Counter)
        for photo in self.pack:
            if photo.style == "photo":
                of[photo.kind][photo.source == "grocery"] += 1
        return {kind for kind, counts in of.items() if counts[True] > counts[False]}


def labelled(found: Sequence[Photo]) -> Labelled:
    return Labelled(np.stack([p.picture for p in found]), [p.kind for p in found])
