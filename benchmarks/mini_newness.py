"""Sections of `mini_quality.py`: copies of training pictures, learning from made ones alone, the image-text model."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from mini_bench import Bench
from mini_figures import Array, auroc, balanced, limit, nearness, share, softmax, table, vendi
from mini_judges import STRONG, Judge, train
from mini_made import SHOP, Model
from mini_photos import Labelled, caltech, clothing, coarse, groceries, squashed
from mini_ranking import calibration_error, junk

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
    """[n, 3072]: 32×32, what the generator works at."""
    boxes = pictures.reshape(-1, 32, 2, 32, 2, 3).mean((2, 4), dtype=np.float32)
    return torch.from_numpy(boxes.reshape(len(pictures), -1))


def gaps(pictures: Array, vectors: Array, known: Array, known_vectors: Array) -> tuple[Array, Array]:
    """`nearness` by mean difference of pixels, mirrored or not, and by one less the cosine of features."""
    ask = small(pictures)
    pixels = torch.minimum(torch.cdist(ask, small(known), 1), torch.cdist(ask, small(known[:, :, ::-1]), 1))
    unit, known_unit = (v / (np.linalg.norm(v, axis=1, keepdims=True) + 1e-9) for v in (vectors, known_vectors))
    return nearness(pixels.numpy()), nearness(np.maximum(1 - unit @ known_unit.T, 0))


def softened(pictures: Array, rng: np.random.Generator) -> Array:
    """Copies as a generator would make them: at 32×32, a pixel aside, up to 5 % brighter or darker."""
    moved = np.roll(pictures, rng.integers(-1, 2, 2), (1, 2)).reshape(-1, 32, 2, 32, 2, 3).mean((2, 4))
    lit = moved * rng.uniform(0.95, 1.05, (len(pictures), 1, 1, 1))
    again: Array = lit.clip(0, 255).astype(np.uint8).repeat(2, 1).repeat(2, 2)
    return again


def copies(bench: Bench) -> None:
    """Vendi scores, and the share of pictures that are far nearer to one training picture than is usual."""
    rng, each = np.random.default_rng(bench.given.seed), bench.given.per_class
    judge, rows = bench.classes, bench.set
    unseen = bench.real.held_back + bench.real.clothing + bench.real.groceries
    made = [bench.drawn(model, dict.fromkeys(bench.both, each)) for model in bench.models]
    sets = {"held-back photos": unseen, "copies on purpose": None, "baseline": made[0], "new": made[1]}
    found: dict[str, list[tuple[Array, Array]]] = {title: [] for title in sets}
    distinct: list[list[float]] = []
    for name in tqdm(bench.both, "copies", leave=False):
        mine = rows["images"][rows["parts"][:, 2] == name]
        if not len(mine):
            continue
        photos = rows["images"][(rows["parts"][:, 2] == name) & rows["real"]]
        held = bench.real.held_back.only([name]).pictures
        chosen = photos[rng.permutation(len(photos))[:each]]
        vectors, held_vectors = judge.features(mine), judge.features(held)
        whole, whole_vectors = np.concatenate([mine, held]), np.concatenate([vectors, held_vectors])
        for title, of in sets.items():
            pictures = softened(chosen, rng) if of is None else of.only([name]).pictures
            if not len(pictures):
                continue
            own = of is unseen  # a held-back photo must not find itself; the baseline was trained on those of Caltech
            known = (mine, vectors) if own else (whole, whole_vectors)
            found[title].append(gaps(pictures, judge.features(pictures), *known))
        distinct.append([vendi(judge.features(p)) for p in (chosen, *(m.only([name]).pictures for m in made))])
    print("\n### How distinct, and how many are copies")
    means = [f"{m:.2f}" for m in np.mean(distinct, 0)]
    print(table(("", "training photos", "baseline", "new"), [[f"Vendi score of {each} of a class, mean", *means]]))
    joined = {title: [np.concatenate(p) for p in zip(*parts, strict=True)] for title, parts in found.items()}
    limits = [limit(ratios) for ratios in joined["held-back photos"]]
    called = {t: [r < edge for r, edge in zip(rs, limits, strict=True)] for t, rs in joined.items()}
    lines = [
        [f"by {by}, below {limits[i]:.2f}", *(share(called[t][i]) for t in sets)]
        for i, by in enumerate(("pixels", "features"))
    ]
    lines.append(["by either", *(share(called[t][0] | called[t][1]) for t in sets)])
    lines.append(["pictures", *(str(len(called[t][0])) for t in sets)])
    print(table(("called copies", *sets), lines))
    print(
        "\nA picture's distance to its nearest training picture of its class (photos, derived and composite ones, "
        "mirrored too; mean difference at 32×32, or one less the cosine of the judge's features) by the mean of its 50 "
        "nearest, so that plain pictures, which are near to all, are not called copies. Below the limit it is called a "
        "copy; the limit lets at most 0.1 % of held-back photos be called so, among them the near-duplicates of "
        "Caltech. Copies on purpose, training photos at 32×32, up to a pixel aside and 5 % brighter or darker, show "
        "what the rule finds."
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
        figures[f"{title}: calibration error"] = f"{calibration_error(softmax(z / fitted['temperature']), truth):.3f}"
    every = sorted({*RANKED, *EATEN, *OTHERS})
    for kind, pictures in kinds.items():
        z, rng = shown(pictures) @ named(every).T, np.random.default_rng(bench.given.seed)
        for count in (1, 2, 10, 40):
            drawn = np.stack([z[i, rng.permutation(len(every))[:count]] for i in range(len(z))])
            passes = (drawn.argmax(1) == 0) & (drawn.max(1) > fitted["null"])
            figures[f"junk that passes: {kind}, {count} classes"] = share(passes)
    return figures
