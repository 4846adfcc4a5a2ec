"""DatasetSpec → the rows of its order, its recipes and its counts. Calls no model."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mintage.core import registry, specfile
from mintage.core.array import Array
from mintage.core.decide import Policy, policy_of
from mintage.core.errors import MintageError, Problem
from mintage.core.ledger_orders import Wanted
from mintage.core.ports import Engine, Scorer, Technique, Unknown, Writer
from mintage.core.recipe import Recipe, Slot, canonical, maker_of, seed_of
from mintage.core.spec import DatasetSpec, More

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


def apportion(shares: Mapping[str, float], n: int) -> Iterator[str]:
    """The first `n` seats by Sainte-Laguë (Webster), one after another: a longer plan takes no place away."""
    heap = [(-share, i, 0, name) for i, (name, share) in enumerate(shares.items()) if share > 0]
    heapq.heapify(heap)
    for _ in range(n if heap else 0):
        _, i, seats, name = heap[0]
        heapq.heapreplace(heap, (-shares[name] / (2 * seats + 3), i, seats + 1, name))
        yield name


@dataclass(frozen=True)
class Plan:
    """What a spec asks for: its array, its techniques and engines, and how many images each class wants.

    `folder` is where the spec lies; reference folders are looked up from there.
    """

    spec: DatasetSpec
    folder: Path
    array: Array
    techniques: Mapping[str, Technique]
    engines: Mapping[str, Engine]
    writer: Writer
    scorers: Sequence[Scorer]
    counts: Mapping[str, int]

    @classmethod
    def of(cls, spec: DatasetSpec, folder: Path) -> "Plan":
        """Build the plug-ins and count.

        Raises:
            MintageError: an engine that lacks a verb or a word, a reference folder that is missing; all at once.
        """
        techniques = {n: registry.build("techniques", spec.technique(n), spec) for n in spec.used_techniques}
        engines = {n: registry.build("engines", spec.engine(n), spec) for n in techniques}
        writer = registry.build("writers", spec.write, spec)
        scorers = [registry.build("scorers", use, spec) for use in spec.score]
        array = Array(spec.levels)
        counts, problems = _counts(spec, folder)
        problems += _unplanned(spec, techniques, array) + _unable(spec, techniques, engines)
        problems += _unranked(spec, scorers)
        if problems:
            raise MintageError(*specfile.located(problems, folder))
        return cls(spec, folder, array, techniques, engines, writer, scorers, counts)

    def counts_by_technique(self, name: str) -> dict[str, int]:
        """Technique → number of slots of a class, without the rows under `more`."""
        shares = {t: s.share for t, s in self.spec.shares(name).items()}
        counts = dict.fromkeys(shares, 0)
        for technique in apportion(shares, self.counts[name]):
            counts[technique] += 1
        return counts

    def rows(self) -> Iterator[Wanted]:
        """Every row of the order, class by class, in the order they are to be made. A stream."""
        for name in self.spec.classes:
            key = self.spec.key_of(name)
            counts = self.counts_by_technique(name)
            streams = {t: self._texts(t, key, n) for t, n in counts.items() if n}
            shares = {t: s.share for t, s in self.spec.shares(name).items()}
            position = -1
            for position, technique in enumerate(apportion(shares, self.counts[name])):
                yield Wanted(key, technique, position, next(streams[technique]))
            for row in (m for m in self.spec.more if m.of == name):
                technique = self.technique_for(row)
                for _ in range(row.images):
                    position += 1
                    yield Wanted(key, technique, position, canonical(dict(row.attributes)))

    def technique_for(self, row: More) -> str:
        """The technique of a row under `more`: the first of its class that has attributes, or has none, as it does."""
        shares = self.spec.shares(row.of)
        fitting = (t for t in shares if self.techniques[t].uses_axes == bool(row.attributes))
        return next(fitting, next(iter(shares)))

    def _texts(self, technique: str, key: str, n: int) -> Iterator[str]:
        """Attributes as canonical JSON: the same whatever the order of the axes in the file."""
        quoted: dict[tuple[str, str], str] = {}
        for row in self.techniques[technique].plan(key, n, self.array.attributes):
            parts = []
            for item in sorted(row.items()):
                text = quoted.get(item)
                if text is None:
                    text = quoted[item] = canonical(dict([item]))[1:-1]
                parts.append(text)
            yield "{" + ",".join(parts) + "}"

    def recipe(self, slot: Slot, attempt: int) -> Recipe:
        """The recipe of an attempt at a slot, by the present engine."""
        engine = self.engines[slot.technique]
        seed = seed_of(self.spec.seed, slot.key, slot.technique, slot.number, attempt)
        return Recipe(slot, attempt, ((slot.key, 1.0),), engine.name, engine.settings, seed)

    def policy(self, again: bool = False) -> Policy:
        """What decides: the scorers' own floors unless `keep.floor` names some of theirs."""
        stages = [("words", self.writer.made_by), *((f"image.{t}", e.made_by) for t, e in self.engines.items())]
        stages += [(f"score.{s.name}", s.made_by) for s in self.scorers]
        floors: dict[str, float] = {}
        for scorer in self.scorers:
            own = {k: v for k, v in self.spec.keep.floor.items() if k.partition(".")[0] == scorer.name}
            floors |= own or {f"{scorer.name}.{number}": v for number, v in scorer.floors.items()}
        return policy_of(stages, self.makers, floors, self.spec.keep.attempts, again)

    @property
    def makers(self) -> dict[str, str]:
        """Technique → the hash of its engine and settings."""
        return {t: maker_of(e.name, e.settings) for t, e in self.engines.items()}


