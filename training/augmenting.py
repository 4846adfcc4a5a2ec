"""What training does to a picture before it is shown: mirrored, moved, a part hidden. All uint8 [64, 64, 3]."""

from typing import Any

import numpy as np

Picture = np.ndarray[Any, Any]


def mirrored(picture: Picture, rng: np.random.Generator) -> Picture:
    """Left to right, every other time."""
    return picture[:, ::-1] if rng.random() < 0.5 else picture


def shifted(picture: Picture, rng: np.random.Generator, most: int, chance: float) -> Picture:
    """Moved by up to `most` pixels each way; what comes in is the edge."""
    if rng.random() >= chance:
        return picture
    high, wide = picture.shape[:2]
    padded = np.pad(picture, ((most, most), (most, most), (0, 0)), "edge")
    y, x = rng.integers(0, 2 * most + 1, 2)
    return padded[y : y + high, x : x + wide]


def hidden(picture: Picture, rng: np.random.Generator, side: int, chance: float) -> Picture:
    """With a square of one colour somewhere."""
    if rng.random() >= chance:
        return picture
    y, x = rng.integers(0, picture.shape[0] - side, 2)
    covered = picture.copy()
    covered[y : y + side, x : x + side] = rng.integers(0, 256, 3)
    return covered
