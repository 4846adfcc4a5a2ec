"""manifest.csv: everything that is known of each exported image, one row each."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mintage.core.ports import Exported
from mintage.core.recipe import OTHER, Sample

if TYPE_CHECKING:
    from mintage.core.spec import DatasetSpec

_FORMULA = tuple("=+-@\t\r＝＋－＠")
_VERDICTS = {True: "keep", False: "drop", None: "open"}

FIRST_COLUMNS = (
    *("file", "split", "label", "class_key", "sha256", "prompt", "negative_prompt", "caption"),
    *("technique", "number", "attempt", "objects", "shares", "boxes"),
)
MAKING_COLUMNS = ("engine", "engine_made_by", "seed", "settings", "words_made_by")
LAST_COLUMNS = ("verdict", "verdict_by", "reason", "parents", "roots", "recipe", "seconds", "cost")


def row_of(item: Exported, spec: "DatasetSpec", split: str, file: str) -> dict[str, Any]:
    """All that is known of one image."""
    sample, recipe = item.sample, item.sample.recipe
    words, image, verdict = sample.done("words"), sample.done("image"), sample.verdict
    return {
        "file": file,
        "split": split,
        "label": item.label,
        "class_key": recipe.slot.key,
        "sha256": item.sha256,
        "prompt": sample.prompt,
        "negative_prompt": words.value.get("negative", "") if words else "",
        "caption": words.value.get("caption", "") if words else "",
        "technique": sample.technique,
        "number": recipe.slot.number,
        "attempt": recipe.attempt,
        "objects": _json(recipe.objects),
        "shares": _json(shares_of(sample, spec)),
        "boxes": _json(image.value.get("boxes", []) if image else []),
        "engine": recipe.engine,
        "engine_made_by": image.made_by if image else "",
        "seed": recipe.seed,
        "settings": _json(dict(recipe.settings)),
        "words_made_by": words.made_by if words else "",
        "verdict": _VERDICTS[verdict.keep] if verdict else "",
        "verdict_by": verdict.by if verdict else "",
        "reason": verdict.reason if verdict else "",
        "parents": _json(recipe.parents),
        "roots": _json(recipe.roots),
        "recipe": recipe.id,
        "seconds": _sum(sample, "seconds"),
        "cost": _sum(sample, "cost"),
        **{f"attribute.{axis}": level for axis, level in sample.attributes.items()},
        **sample.scores,
    }


def shares_of(sample: Sample, spec: "DatasetSpec") -> dict[str, float]:
    """Present name of a class (or word of what is none) → its share of the label: 1 for one object, more for soft
    labels."""
    names = ((spec.name_of(word), word, share) for word, share in sample.recipe.objects)
    return {word if name == OTHER else name: share for name, word, share in names}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _sum(sample: Sample, name: Literal["seconds", "cost"]) -> float:
    """Words, image and scores together, to a microsecond or a millionth of a dollar."""
    total: float = sum(getattr(fact, name) for fact in sample.facts.values())
    return round(total, 6)


def write_manifest(path: Path, columns: list[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        table = csv.writer(file)
        table.writerow(map(_cell, columns))
        for row in rows:
            table.writerow(_cell(row.get(column, "")) for column in columns)


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front; so does what already has one."""
    return f"'{value}" if isinstance(value, str) and value.lstrip("'").startswith(_FORMULA) else value
