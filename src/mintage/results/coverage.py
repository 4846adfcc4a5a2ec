"""Coverage by the prompts as written: pairs of attributes that they tell, beside those of the plan; what they drop."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations

from mintage.core.array import Array
from mintage.core.ledger_reading import LedgerReader
from mintage.core.ledger_words import PAGE, contexts, count_worded, prompts_in
from mintage.core.spec import DatasetSpec
from mintage.results.prompts import Briefs
from mintage.wording.checks import tells

Level = tuple[str, str]
"""Axis and value."""


@dataclass(frozen=True)
class Covered:
    """Of one class, pairs of levels of two axes (with one axis, its levels): `every` one there is, those of its
    slots (`planned`), of the slots that have words (`worded`), and those that a prompt tells both of (`told`)."""

    name: str
    every: int
    planned: int
    worded: int
    told: int


@dataclass(frozen=True)
class WrittenCoverage:
    """`dropped`: how many attributes a prompt does not tell → how many prompts; `by_axis`: axis → (prompts that do not
    tell it, all that should)."""

    classes: tuple[Covered, ...]
    dropped: Mapping[int, int] = field(default_factory=dict)
    by_axis: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def prompts(self) -> int:
        return sum(self.dropped.values())

    @property
    def dropping(self) -> int:
        """Prompts that do not tell all of their attributes."""
        return sum(n for count, n in self.dropped.items() if count)


def written_coverage(
    ledger: LedgerReader,
    spec: DatasetSpec,
    names: Iterable[str] | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> WrittenCoverage:
    """What the present prompts of these classes (by default all) tell. Reads each prompt once.

    Counted are slots that follow the axes and fill a quota, as in `plan`, of which an engine reads the words.
    """
    briefs = Briefs(spec)
    techniques = [t for t in spec.used_techniques if _is_counted(briefs, t)] if spec.levels else []
    keys = {spec.key_of(name): name for name in (spec.classes if names is None else names)}
    total = count_worded(ledger, list(keys)) if techniques else 0
    pairs = _Pairs(spec)
    classes = []
    every = Array(spec.levels, spec.without).all_pairs if total else 0
    left_out: Counter[tuple[str, ...]] = Counter()
    asked: Counter[tuple[str, ...]] = Counter()
    done = 0
    for key, name in keys.items() if total else ():
        planned = worded = told = 0
        for text in contexts(ledger, key, techniques):
            planned |= pairs.of(text)[1]
        for text, prompt in prompts_in(ledger, key, techniques):
            levels, mask = pairs.of(text)
            said = tuple([level for level in levels if tells(level[1], prompt)])
            worded |= mask
            told |= mask if len(said) == len(levels) else pairs.among(said)
            asked[tuple([axis for axis, _ in levels])] += 1
            if len(said) < len(levels):
                left_out[tuple([level[0] for level in levels if level not in said])] += 1
            done += 1
            if done % PAGE == 0:
                tell(done, total)
        classes.append(Covered(name, every, *(mask.bit_count() for mask in (planned, worded, told))))
    dropped = Counter({0: asked.total() - left_out.total()})
    for axes, n in left_out.items():
        dropped[len(axes)] += n
    by_axis = {axis: (_with(axis, left_out), _with(axis, asked)) for axis in spec.levels if _with(axis, asked)}
    return WrittenCoverage(tuple(classes), {count: n for count, n in sorted(dropped.items()) if n}, by_axis)


def _with(axis: str, counts: Mapping[tuple[str, ...], int]) -> int:
    return sum(n for axes, n in counts.items() if axis in axes)


def _is_counted(briefs: Briefs, name: str) -> bool:
    technique = briefs.technique(name)
    return technique.uses_axes and not technique.on_top and briefs.reads(name)


class _Pairs:
    """The pairs of levels that rows have, a bit each: what was worked out for a row holds for all classes."""

    def __init__(self, spec: DatasetSpec) -> None:
        self._axes = tuple(spec.levels)
        self._bits: dict[tuple[Level, ...], int] = {}
        self.of = lru_cache(maxsize=65536)(self._of)

    def _of(self, attributes: str) -> tuple[tuple[Level, ...], int]:
        """The levels of a row of attributes, given as JSON, and their pairs."""
        given = json.loads(attributes)
        levels = tuple((axis, given[axis]) for axis in self._axes if axis in given)
        return levels, self.among(levels)

    def among(self, levels: Sequence[Level]) -> int:
        """The pairs of these levels, which are in the order of the axes; with one axis the levels themselves."""
        mask = 0
        for pair in combinations(levels, 1 if len(self._axes) == 1 else 2):
            mask |= 1 << self._bits.setdefault(pair, len(self._bits))
        return mask
