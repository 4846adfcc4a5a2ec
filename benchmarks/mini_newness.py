"""Sections of `mini_quality.py`: copies of training pictures, learning from made ones alone, the image-text model."""

import json
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from mini_bench import Bench
from mini_figures import Array, auroc, balanced, limit, nearness, share, table, vendi
from mini_judges import STRONG, Changes, Judge, changed, tensor, train
from mini_made import SHOP, Model
from mini_photos import Labelled, caltech, clothing, coarse, groceries, squashed
from mini_ranking import junk

sys.path.append(str(Path(__file__).parents[1] / "training"))
from fit import calibration_error, shares

CALLED = 0.001
"""The share of photos that cannot be copies and that may be called so."""
GROUNDS = ("on a white background", "on a wooden floor", "on a white surface", "on dark carpet", "on red cloth")
OUTSIDE = ("on a white background", "on grass", "on a wooden floor")
RANKED = ("t-shirt", "long-sleeve shirt", "shoes", "pants", "dress", "shorts", "jacket", "shirt", "skirt", "hat")
EATEN = (
    *("apple", "avocado", "banana", "kiwi", "lemon", "lime", "mango", "melon", "orange"),
    *("papaya", "peach", "pear", "pineapple", "plum", "pomegranate", "cabbage", "carrot", "cucumber"),
    *("garlic", "ginger", "leek", "mushroom", "onion", "pepper", "potato", "tomato", "zucchini"),
)
OTHERS = ("airplane", "motorbike", "car", "watch", "chair", "elephant", "dalmatian", "sunflower")


# ── copies ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def small(pictures: Array) -> torch.Tensor:
    """[n, 3072]: 32×32, what the generator works at, whatever the light and the contrast; of length 1."""
    boxes = pictures.reshape(-1, 32, 2, 32, 2, 3).mean((2, 4), dtype=np.float32)
    flat = torch.from_numpy(boxes.reshape(len(pictures), -1))
    return torch.nn.functional.normalize(flat - flat.mean(1, keepdim=True))


def likeness(pictures: Array, known: Array) -> torch.Tensor:
    """[n, m]: the correlation of pixels where it is highest, mirrored or not and up to half a pixel aside at 32×32."""
    ask, best = small(pictures), torch.full((len(pictures), len(known)), -1.0)
    for mirrored in (known, known[:, :, ::-1]):
        for aside in product((-1, 0, 1), repeat=2):
            best = torch.maximum(best, ask @ small(np.roll(mirrored, aside, (1, 2))).T)
    return best


