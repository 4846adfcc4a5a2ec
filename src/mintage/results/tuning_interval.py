"""How much a share has grown among the same briefs, and a 95 % interval of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

LEVEL = 0.95
_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


@dataclass(frozen=True)
class Change:
    """Of how many of the same `of` briefs a thing was so `before` and `after`; `low` to `high`: the interval of the
    difference of the two shares, −1 to 1."""

    before: int
    after: int
    of: int
    low: float
    high: float

    @property
    def difference(self) -> float:
        return (self.after - self.before) / self.of if self.of else 0.0


def change(before: Sequence[bool], after: Sequence[bool], groups: Sequence[str]) -> Change:
    """Compare what was true of each brief before and after; `groups` says of which class each brief is.

    Newcombe's method 10 for pairs (Statistics in Medicine 17, 1998, 2635–2650), from Wilson's intervals: it has a width
    also where all pairs are alike. Briefs of a class that go together count as fewer (the design effect of Rao and
    Scott, Biometrics 48, 1992), as far as the classes asked show that; one class shows nothing of it.
    """
    n = len(before)
    if not n:
        return Change(0, 0, 0, -1.0, 1.0)
    less = _effect([a - b for b, a in zip(before, after, strict=True)], groups)
    cells = [sum(pair == cell for pair in zip(after, before, strict=True)) / less for cell in _CELLS]
    low, high = _newcombe(*cells)
    return Change(sum(before), sum(after), n, max(-1.0, low), min(1.0, high))


_CELLS = ((True, True), (True, False), (False, True), (False, False))


def _effect(differences: Sequence[int], groups: Sequence[str]) -> float:
    """How many briefs count as one: the variance of the mean by classes over that of independent briefs, at least 1."""
    n, names = len(differences), sorted(set(groups))
    mean = sum(differences) / n
    spread = sum((d - mean) ** 2 for d in differences)
    if len(names) < 2 or not spread:
        return 1.0
    sums = dict.fromkeys(names, 0.0)
    for difference, group in zip(differences, groups, strict=True):
        sums[group] += difference - mean
    k = len(names)
    return min(n / k, max(1.0, k / (k - 1) * sum(s * s for s in sums.values()) / spread))


def _newcombe(both: float, first: float, second: float, none: float) -> tuple[float, float]:
    """The interval of the share of the first less that of the second, from a fourfold table of pairs."""
    n = both + first + second + none
    p, q = (both + first) / n, (both + second) / n
    (p_low, p_high), (q_low, q_high) = _wilson(p, n), _wilson(q, n)
    phi = _phi(both, first, second, none)
    down, up = (p - p_low, q_high - q), (p_high - p, q - q_low)
    low = sqrt(max(0.0, down[0] ** 2 - 2 * phi * down[0] * down[1] + down[1] ** 2))
    high = sqrt(max(0.0, up[0] ** 2 - 2 * phi * up[0] * up[1] + up[1] ** 2))
    return p - q - low, p - q + high


def _phi(both: float, first: float, second: float, none: float) -> float:
    """How the two go together, corrected towards 0."""
    product = (both + first) * (second + none) * (both + second) * (first + none)
    if not product:
        return 0.0
    ahead = both * none - first * second
    return (max(0.0, ahead - (both + first + second + none) / 2) if ahead > 0 else ahead) / sqrt(product)


def _wilson(share: float, n: float) -> tuple[float, float]:
    centre, around = share + _Z * _Z / (2 * n), _Z * sqrt(share * (1 - share) / n + _Z * _Z / (4 * n * n))
    return (centre - around) / (1 + _Z * _Z / n), (centre + around) / (1 + _Z * _Z / n)
