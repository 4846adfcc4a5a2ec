"""Texts as they compare: one case, one form of each character; whole words found in them."""

import re
import unicodedata
from functools import lru_cache

from mintage.core.nouns import has_determiner, plural

_STRAIGHT = str.maketrans("“”„‟‘’‚‛", "\"\"\"\"''''")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def clean(text: str) -> str:
    """Without control characters, line ends and halves of surrogate pairs, which no request and no file can hold."""
    return _UNSEEN.sub(" ", text).strip()


def straight(text: str) -> str:
    """With straight quotes: as many characters as before."""
    return text.translate(_STRAIGHT)


@lru_cache(maxsize=65536)
def same(text: str) -> str:
    """A text as it compares: one case, one form of each character, hyphens and line ends like spaces."""
    folded = straight(unicodedata.normalize("NFKC", clean(text)).casefold())
    return " ".join(re.sub(r"[-‐‑–_]", " ", folded).split())


@lru_cache(maxsize=65536)
def unaccented(text: str) -> str:
    """A text as it compares, its Latin letters without accents: "creme brulee"."""
    return "".join(c for c in unicodedata.normalize("NFD", same(text)) if not "\u0300" <= c <= "\u036f")


def occurs(words: str, text: str) -> bool:
    """Whether whole words stand in a text, both as `same` gives them: a scarf shows no car.

    Letters of scripts without spaces need no edge.
    """
    return not words or (words in text and _whole(words).search(text) is not None)


@lru_cache(maxsize=65536)
def _whole(words: str) -> re.Pattern[str]:
    start = r"(?<![^\W_])" if words[0].isascii() and words[0].isalnum() else ""
    end = r"(?![^\W_])" if words[-1].isascii() and words[-1].isalnum() else ""
    return re.compile(start + re.escape(words) + end)


@lru_cache(maxsize=65536)
def forms(name: str) -> tuple[str, ...]:
    """How a thing may be named: its words or their plural, with or without the article that is part of them."""
    bare = name.partition(" ")[2] if has_determiner(name) else name
    return tuple(dict.fromkeys(same(form) for form in (name, bare, plural(bare))))


def named(name: str, text: str) -> bool:
    """Whether a text, as `same` gives it, names a thing."""
    return any(occurs(form, text) for form in forms(name))
