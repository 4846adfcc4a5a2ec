"""Does the engine draw each class, or something else? Judged by a few first images of each; data out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.ledger_reading import LedgerReader
from mintage.core.nouns import with_article
from mintage.core.plan import PROBE, Plan
from mintage.core.ports import Engine, Scorer
from mintage.core.recipe import Sample
from mintage.core.spec import Use
from mintage.pictures import FileChanged, open_picture, open_stored

if TYPE_CHECKING:
    import numpy

    Vector = numpy.ndarray[Any, Any]

DRAWN, OTHERWISE, UNCLEAR = "drawn", "drawn as something else", "cannot tell"

SURE, UNSURE = 0.05, 0.1
"""A class is drawn when its pictures' lead over the plain ones is no likelier than the first by chance; something else
is drawn when it is likelier than the second."""

REFERENCES = 32
"""So many references are looked at."""

WAYS = 20
"""With fewer ways to mix previews and probes, chance alone would pass for a lead."""


@dataclass(frozen=True)
class Look:
    """What a preview says of one class.

    `verdict` is one of the three; `instead` is what was drawn, as far as that can be named; `why` a sentence. `samples`
    are its previews, made or not, of which `passed` reach the floors; `advice` is what would do instead.
    """

    name: str
    verdict: str
    instead: str = ""
    why: str = ""
    samples: tuple[Sample, ...] = ()
    passed: int = 0
    advice: tuple[str, ...] = ()


def look_at(ledger: LedgerReader, plan: Plan, first: int) -> tuple[tuple[Look, ...], Mapping[str, Sequence[Sample]]]:
    """A verdict on each class from its first so many images; and the pictures of each kind that it was compared with.

    A picture's nearness is its cosine to the class's words (name and description), plus that to the mean of its
    references where there are some, less that to the words for its kind. The class is drawn if its previews are nearer
    than pictures of the kind, made in the same places and styles: an exact one-sided permutation test of the means
    (Fisher 1935, Pitman 1937). Without a kind the scorer's own ranking decides by majority. What is known of its errors
    stands in docs/preview.md.
    """
    judge = _judge(plan)
    judge.load()
    space = _Space(judge, ledger)
    kinds = {c.kind: None for c in plan.spec.classes.values() if c.kind}
    probes = {kind: _probes(ledger, plan, kind) for kind in kinds}
    looks = [_look(name, ledger, plan, space, probes, first) for name in plan.spec.classes if plan.counts[name]]
    return tuple(looks), {kind: found for kind, found in probes.items() if found}


def lead(own: Sequence[float], others: Sequence[float]) -> float:
    """How likely chance alone gives `own` a mean as far above that of `others`: the share of all ways to part them."""
    together = [*own, *others]
    least = sum(own) - 1e-9
    sums = [sum(part) for part in combinations(together, len(own))]
    return sum(s >= least for s in sums) / len(sums)


def _judge(plan: Plan) -> Scorer:
    """The first of the spec's scorers that ranks and keeps vectors; else the embedded one."""
    own = next((s for s in plan.scorers if s.ranks and s.space), None)
    if own is not None:
        return own
    judge: Scorer = registry.build("scorers", Use(use="mini"), plan.spec)
    return judge


@dataclass(frozen=True)
class _Space:
    """Vectors of samples, references and words."""

    judge: Scorer
    ledger: LedgerReader

    def of(self, samples: Sequence[Sample]) -> list["Vector"]:
        """Of those that have a picture: as stored, else of the file."""
        import numpy

        made = [s for s in samples if s.done("image")]
        stored = self.ledger.vectors.get(self.judge.space or "", [s.facts["image"].number for s in made])
        found = []
        for sample in made:
            data = stored.get(sample.facts["image"].number)
            try:
                vector = numpy.frombuffer(data, "<f4") if data else self.judge.embed([open_stored(sample)])[0]
            except (OSError, FileChanged):
                continue
            if vector is not None:
                found.append(vector)
        return found

    def words(self, *texts: str) -> "Vector | None":
        """The mean of the texts that the judge has vectors of."""
        return _mean([v for v in self.judge.embed([t for t in texts if t]) if v is not None])

    def references(self, plan: Plan, key: str) -> "Vector | None":
        found = []
        for reference in list(plan.references.of.get(key, ()))[:REFERENCES]:
            try:
                found += self.judge.embed([open_picture(reference.path)])
            except OSError:
                continue
        return _mean([v for v in found if v is not None])


