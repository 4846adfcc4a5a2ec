"""What stands behind the ground of a generated environment: skies, trees, sea, walls, streets, lamps at night."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mintage.pictures.scenery.noise import blur, line
from mintage.pictures.scenery.textures import VARIANTS, tile

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]
    Generator = numpy.random.Generator


def _field(name: str, rng: "Generator", width: int, height: int, zoom: float) -> "Array":
    """A piece of a texture, seen from the front: float32 [h, w, 3]. `zoom`: texels per pixel at full size."""
    import numpy as np

    pixels = tile(name, int(rng.integers(VARIANTS)), 512)[int(np.clip(round(np.log2(max(zoom, 1))), 0, 4))]
    side, step = len(pixels), zoom * len(pixels) / 512
    rows = (np.arange(height) * step + rng.integers(side)).astype(int) % side
    columns = (np.arange(width) * step + rng.integers(side)).astype(int) % side
    found: Array = pixels[rows[:, None], columns[None, :]].astype(np.float32) / 255
    return found


def _ramp(top: Any, bottom: Any, height: int) -> "Array":
    import numpy as np

    t = np.linspace(0, 1, max(height, 2), dtype=np.float32)[:height, None, None]
    return np.asarray(top, np.float32) * (1 - t) + np.asarray(bottom, np.float32) * t


def sky(rng: "Generator", width: int, height: int, *, clouds: bool | None = None) -> "Array":
    """Blue with clouds, pale, or overcast: float32 [h, w, 3]. `clouds`: True: never overcast."""
    import numpy as np

    kind = rng.choice(["blue", "pale", "grey"]) if clouds is None else rng.choice(["blue", "blue", "pale"])
    deep = {"blue": (0.24, 0.47, 0.80), "pale": (0.52, 0.68, 0.86), "grey": (0.68, 0.72, 0.77)}[str(kind)]
    low = {"blue": (0.66, 0.80, 0.93), "pale": (0.84, 0.88, 0.92), "grey": (0.86, 0.87, 0.88)}[str(kind)]
    base = _ramp(np.asarray(deep) * rng.uniform(0.9, 1.08), np.asarray(low), height)
    base = np.broadcast_to(base, (height, width, 3))
    if kind == "grey":
        return base * (0.94 + 0.12 * blur(_field("clouds", rng, width, height, 300 / width), width / 60))
    cover = blur(_field("clouds", rng, width, height, rng.uniform(180, 420) / width), width / 200)[..., :1]
    amount = np.clip((cover - rng.uniform(0.3, 0.75)) * 2.2, 0, 1) * rng.uniform(0.5, 0.95)
    shade = 0.97 - 0.16 * np.clip(cover - 0.6, 0, 1)
    return base * (1 - amount) + np.concatenate([shade, shade, shade + 0.012], 2) * amount


def _ridge(rng: "Generator", width: int, low: float, high: float, slope: float) -> "Array":
    """Heights of a skyline, in rows: [w]."""
    import numpy as np

    heights = line(rng, 1024, slope)[:: max(1, 1024 // width)]
    heights = np.interp(np.linspace(0, 1, width), np.linspace(0, 1, len(heights)), heights)
    return (low + high) / 2 + heights * (high - low) / 4


def _over(back: "Array", front: "Array", skyline: "Array") -> "Array":
    """`front` below a skyline (its height above the last row, per column) and `back` above."""
    import numpy as np

    height = len(back)
    above = height - np.arange(height)[:, None] - 0.5
    alpha = np.clip(skyline[None, :] - above + 0.5, 0, 1)[..., None]
    found: Array = back * (1 - alpha) + front * alpha
    return found


def _trees(rng: "Generator", width: int, height: int) -> "Array":
    import numpy as np

    picture = sky(rng, width, height)
    for far in (1, 0):
        if far and rng.random() < 0.4:
            continue
        tone = np.array((0.30, 0.42, 0.36)) if far else np.array((0.17, 0.28, 0.11)) * rng.uniform(0.8, 1.5)
        leaves = _field("clouds", rng, width, height, 1100 / width)[..., :1]
        tall = rng.uniform(0.25, 0.6) if far else rng.uniform(0.12, 0.8)
        ridge = _ridge(rng, width, 0.6 * tall * height, 1.3 * tall * height, 1.0)
        picture = _over(picture, tone * (0.65 + 0.8 * leaves), ridge)
    return picture


def _winter(rng: "Generator", width: int, height: int) -> "Array":
    import numpy as np

    picture = sky(rng, width, height)
    if rng.random() < 0.7:
        snow = np.array((0.80, 0.84, 0.90)) * np.ones((height, width, 1))
        picture = _over(picture, snow, _ridge(rng, width, 0.1 * height, rng.uniform(0.2, 0.6) * height, 1.9))
    if rng.random() < 0.75:
        leaves = _field("clouds", rng, width, height, 1300 / width)[..., :1]
        tone = np.array((0.24, 0.29, 0.30)) * (0.7 + 0.9 * leaves) + 0.25 * (leaves > 0.72)
        tall = rng.uniform(0.15, 0.5)
        picture = _over(picture, tone, _ridge(rng, width, 0.6 * tall * height, 1.4 * tall * height, 0.8))
    return picture


def _sea(rng: "Generator", width: int, height: int) -> "Array":
    """Sky, a straight horizon, water that is darker far away, surf, wet sand."""
    import numpy as np

    far = int(np.clip(rng.uniform(0.3, 0.75) * height, 1, height - 1))
    water_rows = height - far
    near, deep = np.array((0.42, 0.62, 0.64)), np.array((0.16, 0.38, 0.52)) * rng.uniform(0.8, 1.2)
    waves = blur(_field("clouds", rng, width, water_rows, 700 / width), 0.6)[..., :1]
    squashed = waves[:, : max(1, width // 6)].repeat(6, 1)[:, :width]
    squashed = squashed if squashed.shape[1] == width else waves
    water = _ramp(deep, near, water_rows) * (0.88 + 0.24 * squashed)
    picture = np.concatenate([sky(rng, width, height)[:far], water])
    wet = np.array((0.56, 0.48, 0.37)) * np.ones((height, width, 1))
    shore = _ridge(rng, width, 0.05 * height, 0.13 * height, 1.6)
    foam = np.array((0.93, 0.95, 0.95)) * np.ones((height, width, 1))
    surf = shore + np.abs(_ridge(rng, width, 0.03 * height, 0.14 * height, 1.2))
    return _over(_over(picture, foam, surf), wet, shore)


def _street(rng: "Generator", width: int, height: int) -> "Array":
    """Houses, parked things and trees as blurred blocks."""
    import numpy as np

    picture = np.array(sky(rng, width, height))
    x = 0
    while x < width:
        wide = int(rng.uniform(0.12, 0.4) * width)
        tall = int(rng.uniform(0.45, 1.15) * height)
        tone = np.array((0.62, 0.57, 0.51)) * rng.uniform(0.5, 1.25) * (1 + 0.08 * rng.standard_normal(3))
        top = max(0, height - tall)
        picture[top:, x : x + wide] = tone
        step, lit = max(4, int(0.05 * width)), tone * rng.uniform(0.35, 0.7)
        for row in range(top + step // 2, height - step, step + step // 2):
            for column in range(x + step // 2, min(x + wide, width) - step // 2, step + step // 3):
                picture[row : row + step * 2 // 3, column : column + step // 2] = lit
        x += wide
    if rng.random() < 0.6:
        leaves = _field("clouds", rng, width, height, 1000 / width)[..., :1]
        tone = np.array((0.18, 0.27, 0.13)) * (0.65 + 0.8 * leaves)
        picture = _over(picture, tone, _ridge(rng, width, 0.02 * height, rng.uniform(0.2, 0.6) * height, 1.1))
    return blur(np.clip(picture, 0, 1), 0.008 * width)


def _night(rng: "Generator", width: int, height: int) -> "Array":
    """Dark shapes against a sky that a town lights; the lamps come with `lamps`."""
    import numpy as np

    glow = _ramp((0.10, 0.11, 0.17), (0.30, 0.24, 0.22), height) * np.ones((1, width, 1), np.float32)
    blocks = np.repeat(rng.uniform(0.2, 0.9, 12), -(-width // 12))[:width] * height
    return _over(glow, np.array((0.10, 0.10, 0.12)) * np.ones((height, width, 1)), blocks)


def lamps(pixels: "Array", top: float, rng: "Generator", light: tuple[float, float, float]) -> "Array":
    """Night falls on a picture: a pool of light in the middle, darkness around, lamps out of focus above row `top`."""
    import numpy as np

    height, width = pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wide = rng.uniform(0.35, 0.6) * width
    pool = np.exp(-(((x - width / 2) / wide) ** 2) - ((y - 0.72 * height) / (0.55 * height)) ** 2)[..., None]
    lit: Array = pixels * np.asarray(light) * (0.35 + 0.75 * pool)
    if top < 4:
        return lit
    colours = np.array([(1.0, 0.78, 0.45), (1.0, 0.9, 0.7), (0.9, 0.95, 1.0), (1.0, 0.35, 0.25), (0.5, 0.9, 0.6)])
    for _ in range(int(rng.integers(3, 14))):
        at_x, at_y = rng.uniform(0, width), top * (1 - abs(rng.normal(0, 0.35)))
        radius = rng.uniform(0.008, 0.035) * width
        colour = colours[min(int(abs(rng.normal(0, 1.6))), 4)]
        disc = np.clip(radius - np.hypot(x - at_x, y - at_y) + 0.7, 0, 1.4)[..., None] / 1.4
        halo = np.exp(-np.hypot(x - at_x, y - at_y) / (2.5 * radius))[..., None]
        lit = (
            lit
            + (rng.uniform(0.25, 0.8) * disc + 0.10 * halo)
            * colour
            * np.clip((top + radius - y) / radius, 0, 1)[..., None]
        )
    return lit


def sweep(ground: "Array", rng: "Generator") -> "Array":
    """A studio's paper that bends up behind: a little darker where it turns, no edge."""
    import numpy as np

    height = len(ground)
    rows = np.arange(height, dtype=np.float32) / height
    bend, deep = rng.uniform(0.35, 0.6), rng.uniform(0.0, 0.07)
    mean = ground.mean(axis=(0, 1))
    shade = 1 - deep * np.exp(-(((rows - bend) / 0.18) ** 2)) + 0.03 * (rows - 0.5)
    found: Array = (0.35 * ground + 0.65 * mean) * shade[:, None, None]
    return found


