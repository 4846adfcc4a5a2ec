"""How distinct a model's prompts are, with class and attribute words taken out: near-duplicates among what is left."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

from mintage.core.passing import Brief
from mintage.wording.text import same

_WORD = re.compile(r"[^\W_]+")

ALIKE = 0.8
"""Two prompts whose words overlap by so much (Jaccard) are near-duplicates."""

Words = frozenset[tuple[str, int]]
"""Words, the second and third of a kind told apart."""


def residual(brief: Brief, prompt: str, names: Iterable[str] = ()) -> Words:
    """The words of a prompt that its brief did not bring: what a template would repeat. `names`: of its class, all."""
    brought = " ".join((brief.subject, *names, brief.like, *brief.attributes.values(), *brief.phrases, *brief.must))
    known = set(_WORD.findall(same(brought)))
    counts: Counter[str] = Counter()
    words = []
    for word in _WORD.findall(same(prompt)):
        if word not in known:
            words.append((word, counts[word]))
            counts[word] += 1
    return frozenset(words)


def first_alike(residuals: Sequence[Words], alike: float = ALIKE) -> list[int]:
    """For each prompt the index of the first that it is a near-duplicate of; its own, if it is none.

    Exact: the words of a prompt are counted in all earlier ones at once. Time grows with the square of their number.
    """
    import numpy as np

    sizes = np.zeros(len(residuals), np.int64)
    origins: list[int] = []  # what is a near-duplicate stands for nothing else
    holders: dict[tuple[str, int], array[int]] = {}
    first: list[int] = []
    seen: dict[Words, int] = {}
    for at, words in enumerate(residuals):
        if words not in seen:
            lists = [np.array(holders[word]) for word in words if word in holders]  # a copy: they grow
            shared = (
                np.bincount(np.concatenate(lists), minlength=len(origins)) if lists else np.zeros(len(origins), int)
            )
            union = sizes[: len(origins)] + len(words) - shared
            hits = np.flatnonzero((shared > 0) & (shared >= alike * union - 1e-9)).tolist()
            seen[words] = origins[hits[0]] if hits else at
            if seen[words] == at:
                sizes[len(origins)] = len(words)
                for word in words:
                    holders.setdefault(word, array("i")).append(len(origins))
                origins.append(at)
        first.append(seen[words])
    return first


def distinctness(residuals: Sequence[Words], alike: float = ALIKE) -> float:
    """The share of prompts that are no near-duplicate of an earlier one: 1/n (all alike) to 1."""
    if not residuals:
        return 1.0
    return sum(first == at for at, first in enumerate(first_alike(residuals, alike))) / len(residuals)
