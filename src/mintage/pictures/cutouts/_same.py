"""Whether two files show the same picture: in another format, size or quality, and nothing else."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    Picture = Image.Image
    Array = numpy.ndarray[Any, Any]

SAME = 0.15
"""Two pictures may be the same where their looks differ by less than this share of the contrast (root mean squares).

The same photo encoded anew (JPEG and WebP down to quality 30, scaled by 0.4 to 2.2) differs by at most 0.14 (200
copies); the nearest two of 2,400 different photos by 0.19.
"""

SIDE, BLOCK = 256, 16
"""Pixels, in which details are compared."""

FAINT = 4.0
"""Grey levels: details below are noise that an encoder may drop."""


def look_of(picture: "Picture") -> "Array":
    """16×16 pixels of RGB in a row."""
    import numpy
    from PIL import Image

    return numpy.asarray(picture.resize((16, 16), Image.Resampling.BOX), numpy.float32).ravel()


def alike(looks: "Array", look: "Array") -> "Array":
    """The numbers of the rows that may be the same picture as a look."""
    import numpy

    off = numpy.sqrt(((looks - look) ** 2).mean(axis=1))
    colours = look.reshape(-1, 3)
    return numpy.nonzero(off < SAME * numpy.sqrt(((colours - colours.mean(axis=0)) ** 2).mean()))[0]


def same_details(one: "Picture", two: "Picture") -> bool:
    """Whether no part of one picture has other details: a scratch tells two parts in the same fixture apart.

    In every block that has details in either, those of both correlate. For the copies above the lowest is 0.57; a
    scratch of 2×40 pixels drawn on the photo brings it below 0.55 in 4 of 5.
    """
    return _worst_block(one, two) > 0.55


def _worst_block(one: "Picture", two: "Picture") -> float:
    """The lowest correlation of details, over blocks of 16×16 pixels; 1.0 where there are none."""
    import numpy

    if abs(one.width * two.height / (one.height * two.width) - 1) > 0.03:
        return 0.0
    scale = min(1.0, SIDE / max(one.size), SIDE / max(two.size), max(two.size) / max(one.size))
    size = max(BLOCK, round(one.width * scale)), max(BLOCK, round(one.height * scale))
    a, b = (_details(p, size) for p in (one, two))
    products, first, second = (_blocks(x) for x in (a * b, a * a, b * b))
    there = numpy.maximum(first, second) > FAINT**2
    if not there.any():
        return 1.0
    return float((products[there] / numpy.sqrt(first * second + 1e-6)[there]).min())


def _details(picture: "Picture", size: tuple[int, int]) -> "Array":
    """Grey less its blurred self."""
    import numpy
    from PIL import Image, ImageFilter

    small = picture.convert("L").resize(size, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.7))
    return numpy.asarray(small, numpy.float32) - numpy.asarray(small.filter(ImageFilter.GaussianBlur(3)), numpy.float32)


def _blocks(values: "Array") -> "Array":
    """The mean of each block."""
    import numpy

    rows, columns = values.shape[0] // BLOCK, values.shape[1] // BLOCK
    whole = values[: rows * BLOCK, : columns * BLOCK]
    return numpy.asarray(whole.reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3)))
