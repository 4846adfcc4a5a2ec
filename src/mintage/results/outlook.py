"""What a spec would make: counts, grid, contexts, coverage, engines, time, and what differs from the set now."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mintage.core.array import Coverage
from mintage.core.decide import Policy
from mintage.core.ledger_orders import Difference
from mintage.core.ledger_reading import LedgerReader
from mintage.core.plan import Plan
from mintage.core.specfile import not_in_use


@dataclass(frozen=True)
class EngineUse:
    """An engine and how many images it makes; `seconds` if every first attempt passed; None: unknown."""

    name: str
    techniques: tuple[str, ...]
    images: int
    seconds: float | None
    dollars: float


@dataclass(frozen=True)
class Outlook:
    """What `plan` says. `grid` is class → axis → level → images; `contexts` distinct rows of attributes per class."""

    name: str
    counts: Mapping[str, Mapping[str, int]]
    grid: Mapping[str, Mapping[str, Mapping[str, int]]]
    contexts: Mapping[str, int]
    pairs: Mapping[str, Coverage]
    engines: tuple[EngineUse, ...]
    writer: str
    scorers: tuple[str, ...]
    floors: tuple[str, ...]
    not_in_use: tuple[str, ...] = ()
    difference: Difference | None = None
    rescored: int = 0
    floor_changed: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    """Class key → present name."""

    @property
    def images(self) -> int:
        return sum(sum(c.values()) for c in self.counts.values())

    @property
    def to_make(self) -> int:
        """Slots that nothing fills yet."""
        d = self.difference
        if d is None:
            return self.images
        return sum(d.new.values()) + sum(d.unfilled.values())

    @property
    def expected_seconds(self) -> float | None:
        """Machine time for what is to be made, if every first attempt passed; None: an engine does not say."""
        if any(e.seconds is None for e in self.engines):
            return None
        share = self.to_make / self.images if self.images else 0.0
        return share * sum(e.seconds or 0.0 for e in self.engines)


def look_ahead(plan: Plan, policy: Policy, ledger: LedgerReader | None) -> Outlook:
    """Work out what the spec asks for; with a ledger, also what that changes. Calls no model, writes nothing."""
    spec = plan.spec
    counts = {name: plan.counts_by_technique(name) for name in spec.classes}
    for row in spec.more:
        technique = plan.technique_for(row)
        counts[row.of][technique] = counts[row.of].get(technique, 0) + row.images
    grid, contexts, pairs = _cells(plan)
    difference, rescored, floor_changed = None, 0, False
    if ledger is not None and ledger.policy is not None:
        difference = ledger.difference(plan.rows())
        old = ledger.policy
        stale = [s for s in policy.stages if s.startswith("score.") and old.made_by.get(s) != policy.made_by[s]]
        rescored = (
            sum(n for _, state, n in ledger.judgements() if state in ("kept", "passed", "rejected")) if stale else 0
        )
        floor_changed = old.floors != policy.floors
    return Outlook(
        spec.name,
        counts,
        grid,
        contexts,
        pairs,
        _engines(plan, counts),
        plan.writer.name,
        tuple(s.use for s in spec.score),
        tuple(f"{f.scorer}.{f.number} ≥ {f.at_least:g}" for f in policy.floors),
        tuple(not_in_use(spec)),
        difference,
        rescored,
        floor_changed,
        {spec.key_of(name): name for name in spec.classes},
    )


def _engines(plan: Plan, counts: Mapping[str, Mapping[str, int]]) -> tuple[EngineUse, ...]:
    by_maker: dict[str, list[str]] = {}
    for technique, maker in plan.makers.items():
        by_maker.setdefault(maker, []).append(technique)
    found = []
    for techniques in by_maker.values():
        engine = plan.engines[techniques[0]]
        images = sum(c.get(t, 0) for c in counts.values() for t in techniques)
        each = engine.seconds_per_image
        found.append(EngineUse(engine.name, tuple(techniques), images, None if each is None else each * images, 0.0))
    return tuple(found)


def _cells(plan: Plan) -> tuple[dict[str, dict[str, dict[str, int]]], dict[str, int], dict[str, Coverage]]:
    """Grid, contexts and pairs, exactly; classes with equal counts share one walk over the array."""
    walked: dict[tuple[tuple[str, int], ...], tuple[dict[str, dict[str, int]], int, int]] = {}
    covered: dict[int, Coverage] = {}
    grid, contexts, pairs = {}, {}, {}
    for name in plan.spec.classes:
        counts = tuple((t, n) for t, n in plan.counts_by_technique(name).items() if n and plan.techniques[t].uses_axes)
        if counts not in walked:
            walked[counts] = _walk(plan, counts)
        cells, contexts[name], most = walked[counts]
        grid[name] = {axis: dict(levels) for axis, levels in cells.items()}
        for row in (m for m in plan.spec.more if m.of == name):
            for axis, level in row.attributes.items():
                grid[name][axis][level] = grid[name][axis].get(level, 0) + row.images
        if plan.spec.levels:
            pairs[name] = covered.setdefault(most, plan.array.coverage(most))
    return grid, contexts, pairs


def _walk(plan: Plan, counts: tuple[tuple[str, int], ...]) -> tuple[dict[str, dict[str, int]], int, int]:
    cells = {axis: dict.fromkeys(levels, 0) for axis, levels in plan.spec.levels.items()}
    longest = max((n for _, n in counts), default=0)
    rows: Counter[tuple[int, ...]] = Counter()
    for _, n in counts:
        rows.update(plan.array.rows(n))
    for row, n in rows.items():
        for (axis, levels), at in zip(plan.spec.levels.items(), row, strict=True):
            level = list(levels)[at]
            cells[axis][level] += n
    return cells, len(rows), longest
