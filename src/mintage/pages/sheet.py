"""The contact sheet: one picture of a whole set, a row for each class."""

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.recipe import Sample
from mintage.pages.thumbnail import fit
from mintage.pictures import open_picture, write_atomically
from mintage.pictures.lettering import measure, write

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    Picture = Image.Image

SIDE = 128
"""Pixels of a picture on the sheet; 64×64 is doubled."""

ROWS = 12
"""So many classes in one column; up to twice as many stand in two, of which each shows half the pictures."""

GAP, MARGIN, HEAD, ROUND = 10, 44, 116, 10
LABEL, NARROW, WIDE = 24, 90, 250  # size of labels, and what their column may measure
GROUND, EDGE, INK, QUIET, ACCENT = "#111a17", "#2a3833", "#eaf2ee", "#93a69e", "#4fd1a2"
"""A ground of its own, that stands out from white pages and from black ones."""


def draw_sheet(
    rows: Sequence[tuple[str, Sequence["Picture"]]], title: str, *, note: str = "", pictures: int = 8
) -> "Picture":
    """Draw a contact sheet: RGBA with clear corners, some 1,300 pixels wide.

    Args:
        rows: label and pictures of each class; pictures that are not square are shown whole.
        title: the line at the top.
        note: a smaller line below it.
        pictures: at most so many of each class. With more than `ROWS` classes there are two columns of half as many;
            from more than twice `ROWS` the first of them are shown, and the sheet says so.
    """
    from PIL import Image, ImageDraw

    shown = rows[: 2 * ROWS]
    blocks = 1 if len(shown) <= ROWS else 2
    across = max(1, min(pictures // blocks, max((len(p) for _, p in shown), default=1)))
    down = -(-len(shown) // blocks) or 1
    room = round(min(WIDE, max(measure(label, LABEL) for label, _ in shown))) if shown else 0
    beside = max(NARROW, room) + 3 * GAP
    block = beside + across * (SIDE + GAP)
    width = max(2 * MARGIN + blocks * block - GAP + (blocks - 1) * MARGIN, 640)
    sheet = Image.new("RGBA", (width, HEAD + down * (SIDE + GAP) - GAP + MARGIN), GROUND)
    draw = ImageDraw.Draw(sheet)
    if len(shown) < len(rows):
        note = " · ".join(part for part in (note, f"{len(shown)} of {len(rows):,} classes") if part)
    draw_head(sheet, draw, title, note)
    for i, (label, row) in enumerate(shown):
        left, top = MARGIN + i // down * (block + MARGIN), HEAD + i % down * (SIDE + GAP)
        write(draw, (left, top + SIDE / 2), label, LABEL, INK, width=beside - 2 * GAP)
        for j, picture in enumerate(row[:across]):
            _paste(sheet, picture, (left + beside + j * (SIDE + GAP), top))
    return finished(sheet)


def readable(samples: Sequence[Sample]) -> "list[Picture]":
    """The pictures of samples that can be read."""
    found = []
    for sample in samples:
        with suppress(OSError):
            found.append(open_picture(sample.path or ""))
    return found


def save_sheet(sheet: "Picture", path: Path) -> None:
    """Save a sheet as PNG with 256 colours, a quarter of the bytes of all of them; whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    from io import BytesIO

    from PIL.PngImagePlugin import PngInfo

    out, said = BytesIO(), PngInfo()
    said.add_text("Software", "Mintage")
    _in_few_colours(sheet).save(out, "PNG", optimize=True, transparency=255, pnginfo=said)
    write_atomically(path, out.getvalue())


def _in_few_colours(sheet: "Picture") -> "Picture":
    """With a palette: 240 colours for the pictures, the sheet's own as they are, and index 255 for what is clear.

    Without dithering, which would not compress.
    """
    from PIL import Image, ImageColor

    flat, dither = sheet.convert("RGB"), Image.Dither.NONE
    colours = flat.quantize(240, Image.Quantize.MEDIANCUT, dither=dither).getpalette() or []
    own = [value for name in (GROUND, EDGE, INK, QUIET, ACCENT) for value in ImageColor.getrgb(name)]
    palette = Image.new("P", (1, 1))
    palette.putpalette((own + colours[: 3 * 240] + own[:3] * 256)[: 3 * 256])
    few = flat.quantize(palette=palette, dither=dither)
    few.paste(255, (0, 0), sheet.getchannel("A").point(lambda alpha: 255 * (alpha < 128)))
    return few


def draw_head(sheet: "Picture", draw: "ImageDraw.ImageDraw", title: str, note: str) -> None:
    size = 48
    _paste(sheet, _mark(size), (MARGIN, 37), size)
    room = sheet.width - 3 * MARGIN - size
    write(draw, (MARGIN + size + 18, 58 if note else 70), title, 34, INK, width=room, anchor="ls", bold=True)
    write(draw, (MARGIN + size + 18, 85), note, 19, QUIET, width=room, anchor="ls")


def _mark(size: int) -> "Picture":
    """The coin with its M, drawn four times as large for smooth edges."""
    from PIL import Image, ImageDraw

    scale = 4 * size / 24
    mark = Image.new("RGB", (4 * size, 4 * size), ACCENT)
    line = [(x * scale, y * scale) for x, y in ((7, 16.5), (7, 8), (12, 13.2), (17, 8), (17, 16.5))]
    ImageDraw.Draw(mark).line(line, GROUND, round(2.4 * scale), joint="curve")
    return mark.resize((size, size), Image.Resampling.LANCZOS)


def _paste(sheet: "Picture", picture: "Picture", at: tuple[int, int], side: int = SIDE) -> None:
    """A picture in the middle of its square, with rounded corners (a disc for the mark)."""
    small = fit(picture.convert("RGB"), side)
    place = (at[0] + (side - small.width) // 2, at[1] + (side - small.height) // 2)
    sheet.paste(small, place, _rounded(small.size, ROUND if side == SIDE else side // 2))


@lru_cache(maxsize=16)
def _rounded(size: tuple[int, int], radius: int) -> "Picture":
    """A mask with smooth round corners."""
    from PIL import Image, ImageDraw

    large = Image.new("L", (4 * size[0], 4 * size[1]))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, large.width - 1, large.height - 1), 4 * radius, 255)
    return large.resize(size, Image.Resampling.LANCZOS)


def finished(sheet: "Picture") -> "Picture":
    """With an edge, and clear outside its round corners."""
    from PIL import Image

    framed = Image.new("RGBA", sheet.size, EDGE)
    framed.paste(sheet, (0, 0), _inside(sheet.size))
    framed.putalpha(_rounded(sheet.size, 24))
    return framed


def _inside(size: tuple[int, int]) -> "Picture":
    """The mask of all but an edge of two pixels."""
    from PIL import Image

    mask = Image.new("L", size)
    mask.paste(_rounded((size[0] - 4, size[1] - 4), 22), (2, 2))
    return mask
