"""Photos as drawings: the derived styles of the training set. All take and give uint8 [64, 64, 3]."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

Picture = np.ndarray[Any, Any]
SIZE = 64


def pencil_sketch(picture: Picture, rng: np.random.Generator) -> Picture:
    """Colour dodge of grey by its blurred negative, with lines strong enough to be left at 32 pixels."""
    big = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (192, 192), interpolation=cv2.INTER_CUBIC)
    lines = cv2.divide(big, 255 - cv2.GaussianBlur(255 - big, (0, 0), 8), scale=245).astype(np.float32) / 255
    lines = cv2.resize(cv2.erode(lines, np.ones((4, 4))), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    grain = rng.normal(0, 4, (SIZE, SIZE))
    return np.repeat(np.clip(250 * lines**1.8 + grain, 0, 255).astype(np.uint8)[..., None], 3, 2)


def black_and_white(picture: Picture, rng: np.random.Generator) -> Picture:
    """Grey, with a little more contrast."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = (grey - grey.mean()) * rng.uniform(1.0, 1.25) + grey.mean()
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, 2)


def painting(picture: Picture, rng: np.random.Generator) -> Picture:
    """Patches of one colour as a broad brush leaves them, more saturated, on a canvas' grain."""
    big = cv2.resize(picture, (160, 160), interpolation=cv2.INTER_CUBIC)
    for _ in range(2):
        big = cv2.medianBlur(cv2.bilateralFilter(big, 9, 60, 9), 9)
    hsv = cv2.cvtColor(big, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 1] = np.clip(hsv[..., 1] * 1.5 + 12, 0, 255)
    flat = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32)
    strokes = cv2.GaussianBlur(rng.normal(0, 42, (160, 160, 1)).astype(np.float32), (0, 0), 3.2, 0.8)[..., None]
    return cv2.resize(np.clip(flat + strokes, 0, 255).astype(np.uint8), (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def cartoon(picture: Picture, rng: np.random.Generator) -> Picture:
    """Few flat colours, with dark lines where they meet."""
    big = cv2.resize(picture, (192, 192), interpolation=cv2.INTER_CUBIC)
    for _ in range(3):
        big = cv2.bilateralFilter(big, 9, 50, 9)
    hsv = cv2.cvtColor(big, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 1] = np.clip(hsv[..., 1] * 1.6, 0, 255)
    hsv[..., 2] = np.round(hsv[..., 2] / 42) * 42 + 3
    flat = cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32)
    edge = cv2.morphologyEx(cv2.cvtColor(big, cv2.COLOR_RGB2GRAY), cv2.MORPH_GRADIENT, np.ones((5, 5)))
    flat *= 1 - 0.85 * np.clip((edge.astype(np.float32) - 34) / 30, 0, 1)[..., None]
    return cv2.resize(np.clip(flat, 0, 255).astype(np.uint8), (SIZE, SIZE), interpolation=cv2.INTER_AREA)


DERIVED: dict[str, Callable[[Picture, np.random.Generator], Picture]] = {
    "pencil sketch": pencil_sketch,
    "black-and-white photo": black_and_white,
    "painting": painting,
    "cartoon": cartoon,
}

INKS: dict[str, tuple[int, int, int]] = {
    "black": (38, 38, 42),
    "white": (240, 240, 240),
    "grey": (140, 140, 142),
    "red": (205, 30, 36),
    "orange": (240, 130, 25),
    "yellow": (245, 212, 40),
    "green": (50, 150, 60),
    "blue": (40, 85, 200),
    "purple": (125, 55, 170),
    "pink": (245, 140, 180),
    "brown": (115, 70, 38),
    "beige": (222, 200, 165),
}


def recoloured(picture: Picture, mask: Picture, colour: str) -> Picture:
    """The masked thing in another colour, its light and shade kept. `mask`: float32 [64, 64]."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    ink = cv2.cvtColor(np.array([[INKS[colour]]], np.uint8), cv2.COLOR_RGB2LAB).astype(np.float32)[0, 0]
    inside = lab[mask > 0.5]
    shade = (lab[..., 0] - np.median(inside[:, 0])) * (0.55 if colour in ("black", "white") else 0.7)
    new = np.stack([np.clip(ink[0] + shade, 4, 251), *np.broadcast_to(ink[1:, None, None], (2, SIZE, SIZE))], 2)
    new[..., 1:] = 0.9 * new[..., 1:] + 0.1 * lab[..., 1:]
    out = cv2.cvtColor(np.clip(new, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB).astype(np.float32)
    share = mask[..., None]
    return np.clip(out * share + picture * (1 - share), 0, 255).astype(np.uint8)
