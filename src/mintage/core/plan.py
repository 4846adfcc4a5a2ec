"""DatasetSpec → the rows of its order, its recipes and its counts. Calls no model."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from mintage.core import registry, specfile
from mintage.core.array import Array
from mintage.core.copying import COPY, Copy
from mintage.core.decide import Policy, policy_of
from mintage.core.errors import MintageError
from mintage.core.ledger_orders import Wanted
from mintage.core.parents import Pool, References
from mintage.core.plan_mistakes import choose_verbs, count_images, unable, unplanned, unpriced, unranked
from mintage.core.pool import RealParents, Turned
from mintage.core.ports import Engine, Scorer, Technique, Writer
from mintage.core.recipe import Recipe, Slot, canonical, maker_of, seed_of
from mintage.core.schema import FIRST
from mintage.core.spec import DatasetSpec, More, Use

PROBE = "probe"
"""The technique of pictures that are made to be compared with, and never kept."""

PROBES = 4
"""So many of each thing."""

ASIDE = ("technique", "references")
"""Keys of a recipe's settings that are not its engine's options."""

CUT = frozenset({"compose", "mask", "copy"})
"""Verbs whose parents may have to be cut out."""


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
    verbs: Mapping[str, str]
    writer: Writer
    scorers: Sequence[Scorer]
    counts: Mapping[str, int]
    references: References = field(default_factory=References)
    probing: bool = False
    """Whether kinds are probed as well, as `preview` does."""

    @classmethod
    def of(
        cls,
        spec: DatasetSpec,
        folder: Path,
        read: Callable[[bool], References] = lambda masks: References(),
        *,
        probing: bool = False,
    ) -> "Plan":
        """Build the plug-ins and count. `read` gives the real images (True: with their cut-outs).

        Raises:
            MintageError: an engine that lacks a verb or a word, a reference folder that is missing; all at once.
        """
        used = spec.used_techniques
        techniques: dict[str, Technique] = {n: registry.build("techniques", spec.technique(n), spec) for n in used}
        if probing or any(techniques[t].compares_with(c) for c in spec.classes for t in spec.shares(c)):
            techniques[PROBE] = registry.build("techniques", Use(use=PROBE), spec)
        engines = {
            n: build_engine(Use(use=COPY) if COPY in t.wants else spec.engine(n), spec) for n, t in techniques.items()
        }
        _let_somebody_probe(techniques, engines)
        writer = registry.build("writers", spec.write, spec)
        scorers = _scorers(spec, techniques)
        array = Array(spec.levels, spec.without)
        verbs, problems = choose_verbs(techniques, engines)
        real = any(c.references for c in spec.classes.values())
        references = read(bool(CUT & {*verbs.values()})) if real else References()
        counts, missing = count_images(spec, folder, references)
        pool = RealParents(references, spec.references.sure)
        problems += missing + unplanned(spec, counts, techniques, verbs, array, pool)
        problems += unable(spec, techniques, engines, verbs) + unranked(spec, scorers)
        problems += unpriced(spec, writer, engines, scorers)
        if problems:
            raise MintageError(*specfile.located(problems, folder))
        plan = cls(spec, folder, array, techniques, engines, verbs, writer, scorers, counts, references, probing)
        for row in spec.more:
            plan.technique_for(row)
        return plan

    def counts_by_technique(self, name: str) -> dict[str, int]:
        """Technique → number of slots of a class, without the rows under `more`."""
        counts = dict.fromkeys(self.spec.shares(name), 0)
        for technique in self._seats(name):
            counts[technique] += 1
        return counts

    def _seats(self, name: str) -> Iterator[str]:
        """The techniques of a class's slots, one after another: a longer plan begins with the shorter one.

        Shares of techniques that come on top are per ordinary image; the others are divided by their sum.
        """
        shares = {t: s.share for t, s in self.spec.shares(name).items()}
        on_top = {t: share for t, share in shares.items() if self.techniques[t].on_top and share > 0}
        ordinary = {t: share for t, share in shares.items() if t not in on_top}
        placed = dict.fromkeys(on_top, 0)
        for i, technique in enumerate(apportion(ordinary, self.counts[name]), 1):
            yield technique
            for extra, share in on_top.items():
                while placed[extra] < int(i * share + 0.5):
                    placed[extra] += 1
                    yield extra

    def rows(self) -> Iterator[Wanted]:
        """Every row of the order, class by class, in the order they are to be made. A stream."""
        for name in self.spec.classes:
            key = self.spec.key_of(name)
            probes = [
                canonical({**place, "of": word}) for word in self.probed(name) for place in self._probed_in(name, word)
            ]
            for i, text in enumerate(probes):
                yield Wanted(key, PROBE, i - len(probes), text)
            counts = self.counts_by_technique(name)
            streams = {t: self._texts(t, key, n) for t, n in counts.items() if n}
            position = -1
            for position, technique in enumerate(self._seats(name)):
                yield Wanted(key, technique, position, next(streams[technique]))
            for row in (m for m in self.spec.more if m.of == name):
                technique = self.technique_for(row)
                for _ in range(row.images):
                    position += 1
                    yield Wanted(key, technique, position, canonical(dict(row.attributes)))

    def total(self, name: str) -> int:
        """All slots of a class."""
        more = sum(m.images for m in self.spec.more if m.of == name)
        return sum(self.counts_by_technique(name).values()) + more + PROBES * len(self.probed(name))

    def probed(self, name: str) -> list[str]:
        """What is drawn to be compared with for a class: plain decoys; and its kind, if it is the first of that."""
        if not self.counts[name] or PROBE not in self.techniques:
            return []
        shares = {t: s.share for t, s in self.spec.shares(name).items() if s.share > 0}
        words = [word for t in shares for word in self.techniques[t].compares_with(name)]
        kind = self.spec.classes[name].kind
        if self.probing and kind and self.first_of(kind) == name:
            words.append(kind)
        engine = self.engines[PROBE]
        unknown = {u.word for u in engine.knows({"class": words})}
        return [w for w in dict.fromkeys(words) if w not in unknown]

    def _probed_in(self, name: str, word: str) -> list[Mapping[str, str]]:
        """The attributes of a word's probes. A decoy's are plain; a kind has those of its class's first slots that are
        drawn from words, which every class shares: then a picture differs from a probe by what it shows alone."""
        plain: list[Mapping[str, str]] = [{}] * PROBES
        shares = {t: s.share for t, s in self.spec.shares(name).items() if s.share > 0}
        if word != self.spec.classes[name].kind or any(word in self.techniques[t].compares_with(name) for t in shares):
            return plain
        drawn = [t for t in islice(self._seats(name), FIRST) if self.verbs[t] == "text" and t not in self.unparented]
        key, used = self.spec.key_of(name), drawn[:PROBES]
        rows = {
            t: iter(self.techniques[t].plan(key, used.count(t), self.array.attributes)) for t in dict.fromkeys(used)
        }
        return ([next(rows[t]) for t in used] + plain)[:PROBES]

    def first_of(self, kind: str) -> str:
        """The first class of a kind, whose slots its probes are."""
        return next(c for c, told in self.spec.classes.items() if told.kind == kind and self.counts[c])

    def technique_for(self, row: More) -> str:
        """The technique of a row under `more`: the first of its class whose slots have the spec's axes, or nothing, as
        the row has.

        Raises:
            MintageError: none of them would show what the row says.
        """
        for name, share in self.spec.shares(row.of).items():
            technique = self.techniques[name]
            if share.share <= 0 or technique.on_top or technique.waits:
                continue
            own = next(iter(technique.plan(self.spec.key_of(row.of), 1, self.array.attributes)))
            if bool(own) == bool(row.attributes) and set(own) <= set(self.spec.levels):
                return name
        said = ", ".join(f"{a}: {v}" for a, v in row.attributes.items()) or "no attributes"
        expected = "a technique of this class that shows them" if row.attributes else "a technique without axes"
        type_this = f"{row.of}: {{techniques: {{{'scene' if row.attributes else 'vanilla'}: 1, …}}}}"
        raise MintageError(f"no technique of {row.of!r} makes images with {said}", "more", expected, type_this)

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

    def recipe(self, slot: Slot, attempt: int, pool: Pool | None = None) -> Recipe | None:
        """The recipe of an attempt at a slot, by the present engine; None while the parent it wants is not made.

        `pool`: what can be a parent; the references alone, if it is left out.
        """
        name = slot.technique
        seed = seed_of(self.spec.seed, slot.key, name, slot.number, attempt)
        here = pool or RealParents(self.references, self.spec.references.sure)
        if attempt and self.verbs[name] == COPY:
            here = Turned(here, attempt)
        origin = self.techniques[name].origin(slot, self.verbs[name], here)
        if origin is None:
            return None
        parents = tuple(p.name for p in origin.parents)
        engine = self.engines[name].name
        return Recipe(slot, attempt, origin.objects, engine, self._settings[name], seed, parents, origin.roots)

    @property
    def waiting(self) -> frozenset[str]:
        """Techniques whose parents are images of this run: their slots come after all others."""
        return frozenset(n for n, t in self.techniques.items() if t.waits)

    @property
    def unparented(self) -> frozenset[str]:
        """Techniques whose images are no parents: children themselves, look-alikes, probes."""
        return self.waiting | {n for n, t in self.techniques.items() if t.on_top} | {PROBE}

    @cached_property
    def _settings(self) -> dict[str, dict[str, Any]]:
        """Technique → the options of its engine, of itself and of the references, as far as they change pixels."""
        found = {}
        for name, technique in self.techniques.items():
            settings = dict(self.engines[name].settings)
            if technique.settings:
                settings["technique"] = technique.settings
            if self.verbs.get(name, "text") != "text":
                settings["references"] = self.spec.references.model_dump()
            found[name] = settings
        return found

    def policy(self, again: bool = False) -> Policy:
        """What decides: the scorers' own floors unless `keep.floor` names some of theirs."""
        stages = [("words", self.writer.made_by), *((f"image.{t}", e.made_by) for t, e in self.engines.items())]
        stages += [(f"score.{s.name}", s.made_by) for s in self.scorers]
        floors: dict[str, float] = {}
        for scorer in self.scorers:
            own = {k: v for k, v in self.spec.keep.floor.items() if k.partition(".")[0] == scorer.name}
            floors |= own or {f"{scorer.name}.{number}": v for number, v in scorer.floors.items()}
        beside = tuple(n for n, t in self.techniques.items() if t.on_top)
        unkept = (PROBE,)
        return policy_of(stages, self.makers, floors, self.spec.keep.attempts, again, beside=beside, unkept=unkept)

    @property
    def makers(self) -> dict[str, str]:
        """Technique → the hash of its engine and settings."""
        return {t: maker_of(e.name, self._settings[t]) for t, e in self.engines.items()}


