"""What commands show: plan, status, exports, pictures, each as a table in a terminal and a notebook."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.array import Coverage
from mintage.core.errors import shown
from mintage.core.ports import COPY
from mintage.core.recipe import Sample
from mintage.pages.shown import Shown
from mintage.pages.weights import needed
from mintage.results.outlook import Outlook
from mintage.results.summary import Reached, Shortfall, Summary

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

SHOWN = 40
"""Rows of a table before the rest is counted."""


def _table(*columns: str, title: str = "") -> "Table":
    """Headers and, by `_row`, cells are text: square brackets in a user's words are no markup."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(_plain(column), justify="left" if i == 0 else "right", overflow="fold", ratio=None)
    return table


def _row(table: "Table", *cells: str) -> None:
    table.add_row(*map(_plain, cells))


def _plain(text: object) -> str:
    """What a user named, as markup that shows it as it is."""
    from rich.markup import escape

    return escape(str(text))


def _group(parts: Iterator["RenderableType"]) -> "RenderableType":
    from rich.console import Group

    return Group(*parts)


def _span(seconds: float) -> str:
    for size, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _type(command: str) -> str:
    return f"[bold cyan]{_plain(command)}[/]"


WIDE = 3
"""With more techniques than this, they are the rows of the table if no more classes than this differ."""


def _alike(names: Sequence[str], every: bool) -> str:
    """What classes with the same numbers are called."""
    if len(names) == 1:
        return names[0]
    return "every class" if every else f"{names[0]} and {len(names) - 1} like it"


@dataclass(frozen=True)
class PlanPage(Shown):
    """What `plan` shows. `cost` in dollars; `coverage` class → pairs of attributes."""

    outlook: Outlook
    folder: Path

    @property
    def cost(self) -> float:
        return sum(e.dollars for e in self.outlook.engines)

    @property
    def coverage(self) -> Mapping[str, Coverage]:
        return self.outlook.pairs

    def __rich__(self) -> "RenderableType":
        return _group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        look = self.outlook
        yield f"[bold]{_plain(look.name)}[/]: {look.images:,} images of {len(look.counts)} classes"
        yield self._counts()
        yield from self._grids()
        yield from self._pairs()
        kept = " and ".join(look.floors) or "made"
        yield f"words by {look.writer}; ranked by {', '.join(look.scorers)}; kept when {kept}"
        for e in look.engines:
            price = f", at most ${e.dollars:,.2f} if every first attempt passes" if e.dollars else ""
            by = "put together from their parents, by no engine" if e.name == COPY else f"by {e.name}"
            yield f"{e.images:,} images {by} ({', '.join(e.techniques)}){price}"
            yield from needed(e.weights, e.advice, self.folder)
        for prompt in look.prompts:
            yield _plain(f"  e.g. {prompt!r}")
        if look.not_in_use:
            yield f"[yellow]not in use in this version: {_plain(', '.join(look.not_in_use))}[/]"
        yield from self._difference()
        if look.to_make:
            seconds = look.expected_seconds
            time = "time unknown" if seconds is None else f"about {_span(seconds)} if every first attempt passes"
            yield f"to make now: {look.to_make:,} images, {time}"
        if look.to_make or look.changes:
            yield f"next: {_type(f'mintage run {shown(self.folder)}')}"

    def _counts(self) -> "RenderableType":
        techniques = list(dict.fromkeys(t for c in self.outlook.counts.values() for t in c))
        groups: dict[tuple[int, ...], list[str]] = {}
        for name, counts in self.outlook.counts.items():
            each = [counts.get(t, 0) for t in techniques]
            groups.setdefault((*each, sum(each), self.outlook.contexts[name]), []).append(name)
        if len(techniques) > WIDE and len(groups) <= WIDE:
            table = _table("technique", *(_alike(names, len(groups) == 1) for names in groups.values()))
            for technique, cells in zip([*techniques, "images", "contexts"], zip(*groups, strict=True), strict=True):
                _row(table, technique, *(f"{n:,}" for n in cells))
            return table
        table = _table("class", *techniques, "images", "contexts")
        for name, counts in list(self.outlook.counts.items())[:SHOWN]:
            said = [f"{counts.get(t, 0):,}" for t in techniques]
            _row(table, name, *said, f"{sum(counts.values()):,}", f"{self.outlook.contexts[name]:,}")
        if len(self.outlook.counts) > SHOWN:
            _row(table, f"… {len(self.outlook.counts) - SHOWN} more")
        return table

    def _grids(self) -> Iterator["RenderableType"]:
        """Class × level for each axis; classes with equal rows share one."""
        axes = list(next(iter(self.outlook.grid.values()), {}))
        for axis in axes:
            by_row: dict[tuple[tuple[str, int], ...], list[str]] = {}
            for name, grid in self.outlook.grid.items():
                by_row.setdefault(tuple(grid[axis].items()), []).append(name)
            table = _table("images by " + axis, *[level for level, _ in next(iter(by_row))])
            for row, names in by_row.items():
                _row(table, _alike(names, len(by_row) == 1), *[f"{n:,}" for _, n in row])
            yield table

    def _pairs(self) -> Iterator["RenderableType"]:
        by_coverage: dict[Coverage, list[str]] = {}
        for name, coverage in self.outlook.pairs.items():
            by_coverage.setdefault(coverage, []).append(name)
        for c, names in by_coverage.items():
            who = "every class" if len(by_coverage) == 1 else ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
            at = f"all from {c.complete_at:,} images on" if c.complete_at else "not all within 20,000 images"
            yield f"pairs of attributes covered: {c.pairs:,} of {c.all_pairs:,} ({_plain(who)}); {at}"

    def _difference(self) -> Iterator["RenderableType"]:
        look, d = self.outlook, self.outlook.difference
        if d is None:
            return
        table = _table("against the set now", "new", "kept", "waiting", "given up", "returning", "leaving")
        columns = (d.new, d.kept, d.unfilled, d.given_up, d.returning, d.leaving)
        keys = dict.fromkeys(k for c in columns for k in c)
        for key in keys:
            _row(table, look.names.get(key, key), *[_blank(c.get(key, 0)) for c in columns])
        if look.to_make or look.changes:
            yield table
        else:
            lost = f", {sum(d.given_up.values()):,} given up" if d.given_up else ""
            yield f"the set is as asked for: {sum(d.kept.values()):,} images are kept{lost}"
        if look.rescored:
            yield f"{look.rescored:,} images are to be ranked again (from stored vectors where the scorer keeps them)"
        if look.floor_changed:
            yield f"the floor changed: {look.fallen:,} of the kept images no longer pass; their slots are tried again"
        for old, new in look.renamed.items():
            yield _plain(f"{old} is called {new} now: its images stay")
        if look.reworded:
            yield "prompts are worded anew for what is still to be made; made images keep theirs"


