"""inpaint object: the scene stays, and another thing stands where its object was."""

from dataclasses import replace

from mintage.core.errors import Problem
from mintage.core.nouns import with_article
from mintage.core.ports import Brief, Parents, Request
from mintage.core.recipe import Recipe
from mintage.techniques._inpaint_edit import Edit, sure


class Object(Edit):
    """The class is that of the new object. `compose` puts a reference's cut-out there, `mask` repaints the place.

    The place is the rectangle about the old object: within its outline the new one would take on its shape.
    """

    name = "object"
    verbs = ("compose", "mask")
    maps = False

    def sources(self, name: str) -> list[str]:
        """Those others that were named; else all with references (or, of made images, all)."""
        if self.options.from_:
            return [n for n in self.options.from_ if n != name and n in self.spec.classes]
        real = self.options.parents == "references"
        return [n for n, c in self.spec.classes.items() if n != name and (c.references or not real)]

    def _unsourced(self, name: str) -> Problem:
        found = f"no other class has references whose object could become {name!r}"
        if self.options.from_:
            found = f"`from` names no class but {name!r} itself, whose object cannot become {name!r}"
        expected = f"references of another class, or `techniques` without {self.technique} under the class"
        other = self._other(name)
        return Problem(found, f"classes.{name}", expected, f"{other}: {{references: photos/{other}}}")

    def prepare(self, request: Request, recipe: Recipe, parents: Parents) -> Request:
        """For `compose` the old object is painted over first, so that none of it looks out behind the new one."""
        from mintage.techniques._inpaint_masks import binary, bounds, erased, grown

        scene, mask = parents.picture(recipe.parents[0]), sure(recipe.parents[0], parents.mask(recipe.parents[0]))
        place = grown(binary(mask), self.options.grow, self.options.feather)
        if request.verb == "mask":
            old = (self.source_of(recipe.slot),)
            return replace(request, images=(scene,), mask=bounds(place), names=old)
        new = sure(recipe.parents[1], parents.cut_out(recipe.parents[1]))
        names = ("", recipe.slot.key)
        return replace(request, images=(erased(scene, place, recipe.seed), new), mask=bounds(place), names=names)

    def question(self, recipe: Recipe, brief: Brief) -> str:
        now = with_article(brief.subject, brief.kind)
        return f"Is there {now} now, and nothing left of {with_article(self.parent_words(recipe))}?"
