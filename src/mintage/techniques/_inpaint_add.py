"""inpaint add: a place in a picture of one class is repainted to show something that makes it another."""

from dataclasses import replace
from random import Random

from mintage.core.nouns import number, with_article
from mintage.core.ports import Brief, Parents, Request
from mintage.core.recipe import Recipe
from mintage.techniques._inpaint_edit import Edit, sure


class Add(Edit):
    """`compose` puts a reference's cut-out there, `mask` repaints the place with `what`.

    `compose` first: an engine that has both and no model fills a hole with what lies around it, and adds nothing.
    """

    name = "add"
    verbs = ("compose", "mask")
    cut = False
    says_what = True

    def prepare(self, request: Request, recipe: Recipe, parents: Parents) -> Request:
        """Where and how large follow from the recipe's seed, so that another attempt has another place."""
        from mintage.techniques._inpaint_masks import binary, region

        rng = Random(recipe.seed)
        scene = parents.picture(recipe.parents[0])
        inside = None
        if self.options.place == "object":
            inside = binary(sure(recipe.parents[0], parents.mask(recipe.parents[0])))
        names = [self.source_of(recipe.slot)]
        images, aspect = [scene], rng.uniform(0.6, 1.6)
        if request.verb == "compose":
            new = sure(recipe.parents[1], parents.cut_out(recipe.parents[1]))
            images, aspect = [scene, new], new.width / new.height
            names.append(recipe.slot.key)
        rounded = request.verb == "mask"
        place = region(scene.size, self.options.size or (0.1, 0.4), aspect, rng, inside, rounded=rounded)
        return replace(request, images=tuple(images), mask=place, names=tuple(names))

    def question(self, recipe: Recipe, brief: Brief) -> str:
        what = self.options.what or brief.subject
        now = "Are there" if number(what) == "many" else "Is there"
        return f"{now} {with_article(what)} in it, so that this is {brief.subject}?"
