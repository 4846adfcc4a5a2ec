"""Names of things that mean several things, each of which can be drawn: crane, mouse, nail."""

from functools import cache
from importlib.resources import files

from mintage.wording.text import forms, same


def senses(name: str) -> tuple[str, ...]:
    """What a class name may mean ("a bird", "a lifting machine"), where that is several things; else ().

    Case, plural and article make no difference; a longer name ("crane fly") is another thing.
    """
    known = _known()
    return next((known[form] for form in forms(name.strip()) if form in known), ())


@cache
def _known() -> dict[str, tuple[str, ...]]:
    """Every form of each name → its senses, from `homographs.txt`: a line each, `name: sense; sense`."""
    lines = files("mintage.wording").joinpath("homographs.txt").read_text(encoding="utf-8").splitlines()
    told = (line.partition(":") for line in lines if not line.startswith("#"))
    exact = {same(name): tuple(part.strip() for part in rest.split(";")) for name, colon, rest in told if colon}
    return {form: parts for name, parts in exact.items() for form in forms(name)} | exact
