"""inpaint remove: what a mask shows is painted over with what lies around it."""

from dataclasses import replace

from mintage.core.errors import Problem
from mintage.core.nouns import number, with_article
from mintage.core.ports import Brief, Parents, Request
from mintage.core.recipe import Recipe
from mintage.techniques._inpaint_edit import Edit, sure


class Remove(Edit):
    """The prompt says what is left, the negative prompt what is removed (`what`, else the parent's class)."""

    name = "remove"

    def contradictions(self, name: str) -> list[Problem]:
        same = [n for n, results in self.options.result.items() if n in results]
        said = "without what makes it one, it cannot be one"
        return super().contradictions(name) + [
            Problem(f"{n!r} cannot become {n!r}: {said}", f"techniques.{self.technique}.result", "another class")
            for n in same
        ]

    def prepare(self, request: Request, recipe: Recipe, parents: Parents) -> Request:
        from mintage.techniques._inpaint_masks import binary, grown

        (parent,) = recipe.parents
        place = grown(binary(sure(parent, parents.mask(parent))), self.options.grow, self.options.feather)
        negative = ", ".join(filter(None, [request.negative, self._removed(recipe)]))
        names = (self.source_of(recipe.slot),)
        return replace(request, images=(parents.picture(parent),), mask=place, negative=negative, names=names)

    def _removed(self, recipe: Recipe) -> str:
        return self.options.what or self.parent_words(recipe)

    def question(self, recipe: Recipe, brief: Brief) -> str:
        gone = self._removed(recipe)
        verb = "Are" if number(gone) == "many" else "Is"
        return f"{verb} {with_article(gone)} gone without a trace, so that this is {brief.subject}?"
