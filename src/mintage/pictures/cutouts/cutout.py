"""The mask of the object in a real photo: from a file, alpha, a box, a plain background, or GrabCut."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.pictures.cutouts import _grabcut as grabcut
from mintage.pictures.cutouts import _plain as plain
from mintage.pictures.cutouts import shapes

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    Picture = Image.Image
    Array = numpy.ndarray[Any, Any]

VERSION = 1
"""Of the methods: a change of what they give raises it, so that stored cut-outs are made anew."""

SIDE = 320
"""Pixels. Objects are looked for in a copy whose longer side is at most this."""

GOOD = 0.6
"""From this confidence on, `auto` looks no further."""

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels of the picture as displayed; origin top left."""


@dataclass(frozen=True)
class CutOut:
    """`mask`: L, 0 or 255 (hard), white where the object is, of the picture's size. `how`: file, alpha, box, plain or
    grabcut. `confidence`: 0 to 1; from 0.5 on most are usable."""

    mask: "Picture"
    how: str
    confidence: float
    final: bool = False
    """Nothing better is to be expected: the background is that of a studio."""


def find_cut_out(
    picture: "Picture",
    how: str = "auto",
    *,
    alpha: "Picture | None" = None,
    mask: "Picture | None" = None,
    box: Box | None = None,
) -> CutOut | None:
    """The object in a picture; None where this way finds nothing.

    Args:
        picture: RGB, upright.
        how: `auto` takes the first that there is of file, alpha and box, else the surer of plain and grabcut; a name
            takes that one alone; `none` nothing.
        alpha: what `open_with_alpha` gave.
        mask: a mask of the user's, L, of the picture's size.
        box: where the object is.

    Raises:
        MintageError: `how` is `grabcut`, and OpenCV is not installed.
    """
    ways = ("file", "alpha", "box", "plain", "grabcut") if how == "auto" else (how,)
    best: CutOut | None = None
    for way in ways:
        found = _by(way, picture, alpha, mask, box, by_name=how != "auto")
        if found is not None and (best is None or found.confidence > best.confidence):
            best = found
        if best is not None and (way in ("file", "alpha", "box") or best.final or best.confidence >= GOOD):
            break
    return best


def _by(
    way: str,
    picture: "Picture",
    alpha: "Picture | None",
    mask: "Picture | None",
    box: Box | None,
    *,
    by_name: bool,
) -> CutOut | None:
    if way == "file":
        return _given(mask, "file") if mask is not None else None
    if way == "alpha":
        return _given(alpha, "alpha") if alpha is not None else None
    if way == "box":
        return _boxed(picture, box) if box is not None else None
    if way == "plain":
        return _plain(picture)
    if way == "grabcut" and (by_name or grabcut.is_installed()):
        return _grabcut(picture)
    return None


def is_stray(inside: "Array") -> bool:
    """Whether a mask (bool) is nothing but a few pixels: below 16, or below 0.02 % of the picture in short pieces.

    A thin scratch is few pixels too, but long: at least 2 % of the picture's longer side.
    """
    import numpy

    count = int(inside.sum())
    if count < 16 or count >= 0.0002 * inside.size:
        return count < 16
    found, sizes = shapes.pieces(inside)
    sizes[0] = 0
    spans = (numpy.ptp(at) + 1 for at in numpy.nonzero(found == int(sizes.argmax())))
    return bool(max(spans) < 0.02 * max(inside.shape))


def _given(mask: "Picture", how: str) -> CutOut | None:
    """A mask that somebody made; none where it is empty: sure, unless it covers nearly all."""
    import numpy
    from PIL import Image

    inside = numpy.asarray(mask) >= 128
    if is_stray(inside):
        return None
    if how == "alpha":
        inside = shapes.shrunk(shapes.filled(inside, 0.001), 1)
    share = float(inside.mean())
    hard = Image.fromarray(numpy.where(inside, 255, 0).astype(numpy.uint8))
    return CutOut(hard, how, 0.0 if share > 0.98 or not inside.any() else 1.0)


def _boxed(picture: "Picture", box: Box) -> CutOut | None:
    """GrabCut inside the box; the box itself, not sure, where that finds little or there is no OpenCV."""
    import numpy

    pixels, scale = _reduced(picture)
    height, width = pixels.shape[:2]
    left, right = (min(max(round(x * scale), 0), width) for x in (box[0], box[0] + box[2]))
    top, bottom = (min(max(round(y * scale), 0), height) for y in (box[1], box[1] + box[3]))
    if right - left < 4 or bottom - top < 4:
        return None
    whole = numpy.zeros((height, width), bool)
    whole[top:bottom, left:right] = True
    unsure = CutOut(_enlarged(whole, picture.size), "box", 0.3)
    if not grabcut.is_installed():
        return unsure
    lab = plain.to_lab(pixels)
    found, agreement = grabcut.cut(pixels, lab, (left, top, right, bottom))
    found = _tidy(found)
    if found.sum() < 0.15 * whole.sum():
        return unsure
    return _found(found, picture, "box", confidence_in(found, lab, agreement))


