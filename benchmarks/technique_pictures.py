"""Draws the pictures of `docs/techniques`: parents that the embedded engine made, and what becomes of them.

python benchmarks/technique_pictures.py
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from independent import Photo
from lookalike import made_of
from making import Child, children, family
from mintage.core import registry
from mintage.core.ports import Made, Request
from mintage.core.spec import DatasetSpec, Use

TO = Path(__file__).parents[1] / "docs" / "pictures"
SIDE, GAP, TOP = 112, 6, 20
PARENTS = {"sunflower": (3, 8), "pizza": (0, 4), "watch": (0, 5), "chair": (1, 7)}
"""Class → seeds."""


def sheet(name: str, titles: Sequence[str], rows: Sequence[Sequence[Image.Image]]) -> None:
    columns = max(map(len, rows))
    whole = Image.new("RGB", (columns * (SIDE + GAP) + GAP, TOP + len(rows) * (SIDE + GAP)), "white")
    pen = ImageDraw.Draw(whole)
    for i, title in enumerate(titles):
        pen.text((GAP + i * (SIDE + GAP), 4), title, fill=(60, 60, 60))
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            at = (GAP + x * (SIDE + GAP), TOP + y * (SIDE + GAP))
            whole.paste(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS), at)
    TO.mkdir(parents=True, exist_ok=True)
    whole.quantize(200).save(TO / f"technique-{name}.png", optimize=True)


def parents(folder: Path) -> list[Photo]:
    engine = registry.build("engines", Use(use="mini"), DatasetSpec.model_validate({"name": "x", "classes": ["watch"]}))
    engine.load()
    asked = [
        Request(f"{name}-{seed}", "text", f"photo of {name} on a white background", seed=seed)
        for name, seeds in PARENTS.items()
        for seed in seeds
    ]
    found = []
    for answer in engine.make(asked):
        assert isinstance(answer, Made) and isinstance(answer.image, Image.Image)
        path = folder / f"{answer.recipe_id}.png"
        answer.image.save(path)
        found.append(Photo(path, answer.recipe_id.split("-")[0]))
    return found


def first_of(made: Sequence[Child] | None) -> dict[str, Child]:
    """The first child of each class."""
    found: dict[str, Child] = {}
    for child in made or ():
        found.setdefault(child.name, child)
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, family(parents(Path(folder))) as spec:
        strengths = (0.3, 0.5, 0.7, 0.9)
        drawn = [first_of(children(spec, "variation", {"strength": s}, "mini", 1)) for s in strengths]
        placed = first_of(children(spec, "variation", {}, "collage", 1))
        rows = [
            [drawn[0][n].parents[0], *(d[n].picture for d in drawn), *([placed[n].picture] if n in placed else [])]
            for n in PARENTS
        ]
        sheet("variation", ["parent", *(f"strength {s}" for s in strengths), "collage"], rows)
        drawn_of_two = first_of(children(spec, "fusion", {"with": "classes"}, "mini", 1))
        drawn_of_one = first_of(children(spec, "fusion", {}, "mini", 1))
        composed = first_of(children(spec, "fusion", {"with": "classes"}, "collage", 1))
        rows = [
            [*c[n].parents, c[n].picture]
            for c, names in ((drawn_of_one, ["sunflower"]), (drawn_of_two, ["sunflower", "watch"]), (composed, PARENTS))
            for n in names
            if n in c
        ][:4]
        sheet("fusion", ["first parent", "second parent", "fusion"], rows)
    pairs = {"dalmatian": ["chair"], "pizza": ["watch", "sunflower"], "elephant": ["piano"], "soccer ball": ["watch"]}
    classes = {key: {"lookalikes": decoys} for key, decoys in pairs.items()}
    spec = DatasetSpec.model_validate({"name": "x", "classes": classes})
    plain, alike = made_of(spec, "probe", 3, pairs), made_of(spec, "lookalike", 3, pairs)
    rows, titles = [], []
    for key, decoys in pairs.items():
        for decoy in decoys:
            here = [image for s, image in plain if (s.recipe.slot.key, s.attributes["of"]) == (key, decoy)]
            there = [image for s, image in alike if (s.recipe.slot.key, s.attributes["decoy"]) == (key, decoy)]
            rows.append([*here, *there])
            titles.append(f"{key}-like {decoy}")
    sheet("lookalike", ["plain", "", "", "look-alike"], rows)
    print(", ".join(titles))


if __name__ == "__main__":
    main()
