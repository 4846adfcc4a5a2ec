"""Places to put cut-outs in: scenes drawn by rule, and surfaces tiled from the corners of photos."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

Picture = np.ndarray[Any, Any]
SIZE = 64
SCENES = (
    *("on grass", "on a beach", "in the snow", "in the sky", "at night"),
    *("under water", "in front of a brick wall", "in the desert"),
)
SURFACES = ("on red cloth", "on a wooden floor", "on dark carpet", "on a white surface")


def scene(place: str, rng: np.random.Generator) -> Picture:
    """float32 [64, 64, 3], 0 to 255: simple, but its light, colours and texture are its own."""

    def colour(*channels: float) -> Picture:
        return np.array(channels, np.float32) + rng.normal(0, 9, 3).astype(np.float32)

    def noise(scales: Sequence[int], strength: float) -> Picture:
        total = np.zeros((SIZE, SIZE), np.float32)
        for scale in scales:
            few = rng.normal(0, 1, (max(2, SIZE // scale),) * 2).astype(np.float32)
            total += cv2.resize(few, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
        return (total * strength)[..., None]

    def ground(middle: Picture, scales: Sequence[int], strength: float) -> Picture:
        return np.broadcast_to(middle, (SIZE, SIZE, 3)) + noise(scales, strength) * np.ones(3, np.float32)

    down = np.linspace(0, 1, SIZE, dtype=np.float32)[:, None, None]
    horizon = rng.uniform(0.35, 0.6)
    sky = (1 - down) * colour(90, 150, 228) + down * colour(200, 220, 240) + noise((16, 8), 9)
    rough = rng.normal(0, 0.4, (1, SIZE, 1)).astype(np.float32)
    soft = np.clip((down - horizon) * 20 + rough, 0, 1)
    if place == "on grass":
        blades = cv2.resize(noise((1, 2), 20), (SIZE, SIZE))[..., None]
        blades = cv2.blur(blades, (1, 3))[..., None]
        grass = np.broadcast_to(colour(70, 132, 42), (SIZE, SIZE, 3)) + blades * np.array([0.8, 1, 0.5], np.float32)
        grass = grass + noise((8, 16), 9)
        return grass if rng.random() < 0.5 else sky * (1 - soft) + grass * soft
    if place == "on a beach":
        sea = ground(colour(35, 128, 175), (4, 2), 8)
        sand = ground(colour(226, 198, 146), (1, 2, 8), 7)
        shore = np.clip((down - horizon - 0.16) * 20 + noise((16,), 0.5), 0, 1)
        foam = np.exp(-(((down - horizon - 0.17) * 25) ** 2)) * 90
        return np.clip((sky * (1 - soft) + sea * soft) * (1 - shore) + sand * shore + foam, 0, 255)
    if place == "in the snow":
        snow = ground(colour(236, 241, 249), (8, 4), 5)
        tree = ground(colour(52, 74, 74), (1, 2, 4), 20)
        wood = np.clip((down - horizon + 0.15) * 20 + noise((4, 8), 1.2), 0, 1)
        far = colour(188, 205, 226) + noise((16,), 6)
        back = far * (1 - wood) + tree * wood if rng.random() < 0.7 else far * np.ones((SIZE, SIZE, 1))
        whole = back * (1 - soft) + snow * soft
        for x, y in rng.integers(0, SIZE, (int(rng.integers(10, 40)), 2)):
            whole[y : y + 1, x : x + 1] = 252
        return whole
    if place == "in the sky":
        cloud = np.clip(noise((8, 16, 4), 0.8), 0, 1)
        return sky * (1 - cloud) + 250 * cloud
    if place == "at night":
        dark = (np.broadcast_to(colour(16, 18, 46), (SIZE, SIZE, 3)) + noise((8, 16), 5)).copy()
        for _ in range(int(rng.integers(8, 18))):
            x, y = rng.integers(0, SIZE, 2)
            lamp = [float(v) for v in rng.uniform([200, 150, 60], [255, 230, 160])]
            cv2.circle(dark, (int(x), int(y * 0.7)), int(rng.integers(1, 3)), lamp, -1)
        return cv2.GaussianBlur(dark, (3, 3), 0)
    if place == "under water":
        deep = (1 - down) * colour(60, 185, 205) + down * colour(6, 52, 105) + noise((8, 16), 9)
        rays = cv2.resize(rng.normal(0, 1, (1, 8)).astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
        deep = deep + np.clip(rays, 0, 2)[..., None] * 22 * (1 - down)
        deep = np.ascontiguousarray(deep, np.float32)
        for x, y in rng.integers(2, SIZE - 2, (int(rng.integers(3, 10)), 2)):
            cv2.circle(deep, (int(x), int(y)), int(rng.integers(1, 3)), (215.0, 240.0, 248.0), 1)
        return deep
    if place == "in front of a brick wall":
        wall = ground(colour(176, 150, 132), (2,), 5).astype(np.float32)
        high, wide = int(rng.integers(8, 12)), int(rng.integers(17, 25))
        brick = colour(165, 80, 60)
        shift = int(rng.integers(0, wide))
        for row, top in enumerate(range(-int(rng.integers(0, high)), SIZE, high)):
            for left in range(-shift - (row % 2) * wide // 2, SIZE, wide):
                tone = [float(v) for v in brick + rng.normal(0, 8)]
                cv2.rectangle(wall, (left, top), (left + wide - 3, top + high - 3), tone, -1)
        return cv2.GaussianBlur(wall, (0, 0), 0.8) + noise((1,), 4)
    if place == "in the desert":
        sand = ground(colour(214, 158, 92), (1, 16), 7)
        waves = np.sin(down * rng.uniform(30, 60) + noise((16, 32), 1.6)) * 9
        hot = (1 - down) * colour(120, 175, 220) + down * colour(245, 225, 190)
        dune = np.clip((down - horizon + noise((32,), 0.06)) * 24, 0, 1)
        return hot * (1 - dune) + (sand + waves) * dune
    raise KeyError(place)


def corners(picture: Picture) -> list[Picture]:
    """The corners of a photo that show one texture."""
    four = (picture[:18, :18], picture[:18, -18:], picture[-18:, :18], picture[-18:, -18:])
    return [c for c in four if c.reshape(-1, 3).std(0).mean() < 26]


def surface(place: str, patches: Mapping[str, Sequence[Picture]], rng: np.random.Generator) -> Picture:
    """A floor or cloth from one photo's corner, mirrored and tiled to 64×64."""
    patch = patches[place][int(rng.integers(len(patches[place])))]
    both = np.concatenate([patch, patch[:, ::-1]], 1)
    tile = np.tile(np.concatenate([both, both[::-1]], 0), (2, 2, 1))
    return cv2.resize(tile, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)


