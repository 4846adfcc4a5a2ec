"""The files of a checkpoint: which are needed, what they hold, what tells one checkpoint from another. No torch."""

import hashlib
import json
import re
import struct
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mintage.core.errors import MintageError, Problem

INDEX = "model_index.json"

Files = Mapping[str, int]
"""Path inside the checkpoint, with `/` → bytes."""

_WEIGHTS = re.compile(r"(?P<stem>[a-z_]+)(\.(?P<variant>[a-z0-9_]+))?(-(?P<at>\d{5})-of-(?P<of>\d{5}))?\.safetensors")
_PICKLED = (".bin", ".ckpt", ".pt", ".pth", ".pkl")
_SMALL = (".json", ".txt", ".model", ".jinja")
_WITHOUT_WEIGHTS = re.compile(r"(Scheduler|Tokenizer|TokenizerFast|Processor|FeatureExtractor)(Pil|Fast)?$")
_SAMPLE = 65_536


def place(base: Path, name: str) -> Path:
    """Where a name lies, looked up from `base`.

    Raises:
        MintageError: it can be no path: the home of a user that there is not, or a NUL in it.
    """
    try:
        path = base / Path(name).expanduser()
        path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise MintageError(f"{name!r} is no path: {error}", expected="a path, or owner/name of a model hub") from error
    if "\0" in name:
        raise MintageError(f"{name!r} is no path: a NUL", expected="a path, or owner/name of a model hub")
    return path


def files_in(folder: Path) -> Files:
    """Every file below a folder, links followed."""
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in sorted(folder.rglob("*")) if p.is_file()}


def read_index(folder: Path) -> Mapping[str, Any]:
    """model_index.json.

    Raises:
        MintageError: there is none, or it is broken.
    """
    path = folder / INDEX
    if not path.is_file():
        single = sorted(p.name for p in folder.glob("*") if p.suffix in (".safetensors", *_PICKLED))
        found = f"it holds {', '.join(single[:3])} alone" if single else "it holds none"
        raise MintageError(
            f"{folder} is no checkpoint of diffusers: {found}",
            expected=f"a folder with {INDEX}, as `save_pretrained` of a pipeline writes it",
            where="make.model",
        )
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(index, dict):
            raise ValueError("it is no table")
    except (OSError, ValueError) as error:
        raise MintageError(
            f"{path} cannot be read: {error}", expected="the JSON of a pipeline", where="make.model"
        ) from error
    return index


def parts(index: Mapping[str, Any]) -> dict[str, str]:
    """Part of the pipeline (the name of its folder) → its class; parts that are not there are left out."""
    return {
        name: str(value[1])
        for name, value in index.items()
        if isinstance(value, list) and not name.startswith("_") and len(value) == 2 and value[1]
    }


def needed(files: Files, index: Mapping[str, Any] | None, half: bool) -> Files:
    """The files that are loaded: safetensors of one variant for each part (fp16 for half precision, where there is
    one), and the small ones beside them. Without an index every folder is taken for a part."""
    names = parts(index) if index is not None else {f.split("/")[0]: "" for f in files if f.count("/") == 1}
    found = {INDEX: files[INDEX]} if INDEX in files else {}
    for part in names:
        own = {f: n for f, n in files.items() if f.startswith(part + "/") and f.count("/") == 1}
        found |= {f: n for f, n in own.items() if f.endswith(_SMALL)}
        found |= {f: own[f] for f in _variant(own, half)}
    return found


def variant(files: Iterable[str], half: bool) -> str | None:
    """`fp16` where a part's weights are taken from such files."""
    folders = {f.rpartition("/")[0] for f in files}
    taken = {_named(f)["variant"] for d in folders for f in _variant([f for f in files if f.startswith(d + "/")], half)}
    return "fp16" if "fp16" in taken else None


def _variant(own: Iterable[str], half: bool) -> list[str]:
    weights = [f for f in own if _WEIGHTS.fullmatch(f.rpartition("/")[2])]
    by_variant: dict[str | None, list[str]] = {}
    for f in weights:
        by_variant.setdefault(_named(f)["variant"], []).append(f)
    order = ("fp16", None) if half else (None, "fp16")
    return next((by_variant[v] for v in order if v in by_variant), [])


