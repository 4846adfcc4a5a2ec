"""Reads one run on disk: ledger.db (SQLite). Works beside a maker; every listing is a stream, page by page."""

import json
import sqlite3
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from mintage.core import schema
from mintage.core.errors import MintageError, shown
from mintage.core.ledger_counts import LedgerCounts
from mintage.core.ledger_orders import Difference, Wanted, match, unfilled
from mintage.core.ledger_vectors import Vectors
from mintage.core.recipe import Fact, Recipe, Sample, Slot, Verdict, counting

FILE = "ledger.db"
FACT = "number, name, outcome, value, about, made_by, note, seconds, cost"


class NothingMade(MintageError):
    """There is no ledger, or one that was killed before it held anything."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"nothing is made in {shown(folder)} yet", type_this=f"mintage run {shown(folder)}")


class LedgerReader(LedgerCounts):
    """A run's slots, recipes and facts, and what was decided of them.

    `labels` gives the present name of a recipe's class; `policy` is what decided.

    Raises:
        MintageError: no ledger here, one of a newer version, or one that SQLite cannot read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE
        self.labels: Callable[[Recipe], str] = lambda recipe: recipe.slot.key
        self.policy = None
        self._firsts = {}
        try:
            self.db = self._connect()
            try:
                version = self.db.execute("PRAGMA user_version").fetchone()[0]
                tables = self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            except sqlite3.DatabaseError:
                self.db.close()
                raise
        except sqlite3.DatabaseError as error:
            full = "full" in str(error)
            said = "the disk is full: no ledger could be written" if full else f"{self.path} is no ledger: {error}"
            expected = "free space" if full else "the ledger.db that a run wrote"
            raise MintageError(said, expected=expected) from error
        if version == 0 or tables == 0:
            self.db.close()
            raise NothingMade(self.folder)
        if version > schema.VERSION:
            self.db.close()
            raise MintageError(f"{self.path} was written by a newer Mintage", type_this="pip install -U mintage")
        self.vectors = Vectors(folder / "vectors", self.db)

    def _connect(self) -> sqlite3.Connection:
        if not self.path.exists():
            raise NothingMade(self.folder)
        # a stream may be continued by another thread, one at a time: SQLite itself takes care of that
        where = f"{self.path.resolve().as_uri()}?mode=ro"
        db = sqlite3.connect(where, uri=True, isolation_level=None, timeout=60, check_same_thread=False)
        try:
            db.execute("PRAGMA cache_size=-8000")
        except BaseException:
            db.close()
            raise
        return db

    def close(self) -> None:
        self.vectors.close()
        self.db.close()

    def difference(self, rows: Iterable[Wanted]) -> Difference:
        """What an order of these rows would change; writes nothing."""
        match(self.db, rows)
        return Difference.read(self.db)

    def unfilled(self, refused: bool, tried: bool) -> list[tuple[str, str, int]]:
        """(class key, technique, slots) of the rows of the last `difference` that want an image; see there."""
        return unfilled(self.db, refused, tried)

    def newest(self, name: str) -> Fact | None:
        """The newest fact of the run of that name (`order`, `list`)."""
        sql = f"SELECT {FACT} FROM facts WHERE recipe IS NULL AND name = ? ORDER BY number DESC LIMIT 1"
        row = self.db.execute(sql, (name,)).fetchone()
        return _fact(None, row) if row else None

    def all(self, name: str) -> list[Fact]:
        """Every fact of the run of that name, oldest first."""
        sql = f"SELECT {FACT} FROM facts WHERE recipe IS NULL AND name = ? ORDER BY number"
        return [_fact(None, row) for row in self.db.execute(sql, (name,))]

    def due(self, stage: str, after: int = 0, limit: int = 1000, state: str = "due") -> list[tuple[int, Sample]]:
        """The next samples of the set that wait for a stage (or with `state="failed"` failed in it), by number."""
        sql = (
            "SELECT s.recipe FROM standing s WHERE s.state = ? AND s.due = ? AND s.position IS NOT NULL"
            " AND s.recipe > ? ORDER BY s.recipe LIMIT ?"
        )
        return self._load([n for (n,) in self.db.execute(sql, (state, stage, after, limit))])

    def samples(
        self,
        *,
        state: str | None = None,
        key: str | None = None,
        technique: str | None = None,
        order: str = "number",
        after: tuple[Any, ...] = (),
        limit: int | None = None,
    ) -> Iterator[tuple[int, Sample]]:
        """Attempts of the set as a stream, page by page.

        `state`: kept, rejected, passed, refused, failed, due (of the attempt). `order`: number, or score (best first;
        those without one left out). `after` is the sort key of the last one seen: (number,) or (score, number).
        """
        where: list[str] = ["s.position IS NOT NULL"]
        values: list[Any] = []
        if state == "kept":
            where.append("s.state = 'kept' AND s.recipe = r.n")
        elif state:
            where.append("j.state = ? AND NOT j.keep")
            values.append(state)
        if technique is None and self.policy is not None and self.policy.unkept:
            where.append(f"s.technique NOT IN ({','.join('?' * len(self.policy.unkept))})")
            values += self.policy.unkept
        for column, value in (("s.key", key), ("s.technique", technique)):
            if value is not None:
                where.append(f"{column} = ?")
                values.append(value)
        left = limit
        while left is None or left > 0:
            page = 500 if left is None else min(500, left)
            extra = ("(j.score, -r.n) < (?, -?)" if order == "score" else "r.n > ?") if after else "1"
            by = "j.score DESC, r.n" if order == "score" else "r.n"
            sql = (
                f"SELECT r.n, j.score FROM standing s JOIN recipes r ON r.slot = s.slot JOIN judged j ON j.recipe = r.n"
                f" WHERE {' AND '.join(where)} AND {extra} {'AND j.score IS NOT NULL' if order == 'score' else ''}"
                f" ORDER BY {by} LIMIT ?"
            )
            rows = self.db.execute(sql, (*values, *after, page)).fetchall()
            yield from self._load([n for n, _ in rows])
            if len(rows) < page:
                return
            n, score = rows[-1]
            after = (score, n) if order == "score" else (n,)
            left = None if left is None else left - page

    def sample(self, recipe_id: str) -> Sample:
        """One attempt by its id, or the start of its id.

        Raises:
            MintageError: none, or several, begin so.
        """
        rows = self.db.execute(
            "SELECT n FROM recipes WHERE id >= ? AND id < ? LIMIT 2", (recipe_id, recipe_id + "g")
        ).fetchall()
        if len(rows) != 1:
            raise MintageError(
                f"{'no recipe' if not rows else 'more than one recipe'} begins with {recipe_id!r}",
                expected="an id, or enough of its beginning to tell it from all others",
            )
        return self._load([rows[0][0]])[0][1]

    def attempts_at(self, technique: str, number: int, attempt: int) -> list[Sample]:
        """The attempts with these numbers, one of each class, whether they are in the set or not."""
        sql = (
            "SELECT r.n FROM slots t JOIN recipes r ON r.slot = t.n"
            " WHERE t.technique = ? AND t.number = ? AND r.attempt = ? ORDER BY r.n"
        )
        return [s for _, s in self._load([n for (n,) in self.db.execute(sql, (technique, number, attempt))])]

    def _recipe(self, recipe_id: str) -> tuple[int, int]:
        row = self.db.execute("SELECT n, slot FROM recipes WHERE id = ?", (recipe_id,)).fetchone()
        if row is None:
            raise KeyError(f"no recipe {recipe_id}")
        return row[0], row[1]

    def positions(self, key: str, without: Collection[str]) -> Sequence[int]:
        """The positions of a class's own slots, in their order. `without`: techniques that are not asked."""
        marks = ",".join("?" * len(without))
        sql = f"SELECT position FROM standing WHERE key = ? AND position >= 0 AND technique NOT IN ({marks})"
        return array("q", (n for (n,) in self.db.execute(f"{sql} ORDER BY position", (key, *without))))

    def filling(self, key: str, at: int, without: Collection[str]) -> Recipe | None:
        """What fills the slot of a class at a position; where no picture of the class alone fills it, the next one that
        does, and after the last the first."""
        marks = ",".join("?" * len(without))
        sql = f"SELECT recipe FROM standing WHERE key = ? AND technique NOT IN ({marks}) AND state = 'kept'"
        for where, until in (("position >= ?", at), ("position >= 0 AND position < ?", at)):
            for (n,) in self.db.execute(f"{sql} AND {where} ORDER BY position", (key, *without, until)):
                recipe = self._load([n])[0][1].recipe
                if recipe.objects == ((key, 1.0),):
                    return recipe
        return None

    def settled(self, samples: Sequence[Sample]) -> list[Sample]:
        """Those of the samples that wait for nothing now, as they stand now."""
        found: list[int] = []
        for start in range(0, len(samples), 500):
            ids = [s.id for s in samples[start : start + 500]]
            sql = (
                "SELECT r.n FROM recipes r JOIN judged j ON j.recipe = r.n"
                f" WHERE r.id IN ({','.join('?' * len(ids))}) AND j.state <> 'due' ORDER BY r.n"
            )
            found += [n for (n,) in self.db.execute(sql, ids)]
        return [sample for _, sample in self._load(found)]

    def _load(self, recipes: Sequence[int]) -> list[tuple[int, Sample]]:
        """Samples by their recipes' numbers, in that order, with verdicts."""
        out: list[tuple[int, Sample]] = []
        for start in range(0, len(recipes), 500):
            part = recipes[start : start + 500]
            marks = ",".join("?" * len(part))
            sql = (
                "SELECT r.n, t.key, t.technique, t.number, r.attempt, r.id, r.body, j.keep, j.state, j.reason,"
                " s.refusals FROM recipes r JOIN slots t ON t.n = r.slot JOIN standing s ON s.slot = r.slot"
                f" LEFT JOIN judged j ON j.recipe = r.n WHERE r.n IN ({marks})"
            )
            rows = {row[0]: row[1:] for row in self.db.execute(sql, part)}
            facts = self._facts(part)
            for n in part:
                *place, body, keep, state, reason, refusals = rows[n]
                recipe = _recipe_from(body, *place)
                verdict = (
                    Verdict(bool(keep) if state != "due" else None, recipe.id, _why(keep, state, reason))
                    if state
                    else None
                )
                out.append((n, Sample(recipe, counting(facts[n]), self.labels(recipe), verdict, self.folder, refusals)))
        return out

    def listed_count(self, number: int) -> int:
        """How many images a list holds."""
        return int(self.db.execute("SELECT count(*) FROM frozen WHERE list = ?", (number,)).fetchone()[0])

    def listed(self, number: int) -> Iterator[tuple[Sample, str, str]]:
        """(sample, label, SHA-256) of a list, in the order of their recipes."""
        after = 0
        sql = "SELECT recipe, label, sha256 FROM frozen WHERE list = ? AND recipe > ? ORDER BY recipe LIMIT 500"
        while rows := self.db.execute(sql, (number, after)).fetchall():
            for (_, sample), (_, label, sha256) in zip(self._load([r[0] for r in rows]), rows, strict=True):
                yield sample, label, sha256
            after = rows[-1][0]

    def _attempts(self, slot: int) -> list[tuple[int, Sample]]:
        sql = (
            "SELECT r.n, t.key, t.technique, t.number, r.attempt, r.id, r.body"
            " FROM recipes r JOIN slots t ON t.n = r.slot WHERE r.slot = ? ORDER BY r.attempt"
        )
        rows = self.db.execute(sql, (slot,)).fetchall()
        facts = self._facts([r[0] for r in rows])
        return [(n, Sample(_recipe_from(body, *place), counting(facts[n]))) for n, *place, body in rows]

    def _facts(self, recipes: Sequence[int]) -> dict[int, list[Fact]]:
        found: dict[int, list[Fact]] = {n: [] for n in recipes}
        marks = ",".join("?" * len(recipes))
        sql = f"SELECT recipe, {FACT} FROM facts WHERE recipe IN ({marks}) ORDER BY number"
        for recipe, *row in self.db.execute(sql, tuple(recipes)):
            found[recipe].append(_fact("", tuple(row)))
        return found


# Recipes and facts never change: what a slot's next fact brings back is mostly what was just read.
@lru_cache(maxsize=4096)
def _fact(recipe: str | None, row: tuple[Any, ...]) -> Fact:
    number, name, outcome, value, about, made_by, note, seconds, cost = row
    told = None if value is None else json.loads(value)
    return Fact(recipe, name, outcome, told, about, made_by, note, seconds, cost, number)


@lru_cache(maxsize=2048)
def _recipe_from(body: str, key: str, technique: str, number: int, attempt: int, recipe_id: str) -> Recipe:
    value = json.loads(body)
    return Recipe.from_body(Slot(key, technique, number, value["attributes"]), attempt, value, recipe_id)


def _why(keep: int, state: str, reason: str) -> str:
    return "passes, but another attempt fills its slot" if state == "passed" and not keep else reason
