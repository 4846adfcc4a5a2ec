"""Things drawn by rules, as cut-outs: for pictures of collages that show nobody's photos."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from mintage.pictures.scenery.noise import noise

Array = np.ndarray[Any, Any]
SIDE = 512
Y, X = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]


def cut(colours: Array, alpha: Array) -> Image.Image:
    """RGBA, cropped to its bounds, the edge smooth by reduction."""
    pixels = np.dstack([np.clip(colours, 0, 1), np.clip(alpha, 0, 1)])
    small = Image.fromarray(np.round(pixels * 255).astype(np.uint8)).reduce(2)
    return small.crop(small.getchannel("A").getbbox())


def lit(normal: tuple[Array, Array, Array], shine: float) -> tuple[Array, Array]:
    """Diffuse light and a highlight from the upper left, by surface normals."""
    light = np.array((-0.45, -0.65, 0.61))
    facing = sum(n * part for n, part in zip(normal, light, strict=True))
    return 0.38 + 0.68 * np.maximum(facing, 0), shine * np.maximum(facing, 0) ** 24


def ball() -> Image.Image:
    """A beach ball with gores of four colours."""
    radius = np.hypot(X, Y) / 0.95
    z = np.sqrt(np.maximum(1 - radius**2, 0))
    around = np.arctan2(X * 0.9 + z * 0.4, Y * 0.5 + z * 0.8 - X * 0.2)
    colours = np.array([(0.9, 0.15, 0.15), (0.97, 0.95, 0.9), (0.15, 0.4, 0.8), (0.98, 0.8, 0.15)])
    diffuse, shine = lit((X / 0.95, Y / 0.95, z), 0.6)
    gore = np.floor((around + np.pi) / (2 * np.pi) * 8).astype(int) % 4
    return cut(colours[gore] * diffuse[..., None] + shine[..., None], radius < 1)


def mug() -> Image.Image:
    """A glazed mug with a handle and a dark inside."""
    x = (X + 0.15) / 0.55
    body = (np.abs(x) < 1) & (Y > -0.62) & (Y - 0.13 * np.sqrt(np.maximum(1 - x**2, 0)) < 0.62)
    rim = x**2 + ((Y + 0.62) / 0.13) ** 2
    z = np.sqrt(np.maximum(1 - x**2, 0))
    diffuse, shine = lit((x, np.full_like(x, -0.1), z), 0.35)
    colours = np.array((0.12, 0.45, 0.48)) * diffuse[..., None] + shine[..., None]
    band = np.abs(Y - 0.13 * z - 0.2) < 0.07
    colours = np.where(band[..., None], np.array((0.92, 0.88, 0.78)) * diffuse[..., None], colours)
    colours = np.where((rim < 1)[..., None], np.array((0.20, 0.55, 0.57)), colours)
    colours = np.where((rim < 0.8)[..., None], np.array((0.16, 0.08, 0.05)), colours)
    ring = np.hypot((X - 0.42) / 0.36, (Y - 0.02) / 0.42)
    handle = (np.abs(ring - 0.82) < 0.17) & ~body & (X > 0.35)
    round_off = np.sqrt(np.maximum(1 - ((ring - 0.82) / 0.17) ** 2, 0))
    colours = np.where(handle[..., None], np.array((0.12, 0.45, 0.48)) * (0.45 + 0.6 * round_off[..., None]), colours)
    return cut(colours, body | (rim < 1) | handle)


def cone() -> Image.Image:
    """A traffic cone."""
    half = 0.07 + 0.38 * (Y + 0.95) / 1.7
    x = X / np.maximum(half, 0.01)
    bow = 0.08 * np.sqrt(np.maximum(1 - x**2, 0)) * half / 0.45
    body = (np.abs(x) < 1) & (Y > -0.92) & (Y - bow < 0.70)
    diffuse, shine = lit((x, np.full_like(x, -0.25), np.sqrt(np.maximum(1 - x**2, 0))), 0.12)
    band = ((Y - bow > -0.42) & (Y - bow < -0.16)) | ((Y - bow > 0.12) & (Y - bow < 0.38))
    paint = np.where(band[..., None], np.array((0.93, 0.93, 0.9)), np.array((0.95, 0.36, 0.08)))
    base = (X / 0.72) ** 4 + ((Y - 0.76) / 0.17) ** 4 < 1
    floor = np.array((0.85, 0.30, 0.07)) * (0.95 - 0.5 * np.clip((Y - 0.76) / 0.17, 0, 1))[..., None]
    return cut(np.where(body[..., None], paint * diffuse[..., None] + shine[..., None], floor), body | base)


def shirt() -> Image.Image:
    """A striped T-shirt, laid flat, with folds."""
    x = np.abs(X)
    torso = (x < 0.50 + 0.04 * Y) & (Y > -0.72) & (Y < 0.85)
    sleeve = (x >= 0.40) & (-0.72 + 0.55 * (x - 0.3) < Y) & (-0.20 + 0.25 * (x - 0.5) > Y) & (x + 0.45 * Y < 0.72)
    neck = (X / 0.20) ** 2 + ((Y + 0.74) / 0.16) ** 2
    shape = (torso | sleeve) & (-0.74 + 0.35 * np.maximum(x - 0.18, 0) < Y) & (neck > 1)
    folds = noise(np.random.default_rng(4), SIDE, 2.3, fine=9, stretch=(1.0, 0.5))
    weave = 0.02 * noise(np.random.default_rng(5), SIDE, 0.2)
    shade = 0.92 + 0.35 * np.tanh(40 * (np.roll(folds, 4, 1) - folds) / 4) * 0.3 + weave
    stripes = np.sin(Y * 26 + 0.25 * folds) > 0.2
    paint = np.where(stripes[..., None], np.array((0.93, 0.91, 0.86)), np.array((0.16, 0.22, 0.42)))
    paint = np.where((neck < 1.5)[..., None], np.array((0.13, 0.18, 0.35)), paint)
    seam = np.where((np.abs(x - 0.47) < 0.012) & (Y < -0.2), 0.75, 1.0)
    return cut(paint * (shade * seam)[..., None], shape)


def apple() -> Image.Image:
    """An apple with a stem."""
    x = X / (0.82 * (1 - 0.12 * Y))
    y = (Y - 0.08 + 0.12 * np.exp(-((X / 0.28) ** 2)) * (Y < 0)) / 0.78
    radius = np.hypot(x, y)
    z = np.sqrt(np.maximum(1 - radius**2, 0))
    diffuse, shine = lit((x, y, z), 0.45)
    streaks = noise(np.random.default_rng(2), SIDE, 1.0, fine=60, stretch=(1.0, 8.0))
    ripe = np.clip(0.65 + 0.35 * X + 0.12 * streaks, 0, 1)[..., None]
    paint = np.array((0.78, 0.10, 0.11)) * ripe + np.array((0.80, 0.72, 0.22)) * (1 - ripe)
    stem = (np.abs(X - 0.05 - 0.25 * (-0.55 - Y) ** 2) < 0.028) & (Y > -0.97) & (Y < -0.56)
    dip = 1 - 0.6 * np.exp(-((X / 0.16) ** 2) - ((Y + 0.62) / 0.09) ** 2)
    colours = paint * (diffuse * dip)[..., None] + shine[..., None]
    return cut(np.where(stem[..., None], np.array((0.30, 0.20, 0.10)), colours), (radius < 1) | stem)


THINGS: dict[str, Callable[[], Image.Image]] = {
    "ball": ball,
    "mug": mug,
    "cone": cone,
    "t-shirt": shirt,
    "apple": apple,
}
