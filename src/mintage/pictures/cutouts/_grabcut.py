"""The object by GrabCut (Rother et al., SIGGRAPH 2004), from two beginnings that have to agree."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mintage.core.errors import MintageError

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

ROUNDS = 4
"""Of GrabCut; more change little."""


def is_installed() -> bool:
    return find_spec("cv2") is not None


def opencv() -> Any:
    """The module.

    Raises:
        MintageError: it is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise MintageError(
            "GrabCut needs OpenCV, which is not installed",
            where="references.masks",
            expected="OpenCV, or masks: auto, which goes on without it",
            type_this='pip install "mintage[vision]"',
        ) from error
    return cv2


def cut(
    pixels: "Array", lab: "Array", box: tuple[int, int, int, int] | None = None, guess: "Array | None" = None
) -> tuple["Array", float]:
    """The object (bool), and how far two beginnings agree (intersection over union, 0 to 1).

    The beginnings: a disc in the middle of the picture (or the box), nearly all of it, what has another colour than
    the border, and the guess. Of the two that agree best, that which is more like the others is taken.

    Args:
        pixels: height × width × 3, uint8, RGB.
        lab: the same in Lab.
        box: left, top, right, bottom in pixels; nothing outside is the object.
        guess: what may be the object (bool).
    """
    import numpy

    height, width = pixels.shape[:2]
    edge = max(2, round(0.02 * min(height, width)))
    left, top, right, bottom = box or (edge, edge, width - edge, height - edge)
    inside = numpy.zeros((height, width), bool)
    inside[top:bottom, left:right] = True
    if inside.all() or right - left < 4 or bottom - top < 4:
        return inside & False, 0.0
    x = (numpy.arange(width)[None] - (left + right - 1) / 2) / (right - left) * 2
    y = (numpy.arange(height)[:, None] - (top + bottom - 1) / 2) / (bottom - top) * 2
    begun = [(x**2 + y**2 < 0.6) & inside, (numpy.maximum(abs(x), abs(y)) < 0.85) & inside, _other_colours(lab, inside)]
    begun += [] if guess is None else [guess & inside]
    results = [refine(pixels, inside, b) for b in begun if b.any()]
    agreement = numpy.array([[_alike(a, b) for b in results] for a in results])
    numpy.fill_diagonal(agreement, -1)
    best = divmod(int(agreement.argmax()), len(results))
    numpy.fill_diagonal(agreement, 0)
    chosen = max(best, key=lambda i: float(agreement[i].sum()))
    return results[chosen], float(agreement[best])


def _alike(one: "Array", two: "Array") -> float:
    """Intersection over union; 0 where both are empty."""
    return float((one & two).sum() / max(1, (one | two).sum()))


def refine(pixels: "Array", inside: "Array", begun: "Array") -> "Array":
    """GrabCut that begins with `begun`; nothing outside `inside` is the object."""
    import numpy

    cv2 = opencv()
    cv2.setRNGSeed(0)  # its k-means starts at random
    labels = numpy.where(inside, numpy.where(begun, cv2.GC_PR_FGD, cv2.GC_PR_BGD), cv2.GC_BGD).astype(numpy.uint8)
    models = numpy.zeros((1, 65)), numpy.zeros((1, 65))
    try:
        cv2.grabCut(numpy.ascontiguousarray(pixels[..., ::-1]), labels, None, *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # of one colour alone there is nothing to be parted
        return inside & False
    return numpy.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))


def _other_colours(lab: "Array", inside: "Array") -> "Array":
    """Pixels whose colour is far from those of the border: the distance to the nearest of its 6 commonest colours,
    parted in two by Otsu's threshold."""
    import numpy

    height, width = inside.shape
    deep = max(3, round(0.06 * min(height, width)))
    ring = ~inside
    ring[:deep] = ring[-deep:] = ring[:, :deep] = ring[:, -deep:] = True
    colours = lab[ring]
    centres = _k_means(colours, 6)
    far = numpy.min(numpy.linalg.norm(lab[..., None, :] - centres, axis=-1), axis=-1)
    return numpy.asarray((far > _otsu(far[inside])) & inside)


def _k_means(points: "Array", k: int) -> "Array":
    """Lloyd's algorithm from evenly spaced quantiles of the first axis: the same points give the same centres."""
    import numpy

    order = points[numpy.argsort(points[:, 0], kind="stable")]
    centres = order[numpy.linspace(0, len(order) - 1, k).astype(int)]
    for _ in range(8):
        nearest = numpy.argmin(((points[:, None] - centres) ** 2).sum(-1), axis=1)
        centres = numpy.stack([points[nearest == i].mean(0) if (nearest == i).any() else centres[i] for i in range(k)])
    return numpy.asarray(centres)


def _otsu(values: "Array") -> float:
    """The threshold that parts values in two groups with the largest variance between them (Otsu, 1979)."""
    import numpy

    counts, edges = numpy.histogram(values, 128)
    weight, mean = numpy.cumsum(counts), numpy.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    rest = weight[-1] - weight
    with numpy.errstate(all="ignore"):
        between = weight * rest * (mean / weight - (mean[-1] - mean) / rest) ** 2
    return float(edges[numpy.nanargmax(numpy.where(numpy.isfinite(between), between, 0)) + 1])
