"""Parents: the user's real images and the run's own, as a plan and a technique see them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image


class ParentGone(OSError):
    """A real image is no longer there, or is another one: another attempt may take another parent."""


@dataclass(frozen=True, slots=True)
class Parent:
    """An image that others descend from: `file:<sha256>` or `recipe:<id>`, and where its lines begin."""

    name: str
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """One of the user's real images of a class. Width and height in pixels, as displayed.

    `mask` says where its cut-out came from (`file`, `alpha`, `box`, `plain`, `grabcut`; empty: none, or nobody asked),
    `confidence` (0 to 1) how sure that is.
    """

    sha256: str
    path: Path
    width: int
    height: int
    mask: str = ""
    confidence: float = 0.0

    @property
    def name(self) -> str:
        return f"file:{self.sha256}"


@dataclass(frozen=True, slots=True)
class Odd:
    """A file in a reference folder that is not used, and why: unreadable, tiny, the same as another."""

    path: Path
    reason: str


@dataclass(frozen=True)
class References:
    """The real images of each class key, in the order of their paths; `odd` by class key are the files left out.

    `doubtful` are usable pictures whose cut-out is not sure enough to be used.
    """

    of: Mapping[str, Sequence[Reference]] = field(default_factory=dict)
    odd: Mapping[str, Sequence[Odd]] = field(default_factory=dict)
    doubtful: Mapping[str, Sequence[Reference]] = field(default_factory=dict)

    def paths(self) -> dict[str, Path]:
        """`file:<sha256>` → where it lies."""
        return {r.name: r.path for group in self.of.values() for r in group}


class Pool(Protocol):
    """What can be a parent now."""

    def real(self, key: str, *, cut: bool = False) -> Sequence[Parent]:
        """The references of a class, in the order of their paths; with `cut`, those with a sure cut-out alone."""

    def made(self, key: str, number: int) -> Parent | None:
        """The image that fills the slot which the number falls on, counted round the class's own slots in their order;
        where that is not filled, the next one that is. None: none of them is."""


class Parents(Protocol):
    """The pictures of a recipe's parents, opened on demand. All methods raise OSError where a file is gone or is
    another picture than it was."""

    size: tuple[int, int] | None
    """Width and height that the engine makes; None: any."""

    def picture(self, name: str, *, fit: bool = True) -> "Picture":
        """The parent as RGB; with `fit`, at `size` by the spec's `references.fit` (cropped, padded or kept; never
        stretched), else as it is."""

    def sized(self, size: tuple[int, int] | None) -> "Parents":
        """The same parents at another size."""

    def mask(self, name: str, *, fit: bool = True) -> "Picture | None":
        """L, white where the object is, of the size of `picture`; None where nothing sure is known of it."""

    def cut_out(self, name: str) -> "Picture | None":
        """The object as RGBA, cropped to its bounds, in the parent's own pixels; None as in `mask`."""


@dataclass(frozen=True)
class Origin:
    """What a technique decides about a recipe: what it shows (see `Recipe.objects`), and what it descends from."""

    objects: tuple[tuple[str, float], ...]
    parents: tuple[Parent, ...] = ()

    @property
    def roots(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(r for p in self.parents for r in p.roots))


class NoParents:
    """A pool without anything in it."""

    def real(self, key: str, *, cut: bool = False) -> Sequence[Parent]:
        return ()

    def made(self, key: str, number: int) -> Parent | None:
        return None


def real_parents(references: Iterable[Reference]) -> tuple[Parent, ...]:
    """References as parents: each is its own root."""
    return tuple(Parent(r.name, (r.name,)) for r in references)
