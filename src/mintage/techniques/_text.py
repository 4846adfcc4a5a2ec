"""What techniques that make an image from words alone have in common: brief, request, question."""

from functools import lru_cache
from typing import ClassVar

from mintage.core import ports
from mintage.core.nouns import PREPOSITIONS, number, with_article
from mintage.core.ports import Atom, Brief, Parents, Request
from mintage.core.recipe import OTHER, Recipe, Sample
from mintage.wording.homographs import senses


class TextTechnique(ports.Technique):
    """One object, drawn from a prompt; subclasses say which rows of attributes their slots have."""

    own: ClassVar[frozenset[str]] = frozenset()
    """Attributes of its slots that are no axis (a decoy, a strength), and are not said as one."""

    def brief(self, recipe: Recipe) -> Brief:
        """The present words for the recipe's class, its meaning and kind, and its attributes in the spec's order."""
        name = self._class(recipe)
        spec = self.spec.classes.get(name)
        subject = self.spec.subject(name) if spec else recipe.objects[0][0]
        kind = spec.kind if spec else ""
        given = {axis: value for axis, value in recipe.slot.attributes.items() if axis not in self.own}
        ordered = [axis for axis in self.spec.axes if axis in given]
        attributes = {axis: given[axis] for axis in dict.fromkeys([*ordered, *given])}
        shown = Atom("object", subject, f"Does the picture show {with_article(subject, kind)}?")
        return Brief(
            subject=subject,
            attributes=attributes,
            kind=kind,
            description=_meaning(subject, kind, spec.description if spec else ""),
            text=tuple(spec.text) if spec else (),
            atoms=(shown, *(_atom(subject, kind, axis, value) for axis, value in attributes.items())),
        )

    def _class(self, recipe: Recipe) -> str:
        """The present name of what it shows: its class, or the class that its word names; else `other`."""
        name = self.spec.name_of(recipe.slot.key)
        return name if name != OTHER else self.spec.label(recipe.objects[0][0])

    def prepare(self, sample: Sample, parents: Parents, verb: str) -> Request:
        """The words that count, with the recipe's seed."""
        words = sample.facts["words"].value
        return Request(
            sample.id,
            verb,
            prompt=words["prompt"],
            negative=words.get("negative", ""),
            seed=sample.recipe.seed,
            attributes=sample.attributes,
        )

    def question(self, recipe: Recipe) -> str:
        """Is this a dalmatian? Are these pants?"""
        brief = self.brief(recipe)
        start = "Are these" if number(brief.subject, brief.kind) == "many" else "Is this"
        return f"{start} {with_article(brief.subject, brief.kind)}?"


def _meaning(subject: str, kind: str, description: str) -> str:
    """What a name is: as described; of a name that means several things its kind, or else an engine takes any."""
    return description or (with_article(kind) if kind and senses(subject) else "")


@lru_cache(maxsize=65536)
def _atom(subject: str, kind: str, axis: str, value: str) -> Atom:
    """One attribute to be checked: its value, and a question that yes answers."""
    said = axis.replace("_", " ")
    if said in ("style", "medium"):
        question = f"Is the picture {with_article(value)}?"
    elif value.split(" ")[0] in PREPOSITIONS or value.split(" ")[0].endswith("ing"):
        question = f"{'Are' if number(subject, kind) == 'many' else 'Is'} the {subject} {value}?"
    else:
        question = f"Is the {said} in the picture: {value}?"
    return Atom("attribute", value, question)
