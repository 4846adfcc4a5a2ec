"""What the grammar-side parser recovers of GenEval's and PartiPrompts' prompts. Prints Markdown.

    python benchmarks/prompt_parsing.py [--data FOLDER] [--show 50] [--seed 7041] [--wrong]

FOLDER (or MINTAGE_DATA, else ../shared/data) holds `prompts/geneval.jsonl` (prompt, tag, include: class, count, colour,
position) and `prompts/parti.tsv`. `--show` prints so many PartiPrompts, drawn with `--seed`, with what was found, to be
judged by eye; `--wrong` the GenEval prompts of which something else was found. Rules were made while looking at every
second prompt of GenEval, from the first on, and at PartiPrompts without the 50 of seed 7041, which were looked at last:
in 46 of them every thing found was one of the prompt and the main thing was there (one rule was added after that).
"""

import argparse
import csv
import json
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

from mintage.wording.parsing import Picture, Thing, atoms, parse

SEED = 7041


def geneval(data: Path) -> list[dict[str, Any]]:
    lines = (data / "prompts" / "geneval.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def parti(data: Path) -> list[str]:
    with (data / "prompts" / "parti.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [row[0] for row in rows]


def recovered(row: dict[str, Any]) -> bool:
    """Exactly its classes, counts, colours and positions: nothing more, nothing less."""
    picture = parse(row["prompt"])
    wanted, given = row["include"], picture.things
    found = Counter((thing.name, thing.count, thing.colours) for thing in given)
    right = Counter((w["class"], w["count"], (w["color"],) if "color" in w else ()) for w in wanted)
    places = {(given[one].name, text, given[other].name) for one, text, other in picture.relations}
    asked = {(w["class"], w["position"][0], wanted[w["position"][1]]["class"]) for w in wanted if "position" in w}
    return found == right and places == asked and not any(thing.attributes for thing in given)


def told(picture: Picture) -> str:
    """Things with count and looks; relations; whatever the picture is."""
    things = picture.things
    lines = ["; ".join(_told(thing) for thing in things)]
    lines += [f"{things[one].name} — {text} — {things[other].name}" for one, text, other in picture.relations]
    lines += [f"({said})" for said in (*picture.style, *picture.setting)] + [f'"{said}"' for said in picture.text]
    return "".join(f"\n    {line}" for line in lines if line)


def _told(thing: Thing) -> str:
    looks = ", ".join((*thing.colours, *thing.attributes))
    number = "" if thing.count is None else f"{thing.count} × "
    return f"{number}{thing.name}{f' [{looks}]' if looks else ''}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MINTAGE_DATA", "../shared/data")))
    parser.add_argument("--show", type=int, default=0, help="so many PartiPrompts, with what was found")
    parser.add_argument("--seed", type=int, default=SEED, help="which PartiPrompts are shown")
    parser.add_argument("--wrong", action="store_true", help="GenEval prompts of which something else was found")
    options = parser.parse_args()
    if not (options.data / "prompts" / "geneval.jsonl").is_file():
        raise SystemExit(
            f"the prompts are not there: {options.data / 'prompts'}; expected shared data: set MINTAGE_DATA"
        )
    rows = [(row, recovered(row)) for row in geneval(options.data)]
    print("| GenEval | looked at | held out | all |\n|---|---|---|---|")
    for tag in [*dict.fromkeys(row["tag"] for row, _ in rows), ""]:
        halves = [[right for row, right in part if tag in ("", row["tag"])] for part in (rows[::2], rows[1::2], rows)]
        cells = " | ".join(f"{sum(half)} of {len(half)} ({sum(half) / len(half):.1%})" for half in halves)
        print(f"| {tag.replace('_', ' ') or 'all'} | {cells} |")
    if options.wrong:
        for row, right in rows:
            if not right:
                print(f"\n- {row['prompt']}{told(parse(row['prompt']))}")
    prompts = parti(options.data)
    begun = time.perf_counter()
    pictures = [parse(prompt) for prompt in prompts]
    seconds = time.perf_counter() - begun
    named = sum(any(atom.kind == "object" for atom in atoms(picture)) for picture in pictures)
    share, things = named / len(prompts), sum(len(picture.things) for picture in pictures) / len(prompts)
    print(f"\nPartiPrompts: {len(prompts)}, no error, {1000 * seconds / len(prompts):.2f} ms each;")
    print(f"with an object atom {named} ({share:.1%}); {things:.1f} things a prompt")
    for prompt in random.Random(options.seed).sample(prompts, min(options.show, len(prompts))):
        print(f"\n- {prompt}{told(parse(prompt))}")


if __name__ == "__main__":
    main()
