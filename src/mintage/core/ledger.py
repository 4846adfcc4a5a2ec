"""Writes one run on disk: ledger.db (SQLite, WAL), where facts are only added. The one place that does."""

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from mintage.core import ledger_said, schema
from mintage.core.decide import COPIED, Place, Policy, lost_before, settle
from mintage.core.ledger_orders import Difference, Wanted, match, write_order
from mintage.core.ledger_reading import LedgerReader
from mintage.core.ledger_transaction import transaction
from mintage.core.passing import LOST
from mintage.core.purse import Paid
from mintage.core.recipe import Fact, Outcome, Recipe, Sample, Slot, counting

Told = Callable[[int, int], None]
"""Hears of progress: how many of how many."""


class Ledger(LedgerReader):
    """A run's ledger, open for adding. What was decided (`standing`) is kept on every commit and can be rebuilt."""

    _flushes = False

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, timeout=60, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA cache_size=-8000")
            if db.execute("PRAGMA user_version").fetchone()[0] == 0:
                if db.execute("SELECT 1 FROM sqlite_master").fetchone():
                    raise sqlite3.DatabaseError("it is another program's database")
                db.executescript(f"BEGIN; {schema.ALL} PRAGMA user_version={schema.VERSION}; COMMIT;")
            if not ledger_said.is_there(db):
                with transaction(db):
                    ledger_said.prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    # ── orders ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def order(
        self, rows: Iterable[Wanted], value: Mapping[str, Any], policy: Policy, tell: Told = lambda done, total: None
    ) -> Difference:
        """Make these rows the set, under this policy, all or nothing; then decide it as `refresh` does."""
        if self._restore():
            self.refresh(policy, tell)
        match(self.db, rows)
        difference = Difference.read(self.db)
        with transaction(self.db):
            number = self._insert(Fact(None, "order", "done", dict(value)), None)
            write_order(self.db, number)
        self.refresh(policy, tell)
        return difference

    def refresh(self, policy: Policy, tell: Told = lambda done, total: None) -> None:
        """Decide every slot of the set anew if the policy is another than the stored decisions were made by.

        `tell(done, total)` hears of progress, in slots. Where the derived tables were emptied, they come back.
        """
        self.policy = policy
        self._restore()
        stored = self.db.execute("SELECT value FROM meta WHERE name = 'policy'").fetchone()
        which = "state = 'unsettled'"
        if stored is None or stored[0] != policy.digest():
            which = f"({which} OR attempts > 0 AND position IS NOT NULL)"
        total = self.db.execute(f"SELECT count(*) FROM standing WHERE {which}").fetchone()[0]
        sql = f"SELECT slot FROM standing WHERE {which} AND slot > ? ORDER BY slot LIMIT 1000"
        after = done = 0
        with transaction(self.db):
            while slots := [n for (n,) in self.db.execute(sql, (after,))]:
                self._settle(slots)
                after, done = slots[-1], done + len(slots)
                tell(done, total)
            self.db.execute("INSERT OR REPLACE INTO meta VALUES ('policy', ?)", (policy.digest(),))

    def _restore(self) -> bool:
        """If nothing stands anywhere, every slot again as the orders have it, still to be settled; was that so?"""
        if self.db.execute("SELECT EXISTS (SELECT 1 FROM standing) OR NOT EXISTS (SELECT 1 FROM slots)").fetchone()[0]:
            return False
        with transaction(self.db):
            self.db.execute(
                "INSERT INTO standing SELECT t.n, t.key, t.technique, c.position,"
                " CASE WHEN EXISTS (SELECT 1 FROM recipes r WHERE r.slot = t.n) THEN 'unsettled' ELSE 'open' END,"
                " 0, NULL, '', 1, 0, '' FROM slots t LEFT JOIN (SELECT slot, position, max(rowid) FROM changes"
                " GROUP BY slot) c ON c.slot = t.n"
            )
        return True

    # ── making ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(
        self,
        limit: int,
        recipe_of: Callable[[Slot, int], Recipe | None],
        *,
        later: Collection[str] = (),
        without: Collection[str] = (),
        first: int | None = None,
    ) -> int:
        """Write the recipes of the next round: a class's first 20 slots until these are settled, then up to `limit`;
        slots of the techniques in `later` when no other is left.

        An attempt after one that did not pass has its words, copied; after a refusal it gets new ones. `recipe_of`
        gives None for a slot that waits for its parent. `without`: classes (by key) that are left alone; `first`: the
        first so many slots of a class alone, and their first attempts with these words by this engine. Gives how many.
        """
        with transaction(self.db):
            chosen: list[int] = []
            room: dict[str, int] = {}
            for row in self._next(limit, later, without, first):
                slot, attempts, last, new_words, key, technique, number, attributes = row
                recipe = recipe_of(Slot(key, technique, number, json.loads(attributes)), attempts)
                if recipe is None or not self._takes(room, key, technique):
                    continue
                n = self._insert_recipe(slot, recipe)
                if not new_words:
                    self._copy_words(last, n, attempts - 1)
                chosen.append(slot)
                if len(chosen) == limit:
                    break
            self._settle(chosen)
        return len(chosen)

    def _next(
        self, limit: int, later: Collection[str], without: Collection[str], first: int | None
    ) -> Iterable[tuple[Any, ...]]:
        """Open slots: those of first rounds if there are any, else of classes whose first round is settled, else those
        that wait for parents, as a stream."""
        marks = ",".join("?" * len(later))
        begun = (
            f"SELECT key FROM standing WHERE {schema.FIRST_ROUND} AND (state = 'due' OR attempts = 0)"
            f" AND technique NOT IN ({marks})"
        )
        sql = (
            "SELECT s.slot, s.attempts, s.recipe, s.new_words, t.key, t.technique, t.number, t.attributes"
            " FROM standing s JOIN slots t ON t.n = s.slot WHERE s.state = 'open' AND s.position IS NOT NULL"
            f" AND s.key NOT IN ({','.join('?' * len(without))}) AND {{}}"
            " ORDER BY s.attempts, s.position, s.key"
        )
        own, few = f"s.technique NOT IN ({marks})", (*without, *later)
        if first is not None:
            where = f"{own} AND (s.attempts = 0 OR s.new_words) AND s.position < ?"
            return self.db.execute(sql.format(where), (*few, first)).fetchall()
        where = f"{own} AND s.key IN ({begun}) AND s.attempts = 0 AND s.position < {schema.FIRST}"
        rows = self.db.execute(sql.format(where) + " LIMIT ?", (*few, *later, limit)).fetchall()
        if not rows:
            where = f"{own} AND s.key NOT IN ({begun})"
            rows = self.db.execute(sql.format(where) + " LIMIT ?", (*few, *later, limit)).fetchall()
        if rows or not later:
            return rows
        return self._page_by_page(sql.format(f"s.technique IN ({marks})"), few)

    def _page_by_page(self, sql: str, values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """All rows of a query that no recipe written meanwhile can change."""
        cursor = self.db.execute(sql, values)
        while rows := cursor.fetchmany(1000):
            yield from rows

    def _takes(self, room: dict[str, int], key: str, technique: str) -> bool:
        """Whether a round may try one more slot of a class: no more than its first images want before these are judged.

        `room` counts down, by class, within one round.
        """
        assert self.policy is not None
        if technique in (*self.policy.beside, *self.policy.unkept):
            return True
        if key not in room:
            room[key] = self.first_wanted(key) or sys.maxsize
        room[key] -= 1
        return room[key] >= 0

    def _insert_recipe(self, slot: int, recipe: Recipe) -> int:
        sql = "INSERT INTO recipes (id, slot, attempt, body) VALUES (?, ?, ?, ?)"
        body = json.dumps(recipe.body, ensure_ascii=False, separators=(",", ":"))
        return int(self.db.execute(sql, (recipe.id, slot, recipe.attempt, body)).lastrowid or 0)

    def _copy_words(self, old: int, new: int, attempt: int) -> None:
        words = counting(self._facts([old])[old]).get("words")
        if words is not None and words.outcome == "done":
            fact = Fact("", "words", "done", words.value, made_by=words.made_by, note=f"{COPIED}{attempt}")
            self._insert(fact, new)

    def add(self, facts: Sequence[Fact]) -> list[Fact]:
        """Commit facts and what follows from them, together. Gives them back with their numbers."""
        self._flush_if(facts)
        numbered, slots = [], []
        with transaction(self.db):
            for fact in facts:
                recipe, slot = self._recipe(fact.recipe) if fact.recipe else (None, None)
                number = self._insert(fact, recipe)
                if fact.vector is not None and fact.about is not None:
                    self.vectors.put(fact.about, *fact.vector)
                numbered.append(replace(fact, number=number))
                if slot is not None:
                    slots.append(slot)
            self._settle(list(dict.fromkeys(slots)))
        return numbered

    def lose(self, owed: Mapping[Paid, float]) -> None:
        """Commit as lost, for these dollars, what was sent by a process that is dead."""
        lost = []
        for (recipe_id, name), dollars in owed.items():
            n, _ = self._recipe(recipe_id)
            facts = self._facts([n])[n]
            sent, before = [f for f in facts if f.name == name][-1], counting(facts).get(name)
            value, why = {"lost": lost_before(before) + 1}, f"{LOST}in flight when an earlier run ended"
            made_by = (sent.about, sent.made_by)
            lost.append(Fact(recipe_id, name, "failed", value, *made_by, why, cost=dollars))
        if lost:
            self.add(lost)

    def _flush_if(self, facts: Sequence[Fact]) -> None:
        """From the first fact on that money hangs on, a commit is on the disk before anything follows from it:
        a power cut must not take back what was said before a request left."""
        if not self._flushes and any(f.cost or (f.outcome == "sent" and (f.value or {}).get("bound")) for f in facts):
            self.db.execute("PRAGMA synchronous=FULL")
            self._flushes = True

    def _insert(self, fact: Fact, recipe: int | None) -> int:
        columns = "recipe, name, outcome, value, about, made_by, note, seconds, cost, at"
        sql = f"INSERT INTO facts ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        value = None if fact.value is None else json.dumps(fact.value, ensure_ascii=False, separators=(",", ":"))
        told = (fact.about, fact.made_by, _storable(fact.note[:2000]), fact.seconds, fact.cost, time.time())
        stored = None if value is None else _storable(value)
        if recipe is not None and fact.name == "words" and fact.outcome == "done":
            ledger_said.note(self.db, recipe, str((fact.value or {}).get("prompt", "")))
        return int(self.db.execute(sql, (recipe, fact.name, fact.outcome, stored, *told)).lastrowid or 0)

    def saying(self, recipe: Recipe, prompt: str) -> list[Recipe]:
        """Recipes at other slots of its class that have this prompt: one of each technique and row of attributes."""
        found = ledger_said.others(self.db, recipe.id, recipe.slot.key, prompt)
        return [sample.recipe for _, sample in self._load(found)] if found else []

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
        with transaction(self.db):
            number = self._insert(Fact(None, "list", "done", dict(value)), None)
            for n, sample in self.samples(state="kept"):
                image = sample.facts["image"].value
                self.db.execute("INSERT INTO frozen VALUES (?, ?, ?, ?)", (number, n, image["sha256"], sample.label))
        return number

    def note(
        self, name: str, value: Mapping[str, Any], outcome: Outcome = "done", cost: float = 0.0, why: str = ""
    ) -> None:
        """Add a fact of the run."""
        fact = Fact(None, name, outcome, dict(value), note=why, cost=cost)
        self._flush_if([fact])
        with transaction(self.db):
            self._insert(fact, None)

    def _is_listed(self, number: int) -> bool:
        """Are the kept images, with their present labels, exactly those of a list?"""
        sql = "SELECT recipe, sha256, label FROM frozen WHERE list = ? ORDER BY recipe"
        now = ((n, s.facts["image"].value["sha256"], s.label) for n, s in self.samples(state="kept"))
        return all(one == other for one, other in zip_longest(now, self.db.execute(sql, (number,))))


def _storable(text: str) -> str:
    """Halves of surrogate pairs, which a server may cut a text into, as their escapes: in JSON they mean the same."""
    return text.encode("utf-8", "backslashreplace").decode()
