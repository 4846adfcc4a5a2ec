"""What `tune` shows: what was learnt from, the loss, and what the model does before and after."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.errors import shown
from mintage.pages.cells import add_row, group, plain, table_of, to_type
from mintage.pages.curves import draw_curves
from mintage.pages.figures import percent
from mintage.pages.sheet import save_sheet
from mintage.pages.shown import Shown
from mintage.results.tuning import Tuned
from mintage.results.tuning_data import HELD_OUT, TRAIN

if TYPE_CHECKING:
    from rich.console import RenderableType

    from mintage.results.tuning_interval import Change

PICTURE = "loss.png"
SHOWN = 3
"""So many prompts are shown before and after."""


@dataclass(frozen=True)
class TunePage(Shown):
    """What was written and what it is worth. `run`: the run's folder."""

    tuned: Tuned
    run: Path

    @property
    def picture(self) -> Path:
        return self.tuned.folder / PICTURE

    def __rich__(self) -> "RenderableType":
        return group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        tuned, data = self.tuned, self.tuned.data
        table = table_of("", "to learn from", "held out", "held-out classes")
        for kind, what in (("supervised", "examples"), ("preference", "pairs")):
            counts = [f"{data.count(kind, split):,}" for split in (TRAIN, HELD_OUT)]
            add_row(table, what, *counts, _some(data.held_out) if kind == "supervised" else "")
        yield table
        if tuned.curves is None:
            yield plain(f"data: {shown(data.folder)}")
            yield f"next: {to_type(f'mintage tune {shown(self.run)} --model FOLDER-or-owner/name')}"
            return
        yield from self._compared()
        yield plain(f"loss curves: {shown(self.picture)}")
        yield plain(f"adapter, data, every prompt before and after: {shown(tuned.folder)}")
        yield f"next: in {plain(shown(self.run / 'dataset.yaml'))}: {to_type(self._use())}"

    def _compared(self) -> Iterator["RenderableType"]:
        tuned = self.tuned
        before, after, curves, passing = tuned.before, tuned.after, tuned.curves, tuned.passing
        assert before and after and curves and passing
        table = table_of("held-out classes", "before", "after", "difference, 95 % interval")
        losses = [loss for _, loss in curves.held_out]
        add_row(table, "loss a token", *(f"{loss:.2f}" for loss in (losses[0], losses[-1])), "")
        add_row(table, "prompts that pass the checks", *_change(passing))
        add_row(
            table, "distinct beside class and attributes", percent(before.distinct, 1), percent(after.distinct, 1), ""
        )
        if tuned.kept:
            add_row(table, f"kept of {tuned.kept.of} pictures made again", *_change(tuned.kept))
        yield table
        yield f"of the same {passing.of:,} briefs; {curves.steps:,} steps on {plain(curves.device)}"
        for sample, one, other in list(zip(tuned.data.asked, before.prompts, after.prompts, strict=True))[:SHOWN]:
            yield plain(f"  {sample.sample.label}: {_short(one)} → {_short(other)}")
        if passing.low <= 0:
            yield (
                "[yellow]the interval holds zero: it is not shown that tuning helped; more kept images, epochs, or a "
                "larger model may[/]"
            )

    def _use(self) -> str:
        adapter, home = self.tuned.folder, self.run
        below = adapter.relative_to(home).as_posix() if adapter.is_relative_to(home) else str(adapter)
        return f"write: {{use: transformers, model: {_quoted(self.tuned.model)}, adapter: {_quoted(below)}}}"


def _change(change: "Change") -> tuple[str, str, str]:
    sign = f"{100 * change.difference:+.0f} points, {100 * change.low:+.0f} to {100 * change.high:+.0f}"
    return percent(change.before, change.of), percent(change.after, change.of), sign.replace("-", "−")


def _quoted(text: str) -> str:
    """As YAML has it between braces."""
    return text if re.fullmatch(r"[\w./-]+", text) else json.dumps(text, ensure_ascii=False)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _short(prompt: str) -> str:
    return repr(prompt if len(prompt) <= 60 else f"{prompt[:59]}…")


def write_curves(page: TunePage) -> None:
    """Write the loss curves beside the adapter."""
    tuned = page.tuned
    if tuned.curves is None or tuned.training is None:
        return
    note = f"{tuned.data.count('supervised', TRAIN):,} examples, held out: {_some(tuned.data.held_out)}"
    curves = draw_curves(
        ("training", tuned.curves.training),
        ("held out", tuned.curves.held_out),
        f"{Path(tuned.model).name}, tuned",
        note,
        "loss a token",
    )
    save_sheet(curves, page.picture)
