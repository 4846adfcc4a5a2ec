"""One maker per run folder: a lock that dies with its process, and the number of the process that holds it."""

import os
from pathlib import Path
from types import TracebackType

from mintage.core.errors import MintageError, shown


class MakerLock:
    """Held by `run` and `retry`, and under another name by `export`; readers do not need it.

    Raises (on entering):
        MintageError: another process has it; its process id is said.
    """

    def __init__(self, folder: Path, doing: str = "made") -> None:
        from filelock import FileLock

        self.folder = folder
        self.doing = doing
        name = {"made": "maker"}.get(doing, doing)
        self._lock = FileLock(folder / f".{name}.lock", timeout=0, thread_local=False)
        self._pid = folder / f".{name}.pid"

    def __enter__(self) -> "MakerLock":
        from filelock import Timeout

        try:
            self._lock.acquire()
        except Timeout:
            raise MintageError(
                f"{shown(self.folder)} is being {self.doing} by process {self._read() or 'unknown'}",
                expected="one at a time; `status` and `report` work beside it",
                type_this=f"mintage status {shown(self.folder)}",
            ) from None
        except OSError as error:
            raise MintageError(f"{self.folder} cannot be written to: {error.strerror or error}") from error
        try:
            self._pid.write_text(str(os.getpid()), encoding="utf-8")
        except OSError as error:
            self._lock.release()
            raise MintageError(f"{self.folder} cannot be written to: {error.strerror or error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pid.unlink(missing_ok=True)
        self._lock.release()

    def _read(self) -> str:
        try:
            return self._pid.read_text(encoding="utf-8").strip()
        except OSError:
            return ""
