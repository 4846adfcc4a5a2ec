"""From the five parts of a row to the caption that is learned: parts are left out at random."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

DROPPED = frozenset({"a", "an", "the", "of"})


def words_of(text: str) -> list[str]:
    """Lower-case words without articles and "of"; hyphens and digits belong to a word."""
    return [w for w in re.findall(r"[a-z0-9'-]+", text.lower()) if w not in DROPPED]


def caption(parts: Sequence[str]) -> str:
    """`{style} of {colour} {class} {view} {place}`."""
    style, *rest = parts
    return " ".join(f"{style} of {' '.join(p for p in rest if p)}".split())


def vocabulary(parts: Iterable[Sequence[str]], known: Sequence[str] = ()) -> list[str]:
    """The words of all rows in alphabetical order, after those already known."""
    found = {w for row in {tuple(row) for row in parts} for w in words_of(caption(row))}
    return [*known, *sorted(found - set(known))]


def thinned(parts: Sequence[str], real: bool, rng: np.random.Generator) -> tuple[str, ...]:
    """As people word prompts: what goes without saying is often not said.

    The place of an untouched photo or of a view only, so that a prompt without a place gives what photos of the class
    look like; of a view often, since most of them are made from cut-outs in a place.
    """
    style, colour, kind, view, place = parts
    chance: Any = rng.random(3)
    if style == "photo" and chance[0] < 0.15:
        style = ""
    if colour and chance[1] < 0.2:
        colour = ""
    if place and chance[2] < (0.4 if view else 0.25 if real else 0):
        place = ""
    return style, colour, kind, view, place
