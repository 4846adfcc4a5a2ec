"""What a prompt has to say before pixels are paid for: its class and no other, its attributes, in safe, plain words."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from mintage.core.nouns import ARTICLES, PREPOSITIONS, has_determiner
from mintage.core.passing import Brief
from mintage.core.recipe import OTHER
from mintage.core.safety import unsafe
from mintage.core.spec import DatasetSpec
from mintage.wording.language import ENGLISH, foreign
from mintage.wording.text import clean, forms, named, occurs, same, unaccented

LONGEST, WORDIEST = 2_000, 90
"""Characters and words of a prompt, beside those that its brief brings."""

UNTOLD = "its prompt does not tell "
"""How it begins what is said of a prompt that leaves an attribute out."""

_SMALL_WORDS = (
    ARTICLES | PREPOSITIONS | {"and", "or", "no", "not", "none", "nothing", "plain", "normal", "one", "single"}
)
_SEEN = frozenset(("seen", "shown", "viewed", "taken"))
"""Words of a value that say no more than that it is a picture."""
_MEDIA = frozenset(("photo", "photograph", "picture", "image", "view"))
"""What a sentence about a picture may say whatever the classes are called."""
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SIGN = re.compile("[\u3400-\u9fff]")
_SMALL_SIGNS = frozenset("在的里裡中上下一")
_ASIDE = re.compile(r"(.*\S)\s*\(([^()]+)\)")
_ENDING = re.compile(r"(\w*[aeiouy]\w*?)(?:time|ing|(?<=([^aeiou]))\2y)")
_ODD = re.compile(r"[^\w\s'.,&/()-]")


class Checks:
    """The checks of one spec, whoever wrote the prompt. Pure: the same brief and prompt give the same answer."""

    def __init__(self, spec: DatasetSpec) -> None:
        self._spec = spec
        self._strict = spec.language != "any"
        self._safe = spec.safety == "on"
        self._own = {name: (name, c.called, *c.synonyms) for name, c in spec.classes.items()}
        decoys = dict.fromkeys(word for c in spec.classes.values() for word in c.lookalikes)
        self._names = _Names([*(n for names in self._own.values() for n in names if n), *decoys])

    def wrong(self, brief: Brief, prompt: str) -> str:
        """What is wrong with a prompt, in a few words that a model can act upon; "": nothing.

        The first that is found of: empty, too long, unsafe; the class (what it looks like, an attribute, a word that
        must be said) is not named; a word that may not be said, another class or a decoy is, although the brief does
        not say so; another language.
        """
        text = same(prompt)
        if not text:
            return "its prompt is empty"
        said = same(" ".join(self._said(brief)))
        if len(text) > max(LONGEST, 2 * len(said)):
            return f"its prompt is longer than {LONGEST:,} characters"
        if text.count(" ") > WORDIEST + said.count(" "):
            return f"its prompt has more than {WORDIEST} words"
        return self._unsafe(prompt) or self._lacks(brief, text) or self._too_much(brief, text, said)

    def is_safe(self, prompt: str) -> bool:
        return not self._unsafe(prompt)

    def _unsafe(self, prompt: str) -> str:
        word = unsafe(prompt, off=not self._safe)
        return f"its prompt says {word!r}, which is not drawn" if word else ""

    def _lacks(self, brief: Brief, text: str) -> str:
        open_end = next((phrase for phrase in brief.phrases if same(phrase) not in text), None)
        if open_end is not None:
            return f"its prompt lacks {_short(open_end)}"
        if not self._is_named(brief, text):
            return f"its prompt does not name {_short(brief.subject)}"
        if brief.like and not named(brief.like, text):
            return f"its prompt does not name {_short(brief.like)}"
        untold = next((value for value in brief.attributes.values() if not _tells(value, text)), None)
        if untold is not None:
            return f"{UNTOLD}{_short(untold)}"
        missing = next((word for word in brief.must if not occurs(same(word), text)), None)
        return f"its prompt lacks {_short(missing)}" if missing is not None else ""

    def _is_named(self, brief: Brief, text: str) -> bool:
        """By any of its names, without accents, by one of those that " / " parts, or by the words before brackets if
        what they hold is told as well; in other languages than English also in another case or number."""
        own = self._own_names(brief)
        if self._names.naming(own, text, _brought(brief)):
            return True
        asides = [found for name in own if (found := _ASIDE.fullmatch(name))]
        if any(named(found[1], text) and _tells(found[2], text) for found in asides):
            return True
        if any(named(part, text) for name in own if " / " in name for part in name.split(" / ")):
            return True
        bare = unaccented(text)
        if any(named(unaccented(name), bare) for name in own if not name.isascii()):
            return True
        return not self._strict and any(all(w[: max(3, len(w) - 1)] in text for w in _words(same(n))) for n in own)

    def _too_much(self, brief: Brief, text: str, said: str) -> str:
        banned = next((word for word in brief.must_not if same(word) and occurs(same(word), text)), None)
        if banned is not None:
            return f"its prompt says {_short(banned)}"
        if brief.phrases:  # a word that is to be read in the picture is not to be seen beside it
            said = same(" ".join(self._said(replace(brief, phrases=()))))
            for phrase in brief.phrases:
                text = text.replace(same(phrase), " , ")
        for other in self._names.others(self._own_names(brief), text, _brought(brief)):
            if not any(occurs(form, said) for form in forms(other)) and other.casefold() not in _MEDIA:
                return f"its prompt names {_short(other)}, which it must not show"
        language = foreign(text, said) if self._strict else ""
        return f"its prompt is in {language}" if language else ""

    def _own_names(self, brief: Brief) -> tuple[str, ...]:
        label = self._spec.label(brief.subject)
        names = self._own[label] if label != OTHER else ()
        return (brief.subject, *(name for name in names if name))

    def _said(self, brief: Brief) -> Iterator[str]:
        """All that the brief and the user's template say, and what else the class is called."""
        yield from (*self._own_names(brief), brief.kind, brief.description, brief.like, self._spec.template)
        yield from (*brief.attributes.values(), *brief.attributes, *brief.text, *brief.phrases, *brief.must)