def build_engine(use: Use, spec: DatasetSpec) -> Engine:
    """An engine with its options; `copy` is built in."""
    engine: Engine = Copy(Copy.Options(), spec) if use.use == COPY else registry.build("engines", use, spec)
    return engine


def engine_of(recipe: Recipe, spec: DatasetSpec) -> Engine:
    """The engine that a recipe names, with its options; how it works (its address, …) is as the spec says now."""
    options = {k: v for k, v in recipe.settings.items() if k not in ASIDE}
    named = (spec.engine(recipe.slot.technique), spec.make, *spec.make.others.values())
    present = next((use for use in named if use.use == recipe.engine), None)
    if recipe.engine != COPY and present is not None:
        fields = registry.find("engines", recipe.engine).Options.model_fields
        how = {n for n, f in fields.items() if isinstance(f.json_schema_extra, dict) and f.json_schema_extra.get("how")}
        options = {k: v for k, v in present.options.items() if k in how} | options
    return build_engine(Use(use=recipe.engine, options=options), spec)


def _let_somebody_probe(techniques: dict[str, Technique], engines: dict[str, Engine]) -> None:
    """Probes are made by an engine that draws from words, if the set has one; else there are none."""
    if PROBE not in techniques:
        return
    able = [e for e in (engines[PROBE], *engines.values()) if {*techniques[PROBE].wants} & e.can]
    if able:
        engines[PROBE] = able[0]
    else:
        del techniques[PROBE], engines[PROBE]


def _scorers(spec: DatasetSpec, techniques: Mapping[str, Technique]) -> list[Scorer]:
    """Those of the spec, and those that its techniques need."""
    named = [use.use for use in spec.score]
    needed = dict.fromkeys(s for t in techniques.values() for s in t.scored_by if s not in named)
    return [registry.build("scorers", use, spec) for use in [*spec.score, *(Use(use=s) for s in needed)]]
