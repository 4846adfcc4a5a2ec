"""Several pictures side by side in one, and where they meet."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

EDGE = 2.0
"""How soft the line is along which pictures meet: at this many pixels from it, 73 % are of the nearer one."""

SEAM = 5.0
"""How wide the seam is that is drawn over: it has fallen to half at 1.8 times as many pixels from the line."""


def side_by_side(parents: "Array", seed: int) -> tuple["Array", "Array"]:
    """Pictures uint8 [k, 64, 64, 3], k of 2 or more, as one [64, 64, 3]: each has a sector of it, two have a half.

    The seed turns the line. With the picture comes the seam, float32 [64, 64], 1 on the line and 0 far from it, as a
    mask for `Drawing.redraw`. Of the ways that were tried to make one picture of two photos this is the one whose
    result is like both: a mean, and the stronger detail of each (Burt and Adelson's pyramids), both noised and
    denoised, came out a mush.
    """
    import numpy as np

    count, height, width = parents.shape[:3]
    turned = np.random.default_rng((seed, count)).uniform(0, 2 * np.pi)  # another stream than that of the noise
    angles = turned + 2 * np.pi * np.arange(count) / count
    down, along = np.mgrid[:height, :width]
    along, down = along - (width - 1) / 2, down - (height - 1) / 2
    # pixels towards each picture's side: of neighbours the difference is 2·sin(π/k) times the distance from their line
    sides = np.cos(angles)[:, None, None] * along + np.sin(angles)[:, None, None] * down
    joined = (_shares(sides, EDGE)[..., None] * parents).sum(0)
    mixed = (_shares(sides, SEAM) ** 2).sum(0)  # 1 far from the line, 1 / k where all meet alike
    seam = np.minimum(2 * (1 - mixed), 1)
    return joined.round().clip(0, 255).astype(np.uint8), seam.astype(np.float32)


def _shares(sides: "Array", width: float) -> "Array":
    """[k, height, width], summing to 1 over k: of two neighbours the logistic function of the distance over `width`."""
    import numpy as np

    weights = np.exp((sides - sides.max(0)) / (2 * width * np.sin(np.pi / len(sides))))
    shares: Array = weights / weights.sum(0)
    return shares
