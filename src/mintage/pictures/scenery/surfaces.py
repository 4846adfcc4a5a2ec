"""Generated environments: a ground in perspective or seen from above, what is behind it, and its light."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mintage.pictures.scenery import backdrops
from mintage.pictures.scenery.noise import blur
from mintage.pictures.scenery.plane import Plane
from mintage.pictures.scenery.textures import VARIANTS

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]
    Generator = numpy.random.Generator

View = Literal["standing", "lying"]


@dataclass(frozen=True)
class Surface:
    """An environment, drawn. `pixels`: float32 [h, w, 3], sRGB, 0 to 1, its light already on it.

    `ground` is the row where the ground begins, above which nothing stands (0: it fills the picture). `pitch` is how
    far the camera looks down, in radians (π/2: from straight above). `light`: what a grey thing there looks like, as a
    factor per channel. `sun`: how dark and sharp shadows are, 0 (none) to 1. `cover`: what may lie in
    front of an object ("blades", "mound", "edge" or nothing).
    """

    pixels: "Array"
    view: View
    ground: float
    pitch: float
    light: tuple[float, float, float]
    sun: float
    cover: str


@dataclass(frozen=True)
class Kind:
    """How an environment is drawn. `texture` of the ground, `behind` it, `colours` put on a light texture (one of
    them), `span`: tiles across the frame where an object stands, `sun`, `views`, `cover` in front of it, `patches`:
    how uneven a large ground is."""

    texture: str
    behind: str = "wall"
    colours: tuple[tuple[float, float, float], ...] = ()
    span: tuple[float, float] = (0.5, 0.9)
    sun: tuple[float, float] = (0.2, 0.5)
    views: tuple[View, ...] = ("standing", "lying")
    cover: str = "edge"
    patches: float = 0.0


WHITE = ((1.06, 1.06, 1.06), (1.08, 1.08, 1.08))
CLOTH = {
    "white": ((1.10, 1.10, 1.09), (1.05, 1.06, 1.10)),
    "black": ((0.13, 0.13, 0.14), (0.09, 0.09, 0.10)),
    "grey": ((0.55, 0.55, 0.56), (0.70, 0.70, 0.69), (0.40, 0.41, 0.43)),
    "red": ((0.85, 0.10, 0.12), (0.66, 0.08, 0.13), (0.92, 0.22, 0.20)),
    "orange": ((0.98, 0.52, 0.14), (0.90, 0.44, 0.16)),
    "yellow": ((1.02, 0.86, 0.24), (0.98, 0.88, 0.46)),
    "green": ((0.22, 0.52, 0.26), (0.40, 0.62, 0.34), (0.13, 0.38, 0.28)),
    "blue": ((0.16, 0.30, 0.68), (0.30, 0.50, 0.82), (0.12, 0.18, 0.42)),
    "purple": ((0.46, 0.22, 0.60), (0.36, 0.18, 0.44)),
    "pink": ((1.00, 0.62, 0.72), (0.96, 0.74, 0.78), (0.92, 0.42, 0.58)),
    "brown": ((0.45, 0.30, 0.20), (0.58, 0.42, 0.30)),
    "beige": ((0.93, 0.86, 0.72), (0.86, 0.78, 0.66)),
}
"""Colours by name, in the shades that cloth, carpets and walls have."""

ANY = tuple(shade for name, shades in CLOTH.items() if name != "black" for shade in shades)
DARK = ((0.25, 0.24, 0.25), (0.32, 0.25, 0.22), (0.20, 0.23, 0.30), (0.18, 0.18, 0.19))
CARPETS = ((0.95, 0.88, 0.76), (0.72, 0.70, 0.68), (0.62, 0.48, 0.38), (0.55, 0.26, 0.25), (0.42, 0.48, 0.58))

KINDS: dict[str, Kind] = {
    "grass": Kind("grass", "trees", span=(0.6, 1.1), sun=(0.3, 0.8), cover="blades", patches=0.5),
    "beach": Kind("sand", "sea", span=(0.6, 1.2), sun=(0.4, 0.9), cover="mound", patches=0.15),
    "snow": Kind("snow", "winter", span=(0.7, 1.3), sun=(0.15, 0.6), cover="mound", patches=0.08),
    "wooden floor": Kind("planks", span=(0.6, 1.1), sun=(0.2, 0.6)),
    "wooden table": Kind("planks", "room", span=(0.25, 0.45), sun=(0.2, 0.6)),
    "tiled floor": Kind("tiles", span=(0.5, 1.0), sun=(0.2, 0.6)),
    "carpet": Kind("carpet", colours=CARPETS, span=(0.5, 0.9), sun=(0.15, 0.4)),
    "dark carpet": Kind("carpet", colours=DARK, span=(0.5, 0.9), sun=(0.15, 0.4)),
    "concrete": Kind("concrete", "street", span=(0.6, 1.1), sun=(0.2, 0.8), patches=0.25),
    "road": Kind("asphalt", "street", span=(0.5, 0.9), sun=(0.3, 0.9), views=("standing",), patches=0.25),
    "brick wall": Kind("bricks", "bricks", span=(0.35, 0.8), sun=(0.3, 0.8), cover=""),
    "cloth": Kind("cloth", colours=ANY, span=(0.4, 0.9), sun=(0.15, 0.45), views=("lying",)),
    "white background": Kind("plaster", "sweep", WHITE, sun=(0.1, 0.35), cover=""),
    "plain background": Kind("plaster", "sweep", ANY, sun=(0.1, 0.4), cover=""),
    "surface": Kind("plaster", "room", ANY, sun=(0.15, 0.5)),
    "sky": Kind("clouds", "sky", sun=(0, 0), views=("standing",), cover=""),
    "night": Kind("asphalt", "night", span=(0.5, 0.9), sun=(0.2, 0.5), views=("standing",)),
}
"""Every generated environment by its name."""

PAVEMENT = Kind("concrete", span=(0.6, 1.0), patches=0.2)
INDOORS = ("wall", "room", "bricks")


def surface(
    name: str, width: int, height: int, rng: "Generator", view: View | None = None, colour: str = ""
) -> Surface:
    """Draw an environment of `KINDS`; equal generators give equal pictures.

    `view`: from the side, with a horizon or a wall in sight or just above, or from above; None: as the generator falls.
    A view that the environment does not have (a road from above) gives the one it has. `colour` is one of `CLOTH`, for
    cloth, carpets, surfaces and plain backgrounds.
    """
    import numpy as np

    kind = KINDS[name]
    fall: View = "standing" if rng.random() < 0.5 else "lying"
    chosen = view or fall
    if chosen not in kind.views:
        chosen = kind.views[0]
    frame = Plane(width, height, rng, *_camera(chosen, kind.behind, rng))
    tint = _tint(kind, colour, rng)
    variant = int(rng.integers(VARIANTS))
    if kind.behind == "sky":
        pixels = backdrops.sky(rng, width, height, clouds=True)
    else:
        below = PAVEMENT if kind.behind == "bricks" and chosen == "standing" else kind
        pixels = frame.ground(below.texture, variant, float(rng.uniform(*below.span)), below.patches) * tint
        pixels = _marked(pixels, frame.across, frame.depth, rng) if name == "road" else pixels
        pixels = _behind(kind, pixels, frame, rng) if chosen == "standing" else pixels
    pixels = pixels * _fall_off(width, height, rng)
    light = _light(name, rng)
    lit = backdrops.lamps(pixels, frame.top, rng, light) if name == "night" else pixels * np.asarray(light)
    sun = float(rng.uniform(*kind.sun))
    ground = 0.0 if kind.behind in ("sky", "sweep") or chosen == "lying" else frame.top
    cover = "" if chosen == "lying" and kind.cover == "mound" else kind.cover
    return Surface(np.clip(lit, 0, 1).astype(np.float32), chosen, ground, frame.pitch, light, sun, cover)


def _camera(view: View, behind: str, rng: "Generator") -> tuple[float, float]:
    """How far it looks down, in radians, and at which share of the height a wall would meet the floor."""
    import numpy as np

    low, high = (62, 90) if view == "lying" else (7, 20) if behind in ("sea", "street", "night") else (8, 34)
    wall = rng.uniform(0.66, 0.86) if behind == "bricks" else rng.uniform(0.12, 0.5)
    if behind == "bricks":
        low, high = (90, 90) if view == "lying" else (6, 12)
    return float(np.radians(rng.uniform(low, high))), float(wall)


def _marked(road: "Array", across: "Array", depth: "Array", rng: "Generator") -> "Array":
    """A painted line on a road, broken or whole, worn; most roads have one. `across`, `depth`: places, in tiles."""
    import numpy as np

    angle, shift, dashes, there = rng.uniform(-1.1, 1.1), rng.uniform(-0.5, 0.5), rng.random() < 0.5, rng.random() < 0.7
    if not there:
        return road
    from_it = across * np.cos(angle) - (depth[:, None] - 1.0) * np.sin(angle) - shift
    along = across * np.sin(angle) + depth[:, None] * np.cos(angle)
    line = np.clip((0.035 - np.abs(from_it)) / np.maximum(np.abs(np.gradient(across, axis=1)), 1e-4) + 0.5, 0, 1)
    line = line * (np.sin(along * 3.5) > -0.1) if dashes else line
    worn = np.clip(1.35 - 1.8 * np.abs(road[..., :1] / max(float(road.mean()), 1e-6) - 1), 0.3, 0.9) * line[..., None]
    marked: Array = road * (1 - worn) + np.array((0.80, 0.79, 0.75), np.float32) * worn
    return marked


def _tint(kind: Kind, colour: str, rng: "Generator") -> "Array":
    import numpy as np

    shades = CLOTH.get(colour, ()) if kind.colours else ()
    shades = shades or kind.colours or ((1.0, 1.0, 1.0),)
    shade = np.asarray(shades[int(rng.integers(len(shades)))])
    level, off = (1.0, 0.004) if kind.colours is WHITE else (rng.uniform(0.9, 1.08), 0.02 if kind.colours else 0.008)
    tint: Array = shade * level * (1 + off * rng.standard_normal(3))
    return tint


def _light(name: str, rng: "Generator") -> tuple[float, float, float]:
    """The colour and strength of the light."""
    warm, level = 0.05 * rng.standard_normal(), rng.uniform(0.9, 1.06)
    if name == "white background":
        warm, level = 0.2 * warm, 1.0
    if name == "night":
        level, warm = rng.uniform(0.55, 0.85), rng.choice([-0.18, -0.1, 0.16, 0.26])
    if name == "snow":
        warm = -0.6 * abs(warm)
    return float(level * (1 + warm)), float(level), float(level * (1 - warm))


def _fall_off(width: int, height: int, rng: "Generator") -> "Array":
    """Light that comes a little more from one side, and a lens that darkens the corners: [h, w, 1]."""
    import numpy as np

    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle, slope = rng.uniform(0, 2 * np.pi), abs(0.12 * rng.standard_normal())
    even = 1 + slope * (x * np.cos(angle) + y * np.sin(angle)) - rng.uniform(0, 0.10) * (x * x + y * y)
    light: Array = even[..., None]
    return light


def _behind(kind: Kind, ground: "Array", frame: Plane, rng: "Generator") -> "Array":
    """What stands behind the ground, out of focus, from the row where that ends; `frame.top` is put there."""
    import numpy as np

    height, width = ground.shape[:2]
    if kind.behind == "sweep":
        return backdrops.sweep(ground, rng)
    indoors = kind.behind in INDOORS
    if indoors:
        bare = rng.random() < 0.5 and frame.horizon < -0.1 * height and kind.behind != "bricks"
        frame.top = 0.0 if bare else frame.wall  # else the floor fills it
    edge = round(frame.top)
    if edge < 3:
        frame.top = 0.0
        return ground
    if kind.behind == "bricks":
        back = frame.front("bricks", rng.uniform(*kind.span))[:edge]
        back[-max(2, height // 50) :] *= 0.75  # the joint with the pavement lies in shadow
    else:
        back = np.clip(backdrops.DRAWN[kind.behind](rng, width, edge), 0, 1)
        back = blur(back, (0.003 if indoors else rng.uniform(0.005, 0.014)) * height)
    below = np.arange(height, dtype=np.float32)[:, None, None] - edge
    alpha = np.clip((below + 0.5) / max(1.5, 0.006 * height) + 0.5, 0, 1)
    haze = 0.0 if indoors else 0.35 * np.exp(-np.maximum(below, 0) / (0.05 * height))
    whole = np.concatenate([back, np.repeat(back[-1:], height - edge, 0)])
    merged: Array = whole * (1 - alpha) + (ground * (1 - haze) + back[-1].mean(axis=0) * haze) * alpha
    return merged
