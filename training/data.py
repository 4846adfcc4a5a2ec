"""The training set: pack64's photos, their derived styles and views, and cut-outs on places.

    python data.py PACK64 SET.npz

SET.npz: images uint8 [n, 64, 64, 3]; parts, strings [n, 5] (style, colour, class, view, place; any but the class may
be empty, and the class is "" for a place alone); source; real (an untouched row of the pack); weights to draw by.
Beside it SET.md, the data card. The same input gives the same bytes.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cutting import from_photo, from_white
from pack import Photo, photos
from places import SCENES, SURFACES, corners, put, scene, surface
from styles import DERIVED, INKS, recoloured
from views import VIEWS
from vocabulary import NO_UP, ONLY_RANKED

Picture = np.ndarray[Any, Any]
PLACES_TO_PUT = (*SCENES, *SURFACES, "on a white background")
COPIES = {"emoji": 3, "iconic": 8}
"""Composites made of one cut-out; of other sources it depends on how many the class has."""
VIEWED = 0.15
"""The share of photos that are also seen in each of the views."""


@dataclass(frozen=True, slots=True)
class Row:
    picture: Picture
    parts: tuple[str, str, str, str, str]
    source: str
    weight: float
    real: bool = False


def rows_of(base: list[Photo], rng: np.random.Generator) -> Iterator[Row]:
    """All rows, in an order that depends on the pack and the seed alone."""
    patches: dict[str, list[Picture]] = defaultdict(list)
    for photo in base:
        if photo.source == "clothing" and photo.place in SURFACES:
            patches[photo.place] += corners(photo.picture)
    masks = [_mask(photo) for photo in base]
    cut = Counter(photo.kind for photo, mask in zip(base, masks, strict=True) if mask is not None)
    for photo, mask in zip(base, masks, strict=True):
        yield Row(photo.picture, (photo.style, photo.colour, photo.kind, "", photo.place), photo.source, 1.0, True)
        yield from _derived(photo, rng)
        if photo.style != "ink drawing" and mask is not None:
            copies = COPIES.get(photo.source, int(np.clip(round(240 / cut[photo.kind]), 1, 6)))
            for _ in range(copies):
                yield _composite(photo, mask, patches, rng)
    for place in SCENES:
        for _ in range(80):
            ground = np.clip(scene(place, rng), 0, 255).astype(np.uint8)
            yield Row(ground, ("photo", "", "", "", place), "place", 0.4)


def _mask(photo: Photo) -> Picture | None:
    corners_of = photo.picture[[0, 0, -1, -1], [0, -1, 0, -1]]
    if photo.place == "on a white background" or corners_of.min() > 235:
        return from_white(photo.picture)
    return from_photo(photo.picture) if photo.source in ("caltech", "clothing") else None


def _derived(photo: Photo, rng: np.random.Generator) -> Iterator[Row]:
    """Two of its styles and some of its views."""
    if photo.style != "photo":
        return
    for style in rng.permutation(list(DERIVED))[:2]:
        colour = photo.colour if style in ("painting", "cartoon") else ""
        made = DERIVED[style](photo.picture, rng)
        yield Row(made, (str(style), colour, photo.kind, "", photo.place), photo.source, 0.35)
    for view, seen in VIEWS.items():
        if rng.random() < VIEWED and not (view == "upside down" and turned_alike(photo)):
            yield Row(
                seen(photo.picture, rng), (photo.style, photo.colour, photo.kind, view, photo.place), photo.source, 2
            )


def _composite(photo: Photo, mask: Picture, patches: dict[str, list[Picture]], rng: np.random.Generator) -> Row:
    """The photo's thing in another place, at times in another colour, view or style."""
    place = str(rng.choice(PLACES_TO_PUT))
    if place in SCENES:
        ground = scene(place, rng)
    elif place in SURFACES:
        ground = surface(place, patches, rng)
    else:
        ground = np.full((64, 64, 3), 255, np.uint8)
    picture, colour, style = photo.picture, photo.colour, photo.style
    if rng.random() < 0.3:
        colour = str(rng.choice(list(INKS)))
        picture = recoloured(picture, mask, colour)
    view, scale = "", rng.uniform(0.7, 0.98)
    chance = rng.random()
    if chance < 0.1:
        view, scale = "far away", rng.uniform(0.4, 0.5)
    elif chance < 0.16 and not turned_alike(photo):
        view = "upside down"
    made = put(picture, mask, ground, place, rng, scale, view == "upside down", 0.25 if view else 1)
    if style == "photo" and rng.random() < 0.15:
        style = str(rng.choice(list(DERIVED)))
        made = DERIVED[style](made, rng)
        colour = colour if style in ("painting", "cartoon") else ""
    return Row(made, (style, colour, photo.kind, view, place), photo.source, 1.6 if view else 0.8)


