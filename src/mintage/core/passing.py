"""What passes through the ports: briefs, requests, answers, items to be scored, words that are not known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mintage.core.recipe import Sample

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    Picture = Image.Image
    Vector = numpy.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing that can be checked in the picture: `kind` is object, attribute, count, relation or text."""

    kind: str
    text: str
    question: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What a prompt has to say: the technique writes it, every writer words it, every check reads it.

    `subject` is what is drawn, `kind` what kind of thing that is (`""`: unknown), `attributes` axis → value to be
    shown, in the order of the spec. `like`: what else the subject looks like ("a dalmatian-like car"). `phrases` close
    the prompt as they are ("with a sticker on it that says 'iPod'"). `must` are words that have to occur, `must_not`
    words that may not.
    """

    subject: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    description: str = ""
    text: tuple[str, ...] = ()
    like: str = ""
    phrases: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    atoms: tuple[Atom, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What an engine is asked to make. `mask`: an L image, white = repaint, size of the first image. `strength` 0–1.

    Verbs: `text` (a prompt alone), `image` (a new one from one image), `images` (one from several), `mask` (repaint a
    part), `compose` (put cut-outs, which are RGBA, into a scene: the RGB image among `images`, or one of the engine's
    own for `attributes`), `copy` (the first image as it is). `names`: the class that each of `images` shows. `shows`:
    an L image, white where the object will be, if that is known beforehand. `attributes`: the slot's own.

    `ticket` is ours from an earlier `Sent` that was never answered: fetch its result, or answer `Failed` with a reason
    that begins with `LOST`.
    """

    recipe_id: str
    verb: str
    prompt: str
    negative: str = ""
    images: tuple["Picture", ...] = ()
    mask: "Picture | None" = None
    strength: float = 1.0
    width: int | None = None
    height: int | None = None
    seed: int = 0
    ticket: str | None = None
    names: tuple[str, ...] = ()
    shows: "Picture | None" = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """A paid request is about to leave: our ticket, and the most it can cost in dollars.

    One with a bound below 0 takes an earlier one back: that request was certainly not carried out, and waits to be sent
    again.
    """

    recipe_id: str
    ticket: str
    bound: float = 0.0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A prompt that does not do, and what is wrong with it, in a few words for whoever words it again."""

    prompt: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Wrote:
    """A prompt. `rejected`: what the same writer wrote for it before, and was told to write again."""

    recipe_id: str
    prompt: str
    negative: str = ""
    caption: str = ""
    atoms: tuple[Atom, ...] = ()
    seconds: float = 0.0
    cost: float = 0.0
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What `propose` asks a writer for, of a dataset as a whole.

    `kind` says what: `values`, levels of the axis `name` that suit every class; `suits`, which of the `given` values of
    the axis `name` do not suit which class; `lookalikes`, things with the shape or pattern of the class `name` that are
    none; `meaning`, what the class `name` is (kind and description).

    `recipe_id` is the question's own id. `classes`: every class → what it is, as far as that is known. `given`: what
    there is already. `refused`: what was answered before → why it does not do. `axes`: the other axes and their levels.
    """

    recipe_id: str
    kind: str
    name: str
    classes: Mapping[str, str]
    count: int = 0
    given: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposed:
    """An answer to a question. `values` as asked for; of `meaning`, the kind and the description.

    `unsuited`: of `suits`, value → a class that it does not suit; of `values`, what the writer itself doubts.
    """

    recipe_id: str
    values: tuple[str, ...]
    unsuited: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Made:
    """An image: bytes as delivered, or a PIL image that is stored as PNG."""

    recipe_id: str
    image: "bytes | Picture"
    seconds: float = 0.0
    cost: float = 0.0
    boxes: tuple[Mapping[str, Any], ...] = ()
    mask: "Picture | None" = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """Numbers by name, and the image's vector (1-D float32) so that it need not be opened again.

    `values` of a ranking scorer hold at least `p` and `margin`. `note` is for a person ("most like: chair").
    """

    recipe_id: str
    values: Mapping[str, float]
    vector: "Vector | None" = None
    note: str = ""
    seconds: float = 0.0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Refused:
    """The server or safety checker will not: its words. Uses up an attempt; the next one has new words."""

    recipe_id: str
    reason: str
    seconds: float = 0.0
    cost: float = 0.0


