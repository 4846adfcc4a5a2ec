"""What a plug-in must be: small classes, and the values that pass through them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from mintage.core.errors import Problem, nearest
from mintage.core.parents import Origin, Parent, Parents, Pool
from mintage.core.passing import (
    LOST,
    NOT_SENT,
    Answer,
    Atom,
    Brief,
    Briefed,
    Exported,
    Failed,
    Hosting,
    Item,
    Made,
    Proposed,
    Question,
    Refused,
    Rejected,
    Request,
    Rivals,
    Scored,
    Sent,
    Terms,
    Unknown,
    Weights,
    Wrote,
)
from mintage.core.plugin import Options, Plugin, Resources, how
from mintage.core.recipe import Fact, Recipe, Sample, Slot

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    Picture = Image.Image
    Vector = numpy.ndarray[Any, Any]

__all__ = [
    "LOST",
    "NOT_SENT",
    "Answer",
    "Atom",
    "Brief",
    "Briefed",
    "Engine",
    "Exported",
    "Exporter",
    "Failed",
    "Hosting",
    "Item",
    "Made",
    "Options",
    "Origin",
    "Parent",
    "Parents",
    "Plugin",
    "Pool",
    "Proposed",
    "Question",
    "Refused",
    "Rejected",
    "Request",
    "Resources",
    "Rivals",
    "Scored",
    "Scorer",
    "Sent",
    "Stage",
    "Store",
    "Technique",
    "Terms",
    "Unknown",
    "Weights",
    "Writer",
    "Wrote",
    "how",
]


class Writer(Plugin):
    """Words prompts, from each technique's brief.

    It sees only the samples it is given: what must differ across a set comes from the slot's number. One request for
    many recipes yields one `Sent` for each, with its part of the bound.
    """

    calls_model: ClassVar[bool] = True
    """False: words cost nothing, so that `plan` may show some."""

    repairs: ClassVar[bool] = False
    """True: it asks `Briefed.check` itself and words again what is wrong, at most three times. Else the stage asks it
    again, with `Briefed.again`. Either way what is still wrong then is worded by the grammar."""

    @property
    def hosting(self) -> Hosting | None:
        """What can be said of the server that it calls; None: it calls none."""
        return None

    def price(self, sample: "Briefed") -> float:
        """The most that the words of one sample can cost, in dollars; `math.inf`: nobody can say."""
        return 0.0

    def write(self, samples: Sequence["Briefed"]) -> Iterator[Sent | Wrote | Refused | Failed]:
        raise NotImplementedError

    def propose(self, questions: Sequence["Question"]) -> Iterator[Sent | Proposed | Refused | Failed]:
        """Answer questions about the dataset as a whole, each by its id; `load()` comes first."""
        for question in questions:
            yield Failed(question.recipe_id, f"the writer {self.name!r} proposes nothing")

    def price_of(self, question: "Question") -> float:
        """The most that answering one question can cost, in dollars; `math.inf`: nobody can say."""
        return 0.0


class Engine(Plugin):
    """Makes pixels. Yields in any order, each answer naming its recipe; never raises for one item.

    `can` holds the verbs it has (see `Request`): text, image, images, mask, compose; of the class: what it can have, of
    one that is built: what it has with these options. `vocabulary` says what it can draw, "class" and
    axis names → words; None: anything. `phrasing` is the template that its prompts should follow; None: good English.
    """

    can: frozenset[str] = frozenset({"text"})
    phrasing: ClassVar[str | None] = None
    draws: ClassVar[bool] = True
    """False for an engine that draws nothing of what it is told (a dry run): it is never recommended."""

    starter: ClassVar[Mapping[str, Sequence[str]]] = {
        "environment": ("on grass", "on a beach", "in the snow", "on a wooden floor", "at night"),
        "style": ("photo", "painting", "pencil sketch"),
    }
    """The axes that `mintage new` writes for it."""

    starter_options: ClassVar[Mapping[str, Any]] = {}
    """The options that `mintage new` writes for it: what it cannot be without, such as a model, and its price."""

    one_size: ClassVar[bool] = False
    """It makes `size` and nothing else, so that parents of another shape are cropped or padded."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of what it makes unless a request says otherwise; None: it depends."""
        return None

    @property
    def vocabulary(self) -> Mapping[str, Sequence[str]] | None:
        return None

    @property
    def weights(self) -> Weights | None:
        """What it has to download; None: nothing. May ask a model hub, with a time limit, and loads nothing."""
        return None

    def fetch(self) -> None:
        """Download the weights, with progress."""

    advice: tuple[str, ...] = ()
    """What `plan` says of these options before anything is made, a line each."""

    streams: ClassVar[bool] = False
    """True: `make` takes its requests one by one from an iterator, each when there is room for it. It is prepared then,
    so that memory holds what is in flight and no more."""

    @property
    def hosting(self) -> Hosting | None:
        """What can be said of the server that it calls; None: it calls none."""
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
        """The most that this request can cost, in dollars; `math.inf`: nobody can say.

        Its `Sent` may have no larger bound. It answers also for a request without pictures and words, as `plan` has it.
        """
        return 0.0

    @property
    def seconds_per_image(self) -> float | None:
        """What one image takes here, roughly, on two cores; None: unknown. `plan` says the expected time with it."""
        return None


