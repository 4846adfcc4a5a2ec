"""Sentences with places, such as "a {style} of a {class} {environment}": their parts, and what is wrong with them."""

import re
from collections.abc import Iterable

from mintage.core.errors import Problem, did_you_mean, nearest

CLASS = "class"
"""The place of the class; every other place is the name of an axis."""

_PLACE = re.compile(r"\{([^{}]*)\}")


def parts(template: str) -> list[tuple[str, str]]:
    """The template as (text, place) pairs in order; the last place is "" where text ends the template."""
    found, end = [], 0
    for match in _PLACE.finditer(template):
        found.append((template[end : match.start()], match[1].strip()))
        end = match.end()
    return [*found, (template[end:], "")] if end < len(template) else found


def places(template: str) -> list[str]:
    """The names of its places, in order, each once."""
    return list(dict.fromkeys(place for _, place in parts(template) if place))


def template_mistakes(template: str, axes: Iterable[str]) -> list[Problem]:
    """What is wrong with a user's sentence: unmatched braces, unknown places, no {class}; an empty one has none."""
    if not template.strip():
        return []
    known = [CLASS, *axes]
    found = _unbalanced(template)
    for place in dict.fromkeys(p.strip() for p in _PLACE.findall(template)):
        if place not in known:
            close = nearest(place, known, n=1)
            said = f"there is no axis {place!r} for the place {{{place}}}" if place else "a place {} has no name"
            type_this = f"{{{close[0]}}}" if close else ""
            found.append(Problem(said, where="template", expected=did_you_mean(place, known), type_this=type_this))
    if CLASS not in places(template) and not any("{class" in p.type_this for p in found):
        found.append(
            Problem(
                "the template has no {class}",
                where="template",
                expected="one place for the name of the class",
                type_this=" ".join(["a photo of a {class}", *(f"{{{axis}}}" for axis in known[1:])]),
            )
        )
    return found


def _unbalanced(template: str) -> list[Problem]:
    rest = _PLACE.sub(lambda m: " " * len(m[0]), template)
    expected = "each place between one { and one }, such as {class}"
    return [
        Problem(f"character {at} is a {brace!r} without its {'}' if brace == '{' else '{'!r}", "template", expected)
        for at, brace in enumerate(rest, start=1)
        if brace in "{}"
    ]
