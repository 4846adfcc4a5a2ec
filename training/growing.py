"""Checkpoints that learn more words: a set that was made anew may say what the last one did not."""

from pathlib import Path
from typing import Any

import torch


def grown(kept: dict[str, Any], rows: int) -> dict[str, Any]:
    """A checkpoint (net, running mean, state of optimizers) with `rows` words: new ones random, without a past."""
    table = next(weight for name, weight in kept["net"].items() if name.endswith("word.weight"))
    more = rows - len(table)
    if more <= 0:
        return kept
    if sum(weight.shape == table.shape for weight in kept["net"].values()) > 1:
        raise ValueError(f"the table of {len(table)} words has the shape of another weight: which one is to grow?")
    chance = torch.Generator().manual_seed(rows)
    new = torch.randn(more, table.shape[1], generator=chance).to(table) * table.std()

    def longer(part: Any, end: torch.Tensor) -> Any:
        if isinstance(part, dict):
            return {name: longer(one, end) for name, one in part.items()}
        if isinstance(part, list):
            return [longer(one, end) for one in part]
        return torch.cat([part, end]) if torch.is_tensor(part) and part.shape == table.shape else part

    return {
        name: longer(part, new if name in ("net", "mean") else torch.zeros_like(new)) for name, part in kept.items()
    }


def read(path: Path, rows: int, device: str) -> dict[str, Any]:
    """What was saved at `path`, for a vocabulary of `rows`."""
    return grown(torch.load(path, map_location=device), rows)
