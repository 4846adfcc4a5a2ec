"""Checkpoints on a model hub: what is in its cache here, what it says of one, and fetching. No torch."""

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mintage.core.errors import MintageError

EXTRA = 'pip install "mintage[local]"'
SECONDS = 5.0
"""So long a hub may take to answer a question."""

ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


@dataclass(frozen=True)
class Card:
    """What a hub says of a model: commit, licence, class of its pipeline, files with sizes; or what went wrong."""

    commit: str = ""
    licence: str = ""
    pipeline: str = ""
    files: tuple[tuple[str, int], ...] = ()
    wrong: str = ""


def cache() -> Path:
    """Where the hub's library keeps what it fetched."""
    if "HF_HUB_CACHE" in os.environ:
        return Path(os.environ["HF_HUB_CACHE"])
    above = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("HF_HOME", f"{above}/huggingface")).expanduser() / "hub"


def cached(model: str, revision: str) -> tuple[Path, str] | None:
    """The folder of a fetched model and its commit; None when nothing of it is here."""
    home = cache() / f"models--{model.replace('/', '--')}"
    ref = home / "refs" / (revision or "main")
    commit = ref.read_text(encoding="utf-8").strip() if ref.is_file() else revision
    folder = home / "snapshots" / commit
    return (folder, commit) if commit and folder.is_dir() else None


def card(model: str, revision: str) -> Card:
    """Ask the hub, at most once a minute for each model."""
    return _card(model, revision, os.environ.get("HF_ENDPOINT"), int(time.time() // 60))


@lru_cache(maxsize=64)
def _card(model: str, revision: str, endpoint: str | None, minute: int) -> Card:
    try:
        with _asking(model, revision):
            from huggingface_hub import HfApi

            info = HfApi(endpoint=endpoint, library_name="mintage").model_info(
                model, revision=revision or None, files_metadata=True, timeout=SECONDS
            )
    except MintageError as error:
        return Card(wrong=error.problems[0].found)
    described = (info.config or {}).get("diffusers") or {}
    licence = getattr(info.card_data, "license", None) or ""
    return Card(
        info.sha or "",
        ", ".join(licence) if isinstance(licence, list) else str(licence),
        str(described.get("_class_name") or ""),
        tuple((f.rfilename, f.size or 0) for f in info.siblings or ()),
    )


def forget() -> None:
    """Ask anew the next time: what a user types is about now."""
    _card.cache_clear()


def fetch(model: str, revision: str, files: Sequence[str]) -> Path:
    """These files, into the cache; what is there already is not fetched again, and half a file is gone on with.

    Raises:
        MintageError: the hub does not give them; in one line.
    """
    with _asking(model, revision):
        from huggingface_hub import snapshot_download

        found = snapshot_download(model, revision=revision or None, allow_patterns=list(files), max_workers=4, **_how())
        return Path(found)


def _how() -> dict[str, Any]:
    endpoint = os.environ.get("HF_ENDPOINT")
    return {"endpoint": endpoint, "cache_dir": cache(), "etag_timeout": SECONDS, "library_name": "mintage"}


@contextmanager
def _asking(model: str, revision: str) -> Iterator[None]:
    """What goes wrong with a hub, said in one line."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when its library is imported
    again = "a hub that answers; nothing that was fetched is lost, the same command goes on"
    try:
        from huggingface_hub import errors
        from huggingface_hub.utils import logging
    except ImportError as error:
        raise MintageError(
            f"{model} is on a model hub, and the library for that is missing: {EXTRA}", type_this=EXTRA
        ) from error
    before = logging.get_verbosity()
    logging.set_verbosity_error()  # it tells of every time that it tries again
    try:
        yield
    except errors.GatedRepoError as error:
        raise MintageError(
            f"{model} is behind terms of use that this account has not accepted",
            expected="accept them on its page, then set HF_TOKEN",
            where="make.model",
        ) from error
    except errors.RevisionNotFoundError as error:
        raise MintageError(
            f"{model} has no revision {revision!r}", expected="a branch, a tag or a commit", where="make.revision"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise MintageError(
            f"the hub has no model {model!r}, or it is private",
            expected="owner/name as its page says, a folder, or HF_TOKEN for a private one",
            where="make.model",
        ) from error
    except errors.RemoteEntryNotFoundError as error:
        raise MintageError(
            f"{model} is no checkpoint of diffusers: {_line(error)}",
            expected="a model with a model_index.json",
            where="make.model",
        ) from error
    except Exception as error:  # no network, a proxy, a server that answers nonsense: errors of every kind
        raise MintageError(f"the model hub gives nothing of {model}: {_line(error)}", expected=again) from error
    finally:
        logging.set_verbosity(before)


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:200]
