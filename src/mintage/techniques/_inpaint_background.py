"""inpaint background: the object stays as it is, in new surroundings."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import repeat

from mintage.core.nouns import number, with_article
from mintage.core.ports import Brief, Parents, Request
from mintage.core.recipe import Recipe, Slot
from mintage.techniques._inpaint_edit import Edit, Rows, sure


class Background(Edit):
    """The class stays. `compose` puts the cut-out into a scene, `mask` repaints everything but the object."""

    name = "background"
    verbs = ("compose", "mask")
    uses_axes = True
    maps = False

    def sources(self, name: str) -> list[str]:
        return [name]

    def source_of(self, slot: Slot) -> str:
        return slot.key

    def partners(self, slot: Slot, verb: str, pool: object) -> None:
        """None: the cut-out is the parent's own."""

    def attributes(self, key: str, count: int, rows: Rows) -> Iterator[Mapping[str, str]]:
        axes = self.options.axes or self.spec.levels
        if not self.spec.levels:
            return repeat({}, count)
        return ({axis: value for axis, value in row.items() if axis in axes} for row in rows(count))

    def prepare(self, request: Request, recipe: Recipe, parents: Parents) -> Request:
        from mintage.techniques._inpaint_masks import binary, inverse

        (parent,) = recipe.parents
        names = (recipe.slot.key,)
        if request.verb == "compose":
            return replace(request, images=(sure(parent, parents.cut_out(parent)),), names=names)
        shows = binary(sure(parent, parents.mask(parent)))
        return replace(request, images=(parents.picture(parent),), mask=inverse(shows), shows=shows, names=names)

    def question(self, recipe: Recipe, brief: Brief) -> str:
        start = "Are these still" if number(brief.subject, brief.kind) == "many" else "Is this still"
        return f"{start} {with_article(brief.subject, brief.kind)}, whole, in new surroundings?"
