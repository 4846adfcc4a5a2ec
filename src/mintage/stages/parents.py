"""The pictures of a recipe's parents: the user's files and the run's own images, opened on demand and checked."""

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.parents import ParentGone, References
from mintage.core.recipe import Sample
from mintage.core.spec import ReferenceUse
from mintage.pictures import FileChanged, open_picture, open_stored
from mintage.pictures.cutouts.cutout import CutOut
from mintage.pictures.cutouts.cuts import cut_out_of, cut_out_of_made, sha256_of
from mintage.pictures.fit import fit
from mintage.pictures.read import open_with_alpha

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

HELD = 6
"""So many parents stay decoded, because a parent's children are made one after another."""


class ParentFiles:
    """`Parents` (see there) on disk.

    Args:
        references: where `file:` parents lie.
        sample_of: recipe id → its sample; raises KeyError where there is none.
        use: the spec's `references`.
        size: what the engine makes; None: any.
        cache: where cut-outs are looked up, and never written.
    """

    def __init__(
        self,
        references: References,
        sample_of: Callable[[str], Sample],
        use: ReferenceUse,
        size: tuple[int, int] | None,
        cache: Path | None,
    ) -> None:
        self.size = size
        self._paths = references.paths()
        self._sample_of = sample_of
        self._use = use
        self._cache = cache
        self._held: OrderedDict[str, _Opened] = OrderedDict()
        self._lock = threading.Lock()

    def sized(self, size: tuple[int, int] | None) -> "ParentFiles":
        """The same for an engine of another size; what is decoded is shared."""
        other = copy.copy(self)
        other.size = size
        return other

    def picture(self, name: str, *, fit: bool = True) -> "Picture":
        return self._fitted(self._opened(name).picture, fit).copy()

    def mask(self, name: str, *, fit: bool = True) -> "Picture | None":
        found = self._cut(name)
        if found is None:
            return None
        mask = self._fitted(found.mask, fit).copy()
        return mask if mask.getbbox() else None

    def cut_out(self, name: str) -> "Picture | None":
        found = self._cut(name)
        bounds = found.mask.getbbox() if found else None
        if found is None or bounds is None:
            return None
        whole = self._opened(name).picture.convert("RGBA")
        whole.putalpha(found.mask)
        return whole.crop(bounds)

    def _fitted(self, picture: "Picture", wanted: bool) -> "Picture":
        return fit(picture, self.size if wanted else None, self._use.fit)

    def _opened(self, name: str) -> "_Opened":
        with self._lock:
            if name not in self._held:
                self._held[name] = self._open(name)
                while len(self._held) > HELD:
                    self._held.popitem(last=False)
            self._held.move_to_end(name)
            return self._held[name]

    def _open(self, name: str) -> "_Opened":
        kind, _, which = name.partition(":")
        if kind == "file":
            return self._open_file(name, which)
        if kind == "recipe":
            return self._open_made(which)
        raise OSError(f"{name!r} is no parent: expected file:<sha256> or recipe:<id>")

    def _open_file(self, name: str, sha256: str) -> "_Opened":
        path = self._paths.get(name)
        if path is None:
            raise ParentGone(
                f"a reference is gone: no picture in the folders of `references` has SHA-256 {sha256[:12]}…"
            )
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ParentGone(f"the reference {path.name} cannot be read: {error.strerror or error}") from error
        if sha256_of(data) != sha256:
            raise ParentGone(f"the reference {path.name} is another picture than it was when the plan was made")
        picture, alpha = open_with_alpha(data)
        return _Opened(picture, lambda: cut_out_of(path, sha256, picture, alpha, self._use.masks, self._cache)[0])

    def _open_made(self, recipe_id: str) -> "_Opened":
        try:
            sample = self._sample_of(recipe_id)
            picture = open_stored(sample)
        except KeyError:
            raise OSError(f"the parent {recipe_id} is no recipe of this run") from None
        except FileChanged as error:
            raise OSError(f"the parent {recipe_id}: {error}") from error
        fact = sample.done("image")
        assert fact is not None
        mask = fact.value.get("mask")
        if mask is None:
            return _Opened(
                picture, lambda: cut_out_of_made(fact.value["sha256"], picture, self._use.masks, self._cache)
            )
        path = Path(sample.folder or ".", *mask.split("/"))
        return _Opened(picture, lambda: CutOut(_stored_mask(path, picture.size), "file", 1.0))

    def _cut(self, name: str) -> CutOut | None:
        opened = self._opened(name)
        with self._lock:
            found = opened.cut()
        return found if found is not None and found.confidence >= self._use.sure else None


@dataclass
class _Opened:
    """A decoded parent, whose cut-out is found when it is first asked for."""

    picture: "Picture"
    find: Callable[[], CutOut | None]
    found: tuple[CutOut | None] | None = None

    def cut(self) -> CutOut | None:
        if self.found is None:
            self.found = (self.find(),)
        return self.found[0]


def _stored_mask(path: Path, size: tuple[int, int]) -> "Picture":
    from PIL import Image

    mask = open_picture(path).convert("L").point(lambda level: 255 * (level >= 128))
    return mask if mask.size == size else mask.resize(size, Image.Resampling.NEAREST)
