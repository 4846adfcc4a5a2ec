"""Collages against real photos: masks, and how easily they are told apart. Prints Markdown.

    python benchmarks/collage.py [--data FOLDER] [--photos 200] [--each 50]
    python benchmarks/collage.py --picture docs/pictures/collage.png

FOLDER (or MINTAGE_DATA, else ../shared/data) holds `clothing/dev.csv` (file, class) and its photos. `--picture` draws
the picture of the page docs/collage.md with things drawn by rules, and needs no data.
"""

import argparse
import csv
import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from collage_things import THINGS
from mintage.core import registry
from mintage.core.ports import Made, Request
from mintage.core.spec import DatasetSpec, Use
from mintage.engines._collage_words import ENVIRONMENTS
from mintage.mini.comparing import Comparing, shrink
from mintage.pictures import open_picture
from mintage.pictures.cutouts.cutout import find_cut_out

SURE = 0.5
VECTOR = 128
LOOKED_AT = 300
"""So many of the shuffled photos were looked at while noise, contrast and light were chosen: they are left out."""
AT_HOME = ("on a wooden floor", "on dark carpet", "on red cloth", "on pink cloth", "on a white surface", "on carpet")
"""Where people photograph their clothes: so that places alone do not give collages away."""
SPEC = DatasetSpec.model_validate({"name": "x", "classes": {"any": 1}})


def engine(use: str = "collage", **options: Any) -> Any:
    made = registry.build("engines", Use(use=use, options=options), SPEC)
    made.load()
    return made


def cut_out(picture: Image.Image) -> Image.Image | None:
    """Cropped to its bounds, RGBA; None where it is not sure."""
    found = find_cut_out(picture)
    if found is None or found.confidence < SURE:
        return None
    whole = picture.copy()
    whole.putalpha(found.mask)
    return whole.crop(found.mask.getbbox())


def made(cuts: Sequence[Image.Image], places: Sequence[str], style: str = "photo", **options: Any) -> Iterator[Made]:
    asked = [
        Request(
            str(i), "compose", "", images=(cut,), names=("any",), seed=i, attributes={"environment": p, "style": style}
        )
        for i, (cut, p) in enumerate(zip(cuts, places, strict=True))
    ]
    for answer in engine(**options).make(asked):
        assert isinstance(answer, Made), answer
        yield answer


def masks(cuts: Sequence[Image.Image]) -> None:
    """Is what the engine says about the object true? Against an untouched copy of the same picture without light."""
    names = [words[0] for words in ENVIRONMENTS.values()]
    exact, ratios, begun = 0, [], time.process_time()
    pictures = list(made(cuts, [names[i % len(names)] for i in range(len(cuts))], occlude=0, rotate=0))
    seconds = (time.process_time() - begun) / len(cuts)
    for cut, picture in zip(cuts, pictures, strict=True):
        assert picture.mask is not None
        box = picture.mask.getbbox()
        x, y, w, h = (picture.boxes[0][k] for k in "xywh")
        exact += box == (x, y, x + w, y + h)
        whole = np.asarray(cut.resize((w, h), Image.Resampling.BOX).getchannel("A")) > 127
        ratios.append((np.asarray(picture.mask) > 127).sum() / max(whole.sum(), 1))
    low, middle, high = np.quantile(ratios, (0.05, 0.5, 0.95))
    print(f"| boxes that are the bounds of the mask | {exact} of {len(cuts)} |")
    said = f"{middle:.3f} ({low:.3f}, {high:.3f})"
    print(f"| area of the mask against that of the cut-out at its size, median (5 %, 95 %) | {said} |")
    print(f"| CPU seconds for one picture of 256×256, textures drawn on the way | {seconds:.3f} |")


def features(pictures: Sequence[Image.Image], comparing: Comparing) -> np.ndarray[Any, Any]:
    """The embedded model's vector, and what forgeries are known by: edges, noise, colours."""
    vectors = comparing.image_vectors(np.stack([shrink(p) for p in pictures]))
    rows = []
    for picture in pictures:
        pixels = np.asarray(picture, np.float32) / 255
        grey = pixels.mean(axis=2)
        steps = np.concatenate([np.abs(np.diff(grey, axis=a)).ravel() for a in (0, 1)])
        fine = grey[1:-1, 1:-1] * 4 - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
        numbers = [*np.quantile(steps, (0.1, 0.5, 0.9, 0.99)), *np.quantile(np.abs(fine), (0.1, 0.5, 0.9, 0.99))]
        numbers += [*pixels.mean(axis=(0, 1)), *pixels.std(axis=(0, 1)), (grey < 0.05).mean(), (grey > 0.95).mean()]
        rows.append(numbers)
    return np.concatenate([vectors, np.log(np.asarray(rows) + 1e-3)], axis=1)


