"""Reads the prompts of a run on disk, present and earlier ones, and the images of both; every listing is a stream."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mintage.core.ledger_reading import FACT, LedgerReader
from mintage.core.recipe import Fact, Recipe, Slot

PAGE = 500
"""So many rows are read at once."""

_PRESENT = (
    " FROM standing s JOIN slots t ON t.n = s.slot JOIN recipes r ON r.n = s.recipe JOIN facts f ON f.number = (SELECT"
    " max(g.number) FROM facts g WHERE g.recipe = s.recipe AND g.name = 'words' AND g.outcome <> 'sent')"
    " WHERE s.position IS NOT NULL"
)
"""The newest words of the attempt that fills or holds each slot of the set."""

_COLUMNS = "s.position, s.key, s.technique, t.number, s.state, r.n, r.id, r.attempt, r.body"


@dataclass(frozen=True)
class Worded:
    """The present words of the attempt that fills or holds a slot.

    `state` is the slot's. `images`: what was made of this recipe, oldest first, from whatever words; see `image`.
    """

    recipe_id: str
    slot: Slot
    attempt: int
    state: str
    words: Fact
    body: Mapping[str, Any]
    images: tuple[Fact, ...] = field(default=(), repr=False)

    @cached_property
    def recipe(self) -> Recipe:
        return Recipe.from_body(self.slot, self.attempt, self.body, self.recipe_id)

    @property
    def prompt(self) -> str:
        """ "" where the words were refused or failed."""
        return str(self.words.value["prompt"]) if self.words.outcome == "done" else ""

    @property
    def negative(self) -> str:
        return str(self.words.value.get("negative", "")) if self.words.outcome == "done" else ""

    @property
    def image(self) -> str:
        """Where the image made from these words lies, in the run's folder; "" while there is none."""
        about = [f for f in self.images if f.about == self.words.number]
        return str(about[-1].value["path"]) if about and about[-1].outcome == "done" else ""

    @property
    def old_images(self) -> tuple[str, ...]:
        """Images made from earlier words of this recipe: they lie on the disk, and do not count."""
        paths = [str(f.value["path"]) for f in self.images if f.outcome == "done" and f.about != self.words.number]
        return tuple(path for path in dict.fromkeys(paths) if path != self.image)


def count_worded(ledger: LedgerReader, keys: Collection[str], technique: str | None = None) -> int:
    """How many rows `worded` has."""
    where, values = _which(ledger, technique)
    marks = ",".join("?" * len(keys))
    sql = f"SELECT count(*) {_PRESENT} AND s.key IN ({marks}){where}"
    return int(ledger.db.execute(sql, (*keys, *values)).fetchone()[0])


def worded(
    ledger: LedgerReader, keys: Sequence[str], technique: str | None = None, *, images: bool = True, page: int = PAGE
) -> Iterator[Worded]:
    """The present words of the slots of these classes, class by class in the order of making.

    `technique`: of this one alone; by default of all whose images can be kept. `images`: whether these are read.
    """
    where, values = _which(ledger, technique)
    sql = f"SELECT {_COLUMNS}, {_FACT} {_PRESENT} AND s.key = ? AND s.position > ?{where} ORDER BY s.position LIMIT ?"
    for key in keys:
        after = -(2**62)
        while rows := ledger.db.execute(sql, (key, after, *values, page)).fetchall():
            yield from _read(ledger, rows, images)
            after = rows[-1][0]


def worded_as(ledger: LedgerReader, ids: Sequence[str], *, images: bool = True) -> dict[str, Worded]:
    """Of these recipes, those that fill or hold a slot of the set and have words, by id."""
    found: dict[str, Worded] = {}
    for start in range(0, len(ids), PAGE):
        part = ids[start : start + PAGE]
        sql = f"SELECT {_COLUMNS}, {_FACT} {_PRESENT} AND r.id IN ({','.join('?' * len(part))})"
        found |= {w.recipe_id: w for w in _read(ledger, ledger.db.execute(sql, tuple(part)).fetchall(), images)}
    return found


def words_of(ledger: LedgerReader, recipe_id: str) -> list[Fact]:
    """All words that a recipe ever had, oldest first."""
    sql = (
        f"SELECT {FACT} FROM facts WHERE recipe = (SELECT n FROM recipes WHERE id = ?) AND name = 'words'"
        " AND outcome = 'done' ORDER BY number"
    )
    return [_fact(recipe_id, row) for row in ledger.db.execute(sql, (recipe_id,))]


def contexts(ledger: LedgerReader, key: str, techniques: Collection[str]) -> Iterator[str]:
    """The attributes, as JSON, that slots of a class have: each row of them once, whether they are worded or not."""
    marks = ",".join("?" * len(techniques))
    sql = (
        "SELECT DISTINCT t.attributes FROM standing s JOIN slots t ON t.n = s.slot"
        f" WHERE s.position IS NOT NULL AND s.key = ? AND s.technique IN ({marks})"
    )
    yield from (attributes for (attributes,) in ledger.db.execute(sql, (key, *techniques)))


def prompts_in(ledger: LedgerReader, key: str, techniques: Collection[str]) -> Iterator[tuple[str, str]]:
    """(attributes as JSON, prompt) of the slots of a class that have words, and no more than that."""
    marks = ",".join("?" * len(techniques))
    sql = f"SELECT t.attributes, f.value {_PRESENT} AND s.key = ? AND f.outcome = 'done' AND s.technique IN ({marks})"
    for attributes, value in ledger.db.execute(sql, (key, *techniques)):
        yield attributes, str(json.loads(value)["prompt"])


def stranded(ledger: LedgerReader) -> dict[tuple[str, str], float]:
    """(recipe's id, "image") → dollars: what was sent for words that were edited since, and never answered. Its engine
    is not asked for it again."""
    owed = {paid: bound for paid, bound in ledger.owed().items() if paid[1] == "image"}
    return {paid: bound for paid, bound in owed.items() if "image:sent" not in ledger.sample(paid[0]).facts}


_FACT = ", ".join(f"f.{column}" for column in FACT.split(", "))


def _which(ledger: LedgerReader, technique: str | None) -> tuple[str, tuple[str, ...]]:
    if technique is not None:
        return " AND s.technique = ?", (technique,)
    unkept = () if ledger.policy is None else ledger.policy.unkept
    return f" AND s.technique NOT IN ({','.join('?' * len(unkept))})", unkept


def _read(ledger: LedgerReader, rows: Sequence[tuple[Any, ...]], with_images: bool) -> Iterator[Worded]:
    images: dict[int, list[Fact]] = {}
    if with_images and rows:
        sql = (
            f"SELECT recipe, {FACT} FROM facts WHERE recipe IN ({','.join('?' * len(rows))}) AND name = 'image'"
            " AND outcome <> 'sent' ORDER BY number"
        )
        for n, *fact in ledger.db.execute(sql, tuple(row[5] for row in rows)):
            images.setdefault(n, []).append(_fact("", fact))
    for _, key, technique, number, state, n, recipe_id, attempt, body, *fact in rows:
        told = json.loads(body)
        slot = Slot(key, technique, number, told["attributes"])
        words = _fact(recipe_id, fact)
        yield Worded(recipe_id, slot, attempt, state, words, told, tuple(images.get(n, ())))


def _fact(recipe_id: str, row: Sequence[Any]) -> Fact:
    number, name, outcome, value, about, made_by, note, seconds, cost = row
    told = None if value is None else json.loads(value)
    return Fact(recipe_id, name, outcome, told, about, made_by, note, seconds, cost, number)
