"""A run's folder: its spec, and its ledger opened as its newest order has it."""

from pathlib import Path
from typing import TypeVar

from mintage.core import specfile
from mintage.core.decide import Policy
from mintage.core.errors import MintageError, shown
from mintage.core.history import keys_of
from mintage.core.ledger import Ledger
from mintage.core.ledger_reading import LedgerReader, NothingMade
from mintage.core.spec import DatasetSpec

AnyLedger = TypeVar("AnyLedger", bound=LedgerReader)


class Opened:
    """What every command of a run starts from.

    Raises:
        MintageError: the folder holds no `dataset.yaml`.
    """

    def __init__(self, folder: Path | str) -> None:
        path = Path(folder).absolute()
        self.folder = path.parent if path.name == specfile.FILE else path
        if not (self.folder / specfile.FILE).is_file():
            what = "is not a run" if self.folder.exists() else "does not exist"
            raise MintageError(
                f"{shown(self.folder)} {what}: it has no {specfile.FILE}",
                expected="a folder that `mintage new` wrote",
                type_this="mintage new NAME --classes lemon,chair",
            )

    def __repr__(self) -> str:
        return f"mintage.open({str(self.folder)!r})"

    @property
    def spec(self) -> DatasetSpec:
        """`dataset.yaml` as it stands now, with the key of each class."""
        spec = specfile.read(self.folder / specfile.FILE)
        if not self._is_planned():
            return spec
        ledger = LedgerReader(self.folder)
        try:
            return keys_of(spec, [order.value["keys"] for order in ledger.all("order")])
        finally:
            ledger.close()

    def _is_planned(self) -> bool:
        """Whether an order was ever written; a run that was refused or killed at once leaves a ledger without one."""
        try:
            ledger = LedgerReader(self.folder)
        except NothingMade:
            return False
        try:
            return ledger.newest("order") is not None
        finally:
            ledger.close()

    def _unplanned(self) -> LedgerReader | None:
        """What was bought before the first order, as `propose` does; None: nothing."""
        try:
            return LedgerReader(self.folder)
        except NothingMade:
            return None

    def _reader(self) -> LedgerReader:
        return self._as_ordered(LedgerReader(self.folder))

    def _writer(self) -> Ledger:
        self._reader().close()  # so that a folder where nothing is made gets no ledger
        return self._as_ordered(Ledger(self.folder))

    def _set(self) -> DatasetSpec:
        """What the newest order asked for; `spec` may be edited since."""
        ledger = self._reader()
        try:
            return self._ordered(ledger)
        finally:
            ledger.close()

    def _as_ordered(self, ledger: AnyLedger) -> AnyLedger:
        order = ledger.newest("order")
        if order is None:
            ledger.close()
            raise MintageError(
                f"nothing is planned in {shown(self.folder)} yet", type_this=f"mintage run {shown(self.folder)}"
            )
        spec = self._ordered(ledger)
        ledger.labels = spec.label_of
        ledger.policy = Policy.from_dict(order.value["policy"])
        return ledger

    @staticmethod
    def _ordered(ledger: LedgerReader) -> DatasetSpec:
        """The spec that the newest order wrote down: what the set is now, whatever the file says."""
        order = ledger.newest("order")
        assert order is not None
        return DatasetSpec.model_validate(order.value["spec"]).with_keys(order.value["keys"])
