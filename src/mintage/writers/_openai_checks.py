"""What an answer has to keep: the class is named, what must be said is said, and an atom is a question."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mintage.core.nouns import ARTICLES, PREPOSITIONS, has_determiner, plural
from mintage.core.ports import Atom, Brief
from mintage.writers._openai_words import KINDS, clean

LONGEST = 2_000
"""Characters of a prompt."""
_MOST_ATOMS = 12
_SMALL_WORDS = ARTICLES | PREPOSITIONS | {"and", "or", "no", "not", "none", "nothing", "plain", "normal"}
_STRAIGHT = str.maketrans("“”„‟‘’‚‛", "\"\"\"\"''''")


@dataclass(frozen=True, slots=True)
class Words:
    """What is good of an entry."""

    prompt: str
    caption: str
    atoms: tuple[Atom, ...]


def read_words(entry: Mapping[str, Any], brief: Brief, names: Sequence[str]) -> Words | str:
    """The words for a brief, or what is wrong with them, in a few words for the model. `names`: of the class, all."""
    prompt = entry.get("prompt")
    if not isinstance(prompt, str):
        return "its prompt is no text"
    prompt = clean(prompt)
    if not prompt:
        return "its prompt is empty"
    if len(prompt) > LONGEST:
        return f"its prompt is longer than {LONGEST} characters"
    wrong = _lacks(prompt, brief, names)
    if wrong:
        return wrong
    return Words(_closed(prompt, brief.phrases), _caption(entry, brief), _atoms(entry, brief))


def same(text: str) -> str:
    """A text as it compares: one case, one form of each character, hyphens and line ends like spaces."""
    folded = unicodedata.normalize("NFKC", clean(text)).casefold().translate(_STRAIGHT)
    return " ".join(re.sub(r"[-‐‑–_]", " ", folded).split())


def _lacks(prompt: str, brief: Brief, names: Sequence[str]) -> str:
    whole = prompt + " " + " ".join(brief.phrases)
    if not any(_named(name, whole) for name in (brief.subject, *names)):
        return f"its prompt does not name {_short(brief.subject)}"
    if brief.like and not _named(brief.like, whole):
        return f"its prompt does not name {_short(brief.like)}"
    untold = [value for value in brief.attributes.values() if not _told(value, whole)]
    if untold:
        return f"its prompt does not tell {_short(untold[0])}"
    missing = [word for word in map(clean, brief.must) if word not in whole]
    if missing:
        return f"its prompt lacks {_short(missing[0])}"
    banned = [word for word in map(clean, brief.must_not) if word and _occurs(same(word), same(prompt))]
    return f"its prompt says {_short(banned[0])}" if banned else ""


def _short(word: str) -> str:
    """A word in quotes, not more of it than a note to the model may cost."""
    return repr(clean(word)[:40])


def _named(name: str, prompt: str) -> bool:
    """Whether a thing is named: its words or their plural, with or without the article that is part of them."""
    bare = name.partition(" ")[2] if has_determiner(name) else name
    return any(_occurs(same(form), same(prompt)) for form in (name, bare, plural(bare)))


def _told(value: str, prompt: str) -> bool:
    """Whether a word of the value, or one that begins like it, is said: no prompt of another item would do.

    "snowy" tells "in the snow". What is not there ("none") and figures ("2") are told in ways that nobody can list.
    """
    words = [word for word in re.findall(r"[^\W_]+", same(value)) if word not in _SMALL_WORDS and not word.isdigit()]
    return not words or any(_begins(word[:4], same(prompt)) for word in words)


def _begins(start: str, text: str) -> bool:
    return re.search((r"(?<![^\W_])" if start.isascii() else "") + re.escape(start), text) is not None


def _occurs(words: str, text: str) -> bool:
    """Whole words: a scarf shows no car. Letters of scripts without spaces need no edge."""
    if not words:
        return True
    start = r"(?<![^\W_])" if words[0].isascii() and words[0].isalnum() else ""
    end = r"(?![^\W_])" if words[-1].isascii() and words[-1].isalnum() else ""
    return re.search(start + re.escape(words) + end, text) is not None


def _closed(prompt: str, phrases: Iterable[str]) -> str:
    """The prompt with every phrase as it is: one that the model left out or changed is put behind it."""
    for phrase in map(clean, phrases):
        if phrase in prompt:
            continue
        straight = prompt.translate(_STRAIGHT)
        prompt = straight if phrase in straight else f"{prompt.rstrip(' .')}, {phrase}"
    return prompt


def _caption(entry: Mapping[str, Any], brief: Brief) -> str:
    said = entry.get("caption")
    told = clean(said)[:300] if isinstance(said, str) else ""
    return told or ", ".join([clean(brief.subject), *map(clean, brief.attributes.values())])


def _atoms(entry: Mapping[str, Any], brief: Brief) -> tuple[Atom, ...]:
    """Those of the brief, then those of the model that ask something else."""
    found = list(brief.atoms)
    asked = {same(atom.question) for atom in found}
    said = entry.get("atoms")
    for atom in _whole(said if isinstance(said, list) else []):
        if same(atom.question) not in asked and len(found) < len(brief.atoms) + _MOST_ATOMS:
            asked.add(same(atom.question))
            found.append(atom)
    return tuple(found)


def _whole(said: Iterable[Any]) -> Iterator[Atom]:
    for atom in said:
        fields = [atom.get(key) for key in ("kind", "text", "question")] if isinstance(atom, Mapping) else []
        told = [clean(field) for field in fields if isinstance(field, str)]
        if len(told) != 3:
            continue
        kind, text, question = told[0].casefold(), told[1][:200], told[2][:300]
        if kind in KINDS and text and question.endswith("?"):
            yield Atom(kind, text, question)
