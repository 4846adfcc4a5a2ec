"""What other commands show: report, demo, export, pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.errors import shown
from mintage.core.recipe import Sample
from mintage.pages.cells import add_row, group, plain, table_of, to_type
from mintage.pages.shown import Shown
from mintage.pages.status import StatusPage

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True)
class ReportPage(Shown):
    """Where the report and the contact sheet lie."""

    page: Path
    sheet: Path

    def __rich__(self) -> "RenderableType":
        return plain(f"report: {shown(self.page)}\ncontact sheet: {shown(self.sheet)}")


@dataclass(frozen=True)
class DemoPage(Shown):
    """What the demo made, where to look, and what to type next."""

    status: StatusPage
    report: ReportPage

    def __rich__(self) -> "RenderableType":
        return group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        folder = self.status.folder
        typed = shown(folder)
        yield from list(self.status.parts())[:-1]
        yield "\n[bold]look at[/]"
        yield _two_columns(
            (plain(shown(self.report.page)), "pictures kept and rejected, scores, balance: open it in a browser"),
            (plain(shown(self.report.sheet)), "one picture of it all"),
            (plain(shown(folder / "images")), "every image, by class"),
        )
        yield "\n[bold]type next[/]"
        yield _two_columns(
            (to_type(f"mintage export {typed} --val 0.2"), "a folder for your trainer"),
            (
                to_type(f"mintage plan {typed}"),
                plain(f"after an edit of {shown(folder / 'dataset.yaml')}: what would change"),
            ),
            (to_type("mintage engines mini"), "what the embedded engine can draw"),
            (to_type("mintage new zoo --classes lemon,chair"), "a set of your own"),
        )


def _two_columns(*rows: tuple[str, str]) -> "RenderableType":
    from rich.table import Table

    table = Table.grid(padding=(0, 3))
    table.add_column(no_wrap=True, overflow="ignore")
    for left, right in rows:
        table.add_row(f"  {left}", right)
    return table


@dataclass(frozen=True)
class ExportPage(Shown):
    """Where an export lies and how many images it holds."""

    path: Path
    images: int
    format: str

    def __rich__(self) -> "RenderableType":
        return plain(f"{self.images:,} images as {self.format}: {shown(self.path)}")


@dataclass(frozen=True)
class GalleryPage(Shown):
    """Some samples, as pictures in a notebook and as lines elsewhere."""

    samples: tuple[Sample, ...]

    def __rich__(self) -> "RenderableType":
        table = table_of("label", "prompt", "file")
        for s in self.samples:
            add_row(table, s.label, s.prompt, str(s.path))
        return table

    def _repr_html_(self) -> str:
        style = "display:grid;grid-template-columns:repeat(auto-fill,minmax(110px,1fr));gap:8px;font:12px system-ui"
        return f'<div style="{style}">' + "".join(s._repr_html_() for s in self.samples) + "</div>"
