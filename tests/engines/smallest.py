"""The smallest way to run each engine for real, as it stands under `make:`."""

import atexit
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest


def smallest(engine: str, verb: str = "text") -> dict[str, Any]:
    """Few steps and small pictures; never another code path. Skips where a library is absent."""
    if engine == "diffusers":
        return {"use": engine, "model": str(checkpoint(KINDS[verb])), "steps": 2, "size": 64}
    if engine == "openai":
        server = {"base_url": f"{shop()}/v1", "profile": "vllm-omni", "price": 0}
        return {"use": engine, "model": "tiny", "size": 64} | server
    if engine == "comfyui":
        return {"use": engine, "workflow": str(workflows() / f"{verb}.json"), "server": comfy()}
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


@cache
def shop() -> str:
    """The address of an image server on this machine, which runs as long as the process."""
    from tests.servers.images import ImageShop
    from tests.servers.loopback import Loopback

    server = Loopback(ImageShop("vllm-omni").app)
    atexit.register(server.__exit__)
    return server.__enter__().url


@cache
def comfy() -> str:
    """The address of a ComfyUI server on this machine, which runs as long as the process."""
    from tests.servers.comfy import Comfy

    server = Comfy()
    atexit.register(server.__exit__)
    return server.__enter__().url


@cache
def workflows() -> Path:
    """A folder with a workflow for each verb."""
    from tests.servers.comfy_nodes import workflow

    folder = Path(tempfile.mkdtemp(prefix="workflows-"))
    for verb in KINDS:
        (folder / f"{verb}.json").write_text(json.dumps(workflow(verb)), encoding="utf-8")
    return folder
