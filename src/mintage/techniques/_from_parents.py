"""What techniques with parents have in common: whose turn it is, and what to say where there are none."""

from collections.abc import Collection, Sequence
from math import gcd, lcm
from typing import TYPE_CHECKING

from mintage.core import registry
from mintage.core.errors import MintageError, Problem
from mintage.core.ports import Parent, Pool

if TYPE_CHECKING:
    from mintage.core.spec import DatasetSpec


def turn(number: int, n: int, beside: int = 1) -> int:
    """Whose turn it is among n, where something else turns among `beside` at the same time (number mod `beside`).

    Every block of n numbers has each once, and every n·beside numbers have each pair of the two once: where n and
    `beside` have a common divisor, the n begin one later after each of their least common multiples.
    """
    return (number + number // lcm(n, beside) % gcd(n, beside)) % n


def pair(number: int, n: int) -> tuple[int, int]:
    """Two different ones of n: all n(n−1)/2 pairs before any comes again, nobody far ahead of the others.

    The circle method of round-robin tournaments (Kirkman, 1847): in each round everybody has one partner (with odd n,
    all but one). When all pairs were there, they come again the other way round.
    """
    again, k = divmod(number, n * (n - 1) // 2)
    circle = n - 1 + n % 2
    r, i = divmod(k, n // 2)
    if n % 2 == 0 and i == 0:
        first, second = (r, n - 1) if r % 2 else (n - 1, r)
    else:
        step = i + n % 2
        first, second = (r + step) % circle, (r - step) % circle
    return (second, first) if again % 2 else (first, second)


def references(pool: Pool, key: str, verb: str) -> Sequence[Parent]:
    """The real images of a class that a verb can take: only what is surely cut out can be composed."""
    return pool.real(key, cut=verb == "compose")


def without_references(
    spec: "DatasetSpec", technique: str, name: str, verb: str, pool: Pool, least: int = 1
) -> Problem:
    """That a class has too few real images for a technique, with both ways out: give them, or have it do without."""
    key = spec.key_of(name)
    there, cut = len(pool.real(key)), len(references(pool, key, verb))
    needs = "a real image" if least == 1 else f"{least} real images"
    has = f"has {there or 'none'}"
    if there > cut:
        has += f", and {cut or 'none'} of them can be cut out surely"
    folder = spec.classes[name].references
    more = f"more of them in {folder}" if folder else "a folder of them"
    if there > cut:
        more += " (with masks beside them, see docs/references.md)"
    return Problem(
        f"{technique} needs {needs} of {name!r}, which {has}",
        f"classes.{name}",
        f"{more}, or other techniques for this class",
        f"{name}: {{references: {folder or 'FOLDER'}}}, or {name}: {{techniques: {{{plain(spec)}: 1}}}}",
    )


def makers(spec: "DatasetSpec", technique: str) -> frozenset[str]:
    """The techniques of a spec, beside one, whose images are parents for it: they show their slot's class, wait for no
    made image themselves and do not come on top. Of what cannot be built nothing is known: it counts."""
    return frozenset(t for t in spec.used_techniques if t != technique and _makes_parents(spec, t))


def _makes_parents(spec: "DatasetSpec", technique: str) -> bool:
    try:
        built = registry.build("techniques", spec.technique(technique), spec)
    except MintageError:  # told elsewhere
        return True
    of_two = getattr(built.options, "partner", "") == "classes" and built.options.label in ("soft", "reject")
    return not (built.waits or built.on_top or of_two)


def is_made(spec: "DatasetSpec", name: str, by: Collection[str]) -> bool:
    """Whether a class has images by one of these techniques."""
    return any(share.share > 0 for t, share in spec.shares(name).items() if t in by)


def without_makers(spec: "DatasetSpec", technique: str, name: str, by: Collection[str]) -> list[Problem]:
    """That no other technique makes the images of a class which a technique waits for, with both ways out."""
    if is_made(spec, name, by):
        return []
    beside = [t for t, share in spec.shares(name).items() if t != technique and share.share > 0]
    none = f" ({', '.join(beside)} cannot be built upon)" if beside else ""
    given = f"{name}: {{techniques: {{{plain(spec)}: 0.9, {technique}: 0.1}}}}"
    folder = spec.classes[name].references or "FOLDER"
    return [
        Problem(
            f"{technique} needs made images of {name!r}, and no technique beside it makes any{none}",
            f"classes.{name}",
            "another technique that makes them, or a folder of real images of it",
            f"{given}, or {name}: {{references: {folder}}} and {technique}: {{parents: references}}",
        )
    ]


def plain(spec: "DatasetSpec") -> str:
    """The technique that any class can have."""
    return "scene" if spec.levels else "vanilla"


def taken(spec: "DatasetSpec", technique: str, attribute: str) -> list[Problem]:
    """That an axis has the name of an attribute which a technique gives its own slots."""
    if attribute not in spec.axes:
        return []
    found = f"{technique} gives its slots the attribute {attribute!r}, and so does this axis"
    return [Problem(found, f"axes.{attribute}", "another name for the axis")]
