"""Two folders of embedded weights side by side: what they draw, how real, how distinct, how useful. Prints Markdown.

    python training/data.py ../shared/data/pack64 SET.npz
    python benchmarks/mini_quality.py --set SET.npz [--baseline FOLDER] [--new FOLDER] [--only words,real]

Judges are trained here, on pictures that neither folder made; `--judges FOLDER` keeps them for the next run. The
sections: words (is what was asked for to be seen?), real (distance from real photos), copies (distinctness, and
pictures remembered from training), useful (a classifier that learns from made pictures alone), ranking (the image-text
model). Needs torch and tqdm.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from mini_bench import Bench
from mini_figures import coverage, frechet, share, table
from mini_judges import Judge, apart
from mini_made import COLOURED, COLUMNS, HEADS, SHOP, THINGS, Model, asked_of
from mini_newness import copies, ranking, useful
from mini_photos import Real

SECTIONS = ("words", "real", "copies", "useful", "ranking")

# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def words(bench: Bench) -> None:
    """Whether the class and the axis' word are to be seen, word by word; speed and size."""
    judges = bench.classes, bench.attributes  # their own tables come first
    seen = [seen_by(bench, model, *judges) for model in bench.models]
    print(f"\n### Is it what was asked for? Judged among {len(bench.real.taught)} classes and all words of an axis")
    print(table(("", "baseline", "new"), [*summary(bench, seen), *costs(bench)]))
    for axis in ("classes", *HEADS):
        known = of_set(bench, axis)
        names = list(dict.fromkeys(word for model in bench.models for word in model.knows[axis]))
        head = [axis, "baseline", "new"]
        if axis != "classes":
            head += ["baseline: class", "new: class", "training set", "training set: class"]
        lines = [
            [
                name,
                *(
                    share(s[axis, name][at]) if (axis, name) in s else "–"
                    for at in range(1 if axis == "classes" else 2)
                    for s in seen
                ),
                *(known.get(name, ("–", "–")) if axis != "classes" else ()),
            ]
            for name in names
        ]
        if lines:
            print(table(head, lines))
    print(
        "\nTraining set: how often the same judges see the word in pictures of the set that were kept apart from them, "
        "and the class in at most 400 of the same things. The judge of classes learned from the photos that these are "
        "made from: what it misses there it can hardly see in what was learned from them."
    )
    if bench.given.words:
        shares = {
            axis: {word: round(float(np.mean(seen[1][axis, word][0])), 4) for a, word in seen[1] if a == axis}
            for axis in ("classes", *HEADS)
        }
        bench.given.words.write_text(json.dumps(shares, indent=1) + "\n", encoding="utf-8")


def of_set(bench: Bench, axis: str) -> dict[str, tuple[str, str]]:
    """By word of an axis, how often the judges see it, and the class, in the training set's own pictures."""
    if axis == "classes":
        return {}
    rng, parts = np.random.default_rng(bench.given.seed), bench.set["parts"]
    column, unseen = parts[:, COLUMNS[axis]], apart(len(parts))
    plain = np.full(len(parts), True)
    for other, usual in (("styles", "photo"), ("views", "")):
        plain &= (parts[:, COLUMNS[other]] == usual) | (axis == other)
    found = {}
    for word in (str(w) for w in np.unique(column) if w):
        kept = bench.attributes.says(bench.set["images"][(column == word) & unseen], HEADS[axis])
        food = [name for name in bench.both if name in bench.real.produce]
        wanted = food if word == SHOP else COLOURED if axis == "colours" else THINGS
        mine = rng.permutation(np.flatnonzero(plain & (column == word) & np.isin(parts[:, 2], wanted)))[:400]
        kinds = bench.classes.says(bench.set["images"][mine], "class")
        right = [kind == truth for kind, truth in zip(kinds, parts[mine, 2], strict=True)]
        found[word] = (share([said == word for said in kept]) if kept else "–", share(right) if right else "–")
    return found


Seen = dict[tuple[str, str], tuple[list[bool], list[bool]]]


def seen_by(bench: Bench, model: Model, classes: Judge, attributes: Judge) -> Seen:
    """By axis and word, for each picture: is the word to be seen, is the class?"""
    asked = asked_of(model.knows, bench.both, bench.real.produce, bench.given.per_class, bench.given.seed)
    pictures = model.draw([(a.text, a.seed) for a in asked])
    kinds = classes.says(pictures, "class")
    said = {axis: attributes.says(pictures, head) for axis, head in HEADS.items()} | {"classes": kinds}
    seen: Seen = {}
    for i, a in enumerate(asked):
        word, kind = seen.setdefault((a.axis, a.word), ([], []))
        word.append(said[a.axis][i] == a.word)
        kind.append(kinds[i] == a.kind)
    return seen


