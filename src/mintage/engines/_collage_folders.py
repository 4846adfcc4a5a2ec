"""The user's photos as environments, and scenes whose boxes are known (COCO or YOLO)."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mintage.core.errors import MintageError, shown
from mintage.core.recipe import digest
from mintage.engines import _collage_labels as labels
from mintage.engines._collage_labels import Box
from mintage.engines._collage_words import plain

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tiff", ".tif"}
LABELS = {".json", ".txt", ".yaml", ".yml"}


@dataclass(frozen=True)
class Photo:
    """`places`: what its folders are called, without preposition and article. `boxes`: class, x, y, w, h; `unit`: they
    are shares of the picture's size (YOLO), else pixels."""

    path: Path
    places: frozenset[str]
    boxes: tuple[Box, ...] = ()
    unit: bool = False


@dataclass(frozen=True)
class Shelf:
    """A folder of photos. `loose`: those in no subfolder of it that names an environment. `names`: of the subfolders
    with photos, as they are written."""

    photos: tuple[Photo, ...]
    names: tuple[str, ...]
    digest: str

    def at(self, place: str) -> tuple[Photo, ...]:
        """The photos of an environment, by its word."""
        return tuple(p for p in self.photos if plain(place) in p.places)


def shelf(folder: Path, option: str) -> Shelf:
    """The photos of a folder and its subfolders, in the order of their paths.

    Raises:
        MintageError: there is no such folder, or no photo in it (naming the option).
    """
    files = _files(folder, option)
    photos = tuple(Photo(p, _places(folder, p)) for p in files if p.suffix.lower() in PICTURES)
    return _shelf(folder, photos, files, option)


def scenes(folder: Path, option: str) -> Shelf:
    """The annotated photos of a folder: those that a COCO file names, or that have a YOLO label file.

    Raises:
        MintageError: as `shelf`; or there are no annotations, or they cannot be read.
    """
    files = _files(folder, option)
    photos = [*_coco(folder, files)] or [*_yolo(folder, files)]
    if not photos:
        expected = "a COCO file (.json), or YOLO labels (.txt beside the photos or in labels/) with classes.txt"
        raise MintageError(f"{option}: no annotated photo", where=shown(folder), expected=expected)
    return _shelf(folder, tuple(sorted(photos, key=lambda p: p.path.as_posix())), files, option)


def _files(folder: Path, option: str) -> list[Path]:
    if not folder.is_dir():
        raise MintageError(f"{option}: there is no folder {shown(folder)}", expected="a folder with photos")
    found = (p for p in folder.rglob("*") if p.suffix.lower() in PICTURES | LABELS)
    return sorted(
        (p for p in found if p.is_file() and not any(part.startswith(".") for part in p.relative_to(folder).parts)),
        key=lambda p: p.relative_to(folder).as_posix(),
    )


def _shelf(folder: Path, photos: tuple[Photo, ...], files: list[Path], option: str) -> Shelf:
    if not photos:
        raise MintageError(f"{option}: there is no photo in {shown(folder)}", expected=", ".join(sorted(PICTURES)))
    names = {part for p in photos for part in p.path.relative_to(folder).parts[:-1]} - {"images", "labels"}
    listed = [[p.relative_to(folder).as_posix(), p.stat().st_size, _content(p)] for p in files]
    return Shelf(photos, tuple(sorted({*names, folder.name} - {""})), digest(listed))


def _content(path: Path) -> str:
    """Of a label file its hash, since a moved box seldom changes its size; of a photo nothing, as it may be large."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.suffix.lower() in LABELS else ""


def _places(folder: Path, path: Path) -> frozenset[str]:
    """What the folders on the way to a file are called, from the given one on."""
    return frozenset(plain(part) for part in (folder.name, *path.relative_to(folder).parts[:-1]) if part)


def _coco(folder: Path, files: list[Path]) -> Iterator[Photo]:
    by_name: dict[str, list[Path]] = {}
    for p in files:
        by_name.setdefault(p.name, []).append(p)
    for file in (p for p in files if p.suffix.lower() == ".json"):
        for said, boxes in labels.coco(file):
            ends = [p for p in by_name.get(Path(said).name, []) if p.as_posix().endswith(said)]
            for path in (ends or by_name.get(Path(said).name, []))[:1]:
                yield Photo(path, _places(folder, path), boxes)


def _yolo(folder: Path, files: list[Path]) -> Iterator[Photo]:
    there = set(files)
    names: Mapping[int, str] = {}
    for path in (p for p in files if p.suffix.lower() in PICTURES):
        inside = path.relative_to(folder)
        other = folder.joinpath(*("labels" if part == "images" else part for part in inside.parts))
        label = next((c.with_suffix(".txt") for c in (path, other) if c.with_suffix(".txt") in there), None)
        if label is None:
            continue
        names = names or labels.yolo_names(folder, files)
        yield Photo(path, _places(folder, path), labels.yolo(label, names), unit=True)
