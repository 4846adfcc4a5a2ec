"""What `remake` shows: how far the new image is from the one that is there, and both beside each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.errors import shown
from mintage.pages import figures
from mintage.pages.cells import group, plain
from mintage.pages.sheet import GROUND, QUIET
from mintage.pages.shown import Shown
from mintage.pages.thumbnail import fit
from mintage.pictures import encode_png, write_atomically
from mintage.pictures.lettering import write
from mintage.results.remake import Remade

if TYPE_CHECKING:
    from PIL import Image
    from rich.console import RenderableType

    Picture = Image.Image

CLOSE = 1.0
"""Grey levels: by one version of an engine, on a CPU, a picture differs by at most so much."""

SMALLEST, LARGEST, GAP, FOOT = 256, 512, 12, 30
"""Pixels: what a picture measures at least and at most beside the other, and what lies around it."""


@dataclass(frozen=True)
class RemakePage(Shown):
    """An image and its remake. `ok`: they are the same, or at most one grey level apart."""

    remade: Remade
    beside: Path

    @property
    def ok(self) -> bool:
        r = self.remade
        return r.same_bytes or (r.largest is not None and r.largest <= CLOSE)

    def __rich__(self) -> "RenderableType":
        return group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        r = self.remade
        yield plain(f"{r.sample.id}, {r.sample.recipe.slot}, by {r.sample.recipe.engine}: {said(r)}")
        if r.changed:
            yield f"[yellow]{plain(r.changed)}: compared by the hash of the image as it was made[/]"
        if r.same_engine:
            yield plain(f"the engine is the same as then: {r.now}")
        else:
            yield f"[yellow]the engine is another than then: it was {plain(r.by)}, it is {plain(r.now)}[/]"
        if r.cost:
            yield f"cost: {figures.dollars(r.cost)}"
        yield plain(f"the new image: {shown(r.path)}\nboth, and where they differ: {shown(self.beside)}")
        yield "nothing of the run was changed"


def said(remade: Remade) -> str:
    """The comparison in a few words."""
    if remade.same_bytes:
        return "made again, the same byte for byte"
    if remade.same_pixels:
        return "made again with the same pixels; the bytes of the file differ"
    if remade.largest is None or remade.mean is None:
        sizes = [f"{p.width}×{p.height}" for p in (remade.was, remade.remade) if p is not None]
        return f"made again, of another size: {', now '.join(sizes)}" if len(sizes) == 2 else "made again, not the same"
    levels = f"{remade.largest:.0f} at most and {remade.mean:.2g} on the average, in grey levels of 255"
    return f"made again, and it differs by {levels}"


def write_beside(remade: Remade) -> Path:
    """Write both images and their difference, stretched to its largest, beside each other; gives where."""
    from PIL import Image, ImageChops, ImageDraw

    panels: list[tuple[str, Picture]] = [("made again", remade.remade)]
    if remade.was is not None:
        panels.insert(0, ("as it was", remade.was))
        if remade.largest:
            scale = 255 / remade.largest
            off = ImageChops.difference(remade.was, remade.remade).point(lambda level: round(level * scale))
            panels.append((f"difference, white is {remade.largest:.0f}", off))
    side = min(LARGEST, max(SMALLEST, *(max(p.size) for _, p in panels)))
    sheet = Image.new("RGB", (len(panels) * (side + GAP) + GAP, side + FOOT + 2 * GAP), GROUND)
    draw = ImageDraw.Draw(sheet)
    for i, (name, picture) in enumerate(panels):
        small, left = fit(picture, side), GAP + i * (side + GAP)
        sheet.paste(small, (left + (side - small.width) // 2, GAP + (side - small.height) // 2))
        write(draw, (left, side + 2 * GAP + FOOT / 3), name, 17, QUIET, width=side)
    path = remade.path.with_name(f"{remade.path.stem}-beside.png")
    write_atomically(path, encode_png(sheet))
    return path
