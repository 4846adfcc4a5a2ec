"""Whether a fusion of two real photos is near both, and more than their average. Prints Markdown.

    python benchmarks/fusion.py [--photos 40] [--each 4] [--data FOLDER]

FOLDER (or MINTAGE_DATA, else ../shared/data) holds `clothing` and `caltech`. "Near": the vector (`independent.py`: no
part of the embedded models) of the picture, or of a half or quarter of it, is nearer to the parent's than 95 % of such
distances between unrelated photos are; in composed pictures objects on grey are compared with cut-outs on grey. "No
average": the structural similarity to the mean of both is below 0.8.
"""

import argparse
from collections.abc import Sequence
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from independent import DATA, parents, squared, ssim, there, vector
from making import Child, children, family
from mintage.core.recipe import Recipe, Sample, Slot

AVERAGE = 0.8
NEAR = 0.05
PARTS = (
    *((0, 0, 1, 1), (0, 0, 0.5, 1), (0.5, 0, 1, 1), (0, 0, 1, 0.5), (0, 0.5, 1, 1)),
    *((x, y, x + 0.5, y + 0.5) for x in (0, 0.25, 0.5) for y in (0, 0.25, 0.5)),
)
"""The picture, its halves, and nine quarters: left, top, right, bottom as shares."""

Row = np.ndarray[Any, Any]


def distances(picture: Image.Image, others: Sequence[Row]) -> Row:
    """From each of some vectors to the part of a picture that is nearest to it."""
    side = picture.width
    found = np.stack([vector(picture.crop(tuple(round(side * e) for e in part))) for part in PARTS])
    return np.linalg.norm(found[:, None] - np.stack(others)[None], axis=2).min(0)  # type: ignore[no-any-return]


def apart_by(one: Image.Image, other: Image.Image) -> float:
    return float(np.linalg.norm(vector(squared(one)) - vector(squared(other))))


def limit_of(made: Sequence[Child]) -> float:
    """What is near, for cut-outs: by pairs of different ones."""
    cut = {name: own for c in made for name, own in zip(c.sample.recipe.parents, c.own, strict=True)}
    return float(np.quantile([apart_by(a, b) for a, b in combinations(cut.values(), 2)], NEAR))


def mean_of(one: Image.Image, other: Image.Image) -> Image.Image:
    return Image.blend(squared(one), squared(other), 0.5)


def row(said: str, made: Sequence[Child], limit: float) -> None:
    near, apart, both = [], [], []
    for child in made:
        picture, (one, other) = child.picture, child.parents
        if child.objects:
            here = np.array([min(apart_by(o, own) for o in child.objects) for own in child.own]) < limit
        else:
            here = distances(squared(picture), [vector(squared(one)), vector(squared(other))]) < limit
        mixed = ssim(squared(picture), mean_of(one, other)) < AVERAGE
        near.append(here)
        apart.append(mixed)
        both.append(bool(here.all()) and mixed)
    first, second = np.mean(near, axis=0)
    print(
        f"| {said} | {len(made)} | {first:.1%} | {second:.1%} | {np.mean(np.all(near, axis=1)):.1%} "
        f"| {np.mean(apart):.1%} | {np.mean(both):.1%} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--each", type=int, default=4, help="fusions for each photo")
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    if not there(given.data):
        return
    photos = parents(given.data, given.photos)
    square = [squared(p.open()) for p in photos]
    known = [vector(s) for s in square]
    table = np.stack([distances(s, known) for s in square])
    unrelated = [table[i, j] for i, j in permutations(range(len(photos)), 2)]
    limit = float(np.quantile(unrelated, NEAR))
    print(f"{len(photos)} photos; near is a distance below {limit:.3f} (half of {len(unrelated)} are below "
          f"{np.median(unrelated):.3f}).")  # fmt: skip
    print("\n| by | fusions | near the first | near the second | near both | no average | all |")
    print("|---|---|---|---|---|---|---|")
    n = len(square)
    pairs = [(square[i], square[(i + 1 + i % (n - 1)) % n]) for i in range(n)]
    nobody = Sample(Recipe(Slot("", "fusion", 0), 0, (), "", {}, 0))
    row("*control: one parent*", [Child(nobody, a, (a, b)) for a, b in pairs], limit)
    row("*control: the average*", [Child(nobody, mean_of(a, b), (a, b)) for a, b in pairs], limit)
    with family(photos) as spec:
        for engine in ("mini", "collage"):
            for said, options in (("one class", {}), ("two classes", {"with": "classes"})):
                made = children(spec, "fusion", options, engine, given.each)
                if made:
                    row(f"{engine}, of {said}", made, limit_of(made) if made[0].objects else limit)


if __name__ == "__main__":
    main()
