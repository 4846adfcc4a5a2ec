"""Fits what turns cosines into shares: temperature and the cosine of "none of these"; writes WEIGHTS/clip.json.

    python fit.py WEIGHTS DATA

The temperature by likelihood on DATA's photos of garments and groceries that nothing was trained on; "none of these"
such that of the worst kind of junk 3.5 % lies above it.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import sample
from PIL import Image

Array = np.ndarray[Any, Any]
JUNK_ABOVE = 0.035
GARMENTS = {
    **{k: k for k in ("t-shirt", "shoes", "pants", "dress", "shorts", "shirt", "skirt", "hat")},
    "longsleeve": "long-sleeve shirt",
    "outwear": "jacket",
}
GROCERIES = (
    *("apple", "avocado", "banana", "kiwi", "lemon", "lime", "mango", "melon", "orange"),
    *("papaya", "peach", "pear", "pineapple", "plum", "pomegranate", "cabbage", "carrot", "cucumber"),
    *("garlic", "ginger", "leek", "mushroom", "onion", "pepper", "potato", "tomato", "zucchini"),
)
RENAMED = {"carrots": "carrot", "brown-cap-mushroom": "mushroom", "nectarine": "peach"}


def photos(data: Path) -> dict[str, tuple[list[str], Array, Array]]:
    """By set: its classes, each photo's class number, and pixels uint8 [n, 64, 64, 3]."""

    def rows(path: str) -> list[dict[str, str]]:
        return list(csv.DictReader((data / path).read_text(encoding="utf-8").splitlines()))

    def squashed(path: Path) -> Array:
        return np.asarray(Image.open(path).convert("RGB").resize((64, 64), Image.Resampling.BOX))

    worn = [(data / "clothing" / r["file"], GARMENTS.get(r["class"], "")) for r in rows("clothing/dev.csv")]
    sold = [(data / "grocery" / r["file"], RENAMED.get(r["coarse"], r["coarse"])) for r in rows("grocery/val.csv")]
    found = {}
    for name, all_of_them, classes in (
        ("clothing dev", worn, sorted(GARMENTS.values())),
        ("grocery val", sold, list(GROCERIES)),
    ):
        some = [(path, kind) for path, kind in all_of_them if kind in classes]
        kinds = np.array([classes.index(kind) for _, kind in some])
        found[name] = (classes, kinds, np.stack([squashed(path) for path, _ in some]))
    return found


def junk(rng: np.random.Generator, count: int = 200) -> dict[str, Array]:
    """Kinds of what is no picture of anything, uint8 [count, 64, 64, 3] each."""
    plain = np.broadcast_to(rng.integers(0, 256, (count, 1, 1, 3)), (count, 64, 64, 3))
    few = rng.integers(0, 256, (count, 8, 8, 3)).astype(np.uint8)
    blobs = np.stack([np.asarray(Image.fromarray(f).resize((64, 64), Image.Resampling.BICUBIC)) for f in few])
    bars = np.repeat(np.repeat(rng.integers(0, 256, (count, 1, 16, 3)), 4, 2), 64, 1)
    made = {"plain": plain, "noise": rng.integers(0, 256, (count, 64, 64, 3)), "blobs": blobs, "stripes": bars}
    return {name: pictures.astype(np.uint8) for name, pictures in made.items()}


def embed(pictures: Array) -> Array:
    """Unit vectors [n, 128] of uint8 pictures."""
    net = sample.session("clip_image")
    parts = [
        pictures[i : i + 64].transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1 for i in range(0, len(pictures), 64)
    ]
    return np.concatenate([net.run(None, {"image": part})[0] for part in parts])


def names(classes: list[str]) -> Array:
    """Unit vectors of classes by their names."""
    made: Array = sample.session("clip_text").run(None, {"tokens": sample.tokens([f"photo of {c}" for c in classes])})[
        0
    ]
    return made


def surprise(cosines: Array, kinds: Array, temperature: float) -> Array:
    """Minus the log of each photo's right share, [n]."""
    z = cosines / temperature
    top = z.max(1)
    return np.log(np.exp(z - top[:, None]).sum(1)) + top - z[np.arange(len(kinds)), kinds]


def main(weights: Path, data: Path) -> None:
    sample.use(weights)
    sets = [(embed(pixels) @ names(classes).T, kinds) for classes, kinds, pixels in photos(data).values()]

    def mean_surprise(temperature: float) -> float:
        return float(np.concatenate([surprise(cosines, kinds, temperature) for cosines, kinds in sets]).mean())

    temperature = float(min(np.geomspace(0.01, 0.3, 60), key=mean_surprise))
    known = names(json.loads((weights / "knows.json").read_text())["classes"])
    worst = [np.quantile((embed(p) @ known.T).max(1), 1 - JUNK_ABOVE) for p in junk(np.random.default_rng(0)).values()]
    null = float(max(worst))
    (weights / "clip.json").write_text(json.dumps({"temperature": round(temperature, 4), "null": round(null, 4)}))
    print(f"temperature {temperature:.4f}, none of these {null:.4f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
