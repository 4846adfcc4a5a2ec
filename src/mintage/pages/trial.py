"""What `try` shows: its images in one sheet, and a line for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.errors import MintageError, shown
from mintage.pages import figures
from mintage.pages.cells import add_row, group, plain
from mintage.pages.sheet import EDGE, GROUND, INK, QUIET
from mintage.pages.shown import Shown
from mintage.pages.thumbnail import fit
from mintage.pictures import encode_png, write_atomically
from mintage.pictures.lettering import write
from mintage.results.trial import Tried

if TYPE_CHECKING:
    from PIL import Image
    from rich.console import RenderableType

SMALLEST, LARGEST, GAP, HEAD, FOOT = 192, 512, 12, 84, 26
"""Pixels: what a picture measures at least and at most on the sheet, and what lies around it."""


@dataclass(frozen=True)
class TrialPage(Shown):
    """What an engine made of a text. `ok`: all of it was made."""

    engine: str
    text: str
    tried: tuple[Tried, ...]
    path: Path | None

    @property
    def ok(self) -> bool:
        return all(t.picture is not None for t in self.tried)

    def __rich__(self) -> "RenderableType":
        return group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        ranked = any("mini.similarity" in t.scores for t in self.tried)
        table = Table("image", "seed", "size", "seconds", box=SIMPLE_HEAD, pad_edge=False)
        if ranked:
            table.add_column("similarity", justify="right")
        table.add_column("technical")
        for number, t in enumerate(self.tried, 1):
            size = f"{t.picture.width}×{t.picture.height}" if t.picture else "–"
            scores = [_score(t, "mini.similarity")] if ranked else []
            technical = t.why or t.note or ("ok" if t.scores.get("technical.ok") else "–")
            add_row(table, str(number), str(t.seed), size, f"{t.seconds:.1f}", *scores, technical)
        made = sum(t.picture is not None for t in self.tried)
        yield plain(f"{figures.images(made)} of {self.text!r} by {self.engine}")
        yield table
        if not ranked:
            yield "the embedded ranking has never seen some of these words, so that it says nothing of them"
        cost = sum(t.cost for t in self.tried)
        if cost:
            yield f"cost: {figures.dollars(cost)}"
        if self.path is not None:
            yield plain(f"pictures: {shown(self.path)}")


def _score(tried: Tried, name: str) -> str:
    value = tried.scores.get(name)
    return "–" if value is None else figures.score(value)


def free_path(path: Path) -> Path:
    """The path itself, or with the next number that no file has.

    Raises:
        MintageError: it is no PNG, or its folder is not there.
    """
    if path.suffix.lower() != ".png":
        raise MintageError(f"--to is {path}", expected="a file that ends in .png")
    if not path.absolute().parent.is_dir():
        raise MintageError(f"there is no folder {shown(path.absolute().parent)}", expected="a folder that is there")
    number, free = 1, path
    while free.exists() or free.is_symlink():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def save_trial(path: Path, tried: Sequence[Tried], title: str, note: str) -> None:
    """Write the images as one PNG, up to four in a row, as they are as far as they fit, with number and similarity."""
    from PIL import Image, ImageDraw

    made = [(i, t) for i, t in enumerate(tried, 1) if t.picture is not None]
    longest = max(max(t.picture.size) for _, t in made if t.picture)
    side = min(LARGEST, max(SMALLEST, longest))
    across = min(4, len(made))
    down = -(-len(made) // across)
    width = max(across * (side + GAP) + GAP, 480)
    sheet = Image.new("RGB", (width, HEAD + down * (side + FOOT + GAP)), GROUND)
    draw = ImageDraw.Draw(sheet)
    write(draw, (GAP, 46), title, 28, INK, width=width - 2 * GAP, anchor="ls", bold=True)
    write(draw, (GAP, 70), note, 16, QUIET, width=width - 2 * GAP, anchor="ls")
    for at, (number, t) in enumerate(made):
        assert t.picture is not None
        small = _scaled(t.picture, side)
        left, top = GAP + at % across * (side + GAP), HEAD + at // across * (side + FOOT + GAP)
        sheet.paste(EDGE, (left, top, left + side, top + side))
        sheet.paste(small, (left + (side - small.width) // 2, top + (side - small.height) // 2))
        said = f"{number}" + (f" · similarity {_score(t, 'mini.similarity')}" if "mini.similarity" in t.scores else "")
        write(draw, (left, top + side + FOOT / 2), said, 15, QUIET, width=side)
    write_atomically(path, encode_png(sheet))


def _scaled(picture: "Image.Image", side: int) -> "Image.Image":
    return picture if max(picture.size) == side else fit(picture, side)
