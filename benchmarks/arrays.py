"""How many contexts cover every pair of values: python benchmarks/arrays.py [--salts 50] [--rows 1000000].

A row for each design: its pairs, the fewest rows there could be without rules (the pairs of the two longest axes), the
shortest array of so many salts, what `mintage plan` uses (the shortest of fewer), and how long the rows of a long plan
take. The first two designs must be covered by at most 52 and 82 rows: it ends with 1 if they are not.
"""

import argparse
import sys
import time
from math import prod

from mintage.core import array
from mintage.core.array import Array

PLACES = {"environment": 8, "style": 6, "light": 6, "view": 5, "scale": 4, "time": 4}
PEOPLE = {"gender": 3, "skin": 10, "age": 5, "region": 8, "environment": 6, "light": 4}
RULES = [
    {"environment": ["0", "1"], "light": ["1"]},
    {"light": ["2", "3"], "time": ["0"]},
    {"environment": ["5"], "style": ["1", "2"], "view": ["0"]},
]
DESIGNS = [
    ("places 8×6×6×5×4×4", PLACES, [], 52),
    ("people 3×10×5×8×6×4", PEOPLE, [], 82),
    ("places, three rules", PLACES, RULES, None),
]


def measured(sizes: dict[str, int], rules: list[dict[str, list[str]]], salts: int) -> tuple[int, int, float]:
    """Pairs, rows that cover them and the seconds it took, as the shortest of so many salts."""
    start = time.perf_counter()
    kept, array.SALTS = array.SALTS, salts
    try:
        found = made(sizes, rules).coverage(0)
    finally:
        array.SALTS = kept
    assert found.complete_at is not None
    return found.all_pairs, found.complete_at, time.perf_counter() - start


def made(sizes: dict[str, int], rules: list[dict[str, list[str]]]) -> Array:
    return Array({axis: {str(i): 0.0 for i in range(size)} for axis, size in sizes.items()}, rules)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--salts", type=int, default=50)
    parser.add_argument("--rows", type=int, default=1_000_000)
    args = parser.parse_args()
    print(f"| design | pairs | bound | best of {args.salts} | s | plan ({array.SALTS}) | s | {args.rows:,} rows, s |")
    print("|---|---|---|---|---|---|---|---|")
    held = True
    for name, sizes, rules, most in DESIGNS:
        pairs, best, seconds = measured(sizes, rules, args.salts)
        _, planned, plan_seconds = measured(sizes, rules, array.SALTS)
        start = time.perf_counter()
        for _ in made(sizes, rules).rows(args.rows):
            pass
        long = time.perf_counter() - start
        bound = "" if rules else prod(sorted(sizes.values())[-2:])
        print(f"| {name} | {pairs} | {bound} | {best} | {seconds:.2f} | {planned} | {plan_seconds:.2f} | {long:.1f} |")
        held = held and (most is None or max(best, planned) <= most)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
