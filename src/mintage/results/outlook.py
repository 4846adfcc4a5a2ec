"""What a spec would make: counts, grid, contexts, coverage, engines, time, and what differs from the set now."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from mintage.core.array import Coverage
from mintage.core.decide import Policy, judge
from mintage.core.ledger_orders import Difference
from mintage.core.ledger_reading import LedgerReader
from mintage.core.passing import Briefed, Weights, Wrote
from mintage.core.plan import PROBE, PROBES, Plan
from mintage.core.ports import Technique
from mintage.core.purse import Purse
from mintage.core.recipe import Sample, Slot, maker_of
from mintage.core.spec import Budget
from mintage.core.specfile import not_in_use
from mintage.results.coverage import WrittenCoverage, written_coverage
from mintage.results.meaning import Meaning, meanings, twins
from mintage.results.outlay import Outlay, outlays
from mintage.stages.words import WORDLESS

EXAMPLES = 3
"""Prompts that `plan` shows."""

SCORED = ("kept", "passed", "rejected")


@dataclass(frozen=True)
class EngineUse:
    """An engine and how many images it makes; `seconds` if every first attempt passed (None: unknown). `weights`:
    what it has to download; `advice`: lines about its options."""

    name: str
    techniques: tuple[str, ...]
    images: int
    seconds: float | None
    weights: Weights | None = None
    advice: tuple[str, ...] = ()


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
    prompts: tuple[str, ...]
    """Of the first slots, where the writer needs no model."""
    scorers: tuple[str, ...]
    floors: tuple[str, ...]
    not_in_use: tuple[str, ...] = ()
    unfilled_axes: tuple[str, ...] = ()
    """Axes that are `auto` still."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Class key → present name."""
    difference: Difference | None = None
    """Against the set now; None before there is one. The rest says why the set changes beyond its rows."""
    rescored: int = 0
    floor_changed: bool = False
    fallen: int = 0
    """Kept images that the new floor lets fall."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    reworded: bool = False
    tried_again: bool = False
    """Given-up slots get attempts again: there are more attempts, or another engine."""
    outlays: tuple[Outlay, ...] = ()
    """What servers are still asked for, and what that costs."""
    spent: float = 0.0
    """Dollars so far, what is in flight included."""
    budget: Budget | None = None
    stopped: Mapping[str, int] = field(default_factory=dict)
    """Class key → how many of its first images passed, where that is too few to go on."""
    meanings: tuple[Meaning, ...] = ()
    """Of each class, what will be drawn."""
    twins: tuple[tuple[str, ...], ...] = ()
    """Classes whose names differ in a size or a number alone."""
    written: WrittenCoverage | None = None
    """What a model's prompts tell of what was planned; None before there are any."""
    unsafe: bool = False
    """`safety: off`."""
    unfilled: Mapping[str, int] | None = None
    """Technique → slots that want an image now; None before there is a set."""

    @property
    def images(self) -> int:
        return sum(sum(c.values()) for c in self.counts.values())

    @property
    def to_make(self) -> int:
        """Slots that want an image now."""
        return self.images if self.unfilled is None else sum(self.unfilled.values())

    @property
    def changes(self) -> bool:
        """Whether `run` would change the set, even if it makes nothing."""
        d = self.difference
        moved = d is None or bool(d.returning or d.leaving)
        return moved or bool(self.rescored or self.floor_changed or self.renamed or self.tried_again)

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
    for name in counts:
        probes = PROBES * len(plan.probed(name))
        counts[name] |= {PROBE: probes} if probes else {}
    for row in spec.more:
        technique = plan.technique_for(row)
        counts[row.of][technique] = counts[row.of].get(technique, 0) + row.images
    grid, contexts, pairs = _cells(plan)
    look = Outlook(
        name=spec.name,
        counts=counts,
        grid=grid,
        contexts=contexts,
        pairs=pairs,
        engines=_engines(plan, counts),
        writer=plan.writer.name,
        prompts=_prompts(plan),
        scorers=tuple(s.use for s in spec.score),
        floors=tuple(f"{f.scorer}.{f.number} ≥ {f.at_least:g}" for f in policy.floors),
        not_in_use=tuple(not_in_use(spec)),
        unfilled_axes=tuple(name for name, axis in spec.axes.items() if not axis),
        names={spec.key_of(name): name for name in spec.classes},
        meanings=meanings(spec, closed=all(e.vocabulary is not None for e in plan.engines.values())),
        twins=twins(spec),
        unsafe=spec.safety == "off",
    )
    if ledger is not None and ledger.policy is not None:
        look = _compare(look, plan, policy, ledger, ledger.policy)
    if ledger is not None and plan.writer.calls_model:
        look = replace(look, written=written_coverage(ledger, spec))
    purse = ledger.purse(None, None) if ledger is not None else Purse()
    wanted = Counter[str]()
    for techniques in counts.values():
        wanted.update(techniques)
    owed = tuple(outlays(plan, wanted if look.unfilled is None else look.unfilled, ledger, look.stopped))
    return replace(look, outlays=owed, spent=purse.spent + purse.held, budget=spec.budget)


