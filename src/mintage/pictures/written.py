"""Writes a word on a picture: on a paper note, on a sticker, or straight on the surface, in the picture's own light."""

from collections.abc import Sequence
from math import cos, pi, radians, sin, sqrt
from random import Random
from typing import TYPE_CHECKING, Any

from mintage.pictures.carriers import CARRIERS, Layout, draw_flat, lay_out, margin

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    Picture = Image.Image
    Array = numpy.ndarray[Any, Any]

COVERS = 0.35
"""The carrier covers at most this share of the object."""

USUAL = 0.385
"""The share of a picture that its object fills where no mask says so: an ellipse seven tenths as wide and high."""

Range = tuple[float, float]
Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
"""Corners in pixels: top left, top right, bottom right, bottom left, as one reads the word."""


def write_on(
    picture: "Picture",
    word: str,
    carrier: str,
    seed: int,
    *,
    size: Range = (0.4, 0.65),
    angle: Range = (-15.0, 15.0),
    perspective: Range = (0.0, 0.2),
    contrast: Range = (0.8, 1.0),
    mask: "Picture | None" = None,
) -> tuple["Picture", Quad]:
    """The RGB picture with a word on its object, and the corners of what the word stands on.

    `carrier`: note, sticker or print. Of each range one value is drawn: `size`, the carrier's width as a share of the
    picture's shorter side (more where the letters would be too small to read); `angle` in degrees; `perspective`, how
    much nearer one side of it is than the other; `contrast` of ink and ground, 0 to 1. `mask` (L, the picture's size)
    is white where the object is; without it the object is taken to be in the middle. The carrier lies inside the
    picture, and its area is at most 35 % of the object's. The same seed gives the same picture.

    Raises:
        ValueError: no such carrier, no word, or a mask of another size.
    """
    if carrier not in CARRIERS:
        raise ValueError(f"there is no carrier {carrier!r}: expected one of {', '.join(CARRIERS)}")
    if not word.strip():
        raise ValueError("there is no word to write")
    if mask is not None and mask.size != picture.size:
        raise ValueError(f"the mask has {mask.size} pixels, the picture {picture.size}: expected the same")
    import numpy as np

    chance = Random(seed)
    share, turn, near, strong = (chance.uniform(*r) for r in (size, angle, perspective, contrast))
    towards = chance.uniform(0, 2 * pi)
    pixels = np.asarray(picture.convert("RGB"), np.float32) / 255
    object_ = _object(mask, picture.size)
    layout = lay_out(word, carrier, share * min(picture.size), 0.9 * picture.width, COVERS * float(object_.sum()))
    shape = _inside(_tilted(layout, radians(turn), near, towards), picture.size)
    place = _place(shape, object_, pixels @ LUMA, chance, _calm(carrier, mask))
    corners = [(x + place[0], y + place[1]) for x, y in shape]
    quad: Quad = (corners[0], corners[1], corners[2], corners[3])
    return _laid_on(pixels, quad, layout, carrier, chance, strong), quad


SPLIT = 0.42
"""Brightness above which a surface takes dark ink."""

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in brightness (Rec. 601)."""


def _calm(carrier: str, mask: "Picture | None") -> float:
    """How much an even surface is worth: more to a print, but where nothing says where the object is it may be none of
    its surface."""
    return (3.0 if mask is not None else 1.0) if carrier == "print" else 0.3


def _object(mask: "Picture | None", size: tuple[int, int]) -> "Array":
    """How much of each pixel is object, 0 to 1; an ellipse where no mask says it, or one with next to nothing in it."""
    import numpy as np

    if mask is not None:
        found = np.asarray(mask.convert("L"), np.float32) / 255
        if found.mean() > 0.01:
            return found
    across, down = ((2 * np.arange(n) + 1) / n - 1 for n in size)  # pixel centres, from -1 to 1
    return (across[None, :] ** 2 + down[:, None] ** 2 <= 4 * USUAL / pi).astype(np.float32)


def _tilted(layout: Layout, turn: float, near: float, towards: float) -> list[Point]:
    """The corners of a tilted rectangle around (0, 0): perspective first, then the turn in the picture's plane."""
    corners = []
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        depth = 1 + near * (x * cos(towards) + y * sin(towards)) / 2
        across, down = x * layout.width / 2 / depth, y * layout.height / 2 / depth
        corners.append((across * cos(turn) - down * sin(turn), across * sin(turn) + down * cos(turn)))
    return corners


