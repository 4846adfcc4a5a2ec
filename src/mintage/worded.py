"""The commands of a run that are about words: propose, prompts, tune."""

from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.errors import MintageError
from mintage.core.spec import DatasetSpec
from mintage.opened import Opened

if TYPE_CHECKING:
    from mintage.pages.prompts import EditsPage, PromptsFile, PromptsPage
    from mintage.pages.propose import ProposePage
    from mintage.pages.tune import TunePage


class Worded(Opened):
    """See `Run`, which has them."""

    def propose(self, *, values: int = 8) -> "ProposePage":
        """Have the writer fill what `dataset.yaml` leaves open: `auto` axes, meanings, look-alikes.

        What passes the checks is put into the file, with who proposed it; all else of the file stays as it is. A model
        that is paid keeps within the budget.

        Parameters
        ----------
        values
            So many values for each axis, 2 to 30.
        """
        from mintage.pages.progress import counted
        from mintage.pages.propose import ProposePage
        from mintage.results.propose import propose

        if not 2 <= values <= 30:
            raise MintageError(f"--values is {values}", expected="a number of values, from 2 to 30")
        with counted("asking the writer") as tell:
            return ProposePage(propose(self.folder, values, tell), self.folder)

    def prompts(
        self,
        *,
        find: str = "",
        of: str | None = None,
        technique: str | None = None,
        wrong: bool = False,
        limit: int = 20,
        csv: Path | None = None,
        edit: str | None = None,
        to: str | None = None,
        take: Path | None = None,
        back: str | None = None,
    ) -> "PromptsPage | PromptsFile | EditsPage":
        """List the prompts of the set, who wrote them, what was made from them; edit them. Works while a run goes on.

        An edited prompt replaces the words: what was made from the old ones no longer counts, and `run` makes it again.

        Parameters
        ----------
        find
            Only prompts that hold this text; case does not matter.
        of
            Only prompts of this class.
        technique
            Only prompts of this technique.
        wrong
            Only prompts that fail the checks, were written again, or by the grammar instead.
        limit
            Show so many; 0: all.
        csv
            Export all of them to this new file.
        edit
            The id of a prompt, or its beginning: give it the words of `--to`.
        to
            The new words.
        take
            Take an exported file back, with the prompts that were edited in it: all of them, or none if one is wrong.
        back
            The id of an edited prompt: put back the words before its last edit.
        """
        from mintage.pages.prompts import edit_prompts, export_prompts, list_prompts, refuse_mixed
        from mintage.results.prompts import Which

        if refuse_mixed(csv=csv, edit=edit, to=to, take=take, back=back):
            writer = self._writer()
            try:
                spec = self._checked_as_now(self._ordered(writer).placed(self.folder))
                return edit_prompts(writer, spec, edit=edit, to=to, take=take, back=back)
            finally:
                writer.close()
        ledger, which = self._reader(), Which(find, of, technique, wrong)
        try:
            spec = self._checked_as_now(self._ordered(ledger).placed(self.folder))
            return export_prompts(ledger, spec, which, csv) if csv else list_prompts(ledger, spec, which, limit)
        finally:
            ledger.close()

    def _checked_as_now(self, ordered: DatasetSpec) -> DatasetSpec:
        """The set as it was ordered, checked as `dataset.yaml` says now; as then, where that cannot be read."""
        try:
            now = self.spec
        except MintageError:
            return ordered
        return ordered.model_copy(update={"language": now.language, "safety": now.safety})

    def tune(
        self,
        *,
        model: str | None = None,
        to: Path | None = None,
        epochs: float = 3.0,
        held_out: float = 0.2,
        data_only: bool = False,
        remake: int | None = None,
        rate: float = 2e-4,
        rank: int = 16,
        batch: int = 8,
    ) -> "TunePage":
        """Tune a local language model on the prompts whose images were kept, and try it on classes that it never saw.

        It is a LoRA by supervised learning (trl, peft), and a writer at once: `write: {use: transformers, model: …,
        adapter: …}`. Its examples, and pairs with what was rejected, are written as JSONL for any tuning service.

        Parameters
        ----------
        model
            A folder with safetensors, or owner/name of a model hub.
        to
            A new or empty folder; by default the next `tuned/<number>` in the run's folder.
        epochs
            How often each example is seen.
        held_out
            Share of the classes that are not learnt from, above 0 and below 1.
        data_only
            Write the JSONL files and tune nothing.
        remake
            So many pictures are made with the prompts before, and with those after; by default 24 where they cost
            nothing.
        rate
            Of learning, at most.
        rank
            Of the LoRA.
        batch
            Examples at once.
        """
        from mintage.making import reader_of
        from mintage.pages.progress import counted
        from mintage.pages.tune import TunePage, write_curves
        from mintage.results.tuning import tune
        from mintage.results.tuning_train import Training

        if model is None and not data_only:
            raise MintageError("it is not said which model is to be tuned", type_this="--model PATH, or --data-only")
        ledger = self._reader()
        try:
            spec = self._ordered(ledger).placed(self.folder)
            tuned = tune(
                ledger,
                spec,
                reader_of(spec, write=False),
                counted,
                model=None if data_only else model,
                to=to,
                training=Training(epochs, rate, rank, batch),
                held_out=held_out,
                remake=remake,
            )
        finally:
            ledger.close()
        page = TunePage(tuned, self.folder)
        write_curves(page)
        return page
