"""Reads the user's real images: what is usable, what is odd and why, and where each object is."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintage.core.errors import MintageError, Problem, shown
from mintage.core.parents import Odd, Reference, References
from mintage.pictures.cutouts._same import alike, look_of, same_details
from mintage.pictures.cutouts.beside import BOXES, KNOWN, MASKS, boxes_in, is_mask, stems_of
from mintage.pictures.cutouts.cuts import cut_out_of, sha256_of
from mintage.pictures.read import open_picture, open_with_alpha

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    from mintage.core.spec import DatasetSpec

    Picture = Image.Image
    Array = numpy.ndarray[Any, Any]

OTHER_PICTURES = frozenset({".heic", ".heif", ".avif", ".raw", ".dng", ".cr2", ".nef", ".arw", ".psd", ".svg", ".jxl"})
"""Pictures that are not read, which a user should know; what has any other suffix is passed over."""

LARGEST = 500_000_000
"""Bytes of a file."""

CUT_OUTS = "cutouts"
"""The folder in a run's folder where cut-outs are kept."""

OWN = ("images", CUT_OUTS, "exports", "remakes")
"""The folders that a run writes pictures into: none of them is real."""


def read_references(
    spec: "DatasetSpec",
    folder: Path,
    *,
    masks: bool = False,
    write: bool = False,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> References:
    """The real images of each class that has `references`, in the order of their paths.

    Left out, and told in `odd`: what cannot be read or is tiny, a picture that is there already (the same file, or the
    same picture in another format or size; the first counts), and one that lies under two classes (out of both).

    Args:
        folder: the run's; where the spec does not know where it lies, its folders are looked up from here.
        masks: find each picture's object too; those of which it is not sure enough are in `doubtful` as well.
        write: keep cut-outs in `<folder>/cutouts`, where they are looked up in any case.
        tell: called with the number of files done and of all.

    Raises:
        MintageError: folders that are missing or hold no usable picture, all at once; or OpenCV is asked for by name
            and is missing.
    """
    roots: dict[str, Path] = {}
    files: dict[str, list[Path]] = {}
    odd: dict[str, list[Odd]] = {}
    problems: list[Problem] = []
    for name, c in spec.classes.items():
        if not c.references:
            continue
        root, odd[name] = Path(c.references), []
        try:
            roots[name] = root = folder / spec.folder / root.expanduser()
            mixed = _mixed(name, root, folder / spec.folder)
            if mixed:
                problems.append(mixed)
            else:
                files[name] = _walk(root, odd[name])
        except (OSError, RuntimeError, ValueError) as error:  # no such user, or a name that no file can have
            problems.append(_missing(name, root, error))
    if problems:
        raise MintageError(*problems)
    seen = _Seen()
    total, done = sum(map(len, files.values())), 0
    for name, paths in files.items():
        for path in paths:
            _take(name, path, roots, seen, odd, spec, folder / CUT_OUTS if masks else None, write)
            done += 1
            tell(done, total)
    for name, root in roots.items():
        if not any(entry.name == name for entry in seen.usable()):
            problems.append(_unusable(name, root, odd[name]))
    if problems:
        raise MintageError(*problems)
    return _sorted(seen, odd, spec)


@dataclass
class _Entry:
    name: str
    reference: Reference


class _Seen:
    """The usable pictures up to here, and those that lie under two classes."""

    def __init__(self) -> None:
        self.entries: dict[str, _Entry] = {}
        self.torn: set[str] = set()
        self._in_order: list[_Entry] = []
        self._looks: Array | None = None

    def add(self, entry: _Entry, look: "Array") -> None:
        import numpy

        count = len(self._in_order)
        if self._looks is None or count == len(self._looks):
            more = numpy.empty((max(64, 2 * count), look.size), look.dtype)
            if self._looks is not None:
                more[:count] = self._looks
            self._looks = more
        self._looks[count] = look
        self._in_order.append(entry)
        self.entries[entry.reference.sha256] = entry

    def usable(self) -> Iterator[_Entry]:
        return (e for e in self._in_order if e.reference.sha256 not in self.torn)

    def like(self, sha256: str, look: "Array", picture: "Picture") -> _Entry | None:
        """An earlier picture that is the same, to the byte or to the eye."""
        if sha256 in self.entries or self._looks is None:
            return self.entries.get(sha256)
        for i in alike(self._looks[: len(self._in_order)], look):
            other = self._in_order[int(i)]
            try:
                if same_details(open_picture(other.reference.path), picture):
                    return other
            except OSError:  # it was there a moment ago
                continue
        return None


def _take(
    name: str,
    path: Path,
    roots: dict[str, Path],
    seen: _Seen,
    odd: dict[str, list[Odd]],
    spec: "DatasetSpec",
    cache: Path | None,
    write: bool,
) -> None:
    use = spec.references
    try:
        if path.stat().st_size > LARGEST:
            raise OSError(f"larger than {LARGEST // 1_000_000} MB")
        data = path.read_bytes()
        picture, alpha = open_with_alpha(data)
    except OSError as error:
        odd[name].append(Odd(path, f"cannot be read: {error.strerror or error}"))
        return
    if min(picture.size) < use.smallest:
        odd[name].append(Odd(path, f"tiny: {picture.width}×{picture.height} pixels"))
        return
    sha256, look = sha256_of(data), look_of(picture)
    other = seen.like(sha256, look, picture)
    if other is not None:
        what = "the same file" if other.reference.sha256 == sha256 else "the same picture"
        there = _below(other.reference.path, roots[other.name])
        if other.name == name:
            odd[name].append(Odd(path, f"{what} as {there}"))
            return
        odd[name].append(Odd(path, f"{what} lies under {other.name}: {there}"))
        if other.reference.sha256 not in seen.torn:
            seen.torn.add(other.reference.sha256)
            reason = f"{what} lies under {name}: {_below(path, roots[name])}"
            odd[other.name].append(Odd(other.reference.path, reason))
        return
    found, trouble = cut_out_of(path, sha256, picture, alpha, use.masks, cache, write=write) if cache else (None, "")
    if trouble:
        odd[name].append(Odd(path, trouble))
    how, confidence = (found.how, found.confidence) if found else ("", 0.0)
    seen.add(_Entry(name, Reference(sha256, path, *picture.size, how, confidence)), look)


def _walk(root: Path, odd: list[Odd]) -> list[Path]:
    """All pictures below a folder, by path; hidden files, masks, and links to folders are left out."""

    def unreadable(error: OSError) -> None:
        odd.append(Odd(Path(error.filename or root), f"cannot be read: {error.strerror or error}"))

    with os.scandir(root):  # raises where there is no folder
        pass
    found: list[Path] = []
    for place, folders, names in os.walk(root, onerror=unreadable):
        here = Path(place)
        odd += [Odd(here / f, "a link to a folder, which is not followed") for f in folders if (here / f).is_symlink()]
        folders[:] = [f for f in folders if not f.startswith(".") and f.lower() != MASKS]
        found += _pictures(here, [n for n in names if not n.startswith(".")], odd)
    return sorted(found, key=lambda p: p.relative_to(root).as_posix())


def _pictures(here: Path, names: list[str], odd: list[Odd]) -> Iterator[Path]:
    stems = stems_of(names)
    for name in names:
        path, suffix = here / name, Path(name).suffix.lower()
        if suffix in OTHER_PICTURES:
            odd.append(Odd(path, f"{suffix} is not read here: convert it to JPEG or PNG"))
        elif suffix in KNOWN and not is_mask(name, stems):
            if path.exists() and not path.is_file():
                odd.append(Odd(path, "no ordinary file"))
            else:
                yield path
    there = boxes_in(here)
    odd += [Odd(here / BOXES, reason) for reason in there.odd]
    odd += [Odd(here / BOXES, f"there is no file {name}") for name in there.boxes if name not in names]


def _below(path: Path, root: Path) -> str:
    """A path as text that can be printed, from its folder."""
    return os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "replace")


