"""The object on a plain background: the background is flooded from the border, in Lab colours."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.pictures.cutouts import shapes

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

WHITE = (0.9505, 1.0, 1.089)
"""Of D65, in XYZ."""

ENOUGH = 0.7
"""Share of the border that has to be plain, else there is no plain background."""

STUDIO = 2.5
"""Noise (Lab units) below which a background is that of a studio."""


def to_lab(pixels: "Array") -> "Array":
    """CIE L*a*b* (D65) of sRGB pixels of uint8, as float32: L 0–100."""
    import numpy

    levels = numpy.arange(256, dtype=numpy.float32) / 255
    linear = numpy.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)[pixels]
    matrix = numpy.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ (matrix.T / numpy.array(WHITE)).astype(numpy.float32)
    f = numpy.where(xyz > 0.008856, numpy.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return numpy.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


@dataclass(frozen=True)
class Ground:
    """The plain background. `behind`: where it is (bool); `strict`: the same with half the tolerance.

    `noise`: how far the border is from plain (75th percentile, Lab units): below `STUDIO` a flood is all.
    """

    behind: "Array"
    strict: "Array"
    noise: float


def background(lab: "Array") -> Ground | None:
    """The plain background; None where there is none.

    Its colour may change evenly over the picture: a plane is laid through the plain part of the border. What is
    connected with the border, of that colour, is background; so are soft shadows: darker, of the same hue, without an
    edge; and what shows through the object, where it has just that colour.
    """
    import numpy

    height, width = lab.shape[:2]
    y, x = numpy.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    basis = numpy.stack([numpy.ones_like(x), x, y], -1).reshape(-1, 3)
    deep = max(2, round(min(height, width) * 0.02))
    ring = numpy.ones((height, width), bool)
    ring[deep:-deep, deep:-deep] = False
    at, colours = ring.ravel(), lab.reshape(-1, 3)
    level = numpy.zeros((3, 3), numpy.float64)
    level[0] = numpy.median(colours[at], axis=0)
    off = numpy.abs(colours - basis @ level).max(-1)
    for _ in range(4):
        plain = at & (off < max(10.0, 2.5 * float(numpy.median(off[at]))))
        if plain.sum() < 0.4 * at.sum():
            return None
        level = numpy.linalg.lstsq(basis[plain], colours[plain], rcond=None)[0]
        off = numpy.sqrt((((colours - basis @ level) * [0.8, 1, 1]) ** 2).sum(-1))
    plain = at & (off < 12)
    if plain.sum() < ENOUGH * at.sum():
        return None
    noise = float(numpy.percentile(off[plain], 75))
    off, level = off.reshape(height, width), (basis @ level).reshape(lab.shape)
    tolerance = min(12.0, max(1.5, 2.7 * noise))
    return Ground(_flood(lab, level, off, tolerance), _flood(lab, level, off, tolerance / 2), noise)


def _flood(lab: "Array", ground: "Array", off: "Array", tolerance: float) -> "Array":
    """Background from the border on, less what it reaches through gaps of a pixel or two; shadows; the blurred rim."""
    near = smooth(off) < tolerance
    sure = shapes.grown(shapes.reached(shapes.shrunk(near, 1), shapes.rim(near.shape)), 2) & near
    behind = _with_shadows(lab, ground, sure)
    band = shapes.grown(behind, 4)
    return shapes.reached(behind | (band & (off < 0.5 * _highest(off, 4))), behind)


def _highest(values: "Array", reach: int) -> "Array":
    """The largest value within so many pixels, in a square."""
    import numpy

    for axis in (0, 1):
        padded = numpy.pad(values, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        parts = numpy.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis)
        values = parts.max(-1)
    return numpy.asarray(values)


def _with_shadows(lab: "Array", ground: "Array", sure: "Array") -> "Array":
    """The background and the soft shadows that touch it: up to 35 darker, of its hue, and flat (below 1.6 a pixel)."""
    import numpy

    dark = smooth(ground[..., 0] - lab[..., 0])
    hue = smooth(numpy.hypot(lab[..., 1] - ground[..., 1], lab[..., 2] - ground[..., 2]))
    across, down = (numpy.diff(smooth(lab[..., 0]), axis=axis, append=0) for axis in (1, 0))
    across[:, -1] = down[-1] = 0
    steep = numpy.hypot(across, down)
    shadow = (dark > 1) & (dark < 35) & (hue < 6) & (steep < 1.6)
    return shapes.reached(sure | shadow, sure)


def likely(lab: "Array", found: "Array") -> "Array":
    """What of an object has its colours rather than those of the background, by histograms of both (bool)."""
    import numpy

    bins = numpy.clip((lab - [0, -64, -64]) / [6, 8, 8], 0, [15, 15, 15]).astype(int)
    index = (bins[..., 0] * 16 + bins[..., 1]) * 16 + bins[..., 2]
    counts = []
    for part in (found, ~found):
        cube = numpy.bincount(index[part], minlength=16**3).reshape(16, 16, 16).astype(float)
        for axis in range(3):  # neighbouring colours count half
            cube = cube + 0.5 * (numpy.roll(cube, 1, axis) + numpy.roll(cube, -1, axis))
        counts.append((cube / max(1.0, cube.sum()) + 1e-5).ravel()[index])
    ratio = numpy.clip(numpy.log(counts[0] / counts[1]), -3, 3)
    for _ in range(3):
        ratio = smooth(ratio)
    return numpy.asarray(found & (ratio > -1))


def smooth(values: "Array") -> "Array":
    """The mean of 3×3 pixels."""
    import numpy

    padded = numpy.pad(values, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return numpy.asarray((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9)
