"""What words are written on, seen from straight ahead: a paper note, a sticker, or nothing but the letters."""

from dataclasses import dataclass
from math import ceil, pi, sqrt
from random import Random
from typing import TYPE_CHECKING

from mintage.pictures.lettering import set_in

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    Picture = Image.Image
    Draw = ImageDraw.ImageDraw
    Colour = tuple[int, int, int]
    Box = tuple[int, int, int, int]

CARRIERS = ("note", "sticker", "print")

CAPITAL = 0.71
"""Height of a capital letter, as a share of the font's size."""

LEAST = 7.0
"""Pixels that a capital should be high, so that the word can be read."""

PAPERS = ((255, 253, 246), (250, 246, 232), (255, 243, 150), (222, 238, 250), (250, 222, 230))
INKS = ((20, 20, 24), (18, 32, 96), (120, 16, 20), (16, 70, 40))
LIGHT_INKS = ((255, 255, 252), (255, 246, 214), (255, 236, 120))
STICKERS = (  # fill and letters
    ((206, 32, 38), (255, 255, 255)),
    ((24, 76, 160), (255, 255, 255)),
    ((20, 110, 62), (255, 255, 255)),
    ((250, 206, 40), (24, 20, 16)),
    ((245, 130, 32), (20, 18, 16)),
    ((250, 250, 248), (190, 20, 30)),
    ((28, 28, 32), (255, 240, 120)),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """A word set in lines: font size, and the carrier's width and height, in pixels of the picture."""

    lines: tuple[str, ...]
    font: float
    width: float
    height: float

    @property
    def capital(self) -> float:
        """Pixels that a capital is high."""
        return self.font * CAPITAL


def lay_out(word: str, carrier: str, width: float, most: float, area: float) -> Layout:
    """The layout with the largest letters in a carrier of at most `width` (pixels) and `area` (square pixels).

    Where the letters would be smaller than `LEAST`, it grows to the width `most` and its margins shrink, but never past
    the area. Words break at a space where that makes letters larger or keeps to the width; one long word is parted only
    where it could not be read otherwise.
    """
    whole, *broken = [_fit(lines, carrier, width, most, area) for lines in _breaks(word)]
    for other in broken:
        spaced = " " in word.strip()
        if spaced and whole.width > width and other.width < 0.8 * whole.width and other.font > 0.9 * whole.font:
            return other
        if (spaced or whole.capital < LEAST) and other.font > 1.2 * whole.font:
            return other
    return whole


def _breaks(word: str) -> list[tuple[str, ...]]:
    """The word in one line and, where it is long or has a space, in two."""
    word = " ".join(word.split())
    spaces = [i for i, letter in enumerate(word) if letter == " "]
    if spaces:
        at = min(spaces, key=lambda i: abs(i - len(word) / 2))
        return [(word,), (word[:at], word[at + 1 :])]
    half = (len(word) + 1) // 2
    return [(word,), (f"{word[:half]}-", word[half:])] if len(word) > 7 else [(word,)]


def _fit(lines: tuple[str, ...], carrier: str, width: float, most: float, area: float) -> Layout:
    across, down = _margins(carrier)
    long, high = _extent(lines)
    wide, tall = long + 2 * across, high + 2 * down
    if carrier == "note":
        tall = max(tall, wide * 0.45)  # a slip of paper is no ribbon
    font = min(width / wide, 0.75 * width / tall, sqrt(area / (wide * tall)))
    if font * CAPITAL < LEAST:
        wide, tall = long + 0.8 * across, high + 0.6 * down
        font = max(font, min(LEAST / CAPITAL, most / wide, sqrt(area / (wide * tall))))
    return Layout(lines, font, max(1.0, font * wide), max(1.0, font * tall))


def _margins(carrier: str) -> tuple[float, float]:
    """Beside and above the letters, as shares of the font's size."""
    return {"note": (0.7, 0.5), "sticker": (0.75, 0.5), "print": (0.06, 0.06)}[carrier]


def _extent(lines: tuple[str, ...]) -> tuple[float, float]:
    """Width and height of the lines at font size 1."""
    text = [set_in(line, 100) for line in lines]
    return max(font.getlength(t) for t, font in text) / 100 + 0.06, 1.1 * (len(lines) - 1) + 0.95


def draw_flat(
    layout: Layout, carrier: str, chance: Random, *, contrast: float, scale: float, dark: bool, outline: bool = False
) -> "Picture":
    """The carrier as RGBA, `scale` pixels for each of the layout's, with `margin` of nothing around it.

    `contrast` (0 to 1): how far the ink is from what is under it. Of a print, `dark` says whether its ink is, and
    `outline` whether its letters have a rim of the other tone, as they need on a ground that is dark and light.
    """
    from PIL import Image, ImageDraw

    edge = margin(layout, scale)
    width, height = max(8, round(layout.width * scale)), max(8, round(layout.height * scale))
    flat = Image.new("RGBA", (width + 2 * edge, height + 2 * edge))
    draw = ImageDraw.Draw(flat)
    box = (edge, edge, edge + width - 1, edge + height - 1)
    if carrier == "note":
        under, ink = chance.choice(PAPERS), chance.choice(INKS)
        _paper(draw, box, under, layout.font * scale, ruled=chance.random() < 0.5)
    elif carrier == "sticker":
        under, ink = chance.choice(STICKERS)
        _sticker(draw, box, under, ink, layout.font * scale, oval=chance.random() < 0.35)
    else:
        under, ink = (0, 0, 0), chance.choice(INKS if dark else LIGHT_INKS)
    if outline:
        _letters(draw, layout, carrier, chance.choice(LIGHT_INKS if dark else INKS), scale, edge, 0.09)
    strength = 1.0 if carrier == "print" else contrast  # a print's ink is let through when it is laid on
    _letters(draw, layout, carrier, _mixed(under, ink, strength), scale, edge)
    return _curled(flat, chance, layout.height * scale) if carrier == "note" else flat


def margin(layout: Layout, scale: float) -> int:
    """Pixels of nothing around a flat carrier, for what sticks out."""
    return ceil(layout.height * scale * 0.08) + 2


def _paper(draw: "Draw", box: "Box", colour: "Colour", font: float, *, ruled: bool) -> None:
    """A slip of paper: plain, or with faint lines."""
    left, top, right, bottom = box
    draw.rectangle(box, colour)
    if ruled:
        line, thick = _mixed(colour, (70, 120, 200), 0.4), max(1, round(font * 0.025))
        at = top + font * 0.42
        while at < bottom - thick:
            draw.line([(left, at), (right, at)], line, thick)
            at += font * 0.42


def _sticker(draw: "Draw", box: "Box", fill: "Colour", ink: "Colour", font: float, *, oval: bool) -> None:
    """A coloured label with a pale rim and a line of the ink's colour inside."""
    left, top, right, bottom = box
    rim, thick = max(1, round(font * 0.09)), max(1, round(font * 0.045))
    inner = (left + rim, top + rim, right - rim, bottom - rim)
    line = tuple(v + s * round(2.2 * thick) for v, s in zip(inner, (1, 1, -1, -1), strict=True))
    radius = min(right - left, bottom - top) * (0.5 if oval else 0.18)
    for shape, colour, width, less in ((box, (246, 246, 244), 0, 0), (inner, fill, 0, rim)):
        draw.rounded_rectangle(shape, max(0, radius - less), colour, width=width)
    if line[0] < line[2] and line[1] < line[3]:
        draw.rounded_rectangle(line, max(0, radius - rim - 2.2 * thick), outline=_mixed(fill, ink, 0.7), width=thick)


def _letters(
    draw: "Draw", layout: Layout, carrier: str, ink: "Colour", scale: float, edge: int, rim: float = 0.0
) -> None:
    """The lines, centred, a little bolder than the font where strokes would be thinner than a pixel."""
    size = max(1, round(layout.font * scale))
    stroke = size * {"note": 0.02, "sticker": 0.03, "print": 0.035}[carrier] + 0.12 * scale + rim * size
    middle = edge + layout.width * scale / 2
    for i, line in enumerate(layout.lines):
        text, font = set_in(line, size)
        down = (i - (len(layout.lines) - 1) / 2) * 1.1 * size
        draw.text((middle, edge + layout.height * scale / 2 + down), text, ink, font, "mm", stroke_width=stroke)


def _curled(flat: "Picture", chance: Random, height: float) -> "Picture":
    """Paper that does not lie flat: columns shifted along half a wave, and the light that goes with it."""
    import numpy as np
    from PIL import Image

    pixels = np.asarray(flat, np.float32)
    along = np.linspace(0, 1, flat.width)
    phase, bend = chance.uniform(0, 2 * pi), chance.uniform(0.2, 1.0)
    wave = np.sin(pi * along + phase)
    rows = np.arange(flat.height)[:, None] - np.round(wave * bend * height * 0.05).astype(int)[None, :]
    inside = (rows >= 0) & (rows < flat.height)
    bent = pixels[np.clip(rows, 0, flat.height - 1), np.arange(flat.width)[None, :]] * inside[..., None]
    down = np.linspace(-1, 1, flat.height)[:, None]
    bent[..., :3] *= (1 - 0.05 * bend * (np.cos(pi * along + phase)[None, :] + chance.uniform(-1, 1) * down + 1))[
        ..., None
    ]
    return Image.fromarray(np.clip(bent, 0, 255).astype(np.uint8))


def _mixed(one: "Colour", other: "Colour", share: float) -> "Colour":
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
