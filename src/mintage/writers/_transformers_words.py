"""A sample until it has its words: what was written for it in vain, and the answer that comes of a good prompt."""

from dataclasses import dataclass, field, replace

from mintage.core.ports import Brief, Briefed, Rejected, Wrote
from mintage.core.recipe import digest
from mintage.wording.finished import caption_of, parsed_atoms


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
        caption, atoms = caption_of(self.brief), parsed_atoms(self.brief, prompt)
        return Wrote(self.id, prompt, caption=caption, atoms=atoms, seconds=self.seconds, rejected=self.rejected)
