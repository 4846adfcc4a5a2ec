"""What `status` and the end of a run show."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.errors import shown
from mintage.pages.cells import SHOWN, add_row, blank, group, plain, span, table_of, to_type
from mintage.pages.figures import dollars, price
from mintage.pages.shown import Shown
from mintage.results.summary import Reached, Shortfall, Summary

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True)
class StatusPage(Shown):
    """What a run has reached. `ok`: nothing failed, no class is stopped, and something is kept. `short`: why the budget
    ended it."""

    summary: Summary
    folder: Path
    short: str = ""
    worded: bool = False
    """Only words were asked for."""

    @property
    def ok(self) -> bool:
        s = self.summary
        nothing = not s.total.kept and s.total.given_up > 0
        return not s.failed and not s.stopped and not self.short and not nothing

    @property
    def exit_code(self) -> int:
        """Of the command line: 3 where the budget ended it."""
        return 3 if self.short else 0 if self.ok else 1

    def __rich__(self) -> "RenderableType":
        return group(self.parts())

    def parts(self) -> Iterator["RenderableType"]:
        """Line by line; the last says what to type next."""
        s = self.summary
        total = s.total
        yield f"[bold]{plain(s.name)}[/]: {total.kept:,} of {total.planned:,} images kept"
        stopped = ["stopped"] if s.stopped else []
        paid = ["spent"] if s.dollars else []
        table = table_of("class", "kept", "waiting", *stopped, "failed", "given up", "made", "yield", *paid)
        worst = sorted(s.classes, key=lambda c: c.kept / max(1, c.planned))
        for c in s.classes if len(s.classes) <= SHOWN else worst[:SHOWN]:
            a = s.attempts[c.name]
            share = "" if a.yield_ is None else f"{a.yield_:.0%}"
            own = [dollars(s.by_class.get(c.name, 0.0))] if paid else []
            states = ("waiting", *stopped, "failed", "given_up")
            add_row(table, c.name, f"{c.kept:,}", *(blank(getattr(c, n)) for n in states), f"{a.made:,}", share, *own)
        if len(s.classes) > SHOWN:
            add_row(table, f"… {len(s.classes) - SHOWN} more, fuller than these")
        yield table
        yield from self._short("given up", s.given_up)
        for axis, levels in s.attributes.items():
            short = [_of(r) for r in levels if r.given_up]
            if short:
                yield plain(f"  given up by {axis}: {', '.join(short[:8])}")
        yield from taken_up(s.given_up)
        yield from self._short("failed", s.failed)
        yield from self._stopped()
        yield from self._lookalikes()
        if s.seconds_per_thousand is not None:
            spent, thousand = span(sum(s.seconds.values())), span(s.seconds_per_thousand)
            yield f"machine time: {spent}, or {thousand} for 1,000 kept images"
        yield from self._words()
        yield from self._money()
        yield from self._made_by()
        if self.short:
            yield f"[yellow]{plain(self.short)}[/]"
        elif self.worded:
            look = to_type(f"mintage prompts {shown(self.folder)}")
            yield f"the first round is worded: {look}; then {to_type(f'mintage run {shown(self.folder)}')}"
        elif s.failed:
            yield f"next: {to_type(f'mintage retry {shown(self.folder)}')}"
        elif total.waiting:
            yield f"next: {to_type(f'mintage run {shown(self.folder)}')}"
        elif total.kept:
            typed = shown(self.folder)
            yield f"next: {to_type(f'mintage report {typed}')} · {to_type(f'mintage export {typed}')}"
        else:
            yield f"next: {to_type(f'mintage report {shown(self.folder)}')} shows what was rejected, and why"

    def _words(self) -> Iterator[str]:
        again, instead = self.summary.reworded
        if again or instead:
            more = f", {instead:,} worded by the grammar because that did not help" if instead else ""
            wrong = to_type(f"mintage prompts {shown(self.folder)} --wrong")
            yield f"prompts that did not pass the checks: {again + instead:,} written again{more}: {wrong}"

    def _money(self) -> Iterator["RenderableType"]:
        """What was spent, of what, and what it came to for each kept image."""
        s, limit = self.summary, self.summary.budget
        if not s.dollars and not s.owed and not (limit and limit.dollars is not None):
            return
        of = f" of {dollars(limit.dollars)}" if limit and limit.dollars is not None else ""
        each = f", {price(s.dollars_per_image)} for each kept image" if s.dollars_per_image else ""
        count, most = s.lost
        lost = f"; at most {dollars(most)} of it for {count:,} answers that got lost" if count else ""
        yield f"spent: {dollars(s.dollars)}{of}{each}{lost}"
        if s.owed:
            yield f"beside it, sent and not answered: at most {dollars(s.owed)}, which the budget counts as spent"

    def _made_by(self) -> Iterator["RenderableType"]:
        """Who made the kept images, where that is more than one; whether it differs between classes."""
        if len(self.summary.makers) > 1:
            yield plain("made by: " + ", ".join(f"{maker} {n:,}" for maker, n in self.summary.makers.items()))
        if self.summary.uneven:
            maker, shares = self.summary.uneven
            least, most = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
            yield (
                f"[yellow]{plain(maker)} made {shares[most]:.0%} of {plain(most)} and {shares[least]:.0%} of"
                f" {plain(least)}: what its pictures have in common would tell a network the class[/]; make the earlier"
                f" ones again with {to_type(f'mintage run {shown(self.folder)} --again')}"
            )

    def _stopped(self) -> Iterator["RenderableType"]:
        """Classes that would cost more than they give, and what to do about them."""
        s, typed = self.summary, shown(self.folder)
        for c in s.stopped[:SHOWN]:
            yield f"[yellow]{plain(c.name)}: {c.passed} of its first {c.of} images kept: stopped[/]"
        if len(s.stopped) > SHOWN:
            yield f"[yellow]… and {len(s.stopped) - SHOWN} more[/]"
        if s.stopped:
            yield (
                f"stopped classes cost more than they give: look at {to_type(f'mintage report {typed}')}; reword them"
                f" (called:, description:), use another engine, or {to_type(f'mintage run {typed} --despite yield')}"
            )

    def _lookalikes(self) -> Iterator["RenderableType"]:
        """Beside the quotas: how many deceive."""
        for d in self.summary.lookalikes[:SHOWN]:
            effective = (
                "" if d.effective is None else f", {d.effective:,} of them more like it than a plain {d.decoy} is"
            )
            yield plain(f"look-alikes: {d.decoy} like {d.target}: {d.kept:,} of {d.made:,} kept{effective}")
        if len(self.summary.lookalikes) > SHOWN:
            yield f"look-alikes: … {len(self.summary.lookalikes) - SHOWN} more pairs"

    def _short(self, what: str, rows: tuple[Shortfall, ...]) -> Iterator["RenderableType"]:
        for r in rows[:SHOWN]:
            place = f", most with {r.where}" if r.where else ""
            yield plain(f"{what}: {r.slots:,} of {r.name}{place}: {r.reason}")


def taken_up(given_up: tuple[Shortfall, ...]) -> Iterator[str]:
    """What takes given-up slots up again: it depends on why they were."""
    refused = [r for r in given_up if r.reason.startswith("refused ")]
    if refused:
        yield (
            "what was refused twice is tried again with other words (called:, description:, another writer)"
            " or another model or engine"
        )
    if len(refused) < len(given_up):
        yield "what was tried too often is tried again with more keep.attempts, another floor or another engine"


def _of(r: Reached) -> str:
    return f"{r.name} {r.given_up:,} of {r.planned:,}"
