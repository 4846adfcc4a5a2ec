"""What `plan` shows: counts, grid, coverage, engines and their weights, and what an edit changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.array import Coverage
from mintage.core.copying import COPY
from mintage.core.errors import shown
from mintage.core.specfile import FILE
from mintage.pages.cells import SHOWN, add_row, blank, group, plain, span, table_of, to_type
from mintage.pages.outlay import paid
from mintage.pages.prompts import told
from mintage.pages.shown import Shown
from mintage.pages.weights import needed
from mintage.results.outlook import Outlook

if TYPE_CHECKING:
    from rich.console import RenderableType

BROAD = 72
"""Characters of a table's columns before its levels become rows."""

WIDE = 3
"""With more techniques than this, they are the rows of the table if no more classes than this differ."""


def _alike(names: Sequence[str], every: bool) -> str:
    """What classes with the same numbers are called."""
    if len(names) == 1:
        return names[0]
    return "every class" if every else f"{names[0]} and {len(names) - 1} like it"


def _parted(columns: Sequence[str], room: int) -> Iterator[slice]:
    """The columns in parts that fit side by side, in so many characters."""
    start = used = 0
    for i, column in enumerate(columns):
        used += len(column) + 3
        if used > room and i > start:
            yield slice(start, i)
            start, used = i, len(column) + 3
    yield slice(start, len(columns))


