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

    from mintage.mini.comparing import Comparing

    Array = numpy.ndarray[Any, Any]

CLOSE = 0.5
"""Cosine of two words' vectors from which one is no distractor of the other: *pear* is none of *apple*."""

NONE = "none of these"


class Options(ports.Options):
    batch: int = how(64, ge=1, le=1024)
    threads: int = how(0, ge=0, le=256)  # 0: all cores


class Scorer(ports.Scorer):
    """Ranks with the image-text model of `mintage.mini`.

    `p`: softmax of the cosines over the candidates (see `candidates`). `margin`: `p` less that of the most probable
    rival, −1 to 1. `similarity`: cosine of the picture and the whole prompt. The note names that rival.
    """

    Options = Options
    version = Fingerprint(*COMPARING, "clip.json", "knows.json")
    ranks = True
    numbers = ("p", "margin", "similarity")
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

        words, matrix = self.candidates(frozenset(self._own(item)), item.rivals.without)
        cosines = np.append(matrix @ vector, np.float32(self._model.null)).astype(np.float64)
        weights = np.exp((cosines - cosines.max()) / self._model.temperature)
        shares = weights / weights.sum()
        mine = np.array([word in self._own(item) for word in words] + [False])
        p = float(shares[mine].sum())
        rivals = np.where(mine, -1.0, shares)
        best = int(rivals.argmax())
        values = {"p": p, "margin": p - float(rivals[best])}
        if item.sample.prompt:
            values["similarity"] = float(self._model.text_vector(item.sample.prompt) @ vector)
        rival = [*words, NONE][best]
        note = f"most like: {rival}" if values["margin"] < 0 else f"next: {rival}"
        return Scored(item.recipe_id, values, vector, note, seconds)

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

        In this order: its own words; the subjects of the set's classes (but those in `without`, by name or key); the
        named look-alikes; and the classes of `knows.json` that are not close to any of these, left out or not.
        """
        key = (own, without)
        if key not in self._ranked:
            left_out = {s for n, s in self._subjects.items() if {n, self.spec.key_of(n)} & without}
            mine = {word.casefold() for word in own}
            here = [*sorted(own), *(w for w in self._named if w not in left_out and w.casefold() not in mine)]
            named = self._model.word_vectors(list(dict.fromkeys([*sorted(own), *self._named])))
            others = table("knows.json")["classes"]
            close = (self._model.word_vectors(others) @ named.T).max(1) >= CLOSE
            words = [*here, *(w for w, near in zip(others, close, strict=True) if not near)]
            self._ranked[key] = (words, self._model.word_vectors(words))
        return self._ranked[key]
