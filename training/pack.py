"""Reads pack64: each row's picture with what we call its class, colour, style and place."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mending import mended
from PIL import Image
from vocabulary import CALTECH, CARTONS, CLOTHING, COLOURS, EMOJI, GROCERY, PLACES, STYLES, TUBS


@dataclass(frozen=True, slots=True)
class Photo:
    """One row of the pack. `source` is clothing, grocery, iconic, caltech, emoji or dreambooth."""

    file: str
    picture: np.ndarray[Any, Any]
    style: str
    colour: str
    kind: str
    place: str
    source: str
    licence: str

    @property
    def is_held_back(self) -> bool:
        """Never trained on, by the generator, the image-text model or the judges: a tenth of Caltech 101.

        Clothing and groceries have photos of other people for that, outside the pack.
        """
        return self.source == "caltech" and zlib.crc32(self.file.encode()) % 10 == 0


def photos(pack: Path) -> Iterator[Photo]:
    """The rows whose class we have a name for, in the pack's order. `pack` has captions.csv and images64.zip."""
    with zipfile.ZipFile(pack / "images64.zip") as pictures:
        there = set(pictures.namelist())
        for row in csv.DictReader((pack / "captions.csv").read_text(encoding="utf-8").splitlines()):
            named = _named(row)
            if row["file"] not in there or named is None:
                continue
            words, source = named
            first, _, rest = words.partition(" ")
            colour, kind = (first, rest) if first in COLOURS and rest else ("", words)
            picture = np.asarray(Image.open(io.BytesIO(pictures.read(row["file"]))).convert("RGB"))
            picture = mended(picture, kind) if source == "caltech" else picture
            place = PLACES[row["env"]]
            yield Photo(row["file"], picture, STYLES[row["style"]], colour, kind, place, source, row["licence"])


def _named(row: dict[str, str]) -> tuple[str, str] | None:
    """Colour and class in our words, and the source; None for a row that is left out."""
    group, kind, caption = row["group"], row["cls"], row["caption"]
    if group.startswith("sender"):
        if kind not in CLOTHING:
            return None
        colour = next((c for c in COLOURS if re.search(rf"\b{c}\b", caption.split(" on ")[0])), "")
        return f"{colour} {CLOTHING[kind]}".strip(), "clothing"
    if group in ("train", "iconic"):
        if kind in TUBS:
            return None
        fine = re.split(r" (?:in a|on a) ", re.sub(r"^a (studio )?photo of ", "", caption))[0]
        return CARTONS.get(kind) or GROCERY.get(fine, fine), "grocery" if group == "train" else "iconic"
    if group == "caltech101":
        return (CALTECH[kind], "caltech") if kind in CALTECH else None
    if group == "emoji":
        return (EMOJI[kind], "emoji") if kind in EMOJI else None
    if group == "dreambooth":
        found = re.search(r"\b(sneaker|boot)\b", caption)
        return ("shoes", "dreambooth") if found and "backpack dog" not in caption else None
    return None
