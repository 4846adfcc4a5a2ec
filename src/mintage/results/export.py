"""Exports: a frozen list, written beside its place, renamed when it is whole."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from mintage.core import registry
from mintage.core.errors import MintageError, shown
from mintage.core.ledger import Ledger
from mintage.core.lock import MakerLock
from mintage.core.ports import Exported
from mintage.core.recipe import Recipe
from mintage.core.spec import DatasetSpec, Use
from mintage.core.splits import assign

MARK = ".mintage-partial"
"""In a folder beside the target in which an export is written: it is ours, and may be removed when it was left."""

Watch = Callable[[Iterator[Exported], int], Iterator[Exported]]


def export(
    ledger: Ledger, spec: DatasetSpec, use: Use, target: Path | None, splits: Mapping[str, float], watch: Watch
) -> tuple[Path, int]:
    """Freeze the present set and write it; gives the folder and the number of images. `watch` shows progress.

    Raises:
        MintageError: nothing is kept yet, the target is there and not empty, or a plug-in's own mistake.
    """
    with MakerLock(ledger.folder, "exported"):
        for left in (ledger.folder / "exports").glob("*.partial"):  # by an export that was killed
            if (left / MARK).exists():
                shutil.rmtree(left)
        return _export(ledger, spec, use, target, splits, watch)


def _export(
    ledger: Ledger, spec: DatasetSpec, use: Use, target: Path | None, splits: Mapping[str, float], watch: Watch
) -> tuple[Path, int]:
    exporter = registry.build("exporters", use, spec)
    if next(ledger.samples(state="kept", limit=1), None) is None:
        raise MintageError("nothing is kept yet", type_this=f"mintage run {shown(ledger.folder)}")
    split_of = assign(splits, lambda: _with_roots(ledger), spec.seed)
    number = ledger.freeze({"policy": ledger.policy.digest() if ledger.policy else ""})
    numbered = (ledger.folder / "exports" / f"{use.use}-{n}" for n in count(1))
    target = Path(target).absolute() if target else next(p for p in numbered if not p.exists())
    if Path.cwd().is_relative_to(target):  # it would be moved away under our feet
        raise MintageError(f"{target} is where you are", expected="a new or empty folder", type_this="--to a/folder")
    written = 0

    def stream() -> Iterator[Exported]:
        nonlocal written
        for sample, label, sha256 in ledger.listed(number):
            written += 1
            yield Exported(sample, label, split_of(sample.recipe), sha256)

    try:
        with beside(target) as staging:
            exporter.export(watch(stream(), ledger.listed_count(number)), staging)
    except OSError as error:
        raise MintageError(
            f"the export could not be written: {error.strerror or error}",
            where=str(error.filename or target),
            expected="a folder that can be written to, with free space; nothing in the run is changed",
            type_this="free space, or --to another/folder",
        ) from error
    ledger.note(
        "export", {"list": number, "format": use.use, "options": use.options, "splits": dict(splits), "to": str(target)}
    )
    return target, written


def _with_roots(ledger: Ledger) -> Iterator[Recipe]:
    return (s.recipe for _, s in ledger.samples(state="kept") if s.recipe.roots)


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`, on the same disk, which takes its place at the end if nothing was raised."""
    partial = target.with_name(target.name + ".partial")
    if partial.exists():
        if not (partial / MARK).exists():
            raise MintageError(
                f"{partial} is there and not ours", expected="no such folder", type_this="--to another/folder"
            )
        shutil.rmtree(partial)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise MintageError(
            f"{target} is there already", expected="a folder that is new or empty", type_this="--to another/folder"
        )
    partial.mkdir(parents=True)
    try:
        (partial / MARK).touch()
        staging = partial / target.name
        staging.mkdir()
        yield staging
        if target.exists():
            target.rmdir()  # it is empty: rename would fail on some systems
        staging.rename(target)
    finally:
        shutil.rmtree(partial)
