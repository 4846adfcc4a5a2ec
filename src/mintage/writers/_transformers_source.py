"""A language model, or a LoRA for one, by its name: a folder, or owner/name of a hub. No torch.

Only safetensors are read. A model of a hub is fetched when it is first used; one that lies here asks nobody.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mintage.core.errors import MintageError, nearest

EXTRA = 'pip install "mintage[local]"'
_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_KINDS = ("*.json", "*.jinja", "*.txt", "*.model", "*.safetensors")
_NOT = ("*/*", "consolidated*", "trainer_state.json")
"""Folders inside it, a second form of the same weights, a diary."""
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_SECONDS = 5.0
"""So long a hub may take to answer a question."""
_SAMPLE = 65_536


@dataclass(frozen=True)
class Source:
    """`name` as the user wrote it under `option` (model or adapter), looked up from `base`."""

    name: str
    base: Path
    revision: str = ""
    option: str = "model"

    @property
    def index(self) -> str:
        """The file that makes a folder what it should be."""
        return "config.json" if self.option == "model" else "adapter_config.json"

    @property
    def stem(self) -> str:
        return "model" if self.option == "model" else "adapter_model"

    @cached_property
    def _place(self) -> Path:
        try:
            path = self.base / Path(self.name).expanduser()
            path.exists()
        except (OSError, RuntimeError, ValueError) as error:
            raise self._wrong(f"{self.name!r} is no path: {error}") from error
        return path

    @cached_property
    def on_hub(self) -> bool:
        """Whether the name is one of a hub: owner/name, where there is no such folder nor one that it could lie in."""
        path = self._place
        return bool(_ID.fullmatch(self.name)) and not path.exists() and not path.parent.is_dir()

    @property
    def version(self) -> str:
        """12 hex digits of what lies here; of a hub its commit, which is asked for where nothing is fetched yet.

        Raises:
            MintageError: it names a folder that is not there, or is none of a language model.
        """
        if not self.on_hub:
            return _identity(_files(self._folder()))
        try:
            folder = self._cached()
            return folder.name[:12] if folder else self._commit()[:12]
        except MintageError:
            return "not fetched"  # `complete` says why

    def complete(self) -> Path:
        """Its folder, with all that is loaded; fetched if it is on a hub and not here.

        Raises:
            MintageError: it is not here and cannot be fetched, it is no language model, its weights are pickled.
        """
        if not self.on_hub:
            return self._folder()
        folder = self._cached() or self._fetched()
        lacks = self._lacks(folder)
        if lacks:
            raise self._wrong(f"{self.name} {lacks}")
        return folder

    def _folder(self) -> Path:
        path = self._place
        if not path.is_dir():
            beside = {p.parent.name: p.parent for p in path.parent.glob(f"*/{self.index}")}
            close = nearest(path.name, beside, n=1)
            hint = f"; did you mean {str(beside[close[0]])!r}?" if close else ""
            raise self._wrong(f"there is no folder {self.name} (looked up from {self.base})", hint)
        lacks = self._lacks(path)
        if lacks:
            raise self._wrong(f"{path} {lacks}")
        return path

    def _lacks(self, folder: Path) -> str:
        """What keeps a folder from being loaded; empty: nothing."""
        if not (folder / self.index).is_file():
            return f"has no {self.index}"
        parts = folder / f"{self.stem}.safetensors.index.json"
        names = [f"{self.stem}.safetensors"]
        if parts.is_file():
            try:
                names = sorted(set(json.loads(parts.read_text(encoding="utf-8"))["weight_map"].values()))
            except (OSError, ValueError, LookupError, TypeError, AttributeError):
                return f"has a broken {parts.name}"
        missing = next((name for name in names if not (folder / name).is_file()), None)
        if missing is None:
            return ""
        pickled = next((p.name for p in sorted(folder.iterdir()) if p.suffix in _PICKLED), None)
        if pickled and not parts.is_file():
            return f"has its weights as {pickled} alone: such files can run code when they are read"
        return f"has no {missing}"

    def _wrong(self, found: str, hint: str = "") -> MintageError:
        what = "a language model" if self.option == "model" else "a LoRA (of peft)"
        expected = f"the folder of {what} with {self.index} and safetensors, or owner/name of a model hub{hint}"
        return MintageError(found, expected=expected, where=f"write.{self.option}")

    # ── the hub ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _cached(self) -> Path | None:
        """The folder of what is fetched; None: it is not here, or not all of it."""
        with self._asking():
            from huggingface_hub import errors, snapshot_download

            try:
                return Path(snapshot_download(self.name, local_files_only=True, **self._how))
            except errors.LocalEntryNotFoundError:
                return None

    def _commit(self) -> str:
        with self._asking():
            from huggingface_hub import HfApi

            api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="mintage")
            return str(api.model_info(self.name, revision=self.revision or None, timeout=_SECONDS).sha)

    def _fetched(self) -> Path:
        with self._asking():
            from huggingface_hub import snapshot_download

            return Path(snapshot_download(self.name, max_workers=4, etag_timeout=_SECONDS, **self._how))

    @property
    def _how(self) -> dict[str, Any]:
        return {
            "revision": self.revision or None,
            "allow_patterns": list(_KINDS),
            "ignore_patterns": list(_NOT),
            "cache_dir": os.environ.get("HF_HUB_CACHE"),
            "endpoint": os.environ.get("HF_ENDPOINT"),
            "library_name": "mintage",
        }

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What goes wrong with a hub, said in one line."""
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when its library is imported
        try:
            from huggingface_hub import errors
        except ImportError as error:
            raise MintageError(f"{self.name} is on a model hub: its library is missing", type_this=EXTRA) from error
        where = f"write.{self.option}"
        try:
            yield
        except errors.GatedRepoError as error:
            found = f"{self.name} is behind terms of use that this account has not accepted"
            raise MintageError(found, expected="accept them on its page, then set HF_TOKEN", where=where) from error
        except errors.RevisionNotFoundError as error:
            found = f"{self.name} has no revision {self.revision!r}"
            raise MintageError(found, expected="a branch, a tag or a commit", where="write.revision") from error
        except errors.RepositoryNotFoundError as error:
            raise self._wrong(f"the hub has no model {self.name!r}, or it is private") from error
        except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
            found = f"{self.name} is not on this machine, and no hub can be reached"
            raise MintageError(
                found, expected="a network (is HF_HUB_OFFLINE set?), or a folder", where=where
            ) from error
        except Exception as error:  # no network, a proxy, a server that answers nonsense: errors of every kind
            said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")[:200]
            raise MintageError(
                f"the model hub gives nothing of {self.name}: {type(error).__name__}: {said}",
                expected="a hub that answers, or a folder on this machine",
                where=where,
            ) from error


def _files(folder: Path) -> list[Path]:
    """What is loaded of a folder, by name."""
    found = {p for kind in _KINDS for p in folder.glob(kind) if p.is_file()}
    return sorted(p for p in found if not any(p.match(kind) for kind in _NOT[1:]))


def _identity(files: list[Path]) -> str:
    """12 hex digits: the small files, and of weights their names, sizes and three samples of 64 KiB each.

    Reading all of them would take a minute; two checkpoints of one design that differ nowhere in the samples do not
    occur by training.
    """
    whole = hashlib.sha256()
    for path in files:
        size = path.stat().st_size
        whole.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as stream:
            if size <= 3 * _SAMPLE or path.suffix != ".safetensors":
                whole.update(stream.read())
                continue
            for at in (0, size // 2, size - _SAMPLE):
                stream.seek(at)
                whole.update(stream.read(_SAMPLE))
    return whole.hexdigest()[:12]
