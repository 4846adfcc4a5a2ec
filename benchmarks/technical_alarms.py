"""How many real pictures the scorer `technical` flags by mistake. Prints Markdown.

    python benchmarks/technical_alarms.py [--data FOLDER]

FOLDER (or MINTAGE_DATA, else ../shared/data) holds `clothing/dev`, `grocery/val` and `pack64/images64.zip`; what is
absent is left out.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from PIL import Image, ImageFilter, ImageOps

from mini_ranking import KNOWN, item_of, scorer_of
from mintage.pictures import open_picture


def darkened(picture: Image.Image) -> Image.Image:
    """A tenth of the light."""
    return picture.point(lambda value: value // 10)


def sketched(picture: Image.Image) -> Image.Image:
    """Edges as dark lines on white."""
    return ImageOps.invert(picture.convert("L").filter(ImageFilter.FIND_EDGES)).convert("RGB")


def same(picture: Image.Image) -> Image.Image:
    return picture


def files(folder: Path, change: Callable[[Image.Image], Image.Image] = same) -> Iterator[Image.Image]:
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield change(open_picture(path))


def packed(archive: Path, change: Callable[[Image.Image], Image.Image] = same, every: int = 1) -> Iterator[Image.Image]:
    with ZipFile(archive) as zipped:
        for name in sorted(n for n in zipped.namelist() if not n.endswith("/"))[::every]:
            yield change(open_picture(zipped.read(name)))


def flagged(technical: Any, pictures: Iterator[Image.Image]) -> tuple[int, int]:
    """Pictures, and those that `technical` calls none."""
    items = (item_of(i, KNOWN[0], picture) for i, picture in enumerate(pictures))
    oks = [answer.values["ok"] for item in items for answer in technical.score([item])]
    return len(oks), oks.count(0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MINTAGE_DATA", "../shared/data")))
    data = parser.parse_args().data
    technical = scorer_of("technical", KNOWN[:1])
    kinds = [
        ("64×64: photos, renders, cartoons, ink drawings", data / "pack64" / "images64.zip", packed),
        (
            "every fifth of these as a sketch of its edges",
            data / "pack64" / "images64.zip",
            partial(packed, change=sketched, every=5),
        ),
        ("photos of garments", data / "clothing" / "dev", files),
        ("the same at a tenth of their light", data / "clothing" / "dev", partial(files, change=darkened)),
        ("photos in grocery stores", data / "grocery" / "val", files),
    ]
    print("| pictures | how many | flagged |\n|---|---|---|")
    for name, place, read in kinds:
        if place.exists():
            count, wrong = flagged(technical, read(place))
            print(f"| {name} | {count:,} | {wrong:,} |", flush=True)


if __name__ == "__main__":
    main()