def _inside(shape: Sequence[Point], size: tuple[int, int]) -> list[Point]:
    """Centred on its bounds, and smaller where it would not fit into the picture."""
    xs, ys = zip(*shape, strict=True)
    fits = min(1.0, 0.94 * size[0] / (max(xs) - min(xs)), 0.94 * size[1] / (max(ys) - min(ys)))
    middle = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    return [((x - middle[0]) * fits, (y - middle[1]) * fits) for x, y in shape]


def _place(shape: Sequence[Point], object_: "Array", bright: "Array", chance: Random, calm: float) -> Point:
    """Where its centre goes: on the object, near the object's centre, where the surface is calm; wholly inside."""
    import numpy as np

    height, width = object_.shape
    half_x, half_y = max(x for x, _ in shape), max(y for _, y in shape)
    sums = [np.pad(a, ((1, 0), (1, 0))).cumsum(0).cumsum(1) for a in map(np.float64, (object_, bright, bright**2))]
    rows, columns = np.nonzero(object_ > 0.5)
    middle = (float(columns.mean()), float(rows.mean())) if len(rows) else (width / 2, height / 2)
    reach = max(1.0, float(object_.sum()) ** 0.5)

    def worth(x: float, y: float, luck: float) -> float:
        left, right = int(max(0, x - half_x)), int(min(width, x + half_x + 1))
        top, bottom = int(max(0, y - half_y)), int(min(height, y + half_y + 1))
        area = max(1, (right - left) * (bottom - top))
        on, mean, square = (
            float(s[bottom, right] - s[top, right] - s[bottom, left] + s[top, left]) / area for s in sums
        )
        uneven = sqrt(max(0.0, square - mean**2))
        away = float(np.hypot(x - middle[0], y - middle[1])) / reach
        return float(3 * on - 1.2 * away - calm * uneven + 0.5 * luck)

    def tried(at: float, spread: float, half: float, end: int) -> float:
        low, high = half + 0.02 * end, end - half - 0.02 * end
        return min(max(at + chance.uniform(-spread, spread), low), high) if low < high else end / 2

    tries = [
        (tried(middle[0], 0.5 * reach, half_x, width), tried(middle[1], 0.5 * reach, half_y, height), chance.random())
        for _ in range(60)
    ]
    best = max(tries, key=lambda t: worth(*t))
    return best[0], best[1]