def remembered(pictures: Array, seed: int) -> Array:
    """Copies as a generator might make them: mirrored or not, moved, 5 % larger or smaller, in other light, soft."""
    torch.manual_seed(seed)
    made = changed(tensor(pictures), Changes(zoom=0.05, tint=0.1, hide=0, blur=1)).cpu()
    again: Array = ((made + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    return again


def copies(bench: Bench) -> None:
    """Vendi scores, and the share of pictures that are far nearer to one training picture than is usual."""
    rng, each = np.random.default_rng(bench.given.seed), bench.given.per_class
    judge, rows = bench.classes, bench.set
    others = bench.real.clothing + bench.real.groceries
    made = [bench.drawn(model, dict.fromkeys(bench.both, each)) for model in bench.models]
    titles = ("photos by others", "held-back Caltech 101", "copies on purpose", "baseline", "new")
    found: dict[str, list[Array]] = {title: [] for title in titles}
    distinct: list[list[float]] = []
    for name in tqdm(bench.both, "copies", leave=False):
        mine = rows["images"][rows["parts"][:, 2] == name]
        photos = rows["images"][(rows["parts"][:, 2] == name) & rows["real"]]
        held = bench.real.held_back.only([name]).pictures
        chosen = photos[rng.permutation(len(photos))[:each]]
        drawn = [model.only([name]).pictures for model in made]
        sets = [others.only([name]).pictures, held, remembered(chosen, bench.given.seed), *drawn]
        gaps = 1 - likeness(np.concatenate(sets), np.concatenate([mine, held])).clamp(max=1).numpy()
        each_set = np.split(gaps, np.cumsum([len(pictures) for pictures in sets])[:-1])
        for title, of in zip(found, each_set, strict=True):
            # a held-back photo must not find itself; the baseline was trained on those of Caltech
            found[title].append(nearness(of[:, : len(mine)] if title == "held-back Caltech 101" else of))
        distinct.append([vendi(judge.features(pictures)) for pictures in (chosen, *drawn)])
    print("\n### How distinct, and how many are copies")
    means = [f"{m:.2f}" for m in np.mean(distinct, 0)]
    print(table(("", "training photos", "baseline", "new"), [[f"Vendi score of {each} of a class, mean", *means]]))
    ratios = {title: np.concatenate(parts) for title, parts in found.items()}
    edge = limit(ratios["photos by others"], CALLED)
    lines = [
        [f"called copies, below {edge:.2f}", *(share(r < edge) for r in ratios.values())],
        ["nearest of all", *(f"{r.min():.2f}" for r in ratios.values())],
        ["median", *(f"{np.median(r):.2f}" for r in ratios.values())],
        ["pictures", *(str(len(r)) for r in ratios.values())],
    ]
    print(table(("distance to the nearest, by the mean of 50", *ratios), lines))
    print(
        "\nA picture's distance to its nearest training picture of its class (photos, derived and composite ones; "
        "one less the correlation of pixels at 32×32 where it is highest, mirrored or not and up to half of one "
        "aside) by the mean of its 50 nearest, so that plain pictures, which are near to all, are not called "
        f"copies. The limit lets at most {CALLED:.1%} of photos by others be called so (clothing dev, grocery "
        "val). Caltech 101 has frames of one film, some of them held back: those are found. Copies on purpose are "
        "training photos, mirrored or not, moved, up to 5 % larger or smaller, in other light and softened to "
        "32×32: they show what the rule finds."
    )


# ── useful ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def lessons(name: str, places: Sequence[str], produce: set[str], count: int, seed: int) -> list[tuple[str, int]]:
    """Half without a place, half in places in turn."""
    half = count // 2
    bare = [(f"photo of {name}", seed + i) for i in range(half)]
    grounds = (SHOP, SHOP, "on a white background") if name in produce else places
    return bare + [(f"photo of {name} {grounds[i % len(grounds)]}", seed + half + i) for i in range(count - half)]


def learnt(bench: Bench, taught: Labelled, test: Labelled, seed: int) -> float:
    """Balanced accuracy on `test` of a small network from scratch, after a fixed number of steps."""
    judge = Judge({"class": sorted(set(taught.names))}, width=16)
    truth = judge.truths({"class": taught.names})
    often = 1 / np.bincount(truth[:, 0])[truth[:, 0]]
    train(judge.net, taught.pictures, truth, STRONG, bench.given.steps, often, seed, bench.given.bf16, "learning")
    return balanced(test.names, judge.says(test.pictures, "class"))


def useful(bench: Bench) -> None:
    """Learn from made pictures alone, recognise real ones."""
    count, seed = bench.given.lessons, bench.given.seed
    tests = {
        "clothing dev": (bench.real.clothing, GROUNDS),
        "grocery val": (bench.real.groceries, GROUNDS),
        "Caltech 101, whole classes": (caltech(bench.given.data), OUTSIDE),
    }
    lines = []
    for title, (photos, places) in tests.items():
        test = photos.only(bench.both)
        names = sorted(set(test.names))
        labels = [name for name in names for _ in range(count)]
        asked = [a for name in names for a in lessons(name, places, bench.real.produce, count, seed)]
        sets = [Labelled(model.draw(asked), labels) for model in bench.models]
        if "Caltech" not in title:  # its training photos are the test's own
            sets.append(bench.real.learnt.some(dict.fromkeys(names, count), np.random.default_rng(seed)))
        reached = [[learnt(bench, taught, test, seed + s) for s in range(2)] for taught in sets]
        cells = [f"{np.mean(r):.1%} ({', '.join(f'{v:.1%}' for v in r)})" for r in reached]
        lines.append(
            [
                f"{title}: {len(test.names)} photos, {len(names)} classes",
                f"{1 / len(names):.1%}",
                *cells,
                *["–"] * (3 - len(cells)),
            ]
        )
    print(f"\n### How useful: {count} made pictures of each class, {bench.given.steps} steps, tested on real photos")
    print(table(("balanced accuracy, two seeds", "chance", "baseline", "new", f"{count} training photos"), lines))
    print("\nCaltech 101 is among what both generators were trained on; clothing dev and grocery val are not.")


# ── ranking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def ranking(bench: Bench) -> None:
    """The image-text model on photos of classes by their names alone, and on junk."""
    data = bench.given.data
    tests = {
        "clothing dev": (sorted(RANKED), clothing(data, squashed).only(RANKED)),
        "grocery val": (EATEN, groceries(data, coarse, squashed).only(EATEN)),
    }
    kinds = {
        k: np.stack([np.asarray(p) for p in ps]) for k, ps in junk(np.random.default_rng(bench.given.seed)).items()
    }
    found = [ranked(bench, model, tests, kinds) for model in bench.models]
    print("\n### The image-text model: photos named without any example, and junk that passes")
    print(table(("", "baseline", "new"), [[key, *(f[key] for f in found)] for key in found[0]]))


def ranked(bench: Bench, model: Model, tests: dict[str, Any], kinds: dict[str, Array]) -> dict[str, str]:
    """Figures by title. The wrong labels and the junk's classes are the same for every folder."""
    image, text = model.session("clip_image"), model.session("clip_text")
    fitted = json.loads((model.folder / "clip.json").read_text(encoding="utf-8"))

    def shown(x: Array) -> Array:
        parts = (x[i : i + 64].transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1 for i in range(0, len(x), 64))
        return np.concatenate([image.run(None, {"image": part})[0] for part in parts])

    def named(names: Sequence[str]) -> Array:
        vectors: Array = text.run(None, {"tokens": model.tokens([f"photo of {name}" for name in names])})[0]
        return vectors

    figures: dict[str, str] = {}
    for title, (names, photos) in tests.items():
        truth, n = np.array([names.index(name) for name in photos.names]), np.arange(len(photos.names))
        wrong = (truth + np.random.default_rng(bench.given.seed).integers(1, len(names), len(n))) % len(names)
        z = shown(photos.pictures) @ named(names).T
        said = f"{title}, {len(n)} photos, {len(names)} classes"
        figures[f"{said}: accuracy (chance {1 / len(names):.1%})"] = share(z.argmax(1) == truth)
        figures[f"{title}: AUROC, right against wrong class"] = f"{auroc(z[n, truth], z[n, wrong]):.3f}"
        figures[f"{title}: calibration error"] = f"{calibration_error(shares(z, fitted['temperature']), truth):.3f}"
    every = sorted({*RANKED, *EATEN, *OTHERS})
    for kind, pictures in kinds.items():
        z, rng = shown(pictures) @ named(every).T, np.random.default_rng(bench.given.seed)
        for count in (1, 2, 10, 40):
            drawn = np.stack([z[i, rng.permutation(len(every))[:count]] for i in range(len(z))])
            passes = (drawn.argmax(1) == 0) & (drawn.max(1) > fitted["null"])
            figures[f"junk that passes: {kind}, {count} classes"] = share(passes)
    return figures
