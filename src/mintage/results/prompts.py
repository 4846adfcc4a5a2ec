"""The prompts of a set as they stand: who wrote them, what is wrong with them, and what was made from them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from math import inf

from mintage.core import registry
from mintage.core.copying import COPY
from mintage.core.decide import PERSON
from mintage.core.errors import MintageError, did_you_mean
from mintage.core.ledger_reading import LedgerReader
from mintage.core.ledger_words import PAGE, Worded, count_worded, worded, worded_as
from mintage.core.passing import Brief, Request
from mintage.core.plan import PROBE, build_engine
from mintage.core.ports import Engine, Technique
from mintage.core.recipe import Recipe
from mintage.core.spec import DatasetSpec
from mintage.stages.words import WORDLESS
from mintage.wording.checks import Checks

Told = Callable[[int, int], None]
"""Hears of progress: how many of how many."""

STATES = {"kept": "kept", "failed": "failed", "given_up": "given up", "measured": "looked at"}
"""Of a slot, as a person reads it; any other waits."""


@dataclass(frozen=True)
class Prompt:
    """The words of the attempt that fills or holds a slot; `name` is its class's present name.

    `by`: the writer, or "person". `why`: that it was written again, or by the grammar instead, and what was wrong
    before. `rejected`: what the writer wrote before, and what was wrong with each. `wrong`: what the checks say of it
    now; "": nothing. Images are paths in the run's folder: of these words, and of earlier ones. `again`: the most that
    making its image again costs, in dollars, where only earlier words have one; None: nobody can say. `reads`: whether
    an engine reads it; else it only says what is put together.
    """

    id: str
    name: str
    technique: str
    number: int
    attributes: Mapping[str, str]
    prompt: str
    negative: str
    by: str
    state: str
    image: str = ""
    old_images: tuple[str, ...] = ()
    why: str = ""
    rejected: tuple[tuple[str, str], ...] = ()
    wrong: str = ""
    reads: bool = True
    again: float | None = 0.0

    @property
    def is_odd(self) -> bool:
        """Whether it fails the checks, or was written again or replaced."""
        return bool(self.wrong or self.why)


@dataclass(frozen=True)
class Which:
    """Which prompts: those that hold `text` (case does not matter), of a class, by a technique, odd ones."""

    text: str = ""
    of: str | None = None
    technique: str | None = None
    wrong: bool = False

    @property
    def is_all(self) -> bool:
        """Whether nothing has to be read to say how many they are."""
        return not self.text and not self.wrong


class Briefs:
    """What each prompt has to say, and whether anyone reads it: by the set's techniques as they are now."""

    def __init__(self, spec: DatasetSpec) -> None:
        self.spec = spec
        self._checks = Checks(spec)
        self._techniques: dict[str, Technique] = {}
        self._engines: dict[str, Engine | None] = {}

    def technique(self, name: str) -> Technique:
        if name not in self._techniques:
            self._techniques[name] = registry.build("techniques", self.spec.technique(name), self.spec)
        return self._techniques[name]

    def brief(self, recipe: Recipe) -> Brief:
        return self.technique(recipe.slot.technique).brief(recipe)

    def verb(self, name: str) -> str:
        """The verb that a technique's pictures are made with; "" where its engine cannot be built here."""
        wants = self.technique(name).wants
        if COPY in wants or len(wants) == 1:
            return COPY if COPY in wants else wants[0]
        engine = self.engine(name)
        return next((v for v in wants if engine is not None and v in engine.can), "")

    def reads(self, name: str) -> bool:
        """Whether what makes a technique's pictures reads a prompt."""
        return self.verb(name) not in WORDLESS

    def engine(self, name: str) -> Engine | None:
        """The present engine of a technique; None where it cannot be built here."""
        if name not in self._engines:
            try:
                self._engines[name] = build_engine(self.spec.engine(name), self.spec)
            except MintageError:
                self._engines[name] = None
        return self._engines[name]

    def price(self, one: Worded) -> float | None:
        """The most that an image of it can cost, in dollars; None: nobody can say."""
        name, engine = one.slot.technique, self.engine(one.slot.technique)
        price = inf if engine is None else engine.price(Request(one.recipe_id, self.verb(name) or "text", one.prompt))
        return price if price < inf else None

    def wrong(self, recipe: Recipe, prompt: str) -> str:
        """What the checks say of a prompt; "": nothing, or nobody reads it."""
        return self._checks.wrong(self.brief(recipe), prompt) if self.reads(recipe.slot.technique) else ""

    def row(self, one: Worded, *, checked: bool = True) -> Prompt:
        """A prompt as it is shown; with what was made from it, as far as that was read. `checked`: with what the checks
        say of it."""
        technique, reads = one.slot.technique, self.reads(one.slot.technique)
        done = one.words.outcome == "done"
        by, why = said_by(one)
        return Prompt(
            id=one.recipe_id,
            name=self.spec.name_of(one.slot.key),
            technique=technique,
            number=one.slot.number,
            attributes=one.slot.attributes,
            prompt=one.prompt,
            negative=one.negative,
            by=by if reads else "nobody",
            state=STATES.get(one.state, "waiting"),
            image=one.image,
            old_images=one.old_images,
            why=why if reads else "",
            rejected=tuple((str(said), str(what)) for said, what in (one.words.value or {}).get("rejected", ())),
            wrong=self.wrong(one.recipe, one.prompt) if done and checked else "",
            reads=reads,
            again=self.price(one) if one.old_images and not one.image else 0.0,
        )