def _counts(spec: DatasetSpec, folder: Path) -> tuple[dict[str, int], list[Problem]]:
    counts: dict[str, int] = {}
    problems = []
    for name, c in spec.classes.items():
        counts[name] = c.images.count or 0
        if c.images.fill_to:
            real = folder / c.references
            if not real.is_dir():
                where = f"classes.{name}.references"
                problems.append(Problem(f"there is no folder {real}", where, "a folder of real images of the class"))
                continue
            files = (f for f in real.rglob("*") if f.suffix.lower() in PICTURES and not f.name.startswith("."))
            there = sum(f.is_file() for f in files)
            counts[name] = max(0, c.images.fill_to - there)
    return counts, problems


def _unplanned(spec: DatasetSpec, techniques: Mapping[str, Technique], array: Array) -> list[Problem]:
    """What techniques with a share say of a spec that they cannot plan, such as scene without axes."""
    problems: dict[Problem, None] = {}
    for name, key, technique in ((c, spec.key_of(c), t) for c in spec.classes for t in spec.shares(c)):
        if spec.shares(name)[technique].share > 0:
            try:
                techniques[technique].plan(key, 0, array.attributes)
            except MintageError as error:
                problems |= dict.fromkeys(error.problems)
    return list(problems)


def _unable(spec: DatasetSpec, techniques: Mapping[str, Technique], engines: Mapping[str, Engine]) -> list[Problem]:
    problems: dict[Problem, None] = {}
    for name, technique in techniques.items():
        engine = engines[name]
        if technique.wants not in engine.can:
            able = [e for e in registry.names("engines") if technique.wants in registry.find("engines", e).can]
            problems[
                Problem(
                    f"the engine {engine.name!r} cannot do {name!r} (it has {', '.join(sorted(engine.can))})",
                    "make",
                    f"an engine with {technique.wants!r}: {', '.join(able) or 'none is installed'}",
                )
            ] = None
            continue
        users = [c for c in spec.classes if name in spec.shares(c)]
        words: dict[str, list[str]] = {"class": [spec.subject(c) for c in users]}
        if technique.uses_axes:
            words |= {axis: list(levels) for axis, levels in spec.levels.items()}
        for unknown in engine.knows(words):
            problems[_unknown(unknown, engine, _place(spec, unknown))] = None
    return list(problems)


def _unranked(spec: DatasetSpec, scorers: Sequence[Scorer]) -> list[Problem]:
    words = {spec.subject(c): None for c in spec.classes} | {
        w: None for c in spec.classes.values() for w in c.lookalikes
    }
    problems = []
    for scorer in scorers:
        for unknown in scorer.knows(words):
            near = f" (near: {', '.join(unknown.nearest)})" if unknown.nearest else ""
            expected = f"words that it knows{near}, or another scorer"
            found = f"the scorer {scorer.name!r} has never seen {unknown.word!r}"
            problems.append(Problem(found, _place(spec, unknown), expected, "score: [technical]"))
    return problems


def _place(spec: DatasetSpec, unknown: Unknown) -> str:
    """Where an unknown word stands in the spec."""
    if unknown.kind != "class":
        return f"axes.{unknown.kind}"
    named = (c for c, told in spec.classes.items() if unknown.word in (spec.subject(c), *told.lookalikes))
    return f"classes.{next(named, '')}"


def _unknown(unknown: Unknown, engine: Engine, place: str) -> Problem:
    able = [
        e
        for e in registry.names("engines")
        if (cls := registry.find("engines", e)).draws and cls.vocabulary is Engine.vocabulary
    ]
    near = f"one of {', '.join(unknown.nearest)}, or " if unknown.nearest else ""
    others = (
        f"an engine that draws anything: {', '.join(able)}"
        if able
        else "an engine that draws anything (your own: docs/engines.md)"
    )
    what = "class" if unknown.kind == "class" else f"{unknown.kind}"
    return Problem(
        f"the engine {engine.name!r} cannot draw the {what} {unknown.word!r}",
        place,
        near + others,
        f"mintage engines {engine.name}",
    )
