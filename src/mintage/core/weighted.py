"""Weighted axes: which levels may come next so that every share holds, and which combination of them is due."""

from collections import deque
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import fsum, inf, lcm, prod

HORIZON = 4096
"""How many rows ahead deadlines are looked at."""

FITTED, ROUNDS = 10**9, 1_000
"""The sum, nearly, of fitted weights; how often they are fitted at most."""


def whole(weights: Sequence[float]) -> list[int]:
    """Weights as whole numbers in the same proportion, exact for what the user typed (`0.1` is one tenth)."""
    exact = [Fraction(str(weight)) for weight in weights]
    scale = lcm(*(weight.denominator for weight in exact))
    return [int(weight * scale) for weight in exact]


def fitted(combinations: Sequence[tuple[int, ...]], weights: Sequence[Sequence[int]]) -> list[int]:
    """Weights for some of the combinations of weighted axes, so that each level of an axis has its own share again.

    Iterative proportional fitting (Deming and Stephan, 1940): of all such weights, those nearest to independent axes.
    Where none are exact, because these combinations leave no room for the shares, the last axis has its shares.
    """
    found = [float(prod(axis[level] for axis, level in zip(weights, c, strict=True))) for c in combinations]
    sums: list[tuple[list[int], float]] = []  # the combinations with a level, and its share
    for a, axis in enumerate(weights):
        levels = sorted({c[a] for c in combinations})
        whole_axis = sum(axis[level] for level in levels)
        sums += [([i for i, c in enumerate(combinations) if c[a] == v], axis[v] / whole_axis) for v in levels]
    for _ in range(ROUNDS):
        off = 0.0
        for mine, share in sums:
            scale = share / fsum([found[i] for i in mine])
            off = max(off, abs(scale - 1))
            for i in mine:
                found[i] *= scale
        if off < 1e-9:
            break
    return [max(1, round(share * FITTED)) for share in found]


