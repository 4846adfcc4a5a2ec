"""The user's own cut-outs in new environments: photos of theirs, or generated ones; no model, no GPU."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from mintage.core import ports
from mintage.core.errors import MintageError, nearest
from mintage.core.ports import Failed, Made, Request, Resources, Unknown, how
from mintage.engines import _collage_folders as folders
from mintage.engines import _collage_words as words

if TYPE_CHECKING:
    from mintage.engines._collage_picture import Ground

Size = int | tuple[int, int]


class Options(ports.Options):
    """`size`: width and height in pixels, or both as [w, h].

    `backgrounds`: a folder with photos; a subfolder that is called like an environment (`on-grass`) shows that one.
    `scenes`: a folder with annotated photos (COCO or YOLO) whose boxes are kept. Both from where the spec lies.
    `scale`: the object's longer side as a share of the frame. `rotate`: at most so many degrees each way (a third of
    it for what stands). `view`: from the side, from above, or both by turns of chance. `occlude`: share of pictures in
    which something lies in front of the object. `visible`: an old box that shows less than this share is dropped.
    `light`: how much brightness varies, 0.1: by a tenth. `harmonise`: objects take on light, sharpness and noise of
    the place; `shadow`: they throw shadows; `flip`: half of them are mirrored.
    """

    size: Size = 256
    backgrounds: str = how("")
    scenes: str = how("")
    view: Literal["standing", "lying", "both"] = "both"
    scale: tuple[float, float] = (0.35, 0.8)
    rotate: float = Field(15.0, ge=0, le=180)
    flip: bool = True
    shadow: bool = True
    harmonise: bool = True
    occlude: float = Field(0.1, ge=0, le=1)
    visible: float = Field(0.3, ge=0, le=1)
    light: float = Field(0.1, ge=0, le=0.5)

    @field_validator("size")
    @classmethod
    def _possible(cls, size: Size) -> Size:
        if not all(32 <= side <= 4096 for side in ([size] if isinstance(size, int) else size)):
            raise ValueError("32 to 4096 pixels")
        return size

    @field_validator("scale")
    @classmethod
    def _ordered(cls, scale: tuple[float, float]) -> tuple[float, float]:
        if not 0.05 <= scale[0] <= scale[1] <= 1:
            raise ValueError("the least and the most, from 0.05 to 1")
        return scale


class Engine(ports.Engine):
    """Puts cut-outs of your own photos into new environments, with exact boxes and masks; fills holes. No model."""

    Options = Options
    can = frozenset({"compose", "mask"})
    needs = Resources(batch=16, memory_gb=0.5)
    starter = {  # noqa: RUF012
        "environment": ("on grass", "on a beach", "in the snow", "on a wooden floor", "at night"),
    }

    @property
    def size(self) -> tuple[int, int]:
        size = self.options.size
        return (size, size) if isinstance(size, int) else (size[0], size[1])

    @cached_property
    def settings(self) -> dict[str, Any]:
        """In place of the folders' names what is in them: a moved folder is the same, a changed one is another."""
        found = dict(super().settings)
        for option, shelf in (("backgrounds", self._backgrounds), ("scenes", self._scenes)):
            if shelf is not None:
                found[option] = shelf.digest
        return found

    @cached_property
    def _backgrounds(self) -> folders.Shelf | None:
        return folders.shelf(self._path(self.options.backgrounds), "backgrounds") if self.options.backgrounds else None

    @cached_property
    def _scenes(self) -> folders.Shelf | None:
        return folders.scenes(self._path(self.options.scenes), "scenes") if self.options.scenes else None

    def _path(self, folder: str) -> Path:
        try:
            return self.spec.folder / Path(folder).expanduser()
        except RuntimeError as error:  # no such user
            raise MintageError(f"the folder {folder!r}: {error}", expected="a folder with photos") from error

    @property
    def _shelves(self) -> list[folders.Shelf]:
        return [s for s in (self._scenes, self._backgrounds) if s is not None]

    @property
    def vocabulary(self) -> Mapping[str, Sequence[str]]:
        known = words.words()
        own = [name for shelf in self._shelves for name in shelf.names]
        return known | {"environment": list(dict.fromkeys([*own, *known["environment"]]))}

    def knows(self, asked: Mapping[str, Iterable[str]]) -> list[Unknown]:
        """Any class: its cut-outs show it. Environments that are generated or have a folder; a few styles."""
        vocabulary = self.vocabulary
        unknown = []
        for kind, values in asked.items():
            name = kind.casefold().replace("_", " ")
            if name == "class":
                continue
            pool = vocabulary["style" if name in words.LOOKS else "environment"]
            known = self._knows_place if name in words.PLACES else self._knows_style if name in words.LOOKS else None
            unknown += [Unknown(kind, w, tuple(nearest(w, pool))) for w in values if known is None or not known(w)]
        return unknown

    def _knows_place(self, word: str) -> bool:
        return words.kind_of(word) is not None or any(shelf.at(word) for shelf in self._shelves)

    def _knows_style(self, word: str) -> bool:
        return words.style_of(word) is not None

    @property
    def seconds_per_image(self) -> float:
        width, height = self.size
        return 0.02 + 0.05 * width * height / 256**2

    def make(self, requests: Sequence[Request]) -> Iterator[Made | Failed]:
        for request in requests:
            begun = perf_counter()
            try:
                made = self._fill(request) if request.verb == "mask" else self._compose(request)
            except (ValueError, OSError) as error:
                yield Failed(request.recipe_id, str(error), perf_counter() - begun)
            else:
                yield Made(request.recipe_id, made[0], perf_counter() - begun, boxes=made[1], mask=made[2])

    def _compose(self, request: Request) -> tuple[Any, tuple[Mapping[str, Any], ...], Any]:
        from mintage.engines._collage_picture import collage

        if request.verb != "compose":
            raise ValueError(f"collage composes cut-outs and fills masks, and cannot do {request.verb!r}")
        if request.seed < 0:
            raise ValueError(f"the seed is {request.seed}: expected 0 or more")
        names = (*request.names, *("" for _ in request.images))
        cuts = [(n, image) for n, image in zip(names, request.images, strict=False) if image.mode == "RGBA"]
        scenes = [image for image in request.images if image.mode != "RGBA"]
        if not cuts:
            raise ValueError("there is no cut-out among the images: expected at least one RGBA picture")
        if len(scenes) > 1:
            raise ValueError(f"{len(scenes)} scenes were given: expected one RGB picture at most")
        place = next((v for a, v in request.attributes.items() if a.casefold() in words.PLACES), "")
        look = next((v for a, v in request.attributes.items() if a.casefold() in words.LOOKS), "")
        style = words.style_of(look) if look else ""
        if style is None:
            raise ValueError(f"{look!r} is no style that collage knows")
        where = request.mask if scenes else None
        ground = self._given(scenes[0], request) if scenes else self._ground(place, request)
        if where is not None and where.size != ground.surface.pixels.shape[1::-1]:
            where = where.resize(ground.surface.pixels.shape[1::-1])
        made = collage(ground, cuts, self.options, request.seed, where=where, style=style)
        return made.picture, made.boxes, made.mask

    def _ground(self, place: str, request: Request) -> "Ground":
        """A photo of the place, if there is one; else the place generated; without a place any photo, or any place."""
        import numpy as np

        from mintage.engines import _collage_grounds as grounds

        rng = np.random.default_rng([request.seed, 0])
        width, height = request.width or self.size[0], request.height or self.size[1]
        for shelf in self._shelves:
            photos = shelf.at(place) if place else shelf.photos
            if photos:
                photo = photos[int(rng.integers(len(photos)))]
                return grounds.of_photo(photo, (width, height), rng, self.options, self.spec)
        kind = words.kind_of(place) if place else (grounds.anywhere(rng), "")
        if kind is None:
            raise ValueError(f"{place!r} is no environment that collage knows")
        return grounds.generated(*kind, (width, height), rng, self.options)

    def _given(self, scene: Any, request: Request) -> "Ground":
        import numpy as np

        from mintage.engines import _collage_grounds as grounds

        size = (request.width or scene.width, request.height or scene.height)
        return grounds.of_scene(scene, size, np.random.default_rng([request.seed, 0]), self.options)

    def _fill(self, request: Request) -> tuple[Any, tuple[Mapping[str, Any], ...], Any]:
        import numpy as np
        from PIL import Image

        from mintage.pictures.scenery.fill import fill

        if not request.images or request.mask is None:
            raise ValueError("a mask and the picture that it belongs to are needed")
        picture, mask = request.images[0].convert("RGB"), request.mask.convert("L")
        if mask.size != picture.size:
            raise ValueError(f"the mask is {mask.width}×{mask.height}, its picture {picture.width}×{picture.height}")
        pixels = np.asarray(picture, np.float32) / 255
        filled = fill(pixels, np.asarray(mask) > 127, np.random.default_rng([max(request.seed, 0), 0]))
        return Image.fromarray(np.round(np.clip(filled, 0, 1) * 255).astype(np.uint8)), (), None
