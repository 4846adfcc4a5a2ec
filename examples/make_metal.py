"""Brushed metal plates, good ones and ones with a scratch or a dent, drawn by rules: a defect set that needs no photos.

    python examples/make_metal.py FOLDER [--good 24] [--scratch 8] [--side 256] [--seed 1]

Writes FOLDER/good/plate-000.png …, and FOLDER/scratch/plate-000.png … with plate-000.mask.png beside it, white on the
defect. No two plates have the same light, tone or grain.
"""

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Array = np.ndarray[Any, Any]


def plate(side: int, rng: np.random.Generator) -> Array:
    """A plate that fills the frame: float32 [side, side, 3] in grey levels."""
    grain = rng.standard_normal((2 * side, 2 * side)).astype(np.float32)
    for reach in (1, 3, 9, 27):  # the brush draws every speck out along its way
        grain = grain + np.roll(grain, reach, 1)
    grain = 7 * grain / grain.std() + 2.5 * rng.standard_normal(grain.shape).astype(np.float32)
    turned = Image.fromarray(grain).rotate(float(rng.uniform(0, 180)), Image.Resampling.BILINEAR)
    half = side // 2
    brushed = np.asarray(turned)[half : half + side, half : half + side]
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side - 0.5
    way = rng.uniform(0, 2 * np.pi)
    light = rng.uniform(20, 70) * (np.cos(way) * x + np.sin(way) * y)
    shine = rng.uniform(0, 30) * np.exp(-(((x * np.sin(way) - y * np.cos(way) + rng.uniform(-0.3, 0.3)) / 0.2) ** 2))
    tone = rng.uniform(95, 185) + rng.uniform(-8, 8, 3)
    found: Array = tone + (brushed + light + shine)[..., None]
    return found.astype(np.float32)


def scratched(pixels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """The plate with a scratch: a bent line, dark in the middle and bright along one side; and where it is (bool)."""
    side = len(pixels)
    points = _bent_line(side, rng)
    width = float(rng.uniform(1.6, 2.8)) * side / 256
    dark, bright = _drawn(points, width, side), _drawn([(x + width, y + width) for x, y in points], width, side)
    depth = rng.uniform(55, 90)
    return pixels + (bright * depth * 0.8 - dark * depth)[..., None], (dark > 0.2) | (bright > 0.2)


def dented(pixels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """The plate with a dent: an oval hollow, dark on the side of the light and bright on the other; and where it is."""
    side = len(pixels)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    long, short = rng.uniform(0.06, 0.12) * side, rng.uniform(0.04, 0.06) * side
    middle = rng.uniform(0.2 * side, 0.8 * side, 2)
    turn, light = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi)
    along = (np.cos(turn) * (x - middle[0]) + np.sin(turn) * (y - middle[1])) / long
    across = (np.cos(turn) * (y - middle[1]) - np.sin(turn) * (x - middle[0])) / short
    far = np.hypot(along, across)
    slope = np.clip(far * np.exp(1 - far**2 * 1.5), 0, 1) * (far < 1.6)
    toward = (np.cos(light) * (x - middle[0]) + np.sin(light) * (y - middle[1])) / (np.hypot(long, short) / 1.4)
    return pixels + (rng.uniform(50, 80) * slope * np.tanh(toward))[..., None], far < 1.25


def _bent_line(side: int, rng: np.random.Generator) -> list[tuple[float, float]]:
    way, bend, long = rng.uniform(0, 2 * np.pi), rng.uniform(-1.2, 1.2), rng.uniform(0.2, 0.5) * side
    at = rng.uniform(0.25 * side, 0.75 * side, 2)
    points = []
    for _ in range(24):
        points.append((float(at[0]), float(at[1])))
        at = at + long / 24 * np.array([np.cos(way), np.sin(way)])
        way += bend / 24 + rng.normal(0, 0.06)
    return points


def _drawn(points: Sequence[tuple[float, float]], width: float, side: int) -> Array:
    """A line with soft edges, thinner at its ends: float32 [side, side], 0 to 1."""
    large = Image.new("L", (4 * side, 4 * side))
    draw = ImageDraw.Draw(large)
    for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        ends = min(1.0, 0.4 + min(i, len(points) - 2 - i) / 6)
        draw.line((4 * x0, 4 * y0, 4 * x1, 4 * y1), fill=255, width=max(1, round(4 * width * ends)))
    small = large.resize((side, side), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.4))
    return np.asarray(small, np.float32) / 255


def picture(pixels: Array) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def make(folder: Path, good: int = 24, scratch: int = 8, side: int = 256, seed: int = 1) -> None:
    """Write both folders; files of the same names are replaced."""
    rng = np.random.default_rng(seed)
    for name in ("good", "scratch"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for i in range(good):
        picture(plate(side, rng)).save(folder / "good" / f"plate-{i:03}.png")
    for i in range(scratch):
        damage = dented if i % 4 == 3 else scratched
        pixels, where = damage(plate(side, rng), rng)
        picture(pixels).save(folder / "scratch" / f"plate-{i:03}.png")
        picture(np.where(where, 255, 0)).save(folder / "scratch" / f"plate-{i:03}.mask.png")


def main() -> None:
    parser = argparse.ArgumentParser(description="Brushed metal plates, good ones and ones with a scratch or a dent.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--good", type=int, default=24, help="good plates")
    parser.add_argument("--scratch", type=int, default=8, help="plates with a scratch, and every fourth with a dent")
    parser.add_argument("--side", type=int, default=256, help="pixels")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    make(given.folder, given.good, given.scratch, given.side, given.seed)
    print(f"{given.good} good plates and {given.scratch} with defects and masks in {given.folder}")


if __name__ == "__main__":
    main()
