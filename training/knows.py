"""Writes which words work, as measured: WEIGHTS/knows.json and the list in docs/mini.md.

    python knows.py MEASURED.json WEIGHTS [DOCS/mini.md]

MEASURED.json is of `benchmarks/mini_quality.py --words`: by axis and word, the share of made pictures in which judges
that were trained on other pictures see that word. A word that falls below its axis' floor is not in the list: a plan
that asks for it is refused before anything is made.
"""

import json
import sys
from pathlib import Path

FLOOR = 0.5
AXES = {"classes": "class", "environments": "environment", "styles": "style", "colours": "colour", "views": "view"}
BEGIN, END = "<!-- words: written by training/knows.py -->", "<!-- end of words -->"


def working(measured: dict[str, dict[str, float]]) -> dict[str, list[str]]:
    """By axis the words at or above the floor, best first."""
    return {
        axis: [word for word, share in sorted(measured[axis].items(), key=lambda w: (-w[1], w[0])) if share >= FLOOR]
        for axis in AXES
    }


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
        for word, share in sorted(measured[axis].items(), key=lambda w: (-w[1], w[0]))
        if share < FLOOR
    ]
    missing = f"Taught, but seen in fewer than half, and therefore refused: {', '.join(short)}." if short else ""
    return "\n".join([*lines, "", missing, END]) if missing else "\n".join([*lines, END])


def main(measured: Path, weights: Path, docs: Path | None) -> None:
    shares = json.loads(measured.read_text(encoding="utf-8"))
    known = working(shares)
    (weights / "knows.json").write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print({axis: len(words) for axis, words in known.items()})
    if docs:
        text = docs.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        docs.write_text(f"{before}{block(shares)}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
