"""Where a model's weights lie while it draws, by the memory that is free; and how running out of it is recognised."""

from dataclasses import dataclass

PER_PIXEL = 6_000
"""Bytes that turning latents into one picture takes for each of its pixels (an 8× VAE in float32, by its layers)."""

TILE = 512 * 512
LARGE = 1280 * 1024
"""Pixels above which a picture leaves its latents tile by tile."""

USABLE = 0.9
"""Of the free memory: the rest goes to fragments and to the text encoder's own work."""


@dataclass(frozen=True)
class Placement:
    """`where`: `full` (all weights on the device), `offload` (one network at a time), `sequential` (one layer at a
    time, slow). `tiled`: pictures leave their latents tile by tile."""

    where: str
    tiled: bool


def place(asked: str, free: int | None, weights: int, largest: int, pixels: int) -> Placement:
    """Decide by bytes. `free`: of the GPU, None where there is none; `largest`: the network with the most weights.

    `asked` is the option `memory`. Without a GPU there is nowhere to offload from, and all weights stay where they are.
    """
    large = pixels > LARGE
    if free is None:
        return Placement("full", asked == "tiled" or (asked == "auto" and large))
    if asked != "auto":
        return Placement("full" if asked == "tiled" else asked, asked == "tiled")
    room = USABLE * free
    tiled = large or weights + PER_PIXEL * pixels > room
    work = PER_PIXEL * (min(pixels, TILE) if tiled else pixels)
    if weights + work <= room:
        return Placement("full", tiled)
    return Placement("offload" if largest + work <= room else "sequential", tiled)


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out, on a GPU or beside it."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in said or "can't allocate memory" in said)
