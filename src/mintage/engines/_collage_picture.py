"""One collage: a ground, cut-outs placed on it, their shadows, what covers them, and exact boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from mintage.pictures.scenery import compose, covers, shadows, styles
from mintage.pictures.scenery.compose import Layer
from mintage.pictures.scenery.noise import blur
from mintage.pictures.scenery.surfaces import Surface

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    Array = numpy.ndarray[Any, Any]
    Generator = numpy.random.Generator
    Picture = Image.Image


LEAST, LEAST_SHARE = 16, 0.0005
"""An object of which fewer pixels show, or a smaller share of the frame, cannot be recognised; into a mask, which says
how large it is, only the pixels count."""


@dataclass(frozen=True)
class Ground:
    """What objects are put on: a surface, whether it is a photo of the user's, and the boxes that it had before."""

    surface: Surface
    photo: bool = False
    boxes: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Collage:
    """`picture`: RGB; `mask`: L, 255 where an object shows; `boxes`: of what shows, in pixels."""

    picture: "Picture"
    mask: "Picture"
    boxes: tuple[Mapping[str, Any], ...]


def collage(
    ground: Ground,
    cuts: "Sequence[tuple[str, Picture]]",
    options: Any,
    seed: int,
    *,
    where: "Picture | None" = None,
    style: str = "",
) -> Collage:
    """Put cut-outs (class, RGBA) on a ground. `where`: an L mask, white where the one cut-out goes.

    Place, light, cover and noise each have numbers of their own from the seed, so that an option that changes one of
    them leaves the others as they are.

    Raises:
        ValueError: a cut-out or the mask is empty; or too little of an object shows (`LEAST`, `LEAST_SHARE`).
    """
    import numpy as np
    from PIL import Image

    placing, lighting, covering, last = (np.random.default_rng([seed, k]) for k in range(1, 5))
    pixels = ground.surface.pixels
    height, width = pixels.shape[:2]
    placed = _into(where, cuts, options, placing) if where is not None else _placed(ground, cuts, options, placing)
    if options.harmonise:
        pixels = blur(pixels, min(2.0, max(soft for _, _, soft in placed)))
    covered = _cover(ground, pixels, placed, options, covering)
    shown: list[tuple[str, Array]] = []
    for name, layer, _ in placed:
        around = compose.surroundings(pixels, layer)
        if options.harmonise:
            layer = compose.harmonised(layer, around, ground.surface.light, 1.2 if ground.photo else 0.4)
        if options.shadow:
            pixels = pixels * _shadow(ground.surface, layer, height, width, lighting)[..., None]
        pixels = compose.lay(pixels, layer)
        coverage = compose.spread(layer, height, width)
        shown = [(n, m & ~(coverage > 0.5)) for n, m in shown] + [(name, coverage > 0.5)]
    if covered is not None:
        pixels = compose.lay(pixels, covered)
        shown = [(n, m & ~(covered.alpha > 0.5)) for n, m in shown]
    _all_show(shown, 0.0 if where is not None else LEAST_SHARE)
    pixels = _finished(pixels, options, last, dark=max(ground.surface.light) < 0.7)
    if style:
        pixels = styles.STYLES[style](pixels.astype(np.float32), np.random.default_rng([seed, 5]))
    whole = np.logical_or.reduce([m for _, m in shown])
    boxes = [{"class": n} | found for n, m in shown if (found := compose.box_of(m))]
    hidden = whole if covered is None else whole | (covered.alpha > 0.5)
    old = [b for box in ground.boxes if (b := _left_of(box, hidden, options.visible))]
    picture = Image.fromarray(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8))
    return Collage(picture, Image.fromarray(whole.astype(np.uint8) * 255), (*boxes, *old))


def _all_show(shown: "Sequence[tuple[str, Array]]", share: float) -> None:
    for name, mask in shown:
        seen, least = int(mask.sum()), max(LEAST, int(share * mask.size))
        if seen < least:
            what = f"only {seen} pixels" if seen else "nothing"
            raise ValueError(f"{what} of the object {name!r} can be seen: expected {least} pixels or more")


Placed = list[tuple[str, Layer, float]]
"""Class, layer, and how soft its pixels are beside those of the picture (a small cut-out that was enlarged)."""


