"""What engines have to download: the lines of `plan`, and what `fetch` shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.errors import shown
from mintage.core.passing import Weights
from mintage.pages import figures
from mintage.pages.shown import Shown

if TYPE_CHECKING:
    from rich.console import RenderableType


def needed(weights: Weights | None, advice: Sequence[str], folder: Path) -> Iterator[str]:
    """Markup, line by line: on this machine, or to be downloaded and how; what the engine says of its options."""
    from rich.markup import escape

    if weights is not None:
        size = figures.size(weights.bytes) if weights.bytes else "size unknown"
        licence = f"licence {weights.licence}" if weights.licence else "licence unknown"
        memory = f", about {figures.size(weights.memory_gb * 1e9)} of memory" if weights.memory_gb else ""
        state = "on this machine" if weights.here else "to be downloaded"
        yield escape(f"  {weights.model}: {size} {state}, {licence}{memory}")
        if weights.note:
            yield f"  [yellow]{escape(weights.note)}[/]"
        if not weights.here:
            yield f"  first: [bold cyan]{escape(f'mintage fetch {shown(folder)}')}[/]"
    yield from (f"  [yellow]{escape(line)}[/]" for line in advice)


@dataclass(frozen=True)
class FetchPage(Shown):
    """Engines and their weights, once they are fetched; None where an engine needs none. `ok`: all of them are here."""

    engines: Sequence[tuple[str, Weights | None]]

    @property
    def ok(self) -> bool:
        return all(w is None or w.here for _, w in self.engines)

    def __rich__(self) -> "RenderableType":
        from rich.markup import escape

        lines = []
        for name, weights in self.engines:
            if weights is None:
                lines.append(f"{name}: nothing to download")
            else:
                size = f", {figures.size(weights.bytes)}" if weights.bytes else ""
                lines.append(f"{name}: {weights.model} is {'' if weights.here else 'not '}on this machine{size}")
        return escape("\n".join(lines))
