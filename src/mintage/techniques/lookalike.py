"""lookalike: a decoy that looks like the class: a dalmatian-like car, which is a car."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

from mintage.core.errors import MintageError, Problem
from mintage.core.nouns import with_article
from mintage.core.ports import Atom, Brief, Origin, Pool, Rivals
from mintage.core.recipe import OTHER, Recipe, Slot
from mintage.techniques._from_parents import plain, taken
from mintage.techniques._same_words import forms, is_visible
from mintage.techniques._text import TextTechnique


class Technique(TextTechnique):
    """Adversarial pictures: a slot belongs to the class that it looks like, and its picture shows a decoy.

    Its label is the decoy's (a class, or `other`), and it comes on top of the class's own images. It is ranked without
    the class that it looks like, or else exactly those that deceive would be dropped.
    """

    on_top = True
    own: ClassVar[frozenset[str]] = frozenset({"decoy"})

    def mistakes(self, name: str, verb: str, pool: Pool) -> list[Problem]:
        """No decoys, or one that is the class itself: under any of its names, or a wider or narrower kind of it."""
        decoys = self.spec.classes[name].lookalikes
        found = taken(self.spec, self.name, "decoy")
        if not decoys:
            found.append(self._without(name))
        found += self._unclear(name)
        for decoy in filter(_is_word, decoys):
            same = self._same(decoy, name)
            if same:
                said = f"{decoy!r} is no look-alike of {name!r}: {same}, and its pictures would have a wrong label"
                others = ", ".join(d for d in decoys if d != decoy) or "THINGS"
                type_this = f"{name}: {{lookalikes: [{others}]}}, or {name}: {{techniques: {{{plain(self.spec)}: 1}}}}"
                expected = "things that are not of this class, or other techniques for it"
                found.append(Problem(said, f"classes.{name}.lookalikes", expected, type_this))
        return found

    def _unclear(self, name: str) -> list[Problem]:
        """Decoys that are no word, and those that are named again."""
        where, found = f"classes.{name}.lookalikes", []
        words: dict[str, str] = {}
        for decoy in self.spec.classes[name].lookalikes:
            if not _is_word(decoy):
                said = f"{decoy!r} is no thing that can be shown"
                found.append(Problem(said, where, f"words on one line, other than {OTHER!r}, or no such entry"))
                continue
            before = next((words[form] for form in sorted(forms(decoy)) if form in words), None)
            if before is not None:
                found.append(Problem(f"{before!r} is named twice, again as {decoy!r}", where, "each decoy once"))
            for form in forms(decoy):
                words.setdefault(form, decoy)
        return found

    def _without(self, name: str) -> Problem:
        return Problem(
            f"{self.name} needs things that {name!r} could be taken for, and none are named",
            f"classes.{name}",
            "a few decoys, or other techniques for this class",
            f"{name}: {{lookalikes: [car, chair]}}, or {name}: {{techniques: {{{plain(self.spec)}: 1}}}}",
        )

    def _same(self, decoy: str, name: str) -> str:
        """Why a decoy shows the class after all; empty when it does not."""
        its, these = frozenset().union(*map(forms, self._words(name))), forms(decoy)
        if self._class_of(decoy) == name or its & these:
            return f"that is {name!r} itself"
        kind = self.spec.classes[name].kind
        if kind and these & forms(kind):
            return f"{name!r} is of that kind"
        other = self._class_of(decoy)
        if other != OTHER and its & forms(self.spec.classes[other].kind):
            return f"{other!r} is a kind of {name!r}"
        if other == OTHER:
            near = next((self._named[form] for form in sorted(these) if form in self._named), None)
            return f"that seems to be the class {near!r}, written in another way" if near else ""
        return ""

    @cached_property
    def _named(self) -> dict[str, str]:
        """The first class that is called so, by every form of all names."""
        found: dict[str, str] = {}
        for name in self.spec.classes:
            for form in frozenset[str]().union(*map(forms, self._words(name))):
                found.setdefault(form, name)
        return found

    def _words(self, name: str) -> list[str]:
        """All that a class is called now."""
        c = self.spec.classes[name]
        return list(filter(None, [name, c.called, *c.synonyms]))

    def _class_of(self, decoy: str) -> str:
        """The class that a decoy names, also by the name that it was first planned with; else `other`."""
        name = self.spec.label(decoy)
        return name if name != OTHER else self.spec.name_of(decoy)

    def compares_with(self, name: str) -> Sequence[str]:
        """Its decoys as prompts word them."""
        return [self._worded(decoy) for decoy in self.spec.classes[name].lookalikes]

    def _worded(self, decoy: str) -> str:
        """The present words for a decoy that is a class, else itself."""
        name = self._class_of(decoy)
        return decoy if name == OTHER else self.spec.subject(name)

    def draws(self, names: Iterable[str]) -> Mapping[str, Iterable[str]]:
        """Classes and decoys: both stand in the prompt."""
        named = list(names)
        words = [w for n in named for w in (self.spec.subject(n), *self.compares_with(n))]
        return {**super().draws(named), "class": list(dict.fromkeys(words))}

    def plan(
        self, key: str, count: int, rows: Callable[[int], Iterator[Mapping[str, str]]]
    ) -> Iterator[Mapping[str, str]]:
        """Decoys in turn, each row of the axes with all of them, so that no decoy has a context of its own.

        Raises:
            MintageError: the class has no decoys.
        """
        name = self.spec.name_of(key)
        decoys = self.spec.classes[name].lookalikes if name != OTHER else []
        if not decoys:
            raise MintageError(self._without(name))
        return (
            {**row, "decoy": decoy}
            for start, row in zip(range(0, count, len(decoys)), rows(-(-count // len(decoys))), strict=True)
            for decoy in decoys[: count - start]
        )

    def origin(self, slot: Slot, verb: str, pool: Pool) -> Origin:
        """The decoy: the key of its class, or a word that is none."""
        decoy = slot.attributes["decoy"]
        name = self._class_of(decoy)
        return Origin(((decoy if name == OTHER else self.spec.key_of(name), 1.0),))

    def _class(self, recipe: Recipe) -> str:
        return self.spec.label_of(recipe)

    def _target(self, recipe: Recipe) -> str:
        """The words for the class that it is not."""
        name = self.spec.name_of(recipe.slot.key)
        return recipe.slot.key if name == OTHER else self.spec.subject(name)

    def brief(self, recipe: Recipe) -> Brief:
        """The decoy, like the class."""
        brief, target = super().brief(recipe), self._target(recipe)
        like = Atom("attribute", f"like {with_article(target)}", f"Does it look like {with_article(target)}?")
        return replace(brief, like=target, atoms=(*brief.atoms, like))

    def rivals(self, recipe: Recipe) -> Rivals:
        """All but the class that it looks like."""
        return Rivals(frozenset({recipe.slot.key}))

    def question(self, recipe: Recipe) -> str:
        """Is this a car (and not a dalmatian)?"""
        return f"{super().question(recipe)[:-1]} (and not {with_article(self._target(recipe))})?"


def _is_word(decoy: str) -> bool:
    """Whether a decoy can be shown and is not called as the label of what is no class."""
    return is_visible(decoy) and not forms(decoy) & forms(OTHER)
