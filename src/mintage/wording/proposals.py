"""Which proposed words do not do, and why: values of an axis, look-alikes, meanings. Pure functions."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from mintage.core.nouns import DETERMINERS, plural
from mintage.core.safety import unsafe
from mintage.core.spec import DatasetSpec
from mintage.wording.language import foreign
from mintage.wording.text import named, same

MOST_WORDS, LONGEST = 8, 80
"""Words and characters of a value."""
MOST_WORDS_OF_A_NAME = 4
"""Of a look-alike or a kind."""
MOST_WORDS_OF_A_MEANING, LONGEST_MEANING = 25, 200

_SIGNS = frozenset(" '’.,/&()%°+-–")
_SIGNS_OF_A_MEANING = _SIGNS | frozenset(':;"“”')
_WORD = re.compile(r"[^\W_]+")
_SMALL = DETERMINERS | frozenset(["in", "on", "at", "of", "by", "with", "to", "from", "for", "and", "or", "as", "is"])
"""Words that make no other value of a value; above and behind do."""


def tidy(text: str) -> str:
    """A model's words with single spaces, and without the full stop that ends a sentence."""
    return " ".join(part for part in text.strip().split(" ") if part).removesuffix(".")


def refused_value(spec: DatasetSpec, value: str, levels: Mapping[str, Iterable[str]]) -> str:
    """Why a value of an axis does not do; "": it does. `levels`: axis → what there is, of its own axis as well."""
    everything = [*(name for name, _ in _names(spec)), *(v for values in levels.values() for v in values)]
    return (
        _odd(value, MOST_WORDS, LONGEST)
        or _foreign(spec, value, everything)
        or _unsafe(spec, value, spec.classes)
        or next((f"it names {what}" for name, what in _names(spec) if _is_named(name, value)), "")
        or _repeated(value, levels)
    )


def refused_lookalike(spec: DatasetSpec, name: str, word: str, given: Iterable[str]) -> str:
    """Why a thing does not do as a look-alike of a class that has these already; "": it does."""
    own = [(n, what) for n, what in _names(spec, name) if n not in spec.classes[name].lookalikes]
    return (
        _odd(word, MOST_WORDS_OF_A_NAME, LONGEST)
        or _foreign(spec, word, [n for n, _ in _names(spec)])
        or _unsafe(spec, word, spec.classes)
        or next((f"it names {what}" for n, what in own if _is_named(n, word)), "")
        or next((f"it repeats {g!r}" for g in given if content(g) == content(word)), "")
    )


def refused_meaning(spec: DatasetSpec, name: str, kind: str, description: str) -> str:
    """Why a kind and a description do not do for a class; "": they do."""
    others = [(n, what) for other in spec.classes if other != name for n, what in _called(spec, other)]
    known = [n for n, _ in _names(spec)]
    for what, text, words, longest in (
        ("its kind", kind, MOST_WORDS_OF_A_NAME, LONGEST),
        ("its description", description, MOST_WORDS_OF_A_MEANING, LONGEST_MEANING),
    ):
        signs = _SIGNS if text is kind else _SIGNS_OF_A_MEANING
        why = _odd(text, words, longest, signs) or _foreign(spec, text, known) or _unsafe(spec, text, [name])
        why = why or next((f"it names {other}" for n, other in others if _is_named(n, text)), "")
        if why:
            return f"{what}: {why}"
        if content(text) in {content(n) for n, _ in _called(spec, name)}:
            return f"{what}: it only repeats the class"
    return ""


@lru_cache(maxsize=4096)
def content(text: str) -> frozenset[str]:
    """The words that a phrase is about, in no order, each in its plural; all of them where all are small."""
    words = _WORD.findall(same(text))
    return frozenset(plural(w) for w in [w for w in words if w not in _SMALL] or words)


def _is_named(name: str, text: str) -> bool:
    """Whether whole words of a text name a thing, or several of it: also of what grammar does not count (fruits)."""
    return named(name, same(text)) or named(f"{name}s", same(text))


def _names(spec: DatasetSpec, only: str = "") -> Iterator[tuple[str, str]]:
    """Each word that belongs to some class (or to this one), and what it is, for a message."""
    for name, c in spec.classes.items():
        if only and name != only:
            continue
        yield from _called(spec, name)
        yield from ((word, f"{word!r}, a look-alike of {name!r}") for word in c.lookalikes)
        if c.kind:
            yield c.kind, f"{c.kind!r}, the kind of {name!r}"


def _called(spec: DatasetSpec, name: str) -> Iterator[tuple[str, str]]:
    c = spec.classes[name]
    yield name, f"the class {name!r}"
    yield from ((word, f"{word!r}, which is the class {name!r}") for word in (c.called, *c.synonyms) if word)


def _odd(text: str, most: int, longest: int, signs: frozenset[str] = _SIGNS) -> str:
    """What is wrong with the mere form of words."""
    if not text.strip():
        return "it is empty"
    if len(text.splitlines()) > 1:
        return "it has more than one line"
    odd = next((c for c in text if not (c.isalnum() or c in signs or unicodedata.category(c).startswith("M"))), "")
    if odd:
        return f"it is no plain text: it has {odd!r}"
    if not any(c.isalpha() for c in text) or not text[0].isalnum():
        return "it is no plain text: it should begin with a word"
    if len(text.split()) > most:
        return f"it has more than {most} words"
    return f"it is longer than {longest} characters" if len(text) > longest else ""


def _foreign(spec: DatasetSpec, text: str, said: Iterable[str]) -> str:
    """Letters that the spec does not write with, or another language than English where the spec wants that."""
    if spec.language == "any":
        return ""
    known, scripts = " ".join(said), _scripts(text) - {"LATIN"}
    if not scripts:
        language = foreign(same(text), same(known))
        return f"it is in {language}" if language else ""
    other = min(scripts - _scripts(known), default="")
    return f"it is in {other.capitalize()} letters" if other else ""


def _scripts(text: str) -> set[str]:
    return {unicodedata.name(c, "unknown").split(" ")[0].split("-")[0] for c in text if c.isalpha()}


def _unsafe(spec: DatasetSpec, text: str, names: Iterable[str]) -> str:
    """Words that are not drawn, alone or together with one of these classes."""
    off = spec.safety == "off"
    word = unsafe(text, off=off) or next(
        (w for name in names if (w := unsafe(f"{name}, {spec.subject(name)}, {text}", off=off))), ""
    )
    return f"{word!r} is not drawn" if word else ""


def _repeated(value: str, levels: Mapping[str, Iterable[str]]) -> str:
    mine = content(value)
    found = ((axis, v) for axis, values in levels.items() for v in values if content(v) == mine)
    axis, there = next(found, ("", ""))
    return f"it repeats {there!r} of {axis}" if there else ""
