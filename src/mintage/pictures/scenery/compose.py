"""Puts cut-outs into pictures: clean edges, light that fits, shadows, exact masks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.pictures.scenery.noise import blur

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    Array = numpy.ndarray[Any, Any]
    Picture = Image.Image

MOST_L, MOST_AB = 14.0, 7.0
"""Harmonising shifts lightness and colour by at most so much, in units of Lab: a lemon stays yellow."""


@dataclass(frozen=True)
class Layer:
    """A cut-out at its final size: colours [h, w, 3] and coverage [h, w], float32, 0 to 1, and where its upper left
    corner lies in the picture, in pixels (may lie outside)."""

    colours: "Array"
    alpha: "Array"
    x: int = 0
    y: int = 0


def cut_layer(cut: "Picture", width: float, height: float, *, flip: bool = False, turn: float = 0.0) -> Layer:
    """An RGBA cut-out, mirrored, turned (degrees, anticlockwise) and scaled to fit into width × height pixels.

    Its edge is made clean: half a pixel narrower and one to one and a half pixels soft, and what is half transparent
    takes the colour of the object beside it instead of the background that it was cut from. A line that would vanish
    keeps its most opaque pixels.

    Raises:
        ValueError: there is nothing in it (no pixel is more than half opaque), or nothing is left at this size.
    """
    import numpy as np
    from PIL.Image import Resampling, Transpose

    cut = cut if cut.mode == "RGBA" else cut.convert("RGBA")
    if _bounds(np.asarray(cut.getchannel("A")) > 127) is None:
        raise ValueError("the cut-out is empty: no pixel of it is more than half opaque")
    if max(cut.size) > 4 * max(width, height):  # a large photo: most of its pixels are of no use here
        cut.load()
        cut = cut.reduce(max(1, int(max(cut.size) / max(width, height) / 2)))
    cut = cut.transpose(Transpose.FLIP_LEFT_RIGHT) if flip else cut
    cut = _inward(cut)
    if turn:
        cut = cut.rotate(turn, Resampling.BICUBIC, expand=True)
    alpha = np.asarray(cut.getchannel("A"))
    box = _bounds(alpha > min(127, int(alpha.max()) // 2))  # reduced or turned, a line is faint
    if box is None:
        raise ValueError("the cut-out is too thin: nothing is left of it at this size")
    cut = cut.crop(box)
    scale = min(width / cut.width, height / cut.height)
    size = max(1, round(cut.width * scale)), max(1, round(cut.height * scale))
    premultiplied = cut.convert("RGBa").resize(size, Resampling.BOX if scale < 0.2 else Resampling.BICUBIC)
    pixels = np.asarray(_padded(premultiplied.convert("RGBA"), 2), np.float32) / 255
    alpha = np.clip((blur(pixels[..., 3], 0.7) - 0.22) / 0.70, 0, 1) if min(size) > 12 else pixels[..., 3]
    if not (alpha > 0.5).any():
        alpha = pixels[..., 3] / max(float(pixels[..., 3].max()), 1 / 255)
    if not (alpha > 0.5).any():
        raise ValueError("the cut-out is too thin: nothing is left of it at this size")
    return Layer(pixels[..., :3], alpha)


def _padded(cut: "Picture", by: int) -> "Picture":
    from PIL import Image

    wide = Image.new("RGBA", (cut.width + 2 * by, cut.height + 2 * by))
    wide.paste(cut, (by, by))
    return wide


def _inward(cut: "Picture") -> "Picture":
    """The colour of every pixel that is not wholly opaque, or beside one, from the opaque ones around it."""
    import numpy as np
    from PIL import Image, ImageChops, ImageFilter

    alpha = cut.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return cut
    reach = max(1, round(max(cut.size) / 200))
    core = alpha.point(lambda value: 255 if value > 250 else 0).filter(ImageFilter.MinFilter(2 * min(reach, 3) + 1))
    if core.getbbox() is None:
        return cut
    solid = Image.merge("RGBA", [*cut.convert("RGB").split(), core]).convert("RGBa")
    spread = np.zeros((cut.height, cut.width, 4), np.float32)
    for radius in (reach, 3 * reach, 9 * reach):  # the nearest counts most by far
        near = np.asarray(solid.filter(ImageFilter.GaussianBlur(radius)), np.float32)
        spread += near * (1.0 / 50 ** (np.log(radius / reach) / np.log(3)))
    colour = spread[..., :3] / np.maximum(spread[..., 3:], 1e-3) * 255
    filled = Image.fromarray(np.round(np.clip(colour, 0, 255)).astype(np.uint8))
    filled.paste(cut.convert("RGB"), mask=core)
    found = Image.fromarray((spread[..., 3] > 0.02).astype(np.uint8) * 255)
    filled.paste(cut.convert("RGB"), mask=ImageChops.invert(found))
    filled.putalpha(alpha)
    return filled


def _bounds(mask: "Array") -> tuple[int, int, int, int] | None:
    """Left, upper, right, lower of what is true, right and lower outside it; None: nothing is."""
    import numpy as np

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def box_of(mask: "Array") -> dict[str, int] | None:
    """x, y, w, h in pixels of what is true in a mask [h, w]; None: nothing is."""
    found = _bounds(mask)
    return (
        None
        if found is None
        else dict(zip("xywh", (*found[:2], found[2] - found[0], found[3] - found[1]), strict=True))
    )


def spread(layer: Layer, height: int, width: int, values: "Array | None" = None) -> "Array":
    """A layer's coverage (or other values of its size) in a picture of height × width: [height, width, …], 0 around."""
    import numpy as np

    values = layer.alpha if values is None else values
    out = np.zeros((height, width, *values.shape[2:]), np.float32)
    h, w = values.shape[:2]
    top, left = max(layer.y, 0), max(layer.x, 0)
    low, right = min(layer.y + h, height), min(layer.x + w, width)
    if top < low and left < right:
        out[top:low, left:right] = values[top - layer.y : low - layer.y, left - layer.x : right - layer.x]
    return out


