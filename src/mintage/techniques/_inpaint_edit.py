"""What the edits of inpaint have in common: whose pictures they start from, and what is wrong with what was asked."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import cycle, islice
from math import prod
from typing import Any, ClassVar

from mintage.core.errors import Problem, did_you_mean
from mintage.core.ports import Brief, Parent, Parents, Pool, Request
from mintage.core.recipe import Recipe, Slot
from mintage.core.spec import DatasetSpec
from mintage.techniques._from_parents import is_made, makers, plain, taken, turn

Rows = Callable[[int], Iterator[Mapping[str, str]]]


class Edit:
    """One kind of inpainting, built with the technique's name, its options and the spec.

    `cut`: its first parent needs a sure cut-out. `maps`: which class becomes which stands in the option `result`.
    `says_what`: the option `what` words the prompt.
    """

    name: ClassVar[str]
    verbs: ClassVar[tuple[str, ...]] = ("mask",)
    uses_axes: ClassVar[bool] = False
    cut: ClassVar[bool] = True
    maps: ClassVar[bool] = True
    says_what: ClassVar[bool] = False

    def __init__(self, technique: str, options: Any, spec: DatasetSpec) -> None:
        self.technique = technique
        self.options = options
        self.spec = spec

    # ── whose pictures ──────────────────────────────────────────────────────────────────────────────────────────────

    def sources(self, name: str) -> list[str]:
        """The classes (by name) whose pictures become pictures of this one."""
        known = self.spec.classes
        return [parent for parent, results in self.options.result.items() if name in results and parent in known]

    def attributes(self, key: str, count: int, rows: Rows) -> Iterator[Mapping[str, str]]:
        """`from`: the key of the parent's class, one source after another."""
        keys = [self.spec.key_of(source) for source in self.sources(self.spec.name_of(key))]
        return islice(cycle([{"from": k} for k in keys]), count)

    def source_of(self, slot: Slot) -> str:
        """The class key of a slot's parent."""
        if "from" in slot.attributes:
            return slot.attributes["from"]
        sources = self.sources(self.spec.name_of(slot.key))  # a row under `more` says no source
        return self.spec.key_of(sources[slot.number % len(sources)]) if sources else ""

    def partners(self, slot: Slot, verb: str, pool: Pool) -> "tuple[Parent, ...] | None":
        """The references of the slot's own class of which one goes into the picture; None: none does."""
        return tuple(pool.real(slot.key, cut=True)) if verb == "compose" else None

    def parents(self, slot: Slot, verb: str, pool: Pool) -> "tuple[Parent, ...] | None":
        """The picture that is changed, and what goes into it; None while there is none.

        The n-th picture of each source, and every pair of picture and partner before one comes again.
        """
        number = slot.number // max(1, len(self.sources(self.spec.name_of(slot.key))))
        partners = self.partners(slot, verb, pool)
        if partners is not None and not partners:
            return None
        if self.options.parents == "made":
            made = pool.made(self.source_of(slot), number)
            if made is None:
                return None
            return (made,) if partners is None else (made, partners[number % len(partners)])
        scenes = pool.real(self.source_of(slot), cut=self.cut)
        if not scenes:
            return None
        if partners is None:
            contexts = prod(map(len, self.spec.levels.values())) if self.uses_axes else 1
            return (scenes[turn(number, len(scenes), contexts)],)
        scene = scenes[number % len(scenes)]
        return scene, partners[turn(number, len(partners), len(scenes))]

    # ── what is wrong ───────────────────────────────────────────────────────────────────────────────────────────────

    def contradictions(self, name: str) -> list[Problem]:
        """What the spec alone gets wrong for a class."""
        place = f"techniques.{self.technique}"
        problems = taken(self.spec, self.technique, "from")
        options = [("from", n) for n in self.options.from_]
        options += [("result", n) for parent, results in self.options.result.items() for n in (parent, *results)]
        problems += [
            Problem(
                f"{option} names no class of the set: {word!r}",
                f"{place}.{option}",
                did_you_mean(word, self.spec.classes),
            )
            for option, word in options
            if word not in self.spec.classes
        ]
        lists = [("from", self.options.from_), *(("result", results) for results in self.options.result.values())]
        problems += [
            Problem(f"{option} names a class twice: {', '.join(names)}", f"{place}.{option}", "each class once")
            for option, names in lists
            if len(set(names)) < len(names)
        ]
        problems += [
            Problem(f"there is no axis with values {axis!r}", f"{place}.axes", did_you_mean(axis, self.spec.levels))
            for axis in self.options.axes
            if axis not in self.spec.levels
        ]
        for option, fits in (("from", self.name == "object"), ("axes", self.uses_axes), ("result", self.maps)):
            given = self.options.from_ if option == "from" else getattr(self.options, option)
            if given and not fits:
                said = f"{option} says nothing to the edit {self.name!r}"
                problems.append(Problem(said, f"{place}.{option}", f"an edit that it belongs to, or no {option}"))
        if self.maps and not self.options.result:
            found = f"the edit {self.name!r} does not say which class becomes which"
            expected = "result: the class of the parent, and the class that the changed picture shows"
            problems.append(Problem(found, place, expected, f"result: {{{self._other(name)}: {name}}}"))
        elif not problems and not self.sources(name):
            problems.append(self._unsourced(name))
        return problems

    def _unsourced(self, name: str) -> Problem:
        found = f"nothing becomes {name!r} by the edit {self.name!r}"
        expected = f"a class that becomes it, or `techniques` without {self.technique} under the class"
        type_this = f"result: {{{self._other(name)}: {name}}}, or {name}: {{techniques: {{{plain(self.spec)}: 1}}}}"
        return Problem(found, f"classes.{name}", expected, type_this)

    def _other(self, name: str) -> str:
        return next((other for other in self.spec.classes if other != name), "good")

    def missing(self, name: str, verb: str, pool: Pool) -> list[Problem]:
        """Parents that are not there, for a class whose options contradict nothing."""
        if self.contradictions(name):
            return []
        if self.options.parents == "made":
            problems = [self._unmade(name, s) for s in self.sources(name) if not self._made_elsewhere(s)]
        else:
            bare = [s for s in self.sources(name) if not pool.real(self.spec.key_of(s), cut=self.cut)]
            problems = [self._bare(name, s, bool(pool.real(self.spec.key_of(s)))) for s in bare]
        key = self.spec.key_of(name)
        if self.partners(Slot(key, self.technique, 0), verb, pool) == ():
            problems.append(self._bare(name, name, bool(pool.real(key))))
        return list(dict.fromkeys(problems))

    def _made_elsewhere(self, source: str) -> bool:
        return is_made(self.spec, source, self._makers)

    @cached_property
    def _makers(self) -> frozenset[str]:
        return makers(self.spec, self.technique)

    def _unmade(self, name: str, source: str) -> Problem:
        found = f"{name!r} waits for made images of {source!r}, which no other technique makes"
        expected = f"another technique beside {self.technique} for {source!r}, or `parents: references`"
        return Problem(found, f"classes.{source}", expected, f"techniques: {{{plain(self.spec)}: 1}}")

    def _bare(self, name: str, source: str, uncut: bool) -> Problem:
        whose = "" if source == name else f" of {source!r}"
        if uncut:
            found = (
                f"{name!r} by the edit {self.name!r} needs cut-outs{whose}, and none of its references has a sure one"
            )
            given = "masks beside them (NAME.mask.png), pictures on a plain ground"
        else:
            found = f"{name!r} by the edit {self.name!r} needs references{whose}"
            given = "a folder of real images"
        expected = f"{given}, or `techniques` without {self.technique} under {name!r}"
        folder = self.spec.classes[source].references or f"photos/{source}"
        type_this = f"{source}: {{references: {folder}}}, or {name}: {{techniques: {{{plain(self.spec)}: 1}}}}"
        if self.name == "object" and source != name:
            expected, type_this = f"{given}, or other classes in their place", "from: [classes that have them]"
        return Problem(found, f"classes.{source}", expected, type_this)

    # ── words and pictures ──────────────────────────────────────────────────────────────────────────────────────────

    def shown(self, name: str) -> str:
        """The words that an engine has to know for a class."""
        what: str = self.options.what if self.says_what else ""
        return what or self.spec.subject(name)

    def resolved(self) -> dict[str, Any]:
        """Options as they go into a recipe: class keys in place of names."""

        def key(name: str) -> str:
            return self.spec.key_of(name) if name in self.spec.classes else name

        return {
            "result": {key(p): sorted(map(key, results)) for p, results in self.options.result.items()},
            "from_": [key(name) for name in self.options.from_],
        }

    def prepare(self, request: Request, recipe: Recipe, parents: Parents) -> Request:
        raise NotImplementedError

    def question(self, recipe: Recipe, brief: Brief) -> str:
        raise NotImplementedError

    def parent_words(self, recipe: Recipe) -> str:
        """What the parent shows, as a prompt says it."""
        key = self.source_of(recipe.slot)
        name = self.spec.name_of(key)
        return self.spec.subject(name) if name in self.spec.classes else key


def sure(name: str, found: Any) -> Any:
    """A mask or a cut-out that has to be there.

    Raises:
        OSError: it is None.
    """
    if found is None:
        raise OSError(f"no sure cut-out of {name[:24]}")
    return found
