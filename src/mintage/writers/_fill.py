"""Fills the places of a sentence that somebody else worded: the user's template, or the order that an engine asks for.

Places become single characters of Unicode's private area first, so that tidying never touches a value.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from mintage.core.nouns import article, counted, has_determiner, indefinite, number
from mintage.core.template import CLASS, parts
from mintage.writers._phrases import is_phrase, role_of
from mintage.writers._sentence import Said, Thing, aside, words_on
from mintage.writers._vocabulary import SINGLE

_ABSENT, _ABSENT_ADJECTIVE = "\ue000", "\ue001"
_SUBJECT, _PLACES = "\ue002", "\ue002-\uf8ff"
_LEADS = "a|an|the|in|on|at|of|with|from|under|by|during|near|against|into|over|beside|behind|through|within|for|to|as"
_JOINS = f"{_LEADS}|and|seen|shown|taken|lit|made|while"
_ADJECTIVE_ROLES = ("colour", "material", "scale", "count", "condition")
_BARE_ROLES = ("environment", "time", "weather", "light", "view")


def fill_order(phrasing: str, thing: Thing, said: Sequence[Said]) -> str:
    """The engine's order of words: values as they are, absent parts dropped, other axes at the end."""
    skeleton, placed = _skeleton(phrasing, tuple(s.axis for s in said), "")
    values = {_SUBJECT: thing.name} | {placed[s.axis]: s.value for s in said if s.axis in placed}
    return " ".join([_substitute(_tidy(skeleton), values), *(s.value for s in said if s.axis not in placed)])


def fill_template(template: str, thing: Thing, said: Sequence[Said], medium: str) -> str:
    """The user's sentence: places filled, articles adjusted, axes without a place appended behind commas.

    A place without a value leaves with the words that led to it, but a style that is missing is the medium.
    """
    skeleton, placed = _skeleton(template, tuple(s.axis for s in said), medium)
    inside = [s for s in said if s.axis in placed]
    values = {_SUBJECT: thing.name} | {placed[s.axis]: s.value for s in inside}
    for s in inside:
        skeleton = _fit(skeleton, placed[s.axis], s, values)
    skeleton = _articles(_tidy(skeleton), values, thing)
    count = next((s for s in inside if s.piece.place == "count"), None)
    if count is not None:
        one = count.value.casefold() in SINGLE
        values[placed[count.axis]], values[_SUBJECT] = counted(count.value, thing.name, thing.kind, one)
    rest = [aside(s) for s in said if s.axis not in placed] + [w for w in [words_on(thing, said)] if w]
    stop = "." if skeleton.endswith(".") else ""
    return ", ".join([_substitute(skeleton.removesuffix("."), values), *rest]) + stop


@lru_cache(maxsize=1024)
def _skeleton(template: str, axes: tuple[str, ...], medium: str) -> tuple[str, dict[str, str]]:
    """The template with a character for each place that has a value, the others dropped; axis → its character."""
    by_role = {role_of(axis): axis for axis in reversed(axes) if role_of(axis)}
    placed: dict[str, str] = {}
    skeleton = gone = ""
    for text, name in parts(template):
        skeleton += re.sub(rf"^\s+{re.escape(gone)}\b", "", text, flags=re.IGNORECASE) if gone else text
        gone = ""
        axis = name if name in axes else by_role.get(role_of(name))
        if name == CLASS:
            skeleton += _SUBJECT
        elif axis is not None:
            skeleton += placed.setdefault(axis, chr(ord(_SUBJECT) + 1 + len(placed)))
        elif name and medium and role_of(name) == "style":
            skeleton += medium
        elif name:
            skeleton += _ABSENT_ADJECTIVE if role_of(name) in _ADJECTIVE_ROLES else _ABSENT
            gone = name  # "{light} light": the word that the place describes leaves with it
    return _drop_absent(skeleton), placed


