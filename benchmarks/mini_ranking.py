"""What the embedded ranking keeps and drops: junk, made pictures, real photos. Prints Markdown.

    python benchmarks/mini_ranking.py [--images 12] [--data FOLDER]

FOLDER (or MINTAGE_DATA, else ../shared/data) holds `clothing/dev.csv` (file, class) and its photos: without it the rows
on real photos are left out. A picture is kept when it reaches the default floors: its own class first (`mini`), and a
picture at all (`technical`).
"""

import argparse
import csv
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mintage.core import registry
from mintage.core.ports import Item, Request, Rivals, Scored
from mintage.core.recipe import Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use
from mintage.mini.weights import table
from mintage.pictures import open_picture

sys.path.append(str(Path(__file__).parents[1] / "training"))
from fit import calibration_error

KNOWN: list[str] = table("knows.json")["classes"]
FOOD = {
    *("apple", "banana", "lemon", "orange", "tomato", "carrot"),
    *("pepper", "pear", "kiwi", "pineapple", "watermelon", "avocado"),
    *("mushroom", "cucumber", "aubergine"),
}
COUNTS = (1, 2, 10, len(KNOWN))
JUNK = 200
CALLED = {"longsleeve": "long-sleeve shirt", "outwear": "jacket"}


def spec_of(classes: Sequence[str]) -> DatasetSpec:
    """A set of these classes, with the words that the models know them by."""
    return DatasetSpec.model_validate({"name": "x", "classes": {c: {"called": CALLED.get(c, "")} for c in classes}})


def scorer_of(name: str, classes: Sequence[str]) -> Any:
    scorer = registry.build("scorers", Use(use=name), spec_of(classes))
    scorer.load()
    return scorer


def item_of(number: int, label: str, picture: Image.Image | None = None, vector: Any = None) -> Item:
    recipe = Recipe(Slot(label, "vanilla", number), 0, ((label, 1.0),), "flat", {}, number)
    return Item(Sample(recipe, label=label), label, Rivals(), lambda: picture, vector)  # type: ignore[arg-type,return-value]


def score(scorer: Any, items: Sequence[Item]) -> list[Scored]:
    found = {s.recipe_id: s for s in scorer.score(items)}
    return [found[item.recipe_id] for item in items]


def passed(scorer: Any, scores: Sequence[Scored]) -> np.ndarray[Any, Any]:
    """Which of them reach the scorer's default floors."""
    return np.array([all(s.values[name] >= floor for name, floor in scorer.floors.items()) for s in scores])


def junk(rng: np.random.Generator) -> dict[str, list[Image.Image]]:
    def pictures(pixels: Any) -> Image.Image:
        return Image.fromarray(np.asarray(pixels, np.uint8))

    def stripes() -> Any:
        return np.repeat(np.repeat(rng.integers(0, 256, (1, 16, 3)), 4, 1), 64, 0)

    return {
        "noise": [pictures(rng.integers(0, 256, (64, 64, 3))) for _ in range(JUNK)],
        "plain colour": [pictures(np.broadcast_to(rng.integers(0, 256, 3), (64, 64, 3))) for _ in range(JUNK)],
        "stripes": [pictures(stripes()) for _ in range(JUNK)],
        "blobs": [
            pictures(rng.integers(0, 256, (8, 8, 3))).resize((64, 64), Image.Resampling.BICUBIC) for _ in range(JUNK)
        ],
    }


def junk_rows(rng: np.random.Generator) -> None:
    """Junk under the label of a class: for each number of classes ten random sets of them, twenty pictures each."""
    print(f"\n| junk, kept of {JUNK} | classes | mini alone | technical alone | both |\n|---|---|---|---|---|")
    technical = scorer_of("technical", KNOWN[:1])
    for kind, pictures in junk(rng).items():
        sound = passed(technical, score(technical, [item_of(i, KNOWN[0], p) for i, p in enumerate(pictures)]))
        for count in COUNTS:
            kept = []
            for group in np.array_split(np.arange(JUNK), 10):
                classes = [str(c) for c in rng.choice(KNOWN, count, replace=False)]
                mini = scorer_of("mini", classes)
                items = [item_of(int(i), classes[int(i) % count], pictures[i]) for i in group]
                kept.append(passed(mini, score(mini, items)))
            both = np.concatenate(kept)
            print(f"| {kind} | {count} | {both.sum()} | {sound.sum()} | {(both & sound).sum()} |")