def said_by(one: Worded) -> tuple[str, str]:
    """Who wrote the words (a writer's name, or "person"), and why they are not what was written first."""
    words = one.words
    if words.outcome != "done":
        return words.made_by.partition("@")[0], f"{words.outcome}: {words.note}"
    if words.made_by == PERSON:
        return PERSON, ""
    rejected = words.value.get("rejected")
    why = rejected[-1][1] if rejected else ""
    instead = str(words.value.get("by", ""))
    if instead:
        return instead, f"by the {instead} instead: {why}"
    return words.made_by.partition("@")[0], f"written again: {why}" if rejected else ""


def keys_for(spec: DatasetSpec, which: Which) -> list[str]:
    """The keys of the classes that are asked for.

    Raises:
        MintageError: a class or a technique that the set does not have.
    """
    if which.of is not None and which.of not in spec.classes:
        raise MintageError(f"there is no class {which.of!r}", expected=did_you_mean(which.of, spec.classes))
    known, technique = spec.used_techniques, which.technique
    if technique is not None and technique not in (*known, PROBE):
        raise MintageError(f"the set has no technique {technique!r}", expected=did_you_mean(technique, known))
    return [spec.key_of(name) for name in ([which.of] if which.of is not None else spec.classes)]


def find_prompts(
    ledger: LedgerReader, spec: DatasetSpec, which: Which, limit: int, tell: Told
) -> tuple[tuple[Prompt, ...], int]:
    """The first `limit` prompts that are asked for (0: all), and how many there are in all."""
    briefs, keys = Briefs(spec), keys_for(spec, which)
    total = count_worded(ledger, keys, which.technique)
    if which.is_all:
        few = worded(ledger, keys, which.technique, page=min(limit, PAGE) if limit else PAGE)
        return tuple(briefs.row(one) for one in islice(few, limit or None)), total
    ids: list[str] = []
    count = 0
    for done, one in enumerate(worded(ledger, keys, which.technique, images=False), 1):
        if _is_wanted(one, which, briefs):
            count += 1
            if not limit or len(ids) < limit:
                ids.append(one.recipe_id)
        if done % PAGE == 0:
            tell(done, total)
    there = worded_as(ledger, ids)
    return tuple(briefs.row(there[i]) for i in ids if i in there), count


def stream_prompts(ledger: LedgerReader, spec: DatasetSpec, which: Which, tell: Told) -> Iterator[Prompt]:
    """All prompts that are asked for, with what was made from them, page by page."""
    briefs, keys = Briefs(spec), keys_for(spec, which)
    total = count_worded(ledger, keys, which.technique)
    for done, one in enumerate(worded(ledger, keys, which.technique), 1):
        if done % PAGE == 0:
            tell(done, total)
        if which.is_all or _is_wanted(one, which, briefs):
            yield briefs.row(one, checked=False)


def _is_wanted(one: Worded, which: Which, briefs: Briefs) -> bool:
    if which.text and which.text.casefold() not in one.prompt.casefold():
        return False
    return not which.wrong or briefs.row(replace(one, images=())).is_odd
