"""Counts over a run on disk: states, images, reasons, scores, yield, what was spent. Reads alone."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence

from mintage.core.decide import COPIED, PERSON, PUT_BACK, REPLACED, REWRITTEN, Policy
from mintage.core.passing import LOST
from mintage.core.purse import Purse
from mintage.core.schema import FIRST

LOW_YIELD = 0.2
"""A class whose first images keep less than this share is stopped."""


class LedgerCounts:
    """What is counted of a set. Images by techniques that fill nobody's quota are left out, but for `beside`."""

    db: sqlite3.Connection
    policy: Policy | None

    def _ordinary(self) -> tuple[str, tuple[str, ...]]:
        """A condition on `standing s`, and its values: techniques that fill quotas."""
        others = () if self.policy is None else (*self.policy.beside, *self.policy.unkept)
        return f"s.position IS NOT NULL AND s.technique NOT IN ({','.join('?' * len(others))})", others

    def states(self) -> list[tuple[str, str, str, int]]:
        """(class key, attributes as JSON, state, slots) of the set; `state` of a slot."""
        ordinary, others = self._ordinary()
        sql = (
            "SELECT s.key, t.attributes, CASE s.state WHEN 'unsettled' THEN 'open' ELSE s.state END, count(*)"
            f" FROM standing s JOIN slots t ON t.n = s.slot WHERE {ordinary} GROUP BY 1, 2, 3"
        )
        return list(self.db.execute(sql, others))

    def beside(self) -> list[tuple[str, str, str, int]]:
        """(class key, technique, state, slots) of what fills nobody's quota."""
        ordinary, others = self._ordinary()
        sql = (
            "SELECT s.key, s.technique, CASE s.state WHEN 'unsettled' THEN 'open' ELSE s.state END, count(*)"
            f" FROM standing s WHERE s.position IS NOT NULL AND NOT ({ordinary}) GROUP BY 1, 2, 3"
        )
        return list(self.db.execute(sql, others))

    def images(self) -> list[tuple[str, str, int]]:
        """(class key, attributes as JSON, images made) of the set's slots."""
        ordinary, others = self._ordinary()
        sql = (
            "SELECT s.key, t.attributes, count(DISTINCT r.n) FROM facts f JOIN recipes r ON r.n = f.recipe"
            " JOIN standing s ON s.slot = r.slot JOIN slots t ON t.n = s.slot"
            f" WHERE f.name = 'image' AND f.outcome = 'done' AND {ordinary} GROUP BY 1, 2"
        )
        return list(self.db.execute(sql, others))

    def judgements(self) -> list[tuple[str, str, int]]:
        """(class key, state, attempts) of the set's attempts; `kept` and the states of an attempt."""
        ordinary, others = self._ordinary()
        sql = (
            "SELECT s.key, CASE WHEN j.keep THEN 'kept' ELSE j.state END, count(*) FROM judged j"
            " JOIN recipes r ON r.n = j.recipe JOIN standing s ON s.slot = r.slot"
            f" WHERE {ordinary} GROUP BY 1, 2"
        )
        return list(self.db.execute(sql, others))

    def reasons(self, state: str) -> Iterator[tuple[str, str, int]]:
        """(class key, reason, slots) of the set's slots in a state (failed, given_up), as a stream."""
        ordinary, others = self._ordinary()
        sql = f"SELECT key, reason, count(*) FROM standing s WHERE {ordinary} AND state = ? GROUP BY 1, 2"
        yield from self.db.execute(sql, (*others, state))

    def histogram(self, low: float, high: float, bins: int) -> list[tuple[str, bool, int, int]]:
        """(class key, passed, bin, attempts) of the first floor's number; values outside fall into the outer bins."""
        ordinary, others = self._ordinary()
        sql = (
            "SELECT s.key, j.state = 'passed', max(0, min(?, cast((j.score - ?) / ? * ? AS INTEGER))), count(*)"
            " FROM judged j JOIN recipes r ON r.n = j.recipe JOIN standing s ON s.slot = r.slot"
            f" WHERE j.score IS NOT NULL AND {ordinary} GROUP BY 1, 2, 3"
        )
        rows = self.db.execute(sql, (bins - 1, low, high - low, bins, *others))
        return [(key, bool(passed), bin, n) for key, passed, bin, n in rows]

    def low_yield(self, keys: Iterable[str]) -> dict[str, int]:
        """Of these classes, those whose first 20 judged images passed less than a fifth of the time: key → passed.

        Images by the present engine with the present words are counted, so that a class which is reworded, or given to
        another engine, is tried again.
        """
        wanted = {key: self.first_wanted(key) for key in keys}
        return {k: self._firsts[k] for k, more in wanted.items() if not more and self._firsts[k] < LOW_YIELD * FIRST}

    def first_wanted(self, key: str) -> int:
        """How many more images of a class must be judged before its yield is known; 0: it is."""
        if key in self._firsts:
            return 0
        judged, passed = self._first_images(key)
        if judged >= FIRST:
            self._firsts[key] = passed
        return FIRST - judged

    _firsts: dict[str, int]
    """Class key → how many of its first images passed, once all of these are judged."""

    def _first_images(self, key: str) -> tuple[int, int]:
        """(judged, passed) of a class's first images, at most `FIRST`: among its first slots, else among all."""
        ordinary, others = self._ordinary()
        present, told = self._by_present_stages()
        sql = (
            "SELECT count(*), coalesce(sum(state = 'passed'), 0) FROM (SELECT j.state FROM standing s"
            " JOIN recipes r ON r.slot = s.slot JOIN judged j ON j.recipe = r.n WHERE s.key = ? AND s.position < ?"
            f" AND {ordinary} AND j.state IN ('passed', 'rejected'){present} ORDER BY r.n LIMIT ?)"
        )
        judged = passed = 0
        for below in (50 * FIRST, 2**62):
            judged, passed = self.db.execute(sql, (key, below, *others, *told, FIRST)).fetchone()
            if judged >= FIRST:
                break
        return judged, passed

    def _by_present_stages(self) -> tuple[str, tuple[str, ...]]:
        """A condition on `recipes r` and `standing s`, and its values: words and images are by what makes them now."""
        made_by = {} if self.policy is None else self.policy.made_by
        makers = [(n.removeprefix("image."), who) for n, who in made_by.items() if n.startswith("image.")]
        of = " AND EXISTS (SELECT 1 FROM facts f WHERE f.recipe = r.n AND f.outcome = 'done' AND"
        sql, told = "", []
        if "words" in made_by:
            sql += f"{of} f.name = 'words' AND f.made_by IN (?, ?))"
            told += [made_by["words"], PERSON]
        if makers:
            pairs = ",".join(["(?, ?)"] * len(makers))
            sql += f"{of} f.name = 'image' AND (s.technique, f.made_by) IN (VALUES {pairs}))"
            told += [part for pair in makers for part in pair]
        return sql, tuple(told)

    def makers(self) -> list[tuple[str, str, str, str, int]]:
        """(class key, technique, engine, its model or "", kept images) of the set."""
        ordinary, others = self._ordinary()
        sql = (
            "SELECT s.key, s.technique, json_extract(r.body, '$.engine'),"
            " coalesce(json_extract(r.body, '$.settings.model'), ''),"
            f" count(*) FROM standing s JOIN recipes r ON r.n = s.recipe WHERE {ordinary} AND s.state = 'kept'"
            " GROUP BY 1, 2, 3, 4"
        )
        return [
            (key, technique, engine, str(model), n) for key, technique, engine, model, n in self.db.execute(sql, others)
        ]

    def outcomes(
        self, techniques: Sequence[str], name: str, made_by: Sequence[str], without: Collection[str] = ()
    ) -> tuple[int, int, int]:
        """(passed, refused, all that are judged) attempts of the set by these techniques, of which the fact of that
        name is by one of these. `without`: classes (by key) that are left out."""
        sql = (
            "SELECT coalesce(sum(j.state = 'passed'), 0), coalesce(sum(j.state = 'refused'), 0), count(*) FROM judged j"
            " JOIN recipes r ON r.n = j.recipe JOIN standing s ON s.slot = r.slot WHERE s.position IS NOT NULL"
            f" AND s.technique IN ({','.join('?' * len(techniques))}) AND j.state IN ('passed', 'rejected', 'refused')"
            " AND EXISTS (SELECT 1 FROM facts f WHERE f.recipe = r.n AND f.name = ? AND f.outcome <> 'sent'"
            f" AND f.made_by IN ({','.join('?' * len(made_by))})) AND s.key NOT IN ({','.join('?' * len(without))})"
        )
        passed, refused, seen = self.db.execute(sql, (*techniques, name, *made_by, *without)).fetchone()
        return passed, refused, seen

    def spent(self) -> dict[str, tuple[int, float, float]]:
        """Stage → (facts, seconds, dollars), over everything that this run ever did."""
        sql = (
            "SELECT name, count(*), sum(seconds), sum(cost) FROM facts"
            " WHERE recipe IS NOT NULL OR cost > 0 GROUP BY name"
        )
        return {name: (n, s or 0.0, c or 0.0) for name, n, s, c in self.db.execute(sql)}

    def reworded(self) -> tuple[int, int]:
        """(prompts that their writer wrote again, prompts that the grammar wrote in its place), ever."""
        sql = "SELECT count(*) FROM facts WHERE name = 'words' AND outcome = 'done' AND note LIKE ?"
        again, instead = (self.db.execute(sql, (f"{note}%",)).fetchone()[0] for note in (REWRITTEN, REPLACED))
        return again, instead

    def lost(self) -> tuple[int, float]:
        """(answers that got lost, dollars that they count for), over everything that this run ever did."""
        sql = (
            "SELECT count(*), coalesce(sum(cost), 0.0) FROM facts WHERE outcome = 'failed' AND cost > 0 AND note LIKE ?"
        )
        count, dollars = self.db.execute(sql, (f"{LOST}%",)).fetchone()
        return count, dollars

    def billed(self, name: str, made_by: Sequence[str]) -> tuple[int, float]:
        """(answers, dollars on the average) of the facts of a name by these makers; (0, 0) where nothing was paid."""
        sql = (
            "SELECT count(*), coalesce(avg(cost), 0.0) FROM facts WHERE name = ? AND recipe IS NOT NULL"
            f" AND outcome IN ('done', 'refused') AND made_by IN ({','.join('?' * len(made_by))}) AND note NOT LIKE ?"
        )
        count, mean = self.db.execute(sql, (name, *made_by, f"{COPIED}%")).fetchone()
        return (count, mean) if mean else (0, 0.0)

    def spent_by_class(self) -> dict[str, float]:
        """Class key → dollars, over everything that this run ever did for it, kept or not."""
        sql = (
            "SELECT t.key, sum(f.cost) FROM facts f JOIN recipes r ON r.n = f.recipe JOIN slots t ON t.n = r.slot"
            " WHERE f.cost > 0 GROUP BY 1"
        )
        return dict(self.db.execute(sql))

    def owed(self) -> dict[tuple[str, str], float]:
        """(recipe's id, name of the fact) → dollars: what was sent and never answered, at its upper bound."""
        sql = (
            "SELECT r.id, f.name, sum(json_extract(f.value, '$.bound')) FROM facts f JOIN recipes r ON r.n = f.recipe"
            " WHERE f.outcome = 'sent' AND NOT EXISTS (SELECT 1 FROM facts g WHERE g.recipe = f.recipe"
            " AND g.name = f.name AND g.number > f.number AND g.outcome <> 'sent') GROUP BY 1, 2"
        )
        of_run = (
            "SELECT json_extract(f.value, '$.ticket'), f.name, sum(json_extract(f.value, '$.bound')) FROM facts f"
            " WHERE f.outcome = 'sent' AND f.recipe IS NULL AND NOT EXISTS (SELECT 1 FROM facts g"
            " WHERE g.recipe IS NULL AND g.outcome <> 'sent' AND g.name = f.name AND"
            " json_extract(g.value, '$.ticket') = json_extract(f.value, '$.ticket')) GROUP BY 1, 2"
        )
        rows = [*self.db.execute(sql), *self.db.execute(of_run)]
        return {(whose, name): bound or 0.0 for whose, name, bound in rows}

    def purse(self, dollars: float | None, images: int | None) -> Purse:
        """What may still be spent under a budget, which is over everything that this run ever does."""
        made = "name = 'image' AND outcome = 'done' AND note <> ?"
        sql = f"SELECT coalesce(sum(cost), 0.0), coalesce(sum({made}), 0) FROM facts"
        spent, images_made = self.db.execute(sql, (PUT_BACK,)).fetchone()
        return Purse(dollars, images, spent, images_made, self.owed())
