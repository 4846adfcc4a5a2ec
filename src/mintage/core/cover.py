"""Which pairs of levels no row contains yet, and the row that brings most of them."""

from collections.abc import Sequence
from itertools import combinations
from random import Random

from mintage.core.rules import Rules, levels_of

CANDIDATES = 10
"""Rows tried for each row that is taken."""


class Cover:
    """The pairs of levels that no row contains yet, and a greedy choice of rows (after AETG: Cohen and others, 1997).

    Sets of levels are bit masks; `open[a][i][b]` are the levels of axis b that level i of axis a still has to meet.
    With rules only pairs that some allowed row has are counted, and only allowed rows are given.
    """

    def __init__(self, axes: Sequence[int], seed: int, rules: Rules | None = None) -> None:
        self._rules = rules
        self._sizes = [mask.bit_length() for mask in axes]
        self._open = [
            [[0 if a == b or not mask >> i & 1 else other for b, other in enumerate(axes)] for i in range(size)]
            for a, (mask, size) in enumerate(zip(axes, self._sizes, strict=True))
        ]
        self._todo = list(axes)
        self.all_pairs = sum(x.bit_count() * y.bit_count() for x, y in combinations(axes, 2))
        if rules is not None:
            self.all_pairs -= self._close_impossible(rules, axes)
        self.left = self.all_pairs
        self._random = Random(seed).random  # the one method whose numbers Python promises to keep

    def next(self, allowed: Sequence[int]) -> tuple[int, ...] | None:
        """The best of some rows within the allowed levels of each axis; None if no allowed row has a new pair."""
        best, gain = None, 0
        for _ in range(CANDIDATES):
            start = self._start(allowed)
            if start is None:
                break
            row, new = self._fill(*start)
            if new > gain:
                best, gain = row, new
            if gain == len(row) * (len(row) - 1) // 2:  # no row has more
                break
        return best

    def take(self, row: Sequence[int]) -> None:
        """A row comes: its pairs are no longer new."""
        for (a, i), (b, j) in combinations(enumerate(row), 2):
            if self._open[a][i][b] >> j & 1:
                self._open[a][i][b] ^= 1 << j
                self._open[b][j][a] ^= 1 << i
                self.left -= 1
        for a, i in enumerate(row):
            if not any(self._open[a][i]):
                self._todo[a] &= ~(1 << i)

    def _close_impossible(self, rules: Rules, axes: Sequence[int]) -> int:
        """Take out the pairs that no allowed row has: how many these are."""
        closed = 0
        for a, b in combinations(rules.order, 2):
            for alike in filter(None, (axes[a] & some for some in rules.alike[a])):
                masks = list(axes)
                masks[a] = alike
                never = axes[b] & ~rules.narrow(masks, b)
                closed += alike.bit_count() * never.bit_count()
                for i in levels_of(alike):
                    self._open[a][i][b] &= ~never
                for j in levels_of(never):
                    self._open[b][j][a] &= ~alike
        return closed

    def _start(self, allowed: Sequence[int]) -> tuple[int, list[int]] | None:
        """An axis, and all levels with one of its alone, which some allowed row brings together with a new level."""
        for a in sorted(range(len(allowed)), key=lambda _: self._random()):
            levels = self._todo[a] & allowed[a]
            while levels:
                i = self._any_of(levels, a)
                new = list(map(int.__and__, self._open[a][i], allowed))
                if any(new):
                    masks = [*allowed[:a], 1 << i, *allowed[a + 1 :]]
                    if self._rules is None or self._narrow(self._rules, masks, new):
                        return a, masks
                levels ^= 1 << i
        return None

    @staticmethod
    def _narrow(rules: Rules, masks: list[int], new: Sequence[int]) -> bool:
        """Leave, of one axis, only new levels that are possible with the others; False where no axis has any."""
        for b, some in enumerate(new):
            if some and (found := rules.narrow([*masks[:b], some, *masks[b + 1 :]], b)):
                masks[b] = found
                return True
        return False

    def _fill(self, start: int, masks: list[int]) -> tuple[tuple[int, ...], int]:
        """Axis by axis, in random order, the level that is new to most of the levels chosen: the row, its new pairs."""
        row = [0] * len(masks)
        row[start] = masks[start].bit_length() - 1
        chosen, new = [self._open[start][row[start]]], 0
        for b in sorted(range(len(masks)), key=lambda _: self._random()):
            if b == start:
                continue
            allowed = masks[b] if self._rules is None else self._rules.narrow(masks, b)
            levels, most = _most_common(allowed, [meets[b] for meets in chosen])
            row[b] = self._any_of(levels if most else (levels & self._todo[b] or levels), b)
            masks[b] = 1 << row[b]
            chosen.append(self._open[b][row[b]])
            new += most
        return tuple(row), new

    def _any_of(self, levels: int, axis: int) -> int:
        skip = int(self._random() * self._sizes[axis])
        after = levels >> skip
        return (after & -after).bit_length() - 1 + skip if after else (levels & -levels).bit_length() - 1


def _most_common(levels: int, masks: Sequence[int]) -> tuple[int, int]:
    """Those of the levels that are in most of the masks, and in how many; counts all levels at once, bit by bit."""
    planes: list[int] = []  # planes[k]: the levels whose count has bit k
    for mask in masks:
        carry = mask & levels
        for k, plane in enumerate(planes):
            planes[k], carry = plane ^ carry, plane & carry
        if carry:
            planes.append(carry)
    most = 0
    for k in reversed(range(len(planes))):
        if levels & planes[k]:
            levels &= planes[k]
            most += 1 << k
    return levels, most