def _placed(ground: Ground, cuts: "Sequence[tuple[str, Picture]]", options: Any, rng: "Generator") -> Placed:
    """Cut-outs side by side in columns of their own that overlap a little; the farthest first."""
    import numpy as np

    height, width = ground.surface.pixels.shape[:2]
    standing = ground.surface.view == "standing" and ground.surface.sun > 0
    columns = rng.permutation(len(cuts))
    wide = width if len(cuts) == 1 else 1.2 * width / len(cuts)
    found: Placed = []
    for column, (name, cut) in zip(columns, cuts, strict=True):
        share = rng.uniform(*options.scale)
        turn = rng.uniform(-1, 1) * options.rotate * (1 / 3 if standing else 1)
        flip = bool(rng.random() < 0.5) and options.flip
        room = 0.94 * height if not standing else 0.94 * min(height, height - 0.1 * ground.surface.ground)
        layer = compose.cut_layer(cut, min(share * width, wide), min(share * height, room), flip=flip, turn=turn)
        soft = _softness(cut, layer)
        h, w = layer.alpha.shape
        middle = (column + 0.5) * width / len(cuts)
        free = max(0.0, min(wide, width) - w) / 2
        x = float(np.clip(middle + rng.uniform(-1, 1) * free - w / 2, 0.01 * width, max(0.99 * width - w, 0)))
        if standing:
            nearness = (share - options.scale[0]) / max(options.scale[1] - options.scale[0], 1e-6)
            below = height - ground.surface.ground
            high = max(ground.surface.ground + 0.25 * below, h + 0.01 * height)
            low = 0.97 * height
            foot = high + max(0.0, low - high) * (0.55 * nearness + 0.45 * rng.random())
            y = min(foot, low) - h
        else:
            y = float(rng.uniform(0.015 * height, max(0.985 * height - h, 0.016 * height)))
        found.append((name, replace(layer, x=round(x), y=round(y)), soft))
    return sorted(found, key=lambda p: p[1].y + p[1].alpha.shape[0])


def _into(where: "Picture", cuts: "Sequence[tuple[str, Picture]]", options: Any, rng: "Generator") -> Placed:
    """The cut-out as large as the bounds of a mask allow, in their middle, on their last row."""
    import numpy as np

    box = compose.box_of(np.asarray(where.convert("L")) > 127)
    if box is None:
        raise ValueError("the mask is empty: nothing of it is white")
    found = []
    for name, cut in cuts:
        flip = bool(rng.random() < 0.5) and options.flip
        turn = rng.uniform(-1, 1) * options.rotate / 3
        layer = compose.cut_layer(cut, box["w"], box["h"], flip=flip, turn=turn)
        h, w = layer.alpha.shape
        at = replace(layer, x=box["x"] + (box["w"] - w) // 2, y=box["y"] + box["h"] - h + 2)
        found.append((name, at, _softness(cut, layer)))
    return found


def _softness(cut: "Picture", layer: Layer) -> float:
    return max(0.0, 0.4 * (float(max(layer.alpha.shape)) / max(cut.size) - 1))


def _shadow(surface: Surface, layer: Layer, height: int, width: int, rng: "Generator") -> "Array":
    import numpy as np

    if surface.sun == 0:
        return np.ones((height, width), np.float32)
    if surface.view == "lying":
        return shadows.lying(layer, height, width, surface.sun, rng)
    return shadows.standing(layer, height, width, surface.sun, surface.pitch, rng)


def _cover(ground: Ground, pixels: "Array", placed: Placed, options: Any, rng: "Generator") -> Layer | None:
    """Something in front of the nearest object, in the share of pictures that `occlude` says."""
    chance = rng.random()
    if chance >= options.occlude or not ground.surface.cover:
        return None
    return covers.cover(ground.surface.cover, pixels, placed[-1][1], rng)


def _finished(pixels: "Array", options: Any, rng: "Generator", *, dark: bool) -> "Array":
    """One exposure, one lens and one sensor over all of it: what makes parts of a picture belong together."""
    import numpy as np

    height, width = pixels.shape[:2]
    gain = 1 + options.light * rng.uniform(-1, 1)
    cast = 1 + 0.12 * options.light * rng.standard_normal(3)
    contrast = 1 + options.light * rng.uniform(-0.5, 1.5)
    soft, grain = rng.uniform(0.2, 0.7), rng.uniform(0.2, 1.0) ** 2 * (0.025 if dark else 0.012)
    quality = int(rng.integers(78, 96))
    out = np.clip(pixels * gain * cast, 0, 1)
    out = np.clip(0.5 + contrast * (out - 0.5), 0, 1)
    if options.harmonise:
        colour = rng.standard_normal((height, width, 3), dtype=np.float32) * 0.5
        out = out + grain * (colour + rng.standard_normal((height, width, 1), dtype=np.float32))
        return _through_jpeg(blur(out, soft * (width / 256) ** 0.5), quality)
    found: Array = out
    return found


def _through_jpeg(pixels: "Array", quality: int) -> "Array":
    """What a camera's file leaves of a picture: noise in even places goes, as it has gone from the cut-outs."""
    import numpy as np
    from PIL import Image

    file = BytesIO()
    Image.fromarray(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"), np.float32) / 255


def _left_of(box: Mapping[str, Any], hidden: "Array", least: float) -> dict[str, Any] | None:
    """What can still be seen of an old box: clipped to the rows and columns that are not wholly hidden; None: less than
    the least share of it."""
    import numpy as np

    x, y, w, h = (int(box[k]) for k in "xywh")
    seen = ~hidden[y : y + h, x : x + w]
    if not seen.any() or seen.mean() < least:
        return None
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return {
        "class": box["class"],
        "x": x + left,
        "y": y + top,
        "w": int(columns[-1]) + 1 - left,
        "h": int(rows[-1]) + 1 - top,
    }
