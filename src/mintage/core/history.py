"""What earlier orders remember: the key of each class, whatever it was called."""

from collections.abc import Mapping, Sequence

from mintage.core.errors import MintageError, Problem, did_you_mean
from mintage.core.spec import DatasetSpec


def keys_of(spec: DatasetSpec, orders: Sequence[Mapping[str, str]]) -> DatasetSpec:
    """The spec with the key of each class: carried on by `was:` or by its name, else its own name.

    `orders`: name → key of each earlier order, oldest first.

    Raises:
        MintageError: a `was:` that names no class ever planned here.
    """
    remembered: dict[str, str] = {}
    for names in orders:
        remembered |= names
    keys: dict[str, str] = {}
    problems = []
    for name, c in spec.classes.items():
        if c.was:
            key = remembered.get(c.was) or (c.was if c.was in remembered.values() else None)
            if key is None and orders:
                where = f"classes.{name}.was"
                problems.append(Problem(f"no class {c.was!r} was planned here", where, did_you_mean(c.was, remembered)))
            keys[name] = key or c.was
    for name, c in spec.classes.items():
        if not c.was:
            taken = set(keys.values())
            key = remembered.get(name, name)
            number = 2
            while key in taken:
                key, number = f"{name} ({number})", number + 1
            keys[name] = key
    if problems:
        raise MintageError(*problems)
    return spec.with_keys(keys)
