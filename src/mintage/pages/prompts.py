"""What `prompts` shows: prompts with what was made from them, what they tell of their attributes, what was edited."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from mintage.core.errors import MintageError, shown
from mintage.core.ledger import Ledger
from mintage.core.ledger_reading import LedgerReader
from mintage.core.ledger_words import worded_as
from mintage.core.spec import DatasetSpec
from mintage.pages import figures
from mintage.pages.cells import group, plain, to_type
from mintage.pages.progress import counted
from mintage.pages.shown import Shown
from mintage.results.coverage import WrittenCoverage, written_coverage
from mintage.results.distinct import Distinct, distinct_words
from mintage.results.edits import Edited, Edits, apply, edit_one, put_back
from mintage.results.prompts import Briefs, Prompt, Which, find_prompts, keys_for, stream_prompts
from mintage.results.prompts_csv import read_edits, write_csv

if TYPE_CHECKING:
    from rich.console import RenderableType

ID = 12
"""Digits of an id that are shown: enough to tell it from all others."""

SHORT = 100
"""Characters that are shown of a prompt that did not do."""

FEW = 20
"""Edits that are shown one by one."""


@dataclass(frozen=True)
class PromptsPage(Shown):
    """Some prompts of `total`. `told`: what those of the set say of their attributes; None where that was not asked."""

    rows: tuple[Prompt, ...]
    total: int
    folder: Path
    told: WrittenCoverage | None = None
    asked: str = ""
    """Which prompts, as it is typed."""
    distinct: Distinct | None = None
    """Of a model's prompts, where `told` is there too."""

    def __rich__(self) -> "RenderableType":
        return group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        for row in self.rows:
            yield from _row(row)
        typed = f"mintage prompts {shown(self.folder)}"
        if len(self.rows) < self.total:
            every = to_type(f"{typed}{self.asked} --limit 0")
            yield f"{len(self.rows):,} of {self.total:,} prompts; all of them: {every}"
        else:
            yield _many(self.total, "prompt")
        if self.told is not None:
            yield from told(self.told)
        if self.distinct is not None and self.distinct.dropping:
            of = _many(self.distinct.asked, "prompt")
            yield f"the model left out attributes in {self.distinct.dropping:,} of {of}, and was asked again"
        if self.distinct is not None and self.distinct.prompts:
            of = _many(self.distinct.prompts, "prompt")
            yield f"distinct, class and attribute words taken out: {self.distinct.share:.0%} of {of} by the model"
        if self.rows:
            yield f"edit one: {to_type(f'{typed} --edit {self.rows[0].id[:ID]} --to {chr(39)}…{chr(39)}')}"


@dataclass(frozen=True)
class PromptsFile(Shown):
    """Where prompts were exported to, and how many."""

    path: Path
    total: int
    folder: Path
    rows: tuple[Prompt, ...] = ()

    def __rich__(self) -> "RenderableType":
        return group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        yield plain(f"{_many(self.total, 'prompt')}: {shown(self.path)}")
        take = to_type(f"mintage prompts {shown(self.folder)} --take {shown(self.path)}")
        yield f"after an edit of its columns prompt and negative: {take}"


@dataclass(frozen=True)
class EditsPage(Shown):
    """What was edited, and what no longer counts for it. `rows`: these prompts as they stand now; `undone`: they have
    their earlier words again."""

    edits: Edits
    rows: tuple[Prompt, ...]
    folder: Path
    undone: bool = False

    def __rich__(self) -> "RenderableType":
        return group(self._parts())

    def _parts(self) -> Iterator["RenderableType"]:
        edits, typed = self.edits, shown(self.folder)
        for one in edits.done[:FEW]:
            yield from _edit(one)
        if len(edits.done) > FEW:
            yield f"… and {len(edits.done) - FEW:,} more"
        alike = f"; {edits.same:,} as they were" if edits.same else ""
        yield f"{_many(len(edits.done), 'prompt')} edited{alike}"
        if not edits.done:
            return
        wrong = sum(bool(one.wrong) for one in edits.done)
        if wrong:
            yield f"[yellow]{wrong:,} of them would not pass the checks; they are taken as you wrote them[/]"
        there = sum(one.put_back for one in edits.done)
        if there:
            yield f"{_many(there, 'image')} made from the same words before {'counts' if there == 1 else 'count'} again"
        yield from self._unmade()
        back = f"mintage prompts {typed} --back {edits.done[0].was.id[:ID]}"
        again = "" if self.undone else f"; or put the words before back: {to_type(back)}"
        yield f"next: {to_type(f'mintage run {typed}')}{again}"

    def _unmade(self) -> Iterator[str]:
        gone = sum(bool(one.was.image) and not one.put_back for one in self.edits.done)
        if not gone:
            return
        cost = self.edits.cost
        price = ", at a price that nobody can say" if cost is None else f", for at most {figures.dollars(cost)}"
        price = price if cost != 0 else ""
        does = (
            "does not count any more, stays on the disk and is" if gone == 1 else "do not count any more, stay and are"
        )
        yield f"{_many(gone, 'image')} of the old words {does} made again{price}"


def list_prompts(ledger: LedgerReader, spec: DatasetSpec, which: Which, limit: int) -> PromptsPage:
    """The first prompts that are asked for; where it is all of a class or of the set, also what they tell."""
    if limit < 0:
        raise MintageError(f"--limit is {limit}", expected="a number of prompts; 0 for all")
    with counted("reading prompts") as tell:
        rows, total = find_prompts(ledger, spec, which, limit, tell)
    written = distinct = None
    if which.is_all and which.technique is None:
        with counted("reading what they tell") as tell:
            written = written_coverage(ledger, spec, None if which.of is None else [which.of], tell)
            distinct = distinct_words(ledger, spec, keys_for(spec, which))
    return PromptsPage(rows, total, ledger.folder, written, _typed(which), distinct)


