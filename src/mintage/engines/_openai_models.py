"""What OpenAI's own image models take: sizes, qualities, options; what is not known here passes to the server."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

Size = tuple[int, int]

LARGEST_SIDE = 3840
"""Pixels. Larger pictures are made smaller before they are sent: no model answers with more."""

_MOST = 3840 * 2160
_STEP = 16
_FIXED: tuple[Size, ...] = ((1024, 1024), (1536, 1024), (1024, 1536))
_PLAIN = ("auto", "low", "medium", "high")
_FINE = (*_PLAIN, "xhigh", "max")


@dataclass(frozen=True)
class Family:
    """What a line of models takes. `sizes`: these alone; empty: any that `_free` allows."""

    sizes: tuple[Size, ...] = ()
    qualities: tuple[str, ...] = _PLAIN
    fidelity: tuple[str, ...] = ()


_FAMILIES = (
    (re.compile(r"gpt-image-1-mini"), Family(_FIXED, fidelity=("low",))),
    (re.compile(r"gpt-image-1(\.5)?(-\d{4}|$)|chatgpt-image-latest"), Family(_FIXED, fidelity=("high", "low"))),
    (re.compile(r"gpt-image-2(-\d{4}|$)"), Family()),
    (re.compile(r"gpt-image-2\.\d"), Family(qualities=_FINE)),
)


def family_of(model: str) -> Family | None:
    """What is known of a model by its name; None: nothing, so that the server decides."""
    return next((family for pattern, family in _FAMILIES if pattern.match(model)), None)


def mistakes(model: str, size: Size | None, quality: str, fidelity: str) -> Iterator[str]:
    """What the model is known not to take, each with what it does take."""
    family = family_of(model)
    if family is None:
        return
    if quality and quality not in family.qualities:
        yield f"quality {quality!r}: {model} has {', '.join(family.qualities)}"
    if fidelity and fidelity not in family.fidelity:
        yield f"input_fidelity: {model} has {' or '.join(family.fidelity) or 'none, leave it out'}"
    if size is None:
        return
    if family.sizes and size not in family.sizes:
        yield f"size {written(size)}: {model} makes {', '.join(map(written, family.sizes))}"
    elif not family.sizes and _fitted(size) != size:
        yield (
            f"size {written(size)}: {model} makes multiples of {_STEP} from 1:3 to 3:1, at most 3840x2160; "
            f"the nearest is {written(_fitted(size))}"
        )


def nearest_size(model: str, size: Size) -> Size | None:
    """The size nearest to one that the model makes; None where nothing is known of the model."""
    family = family_of(model)
    if family is None:
        return None
    if family.sizes:
        return min(family.sizes, key=lambda s: abs(s[0] / s[1] - size[0] / size[1]))
    return _fitted(size)


def _fitted(size: Size) -> Size:
    """The nearest size of the newer models: multiples of 16, from 1:3 to 3:1, at most 3840 on a side and 3840×2160."""
    width, height = min(size[0], 3 * size[1]), min(size[1], 3 * size[0])
    scale = min(1.0, LARGEST_SIDE / max(width, height), (_MOST / (width * height)) ** 0.5)
    rounded = [max(_STEP, round(side * scale / _STEP) * _STEP) for side in (width, height)]
    while rounded[0] * rounded[1] > _MOST or max(rounded) > 3 * min(rounded):
        rounded[rounded.index(max(rounded))] -= _STEP
    return rounded[0], rounded[1]


def sent_size(size: Size) -> Size:
    """The size at which a picture is sent: its own, or smaller where it is larger than any model makes."""
    scale = min(1.0, LARGEST_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def written(size: Size) -> str:
    """A size as the API has it: 1536x1024."""
    return f"{size[0]}x{size[1]}"
