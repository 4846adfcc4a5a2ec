"""One axis value as a piece of a sentence: where it stands and how it reads, the value verbatim inside.

A value may already be a phrase ("on grass", "seen from above") and then stays as it is; a bare word gets what it lacks
("beach": on a beach). What fits no rule is said as "axis: value", which is never wrong.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from mintage.core.nouns import (
    ARTICLES,
    DETERMINERS,
    PREPOSITIONS,
    has_determiner,
    head,
    indefinite,
    number,
    with_article,
)
from mintage.writers import _vocabulary as vocabulary


@dataclass(frozen=True, slots=True)
class Piece:
    """`place`: lead, count, adjective, behind, with, action, where, when or aside; `rank` orders adjectives."""

    place: str
    text: str
    rank: int = 0


def role_of(axis: str) -> str:
    """The place in a sentence that an axis has by its name ("background": environment), or "" for any other axis."""
    return vocabulary.ROLES.get(readable(axis).casefold(), "")


def readable(axis: str) -> str:
    """An axis's name as words: time_of_day → time of day."""
    return re.sub(r"[_\s]+", " ", axis).strip()


@lru_cache(maxsize=65536)
def piece(axis: str, value: str) -> Piece:
    """How a value of an axis is said, and where. The text always contains the value verbatim."""
    role = role_of(axis)
    said = _ROLES[role](value, readable(axis)) if role else _other(value, readable(axis))
    return said or Piece("aside", f"{readable(axis)}: {value}")


def is_phrase(value: str) -> bool:
    """Does a value stand in a sentence as it is: "on grass", "indoors", "covered in snow", "wearing a hat"?"""
    words = value.casefold().split()
    if not words:
        return False
    if words[0] in vocabulary.ADVERBS or (len(words) > 1 and (words[0] in PREPOSITIONS or words[0] == "seen")):
        return True
    follows = len(words) > 1 and (words[1] in PREPOSITIONS or words[1] in DETERMINERS)
    participle = words[0] in vocabulary.PARTICIPLES or words[0].endswith(("ing", "ed", "en"))
    return follows and participle and words[0] not in vocabulary.ING_NOUNS


def is_plain(value: str) -> bool:
    """Lower-case Latin words only: what a rule for bare words may take."""
    return re.fullmatch(r"[a-zà-öø-ÿ]+(?:[ '’-][a-zà-öø-ÿ]+){0,5}", value) is not None


def is_adjective(value: str) -> bool:
    """Is a bare value adjectives alone ("worn", "dark red"), as far as endings and a list of common ones tell?"""
    words = re.split(r"[ -]", value)
    if not is_plain(value) or len(words) > 3:
        return False
    if len(words) == 3 and words[1] == "and":
        return is_adjective(words[0]) and is_adjective(words[2])
    last = words[-1]
    ends = last.endswith(("ful", "less", "ous", "ible", "ified", "ated", "ized", "ised", "istic")) or (
        last.endswith("ed") and len(last) > 4
    )
    return last in vocabulary.ADJECTIVES or last in vocabulary.COLOURS or ends


def _names(value: str) -> bool:
    """Capitalised words alone, such as Paris or Times Square."""
    return re.fullmatch(r"[A-ZÀ-Þ][\w'’.-]*(?: [A-ZÀ-Þ][\w'’.-]*)*", value) is not None and not re.search(r"\d", value)


def _style(value: str, axis: str) -> Piece | None:
    if is_phrase(value):
        return Piece("aside", value)
    if value.endswith(" of"):
        return Piece("lead", with_article(value))
    last = head(value)
    if re.fullmatch(r"[\w'’ -]+", value) and (last in vocabulary.MEDIA or last.endswith(("graph", "print"))):
        return Piece("lead", f"{with_article(value)} of")
    if is_adjective(value) or (is_plain(value) and value.endswith(("ic", "ist", "ish", "al", "ern"))):
        return Piece("lead", f"{indefinite(value)} {value} picture of")
    if is_plain(value) or _names(value):
        return Piece("lead", f"{indefinite(value)} {value}-style picture of")
    return None


def _environment(value: str, axis: str) -> Piece | None:
    if is_phrase(value):
        return Piece("where", value)
    if _names(value):
        return Piece("where", f"in {value}")
    if not is_plain(value) and not has_determiner(value):
        return None
    if is_adjective(value) or value in vocabulary.PLACE_ADJECTIVES:
        on, noun = ("on", axis) if axis in ("background", "backdrop", "surface") else ("in", "setting")
        return Piece("where", f"{on} {indefinite(value)} {value} {noun}")
    if _moment(value) is not None and head(value) == value:
        return Piece("when", f"{_moment(value)} {value}")
    return Piece("where", _located(value))


def _located(value: str) -> str:
    last = head(value)
    on = "on" if last in vocabulary.ON else "at" if last in vocabulary.AT else "in"
    if last in vocabulary.THE and (value == last or number(last) != "mass"):
        return f"{on} {value}" if has_determiner(value) else f"{on} the {value}"
    return f"{on} {with_article(value)}"


def _moment(value: str) -> str | None:
    """The words before a time: "at" night, "in the" morning, "on" Monday; None where it is no time that we know."""
    words = value.casefold().split()
    last = words[-1] if words else ""
    if last in ("night", "day") and len(words) > 1:
        return f"on {indefinite(value)}"
    for before, known in vocabulary.MOMENTS.items():
        if last in known:
            return before
    if re.fullmatch(r"\d{4}", value):
        return "in"
    if re.fullmatch(r"(?:the )?\d{2,4}s", value):
        return "in" if value.startswith("the") else "in the"
    return "at" if re.fullmatch(r"\d{1,2}(?::\d\d)?(?: ?[ap]\.?m\.?)?", value) and not value.isdigit() else None


