"""What the technique `typographic` writes: is the picture kept, can the word be read. Prints Markdown.

    python benchmarks/typographic.py [--data FOLDER] [--most 640] [--picture FILE]

FOLDER (or MINTAGE_DATA, else ../shared/data) holds real photos of classes that the embedded ranking knows:
`clothing/dev.csv` and `caltech/<class>/`. `--picture` draws the picture of docs/techniques/typographic.md, from made
images, and measures nothing.
"""

import argparse
import csv
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mini_ranking import CALLED, passed, score, scorer_of, spec_of
from mintage.core import registry
from mintage.core.ports import Item, Request, Rivals
from mintage.core.recipe import Fact, Recipe, Sample, Slot
from mintage.core.spec import Use
from mintage.pictures import open_picture
from mintage.pictures.carriers import CARRIERS, lay_out
from mintage.pictures.written import COVERS, USUAL, homography, write_on

CALTECH = ("dalmatian", "elephant", "sunflower", "umbrella", "butterfly", "pizza", "chair")
GARMENTS = ("t-shirt", "pants", "shoes", "dress", "shorts", "hat", "longsleeve", "outwear", "skirt")


def photos(folder: Path, most: int) -> list[tuple[str, Image.Image]]:
    """(class, picture) of all classes, as many of each as there is room for in `most`."""
    found: dict[str, list[Path]] = defaultdict(list)
    if (folder / "clothing/dev.csv").is_file():
        with (folder / "clothing/dev.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["class"] in GARMENTS:
                    found[row["class"]].append(folder / "clothing" / row["file"])
    for name in CALTECH:
        if (folder / "caltech" / name).is_dir():
            found[name] = sorted((folder / "caltech" / name).glob("*.webp"))
    each = most // max(1, len(found))
    return [(name, open_picture(path)) for name, paths in found.items() for path in paths[:each]]


class Kept:
    """One parent for any name: what a technique's `prepare` reads."""

    size = None

    def __init__(self, picture: Image.Image) -> None:
        self._picture = picture

    def picture(self, name: str, *, fit: bool = True) -> Image.Image:
        return self._picture

    def mask(self, name: str, *, fit: bool = True) -> None:
        return None

    def cut_out(self, name: str) -> None:
        return None


def written(technique: Any, shown: Sequence[tuple[str, Image.Image]]) -> Iterator[tuple[Sample, Image.Image, str]]:
    """Each picture with the word that its slot has: as a run makes it, from the plan to the last touch."""
    counts = Counter(name for name, _ in shown)
    plans = {name: technique.plan(name, n, lambda n: iter([{}] * n)) for name, n in counts.items()}
    for i, (name, picture) in enumerate(shown):
        slot = Slot(name, technique.name, i, next(plans[name]))
        recipe = Recipe(slot, 0, ((name, 1.0),), "copy", {}, i, (f"file:{i}",), (f"file:{i}",))
        words = Fact(recipe.id, "words", "done", {"prompt": name})
        sample = Sample(recipe, {"words": words}, label=name)
        request = technique.prepare(sample, Kept(picture), "copy")
        yield sample, technique.finish(request.images[0], request), slot.attributes["written"]


def item(sample: Sample, label: str, rivals: Rivals, image: Image.Image, parent: Image.Image) -> Item:
    return Item(Sample(sample.recipe, label=label), label, rivals, lambda: parent if rivals.of == "parent" else image)


def kept_rows(shown: Sequence[tuple[str, Image.Image]]) -> None:
    """What the floor of `mini` keeps of right and wrong labels: without letters, with them, ranked after them."""
    classes = list(dict.fromkeys(name for name, _ in shown))
    technique = registry.build("techniques", Use(use="typographic"), spec_of(classes))
    mini = scorer_of("mini", classes)
    made = list(written(technique, shown))
    chance = np.random.default_rng(0)
    wrong = [classes[(classes.index(n) + int(chance.integers(1, len(classes)))) % len(classes)] for n, _ in shown]
    right = [name for name, _ in shown]
    kept: dict[str, np.ndarray[Any, Any]] = {}
    for said, labels in (("right", right), ("wrong", wrong)):
        for how, rivals in (("letters", technique.rivals), ("after", lambda _: Rivals()), ("without", None)):
            items = [
                item(sample, label, rivals(sample.recipe) if rivals else Rivals(), image if rivals else photo, photo)
                for (sample, image, _), label, (_, photo) in zip(made, labels, shown, strict=True)
            ]
            kept[f"{said} {how}"] = passed(mini, score(mini, items))
    as_word = [
        item(sample, technique.spec.label(word), Rivals(), image, photo)
        for (sample, image, word), (_, photo) in zip(made, shown, strict=True)
    ]
    taken = passed(mini, score(mini, as_word))
    whole = kept["right without"]
    still = {how: (kept[f"right {how}"] & whole).sum() / whole.sum() for how in ("letters", "after")}
    print(f"{len(shown)} photos of {len(classes)} classes: {', '.join(CALLED.get(c, c) for c in classes)}\n")
    print("| photos | without letters | with them, ranked before | with them, ranked after |\n|---|---|---|---|")
    for said in ("right", "wrong"):
        shares = [kept[f"{said} {how}"].mean() for how in ("without", "letters", "after")]
        print(f"| kept under the {said} label | {' | '.join(f'{s:.1%}' for s in shares)} |")
    print(f"| of those kept without letters | | {still['letters']:.1%} | {still['after']:.1%} |")
    print(f"\nRanked after the letters, {taken.mean():.1%} would be kept as what is written on them.")
    assert still["letters"] >= 0.98, "letters decide whether a picture is kept"
    assert (kept["wrong letters"] <= kept["wrong without"]).all(), "letters let a wrong photo pass"


def straightened(picture: Image.Image, quad: Any, size: tuple[int, int]) -> np.ndarray[Any, Any]:
    """What lies in a quad, seen from straight ahead, in grey of 0 to 1."""
    corners = ((0, 0), (size[0], 0), size, (0, size[1]))
    flat = picture.convert("L").transform(
        size, Image.Transform.PERSPECTIVE, homography(corners, quad), Image.Resampling.BICUBIC
    )
    return np.asarray(flat, np.float64) / 255


def readable_rows(shown: Sequence[tuple[str, Image.Image]], words: Sequence[str]) -> None:
    """Height of a capital, contrast in what the word stands on and, where one is installed, what a reader reads."""
    reader = a_reader()
    print(f"\nThe word on each of {len(shown)} photos; {reader[0] if reader else 'no reader is installed'}.")
    print("\n| longer side | carrier | capital, pixels (lowest of 20) | contrast (lowest of 20) | read |")
    print("|---|---|---|---|---|")
    for side in (256, 128, 64):
        for carrier in CARRIERS:
            capitals, contrasts, right = [], [], 0
            for i, (_, photo) in enumerate(shown):
                small = photo.copy()
                small.thumbnail((side, side))
                word = words[i % len(words)]
                image, quad = write_on(small, word, carrier, i, size=(0.5, 0.5))
                area = COVERS * USUAL * small.width * small.height
                layout = lay_out(word, carrier, 0.5 * min(small.size), 0.9 * small.width, area)
                capitals.append(layout.capital * min(1.0, extent(quad) / layout.width))
                low, high = np.percentile(straightened(image, quad, (192, 80)), (5, 95))
                contrasts.append(high - low)
                right += reader is not None and same(word) in same(reader[1](image))
            tall = f"{np.median(capitals):.1f} ({np.percentile(capitals, 5):.1f})"
            clear = f"{np.median(contrasts):.2f} ({np.percentile(contrasts, 5):.2f})"
            said = f"{right / len(shown):.0%}" if reader else "–"
            print(f"| {side} | {carrier} | {tall} | {clear} | {said} |", flush=True)


def extent(quad: Any) -> float:
    """The mean length of the upper and the lower edge."""
    (a, b), (c, d), (e, f), (g, h) = quad
    return float(np.hypot(c - a, d - b) + np.hypot(e - g, f - h)) / 2


def same(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def a_reader() -> tuple[str, Callable[[Image.Image], str]] | None:
    """An optical reader that happens to be installed (`pip install rapidocr-onnxruntime`), on pictures enlarged to 512
    pixels."""
    try:
        from rapidocr_onnxruntime import RapidOCR  # type: ignore[import-not-found]
    except ImportError:
        return None
    engine = RapidOCR()

    def read(picture: Image.Image) -> str:
        scale = 512 / max(picture.size)
        size = round(picture.width * scale), round(picture.height * scale)
        found, _ = engine(np.asarray(picture.resize(size, Image.Resampling.BICUBIC))[..., ::-1])
        lines = sorted(found or [], key=lambda f: min(y for _, y in f[0]))
        return " ".join(text for _, text, _ in lines)

    return "read by RapidOCR, enlarged to 512 pixels", read


def drawn_picture(target: Path) -> None:
    """Made images of the embedded generator, before and after, four times as large: for the documentation."""
    names = {"soccer ball": 2, "sunflower": 2, "t-shirt": 2, "lemon": 3, "watch": 2, "pizza": 3}  # seeds
    engine = registry.build("engines", Use(use="mini"), spec_of(list(names)))
    engine.load()
    requests = [Request(name, "text", f"photo of {name}", seed=seed) for name, seed in names.items()]
    made = {answer.recipe_id: answer.image for answer in engine.make(requests)}
    words = ("apple", "iPod", "piano", "car", "shoes", "hat")
    sheet = Image.new("RGB", (len(names) * 136 - 8, 264), "white")
    for i, (name, word) in enumerate(zip(names, words, strict=True)):
        after, _ = write_on(made[name], word, CARRIERS[i % len(CARRIERS)], i, size=(0.5, 0.6))
        for row, picture in enumerate((made[name], after)):
            sheet.paste(picture.resize((128, 128), Image.Resampling.BICUBIC), (i * 136, row * 136))
    sheet.quantize(160, dither=Image.Dither.NONE).save(target, optimize=True)
    print(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MINTAGE_DATA", "../shared/data")))
    parser.add_argument("--most", type=int, default=640, help="photos in all")
    parser.add_argument("--picture", type=Path, help="draw the documentation's picture, and measure nothing")
    given = parser.parse_args()
    if given.picture:
        drawn_picture(given.picture)
        return
    shown = photos(given.data, given.most)
    if not shown:
        print(f"No real photos at {given.data}: nothing is measured.")
        return
    kept_rows(shown)
    every = max(1, len(shown) // 96)
    readable_rows(shown[::every], [CALLED.get(name, name) for name in dict.fromkeys(n for n, _ in shown)])


if __name__ == "__main__":
    main()
