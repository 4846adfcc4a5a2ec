"""Which recipes have which prompt: a derived table, so that slots that show different things never share one."""

import hashlib
import json
import re
import sqlite3

TABLE = """
CREATE TABLE IF NOT EXISTS said (recipe INTEGER PRIMARY KEY, hash INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS said_hash ON said (hash);
"""


def compared(prompt: str) -> str:
    """A prompt as it compares: case, spaces and the stops behind words make no difference."""
    return " ".join(re.sub(r"[.,;:!]+(?=\s|$)", "", prompt.casefold()).split())


def hash_of(prompt: str) -> int:
    """63 bits of a prompt as it compares."""
    plain = compared(prompt).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(plain).digest()[:8]) >> 1


def is_there(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'said_hash'").fetchone() is not None


def prepare(db: sqlite3.Connection) -> None:
    """Make the table, and fill it where an earlier version wrote the ledger; inside a transaction."""
    for statement in TABLE.split(";"):
        db.execute(statement)
    done = "name = 'words' AND outcome = 'done' AND recipe IS NOT NULL"
    for recipe, value in db.execute(f"SELECT recipe, value FROM facts WHERE {done} ORDER BY number"):
        note(db, recipe, str(json.loads(value)["prompt"]))


def note(db: sqlite3.Connection, recipe: int, prompt: str) -> None:
    """The newest prompt of a recipe."""
    db.execute("INSERT OR REPLACE INTO said VALUES (?, ?)", (recipe, hash_of(prompt)))


def others(db: sqlite3.Connection, recipe_id: str, key: str, prompt: str) -> list[int]:
    """Recipes at other slots of a class that have a prompt: one of each technique and row of attributes, at most 20."""
    sql = (
        "SELECT min(s.recipe) FROM said s JOIN recipes r ON r.n = s.recipe JOIN slots t ON t.n = r.slot"
        " WHERE s.hash = ? AND t.key = ? AND r.slot != (SELECT slot FROM recipes WHERE id = ?)"
        " GROUP BY t.technique, t.attributes LIMIT 20"
    )
    return [n for (n,) in db.execute(sql, (hash_of(prompt), key, recipe_id))]
