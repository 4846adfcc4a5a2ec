"""Reads the boxes of annotated photos: COCO files, YOLO label files and their lists of classes."""

import json
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from mintage.core.errors import MintageError, shown

Box = tuple[str, float, float, float, float]
MOST_PIXELS = 1_000_000
"""No picture is so wide: a larger number in a COCO box is a mistake."""

SLACK = 0.001
"""YOLO's shares of the picture may be so far outside 0 to 1: they are rounded."""


def coco(file: Path) -> list[tuple[str, tuple[Box, ...]]]:
    """The pictures that a COCO file names, and the boxes of each in pixels (x, y of the upper left corner, w, h),
    without those of crowds; nothing, if it is some other JSON.

    Raises:
        MintageError: it is no JSON, or an entry is wrong (naming the file and the entry).
    """
    text = _text(file)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise _wrong(file, error.lineno, f"no JSON: {error.msg}", "a COCO file") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, 100,000 brackets
        raise _wrong(file, "", f"cannot be read as JSON: {error}", "a COCO file") from error
    if not isinstance(data, dict) or not {"images", "annotations", "categories"} <= set(data):
        return []
    names = {
        _id(file, f"categories[{k}]", c, "id"): _word(file, f"categories[{k}]", c, "name")
        for k, c in _entries(file, data, "categories")
    }
    pictures: dict[int | str, str] = {}
    for k, image in _entries(file, data, "images"):
        pictures[_id(file, f"images[{k}]", image, "id")] = _word(file, f"images[{k}]", image, "file_name")
    boxes: dict[int | str, list[Box]] = {key: [] for key in pictures}
    for k, found in _entries(file, data, "annotations"):
        at = f"annotations[{k}]"
        if found.get("iscrowd") in (1, "1"):
            continue
        picture, category = _id(file, at, found, "image_id"), _id(file, at, found, "category_id")
        if picture not in pictures:
            raise _wrong(file, at, f"image_id is {_cut(picture)}", "the id of one of its images")
        if category not in names:
            raise _wrong(file, at, f"category_id is {_cut(category)}", "the id of one of its categories")
        boxes[picture].append((names[category], *_bbox(file, at, found.get("bbox"))))
    return [(said, tuple(boxes[key])) for key, said in pictures.items()]


def yolo(label: Path, names: Mapping[int, str]) -> tuple[Box, ...]:
    """The boxes of a YOLO label file as shares of the picture (x, y of the upper left corner, w, h). Of a polygon, a
    row with more than four numbers behind the class, its bounds.

    Raises:
        MintageError: a row is wrong (naming file and line).
    """
    boxes: list[Box] = []
    for line, row in enumerate(_text(label).splitlines(), 1):
        fields = row.split()
        if not fields:
            continue
        if len(fields) < 5 or (len(fields) > 5 and len(fields) % 2 == 0):
            expected = "class x y w h, or a polygon: class and three or more pairs x y"
            raise _wrong(label, line, f"{len(fields) - 1} numbers behind the class", expected)
        number = int(fields[0]) if fields[0].isascii() and fields[0].isdigit() and len(fields[0]) < 10 else -1
        if number not in names:
            expected = f"the number of a class, {min(names)} to {max(names)}"
            raise _wrong(label, line, f"its class is {_cut(fields[0])}", expected)
        values = [_share(label, line, v) for v in fields[1:]]
        if len(values) == 4:
            x, y, w, h = values
            boxes.append((names[number], x - w / 2, y - h / 2, w, h))
        else:
            xs, ys = values[::2], values[1::2]
            boxes.append((names[number], min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)))
    return tuple(boxes)


def yolo_names(folder: Path, files: Iterable[Path]) -> Mapping[int, str]:
    """Number → class, from the first classes.txt (line 1 is class 0) or .yaml with `names` among the files.

    Raises:
        MintageError: there is none, or it cannot be read (naming it).
    """
    for file in files:
        if file.name == "classes.txt":
            lines = enumerate(_text(file).rstrip().splitlines())
            names = {number: line.strip() for number, line in lines if line.strip()}
        elif file.suffix.lower() in (".yaml", ".yml"):
            names = _yaml_names(file)
        else:
            continue
        if names:
            return names
    expected = "classes.txt with a class per line, or data.yaml with names"
    raise MintageError("YOLO labels without the names of their classes", where=shown(folder), expected=expected)


def _yaml_names(file: Path) -> dict[int, str]:
    from ruamel.yaml import YAML

    text = _text(file)
    try:
        data = YAML(typ="safe").load(text)
    except Exception as error:  # ruamel meets broken text with errors of every kind
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or type(error).__name__
        raise _wrong(file, mark.line + 1 if mark else "", f"no YAML: {why}", "a file with names: [cat, dog]") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise _wrong(file, "", f"holds a {type(data).__name__}", "a mapping with names: [cat, dog]")
    names = data.get("names")
    if names is None:
        return {}
    pairs = dict(enumerate(names)) if isinstance(names, list) else names
    if not isinstance(pairs, dict):
        raise _wrong(file, "names", f"names is {_cut(names)}", "a list, or number: class")
    found = {}
    for key, value in pairs.items():
        if (
            not (str(key).isascii() and str(key).isdigit())
            or isinstance(value, (dict, list))
            or value is None
            or not str(value).strip()
        ):
            raise _wrong(file, "names", f"{_cut(key)}: {_cut(value)}", "number: class")
        found[int(key)] = str(value).strip()
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(file, "", f"cannot be read: {error}", "a text file in UTF-8") from error


def _entries(file: Path, data: Mapping[str, Any], key: str) -> Iterable[tuple[int, Mapping[str, Any]]]:
    entries = data[key]
    if not isinstance(entries, list):
        raise _wrong(file, key, f"holds a {type(entries).__name__}", "a list")
    for k, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise _wrong(file, f"{key}[{k}]", f"is {_cut(entry)}", "an object with named values")
        yield k, entry


def _id(file: Path, at: str, entry: Mapping[str, Any], key: str) -> int | str:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise _wrong(file, at, f"{key} is {_cut(value)}" if key in entry else f"has no {key}", f"{key}: a number")
    return value


def _word(file: Path, at: str, entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(file, at, f"{key} is {_cut(value)}" if key in entry else f"has no {key}", f"{key}: a word")
    return value


def _bbox(file: Path, at: str, value: Any) -> tuple[float, float, float, float]:
    numbers = value if isinstance(value, list) else []
    sound = all(isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) <= MOST_PIXELS for v in numbers)
    if len(numbers) != 4 or not sound or min(numbers[2:]) < 0:  # NaN is not at most anything
        raise _wrong(file, at, "has no bbox" if value is None else f"bbox is {_cut(value)}", "bbox: [x, y, w, h]")
    x, y, w, h = map(float, numbers)
    return x, y, w, h


def _share(label: Path, line: int, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not isfinite(value) or not -SLACK <= value <= 1 + SLACK:
        expected = "shares of the picture's width and height, 0 to 1 (not pixels)"
        raise _wrong(label, line, f"{_cut(word)} is no share", expected)
    return min(max(value, 0.0), 1.0)


def _cut(value: Any) -> str:
    """A value as a message shows it: not all of what is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of more than 4,300 digits
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "…"


def _wrong(file: Path, at: int | str, found: str, expected: str) -> MintageError:
    return MintageError(f"scenes: {found}", where=f"{shown(file)}:{at}" if at else shown(file), expected=expected)
