"""Shadows of cut-outs: cast on the ground by what stands, around what lies."""

from typing import TYPE_CHECKING, Any

from mintage.pictures.scenery.compose import Layer, spread
from mintage.pictures.scenery.noise import blur

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]
    Generator = numpy.random.Generator


def lying(layer: Layer, height: int, width: int, sun: float, rng: "Generator") -> "Array":
    """What is left of the light, [h, w], 0 to 1, under something flat: dark and narrow where it touches, and a soft
    shadow to one side. `sun` (0 to 1): how strong and sharp that is."""
    import numpy as np

    size = max(layer.alpha.shape)
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.012, 0.035) * size * (0.6 + sun)
    coverage = spread(layer, height, width)
    cast = _moved(coverage, far * np.cos(angle), far * np.sin(angle))
    cast = blur(cast, (0.010 + 0.02 * (1 - sun)) * size + 0.5)
    touch = blur(coverage, 0.006 * size + 0.7)
    left: Array = (1 - (0.22 + 0.45 * sun) * cast) * (1 - 0.20 * touch)
    return left * (1 - 0.06 * blur(coverage, 0.04 * size))


def standing(layer: Layer, height: int, width: int, sun: float, pitch: float, rng: "Generator") -> "Array":
    """The same of something that stands on its lowest row: its outline thrown over the ground to one side, behind it,
    and darkness where it touches. `pitch`: how far the camera looks down, in radians: the more, the longer it looks."""
    import numpy as np

    if not (layer.alpha > 0.5).any():  # what can hardly be seen throws no shadow
        return np.ones((height, width), np.float32)
    h, w = layer.alpha.shape
    low, high = np.sin(pitch) * 0.35, np.sin(pitch) * 1.1
    flat = float(np.clip(rng.uniform(low, high), 0.05, 0.5))
    lean = rng.choice([-1, 1]) * rng.uniform(0.25, 1.1)
    foot = layer.y + int(np.flatnonzero(layer.alpha.max(axis=1) > 0.5)[-1])
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    up = (foot - y) / flat  # a place on the ground is in the shadow of what is so high above it
    rows, columns = np.round(foot - up - layer.y).astype(int), np.round(x - lean * flat * up - layer.x).astype(int)
    inside = (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)
    cast = np.where(inside, layer.alpha[np.clip(rows, 0, h - 1), np.clip(columns, 0, w - 1)], 0)
    near = blur(cast, 0.008 * h + 0.6)
    far = blur(cast, (0.02 + 0.04 * (1 - sun)) * h + 0.8)
    fade = np.clip(up / max(h, 1), 0, 1)
    cast = near * (1 - fade) * sun + far * (1 - sun * (1 - fade))
    feet = _feet(layer, height, width, flat)
    found: Array = (1 - (0.20 + 0.50 * sun) * cast * (1 - 0.5 * fade)) * (1 - feet)
    return found


def _feet(layer: Layer, height: int, width: int, flat: float) -> "Array":
    """Darkness close to where something touches the ground: the lowest part of its outline, pressed flat."""
    import numpy as np

    h = layer.alpha.shape[0]
    solid = layer.alpha > 0.5
    foot = int(np.flatnonzero(solid.any(axis=1))[-1])
    lowest = np.where(solid.any(axis=0), h - 1 - np.argmax(solid[::-1], axis=0), -h)
    weight = np.clip(1 - (foot - lowest) / max(2.0, 0.10 * h), 0, 1)  # columns whose end is near the ground
    thick = max(1.0, 0.018 * h + 0.02 * layer.alpha.shape[1] * flat)
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width) - layer.x
    there = (columns >= 0) & (columns < layer.alpha.shape[1])
    pick = np.clip(columns, 0, layer.alpha.shape[1] - 1)
    strength, middle = np.where(there, weight[pick], 0), layer.y + np.where(there, lowest[pick], 0)
    band = np.clip(1 - np.abs(rows - middle) / (1.6 * thick), 0, 1) * strength
    wide: Array = 0.70 * blur(np.clip(1.5 * band, 0, 1), 0.5 * thick + 0.4) + 0.40 * blur(band, 2.4 * thick)
    return np.clip(wide, 0, 0.8)


def _moved(field: "Array", x: float, y: float) -> "Array":
    import numpy as np

    dx, dy = round(x), round(y)
    out = np.zeros_like(field)
    h, w = field.shape
    if abs(dx) < w and abs(dy) < h:
        out[max(dy, 0) : h + min(dy, 0), max(dx, 0) : w + min(dx, 0)] = field[
            max(-dy, 0) : h + min(-dy, 0), max(-dx, 0) : w + min(-dx, 0)
        ]
    return out
