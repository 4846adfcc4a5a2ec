"""A sample until it has its words: what was written for it in vain, and the answer that comes of a good prompt."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mintage.core.ports import Atom, Brief, Briefed, Rejected, Wrote
from mintage.core.recipe import digest
from mintage.wording.parsing import atoms, parse
from mintage.wording.text import clean, same, straight

_MOST_ATOMS = 12
"""Beside those of the brief."""


@dataclass
class Open:
    """`tokens`: what the model is told of it now. `seconds` of machine time so far."""

    sample: Briefed
    tokens: list[int] = field(default_factory=list)
    rejected: tuple[Rejected, ...] = ()
    seconds: float = 0.0

    @property
    def id(self) -> str:
        return self.sample.recipe_id

    @property
    def brief(self) -> Brief:
        return self.sample.brief

    @property
    def now(self) -> Briefed:
        """The sample with all that was written for it in vain."""
        return replace(self.sample, again=(*self.sample.again, *self.rejected))

    @property
    def seed(self) -> int:
        """By the recipe and how often it was worded, so that neither batch nor order have a say."""
        again = len(self.sample.again) + len(self.rejected)
        return int(digest([self.sample.sample.recipe.seed, self.sample.refusals, again], 15), 16)

    def wrote(self, prompt: str) -> Wrote:
        brief = self.brief
        caption = ", ".join([clean(brief.subject), *map(clean, brief.attributes.values())])
        return Wrote(
            self.id, prompt, caption=caption, atoms=_atoms(brief, prompt), seconds=self.seconds, rejected=self.rejected
        )


def closed(prompt: str, phrases: Iterable[str]) -> str:
    """The prompt with every phrase as it is: one that the model left out or changed is put behind it."""
    for phrase in map(clean, phrases):
        if phrase in prompt:
            continue
        plain = straight(prompt)
        prompt = plain if phrase in plain else f"{prompt.rstrip(' .')}, {phrase}"
    return prompt


def _atoms(brief: Brief, prompt: str) -> tuple[Atom, ...]:
    """Those of the brief, then what else the prompt says."""
    asked = {same(atom.question) for atom in brief.atoms}
    others = [atom for atom in atoms(parse(prompt)) if same(atom.question) not in asked]
    return (*brief.atoms, *others[:_MOST_ATOMS])
