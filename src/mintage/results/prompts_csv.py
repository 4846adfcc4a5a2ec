"""Prompts in a CSV file, out and back: what was edited in it, and every mistake with its row."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mintage.core.csv_fields import fields_of
from mintage.core.errors import MintageError, Problem, shown
from mintage.core.ledger_reading import LedgerReader
from mintage.core.ledger_words import PAGE, Worded, worded_as
from mintage.core.recipe import digest
from mintage.core.spec import DatasetSpec
from mintage.results.edits import Edit, mistake
from mintage.results.prompts import Briefs, Prompt, Told

COLUMNS = (
    "id",
    "class",
    "technique",
    "number",
    "attributes",
    "prompt",
    "negative",
    "by",
    "state",
    "image",
    "old_images",
    "was",
)
NEEDED = ("id", "prompt", "negative", "was")

MOST = 100
"""So many mistakes are told."""

LONGEST = 1_000_000
"""Characters of one field."""


_FORMULA = re.compile(r"'*[=+\-@]")
"""How a text begins that a program for tables takes for a formula, with the quotes that were put before it."""


def mark(prompt: str, negative: str) -> str:
    """What the column `was` holds: a hash of the words; spaces and line ends, which programs for tables change, make no
    difference. It begins with a letter of its own: these programs take 104523456789 and 12e456789012 for numbers."""
    return "w" + digest([" ".join(_storable(text).split()) for text in (prompt, negative)])


def write_csv(rows: Iterable[Prompt], path: Path) -> int:
    """Write prompts to a new file in UTF-8; gives how many.

    Raises:
        MintageError: there is such a file, or it cannot be written.
    """
    count = 0
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            try:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                for row in rows:
                    writer.writerow([_guarded(_storable(str(cell))) for cell in _cells(row)])
                    count += 1
            except BaseException:
                file.close()
                path.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise MintageError(f"there is a file {shown(path)} already", expected="the name of a new file") from None
    except OSError as error:
        raise MintageError(f"{shown(path)} cannot be written: {error.strerror or error}") from error
    return count


def _cells(row: Prompt) -> Iterator[object]:
    yield from (row.id, row.name, row.technique, row.number)
    yield json.dumps(dict(row.attributes), ensure_ascii=False)
    yield from (row.prompt, row.negative, row.by, row.state, row.image, "; ".join(row.old_images))
    yield mark(row.prompt, row.negative)


def read_edits(
    ledger: LedgerReader, spec: DatasetSpec, path: Path, tell: Told = lambda done, total: None
) -> tuple[list[Edit], int]:
    """What was edited in an exported file, and how many rows are as they were.

    A row whose words are not those of its column `was` was edited. It is taken if the run's words are still the ones
    that were exported.

    Raises:
        MintageError: every mistake in it, with its row; the heading is row 1.
    """
    briefs, seen = Briefs(spec), dict[str, int]()
    edits: list[Edit] = []
    problems: list[Problem] = []
    count = 0
    for page in _pages(path, problems):
        there = worded_as(ledger, [row["id"] for _, row in page], images=False)
        for number, row in page:
            count += 1
            found = _read_row(briefs, there, row, seen.setdefault(row["id"], number), number)
            if isinstance(found, Edit):
                edits.append(found)
            elif found is not None:
                problems.append(Problem(found.found, f"{shown(path)}, row {number}", found.expected))
        tell(count, count)
    if problems:
        more = len(problems) - MOST
        raise MintageError(*problems[:MOST], *([f"… and {more:,} more mistakes"] if more > 0 else []))
    return edits, count - len(edits)


def _read_row(
    briefs: Briefs, there: Mapping[str, Worded], row: Mapping[str, str], first: int, number: int
) -> Edit | Problem | None:
    one = there.get(row["id"])
    if first != number:
        return Problem(f"the id {row['id']!r} is that of row {first} already", expected="each id once")
    if one is None:
        said = f"{row['id']!r} is not what fills or holds a slot of the set now"
        return Problem(said, expected="an id as it was exported; export again")
    prompt, negative = _bare(row["prompt"]), _bare(row["negative"])
    now = mark(prompt, negative)
    if now == row["was"]:
        return None
    present = mark(one.prompt, one.negative)
    if now == present:
        return None
    if row["was"] != present:
        said = f"its prompt changed in the run since it was exported: it is {one.prompt[:80]!r}"
        return Problem(said, expected="an edit of the present prompt; export again")
    if any("\ud800" <= letter <= "\udfff" for letter in prompt + negative):
        return Problem("it is not UTF-8 text", expected="a file that was saved as UTF-8")
    return mistake(briefs, one, prompt, negative) or Edit(row["id"], prompt, negative)


def _pages(path: Path, problems: list[Problem]) -> Iterator[list[tuple[int, dict[str, str]]]]:
    """Rows with their numbers, page by page; what is no row is added to `problems`."""
    page: list[tuple[int, dict[str, str]]] = []
    try:
        # what is no UTF-8 becomes halves of characters, which are told row by row
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file, fields_of(LONGEST):
            heading = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(",;\t", key=heading.count))
            columns = _columns(path, next(reader, []))
            for number, cells in enumerate(reader, 2):
                if not any(map(str.strip, cells)):
                    continue
                if len(cells) < max(columns.values()) + 1:
                    said = f"it has {len(cells)} columns"
                    problems.append(Problem(said, f"{shown(path)}, row {number}", "as many as the first row"))
                    continue
                row = {name: cells[at] for name, at in columns.items()}
                page.append((number, row | {"id": row["id"].strip(), "was": row["was"].strip()}))
                if len(page) == PAGE:
                    yield page
                    page = []
    except OSError as error:
        raise MintageError(f"{shown(path)} cannot be read: {error.strerror or error}") from error
    except csv.Error as error:
        raise MintageError(f"{shown(path)} is no CSV file: {error}", expected="what --csv wrote, edited") from error
    if page:
        yield page


def _columns(path: Path, heading: Sequence[str]) -> dict[str, int]:
    names = [name.strip() for name in heading]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise MintageError(
            f"{shown(path)} has no column {', '.join(map(repr, missing))}",
            where="row 1",
            expected=f"what --csv wrote, edited, in UTF-8: its columns are {', '.join(COLUMNS)}",
        )
    return {name: names.index(name) for name in NEEDED}


def _guarded(text: str) -> str:
    """With a quote before what would be run as a formula, and come back as its result."""
    return f"'{text}" if _FORMULA.match(text) else text


def _bare(text: str) -> str:
    """A text as it was before it was guarded; programs for tables may have taken the quote away themselves."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _storable(text: str) -> str:
    """Without halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-8", "replace").decode()
