"""What `engines` and `doctor` show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.core.plan_mistakes import can_make
from mintage.core.ports import COPY, Engine, Technique
from mintage.pages.shown import Shown
from mintage.results.checkup import Check

if TYPE_CHECKING:
    from rich.console import RenderableType

ACROSS = 8
"""So many engines stand side by side."""


@dataclass(frozen=True)
class EnginesPage(Shown):
    """The engines and what they make of which techniques, or the whole of one engine."""

    engines: tuple[Engine, ...]
    whole: bool = False
    techniques: tuple[Technique, ...] = ()

    def __rich__(self) -> "RenderableType":
        from rich.console import Group

        if self.whole:
            return self._words(self.engines[0])
        return Group(*self._tables())

    def _tables(self) -> Iterator["RenderableType"]:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table("engine", "draws", "what it is", box=SIMPLE_HEAD, pad_edge=False)
        for e in self.engines:
            table.add_row(e.name, _draws(e), _about(e).partition(". ")[0].rstrip("."))
        yield table
        for start in range(0, len(self.engines), ACROSS):
            some = self.engines[start : start + ACROSS]
            table = Table("technique", *(e.name for e in some), box=SIMPLE_HEAD, pad_edge=False)
            for t in self.techniques:
                table.add_row(t.name, *(_made_by(e, t) for e in some))
            yield table
        if any(_made_by(e, t) == SOME for e in self.engines for t in self.techniques):
            yield f"{SOME} by some models, not by the one that it takes unless you name another"
        alone = [t.name for t in self.techniques if COPY in t.wants]
        if alone:
            yield f"∗ {' and '.join(alone)} (unless options say otherwise): on images that are there, by no engine"
        yield "mintage engines NAME lists an engine's words and options; mintage try NAME TEXT shows what it draws"

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


SOME = "some"


def _draws(engine: Engine) -> str:
    known = engine.vocabulary
    if known and "class" in known:
        return f"{len(known['class'])} classes"
    if not engine.draws:
        return "nothing: a dry run"
    return "anything" if "text" in engine.can else "nothing from words"


def _made_by(engine: Engine, technique: Technique) -> str:
    """Whether an engine makes a technique's images, in a cell."""
    if COPY in technique.wants:
        return "∗"
    if can_make(engine, technique):
        return "yes"
    return SOME if can_make(type(engine), technique) else "–"


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
