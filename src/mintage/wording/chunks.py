"""Noun phrases of a prompt: how many of what, and how it looks: "two small red tennis rackets"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mintage.core.nouns import number
from mintage.wording import lexicon as lx
from mintage.wording.tokens import END, MARKS, Token

CLOSED = (
    MARKS | lx.DENIALS | lx.PREPOSITIONS_ALL | lx.PRONOUNS | lx.BE | lx.HAVE | lx.AUXILIARIES
    | lx.RELATIVES | lx.DETERMINERS | {"and", "or", "nor", "'s"}
)  # fmt: skip
AFTER = frozenset(
    [
        "asleep",
        "alive",
        "awake",
        "upright",
        "upside-down",
        "alone",
        "full",
        "empty",
        "aflame",
        "afloat",
        "ablaze",
        "alight",
        "open",
        "ajar",
        "visible",
        "nearby",
        "wide",
        "tall",
    ]
)
_ONE = lx.word_set("a an one each every another this")

_LISTED = 6
"""So many adjectives may stand in a list before their noun."""
_NUMBER = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3}){0,2}")
"""1977 is no number of things, it is a year."""


@dataclass(frozen=True)
class Phrase:
    """A noun phrase. `name` is one of it; `head` the last word as written, in lower case; `words` all but articles."""

    name: str
    head: str
    determiner: str
    count: int | None
    colours: tuple[str, ...]
    attributes: tuple[str, ...]
    many: bool
    proper: bool
    words: tuple[str, ...]
    owner: "Phrase | None" = None


def at(tokens: Sequence[Token], i: int) -> Token:
    return tokens[i] if 0 <= i < len(tokens) else END


def phrase_at(tokens: Sequence[Token], start: int) -> tuple[Phrase, int] | None:
    """The noun phrase that begins at a place and where it ends; None where none begins."""
    i, determiner, count = _quantity(tokens, start)
    words: list[Token] = []
    owner: Phrase | None = None
    noun = False
    while i < len(tokens):
        token = tokens[i]
        if words and not noun:
            noun = not lx.adjective(words[-1].text) and not lx.gerund(words[-1].low)
        if token.low == "'s" and words:
            owner = _built(words, determiner, count, owner, END)
            words, determiner, count, noun = [], "", None, False
        elif token.low in ("and", ",") and _looks_only(words) and _goes_on(tokens, i):
            i += 1 + (at(tokens, i + 1).low == "and")
            continue
        elif (token.low in CLOSED and not _is_can(tokens, i, noun, bool(words or determiner))) or (
            token.low in ("left", "right") and at(tokens, i + 1).low == "of" and noun
        ):
            break
        elif lx.adverb(token.low) and (noun or _only_adverb(tokens, i)):
            if noun or not (words or determiner or lx.adjective(at(tokens, i + 1).text)):
                break
        elif _is_verb(tokens, i, noun, bool(words or determiner or owner), determiner, words) or (
            noun and token.low in AFTER
        ):
            break
        else:
            words.append(token)
        i += 1
    if not words:
        return (owner, i) if owner else None
    i, words = _longer(tokens, i, words)
    return _built(words, determiner, count, owner, at(tokens, i)), i


def _looks_only(words: Sequence[Token]) -> bool:
    """Whether there are adjectives so far and no noun: "black" is, "a green square" need not be."""
    return bool(words) and all(lx.adjective(w.text) or lx.gerund(w.low) for w in words) and not (
        len(words) > 1 and words[-1].low in lx.NOUNS_TOO
    )  # fmt: skip


def _only_adverb(tokens: Sequence[Token], i: int) -> bool:
    """Richly textured: said of what follows. A frilly dress, a still life: not."""
    low, after = tokens[i].low, at(tokens, i + 1)
    return after.low in CLOSED or (
        (low in lx.ADVERBS or lx.adjective(after.text)) and (f"{low}_{lx.one_of(after.low)}" not in lx.COMPOUNDS)
    )


def _is_can(tokens: Sequence[Token], i: int, noun: bool, begun: bool) -> bool:
    """A can of soup; no dog can."""
    return tokens[i].low == "can" and begun and (not noun or at(tokens, i + 1).low in CLOSED)


def _quantity(tokens: Sequence[Token], i: int) -> tuple[int, str, int | None]:
    """Articles and numbers before a noun: where the rest begins, the first of them, and how many."""
    determiner, count = "", None
    while i < len(tokens):
        low = tokens[i].low
        after = at(tokens, i + 1).low
        if low in lx.DETERMINERS:
            determiner = determiner or low
            count = 0 if low == "no" else 1 if low in _ONE else count
        elif determiner in ("a", "an") and low in lx.NUMBERS and low not in ("dozen", "hundred", "single"):
            break
        elif low in lx.NUMBERS and after not in MARKS:
            times = count if count and count > 1 and low in ("dozen", "hundred") else 1
            count, determiner = lx.NUMBERS[low] * times, determiner or "one"
        elif _NUMBER.fullmatch(low) and after not in CLOSED:
            count, determiner = int(low.replace(",", "")), determiner or "one"
        elif not (low == "of" and determiner in lx.QUANTIFIERS and after in lx.DETERMINERS):
            break
        i += 1
    return i, determiner, count


def _goes_on(tokens: Sequence[Token], i: int) -> bool:
    """Whether adjectives go on after a comma or "and", up to a noun: "black and white stripes"."""
    for _ in range(_LISTED):
        i += 1 + (at(tokens, i + 1).low == "and")
        i += lx.adverb(at(tokens, i).low)
        token, after = at(tokens, i), at(tokens, i + 1)
        if token.low in CLOSED or not (lx.adjective(token.text) or lx.gerund(token.low)):
            return False
        if after.low not in (",", "and"):
            return after.low not in CLOSED
        i += 1
    return False


def _is_verb(tokens: Sequence[Token], i: int, noun: bool, begun: bool, determiner: str, words: Sequence[Token]) -> bool:
    """Whether a word within a phrase is what the thing does, and the phrase ends before it."""
    low, before, after = tokens[i].low, at(tokens, i - 1), at(tokens, i + 1)
    if tokens[i].text[:1].isupper() and not tokens[i].first:
        return False
    loose = after.low in CLOSED or lx.adverb(after.low)
    noun = noun or (bool(words) and words[-1].low in lx.NOUNS_TOO and loose)
    if lx.gerund(low) or (low in lx.ING_NOUNS and len(low) > 6):
        if noun:
            looks = lx.adjective(after.text) or lx.gerund(after.low) or number(after.low) != "one"
            return after.low in lx.DETERMINERS or (lx.gerund(low) and (loose or looks or low not in lx.PURPOSES))
        return (
            lx.gerund(low)
            and (not begun or (determiner == "one" and not words and loose))
            and (loose or before.low in (",", "and", "or") or before.low in lx.BE)
        )
    if lx.participle(low) and "-" not in low:
        return (noun and (loose or determiner not in ("a", "an"))) or (not begun and loose)
    if not noun or not lx.base(low):
        return False
    last = words[-1]
    if number(last.text) == "many" and (low == lx.base(low)):
        return loose or after.first
    if low == lx.base(low):
        return False
    return loose or determiner in _ONE or lx.gerund(after.low) or not low.endswith("s") or last.text[:1].isupper()


def _longer(tokens: Sequence[Token], i: int, words: list[Token]) -> tuple[int, list[Token]]:
    """With what "of" adds to a name: Statue of Liberty."""
    last = words[-1]
    if (
        not last.text[:1].isupper()
        or last.first
        or last.low in lx.MEDIA | lx.GROUPS | lx.PLACES
        or at(tokens, i).low != "of"
    ):
        return i, words
    j = i + 1 + (at(tokens, i + 1).low == "the")
    more: list[Token] = []
    while at(tokens, j).text[:1].isupper() and at(tokens, j).low not in CLOSED:
        more.append(tokens[j])
        j += 1
    return (j, [*words, *tokens[i : j - len(more)], *more]) if more else (i, words)


def _capital(token: Token) -> bool:
    return token.text[:1].isupper()


def _glued(words: Sequence[Token], k: int) -> bool:
    """Whether a word and the next are parts of one name."""
    one, two = words[k], words[k + 1]
    if f"{one.low}_{lx.one_of(two.low)}" in lx.COMPOUNDS or (_capital(one) and _capital(two)):
        return True
    if one.low.isdigit() or one.low in lx.NUMBERS:
        return False
    if lx.gerund(one.low):
        return one.low in lx.PURPOSES
    return not (lx.adjective(one.text) or lx.adverb(one.low))


def _built(words: list[Token], determiner: str, count: int | None, owner: Phrase | None, after: Token) -> Phrase:
    k = len(words) - 1
    while k > 0 and _glued(words, k - 1):
        k -= 1
    named, last = words[k:], words[-1]
    many = number(last.text) == "many"
    alone = len(named) == 1
    proper = (_capital(last) and not (last.first and alone)) or (last.text.isdigit() and any(map(_capital, named)))
    if alone and last.first and _capital(last) and not determiner:
        proper = not many and bool(lx.base(after.low)) and after.low != lx.base(after.low)
    ones = [
        w.text if _capital(w) and (proper or not w.first or any(map(_capital, named[1:]))) else w.low for w in named
    ]
    if not proper:
        ones[-1] = _one_of(ones, count)
        many = many or bool(count and count > 1)
    colours, attributes = _looks(words[:k])
    return Phrase(
        name=" ".join(ones),
        head=last.low,
        determiner=determiner,
        count=count,
        colours=colours,
        attributes=attributes,
        many=many and not (count == 1 and number(ones[-1]) != "many"),
        proper=proper,
        words=tuple(w.text if _capital(w) and not w.first else w.low for w in words),
        owner=owner,
    )


def _one_of(words: list[str], count: int | None) -> str:
    last = words[-1]
    if last == "glasses" and (count is not None or (len(words) > 1 and number(words[-2]) == "mass")):
        return "glass"
    if count and count > 1 and number(last) == "one" and re.search(r".[^su]s$", last) and last not in lx.ENDS_IN_S:
        return last[:-1]
    return lx.one_of(last)


def _looks(words: Sequence[Token]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Colours, shades with them, and whatever else stands before a name."""
    colours: list[str] = []
    others: list[str] = []
    k = 0
    while k < len(words):
        low, after = words[k].low, words[k + 1].low if k + 1 < len(words) else ""
        if low in lx.SHADES and after in lx.COLOURS:
            colours.append(f"{low} {after}")
            k += 1
        elif low in lx.COLOURS:
            colours.append(low)
        elif after and lx.participle(after) and not lx.adjective(words[k].text):
            others.append(f"{low} {after}")
            k += 1
        else:
            others.append(words[k].text if _capital(words[k]) and not words[k].first else low)
        k += 1
    return tuple(dict.fromkeys(colours)), tuple(dict.fromkeys(others))
