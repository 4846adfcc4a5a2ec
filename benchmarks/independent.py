"""A judge that shares nothing with the embedded models: gradients, colours and a kernel classifier on real photos.

What the benchmarks of variation and fusion measure with. Histograms of oriented gradients (Dalal and Triggs, 2005) and
colours of a grid, at 64×64; classes by kernel ridge regression on them.
"""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from mintage.pictures import open_picture

Array = np.ndarray[Any, Any]
DATA = Path(os.environ.get("MINTAGE_DATA", Path(__file__).parents[2] / "shared" / "data"))
FLAT, BITS = 13.0, 4
"""Two pictures are the same when they differ by fewer grey levels on the average at 16×16, or in at most so many of
the 64 bits of their difference hash."""

CLOTHES = ("t-shirt", "pants", "shoes", "dress", "shorts", "skirt")
OTHERS = ("dalmatian", "elephant", "butterfly", "chair", "pizza", "sunflower", "umbrella")
CLASSES = (*CLOTHES, *OTHERS)
"""Classes of the photos that `mini` can draw."""


@dataclass(frozen=True)
class Photo:
    path: Path
    name: str

    def open(self) -> Image.Image:
        return open_picture(self.path).convert("RGB")


def there(data: Path) -> bool:
    """Whether the photos are there; says so if they are not."""
    found = (data / "clothing" / "dev.csv").is_file() and (data / "caltech").is_dir()
    if not found:
        print(f"No real photos at {data}: nothing is measured. Set MINTAGE_DATA, or give --data.")
    return found


