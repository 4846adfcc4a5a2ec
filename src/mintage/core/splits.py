"""Splits of made images, such as train and val, that never part a child from its root."""

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping

from mintage.core.errors import MintageError, Problem
from mintage.core.names import to_folder
from mintage.core.recipe import Recipe

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def assign(
    shares: Mapping[str, float], related: Callable[[], Iterable[Recipe]] = list, seed: int = 0
) -> Callable[[Recipe], str]:
    """A function that says which split a recipe belongs to.

    Recipes that share a root, directly or through others, are one family and go to one split. The split is where a hash
    of (seed, family) falls on a line cut by the shares, so it depends on nothing else: not on order, label or size of
    the set. A sample changes its split only when a new recipe joins two families into one.

    The price of that stability: shares are met as a draw meets them. Of n families, a split with share p gets
    n·p ± √(n·p·(1−p)), in the whole set and in each class; at p = 0.2 that is 200 ± 13 of 1,000 and 4 ± 2 of 20.

    Args:
        shares: split → share; divided by their sum. Their order makes no difference.
        related: gives the recipes of the set that have roots (others may be among them), afresh each time it is called;
            it is called twice. Memory grows with the number of different roots, and not at all where nothing has roots.
        seed: another seed, other splits.

    Raises:
        MintageError: what `split_problems` finds.
    """
    wrong = split_problems(shares)
    if wrong:
        raise MintageError(*wrong)
    total = math.fsum(shares.values())
    used = sorted(name for name, share in shares.items() if share > 0)
    ends = [math.fsum(shares[n] for n in used[: i + 1]) / total for i in range(len(used))]
    families = _Families(related)

    def split(recipe: Recipe) -> str:
        family = families.of(recipe)
        place = int.from_bytes(hashlib.sha256(f"split-1 {seed} {family}".encode()).digest()[:8]) / 2**64
        return next((name for name, end in zip(used, ends, strict=True) if place < end), used[-1])

    return split


def split_problems(shares: Mapping[str, float]) -> list[Problem]:
    """Everything that is wrong with the wanted splits; `test` is, because all these images are made."""
    problems = []
    for name, share in shares.items():
        where = f"splits[{name!r}]"
        if name.casefold() == "test":
            problems.append(
                Problem(
                    "made images are no test set: a score on them says nothing about real photos",
                    where,
                    "train and val here, and a test set of real photos that no made image descends from",
                    "train: 0.8, val: 0.2",
                )
            )
        elif not _NAME.fullmatch(name) or to_folder(name) != name:
            problems.append(Problem(f"{name!r} cannot name a split", where, "small letters, digits and _", "val"))
        if not (math.isfinite(share) and share >= 0):
            problems.append(
                Problem(f"the share of {name!r} is {share}", where, "a number of at least 0", f"{name}: 0.2")
            )
    if not problems and not any(share > 0 for share in shares.values()):
        problems.append(Problem("no split has a share", "splits", "at least one above 0", "train: 0.8, val: 0.2"))
    return problems


class _Families:
    """Which roots belong together: a disjoint-set forest (Tarjan 1975) over root names; the least name stands for all.

    A recipe without roots is its own root, and nothing is stored for it unless others name it.
    """

    def __init__(self, related: Callable[[], Iterable[Recipe]]) -> None:
        self._above: dict[str, str] = {}
        for recipe in related():
            for root in recipe.roots:
                self._join(recipe.roots[0], root)
        if self._above:
            for recipe in related():  # again, because only now it is known which recipes are roots of others
                if recipe.roots and f"recipe:{recipe.id}" in self._above:
                    self._join(f"recipe:{recipe.id}", recipe.roots[0])

    def of(self, recipe: Recipe) -> str:
        return self._find(recipe.roots[0] if recipe.roots else f"recipe:{recipe.id}")

    def _find(self, root: str) -> str:
        above = self._above
        while (up := above.get(root, root)) != root:
            above[root] = above[up]
            root = up
        return root

    def _join(self, one: str, two: str) -> None:
        first, second = sorted((self._find(one), self._find(two)))
        self._above.setdefault(first, first)
        self._above[second] = first
