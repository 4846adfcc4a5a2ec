"""What inpaint changes, what it leaves alone, and whether what was added is there and what was removed is gone.

    python benchmarks/inpaint.py [--metal 24] [--photos 26] [--data FOLDER] [--pictures FOLDER]

Prints Markdown. Metal is drawn by `examples/make_metal.py`; FOLDER (or MINTAGE_DATA, else ../shared/data) holds photos.
Defects are found by a judge that learnt line and spot filters on other plates, objects by the one of `independent.py`:
neither shares anything with the engines. `--pictures` writes the figures of the documentation and measures nothing.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from independent import CLASSES, DATA, Classifier, classifier, there
from independent import parents as some_photos
from making import family
from mintage.core import registry
from mintage.core.array import Array as Rows
from mintage.core.copying import Copy
from mintage.core.pool import RealParents
from mintage.core.ports import Briefed, Made, Request
from mintage.core.recipe import Fact, Recipe, Sample, Slot, seed_of
from mintage.core.spec import DatasetSpec, Use
from mintage.pictures import open_picture
from mintage.pictures.cutouts.references import read_references
from mintage.stages.parents import ParentFiles
from mintage.techniques._inpaint_patch import transplanted

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import make_metal

Array = np.ndarray[Any, Any]
SIDE = 192


@dataclass(frozen=True)
class Edited:
    """A parent, what came of it, and the request. `before` is the parent at the engine's size."""

    name: str
    source: str
    before: Image.Image
    after: Image.Image
    request: Request

    def differs(self) -> tuple[float, float]:
        """Mean difference in grey levels outside and inside the mask."""
        off = np.abs(np.asarray(self.before, np.float32) - np.asarray(self.after, np.float32)).mean(2)
        inside = np.asarray(self.request.mask) > 127
        return float(off[~inside].mean()) if (~inside).any() else 0.0, float(off[inside].mean())


def edited(
    spec: DatasetSpec, options: Mapping[str, Any], engine: str, names: Sequence[str], each: int
) -> list[Edited] | None:
    """`each` pictures of every class; None, and it says why, where the engine cannot."""
    plugin = registry.build("techniques", Use(use="inpaint", options=dict(options)), spec)
    more = {"size": SIDE} if engine == "collage" else {}
    maker: Any = Copy(Copy.Options(), spec) if engine == "copy" else None
    maker = maker or registry.build("engines", Use(use=engine, options=more), spec)
    verb = next((v for v in plugin.wants if v in maker.can), None)
    if verb is None:
        print(f"\n{engine} has none of the verbs {', '.join(plugin.wants)}: left out of {options['edit']}.")
        return None
    maker.load()
    references = read_references(spec, spec.folder, masks=True)
    pool = RealParents(references, spec.references.sure)
    files = ParentFiles(references, {}.__getitem__, spec.references, maker.size, None)
    writer = registry.build("writers", Use(use="grammar"), spec)
    slots = [
        Slot(n, "inpaint", i, r)
        for n in names
        for i, r in enumerate(plugin.plan(n, each, Rows(spec.levels).attributes))
    ]
    asked: dict[str, tuple[Sample, Request]] = {}
    for slot in slots:
        origin = plugin.origin(slot, verb, pool)
        if origin is None:
            continue
        parents = tuple(p.name for p in origin.parents)
        seed = seed_of(spec.seed, slot.key, "inpaint", slot.number, 0)
        recipe = Recipe(slot, 0, origin.objects, engine, {"technique": plugin.settings}, seed, parents, origin.roots)
        (wrote,) = writer.write([Briefed(Sample(recipe), plugin.brief(recipe), maker.phrasing)])
        sample = Sample(recipe, {"words": Fact(recipe.id, "words", "done", {"prompt": wrote.prompt})})
        try:
            asked[recipe.id] = sample, plugin.prepare(sample, files, verb)
        except OSError as error:
            print(f"\n{slot}: {error}")
    found = []
    for answer in maker.make([request for _, request in asked.values()]):
        if not isinstance(answer, Made):
            print(f"\n{answer}")
            continue
        sample, request = asked[answer.recipe_id]
        image = open_picture(answer.image) if isinstance(answer.image, bytes) else answer.image
        after = plugin.finish(image, request).convert("RGB")
        slot, before = sample.recipe.slot, files.picture(sample.recipe.parents[0])
        found.append(Edited(slot.key, slot.attributes.get("from", slot.key), before, after, request))
    return found


