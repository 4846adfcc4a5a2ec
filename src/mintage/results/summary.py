"""What a run has reached: counts by class and attribute, what failed or was given up, machine time."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mintage.core.ledger_reading import LedgerReader
from mintage.core.plan import PROBE
from mintage.core.schema import FIRST
from mintage.core.spec import Budget, DatasetSpec
from mintage.results.lookalikes import LOOKALIKE, Deceit, deceits

BINS = 20

UNEVEN = 0.1
"""Shares of one maker that differ by so much between classes are told."""

_FIGURE = re.compile(r" -?[\d.]+(e-?\d+)? (?=is below)")
"""The number in "mini.margin -0.06 is below 0": reasons are counted without it."""


@dataclass(frozen=True)
class Reached:
    """Slots by state, of a class or of one value of an axis. `planned` is their sum."""

    name: str
    kept: int = 0
    waiting: int = 0
    failed: int = 0
    given_up: int = 0
    made: int = 0
    """Images made for these slots, kept or not."""
    stopped: int = 0
    """Slots that would wait, of a class that is stopped."""

    @property
    def planned(self) -> int:
        return self.kept + self.waiting + self.failed + self.given_up + self.stopped


@dataclass(frozen=True)
class Attempts:
    """A class's attempts by outcome."""

    made: int = 0
    kept: int = 0
    rejected: int = 0
    refused: int = 0
    failed: int = 0

    @property
    def yield_(self) -> float | None:
        """Kept per image made, 0 to 1; None before there is one."""
        return self.kept / self.made if self.made else None


@dataclass(frozen=True)
class Shortfall:
    """Slots of a class (and, if one value stands out, of that value) that are failed or given up, and why."""

    name: str
    where: str
    slots: int
    reason: str


@dataclass(frozen=True)
class Stopped:
    """A class that is left alone, because only `passed` of its first `of` images passed."""

    name: str
    passed: int
    of: int = FIRST


@dataclass(frozen=True)
class Histogram:
    """Of a floor's number over a class's attempts: `passed` and `rejected` per bin between low and high."""

    passed: tuple[int, ...] = (0,) * BINS
    rejected: tuple[int, ...] = (0,) * BINS


@dataclass(frozen=True)
class Summary:
    """What a run has reached. `seconds` of machine time by stage; `number` and `floor` are what histograms show."""

    name: str
    classes: tuple[Reached, ...]
    attempts: Mapping[str, Attempts]
    attributes: Mapping[str, tuple[Reached, ...]]
    failed: tuple[Shortfall, ...] = ()
    given_up: tuple[Shortfall, ...] = ()
    stopped: tuple[Stopped, ...] = ()
    lookalikes: tuple[Deceit, ...] = ()
    """By class (its present name) and decoy; they fill nobody's quota."""
    histograms: Mapping[str, Histogram] = field(default_factory=dict)
    number: str = ""
    floor: float | None = None
    low: float = -1.0
    high: float = 1.0
    seconds: Mapping[str, float] = field(default_factory=dict)
    dollars: float = 0.0
    """Spent, over everything that the run ever did."""
    owed: float = 0.0
    """In flight or lost from sight: sent and not answered, at its upper bound."""
    lost: tuple[int, float] = (0, 0.0)
    """Answers that got lost, and the dollars that they count for among those spent: their upper bounds."""
    by_class: Mapping[str, float] = field(default_factory=dict)
    """Class → dollars spent for it, kept or not."""
    budget: Budget | None = None
    reworded: tuple[int, int] = (0, 0)
    """Prompts that their writer wrote again because they did not pass the checks, and those that the grammar wrote."""
    makers: Mapping[str, int] = field(default_factory=dict)
    """Who made the kept images ("openai gpt-image-2") → how many."""
    uneven: tuple[str, Mapping[str, float]] | None = None
    """The maker whose share of one technique's images differs most between classes, and its share by class, where that
    is a tenth or more: then what a maker's pictures have in common says something of the class."""

    @property
    def total(self) -> Reached:
        """All classes together."""
        states = ("kept", "waiting", "failed", "given_up", "made", "stopped")
        return Reached("all", *(sum(getattr(c, f) for c in self.classes) for f in states))

    @property
    def dollars_per_image(self) -> float | None:
        """What was spent for one kept image; None before there is one."""
        return self.dollars / self.total.kept if self.total.kept else None

    @property
    def seconds_per_thousand(self) -> float | None:
        """Machine time for 1,000 kept images."""
        return sum(self.seconds.values()) / self.total.kept * 1000 if self.total.kept else None


