"""How many real photos have a sure cut-out, and a sheet of them to be judged by eye. Prints Markdown.

    python benchmarks/cutouts.py [--data FOLDER] [--photos 100] [--sheet cutouts.png]

FOLDER (or MINTAGE_DATA, else ../shared/data) holds `clothing/`, `grocery/iconic/` and `caltech/`. OpenCV (the extra
`vision`) decides much of the result, and whether it is there is printed.
"""

import argparse
import csv
import os
import random
import time
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from mintage.pages.outlines import outlined
from mintage.pictures import open_picture
from mintage.pictures.cutouts.cutout import find_cut_out

SURE = 0.5
SIDE = 128
ACROSS = 12


def photos(data: Path) -> dict[str, list[Path]]:
    """Kind of photo → files."""
    with (data / "clothing" / "dev.csv").open(encoding="utf-8", newline="") as file:
        clothing = [data / "clothing" / row["file"] for row in csv.DictReader(file)]
    return {
        "garments at home": clothing,
        "studio pictures on white": sorted((data / "grocery" / "iconic").glob("*.webp")),
        "cluttered photos": sorted((data / "caltech").rglob("*.webp")),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MINTAGE_DATA", "../shared/data")))
    parser.add_argument("--photos", type=int, default=100, help="of each kind, at most")
    parser.add_argument("--sheet", type=Path, help="where sure cut-outs are drawn, outlined")
    told = parser.parse_args()
    if not (told.data / "clothing" / "dev.csv").is_file():
        raise SystemExit(f"the photos are not there: {told.data}")
    tiles: list[Image.Image] = []
    print(f"OpenCV: {'yes' if find_spec('cv2') else 'no'}; sure: confidence {SURE} and more\n")
    print("| photos | sure | seconds a photo |\n|---|---|---|")
    for kind, files in photos(told.data).items():
        some = random.Random(1).sample(files, min(told.photos, len(files)))
        begun, sure = time.perf_counter(), 0
        for path in some:
            picture = open_picture(path)
            found = find_cut_out(picture)
            if found is not None and found.confidence >= SURE:
                sure += 1
                tiles.append(outlined(picture, found.mask, "red").resize((SIDE, SIDE)))
        print(f"| {kind} | {sure} of {len(some)} | {(time.perf_counter() - begun) / len(some):.2f} |")
    if told.sheet:
        sheet = Image.new("RGB", (ACROSS * SIDE, -(-len(tiles) // ACROSS) * SIDE), "white")
        for n, tile in enumerate(tiles):
            sheet.paste(tile, (n % ACROSS * SIDE, n // ACROSS * SIDE))
        sheet.save(told.sheet)


if __name__ == "__main__":
    main()