@dataclass(frozen=True)
class StatusPage(Shown):
    """What a run has reached. `ok`: nothing failed, and no class is stopped."""

    summary: Summary
    folder: Path

    @property
    def ok(self) -> bool:
        return not self.summary.failed and not self.summary.stopped

    def __rich__(self) -> "RenderableType":
        return _group(self.parts())

    def parts(self) -> Iterator["RenderableType"]:
        """Line by line; the last says what to type next."""
        s = self.summary
        total = s.total
        yield f"[bold]{_plain(s.name)}[/]: {total.kept:,} of {total.planned:,} images kept"
        stopped = ["stopped"] if s.stopped else []
        table = _table("class", "kept", "waiting", *stopped, "failed", "given up", "made", "yield")
        worst = sorted(s.classes, key=lambda c: c.kept / max(1, c.planned))
        for c in s.classes if len(s.classes) <= SHOWN else worst[:SHOWN]:
            a = s.attempts[c.name]
            share = "" if a.yield_ is None else f"{a.yield_:.0%}"
            states = ("waiting", *stopped, "failed", "given_up")
            _row(table, c.name, f"{c.kept:,}", *(_blank(getattr(c, n)) for n in states), f"{a.made:,}", share)
        if len(s.classes) > SHOWN:
            _row(table, f"… {len(s.classes) - SHOWN} more, fuller than these")
        yield table
        yield from self._short("given up", s.given_up)
        for axis, levels in s.attributes.items():
            short = [_of(r) for r in levels if r.given_up]
            if short:
                yield _plain(f"  given up by {axis}: {', '.join(short[:8])}")
        if s.given_up:
            yield "given-up slots are tried again with more keep.attempts, another floor or another engine"
        yield from self._short("failed", s.failed)
        yield from self._stopped()
        if s.seconds_per_thousand is not None:
            spent, thousand = _span(sum(s.seconds.values())), _span(s.seconds_per_thousand)
            yield f"machine time: {spent}, or {thousand} for 1,000 kept images"
        if s.failed:
            yield f"next: {_type(f'mintage retry {shown(self.folder)}')}"
        elif total.waiting:
            yield f"next: {_type(f'mintage run {shown(self.folder)}')}"
        elif total.kept:
            typed = shown(self.folder)
            yield f"next: {_type(f'mintage report {typed}')} · {_type(f'mintage export {typed}')}"
        else:
            yield f"next: {_type(f'mintage report {shown(self.folder)}')} shows what was rejected, and why"

    def _stopped(self) -> Iterator["RenderableType"]:
        """Classes that would cost more than they give, and what to do about them."""
        s, typed = self.summary, shown(self.folder)
        for c in s.stopped[:SHOWN]:
            yield f"[yellow]{_plain(c.name)}: {c.passed} of its first {c.of} images kept: stopped[/]"
        if len(s.stopped) > SHOWN:
            yield f"[yellow]… and {len(s.stopped) - SHOWN} more[/]"
        if s.stopped:
            yield (
                f"stopped classes cost more than they give: look at {_type(f'mintage report {typed}')}; reword them"
                f" (called:, description:), use another engine, or {_type(f'mintage run {typed} --despite yield')}"
            )

    def _short(self, what: str, rows: tuple[Shortfall, ...]) -> Iterator["RenderableType"]:
        for r in rows[:SHOWN]:
            place = f", most with {r.where}" if r.where else ""
            yield _plain(f"{what}: {r.slots:,} of {r.name}{place}: {r.reason}")


