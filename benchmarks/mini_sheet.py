"""The contact sheet of the embedded generator: 8 classes in 6 environments and styles, the first seed, nothing picked.

    python benchmarks/mini_sheet.py docs/pictures/mini.jpg [--views docs/pictures/mini-views.jpg] [--apart FOLDER]

--views also draws the same classes in every view that the generator knows. --apart also writes each picture by itself,
enlarged and in shuffled order, for people who are to name what they see without having seen the words; which is which
goes to FOLDER.json.
"""

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from mintage.core import registry
from mintage.core.ports import Made, Request
from mintage.core.spec import DatasetSpec, Use

CLASSES = ("ship", "sunflower", "t-shirt", "pants", "pizza", "soccer ball", "stop sign", "starfish")
COLUMNS = (
    ("photo", ""),
    ("photo", "on grass"),
    ("photo", "on a beach"),
    ("photo", "in front of a brick wall"),
    ("painting", ""),
    ("cartoon", ""),
)
VIEWS = ("close up", "far away", "half hidden", "out of focus", "upside down")
SIDE, GAP, HEAD, LEFT = 128, 6, 30, 104


def prompt(style: str, name: str, place: str) -> str:
    return f"{style} of {name} {place}".strip()


def pictures(asked: dict[tuple[int, int], str]) -> dict[tuple[int, int], Image.Image]:
    """By row and column, of prompts by row and column."""
    spec = DatasetSpec(name="sheet", classes=list(CLASSES))  # type: ignore[arg-type]
    engine = registry.build("engines", Use(use="mini"), spec)
    engine.load()
    wishes = [Request(f"{r}-{c}", "text", text, seed=0) for (r, c), text in asked.items()]
    made = {m.recipe_id: m.image for m in engine.make(wishes) if isinstance(m, Made)}
    return {(r, c): made[f"{r}-{c}"].resize((SIDE, SIDE), Image.Resampling.LANCZOS) for r, c in asked}


def sheet(made: dict[tuple[int, int], Image.Image], titles: Sequence[str]) -> Image.Image:
    """With the words at its sides."""
    size = (LEFT + len(titles) * (SIDE + GAP), HEAD + len(CLASSES) * (SIDE + GAP))
    whole = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(whole), ImageFont.load_default(13)
    for c, title in enumerate(titles):
        middle = LEFT + c * (SIDE + GAP) + SIDE // 2
        pen.text((middle, HEAD // 2), title, "black", font, anchor="mm")
    for r, name in enumerate(CLASSES):
        pen.text((LEFT - 10, HEAD + r * (SIDE + GAP) + SIDE // 2), name, "black", font, anchor="rm")
    for (r, c), picture in made.items():
        whole.paste(picture, (LEFT + c * (SIDE + GAP), HEAD + r * (SIDE + GAP)))
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("out", type=Path)
    parser.add_argument("--views", type=Path, help="a second sheet")
    parser.add_argument("--apart", type=Path, help="folder for the pictures by themselves")
    given = parser.parse_args()
    rows = list(enumerate(CLASSES))
    made = pictures({(r, c): prompt(s, name, p) for r, name in rows for c, (s, p) in enumerate(COLUMNS)})
    sheet(made, [p.removeprefix("in front of ") or s for s, p in COLUMNS]).save(given.out, optimize=True, quality=93)
    if given.views:
        seen = pictures({(r, c): prompt("photo", name, v) for r, name in rows for c, v in enumerate(VIEWS)})
        sheet(seen, VIEWS).save(given.views, optimize=True, quality=93)
    if given.apart:
        given.apart.mkdir(parents=True, exist_ok=True)
        order = sorted(made)
        random.Random(0).shuffle(order)
        for number, at in enumerate(order, 1):
            made[at].save(given.apart / f"{number:02}.png")
        named = {f"{n:02}": [CLASSES[r], *COLUMNS[c]] for n, (r, c) in enumerate(order, 1)}
        given.apart.with_suffix(".json").write_text(json.dumps(named, indent=1))


if __name__ == "__main__":
    main()
