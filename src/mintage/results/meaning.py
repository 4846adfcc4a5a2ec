"""What each class will be drawn as, whose name means several things, and which classes a picture cannot tell apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mintage.core.nouns import with_article
from mintage.core.spec import DatasetSpec
from mintage.wording.homographs import senses
from mintage.wording.text import same


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NUMBERS = _set("one two three four five six seven eight nine ten eleven twelve double triple single")
_SIZES = _set(
    "small large big tiny huge little mini miniature medium giant jumbo short long tall wide narrow thick thin "
    "xs s m l xl xxl half quarter size sized"
)
_UNITS = "mm|cm|dm|m|km|in|inch|inches|ft|foot|feet|mg|g|kg|lb|lbs|oz|ml|cl|l|litre|litres|liter|liters|w|kw|v|a|gb|tb"
_SIZE = re.compile(rf"(?:m?\d+(?:[.,/x×]\d+)*(?:{_UNITS})?|(?:{_UNITS}))\"?")


@dataclass(frozen=True)
class Meaning:
    """`drawn`: the words for it in a prompt; `told`: what the spec says that it is, "" for its name alone; `senses`:
    what else the name may mean, where nothing is told."""

    name: str
    drawn: str
    told: str
    senses: tuple[str, ...] = ()


def meanings(spec: DatasetSpec, *, closed: bool = False) -> tuple[Meaning, ...]:
    """Of each class, in the order of the spec. `closed`: who draws has one meaning for each word that it knows."""
    found = []
    for name, c in spec.classes.items():
        drawn = spec.subject(name)
        told = c.description or (with_article(c.kind) if c.kind else "")
        unsure = () if told or c.called or closed else senses(drawn)
        found.append(Meaning(name, drawn, told, unsure))
    return tuple(found)


def twins(spec: DatasetSpec) -> tuple[tuple[str, ...], ...]:
    """Those of `alike_but_for_size` of which nothing else is told: no description, or equal ones."""
    drawn = {spec.subject(name): name for name in spec.classes}
    groups = alike_but_for_size(list(drawn))
    told = [[spec.classes[drawn[word]].description for word in group] for group in groups]
    return tuple(
        tuple(drawn[word] for word in group)
        for group, said in zip(groups, told, strict=True)
        if len(set(said)) < len(said)
    )


def alike_but_for_size(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Classes whose names differ in a size or a number alone ("M8 bolt", "M10 bolt"): a picture has no scale."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        rest = tuple(word for word in same(name).split() if not _is_size(word))
        if rest:
            groups.setdefault(rest, []).append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _is_size(word: str) -> bool:
    return word in _NUMBERS or word in _SIZES or _SIZE.fullmatch(word) is not None
