"""A checkpoint by name: a folder, or a model of a hub; where it lies, what it is, what of it is to be fetched."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mintage.core.errors import MintageError, Problem, nearest
from mintage.core.recipe import digest
from mintage.engines import _diffusers_files as on_disk
from mintage.engines import _diffusers_hub as hub
from mintage.engines._diffusers_broken import broken
from mintage.engines._diffusers_families import DECODER_22, INPAINT_22, PRIOR_22, SAME_NETWORKS, Family, family_of

HUB_PRIOR = "kandinsky-community/kandinsky-2-2-prior"
HUB_EXPECTED = "a hub that answers and has it; nothing that was fetched is lost, the same command goes on"
KNOWN = {"stable-diffusion-v1-5/stable-diffusion-v1-5": "StableDiffusionPipeline"}
"""The class of the default model, so that listing the engines asks nobody."""


@dataclass(frozen=True)
class Checkpoint:
    """`name` as the user wrote it, looked up from `base`. `half`: whether it will be loaded in half precision."""

    name: str
    base: Path
    revision: str = ""
    half: bool = False
    option: str = "model"

    @cached_property
    def folder(self) -> Path | None:
        """Where it lies; None: on a hub, nothing of it here.

        Raises:
            MintageError: it names a folder that is not there, with those that are.
        """
        path = on_disk.place(self.base, self.name)
        if path.is_dir():
            return path
        if path.is_file():
            raise MintageError(
                f"{self.name} is one file", expected=f"a folder with {on_disk.INDEX}", where=f"make.{self.option}"
            )
        if not self.on_hub:
            raise self._missing(path)
        found = hub.cached(self.name, self.revision)
        return found[0] if found else None

    @property
    def on_hub(self) -> bool:
        """Whether the name is one of a hub: owner/name, where there is no such folder nor one that it could lie in."""
        if not hub.ID.fullmatch(self.name) or self.name.endswith(".safetensors"):
            return False
        path = on_disk.place(self.base, self.name)
        return not path.exists() and not path.parent.is_dir()

    def _missing(self, path: Path) -> MintageError:
        lora = self.option == "lora"
        beside = path.parent.glob("*" if lora else f"*/{on_disk.INDEX}")
        found = [p if lora else p.parent for p in beside if not lora or p.is_dir() or p.suffix == ".safetensors"]
        names = {p.name: p.relative_to(self.base).as_posix() if p.is_relative_to(self.base) else str(p) for p in found}
        close = nearest(path.name, names, n=1)
        expected = f"a folder with {on_disk.INDEX}, or owner/name of a model hub"
        if lora:
            expected = "a safetensors file, a folder with one, or owner/name of a model hub"
        return MintageError(
            f"there is no {'LoRA' if lora else 'folder'} {self.name} (looked up from {self.base})",
            expected=expected + (f"; did you mean {names[close[0]]!r}?" if close else ""),
            where=f"make.{self.option}",
        )

    @cached_property
    def index(self) -> Mapping[str, Any]:
        """model_index.json of what lies here; empty where nothing does.

        Raises:
            MintageError: it is refused: broken, code of its own, pickled weights alone.
        """
        if self.folder is None or (self.on_hub and not (self.folder / on_disk.INDEX).is_file()):
            return {}
        index = on_disk.read_index(self.folder)
        wrong = on_disk.mistakes(self.name, self.files, index)
        short = [] if self.on_hub else on_disk.lacking(self.files, index)
        if short and not wrong:
            found = f"{self.name} lacks safetensors of {', '.join(short)}, or has not all of them"
            wrong = [Problem(found, f"make.{self.option}", "all parts of the checkpoint")]
        if not wrong:
            wrong = broken(self.folder, on_disk.needed(self.files, index, self.half), index)
            wrong = [replace(p, where=f"make.{self.option}") for p in wrong]
        if wrong:
            raise MintageError(*wrong)
        return index

    @cached_property
    def files(self) -> on_disk.Files:
        return on_disk.files_in(self.folder) if self.folder else {}

    @cached_property
    def needed(self) -> on_disk.Files:
        """The files that are loaded, of those here."""
        return on_disk.needed(self.files, self.index, self.half) if self.index else {}

    @property
    def here(self) -> bool:
        """Whether all that is needed lies on this machine."""
        return bool(self.index) and not on_disk.lacking(self.files, self.index)

    @cached_property
    def pipeline(self) -> str:
        """The class that it names; empty where nobody says. May ask the hub."""
        if self.index:
            return str(self.index["_class_name"])
        return KNOWN.get(self.name) or self.card.pipeline

    @property
    def card(self) -> hub.Card:
        return hub.card(self.name, self.revision)

    @cached_property
    def family(self) -> Family | None:
        """What it can do; None where nobody says what it is."""
        channels = self.setting("unet", "in_channels")
        return family_of(self.pipeline, channels) if self.pipeline else None

    def setting(self, part: str, key: str) -> Any:
        return on_disk.setting(self.folder, part, key) if self.folder else None

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height that it was trained at: its network's, times 8 of its VAE; else the family's usual ones."""
        side, blocks = self.setting("unet", "sample_size"), self.setting("vae", "block_out_channels")
        if isinstance(side, int) and isinstance(blocks, list):
            pixels = side * 2 ** (len(blocks) - 1)
            return pixels, pixels
        return (self.family.side, self.family.side) if self.family else None

    @property
    def version(self) -> str:
        """What tells its weights from others: the hub's commit, or a hash of what lies in the folder."""
        if self.folder is None:
            return self.revision or "not fetched"
        if self.on_hub:
            return self.folder.name[:12]
        return digest([on_disk.identity(self.folder, self.needed)], 12)

    @property
    def bytes(self) -> int | None:
        """Of the files that are needed; None: the hub does not say."""
        if self.here:
            return sum(self.needed.values())
        files = dict(self.card.files)
        return sum(on_disk.needed(files, None, self.half).values()) or None

    @property
    def licence(self) -> str:
        """As its card says: here in README.md, else on the hub. Empty: it does not say."""
        if self.folder is None:
            return self.card.licence
        try:
            lines = (self.folder / "README.md").read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return ""
        head = lines[1 : lines.index("---", 1)] if lines[:1] == ["---"] and "---" in lines[1:] else []
        return next((line.partition(":")[2].strip() for line in head if line.startswith("license:")), "")

    def fetch(self) -> None:
        """Bring what is needed onto this machine, if it is not a folder of the user's.

        Raises:
            MintageError: the hub does not give it, it is refused, or the disk is too small.
        """
        if self.here or (self.folder is not None and not self.on_hub):
            return
        hub.forget()
        if self.card.wrong:
            raise MintageError(self.card.wrong, expected=HUB_EXPECTED, where=f"make.{self.option}")
        fetched = hub.fetch(self.name, self.revision, [on_disk.INDEX])
        index = on_disk.read_index(fetched)
        files = dict(self.card.files)
        wrong = on_disk.mistakes(self.name, files, index)
        if wrong:
            raise MintageError(*wrong)
        wanted = dict(on_disk.needed(files, index, self.half))
        wanted |= {f: n for f, n in files.items() if f == "README.md"}  # which says its licence
        _room_for(sum(wanted.values()), self.name)
        hub.fetch(self.name, self.revision, list(wanted))


