"""Text on pictures: a font that has every letter of it, cut to a width."""

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

SYSTEM = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "segoeui.ttf",
    "arial.ttf",
    "Arial.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
    "msyh.ttc",
    "msgothic.ttc",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "NotoEmoji-Regular.ttf",
)
"""Tried in this order, by the names that Linux, Windows and macOS give them."""


def write(
    draw: "ImageDraw.ImageDraw",
    at: tuple[float, float],
    text: str,
    size: int,
    colour: str,
    *,
    width: float,
    anchor: str = "lm",
    bold: bool = False,
) -> None:
    """Draw a line of text of at most `width` pixels at a point (`anchor` as in Pillow); a longer one ends in `…`."""
    text, font = set_in(text, size)
    if font.getlength(text) > width:
        while text and font.getlength(f"{text}…") > width:
            text = text[:-1].rstrip()
        text += "…"
    draw.text(at, text, colour, font, anchor, stroke_width=size / 50 if bold else 0)


def measure(text: str, size: int) -> float:
    """The length of a line of text, in pixels."""
    text, font = set_in(text, size)
    return font.getlength(text)


def set_in(text: str, size: int) -> tuple[str, "Font"]:
    """The text and a font for it: Pillow's own, which has little beyond ASCII, or the first of the system's that has
    all of its letters. Without one, accents are dropped, and letters still unknown are shown as boxes."""
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    if _found(text) is None:
        text = _without_accents(text)
    font = _font(_found(text) or "", size)
    assert font is not None
    return text, font


def can_set(text: str) -> bool:
    """Whether some font of this machine has all letters of a text, accents aside."""
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    return _found(text) is not None or _found(_without_accents(text)) is not None


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _found(text: str) -> str | None:
    """The first font that has every letter of a text: a name for `_font`."""
    every = ("", *SYSTEM)
    return next((n for n in every if _font(n, 24) is not None and all(_has(n, letter) for letter in text)), None)


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> "Font | None":
    from PIL import ImageFont

    if not name:
        return ImageFont.load_default(size)
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _has(name: str, letter: str) -> bool:
    """Whether a font draws a letter as something other than its box for unknown ones."""
    font = _font(name, 24)
    assert font is not None
    return letter == " " or bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))
