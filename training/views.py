"""Photos seen in another way: the views of the training set. All take and give uint8 [64, 64, 3]."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

Picture = np.ndarray[Any, Any]
SIZE = 64


def close_up(picture: Picture, rng: np.random.Generator) -> Picture:
    """About a quarter of the picture, from near its middle."""
    side = int(rng.integers(28, 37))
    x, y = rng.integers(13, SIZE - side - 12, 2)
    return _resized(picture[y : y + side, x : x + side], SIZE)


def far_away(picture: Picture, rng: np.random.Generator) -> Picture:
    """At four to five tenths of its size; around it what its edges say, softened."""
    side = int(rng.integers(26, 33))
    left, top = ((SIZE - side) // 2 + rng.integers(-4, 5, 2)).tolist()
    small = _resized(cv2.GaussianBlur(picture, (0, 0), 0.45 * SIZE / side), side)
    wide = cv2.copyMakeBorder(small, top, SIZE - side - top, left, SIZE - side - left, cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(wide, (0, 0), 5)
    share = np.zeros((SIZE, SIZE), np.float32)
    share[top + 2 : top + side - 2, left + 2 : left + side - 2] = 1
    share = cv2.GaussianBlur(share, (0, 0), 1.5)[..., None]
    return (wide * share + soft * (1 - share)).astype(np.uint8)


def upside_down(picture: Picture, _: np.random.Generator) -> Picture:
    """Its mirror image in water; left and right do not matter, as half of all pictures are mirrored."""
    return picture[::-1]


def half_hidden(picture: Picture, rng: np.random.Generator) -> Picture:
    """A plain board over the left, the right or the lower half."""
    covered = picture.astype(np.float32)
    colour = rng.uniform(40, 225) + rng.normal(0, 22, 3)
    board = np.clip(colour + rng.normal(0, 5, (SIZE, SIZE, 1)), 0, 255).astype(np.float32)
    edge = int(rng.integers(27, 37))
    share = np.zeros((SIZE, SIZE), np.float32)
    side = rng.choice(["left", "right", "below"])
    if side == "below":
        share[SIZE - edge :] = 1
    else:
        share[:, :edge] = 1
    shadow = cv2.GaussianBlur(share, (0, 0), 2.5)[..., None] * 0.5 * (1 - share[..., None])
    made = np.clip(covered * (1 - shadow) * (1 - share[..., None]) + board * share[..., None], 0, 255).astype(np.uint8)
    if side == "right":
        made = made[:, ::-1]
    return made


def out_of_focus(picture: Picture, rng: np.random.Generator) -> Picture:
    """Blurred until shapes are left and details are not."""
    return cv2.GaussianBlur(picture, (0, 0), rng.uniform(2.2, 3.3))


def _resized(picture: Picture, side: int) -> Picture:
    flags = cv2.INTER_AREA if side < picture.shape[0] else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(picture), (side, side), interpolation=flags)


VIEWS: dict[str, Callable[[Picture, np.random.Generator], Picture]] = {
    "close up": close_up,
    "far away": far_away,
    "upside down": upside_down,
    "half hidden": half_hidden,
    "out of focus": out_of_focus,
}