@dataclass(frozen=True)
class PlanPage(Shown):
    """What `plan` shows. `cost` of what is still to be made; `coverage`: class → pairs of attributes."""

    outlook: Outlook
    folder: Path

    @property
    def cost(self) -> float | None:
        """Dollars, as far as attempts so far tell; if every first attempt passes, before there are any; None: some
        price is not known."""
        each = [o.expected if o.expected is not None else o.low for o in self.outlook.outlays]
        return None if any(e is None for e in each) else sum(e or 0.0 for e in each)

    @property
    def coverage(self) -> Mapping[str, Coverage]:
        return self.outlook.pairs

    def __rich__(self) -> "RenderableType":
        return group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        look = self.outlook
        yield f"[bold]{plain(look.name)}[/]: {look.images:,} images of {len(look.counts)} classes"
        yield self._counts()
        yield from self._meanings()
        yield from self._grids()
        yield from self._pairs()
        kept = " and ".join(look.floors) or "made"
        ranked = f"ranked by {', '.join(look.scorers)}" if look.scorers else "not ranked"
        yield f"words by {look.writer}; {ranked}; kept when {kept}"
        for e in look.engines:
            by = "put together from their parents, by no engine" if e.name == COPY else f"by {e.name}"
            yield f"{e.images:,} images {by} ({', '.join(e.techniques)})"
            yield from needed(e.weights, e.advice, self.folder)
        for prompt in look.prompts:
            yield plain(f"  e.g. {prompt!r}")
        if look.unsafe:
            yield "[yellow]safety: off: words for sexual pictures and gore are sent as they are[/]"
        if look.not_in_use:
            yield f"[yellow]not in use in this version: {plain(', '.join(look.not_in_use))}[/]"
        for axis in look.unfilled_axes:
            fill = to_type(f"mintage propose {shown(self.folder)}")
            yield f"[yellow]axes.{plain(axis)}: auto is left out[/] until {fill} fills it"
        yield from self._difference()
        yield from paid(look)
        if look.stopped:
            names = ", ".join(look.names[key] for key in look.stopped)
            again = to_type(f"mintage run {shown(self.folder)} --despite yield")
            yield f"[yellow]stopped, for too few of their first images pass: {plain(names)}[/]; go on with {again}"
        if look.to_make:
            seconds = look.expected_seconds
            time = "time unknown" if seconds is None else f"about {span(seconds)} if every first attempt passes"
            yield f"to make now: {look.to_make:,} images, {time}"
        if look.to_make or look.changes:
            yield f"next: {to_type(f'mintage run {shown(self.folder)}')}"

    def _counts(self) -> "RenderableType":
        techniques = list(dict.fromkeys(t for c in self.outlook.counts.values() for t in c))
        groups: dict[tuple[int, ...], list[str]] = {}
        for name, counts in self.outlook.counts.items():
            each = [counts.get(t, 0) for t in techniques]
            groups.setdefault((*each, sum(each), self.outlook.contexts[name]), []).append(name)
        if len(techniques) > WIDE and len(groups) <= WIDE:
            table = table_of("technique", *(_alike(names, len(groups) == 1) for names in groups.values()))
            for technique, cells in zip([*techniques, "images", "contexts"], zip(*groups, strict=True), strict=True):
                add_row(table, technique, *(f"{n:,}" for n in cells))
            return table
        table = table_of("class", *techniques, "images", "contexts")
        for name, counts in list(self.outlook.counts.items())[:SHOWN]:
            said = [f"{counts.get(t, 0):,}" for t in techniques]
            add_row(table, name, *said, f"{sum(counts.values()):,}", f"{self.outlook.contexts[name]:,}")
        if len(self.outlook.counts) > SHOWN:
            add_row(table, f"… {len(self.outlook.counts) - SHOWN} more")
        return table

    def _meanings(self) -> Iterator["RenderableType"]:
        """What is drawn for each class; those that are drawn by their name alone in one line."""
        look = self.outlook
        told = [m for m in look.meanings if m.told or m.drawn != m.name]
        if told:
            table = table_of("class", "drawn as")
            table.columns[1].justify = "left"
            for m in told[:SHOWN]:
                add_row(table, m.name, f"{m.drawn}: {m.told}" if m.told else m.drawn)
            if len(told) > SHOWN:
                add_row(table, f"… {len(told) - SHOWN} more")
            yield table
        bare = [m.name for m in look.meanings if not m.told and m.drawn == m.name]
        if bare:
            more = f" and {len(bare) - 6:,} more" if len(bare) > 6 else ""
            yield f"drawn by their names alone: {plain(', '.join(bare[:6]))}{more}"
        for m in [m for m in look.meanings if m.senses][:SHOWN]:
            yield (
                f"[yellow]{plain(m.name)} may be drawn as {plain(' or '.join(m.senses))}[/]: say which in"
                f" {FILE}, e.g. {to_type(f'{m.name}: {{description: {m.senses[0]}}}')}"
            )
        for names in look.twins:
            yield (
                f"[yellow]{plain(', '.join(names[:4]))}{' …' if len(names) > 4 else ''} differ in a size or a number"
                " alone, which a picture hardly shows[/]: one class, or a description of what can be seen"
            )

    def _grids(self) -> Iterator["RenderableType"]:
        """Class × level for each axis, or level × class where that is too wide; classes with equal rows share one."""
        axes = list(next(iter(self.outlook.grid.values()), {}))
        for axis in axes:
            by_row: dict[tuple[tuple[str, int], ...], list[str]] = {}
            for name, grid in self.outlook.grid.items():
                by_row.setdefault(tuple(grid[axis].items()), []).append(name)
            levels = [level for level, _ in next(iter(by_row))]
            groups = [_alike(names, len(by_row) == 1) for names in by_row.values()]
            numbers = [[f"{n:,}" for _, n in row] for row in by_row]
            title = f"images by {axis}"
            broad = max(len(title), *map(len, groups)) + sum(len(level) + 3 for level in levels)
            if broad > BROAD and len(groups) <= WIDE:
                levels, groups, numbers = groups, levels, [list(column) for column in zip(*numbers, strict=True)]
            first = max(len(title), min(max(map(len, groups)), BROAD // 3))
            for part in _parted(levels, BROAD - first):
                table = table_of(title, *levels[part])
                for name, cells in zip(groups, numbers, strict=True):
                    add_row(table, name, *cells[part])
                yield table

    def _pairs(self) -> Iterator["RenderableType"]:
        by_coverage: dict[Coverage, list[str]] = {}
        for name, coverage in self.outlook.pairs.items():
            by_coverage.setdefault(coverage, []).append(name)
        for c, names in by_coverage.items():
            who = "every class" if len(by_coverage) == 1 else ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
            at = f"all from {c.complete_at:,} images on" if c.complete_at else "not all within 20,000 images"
            yield f"pairs of attributes covered: {c.pairs:,} of {c.all_pairs:,} ({plain(who)}); {at}"
        if self.outlook.written is not None:
            yield from told(self.outlook.written)

    def _difference(self) -> Iterator["RenderableType"]:
        look, d = self.outlook, self.outlook.difference
        if d is None:
            return
        table = table_of("against the set now", "new", "kept", "waiting", "given up", "returning", "leaving")
        columns = (d.new, d.kept, d.unfilled, d.given_up, d.returning, d.leaving)
        keys = dict.fromkeys(k for c in columns for k in c)
        for key in keys:
            add_row(table, look.names.get(key, key), *[blank(c.get(key, 0)) for c in columns])
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
            yield plain(f"{old} is called {new} now: its images stay")
        if look.reworded:
            yield "prompts are worded anew for what is still to be made; made images keep theirs"
