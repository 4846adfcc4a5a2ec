"""What lies beside a picture and says where its object is: a mask of its own, or a box in `boxes.csv`."""

import csv
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.csv_fields import fields_of
from mintage.pictures.cutouts.cutout import Box, is_stray
from mintage.pictures.read import open_with_alpha

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

MASKS, BOXES = "masks", "boxes.csv"
"""The folder and the file that are looked for where the picture lies."""

KNOWN = frozenset({".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
"""Suffixes of pictures and masks that are read, in lower case."""

COLUMNS = ("file", "x", "y", "width", "height")
LONGEST = 100_000  # characters of a field of it


@dataclass(frozen=True, slots=True)
class BoxFile:
    """Boxes by file name, and what of the file is not understood: sentences."""

    boxes: dict[str, Box]
    odd: tuple[str, ...] = ()


def mask_file(path: Path) -> Path | None:
    """The mask that lies beside a picture: `0.mask.png`, `0_mask.png` or `masks/0.png`, in this order.

    Any suffix of pictures will do, PNG first; case does not matter where no name fits exactly.
    """
    here, stem = path.parent, path.stem
    exact = (here / f"{stem}.mask.png", here / f"{stem}_mask.png", here / MASKS / f"{stem}.png")
    found = next((m for m in exact if m != path and m.is_file()), None)
    if found is not None:
        return found
    beside, below = _names_in(here), _names_in(here / MASKS)
    wanted = [(here, beside, f"{stem}.mask"), (here, beside, f"{stem}_mask"), (here / MASKS, below, stem)]
    every = (folder / n for folder, names, s in wanted for n in names.get(s.casefold(), ()))
    return next((m for m in every if m != path and m.is_file()), None)


def _names_in(folder: Path) -> dict[str, list[str]]:
    """The pictures of a folder by their stems, case-folded."""
    try:
        return _listed(folder, folder.stat().st_mtime_ns)
    except OSError:
        return {}


@lru_cache(maxsize=64)
def _listed(folder: Path, changed: int) -> dict[str, list[str]]:
    """By time, so that a changed folder is read anew."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.iterdir(), key=lambda p: (p.suffix.lower() != ".png", p.name)):
        if path.suffix.lower() in KNOWN:
            found.setdefault(path.stem.casefold(), []).append(path.name)
    return found


def stems_of(names: Iterable[str]) -> frozenset[str]:
    """What `is_mask` asks for: the names without suffix, case-folded."""
    return frozenset(Path(name).stem.casefold() for name in names)


def is_mask(name: str, stems: Collection[str]) -> bool:
    """Whether a file is the mask of one of the files in its folder (`stems_of` them), or says that it is one."""
    path = Path(name.casefold())
    if path.suffix not in KNOWN:
        return False
    return path.stem.endswith(".mask") or (path.stem.endswith("_mask") and path.stem.removesuffix("_mask") in stems)


def read_mask(path: Path, size: tuple[int, int]) -> "Picture":
    """A user's mask as L, 0 or 255: white, or what is not clear, is the object; of 0 and 1 the 1.

    A mask of another size and the same aspect ratio is scaled.

    Raises:
        OSError: it cannot be read, is empty but for stray pixels, or has another shape than its picture.
    """
    import numpy
    from PIL import Image

    picture, alpha = open_with_alpha(path)
    grey = alpha if alpha is not None else picture.convert("L")
    if abs(grey.width * size[1] - grey.height * size[0]) > max(grey.height * size[0], grey.width * size[1]) * 0.02:
        raise OSError(
            f"a mask of {grey.width}×{grey.height} for a picture of {size[0]}×{size[1]}, so that it is not used"
        )
    most = grey.getextrema()[1]
    if not isinstance(most, int | float) or most == 0:
        raise OSError("a mask without any white, so that it is not used")
    hard = grey.point(lambda level: 255 * (2 * level > most))
    if is_stray(numpy.asarray(hard) > 0):
        raise OSError("a mask of a few stray pixels, so that it is not used")
    return hard if hard.size == size else hard.resize(size, Image.Resampling.NEAREST)


def boxes_in(folder: Path) -> BoxFile:
    """The `boxes.csv` of a folder; a file that is not there is one without boxes."""
    path = folder / BOXES
    try:
        at = path.stat()
    except OSError:
        return BoxFile({})
    return _read_boxes(path, at.st_mtime_ns, at.st_size)


@lru_cache(maxsize=64)
def _read_boxes(path: Path, changed: int, size: int) -> BoxFile:
    """By time and size, so that an edited file is read anew."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return BoxFile({}, (f"cannot be read: {error}",))
    boxes: dict[str, Box] = {}
    odd: list[str] = []
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        with fields_of(LONGEST):
            header = ["".join(c.split()).casefold() for c in next((row for row in reader if any(row)), [])]
            missing = [c for c in COLUMNS if c not in header]
            if missing:
                return BoxFile(
                    {}, (f"has no column {', '.join(missing)}: its first line should be {','.join(COLUMNS)}",)
                )
            for name, box in _rows(reader, [header.index(c) for c in COLUMNS]):
                if box is None:
                    odd.append(f"line {reader.line_num} is no box")
                elif name in boxes:
                    odd.append(f"line {reader.line_num}: {name} has a box already, and the first counts")
                else:
                    boxes[name] = box
    except csv.Error as error:
        odd.append(f"line {reader.line_num} cannot be read, nor what follows it: {error}")
    return BoxFile(boxes, tuple(odd))


def _rows(rows: Iterable[list[str]], columns: list[int]) -> Iterator[tuple[str, Box | None]]:
    """Each line's file and box; None where that is no box. Empty lines are passed over."""
    for row in rows:
        if not any(row):
            continue
        try:
            name, *numbers = (row[c].strip() for c in columns)
            x, y, width, height = map(float, numbers)
        except (ValueError, IndexError):
            yield "", None
            continue
        sound = name and all(abs(v) < 1e6 for v in (x, y, width, height)) and width > 0 and height > 0
        yield name, (x, y, width, height) if sound else None
