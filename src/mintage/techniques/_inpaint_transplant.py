"""inpaint transplant: a defect of a real picture is moved onto a picture of another class; no model draws anything."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from mintage.core.errors import Problem, shown
from mintage.core.nouns import with_article
from mintage.core.ports import Brief, Parent, Parents, Pool, Request
from mintage.core.recipe import Recipe, Slot
from mintage.techniques._inpaint_edit import Edit, sure


class Transplant(Edit):
    """The patch comes from a reference of the slot's class: its mask, or what differs from `good`."""

    name = "transplant"
    verbs = ("copy",)
    cut = False

    def partners(self, slot: Slot, verb: str, pool: Pool) -> tuple[Parent, ...]:
        return tuple(pool.real(slot.key, cut=not self.options.good))

    @cached_property
    def _good(self) -> list[Path]:
        """The pictures without defects, by name."""
        from mintage.pictures.read import SUFFIXES

        try:
            place = self.spec.folder / Path(self.options.good).expanduser()
            if place.is_dir():
                return sorted(p for p in place.iterdir() if p.suffix.lower() in {*SUFFIXES.values(), ".jpeg", ".tif"})
            return [place] if place.is_file() else []
        except (OSError, RuntimeError, ValueError):  # a user that there is not, a NUL, a name that is too long
            return []

    def contradictions(self, name: str) -> list[Problem]:
        problems = super().contradictions(name)
        if self.options.good and not self._good:
            found = f"there is no picture at {self.options.good!r} (looked up from {shown(self.spec.folder)})"
            expected = "a picture without the defect, or a folder of them"
            problems.append(Problem(found, f"techniques.{self.technique}.good", expected))
        return problems

    def resolved(self) -> dict[str, Any]:
        """With the hashes of the pictures at `good`, which change pixels as options do."""
        return super().resolved() | ({"good_is": self._hashes} if self.options.good else {})

    @cached_property
    def _hashes(self) -> list[str]:
        from hashlib import sha256

        return [sha256(path.read_bytes()).hexdigest()[:12] for path in self._good]

    def prepare(self, request: Request, recipe: Recipe, parents: Parents) -> Request:
        """The finished picture is `images[0]`: nothing is left to an engine."""
        from mintage.techniques._inpaint_masks import as_mask, binary
        from mintage.techniques._inpaint_patch import defect, transplanted

        written = recipe.settings.get("technique", {})
        if self.options.good and written.get("good_is", self._hashes) != self._hashes:
            raise OSError(f"other pictures lie at {self.options.good} than when this was planned")
        base, donor = recipe.parents
        scene = parents.picture(base)
        whole = parents.picture(donor, fit=False)
        mask = defect(whole, self._good) if self.options.good else sure(donor, parents.mask(donor, fit=False))
        inside = parents.mask(base) if self.options.place != "frame" else None
        if self.options.place == "object":
            inside = sure(base, inside)
        made, shows, changed = transplanted(
            scene,
            whole,
            binary(mask),
            Random(recipe.seed),
            self.options.size,
            max(self.options.grow / 2, self.options.feather),
            binary(inside) if inside is not None else None,
        )
        names = (recipe.slot.key,)
        return replace(request, images=(made,), mask=as_mask(changed), shows=as_mask(shows), names=names)

    def question(self, recipe: Recipe, brief: Brief) -> str:
        return f"Does this pass for a real picture of {with_article(brief.subject, brief.kind)}?"
