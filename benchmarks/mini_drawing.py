"""Which classes the embedded generator draws well, by the embedded ranking, and how fast. Prints Markdown.

    python benchmarks/mini_drawing.py [--images 12] [--places]

First seeds 0, 1, 2 …, nothing picked: "photo of X", groceries "in a grocery store"; ranked among all 40 classes.
--places adds, for each class of which 80 % are kept, the share in each environment (six seeds).
"""

import argparse
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from mini_ranking import FOOD, KNOWN, item_of, passed, score, scorer_of, spec_of
from mintage.core import registry
from mintage.core.ports import Request
from mintage.core.spec import Use
from mintage.mini.weights import table


def seconds(engine: Any, batch: int) -> float:
    """Seconds for each of twelve pictures, made `batch` at a time."""
    begun = perf_counter()
    for start in range(0, 12, batch):
        list(engine.make([Request(str(i), "text", "photo of chair", seed=i) for i in range(start, start + batch)]))
    return (perf_counter() - begun) / 12


def draw(engine: Any, scorers: Sequence[Any], name: str, prompt: str, images: int) -> tuple[float, float]:
    """Share kept by all scorers, and mean p, of the first seeds of one prompt."""
    made = [m.image for m in engine.make([Request(str(i), "text", prompt, seed=i) for i in range(images)])]
    items = [item_of(i, name, picture) for i, picture in enumerate(made)]
    scores = [score(scorer, items) for scorer in scorers]
    kept = [all(flags) for flags in zip(*(passed(*pair) for pair in zip(scorers, scores, strict=True)), strict=True)]
    return sum(kept) / images, sum(s.values["p"] for s in scores[0]) / images


def places(engine: Any, scorers: Sequence[Any], names: Sequence[str]) -> None:
    environments = table("knows.json")["environments"]
    print(f"\n| kept, % | {' | '.join(environments)} |\n|---|{'---|' * len(environments)}")
    for name in names:
        shares = [draw(engine, scorers, name, f"photo of {name} {place}", 6)[0] for place in environments]
        print(f"| {name} | {' | '.join(f'{100 * share:.0f}' for share in shares)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--images", type=int, default=12, help="pictures made of each class")
    parser.add_argument("--places", action="store_true", help="also the environments of the classes drawn well")
    given = parser.parse_args()
    engine = registry.build("engines", Use(use="mini"), spec_of(KNOWN))
    engine.load()
    scorers = [scorer_of("mini", KNOWN), scorer_of("technical", KNOWN)]
    print(f"Seconds per picture: {seconds(engine, 12):.3f} in a batch of 12, {seconds(engine, 1):.3f} one by one.\n")

    rows = []
    for name in KNOWN:
        prompt = f"photo of {name}{' in a grocery store' if name in FOOD else ''}"
        rows.append((*draw(engine, scorers, name, prompt, given.images), name))
    rows.sort(reverse=True)
    print(f"| class | kept of {given.images} first seeds | mean p |\n|---|---|---|")
    for share, p, name in rows:
        print(f"| {name} | {share:.0%} | {p:.2f} |")
    print(f"| **all** | {sum(r[0] for r in rows) / len(rows):.0%} | {sum(r[1] for r in rows) / len(rows):.2f} |")
    if given.places:
        places(engine, scorers, [name for share, _, name in rows if share >= 0.8])


if __name__ == "__main__":
    main()