# ── metal ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Detector:
    """Is there a scratch or a dent? Filters for lines in 12 directions and for spots, learnt on plates of other seeds.

    Responses are divided by their own median over the plate, so that grain and light do not count; what is learnt is
    how high the highest are, by ridge regression. Where: the place of the highest.
    """

    def __init__(self, count: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        plates = [make_metal.plate(SIDE, rng) for _ in range(2 * count)]
        damaged = [
            (make_metal.dented if i % 4 == 3 else make_metal.scratched)(p, rng)[0] for i, p in enumerate(plates[count:])
        ]
        pictures = [make_metal.picture(p) for p in (*plates[:count], *damaged)]
        known = np.stack([self._numbers(p) for p in pictures])
        self._mean, self._scale = known.mean(0), known.std(0) + 1e-6
        x = np.c_[(known - self._mean) / self._scale, np.ones(len(known))]
        y = np.r_[-np.ones(count), np.ones(count)]
        self._weights = np.linalg.solve(x.T @ x + 0.02 * len(x) * np.eye(x.shape[1]), x.T @ y)

    def _responses(self, picture: Image.Image) -> Array:
        grey = np.asarray(picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32)
        y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
        y, x = (y + SIDE // 2) % SIDE - SIDE // 2, (x + SIDE // 2) % SIDE - SIDE // 2
        edge = np.pad(grey - grey.mean(), 16, mode="reflect")[16:-16, 16:-16]
        spectrum = np.fft.rfft2(edge)
        found = []
        for width, long in ((1.2, 8.0), (2.4, 12.0)):
            for k in range(12):
                turn = np.pi * k / 12
                along, across = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
                bell = np.exp(-((along / long) ** 2) / 2 - ((across / width) ** 2) / 2)
                line = bell * (1 - (across / width) ** 2)
                found.append(np.abs(np.fft.irfft2(spectrum * np.fft.rfft2(line - line.mean()), s=grey.shape)))
        for radius in (5.0, 9.0):
            slope = np.exp(-(x**2 + y**2) / 2 / radius**2) / radius**2
            parts = [np.fft.irfft2(spectrum * np.fft.rfft2(slope * v), s=grey.shape) for v in (x, y)]
            found.append(np.hypot(*parts))
        stack = np.stack(found)[:, 8:-8, 8:-8]
        return stack / np.median(stack, (1, 2), keepdims=True)

    def _numbers(self, picture: Image.Image) -> Array:
        tops = np.quantile(self._responses(picture).reshape(26, -1), [0.99, 0.998, 1.0], axis=1)
        groups = [tops[:, :12], tops[:, 12:24], tops[:, 24:]]
        return np.log(np.concatenate([np.sort(g, 1)[:, ::-1][:, :6].ravel() for g in groups]))

    def finds(self, pictures: Sequence[Image.Image]) -> Array:
        numbers = (np.stack([self._numbers(p) for p in pictures]) - self._mean) / self._scale
        return np.c_[numbers, np.ones(len(numbers))] @ self._weights > 0

    def where(self, picture: Image.Image) -> tuple[float, float]:
        """Column and row of the highest response, as shares of the frame."""
        highest = self._responses(picture).max(0)
        row, column = np.unravel_index(highest.argmax(), highest.shape)
        return (float(column) + 8.5) / SIDE, (float(row) + 8.5) / SIDE


def metal_spec(folder: Path, count: int) -> DatasetSpec:
    make_metal.make(folder / "metal", count, count // 2, SIDE, seed=11)
    classes = {n: {"references": f"metal/{n}"} for n in ("good", "scratch")}
    return DatasetSpec.model_validate({"name": "x", "classes": classes, "references": {"masks": "file"}}).placed(folder)


def metal_rows(count: int) -> None:
    judge = Detector(160, 5)
    rng = np.random.default_rng(6)
    plates = [make_metal.plate(SIDE, rng) for _ in range(200)]
    bad = [(make_metal.dented if i % 4 == 3 else make_metal.scratched)(p, rng) for i, p in enumerate(plates[100:])]
    good = [make_metal.picture(p) for p in plates[:100]]
    right = [make_metal.picture(p) for p, _ in bad]
    hits = [near(judge.where(p), np.asarray(mask)) for p, (_, mask) in zip(right, bad, strict=True)]
    print("\n| metal | made by | pictures | outside | inside | a defect is found | … in the mask |")
    print("|---|---|---|---|---|---|---|")
    print(f"| other good plates | drawn | 100 | | | {judge.finds(good).mean():.0%} | |")
    print(f"| other plates with defects | drawn | 100 | | | {judge.finds(right).mean():.0%} | {np.mean(hits):.0%} |")
    with tempfile.TemporaryDirectory() as name:
        spec = metal_spec(Path(name), count)
        whole = edited(spec, {"edit": "transplant", "result": {"good": "scratch"}}, "copy", ["scratch"], 2 * count)
        metal_row("transplant", "copy", whole, judge)
        added = {"edit": "add", "result": {"good": "scratch"}, "size": [0.25, 0.5]}
        metal_row("add", "collage", edited(spec, added, "collage", ["scratch"], count), judge)
        removed = edited(spec, {"edit": "remove", "result": {"scratch": "good"}}, "collage", ["good"], count // 2)
        metal_row("remove", "collage", removed, judge)
        seam = [undamaged(p, q, i) for i, (p, q) in enumerate(zip(good[::2], good[1::2], strict=True))]
        share = f"{judge.finds(seam).mean():.0%}"
        print(f"| control of transplant: a patch without a defect | copy | {len(seam)} | | | {share} | |")
        if whole:
            nothing = [Edited(e.name, e.source, e.before, e.before, e.request) for e in whole]
            metal_row("control of transplant: nothing done", "–", nothing, judge)
            others = [*whole[1:], whole[0]]
            all_of_it = [
                Edited(e.name, e.source, e.before, o.after, e.request) for e, o in zip(whole, others, strict=True)
            ]
            metal_row("control of transplant: another plate", "–", all_of_it, judge)
        if removed:
            nothing = [Edited(e.name, e.source, e.before, e.before, e.request) for e in removed]
            metal_row("control of remove: nothing done", "–", nothing, judge)


def undamaged(scene: Image.Image, donor: Image.Image, seed: int) -> Image.Image:
    """A piece of a good plate set into another one: what is found here is the seam."""
    mask = Image.new("L", donor.size)
    ImageDraw.Draw(mask).line((60, 70, 120, 100), fill=255, width=6)
    return transplanted(scene, donor, mask, Random(seed), None, 0.02)[0]


def near(at: tuple[float, float], mask: Array) -> bool:
    """Whether a place (shares of the frame) lies in a mask or within 3 % beside it."""
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    return bool((np.hypot(columns / width - at[0], rows / height - at[1]) < 0.03).any())


def metal_row(what: str, engine: str, found: Sequence[Edited] | None, judge: Detector) -> None:
    if not found:
        return
    outside, inside = np.mean([e.differs() for e in found], axis=0)
    hits = np.mean([near(judge.where(e.after), np.asarray(e.request.shows or e.request.mask) > 127) for e in found])
    share = judge.finds([e.after for e in found]).mean()
    print(f"| {what} | {engine} | {len(found)} | {outside:.2f} | {inside:.1f} | {share:.0%} | {hits:.0%} |", flush=True)


# ── photos ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def photo_rows(data: Path, count: int) -> None:
    judge = classifier(data)
    print(
        "\n| photos | made by | pictures | outside | inside | it is the class of the slot | it is what its parent was |"
    )
    print("|---|---|---|---|---|---|---|")
    with family(some_photos(data, count)) as spec:
        names = list(spec.classes)
        for edit in ("background", "object"):
            for engine in ("collage", "mini"):
                found = edited(spec, {"edit": edit}, engine, names, -(-count // len(names)))
                photo_row(edit, engine, found, judge)
            photo_row(f"control of {edit}: nothing done", "–", found and undone(found), judge)
        two = {n: names[(i + 1) % len(names)] for i, n in enumerate(names)}
        for engine in ("collage", "mini"):
            options = {"edit": "add", "result": two, "size": [0.5, 0.6]}
            found = edited(spec, options, engine, names, -(-count // len(names)))
            photo_row(
                "add, judged by the place alone", engine, found and [cropped(e) for e in found], judge, parts=found
            )
        options = {"edit": "remove", "result": two}
        removed = edited(spec, options, "collage", names, -(-count // len(names)))
        photo_row("remove", "collage", removed, judge)
        for what, change in CONTROLS.items():
            photo_row(f"control of remove: {what}", "–", removed and change(removed), judge)


def undone(found: Sequence[Edited]) -> list[Edited]:
    return [Edited(e.name, e.source, e.before, e.before, e.request) for e in found]


def replaced(found: Sequence[Edited]) -> list[Edited]:
    others = [*found[1:], found[0]]
    return [Edited(e.name, e.source, e.before, o.before, e.request) for e, o in zip(found, others, strict=True)]


CONTROLS: dict[str, Callable[[Sequence[Edited]], list[Edited]]] = {"nothing done": undone, "another photo": replaced}


def cropped(e: Edited) -> Edited:
    """The repainted place alone."""
    assert e.request.mask is not None
    box = e.request.mask.getbbox()
    return Edited(e.name, e.source, e.before.crop(box), e.after.crop(box), e.request)


def photo_row(
    what: str, engine: str, found: Sequence[Edited] | None, judge: Classifier, parts: Sequence[Edited] | None = None
) -> None:
    """`parts`: where pixels are compared, if the judge sees something else."""
    if not found:
        return
    masked = [e.differs() for e in parts or found if e.request.mask is not None]
    outside, inside = (f"{v:.2f}" for v in np.mean(masked, axis=0)) if masked else ("–", "–")
    names = judge.names([e.after for e in found])
    own = np.mean([n == e.name for n, e in zip(names, found, strict=True)])
    old = np.mean([n == e.source for n, e in zip(names, found, strict=True)])
    print(f"| {what} | {engine} | {len(found)} | {outside} | {inside} | {own:.0%} | {old:.0%} |", flush=True)


# ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────────────


def figures(folder: Path) -> None:
    """`technique-inpaint.png` from pictures drawn by `mini`, `technique-transplant.png` from drawn metal."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        spec = metal_spec(Path(name), 8)
        options = {"edit": "transplant", "result": {"good": "scratch"}}
        found = edited(spec, options, "copy", ["scratch"], 4) or []
        donors = sorted(p for p in (Path(name) / "metal/scratch").glob("*.png") if "mask" not in p.name)
        rows = [(open_picture(d), e.before, e.after, e.request.shows) for d, e in zip(donors, found, strict=False)]
        sheet([list(row) for row in rows], ["a real defect", "a good plate", "the result", "its mask"]).save(
            folder / "technique-transplant.png", optimize=True
        )
        removed = edited(spec, {"edit": "remove", "result": {"scratch": "good"}}, "collage", ["good"], 1) or []
    rest = drawn_by_mini()
    lines = [[e.before, e.request.mask, e.after] for e in (*rest, *removed)]
    sheet(lines, ["before", "repainted", "after"], ["background", "object", "add", "remove"]).save(
        folder / "technique-inpaint.png", optimize=True
    )


def drawn_by_mini() -> list[Edited]:
    """A new background, another object and an added one, for pictures that `mini` drew on white."""
    names = ("pants", "stop sign", "piano")
    classes = {n: {"references": n} for n in names}
    axes = {"environment": ["on a beach", "on grass"]}
    found: list[Edited] = []
    with tempfile.TemporaryDirectory() as name:
        spec = DatasetSpec.model_validate({"name": "x", "classes": classes, "axes": axes}).placed(Path(name))
        mini = registry.build("engines", Use(use="mini"), spec)
        mini.load()
        asked = [
            Request(f"{n}/{i}", "text", f"photo of {n} on a white background", seed=i) for n in names for i in range(4)
        ]
        for made in mini.make(asked):
            path = Path(name) / f"{made.recipe_id}.png"
            path.parent.mkdir(exist_ok=True)
            made.image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(path)
        for options, of in (
            ({"edit": "background"}, "piano"),
            ({"edit": "object", "from": "piano"}, "stop sign"),
            ({"edit": "add", "result": {"pants": "stop sign"}, "size": [0.3, 0.4]}, "stop sign"),
        ):
            found += islice(edited(spec, options, "collage", [of], 1) or [], 1)
    return found


def sheet(rows: Sequence[Sequence[Image.Image | None]], heads: Sequence[str], sides: Sequence[str] = ()) -> Image.Image:
    """Pictures in rows under their headings, on white."""
    gap, left, cell = 8, 92 if sides else 8, 160
    page = Image.new("RGB", (left + len(heads) * (cell + gap), 26 + len(rows) * (cell + gap)), "white")
    draw = ImageDraw.Draw(page)
    for c, head in enumerate(heads):
        draw.text((left + c * (cell + gap), 6), head, fill="black", font_size=13)
    for r, row in enumerate(rows):
        top = 26 + r * (cell + gap)
        if sides:
            draw.text((8, top + cell // 2), sides[r], fill="black", font_size=13)
        for c, picture in enumerate(row):
            at = (left + c * (cell + gap), top)
            if picture is None:
                draw.text((at[0], top + cell // 2), "all but the object", fill="grey", font_size=13)
            else:
                page.paste(picture.convert("RGB").resize((cell, cell), Image.Resampling.LANCZOS), at)
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--metal", type=int, default=24, help="good plates, and half as many with defects; 0: none")
    parser.add_argument("--photos", type=int, default=26)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--pictures", type=Path, help="write the figures of the documentation there")
    given = parser.parse_args()
    if given.pictures:
        figures(given.pictures)
        return
    if given.metal:
        metal_rows(given.metal)
    if there(given.data):
        photo_rows(given.data, min(given.photos, 20 * len(CLASSES)))


if __name__ == "__main__":
    main()
