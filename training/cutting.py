"""Cut-outs: which pixels of a small picture are its thing."""

from typing import Any

import cv2
import numpy as np

Picture = np.ndarray[Any, Any]
SIZE = 64


def from_white(picture: Picture) -> Picture | None:
    """Mask, float32 [64, 64], of a thing on a nearly white ground; None where there is none such."""
    padded = cv2.copyMakeBorder(picture, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    flooded = np.zeros((SIZE + 4, SIZE + 4), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8)
    cv2.floodFill(padded.copy(), flooded, (0, 0), 0, (14,) * 3, (14,) * 3, flags)
    mask = (flooded[2:-2, 2:-2] == 0).astype(np.uint8)
    if not 0.08 < mask.mean() < 0.8:
        return None
    return cv2.GaussianBlur(cv2.erode(mask * 255, np.ones((2, 2))), (3, 3), 0).astype(np.float32) / 255


def from_photo(picture: Picture) -> Picture | None:
    """Mask of what stands in the middle of a photo, by GrabCut (Rother et al., SIGGRAPH 2004).

    None where the result is unlikely to be one thing: too large or small, at the border, or in pieces.
    """
    guess = np.full((SIZE, SIZE), cv2.GC_PR_BGD, np.uint8)
    guess[5:-5, 4:-4] = cv2.GC_PR_FGD
    guess[:2], guess[-2:], guess[:, :2], guess[:, -2:] = (cv2.GC_BGD,) * 4
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(
            picture[..., ::-1].copy(), guess, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK
        )
    except cv2.error:
        return None
    mask = ((guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)).astype(np.uint8)
    mask = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3))), cv2.MORPH_CLOSE, np.ones((3, 3)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return None
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    one = (labels == largest).astype(np.uint8)
    share, whole = one.mean(), mask.sum() / max(1, one.sum())
    box = stats[largest]
    fill = one.sum() / (box[2] * box[3])
    border = np.concatenate([one[3], one[-4], one[:, 3], one[:, -4]]).mean()
    if not 0.12 < share < 0.62 or whole > 1.12 or fill < 0.42 or border > 0.1:
        return None
    middle = one[20:44, 20:44].mean()
    if middle < 0.6:
        return None
    return cv2.GaussianBlur(one * 255, (3, 3), 0).astype(np.float32) / 255
