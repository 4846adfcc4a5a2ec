"""The most that a request can cost, what it did cost, and what part of that each of its recipes bears."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mintage.hosted.prices import Tariff


def cost_of(tariff: Tariff, usage: Mapping[str, Any] | None, bound: float) -> float:
    """What an answered request has cost, in dollars: what the server counted, else the bound; 0: nobody can say."""
    counted = tariff.cost(usage)
    total = bound if counted is None else counted
    return total if math.isfinite(total) else 0.0


@dataclass(frozen=True)
class Bounds:
    """Of requests about recipes. `frame`: bytes of what every request holds."""

    tariff: Tariff
    frame: int
    max_tokens: int
    thinking: int

    def of(self, sizes: Sequence[int]) -> float:
        """Of one request, for items of so many bytes each."""
        return self.tariff.most_for_chat(text=self.frame + sum(sizes), max_tokens=self.tokens(len(sizes)))

    def tokens(self, count: int) -> int:
        return self.thinking + self.max_tokens * count

    def parts(self, sizes: Sequence[int]) -> list[float]:
        """Never more than the item would cost alone; together the request's bound."""
        alone = [self.of([size]) for size in sizes]
        total = self.of(sizes)
        if not math.isfinite(total) or not sum(alone):
            return alone
        return [min(each, total * each / sum(alone)) for each in alone]

    def shares(self, usage: Mapping[str, Any] | None, bounds: Sequence[float]) -> list[float]:
        """What a request has cost, in parts like the bounds; the last takes what rounding leaves."""
        bound = math.fsum(bounds)
        total = cost_of(self.tariff, usage, bound)
        as_bound = bound > 0 and math.isfinite(bound)
        parts = [total * (b / bound if as_bound else 1 / len(bounds)) for b in bounds[:-1]]
        return [*parts, max(0.0, total - math.fsum(parts))]
