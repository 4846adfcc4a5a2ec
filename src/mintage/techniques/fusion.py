"""fusion: a picture with two parents, of one class or of two."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from mintage.core import ports
from mintage.core.errors import Problem
from mintage.core.nouns import with_article
from mintage.core.ports import Atom, Brief, Origin, Parents, Pool, Request
from mintage.core.recipe import OTHER, Recipe, Sample, Slot
from mintage.techniques._from_parents import pair, references, taken, turn, without_references
from mintage.techniques._text import TextTechnique


class Options(ports.Options):
    """`with`: the second parent is of the `same` class, or of the other `classes` in turn. `label`, for two classes:
    the `first` (the slot's own); `reject`: neither, so that it is `other`; `soft`: half of each."""

    partner: Literal["same", "classes"] = Field("same", alias="with")
    label: Literal["first", "reject", "soft"] = "first"

    @model_validator(mode="after")
    def _of_two_classes(self) -> Self:
        if self.partner == "same" and self.label != "first":
            raise ValueError(f"label: {self.label} is for two classes: set `with: classes` as well")
        return self


class Technique(TextTechnique):
    """Pairs of real images in a fixed order, all of them before any comes again.

    With the verb `images` an engine mixes both into one picture (Kandinsky: Razzhigaev et al., 2023); with `compose`
    both objects stand in one scene. Soft labels as in mixup (Zhang et al., 2018).
    """

    Options = Options
    own: ClassVar[frozenset[str]] = frozenset({"with"})

    @property
    def wants(self) -> tuple[str, ...]:
        return ("images", "compose")

    @property
    def uses_axes(self) -> bool:
        return False

    @property
    def _of_one(self) -> bool:
        return bool(self.options.partner == "same")

    def _others(self, key: str) -> list[str]:
        """The keys of the other classes that have a folder of real images, from the next one on."""
        keys = [self.spec.key_of(n) for n, c in self.spec.classes.items() if c.references or self.spec.key_of(n) == key]
        at = keys.index(key) if key in keys else 0
        return [other for other in keys[at:] + keys[:at] if other != key]

    def mistakes(self, name: str, verb: str, pool: Pool) -> list[Problem]:
        key = self.spec.key_of(name)
        least = 2 if self._of_one else 1
        others = [] if self._of_one else self._others(key)
        found = [] if self._of_one else taken(self.spec, self.name, "with")
        for each, needs in [(key, least), *((other, 1) for other in others)]:
            if len(references(pool, each, verb)) < needs:
                found.append(without_references(self.spec, self.name, self.spec.name_of(each), verb, pool, needs))
        if not self._of_one and not others:
            said = f"{self.name} of two classes needs another class with real images beside {name!r}, and there is none"
            expected = "a folder of real images for another class, or parents of the same class"
            type_this = f"references: FOLDER under another class, or {self.name}: {{with: same}}"
            found.append(Problem(said, f"classes.{name}", expected, type_this))
        return found

    def plan(
        self, key: str, count: int, rows: Callable[[int], Iterator[Mapping[str, str]]]
    ) -> Iterator[Mapping[str, str]]:
        """Nothing, or the other classes in turn."""
        others = [] if self._of_one else self._others(key)
        return ({"with": others[i % len(others)]} if others else {} for i in range(count))

    def origin(self, slot: Slot, verb: str, pool: Pool) -> Origin | None:
        """Two different parents by the slot's number, and the label that the options say."""
        own = references(pool, slot.key, verb)
        if "with" not in slot.attributes:
            if len(own) < 2:
                return None
            first, second = pair(slot.number, len(own))
            return Origin(((slot.key, 1.0),), (own[first], own[second]))
        other = slot.attributes["with"]
        theirs = references(pool, other, verb)
        if not own or not theirs:
            return None
        number = slot.number // max(len(self._others(slot.key)), 1)
        parents = (own[number % len(own)], theirs[turn(number, len(theirs), len(own))])
        return Origin(self._objects(slot.key, other), parents)

    def _objects(self, key: str, other: str) -> tuple[tuple[str, float], ...]:
        if self.options.label == "soft":
            return ((key, 0.5), (other, 0.5))
        return ((key if self.options.label == "first" else self._mixture(key, other), 1.0),)

    def _subject(self, key: str) -> str:
        name = self.spec.name_of(key)
        return key if name == OTHER else self.spec.subject(name)

    def _mixture(self, key: str, other: str) -> str:
        """A word for both that names no class, whatever the classes are called: dalmatian–elephant."""
        word = f"{self._subject(key)}–{self._subject(other)}"
        while self.spec.label(word) != OTHER or self.spec.name_of(word) != OTHER:
            word += " mixture"
        return word

    def brief(self, recipe: Recipe) -> Brief:
        """The class; of two classes, one that looks like the other."""
        brief = super().brief(recipe)
        other = recipe.slot.attributes.get("with")
        if other is None:
            return brief
        like = self._subject(other)
        both = Atom("attribute", f"like {with_article(like)}", f"Does it also look like {with_article(like)}?")
        return replace(brief, like=like, atoms=(*brief.atoms, both))

    def prepare(self, sample: Sample, parents: Parents, verb: str) -> Request:
        """Both parents' pictures (`images`) or cut-outs (`compose`).

        Raises:
            OSError: a parent is gone, or has no sure cut-out.
        """
        pictures = []
        for parent in sample.recipe.parents:
            picture = parents.cut_out(parent) if verb == "compose" else parents.picture(parent)
            if picture is None:
                raise OSError(f"{parent} has no sure cut-out")
            pictures.append(picture)
        key = sample.recipe.slot.key
        names = (key, sample.attributes.get("with", key))
        return replace(super().prepare(sample, parents, verb), images=tuple(pictures), names=names, strength=0.5)

    def question(self, recipe: Recipe) -> str:
        other = recipe.slot.attributes.get("with")
        if other is None:
            return super().question(recipe)
        first, second = with_article(self._subject(recipe.slot.key)), with_article(self._subject(other))
        if len(recipe.objects) == 2:
            return f"Is this as much {first} as {second}?"
        if self.spec.label_of(recipe) == OTHER:
            return f"Is this a mixture of {first} and {second}, and plainly neither?"
        return f"{super().question(recipe)[:-1]}, though mixed with {second}?"