def _compare(look: Outlook, plan: Plan, policy: Policy, ledger: LedgerReader, old: Policy) -> Outlook:
    order = ledger.newest("order")
    before = {key: name for name, key in order.value["keys"].items()} if order else {}
    stale = any(old.made_by.get(s) != policy.made_by[s] for s in policy.stages if s.startswith("score."))
    scored = sum(n for key, state, n in ledger.judgements() if key in look.names and state in SCORED)
    makers = {t: m for t, m in policy.makers.items() if t in old.makers}
    floor_changed = old.floors != policy.floors
    kept = (sample for _, sample in ledger.samples(state="kept")) if floor_changed and not stale else ()
    fallen = Counter(sample.technique for sample in kept if judge(sample, policy).state == "rejected")
    other_maker = any(old.makers[t] != m for t, m in makers.items())
    reworded = old.made_by.get("words") != policy.made_by["words"]
    refused, tried = other_maker or reworded, other_maker or policy.attempts > old.attempts
    difference, stopped = ledger.difference(plan.rows()), _stopped(ledger, policy, look)
    unfilled = Counter(fallen)
    for key, technique, n in ledger.unfilled(refused, tried):
        unfilled[technique] += 0 if key in stopped else n
    return replace(
        look,
        difference=difference,
        rescored=scored if stale else 0,
        stopped=stopped,
        unfilled=unfilled,
        floor_changed=floor_changed,
        fallen=fallen.total(),
        renamed={before[k]: name for k, name in look.names.items() if before.get(k, name) != name},
        reworded=reworded,
        tried_again=sum(n for _, _, n in ledger.unfilled(refused, tried))
        > sum(n for _, _, n in ledger.unfilled(False, False)),
    )


def _stopped(ledger: LedgerReader, policy: Policy, look: Outlook) -> dict[str, int]:
    """The classes that a run under this policy would leave alone."""
    before, ledger.policy = ledger.policy, policy
    try:
        return ledger.low_yield(look.names)
    finally:
        ledger.policy = before


def _prompts(plan: Plan) -> tuple[str, ...]:
    """The words of the first slots, if the writer calls no model."""
    if plan.writer.calls_model:
        return ()
    items = []
    worded = (r for r in islice(plan.rows(), 1000) if r.technique != PROBE and plan.verbs[r.technique] not in WORDLESS)
    for row in islice(worded, EXAMPLES):
        slot = Slot(row.key, row.technique, row.position, json.loads(row.attributes))
        recipe = plan.recipe(slot, 0)
        if recipe is None:
            continue
        brief = plan.techniques[row.technique].brief(recipe)
        items.append(Briefed(Sample(recipe), brief, plan.engines[row.technique].phrasing))
    return tuple(answer.prompt for answer in plan.writer.write(items) if isinstance(answer, Wrote))


def _engines(plan: Plan, counts: Mapping[str, Mapping[str, int]]) -> tuple[EngineUse, ...]:
    by_maker: dict[str, list[str]] = {}
    for technique, engine in plan.engines.items():
        by_maker.setdefault(maker_of(engine.name, engine.settings), []).append(technique)
    found = []
    for techniques in by_maker.values():
        engine = plan.engines[techniques[0]]
        images = sum(c.get(t, 0) for c in counts.values() for t in techniques)
        each = engine.seconds_per_image
        seconds = None if each is None else each * images
        use = EngineUse(engine.name, tuple(techniques), images, seconds, engine.weights, engine.advice)
        found.append(use)
    return tuple(found)


def _cells(plan: Plan) -> tuple[dict[str, dict[str, dict[str, int]]], dict[str, int], dict[str, Coverage]]:
    """Grid, contexts and pairs, exactly; classes with equal counts share one walk over the array."""
    walked: dict[tuple[tuple[str, int], ...], tuple[dict[str, dict[str, int]], int, int]] = {}
    covered: dict[int, Coverage] = {}
    grid, contexts, pairs = {}, {}, {}
    for name in plan.spec.classes:
        counts = tuple((t, n) for t, n in plan.counts_by_technique(name).items() if n and _in_grid(plan.techniques[t]))
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


def _in_grid(technique: Technique) -> bool:
    """Whether its images are counted by context: not if it has none, or fills nobody's quota."""
    return technique.uses_axes and not technique.on_top


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
