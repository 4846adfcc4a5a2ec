"""What `propose` shows: what was put into dataset.yaml, what was refused and why, what it cost, what to type next."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.errors import shown
from mintage.core.specfile import FILE
from mintage.pages.cells import SHOWN, group, plain, to_type
from mintage.pages.figures import dollars
from mintage.pages.shown import Shown
from mintage.results.filling import Gap
from mintage.results.propose import Proposal
from mintage.results.propose import to_type as mending

if TYPE_CHECKING:
    from rich.console import RenderableType

FEW = 5
"""Words that were refused for one reason, or classes, that are told by name."""


@dataclass(frozen=True)
class ProposePage(Shown):
    """What was proposed. `ok`: nothing that a set needs is still open."""

    proposal: Proposal
    folder: Path

    @property
    def ok(self) -> bool:
        return not self.proposal.missing

    @property
    def exit_code(self) -> int:
        return 3 if self.proposal.short else 0 if self.ok else 1

    def __rich__(self) -> "RenderableType":
        return group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        p = self.proposal
        if not p.gaps:
            yield "there is nothing to propose: no axis is `auto`, and every class has its meaning and its look-alikes"
            yield self._next()
            return
        filled = [gap for gap in p.gaps if gap.entries]
        file = plain(shown(self.folder / FILE))
        if p.instead_of:
            yield f"the writer {plain(p.instead_of)} proposes nothing itself: the grammar does"
        yield f"put into {file}, by {plain(p.by)}:" if filled else f"nothing was put into {file}"
        for gap in filled[:SHOWN]:
            words = ": ".join(gap.given) if gap.kind == "meaning" else ", ".join(gap.given)
            by = "" if gap.by.startswith(p.by) else f" (by {gap.by})"
            yield plain(f"  {gap.where}: {words}{by}")
        if len(filled) > SHOWN:
            yield f"  … {len(filled) - SHOWN} more"
        yield from self._refused()
        yield from self._short()
        if p.cost or p.lost or p.reused:
            lost = f"; at most {dollars(p.lost)} more were in flight when an earlier call ended" if p.lost else ""
            again = f"; {p.reused:,} answers of an earlier call were taken again" if p.reused else ""
            yield f"cost: {dollars(p.cost)}{lost}{again}"
        if p.short:
            yield f"[yellow]stopped by the budget: {plain(p.short)}; go on with {self._type('propose')}[/]"
        yield self._next()

    def _refused(self) -> Iterator[str]:
        for gap in [g for g in self.proposal.gaps if g.refused][:SHOWN]:
            yield plain(f"refused for {gap.where}:")
            alike: dict[str, list[str]] = {}
            for word, why in gap.refused.items():
                alike.setdefault(why, []).append(repr(word))
            for why, words in alike.items():
                more = f" and {len(words) - FEW} more" if words[FEW:] else ""
                yield plain(f"  {', '.join(words[:FEW])}{more}: {why}")

    def _short(self) -> Iterator[str]:
        """What is open still, wholly or in part; classes with the same reason in one line."""
        alike: dict[tuple[str, str], list[Gap]] = {}
        for gap in self.proposal.gaps:
            if not gap.short_of or (gap.held and self.proposal.short):
                continue
            if gap.entries:
                yield plain(f"{gap.where} has {len(gap.given)} of {gap.count}: {gap.why or 'no more passed'}")
            else:
                alike.setdefault((gap.kind, gap.short_of), []).append(gap)
        for (kind, why), gaps in alike.items():
            names = ", ".join(gap.name for gap in gaps[:FEW]) + (f" and {len(gaps) - FEW} more" if gaps[FEW:] else "")
            what = {"values": "no values for", "lookalikes": "no look-alikes for", "meaning": "no meaning for"}[kind]
            yield f"[yellow]{plain(f'{what} {names}: {why}')}[/]; {plain(mending(gaps[0], self.folder))}"

    def _next(self) -> str:
        return f"next: {self._type('plan')}"

    def _type(self, command: str) -> str:
        return to_type(f"mintage {command} {shown(self.folder)}")