def told_apart(real: np.ndarray[Any, Any], fake: np.ndarray[Any, Any], repeats: int = 5) -> tuple[float, float]:
    """Accuracy of a logistic regression in five folds, mean and standard deviation over shuffles."""
    x, y = np.concatenate([real, fake]), np.repeat([0.0, 1.0], [len(real), len(fake)])
    found = []
    for seed in range(repeats):
        order = np.random.default_rng(seed).permutation(len(x))
        right = 0
        for fold in range(5):
            test = order[fold::5]
            train = np.setdiff1d(order, test)
            mean, std = x[train].mean(axis=0), x[train].std(axis=0) + 1e-6
            weights = logistic((x[train] - mean) / std, y[train])
            scores = np.c_[(x[test] - mean) / std, np.ones(len(test))] @ weights
            right += int(((scores > 0) == (y[test] > 0.5)).sum())
        found.append(right / len(x))
    return float(np.mean(found)), float(np.std(found))


def logistic(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], ridge: float = 3.0) -> np.ndarray[Any, Any]:
    """Weights and intercept by Newton's method, the weights shrunk."""
    wide = np.c_[x, np.ones(len(x))]
    penalty = ridge * np.diag([1.0] * x.shape[1] + [0.0])
    weights = np.zeros(wide.shape[1])
    for _ in range(12):
        p = 1 / (1 + np.exp(-np.clip(wide @ weights, -30, 30)))
        gradient = wide.T @ (p - y) + penalty @ weights
        weights -= np.linalg.solve(wide.T * (p * (1 - p)) @ wide + penalty + 1e-6 * np.eye(len(weights)), gradient)
    return weights


def square(picture: Image.Image) -> Image.Image:
    """The middle of a photo at 256×256, as the collages are."""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side)).resize((256, 256), Image.Resampling.BICUBIC)


def measure(data: Path, photos: int, each: int) -> None:
    with (data / "clothing" / "dev.csv").open(encoding="utf-8") as file:
        files = [row["file"] for row in csv.DictReader(file)]
    random.Random(1).shuffle(files)
    files = files[LOOKED_AT:]
    pictures = [open_picture(data / "clothing" / name) for name in files[:photos]]
    cuts = [cut for cut in map(cut_out, pictures) if cut is not None]
    print("| figure | measured |\n|---|---|")
    print(f"| photos of garments with a cut-out that is sure enough | {len(cuts)} of {len(pictures)} |", flush=True)
    masks(cuts)
    comparing = Comparing()
    real = features(
        [square(open_picture(data / "clothing" / name)) for name in files[photos : photos + each]], comparing
    )
    others = features(
        [square(open_picture(data / "clothing" / name)) for name in files[photos + each : photos + 2 * each]], comparing
    )
    mean, deviation = told_apart(real, others)
    print(f"| real photos told from other real photos (chance 50 %) | {mean:.0%} ± {deviation:.0%} |", flush=True)
    places = [AT_HOME[i % len(AT_HOME)] for i in range(each)]
    chosen = [cuts[i % len(cuts)] for i in range(each)]
    ways: dict[str, dict[str, Any]] = {
        f"shadow {'on' if shadow else 'off'}, harmonise {'on' if harmonise else 'off'}": {
            "shadow": shadow,
            "harmonise": harmonise,
        }
        for shadow in (True, False)
        for harmonise in (True, False)
    }
    ways["both on, scale 0.7 to 0.98: as large as in the photos"] = {"scale": (0.7, 0.98)}
    for said, way in ways.items():
        fakes = [m.image for m in made(chosen, places, occlude=0, view="lying", **way)]
        found = features(fakes, comparing)  # type: ignore[arg-type]
        mean, deviation = told_apart(real, found)
        simple, _ = told_apart(real[:, VECTOR:], found[:, VECTOR:])
        both = f"{mean:.0%} ± {deviation:.0%}; by edges, noise, colours alone {simple:.0%}"
        print(f"| collages told from real photos, {said} | {both} |", flush=True)


def picture(target: Path) -> None:
    """Things drawn by rules in every environment."""
    cuts = [draw() for draw in THINGS.values()]
    names = [words[0] for words in ENVIRONMENTS.values()]
    places = [*names, "on red cloth", "on grass", "in the snow", "on a wooden floor"]
    side, columns = 160, 7
    chosen = [cuts[i * 2 % len(cuts)] for i in range(len(places))]
    pictures = [m.image for m in made(chosen, places, size=side, occlude=0.2)]
    sheet = Image.new("RGB", (columns * side, -(-len(pictures) // columns) * side), "white")
    for i, tile in enumerate(pictures):
        assert isinstance(tile, Image.Image)
        sheet.paste(tile, (i % columns * side, i // columns * side))
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(target, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MINTAGE_DATA", "../shared/data")))
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--each", type=int, default=50)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    if options.picture:
        picture(options.picture)
    elif not (options.data / "clothing" / "dev.csv").is_file():
        print(f"nothing to measure: {options.data / 'clothing' / 'dev.csv'} is not there")
    else:
        measure(options.data, options.photos, options.each)


if __name__ == "__main__":
    main()