def summary(bench: Bench, seen: Sequence[Seen]) -> list[list[str]]:
    """The mean over words, of all that a folder knows and of those that both know."""
    lines = []
    for axis in ("classes", *HEADS):
        known = [model.knows[axis] for model in bench.models]
        for title, wanted in (("all it knows", None), ("known to both", [w for w in known[0] if w in known[1]])):
            fits = [[k for k in s if k[0] == axis and (wanted is None or k[1] in wanted)] for s in seen]
            means = [[np.mean(s[key][0]) for key in keys] for s, keys in zip(seen, fits, strict=True)]
            counts = "" if wanted is None else f" ({len(wanted)})"
            lines.append([f"{axis}, {title}{counts}", *(f"{share(m)} of {len(m)}" if m else "–" for m in means)])
    return lines


def costs(bench: Bench) -> list[list[str]]:
    return [
        [
            f"seconds for a picture, batch of 8, {bench.given.threads} threads",
            *(f"{m.seconds():.3f}" for m in bench.models),
        ],
        ["MB of all models", *(f"{m.megabytes():.1f}" for m in bench.models)],
    ]


# ── real ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def real(bench: Bench) -> None:
    """Fréchet distance and coverage of photos the judge never saw, by as many made ones of the same classes."""
    tests = {
        "clothing dev and grocery val": bench.real.clothing + bench.real.groceries,
        "held-back Caltech 101": bench.real.held_back,
    }
    lines = []
    for title, photos in tests.items():
        photos = photos.only(bench.both)
        counts, there = Counter(photos.names), bench.classes.features(photos.pictures)
        learnt = bench.real.learnt.some(counts, np.random.default_rng(bench.given.seed))
        sets = [learnt, *(bench.drawn(model, counts) for model in bench.models)]
        vectors = [bench.classes.features(s.pictures) for s in sets]
        what = f"{title}: {len(there)} photos of {len(counts)} classes"
        lines.append([f"Fréchet distance, {what}", *(f"{frechet(there, v):.2f}" for v in vectors)])
        lines.append(["coverage, the same", *(f"{coverage(there, v):.1%}" for v in vectors)])
    print("\n### How far from real photos")
    print(table(("", "training photos", "baseline", "new"), lines))
    print(
        "\nIn the 128 penultimate features of the judge of classes, means of a picture and its mirror image; as many "
        "made as real ones, of the same classes that both know (training photos: fewer where a class has fewer). Low "
        "distance and high coverage (k = 5) are good. Nobody was trained on clothing dev or grocery val; the baseline "
        "was trained on the held-back Caltech pictures, and the new weights started from the baseline's."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--baseline", type=Path, default=Path("../shared/mini"))
    parser.add_argument("--new", type=Path, default=Path("src/mintage/mini/weights"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--set", type=Path, help="made by training/data.py; for words and copies")
    parser.add_argument("--per-class", type=int, default=24, help="pictures of each class")
    parser.add_argument(
        "--judge-steps",
        type=int,
        default=4000,
        help="of 64 pictures that the judge of classes learns; that of attributes, three quarters of them",
    )
    parser.add_argument("--judges", type=Path, help="folder of trained judges; filled when empty")
    parser.add_argument("--words", type=Path, help="write the new folder's shares by axis and word")
    parser.add_argument(
        "--lessons", type=int, default=60, help="made pictures of a class that a classifier learns from"
    )
    parser.add_argument("--steps", type=int, default=400, help="that a classifier learns")
    parser.add_argument("--guidance", type=float, nargs=2, default=(2.5, 3.0), help="of the baseline, of the new ones")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--bf16", action="store_true", help="train judges faster, on processors that can")
    parser.add_argument("--only", type=lambda names: names.split(","), default=list(SECTIONS), help=",".join(SECTIONS))
    given = parser.parse_args()
    if unknown := set(given.only) - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    needed = [given.baseline / "knows.json", given.new / "knows.json", given.data / "pack64/captions.csv"]
    if {"words", "copies"} & set(given.only):
        needed.append(given.set or Path("SET.npz"))
    if absent := [str(path) for path in needed if not path.is_file()]:
        sys.exit(f"Nothing is measured: no {', no '.join(absent)}. See --baseline, --new, --data and --set.")
    torch.set_num_threads(given.threads)
    baseline = Model("baseline", given.baseline, given.threads, given.guidance[0])
    new = Model("new", given.new, given.threads, given.guidance[1])
    bench = Bench(given, baseline, new, Real(given.data))
    for section in (words, real, copies, useful, ranking):
        if section.__name__ in given.only:
            section(bench)


if __name__ == "__main__":
    main()
