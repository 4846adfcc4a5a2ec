"""What `engines` and `doctor` show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.core.copying import COPY
from mintage.core.plan_mistakes import can_make
from mintage.core.ports import Engine, Technique
from mintage.pages.shown import Shown
from mintage.results.checkup import Check

if TYPE_CHECKING:
    from rich.console import RenderableType

ACROSS = 8
"""So many engines stand side by side."""


@dataclass(frozen=True)
class EnginesPage(Shown):
    """The engines and what they make of which techniques, or the whole of one engine."""

    engines: tuple[Engine | type[Engine], ...]
    """Built ones; the class of one that cannot be without options."""
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
            yield f"{SOME} by some models, servers or workflows, not by what it takes unless you name another"
        alone = [t.name for t in self.techniques if COPY in t.wants]
        if alone:
            yield f"∗ {' and '.join(alone)} (unless options say otherwise): on images that are there, by no engine"
        yield "mintage engines NAME lists an engine's words and options; mintage try NAME TEXT shows what it draws"

    def _words(self, engine: Engine | type[Engine]) -> "RenderableType":
        import inspect

        from rich.console import Group
        from rich.markup import escape

        parts = [f"[bold]{engine.name}[/] can: {', '.join(sorted(engine.can))}. {_about(engine)}"]
        for kind, words in _vocabulary(engine).items():
            parts.append(f"[bold]{kind}[/] ({len(words)}): {', '.join(words)}")
        if not _vocabulary(engine) and engine.draws:
            parts.append("it draws whatever it is told")
        about = inspect.getdoc(engine.Options) if engine.Options.__doc__ else None
        parts += [escape(" ".join(part.split())) for part in (about or "").split("\n\n") if about]
        for n, f in engine.Options.model_fields.items():
            given = "must be given" if f.is_required() else f"= {f.get_default(call_default_factory=True)!r}"
            told = ": " + " ".join(f.description.split()) if f.description else ""
            parts.append(f"[bold]option {n}[/] {given}{escape(told)}")
        return Group(*parts)


SOME = "some"


def _vocabulary(engine: Engine | type[Engine]) -> Mapping[str, Sequence[str]]:
    return {} if isinstance(engine, type) else engine.vocabulary or {}


def _draws(engine: Engine | type[Engine]) -> str:
    known = _vocabulary(engine)
    if "class" in known:
        return f"{len(known['class'])} classes"
    if not engine.draws:
        return "nothing: a dry run"
    return "anything" if "text" in engine.can else "nothing from words"


def _made_by(engine: Engine | type[Engine], technique: Technique) -> str:
    """Whether an engine makes a technique's images, in a cell."""
    if COPY in technique.wants:
        return "∗"
    cls = engine if isinstance(engine, type) else type(engine)
    if engine is not cls and can_make(engine, technique):
        return "yes"
    return SOME if can_make(cls, technique) else "–"


def _about(engine: Engine | type[Engine]) -> str:
    import sys

    cls = engine if isinstance(engine, type) else type(engine)
    doc = cls.__doc__ or sys.modules[cls.__module__].__doc__ or ""
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
