"""The embedded ranking: how probable a picture's own class is among the set's classes and other things."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from mintage.core import ports
from mintage.core.errors import nearest
from mintage.core.ports import Failed, Item, Scored, Unknown, how
from mintage.core.recipe import OTHER
from mintage.mini.tokens import unknown_words
from mintage.mini.weights import COMPARING, Fingerprint, fingerprint, table

if TYPE_CHECKING:
    import numpy

    from mintage.core.ports import Picture
    from mintage.mini.comparing import Comparing

    Array = numpy.ndarray[Any, Any]

CLOSE = 0.5
"""Cosine of two words' vectors from which one is no distractor of the other: *pear* is none of *apple*."""

NONE = "none of these"

MOST = 0.5
"""Share of what a picture may not be, from which it passes for it."""


class Options(ports.Options):
    batch: int = how(64, ge=1, le=1024)
    threads: int = how(0, ge=0, le=256)  # 0: all cores


class Scorer(ports.Scorer):
    """Ranks with the image-text model of `mintage.mini`.

    `p`: softmax of the cosines over the candidates (see `candidates`), 0 for a picture without a label. `margin`: `p`
    less that of the most probable rival, −1 to 1. `similarity`: cosine of the picture and the whole prompt. The note
    names that rival. `target`, where classes are left out: what they would have of the softmax if they were in it; with
    more than half the picture passes for one of them, and its margin is 0.5 − `target` at most.
    """

    Options = Options
    version = Fingerprint(*COMPARING, "clip.json", "knows.json")
    ranks = True
    numbers = ("p", "margin", "similarity", "target")
    floors: ClassVar = {"margin": 0.0}

    _model: "Comparing"

    def knows(self, words: Iterable[str]) -> list[Unknown]:
        known = table("knows.json")["classes"]
        return [Unknown("class", w, tuple(nearest(w, known))) for w in words if unknown_words(w)]

    def load(self) -> None:
        from mintage.mini.comparing import Comparing

        self._model = Comparing(self.options.threads)
        self._ranked: dict[tuple[frozenset[str], frozenset[str]], tuple[list[str], Array]] = {}
        self._model.word_vectors([*self._named, *table("knows.json")["classes"]])

    @property
    def space(self) -> str:
        return f"mini-clip-{fingerprint(*COMPARING)}"

    @cached_property
    def saw(self) -> dict[str, list[str]]:
        """The subjects and look-alikes of the set: they are what its pictures are ranked against."""
        return {"subjects": sorted(self._subjects.values()), "lookalikes": sorted(self._lookalikes)}

    @cached_property
    def _subjects(self) -> dict[str, str]:
        return {name: self.spec.subject(name) for name in self.spec.classes}

    @cached_property
    def _lookalikes(self) -> list[str]:
        """The decoys that are no class themselves, each once."""
        decoys = {d.casefold(): d for c in self.spec.classes.values() for d in c.lookalikes}
        return [decoy for decoy in decoys.values() if self.spec.label(decoy) == OTHER]

    @cached_property
    def _named(self) -> list[str]:
        """Subjects and look-alikes whose words the model has seen; it cannot rank the others."""
        return [w for w in dict.fromkeys([*self._subjects.values(), *self._lookalikes]) if not unknown_words(w)]

    def score(self, items: Sequence[Item]) -> Iterator[Scored | Failed]:
        for start in range(0, len(items), self.options.batch):
            yield from self._score(items[start : start + self.options.batch])

    def _score(self, items: Sequence[Item]) -> Iterator[Scored | Failed]:
        begun = perf_counter()
        vectors, failed = self._vectors(items)
        seconds = (perf_counter() - begun) / len(items)
        for item in items:
            if item.recipe_id in failed:
                yield Failed(item.recipe_id, failed[item.recipe_id])
                continue
            unseen = [word for own in self._own(item) for word in unknown_words(own)]
            if unseen:
                said = f"mini's ranking has never seen the word {unseen[0]!r}: expected another scorer under `score:`"
                yield Failed(item.recipe_id, said)
                continue
            yield self._rank(item, vectors[item.recipe_id], seconds)

    def _vectors(self, items: Sequence[Item]) -> tuple[dict[str, "Array"], dict[str, str]]:
        """Unit vectors by recipe, the stored ones without opening the picture; and why others have none."""
        import numpy as np

        from mintage.mini.comparing import shrink

        vectors = {i.recipe_id: np.asarray(i.vector, np.float32) for i in items if i.vector is not None}
        pixels, failed = {}, {}
        for item in items:
            if item.recipe_id in vectors:
                continue
            try:
                pixels[item.recipe_id] = shrink(item.open())
            except OSError as error:
                failed[item.recipe_id] = f"unreadable: {error}"
        if pixels:
            made = self._model.image_vectors(np.stack(list(pixels.values())))
            vectors |= dict(zip(pixels, made, strict=True))
        return vectors, failed

    def _rank(self, item: Item, vector: "Array", seconds: float) -> Scored:
        import numpy as np

        own, without = self._own(item), item.rivals.without
        words, matrix = self.candidates(frozenset(own), without)
        shares = self._model.shares(matrix @ vector)
        mine = np.array([word in own for word in words] + [False])
        p = float(shares[mine].sum())
        rivals = np.where(mine, -1.0, shares)
        best = int(rivals.argmax())
        values = {"p": p, "margin": p - float(rivals[best])}
        rival = [*words, NONE][best]
        note = f"most like: {rival}" if values["margin"] < 0 else f"next: {rival}"
        if item.sample.prompt:
            values["similarity"] = float(self._model.text_vector(item.sample.prompt) @ vector)
        targets = self._targets(frozenset(own), without)
        if targets:
            seen = self._model.shares(np.append(matrix, self._model.word_vectors(targets), axis=0) @ vector)
            theirs = seen[len(words) : -1]
            values["target"] = float(theirs.sum())
            if values["target"] > MOST:
                values["margin"] = min(values["margin"], MOST - values["target"])
                note = f"passes for what it may not be: {targets[int(theirs.argmax())]}"
        return Scored(item.recipe_id, values, vector, note, seconds)

    def _targets(self, own: frozenset[str], without: frozenset[str]) -> list[str]:
        """The subjects of the classes that are left out, less its own words; those that the model has seen."""
        mine = {word.casefold() for word in own}
        out = dict.fromkeys(self._subjects[name] for name in self._out(without))
        return [s for s in out if s.casefold() not in mine and not unknown_words(s)]

    def _out(self, without: frozenset[str]) -> list[str]:
        """The present names of the classes that `without` has by name or key."""
        return [name for name in self._subjects if {name, self.spec.key_of(name)} & without]

    def _own(self, item: Item) -> list[str]:
        """The words of what the picture should show: its class, or the decoys and objects that are no class."""
        if item.label in self._subjects:
            return [self._subjects[item.label]]
        return [self._word(word) for word, _ in item.sample.recipe.objects]

    def _word(self, word: str) -> str:
        name = self.spec.name_of(word)
        name = self.spec.label(word) if name == OTHER else name
        return word if name == OTHER else self._subjects[name]

    def candidates(self, own: frozenset[str], without: frozenset[str]) -> tuple[list[str], "Array"]:
        """What a picture of `own` is ranked against, beside "none of these": words, and their vectors [n, 128].

        In this order: its own words; the subjects of the set's classes; the named look-alikes; and the classes of
        `knows.json` that are not close to any of these, left out or not. The words of the classes in `without` (names
        or keys) are not among them, wherever they occur, unless they are its own.
        """
        key = (own, without)
        if key not in self._ranked:
            named = self._model.word_vectors(list(dict.fromkeys([*sorted(own), *self._named])))
            others = table("knows.json")["classes"]
            close = (self._model.word_vectors(others) @ named.T).max(1) >= CLOSE
            rest = [*self._named, *(w for w, near in zip(others, close, strict=True) if not near)]
            gone = {word.casefold() for word in own}
            gone |= {word.casefold() for name in self._out(without) for word in (name, self._subjects[name])}
            words = [*sorted(own), *(w for w in rest if w.casefold() not in gone)]
            self._ranked[key] = (words, self._model.word_vectors(words))
        return self._ranked[key]

    def embed(self, things: "Sequence[str | Picture]") -> "list[Array | None]":
        """As `ports.Scorer.embed`: words as in the ranking, float32 [128]."""
        return [self._embedded(thing) for thing in things]

    def _embedded(self, thing: "str | Picture") -> "Array | None":
        from mintage.mini.comparing import shrink

        if isinstance(thing, str):
            return None if unknown_words(thing) else self._model.text_vector(f"photo of {thing}")
        return self._model.image_vectors(shrink(thing)[None])[0]  # type: ignore[no-any-return]