class _Names:
    """Names of things, found in a text as the longest name that begins at a word: a "hot dog" is no "dog"."""

    def __init__(self, names: Iterable[str]) -> None:
        self._known: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        every = dict.fromkeys(names)
        self._odd = [name for name in every if _is_odd(name)]
        self._plain = every.keys() - set(self._odd)
        self._mute = {name for name in self._plain if all(_is_small(word) for word in _words(same(name)))}
        for name in every:
            plain = () if name in self._odd else (form for form in forms(name) if not has_determiner(form))
            for words in map(_words, plain):
                self._known.setdefault(words[0], []).append((words, name))
        for known in self._known.values():
            known.sort(key=lambda item: -len(item[0]))

    def naming(self, own: Sequence[str], text: str, brought: Collection[str]) -> bool:
        """Whether a text names one of them, and not only inside the longer name of something else, unless that is made
        of words that were `brought`: a "fox" that is "red" is one, whatever a "red fox" is."""
        if any(is_own for *_, is_own in self._found(own, text, brought)):
            return True
        return any(named(name, text) for name in own if name not in self._plain)

    def others(self, own: Sequence[str], text: str, brought: Collection[str]) -> Iterator[str]:
        """What else a text names, each once."""
        found = self._found(own, text, brought)
        places = {at for start, end, _, is_own in found if is_own for at in range(start, end)}
        told = dict.fromkeys(
            n for start, end, n, is_own in found if not is_own and places.isdisjoint(range(start, end))
        )
        yield from (name for name in told if name not in own and name not in self._mute)
        yield from (name for name in self._odd if name not in own and named(name, text))

    def _found(self, own: Sequence[str], text: str, brought: Collection[str]) -> list[tuple[int, int, str, bool]]:
        """(first word, behind the last, name, whether it is one of its own) of all that lie in no longer one."""
        same_as = {_words(form) for name in own for form in forms(name)}
        words, found, last = _WORD.findall(text), [], 0
        for at, word in enumerate(words):
            for known, name in self._known.get(word, ()):
                end, is_own = at + len(known), known in same_as
                if tuple(words[at:end]) == known and (is_own or not all(w in brought for w in known)):
                    if end > last:
                        found.append((at, end, name, is_own))
                        last = end
                    break
        return found


def _brought(brief: Brief) -> frozenset[str]:
    return frozenset(_words(same(" ".join((*forms(brief.subject), brief.like, *brief.attributes.values())))))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text))


def _is_small(word: str) -> bool:
    """Whether any sentence may have it, and hyphens and apostrophes leave it over: "the", the "T" of "T-shirt"."""
    return word in _SMALL_WORDS or word in ENGLISH or (len(word) == 1 and word.isascii() and word.isalpha())


def _is_odd(name: str) -> bool:
    """Whether it has to be looked for as it is: a script without spaces, or signs that are no words ("C++")."""
    text = same(name)
    return _UNSPACED.search(text) is not None or _ODD.search(text) is not None or not _WORD.search(text)


def tells(value: str, prompt: str) -> bool:
    """Whether a prompt tells an attribute's value, by one word at least that begins like one of the value's.

    "snowy" tells "in the snow". What is not there ("none") and figures ("2") are told in ways that nobody can list.
    """
    return _tells(value, same(prompt))


def _tells(value: str, text: str) -> bool:
    starts = _starts(value)
    return not starts or any(start in text and pattern.search(text) is not None for start, pattern in starts)


@lru_cache(maxsize=65536)
def _starts(value: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    every = _WORD.findall(same(value))
    words = [w for w in every if w not in _SMALL_WORDS | _SEEN and not w.isdigit()]
    starts = dict.fromkeys(start for word in words or [w for w in every if len(w) > 4] for start in _begin(word))
    return tuple((s, re.compile((r"(?<![^\W_])" if s.isascii() else "") + re.escape(s))) for s in starts)


def _begin(word: str) -> Sequence[str]:
    """How a word may begin in another form of it; of a script without spaces, any sign that says something."""
    if _UNSPACED.match(word):
        return [sign for sign in _SIGN.findall(word) if sign not in _SMALL_SIGNS] or [word[:2]]
    found = _ENDING.fullmatch(word)
    if found is None or len(found[1]) < 3:
        return [word[:4]]
    stem = found[1]
    doubled = stem[-1] == stem[-2] and stem[-1] not in "aeiouls"
    return [stem[: -1 if doubled else None][:4]]


def _short(word: str) -> str:
    """A word in quotes, not more of it than a note to a model may cost."""
    return repr(clean(word)[:40])