def _named(file: str) -> Mapping[str, Any]:
    match = _WEIGHTS.fullmatch(file.rpartition("/")[2])
    return match.groupdict() if match else {"variant": None, "of": None}


def lacking(files: Files, index: Mapping[str, Any]) -> list[str]:
    """The parts whose safetensors are not there, or not all of them."""
    short = []
    for part, cls in parts(index).items():
        if _WITHOUT_WEIGHTS.search(cls):
            continue
        chosen = {half: _variant([f for f in files if f.startswith(part + "/")], half) for half in (True, False)}
        if not any(_whole(c) for c in chosen.values()):
            short.append(part)
    return short


def _whole(weights: list[str]) -> bool:
    of = _named(weights[0])["of"] if weights else None
    return bool(weights) and (of is None or len(weights) == int(of))


def mistakes(name: str, files: Files, index: Mapping[str, Any]) -> list[Problem]:
    """Why a checkpoint is refused: code of its own, or pickled weights alone."""
    problems = []
    cls = index.get("_class_name")
    own = [p for p, v in index.items() if isinstance(v, list) and v and v[0] and not _ours(str(v[0]))]
    if not isinstance(cls, str) or own:
        found = f"{name} brings code of its own ({', '.join(own) or f'its pipeline: {cls}'}), which is never run"
        problems.append(Problem(found, "make.model", "parts of diffusers and transformers alone"))
    for part in lacking(files, index):
        pickled = [f for f in files if f.startswith(part + "/") and f.endswith(_PICKLED)]
        if pickled:
            found = (
                f"{name} has the weights of {part} as {pickled[0]} alone: such files can run code when they are read"
            )
            expected = "safetensors; load it once where you trust it, then `save_pretrained(folder)`"
            problems.append(Problem(found, "make.model", expected))
    return problems


def _ours(library: str) -> bool:
    """Whether a part comes from diffusers, one of its pipelines' folders, or transformers."""
    if library in ("diffusers", "transformers"):
        return True
    spec = find_spec("diffusers") if re.fullmatch(r"[a-z0-9_]+", library) else None
    return spec is not None and any(
        (Path(p) / "pipelines" / library).is_dir() for p in spec.submodule_search_locations or ()
    )


def identity(folder: Path, files: Files) -> str:
    """12 hex digits: the small files, and of weights their names, sizes and three samples of 64 KiB each.

    Reading all of them would take a minute; two checkpoints of one design that differ nowhere in the samples do not
    occur by training.
    """
    whole = hashlib.sha256()
    for file, size in sorted(files.items()):
        whole.update(f"{file} {size}\n".encode())
        with (folder / file).open("rb") as stream:
            if size <= 3 * _SAMPLE:
                whole.update(stream.read())
                continue
            for at in (0, size // 2, size - _SAMPLE):
                stream.seek(at)
                whole.update(stream.read(_SAMPLE))
    return whole.hexdigest()[:12]


def numbers(folder: Path, files: Files) -> dict[str, int]:
    """Part → how many numbers its safetensors hold, from their headers. A broken header counts as none."""
    found: dict[str, int] = {}
    for file in (f for f in files if f.endswith(".safetensors")):
        part = file.rpartition("/")[0]
        found[part] = found.get(part, 0) + _numbers(folder / file)
    return found


def _numbers(path: Path) -> int:
    total = 0
    try:
        with path.open("rb") as stream:
            header = json.loads(stream.read(min(struct.unpack("<Q", stream.read(8))[0], 100_000_000)))
        for name, tensor in header.items():
            count = 1
            for side in tensor["shape"] if name != "__metadata__" else (0,):
                count *= int(side)
            total += count
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error):
        return 0
    return total


def setting(folder: Path, part: str, key: str) -> Any:
    """One value of a part's config.json; None where it has none."""
    try:
        return json.loads((folder / part / "config.json").read_text(encoding="utf-8")).get(key)
    except (OSError, ValueError, AttributeError):
        return None
