"""Exports: a frozen list, written beside its place, renamed when it is whole."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.ledger import Ledger
from mintage.core.ports import Exported
from mintage.core.recipe import Recipe
from mintage.core.spec import DatasetSpec, Use
from mintage.core.splits import assign

MARK = ".mintage-partial"
"""In a folder that an export is being written to: this one may be removed when it was left half-done."""

Watch = Callable[[Iterator[Exported], int], Iterator[Exported]]


def export(
    ledger: Ledger, spec: DatasetSpec, use: Use, target: Path | None, splits: Mapping[str, float], watch: Watch
) -> tuple[Path, int]:
    """Freeze the present set and write it; gives the folder and the number of images. `watch` shows progress.

    Raises:
        MintageError: nothing is kept yet, the target is there and not empty, or a plug-in's own mistake.
    """
    exporter = registry.build("exporters", use, spec)
    if next(ledger.samples(state="kept", limit=1), None) is None:
        raise MintageError("nothing is kept yet", type_this=f"mintage run {ledger.folder}")
    split_of = assign(splits, lambda: _with_roots(ledger), spec.seed)
    number = ledger.freeze({"policy": ledger.policy.digest() if ledger.policy else ""})
    target = target or ledger.folder / "exports" / f"{use.use}-{number}"
    _refuse_full(target)
    partial = _begin(target)
    count = 0

    def stream() -> Iterator[Exported]:
        nonlocal count
        for sample, label, sha256 in ledger.listed(number):
            count += 1
            yield Exported(sample, label, split_of(sample.recipe), sha256)

    total = ledger.listed_count(number)
    exporter.export(watch(stream(), total), partial)
    (partial / MARK).unlink()
    if target.exists():
        target.rmdir()  # it is empty: rename would fail on some systems
    partial.rename(target)
    ledger.note(
        "export", {"list": number, "format": use.use, "options": use.options, "splits": dict(splits), "to": str(target)}
    )
    return target, count


def _with_roots(ledger: Ledger) -> Iterator[Recipe]:
    return (s.recipe for _, s in ledger.samples(state="kept") if s.recipe.roots)


def _refuse_full(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise MintageError(
            f"{target} is there already", expected="a folder that is new or empty", type_this="--to another/folder"
        )


def _begin(target: Path) -> Path:
    partial = target.with_name(target.name + ".partial")
    if partial.exists():
        if not (partial / MARK).exists():
            raise MintageError(
                f"{partial} is there and not ours", expected="no such folder", type_this="--to another/folder"
            )
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    (partial / MARK).touch()
    return partial
