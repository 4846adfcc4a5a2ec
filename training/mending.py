"""Pictures of Caltech 101 as they were before it turned them and set them in black."""

from typing import Any

import cv2
import numpy as np

Picture = np.ndarray[Any, Any]
SIZE = 64
TURNED = {"minaret": 52.0, "pagoda": 27.0, "accordion": 28.0}
"""Degrees that bring back upright the classes that Caltech turned; found by eye."""
SET_IN_BLACK = frozenset({"accordion", "phone", "minaret", "pagoda", "trilobite", "binoculars"})
BLACK, WHITE = 18, 212


def mended(picture: Picture, kind: str) -> Picture:
    """Turned back, bars cut off, black corners filled as what they touch; others as they are. uint8 [64, 64, 3]."""
    if kind in TURNED and _black(picture).mean() > 0.08:
        move = cv2.getRotationMatrix2D((SIZE / 2 - 0.5,) * 2, TURNED[kind], 0.9)
        picture = cv2.warpAffine(picture, move, (SIZE, SIZE), flags=cv2.INTER_CUBIC, borderValue=(0, 0, 0))
    black = _black(picture)
    if not black.any():
        return picture
    if kind in SET_IN_BLACK or _is_barred(black):
        picture = _cropped(picture, black)
        black = _black(picture)
    wide = cv2.dilate(black.astype(np.uint8), np.ones((5, 5)))
    rim = picture[(cv2.dilate(wide, np.ones((3, 3))) - wide).astype(bool)]
    if not black.any() or not len(rim):
        return picture
    if np.median(rim, axis=0).min() > WHITE:
        filled = picture.copy()
        filled[wide.astype(bool)] = np.median(rim, axis=0)
        return filled
    if kind in SET_IN_BLACK:
        filled = cv2.inpaint(picture, wide, 3, cv2.INPAINT_TELEA)
        soft = cv2.GaussianBlur(filled, (0, 0), 2)
        return np.where(wide[..., None] > 0, soft, filled)
    return picture


def _black(picture: Picture) -> Picture:
    """What of black hangs together with the corners, bool [64, 64]."""
    dark = (picture.max(2) < BLACK).astype(np.uint8)
    _, parts = cv2.connectedComponents(dark, connectivity=4)
    corners = [(0, 0), (0, SIZE - 1), (SIZE - 1, 0), (SIZE - 1, SIZE - 1)]
    return np.isin(parts, [parts[c] for c in corners if dark[c]])


def _is_barred(black: Picture) -> bool:
    """Whole rows or columns of black at two sides, and hardly any elsewhere."""
    rows, columns = black.mean(1) > 0.97, black.mean(0) > 0.97
    inside = black[~rows][:, ~columns]
    return bool((rows[0] and rows[-1]) or (columns[0] and columns[-1])) and inside.size > 0 and inside.mean() < 0.04


def _cropped(picture: Picture, black: Picture) -> Picture:
    """To what is not black, at most a quarter longer one way than the other, and as large as before."""
    rows, columns = np.flatnonzero(black.mean(1) < 0.6), np.flatnonzero(black.mean(0) < 0.6)
    if len(rows) < 24 or len(columns) < 24:
        return picture
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    most = int(1.25 * min(bottom - top, right - left))
    over = max(0, (bottom - top) - most), max(0, (right - left) - most)
    part = picture[top + over[0] // 2 : bottom - (over[0] + 1) // 2, left + over[1] // 2 : right - (over[1] + 1) // 2]
    return cv2.resize(part, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
