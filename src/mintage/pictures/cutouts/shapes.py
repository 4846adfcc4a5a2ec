"""Shapes in a mask: pieces, holes, edges; numpy alone. Masks are 2-D arrays of bool."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

    Mask = numpy.ndarray[Any, numpy.dtype[numpy.bool_]]
    Array = numpy.ndarray[Any, Any]


def pieces(mask: "Mask") -> tuple["Array", "Array"]:
    """Connected pieces (4 neighbours): their numbers by pixel (0: outside, 1, 2, …), and pixels by number.

    Runs of each row are joined with the runs that they touch in the row above, until no number changes.
    """
    import numpy

    edges = numpy.diff(numpy.pad(mask, ((0, 0), (1, 1))).astype(numpy.int8), axis=1)
    rows, starts = numpy.nonzero(edges == 1)
    ends = numpy.nonzero(edges == -1)[1]
    if not len(rows):
        return numpy.zeros(mask.shape, numpy.int32), numpy.zeros(1, int)
    run_of = numpy.full(mask.shape, -1, numpy.int32)
    run_of[mask] = numpy.repeat(numpy.arange(len(rows), dtype=numpy.int32), ends - starts)
    both = mask[1:] & mask[:-1]
    pairs = numpy.unique(numpy.stack([run_of[:-1][both], run_of[1:][both]]), axis=1)
    root = numpy.arange(len(rows))
    while True:
        low = numpy.minimum(root[pairs[0]], root[pairs[1]])
        new = root.copy()
        for side in pairs:
            numpy.minimum.at(new, root[side], low)
        while not numpy.array_equal(new, new[new]):
            new = new[new]
        new = new[root]
        if numpy.array_equal(new, root):
            break
        root = new
    _, number = numpy.unique(root, return_inverse=True)
    found = numpy.zeros(mask.shape, numpy.int32)
    found[mask] = number[run_of[mask]] + 1
    return found, numpy.bincount(found.ravel())


def reached(mask: "Mask", seeds: "Mask") -> "Mask":
    """The pieces of a mask that hold at least one seed."""
    import numpy

    found, _ = pieces(mask)
    wanted = numpy.unique(found[seeds & mask])
    return numpy.isin(found, wanted[wanted > 0])


def rim(shape: tuple[int, ...]) -> "Mask":
    """The outermost pixels of an array."""
    import numpy

    ring = numpy.ones(shape, bool)
    ring[1:-1, 1:-1] = False
    return ring


def filled(mask: "Mask", largest: float = 1.0) -> "Mask":
    """Without holes of at most `largest` of the mask's own area."""
    import numpy

    found, sizes = pieces(~mask)
    open_ = numpy.unique(found[rim(mask.shape)])
    small = sizes <= largest * mask.sum()
    small[open_] = False
    small[0] = False
    return numpy.asarray(mask | small[found], bool)


def main_pieces(mask: "Mask", smallest: float) -> "Mask":
    """The largest piece, and those of at least `smallest` of its area."""
    import numpy

    found, sizes = pieces(mask)
    sizes = sizes.copy()
    sizes[0] = 0
    return numpy.asarray((sizes >= max(1.0, smallest * sizes.max()))[found] & mask, bool)


def grown(mask: "Mask", steps: int) -> "Mask":
    """Dilated by a disc-like shape: plus and square in turns."""
    import numpy

    for step in range(steps):
        padded = numpy.pad(mask, 1)
        out = padded[1:-1, 1:-1] | padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
        if step % 2:
            out = out | padded[:-2, :-2] | padded[2:, 2:] | padded[:-2, 2:] | padded[2:, :-2]
        mask = out
    return mask


def shrunk(mask: "Mask", steps: int, *, at_edges: bool = False) -> "Mask":
    """Eroded by the same shape; pixels outside the picture count as inside unless `at_edges`."""
    import numpy

    if at_edges:
        padded = numpy.pad(mask, steps)
        return ~grown(~padded, steps)[steps:-steps, steps:-steps] if steps else mask
    return ~grown(~mask, steps)


def smoothed(mask: "Mask") -> "Mask":
    """What most of the 5×5 pixels around are; pixels outside the picture are as its edge."""
    import numpy

    height, width = mask.shape
    padded = numpy.pad(mask, 2, mode="edge").astype(numpy.uint8)
    rows = numpy.stack([padded[i : i + height] for i in range(5)]).sum(axis=0)
    return numpy.asarray(numpy.stack([rows[:, i : i + width] for i in range(5)]).sum(axis=0) > 12, bool)


def outline(mask: "Mask") -> "Mask":
    """The pixels of a mask that have a neighbour outside it; the picture's edge is no neighbour."""
    return mask & ~shrunk(mask, 1)
