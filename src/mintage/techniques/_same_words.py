"""Whether two phrases name the same, and whether anything of a phrase can be seen."""

import unicodedata
from functools import lru_cache

from mintage.core.nouns import has_determiner, plural

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that show nothing and whose Unicode category does not say so."""


@lru_cache(maxsize=65536)
def bare(phrase: str) -> str:
    """A phrase as it can be compared: many of it, in small letters, without article, single spaces.

    Letters that only look different are the same (Unicode NFKC); underscores and hyphens are spaces; what shows nothing
    is left out.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", phrase).casefold())
    seen = "".join(
        c for c in folded.replace("_", " ").replace("-", " ").replace("\u2010", " ") if not _shows_nothing(c)
    )
    words = " ".join(seen.split())
    return plural(words.partition(" ")[2] if has_determiner(words) else words)


@lru_cache(maxsize=65536)
def forms(phrase: str) -> frozenset[str]:
    """Its singular and plurals, bare: two phrases name the same where they have one of these in common.

    What grammar does not count gets a plural too: fruit, fruits; fish, fishes.
    """
    many = bare(phrase)
    if not many or many.endswith("s"):
        return frozenset({many} - {""})
    return frozenset({many, many + ("es" if many.endswith(("x", "z", "ch", "sh")) else "s")})


def is_visible(phrase: str) -> bool:
    """Whether a phrase can be read: one line, more than spaces and combining marks, nothing that shows nothing."""
    return phrase.isprintable() and any(
        not c.isspace() and not unicodedata.category(c).startswith("M") and c not in _BLANK for c in phrase
    )


def _shows_nothing(letter: str) -> bool:
    return letter in _BLANK or "\ufe00" <= letter <= "\ufe0f" or unicodedata.category(letter) == "Cf"
