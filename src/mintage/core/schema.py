"""The tables of ledger.db: permanent ones that are only added to, and derived ones that can be rebuilt."""

VERSION = 1

FIRST = 20
"""A class's first round: no more of it is made until these are scored."""

FIRST_ROUND = f"state IN ('open', 'due') AND attempts <= 1 AND position < {FIRST}"

PERMANENT = """
CREATE TABLE slots (n INTEGER PRIMARY KEY, key TEXT NOT NULL, technique TEXT NOT NULL, number INTEGER NOT NULL,
    attributes TEXT NOT NULL, UNIQUE (key, technique, number));
CREATE TABLE recipes (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, slot INTEGER NOT NULL REFERENCES slots (n),
    attempt INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (slot, attempt));
CREATE TABLE facts (number INTEGER PRIMARY KEY, recipe INTEGER REFERENCES recipes (n), name TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'done', 'refused', 'failed')), value TEXT, about INTEGER,
    made_by TEXT NOT NULL, note TEXT NOT NULL, seconds REAL NOT NULL, cost REAL NOT NULL, at REAL NOT NULL);
CREATE INDEX facts_of_recipe ON facts (recipe, number);
CREATE TABLE changes (number INTEGER NOT NULL, slot INTEGER NOT NULL, position INTEGER);
CREATE TABLE frozen (list INTEGER NOT NULL, recipe INTEGER NOT NULL, sha256 TEXT NOT NULL, label TEXT NOT NULL,
    PRIMARY KEY (list, recipe)) WITHOUT ROWID;
CREATE TABLE vectors (image INTEGER NOT NULL, space TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (image, space))
    WITHOUT ROWID;
"""
"""A slot's `position` in its class says when it is made; NULL in `changes`: it left the set. `changes` and `frozen` are
the long parts of the facts `order` and `list`, whose numbers they carry."""

GUARDS = "".join(
    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{table} are only added'); END;\n"
    for table in ("slots", "recipes", "facts", "changes", "frozen")
    for verb in ("UPDATE", "DELETE")
)

DERIVED = f"""
CREATE TABLE standing (slot INTEGER PRIMARY KEY, key TEXT NOT NULL, technique TEXT NOT NULL, position INTEGER,
    state TEXT NOT NULL, attempts INTEGER NOT NULL, recipe INTEGER, due TEXT NOT NULL, new_words INTEGER NOT NULL,
    refusals INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE INDEX standing_due ON standing (due, recipe) WHERE state = 'due' AND position IS NOT NULL;
CREATE INDEX standing_open ON standing (attempts, position, key) WHERE state = 'open' AND position IS NOT NULL;
CREATE INDEX standing_class ON standing (key, position);
CREATE INDEX standing_first ON standing (key, position) WHERE {FIRST_ROUND};
CREATE TABLE judged (recipe INTEGER PRIMARY KEY, keep INTEGER, state TEXT NOT NULL, reason TEXT NOT NULL, score REAL);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
"""`position` NULL: no longer asked for. `recipe`: the attempt that fills or holds the slot."""

ALL = PERMANENT + GUARDS + DERIVED
