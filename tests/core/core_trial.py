"""A ledger and stages without models: what the tests of ledger and orders make their facts with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from mintage.core.decide import Floor, Policy
from mintage.core.ledger import Ledger
from mintage.core.ledger_orders import Difference, Wanted
from mintage.core.recipe import Fact, Recipe, Sample, Slot, canonical, maker_of, seed_of

POLICY = Policy(
    stages=("words", "image", "score.s"),
    made_by={"words": "w", "image.scene": "flat@1", "image.vanilla": "flat@1", "score.s": "s@1"},
    makers={"scene": maker_of("flat", {}), "vanilla": maker_of("flat", {})},
    floors=(Floor("s", "p", 0.5),),
    attempts=3,
)

Tells = Callable[[Sample], float | str]
"""The score that an attempt's image gets, or `refused` or `failed` for the image itself."""


def by(engine: str, policy: Policy = POLICY) -> Policy:
    """The policy with another engine."""
    made_by = {k: f"{engine}@1" if k.startswith("image") else v for k, v in policy.made_by.items()}
    return replace(policy, made_by=made_by, makers=dict.fromkeys(policy.makers, maker_of(engine, {})))


def rows(counts: Mapping[str, int], technique: str = "scene", levels: Sequence[str] = ("a", "b")) -> list[Wanted]:
    """So many slots of each class, levels in turn."""
    return [
        Wanted(key, technique, n, canonical({"style": levels[n % len(levels)]}))
        for key, count in counts.items()
        for n in range(count)
    ]


def recipes(engine: str = "flat") -> Callable[[Slot, int], Recipe]:
    """What makes the recipe of an attempt."""
    return lambda slot, attempt: Recipe(
        slot,
        attempt,
        ((slot.key, 1.0),),
        engine,
        {},
        seed_of(1, slot.key, slot.technique, slot.number, attempt),
    )


def passing(sample: Sample) -> float:
    return 0.9


def mixed(sample: Sample) -> float | str:
    """Half pass, the others are rejected, refused or fail; the same for the same recipe."""
    pick = int(sha256(sample.id.encode()).hexdigest(), 16) % 10
    return {0: "refused", 1: "failed", 2: 0.1, 3: 0.2, 4: 0.3}.get(pick, 0.5 + pick / 20)


class Trial:
    """A ledger in a folder, an order, and a flow that needs no model."""

    def __init__(self, folder: Path, policy: Policy = POLICY, engine: str = "flat") -> None:
        self.ledger = Ledger(folder)
        self.ledger.policy = policy
        self.policy = policy
        self.engine = engine

    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = Ledger(self.ledger.folder)
        self.ledger.policy = self.policy

    def order(self, wanted: Iterable[Wanted], name: str = "x") -> Difference:
        wanted = list(wanted)
        asked = self.ledger.difference(wanted)
        done = self.ledger.order(wanted, {"name": name}, self.policy)
        assert asked == done, "plan and run disagree"
        return done

    def word(self, sample: Sample) -> Fact:
        return Fact(sample.id, "words", "done", {"prompt": f"a {sample.recipe.slot.key}"}, made_by="w")

    def image(self, sample: Sample, outcome: Any = "done") -> Fact:
        made_by = self.policy.made_by[f"image.{sample.technique}"]
        value = {"path": f"images/{sample.id}.png", "sha256": sha256(sample.id.encode()).hexdigest()}
        told = value if outcome == "done" else None
        return Fact(sample.id, "image", outcome, told, sample.facts["words"].number, made_by, cost=0.25)

    def score(self, sample: Sample, p: float) -> Fact:
        made_by = self.policy.made_by["score.s"]
        return Fact(sample.id, "score.s", "done", {"p": p}, sample.facts["image"].number, made_by)

    def step(self, tells: Tells = passing, limit: int = 1000) -> int:
        """One walk over what is due, stage by stage; how many facts."""
        added = 0
        for _, sample in self.ledger.due("words", limit=limit):
            added += len(self.ledger.add([self.word(sample)]))
        for _, sample in self.ledger.due("image", limit=limit):
            told = tells(sample)
            added += len(self.ledger.add([self.image(sample, told if isinstance(told, str) else "done")]))
        due = [s for _, s in self.ledger.due("score.s", limit=limit)]
        added += len(self.ledger.add([self.score(s, float(tells(s))) for s in due]))
        return added

    def fill(self, tells: Tells = passing) -> None:
        """Rounds until nothing is left to do."""
        self.step(tells)
        while self.ledger.begin(1000, recipes(self.engine)):
            while self.step(tells):
                pass

    # ── what is there ───────────────────────────────────────────────────────────────────────────────────────────────

    def table(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.ledger.db.execute(sql, values).fetchall()

    def content(self) -> list[tuple[str, str, str]]:
        """(class, technique, attributes) of the set, sorted."""
        return sorted(
            self.table(
                "SELECT t.key, t.technique, t.attributes FROM standing s JOIN slots t ON t.n = s.slot"
                " WHERE s.position IS NOT NULL"
            )
        )

    def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for _, _, state, n in self.ledger.states():
            found[state] = found.get(state, 0) + n
        return found

    def kept(self) -> set[str]:
        return {s.id for _, s in self.ledger.samples(state="kept")}
