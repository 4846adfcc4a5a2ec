"""One entry of an answer: its prompt with all closing phrases, its caption, and atoms that are questions."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mintage.core.ports import Atom, Brief
from mintage.wording.finished import all_atoms, caption_of, closed
from mintage.wording.text import clean
from mintage.writers._openai_talk import Words
from mintage.writers._openai_words import KINDS

_LONGEST = 20_000
"""Characters of a prompt that are looked at, more than any check lets pass."""


def read_entry(entry: Mapping[str, Any], brief: Brief) -> Words | str:
    """The words for a brief, or why there are none, in a few words for the model. What they say is not looked at."""
    prompt = entry.get("prompt")
    if not isinstance(prompt, str):
        return "its prompt is no text"
    prompt = clean(prompt[:_LONGEST])
    if not prompt:
        return "its prompt is empty"
    said = entry.get("atoms")
    atoms = all_atoms(brief, _whole(said if isinstance(said, list) else []))
    return Words(closed(prompt, brief.phrases), _caption(entry.get("caption"), brief), atoms)


def _caption(said: Any, brief: Brief) -> str:
    told = clean(said)[:300] if isinstance(said, str) else ""
    return told or caption_of(brief)


def _whole(said: Iterable[Any]) -> Iterator[Atom]:
    for atom in said:
        fields = [atom.get(key) for key in ("kind", "text", "question")] if isinstance(atom, Mapping) else []
        told = [clean(field) for field in fields if isinstance(field, str)]
        if len(told) != 3:
            continue
        kind, text, question = told[0].casefold(), told[1][:200], told[2][:300]
        if kind in KINDS and text and question.endswith("?"):
            yield Atom(kind, text, question)
