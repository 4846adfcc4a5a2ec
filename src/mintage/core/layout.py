"""How the rows over some axes are numbered: which weighted axes go together, and the rows of all the others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, count, product
from math import gcd, prod

from mintage.core.errors import MintageError
from mintage.core.recipe import digest
from mintage.core.rules import Node, Rows, Rules, levels_of
from mintage.core.weighted import Walk, fitted, whole

MOST_TOGETHER = 1_000
"""Combinations of weighted levels that are shared out together, where rules forbid some; more would be slow."""


@dataclass(frozen=True, slots=True)
class Group:
    """Weighted axes whose shares are kept together, nearly always one by itself: combinations, each with a weight."""

    axes: tuple[int, ...]
    combinations: Sequence[tuple[int, ...]]
    weights: Sequence[int]


class Layout:
    """The axes as numbers: masks of the levels that can come, rules, groups of weighted axes, walks over the others.

    Args:
        levels: axis → level → weight.
        without: axis → levels, of each rule; one that names what is not there forbids nothing.

    Raises:
        MintageError: the rules forbid every row, or are too entangled.
    """

    def __init__(
        self, levels: Mapping[str, Mapping[str, float]], without: Sequence[Mapping[str, Sequence[str]]]
    ) -> None:
        self._names = {axis: tuple(names) for axis, names in levels.items()}
        weights = [whole(list(names.values())) for names in levels.values()]
        if len(weights) == 1:
            weights.append([0])  # an axis of one level: the pairs are the levels
        self.widest = max(map(len, weights), default=0)
        self._sizes = [len(axis) for axis in weights]
        self._weights = {a: axis for a, axis in enumerate(weights) if any(axis)}
        self._drawn = [
            sum(1 << i for i, weight in enumerate(axis) if weight or a not in self._weights)
            for a, axis in enumerate(weights)
        ]
        rules = [self._numbered(rule) for rule in without if rule.keys() <= levels.keys()]
        self.rules = Rules(self._drawn, rules, self._weights)
        self.masks = [self.rules.narrow(self._drawn, a) for a in range(len(weights))]
        self.groups = self._grouped()
        bound = [a for a in self.rules.order if a not in self._weights]
        self._free = [a for a in range(len(weights)) if a not in self._weights and a not in bound] + bound
        self._bound = len(bound)
        self._rows: dict[tuple[int, ...], Rows] = {}
        self._steps: dict[Node, int] = {}

    def row(self, picked: tuple[int, ...], number: int) -> tuple[int, ...]:
        """The row of a combination of each group and of a number among the rows that go with these."""
        row = [0] * len(self._sizes)
        for group, at in zip(self.groups, picked, strict=True):
            for a, level in zip(group.axes, group.combinations[at], strict=True):
                row[a] = level
        for a, level in zip(self._free, self._over(picked).row(number), strict=True):
            row[a] = level
        return tuple(row)

    def place(self, row: Sequence[int]) -> tuple[tuple[int, ...], int]:
        """An allowed row's combination of each group, and its number among the rows that go with these."""
        picked = tuple([g.combinations.index(tuple([row[a] for a in g.axes])) for g in self.groups])
        return picked, self._over(picked).number([row[a] for a in self._free])

    def walk(self, picked: tuple[int, ...], salt: int) -> Walk:
        """A walk over the rows that go with a combination of each group."""
        rows = self._over(picked)
        if rows.node not in self._steps:
            self._steps[rows.node] = _best_step(rows, [self._sizes[a] for a in self._free], salt)
        return Walk(rows.count, self._steps[rows.node], int(digest(["start", salt, picked], 64), 16))

    def allow(self, picked: Sequence[Sequence[int]]) -> list[int]:
        """The masks of all axes, with only the levels that these combinations of each group have."""
        masks = list(self.masks)
        for group, some in zip(self.groups, picked, strict=True):
            for k, a in enumerate(group.axes):
                masks[a] = sum({1 << group.combinations[at][k] for at in some})
        return masks

    def shares(self) -> dict[str, dict[str, float]]:
        """Weighted axis → level → its share: what its weights say, or the nearest for which rules leave room."""
        found: dict[str, dict[str, float]] = {}
        for group in self.groups:
            for k, a in enumerate(group.axes):
                axis, names = list(self._names.items())[a]
                shares = dict.fromkeys(names, 0.0)
                for combination, weight in zip(group.combinations, group.weights, strict=True):
                    shares[names[combination[k]]] += weight / sum(group.weights)
                found[axis] = shares
        return found

    def impossible(self) -> list[tuple[str, str]]:
        """Axis and level, each that would be drawn if rules left it any row."""
        named = zip(self._names.items(), self._drawn, self.masks, strict=False)
        return [(axis, names[i]) for (axis, names), drawn, mask in named for i in levels_of(drawn & ~mask)]

    def _numbered(self, rule: Mapping[str, Sequence[str]]) -> dict[int, int]:
        named = enumerate(self._names.items())
        return {
            a: sum(1 << i for i, name in enumerate(names) if name in rule[axis])
            for a, (axis, names) in named
            if axis in rule
        }

    def _over(self, picked: tuple[int, ...]) -> Rows:
        """The rows of the axes without weights that go with a combination of each group."""
        if picked not in self._rows:
            levels = {
                a: level
                for group, at in zip(self.groups, picked, strict=True)
                for a, level in zip(group.axes, group.combinations[at], strict=True)
            }
            node = self.rules.root
            for a in self.rules.order[: len(self.rules.order) - self._bound]:
                node = node.under[node.levels.index(levels[a])]
            sizes = [self._sizes[a] for a in self._free[: len(self._free) - self._bound]]
            self._rows[picked] = Rows(sizes, node, self._bound)
        return self._rows[picked]

    def _grouped(self) -> list[Group]:
        """Each weighted axis by itself; but together those that rules connect, if some combination is forbidden."""
        connected = {a: tuple(b for b in axes if b in self._weights) for axes in self.rules.together() for a in axes}
        groups: list[Group] = []
        for axes in dict.fromkeys(connected.get(a, (a,)) for a in self._weights):
            if self._all_possible(axes):
                groups += [Group((a,), [(i,) for i in range(self._sizes[a])], self._weights[a]) for a in axes]
                continue
            every = product(*(levels_of(self.masks[a]) for a in axes))
            left = [c for c in every if self._possible(axes, [1 << level for level in c])]
            groups.append(Group(axes, left, fitted(left, [self._weights[a] for a in axes])))
        return sorted(groups, key=lambda group: group.axes)

    def _all_possible(self, axes: tuple[int, ...]) -> bool:
        """Whether each combination of the weighted levels of some axes has a row.

        Raises:
            MintageError: one has none, and they are too many to be shared out together.
        """
        alike = [self.rules.alike.get(a, [self._drawn[a]]) for a in axes]
        if all(self._possible(axes, masks) for masks in product(*alike)):
            return True
        if prod(self.masks[a].bit_count() for a in axes) > MOST_TOGETHER:
            names = ", ".join(repr(list(self._names)[a]) for a in axes)
            found = f"rules bind the weighted axes {names}, which have more than {MOST_TOGETHER:,} combinations"
            raise MintageError(found, where="not", expected="rules over fewer values, or fewer axes with weights")
        return False

    def _possible(self, axes: Sequence[int], masks: Sequence[int]) -> bool:
        allowed = list(self._drawn)
        for a, mask in zip(axes, masks, strict=True):
            allowed[a] = mask
        return self.rules.possible(allowed)


def _best_step(rows: Rows, sizes: Sequence[int], salt: int, tries: int = 24) -> int:
    """A step prime to the number of rows that spreads pairs evenly: a rank-1 lattice, of some the best by chi²."""
    space = rows.count
    window = min(space, 2 * prod(sorted(sizes)[-2:]), 1000)
    best, least = 1, None
    for n in range(tries if len(sizes) > 1 else 0):
        step = next(s for s in count(int(digest(["step", salt, n], 64), 16) % space) if gcd(s, space) == 1)
        some = [rows.row(step * i % space) for i in range(window)]
        uneven = sum(
            sizes[a] * sizes[b] * sum(c * c for c in Counter((row[a], row[b]) for row in some).values())
            for a, b in combinations(range(len(sizes)), 2)
        )
        if least is None or uneven < least:
            best, least = step, uneven
    return best