def made_rows(images: int) -> None:
    """Pictures made by `mini` under their own class and under the next one."""
    engine = registry.build("engines", Use(use="mini"), spec_of(KNOWN))
    engine.load()
    requests = [
        Request(f"{name} {seed}", "text", f"photo of {name}{' in a grocery store' if name in FOOD else ''}", seed=seed)
        for name in KNOWN
        for seed in range(images)
    ]
    made = [answer.image for answer in engine.make(requests)]
    names = [name for name in KNOWN for _ in range(images)]
    mini, technical = scorer_of("mini", KNOWN), scorer_of("technical", KNOWN)
    vectors = [s.vector for s in score(mini, [item_of(i, names[i], p) for i, p in enumerate(made)])]
    sound = passed(technical, score(technical, [item_of(i, names[i], p) for i, p in enumerate(made)]))
    print(f"\n{len(made)} pictures by `mini`, {images} of each class; {sound.mean():.1%} are pictures to `technical`.")
    print("\n| classes of the set | kept under their own class | kept under another |\n|---|---|---|")
    for count in COUNTS:
        right, wrong = [], []
        for start in range(0, len(KNOWN), count):
            classes = KNOWN[start : start + count]
            mini = scorer_of("mini", classes)
            mine = [i for i, name in enumerate(names) if name in classes]
            right.append(passed(mini, score(mini, [item_of(i, names[i], vector=vectors[i]) for i in mine])))
            after = KNOWN[(start + 1) % len(KNOWN)]
            others = mine if len(classes) > 1 else [i for i, name in enumerate(names) if name == after]
            false = [classes[(KNOWN.index(names[i]) - start + 1) % len(classes)] for i in others]
            items = [item_of(i, label, vector=vectors[i]) for i, label in zip(others, false, strict=True)]
            wrong.append(passed(mini, score(mini, items)))
        print(f"| {count} | {np.concatenate(right).mean():.1%} | {np.concatenate(wrong).mean():.1%} |")


def photo_rows(folder: Path) -> None:
    """Real photos of the ten commonest classes: accuracy, discrimination, calibration, and what is kept."""
    with (folder / "clothing/dev.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    classes = sorted(name for name, _ in Counter(r["class"] for r in rows if r["class"] != "not-sure").most_common(10))
    rows = [r for r in rows if r["class"] in classes]
    truth = np.array([classes.index(r["class"]) for r in rows])
    pictures = [open_picture(folder / "clothing" / r["file"]) for r in rows]
    mini, technical = scorer_of("mini", classes), scorer_of("technical", classes)
    vectors = [s.vector for s in score(mini, [item_of(i, classes[0], p) for i, p in enumerate(pictures)])]
    sound = passed(technical, score(technical, [item_of(i, classes[0], p) for i, p in enumerate(pictures)]))
    under = [score(mini, [item_of(i, c, vector=v) for i, v in enumerate(vectors)]) for c in classes]
    p = np.array([[s.values["p"] for s in scores] for scores in under]).T
    kept = np.array([passed(mini, scores) for scores in under]).T & sound[:, None]
    n = np.arange(len(rows))
    other = (truth + np.random.default_rng(0).integers(1, len(classes), len(rows))) % len(classes)
    right, wrong = p[n, truth], p[n, other]
    auroc = (right[:, None] > wrong[None]).mean() + (right[:, None] == wrong[None]).mean() / 2
    among = p / p.sum(1, keepdims=True)
    print(f"\n{len(rows)} photos of garments, 10 classes ({', '.join(classes)})")
    print("\n| figure | measured | chance |\n|---|---|---|")
    print(f"| accuracy without any example | {(p.argmax(1) == truth).mean():.1%} | {1 / len(classes):.1%} |")
    print(f"| AUROC of `p`, right label against a random wrong one | {auroc:.3f} | 0.5 |")
    print(f"| calibration error (ECE, 10 bins, `p` among the classes) | {calibration_error(among, truth):.3f} | |")
    print(f"| kept under the right label | {kept[n, truth].mean():.1%} | |")
    print(f"| kept under a random wrong label | {kept[n, other].mean():.1%} | |")
    print(f"| called no picture by `technical` | {(~sound).mean():.1%} | |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--images", type=int, default=12, help="pictures made of each class")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MINTAGE_DATA", "../shared/data")))
    given = parser.parse_args()
    junk_rows(np.random.default_rng(0))
    made_rows(given.images)
    if (given.data / "clothing/dev.csv").is_file():
        photo_rows(given.data)
    else:
        print(f"\nNo real photos at {given.data}: those rows are left out.")


if __name__ == "__main__":
    main()