def _laid_on(pixels: "Array", quad: Quad, layout: Layout, carrier: str, chance: Random, contrast: float) -> "Picture":
    """The carrier in the picture's light, with its shadow; letters of a print let the surface's shading through."""
    import numpy as np
    from PIL import Image

    height, width = pixels.shape[:2]
    room = max(3, round(0.25 * layout.height))
    xs, ys = zip(*quad, strict=True)
    left, right = max(0, int(min(xs)) - room), min(width, int(max(xs)) + room + 1)
    top, bottom = max(0, int(min(ys)) - room), min(height, int(max(ys)) + room + 1)
    under = pixels[top:bottom, left:right]
    bright = under @ LUMA
    shape = _warped(Image.new("RGBA", (8, 8), "white"), 0, quad, (left, top, right, bottom))[..., 3] > 0.5
    ground = bright[shape] if shape.any() else bright.ravel()
    level, dark = float(np.median(ground)), float((ground > SPLIT).mean()) > 0.5
    outline = carrier == "print" and float(((ground > SPLIT) != dark).mean()) > 0.1
    fine = 2 if max(layout.width, layout.height) > 400 else 4
    flat = draw_flat(layout, carrier, chance, contrast=contrast, scale=fine, dark=dark, outline=outline)
    layer = _warped(flat, margin(layout, fine), quad, (left, top, right, bottom))
    colour, cover = layer[..., :3], layer[..., 3:]
    if float(np.percentile(np.ptp(pixels, axis=2), 95)) < 0.04:  # a photo without colours
        colour = (colour @ LUMA)[..., None].repeat(3, 2)
    if carrier == "print":
        shading = _blurred(bright, 0.06 * layout.font) / max(level, 0.05)
        lit = colour * np.clip(shading, 0.8, 1.1)[..., None] * _white(pixels)
        cover = cover * contrast
    else:
        light = _blurred(bright, 0.35 * layout.height)
        shading = np.clip(light / max(float(light[shape].mean()) if shape.any() else 1.0, 0.05), 0.6, 1.4) ** 0.5
        lit = colour * _white(pixels) * shading[..., None]
        under = under * (1 - _shadow(cover[..., 0], layout, 1.0 if carrier == "note" else 0.5)[..., None])
    out = pixels.copy()
    out[top:bottom, left:right] = under * (1 - cover) + np.clip(lit, 0, 1) * cover
    return Image.fromarray(np.uint8(np.clip(out, 0, 1) * 255 + 0.5))


def _white(pixels: "Array") -> "Array":
    """The colour of white paper in the picture's light: its brightest tones, half their cast, never dark."""
    import numpy as np

    top = np.percentile(pixels.reshape(-1, 3), 97, axis=0)
    white: Array = np.clip(0.5 * top + 0.5 * top.mean(), 0.62, 1.0)
    return white


def _shadow(cover: "Array", layout: Layout, strength: float) -> "Array":
    """How much light the carrier takes from what lies below and beside it, 0 to 1."""
    import numpy as np

    away = max(1, round(0.04 * layout.height))
    moved = np.pad(cover, ((away, 0), (away // 2, 0)))[: cover.shape[0], : cover.shape[1]]
    return 0.4 * strength * _blurred(moved, max(0.7, 0.05 * layout.height))


def _blurred(values: "Array", radius: float) -> "Array":
    """Values of 0 to 1 with a Gaussian blur, the edge pixels repeated beyond the edge."""
    import numpy as np
    from PIL import Image, ImageFilter

    image = Image.fromarray(np.uint8(np.clip(values, 0, 1) * 255 + 0.5))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def _warped(flat: "Picture", edge: int, quad: Quad, box: tuple[int, int, int, int]) -> "Array":
    """A flat carrier (RGBA, `edge` pixels of nothing around it) laid into a quad: the pixels of a box, float [h, w, 4].

    Four samples for each pixel in each direction, so that edges and letters are smooth.
    """
    import numpy as np
    from PIL import Image

    left, top, right, bottom = box
    fine = 2 if max(right - left, bottom - top) > 500 else 4
    across, down = flat.width - edge, flat.height - edge
    corners = ((edge, edge), (across, edge), (across, down), (edge, down))
    seen = [((x - left) * fine, (y - top) * fine) for x, y in quad]
    size = ((right - left) * fine, (bottom - top) * fine)
    laid = flat.transform(size, Image.Transform.PERSPECTIVE, homography(seen, corners), Image.Resampling.BICUBIC)
    return np.asarray(laid.reduce(fine), np.float32) / 255


def homography(places: Sequence[Point], sources: Sequence[Point]) -> list[float]:
    """The eight numbers that Pillow's PERSPECTIVE takes four places of the output to four of the input with."""
    import numpy as np

    rows = []
    for (x, y), (u, v) in zip(places, sources, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    return [float(n) for n in np.linalg.solve(np.array(rows, float), np.ravel(sources))]
