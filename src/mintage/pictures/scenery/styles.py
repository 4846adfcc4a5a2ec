"""Photos as paintings, pencil sketches and black-and-white photos: filters, without a model."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mintage.pictures.scenery.noise import blur, noise

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]
    Generator = numpy.random.Generator


def painting(pixels: "Array", rng: "Generator") -> "Array":
    """Patches of even colour with clear edges (Kuwahara et al., 1976), richer colours, relief of a brush and canvas."""
    import numpy as np

    height, width = pixels.shape[:2]
    flat = _kuwahara(_kuwahara(pixels, max(2, round(width / 85))), max(1, round(width / 170)))
    grey = flat.mean(axis=2, keepdims=True)
    rich = np.clip(grey + (flat - grey) * rng.uniform(1.15, 1.45), 0, 1)
    side = 1 << max(6, (max(height, width) - 1).bit_length())
    angle = rng.choice([(1.0, 7.0), (7.0, 1.0), (3.0, 3.0)])
    strokes = noise(rng, side, 0.8, coarse=side / 40, fine=side / 5, stretch=tuple(angle))[:height, :width, None]
    found: Array = np.clip(rich * (1 + 0.05 * strokes), 0, 1)
    return found


def _kuwahara(pixels: "Array", radius: int) -> "Array":
    """Each pixel: the mean of that of its four corner windows in which lightness varies least."""
    import numpy as np

    height, width = pixels.shape[:2]
    size = radius + 1
    wide = np.pad(pixels, ((radius, radius), (radius, radius), (0, 0)), mode="edge")
    grey = wide.mean(axis=2, keepdims=True)
    both = np.concatenate([wide, grey, grey * grey], axis=2)
    sums = np.pad(both.cumsum(0, dtype=np.float64).cumsum(1), ((1, 0), (1, 0), (0, 0)))
    box = ((sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]) / size**2).astype(
        np.float32
    )
    corners = [box[y : y + height, x : x + width] for y in (0, radius) for x in (0, radius)]
    spread = np.stack([c[..., 4] - c[..., 3] ** 2 for c in corners])
    best = np.argmin(spread, axis=0)
    out: Array = corners[0][..., :3].copy()
    for k in (1, 2, 3):
        out = np.where((best == k)[..., None], corners[k][..., :3], out)
    return out


def pencil(pixels: "Array", rng: "Generator") -> "Array":
    """Lines where lightness changes (a colour dodge with its own blurred negative), hatching in the darks, paper."""
    import numpy as np

    height, width = pixels.shape[:2]
    grey = pixels @ np.array((0.299, 0.587, 0.114), np.float32)
    calm = blur(grey, 0.0042 * width)
    lines = np.clip(calm / np.maximum(blur(calm, 0.016 * width), 0.02), 0, 1) ** 2.0
    side = 1 << max(6, (max(height, width) - 1).bit_length())
    hatch = noise(rng, side, 0.3, coarse=side / 24, stretch=(1.0, 9.0) if rng.random() < 0.5 else (9.0, 1.0))
    tone = 1 - np.clip(0.62 - blur(grey, 0.008 * width), 0, 0.45) * (0.52 + 0.22 * hatch[:height, :width])
    paper = 0.955 + 0.012 * noise(rng, side, 0.4)[:height, :width]
    drawn = np.clip(lines * np.clip(tone, 0.15, 1), 0.08, 1) * paper
    return np.minimum(drawn, 1)[..., None] * np.array((1.0, 0.995, 0.98), np.float32)


def black_and_white(pixels: "Array", rng: "Generator") -> "Array":
    """Grey, with a filter before the lens, more contrast and grain."""
    import numpy as np

    weights = np.array([(0.30, 0.59, 0.11), (0.50, 0.40, 0.10), (0.25, 0.65, 0.10)][int(rng.integers(3))], np.float32)
    grey = pixels @ weights
    curve = grey + rng.uniform(0.05, 0.25) * (grey - 0.5) * (1 - np.abs(2 * grey - 1))
    grain = rng.uniform(0.008, 0.025) * rng.standard_normal(grey.shape, dtype=np.float32)
    return np.repeat(np.clip(curve + grain, 0, 1)[..., None], 3, axis=2)


STYLES: "dict[str, Callable[[Array, Generator], Array]]" = {
    "painting": painting,
    "pencil sketch": pencil,
    "black-and-white photo": black_and_white,
}
"""Name → filter of float32 [h, w, 3], 0 to 1."""
