"""Rules between axes: which rows none of them forbids, what is still possible, and these rows by number."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from math import prod

from mintage.core.errors import MintageError

Rule = Mapping[int, int]
"""Axis → bit mask of levels: a row that has one of these on each of the axes is forbidden."""

MOST_NODES, MOST_KNOWN = 10_000, 100_000
"""Nodes of a diagram, beyond which it takes too long to build; answers that are kept."""

_Rest = tuple[tuple[int, int], ...]
_State = frozenset[_Rest]


class Node:
    """The allowed rows that begin alike: each possible next level, what comes under it, and how many rows up to it."""

    __slots__ = ("kinds", "levels", "size", "under", "upto")

    def __init__(self, under: Mapping[int, "Node"]) -> None:
        self.levels = list(under)
        self.under = list(under.values())
        self.upto = [0]
        for node in self.under:
            self.upto.append(self.upto[-1] + node.size)
        masks: dict[Node, int] = {}
        for level, node in under.items():
            masks[node] = masks.get(node, 0) | 1 << level
        self.kinds = [(mask, node) for node, mask in masks.items()]
        self.size: int = self.upto[-1] if under else 1


class Rules:
    """The rows that no rule forbids, as a decision diagram over the axes that rules name.

    Nodes are equal where the same parts of rules are still open, so that a diagram is small for the rules people write;
    with it, what is possible is decided exactly and rows are counted and numbered without listing them.

    Args:
        masks: the levels of each axis that are drawn.
        rules: what is forbidden.
        first: axes that come first in the diagram.

    Raises:
        MintageError: no row is allowed, or the rules are too entangled to be decided.
    """

    def __init__(self, masks: Sequence[int], rules: Sequence[Rule], first: Collection[int] = ()) -> None:
        drawn = [{a: mask & masks[a] for a, mask in rule.items()} for rule in rules]
        self._rules = [rule for rule in drawn if all(rule.values())]
        named = {a for rule in self._rules for a in rule}
        self.order = sorted(named, key=lambda a: (a not in first, a))
        self.alike = {a: self._alike(a, masks[a]) for a in self.order}
        self._nodes: dict[tuple[int, _State], Node | None] = {}
        self._known: dict[tuple[int, ...], bool] = {}
        end = Node({})
        state = frozenset(tuple((a, rule[a]) for a in self.order if a in rule) for rule in self._rules)
        root = self._node(0, state, end)
        if root is None:
            raise MintageError("the rules forbid every row", where="not", expected="rules that leave some")
        self.root = root

    def possible(self, allowed: Sequence[int]) -> bool:
        """Whether some allowed row has, on each axis, one of these levels."""
        key = tuple([allowed[a] for a in self.order])
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            known = self._known[key] = all(allowed) and self._search(self.root, 0, key, set())
        return known

    def narrow(self, allowed: Sequence[int], axis: int) -> int:
        """Those of the levels of an axis that some allowed row has together with the levels of the other axes."""
        if axis not in self.alike:
            return allowed[axis] if self.possible(allowed) else 0
        masks, found = list(allowed), 0
        for alike in self.alike[axis]:
            masks[axis] = alike & allowed[axis]
            if masks[axis] and self.possible(masks):
                found |= masks[axis]
        return found

    def together(self) -> list[list[int]]:
        """The axes that rules name, in groups that no rule connects."""
        groups: list[set[int]] = []
        for rule in self._rules:
            touched = [g for g in groups if g & rule.keys()]
            groups = [g for g in groups if g not in touched] + [set(rule).union(*touched)]
        return sorted(map(sorted, groups))

    def _alike(self, axis: int, mask: int) -> list[int]:
        """Levels of an axis in groups that every rule treats alike."""
        parts = [mask]
        for rule in self._rules:
            said = rule.get(axis, 0)
            parts = [part for whole in parts for part in (whole & said, whole & ~said) if part]
        return parts

    def _node(self, depth: int, state: _State, end: Node) -> Node | None:
        """What may follow where these parts of rules are still open; None where nothing may."""
        if depth == len(self.order):
            return end
        key = depth, state
        if key not in self._nodes:
            if len(self._nodes) >= MOST_NODES:
                found = f"the rules are too entangled: more than {MOST_NODES:,} cases decide what they allow"
                raise MintageError(found, where="not", expected="fewer rules, or rules over fewer axes")
            self._nodes[key] = None
            axis = self.order[depth]
            under: dict[int, Node] = {}
            for alike in self.alike[axis]:
                after = _after(state, axis, alike)
                node = None if after is None else self._node(depth + 1, after, end)
                if node is not None:
                    under |= dict.fromkeys(levels_of(alike), node)
            self._nodes[key] = Node(dict(sorted(under.items()))) if under else None
        return self._nodes[key]

    def _search(self, node: Node, depth: int, allowed: Sequence[int], failed: set[Node]) -> bool:
        if depth == len(allowed):
            return True
        for mask, under in node.kinds:
            if mask & allowed[depth] and under not in failed:
                if self._search(under, depth + 1, allowed, failed):
                    return True
                failed.add(under)
        return False


class Rows:
    """The allowed rows over some axes, numbered from 0: first the axes that no rule names, as digits, then the others.

    Args:
        plain: the sizes of the axes that no rule names, the fastest first.
        node: what is allowed of the other axes.
        depth: how many these are.
    """

    def __init__(self, plain: Sequence[int], node: Node, depth: int) -> None:
        self._plain, self.node, self._depth = plain, node, depth
        self.count = prod(plain) * node.size

    def row(self, number: int) -> list[int]:
        """The levels of a row from its number."""
        levels = []
        for size in self._plain:
            number, level = divmod(number, size)
            levels.append(level)
        node = self.node
        for _ in range(self._depth):
            at = bisect_right(node.upto, number) - 1
            number -= node.upto[at]
            levels.append(node.levels[at])
            node = node.under[at]
        return levels

    def number(self, row: Sequence[int]) -> int:
        """The number of a row from its levels, which must be allowed."""
        number, node = 0, self.node
        for level in row[len(self._plain) :]:
            at = node.levels.index(level)
            number += node.upto[at]
            node = node.under[at]
        for level, size in zip(reversed(row[: len(self._plain)]), reversed(self._plain), strict=True):
            number = number * size + level
        return number


def levels_of(mask: int) -> list[int]:
    """The levels in a bit mask, from 0."""
    return [level for level in range(mask.bit_length()) if mask >> level & 1]


def _after(state: _State, axis: int, alike: int) -> _State | None:
    """What is open once an axis, the first of those left, has one of these levels; None if a rule is fulfilled."""
    banned: dict[int, int] = {}
    longer: list[_Rest] = []
    for rest in state:
        if rest[0][0] == axis:
            if not rest[0][1] & alike:
                continue
            rest = rest[1:]
        if not rest:
            return None
        if len(rest) == 1:
            banned[rest[0][0]] = banned.get(rest[0][0], 0) | rest[0][1]
        else:
            longer.append(rest)
    out: set[_Rest] = {((a, mask),) for a, mask in banned.items()}
    for rest in longer:
        left = tuple([(a, mask & ~banned.get(a, 0)) for a, mask in rest])
        if all(mask for _, mask in left):
            out.add(left)
    return frozenset(out)
