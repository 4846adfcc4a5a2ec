"""The sheet of references: photos with the outline of the object that was found in each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.pages.sheet import (
    ACCENT,
    GAP,
    GROUND,
    HEAD,
    INK,
    MARGIN,
    QUIET,
    ROUND,
    _rounded,
    draw_head,
    finished,
)
from mintage.pages.thumbnail import fit
from mintage.pictures.lettering import write

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    Picture = Image.Image

ACROSS, SIDE, FOOT, TITLE = 8, 144, 40, 46
"""Tiles in a row; pixels of a tile, of the lines under it, and of a class's name."""

DOUBT = "#ffb454"
"""The outline of a cut-out that is not sure; a sure one has the sheet's accent."""

MOST = 400
"""So many tiles are drawn; the rest is counted."""


@dataclass(frozen=True)
class Tile:
    """`open` gives the picture and its mask (None: no object was found); it may raise OSError."""

    name: str
    note: str
    sure: bool
    open: "Callable[[], tuple[Picture, Picture | None]]"


def draw_outlines(groups: Sequence[tuple[str, Sequence[Tile]]], title: str, note: str) -> "Picture":
    """Draw the sheet: a heading for each class, its tiles below. RGBA with clear corners, some 1,300 pixels wide."""
    from PIL import Image, ImageDraw

    shown, left = _at_most(groups, MOST)
    if left:
        note = f"{note} · {left:,} more are not shown"
    width = 2 * MARGIN + ACROSS * (SIDE + GAP) - GAP
    heights = [TITLE + -(-len(tiles) // ACROSS) * (SIDE + FOOT + GAP) for _, tiles in shown]
    sheet = Image.new("RGBA", (width, HEAD + sum(heights) + MARGIN), GROUND)
    draw = ImageDraw.Draw(sheet)
    draw_head(sheet, draw, title, note)
    top = HEAD
    for (label, tiles), height in zip(shown, heights, strict=True):
        write(draw, (MARGIN, top + TITLE / 2 - 2), label, 24, INK, width=width - 2 * MARGIN)
        for i, tile in enumerate(tiles):
            at = MARGIN + i % ACROSS * (SIDE + GAP), top + TITLE + i // ACROSS * (SIDE + FOOT + GAP)
            _draw_tile(sheet, draw, tile, at)
        top += height
    return finished(sheet)


def _at_most(groups: Iterable[tuple[str, Sequence[Tile]]], most: int) -> tuple[list[tuple[str, Sequence[Tile]]], int]:
    kept: list[tuple[str, Sequence[Tile]]] = []
    left = 0
    for label, tiles in groups:
        part = tiles[: max(0, most)]
        most -= len(part)
        left += len(tiles) - len(part)
        kept += [(label, part)] if part else []
    return kept, left


def _draw_tile(sheet: "Picture", draw: "ImageDraw.ImageDraw", tile: Tile, at: tuple[int, int]) -> None:
    from PIL import Image

    try:
        picture, mask = tile.open()
    except OSError:
        picture, mask = Image.new("RGB", (SIDE, SIDE), GROUND), None
    small = fit(picture, SIDE)
    if mask is not None:
        small = outlined(small, mask.resize(small.size, Image.Resampling.NEAREST), ACCENT if tile.sure else DOUBT)
    place = at[0] + (SIDE - small.width) // 2, at[1] + (SIDE - small.height) // 2
    sheet.paste(small, place, _rounded(small.size, ROUND))
    middle = at[0] + SIDE / 2
    write(draw, (middle, at[1] + SIDE + 12), tile.name, 14, INK, width=SIDE, anchor="mm")
    colour = (ACCENT if tile.sure else DOUBT) if mask is not None else QUIET
    write(draw, (middle, at[1] + SIDE + 29), tile.note, 13, colour, width=SIDE, anchor="mm")


def outlined(picture: "Picture", mask: "Picture", colour: str) -> "Picture":
    """The picture, darker outside the mask, with a line of two pixels around it."""
    from PIL import Image, ImageChops, ImageFilter

    dim = Image.blend(picture, Image.new("RGB", picture.size, GROUND), 0.45)
    shown = Image.composite(picture, dim, mask)
    line = ImageChops.subtract(mask.filter(ImageFilter.MaxFilter(3)), mask.filter(ImageFilter.MinFilter(3)))
    shown.paste(colour, (0, 0), line)
    return shown
