"""Patches: a defect is found, cut out with a margin, turned, scaled, placed and set into another picture."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from mintage.pictures.cutouts.shapes import grown, main_pieces
from mintage.pictures.read import open_picture
from mintage.pictures.scenery.membrane import set_in
from mintage.techniques._inpaint_masks import as_bool, as_mask, large_enough, pixels_of

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    Picture = Image.Image
    Array = numpy.ndarray[Any, Any]

_COVERED = 0.25
"""A pixel of which so much is covered by the defect belongs to it; at a half a thin scratch would be lost."""

_ALIGNED = 20.0
"""Grey levels by which half of the pixels of an aligned picture differ at most."""

_TRIES = 8
"""So often a patch that finds no room is made smaller by a fifth."""


def defect(picture: "Picture", good: Sequence[Path]) -> "Picture":
    """What differs from every aligned picture without a defect: an L mask of the picture's size.

    A pixel belongs to it where the smallest difference (largest channel, blurred by a pixel) lies six robust standard
    deviations and at least 12 grey levels above the median; pieces below a tenth of the largest are left out.

    Raises:
        OSError: no good picture has this size, nothing differs, or most of it does.
    """
    import numpy as np
    from PIL import ImageFilter

    def soft(p: "Picture") -> "Array":
        return np.asarray(p.filter(ImageFilter.GaussianBlur(1)), np.float32)

    others = [other for other in map(open_picture, good) if other.size == picture.size]
    if not others:
        raise OSError(f"no picture at `good` is {picture.width}×{picture.height} pixels, as the reference is")
    own = soft(picture)
    off = np.min([np.abs(own - soft(other)).max(2) for other in others], axis=0)
    middle = float(np.median(off))
    spread = 1.4826 * float(np.median(np.abs(off - middle)))
    found = off > middle + max(12.0, 6 * spread)
    if middle > _ALIGNED:
        raise OSError("the reference differs all over from what lies at `good`: are they aligned?")
    if not found.any():
        raise OSError("the reference differs nowhere from what lies at `good`")
    return as_mask(main_pieces(grown(found, 1), 0.1))


def transplanted(
    scene: "Picture",
    donor: "Picture",
    mask: "Picture",
    rng: Random,
    size: tuple[float, float] | None,
    margin: float,
    inside: "Picture | None" = None,
) -> tuple["Picture", "Array", "Array"]:
    """The scene with the defect of the donor in it, where the defect is (bool [h, w]), and what changed (bool [h, w]).

    Args:
        scene, donor: RGB; mask: L, of the donor's size, white on the defect; inside: L, of the scene's size.
        size: the longer side of the defect, from and to, as a share of the scene's shorter side; None: what it has in
            the donor, times 0.7 to 1.3.
        margin: how much of the donor's surroundings comes along and fades, as a share of the scene's shorter side.

    Raises:
        OSError: the mask shows no patch, there is no room for it, or it would have fewer than 16 pixels.
    """
    import numpy as np
    from PIL import Image

    bounds = mask.getbbox()
    if bounds is None or as_bool(mask).mean() > 0.5:
        raise OSError("the mask of the reference shows no small part of it: it should be white on the defect alone")
    long = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    own = long / min(donor.size)
    share = rng.uniform(*(size or (0.7 * own, 1.3 * own)))
    wanted, angle, flip = share * min(scene.size), rng.uniform(0, 360), rng.random() < 0.5
    x = rng.random()
    edge = max(2, pixels_of(margin, scene.size))
    for step in range(_TRIES):
        scale = wanted * 0.8**step / long
        patch, core, there = _moved(donor, mask, bounds, scale, angle, flip, edge)
        at = _place(core, scene.size, inside, x)
        if at is not None and core.any():
            break
    else:
        raise OSError("there is no room for the defect on the parent's object")
    large_enough(int(core.sum()))
    full = [np.zeros((scene.height, scene.width, *a.shape[2:]), a.dtype) for a in (patch, core, there)]
    for whole, part in zip(full, (patch, core, there), strict=True):
        _lay(whole, part, at)
    patch, core, there = full
    soft = _fading(core, there, edge)
    pixels = np.asarray(scene.convert("RGB"), np.float32)
    made = set_in(pixels, patch, there, core, soft)
    changed = soft > 0
    made = np.where(changed[..., None], np.clip(np.rint(made), 0, 255), pixels)
    return Image.fromarray(made.astype(np.uint8)), core, changed


def _moved(
    donor: "Picture",
    mask: "Picture",
    bounds: tuple[int, int, int, int],
    scale: float,
    angle: float,
    flip: bool,
    edge: int,
) -> tuple["Array", "Array", "Array"]:
    """The patch flipped, scaled and turned: pixels float32 [h, w, 3], the defect and what has pixels (bool [h, w])."""
    import numpy as np
    from PIL import Image, ImageOps

    around = round(edge / scale) + 2
    left, top = max(0, bounds[0] - around), max(0, bounds[1] - around)
    box = (left, top, min(donor.width, bounds[2] + around), min(donor.height, bounds[3] + around))
    parts = [donor.convert("RGB").crop(box), mask.crop(box), Image.new("L", (box[2] - box[0], box[3] - box[1]), 255)]
    size = (max(3, round(parts[0].width * scale)), max(3, round(parts[0].height * scale)))
    even = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    ways = (Image.Resampling.LANCZOS, even, even)
    parts = [p.resize(size, way) for p, way in zip(parts, ways, strict=True)]
    if flip:
        parts = [ImageOps.mirror(p) for p in parts]
    pixels = parts[0].rotate(angle, Image.Resampling.BICUBIC, expand=True)
    core, there = (p.rotate(angle, Image.Resampling.BILINEAR, expand=True) for p in parts[1:])
    whole = np.asarray(there) == 255
    return np.asarray(pixels, np.float32), (np.asarray(core) >= 255 * _COVERED) & whole, whole


def _place(core: "Array", frame: tuple[int, int], inside: "Picture | None", x: float) -> tuple[int, int] | None:
    """Where the patch's corner (row, column) may go so that the defect lies in the frame, and where `inside` is white.

    `x` (0 to 1) chooses among all such places; None: there is none.
    """
    import numpy as np

    width, height = frame
    rows, columns = np.nonzero(core)
    if not len(rows):
        return None
    top, left = int(rows.min()), int(columns.min())
    tight = core[top : rows.max() + 1, left : columns.max() + 1]
    high, wide = height - tight.shape[0] + 1, width - tight.shape[1] + 1
    if high < 1 or wide < 1:
        return None
    outside = np.zeros((height, width), np.float32) if inside is None else (~as_bool(inside)).astype(np.float32)
    shape = (height, width)
    overlap = np.fft.irfft2(np.fft.rfft2(outside) * np.conj(np.fft.rfft2(tight.astype(np.float32), s=shape)), s=shape)
    free = np.nonzero((overlap[:high, :wide] < 0.5).ravel())[0]  # pixels of the defect that would lie outside: none
    if not len(free):
        return None
    row, column = divmod(int(free[int(x * len(free))]), wide)
    return row - top, column - left


def _lay(whole: "Array", part: "Array", at: tuple[int, int]) -> None:
    """Write an array into another at (row, column); what stands over is left out."""
    top, left = max(0, at[0]), max(0, at[1])
    bottom, right = min(len(whole), at[0] + len(part)), min(whole.shape[1], at[1] + part.shape[1])
    whole[top:bottom, left:right] = part[top - at[0] : bottom - at[0], left - at[1] : right - at[1]]


def _fading(core: "Array", there: "Array", edge: int) -> "Array":
    """1 on the defect, falling to 0 over `edge` pixels around it; 0 where the patch has no pixels: float32."""
    import numpy as np

    soft, ring = core.astype(np.float32), core
    for step in range(1, edge + 1):
        wider = grown(ring, 1) & there
        soft[wider & ~ring] = 1 - step / (edge + 1)
        ring = wider
    return soft
