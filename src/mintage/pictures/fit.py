"""Brings pictures and their masks to a size, cropped, padded or kept, and never stretched."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

Colour = tuple[int, int, int]


def fit(picture: "Picture", size: tuple[int, int] | None, how: str, fill: Colour | None = None) -> "Picture":
    """The picture at `size` (width, height in pixels); a mask (mode L) goes the same way as its picture, to the pixel.

    Args:
        picture: RGB, RGBA or L. Pictures are resampled by Lanczos, masks by nearest neighbour.
        size: None: the picture as it is.
        how: `crop`: filled, and what stands over at two sides is cut off evenly; `pad`: all of it, on a ground; `keep`:
            all of it in its own aspect ratio, so that one side may be smaller than asked for.
        fill: the ground's colour; None: the median of the picture's border. Masks are padded with black, RGBA with
            nothing.
    """
    if size is None or picture.size == size:
        return picture
    wide, high = size[0] / picture.width, size[1] / picture.height
    if how == "crop":
        scale = max(wide, high)
        # the part that is seen, in the picture's own pixels; never larger than it, as a rounded quotient may be
        width, height = min(size[0] / scale, picture.width), min(size[1] / scale, picture.height)
        left, top = (picture.width - width) / 2, (picture.height - height) / 2
        return _resized(picture, size, (left, top, left + width, top + height))
    scale = min(wide, high)
    inner = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = _resized(picture, inner, (0, 0, *picture.size))
    return small if how == "keep" else _on_ground(small, size, fill)


def border_colour(picture: "Picture") -> Colour:
    """The median of each channel over the outermost 2 % of the picture (at least one pixel), as RGB."""
    import numpy

    pixels = numpy.asarray(picture.convert("RGB"))
    deep = max(1, round(min(picture.size) * 0.02))
    ring = [pixels[:deep], pixels[-deep:], pixels[:, :deep], pixels[:, -deep:]]
    red, green, blue = numpy.median(numpy.concatenate([part.reshape(-1, 3) for part in ring]), axis=0)
    return round(red), round(green), round(blue)


def _resized(picture: "Picture", size: tuple[int, int], box: tuple[float, float, float, float]) -> "Picture":
    from PIL import Image

    method = Image.Resampling.NEAREST if picture.mode == "L" else Image.Resampling.LANCZOS
    return picture.resize(size, method, box)


def _on_ground(picture: "Picture", size: tuple[int, int], fill: Colour | None) -> "Picture":
    from PIL import Image

    ground: int | tuple[int, ...]
    if picture.mode == "L":
        ground = 0
    elif picture.mode == "RGBA":
        ground = (0, 0, 0, 0)
    else:
        ground = fill if fill is not None else border_colour(picture)
    whole = Image.new(picture.mode, size, ground)
    whole.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    return whole
