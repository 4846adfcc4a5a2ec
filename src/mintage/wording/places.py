"""Prepositions, in one word or several: "on", "next to", "to the left of", "at the base of", "on its right"."""

from collections.abc import Sequence
from typing import NamedTuple

from mintage.wording import lexicon as lx
from mintage.wording.chunks import CLOSED, at
from mintage.wording.tokens import Token

_SIDES = lx.word_set("left right")
_PAIRED = {
    "back": ("to", "from", "into", "in", "on"),
    "next": ("to",), "close": ("to", "by"), "near": ("to",), "out": ("of", "from", "in", "on"), "off": ("of",),
    "inside": ("of",), "outside": ("of",), "on": ("to", "top"), "up": ("to", "on", "in", "from", "into"),
    "down": ("on", "to", "from", "into", "at"), "away": ("from",), "in": ("between",), "over": ("to",),
    "opposite": ("to",), "adjacent": ("to",), "from": ("behind",), "along": ("with",), "ahead": ("of",),
    "instead": ("of",),
}  # fmt: skip
_NEVER_ALONE = lx.word_set("back next close away ahead instead adjacent left right")
_OBJECTS = lx.PRONOUNS - lx.word_set("he she they i we there here what ones")


class Place(NamedTuple):
    """The words of a preposition and where it ends. `of_holder`: "on it", "to its left": no noun follows."""

    text: str
    start: int
    end: int
    of_holder: bool = False


def place_at(tokens: Sequence[Token], i: int) -> Place | None:
    """The preposition that begins at a place; None where none does; its text is "" where it says nothing of a thing."""
    low = at(tokens, i).low
    if low in _SIDES:
        return Place(f"{low} of", i, i + 2) if at(tokens, i + 1).low == "of" else None
    if low not in lx.PREPOSITIONS_ALL and low not in _PAIRED:
        return None
    if low == "without":
        return Place(low, i, i + 1)
    longer = _longer(tokens, i, low)
    if longer is not None and low not in ("with", "of", "for", "like"):
        return longer
    text, j = low, i + 1
    while at(tokens, j).low in _PAIRED.get(at(tokens, j - 1).low, ()):
        text, j = f"{text} {at(tokens, j).low}", j + 1
    if text in _NEVER_ALONE:
        return None
    held = at(tokens, j).low in _OBJECTS or (at(tokens, j).low == "her" and at(tokens, j + 1).low in CLOSED)
    return Place(text, i, j + held, held)


def _longer(tokens: Sequence[Token], i: int, low: str) -> Place | None:
    """In front of, on the left side of, in its center, in the background."""
    j = i + 1
    own = at(tokens, j).low in lx.OWN
    j += own or at(tokens, j).low in ("the", "a", "an")
    start = j
    while at(tokens, j).low in lx.PLACES or (at(tokens, j).low in ("far", "very", "upper", "lower") and j - start < 3):
        j += 1
    if j == start or at(tokens, j - 1).low not in lx.PLACES:
        return None
    words = [t.low for t in tokens[start:j]]
    side = next((w for w in words if w in _SIDES), "")
    after = at(tokens, j).low
    the = "the " if own or tokens[start - 1].low == "the" else ""
    if after == "of":
        following = at(tokens, j + 1).low
        text = f"{side} of" if side and "corner" not in words else f"{low} {the}{' '.join(words)} of"
        return Place(text, i, j + 2, True) if following in _OBJECTS else Place(text, i, j + 1)
    if own and after in CLOSED and words[-1] not in ("head", "face", "back", "foot", "half"):
        return Place(f"{side} of" if side else f"{low} the {' '.join(words)} of", i, j, True)
    if (
        not own
        and the
        and (lx.gerund(after) or after in (",", ".", "and", "with", "a", "an") or j >= len(tokens))
        and words[-1] not in ("head", "face", "foot")
    ):
        return Place("", i, j)
    return None
