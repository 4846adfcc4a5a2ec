"""Fits what turns cosines into shares: temperature and the cosine of "none of these"; writes WEIGHTS/clip.json.

    python fit.py WEIGHTS DATA

The temperature at which the larger of two calibration errors is smallest: of DATA's photos of garments and of
groceries, on which nothing was trained; "none of these" such that of the worst kind of junk 3.5 % lies above it.
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


def calibration_error(p: Array, truth: Array) -> float:
    """Mean gap of confidence and accuracy over ten bins of confidence, weighted by size (Naeini et al., 2015)."""
    sure, right = p.max(1), p.argmax(1) == truth
    bins = [(sure > i / 10) & (sure <= (i + 1) / 10) for i in range(10)]
    return float(sum(abs(right[b].mean() - sure[b].mean()) * b.mean() for b in bins if b.any()))


def shares(cosines: Array, temperature: float) -> Array:
    """Softmax over each row."""
    z = np.exp((cosines - cosines.max(1, keepdims=True)) / temperature)
    made: Array = z / z.sum(1, keepdims=True)
    return made


def main(weights: Path, data: Path) -> None:
    sample.use(weights)
    sets = [(embed(pixels) @ names(classes).T, kinds) for classes, kinds, pixels in photos(data).values()]

    def larger_error(temperature: float) -> float:
        return max([calibration_error(shares(cosines, temperature), kinds) for cosines, kinds in sets])

    temperature = float(min(np.geomspace(0.01, 0.3, 2000), key=larger_error))
    known = names(json.loads((weights / "knows.json").read_text())["classes"])
    worst = [np.quantile((embed(p) @ known.T).max(1), 1 - JUNK_ABOVE) for p in junk(np.random.default_rng(0)).values()]
    null = float(max(worst))
    (weights / "clip.json").write_text(json.dumps({"temperature": round(temperature, 4), "null": round(null, 4)}))
    print(f"temperature {temperature:.4f}, none of these {null:.4f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