def summarise(ledger: LedgerReader, spec: DatasetSpec, *, stopping: bool = True) -> Summary:
    """Read a run's counts. Nothing is written; works beside a maker. Without `stopping` no class is stopped."""
    keys = {name: spec.key_of(name) for name in spec.classes}
    low = ledger.low_yield(keys.values()) if stopping else {}
    by_class: dict[str, Counter[str]] = defaultdict(Counter)
    by_level: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    lost: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for key, text, counted, n in ledger.states():
        state = "stopped" if counted == "open" and key in low else counted
        by_class[key][state] += n
        for item in json.loads(text).items():
            by_level[item][state] += n
            if state in ("given_up", "failed"):
                lost[key][item] += n
    for key, text, n in ledger.images():
        by_class[key]["made"] += n
        for item in json.loads(text).items():
            by_level[item]["made"] += n
    rows = [(spec.name_of(k), t, f"{engine} {model}".strip(), n) for k, t, engine, model, n in ledger.makers()]
    makers = Counter[str]()
    for _, _, maker, n in rows:
        makers[maker] += n
    floors = ledger.policy.floors if ledger.policy else ()
    left, right = _range(floors[0].number if floors else "")
    return Summary(
        name=spec.name,
        classes=tuple(_reached(name, by_class[key]) for name, key in keys.items()),
        attempts=_attempts(ledger, spec, {name: by_class[key]["made"] for name, key in keys.items()}),
        attributes={
            axis: tuple(_reached(level, by_level[axis, level]) for level in levels)
            for axis, levels in spec.levels.items()
        },
        failed=_shortfalls(ledger, spec, "failed", {}),
        given_up=_shortfalls(ledger, spec, "given_up", lost),
        lookalikes=_lookalikes(ledger, spec),
        stopped=tuple(Stopped(n, low[key]) for n, key in keys.items() if by_class[key]["stopped"]),
        histograms=_histograms(ledger, spec, left, right),
        number=f"{floors[0].scorer}.{floors[0].number}" if floors else "",
        floor=floors[0].at_least if floors else None,
        low=left,
        high=right,
        seconds={name: seconds for name, (_, seconds, _) in ledger.spent().items()},
        dollars=sum(cost for _, _, cost in ledger.spent().values()),
        owed=sum(ledger.owed().values()),
        lost=ledger.lost(),
        by_class={spec.name_of(key): cost for key, cost in ledger.spent_by_class().items()},
        budget=spec.budget,
        reworded=ledger.reworded(),
        makers=dict(sorted(makers.items(), key=lambda m: -m[1])),
        uneven=_uneven(rows),
    )


def _uneven(rows: Sequence[tuple[str, str, str, int]]) -> tuple[str, Mapping[str, float]] | None:
    """From (class, technique, maker, kept images)."""
    of: Counter[tuple[str, str]] = Counter()
    for name, technique, _, n in rows:
        of[technique, name] += n
    shares: dict[tuple[str, str], dict[str, float]] = {}
    for name, technique, maker, n in rows:
        everywhere = dict.fromkeys((c for t, c in of if t == technique), 0.0)
        shares.setdefault((technique, maker), everywhere)[name] = n / of[technique, name]
    spread = {maker: _spread(s, {c: of[maker[0], c] for c in s}) for maker, s in shares.items()}
    worst = max(spread, key=spread.__getitem__, default=None)
    return (worst[1], shares[worst]) if worst and spread[worst] >= UNEVEN else None


def _spread(shares: Mapping[str, float], images: Mapping[str, int]) -> float:
    """How far the largest share is from the smallest; 0 where one image more or less makes all of it: classes take
    turns, so that another engine may take over in the middle of a turn."""
    most, least = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    difference = shares[most] - shares[least]
    return difference if difference > 1.5 / min(images[most], images[least]) else 0.0


def _lookalikes(ledger: LedgerReader, spec: DatasetSpec) -> tuple[Deceit, ...]:
    """How far they deceive, where there are any."""
    beside = {technique for _, technique, _, _ in ledger.beside()}
    if LOOKALIKE not in beside:
        return ()
    made, plain = ((s for _, s in ledger.samples(technique=t)) for t in (LOOKALIKE, PROBE))
    return tuple(replace(d, target=spec.name_of(d.target)) for d in deceits(spec, made, plain))


def _range(number: str) -> tuple[float, float]:
    return (-1.0, 1.0) if number == "margin" else (0.0, 1.0)


def _reached(name: str, states: Counter[str]) -> Reached:
    waiting = states["open"] + states["due"]
    settled = (states["failed"], states["given_up"], states["made"], states["stopped"])
    return Reached(name, states["kept"], waiting, *settled)


def _attempts(ledger: LedgerReader, spec: DatasetSpec, made: Mapping[str, int]) -> dict[str, Attempts]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for key, state, n in ledger.judgements():
        found[spec.name_of(key)][state] += n
    return {
        name: Attempts(made[name], c["kept"], c["rejected"], c["refused"], c["failed"])
        for name, c in ((name, found[name]) for name in spec.classes)
    }


def _shortfalls(
    ledger: LedgerReader, spec: DatasetSpec, state: str, lost: Mapping[str, Counter[tuple[str, str]]]
) -> tuple[Shortfall, ...]:
    by_class: dict[str, Counter[str]] = defaultdict(Counter)
    for key, reason, n in ledger.reasons(state):
        by_class[key][_FIGURE.sub(" ", reason)] += n
    found = []
    for key, reasons in by_class.items():
        total = reasons.total()
        (axis, level), most = (lost[key].most_common(1) or [(("", ""), 0)])[0] if key in lost else (("", ""), 0)
        where = f"{axis}: {level}" if total > 1 and most > total / 2 else ""
        found.append(Shortfall(spec.name_of(key), where, total, reasons.most_common(1)[0][0]))
    return tuple(sorted(found, key=lambda s: (-s.slots, s.name)))


def _histograms(ledger: LedgerReader, spec: DatasetSpec, low: float, high: float) -> dict[str, Histogram]:
    counts: dict[str, tuple[list[int], list[int]]] = {name: ([0] * BINS, [0] * BINS) for name in spec.classes}
    for key, passed, bin_, n in ledger.histogram(low, high, BINS):
        name = spec.name_of(key)
        if name in counts:
            counts[name][0 if passed else 1][bin_] += n
    return {name: Histogram(tuple(p), tuple(r)) for name, (p, r) in counts.items()}
