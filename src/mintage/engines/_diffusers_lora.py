"""LoRAs as a user names them: a file, a folder or a model of a hub, and how strongly each counts. No torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mintage.core.errors import MintageError
from mintage.engines import _diffusers_files as on_disk
from mintage.engines import _diffusers_hub as hub
from mintage.engines._diffusers_checkpoint import Checkpoint


class Lora(BaseModel):
    """`model`: a safetensors file, a folder with one, or owner/name on a hub; `file`: which one, where there are more.
    `weight`: 1 as it was trained, 0 not at all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    file: str = ""
    weight: float = Field(1.0, ge=-4, le=4)

    def found(self, base: Path) -> Path | None:
        """Its file on this machine; None: on a hub, not fetched.

        Raises:
            MintageError: there is none, it is not the only one, or it is no safetensors.
        """
        path = on_disk.place(base, self.model)
        if path.is_file():
            return self._one([path])
        folder = Checkpoint(self.model, base, option="lora").folder
        if folder is None:
            return None
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        if self.file:
            files = [p for p in files if p.relative_to(folder).as_posix() == self.file]
        return self._one(files)

    def _one(self, files: list[Path]) -> Path:
        sound = [p for p in files if p.suffix == ".safetensors"]
        if len(sound) == 1:
            return sound[0]
        named = ", ".join(p.name for p in (sound or files)[:5]) or "nothing"
        raise MintageError(
            f"the LoRA {' '.join(filter(None, (self.model, self.file)))} has {named}",
            expected="one safetensors file; of several, say which: {model: …, file: …}",
            where="make.lora",
        )

    def bytes(self, base: Path) -> int | None:
        """Of its file; None: the hub does not say."""
        path = self.found(base)
        if path:
            return path.stat().st_size
        return sum(n for f, n in hub.card(self.model, "").files if self._wanted(f)) or None

    def version(self, base: Path) -> str:
        path = self.found(base)
        return on_disk.identity(path.parent, {path.name: path.stat().st_size}) if path else "not fetched"

    def fetch(self, base: Path) -> None:
        """Bring it onto this machine.

        Raises:
            MintageError: the hub does not give it, or gives several.
        """
        if self.found(base) is None:
            hub.forget()
            card = hub.card(self.model, "")
            if card.wrong:
                raise MintageError(card.wrong, where="make.lora")
            wanted = [f for f, _ in card.files if self._wanted(f)]
            self._one([Path(f) for f in wanted] or [Path(f) for f, _ in card.files])
            hub.fetch(self.model, "", wanted)

    def _wanted(self, file: str) -> bool:
        return file == self.file if self.file else file.endswith(".safetensors")


def as_loras(value: Any) -> Any:
    """One name, one table, or a list of both → a list of tables."""
    if value in (None, "", (), [], {}):
        return ()
    several = [value] if isinstance(value, str | Mapping) else value
    if not isinstance(several, list | tuple):
        raise ValueError("a safetensors file, a folder, owner/name of a hub, or a list of such")
    return [{"model": one} if isinstance(one, str) else one for one in several]