def _wall(rng: "Generator", width: int, height: int) -> "Array":
    """A painted wall with a skirting board at its foot."""
    import numpy as np

    colours = [(0.88, 0.87, 0.83), (0.80, 0.82, 0.80), (0.86, 0.80, 0.70), (0.62, 0.70, 0.72), (0.76, 0.66, 0.60)]
    paint = np.asarray(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.75, 1.05)
    wall = _field("plaster", rng, width, height, 256 / width) / 0.9 * paint
    wall = wall * _ramp((1.03, 1.03, 1.03), (0.92, 0.92, 0.92), height)
    board = int(rng.uniform(0.03, 0.08) * width)
    if rng.random() < 0.75 and height > 2 * board:
        tone = np.array((0.93, 0.93, 0.91)) if rng.random() < 0.6 else paint * 0.6
        wall[-board:] = tone * np.linspace(1.0, 0.9, board)[:, None, None]
        wall[-board : -board + max(1, board // 8)] *= 0.82
    wall[-max(1, width // 128) :] *= 0.62  # the joint with the floor lies in shadow
    return wall


def _room(rng: "Generator", width: int, height: int) -> "Array":
    """A room behind a table: a wall with a few things, far out of focus."""
    import numpy as np

    colours = [(0.80, 0.78, 0.73), (0.66, 0.70, 0.70), (0.70, 0.62, 0.52), (0.45, 0.45, 0.47)]
    paint = np.asarray(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.7, 1.1)
    room = np.ones((height, width, 1)) * paint * _ramp((1.05,) * 3, (0.85,) * 3, height)
    for _ in range(int(rng.integers(2, 7))):
        tone = paint * rng.uniform(0.35, 1.35) * (1 + 0.15 * rng.standard_normal(3))
        x, wide, tall = rng.uniform(-0.1, 1) * width, rng.uniform(0.06, 0.3) * width, rng.uniform(0.2, 0.9) * height
        foot = height if rng.random() < 0.7 else rng.uniform(0.4, 0.9) * height
        room[max(0, int(foot - tall)) : int(foot), max(0, int(x)) : max(0, int(x + wide))] = tone
    return blur(np.clip(room, 0, 1), 0.03 * width)


DRAWN: "dict[str, Callable[[Generator, int, int], Array]]" = {
    "trees": _trees,
    "winter": _winter,
    "sea": _sea,
    "street": _street,
    "night": _night,
    "wall": _wall,
    "room": _room,
}
"""Name → drawing of a width and height in pixels: float32 [h, w, 3], about 0 to 1."""
