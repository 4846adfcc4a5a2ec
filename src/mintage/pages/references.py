"""The user's real images at a glance: a table, and a sheet with the outline of each object that was found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.errors import MintageError, shown
from mintage.core.parents import Odd, Reference, References
from mintage.core.spec import DatasetSpec
from mintage.pages.cells import SHOWN, add_row, blank, group, plain, table_of, to_type
from mintage.pages.shown import Shown
from mintage.pictures.cutouts.references import CUT_OUTS, read_references

if TYPE_CHECKING:
    from PIL import Image
    from rich.console import RenderableType

    from mintage.pages.outlines import Tile

    Picture = Image.Image

HOW = ("file", "alpha", "box", "plain", "grabcut")

SURE = 8
"""So many sure cut-outs of each class are shown on the sheet."""


@dataclass(frozen=True)
class ReferencesPage(Shown):
    """What `references` found; `sheet` is where its picture lies."""

    spec: DatasetSpec
    references: References
    sheet: Path

    def __rich__(self) -> "RenderableType":
        return group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        found, sure = self.references, self.spec.references.sure
        asked = self.spec.references.masks != "none"
        usable, odd = (sum(map(len, g.values())) for g in (found.of, found.odd))
        yield f"[bold]{plain(self.spec.name)}[/]: {usable:,} real images usable, {odd:,} odd"
        every = [r for group in found.of.values() for r in group]
        ways = [h for h in HOW if any(r.mask == h and r.confidence >= sure for r in every)] if asked else []
        table = table_of("class", "usable", "odd", *(f"by {w}" for w in ways), *(["doubtful", "none"] if asked else []))
        for key, own in list(found.of.items())[:SHOWN]:
            cells = [sum(r.mask == w and r.confidence >= sure for r in own) for w in ways]
            if asked:
                none = sum(not r.mask for r in own)
                cells += [sum(r.confidence < sure for r in own) - none, none]
            counts = [len(own), len(found.odd.get(key, ())), *cells]
            add_row(table, self.spec.name_of(key), *map(blank, counts))
        if len(found.of) > SHOWN:
            add_row(table, f"… {len(found.of) - SHOWN} more")
        yield table
        for key, files in list(found.odd.items())[:SHOWN]:
            yield from self._odd(self.spec.name_of(key), files)
        if asked:
            few = sum(r.confidence < sure for r in every)
            yield f"cut-outs: {len(every) - few:,} sure, {few:,} not (confidence below references.sure, {sure:g})"
            yield from self._advice(few)
        yield plain(f"sheet: {shown(self.sheet)}")

    def _odd(self, name: str, files: Sequence[Odd]) -> Iterator["RenderableType"]:
        for file in files[:SHOWN]:
            yield plain(f"odd in {name}: {printable(file.path)}: {file.reason}")
        if len(files) > SHOWN:
            yield plain(f"odd in {name}: … {len(files) - SHOWN:,} more")

    def _advice(self, few: int) -> Iterator["RenderableType"]:
        from importlib.util import find_spec

        if few and find_spec("cv2") is None:
            yield f"more are found with OpenCV: {to_type('pip install ' + chr(34) + 'mintage[vision]' + chr(34))}"
        if few:
            yield "for one that matters, put NAME.mask.png beside NAME, or a line into boxes.csv"


def look_over(spec: DatasetSpec, folder: Path) -> ReferencesPage:
    """Read the references of a run's folder, keep their cut-outs there, and write the sheet.

    Raises:
        MintageError: there are none, or a folder of them is not usable.
    """
    from mintage.pages.progress import counted

    if not any(c.references for c in spec.classes.values()):
        raise MintageError(
            f"no class of {shown(folder / 'dataset.yaml')} has real images",
            expected="under a class, e.g. `references: photos/lemon`",
        )
    with counted("reading references") as tell:
        found = read_references(spec, folder, masks=spec.references.masks != "none", write=True, tell=tell)
    return ReferencesPage(spec, found, write_outlines(spec, found, folder))


def printable(path: Path) -> str:
    """A path from here that any terminal can print, whatever bytes its name has."""
    return shown(Path(_readable(str(path))))


def _readable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def of_class(references: References, key: str, sure: float, most_sure: int) -> list[Reference]:
    """What a sheet shows of a class: what is doubtful, the least sure first, then some of the sure ones, spread."""
    group = sorted(references.of.get(key, ()), key=lambda r: r.confidence)
    doubtful = [r for r in group if r.confidence < sure]
    rest = group[len(doubtful) :]
    step = max(1.0, len(rest) / most_sure)
    return doubtful + [rest[int(i * step)] for i in range(min(most_sure, len(rest)))]


def write_outlines(spec: DatasetSpec, references: References, folder: Path) -> Path:
    """Write `references.png` into a run's folder: every doubtful cut-out, and some sure ones of each class.

    Raises:
        OSError: it cannot be written.
    """
    from mintage.pages.outlines import draw_outlines
    from mintage.pages.sheet import save_sheet

    sure = spec.references.sure
    groups = []
    for key in references.of:
        group = of_class(references, key, sure, SURE)
        groups.append((spec.name_of(key), [_tile(r, spec, folder) for r in group]))
    every = [r for g in references.of.values() for r in g]
    few = sum(r.confidence < sure for r in every)
    note = (
        f"{len(every):,} images · {len(every) - few:,} cut-outs sure · {few:,} not: all of these, the least sure first"
    )
    if spec.references.masks == "none":
        note = f"{len(every):,} images · no cut-outs are asked for"
    path = folder / "references.png"
    save_sheet(draw_outlines(groups, f"{spec.name}: references", note), path)
    return path


def _tile(reference: Reference, spec: DatasetSpec, folder: Path) -> "Tile":
    from mintage.pages.outlines import Tile
    from mintage.pictures.cutouts.cuts import cut_out_of
    from mintage.pictures.read import open_with_alpha

    def look() -> "tuple[Picture, Picture | None]":
        picture, alpha = open_with_alpha(reference.path)
        how, cache = spec.references.masks, folder / CUT_OUTS
        found, _ = cut_out_of(reference.path, reference.sha256, picture, alpha, how, cache)
        return picture, found.mask if found else None

    note = f"{reference.mask} {reference.confidence:.2f}" if reference.mask else "no object found"
    if spec.references.masks == "none":
        note = f"{reference.width}×{reference.height}"
    return Tile(_readable(reference.path.name), note, reference.confidence >= spec.references.sure, look)
