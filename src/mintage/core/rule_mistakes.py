"""What is wrong with the rules between axes (`not:`): unknown words, values and weights that they leave no room for."""

from collections.abc import Iterator

from mintage.core.array import Array
from mintage.core.errors import MintageError, Problem, did_you_mean
from mintage.core.spec import DatasetSpec

Loc = tuple[str | int, ...]

OFF = 0.005
"""A share that differs by more from what its weight says is told."""


def rule_mistakes(spec: DatasetSpec) -> Iterator[tuple[Loc, Problem]]:
    """Mistakes in single rules; where there are none, what the rules do together and to the rows under `more`."""
    alone = [found for i in range(len(spec.without)) for found in _one(spec, i)]
    if alone or not spec.without:
        yield from alone
        return
    try:
        array = Array(spec.levels, spec.without)
    except MintageError as error:
        yield from ((("not",), Problem(p.found, expected=p.expected)) for p in error.problems)
        return
    for axis, level in array.impossible:
        i = next(i for i, rule in enumerate(spec.without) if level in rule.get(axis, ()))
        said = f"the rules leave no row with {level!r}"
        yield ("not", i, axis, level), Problem(said, expected=f"fewer rules, or axis {axis!r} without it")
    if not array.impossible:
        yield from _shares(spec, array)
    yield from _more(spec)


def _one(spec: DatasetSpec, i: int) -> Iterator[tuple[Loc, Problem]]:
    rule = spec.without[i]
    for axis, levels in rule.items():
        known = spec.levels.get(axis)
        if known is None:
            said = f"no axis with values {axis!r}"
            yield ("not", i, axis), Problem(said, expected=did_you_mean(axis, spec.levels))
            continue
        for level in (v for v in levels if v not in known):
            said = f"axis {axis!r} has no value {level!r}"
            yield ("not", i, axis, level), Problem(said, expected=did_you_mean(level, known))
    if len(rule) < 2 and rule.keys() <= spec.levels.keys():
        axis, levels = next(iter(rule.items()), ("", []))
        away = f"; or leave {', '.join(map(repr, levels))} out of axis {axis!r}" if rule else ""
        expected = f"two axes or more, e.g. {{environment: in the snow, light: indoors}}{away}"
        yield ("not", i), Problem(f"a rule over {'one' if rule else 'no'} axis", expected=expected)


def _shares(spec: DatasetSpec, array: Array) -> Iterator[tuple[Loc, Problem]]:
    """Of each axis the level whose share the rules change most, if they do."""
    for axis, got in array.shares.items():
        total = sum(spec.levels[axis].values())
        asked = {level: weight / total for level, weight in spec.levels[axis].items()}
        level = max(asked, key=lambda v: abs(got[v] - asked[v]))
        if abs(got[level] - asked[level]) > OFF:
            found = (
                f"the rules leave no room for the weights of {axis!r}: with them {level!r} comes to "
                f"{got[level]:.1%} of the images, and its weight says {asked[level]:.1%}"
            )
            yield ("axes", axis, level), Problem(found, expected="weights that fit the rules, or none, or fewer rules")


def _more(spec: DatasetSpec) -> Iterator[tuple[Loc, Problem]]:
    for i, row in enumerate(spec.more):
        for rule in spec.without:
            if all(row.attributes.get(axis) in levels for axis, levels in rule.items()):
                said = ", ".join(f"{axis}: {row.attributes[axis]}" for axis in rule)
                yield ("more", i), Problem(f"a rule under `not` forbids {said}", expected="a row that no rule forbids")
