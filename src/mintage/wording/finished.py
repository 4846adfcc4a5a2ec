"""From a prompt to the words of a picture: closing phrases in it, a caption, and what can be checked in the picture."""

from collections.abc import Iterable

from mintage.core.passing import Atom, Brief
from mintage.wording.parsing import atoms, parse
from mintage.wording.text import clean, same, straight

MOST_ATOMS = 12
"""Beside those of the brief."""


def closed(prompt: str, phrases: Iterable[str]) -> str:
    """The prompt with every phrase as it is: one that a model left out or changed is put behind it."""
    for phrase in map(clean, phrases):
        if phrase in prompt:
            continue
        plain = straight(prompt)
        prompt = plain if phrase in plain else f"{prompt.rstrip(' .')}, {phrase}"
    return prompt


def caption_of(brief: Brief) -> str:
    """What is in the picture, where nobody says it better."""
    return ", ".join([clean(brief.subject), *map(clean, brief.attributes.values())])


def all_atoms(brief: Brief, more: Iterable[Atom]) -> tuple[Atom, ...]:
    """Those of the brief, then those that ask something else."""
    found = list(brief.atoms)
    asked = {same(atom.question) for atom in found}
    for atom in more:
        if same(atom.question) not in asked and len(found) < len(brief.atoms) + MOST_ATOMS:
            asked.add(same(atom.question))
            found.append(atom)
    return tuple(found)


def parsed_atoms(brief: Brief, prompt: str) -> tuple[Atom, ...]:
    """Those of the brief, then what else a prompt says by the rules of `parsing`."""
    told = {same(atom.text) for atom in brief.atoms}
    return all_atoms(brief, (atom for atom in atoms(parse(prompt)) if same(atom.text) not in told))
