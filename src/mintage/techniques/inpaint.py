"""inpaint: a part of a picture is repainted; its surroundings, its object, something added, removed or transplanted."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator

from mintage.core import ports
from mintage.core.errors import MintageError, Problem
from mintage.core.nouns import with_article
from mintage.core.ports import Atom, Brief, Origin, Parents, Pool, Request
from mintage.core.recipe import Recipe, Sample, Slot
from mintage.techniques._inpaint_add import Add
from mintage.techniques._inpaint_background import Background
from mintage.techniques._inpaint_edit import Edit
from mintage.techniques._inpaint_object import Object
from mintage.techniques._inpaint_remove import Remove
from mintage.techniques._inpaint_transplant import Transplant
from mintage.techniques._text import TextTechnique

if TYPE_CHECKING:
    from mintage.core.ports import Picture
    from mintage.core.spec import DatasetSpec

_EDITS: dict[str, type[Edit]] = {
    "background": Background,
    "object": Object,
    "add": Add,
    "remove": Remove,
    "transplant": Transplant,
}

SMALLEST = 0.005
"""Of what is added, as a share of the frame's shorter side."""


class InpaintOptions(ports.Options):
    """What is repainted.

    `edit`: which part. `result`: class of the parent → class of the result, one or several (`add`, `remove`,
    `transplant`). `parents`: the user's references, or images of this run. `from`: classes whose objects are replaced
    (`object`; empty: all others with references). `what`: words of what is added or removed; empty: the class's own.
    `axes`: the axes that new surroundings follow (`background`; empty: all). `size`: the longer side of what is added,
    from and to, as a share of the frame's shorter side; empty: [0.1, 0.4], and a transplant within 30 % of its own.
    `place`: where that goes: anywhere in the frame, or on the object; `auto`: a transplant on the object where the
    parent has a cut-out, all else in the frame. `good`: a picture, or a folder of them, that lies exactly as the
    references of the transplanted class do and shows no defect: what differs is the defect. `grow`: how far a mask is
    widened, `feather`: how soft the edge of what is repainted is, both as a share of the frame's shorter side.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    edit: Literal["background", "object", "add", "remove", "transplant"] = "background"
    result: dict[str, list[str]] = Field(default={})
    parents: Literal["references", "made"] = "references"
    from_: list[str] = Field(default=[], alias="from")
    what: str = ""
    axes: list[str] = Field(default=[])
    size: tuple[float, float] | None = None
    place: Literal["auto", "frame", "object"] = "auto"
    good: str = ""
    grow: float = Field(default=0.04, ge=0, le=0.5)
    feather: float = Field(default=0.01, ge=0, le=0.2)

    @field_validator("result", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return {k: [v] if isinstance(v, str) else v for k, v in value.items()} if isinstance(value, Mapping) else value

    @field_validator("from_", mode="before")
    @classmethod
    def _one_name(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("size")
    @classmethod
    def _rising(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value and not SMALLEST <= value[0] <= value[1] <= 1:
            raise ValueError(f"two shares of the frame, from {SMALLEST} to 1, the smaller first: [0.1, 0.4]")
        return value


@dataclass(frozen=True, slots=True)
class Repaint(Request):
    """A request that carries what `finish` has to know of the recipe: how soft the edge is, and whether what is
    repainted lies within the picture, so that it takes on the level of its surroundings, or around the object."""

    feather: float = 0.0
    level: bool = True


class Technique(TextTechnique):
    """A slot's class is what the result shows; its parent's class stands in the attribute `from`.

    What is not repainted keeps its pixels exactly: `finish` puts them back, whatever the engine did to them.
    """

    Options = InpaintOptions
    scored_by = ("mask_fidelity",)
    own: ClassVar[frozenset[str]] = frozenset({"from"})

    def __init__(self, options: InpaintOptions, spec: "DatasetSpec") -> None:
        super().__init__(options, spec)
        self._edit = self._of(options)

    def _of(self, options: InpaintOptions) -> Edit:
        return _EDITS[options.edit](self.name, options, self.spec)

    def _as_written(self, recipe: Recipe) -> Edit:
        """The edit as the recipe was written, whatever the options are now."""
        written = recipe.settings.get("technique", self.settings)
        return self._edit if written == self.settings else self._of(InpaintOptions.model_construct(**written))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The options, with class keys in place of names (a renamed class changes no pixel), and what `good` holds."""
        return dict(super().settings) | self._edit.resolved()

    @property
    def wants(self) -> tuple[str, ...]:
        return self._edit.verbs

    @property
    def uses_axes(self) -> bool:
        return self._edit.uses_axes

    @property
    def waits(self) -> bool:
        return bool(self.options.parents == "made")

    def mistakes(self, name: str, verb: str, pool: Pool) -> list[Problem]:
        if self.spec.classes[name].images.count == 0:
            return []  # a class that is there for its references alone
        return [*self._edit.contradictions(name), *self._edit.missing(name, verb, pool)]

    def draws(self, names: Iterable[str]) -> Mapping[str, Iterable[str]]:
        """Nothing for a transplant, which draws nothing."""
        if "copy" in self.wants:
            return {}
        known: dict[str, Iterable[str]] = {"class": [self._edit.shown(name) for name in names]}
        axes = self.options.axes or self.spec.levels
        return known | {a: list(v) for a, v in self.spec.levels.items() if self.uses_axes and a in axes}

    def plan(
        self, key: str, count: int, rows: Callable[[int], Iterator[Mapping[str, str]]]
    ) -> Iterator[Mapping[str, str]]:
        """`background`: the rows of the array; all else: `from`, the parents' classes one after another.

        Raises:
            MintageError: the spec leaves the class without parents.
        """
        problems = self._edit.contradictions(self.spec.name_of(key)) if count else []
        if problems:
            raise MintageError(*problems)
        return self._edit.attributes(key, count, rows)

    def origin(self, slot: Slot, verb: str, pool: Pool) -> Origin | None:
        found = self._edit.parents(slot, verb, pool)
        return None if found is None else Origin(((slot.key, 1.0),), found)

    def brief(self, recipe: Recipe) -> Brief:
        """The class; or `what` is added, which stands in the repainted part."""
        brief, edit = super().brief(recipe), self._as_written(recipe)
        what = edit.options.what if edit.says_what else ""
        if not what:
            return brief
        return Brief(what, atoms=(Atom("object", what, f"Does the picture show {with_article(what)}?"),))

    def prepare(self, sample: Sample, parents: Parents, verb: str) -> Request:
        """Raises:
        OSError: the parent has no sure cut-out, or there is no room for what is added.
        """
        edit = self._as_written(sample.recipe)
        request = edit.prepare(super().prepare(sample, parents, verb), sample.recipe, parents)
        own = {f.name: getattr(request, f.name) for f in fields(request)}
        return Repaint(**own, feather=edit.options.feather, level=edit.name != "background")

    def finish(self, image: "Picture", request: Request) -> "Picture":
        """What was to be kept, put back as it was; a soft edge lies on the repainted side."""
        from mintage.techniques._inpaint_masks import put_back

        scene = next((i for i in request.images if i.mode == "RGB"), None)
        if request.mask is None or scene is None or request.verb == "copy":
            return image
        feather, level = (request.feather, request.level) if isinstance(request, Repaint) else (0.0, False)
        return put_back(image, scene, request.mask, feather, level=level)

    def question(self, recipe: Recipe) -> str:
        return self._as_written(recipe).question(recipe, super().brief(recipe))