def _drop_absent(skeleton: str) -> str:
    """Take out places without a value, with the words that only led to them ("in a {environment}", "{style} of")."""
    ends = rf"(?=\s*(?:$|[,.;:!?)\]{_ABSENT}{_PLACES}]|\b(?:{_JOINS})\b))"
    skeleton = re.sub(rf"{_ABSENT_ADJECTIVE}(?=\s*(?:$|[,.;:!?)\]]))", _ABSENT, skeleton)
    skeleton = re.sub(rf"{_ABSENT_ADJECTIVE} ?", "", skeleton)
    skeleton = re.sub(rf"(?:\b(?:{_JOINS})\s+)*{_ABSENT}(?:\s+of\b)?{ends}", "", skeleton, flags=re.IGNORECASE)
    return skeleton.replace(_ABSENT, "")


def _fit(skeleton: str, place: str, said: Said, values: dict[str, str]) -> str:
    """Make a value and the words before its place agree: "in a {environment}" with "on grass" or with "a kitchen"."""
    role = role_of(said.axis)
    if role in ("style", "action"):
        return skeleton
    if is_phrase(said.value):
        return re.sub(rf"(?:\b(?:{_LEADS})\s+)+(?={place})", "", skeleton, flags=re.IGNORECASE)
    if has_determiner(said.value):
        return re.sub(rf"\b(?:a|an|the)\s+(?={place})", "", skeleton, flags=re.IGNORECASE)
    joined = re.search(rf"\b(?:{_JOINS})\s+{place}", skeleton, flags=re.IGNORECASE)
    ends = re.search(rf"{place}\s*(?:$|[,.;:!?)\]{_PLACES}]|(?:{_JOINS})\b)", skeleton)
    if role in _BARE_ROLES and ends and not joined:
        values[place] = said.piece.text
    return skeleton


def _articles(skeleton: str, values: dict[str, str], thing: Thing) -> str:
    """Adjust each a or an before a place to what follows, or take it out: "a {style} of a {class}"."""

    def adjust(match: re.Match[str]) -> str:
        words, run = match[2], match[3]
        noun = _SUBJECT if _SUBJECT in run else next((c for c in run if c in values), "")
        after = match.string[match.end() :].lstrip()
        says = words or values[next(c for c in run if c in values)]
        if noun == _SUBJECT:
            usual = article(thing.name, thing.kind) if thing.article is None else thing.article
            if has_determiner(thing.name) or usual not in ("a", "an"):
                return f"{usual} {words}{run}" if usual else f"{words}{run}"
        elif not words and number(values[noun]) != "one" and not re.match(rf"(?!(?:{_JOINS})\b)\w", after):
            return run
        new = indefinite(says)
        return f"{new.capitalize() if match[1][0] == 'A' else new} {words}{run}"

    return re.sub(
        rf"\b([Aa]n?)\s+((?:(?!(?:{_JOINS})\b)[^\W{_PLACES}][\w'-]*\s+)*)([{_PLACES}](?:\s[{_PLACES}])*)",
        adjust,
        skeleton,
    )


@lru_cache(maxsize=1024)
def _tidy(skeleton: str) -> str:
    """Take out what absent places left behind: empty brackets, double commas and spaces."""
    skeleton = re.sub(r"\(\s*\)|\[\s*\]", "", skeleton)
    skeleton = re.sub(r"\s+(?=[,.;:!?)\]])|(?<=[(\[])\s+", "", skeleton)
    skeleton = re.sub(r"[,;:]+(?=\s*[,;:.])", "", skeleton)
    skeleton = re.sub(r"(^|[,;:])\s*(?:and|of)\b", r"\1", skeleton)
    skeleton = re.sub(r"\s+", " ", skeleton)
    return skeleton.strip(" ,;:")


def _substitute(skeleton: str, values: dict[str, str]) -> str:
    return "".join(values.get(c, c) for c in skeleton)
