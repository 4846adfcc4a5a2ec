"""One call of `run` or `retry`: lock, order, stages, rounds, progress."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mintage.core import registry, specfile
from mintage.core.decide import Policy
from mintage.core.errors import MintageError, did_you_mean, shown
from mintage.core.history import keys_of
from mintage.core.ledger import Ledger
from mintage.core.ledger_reading import LedgerReader
from mintage.core.ledger_words import stranded
from mintage.core.lock import MakerLock
from mintage.core.parents import Parents, References
from mintage.core.passing import LOST
from mintage.core.plan import ASIDE, Plan, engine_of
from mintage.core.pool import AllParents
from mintage.core.ports import Engine, Stage
from mintage.core.purse import BudgetReached, Paid, Purse
from mintage.core.recipe import Fact, Recipe, Sample, digest, maker_of
from mintage.core.spec import DatasetSpec, Use
from mintage.flow import Flow
from mintage.pages.progress import Progress, counted, track
from mintage.pages.status import StatusPage
from mintage.pictures import Folder
from mintage.pictures.cutouts.references import read_references
from mintage.results.questions import PROPOSAL
from mintage.results.remake import REMAKE
from mintage.results.summary import Summary, summarise
from mintage.stages.former import FormerStage
from mintage.stages.image import ImageStage
from mintage.stages.parents import ParentFiles
from mintage.stages.score import ScoreStage
from mintage.stages.words import GRAMMAR, WordsStage

_OURS = re.compile(r"\.[0-9a-f]{32}\.partial")


OF_RUN = {REMAKE: "remake", PROPOSAL: "proposal"}
"""Facts of the run that cost money → what a person calls them."""

DESPITE = ("yield",)
"""What a run can be made to go on despite: a class whose first 20 images keep less than a fifth."""


class Making:
    """Iterate to get samples as they finish (breaking off is safe), or call `finish()`.

    Each is yielded when it is judged: kept, rejected, refused or failed. The folder is locked while it goes on.
    """

    def __init__(
        self,
        folder: Path,
        *,
        limit: int | None = None,
        again: bool = False,
        retry: bool = False,
        preview: int | None = None,
        words: bool = False,
        despite: Collection[str] = (),
    ) -> None:
        if limit is not None and (not isinstance(limit, int) or limit < 1):
            raise MintageError(f"--limit is {limit}", expected="a number of images, at least 1")
        odd = next((d for d in despite if d not in DESPITE), None)
        if odd is not None:
            raise MintageError(f"--despite {odd}", expected=did_you_mean(odd, DESPITE))
        self.folder = folder.absolute()  # whatever the working directory is when the stream goes on
        self.limit = limit
        self.again = again
        self.retry = retry
        self.preview = preview
        self.words = words
        self.despite = despite
        self.reached: Summary | None = None
        """What was reached, once it has ended or was broken off."""

    def __repr__(self) -> str:
        return "not begun: iterate over it, or call .finish()"

    def finish(self) -> StatusPage:
        """Make all of it, or as much as the budget bears; what was reached."""
        short = ""
        try:
            for _ in self:
                pass
        except BudgetReached as reached:
            short = str(reached)
        assert self.reached is not None
        return StatusPage(self.reached, self.folder, short, worded=self.words)

    def __iter__(self) -> Iterator[Sample]:
        with MakerLock(self.folder):
            _sweep(self.folder)
            ledger = Ledger(self.folder)
            try:
                yield from self._rounds(ledger)
            finally:
                ledger.close()

    def _rounds(self, ledger: Ledger) -> Iterator[Sample]:
        spec = keys_of(specfile.read(self.folder / specfile.FILE), [o.value["keys"] for o in ledger.all("order")])
        probing = self.preview is not None or was_probed(ledger)
        plan = Plan.of(spec, self.folder, reader_of(spec, write=True), probing=probing)
        policy = plan.policy(self.again or _set_aside(ledger, plan))
        ledger.labels = spec.label_of
        _order(ledger, plan, policy)
        owed = ledger.owed()
        _lose(ledger, owed)
        ledger.lose(stranded(ledger))
        purse = ledger.purse(spec.budget.dollars, spec.budget.images) if spec.budget else ledger.purse(None, None)
        with Progress(summarise(ledger, spec, stopping="yield" not in self.despite)) as progress:
            if owed:
                progress.say(_in_flight(owed))
            flow = build_flow(ledger, plan, progress, purse)
            flow.stopping = "yield" not in self.despite
            if self.retry:
                _give_back(ledger)
            try:
                for sample in self._made(flow):
                    progress.sample(sample)
                    yield sample
            finally:
                self.reached = summarise(ledger, spec, stopping="yield" not in self.despite)
        if purse.short:
            raise _reached(purse, self.reached, self.folder)

    def _made(self, flow: Flow) -> Iterator[Sample]:
        if self.words:
            return flow.wording()
        if self.preview is not None:
            return flow.preview(self.preview)
        return flow.retry() if self.retry else flow.rounds(self.limit)


def _lose(ledger: Ledger, owed: Mapping[Paid, float]) -> None:
    """Book as lost what an earlier run had sent and nobody can be asked for: all but images, whose engines may know
    their tickets. Otherwise it would be owed for ever where its recipe is no longer wanted."""
    of_run = {paid: bound for paid, bound in owed.items() if paid[1] in OF_RUN}
    for (ticket, name), bound in of_run.items():
        ledger.note(name, {"ticket": ticket}, "failed", bound, f"{LOST}in flight when an earlier command ended")
    ledger.lose({paid: bound for paid, bound in owed.items() if paid[1] != "image" and paid not in of_run})


def _in_flight(owed: Mapping[Paid, float]) -> str:
    """What an earlier run had sent when it ended."""
    kinds = {"image": "image", "words": "prompt", **OF_RUN}
    counts = Counter(kinds.get(name, "score") for _, name in owed)
    parts = [f"{n:,} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items()]
    said = f"{' and '.join(parts)} in flight when an earlier run ended"
    most = sum(owed.values())
    return f"{said}: at most ${most:,.2f}, which count as spent unless their results can be fetched" if most else said


def _reached(purse: Purse, reached: Summary, folder: Path) -> BudgetReached:
    waiting = reached.total.waiting
    return BudgetReached(
        f"stopped by the budget: {purse.short}; {waiting:,} images are still to be made",
        where=str(shown(folder / specfile.FILE)),
        expected=f"a larger budget: `mintage plan {shown(folder)}` says what the rest is expected to cost",
        type_this=f"edit budget: in {specfile.FILE}, then mintage run {shown(folder)}",
    )


def reader_of(spec: DatasetSpec, *, write: bool) -> Callable[[bool], References]:
    """Reads the real images that a spec names, with progress; `write`: cut-outs are kept for the next time."""

    def read(masks: bool) -> References:
        with counted("reading references") as tell:
            return read_references(spec, spec.folder, masks=masks, write=write, tell=tell)

    return read


def was_probed(ledger: LedgerReader) -> bool:
    """Whether the set has the probes of a preview: then it keeps them, and they cost nothing more."""
    last = ledger.newest("order")
    return last is not None and bool(last.value.get("probing"))


def build_flow(ledger: Ledger, plan: Plan, progress: Progress, purse: Purse) -> Flow:
    """The stages of a plan over a ledger."""
    use = plan.spec.references
    parents = ParentFiles(plan.references, ledger.sample, use, None, ledger.folder / "cutouts")
    scores: list[Stage] = [ScoreStage(s, plan.techniques, ledger.vectors.get, parents, purse) for s in plan.scorers]
    grammar = registry.build("writers", Use(use=GRAMMAR), plan.spec)
    words = WordsStage(plan.writer, plan.techniques, plan.engines, plan.verbs, purse, grammar, ledger.saying)
    pool = AllParents(plan.references, use.sure, ledger, plan.unparented)
    images = image_stages(ledger, plan, parents, purse)
    return Flow(ledger, plan, words, images, scores, progress.tell, pool, purse=purse)


def image_stages(ledger: LedgerReader, plan: Plan, parents: Parents, purse: Purse) -> Callable[[Recipe], Stage]:
    """One stage for each engine and its options: techniques share it; an earlier engine's ticket goes back to it."""
    store = Folder(ledger.folder)
    stages: dict[str, Stage] = {}
    named = {use.use for use in (plan.spec.make, *plan.spec.make.others.values())}

    def stage_by(engine: Engine) -> Stage:
        sized = parents.sized(engine.size)
        return ImageStage(engine, plan.techniques, plan.verbs, sized, store, ledger.folder, purse)

    def stage_of(recipe: Recipe) -> Stage:
        options = {k: v for k, v in recipe.settings.items() if k not in ASIDE}
        maker = maker_of(recipe.engine, options)
        if maker not in stages:
            present = next((e for e in plan.engines.values() if maker_of(e.name, e.settings) == maker), None)
            if present is not None:
                stages[maker] = stage_by(present)
            elif recipe.engine in named:
                stages[maker] = stage_by(engine_of(recipe, plan.spec))
            else:
                stages[maker] = FormerStage(lambda: stage_by(engine_of(recipe, plan.spec)), purse)
        return stages[maker]

    return stage_of