def _typed(which: Which) -> str:
    """The options that ask for the same prompts."""
    told = {"--find": which.text, "--of": which.of, "--technique": which.technique}
    return "".join(f" {name} {quote(value)}" for name, value in told.items() if value) + " --wrong" * which.wrong


def export_prompts(ledger: LedgerReader, spec: DatasetSpec, which: Which, path: Path) -> PromptsFile:
    """All prompts that are asked for, in a new CSV file."""
    with counted("exporting prompts") as tell:
        return PromptsFile(path, write_csv(stream_prompts(ledger, spec, which, tell), path), ledger.folder)


def refuse_mixed(**given: object) -> bool:
    """Whether something is to be edited, of `--csv`, `--edit`, `--to`, `--take`, `--back`.

    Raises:
        MintageError: several at once, or `--edit` without `--to`, or the other way round.
    """
    there = [name for name, value in given.items() if value is not None]
    if there not in ([], ["csv"], ["edit", "to"], ["take"], ["back"]):
        said = " with ".join(f"--{name}" for name in there) + (" alone" if len(there) == 1 else "")
        raise MintageError(said, expected="--edit ID --to 'new words', or one of --csv, --take, --back")
    return bool(there) and there != ["csv"]


def edit_prompts(
    ledger: Ledger, spec: DatasetSpec, *, edit: str | None, to: str | None, take: Path | None, back: str | None
) -> EditsPage:
    """Give one prompt other words, or take an edited file, or put back what a prompt had before."""
    if edit is not None:
        edits = edit_one(ledger, spec, edit, to or "")
    elif take is not None:
        with counted("checking rows") as tell:
            wanted, alike = read_edits(ledger, spec, take, tell)
        with counted("editing prompts") as tell:
            edits = replace(apply(ledger, Briefs(spec), wanted, tell), same=alike)
    else:
        edits = put_back(ledger, spec, back or "")
    ids = [done.was.id for done in edits.done]
    there, briefs = worded_as(ledger, ids), Briefs(spec)
    return EditsPage(edits, tuple(briefs.row(there[i]) for i in ids if i in there), ledger.folder, back is not None)


def told(written: WrittenCoverage) -> Iterator[str]:
    """What prompts as written tell of their attributes, a line each; nothing where there are none to be told."""
    groups: dict[tuple[int, int, int, int], list[str]] = {}
    for c in written.classes:
        groups.setdefault((c.every, c.planned, c.worded, c.told), []).append(c.name)
    if not written.prompts:
        return
    for (every, planned, worded, said), names in groups.items():
        who = "every class" if len(groups) == 1 else ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        of = f"of {every:,} planned" if planned == every else f"of {planned:,} planned and {every:,} that there are"
        yet = f", of {worded:,} in slots that have words" if worded < planned else ""
        yield plain(f"pairs of attributes told by the prompts: {said:,} {of}{yet} ({who})")
    if not written.dropping:
        yield f"every attribute is told in {_many(written.prompts, 'prompt')} that have some"
        return
    counts = [f"{n:,} leave{'s' if n == 1 else ''} out {k}" for k, n in written.dropped.items() if k]
    axes = [f"{axis} in {n:,} of {of:,}" for axis, (n, of) in written.by_axis.items() if n]
    yield (
        f"[yellow]{written.dropping:,} of {_many(written.prompts, 'prompt')} do not tell all attributes"
        f" ({', '.join(counts)}): {plain(', '.join(axes))}[/]"
    )


def _row(row: Prompt) -> Iterator[str]:
    yield f"[bold]{row.id[:ID]}[/]  {plain(f'{row.name}  {row.technique}-{row.number}  {row.state}, by {row.by}')}"
    yield f"    {plain(row.prompt)}" if row.prompt else "    [dim]no words[/]"
    if row.negative:
        yield f"    [dim]negative: {plain(row.negative)}[/]"
    if row.why:
        yield f"    [yellow]{plain(row.why)}[/]"
    for said, what in row.rejected:
        yield f"    [dim]not {plain(repr(said[:SHORT] + ('…' if said[SHORT:] else '')))}: {plain(what)}[/]"
    if row.wrong:
        yield f"    [yellow]{plain(row.wrong)}[/]"
    if row.image:
        yield f"    [dim]made from it: {plain(row.image)}[/]"
    if row.old_images:
        yield f"    [dim]{plain(_old(row.old_images))}[/]"
    if row.old_images and not row.image and row.again != 0:
        yield f"    made again for {'a price that nobody can say' if row.again is None else _most(row.again)}"


def _old(paths: Sequence[str]) -> str:
    return f"{_many(len(paths), 'image')} of old words: {', '.join(paths[:3])}{' …' if len(paths) > 3 else ''}"


def _edit(one: Edited) -> Iterator[str]:
    yield f"[bold]{one.was.id[:ID]}[/]  {plain(f'{one.was.name}  {one.was.technique}-{one.was.number}')}"
    yield f"    [dim]was: {plain(one.was.prompt)}[/]"
    yield f"    now: {plain(one.prompt)}"
    if one.negative != one.was.negative:
        yield f"    negative: {plain(one.negative)}"
    if one.wrong:
        yield f"    [yellow]{plain(one.wrong)}[/]"
    if one.was.image:
        yield f"    [dim]made from the old words: {plain(one.was.image)}[/]"


def _most(dollars: float) -> str:
    return f"at most {figures.price(dollars)}"


def _many(n: int, thing: str) -> str:
    return f"{n:,} {thing}{'' if n == 1 else 's'}"
