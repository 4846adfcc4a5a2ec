"""A camera over a plane: the ground of a generated picture in perspective, with a texture on it."""

from typing import TYPE_CHECKING, Any

from mintage.pictures.scenery.textures import VARIANTS, tile

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]
    Generator = numpy.random.Generator


class Plane:
    """A camera over a plane: where each pixel of the picture lies on the ground."""

    def __init__(self, width: int, height: int, rng: "Generator", pitch: float, wall: float) -> None:
        import numpy as np

        self.width, self.height, self.rng, self.pitch = width, height, rng, pitch
        focal = 1.25 * height
        rows = np.arange(height, dtype=np.float32) + 0.5 - height / 2
        down, ahead = rows * np.cos(pitch) + focal * np.sin(pitch), focal * np.cos(pitch) - rows * np.sin(pitch)
        self.horizon = float(np.clip(height / 2 - focal * np.tan(min(pitch, 1.5)), -height, height))
        self.top = max(self.horizon, 0.0)
        self.wall = max(wall * height, self.horizon + 0.12 * height)
        self._down, self._ahead = np.maximum(down, 0.012 * focal), ahead

    def ground(self, texture: str, variant: int, span: float, patches: float = 0.0) -> "Array":
        """The plane with a texture on it: float32 [h, w, 3]."""
        import numpy as np

        span = span / self.width
        near = int(0.8 * self.height)
        scale = span * self._down[near] / self._down  # tiles per pixel, across, in each row
        depth = span * self._down[near] * self._ahead / self._down
        across = scale[:, None] * (np.arange(self.width, dtype=np.float32)[None, :] + 0.5 - self.width / 2)
        turn = self.rng.uniform(0, 2 * np.pi)
        if texture == "bricks":
            turn = 0.0
        elif texture in ("planks", "tiles") and self.pitch < 1:  # a room's boards run along or across
            turn = self.rng.choice([0, np.pi / 2]) + self.rng.normal(0, 0.12)
        x = across * np.cos(turn) - depth[:, None] * np.sin(turn) + self.rng.random()
        y = across * np.sin(turn) + depth[:, None] * np.cos(turn) + self.rng.random()
        footprint = np.sqrt(scale * np.abs(np.gradient(depth)))
        footprint = np.maximum.accumulate(footprint[::-1])[::-1]  # above the horizon, where there is none, as at it
        pixels = sample(texture, variant, x, y, footprint, max(self.width, self.height))
        if patches:
            pixels *= 1 + patches * (_texels(tile("clouds", variant, 512)[3], 0.21 * x, 0.21 * y)[..., :1] / 255 - 0.5)
        self.across, self.depth = across, depth
        return pixels

    def front(self, texture: str, span: float) -> "Array":
        """A wall that faces the camera, `span` tiles wide: float32 [h, w, 3]."""
        import numpy as np

        step = span / self.width
        x = np.arange(self.width, dtype=np.float32) * step + self.rng.random()
        y = np.arange(self.height, dtype=np.float32) * step + self.rng.random()
        grid = (
            np.broadcast_to(x[None, :], (self.height, self.width)),
            np.broadcast_to(y[:, None], (self.height, self.width)),
        )
        variant = int(self.rng.integers(VARIANTS))
        return sample(texture, variant, *grid, np.full(self.height, step, np.float32), max(self.width, self.height))


def sample(name: str, variant: int, x: "Array", y: "Array", footprint: "Array", frame: int) -> "Array":
    """A texture at places in tiles: x and y [h, w], `footprint` of one pixel in each row [h], in tiles.

    Trilinear: between the four nearest texels of the two copies whose texels are nearest to the footprint in size
    (Williams, Pyramidal Parametrics, 1983).
    """
    import numpy as np

    side = 512 if frame <= 400 else 1024
    pyramid = tile(name, variant, side)
    level = np.clip(np.log2(np.maximum(footprint * side, 1e-6)), 0, len(pyramid) - 1)
    base = np.minimum(np.floor(level).astype(int), len(pyramid) - 2)
    out = np.empty((*x.shape, 3), np.float32)
    for k in np.unique(base):
        rows = np.flatnonzero(base == k)
        part = slice(int(rows[0]), int(rows[-1]) + 1)  # the footprint falls from the top row to the last
        more = (level[part] - k).astype(np.float32)[:, None, None]
        sharp = _texels(pyramid[k], x[part], y[part])
        out[part] = sharp if not more.any() else sharp * (1 - more) + _texels(pyramid[k + 1], x[part], y[part]) * more
    return out / np.float32(255)


def _texels(pixels: "Array", x: "Array", y: "Array") -> "Array":
    import numpy as np

    side = len(pixels)
    u, v = (x * side - 0.5).astype(np.float32), (y * side - 0.5).astype(np.float32)
    left, top = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    fx, fy = (u - left)[..., None], (v - top)[..., None]
    x0, x1, y0, y1 = left % side, (left + 1) % side, top % side * side, (top + 1) % side * side
    flat = pixels.reshape(-1, 3)
    corners = [np.take(flat, at, axis=0).astype(np.float32) for at in (y0 + x0, y0 + x1, y1 + x0, y1 + x1)]
    upper = corners[0] + (corners[1] - corners[0]) * fx
    lower = corners[2] + (corners[3] - corners[2]) * fx
    mixed: Array = upper + (lower - upper) * fy
    return mixed