LOST = "lost: "
"""How the reason begins when something was sent and nobody can say whether it was made: its bound counts as spent, and
it is made again by the same recipe."""


NOT_SENT = "not sent: "
"""How the reason begins when a request did not leave, because the run was stopped: it is simply still to be made."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work: the reason. Uses up no attempt; waits for `mintage retry`, unless it is `LOST` or `NOT_SENT`."""

    recipe_id: str
    reason: str
    seconds: float = 0.0
    cost: float = 0.0


Answer = Sent | Wrote | Proposed | Made | Scored | Refused | Failed


@dataclass(frozen=True, slots=True)
class Rivals:
    """What a picture is ranked against: all the spec's classes less `without`; `of` is "image" or "parent".

    A scorer that ranks also gives the number `target` where `without` is not empty: the share of what was left out, had
    it not been; a picture in which that is more than half passes for what it may not be, and has a margin below 0.
    """

    without: frozenset[str] = frozenset()
    of: str = "image"


@dataclass(frozen=True)
class Item:
    """What a scorer judges. `vector` is the stored one of this scorer's weights, if any: then do not open the image.

    `label` is the present name of the class it should show. `open()` gives the picture as RGB (that of its first parent
    where `rivals.of` says so); it raises OSError where the file cannot be read. `parent()` gives the first parent, and
    `repainted()` the mask of what an engine might change, both of the picture's size; None where it has none.
    """

    sample: Sample
    label: str
    rivals: Rivals
    open: "Callable[[], Picture]"
    vector: "Vector | None" = None
    parent: "Callable[[], Picture | None]" = lambda: None
    repainted: "Callable[[], Picture | None]" = lambda: None

    @property
    def recipe_id(self) -> str:
        return self.sample.id


@dataclass(frozen=True, slots=True)
class Weights:
    """What an engine has to download first: bytes (None: nobody could say), licence, memory that it will take in GB.

    `here`: it lies on this machine already. `note` says what went wrong where nothing could be found out.
    """

    model: str
    bytes: int | None
    licence: str
    memory_gb: float | None
    here: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider's terms say of training a model on what its models make: in words, from where, read when."""

    says: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class Hosting:
    """What a plug-in that calls a server can say of it before anything is sent. Money in dollars.

    `server` is its address without any secret. `usual` and `most` are what one item (an image, a prompt) costs: None,
    not known. `per_minute`: requests that the server allows, as far as known. `priced` says where the price is from,
    and its date. `retires` says that the model goes, when, and what takes its place.
    """

    model: str
    server: str
    usual: float | None
    most: float | None
    per_minute: float | None = None
    priced: str = ""
    terms: Terms | None = None
    retires: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that an engine cannot draw, of which kind ("class" or an axis's name), and the nearest it can."""

    kind: str
    word: str
    nearest: tuple[str, ...]


def _nothing(prompt: str) -> str:
    return ""


@dataclass(frozen=True)
class Briefed:
    """A sample to be worded: its brief, the order of words that its engine asks for, how often words were refused.

    `check` says what is wrong with a prompt for it, in a few words; "": nothing. Whoever calls it need not use the
    prompt. `again`: what was written for it before, and why that does not do, the oldest first.
    """

    sample: Sample
    brief: Brief
    phrasing: str | None = None
    refusals: int = 0
    check: Callable[[str], str] = field(default=_nothing, compare=False)
    again: tuple[Rejected, ...] = ()

    @property
    def recipe_id(self) -> str:
        return self.sample.id


@dataclass(frozen=True)
class Exported:
    """A sample of a frozen list: its label (a class's name or `other`), its split, and its SHA-256."""

    sample: Sample
    label: str
    split: str
    sha256: str
