"""What lies beside a picture and says where its object is: a mask of its own, or a box in `boxes.csv`."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.pictures.cutouts.cutout import Box
from mintage.pictures.read import open_with_alpha

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

MASKS, BOXES = "masks", "boxes.csv"
"""The folder and the file that are looked for where the picture lies."""

COLUMNS = ("file", "x", "y", "width", "height")


@dataclass(frozen=True, slots=True)
class BoxFile:
    """Boxes by file name, and what of the file is not understood: sentences."""

    boxes: dict[str, Box]
    odd: tuple[str, ...] = ()


def mask_names(name: str) -> tuple[str, ...]:
    """What the mask of a picture may be called, in this order, from the folder where the picture lies."""
    stem = Path(name).stem
    return f"{stem}.mask.png", f"{stem}_mask.png", f"{MASKS}/{stem}.png"


def mask_file(path: Path) -> Path | None:
    """The mask that lies beside a picture."""
    return next((m for m in (path.parent / n for n in mask_names(path.name)) if m != path and m.is_file()), None)


def is_mask(name: str, others: Iterable[str]) -> bool:
    """Whether a file is the mask of one of the other files in its folder, or says that it is one."""
    low = name.lower()
    if low.endswith(".mask.png"):
        return True
    return low.endswith("_mask.png") and any(Path(o).stem == name[: -len("_mask.png")] for o in others)


def read_mask(path: Path, size: tuple[int, int]) -> "Picture":
    """A user's mask as L, 0 or 255: white, or what is not clear, is the object; of 0 and 1 the 1.

    A mask of another size and the same aspect ratio is scaled.

    Raises:
        OSError: it cannot be read, is empty, or has another shape than its picture.
    """
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
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter, skipinitialspace=True)
    missing = [c for c in COLUMNS if c not in (reader.fieldnames or [])]
    if missing:
        return BoxFile({}, (f"has no column {', '.join(missing)}: its first line should be {','.join(COLUMNS)}",))
    boxes: dict[str, Box] = {}
    odd: list[str] = []
    for row in reader:
        try:
            x, y, width, height = (float(row[c]) for c in COLUMNS[1:])
            if not all(abs(v) < 1e6 for v in (x, y, width, height)) or width <= 0 or height <= 0:
                raise ValueError
        except (ValueError, TypeError):
            odd.append(f"line {reader.line_num} is no box")
            continue
        if row["file"] in boxes:
            odd.append(f"line {reader.line_num}: {row['file']} has a box already, and the first counts")
        boxes.setdefault(row["file"], (x, y, width, height))
    return BoxFile(boxes, tuple(odd))
