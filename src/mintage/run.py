"""Run: one method for each command, and the public Python API; start reading here."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintage.core.errors import MintageError, did_you_mean
from mintage.core.recipe import Sample
from mintage.core.spec import Use
from mintage.worded import Worded

if TYPE_CHECKING:
    from mintage.making import Making
    from mintage.pages.plan import PlanPage
    from mintage.pages.preview import PreviewPage
    from mintage.pages.references import ReferencesPage
    from mintage.pages.remake import RemakePage
    from mintage.pages.status import StatusPage
    from mintage.pages.tables import ExportPage, GalleryPage, ReportPage
    from mintage.results.dataset import Dataset


class Run(Worded):
    """A folder with a `dataset.yaml`, and what was made from it.

    Reading (`plan`, `status`, `samples`, `report`, …) works beside a maker. Nothing here imports torch, and nothing
    heavy is imported before a model runs.

    Raises:
        MintageError: the folder holds no `dataset.yaml`.
    """

    # ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────

    def plan(self) -> "PlanPage":
        """Say what `run` would make: counts, grid, coverage, engines, time, and what differs from the set now.

        Calls no model and writes nothing.
        """
        from mintage.core.plan import Plan
        from mintage.making import reader_of, was_probed
        from mintage.pages.plan import PlanPage
        from mintage.results.outlook import look_ahead

        ledger = self._reader() if self._is_planned() else self._unplanned()
        try:
            spec = self.spec
            probing = ledger is not None and was_probed(ledger)
            plan = Plan.of(spec, self.folder, reader_of(spec, write=False), probing=probing)
            return PlanPage(look_ahead(plan, plan.policy(), ledger), self.folder)
        finally:
            if ledger:
                ledger.close()

    def references(self) -> "ReferencesPage":
        """Look over the real images of `references`: usable, odd, where each object is; write references.png."""
        from mintage.pages.references import look_over

        return look_over(self.spec, self.folder)

    def make(
        self, *, limit: int | None = None, again: bool = False, despite: Sequence[str] = (), words: bool = False
    ) -> "Making":
        """Make what `dataset.yaml` asks for: words, images, scores, round after round.

        It can be stopped at any time; the next call continues.

        Parameters
        ----------
        limit
            Make at most this many images now.
        again
            Make new images in place of those by an earlier engine or other settings.
        despite
            `yield`: go on with a class whose first 20 images kept less than a fifth.
        words
            Word the first 20 slots of each class, and stop before any image: look at them with `mintage prompts`.
        """
        from mintage.making import Making

        return Making(self.folder, limit=limit, again=again, despite=despite, words=words)

    def preview(self, *, first: int = 6) -> "PreviewPage":
        """Make the first few images of each class and say which are drawn, and which are drawn as something else.

        They are a part of the set: `run` goes on from there, and a second preview makes nothing twice. The pictures lie
        in preview.png.

        Parameters
        ----------
        first
            So many images of each class, 4 to 8.
        """
        from mintage.core.plan import Plan
        from mintage.making import Making, reader_of
        from mintage.pages.preview import FILE, PreviewPage, write_sheet
        from mintage.reporting import refuse_foreign
        from mintage.results.preview import look_at

        if not 4 <= first <= 8:
            raise MintageError(f"--first is {first}", expected="a number of images, from 4 to 8")
        refuse_foreign(self.folder / FILE)
        short = Making(self.folder, preview=first).finish().short
        ledger = self._reader()
        try:
            spec = self.spec
            plan = Plan.of(spec, self.folder, reader_of(spec, write=False), probing=True)
            looks, kinds = look_at(ledger, plan, first)
        finally:
            ledger.close()
        page = PreviewPage(looks, self.folder, short)
        write_sheet(page, kinds, f"{spec.name}: preview", spec.make.use)
        return page

    def retry(self) -> "Making":
        """Try again what failed, make again what is gone from the disk, then go on as `run` does."""
        from mintage.making import Making

        return Making(self.folder, retry=True)

    def status(self) -> "StatusPage":
        """Say what is kept, waiting, stopped, failed and given up. Works while a run is going on."""
        from mintage.pages.status import StatusPage
        from mintage.results.summary import summarise

        ledger = self._reader()
        try:
            return StatusPage(summarise(ledger, self._ordered(ledger)), self.folder)
        finally:
            ledger.close()

    def remake(self, image: str) -> "RemakePage":
        """Make an image again by its recipe and say how far the two are apart. Replaces nothing.

        The new one, and both beside each other, lie in the run's folder under remakes/.

        Parameters
        ----------
        image
            Its id or the beginning of it, or its path (in the run, or in an export of it).
        """
        from mintage.making import reader_of
        from mintage.pages.remake import RemakePage, write_beside
        from mintage.results.remake import FOLDER, find, remake

        ledger = self._writer()  # what it costs is booked
        try:
            spec = self._ordered(ledger).placed(self.folder)
            remade = remake(ledger, spec, find(ledger, image), reader_of(spec, write=False), self.folder / FOLDER)
        finally:
            ledger.close()
        return RemakePage(remade, write_beside(remade))

    def report(self) -> "ReportPage":
        """Write report.html and contact_sheet.png into the run's folder. Works while a run is going on."""
        from mintage.pages.tables import ReportPage
        from mintage.reporting import write_pages

        ledger = self._reader()
        try:
            page, sheet = write_pages(ledger, self._ordered(ledger), self.folder)
        finally:
            ledger.close()
        return ReportPage(page, sheet)

    def export(
        self,
        format: str = "imagefolder",
        *,
        to: Path | None = None,
        val: float = 0.0,
        options: Mapping[str, str] | None = None,
    ) -> "ExportPage":
        """Write the kept images in a trainer's format, as a list that is frozen first.

        Parameters
        ----------
        format
            The exporter: imagefolder, or one of your own.
        to
            A new or empty folder; by default the next `exports/<format>-<number>` in the run's folder.
        val
            Share for a `val` split, 0 to 1; the rest is `train`. Children stay with their root.
        options
            The exporter's own options, e.g. `--options.negatives folder`.
        """
        from mintage.pages.progress import track
        from mintage.pages.tables import ExportPage
        from mintage.results.export import export

        splits = _splits(val)
        ledger = self._writer()
        try:
            use, spec = Use(use=format, options=dict(options or {})), self._ordered(ledger)
            target, images = export(ledger, spec, use, to, splits, lambda s, n: track(s, n, "exporting"))
        finally:
            ledger.close()
        return ExportPage(target, images, format)

    # ── Python only ─────────────────────────────────────────────────────────────────────────────────────────────────

    def samples(
        self,
        *,
        kept: bool | None = None,
        of: str | None = None,
        technique: str | None = None,
        best: bool = False,
        limit: int | None = None,
    ) -> Iterator[Sample]:
        """Attempts of the set as a stream, at most `limit`. `kept` True or False: only these; `of`: of this class;
        `technique`: by this one; `best`: by the first floor's score."""
        ledger = self._reader()
        try:
            spec = self._ordered(ledger)
            if of is not None and of not in spec.classes:
                raise MintageError(f"there is no class {of!r}", expected=did_you_mean(of, spec.classes))
            found = ledger.samples(
                state="kept" if kept else None,
                key=spec.key_of(of) if of else None,
                technique=technique,
                order="score" if best else "number",
                limit=limit if kept is not False else None,
            )
            count = 0
            for _, sample in found:
                if kept is None or sample.kept == kept:
                    count += 1
                    yield sample
                    if count == limit:
                        return
        finally:
            ledger.close()

    def show(self, n: int = 24, **which: Any) -> "GalleryPage":
        """At most `n` samples as pictures in a notebook, classes in turn. `which` as in `samples`; kept by default."""
        from mintage.pages.tables import GalleryPage

        which = {"kept": True} | which
        classes = [which.pop("of")] if "of" in which else list(self._set().classes)
        each = -(-n // max(1, len(classes)))
        groups = [list(self.samples(of=name, limit=each, **which)) for name in classes]
        mixed = [s for row in range(each) for g in groups for s in g[row : row + 1]]
        return GalleryPage(tuple(mixed[:n]))

    def dataset(self, split: str = "train", *, val: float = 0.0) -> "Dataset":
        """The kept images as a sequence of (PIL image, class index), ready for a data loader; no export needed.

        `split`: `train`, or `val`, which has a share of `val`, 0 to 1, as in `export`.
        """
        from mintage.core.splits import assign
        from mintage.results.dataset import Dataset

        splits = _splits(val)
        if split not in splits:
            raise MintageError(
                f"there is no split {split!r}", expected=f"one of {', '.join(splits)}; val needs val=0.2"
            )
        kept = list(self.samples(kept=True))
        spec = self._set()
        split_of = assign(splits, lambda: [s.recipe for s in kept if s.recipe.roots], spec.seed)
        return Dataset([s for s in kept if split_of(s.recipe) == split], tuple(spec.classes))


def _splits(val: float) -> dict[str, float]:
    """Split → share; `val` only where it has one."""
    if not 0 <= val < 1:
        raise MintageError(f"val is {val:g}", expected="a share of at least 0 and below 1, e.g. 0.2")
    return {"train": 1 - val} | ({"val": val} if val else {})


def open(folder: Path | str) -> Run:
    """A run by its folder."""
    return Run(folder)
