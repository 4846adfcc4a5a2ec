"""A picture as a small `data:` address, so that a page needs no other file."""

import base64
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.pictures import open_picture

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

SIDE = 128
"""Pixels. The longer side of a thumbnail is at most this; a picture of half or less is enlarged twofold."""

QUALITY = 74
"""Of WebP. About 1.5 kB for an enlarged 64×64 picture, 3 kB for a detailed photo."""

EFFORT = 2
"""Of WebP. Half the time of the usual 4, and files 6 % larger."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """`address` is a `data:` URI; `width` and `height` in pixels, so that a page can keep its place free."""

    address: str
    width: int
    height: int


def thumbnail(path: Path | None) -> Thumbnail | None:
    """A picture's thumbnail; None where there is no file or it cannot be read (a report is written all the same)."""
    try:
        if path is None:
            return None
        small = fit(open_picture(path), SIDE)
    except OSError:
        return None
    out = BytesIO()
    small.save(out, "WEBP", quality=QUALITY, method=EFFORT)
    return Thumbnail(f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode()}", small.width, small.height)


def fit(picture: "Picture", side: int) -> "Picture":
    """The picture with a longer side of at most `side` pixels; a small one is enlarged by a whole factor.

    Lanczos both ways: it keeps the edges of 64×64 pictures, which a browser's own enlarging blurs.
    """
    from PIL import Image

    longer = max(picture.size)
    factor = side // longer if longer <= side else side / longer
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
