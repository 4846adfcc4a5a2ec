"""Grounds for collages: a photo of the user's, cropped; the scene of a request; a generated environment."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintage.core.errors import shown
from mintage.core.recipe import OTHER
from mintage.engines._collage_folders import Photo
from mintage.engines._collage_picture import Ground
from mintage.pictures.read import open_picture
from mintage.pictures.scenery.surfaces import KINDS, Surface, View, surface

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    from mintage.core.spec import DatasetSpec

    Generator = numpy.random.Generator
    Picture = Image.Image

Size = tuple[int, int]
INDOORS_AND_OUT = tuple(name for name in KINDS if name not in ("sky", "night", "plain background"))


def anywhere(rng: "Generator") -> str:
    """Some generated environment in daylight, where none was asked for."""
    return INDOORS_AND_OUT[int(rng.integers(len(INDOORS_AND_OUT)))]


def generated(kind: str, colour: str, size: Size, rng: "Generator", options: Any) -> Ground:
    view: View | None = None if options.view == "both" else options.view
    return Ground(surface(kind, *size, rng, view, colour))


def of_photo(photo: Photo, size: Size, rng: "Generator", options: Any, spec: "DatasetSpec") -> Ground:
    """A piece of a photo, at most a quarter smaller than what fits, in half of the cases mirrored; its boxes with it.

    Raises:
        OSError: the photo cannot be read; the message names it.
    """
    from PIL import Image

    try:
        at = photo.path.stat()
        whole, full = _opened(photo.path, 2 * max(size), at.st_mtime_ns, at.st_size)
    except OSError as error:
        raise OSError(f"the photo {shown(photo.path)} cannot be read: {error.strerror or error}") from error
    wide, high = whole.size
    share = rng.uniform(0.75, 1.0) * min(wide / size[0], high / size[1])
    w, h = share * size[0], share * size[1]
    left, top = rng.uniform(0, wide - w), rng.uniform(0, high - h)
    mirrored = bool(rng.random() < 0.5) and options.flip
    piece = whole.resize(size, Image.Resampling.BICUBIC, box=(left, top, left + w, top + h), reducing_gap=3)
    if mirrored:
        piece = piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    boxes = []
    for name, x, y, bw, bh in photo.boxes:
        across, down = (1.0, 1.0) if photo.unit else full
        corners = [x / across * wide - left, y / down * high - top, (x + bw) / across * wide - left]
        x0, y0, x1, y1 = (v / share for v in (*corners, (y + bh) / down * high - top))
        if mirrored:
            x0, x1 = size[0] - x1, size[0] - x0
        found = _clipped(x0, y0, x1, y1, size, options.visible)
        if found:
            boxes.append({"class": _class_of(name, spec), **found})
    return Ground(_surface(piece, rng, options), True, tuple(boxes))


def of_scene(scene: "Picture", size: Size, rng: "Generator", options: Any) -> Ground:
    """The scene of a request, as it is."""
    picture = scene.convert("RGB")
    return Ground(_surface(picture if picture.size == size else picture.resize(size), rng, options), True)


@lru_cache(maxsize=32)
def _opened(path: Path, longest: int, changed: int, bytes_in_it: int) -> tuple["Picture", Size]:
    """A photo, reduced to what is needed, and its own size; by time and size, so that another one is read anew."""
    picture = open_picture(path)
    factor = min(picture.size) // longest
    return (picture.reduce(factor) if factor > 1 else picture), picture.size


def _class_of(name: str, spec: "DatasetSpec") -> str:
    """The key of the class that a scene's word names; else the word itself."""
    label = spec.label(name)
    return name if label == OTHER else spec.key_of(label)


def _clipped(x0: float, y0: float, x1: float, y1: float, size: Size, least: float) -> Mapping[str, int] | None:
    """A box inside the frame in whole pixels; None: less than the least share of it is inside."""
    left, top, right, low = max(x0, 0.0), max(y0, 0.0), min(x1, float(size[0])), min(y1, float(size[1]))
    area = max(right - left, 0) * max(low - top, 0)
    if area < max(least * (x1 - x0) * (y1 - y0), 1.0):
        return None
    x, y = round(left), round(top)
    return {"x": x, "y": y, "w": max(1, round(right) - x), "h": max(1, round(low) - y)}


def _surface(picture: "Picture", rng: "Generator", options: Any) -> Surface:
    """A photo as a surface: nobody knows where its ground begins, so objects stand low in it, in soft shadows."""
    import numpy as np

    pixels = np.asarray(picture, np.float32) / 255
    fall: View = "standing" if rng.random() < 0.5 else "lying"
    view: View = fall if options.view == "both" else options.view
    level = float(np.clip(0.45 + 1.1 * np.median(pixels.mean(axis=2)), 0.45, 1.0))  # a dark photo: a dark place
    sun, pitch = float(rng.uniform(0.1, 0.35)), float(np.radians(rng.uniform(15, 35)))
    return Surface(pixels, view, 0.45 * picture.height, pitch, (level, level, level), sun, "edge")