def _mixed(name: str, root: Path, run: Path) -> Problem | None:
    """That a folder of real images is the run's own, holds one of those that it writes into, or lies in one."""
    there, here = root.resolve(), run.resolve()
    own = next((here / o for o in OWN if there.is_relative_to(here / o)), None)
    if own is None and not here.is_relative_to(there):
        return None
    run_itself = "the run's own folder" if there == here else f"the run's folder {shown(here)}"
    said = f"lies in {shown(own)}" if own and own != there else f"is {shown(own)}" if own else f"holds {run_itself}"
    return Problem(
        f"{shown(root)} {said}, where the run keeps the pictures that it makes: they are not real",
        where=f"references of {name}",
        expected="a folder of its own that holds real images alone",
        type_this=f"references: photos/{name}",
    )


def _missing(name: str, root: Path, error: Exception) -> Problem:
    what = f"cannot be read: {getattr(error, 'strerror', '') or error}"
    if isinstance(error, FileNotFoundError):
        what = "does not exist"
    if isinstance(error, NotADirectoryError):
        what = "is no folder"
    return Problem(f"{shown(root)} {what}", where=f"references of {name}", expected="a folder with pictures of it")


def _unusable(name: str, root: Path, odd: list[Odd]) -> Problem:
    first = f", e.g. {_below(odd[0].path, root)}: {odd[0].reason}" if odd else ""
    return Problem(
        f"{shown(root)} holds no usable picture{first}",
        where=f"references of {name}",
        expected=f"pictures: {', '.join(sorted(KNOWN))}",
    )


def _sorted(seen: _Seen, odd: dict[str, list[Odd]], spec: "DatasetSpec") -> References:
    of: dict[str, list[Reference]] = {spec.key_of(n): [] for n in odd}
    for entry in seen.usable():
        of[spec.key_of(entry.name)].append(entry.reference)
    doubtful = {k: [r for r in group if r.confidence < spec.references.sure] for k, group in of.items()}
    return References(of, {spec.key_of(n): sorted(o, key=lambda x: str(x.path)) for n, o in odd.items()}, doubtful)
