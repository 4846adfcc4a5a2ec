"""Muon: momentum whose matrices are made orthogonal, with AdamW for what is no matrix (Jordan et al., 2024).

With the scale of Liu et al. (arXiv:2502.16982), 0.2·√max(rows, columns), a rate means the same for both.
"""

from collections.abc import Iterable
from typing import Any

import torch


def orthogonal(gradient: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """About UVᵀ of a matrix's singular value decomposition, by a quintic Newton–Schulz iteration in bfloat16."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = gradient.bfloat16()
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x if wide else x.T).to(gradient.dtype)


class Muon(torch.optim.Optimizer):
    """For matrices and kernels; a kernel is a matrix with a row for each output."""

    def __init__(
        self, params: Iterable[torch.nn.Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.01
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["velocity"] = torch.zeros_like(p)
                velocity = state["velocity"].lerp_(p.grad, 1 - group["momentum"])
                ahead = p.grad.lerp(velocity, group["momentum"]).reshape(len(p), -1)
                scale = 0.2 * max(ahead.shape) ** 0.5
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(orthogonal(ahead).view_as(p), alpha=-group["lr"] * scale)
