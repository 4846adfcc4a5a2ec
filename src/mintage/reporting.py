"""Reads a run's samples and draws its pages: report.html and contact_sheet.png."""

from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.errors import MintageError, shown
from mintage.core.ledger_reading import LedgerReader
from mintage.core.recipe import Sample
from mintage.core.spec import DatasetSpec
from mintage.pages.progress import track
from mintage.pages.report import gallery_size, write_report
from mintage.pages.report_classes import Gallery
from mintage.pages.sheet import draw_sheet, readable, save_sheet
from mintage.results.summary import Summary, summarise

if TYPE_CHECKING:
    pass

MARK = b"Mintage"

ON_SHEET = 8
"""Pictures of each class on a contact sheet."""


def write_pages(ledger: LedgerReader, spec: DatasetSpec, folder: Path) -> tuple[Path, Path]:
    """Write both pages; pictures are the first of each class, never the best."""
    summary = summarise(ledger, spec)
    kept, rejected = gallery_size(len(spec.classes))
    galleries = {
        name: Gallery(_first(ledger, spec, name, "kept", kept), _first(ledger, spec, name, "rejected", rejected))
        for name in track(spec.classes, len(spec.classes), "reading")
    }
    page, sheet = folder / "report.html", folder / "contact_sheet.png"
    for path in (page, sheet):
        refuse_foreign(path)
    write_report(page, summary, galleries, _made(spec, summary), folder=str(folder))
    rows = [(name, readable(g.kept[:ON_SHEET])) for name, g in galleries.items()]
    total = summary.total
    made = f"{', '.join(summary.makers) or spec.make.use}: the first kept images of each class, unpicked"
    save_sheet(draw_sheet(rows, spec.name, note=f"{total.kept:,} images kept; {made}"), sheet)
    return page, sheet


def refuse_foreign(path: Path) -> None:
    """Ours carry our name near their start; another file of that name is the user's."""
    if path.is_dir() or (path.is_file() and MARK not in path.read_bytes()[:4096]):
        raise MintageError(
            f"{shown(path)} is there and not ours", expected="no such file, or our last one", type_this="move it away"
        )


def _first(ledger: LedgerReader, spec: DatasetSpec, name: str, state: str, n: int) -> tuple[Sample, ...]:
    return tuple(s for _, s in ledger.samples(state=state, key=spec.key_of(name), limit=n))


def _made(spec: DatasetSpec, summary: Summary) -> dict[str, str]:
    """How it was made, in a few lines: by whom the kept images are, or will be."""
    engines = [f"{maker} ({n:,})" for maker, n in summary.makers.items()]
    engines = engines or list(dict.fromkeys(spec.engine(t).use for t in spec.used_techniques))
    writer = f"{spec.write.use} {spec.write.options.get('model', '')}".strip()
    axes = "; ".join(f"{axis}: {', '.join(levels)}" for axis, levels in spec.levels.items())
    return {
        "Images by": ", ".join(engines),
        "Words by": writer,
        "Ranked by": ", ".join(s.use for s in spec.score),
        "Techniques": ", ".join(spec.used_techniques),
        "Axes": axes or "none",
        "Seed": str(spec.seed),
    }
