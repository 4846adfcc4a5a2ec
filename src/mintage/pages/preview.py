"""What `preview` shows: a verdict on each class in words, and the pictures in one sheet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.errors import shown
from mintage.core.nouns import with_article
from mintage.core.recipe import Sample
from mintage.pages.cells import SHOWN, add_row, group, plain, to_type
from mintage.pages.sheet import draw_sheet, readable, save_sheet
from mintage.pages.shown import Shown
from mintage.results.preview import DRAWN, OTHERWISE, UNCLEAR, Look

if TYPE_CHECKING:
    from rich.console import RenderableType

FILE = "preview.png"

WORST_FIRST = (OTHERWISE, UNCLEAR, DRAWN)


@dataclass(frozen=True)
class PreviewPage(Shown):
    """A verdict on each class, and where the sheet lies. `ok`: no class is drawn as something else. `short`: why the
    budget ended it."""

    looks: tuple[Look, ...]
    folder: Path
    short: str = ""

    @property
    def ok(self) -> bool:
        return not any(look.verdict == OTHERWISE for look in self.looks)

    @property
    def exit_code(self) -> int:
        """Of the command line: 3 where the budget ended it."""
        return 3 if self.short else 0 if self.ok else 1

    @property
    def sheet(self) -> Path:
        return self.folder / FILE

    def __rich__(self) -> "RenderableType":
        return group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        if self.short:
            yield f"[yellow]{plain(self.short)}[/]"
        if self.short and not any(s.done("image") for look in self.looks for s in look.samples):
            return  # nothing can be said of pictures that are not there
        counts = [(v, sum(look.verdict == v for look in self.looks)) for v in (DRAWN, OTHERWISE, UNCLEAR)]
        yield f"{len(self.looks):,} classes: " + ", ".join(f"{n:,} {v}" for v, n in counts if n)
        shown_rows = _worst_first(self.looks)
        found = Table("class", "verdict", "pass", "why", box=SIMPLE_HEAD, pad_edge=False)
        for look in shown_rows[:SHOWN]:
            made = sum(s.done("image") is not None for s in look.samples)
            add_row(found, look.name, said(look), f"{look.passed} of {made}", look.why)
        if len(shown_rows) > SHOWN:
            add_row(found, f"… {len(shown_rows) - SHOWN} more")
        yield found
        for advice, names in _advised(shown_rows).items():
            some = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
            yield plain(f"{some}: what would do instead:")
            yield from (plain(f"  · {line}") for line in advice)
        yield plain(f"pictures: {shown(self.sheet)}")
        typed = shown(self.folder)
        if self.short:
            return
        yield f"next: {to_type(f'mintage run {typed}' if self.ok else f'mintage preview {typed}')}" + (
            "" if self.ok else " again after an edit of dataset.yaml"
        )


def said(look: Look) -> str:
    """A verdict in words, with what was drawn instead."""
    return f"{look.verdict}: {_named(look.instead)}" if look.instead else look.verdict


def _named(thing: str) -> str:
    return thing if thing.startswith("no ") else with_article(thing)


def _worst_first(looks: Sequence[Look]) -> list[Look]:
    return sorted(looks, key=lambda look: WORST_FIRST.index(look.verdict))


def _advised(looks: Sequence[Look]) -> Mapping[tuple[str, ...], list[str]]:
    """Advice → the classes that it is given for."""
    found: dict[tuple[str, ...], list[str]] = {}
    for look in looks:
        if look.advice:
            found.setdefault(look.advice, []).append(look.name)
    return found


def write_sheet(page: PreviewPage, kinds: Mapping[str, Sequence[Sample]], title: str, engine: str) -> None:
    """Write the sheet: a row for each class, those that want attention first, then what they were compared with."""
    words = {DRAWN: "drawn", OTHERWISE: "as", UNCLEAR: "cannot tell"}
    rows = []
    for look in _worst_first(page.looks):
        instead = _named(look.instead) if look.instead else "something else"
        verdict = f"as {instead}" if look.verdict == OTHERWISE else words[look.verdict]
        rows.append((f"{look.name}: {verdict}", readable(look.samples)))
    rows += [(f"compare: {with_article(kind)}", readable(samples)) for kind, samples in kinds.items()]
    save_sheet(draw_sheet(rows, title, note=f"first images of each class by {engine}, unpicked"), page.sheet)
