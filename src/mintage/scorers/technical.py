"""Is there a picture at all? Readable, and not black, one plain colour, noise or stripes; looks at no class."""

from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from mintage.core import ports
from mintage.core.ports import Item, Scored

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

SAMPLED = 256
"""Rows and columns that are looked at, evenly spread, of a picture that has more."""

PLAIN = 0.005
"""Below this deviation of its colours (0–1) a picture is plain. Real photos at a tenth of their light have 0.008."""

UNIFORM = 0.99
"""Share of pixels in one colour from which a picture is plain; of 19,700 real ones none had more than 0.95."""

NOISE = 0.8
"""Roughness from which a picture is noise, see `roughness`; photos had 0.55 at most, pencil sketches 0.71."""

PAPER = 0.6
"""Share of pixels in one colour from which no picture is noise: fine hatching on paper is as rough as noise."""

STRIPED = 0.99
"""Share of all changes that lie in one direction from which it is stripes; photos had 0.96 at most."""


class Scorer(ports.Scorer):
    """Flags what is no picture.

    `ok` is 1 or 0 and the note says why not. `spread`: standard deviation of the luminance, 0–1. `uniform`: share of
    pixels within two levels of the commonest colour. `noise`: the lesser roughness of the picture and of its half,
    about 1 for white noise. `striped`: 1 where colours change in one direction alone. An unreadable picture has `ok` 0
    and no such numbers.
    """

    numbers = ("ok", "readable", "width", "height", "spread", "uniform", "noise", "striped")
    floors: ClassVar = {"ok": 1.0}

    def score(self, items: Sequence[Item]) -> Iterator[Scored]:
        import numpy as np

        for item in items:
            begun = perf_counter()
            try:
                pixels = np.asarray(item.open().convert("RGB"))
            except OSError as error:
                values = {"ok": 0.0, "readable": 0.0, "width": 0.0, "height": 0.0}
                yield Scored(item.recipe_id, values, note=f"unreadable: {error}", seconds=perf_counter() - begun)
                continue
            height, width = pixels.shape[:2]
            found = measure(pixels)
            wrong = fault(found)
            values = {"ok": float(not wrong), "readable": 1.0, "width": float(width), "height": float(height)}
            shown = {name: found[name] for name in ("spread", "uniform", "noise", "striped")}
            yield Scored(item.recipe_id, values | shown, note=wrong, seconds=perf_counter() - begun)


def measure(pixels: "Array") -> dict[str, float]:
    """The numbers of a picture, uint8 [height, width, 3]; time and memory hardly grow with its size."""
    import numpy as np

    rows, columns = (-(-side // SAMPLED) for side in pixels.shape[:2])
    some = pixels[::rows, ::columns].reshape(-1, 3)
    rough, striped = roughness(pixels)
    coarse, _ = roughness(_halved(pixels))
    return {
        "spread": float((some @ np.array([0.299, 0.587, 0.114]) / 255).std()),
        "deviation": float(np.sqrt((some / 255).var(0).mean())),
        "brightness": float(some.mean() / 255),
        "uniform": uniformity(some),
        "noise": min(rough, coarse),
        "striped": striped,
    }


def fault(found: Mapping[str, float]) -> str:
    """What is wrong with a picture of these numbers, in words; empty when nothing is."""
    if found["deviation"] < PLAIN or found["uniform"] >= UNIFORM:
        return "black" if found["brightness"] < 0.03 else "one plain colour"
    if found["noise"] >= NOISE and found["uniform"] < PAPER:
        return "nothing but noise"
    if found["striped"] >= STRIPED:
        return "nothing but stripes"
    return ""


def uniformity(some: "Array") -> float:
    """The share of pixels, uint8 [n, 3], that lie within two levels of the commonest colour in each channel."""
    import numpy as np

    coarse = (some >> 3).astype(np.int32) @ np.array([1024, 32, 1], np.int32)
    commonest = np.bincount(coarse).argmax()
    colour = np.median(some[coarse == commonest], axis=0)
    return float((np.abs(some - colour) <= 2).all(1).mean())


def roughness(pixels: "Array") -> tuple[float, float]:
    """How little neighbours resemble each other, and how one-sided that is, of uint8 [height, width, 3].

    The first is half the mean squared difference of neighbours over the variance (von Neumann's ratio, 1941): 1 for
    white noise, near 0 where colours change slowly. The second is 0 where rows and columns change alike, 1 where only
    one of them does.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < 2:
        return 0.0, 0.0
    along = pixels[:: -(-height // SAMPLED)].astype("float32")
    down = pixels[:, :: -(-width // SAMPLED)].astype("float32")
    variance = float((along.var((0, 1)) + down.var((0, 1))).mean() / 2)
    sideways = float(((along[:, 1:] - along[:, :-1]) ** 2).mean())
    downwards = float(((down[1:] - down[:-1]) ** 2).mean())
    if variance == 0 or max(sideways, downwards) == 0:
        return 0.0, 0.0
    return (sideways + downwards) / 4 / variance, 1 - min(sideways, downwards) / max(sideways, downwards)


def _halved(pixels: "Array") -> "Array":
    """Half the size by the mean of 2×2 pixels: noise stays noise, but fine hatching does not."""
    import numpy as np
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).reduce(2))
