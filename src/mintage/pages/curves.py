"""Loss curves as a picture: training as a line, the held-out classes as points, in the colours of the sheet."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from mintage.pages.sheet import ACCENT, GROUND, INK, MARGIN, QUIET, draw_head, finished
from mintage.pictures.lettering import write

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    Picture = Image.Image

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT, HEAD = 1080, 640, 116
LEFT, RIGHT, BASE = 110, 190, 92
"""Pixels beside and below the plot: numbers and names stand there."""
FINE = 3
"""Drawn so many times as large, for smooth lines."""
SECOND, GRID = "#e8b93c", "#22302b"
SIZE = 20


def draw_curves(first: tuple[str, Points], second: tuple[str, Points], title: str, note: str, axis: str) -> "Picture":
    """Draw two curves over epochs, with their names at their ends: RGBA with clear corners.

    Args:
        first: its name and its points (epochs, value), drawn as a line.
        second: the same, drawn with a mark at each point.
        title, note: the lines at the top.
        axis: what is measured.
    """
    from PIL import Image, ImageDraw

    every = [*first[1], *second[1]]
    right = max([x for x, _ in every] or [1.0]) or 1.0
    low, high, step = _ticks(min([0.0, *(y for _, y in every)]), max([y for _, y in every] or [1.0]))
    top, bottom, width = HEAD + 44, HEIGHT - BASE, WIDTH - LEFT - RIGHT

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + x / right * width, bottom - (y - low) / (high - low) * (bottom - top)

    large = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), GROUND)
    pen = ImageDraw.Draw(large)
    rows = [low + i * step for i in range(round((high - low) / step) + 1)]
    for row in rows:
        _line(pen, [place(0, row), place(right, row)], GRID, 1)
    _line(pen, [place(*p) for p in first[1]], ACCENT, 3)
    marks = [place(*p) for p in second[1]]
    _line(pen, marks, SECOND, 2)
    for x, y in marks:
        box = [(x - 6) * FINE, (y - 6) * FINE, (x + 6) * FINE, (y + 6) * FINE]
        pen.ellipse(box, fill=SECOND, outline=GROUND, width=2 * FINE)
    sheet = large.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).convert("RGBA")
    draw = ImageDraw.Draw(sheet)
    draw_head(sheet, draw, title, note)
    for row in rows:
        write(draw, (LEFT - 16, place(0, row)[1]), f"{row:.10g}", SIZE, QUIET, width=LEFT, anchor="rm")
    for x in _epochs(right):
        write(draw, (place(x, low)[0], bottom + 16), f"{x:g}", SIZE, QUIET, width=90, anchor="ma")
    write(draw, (LEFT + width / 2, HEIGHT - 44), "epochs", SIZE, QUIET, width=width, anchor="ma")
    write(draw, (MARGIN, HEAD + 12), axis, SIZE, QUIET, width=width, anchor="lm")
    named = ((first, ACCENT), (second, SECOND))
    ends = [(place(*points[-1])[1], name, points[-1][1], colour) for (name, points), colour in named if points]
    _name_ends(draw, sorted(ends), bottom - 26)
    return finished(sheet)


def _line(pen: "ImageDraw.ImageDraw", points: Sequence[tuple[float, float]], colour: str, width: int) -> None:
    pen.line([(x * FINE, y * FINE) for x, y in points], colour, width * FINE, joint="curve")


def _name_ends(draw: "ImageDraw.ImageDraw", ends: Sequence[tuple[float, str, float, str]], lowest: float) -> None:
    """Each curve's name and last value behind its last point (height, name, value, colour), where they do not touch."""
    heights = [height for height, *_ in ends]
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], heights[i + 1] - 60 if i + 1 < len(heights) else lowest)
    for height, (_, name, value, colour) in zip(heights, ends, strict=True):
        left, room = WIDTH - RIGHT + 18, RIGHT - MARGIN + 14
        write(draw, (left, height - 12), name, SIZE, colour, width=room)
        write(draw, (left, height + 13), f"{value:.2f}", SIZE, INK, width=room)


def _ticks(low: float, high: float) -> tuple[float, float, float]:
    """The ends of an axis and the step between its lines: 1, 2 or 5 times a power of ten, four to eight of them."""
    span = max(high - low, 1e-6)
    size = 10 ** floor(log10(span / 5))
    step = next(s * size for s in (1, 2, 5, 10) if span / (s * size) <= 6)
    return floor(low / step) * step, max(ceil(high / step), 1) * step, step


def _epochs(last: float) -> list[float]:
    """Whole epochs, at most eleven of them; the last one alone where there is none."""
    each = next(n for n in (k * 10**p for p in range(9) for k in (1, 2, 5)) if last / n <= 10)
    return [0.0, *(float(n) for n in range(each, floor(last + 1e-9) + 1, each))] if last >= 1 else [0.0, last]
