"""References and specs that the tests of techniques with parents share."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from mintage.core.parents import Reference, References
from mintage.core.pool import RealParents
from mintage.core.recipe import Fact, Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec

HOW_MANY = st.integers(1, 12)
WORDS = ("dalmatian", "Car", "elephant", "ice cream", "Eiffel Tower", "pants", "sheep", "STOP", "auto", "jumbo", "dog")


def references_of(key: str, count: int, doubtful: int = 0) -> list[Reference]:
    """Photos of a class by their hashes alone; the first `doubtful` cannot be cut out."""
    shas = [hashlib.sha256(f"{key} {i}".encode()).hexdigest() for i in range(count)]
    return [
        Reference(sha, Path(f"{i}.png"), 64, 64, "" if i < doubtful else "plain", 0.0 if i < doubtful else 1.0)
        for i, sha in enumerate(shas)
    ]


def pool_of(counts: Mapping[str, int], doubtful: int = 0) -> RealParents:
    """So many references of each class key."""
    return RealParents(References({key: references_of(key, n, doubtful) for key, n in counts.items()}), 0.5)


def sample_of(prompt: str, recipe: Recipe | None = None) -> Sample:
    recipe = recipe or Recipe(Slot("x", "vanilla", 0), 0, (("x", 1.0),), "mini", {}, 1)
    return Sample(recipe, {"words": Fact(recipe.id, "words", "done", {"prompt": prompt})}, label="x")


@st.composite
def specs(draw: st.DrawFn) -> DatasetSpec:
    """Two to four classes with references, under all sorts of names: called, synonyms, other names before, swapped."""
    words = draw(st.permutations(WORDS))
    names, rest = words[: draw(st.integers(2, 4))], list(words[4:])
    classes: dict[str, dict[str, Any]] = {}
    for name in names:
        c: dict[str, Any] = {"references": "photos"}
        for part in ("called", "was"):
            if rest and draw(st.booleans()):
                c[part] = rest.pop()
        if rest and draw(st.booleans()):
            c["synonyms"] = [draw(st.sampled_from([str.upper, str.lower, str]))(rest.pop())]
        classes[name] = c
    if draw(st.booleans()):
        classes[names[0]]["was"], classes[names[1]]["was"] = names[1], names[0]
    decoys = st.lists(st.sampled_from([*words, *map(str.upper, words), "cars", "the car", "piano", "–"]), min_size=1)
    for c in classes.values():
        c["lookalikes"] = draw(decoys)
        c["kind"] = draw(st.sampled_from(["", "dog", "dogs", *words]))
    return DatasetSpec.model_validate({"name": "x", "classes": classes, "axes": {"environment": ["on grass"]}})
