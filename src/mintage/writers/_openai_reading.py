"""Finds the entries in whatever a model answers: JSON, JSON in a fence or in chatter, JSON that was cut off."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_DECODER = json.JSONDecoder(strict=False)  # models put line ends inside strings
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_LONGEST = 1_000_000
_SORRY = re.compile(
    r"\W*(?:i['’]?m (?:sorry|unable|not able)|i am (?:sorry|unable|not able)|sorry\b|i can(?:['’]?t|not)\b"
    r"|i (?:won['’]?t|will not|must decline)\b)",
    re.IGNORECASE,
)


def entries(text: str) -> list[Mapping[str, Any]]:
    """Every whole entry (an object with a prompt), in order; what is broken or cut off is left out."""
    return [entry for value in objects(text) for entry in _inside(value)]


def is_apology(text: str) -> bool:
    """Whether a plain text says that the model will not."""
    return _SORRY.match(_spoken(text)) is not None


def by_number(found: Sequence[Mapping[str, Any]], asked: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """Entry by the n of its item; an n with two different entries has none. One answer to one question needs no n."""
    if len(found) == len(asked) == 1:
        return {asked[0]: found[0]}
    first: dict[int, Mapping[str, Any]] = {}
    unsure = set()
    for entry in found:
        n = _number(entry.get("n"))
        if n is not None and n in asked and first.setdefault(n, entry) != entry:
            unsure.add(n)
    return {n: entry for n, entry in first.items() if n not in unsure}


def objects(text: str, start: str = "{") -> Iterator[Any]:
    """Every whole JSON object (or list, `start` being "[") in an answer; what is whole inside a broken one counts."""
    text = _spoken(text)
    at = text.find(start)
    while at >= 0:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):  # cut off, or no JSON
            end = at + 1
        else:
            yield value
        at = text.find(start, end)


def _spoken(text: str) -> str:
    """Without what a reasoning model thought aloud."""
    return _THOUGHT.sub("", _THOUGHT_END.sub("", text[:_LONGEST])).strip()


def _inside(value: Any) -> Iterator[Mapping[str, Any]]:
    """The entries of an object: itself, or those of the first list in it, whatever its key."""
    if isinstance(value, Mapping) and "prompt" in value:
        yield value
    elif isinstance(value, Mapping):
        lists = [v for v in value.values() if isinstance(v, list)]
        yield from (e for v in lists for e in v if isinstance(e, Mapping) and "prompt" in e)


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value.strip()[:9])
    return value if isinstance(value, int) and not isinstance(value, bool) else None
