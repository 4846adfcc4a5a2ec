"""Slot, Recipe, Fact, Sample, Verdict: the nouns that everything else speaks."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

Outcome = Literal["sent", "done", "refused", "failed"]

OTHER = "other"
"""The label of a picture whose object is no class of the set; reserved as a class name."""


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text, on every machine."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any, length: int = 12) -> str:
    """The first `length` hex digits of the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:length]


def seed_of(spec_seed: int, key: str, technique: str, number: int, attempt: int) -> int:
    """31 bits that depend on the place and the attempt alone, never on batch, order or machine."""
    return int(digest([spec_seed, key, technique, number, attempt], 8), 16) & 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in the dataset. `key` is the class's first name; attributes are fixed when an order first writes it."""

    key: str
    technique: str
    number: int
    attributes: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.key}/{self.technique}-{self.number}"


@dataclass(frozen=True)
class Recipe:
    """One attempt at a slot: everything that decides its pixels but the words.

    `objects` is a tuple of (class key or word, share): one with share 1 is the ordinary case; two whose shares sum to 1
    are a soft label; several with share 1 are several things in one picture. `settings` are the engine's resolved
    options that change pixels. A parent is `file:<sha256>` or `recipe:<id>`; `roots` are where its lines begin.
    """

    slot: Slot
    attempt: int
    objects: tuple[tuple[str, float], ...]
    engine: str
    settings: Mapping[str, Any]
    seed: int
    parents: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()

    @cached_property
    def id(self) -> str:
        """24 hex digits of a hash of all fields; the order of keys in a mapping makes no difference."""
        return digest(["recipe-1", self.body, self.slot.key, self.slot.technique, self.slot.number, self.attempt], 24)

    @cached_property
    def maker(self) -> str:
        """Engine and settings, hashed: attempts by another maker are not counted against `keep.attempts`."""
        return maker_of(self.engine, self.settings)

    @property
    def body(self) -> dict[str, Any]:
        """What the ledger stores beside slot and attempt."""
        return {
            "attributes": dict(self.slot.attributes),
            "objects": [list(o) for o in self.objects],
            "engine": self.engine,
            "settings": dict(self.settings),
            "seed": self.seed,
            "parents": list(self.parents),
            "roots": list(self.roots),
        }

    @classmethod
    def from_body(cls, slot: Slot, attempt: int, body: Mapping[str, Any], recipe_id: str = "") -> "Recipe":
        """The inverse of `body`; with the id, where it is known, so that it need not be hashed again."""
        recipe = cls(
            slot=slot,
            attempt=attempt,
            objects=tuple((str(o), float(s)) for o, s in body["objects"]),
            engine=body["engine"],
            settings=body["settings"],
            seed=body["seed"],
            parents=tuple(body["parents"]),
            roots=tuple(body["roots"]),
        )
        if recipe_id:
            recipe.__dict__["id"] = recipe_id
        return recipe


def maker_of(engine: str, settings: Mapping[str, Any]) -> str:
    """The hash that `Recipe.maker` compares."""
    return _hash(f"{engine} {canonical(dict(settings))}")


@lru_cache(maxsize=1024)  # few makers, asked for with every attempt that is decided
def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Fact:
    """What a stage found out about a recipe (or, with `recipe=None`, about the run). Facts are only added.

    `about` is the number of the fact it was made from; `made_by` names the plug-in, its version or weights, and a hash
    of what it saw; `seconds` of machine time; `cost` in dollars. `number` is 0 until the ledger gives one.
    """

    recipe: str | None
    name: str
    outcome: Outcome
    value: Any = None
    about: int | None = None
    made_by: str = ""
    note: str = ""
    seconds: float = 0.0
    cost: float = 0.0
    number: int = 0
    vector: "tuple[str, Any] | None" = field(default=None, compare=False, repr=False)
    """(space, float32 array) of a score: stored beside the ledger, not in the fact."""


def counting(facts: Sequence[Fact]) -> dict[str, Fact]:
    """Of one recipe's facts, oldest first: those that count, by name.

    A fact counts while the fact it is about counts and nothing newer of its name does. A ticket that was only `sent`
    stands beside what was done, under `<name>:sent`, until an answer of its name arrives.
    """
    now: dict[str, Fact] = {}
    for fact in facts:
        if fact.about is not None and all(f.number != fact.about for f in now.values()):
            continue
        if fact.outcome == "sent":
            now[f"{fact.name}:sent"] = fact
            continue
        now.pop(f"{fact.name}:sent", None)
        replaced = fact.name in now
        now[fact.name] = fact
        while replaced:  # what stood on it no longer counts, nor what stood on that
            standing = {f.number for f in now.values()}
            left = {n: f for n, f in now.items() if f.about is None or f.about in standing}
            replaced, now = len(left) < len(now), left
    return now


@dataclass(frozen=True)
class Verdict:
    """Is this picture in the set? `keep` is None while nobody can say. `reason` is a sentence for a person."""

    keep: bool | None
    by: str
    reason: str


@dataclass(frozen=True, repr=False)
class Sample:
    """A recipe with the facts that count, by name, and what was decided.

    `folder` is the run's folder; `label` is the present name of its class (or `other`).
    """

    recipe: Recipe
    facts: Mapping[str, Fact] = field(default_factory=dict)
    label: str = ""
    verdict: Verdict | None = None
    folder: Path | None = None
    refusals: int = 0
    """How many attempts at its slot were refused."""

    @property
    def id(self) -> str:
        return self.recipe.id

    @property
    def attributes(self) -> Mapping[str, str]:
        return self.recipe.slot.attributes

    @property
    def technique(self) -> str:
        return self.recipe.slot.technique

    @property
    def kept(self) -> bool:
        """In the set now: it passed, and it is what fills its slot."""
        return self.verdict is not None and bool(self.verdict.keep)

    def done(self, name: str) -> Fact | None:
        """The fact of that name that counts, if it is done."""
        fact = self.facts.get(name)
        return fact if fact is not None and fact.outcome == "done" else None

    @property
    def prompt(self) -> str:
        fact = self.done("words")
        return str(fact.value["prompt"]) if fact else ""

    @property
    def path(self) -> Path | None:
        """Where the image lies on disk; None while there is none."""
        fact = self.done("image")
        return Path(self.folder or ".", *fact.value["path"].split("/")) if fact else None

    @property
    def scores(self) -> dict[str, float]:
        """`{"mini.p": 0.93, …}` of every scorer whose score counts."""
        return {
            f"{name.removeprefix('score.')}.{key}": number
            for name, fact in self.facts.items()
            if name.startswith("score.") and fact.outcome == "done"
            for key, number in fact.value.items()
        }

    def __repr__(self) -> str:
        said = "waiting" if self.verdict is None or self.verdict.keep is None else "kept" if self.kept else "not kept"
        return f"<Sample {self.id} {self.label}: {self.prompt!r}, {said}>"

    def _repr_html_(self) -> str:
        from html import escape

        said = f"<b>{escape(self.label)}</b> {escape(self.prompt)}"
        if self.path is None or not self.path.is_file():
            return f"<p>{said}</p>"
        data = base64.b64encode(self.path.read_bytes()).decode()
        return f'<figure><img src="data:image/png;base64,{data}" alt=""/><figcaption>{said}</figcaption></figure>'
