"""Vectors of images: one flat float32 file per space (the weights that made them), rows named in the ledger."""

import errno
import sqlite3
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import Any

from mintage.core.recipe import digest


class Vectors:
    """A row is written before the ledger names it, so a killed run leaves at most rows that nothing names."""

    def __init__(self, folder: Path, db: sqlite3.Connection) -> None:
        self.folder = folder
        self.db = db
        self._open: dict[str, tuple[FileIO, int]] = {}

    def put(self, image: int, space: str, vector: Any) -> None:
        """Store the vector (1-D float array) of an image fact; inside the caller's transaction."""
        data = bytes(vector.astype("<f4").tobytes())
        if space not in self._open:
            self.folder.mkdir(exist_ok=True)
            path = self.path(space)
            last = self.db.execute("SELECT max(row) FROM vectors WHERE space = ?", (space,)).fetchone()[0]
            file = path.open("r+b" if path.exists() else "w+b", buffering=0)
            self._open[space] = (file, 0 if last is None else last + 1)
        self._fits(space, len(data))
        file, row = self._open[space]
        file.seek(row * len(data))
        if file.write(data) != len(data):
            raise OSError(errno.ENOSPC, "no space for a vector")
        self._open[space] = (file, row + 1)
        self.db.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", (image, space, row))

    def _fits(self, space: str, size: int) -> None:
        """Note the size of a space's rows with its first, and refuse others: they would fall into their neighbours."""
        name = f"vectors {space}"
        self.db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, str(size)))
        stored = int(self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0])
        if stored != size:
            raise ValueError(f"a vector of {size // 4} numbers in {space!r}, whose vectors have {stored // 4}")

    def path(self, space: str) -> Path:
        """The file of a space: its rows of float32, little-endian, nothing else."""
        return self.folder / f"{digest(space)}.f32"

    def get(self, space: str, images: Sequence[int]) -> dict[int, bytes]:
        """Image fact → the bytes of its vector, for those that have one; damaged rows are left out."""
        row = self.db.execute("SELECT value FROM meta WHERE name = ?", (f"vectors {space}",)).fetchone()
        if row is None or not self.path(space).exists():
            return {}
        size, found = int(row[0]), {}
        marks = ",".join("?" * len(images))
        sql = f"SELECT image, row FROM vectors WHERE space = ? AND image IN ({marks})"
        with self.path(space).open("rb") as file:
            for image, at in self.db.execute(sql, (space, *images)):
                file.seek(at * size)
                data = file.read(size)
                if len(data) == size and any(data):
                    found[image] = data
        return found

    def close(self) -> None:
        for file, _ in self._open.values():
            file.close()
        self._open.clear()