def _plain(picture: "Picture") -> CutOut | None:
    """In a studio the flood is all; elsewhere it leaves patches of light and folds, where the colours tell more."""
    pixels, _ = _reduced(picture)
    lab = plain.to_lab(pixels)
    ground = plain.background(lab)
    if ground is None:
        return None
    if ground.noise < plain.STUDIO:
        found = _tidy(~ground.behind, thin=1)
        agreement = _alike(found, _tidy(~ground.strict, thin=1))
    else:
        flood = _tidy(~ground.behind)
        if not flood.any():
            return None
        by_colour = (
            grabcut.refine(pixels, ~ground.behind, flood) if grabcut.is_installed() else plain.likely(lab, flood)
        )
        found = _tidy(flood & shapes.filled(_tidy(by_colour)))
        agreement = _alike(found, flood)
    studio = ground.noise < plain.STUDIO
    confidence = confidence_in(found, lab, agreement)
    if studio:  # what was thrown away is print on something as white as the ground
        confidence *= _ramp(float((~ground.behind & ~shapes.grown(found, 2)).sum() / max(1, found.sum())), 0.06, 0.005)
    return _found(found, picture, "plain", confidence, rim=1 if studio else 2, final=studio)


def _grabcut(picture: "Picture") -> CutOut | None:
    pixels, _ = _reduced(picture)
    lab = plain.to_lab(pixels)
    ground = plain.background(lab)
    found, agreement = grabcut.cut(pixels, lab, guess=None if ground is None else ~ground.behind)
    found = _tidy(found)
    return _found(found, picture, "grabcut", confidence_in(found, lab, agreement))


def _found(
    found: "Array", picture: "Picture", how: str, confidence: float, *, rim: int = 1, final: bool = False
) -> CutOut | None:
    """A cut-out less its rim of so many pixels, so that no background is taken along; None where nothing is left."""
    inside = shapes.shrunk(found, rim)
    if not inside.any():
        return None
    return CutOut(_enlarged(shapes.main_pieces(inside, 0.1), picture.size), how, confidence, final)


def _alike(one: "Array", two: "Array") -> float:
    """Intersection over union; 0 where both are empty."""
    return float((one & two).sum() / max(1, (one | two).sum()))


def _tidy(found: "Array", thin: int = 2) -> "Array":
    """Crumbs and threads of up to twice `thin` pixels gone, tiny holes closed, the outline smooth."""
    found = shapes.grown(shapes.shrunk(found, thin), thin + 1) & found
    if not found.any():
        return found
    return shapes.smoothed(shapes.filled(shapes.main_pieces(found, 0.1), 0.01))


def confidence_in(found: "Array", lab: "Array", agreement: float) -> float:
    """How sure a mask is, 0 to 1: the product of what speaks for it.

    Its area (some 3 to 75 % of the picture), how little of the picture's edge it touches, that it is one piece or a
    pair, that it is compact, that two ways to it agree, and that the colours on both sides of its outline differ.
    """
    import numpy

    _, sizes = shapes.pieces(found)
    parts = numpy.sort(sizes[1:])[::-1]
    if not len(parts):
        return 0.0
    area, touching = float(found.mean()), float(found[shapes.rim(found.shape)].mean())
    pair = len(parts) > 1 and parts[1] > 0.6 * parts[0]  # of shoes, say
    main = float(parts[: 1 + pair].sum() / parts.sum())
    compact = 4 * math.pi * float(found.sum()) / float(shapes.outline(found).sum()) ** 2
    reach = max(2, round(0.02 * max(found.shape)))
    inner = found & ~shapes.shrunk(found, reach)
    outer = shapes.grown(found, reach + 1) & ~shapes.grown(found, 1)
    return (
        (_ramp(area, 0.01, 0.04) * _ramp(area, 0.92, 0.75))
        * _ramp(touching, 0.4, 0.12)
        * _ramp(main, 0.5, 0.85)
        * _ramp(compact, 0.03, 0.15)
        * _ramp(agreement, 0.5, 0.9)
        * (0.3 + 0.7 * _ramp(_overlap(lab[inner], lab[outer]), 0.75, 0.4))
    )


def _overlap(one: "Array", two: "Array") -> float:
    """How far two sets of Lab colours overlap (Bhattacharyya coefficient of coarse histograms): 0 not, 1 wholly."""
    import numpy

    if not len(one) or not len(two):
        return 1.0
    edges = [numpy.linspace(0, 100, 11), numpy.linspace(-60, 80, 13), numpy.linspace(-60, 80, 13)]
    a, b = (numpy.histogramdd(numpy.clip(p, [0, -60, -60], [100, 80, 80]), edges)[0] for p in (one, two))
    return float(numpy.sqrt(a / a.sum() * b / b.sum()).sum())


def _ramp(value: float, zero: float, one: float) -> float:
    return min(1.0, max(0.0, (value - zero) / (one - zero)))


def _reduced(picture: "Picture") -> tuple["Array", float]:
    """The pixels of a copy in which the object is looked for, and its scale."""
    import numpy
    from PIL import Image

    scale = min(1.0, SIDE / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return numpy.asarray(picture if scale == 1 else picture.resize(size, Image.Resampling.BOX)), scale


def _enlarged(found: "Array", size: tuple[int, int]) -> "Picture":
    import numpy
    from PIL import Image

    mask = Image.fromarray(numpy.where(found, 255, 0).astype(numpy.uint8))
    if mask.size != size:
        mask = mask.resize(size, Image.Resampling.BICUBIC)
    return mask.point(lambda level: 255 * (level >= 128))
