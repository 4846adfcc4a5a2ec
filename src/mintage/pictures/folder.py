"""Stores a run's images in its folder."""

import hashlib
from pathlib import Path

from mintage.core.names import to_folder
from mintage.core.recipe import Recipe
from mintage.pictures.write import write_atomically


class Folder:
    """A `Store` on a local disk: `root/images/<class>/<technique>-<number>-<attempt>-<hash><suffix>`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes, recipe: Recipe, suffix: str) -> tuple[str, str]:
        """Write all or nothing; give (path inside the root with forward slashes, SHA-256 in hex).

        The name holds the content's hash, so that another picture of the same recipe never replaces this one.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        slot = recipe.slot
        name = f"{slot.technique}-{slot.number:05d}-{recipe.attempt}-{sha256[:8]}{suffix}"
        path = f"images/{to_folder(slot.key)}/{name}"
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, data)
        return path, sha256
