"""A prompt cut into words, marks and quoted text."""

import re
from typing import NamedTuple

from mintage.wording.text import straight

QUOTE = '"'
ENDS = frozenset(".!?;:\n()[]|")
MARKS = ENDS | {",", QUOTE}
_PART = re.compile(
    r"\"(?P<double>[^\"]{1,300})\"|(?<!\w)'(?P<single>[^\n]{1,200}?)'(?!\w)|(?P<word>\d+(?:[.,]\d+)+|[^\W_]+(?:['\-&][^\W_]+)*)|"
    r"(?P<mark>[.,!?;:()\[\]|\n])|(?P<amp>&)"
)
_SPLIT = {f"{word}'s": (word, "is") for word in ("it", "that", "there", "he", "she")}
_JOINED = ((re.compile(r"\bclose[ -]ups?\b", re.I), "closeup"), (re.compile(r"\bzoomed[ -]out\b", re.I), "zoomed-out"))


class Token(NamedTuple):
    """A word as written and in lower case, or a mark; `first`: it begins a sentence. Quoted text has the mark `"`."""

    text: str
    low: str
    first: bool = False


END = Token("", ".", False)


def tokens_of(prompt: str) -> list[Token]:
    """What a prompt is made of, in its order. Possessives are cut: "owl", "'s"."""
    text = straight(prompt)
    for pattern, word in _JOINED:
        text = pattern.sub(word, text)
    found: list[Token] = []
    for part in _PART.finditer(text):
        first = not found or found[-1].low in ENDS
        quoted = part["double"] or part["single"]
        if quoted and quoted.strip():
            found.append(Token(quoted.strip(), QUOTE, first))
        elif part["mark"] or part["amp"]:
            found.append(Token(part[0], "and" if part["amp"] else part[0]))
        elif part["word"]:
            found += _word(part["word"], first)
    return found


def _word(word: str, first: bool) -> list[Token]:
    low = word.lower()
    if low in _SPLIT:
        one, two = _SPLIT[low]
        return [Token(one, one, first), Token(two, two)]
    if low.endswith("'s") and len(low) > 2:
        return [Token(word[:-2], low[:-2], first), Token("'s", "'s")]
    return [Token(word, low, first)]
