"""What earlier orders remember: the key of each class, whatever it was called."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from mintage.core.errors import MintageError, Problem, did_you_mean
from mintage.core.spec import DatasetSpec


def keys_of(spec: DatasetSpec, orders: Sequence[Mapping[str, str]]) -> DatasetSpec:
    """The spec with the key of each class: carried on by `was:` or by its name, else its own name, or a new one where
    another class has had that.

    `orders`: name → key of each earlier order, oldest first.

    Raises:
        MintageError: a `was:` that names no class ever planned here, or one that another class goes on with.
    """
    keys, problems = _renamed(spec, orders)
    if problems:
        raise MintageError(*problems)
    used = {key for names in orders for key in names.values()}
    taken = set(keys.values())
    for names in reversed(orders):  # who was called so last has the key
        for name in spec.classes:
            if name in names and name not in keys and names[name] not in taken:
                keys[name] = names[name]
                taken.add(keys[name])
    for name in [n for n in spec.classes if n not in keys]:
        keys[name] = next(k for k in _tries(name) if k not in taken | used)
        taken.add(keys[name])
    return spec.with_keys(keys)


def _renamed(spec: DatasetSpec, orders: Sequence[Mapping[str, str]]) -> tuple[dict[str, str], list[Problem]]:
    """The keys of the classes with `was:`, and what is wrong with them."""
    remembered: dict[str, str] = {}
    for names in orders:
        remembered |= names
    owners = {key: name for name, key in (orders[-1] if orders else {}).items() if name in spec.classes}
    keys: dict[str, str] = {}
    problems = []
    for name, c in spec.classes.items():
        if not c.was:
            continue
        newest = orders[-1] if orders else {}
        # a class that the newest order knows by this name has its key, whatever `was:` still says
        key = newest.get(name) or remembered.get(c.was, c.was)
        owner = owners.setdefault(key, name)
        where = f"classes.{name}.was"
        if orders and key not in remembered.values():
            problems.append(Problem(f"no class {c.was!r} was planned here", where, did_you_mean(c.was, remembered)))
        elif owner not in (name, c.was):
            problems.append(Problem(f"{c.was!r} is called {owner!r} now", where, "one class for each old name"))
        keys[name] = key
    return keys, problems


def _tries(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name} ({n})" for n in count(2))