class Shares:
    """The levels that may come next, so that |count - n * share| < 1 holds for each level at every n, now and later.

    Pfair scheduling (Baruah and others, 1996): a level of share w/W gets its r-th row in the window
    floor((r - 1)W/w) + 1 … ceil(rW/w), the deadline. All deadlines can be met exactly while at every later d the rows
    taken or due by then fit, Σ max(count, floor(d w/W)) <= d (Hall's theorem; windows are intervals). Taking a level
    adds one to that sum at each d before its deadline. So it may come if its deadline is no later than the first d that
    is full; the earliest deadline always may.

    A level rarer than 1 in 4,096 waits until it is that close to its deadline. All is exact, in whole numbers.
    """

    def __init__(self, weights: Sequence[int]) -> None:
        self._weights = {level: weight for level, weight in enumerate(weights) if weight}
        self._sum = sum(weights)
        self._counts = dict.fromkeys(self._weights, 0)
        self._release = dict.fromkeys(self._weights, 1)
        self._deadline = {level: -(-self._sum // weight) for level, weight in self._weights.items()}
        self._next = 1
        self._slack: deque[int] = deque()  # [i]: how many more rows fit by d = _next + i
        self._open = 1  # no d before this one is full

    def allowed(self) -> list[int]:
        """The levels that may come next, in the order of the file; never empty."""
        n, deadline = self._next, self._deadline
        released = [level for level, first in self._release.items() if first <= n]
        if len(released) == 1:
            return released
        last = min(max([deadline[level] for level in released]), n + HORIZON)
        for d in range(n + len(self._slack), last):
            due = [d * weight // self._sum for weight in self._weights.values()]
            self._slack.append(d - sum(map(max, self._counts.values(), due)))
        try:
            full = n + self._slack.index(0, max(self._open - n, 0), last - n)
        except ValueError:
            full = last
        self._open = full
        return [level for level in released if deadline[level] <= full] or [min(released, key=deadline.__getitem__)]

    def take(self, level: int) -> None:
        """One row has this level, which must be one of those allowed."""
        self._next += 1
        if self._slack:
            self._slack.popleft()
        for i in range(min(len(self._slack), self._deadline[level] - self._next)):
            self._slack[i] -= 1
            if not self._slack[i]:
                self._open = min(self._open, self._next + i)
        self._counts[level] += 1
        self._release[level] = self._counts[level] * self._sum // self._weights[level] + 1
        self._deadline[level] = -(-(self._counts[level] + 1) * self._sum // self._weights[level])


class Walk:
    """Over all rows of one combination, each once a lap: `size` rows numbered from 0, `step` prime to `size`."""

    __slots__ = ("_at", "_size", "_step", "_taken", "_used")

    def __init__(self, size: int, step: int, start: int) -> None:
        self._size, self._step, self._at = size, step, start % size
        self._taken: set[int] | None = None
        self._used = 0

    def take(self, row: int) -> int:
        """Use a row that was not used before, out of turn: the first lap leaves it out. Gives the laps completed."""
        self._taken = self._taken or set()
        self._taken.add(row)
        return self._count()

    def next(self) -> tuple[int, int]:
        """The next row, and the laps completed with it: each row was used so often, or once more."""
        row = self._at
        if self._taken:
            if self._used >= self._size:
                self._taken = None
            while self._taken and row in self._taken:
                row = (row + self._step) % self._size
        self._at = (row + self._step) % self._size
        return row, self._count()

    def _count(self) -> int:
        self._used += 1
        return self._used // self._size


class _Node:
    """Of the combinations that begin with the same levels: rows used, and the fewest laps that any completed."""

    __slots__ = ("laps", "under", "used")

    def __init__(self) -> None:
        self.used = 0
        self.laps = 0
        self.under: dict[int, _Node] = {}


_NEW = _Node()


class Combinations:
    """The combinations of weighted levels, each with its own walk over the rows of the axes without weights.

    A tree with one axis a floor. The next row is of an allowed combination with the fewest laps; among equals, floor by
    floor, of the level that lags most behind its share under the levels above it, so that axes stay independent.
    """

    def __init__(self, weights: Sequence[Sequence[int]], new_walk: Callable[[tuple[int, ...]], Walk]) -> None:
        self._weights = weights
        self._sums = [sum(axis) for axis in weights]
        self._widths = [sum(map(bool, axis)) for axis in weights]
        self._new_walk = new_walk
        self._walks: dict[tuple[int, ...], Walk] = {}
        self._root = _Node()

    def take(self, levels: tuple[int, ...], row: int) -> None:
        """Use a row of a combination that was not used before, out of turn."""
        self._count(levels, self._walk(levels).take(row))

    def next(self, allowed: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], int]:
        """The next row where axis i may have the levels `allowed[i]`: its combination, its number in the walk."""
        levels = self._fewest_laps(self._root, (), allowed, inf)[1]
        row, laps = self._walk(levels).next()
        self._count(levels, laps)
        return levels, row

    def _walk(self, levels: tuple[int, ...]) -> Walk:
        if levels not in self._walks:
            self._walks[levels] = self._new_walk(levels)
        return self._walks[levels]

    def _fewest_laps(
        self, node: _Node, above: tuple[int, ...], allowed: Sequence[Sequence[int]], limit: float
    ) -> tuple[float, tuple[int, ...]]:
        """The allowed combination with the fewest laps: (laps, levels); only its `limit` if none has fewer than that.

        Branch and bound.
        """
        floor, best = len(above), above
        if floor == len(allowed):
            return node.laps, above
        for level in self._by_lag(node, floor, allowed[floor]):
            child = node.under.get(level, _NEW)
            if child.laps < limit:
                laps, levels = self._fewest_laps(child, (*above, level), allowed, limit)
                if laps < limit:
                    limit, best = laps, levels
                if limit == node.laps:
                    break
        return limit, best

    def _by_lag(self, node: _Node, floor: int, allowed: Sequence[int]) -> Sequence[int]:
        if len(allowed) == 1:
            return allowed
        weights, total, rows, under = self._weights[floor], self._sums[floor], node.used + 1, node.under
        return sorted(allowed, key=lambda level: under.get(level, _NEW).used * total - rows * weights[level])

    def _count(self, levels: tuple[int, ...], laps: int) -> None:
        path = [self._root]
        for level in levels:
            path.append(path[-1].under.setdefault(level, _Node()))
        for node in path:
            node.used += 1
        if path[-1].laps < laps:
            path[-1].laps = laps
            for width, node in reversed(list(zip(self._widths, path, strict=False))):
                if len(node.under) == width:  # else some combination beneath was never used
                    node.laps = min([child.laps for child in node.under.values()])