class Technique(Plugin):
    """How a recipe comes about: its rows, its origin, its brief, its request, what its picture is ranked against."""

    on_top: ClassVar[bool] = False
    """True: its share is added to the class's images and fills nobody's quota; else it is a part of them."""

    scored_by: ClassVar[tuple[str, ...]] = ()
    """Scorers that its images need, beside those of the spec."""

    @property
    def wants(self) -> tuple[str, ...]:
        """Verbs, any of which will do, the best first. `copy` needs no engine."""
        return ("text",)

    @property
    def uses_axes(self) -> bool:
        """False: its slots have no attributes of the spec's axes, and the engine need not know their values."""
        return True

    @property
    def waits(self) -> bool:
        """True: its parents are images of this run, so that its slots come after all others."""
        return False

    def mistakes(self, name: str, verb: str, pool: Pool) -> list[Problem]:
        """What keeps a class (by name) from having this technique: no references, no look-alikes. Names both ways out:
        give them, or set `techniques` under the class."""
        return []

    def compares_with(self, name: str) -> Sequence[str]:
        """Of what plain pictures are made for a class, to compare its own with (and never to be kept): its decoys."""
        return ()

    def draws(self, names: Iterable[str]) -> Mapping[str, Iterable[str]]:
        """The words that an engine has to know for these classes: "class" or an axis's name → words."""
        words: dict[str, Iterable[str]] = {"class": [self.spec.subject(n) for n in names]}
        return words | ({a: list(levels) for a, levels in self.spec.levels.items()} if self.uses_axes else {})

    def plan(
        self, key: str, count: int, rows: "Callable[[int], Iterator[Mapping[str, str]]]"
    ) -> Iterator[Mapping[str, str]]:
        """The attributes of its first `count` slots of a class. A longer plan must begin with the shorter one.

        `rows(n)` gives the first n rows of the array over the spec's axes, the same for every class. What makes slots
        differ beside the axes (a decoy, a word, a strength) is an attribute as well.
        """
        raise NotImplementedError

    def origin(self, slot: Slot, verb: str, pool: Pool) -> Origin | None:
        """What the recipe of a slot shows and descends from, by the slot's number alone; None: it waits."""
        return Origin(((slot.key, 1.0),))

    def brief(self, recipe: Recipe) -> Brief:
        raise NotImplementedError

    def rivals(self, recipe: Recipe) -> Rivals:
        """Which classes are left out of the ranking, and whether the image or its parent is ranked."""
        return Rivals()

    def prepare(self, sample: Sample, parents: Parents, verb: str) -> Request:
        """The request for the engine, by one of the verbs of `wants`."""
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

    @property
    def hosting(self) -> Hosting | None:
        """What can be said of the server that it calls; None: it calls none."""
        return None

    def price(self, item: Item) -> float:
        """The most that scoring one picture can cost, in dollars; `math.inf`: nobody can say."""
        return 0.0

    def score(self, items: Sequence[Item]) -> Iterator[Sent | Scored | Failed]:
        raise NotImplementedError

    def embed(self, things: "Sequence[str | Picture]") -> "list[Vector | None]":
        """Unit vectors in `space`, of words for things and of pictures: their products say how alike two of them are.

        None for what it has no vector of, such as a word that it has never seen. `preview` compares with them; `load()`
        comes first.
        """
        return [None] * len(things)


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
    streams: bool
    """It takes what there is one by one, and need not be given batches."""

    def load(self) -> None: ...

    def run(self, samples: Sequence[Sample]) -> Iterator[Fact]: ...