def _blank(n: int) -> str:
    return f"{n:,}" if n else "–"


def _of(r: Reached) -> str:
    return f"{r.name} {r.given_up:,} of {r.planned:,}"


@dataclass(frozen=True)
class ReportPage(Shown):
    """Where the report and the contact sheet lie."""

    page: Path
    sheet: Path

    def __rich__(self) -> "RenderableType":
        return _plain(f"report: {shown(self.page)}\ncontact sheet: {shown(self.sheet)}")


@dataclass(frozen=True)
class DemoPage(Shown):
    """What the demo made, where to look, and what to type next."""

    status: StatusPage
    report: ReportPage

    def __rich__(self) -> "RenderableType":
        return _group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        folder = self.status.folder
        typed = shown(folder)
        yield from list(self.status.parts())[:-1]
        yield "\n[bold]look at[/]"
        yield _two_columns(
            (_plain(shown(self.report.page)), "pictures kept and rejected, scores, balance: open it in a browser"),
            (_plain(shown(self.report.sheet)), "one picture of it all"),
            (_plain(shown(folder / "images")), "every image, by class"),
        )
        yield "\n[bold]type next[/]"
        yield _two_columns(
            (_type(f"mintage export {typed} --val 0.2"), "a folder for your trainer"),
            (
                _type(f"mintage plan {typed}"),
                _plain(f"after an edit of {shown(folder / 'dataset.yaml')}: what would change"),
            ),
            (_type("mintage engines mini"), "what the embedded engine can draw"),
            (_type("mintage new zoo --classes lemon,chair"), "a set of your own"),
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
        return _plain(f"{self.images:,} images as {self.format}: {shown(self.path)}")


@dataclass(frozen=True)
class GalleryPage(Shown):
    """Some samples, as pictures in a notebook and as lines elsewhere."""

    samples: tuple[Sample, ...]

    def __rich__(self) -> "RenderableType":
        table = _table("label", "prompt", "file")
        for s in self.samples:
            _row(table, s.label, s.prompt, str(s.path))
        return table

    def _repr_html_(self) -> str:
        style = "display:grid;grid-template-columns:repeat(auto-fill,minmax(110px,1fr));gap:8px;font:12px system-ui"
        return f'<div style="{style}">' + "".join(s._repr_html_() for s in self.samples) + "</div>"