def _time(value: str, axis: str) -> Piece | None:
    if is_phrase(value):
        return Piece("when", value)
    before = _moment(value)
    return Piece("when", f"{before} {value}") if before else None


def _weather(value: str, axis: str) -> Piece | None:
    if is_phrase(value):
        return Piece("when", value)
    if not is_plain(value):
        return None
    last = head(value)
    if last in ("sky", "skies"):
        return Piece("when", f"under {with_article(value)}")
    if last == "weather":
        return Piece("when", f"in {value}")
    if last in vocabulary.WEATHERS:
        return Piece("when", f"in {f'the {value}' if value in vocabulary.THE_WEATHER else with_article(value)}")
    return Piece("when", f"in {value} weather")


def _light(value: str, axis: str) -> Piece | None:
    if is_phrase(value) or value in ("backlit", "unlit", "sunlit", "moonlit"):
        return Piece("aside", value)
    if not is_plain(value):
        return None
    if _moment(value) is not None:
        return Piece("aside", f"{_moment(value)} {value}")
    if head(value) in vocabulary.LIGHTS:
        return Piece("aside", f"in {with_article(value) if value.endswith(('glow', 'spotlight')) else value}")
    if head(value) in ("flash", "backlight"):
        return Piece("aside", f"with {value}")
    return Piece("aside", f"in {value} light")


def _view(value: str, axis: str) -> Piece | None:
    if value.casefold().startswith("from ") and len(value) > 5:
        return Piece("aside", f"seen {value}")
    if is_phrase(value):
        return Piece("aside", value)
    if not is_plain(value):
        return None
    if value in vocabulary.SIDES:
        return Piece("aside", f"seen from {'' if value in ('above', 'below', 'behind', 'afar') else 'the '}{value}")
    if value in ("close-up", "close up", "profile", "silhouette"):
        return Piece("aside", f"in {value}")
    last = head(value)
    if last == "level":
        return Piece("aside", f"at {value}")
    if last == "angle" and value != "wide angle":
        return Piece("aside", f"seen from {with_article(value)}")
    if last in vocabulary.VIEWS:
        return Piece("aside", f"in {with_article(value)}")
    return Piece("aside", f"in {indefinite(value)} {value} view")


def _scale(value: str, axis: str) -> Piece | None:
    if is_phrase(value) or value.casefold().startswith(("filling ", "far ", "up close")):
        return Piece("aside", value)
    if value in ("medium", "average", "normal"):
        return Piece("adjective", f"{value}-sized", 1)
    if value in ("close-up", "close up"):
        return Piece("aside", f"in {value}")
    return Piece("adjective", value, 1) if value in vocabulary.SIZES or is_adjective(value) else None


def _prenominal(rank: int, nouns: bool) -> Callable[[str, str], Piece | None]:
    """Before the noun: colours and materials also where they are nouns (a metal chair), others only as adjectives."""

    def say(value: str, axis: str) -> Piece | None:
        if is_phrase(value):
            return Piece("with" if value.startswith("with") else "behind", value)
        noun = nouns and is_plain(value) and not has_determiner(value) and number(value) != "many"
        return Piece("adjective", value, rank) if noun or is_adjective(value) else _other(value, axis)

    return say


def _count(value: str, axis: str) -> Piece | None:
    low = value.casefold()
    counts = value.isdecimal() or low in vocabulary.QUANTITIES or re.fullmatch(r"an? \w+ of|\w+s of", low)
    return Piece("count", value) if counts else None


def _action(value: str, axis: str) -> Piece | None:
    first = value.split()[0].casefold() if value.split() else ""
    doing = (first.endswith(("ing", "ed", "en")) and len(first) > 4) or first in vocabulary.POSTURES
    return Piece("action", value) if is_phrase(value) or doing else None


def _accessory(value: str, axis: str) -> Piece | None:
    bare = is_plain(value) and not is_phrase(value) and not is_adjective(value) and value not in ("none", "no")
    return Piece("with", f"with {with_article(value)}") if bare else _other(value, axis)


def _other(value: str, axis: str) -> Piece | None:
    """Any other axis: "with dented packaging", "with a scratch", "with two wheels", else "axis: value"."""
    words = value.casefold().split()
    if is_phrase(value):
        return Piece("action" if words[0].endswith("ing") else "with", value)
    many = number(axis) == "many"
    counts = words[:1] and (words[0] in vocabulary.QUANTITIES or words[0].isdecimal())
    if len(words) == 1 and counts and many:
        return Piece("with", f"with {value} {axis[:-1] if words[0] in ('1', 'one') and axis.endswith('s') else axis}")
    if len(words) > 1 and (words[0] in ARTICLES | {"no", "some"} or (counts and number(value) == "many")):
        return Piece("with", f"with {value}")
    if is_adjective(value) and is_plain(axis) and not axis.endswith("ness"):
        return Piece("with", f"with {with_article(f'{value} {axis}')}")
    return None


_ROLES: dict[str, Callable[[str, str], Piece | None]] = {
    "style": _style,
    "environment": _environment,
    "time": _time,
    "weather": _weather,
    "light": _light,
    "view": _view,
    "scale": _scale,
    "count": _count,
    "action": _action,
    "accessory": _accessory,
    "condition": _prenominal(2, nouns=False),
    "colour": _prenominal(3, nouns=True),
    "material": _prenominal(4, nouns=True),
}
