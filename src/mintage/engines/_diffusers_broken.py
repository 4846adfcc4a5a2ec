"""What can be told of a checkpoint before anything is loaded: files that are cut off, classes that are not there."""

import json
import re
import struct
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mintage.core.errors import MintageError, Problem, nearest

_CONFIG = re.compile(r"(model_index|(\w+_)?config|.+\.index)\.json")
_LONGEST_HEADER = 100_000_000


def broken(folder: Path, files: Mapping[str, int], index: Mapping[str, Any]) -> list[Problem]:
    """Files of a checkpoint (path → bytes) that no version can read, and a pipeline that the installed one has not."""
    problems = []
    name = str(index.get("_class_name"))
    known = classes()
    if known and name not in known:
        said = f"{folder} wants the pipeline {name!r}, which the installed diffusers has not"
        problems.append(Problem(said, expected="a checkpoint for the installed version"))
    for file in files:
        wrong = ""
        if file.endswith(".safetensors"):
            wrong = _cut_off(folder / file)
        elif _CONFIG.fullmatch(file.rpartition("/")[2]):
            wrong = _no_json(folder / file)
        if wrong:
            problems.append(Problem(f"{folder / file} {wrong}", expected="a whole checkpoint of diffusers"))
    return problems


def _cut_off(path: Path) -> str:
    """What is wrong with a safetensors file by its header and its size; its numbers are not read."""
    try:
        size = path.stat().st_size
        if not size:
            return "is empty"
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > min(size - 8, _LONGEST_HEADER):
                return "is cut off or no safetensors: its header does not end in it"
            header = json.loads(stream.read(length))
        end = max((t["data_offsets"][1] for n, t in header.items() if n != "__metadata__"), default=0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error) as error:
        return f"is no safetensors: {error}"
    return (
        "" if size == 8 + length + end else f"is cut off: it has {size} bytes, and its header says {8 + length + end}"
    )


def _no_json(path: Path) -> str:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return f"cannot be read: {error}"
    return "" if isinstance(value, dict) else "is no table of settings"


@cache
def classes() -> frozenset[str]:
    """The names that the installed diffusers gives, read from its file and not imported; empty: it is not installed."""
    spec = find_spec("diffusers")
    if spec is None or spec.origin is None:
        return frozenset()
    try:
        return frozenset(re.findall(r'"([A-Z]\w+)"', Path(spec.origin).read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        return frozenset()


def check_scheduler(name: str) -> None:
    """Whether one fits the model is known once it is loaded.

    Raises:
        MintageError: diffusers has no such class.
    """
    known = {c for c in classes() if c.endswith("Scheduler")}
    if not name or not known or name in known:
        return
    close = nearest(name, known, n=1)
    expected = (f"did you mean {close[0]!r}? " if close else "") + "a scheduler's class, as EulerDiscreteScheduler"
    raise MintageError(f"the scheduler {name!r} is none of diffusers", expected=expected, where="make.scheduler")
