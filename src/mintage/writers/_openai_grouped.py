"""Many recipes in one request, as JSON with numbers, and as many entries back."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from mintage.core.ports import Briefed
from mintage.wording.text import clean
from mintage.writers._openai_asking import Reply
from mintage.writers._openai_entry import read_entry
from mintage.writers._openai_reading import by_number, entries, is_apology
from mintage.writers._openai_talk import CUT, Heard, Open
from mintage.writers._openai_words import SCHEMA, item_of, messages, numbers, size_of, system

_NOTE = 400
"""Bytes that `again` and the like may add to an item."""


class Grouped:
    """The talk of `form: schema` and `form: json`."""

    schema = SCHEMA

    def __init__(self, instructions: str, template: str) -> None:
        self.said, self.template = system(instructions), template

    @cached_property
    def frame(self) -> int:
        return len(self.said.encode()) + size_of(SCHEMA)

    def size(self, sample: Briefed) -> int:
        return size_of(item_of(sample, self.template)) + _NOTE

    def messages(self, group: Sequence[Open]) -> list[dict[str, str]]:
        return messages(self.said, [self._told(n, one) for n, one in zip(numbers(len(group)), group, strict=True)])

    def read(self, group: Sequence[Open], reply: Reply) -> Heard:
        found, asked = entries(reply.text), numbers(len(group))
        told = by_number(found, asked)
        return Heard(
            [
                read_entry(told[n], one.sample.brief) if n in told else _why(reply, found)
                for n, one in zip(asked, group, strict=True)
            ],
            apology=reply.text if not found and is_apology(reply.text) else "",
        )

    def _told(self, n: int, one: Open) -> dict[str, Any]:
        """The item as it is asked now: with its number, and with what was wrong before, in at most `_NOTE` bytes."""
        note = clean(one.problem).translate({ord('"'): "'", ord("\\"): "/"})
        note = note.encode()[: _NOTE - 100].decode(errors="ignore")
        return {"n": n, **item_of(one.sample, self.template), **({"again": note} if note else {})}


def _why(reply: Reply, found: Sequence[Mapping[str, Any]]) -> str:
    """What became of an item that is not in the answer."""
    if reply.cut:
        return CUT
    return "it was missing in the answer" if found else "the answer was not the JSON that was asked for"