def put(
    picture: Picture,
    mask: Picture,
    ground: Picture,
    place: str,
    rng: np.random.Generator,
    scale: float,
    turned: bool,
    spread: float,
) -> Picture:
    """The cut-out on the ground: smaller, moved, with its shadow and the place's light; turned: upside down.

    `spread`: of the room beside it, the share in which it may stand; 0 is in the middle.
    """
    rows, columns = np.where(mask > 0.4)
    middle = ((columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2)
    reach = max(columns.max() - columns.min(), rows.max() - rows.min()) + 1
    size = scale * SIZE / reach
    move = cv2.getRotationMatrix2D(middle, 180 if turned else 0, size)
    room = max(0.0, SIZE / 2 * (1 - scale))
    move[:, 2] += SIZE / 2 - np.array(middle) + rng.uniform(-room, room, 2) * spread
    if place not in ("in the sky", "under water") and scale < 0.8:
        move[1, 2] = move[1, 2] + rng.uniform(0.2, 0.9) * room * spread
    if size < 0.8:  # else thin parts would break when shrunk
        picture, mask = (cv2.GaussianBlur(a, (0, 0), 0.45 / size) for a in (picture, mask))
    flags = cv2.INTER_LINEAR if size < 1 else cv2.INTER_CUBIC
    thing = cv2.warpAffine(picture, move, (SIZE, SIZE), flags=flags, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    share = np.clip(cv2.warpAffine(mask, move, (SIZE, SIZE), flags=cv2.INTER_LINEAR), 0, 1)
    ground = ground.astype(np.float32)
    if place not in ("in the sky", "under water", "on a white background"):
        shadow = cv2.GaussianBlur(np.roll(share, (3, 2), (0, 1)), (0, 0), 2.5)[..., None] * 0.45
        ground = ground * (1 - shadow)
    light: Picture | float = rng.uniform(0.88, 1.08)
    if place == "at night":
        light = np.array([0.55, 0.57, 0.68], np.float32)
    elif place == "under water":
        light = np.array([0.68, 0.92, 1.0], np.float32)
    share = share[..., None]
    return np.clip(thing * light * share + ground * (1 - share), 0, 255).astype(np.uint8)