def prior_of(model: Checkpoint, asked: str) -> Checkpoint | None:
    """The prior that a decoder of Kandinsky 2.2 needs: the one asked for, one in a folder beside it, or the hub's.

    Raises:
        MintageError: a decoder in a folder without any prior beside it.
    """
    if SAME_NETWORKS.get(model.pipeline, model.pipeline) not in (DECODER_22, INPAINT_22):
        return None
    if asked:
        return Checkpoint(asked, model.base, "", model.half, "prior")
    if model.folder is None or model.on_hub:
        return Checkpoint(HUB_PRIOR, model.base, "", model.half, "prior")
    for path in sorted(model.folder.parent.glob(f"*/{on_disk.INDEX}")):
        if json.loads(path.read_text(encoding="utf-8")).get("_class_name") == PRIOR_22:
            return Checkpoint(str(path.parent), model.base, "", model.half, "prior")
    raise MintageError(
        f"{model.name} is a decoder of Kandinsky 2.2, and no folder beside it holds its prior",
        expected=f"prior: a folder, or {HUB_PRIOR}",
        where="make.prior",
    )


def _room_for(size: int, name: str) -> None:
    place = hub.cache()
    above = next(p for p in [place, *place.parents] if p.exists())
    free = shutil.disk_usage(above).free
    if size > free:
        raise MintageError(
            f"{name} takes {size / 1e9:.1f} GB, and {place} has {free / 1e9:.1f} GB free",
            expected="more room, or another place in HF_HUB_CACHE",
        )
