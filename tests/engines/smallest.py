"""The smallest way to run each engine for real, as it stands under `make:`."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest


def smallest(engine: str, verb: str = "text") -> dict[str, Any]:
    """Few steps and small pictures; never another code path. Skips where a library is absent."""
    if engine == "diffusers":
        return {"use": engine, "model": str(checkpoint(KINDS[verb])), "steps": 2, "size": 64}
    options: dict[str, dict[str, Any]] = {"mini": {"steps": 4}, "collage": {"size": 64}, "flat": {"noise": True}}
    return {"use": engine} | options.get(engine, {})


KINDS = {"text": "sd", "image": "sdxl", "mask": "sd_inpaint", "images": "klein"}
"""A tiny checkpoint that has the verb."""


@cache
def checkpoint(kind: str) -> Path:
    """Written once for each process."""
    for library in ("torch", "diffusers", "transformers"):
        pytest.importorskip(library, reason=f"needs the extra `local`: {library}")
    from tests.engines.tiny_checkpoints import build

    return build(kind, Path(tempfile.mkdtemp(prefix="tiny-")))
