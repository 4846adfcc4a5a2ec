"""Tiny checkpoints, made once, and engines that draw with them, loaded once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintage.core import registry
from mintage.core.spec import DatasetSpec, Use

SPEC = DatasetSpec(name="x", classes=["dog"])  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`checkpoint("sd")`: the folder of a tiny one (see `tiny_checkpoints`); do not change what is in it."""
    from tiny_checkpoints import build

    shelf = tmp_path_factory.mktemp("checkpoints")

    def of(kind: str) -> Path:
        for each in [kind, "kandinsky-prior"] if kind.startswith("kandinsky") else [kind]:
            if not (shelf / each).exists():
                build(each, shelf / each)
        return shelf / kind

    return of


@pytest.fixture(scope="session")
def drawer(checkpoint: Callable[[str], Path]) -> Callable[..., Any]:
    """`drawer("sd", batch=8)`: a loaded engine, the same one for the same options; 64×64 in two steps, on the CPU."""
    torch = pytest.importorskip("torch", reason="torch is absent: pip install 'mintage[local]'")
    torch.set_num_threads(1)  # such small networks gain nothing from more, and tests run beside one another
    loaded: dict[str, Any] = {}

    def of(kind: str, /, **options: Any) -> Any:
        options = {"model": str(checkpoint(kind)), "size": 64, "steps": 2, "device": "cpu"} | options
        key = json.dumps(options, sort_keys=True, default=str)
        if key not in loaded:
            loaded[key] = registry.build("engines", Use(use="diffusers", options=options), SPEC)
            loaded[key].load()
        return loaded[key]

    return of
