"""Fills holes smoothly from what lies around them, and sets a patch into a picture without a seam."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

_PASSES = 12
"""Rounds of smoothing a level: enough that no blocks of the coarser level are seen."""


def membrane(values: "Array", known: "Array") -> "Array":
    """Values with their unknown pixels filled by a smooth surface through the known ones: float32 [h, w, c].

    Known pixels keep their values to the bit. Coarse to fine: what is unknown comes from a picture of half the size and
    is then smoothed (the membrane of Perez, Gangnet, Blake: Poisson Image Editing, 2003, solved by a pyramid).

    Args:
        values: [h, w, c]; of unknown pixels they do not matter.
        known: bool [h, w]; where no pixel is known, zeros come back.
    """
    import numpy as np

    values = np.where(known[..., None], values, 0).astype(np.float32)
    if known.all() or not known.any():
        return values
    high, wide = known.shape
    if min(high, wide) == 1 and max(high, wide) == 1:
        return values
    even = ((0, high % 2), (0, wide % 2))
    weight = np.pad(known, even).astype(np.float32)
    whole = np.pad(values, (*even, (0, 0)))
    sums = whole.reshape(len(whole) // 2, 2, whole.shape[1] // 2, 2, -1).sum((1, 3))
    counts = weight.reshape(len(weight) // 2, 2, weight.shape[1] // 2, 2).sum((1, 3))
    coarse = membrane(sums / np.maximum(counts, 1)[..., None], counts > 0)
    guess = coarse.repeat(2, 0).repeat(2, 1)[:high, :wide]
    filled = np.where(known[..., None], values, guess)
    rows, columns = _bounds(~known)
    part, fixed = filled[rows, columns], known[rows, columns][..., None]
    for _ in range(_PASSES):
        edged = np.pad(part, ((1, 1), (1, 1), (0, 0)), mode="edge")
        mean = (edged[:-2, 1:-1] + edged[2:, 1:-1] + edged[1:-1, :-2] + edged[1:-1, 2:]) / 4
        part = np.where(fixed, part, mean)
    filled[rows, columns] = part
    return filled


def set_in(scene: "Array", patch: "Array", there: "Array", core: "Array", soft: "Array") -> "Array":
    """A scene with a patch set into it: float32 [h, w, c], like the scene.

    The patch keeps its own contrasts and takes on the scene's level: the difference of the two is known around `core`
    and spanned over it by a membrane.

    Args:
        scene, patch: float [h, w, c], the patch moved to its place.
        there: bool [h, w], where the patch has pixels.
        core: bool [h, w], what has to come over whole; inside `there`.
        soft: float [h, w], how much of the patch is seen: 1 on the core, 0 outside `there`.
    """
    import numpy as np

    rows, columns = _bounds(there)
    here = (rows, columns)
    rim = there[here] & ~core[here]
    level = membrane(scene[here] - patch[here], rim)
    out = np.array(scene, np.float32)
    share = soft[here][..., None]
    out[here] = out[here] * (1 - share) + (patch[here] + level) * share
    return out


def _bounds(mask: "Array") -> tuple[slice, slice]:
    """Rows and columns of a mask's bounds, with a pixel around them."""
    import numpy as np

    rows, columns = (np.nonzero(mask.any(axis))[0] for axis in (1, 0))
    return slice(max(0, rows[0] - 1), rows[-1] + 2), slice(max(0, columns[0] - 1), columns[-1] + 2)
