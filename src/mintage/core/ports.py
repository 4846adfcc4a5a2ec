"""What a plug-in must be: small classes, and the values that pass through them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field

from mintage.core.errors import nearest
from mintage.core.passing import (
    Answer,
    Atom,
    Brief,
    Briefed,
    Exported,
    Failed,
    Item,
    Made,
    Refused,
    Request,
    Rivals,
    Scored,
    Sent,
    Unknown,
    Wrote,
)
from mintage.core.recipe import Fact, Recipe, Sample, digest

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    from mintage.core.spec import DatasetSpec

    Picture = Image.Image
    Vector = numpy.ndarray[Any, Any]

__all__ = [
    "Answer",
    "Atom",
    "Brief",
    "Briefed",
    "Engine",
    "Exported",
    "Exporter",
    "Failed",
    "Item",
    "Made",
    "Options",
    "Plugin",
    "Refused",
    "Request",
    "Resources",
    "Rivals",
    "Scored",
    "Scorer",
    "Sent",
    "Stage",
    "Store",
    "Technique",
    "Unknown",
    "Writer",
    "Wrote",
    "how",
]


class Options(BaseModel):
    """The options of a plug-in; unknown keys are refused. Mark what changes no pixel with `how(default)`."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def how(default: Any, **more: Any) -> Any:
    """An option that changes how work is done (batch, threads, device, address) and never what comes out."""
    return Field(default, json_schema_extra={"how": True}, **more)


@dataclass(frozen=True, slots=True)
class Resources:
    """What one worker of a plug-in needs: `batch` items at a time, GPUs, memory in GB."""

    batch: int = 64
    gpus: float = 0.0
    memory_gb: float = 0.0


