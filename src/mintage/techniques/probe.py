"""probe: pictures of a decoy or of a kind of thing, to compare a class's own with; never kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from mintage.core.errors import MintageError
from mintage.core.nouns import with_article
from mintage.core.ports import Atom, Brief, Origin, Pool, Rivals
from mintage.core.recipe import Recipe, Slot
from mintage.techniques._text import TextTechnique


class Technique(TextTechnique):
    """What `preview` and look-alikes measure against. The plan adds its slots itself; attribute `of` says of what.

    A kind's probes are made in the places and styles of the class's first images, a decoy's are plain.
    """

    @property
    def uses_axes(self) -> bool:
        return False

    def plan(
        self, key: str, count: int, rows: Callable[[int], Iterator[Mapping[str, str]]]
    ) -> Iterator[Mapping[str, str]]:
        """Raises:
        MintageError: always; nobody can ask for it.
        """
        raise MintageError(
            "probe is no technique to ask for: its images are never kept",
            where="techniques",
            expected="other techniques; `mintage preview` and lookalike make their probes themselves",
        )

    def draws(self, names: Iterable[str]) -> Mapping[str, Iterable[str]]:
        """Nothing that must be known: what an engine cannot draw is not probed."""
        return {}

    def origin(self, slot: Slot, verb: str, pool: Pool) -> Origin:
        """It shows no object of the set, so that it has no label."""
        return Origin(())

    def brief(self, recipe: Recipe) -> Brief:
        """The word, in its place and style if it has some."""
        given = dict(recipe.slot.attributes)
        word = given.pop("of")
        ordered = {axis: given[axis] for axis in (*self.spec.axes, *given) if axis in given}
        shown = Atom("object", word, f"Does the picture show {with_article(word)}?")
        return Brief(subject=word, attributes=ordered, atoms=(shown,))

    def rivals(self, recipe: Recipe) -> Rivals:
        """Without the class it is made for, so that scorers say how much of that class they see in it."""
        return Rivals(frozenset({recipe.slot.key}))

    def question(self, recipe: Recipe) -> str:
        return f"Does the picture show {with_article(recipe.slot.attributes['of'])}?"
