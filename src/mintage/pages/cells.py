"""What tables have in common: columns, rows, plain text, spans of time, commands to type."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mintage.core.errors import tame

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

SHOWN = 40
"""Rows of a table before the rest is counted."""


def table_of(*columns: str, title: str = "") -> "Table":
    """Headers and, by `_row`, cells are text: square brackets in a user's words are no markup."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(plain(column), justify="left" if i == 0 else "right", overflow="fold", ratio=None)
    return table


def add_row(table: "Table", *cells: str) -> None:
    table.add_row(*map(plain, cells))


def plain(text: object) -> str:
    """What a user named, as markup that shows it as it is."""
    from rich.markup import escape

    return escape(tame(str(text)))


def group(parts: Iterator["RenderableType"]) -> "RenderableType":
    from rich.console import Group

    return Group(*parts)


def span(seconds: float) -> str:
    for size, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def to_type(command: str) -> str:
    return f"[bold cyan]{plain(command)}[/]"


def blank(n: int) -> str:
    return f"{n:,}" if n else "–"
