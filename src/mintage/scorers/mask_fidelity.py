"""Did a repainted picture change where it should, and nowhere else?"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from mintage.core import ports
from mintage.core.ports import Failed, Item, Scored, how
from mintage.mini.tokens import unknown_words
from mintage.mini.weights import COMPARING, Fingerprint

if TYPE_CHECKING:
    import numpy

    from mintage.core.ports import Picture
    from mintage.mini.comparing import Comparing

    Array = numpy.ndarray[Any, Any]

SAME = 8
"""Grey levels, of 255, up to which a pixel is as it was: what storing a picture as JPEG does to it."""

WIDER = 0.125
"""How much of its longer side the crop shows on each side of the mask's bounds."""


class Options(ports.Options):
    threads: int = how(0, ge=0, le=256)  # 0: all cores


class Scorer(ports.Scorer):
    """Compares a repainted picture with its parent; says nothing of a picture without a mask or a parent.

    `kept`: share (0–1) of the pixels outside the mask that differ by 8 of 255 levels or fewer in each channel; 1 where
    the mask leaves nothing out. `outside_mean`, `outside_max`: how much they differ, in levels. `changed`: mean
    difference in the mask, in levels: near 0, nothing was repainted. Pixels that touch the mask count on neither side.
    `crop_before`, `crop_after`: the share of its class among the set's classes and "none of these", by the embedded
    ranking, in what the mask's bounds show of the parent and of the picture; only where its words are known.
    """

    Options = Options
    version = Fingerprint(*COMPARING, "clip.json")
    numbers = ("kept", "outside_mean", "outside_max", "changed", "crop_before", "crop_after")
    floors: ClassVar = {"kept": 0.98, "changed": 2.0}

    _model: "Comparing"

    def load(self) -> None:
        from mintage.mini.comparing import Comparing

        self._model = Comparing(self.options.threads)

    @cached_property
    def saw(self) -> dict[str, str]:
        """The words of the set's classes, which crops are ranked among."""
        return {name: self.spec.subject(name) for name in sorted(self.spec.classes)}

    def score(self, items: Sequence[Item]) -> Iterator[Scored | Failed]:
        for item in items:
            begun = perf_counter()
            try:
                values = self._compared(item)
            except (OSError, ValueError) as error:
                said = f"unreadable: {error}" if isinstance(error, OSError) else str(error)
                yield Failed(item.recipe_id, said, perf_counter() - begun)
                continue
            missed = [name for name, floor in self.floors.items() if values.get(name, floor) < floor]
            yield Scored(item.recipe_id, values, note=_said(missed), seconds=perf_counter() - begun)

    def _compared(self, item: Item) -> dict[str, float]:
        """Raises: ValueError: mask, parent and picture do not fit. OSError: one of them cannot be read."""
        mask, parent = item.repainted(), item.parent()
        if mask is None or parent is None:
            return {}
        after, before = item.open().convert("RGB"), parent.convert("RGB")
        for what, other in (("mask", mask), ("parent", before)):
            if other.size != after.size:
                found = f"{other.width}×{other.height}, and the picture {after.width}×{after.height}"
                raise ValueError(f"the {what} is {found}: expected the same size")
        bounds = mask.getbbox()
        if bounds is None:
            raise ValueError("the mask is all black: nothing was to be repainted")
        box = _widened(bounds, after.size)
        return differences(before, after, mask) | self._ranked(item.label, before.crop(box), after.crop(box))

    def _ranked(self, label: str, before: "Picture", after: "Picture") -> dict[str, float]:
        """`crop_before` and `crop_after`; nothing for a label whose words the model has not seen."""
        import numpy as np

        from mintage.mini.comparing import shrink

        words = [word for word in dict.fromkeys(self.saw.values()) if not unknown_words(word)]
        if label not in self.saw or self.saw[label] not in words:
            return {}
        vectors = self._model.image_vectors(np.stack([shrink(before), shrink(after)]))
        own, matrix = words.index(self.saw[label]), self._model.word_vectors(words)
        first, second = (float(self._model.shares(matrix @ vector)[own]) for vector in vectors)
        return {"crop_before": first, "crop_after": second}


def differences(before: "Picture", after: "Picture", mask: "Picture") -> dict[str, float]:
    """`kept`, `outside_mean`, `outside_max` and `changed` of two RGB pictures and a mask (L) of one size."""
    import numpy as np
    from PIL.ImageFilter import MaxFilter, MinFilter

    levels = np.abs(np.asarray(before, np.int16) - np.asarray(after, np.int16))
    touched = mask.convert("L").point(lambda level: 255 if level else 0)
    outside = np.asarray(touched.filter(MaxFilter(3))) == 0
    inside = np.asarray(touched.filter(MinFilter(3))) > 0
    if not inside.any():  # a line, or a few pixels
        inside = np.asarray(touched) > 0
    far = levels[outside]
    return {
        "kept": float((far.max(1) <= SAME).mean()) if len(far) else 1.0,
        "outside_mean": float(far.mean()) if len(far) else 0.0,
        "outside_max": float(far.max()) if len(far) else 0.0,
        "changed": float(levels[inside].mean()),
    }


def _widened(bounds: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box (left, top, right, bottom in pixels) with some of what is around it, inside a frame."""
    left, top, right, bottom = bounds
    more = max(1, round(WIDER * max(right - left, bottom - top)))
    return max(left - more, 0), max(top - more, 0), min(right + more, size[0]), min(bottom + more, size[1])


def _said(missed: Sequence[str]) -> str:
    said = {"kept": "it changed outside the mask", "changed": "hardly anything was repainted in the mask"}
    return "; ".join(said[name] for name in missed)
