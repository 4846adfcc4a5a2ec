"""Seamless textures of grounds and walls, drawn by rules: what generated environments are covered with."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mintage.pictures.scenery.noise import noise

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]
    Generator = numpy.random.Generator
    Colour = tuple[float, float, float]

VARIANTS = 6
"""Tiles of each texture. Place, turn, scale and colour come from a picture's own seed."""


@lru_cache(maxsize=40)
def tile(name: str, variant: int, side: int) -> "tuple[Array, ...]":
    """One texture with its smaller copies (a mipmap): uint8 [side, side, 3], [side/2, …], … down to 4 pixels.

    One tile is about two metres of ground or wall; `side` is a power of two.
    """
    import numpy as np

    rng = np.random.default_rng([variant, side, *name.encode()])
    pixels = np.clip(TEXTURES[name](rng, side), 0, 1)
    pyramid = [np.round(pixels * 255).astype(np.uint8)]
    while len(pixels) > 4:
        pixels = (pixels[::2, ::2] + pixels[1::2, ::2] + pixels[::2, 1::2] + pixels[1::2, 1::2]) / 4
        pyramid.append(np.round(pixels * 255).astype(np.uint8))
    return tuple(pyramid)


def _tinted(grey: "Array", colour: "Colour") -> "Array":
    """A lightness of about 1 in a colour: [h, w] → [h, w, 3]."""
    import numpy as np

    return grey[..., None] * np.asarray(colour, np.float32)


def _relief(height: "Array", depth: float) -> "Array":
    """Lightness (about 1) of a height map under light from the upper left."""
    import numpy as np

    slope = np.roll(height, -1, 1) - np.roll(height, 1, 1) + np.roll(height, -1, 0) - np.roll(height, 1, 0)
    shade: Array = 1 + depth * np.tanh(slope / max(float(slope.std()) * 2, 1e-9))
    return shade