class Plugin:
    """What all plug-ins share. The registry sets `name` from the file's name (or the entry point's).

    Built with its own options and the frozen spec; heavy imports happen in `load()` alone, which is called once per
    worker before the first item.
    """

    name: ClassVar[str] = ""
    version: ClassVar[str] = "1"
    Options: ClassVar[type[Options]] = Options
    needs: Resources = Resources()

    def __init__(self, options: Any, spec: "DatasetSpec") -> None:
        self.options = options
        self.spec = spec

    def load(self) -> None:
        """Import what is heavy and open weights. Called once per worker."""

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The options that change what comes out, resolved."""
        fields = type(self.options).model_fields
        kept = {
            n
            for n, f in fields.items()
            if not (isinstance(f.json_schema_extra, dict) and f.json_schema_extra.get("how"))
        }
        return dict(self.options.model_dump(mode="json", include=kept))

    @property
    def saw(self) -> Any:
        """What of the spec its answers depend on (JSON); a change makes them due again."""
        return None

    @cached_property
    def made_by(self) -> str:
        """Name, version or weights, and a hash of the options and of what it saw of the spec."""
        return f"{self.name}@{self.version}:{digest([self.settings, self.saw], 8)}"


class Writer(Plugin):
    """Words prompts, from each technique's brief.

    It sees only the samples it is given: what must differ across a set comes from the slot's number. One request for
    many recipes yields one `Sent` for each, with its part of the bound.
    """

    calls_model: ClassVar[bool] = True
    """False: words cost nothing, so that `plan` may show some."""

    def write(self, samples: Sequence["Briefed"]) -> Iterator[Sent | Wrote | Refused | Failed]:
        raise NotImplementedError


class Engine(Plugin):
    """Makes pixels. Yields in any order, each answer naming its recipe; never raises for one item.

    `can` holds the verbs it has: text, image, images, mask, compose. `vocabulary` says what it can draw, "class" and
    axis names → words; None: anything. `phrasing` is the template that its prompts should follow; None: good English.
    """

    can: ClassVar[frozenset[str]] = frozenset({"text"})
    phrasing: ClassVar[str | None] = None
    draws: ClassVar[bool] = True
    """False for an engine that draws nothing of what it is told (a dry run): it is never recommended."""

    starter: ClassVar[Mapping[str, Sequence[str]]] = {
        "environment": ("on grass", "on a beach", "in the snow", "on a wooden floor", "at night"),
        "style": ("photo", "painting", "pencil sketch"),
    }
    """The axes that `mintage new` writes for it."""

    @property
    def vocabulary(self) -> Mapping[str, Sequence[str]] | None:
        return None

    def make(self, requests: Sequence[Request]) -> Iterator[Sent | Made | Refused | Failed]:
        raise NotImplementedError

    def knows(self, words: Mapping[str, Iterable[str]]) -> list[Unknown]:
        """Which of the asked words ("class" or an axis's name → words) it cannot draw, with the nearest it can."""
        known = self.vocabulary
        if known is None:
            return []
        places = [w for kind, ws in known.items() if kind != "class" for w in ws]
        missing = []
        for kind, asked in words.items():
            pool = list(known.get(kind) or places)
            have = {w.casefold() for w in pool}
            missing += [Unknown(kind, w, tuple(nearest(w, pool))) for w in asked if w.casefold() not in have]
        return missing

    def price(self, request: Request) -> float:
        """The most that this request can cost, in dollars."""
        return 0.0

    @property
    def seconds_per_image(self) -> float | None:
        """What one image takes here, roughly, on two cores; None: unknown. `plan` says the expected time with it."""
        return None


class Technique(Plugin):
    """How a recipe comes about: its rows, its brief, its request, and what its picture is ranked against."""

    wants: ClassVar[str] = "text"
    uses_axes: ClassVar[bool] = True
    """False: its slots have no attributes, and the engine need not know the axes' values."""

    def plan(
        self, key: str, count: int, rows: "Callable[[int], Iterator[Mapping[str, str]]]"
    ) -> Iterator[Mapping[str, str]]:
        """The attributes of its first `count` slots of a class. A longer plan must begin with the shorter one.

        `rows(n)` gives the first n rows of the array over the spec's axes, the same for every class.
        """
        raise NotImplementedError

    def brief(self, recipe: Recipe) -> Brief:
        raise NotImplementedError

    def rivals(self, recipe: Recipe) -> Rivals:
        """Which classes are left out of the ranking, and whether the image or its parent is ranked."""
        return Rivals()

    def prepare(self, sample: Sample, files: Callable[[str], Path]) -> Request:
        """The request for the engine; `files` turns a parent's name into a path."""
        raise NotImplementedError

    def finish(self, image: "Picture", request: Request) -> "Picture":
        """The last touch: paste kept pixels back, draw letters. Return the same object to leave bytes as delivered."""
        return image

    def question(self, recipe: Recipe) -> str:
        """What a reviewer is asked."""
        raise NotImplementedError


class Scorer(Plugin):
    """Numbers for one picture. `floors` are what a picture must reach unless `keep.floor` says otherwise.

    `space` names the weights that made the vectors, without options and classes: vectors are stored once per space.
    """

    numbers: ClassVar[tuple[str, ...]] = ()
    """The names of the numbers it gives, so that a floor on another is refused; empty: not known beforehand."""
    floors: ClassVar[Mapping[str, float]] = {}
    ranks: ClassVar[bool] = False

    @property
    def space(self) -> str | None:
        return None

    def knows(self, words: Iterable[str]) -> list[Unknown]:
        """Which of the asked words for classes and look-alikes it cannot rank; a plan is refused for them."""
        return []

    def score(self, items: Sequence[Item]) -> Iterator[Sent | Scored | Failed]:
        raise NotImplementedError


class Exporter(Plugin):
    """Writes one format. `target` is an empty folder, put in its place by the caller when all is written."""

    def export(self, samples: Iterator["Exported"], target: Path) -> None:
        raise NotImplementedError


class Store(Protocol):
    """Where pixels go: a folder now, object storage later."""

    def put(self, data: bytes, recipe: Recipe, suffix: str) -> tuple[str, str]:
        """Write all or nothing; give (path inside the run, SHA-256)."""


class Stage(Protocol):
    """Samples in, facts out: one settled fact (or an open `sent`) per sample whatever happens; never raises for one."""

    name: str
    needs: Resources

    def load(self) -> None: ...

    def run(self, samples: Sequence[Sample]) -> Iterator[Fact]: ...
