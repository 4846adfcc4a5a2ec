"""Fills what dataset.yaml leaves open, by its writer: values of `auto` axes, meanings, look-alikes."""

import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from mintage.core import registry, specfile
from mintage.core.errors import MintageError, Problem, shown
from mintage.core.ledger import Ledger
from mintage.core.lock import MakerLock
from mintage.core.plan_mistakes import unpriced
from mintage.core.ports import Writer
from mintage.core.spec import DatasetSpec, Use
from mintage.core.spec_writing import put
from mintage.pictures import write_atomically
from mintage.results.filling import Filling, Gap, gaps_of
from mintage.results.questions import Asking, book_lost, lost_before, who


@dataclass(frozen=True)
class Proposal:
    """What was put into dataset.yaml, and what it took. Money in dollars.

    `gaps`: what was open, with what came of each; none: nothing was. `reused`: answers that an earlier call had got
    and that were in no file yet; `lost`: what such a call had sent when it died, at its bound. `short`: why the budget
    ended it, else empty.
    """

    by: str = ""
    gaps: tuple[Gap, ...] = ()
    cost: float = 0.0
    reused: int = 0
    lost: float = 0.0
    short: str = ""
    instead_of: str = ""
    """The writer of the spec, where it proposes nothing and the grammar was asked."""

    @property
    def missing(self) -> list[Gap]:
        """What a set cannot do without and did not get: an axis, a look-alike."""
        return [gap for gap in self.gaps if gap.kind != "meaning" and not gap.entries]


def propose(folder: Path, count: int, tell: Callable[[int, int], None]) -> Proposal:
    """Ask the writer for what is open in a folder's dataset.yaml, and put what passes into it, all or nothing.

    Args:
        folder: the run's.
        count: how many values an axis should get.
        tell: hears of progress: questions answered, of those that were asked together.

    Raises:
        MintageError: nothing that is needed can be proposed; the file was changed meanwhile, or cannot be edited; a run
            goes on; the server stops.
    """
    path = (folder / specfile.FILE).resolve()
    spec = specfile.read(path).placed(folder)
    if not gaps_of(spec, count):
        return Proposal()
    writer = _writer(spec)
    problems = unpriced(spec, writer, {}, [])
    if problems:
        raise MintageError(*specfile.located(problems, folder))
    if not writer.calls_model:
        return _proposed(folder, path, Asking(writer), count)
    with MakerLock(folder), closing(Ledger(folder)) as ledger:
        lost = lost_before(ledger)
        book_lost(ledger, lost)
        purse = ledger.purse(spec.budget.dollars if spec.budget else None, None)
        return _proposed(folder, path, Asking(writer, ledger, purse, lost=sum(lost.values()), tell=tell), count)


def _writer(spec: DatasetSpec) -> Writer:
    """The spec's own; for one that proposes nothing, the grammar."""
    writer: Writer = registry.build("writers", spec.write, spec)
    if type(writer).propose is Writer.propose:
        writer = registry.build("writers", Use(use="grammar"), spec)
    return writer


def _proposed(folder: Path, path: Path, asking: Asking, count: int) -> Proposal:
    raw = path.read_bytes()
    filling = Filling(folder, raw.decode(), asking)
    steps = gaps_of(filling.spec, count)
    if asking.writer.calls_model:  # a file that cannot be edited is told before anything is asked, and paid
        put(filling.text, [e for step in steps for gap in step for e in replace(gap, given=["VALUE", "VALUE"]).entries])
    asking.writer.load()
    filling.fill(steps)
    gaps = tuple(gap for step in steps for gap in step)
    told = (asking.spent, asking.reused, asking.lost, asking.purse.short)
    named = filling.spec.write.use
    proposal = Proposal(who(asking.writer), gaps, *told, instead_of="" if named == asking.writer.name else named)
    if any(gap.entries for gap in gaps):
        _write(path, raw, filling.text, folder)
    asking.settle([(gap.kind, gap.name) for gap in gaps if not gap.held])
    if proposal.missing and not proposal.short and not any(gap.entries for gap in gaps):
        problems = [Problem(gap.short_of, gap.where, type_this=to_type(gap, folder)) for gap in proposal.missing]
        raise MintageError(*specfile.located(problems, folder))
    return proposal


def to_type(gap: Gap, folder: Path) -> str:
    """What a user can type to have a gap filled."""
    if gap.held:
        return f"mintage propose {shown(folder)}"
    own = {
        "values": f"axes: {{{gap.name}: [VALUE, VALUE]}}",
        "lookalikes": f"{gap.name}: {{lookalikes: [THING, THING]}}",
        "meaning": f"{gap.name}: {{kind: …, description: …}}",
    }
    model = ", or have a model write: `write: {use: openai, model: …}`" if gap.by.startswith("grammar") else ""
    return own[gap.kind] + model


def _write(path: Path, raw: bytes, text: str, folder: Path) -> None:
    if not path.is_file() or path.read_bytes() != raw:
        raise MintageError(
            f"{specfile.FILE} was changed while the writer was asked, and nothing was put into it",
            where=str(shown(folder / specfile.FILE)),
            expected="the same file; what was answered and still fits is not asked for again",
            type_this=f"mintage propose {shown(folder)}",
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    write_atomically(path, text.encode())
    path.chmod(mode)
