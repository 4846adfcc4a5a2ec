"""From noise, or from a picture noised part of the way, to a clean picture: DPM-Solver++(2M)."""

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

BEND = 1.3
"""Times are `u ** BEND` of evenly spread u: denser near the noise."""


def times(steps: int, strength: float = 1.0) -> "Array":
    """From `1 − strength` to 1 (the clean picture), float64, as densely as `steps` steps go all the way from 0.

    So less strength takes fewer steps, and 0 takes none: one time alone.
    """
    import numpy as np

    begin = (1 - strength) ** (1 / BEND)
    count = max(1, round(steps * (1 - begin))) if begin < 1 else 0
    grid: Array = np.linspace(begin, 1, count + 1) ** BEND
    return grid


def denoise(clean_at: "Callable[[Array, numpy.float64], Array]", image: "Array", moments: "Array") -> "Array":
    """Pictures at the first of `moments` to pictures at the last, float32 [n, 3, height, width].

    `x_t = t·image + (1−t)·noise`, so that t plays the part of α and 1−t that of σ; `clean_at(x_t, t)` gives the clean
    pictures. Second order from the second step on, but not in the last one, where λ has no end.
    Source: Lu et al., DPM-Solver++, arXiv:2211.01095, algorithm 2.
    """
    import numpy as np

    before: tuple[Array, numpy.float64] | None = None
    for now, then in pairwise(moments):
        clean = clean_at(image, now)
        span = _log_ratio(then) - _log_ratio(now)
        towards = clean
        if before is not None and then != 1:
            towards = clean + span / (2 * before[1]) * (clean - before[0])
        shrink = (1 - then) / (1 - now)
        image = np.float32(shrink) * image + np.float32(then - now * shrink) * towards
        image = image.astype(np.float32)
        before = (clean, span)
    return image


def _log_ratio(t: "numpy.float64") -> "numpy.float64":
    """λ = log(α / σ), bounded at both ends. A numpy number on purpose: the step that takes it runs in float64."""
    import numpy as np

    return np.log(np.maximum(t, 1e-4) / np.maximum(1 - t, 1e-4))  # type: ignore[no-any-return]