def _grass(rng: "Generator", side: int) -> "Array":
    """Blades, drawn dark ones first, each a tapering stroke in a green or straw colour of its own."""
    import numpy as np
    from PIL import Image, ImageDraw

    hue = rng.uniform(-0.04, 0.06)
    dry = rng.uniform(0.02, 0.25)
    soil = _tinted(0.9 + 0.15 * noise(rng, side, 1), (0.16, 0.20, 0.08))
    image = Image.fromarray(np.round(np.clip(soil, 0, 1) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    patches = noise(rng, side, 1.4, coarse=4, fine=16)
    count = 9000 * side * side // 512**2
    lean = rng.uniform(0, 2 * np.pi)
    for k in range(count):
        depth = k / count
        x, y = rng.uniform(0, side, 2)
        angle = lean + rng.normal(0, 0.9)
        length = rng.uniform(0.012, 0.04) * side
        light = 0.34 + 0.55 * depth + 0.10 * rng.standard_normal() + 0.06 * patches[int(y), int(x)]
        straw = rng.random() < dry
        base = (0.78, 0.72, 0.42) if straw else (0.50 + hue + 0.10 * rng.random(), 0.72, 0.26)
        colour = tuple(int(np.clip(255 * c * light, 0, 255)) for c in base)
        dx, dy = length * np.cos(angle), length * np.sin(angle)
        bx, by = 0.10 * length * rng.standard_normal(2)
        width = max(1, round(side / 340 * rng.uniform(0.6, 1.6)))
        for ox in _wraps(x, dx, side):
            for oy in _wraps(y, dy, side):
                points = [(x + ox, y + oy), (x + ox + dx / 2 + bx, y + oy + dy / 2 + by), (x + ox + dx, y + oy + dy)]
                draw.line(points, fill=colour, width=width)
    return np.asarray(image, np.float32) / 255 * 1.18


def _wraps(start: float, step: float, side: int) -> tuple[int, ...]:
    """Where a stroke that leaves the tile has to be drawn again, so that it comes in at the other side."""
    end = start + step
    return (0, side) if min(start, end) < 8 else (0, -side) if max(start, end) > side - 8 else (0,)


def _sand(rng: "Generator", side: int) -> "Array":
    import numpy as np

    ripples = rng.random() < 0.4
    dunes = noise(rng, side, 1.6, coarse=3, fine=24, stretch=(1.0, 2.2) if ripples else (1.0, 1.0))
    rows = np.sin(2 * np.pi * (np.arange(side)[:, None] / side * 22 + 0.9 * noise(rng, side, 1.7, fine=8)))
    grey = _relief(dunes, 0.10) * (_relief(rows, 0.05) if ripples else 1) + 0.03 * noise(rng, side, 1, coarse=3)
    grey = grey + 0.075 * noise(rng, side, 0.1, coarse=40)
    specks = noise(rng, side, 0, coarse=60)
    grey = np.where(specks > 3.3, grey * 0.62, np.where(specks < -3.4, grey * 1.2, grey))
    return _tinted(grey * rng.uniform(0.9, 1.02), (0.83, 0.73, 0.57 + rng.uniform(-0.06, 0.05)))


def _snow(rng: "Generator", side: int) -> "Array":
    import numpy as np

    drifts = noise(rng, side, 2.1, fine=14)
    crust = noise(rng, side, 1.0, coarse=10, fine=90)
    grey = 0.93 * _relief(drifts, 0.045) * _relief(crust, 0.022) + 0.016 * noise(rng, side, 0.2, coarse=50)
    blue = np.clip(0.5 - (grey - 0.9) * 5, 0, 1)[..., None]  # what is turned from the light has the sky's colour
    colour = np.array((1.0, 1.0, 1.0)) * (1 - blue) + np.array((0.94, 0.97, 1.03)) * blue
    return grey[..., None] * colour


def _planks(rng: "Generator", side: int) -> "Array":
    """Boards along y with grain, joints and gaps."""
    import numpy as np

    boards = int(rng.choice([6, 8, 10, 12]))
    tones = [(0.62, 0.43, 0.27), (0.72, 0.54, 0.36), (0.48, 0.31, 0.19), (0.80, 0.66, 0.49), (0.55, 0.47, 0.40)]
    tone = tones[int(rng.integers(len(tones)))]
    x, y = np.arange(side)[None, :] / side, np.arange(side)[:, None] / side
    board = np.floor(x * boards).astype(int) % boards
    joint = rng.random(boards)[board]
    piece = (np.floor((y + joint) * 2).astype(int) % 2) + 2 * board
    shift = rng.integers(0, side, 2 * boards)
    fibre, rings = noise(rng, side, 0.7, stretch=(1, 26)), noise(rng, side, 1.5, fine=60, stretch=(1, 14))
    rows = (np.arange(side)[:, None] + shift[piece]) % side
    columns = np.broadcast_to(np.arange(side)[None, :], (side, side)) + 37 * piece
    grain = 0.055 * fibre[rows, columns % side] + 0.05 * np.sin(5.5 * rings[rows, columns % side])
    grey = 1 + grain + rng.normal(0, 0.075, 2 * boards)[piece]
    across = np.abs((x * boards) % 1 - 0.5) * side / boards
    along = np.abs(((y + joint) * 2) % 1 - 0.5) * side / 2
    gap = np.clip(side / boards / 2 - across, 0, 1.6) / 1.6 * np.clip((side / 4 - along), 0, 1.6) / 1.6
    warm = 1 + 0.012 * rng.standard_normal((2 * boards, 3))[piece]
    found: Array = _tinted(grey * (0.35 + 0.65 * gap), tone) * warm
    return found


def _carpet(rng: "Generator", side: int) -> "Array":
    """Pile: tufts that stand at angles of their own, brushed in patches. Light; a colour is put on it later."""
    tufts = noise(rng, side, 0.3, coarse=side / 28, fine=side / 2.4)
    pile = noise(rng, side, 1.3, fine=14)
    return _tinted(0.72 + 0.085 * tufts + 0.04 * pile + 0.05 * noise(rng, side, 0), (1.0, 1.0, 1.0))


def _concrete(rng: "Generator", side: int) -> "Array":
    import numpy as np

    stains = 0.028 * noise(rng, side, 1.3, coarse=3, fine=40)
    grain = 0.035 * noise(rng, side, 0.3, coarse=30)
    holes = noise(rng, side, 0.4, coarse=40)
    grey = 0.62 + stains + grain
    grey = np.where(holes > 3.0, grey * 0.7, grey)
    return _tinted(grey, (1.0, 0.98 + rng.uniform(-0.02, 0.01), 0.94 + rng.uniform(-0.04, 0.05)))


def _asphalt(rng: "Generator", side: int) -> "Array":
    import numpy as np

    stones = noise(rng, side, 0.15, coarse=side / 16, fine=side / 2.6)
    grey = 0.33 + 0.025 * noise(rng, side, 1.2, coarse=3, fine=30) + 0.05 * np.maximum(stones, -1.2)
    grey = np.where(stones > 2.1, grey + 0.12, grey)
    return _tinted(grey, (1.0, 1.0, 1.02))


def _tiles(rng: "Generator", side: int) -> "Array":
    import numpy as np

    rows = int(rng.choice([4, 6, 8]))
    colours = [(0.86, 0.84, 0.79), (0.76, 0.70, 0.62), (0.62, 0.63, 0.64), (0.70, 0.47, 0.36)]
    colour = colours[int(rng.integers(len(colours)))]
    place = (np.arange(side) / side * rows) % 1
    edge = np.minimum(place, 1 - place) * side / rows
    cell = np.floor(np.arange(side) / side * rows).astype(int)
    each = 1 + rng.normal(0, 0.025, (rows, rows))[cell[:, None], cell[None, :]]
    marble = 0.035 * noise(rng, side, 1.2) + 0.01 * noise(rng, side, 0)
    grout = np.clip(np.minimum(edge[:, None], edge[None, :]) - 1.2, 0, 1.5) / 1.5
    found: Array = _tinted((each + marble) * grout, colour) + (1 - grout)[..., None] * np.array((0.55, 0.54, 0.52))
    return found


def _bricks(rng: "Generator", side: int) -> "Array":
    """Courses in running bond: a soft mortar joint, each brick of its own colour, pitted faces."""
    import numpy as np

    courses, bricks = 16, 6
    wobble = 0.9 * side / 512 * noise(rng, side, 1.2, fine=60)
    y = (np.arange(side)[:, None] + wobble) / side * courses
    course = np.floor(y).astype(int) % courses
    x = (np.arange(side)[None, :] + wobble.T) / side * bricks + 0.5 * (course % 2)
    brick = np.floor(x).astype(int) % bricks
    edge = np.minimum(
        np.abs(x % 1 - 0.5) * -1 * side / bricks + side / bricks / 2,
        np.abs(y % 1 - 0.5) * -1 * side / courses + side / courses / 2,
    )
    face = np.clip((edge - side / 512 * 1.6) / (side / 512 * 1.8), 0, 1)
    tone = rng.normal(0, 1, (courses, bricks, 3)) * 0.035 + rng.normal(0, 0.085, (courses, bricks, 1))
    base = np.array([(0.60, 0.31, 0.24), (0.66, 0.40, 0.30), (0.72, 0.60, 0.50)][int(rng.integers(3))])
    pits = 0.05 * noise(rng, side, 0.6) + 0.04 * noise(rng, side, 1.2)
    stone = base * (1 + tone[course, brick]) * (1 + pits[..., None])
    mortar = (0.66 + 0.05 * noise(rng, side, 0.5))[..., None] * np.array((1.0, 0.97, 0.92))
    height = _relief(face, 0.16)[..., None]
    found: Array = (stone * face[..., None] + mortar * (1 - face[..., None])) * height
    return found


def _cloth(rng: "Generator", side: int) -> "Array":
    """Folds over a weave. Light; a colour is put on it later."""
    import numpy as np

    turn = rng.uniform(0.5, 2.0)
    soft = noise(rng, side, 2.4, fine=7, stretch=(1.0, turn))
    folds = soft + 0.10 * rng.random() * noise(rng, side, 1.8, coarse=4, fine=16)
    at = np.arange(side) * np.pi / 2
    weave = np.sin(at)[:, None] * np.sin(at)[None, :]
    grey = (
        0.82 * _relief(folds, rng.uniform(0.05, 0.16)) * (1 + 0.03 * soft)
        + 0.03 * weave
        + 0.018 * noise(rng, side, 0.2)
    )
    return _tinted(grey, (1.0, 1.0, 1.0))


def _plaster(rng: "Generator", side: int) -> "Array":
    """A painted wall or a table top: nearly even. Light; a colour is put on it later."""
    grey = 0.90 + 0.012 * noise(rng, side, 1.2) + 0.006 * noise(rng, side, 0.2, coarse=30)
    return _tinted(grey, (1.0, 1.0, 1.0))


def _clouds(rng: "Generator", side: int) -> "Array":
    """How much cloud there is: 0 to 1 in each channel."""
    import numpy as np

    field = noise(rng, side, 1.75, stretch=(1.0, 1.7))
    return _tinted(1 / (1 + np.exp(-2.2 * field)), (1.0, 1.0, 1.0))


TEXTURES: "dict[str, Callable[[Generator, int], Array]]" = {
    "grass": _grass,
    "sand": _sand,
    "snow": _snow,
    "planks": _planks,
    "carpet": _carpet,
    "concrete": _concrete,
    "asphalt": _asphalt,
    "tiles": _tiles,
    "bricks": _bricks,
    "cloth": _cloth,
    "plaster": _plaster,
    "clouds": _clouds,
}