def _set_aside(ledger: Ledger, plan: Plan) -> bool:
    """Whether an earlier `--again` holds: until the makers change, or the images that it set aside would come back."""
    last = ledger.newest("order")
    return last is not None and last.value["policy"]["again"] and last.value["policy"]["makers"] == plan.makers


def _order(ledger: Ledger, plan: Plan, policy: Policy) -> None:
    """Write a new order if the spec or what decides is another than that of the newest one."""
    spec = plan.spec
    value: dict[str, Any] = {
        "spec": _dump(spec),
        "keys": {n: spec.key_of(n) for n in spec.classes},
        "policy": asdict(policy),
        "counts": dict(plan.counts),
        "probing": plan.probing,
    }
    last = ledger.newest("order")
    with counted("deciding") as tell:
        if last is not None and digest(dict(last.value)) == digest(value):
            ledger.refresh(policy, tell)
            return
        total = sum(plan.total(name) for name in spec.classes)
        ledger.order(track(plan.rows(), total, "planning"), value, policy, tell)


def _dump(spec: DatasetSpec) -> dict[str, Any]:
    return spec.model_dump(mode="json", by_alias=True)


def _sweep(folder: Path) -> None:
    """Remove what a killed run left half-written: our own temporary names, under the lock."""
    for place in (folder / "images").glob("*"):
        if place.is_dir() and not place.is_symlink():
            for partial in place.glob(".*.partial"):
                if _OURS.fullmatch(partial.name):
                    partial.unlink(missing_ok=True)


def _give_back(ledger: Ledger) -> None:
    """Note kept images whose files are gone, so that `retry` makes them again by the same recipes."""
    gone = []
    for _, sample in ledger.samples(state="kept"):
        if sample.path is not None and not sample.path.is_file():
            words, made_by = sample.facts["words"].number, sample.facts["image"].made_by
            gone.append(Fact(sample.id, "image", "failed", None, words, made_by, "its file is gone"))
    if gone:
        ledger.add(gone)
