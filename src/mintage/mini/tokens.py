"""Words to the numbers that the embedded models read."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from mintage.mini.weights import table

if TYPE_CHECKING:
    import numpy

LENGTH = 16
"""Words that are read of a text; the rest is dropped."""

SKIPPED = frozenset({"a", "an", "the", "of"})
UNKNOWN = 1


@cache
def _numbers() -> dict[str, int]:
    return {word: number for number, word in enumerate(table("words.json"), start=2)}


def words_of(text: str) -> list[str]:
    """Lower-case words without articles and *of*."""
    return [word for word in re.findall(r"[a-z0-9'-]+", text.lower()) if word not in SKIPPED]


def unknown_words(text: str) -> list[str]:
    """The words of a text that the models have never seen."""
    return [word for word in words_of(text) if word not in _numbers()]


def to_tokens(texts: list[str]) -> "numpy.ndarray[Any, Any]":
    """int64 [n, 16]: 0 pads, 1 is an unknown word, 2 and above are the words of `words.json` in their order."""
    import numpy as np

    rows = np.zeros((len(texts), LENGTH), np.int64)
    for row, text in zip(rows, texts, strict=True):
        found = [_numbers().get(word, UNKNOWN) for word in words_of(text)][:LENGTH]
        row[: len(found)] = found
    return rows
