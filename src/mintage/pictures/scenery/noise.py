"""Seamless noise: what all generated textures and edges are made of."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]
    Generator = numpy.random.Generator


def noise(
    rng: "Generator",
    side: int,
    slope: float,
    *,
    coarse: float = 0.0,
    fine: float = 1e9,
    stretch: tuple[float, float] = (1.0, 1.0),
) -> "Array":
    """Gaussian noise with power falling as 1/f^(2·slope), seamless at its edges: float32 [side, side], mean 0, std 1.

    `slope` 0 is white noise, 1 looks like clouds, 2 like hills. Only waves between `coarse` and `fine` (in waves per
    side) are in it. `stretch` (x, y) draws it out along an axis: (1, 30) is the grain of wood that runs down.
    The spectral synthesis of Peitgen and Saupe, The Science of Fractal Images, 1988.
    """
    import numpy as np

    spectrum = np.fft.rfft2(rng.standard_normal((side, side), dtype=np.float32))
    waves = np.hypot(*_frequencies(side, *stretch))
    with np.errstate(divide="ignore"):
        gain = np.where((waves < coarse) | (waves > fine) | (waves == 0), 0, waves ** -float(slope))
    field = np.fft.irfft2(spectrum * gain, s=(side, side)).astype(np.float32)
    return field / max(float(field.std()), 1e-9)


@lru_cache(maxsize=16)
def _frequencies(side: int, x: float, y: float) -> "tuple[Array, Array]":
    import numpy as np

    rows, columns = np.fft.fftfreq(side, 1 / side), np.fft.rfftfreq(side, 1 / side)
    return (rows[:, None] * y).astype(np.float32), (columns[None, :] * x).astype(np.float32)


def line(rng: "Generator", length: int, slope: float, coarse: float = 1.0) -> "Array":
    """The same along a line: float32 [length], mean 0, std 1."""
    import numpy as np

    spectrum = np.fft.rfft(rng.standard_normal(length))
    waves = np.arange(len(spectrum), dtype=np.float64)
    gain = np.where(waves < coarse, 0, np.maximum(waves, 1) ** -slope)
    field = np.fft.irfft(spectrum * gain, n=length).astype(np.float32)
    return field / max(float(field.std()), 1e-9)


def blur(pixels: "Array", radius: float) -> "Array":
    """Gaussian blur of [h, w] or [h, w, 3] in 0 to 1 (three box filters, as Pillow does it); `radius` in pixels."""
    import numpy as np
    from PIL import Image, ImageFilter

    if radius < 0.15:
        return pixels
    if pixels.ndim == 3:
        return np.stack([blur(pixels[..., k], radius) for k in range(pixels.shape[2])], axis=2)
    wide = Image.fromarray(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8))
    return np.asarray(wide.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255