def photos(data: Path, split: str) -> list[Photo]:
    """`dev`: garments by contributors that do not occur in `train`, and the first 20 of each Caltech class; `train`:
    the other contributors', and the other photos."""
    found = []
    with (data / "clothing" / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        found += [Photo(data / "clothing" / r["file"], r["class"]) for r in csv.DictReader(file)]
    for name in OTHERS:
        files = sorted(p for p in (data / "caltech" / name).iterdir() if not p.name.startswith("."))
        found += [Photo(p, name) for p in (files[:20] if split == "dev" else files[20:])]
    return [p for p in found if p.name in CLASSES and p.path.is_file()]


def parents(data: Path, count: int) -> list[Photo]:
    """So many of `dev`, a class each in turn; the same every time."""
    rng = np.random.default_rng(0)
    by_class = {c: [p for p in photos(data, "dev") if p.name == c] for c in CLASSES}
    order = {c: [group[i] for i in rng.permutation(len(group))] for c, group in by_class.items()}
    turns = [order[c][i] for i in range(max(map(len, order.values()))) for c in CLASSES if i < len(order[c])]
    return turns[:count]


def squared(picture: Image.Image, size: int = 64) -> Image.Image:
    """Cropped to the middle square, by the mean over boxes."""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    box = (left, top, left + side, top + side)
    return picture.convert("RGB").resize((size, size), Image.Resampling.BOX, box)


# ── is it the same picture? ─────────────────────────────────────────────────────────────────────────────────────────


def tiny(picture: Image.Image) -> Array:
    return np.asarray(picture.convert("L").resize((16, 16), Image.Resampling.BOX), np.float32)


def difference_hash(picture: Image.Image) -> Array:
    """64 bits: is each of 8×8 places darker than the one to its right?"""
    grey = np.asarray(picture.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    return (grey[:, :-1] < grey[:, 1:]).ravel()


def same(one: Image.Image, other: Image.Image) -> bool:
    """Within the limit for duplicates."""
    flat = float(np.abs(tiny(one) - tiny(other)).mean()) < FLAT
    return flat or int((difference_hash(one) != difference_hash(other)).sum()) <= BITS


def share_same(pairs: Sequence[tuple[Image.Image, Image.Image]]) -> float:
    return float(np.mean([same(a, b) for a, b in pairs])) if pairs else 0.0


def jittered(picture: Image.Image, seed: int) -> Image.Image:
    """What is no new picture: up to 3 % shifted and cropped, up to 5 % brighter or darker."""
    rng = np.random.default_rng(seed)
    w, h = picture.size
    left, top, right, bottom = rng.uniform(0, 0.03, 4)
    cut = picture.resize((w, h), Image.Resampling.BICUBIC, (left * w, top * h, w - right * w, h - bottom * h))
    return ImageEnhance.Brightness(cut).enhance(float(rng.uniform(0.95, 1.05)))


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity of greys over windows of 8×8, −1 to 1 (Wang et al., 2004; box windows)."""
    a, b = (np.asarray(p.convert("L"), np.float64) for p in (one, other))
    windows = [np.lib.stride_tricks.sliding_window_view(x, (8, 8)) for x in (a, b)]
    ma, mb = (w.mean((2, 3)) for w in windows)
    va, vb = (w.var((2, 3)) for w in windows)
    cov = (windows[0] * windows[1]).mean((2, 3)) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma**2 + mb**2 + c1) * (va + vb + c2))).mean())


# ── what is it? ─────────────────────────────────────────────────────────────────────────────────────────────────────


def gradients(picture: Image.Image) -> Array:
    """Oriented gradients of 8×8 cells in nine directions, over blocks of 2×2 cells: 1,764 numbers."""
    grey = np.asarray(squared(picture).convert("L"), np.float32)
    dy, dx = np.gradient(grey)
    size, angle = np.hypot(dx, dy), np.arctan2(dy, dx) % np.pi / np.pi * 9
    low = np.floor(angle).astype(int)
    part = angle - low
    cells = np.zeros((8, 8, 9), np.float32)
    rows, columns = np.indices(grey.shape) // 8
    np.add.at(cells, (rows, columns, low % 9), size * (1 - part))
    np.add.at(cells, (rows, columns, (low + 1) % 9), size * part)
    blocks = np.concatenate([cells[:-1, :-1], cells[1:, :-1], cells[:-1, 1:], cells[1:, 1:]], 2)
    blocks = blocks / np.sqrt((blocks**2).sum(2, keepdims=True) + 25)
    return np.minimum(blocks, 0.2).ravel()


def colours(picture: Image.Image) -> Array:
    """The mean colour of 4×4 places (Lab), and how often each of 4×4×4 colours occurs: 112 numbers."""
    small = squared(picture)
    places = np.asarray(small.resize((4, 4), Image.Resampling.BOX).convert("HSV"), np.float32).ravel() / 255
    bins = np.asarray(small, int) // 64
    counts = np.bincount((bins @ [16, 4, 1]).ravel(), minlength=64) / 4096
    return np.concatenate([places, np.sqrt(counts)]).astype(np.float32)


def vector(picture: Image.Image) -> Array:
    """Gradients and colours, each of length one, so that both weigh the same."""
    parts = [gradients(picture), colours(picture)]
    return np.concatenate([p / (np.linalg.norm(p) + 1e-6) for p in parts])


def vectors(pictures: Sequence[Image.Image]) -> Array:
    return np.stack([vector(p) for p in pictures])


class Classifier:
    """Kernel ridge regression of the classes on `vector`, all classes of equal weight."""

    def __init__(self, learnt: Sequence[Photo]) -> None:
        """Learns from the photos and their mirror images."""
        pictures = [photo.open() for photo in learnt]
        mirrored = [p.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for p in pictures]
        self._known = vectors([*pictures, *mirrored])
        names = np.array([CLASSES.index(p.name) for p in learnt] * 2)
        weights = 1 / np.bincount(names, minlength=len(CLASSES))[names]
        target = np.where(names[:, None] == np.arange(len(CLASSES)), 1.0, -1.0)
        kernel = self._kernel(self._known)
        ridge = np.diag(0.3 * weights.mean() / weights)
        self._answer = np.linalg.solve(kernel + ridge, target)

    def _kernel(self, these: Array) -> Array:
        squares = (these**2).sum(1)[:, None] + (self._known**2).sum(1)[None] - 2 * these @ self._known.T
        return np.exp(-2.0 * np.maximum(squares, 0))  # type: ignore[no-any-return]

    def names(self, pictures: Sequence[Image.Image]) -> list[str]:
        """The class of each picture."""
        return [CLASSES[i] for i in (self._kernel(vectors(pictures)) @ self._answer).argmax(1)]


def classifier(data: Path, most: int = 150) -> Classifier:
    """Learnt from at most so many photos of a class that are no parents."""
    rng = np.random.default_rng(1)
    learnt = []
    for name in CLASSES:
        group = [p for p in photos(data, "train") if p.name == name]
        learnt += [group[i] for i in rng.permutation(len(group))[:most]]
    return Classifier(learnt)


def calibrate(data: Path) -> None:
    """Print how many copies, jittered copies and pairs of different photos the limit calls the same."""
    found = [p.open() for p in parents(data, 260)]
    square = [squared(p) for p in found]
    jitter = [(s, squared(jittered(p, i))) for i, (p, s) in enumerate(zip(found, square, strict=True))]
    print("| pairs | called the same |\n|---|---|")
    print(f"| a photo and itself | {share_same([(s, s) for s in square]):.1%} |")
    print(f"| a photo, up to 3 % shifted and 5 % brighter or darker | {share_same(jitter):.1%} |")
    print(f"| two different photos | {share_same(list(combinations(square, 2))):.2%} |")
