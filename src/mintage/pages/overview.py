"""What `engines` and `doctor` show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.core.ports import Engine
from mintage.pages.shown import Shown
from mintage.results.checkup import Check

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True)
class EnginesPage(Shown):
    """The engines, or the whole of one."""

    engines: tuple[Engine, ...]
    whole: bool = False

    def __rich__(self) -> "RenderableType":
        return self._words(self.engines[0]) if self.whole else self._table()

    def _table(self) -> "RenderableType":
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table("engine", "can", "draws", "what it is", box=SIMPLE_HEAD, pad_edge=False)
        for e in self.engines:
            known = e.vocabulary
            draws = f"{len(known['class'])} classes" if known else "anything" if e.draws else "nothing: a dry run"
            table.add_row(e.name, ", ".join(sorted(e.can)), draws, _about(e))
        return table

    def _words(self, engine: Engine) -> "RenderableType":
        from rich.console import Group

        parts = [f"[bold]{engine.name}[/] can: {', '.join(sorted(engine.can))}. {_about(engine)}"]
        for kind, words in (engine.vocabulary or {}).items():
            parts.append(f"[bold]{kind}[/] ({len(words)}): {', '.join(words)}")
        if engine.vocabulary is None and engine.draws:
            parts.append("it draws whatever it is told")
        fields = type(engine.options).model_fields
        parts += [
            f"[bold]option {n}[/] = {f.default!r}{': ' + f.description if f.description else ''}"
            for n, f in fields.items()
        ]
        return Group(*parts)


def _about(engine: Engine) -> str:
    import sys

    doc = type(engine).__doc__ or sys.modules[type(engine).__module__].__doc__ or ""
    return doc.strip().split("\n")[0]


@dataclass(frozen=True)
class DoctorPage(Shown):
    """What this machine has. `ok`: nothing that is needed is missing."""

    checks: Sequence[Check]

    @property
    def ok(self) -> bool:
        return all(c.state != "bad" for c in self.checks)

    def __rich__(self) -> "RenderableType":
        from rich.markup import escape
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        marks = {"ok": "[green]✓[/]", "note": "[yellow]·[/]", "bad": "[red]✗[/]"}
        for c in self.checks:
            table.add_row(
                marks[c.state], c.what, escape(c.found), f"[bold cyan]{escape(c.type_this)}[/]" if c.type_this else ""
            )
        return table
