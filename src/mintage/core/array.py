"""The array: one endless sequence of attribute rows over the spec's axes, the same for all classes."""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, count
from math import gcd, prod

from mintage.core.cover import Cover
from mintage.core.recipe import digest
from mintage.core.weighted import Combinations, Shares, Walk, whole

SALTS, FEW_PAIRS, MOST_PAIRS = 20, 600, 2_000
"""Salts of a covering array tried for up to so many pairs; one salt up to the last; beyond, it takes too long."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Pairs of levels of two axes (with one axis, its levels) that the first n rows contain, of all there are.

    `complete_at` is the smallest n that contains them all; None if that is beyond 20,000 rows and beyond n.
    """

    pairs: int
    all_pairs: int
    complete_at: int | None


def _row(number: int, sizes: Sequence[int]) -> list[int]:
    """The levels of a row from its number (mixed radix, first axis fastest)."""
    levels = []
    for size in sizes:
        number, level = divmod(number, size)
        levels.append(level)
    return levels


def _number(row: Sequence[int], sizes: Sequence[int]) -> int:
    number = 0
    for level, size in zip(reversed(row), reversed(sizes), strict=True):
        number = number * size + level
    return number


def _best_step(sizes: Sequence[int], salt: int, tries: int = 24) -> int:
    """A step prime to the number of rows that spreads pairs evenly: a rank-1 lattice, of some the best by chi²."""
    space = prod(sizes)
    window = min(space, 2 * prod(sorted(sizes)[-2:]), 1000)
    best, least = 1, None
    for n in range(tries if len(sizes) > 1 else 0):
        step = next(s for s in count(int(digest(["step", salt, n], 64), 16) % space) if gcd(s, space) == 1)
        rows = [_row(step * i % space, sizes) for i in range(window)]
        uneven = sum(
            sizes[a] * sizes[b] * sum(c * c for c in Counter((row[a], row[b]) for row in rows).values())
            for a, b in combinations(range(len(sizes)), 2)
        )
        if least is None or uneven < least:
            best, least = step, uneven
    return best


class Array:
    """The sequence, by priority: (1) at every n each level of a weighted axis has its share, |count - n * share| < 1;
    (2) no row is used again while a row that (1) allows was used less often; (3) new pairs come as early as both allow.

    While pairs are missing, rows are those of a covering array or, with weights, chosen greedily; then each combination
    of weighted levels walks a lattice of its own through all rows of the other axes, which brings every pair again and
    again, evenly. No row depends on how many are asked for. Rows are kept (a byte a level): the next class reads them
    again.

    Args:
        levels: axis → level → weight, as in `DatasetSpec.levels`: at least one level; all 0 is an axis without weights,
            a level of weight 0 beside others is never drawn.
        salt: another sequence of the same kind for each.
    """

    def __init__(self, levels: Mapping[str, Mapping[str, float]], salt: int = 0) -> None:
        self._names = {axis: tuple(names) for axis, names in levels.items()}
        weights = [whole(list(names.values())) for names in levels.values()]
        if len(weights) == 1:
            weights.append([0])  # an axis of one level: the pairs are the levels
        self._weights = {a: axis for a, axis in enumerate(weights) if any(axis)}
        self._free = {a: len(axis) for a, axis in enumerate(weights) if a not in self._weights}
        self._masks = [
            sum(1 << i for i, weight in enumerate(axis) if weight or a in self._free) for a, axis in enumerate(weights)
        ]
        self._salt = salt
        self._made = array("B" if max(map(len, weights), default=0) <= 256 else "I")
        self._news: list[int] = []  # the rows with new pairs, counted from 1
        self._covered = [0]  # pairs covered by none, one, two … of these
        self._rest = self._make()

    def rows(self, n: int) -> Iterator[tuple[int, ...]]:
        """The first n rows: for each axis the number of its level, from 0."""
        width = len(self._names)
        for start in range(0, n * width, width) if width else ():
            if start == len(self._made):
                self._made.extend(next(self._rest)[:width])
            yield tuple(self._made[start : start + width])
        if not width:
            yield from ((),) * n

    def attributes(self, n: int) -> Iterator[dict[str, str]]:
        """The first n rows: axis → level, in the order of the file."""
        for row in self.rows(n):
            yield {axis: names[level] for (axis, names), level in zip(self._names.items(), row, strict=True)}

    def coverage(self, n: int) -> Coverage:
        """What the first n rows cover; looks at most 20,000 rows (or n, if more) ahead."""
        all_pairs = sum(x.bit_count() * y.bit_count() for x, y in combinations(self._masks, 2))
        for _ in self.rows(max(n, 20_000)):
            if self._covered[-1] == all_pairs:
                break
        last = self._news[-1] if self._news else 0
        complete_at = last if self._covered[-1] == all_pairs else None
        return Coverage(self._covered[bisect_right(self._news, n)], all_pairs, complete_at)

    def _make(self) -> Iterator[tuple[int, ...]]:
        sizes = list(self._free.values())
        space, step = prod(sizes), _best_step(sizes, self._salt)
        walks = Combinations(
            list(self._weights.values()),
            lambda levels: Walk(space, step, int(digest(["start", self._salt, levels], 64), 16)),
        )
        cover, shares = Cover(self._masks, self._salt), [Shares(axis) for axis in self._weights.values()]
        covering = self._covering()
        order = [*self._weights, *self._free]
        for n in count(1):
            allowed = [axis.allowed() for axis in shares]
            row = None
            if cover.left:
                row = next(covering) if covering else cover.next(self._allow(allowed))
            if row is not None:
                cover.take(row)
                self._news.append(n)
                self._covered.append(cover.all_pairs - cover.left)
                walks.take(tuple(row[a] for a in self._weights), _number([row[a] for a in self._free], sizes))
            else:
                levels, number = walks.next(allowed)
                row = tuple(level for _, level in sorted(zip(order, (*levels, *_row(number, sizes)), strict=True)))
            for a, axis in zip(self._weights, shares, strict=True):
                axis.take(row[a])
            yield row

    def _allow(self, levels: Sequence[Sequence[int]]) -> list[int]:
        """The masks of all axes, with only these levels of the weighted ones."""
        allowed = {a: sum([1 << i for i in some]) for a, some in zip(self._weights, levels, strict=True)}
        return [allowed.get(a, mask) for a, mask in enumerate(self._masks)]

    def _covering(self) -> Iterator[tuple[int, ...]] | None:
        """Without weights, where it takes about a second at most: covertable's array, of some salts the shortest."""
        pairs = sum(x.bit_count() * y.bit_count() for x, y in combinations(self._masks, 2))
        if self._weights or not 0 < pairs <= MOST_PAIRS:
            return None
        import covertable

        factors = [list(range(mask.bit_length())) for mask in self._masks]
        salts = range(SALTS if pairs <= FEW_PAIRS else 1)
        arrays = (covertable.make(factors, strength=2, salt=f"{self._salt} {n}") for n in salts)
        return iter([tuple(row) for row in min(arrays, key=len)])