def _mean(vectors: Sequence["Vector"]) -> "Vector | None":
    import numpy

    if not vectors:
        return None
    mean = numpy.mean(vectors, axis=0)
    return mean / max(float(numpy.linalg.norm(mean)), 1e-12)  # type: ignore[no-any-return]


def _previews(ledger: LedgerReader, plan: Plan, name: str, first: int) -> list[Sample]:
    """The first attempt at each of the first slots, by the present engine: with the present words if there is one."""
    usable = {t for t, s in plan.spec.shares(name).items() if s.share > 0} - plan.unparented
    wanted = {t for t in usable if plan.verbs[t] == "text"} or usable
    exact: dict[str, Sample] = {}
    older: dict[str, Sample] = {}
    for _, sample in ledger.samples(key=plan.spec.key_of(name), limit=1000):
        if sample.technique not in wanted or sample.recipe.maker != plan.makers[sample.technique]:
            continue
        words = sample.facts.get("words")
        fits = words is not None and words.made_by == plan.writer.made_by
        (exact if fits else older).setdefault(str(sample.recipe.slot), sample)
        if len(exact) == first:
            break
    return list((exact or older).values())[:first]


def _probes(ledger: LedgerReader, plan: Plan, kind: str) -> list[Sample]:
    """The pictures of a kind, by the present engine."""
    if PROBE not in plan.techniques or not any(c.kind == kind and plan.counts[n] for n, c in plan.spec.classes.items()):
        return []
    key = plan.spec.key_of(plan.first_of(kind))
    found = (s for _, s in ledger.samples(technique=PROBE, key=key) if s.attributes["of"] == kind)
    return [s for s in found if s.recipe.maker == plan.makers[PROBE] and s.done("image")]


def _look(
    name: str, ledger: LedgerReader, plan: Plan, space: _Space, probes: Mapping[str, Sequence[Sample]], first: int
) -> Look:
    samples = _previews(ledger, plan, name, first)
    told = plan.spec.classes[name]
    kind = told.kind if told.kind.casefold() != plan.spec.subject(name).casefold() else ""
    verdict, instead, why = _verdict(name, samples, plan, space, probes.get(kind, ()), kind)
    passed = sum(s.verdict is not None and s.verdict.reason.startswith("passes") for s in samples)
    advice = () if verdict == DRAWN else _advice(name, plan, verdict, bool(probes.get(kind)))
    return Look(name, verdict, instead, why, tuple(samples), passed, advice)


