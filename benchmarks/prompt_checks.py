"""Checks and distinctness of 10,000 prompts: seconds and memory, for kinds of prompts that a model may write.

`python benchmarks/prompt_checks.py [--prompts 10000]`: each row in a process of its own; memory is the process's peak
above what it had before. Prompts are made from PartiPrompts' words where they are at hand, else from a list of words.
"""

import argparse
import multiprocessing
import random
import resource
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mintage.core.passing import Brief
from mintage.core.spec import DatasetSpec
from mintage.wording.checks import Checks
from mintage.wording.distinct import distinctness, residual

PARTI = Path(__file__).parents[2] / "shared" / "data" / "prompts" / "parti.tsv"
AXES = {
    "environment": ["on grass", "on a beach", "in the snow", "at night", "in a kitchen", "on a wooden floor"],
    "light": ["soft light", "neon light", "backlit", "at dusk"],
    "view": ["from above", "from the side", "close-up", "from far away"],
}
KINDS = ("one sentence for all", "sentences of their own", "the same rare words", "one word longer each")


def words_of_people() -> list[str]:
    if not PARTI.exists():
        return [a + b for a in "bcdfglmnprst" for b in ("ade", "oon", "ight", "ast", "ely", "under", "ire", "ump")]
    lines = PARTI.read_text(encoding="utf-8").splitlines()[1:]
    return sorted({w for line in lines for w in line.split("\t")[0].casefold().split() if w.isalpha()})


def prompts_of(kind: str, count: int, spec: DatasetSpec) -> list[tuple[Brief, str]]:
    """Prompts that tell their class and row, and beside that what `kind` says."""
    draw, words, classes = random.Random(1), words_of_people(), list(spec.classes)
    rare = draw.sample(words, 24)
    made = []
    for n in range(count):
        name = classes[n % len(classes)]
        row = {axis: draw.choice(levels) for axis, levels in AXES.items()}
        extra = {
            KINDS[0]: "A calm, detailed picture with much to be seen in it",
            KINDS[1]: " ".join(draw.sample(words, 14)),
            KINDS[2]: " ".join(draw.sample(rare, 12)),
            KINDS[3]: " ".join(words[: n % 60]),
        }[kind]
        made.append((Brief(name, row), f"A {name}, {', '.join(row.values())}. {extra}"))
    return made


def measure(kind: str, count: int, pipe: "multiprocessing.connection.Connection") -> None:
    """Seconds for the checks and for distinctness, megabytes above the start, what was found."""
    names = [
        f"{a} {b}"
        for a in ("red", "old", "tall", "wild", "toy")
        for b in ("crane", "mug", "bolt", "goat", "lamp", "tent")
    ]
    classes = {name: {"lookalikes": [f"{name} statue"], "synonyms": [f"{name}let"]} for name in names * 1}
    spec = DatasetSpec.model_validate({"name": "many", "classes": classes, "axes": AXES})
    made = prompts_of(kind, count, spec)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    checks = Checks(spec)
    wrong = sum(bool(checks.wrong(brief, prompt)) for brief, prompt in made)
    checked = time.perf_counter()
    share = distinctness([residual(brief, prompt) for brief, prompt in made])
    ended = time.perf_counter()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pipe.send(
        (checked - start, ended - checked, (after - before) / (1 if sys.platform == "darwin" else 1024), wrong, share)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=10_000)
    count = parser.parse_args().prompts
    columns = ("checks s", "distinctness s", "sum s", "more MB", "wrong", "distinct")
    title = f"{count:,} prompts, 30 classes with synonyms and look-alikes"
    table = Table("prompts beside class and attributes", *columns, title=title)
    for kind in KINDS:
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(kind, count, there))
        process.start()
        checks, distinct, more, wrong, share = here.recv()
        process.join()
        took = (f"{s:.2f}" for s in (checks, distinct, checks + distinct))
        table.add_row(kind, *took, f"{more:.0f}", f"{wrong:,}", f"{share:.3f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