def lay(picture: "Array", layer: Layer) -> "Array":
    """The picture [h, w, 3] with a layer over it."""
    height, width = picture.shape[:2]
    alpha = spread(layer, height, width)[..., None]
    found: Array = picture * (1 - alpha) + spread(layer, height, width, layer.colours) * alpha
    return found


def harmonised(
    layer: Layer, around: "Array", light: tuple[float, float, float] = (1, 1, 1), amount: float = 1.0
) -> Layer:
    """The layer in the light of a place: under `light` (factors per channel), then nearer in mean and contrast to
    `around` (pixels [n, 3]) in Lab: a fifth of the way at `amount` 1, and never far.

    After Reinhard et al., Color Transfer between Images, 2001, which goes the whole way and would repaint objects: what
    is around tells of its own colour as much as of the light.
    """
    import numpy as np

    solid = layer.alpha > 0.5
    if not solid.any() or not len(around):
        return layer
    lit = np.clip(layer.colours * np.asarray(light, np.float32), 0, 1)
    own, place = _lab(lit[solid]), _lab(around)
    mean, aim = own.mean(axis=0), place.mean(axis=0)
    shift = np.clip(0.2 * amount * (aim - mean), [-MOST_L, -MOST_AB, -MOST_AB], [MOST_L, MOST_AB, MOST_AB])
    ratio = (place.std(axis=0) + 4) / (own.std(axis=0) + 4)
    gain = np.clip(1 + 0.15 * amount * (ratio - 1), 0.9, 1.1)
    lab = (_lab(lit.reshape(-1, 3)) - mean) * gain + mean + shift
    return Layer(_rgb(lab).reshape(layer.colours.shape), layer.alpha, layer.x, layer.y)


_TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
_WHITE = (0.950456, 1.0, 1.088754)


def _lab(rgb: "Array") -> "Array":
    """sRGB [n, 3] in 0 to 1 to CIE L*a*b* (D65)."""
    import numpy as np

    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = linear @ np.asarray(_TO_XYZ, np.float32).T / np.asarray(_WHITE, np.float32)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def _rgb(lab: "Array") -> "Array":
    """The inverse of `_lab`, clipped to 0 to 1."""
    import numpy as np

    y = (lab[:, 0] + 16) / 116
    f = np.stack([y + lab[:, 1] / 500, y, y - lab[:, 2] / 200], axis=1)
    xyz = np.where(f > 0.206893, f**3, (f - 16 / 116) / 7.787) * np.asarray(_WHITE, np.float32)
    linear = np.clip(xyz @ np.linalg.inv(np.asarray(_TO_XYZ)).T, 0, 1)
    found: Array = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear).astype(np.float32)
    return found


def surroundings(picture: "Array", layer: Layer) -> "Array":
    """The pixels [n, 3] of a picture in and about the box of a layer, half its size further on each side."""
    h, w = layer.alpha.shape
    rows = slice(max(0, layer.y - h // 4), max(1, layer.y + h + h // 4))
    columns = slice(max(0, layer.x - w // 4), max(1, layer.x + w + w // 4))
    found: Array = picture[rows, columns][::2, ::2].reshape(-1, 3)
    return found
