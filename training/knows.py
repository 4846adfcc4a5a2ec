"""Writes which words work, as measured: WEIGHTS/knows.json and the list in docs/mini.md.

    python knows.py SET.npz WEIGHTS
    python knows.py MEASURED.json WEIGHTS [DOCS/mini.md]

From SET.npz every word that the generator was taught, so that it can be measured which of them it learned.
MEASURED.json is of `benchmarks/mini_quality.py --words`: by axis and word, the share of made pictures in which judges
that were trained on other pictures see that word. A word that falls below the floor is not in the list: a plan that
asks for it is refused before anything is made. "photo" is always in it: that is what is drawn when no style is said.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from vocabulary import ONLY_RANKED

FLOOR, FEWEST = 0.5, 50
"""The share in which a word has to be seen; the pictures of the set that it takes to be worth asking for."""
ALWAYS = "photo"
"""Never left out: it is what is drawn when no style is said, and judges call many a real photo something else."""
COLUMNS = {"styles": 0, "colours": 1, "classes": 2, "views": 3, "environments": 4}
AXES = {"classes": "class", "environments": "environment", "styles": "style", "colours": "colour", "views": "view"}
BEGIN, END = "<!-- words: written by training/knows.py -->", "<!-- end of words -->"


def taught(path: Path) -> dict[str, list[str]]:
    """By axis the words that the generator was shown, commonest first."""
    parts = np.load(path)["parts"]
    counts = {axis: Counter(parts[:, COLUMNS[axis]]).most_common() for axis in AXES}
    return {
        axis: [str(w) for w, n in found if w and n >= FEWEST and w not in ONLY_RANKED] for axis, found in counts.items()
    }


def working(measured: dict[str, dict[str, float]]) -> dict[str, list[str]]:
    """By axis the words at or above the floor, best first."""
    return {
        axis: [word for word, share in _best_first(measured[axis]) if share >= FLOOR or word == ALWAYS] for axis in AXES
    }


def _best_first(shares: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(shares.items(), key=lambda word: (-word[1], word[0]))


def block(measured: dict[str, dict[str, float]]) -> str:
    """The list for the docs, with each word's share; and what did not reach the floor."""
    lines = [
        BEGIN,
        "| axis | words, and the share of first seeds in which an independent judge sees them |",
        "|---|---|",
    ]
    for axis, known in working(measured).items():
        shares = ", ".join(f"{word} {measured[axis][word]:.0%}" for word in known)
        lines.append(f"| {AXES[axis]} ({len(known)}) | {shares} |")
    short = [
        f"{word} {share:.0%}"
        for axis in AXES
        for word, share in _best_first(measured[axis])
        if share < FLOOR and word != ALWAYS
    ]
    missing = f"Taught, but seen in fewer than half, and therefore refused: {', '.join(short)}." if short else ""
    return "\n".join([*lines, "", missing, END]) if missing else "\n".join([*lines, END])


def main(measured: Path, weights: Path, docs: Path | None) -> None:
    shares = {} if measured.suffix == ".npz" else json.loads(measured.read_text(encoding="utf-8"))
    known = working(shares) if shares else taught(measured)
    (weights / "knows.json").write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print({axis: len(words) for axis, words in known.items()})
    if docs:
        text = docs.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        docs.write_text(f"{before}{block(shares)}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