def turned_alike(photo: Photo) -> bool:
    """Whether upside down it cannot be told from upright."""
    return photo.source in ("grocery", "iconic") or photo.kind in NO_UP


def weights(rows: list[Row]) -> Picture:
    """Rare classes more often than their share, but not as often as common ones; studio pictures more often.

    Of views the hardest most often.
    """
    total: dict[str, float] = defaultdict(float)
    for row in rows:
        total[row.parts[2]] += row.weight
    each = np.array([row.weight / total[row.parts[2]] ** 0.65 for row in rows])
    each *= np.array([{"emoji": 1.2, "iconic": 1.5}.get(row.source, 1.0) for row in rows])
    each *= np.array([{"upside down": 1.8, "far away": 0.7}.get(row.parts[3], 1.0) for row in rows])
    return each / each.sum()


def card(base: list[Photo], rows: list[Row]) -> str:
    """The data card: every source, licence and count."""
    credit = {
        "clothing": "clothing-dataset, Alexey Grigorev et al.",
        "grocery": "GroceryStoreDataset, Marcus Klasson et al., photos in shops",
        "iconic": "GroceryStoreDataset, studio pictures",
        "caltech": "Caltech 101, Li, Andreeto, Ranzato, Perona",
        "emoji": "Fluent Emoji, Microsoft",
        "dreambooth": "DreamBooth photos, Ruiz et al., from Unsplash",
    }
    real = Counter((p.source, p.licence) for p in base)
    held = Counter(p.source for p in base if p.is_held_back)
    made = Counter(r.source for r in rows if not r.real)
    lines = [
        "# Data card of the embedded models\n",
        f"Written by `training/data.py`: {len(rows):,} pictures of 64×64 pixels. No model learns from those held back.",
        "Made from the others, under their licences: painted, sketched, grey and drawn versions, other colours, views,",
        "cut-outs in places. Places are drawn by rule, but for floors, carpets and cloths of the photos of garments.\n",
        "| source | licence | pictures | held back | made from them |",
        "|---|---|---|---|---|",
    ]
    for (source, licence), count in sorted(real.items()):
        lines.append(f"| {credit[source]} | {licence} | {count} | {held[source]} | {made[source]} |")
    lines.append(f"| places drawn by rule | none needed | 0 | 0 | {made['place']} |")
    for title, at in (("class", 2), ("style", 0), ("colour", 1), ("view", 3), ("place", 4)):
        lines += ["", f"| {title} | real | made |", "|---|---|---|"]
        both = Counter((r.parts[at] or "not said", r.real) for r in rows)
        for name in sorted({name for name, _ in both}, key=lambda n: (-both[n, True] - both[n, False], n)):
            mark = " (image-text model alone)" if name in ONLY_RANKED else ""
            lines.append(f"| {name}{mark} | {both[name, True]} | {both[name, False]} |")
    return "\n".join(lines) + "\n"


def main(pack: str, out: str) -> None:
    base = list(photos(Path(pack)))
    rows = list(rows_of([p for p in base if not p.is_held_back], np.random.default_rng(0)))
    np.savez(
        out,
        images=np.stack([r.picture for r in rows]),
        parts=np.array([r.parts for r in rows]),
        source=np.array([r.source for r in rows]),
        real=np.array([r.real for r in rows]),
        weights=weights(rows),
    )
    Path(out).with_suffix(".md").write_text(card(base, rows), encoding="utf-8")
    print(len(rows), "pictures,", len({r.parts[2] for r in rows} - {""}), "classes")


if __name__ == "__main__":
    main(*sys.argv[1:3])
