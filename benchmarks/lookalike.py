"""How many look-alikes of the embedded engine are kept, and how many deceive its ranking. Prints Markdown.

    python benchmarks/lookalike.py [--images 24] [--data FOLDER]

Effective: kept, with more of the class in it (`mini.target`) than plain pictures of the decoy have on the average.
FOLDER (or MINTAGE_DATA, else ../shared/data) holds `caltech`: real photos of the class, passed off as look-alikes, must
not be kept; without it that row is left out.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from independent import DATA
from mintage.core import registry
from mintage.core.array import Array
from mintage.core.parents import NoParents
from mintage.core.ports import Briefed, Item, Made, Request, Scored
from mintage.core.recipe import Fact, Recipe, Sample, Slot, Verdict, seed_of
from mintage.core.spec import DatasetSpec, Use
from mintage.pictures import open_picture
from mintage.results.lookalikes import Deceit, deceits

TARGETS = {
    "dalmatian": ["car", "chair"],
    "leopard": ["chair", "watch"],
    "elephant": ["piano", "car"],
    "sunflower": ["pizza", "soccer ball"],
    "pizza": ["watch", "sunflower"],
    "soccer ball": ["watch", "kiwi"],
}


def slots(plugin: Any, spec: DatasetSpec, technique: str, images: int, pairs: Mapping[str, list[str]]) -> list[Slot]:
    """`images` look-alikes by each decoy; or as many plain pictures of it."""
    found = []
    for key, decoys in pairs.items():
        if technique == "probe":
            rows = [{"of": decoy} for decoy in decoys for _ in range(images)]
        else:
            rows = [dict(r) for r in plugin.plan(key, images * len(decoys), Array(spec.levels).attributes)]
        found += [Slot(key, technique, i, r) for i, r in enumerate(rows)]
    return found


def made_of(
    spec: DatasetSpec, technique: str, images: int, pairs: Mapping[str, list[str]] = TARGETS
) -> list[tuple[Sample, Image.Image]]:
    plugin = registry.build("techniques", Use(use=technique), spec)
    engine = registry.build("engines", Use(use="mini"), spec)
    engine.load()
    writer = registry.build("writers", Use(use="grammar"), spec)
    samples, requests = {}, []
    for slot in slots(plugin, spec, technique, images, pairs):
        seed = seed_of(spec.seed, slot.key, technique, slot.number, 0)
        objects = plugin.origin(slot, "text", NoParents()).objects
        recipe = Recipe(slot, 0, objects, "mini", engine.settings, seed)
        (wrote,) = writer.write([Briefed(Sample(recipe), plugin.brief(recipe), engine.phrasing)])
        words = Fact(recipe.id, "words", "done", {"prompt": wrote.prompt})
        samples[recipe.id] = Sample(recipe, {"words": words}, spec.label_of(recipe))
        requests.append(Request(recipe.id, "text", wrote.prompt, seed=seed))
    return [(samples[a.recipe_id], a.image) for a in engine.make(requests) if isinstance(a, Made)]


def passed_off(spec: DatasetSpec, made: Sequence[tuple[Sample, Image.Image]]) -> list[tuple[Sample, Image.Image]]:
    """Plain pictures of decoys as if they were look-alikes."""
    return [(as_lookalike(spec, s.recipe.slot.key, s.attributes["of"], i), image) for i, (s, image) in enumerate(made)]


def as_lookalike(spec: DatasetSpec, key: str, decoy: str, number: int) -> Sample:
    plugin = registry.build("techniques", Use(use="lookalike"), spec)
    slot = Slot(key, "lookalike", number, {"decoy": decoy})
    recipe = Recipe(slot, 0, plugin.origin(slot, "text", NoParents()).objects, "mini", {}, number)
    return Sample(recipe, {}, spec.label_of(recipe))


def real(spec: DatasetSpec, data: Path, most: int) -> list[tuple[Sample, Image.Image]]:
    """Photos of the classes as if they were look-alikes."""
    found = []
    for key, decoys in TARGETS.items():
        files = sorted((data / "caltech" / key).glob("*"))[:most] if (data / "caltech" / key).is_dir() else []
        for i, file in enumerate(files):
            found.append((as_lookalike(spec, key, decoys[i % len(decoys)], i), open_picture(file).convert("RGB")))
    return found


def scored(spec: DatasetSpec, made: Sequence[tuple[Sample, Image.Image]]) -> list[Sample]:
    """With the score of the embedded ranking, and kept or not by its floor."""
    scorer = registry.build("scorers", Use(use="mini"), spec)
    scorer.load()
    items = []
    for sample, image in made:
        plugin = registry.build("techniques", Use(use=sample.technique), spec)
        items.append(Item(sample, sample.label, plugin.rivals(sample.recipe), opener(image)))
    values = {a.recipe_id: dict(a.values) for a in scorer.score(items) if isinstance(a, Scored)}
    found = []
    for sample, _ in made:
        numbers = values.get(sample.id)
        if numbers is not None:
            fact = Fact(sample.id, "score.mini", "done", numbers)
            verdict = Verdict(numbers["margin"] >= 0, sample.id, "")
            found.append(Sample(sample.recipe, {**sample.facts, "score.mini": fact}, sample.label, verdict))
    return found


def opener(image: Image.Image) -> Callable[[], Image.Image]:
    return lambda: image


def whole(said: str, found: Sequence[Deceit]) -> None:
    made, kept = sum(d.made for d in found), sum(d.kept for d in found)
    effective = sum(d.effective or 0 for d in found)
    share = sum(d.target_share * d.made for d in found) / made
    passes = "yes" if effective > kept / 2 else "no"  # a set whose kept ones are mostly no better than plain fails
    print(f"| {said} | {made} | {kept / made:.1%} | {effective / made:.1%} | {share:.3f} | {passes} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--images", type=int, default=24, help="of each class and decoy")
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    classes: dict[str, Any] = {key: {"lookalikes": decoys} for key, decoys in TARGETS.items()}
    spec = DatasetSpec.model_validate({"name": "x", "classes": classes})
    plain = made_of(spec, "probe", 2 * given.images)
    half = [m for i, m in enumerate(plain) if i % 2], [m for i, m in enumerate(plain) if not i % 2]
    probes = scored(spec, half[0])
    alike = deceits(spec, scored(spec, made_of(spec, "lookalike", given.images)), probes)
    if not alike:
        print("The ranking gives no number `target`: nothing to measure.")
        return
    print(
        "| pictures | tried | kept | effective | mean `target` | most of the kept are effective |"
        "\n|---|---|---|---|---|---|"
    )
    whole("look-alikes", alike)
    whole("*control: plain decoys passed off*", deceits(spec, scored(spec, passed_off(spec, half[1])), probes))
    photos = real(spec, given.data, given.images)
    if photos:
        whole("*control: real photos of the class passed off*", deceits(spec, scored(spec, photos), probes))
    else:
        print(f"\nNo real photos at {given.data}: that row is left out.")
    print(
        "\n| class | decoy | tried | kept | effective | mean `target` | plain decoys' |\n|---|---|---|---|---|---|---|"
    )
    for d in alike:
        print(
            f"| {d.target} | {d.decoy} | {d.made} | {d.kept} | {d.effective} | {d.target_share:.3f} | {d.plain:.3f} |"
        )


if __name__ == "__main__":
    main()
