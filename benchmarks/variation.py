"""How new the children of real photos are, and whether they are still what their parents are. Prints Markdown.

    python benchmarks/variation.py [--photos 50] [--children 24] [--data FOLDER]

FOLDER (or MINTAGE_DATA, else ../shared/data) holds `clothing` and `caltech`. A judge without anything in common with
the embedded models decides (`independent.py`); of a composed picture it judges the object's box.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from PIL import Image

from independent import (
    BITS,
    DATA,
    FLAT,
    Classifier,
    Photo,
    calibrate,
    classifier,
    jittered,
    parents,
    same,
    share_same,
    squared,
    there,
)
from making import Child, children, family

STRENGTHS = (0.3, 0.5, 0.7, 0.9)


def row(
    said: str,
    groups: Sequence[tuple[Image.Image, list[Image.Image], str]],
    judge: Classifier,
    shown: Sequence[Image.Image] = (),
) -> None:
    """One line: `groups` are a parent, its children, and their class; `shown` is what is judged in place of them."""
    born = [(parent, child) for parent, brood, _ in groups for child in brood]
    siblings = [pair for _, brood, _ in groups for pair in combinations(brood, 2)]
    new = sum(not same(parent, child) for parent, child in born)
    names = judge.names(shown or [child for _, child in born])
    truth = [name for _, brood, name in groups for _ in brood]
    right = sum(a == b for a, b in zip(names, truth, strict=True)) / len(names)
    print(
        f"| {said} | {len(born)} | {new / len(born):.1%} | {share_same(born):.1%} | {share_same(siblings):.1%} "
        f"| {right:.1%} |"
    )


def broods_of(made: Sequence[Child]) -> list[list[Child]]:
    broods: dict[str, list[Child]] = defaultdict(list)
    for child in made:
        broods[child.sample.recipe.parents[0]].append(child)
    return list(broods.values())


def controls(photos: Sequence[Photo], each: int, judge: Classifier) -> None:
    """What must fail: the parent itself, and the parent shifted a little."""
    opened = [(p.open(), p.name) for p in photos]
    copies = [(squared(p), [squared(p)] * each, name) for p, name in opened]
    row("*control: the parent again*", copies, judge)
    jitter = [(squared(p), [squared(jittered(p, i)) for i in range(each)], name) for p, name in opened]
    row("*control: shifted and brightened a little*", jitter, judge)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--photos", type=int, default=50)
    parser.add_argument("--children", type=int, default=24, help="of each photo")
    parser.add_argument("--by", choices=["mini", "collage"], help="one engine alone")
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    if not there(given.data):
        return
    photos = parents(given.data, given.photos)
    judge = classifier(given.data)
    print(
        f"Two pictures are the same when they differ by fewer than {FLAT:g} grey levels on the average at 16×16, or in "
        f"at most {BITS} of 64 bits of their difference hash:\n"
    )
    calibrate(given.data)
    real = judge.names([p.open() for p in photos])
    right = sum(a == p.name for a, p in zip(real, photos, strict=True)) / len(photos)
    print(
        f"\n{len(photos)} photos, {given.children} children of each; the judge is right about {right:.1%} of parents."
    )
    print(
        "\n| by | children | new | same as the parent | same as a sibling | class is right |\n|---|---|---|---|---|---|"
    )
    controls(photos, given.children, judge)
    with family(photos) as spec:
        tries: list[tuple[str, dict[str, Any]]] = [("mini", {"strength": s}) for s in STRENGTHS]
        for engine, options in [*tries, ("collage", {})]:
            if given.by not in (None, engine):
                continue
            made = children(spec, "variation", options, engine, given.children)
            if made:
                said = f"{engine}, strength {options['strength']}" if options else engine
                broods = broods_of(made)
                groups = [(squared(b[0].parents[0]), [squared(c.picture) for c in b], b[0].name) for b in broods]
                row(said, groups, judge, [c.shown[0] if c.shown else c.picture for b in broods for c in b])


if __name__ == "__main__":
    main()
