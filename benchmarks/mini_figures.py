"""Figures about sets of pictures and their vectors: distance, coverage, distinctness, copies, ranks. Pure functions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
AROUND = 50
"""So many of the nearest training pictures say how near is usual (Carlini et al., 2023, arXiv:2301.13188)."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with an empty line before it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def share(values: Any) -> str:
    """The mean in per cent, or a dash where there is nothing to average."""
    return f"{float(np.mean(values)):.1%}" if len(values) else "–"


def balanced(truth: Sequence[str], said: Sequence[str]) -> float:
    """The mean over classes of the share that is right."""
    true, named = np.array(truth), np.array(said)
    return float(np.mean([(named[true == c] == c).mean() for c in np.unique(true)])) if len(true) else float("nan")


def distances(one: Array, other: Array) -> Array:
    """Euclidean, [len(one), len(other)]."""
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T
    return np.sqrt(np.maximum(squares, 0))  # type: ignore[no-any-return]


def frechet(real: Array, made: Array) -> float:
    """Fréchet distance of two normal distributions with the means and covariances of these vectors."""
    a, b = np.cov(real, rowvar=False), np.cov(made, rowvar=False)
    values, axes = np.linalg.eigh(a)
    root = (axes * np.sqrt(np.maximum(values, 0))) @ axes.T
    both = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0)).sum()
    return float(((real.mean(0) - made.mean(0)) ** 2).sum() + np.trace(a) + np.trace(b) - 2 * both)


def coverage(real: Array, made: Array, k: int = 5) -> float:
    """Share of real vectors with a made one nearer than their k-th real neighbour (Naeem et al., 2020)."""
    k = min(k, len(real) - 1)
    reach = np.sort(distances(real, real), 1)[:, k]  # the 0th is the vector itself
    return float((distances(real, made).min(1) <= reach).mean())


def vendi(vectors: Array) -> float:
    """How many different ones there are in effect: 1 to n (Friedman and Dieng, 2022; kernel: the cosine)."""
    unit = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)
    values = np.linalg.eigvalsh(unit @ unit.T / len(unit))
    values = values[values > 1e-9]
    return float(np.exp(-(values * np.log(values)).sum()))


def nearness(gaps: Array) -> Array:
    """The nearest training picture's distance by the mean of the 50 nearest: 1 is usual, 0 is a copy. `gaps`: [n, m].

    A plain picture is near to many; only one that is far nearer to a single training picture than to its other
    neighbours was remembered.
    """
    nearest = np.sort(gaps, 1)[:, :AROUND]
    return nearest[:, 0] / np.maximum(nearest.mean(1), 1e-9)  # type: ignore[no-any-return]


def limit(ratios: Array, called: float) -> float:
    """The ratio below which no more than this share of pictures lies, that cannot be copies."""
    return float(np.quantile(ratios, called, method="lower"))


def auroc(right: Array, wrong: Array) -> float:
    """Chance that a right answer scores above a wrong one; equal ones count half."""
    return float((right[:, None] > wrong[None]).mean() + (right[:, None] == wrong[None]).mean() / 2)
