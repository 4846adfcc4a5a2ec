"""Fills a hole in a picture with texture from around it, without a model."""

from typing import TYPE_CHECKING, Any

from mintage.pictures.scenery.membrane import membrane

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]
    Generator = numpy.random.Generator

SIDE = 288
"""Pixels. In a larger neighbourhood patches are looked for in a smaller copy; the pixels come from the real one."""

REACH = 2
"""A patch is 2·REACH + 1 pixels wide."""


def fill(pixels: "Array", hole: "Array", rng: "Generator") -> "Array":
    """The picture with the hole filled by patches that fit each other and the rim: float32 [h, w, 3].

    Coarse to fine; patches are found as in PatchMatch (Barnes et al., 2009) and vote on each pixel as in Wexler et al.,
    Space-Time Completion of Video, 2007; where they miss the rim's colour, the difference is spread over the hole.

    Args:
        pixels: float32 [h, w, 3], 0 to 1; outside the hole they stay as they are.
        hole: bool [h, w].

    Raises:
        ValueError: nothing but hole.
    """
    import numpy as np

    if not hole.any():
        return pixels
    if hole.all():
        raise ValueError("the mask covers the whole picture: nothing is left to fill it from")
    part = _neighbourhood(hole)
    near, gap = pixels[part], hole[part]
    factor = max(1, -(-max(gap.shape) // SIDE))
    small, small_gap = _reduced(near, gap, factor)
    sources, estimate = _synthesised(small, small_gap, rng)
    found = estimate if factor == 1 else _taken(near, gap, sources, factor)
    level = _level(small, small_gap, sources).repeat(factor, 0).repeat(factor, 1)[: gap.shape[0], : gap.shape[1]]
    found = np.clip(found + level, 0, 1)
    out = pixels.copy()
    out[part] = np.where(gap[..., None], found, near)
    return out


def _neighbourhood(hole: "Array") -> tuple[slice, slice]:
    """The bounds of the hole and as much again around them."""
    import numpy as np

    slices = []
    for axis in (1, 0):
        there = np.flatnonzero(hole.any(axis=axis))
        more = max(24, int(0.8 * (there[-1] - there[0] + 1)))
        slices.append(slice(max(0, int(there[0]) - more), int(there[-1]) + 1 + more))
    return slices[0], slices[1]


def _reduced(pixels: "Array", hole: "Array", factor: int) -> tuple["Array", "Array"]:
    """A smaller copy by means of what is known; a pixel with any hole in it is hole."""
    import numpy as np

    if factor == 1:
        return pixels, hole
    h, w = hole.shape
    edge = ((0, -h % factor), (0, -w % factor))
    known = np.pad(~hole, edge, mode="edge").astype(np.float32)
    wide = np.pad(pixels, (*edge, (0, 0)), mode="edge") * known[..., None]
    shape = known.shape[0] // factor, factor, known.shape[1] // factor, factor
    share = known.reshape(shape).sum(axis=(1, 3))
    mean = wide.reshape(*shape, 3).sum(axis=(1, 3)) / np.maximum(share, 1)[..., None]
    return mean.astype(np.float32), share < factor**2


def _synthesised(pixels: "Array", hole: "Array", rng: "Generator") -> tuple["Array", "Array"]:
    """For each pixel the place [h, w, 2] it was taken from (itself outside the hole), and the filled picture."""
    import numpy as np

    levels = [(pixels, hole)]
    while min(levels[-1][1].shape) > 32 and levels[-1][1].sum() > 16:
        smaller = _reduced(*levels[-1], 2)
        if smaller[1].mean() > 0.85:
            break
        levels.append(smaller)
    sources: Array | None = None
    estimate = membrane(levels[-1][0], ~levels[-1][1])
    for image, gap in reversed(levels):
        h, w = gap.shape
        here = _grid(h, w)
        if sources is not None:
            offset = (sources - _grid(*sources.shape[:2])) * 2
            sources = here + offset.repeat(2, 0).repeat(2, 1)[:h, :w]
            estimate = np.where(gap[..., None], estimate.repeat(2, 0).repeat(2, 1)[:h, :w], image)
        rounds = 6 if sources is None else 3
        sources, estimate = _fitted(image, gap, estimate, sources, rounds, rng)
    assert sources is not None
    return sources, estimate


def _fitted(
    image: "Array", hole: "Array", estimate: "Array", sources: "Array | None", rounds: int, rng: "Generator"
) -> tuple["Array", "Array"]:
    """Turns of looking for the best patches and letting them vote."""
    import numpy as np

    h, w = hole.shape
    targets = np.argwhere(_grown(hole))
    usable = ~_grown(hole)
    if not usable.any():
        usable = ~hole
    places = np.argwhere(usable)
    at = places[rng.integers(len(places), size=len(targets))]
    if sources is not None:
        kept = np.clip(sources[targets[:, 0], targets[:, 1]], 0, (h - 1, w - 1))
        at = np.where(usable[kept[:, 0], kept[:, 1]][:, None], kept, at)
    number = np.full((h, w), -1)
    number[targets[:, 0], targets[:, 1]] = np.arange(len(targets))
    known = _patches(image)
    for _ in range(rounds):
        wanted = _patches(estimate)[targets[:, 0], targets[:, 1]]
        at = _search(wanted, known, targets, at, usable, number, rng)
        estimate = _vote(image, hole, estimate, targets, at)
    whole = _grid(h, w)
    whole[targets[:, 0], targets[:, 1]] = at
    return whole, estimate


def _search(
    wanted: "Array", known: "Array", targets: "Array", at: "Array", usable: "Array", number: "Array", rng: "Generator"
) -> "Array":
    """Better patches for all targets: those beside the neighbours' ones, and random ones ever nearer."""
    import numpy as np

    h, w = usable.shape
    cost = _cost(wanted, known, at)

    def tried(candidates: "Array", at: "Array", cost: "Array") -> tuple["Array", "Array"]:
        inside = np.clip(candidates, 0, (h - 1, w - 1))
        fits = np.flatnonzero(usable[inside[:, 0], inside[:, 1]])
        new = _cost(wanted[fits], known, inside[fits])
        better = new < cost[fits]
        at, cost = at.copy(), cost.copy()
        at[fits[better]], cost[fits[better]] = inside[fits[better]], new[better]
        return at, cost

    for step in (1, 4):
        for dy, dx in ((0, step), (0, -step), (step, 0), (-step, 0)):
            beside = np.clip(targets + np.array((dy, dx)), 0, (h - 1, w - 1))
            of = number[beside[:, 0], beside[:, 1]]
            at, cost = tried(np.where((of >= 0)[:, None], at[of] - np.array((dy, dx)), at), at, cost)
    radius = max(h, w)
    while radius >= 1:
        at, cost = tried(at + rng.integers(-radius, radius + 1, at.shape), at, cost)
        radius //= 3
    return at


def _grid(height: int, width: int) -> "Array":
    """Each pixel's own row and column: [h, w, 2]."""
    import numpy as np

    return np.moveaxis(np.mgrid[0:height, 0:width], 0, -1)


def _patches(image: "Array") -> "Array":
    """The patch about each pixel: [h, w, side · side · 3]."""
    import numpy as np

    side = 2 * REACH + 1
    wide = np.pad(image, ((REACH, REACH), (REACH, REACH), (0, 0)), mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(wide, (side, side), axis=(0, 1))
    return np.ascontiguousarray(views.reshape(*image.shape[:2], -1), dtype=np.float32)


def _cost(wanted: "Array", known: "Array", at: "Array") -> "Array":
    import numpy as np

    difference = known[at[:, 0], at[:, 1]] - wanted
    found: Array = np.einsum("ij,ij->i", difference, difference)
    return found


def _vote(image: "Array", hole: "Array", estimate: "Array", targets: "Array", at: "Array") -> "Array":
    """Each hole pixel: the mean of what the patches that reach over it say, those in the middle most."""
    import numpy as np

    h, w = hole.shape
    total, weight = np.zeros((h, w, 3), np.float32), np.zeros((h, w), np.float32)
    for dy in range(-REACH, REACH + 1):
        for dx in range(-REACH, REACH + 1):
            step, size = np.array((dy, dx)), (h, w)
            to, source = targets + step, at + step
            inside = ((to >= 0) & (to < size) & (source >= 0) & (source < size)).all(axis=1)
            to, source = to[inside], source[inside]
            share = np.float32(3.0 ** -(dy * dy + dx * dx)) + np.float32(0.002)
            clean = share * (~hole[source[:, 0], source[:, 1]]).astype(np.float32)
            total[to[:, 0], to[:, 1]] += clean[:, None] * image[source[:, 0], source[:, 1]]
            weight[to[:, 0], to[:, 1]] += clean
    voted = hole & (weight > 0)
    return np.where(voted[..., None], total / np.maximum(weight, 1e-9)[..., None], estimate)


def _level(image: "Array", hole: "Array", sources: "Array") -> "Array":
    """How much lighter or darker the rim is than what was taken for it, spread over the hole: [h, w, 3]."""
    import numpy as np

    rim = _grown(hole) & ~hole
    taken = image[sources[..., 0], sources[..., 1]]
    return membrane(np.clip(image - taken, -0.08, 0.08), rim)


def _taken(pixels: "Array", hole: "Array", sources: "Array", factor: int) -> "Array":
    """Full pixels from the places that were found in a smaller copy."""
    import numpy as np

    h, w = hole.shape
    y, x = np.mgrid[0:h, 0:w]
    offset = (sources - _grid(*sources.shape[:2])) * factor
    from_y = np.clip(y + offset[y // factor, x // factor, 0], 0, h - 1)
    from_x = np.clip(x + offset[y // factor, x // factor, 1], 0, w - 1)
    copied = ~hole | ~hole[from_y, from_x]
    taken = np.where(copied[..., None], pixels[from_y, from_x], 0)
    return membrane(taken, copied)


def _grown(mask: "Array") -> "Array":
    """The mask and REACH pixels around it, corners too."""
    import numpy as np

    out = mask.copy()
    for _ in range(REACH):
        wide = np.pad(out, 1)
        out = wide[:-2] | wide[1:-1] | wide[2:]
        out = out[:, :-2] | out[:, 1:-1] | out[:, 2:]
    return out
