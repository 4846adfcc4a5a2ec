"""Writes one run on disk: ledger.db (SQLite, WAL), where facts are only added. The one place that does."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mintage.core import schema
from mintage.core.decide import Place, Policy, settle
from mintage.core.errors import MintageError
from mintage.core.ledger_orders import Difference, Wanted, match, write_order
from mintage.core.ledger_reading import LedgerReader
from mintage.core.recipe import Fact, Recipe, Sample, Slot, counting


class Ledger(LedgerReader):
    """A run's ledger, open for adding. What was decided (`standing`) is kept on every commit and can be rebuilt."""

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, timeout=60)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA cache_size=-32000")
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            db.executescript(f"BEGIN; {schema.ALL} PRAGMA user_version={schema.VERSION}; COMMIT;")
        return db

    # ── orders ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def order(self, rows: Iterable[Wanted], value: Mapping[str, Any], policy: Policy) -> Difference:
        """Make these rows the set, under this policy. All or nothing."""
        match(self.db, rows)
        difference = Difference.read(self.db)
        with self._transaction():
            number = self._insert(Fact(None, "order", "done", dict(value)), None)
            write_order(self.db, number)
        self.refresh(policy)
        return difference

    def refresh(self, policy: Policy, tell: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Decide every slot of the set anew if the policy is another than the stored decisions were made by.

        `tell(done, total)` hears of progress, in slots.
        """
        self.policy = policy
        stored = self.db.execute("SELECT value FROM meta WHERE name = 'policy'").fetchone()
        which = "state = 'unsettled'"
        if stored is None or stored[0] != policy.digest():
            which = f"({which} OR attempts > 0 AND position IS NOT NULL)"
        total = self.db.execute(f"SELECT count(*) FROM standing WHERE {which}").fetchone()[0]
        sql = f"SELECT slot FROM standing WHERE {which} AND slot > ? ORDER BY slot LIMIT 1000"
        after = done = 0
        with self._transaction():
            while slots := [n for (n,) in self.db.execute(sql, (after,))]:
                self._settle(slots)
                after, done = slots[-1], done + len(slots)
                tell(done, total)
            self.db.execute("INSERT OR REPLACE INTO meta VALUES ('policy', ?)", (policy.digest(),))

    # ── making ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, limit: int, recipe_of: Callable[[Slot, int], Recipe]) -> int:
        """Write the recipes of the next round: a class's first 20 slots until these are settled, then up to `limit`.

        An attempt after one that did not pass has its words, copied; after a refusal it gets new ones. Gives how many.
        """
        with self._transaction():
            rows = self._next(limit)
            for slot, attempts, last, new_words, key, technique, number, attributes in rows:
                recipe = recipe_of(Slot(key, technique, number, json.loads(attributes)), attempts)
                n = self._insert_recipe(slot, recipe)
                if not new_words:
                    self._copy_words(last, n, attempts - 1)
            self._settle([r[0] for r in rows])
        return len(rows)

    def _next(self, limit: int) -> list[tuple[Any, ...]]:
        """Open slots: those of first rounds if there are any, else of classes whose first round is settled."""
        begun = f"SELECT DISTINCT key FROM standing WHERE {schema.FIRST_ROUND} AND (state = 'due' OR attempts = 0)"
        first = [key for (key,) in self.db.execute(begun)]
        marks = ",".join("?" * len(first))
        sql = (
            "SELECT s.slot, s.attempts, s.recipe, s.new_words, t.key, t.technique, t.number, t.attributes"
            " FROM standing s JOIN slots t ON t.n = s.slot WHERE s.state = 'open' AND s.position IS NOT NULL AND {}"
            " ORDER BY s.attempts, s.position, s.key LIMIT ?"
        )
        these = sql.format(f"s.key IN ({marks}) AND s.attempts = 0 AND s.position < {schema.FIRST}")
        rows = self.db.execute(these, (*first, limit)).fetchall() if first else []
        return rows or self.db.execute(sql.format(f"s.key NOT IN ({marks})"), (*first, limit)).fetchall()

    def _insert_recipe(self, slot: int, recipe: Recipe) -> int:
        sql = "INSERT INTO recipes (id, slot, attempt, body) VALUES (?, ?, ?, ?)"
        body = json.dumps(recipe.body, ensure_ascii=False, separators=(",", ":"))
        return int(self.db.execute(sql, (recipe.id, slot, recipe.attempt, body)).lastrowid or 0)

    def _copy_words(self, old: int, new: int, attempt: int) -> None:
        words = counting(self._facts([old])[old]).get("words")
        if words is not None and words.outcome == "done":
            fact = Fact("", "words", "done", words.value, made_by=words.made_by, note=f"as attempt {attempt}")
            self._insert(fact, new)

    def add(self, facts: Sequence[Fact]) -> list[Fact]:
        """Commit facts and what follows from them, together. Gives them back with their numbers."""
        numbered, slots = [], []
        with self._transaction():
            for fact in facts:
                recipe, slot = self._recipe(fact.recipe) if fact.recipe else (None, None)
                number = self._insert(fact, recipe)
                if fact.vector is not None and fact.about is not None:
                    self.vectors.put(fact.about, *fact.vector)
                numbered.append(Fact(fact.recipe, fact.name, fact.outcome, fact.value, fact.about, number=number))
                if slot is not None:
                    slots.append(slot)
            self._settle(list(dict.fromkeys(slots)))
        return numbered

    def _insert(self, fact: Fact, recipe: int | None) -> int:
        columns = "recipe, name, outcome, value, about, made_by, note, seconds, cost, at"
        sql = f"INSERT INTO facts ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        value = None if fact.value is None else json.dumps(fact.value, ensure_ascii=False, separators=(",", ":"))
        told = (fact.about, fact.made_by, fact.note[:2000], fact.seconds, fact.cost, time.time())
        return int(self.db.execute(sql, (recipe, fact.name, fact.outcome, value, *told)).lastrowid or 0)

    def _settle(self, slots: Sequence[int]) -> None:
        """Decide slots from their facts, and note it in `standing` and `judged`."""
        assert self.policy is not None
        sql = "SELECT recipe FROM frozen WHERE list = (SELECT max(list) FROM frozen) AND recipe = ?"
        for slot in slots:
            pairs = self._attempts(slot)
            keeps = next((s.id for n, s in pairs if self.db.execute(sql, (n,)).fetchone()), None)
            self._note(slot, pairs, settle([s for _, s in pairs], self.policy, keeps))

    def _note(self, slot: int, pairs: Sequence[tuple[int, Sample]], place: Place) -> None:
        at = pairs[place.at][0] if place.at is not None else None
        told = (place.state, len(pairs), at, place.due, place.next_words, place.refusals, place.reason, slot)
        sql = "UPDATE standing SET state=?, attempts=?, recipe=?, due=?, new_words=?, refusals=?, reason=? WHERE slot=?"
        self.db.execute(sql, told)
        self.db.executemany(
            "INSERT OR REPLACE INTO judged VALUES (?, ?, ?, ?, ?)",
            [
                (n, int(place.state == "kept" and place.at == i), j.state, j.reason or f"waits for {j.due}", j.score)
                for i, ((n, _), j) in enumerate(zip(pairs, place.judgements, strict=True))
            ],
        )

    # ── lists ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def freeze(self, value: Mapping[str, Any]) -> int:
        """Write down the present set as a list that never changes; its number. An equal newest list is taken again."""
        last = self.newest("list")
        if last is not None and dict(last.value) == dict(value) and self._is_listed(last.number):
            return last.number
        with self._transaction():
            number = self._insert(Fact(None, "list", "done", dict(value)), None)
            for n, sample in self.samples(state="kept"):
                image = sample.facts["image"].value
                self.db.execute("INSERT INTO frozen VALUES (?, ?, ?, ?)", (number, n, image["sha256"], sample.label))
        return number

    def note(self, name: str, value: Mapping[str, Any]) -> None:
        """Add a fact of the run."""
        with self._transaction():
            self._insert(Fact(None, name, "done", dict(value)), None)

    def _is_listed(self, number: int) -> bool:
        sql = (
            "SELECT count(*) FROM (SELECT recipe FROM standing WHERE state = 'kept' AND position IS NOT NULL {} "
            "SELECT recipe FROM frozen WHERE list = ?)"
        )
        both, either = (self.db.execute(sql.format(how), (number,)).fetchone()[0] for how in ("INTERSECT", "UNION"))
        return bool(both == either)

    def _transaction(self) -> "_Transaction":
        return _Transaction(self.db)


class _Transaction:
    """All or nothing; a full disk is said as what it is."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def __enter__(self) -> None:
        self.db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if kind is None:
            try:
                self.db.execute("COMMIT")
                return
            except sqlite3.OperationalError as failed:
                error = failed
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
            raise MintageError(
                "the disk is full: the ledger could not be written",
                expected="free space; nothing finished is lost",
                type_this="free space, then `mintage run` again",
            ) from error
        if kind is None and error is not None:
            raise error