def _verdict(
    name: str, samples: Sequence[Sample], plan: Plan, space: _Space, probes: Sequence[Sample], kind: str
) -> tuple[str, str, str]:
    vectors = space.of(samples)
    if not vectors:
        failed = next((s.verdict.reason for s in samples if s.verdict and s.verdict.reason), "")
        return UNCLEAR, "", f"no image of it could be looked at{f': {failed}' if failed else ' by this engine'}"
    told = plan.spec.classes[name]
    words = space.words(plan.spec.subject(name), told.description)
    real = space.references(plan, plan.spec.key_of(name))
    goals = [v for v in (words, real) if v is not None]
    if not goals:
        return UNCLEAR, "", f"{space.judge.name} has never seen these words, and there are no references"
    ranked = _Ranked.of(samples, space.judge.name)
    others = space.of(probes)
    if not kind or not others:
        return ranked.verdict(kind)
    plain = space.words(kind)
    goal = sum(goals) if plain is None else sum(goals) - plain
    own, beside = ([float(v @ goal) for v in group] for group in (vectors, others))
    if len(list(combinations(range(len(own) + len(beside)), len(own)))) < WAYS:
        return UNCLEAR, "", f"too few images: {len(own)} of it, {len(beside)} of {with_article(kind)}"
    chance, near = lead(own, beside), "its references" if words is None else repr(plan.spec.subject(name))
    said = f"nearer to {near} than {with_article(kind)} is: p {chance:.2g}"
    if chance <= SURE:
        return (OTHERWISE, ranked.rival, f"{said}, but {ranked.said}") if ranked.rival else (DRAWN, "", said)
    if chance <= UNSURE or ranked.own:
        return UNCLEAR, "", f"hardly {said}{f', though {ranked.said}' if ranked.own else ''}"
    unlike = lead(beside, own) <= SURE  # not even as near as its kind
    return OTHERWISE, (ranked.rival or f"no {kind} either") if unlike else kind, f"no {said}"


@dataclass(frozen=True)
class _Ranked:
    """How a scorer ranks previews: `first` of `of_` have their own class first; `rival`: what more than half are."""

    scorer: str
    of_: int = 0
    first: int = 0
    rival: str = ""

    @classmethod
    def of(cls, samples: Sequence[Sample], scorer: str) -> "_Ranked":
        facts = [f for s in samples if (f := s.done(f"score.{scorer}")) and "margin" in f.value]
        behind = [f for f in facts if f.value["margin"] < 0]
        rivals = Counter(f.note.removeprefix(LIKE) for f in behind if f.note.startswith(LIKE))
        rival, most = (rivals.most_common(1) or [("", 0)])[0]
        named = most > len(facts) / 2 and rival != NONE
        return cls(scorer, len(facts), len(facts) - len(behind), rival if named else "")

    @property
    def own(self) -> bool:
        return self.of_ > 0 and self.first >= self.of_ / 2

    @property
    def said(self) -> str:
        if self.rival:
            return f"{self.scorer} takes most of them for {with_article(self.rival)}"
        return f"{self.scorer} ranks {self.first} of {self.of_} as it"

    def verdict(self, kind: str) -> tuple[str, str, str]:
        """Where there is nothing to compare with."""
        why = f"no {kind} to compare with; " if kind else ""
        if not self.of_:
            return UNCLEAR, "", why + "no scorer ranks it"
        if self.rival:
            return OTHERWISE, self.rival, why + self.said
        return DRAWN if self.own else UNCLEAR, "", why + self.said


LIKE, NONE = "most like: ", "none of these"
"""How a scorer's note begins that names a rival, and the rival that is no thing."""


def _advice(name: str, plan: Plan, verdict: str, compared: bool) -> tuple[str, ...]:
    """What would do instead, the cheapest first."""
    told, found = plan.spec.classes[name], []
    if not told.kind:
        found.append("say what it is (kind:), so that a preview compares it with others of its kind")
    elif not compared:
        found.append(f"another kind: than {told.kind!r}, that the engine can draw")
    if not told.description:
        found.append("say what it looks like (description:)")
    if verdict == OTHERWISE:
        found.append("another word (called:)")
    if not told.references:
        found.append("give a few photos (references:)")
    able = _engines_for(plan.spec.subject(name), plan)
    return (*found, f"another engine ({', '.join(able)})" if able else "another engine (docs/engines.md)")


def _engines_for(word: str, plan: Plan) -> list[str]:
    """Other engines that draw from words, and know this one or any."""
    able = []
    for name in registry.names("engines"):
        cls: type[Engine] = registry.find("engines", name)
        if name == plan.spec.make.use or not cls.draws or "text" not in cls.can:
            continue
        with suppress(MintageError):  # one that has to be told more before it can be built
            if not registry.build("engines", Use(use=name), plan.spec).knows({"class": [word]}):
                able.append(name)
    return able
