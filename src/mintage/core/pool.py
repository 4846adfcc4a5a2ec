"""What can be a parent now: the user's references, and what fills the run's own slots."""

from collections.abc import Collection, Sequence
from functools import lru_cache

from mintage.core.ledger_reading import LedgerReader
from mintage.core.parents import NoParents, Parent, Pool, References, real_parents


class RealParents(NoParents):
    """References alone; nothing is made yet."""

    def __init__(self, references: References, sure: float) -> None:
        self._references = references
        self._sure = sure
        self._listed = lru_cache(maxsize=None)(self._list)

    def real(self, key: str, *, cut: bool = False) -> Sequence[Parent]:
        return self._listed(key, cut)

    def _list(self, key: str, cut: bool) -> Sequence[Parent]:
        return real_parents(r for r in self._references.of.get(key, ()) if not cut or r.confidence >= self._sure)


class Turned:
    """Another pool, begun later: what is copied from a parent gains nothing from a second attempt with the same one."""

    def __init__(self, pool: Pool, by: int) -> None:
        self._pool = pool
        self._by = by

    def real(self, key: str, *, cut: bool = False) -> Sequence[Parent]:
        found = self._pool.real(key, cut=cut)
        by = self._by % len(found) if found else 0
        return [*found[by:], *found[:by]]

    def made(self, key: str, number: int) -> Parent | None:
        return self._pool.made(key, number + self._by)


class AllParents(RealParents):
    """References, and the images that fill slots of the ledger by techniques that wait for nothing themselves."""

    def __init__(self, references: References, sure: float, ledger: LedgerReader, without: Collection[str]) -> None:
        super().__init__(references, sure)
        self._ledger = ledger
        self._without = without
        self._positions = lru_cache(maxsize=8)(
            lambda key: ledger.positions(key, without)
        )  # no order is written meanwhile

    def made(self, key: str, number: int) -> Parent | None:
        positions = self._positions(key)
        found = self._ledger.filling(key, positions[number % len(positions)], self._without) if positions else None
        if found is None:
            return None
        name = f"recipe:{found.id}"
        return Parent(name, found.roots or (name,))
