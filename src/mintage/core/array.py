"""The array: one endless sequence of attribute rows over the spec's axes, the same for all classes."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product

from mintage.core.cover import Cover
from mintage.core.layout import Layout
from mintage.core.rules import levels_of
from mintage.core.weighted import Combinations, Shares

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


class Array:
    """The sequence, by priority: (1) at every n each level of a weighted axis has its share, |count - n * share| < 1;
    (2) no row is used again while a row that (1) allows was used less often; (3) new pairs come as early as both allow.

    While pairs are missing, rows are those of a covering array or, with weights, chosen greedily; then each combination
    of weighted levels walks a lattice of its own through all rows of the other axes, which brings every pair again and
    again, evenly. No row depends on how many are asked for. Rows are kept (a byte a level): the next class reads them
    again.

    With rules (`without`) every row is one that no rule forbids, and a pair counts if some such row has it. (1) holds
    as it stands unless rules forbid a whole combination of weighted levels. If they do, the weighted axes that rules
    connect to these are shared out as one: its levels are the combinations left, their shares are `fitted` to the
    weights, and (1) holds for them. A level of k of these combinations is then less than k images off n times its
    `share`.

    Args:
        levels: axis → level → weight, as in `DatasetSpec.levels`: at least one level; all 0 is an axis without weights,
            a level of weight 0 beside others is never drawn.
        without: rules, as in `DatasetSpec.without`: each axis → levels; a row that has one of them on every axis is
            forbidden.
        salt: another sequence of the same kind for each.

    Raises:
        MintageError: the rules forbid every row, or are too entangled.
    """

    def __init__(
        self,
        levels: Mapping[str, Mapping[str, float]],
        without: Sequence[Mapping[str, Sequence[str]]] = (),
        salt: int = 0,
    ) -> None:
        self._names = {axis: tuple(names) for axis, names in levels.items()}
        self._layout = Layout(levels, without)
        self._salt = salt
        rules = self._layout.rules
        self._cover = Cover(self._layout.masks, salt, rules if rules.order else None)
        self._made = array("B" if self._layout.widest <= 256 else "I")
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
        all_pairs = self.all_pairs
        for _ in self.rows(max(n, 20_000)):
            if self._covered[-1] == all_pairs:
                break
        last = self._news[-1] if self._news else 0
        complete_at = last if self._covered[-1] == all_pairs else None
        return Coverage(self._covered[bisect_right(self._news, n)], all_pairs, complete_at)

    @property
    def all_pairs(self) -> int:
        """Pairs of levels of two axes (with one axis, its levels) that some row may contain."""
        return self._cover.all_pairs

    @property
    def impossible(self) -> list[tuple[str, str]]:
        """Axis and level, each that would come if rules left it any row."""
        return self._layout.impossible()

    @property
    def shares(self) -> dict[str, dict[str, float]]:
        """Weighted axis → level → its share: what its weights say, or the nearest for which rules leave room."""
        return self._layout.shares()

    def _make(self) -> Iterator[tuple[int, ...]]:
        layout, cover = self._layout, self._cover
        shares = [Shares(group.weights) for group in layout.groups]
        walks = Combinations([group.weights for group in layout.groups], lambda picked: layout.walk(picked, self._salt))
        covering = self._covering()
        for n in count(1):
            allowed = [group.allowed() for group in shares]
            row = None
            if cover.left:
                row = next(covering) if covering else self._new_pairs(allowed)
            if row is not None:
                cover.take(row)
                self._news.append(n)
                self._covered.append(cover.all_pairs - cover.left)
                picked, number = layout.place(row)
                walks.take(picked, number)
            else:
                picked, number = walks.next(allowed)
                row = layout.row(picked, number)
            for group, at in zip(shares, picked, strict=True):
                group.take(at)
            yield row

    def _new_pairs(self, allowed: Sequence[Sequence[int]]) -> tuple[int, ...] | None:
        """A row with new pairs that has one of the allowed combinations of each group; None if there is none."""
        layout = self._layout
        row = self._cover.next(layout.allow(allowed))
        if row is None or all(at in some for at, some in zip(layout.place(row)[0], allowed, strict=True)):
            return row
        several = [  # axes that share out together had more combinations among these levels than may come
            [[at] for at in some] if len(group.axes) > 1 else [some]
            for group, some in zip(layout.groups, allowed, strict=True)
        ]
        found = (self._cover.next(layout.allow(one)) for one in product(*several))
        return next((row for row in found if row), None)

    def _covering(self) -> Iterator[tuple[int, ...]] | None:
        """Without weights, where it takes about a second at most: a covering array, of some salts the shortest."""
        pairs = self._cover.all_pairs
        if self._layout.groups or not 0 < pairs <= MOST_PAIRS:
            return None
        salts = range(SALTS if pairs <= FEW_PAIRS else 1)
        shortest: list[tuple[int, ...]] = min((self._array(n) for n in salts), key=len)
        return iter(shortest)

    def _array(self, salt: int) -> list[tuple[int, ...]]:
        """covertable's array; with rules the greedy choice, which is as short as that then, and sooner."""
        masks, rules = self._layout.masks, self._layout.rules
        if not rules.order:
            import covertable

            factors = [levels_of(mask) for mask in masks]
            return [tuple(row) for row in covertable.make(factors, strength=2, salt=f"{self._salt} {salt}")]
        rows: list[tuple[int, ...]] = []
        cover = Cover(masks, self._salt * SALTS + salt, rules)
        while (row := cover.next(masks)) is not None:
            cover.take(row)
            rows.append(row)
        return rows
