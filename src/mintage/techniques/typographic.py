"""typographic: an object with another class's name written on it; an apple with a note that says "iPod" is an apple."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import count, islice
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from mintage.core import ports
from mintage.core.errors import MintageError, Problem
from mintage.core.nouns import number
from mintage.core.ports import Atom, Brief, Origin, Parents, Pool, Request, Rivals
from mintage.core.recipe import OTHER, Recipe, Sample, Slot, digest
from mintage.techniques._from_parents import makers, plain, taken, without_makers, without_references
from mintage.techniques._same_words import bare, forms, is_visible
from mintage.techniques._text import TextTechnique

if TYPE_CHECKING:
    from PIL import Image

Carrier = Literal["note", "sticker", "print"]
Share = Annotated[float, Field(ge=0.1, le=0.9)]
Degrees = Annotated[float, Field(ge=-180, le=180)]
Half = Annotated[float, Field(ge=0, le=0.5)]
Ink = Annotated[float, Field(ge=0.2, le=1)]

PHRASES: Mapping[str, str] = {
    "note": 'with a paper note on {on} that says "{word}"',
    "sticker": 'with a sticker on {on} that says "{word}"',
    "print": 'with "{word}" printed on {on} in large letters',
}

LARGEST = 1024
"""Pixels on the longer side: a larger parent is made smaller first."""


class Options(ports.Options):
    """What is written, on what, and how.

    `by`: `drawn` with the library's own letters on a parent, or `asked` of the engine in the prompt. `words`: what may
    be written; empty: the names of the other classes. `parents` of what is drawn: real ones (`references`), `made` ones
    of this run, or `auto`: real where the class has some. Of each range one value is drawn for each picture: `size`,
    the carrier's width as a share of the picture's shorter side; `angle` in degrees; `perspective`; `contrast`
    of the ink.
    """

    by: Literal["drawn", "asked"] = "drawn"
    words: list[str] = Field(default=[])
    carriers: list[Carrier] = Field(default=["note", "sticker", "print"], min_length=1)
    parents: Literal["auto", "references", "made"] = "auto"
    size: tuple[Share, Share] = (0.4, 0.65)
    angle: tuple[Degrees, Degrees] = (-15, 15)
    perspective: tuple[Half, Half] = (0, 0.2)
    contrast: tuple[Ink, Ink] = (0.8, 1)

    @field_validator("words")
    @classmethod
    def _readable(cls, value: list[str]) -> list[str]:
        for word in value:
            if not is_visible(word) or len(word) > 40:
                raise ValueError(f"{word!r} cannot be written: it needs 1 to 40 letters on one line")
        return value

    @field_validator("words", "carriers")
    @classmethod
    def _once(cls, value: list[str]) -> list[str]:
        twice = [v for v in value if [w.casefold() for w in value].count(v.casefold()) > 1]
        if twice:
            raise ValueError(f"{twice[0]!r} occurs twice")
        return value

    @field_validator("size", "angle", "perspective", "contrast")
    @classmethod
    def _in_order(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[0] > value[1]:
            raise ValueError(f"the smaller number comes first: [{value[1]}, {value[0]}]")
        return value


class Technique(TextTechnique):
    """The typographic attack (Goh et al., Multimodal Neurons in Artificial Neural Networks, 2021): a network that reads
    takes the word for the object. The label is the object, always.

    Letters that are drawn lie on a parent, and that parent is what is ranked: a scorer that reads would else delete
    exactly these images.
    """

    Options = Options
    own = frozenset({"written", "carrier"})

    @property
    def _drawn(self) -> bool:
        return bool(self.options.by == "drawn")

    @property
    def wants(self) -> tuple[str, ...]:
        return ("copy",) if self._drawn else ("text",)

    @property
    def uses_axes(self) -> bool:
        return not self._drawn

    @property
    def waits(self) -> bool:
        return self._drawn and not all(
            self._from_real(n) for n in self.spec.classes if self.name in self.spec.shares(n)
        )

    def _from_real(self, name: str) -> bool:
        """Whether it is real images of a class that are written on."""
        if self.options.parents == "auto":
            return name in self.spec.classes and bool(self.spec.classes[name].references)
        return bool(self.options.parents == "references")

    def draws(self, names: Iterable[str]) -> Mapping[str, Iterable[str]]:
        """Nothing where the letters are drawn on a picture that there is; else also the words to be written."""
        if self._drawn:
            return {}
        names = list(names)
        words = dict.fromkeys(word for name in names for word in self.words(name))
        return {**super().draws(names), "written": list(words)}

    def words(self, name: str) -> Sequence[str]:
        """What is written on a class: the given words or, from the next class on, the names of the others.

        Never what the class itself is called, in whatever case and number, with an article or not, nor what belongs on
        it (`text`).
        """
        return self._words.get(name, ())

    @cached_property
    def _words(self) -> dict[str, tuple[str, ...]]:
        given = self.options.words or [self.spec.subject(n) for n in self.spec.classes]
        every = [(bare(w), " ".join(w.split())) for w in given]
        by_form: dict[str, set[str]] = {}
        for same, word in every:
            for form in forms(word):
                by_form.setdefault(form, set()).add(same)
        found = {}
        for i, name in enumerate(self.spec.classes):
            words = dict(reversed(every if self.options.words else every[i + 1 :] + every[:i]))
            own: set[str] = set().union(*(by_form.get(form, ()) for form in self._own(name)))
            found[name] = tuple(word for same, word in reversed(words.items()) if same not in own)
        return found

    def _own(self, name: str) -> set[str]:
        c = self.spec.classes[name]
        return {form for w in (name, c.was, c.called, *c.synonyms, *c.text) if w for form in forms(w)}

    def mistakes(self, name: str, verb: str, pool: Pool) -> list[Problem]:
        """No word, no parent, letters that no font here has, or an axis called as an attribute of its own."""
        found = [] if self.words(name) else [self._wordless(name)]
        found += [problem for attribute in sorted(self.own) for problem in taken(self.spec, self.name, attribute)]
        return found + (self._unwritable(name) + self._orphaned(name, pool) if self._drawn else [])

    def _wordless(self, name: str) -> Problem:
        return Problem(
            f"{self.name} has nothing to write on {name!r} but its own names",
            f"classes.{name}",
            "words to write, a second class, or other techniques for this class",
            f"{self.name}: {{share: 0.1, words: [iPod, piano]}}, or {name}: {{techniques: {{{plain(self.spec)}: 1}}}}",
        )

    def _unwritable(self, name: str) -> list[Problem]:
        where, expected = "techniques.typographic", "words in letters that a font here has, or Noto fonts installed"
        return [
            Problem(f"no font on this machine has all letters of {word!r}", where, expected)
            for word in (self.words(name) if self._unset else ())
            if word in self._unset
        ]

    @cached_property
    def _unset(self) -> frozenset[str]:
        """Words that no font here has all letters of."""
        from mintage.pictures.lettering import can_set

        return frozenset(word for word in set().union(*self._words.values()) if not can_set(word))

    def _orphaned(self, name: str, pool: Pool) -> list[Problem]:
        """Why there will be no picture of the class to write on."""
        if self._from_real(name):
            there = pool.real(self.spec.key_of(name))
            return [] if there else [without_references(self.spec, self.name, name, "copy", pool)]
        return without_makers(self.spec, self.name, name, self._makers)

    @cached_property
    def _makers(self) -> frozenset[str]:
        return makers(self.spec, self.name)

    def plan(
        self, key: str, count: int, rows: Callable[[int], Iterator[Mapping[str, str]]]
    ) -> Iterator[Mapping[str, str]]:
        """Word and carrier of each slot and, where the engine is asked, a row of the array.

        Raises:
            MintageError: there is nothing to write on the class.
        """
        name = self.spec.name_of(key)
        if not self.words(name):
            raise MintageError(self._wordless(name))
        written = islice(self._pairs(name), count)
        if self._drawn:
            return ({"written": word, "carrier": carrier} for word, carrier in written)
        every = rows(count) if self.spec.levels else ({} for _ in range(count))
        return ({**row, "written": w, "carrier": c} for row, (w, c) in zip(every, written, strict=True))

    def _pairs(self, name: str) -> Iterator[tuple[str, str]]:
        """Endless: every word once in a block, in another order each time, so that no word goes with one row of the
        array or one parent; in as many blocks as there are carriers every word has been on each."""
        words, carriers = self.words(name), list(self.options.carriers)
        for block in count():
            turns, turn = divmod(block, len(carriers))
            shifts = sorted(range(len(carriers)), key=lambda i: digest([turns, "carrier", i]))
            for i in _shuffled(block, len(words)):
                yield words[i], carriers[(i + shifts[turn]) % len(carriers)]

    def _written(self, slot: Slot) -> tuple[str, str]:
        """Word and carrier of a slot; of one that was planned without (a row under `more`): by its number."""
        if "written" in slot.attributes and "carrier" in slot.attributes:
            return slot.attributes["written"], slot.attributes["carrier"]
        name = self.spec.name_of(slot.key)
        if not self.words(name):
            raise MintageError(self._wordless(name))
        every = len(self.words(name)) * len(self.options.carriers)
        return next(islice(self._pairs(name), slot.number % every, None))

    def origin(self, slot: Slot, verb: str, pool: Pool) -> Origin | None:
        """The object alone. Drawn, it descends from a reference, by the slot's number, or from an image of the run."""
        objects = ((slot.key, 1.0),)
        if verb == "text":
            return Origin(objects)
        if self._from_real(self.spec.name_of(slot.key)):
            real = pool.real(slot.key)
            parent = real[slot.number % len(real)] if real else None
        else:
            parent = pool.made(slot.key, slot.number)
        return Origin(objects, (parent,)) if parent else None

    def brief(self, recipe: Recipe) -> Brief:
        """The object in its surroundings, with the word on it."""
        word, carrier = self._written(recipe.slot)
        brief = super().brief(recipe)
        phrase = PHRASES[carrier].format(on=_it(brief), word=word.replace('"', "'"))
        read = Atom("text", word, f'Can "{word}" be read in the picture?')
        return replace(brief, phrases=(*brief.phrases, phrase), atoms=(*brief.atoms, read))

    def rivals(self, recipe: Recipe) -> Rivals:
        """Drawn: the picture before the letters. Asked: all classes but the one whose name is written."""
        if self._drawn:
            return Rivals(of="parent")
        named = self.spec.label(self._written(recipe.slot)[0])
        return Rivals(frozenset([self.spec.key_of(named)]) if named != OTHER else frozenset())

    def prepare(self, sample: Sample, parents: Parents, verb: str) -> Request:
        """By `copy`: the parent in its own size, at most 1,024 pixels on the longer side, and where its object is."""
        word, carrier = self._written(sample.recipe.slot)
        request = super().prepare(sample, parents, verb)
        request = replace(request, attributes={**sample.attributes, "written": word, "carrier": carrier})
        if verb == "text":
            return request
        parent = sample.recipe.parents[0]
        picture, mask = parents.picture(parent, fit=False), parents.mask(parent, fit=False)
        scale = min(1.0, LARGEST / max(picture.size))
        if scale < 1:
            size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
            picture, mask = picture.resize(size), mask.resize(size) if mask else None
        return replace(request, images=(picture,), names=(sample.label,), shows=mask)

    def finish(self, image: "Image.Image", request: Request) -> "Image.Image":
        """Drawn: the word on the object. Asked: the engine's picture as it is."""
        if request.verb != "copy":
            return image
        from mintage.pictures.written import write_on

        options, told = self.options, request.attributes
        ranges = {name: getattr(options, name) for name in ("size", "angle", "perspective", "contrast")}
        return write_on(image, told["written"], told["carrier"], request.seed, mask=request.shows, **ranges)[0]

    def question(self, recipe: Recipe) -> str:
        """Is this an apple (whatever is written on it)?"""
        return f"{super().question(recipe).removesuffix('?')} (whatever is written on {_it(self.brief(recipe))})?"


def _it(brief: Brief) -> str:
    return "them" if number(brief.subject, brief.kind) == "many" else "it"


@lru_cache(maxsize=64)
def _shuffled(block: int, n: int) -> tuple[int, ...]:
    """The numbers below n in an order of the block's own."""
    return tuple(sorted(range(n), key=lambda i: digest([block, "word", i])))
