"""Orders: which slots a spec asks for, matched with those that are there, in the database."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mintage.core.ledger_transaction import transaction


class Wanted(NamedTuple):
    """One row that a spec asks for: class key, technique, its place in the class, attributes as JSON."""

    key: str
    technique: str
    position: int
    attributes: str


@dataclass(frozen=True)
class Difference:
    """What an order changes, in slots: by class key → number. All empty: nothing does."""

    new: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)
    unfilled: Mapping[str, int] = field(default_factory=dict)
    given_up: Mapping[str, int] = field(default_factory=dict)
    returning: Mapping[str, int] = field(default_factory=dict)
    leaving: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, db: sqlite3.Connection) -> "Difference":
        """From the tables that `match` left."""

        def count(sql: str) -> dict[str, int]:
            return dict(db.execute(f"{sql} GROUP BY 1"))

        there = (
            "SELECT w.key, count(*) FROM matched m JOIN wanted w ON w.n = m.wanted JOIN standing s ON s.slot = m.slot"
        )
        return cls(
            new=count("SELECT key, count(*) FROM wanted WHERE n NOT IN (SELECT wanted FROM matched)"),
            kept=count(f"{there} WHERE s.state = 'kept' AND s.position IS NOT NULL"),
            unfilled=count(f"{there} WHERE s.state NOT IN ('kept', 'measured', 'given_up') AND s.position IS NOT NULL"),
            given_up=count(f"{there} WHERE s.state = 'given_up' AND s.position IS NOT NULL"),
            returning=count(f"{there} WHERE s.position IS NULL"),
            leaving=count(
                "SELECT key, count(*) FROM standing WHERE position IS NOT NULL"
                " AND slot NOT IN (SELECT slot FROM matched)"
            ),
        )


def unfilled(db: sqlite3.Connection, refused: bool, tried: bool) -> list[tuple[str, str, int]]:
    """(class key, technique, slots) that want an image, by the tables that `match` left; also those that were given up
    because they were `refused`, or because they were `tried` too often."""
    given_up = "s.state = 'given_up' AND s.reason {} LIKE 'refused %'"
    also = [given_up.format(word) for word, wanted in (("", refused), ("NOT", tried)) if wanted]
    open_now = " OR ".join(["m.slot IS NULL", "s.state NOT IN ('kept', 'measured', 'given_up')", *also])
    sql = (
        "SELECT w.key, w.technique, count(*) FROM wanted w LEFT JOIN matched m ON m.wanted = w.n"
        f" LEFT JOIN standing s ON s.slot = m.slot WHERE {open_now} GROUP BY 1, 2"
    )
    return list(db.execute(sql))


def match(db: sqlite3.Connection, rows: Iterable[Wanted]) -> None:
    """Fill the temporary tables `wanted` and `matched`: each row takes an existing slot of its class and technique with
    the same attributes, a filled one first, then the lowest number; what is left over needs a new slot."""
    db.executescript(
        "PRAGMA temp_store=FILE; DROP TABLE IF EXISTS temp.wanted; DROP TABLE IF EXISTS temp.matched;"
        "CREATE TEMP TABLE wanted (n INTEGER PRIMARY KEY, key TEXT, technique TEXT, position INTEGER, attributes TEXT);"
        "CREATE TEMP TABLE matched (wanted INTEGER PRIMARY KEY, slot INTEGER);"
    )
    with transaction(db, "BEGIN"):
        _pair_up(db, rows)


def _pair_up(db: sqlite3.Connection, rows: Iterable[Wanted]) -> None:
    db.executemany("INSERT INTO wanted (key, technique, position, attributes) VALUES (?, ?, ?, ?)", rows)
    if db.execute("SELECT 1 FROM slots LIMIT 1").fetchone():
        db.execute(
            "INSERT INTO matched SELECT w.n, t.n FROM"
            " (SELECT n, key, technique, attributes, row_number() OVER (PARTITION BY key, technique, attributes"
            "  ORDER BY position) nth FROM wanted) w JOIN"
            " (SELECT t.n, t.key, t.technique, t.attributes, row_number() OVER (PARTITION BY t.key, t.technique,"
            "  t.attributes ORDER BY s.state <> 'kept', t.number) nth FROM slots t JOIN standing s ON s.slot = t.n) t"
            " USING (key, technique, attributes, nth)"
        )
    db.execute("CREATE INDEX temp.matched_slot ON matched (slot)")


def write_order(db: sqlite3.Connection, number: int) -> None:
    """Make the matched and the new rows the set, inside the caller's transaction; `number` is the order's fact."""
    db.execute(
        "INSERT INTO slots (key, technique, number, attributes) SELECT w.key, w.technique,"
        " coalesce((SELECT max(t.number) + 1 FROM slots t WHERE t.key = w.key AND t.technique = w.technique), 0)"
        " + w.nth - 1, w.attributes FROM"
        " (SELECT *, row_number() OVER (PARTITION BY key, technique ORDER BY position) nth"
        " FROM wanted WHERE n NOT IN (SELECT wanted FROM matched)) w ORDER BY w.n"
        if db.execute("SELECT 1 FROM slots LIMIT 1").fetchone()
        else "INSERT INTO slots (key, technique, number, attributes) SELECT key, technique,"
        " row_number() OVER (PARTITION BY key, technique ORDER BY position) - 1, attributes FROM wanted ORDER BY n"
    )
    first_new = "SELECT coalesce(max(slot), 0) FROM standing"
    low = db.execute(first_new).fetchone()[0]
    # new slots were written in the order of their rows: pair them up by rank
    db.execute(
        "INSERT INTO matched SELECT w.n, t.n FROM (SELECT n, row_number() OVER (ORDER BY n) r FROM wanted"
        " WHERE n NOT IN (SELECT wanted FROM matched)) w JOIN (SELECT n, row_number() OVER (ORDER BY n) r FROM slots"
        " WHERE n > ?) t USING (r)",
        (low,),
    )
    db.execute(
        "INSERT INTO changes SELECT ?, slot, NULL FROM standing WHERE position IS NOT NULL"
        " AND slot NOT IN (SELECT slot FROM matched)",
        (number,),
    )
    db.execute(
        "INSERT INTO changes SELECT ?, m.slot, w.position FROM matched m JOIN wanted w ON w.n = m.wanted"
        " LEFT JOIN standing s ON s.slot = m.slot WHERE s.position IS NOT w.position",
        (number,),
    )
    db.execute(
        "UPDATE standing SET position = NULL WHERE position IS NOT NULL AND slot NOT IN (SELECT slot FROM matched)"
    )
    db.execute(
        "INSERT INTO standing SELECT m.slot, w.key, w.technique, w.position, 'open', 0, NULL, '', 1, 0, ''"
        " FROM matched m JOIN wanted w ON w.n = m.wanted WHERE true ON CONFLICT (slot) DO UPDATE SET"
        " state = CASE WHEN standing.position IS NULL AND attempts > 0 THEN 'unsettled' ELSE state END,"
        " position = excluded.position"
    )
