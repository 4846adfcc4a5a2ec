"""Cut-outs in pictures: exact masks, clean edges, light, shadows, covers, filled holes."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mintage.pictures.scenery import shadows
from mintage.pictures.scenery.compose import (
    Layer,
    box_of,
    cut_layer,
    harmonised,
    lay,
    spread,
    surroundings,
)
from mintage.pictures.scenery.covers import cover
from mintage.pictures.scenery.fill import fill
from mintage.pictures.scenery.styles import STYLES


def disc(size: int = 80, colour: str = "red", around: str = "lime", margin: int = 0) -> Image.Image:
    """A disc cut out of a background of another colour, which is still there under the transparent pixels."""
    alpha = Image.new("L", (4 * size, 4 * size))
    ImageDraw.Draw(alpha).ellipse((4 * margin, 4 * margin, 4 * (size - margin) - 1, 4 * (size - margin) - 1), fill=255)
    alpha = alpha.resize((size, size), Image.Resampling.BOX)
    picture = Image.new("RGB", (size, size), around)
    picture.paste(colour, mask=alpha)
    picture.putalpha(alpha)
    return picture


# ── layers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("turn", "flip"), [(0.0, False), (0.0, True), (33.0, False)])
def test_a_cut_out_fits_into_what_it_was_given_and_no_smaller(turn: float, flip: bool) -> None:
    layer = cut_layer(disc(), 40, 60, turn=turn, flip=flip)
    found = box_of(layer.alpha > 0.5)
    assert found is not None and 38 <= found["w"] <= 41 and abs(found["w"] - found["h"]) <= 1


def test_the_background_that_an_object_was_cut_from_leaves_no_halo() -> None:
    layer = cut_layer(disc(200), 60, 60)
    seen = layer.colours[layer.alpha > 0.02]
    assert seen[:, 1].max() < 0.15, "green of the old background is still there"
    white = lay(np.ones((64, 64, 3), np.float32), layer)
    assert (white[..., 1] <= white[..., 0] + 0.02).all(), "a green rim"


def test_the_edge_is_about_a_pixel_wide() -> None:
    layer = cut_layer(disc(300), 100, 100)
    row = layer.alpha[len(layer.alpha) // 2]
    assert ((row > 0.05) & (row < 0.95)).sum() <= 6  # two edges


def test_the_area_of_the_mask_is_that_of_the_object() -> None:
    for size in (30, 60, 120):
        area = float((cut_layer(disc(400), size, size).alpha > 0.5).sum())
        assert area == pytest.approx(np.pi * size**2 / 4, rel=0.09)


def test_a_cut_out_with_nothing_in_it_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        cut_layer(Image.new("RGBA", (20, 20)), 10, 10)


def test_a_layer_partly_outside_is_clipped_and_wholly_outside_is_not_there() -> None:
    layer = Layer(np.ones((10, 10, 3), np.float32), np.ones((10, 10), np.float32), -4, 15)
    assert spread(layer, 20, 20).sum() == 6 * 5
    assert spread(Layer(layer.colours, layer.alpha, 40, 0), 20, 20).sum() == 0
    assert box_of(np.zeros((3, 3), bool)) is None


# ── light ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def solid(colour: tuple[float, float, float]) -> Layer:
    return Layer(np.full((20, 20, 3), colour, np.float32), np.ones((20, 20), np.float32), 5, 5)


def test_a_dark_place_darkens_an_object_and_a_bright_one_brightens_it_but_never_far() -> None:
    grey = solid((0.5, 0.5, 0.5))
    dark, bright = (harmonised(grey, np.full((50, 3), v, np.float32)).colours.mean() for v in (0.05, 0.97))
    assert 0.3 < dark < 0.48 and 0.52 < bright < 0.7


def test_a_lemon_on_blue_cloth_stays_yellow() -> None:
    lemon = solid((0.95, 0.85, 0.1))
    red, green, blue = harmonised(lemon, np.tile(np.float32([0.05, 0.1, 0.8]), (50, 1))).colours.mean(axis=(0, 1))
    assert red > 0.75 and green > 0.65 and blue < 0.35


def test_the_light_of_a_place_falls_on_the_object() -> None:
    night = harmonised(solid((0.6, 0.6, 0.6)), np.full((9, 3), 0.2, np.float32), (0.3, 0.35, 0.45)).colours.mean(
        axis=(0, 1)
    )
    assert night[2] > night[0] and night.max() < 0.4


def test_surroundings_of_a_layer_at_the_border_are_inside_the_picture() -> None:
    picture = np.zeros((30, 30, 3), np.float32)
    assert len(surroundings(picture, Layer(np.ones((20, 20, 3)), np.ones((20, 20)), -15, 22))) > 0


# ── shadows and covers ──────────────────────────────────────────────────────────────────────────────────────────────


def on_ground(y: int = 20) -> Layer:
    layer = cut_layer(disc(100), 40, 40)
    return Layer(layer.colours, layer.alpha, 30, y)


@pytest.mark.parametrize("seed", range(5))
def test_what_stands_is_darkest_at_its_foot_and_darkens_nothing_far_away(seed: int) -> None:
    layer = on_ground()
    left = shadows.standing(layer, 100, 100, 0.6, 0.5, np.random.default_rng(seed))
    foot = layer.y + layer.alpha.shape[0] - 3
    assert left.shape == (100, 100) and left.min() >= 0 and left.max() <= 1.001
    assert left[foot, 50] < 0.6
    assert left[:8].min() > 0.97 and left[-8:].min() > 0.97


def test_what_lies_has_a_shadow_around_it_on_one_side_more() -> None:
    layer = on_ground()
    left = shadows.lying(layer, 100, 100, 0.6, np.random.default_rng(1))
    ring = (spread(layer, 100, 100) < 0.1) & (left < 0.97)
    assert 50 < ring.sum() < 2500 and left[:5].min() > 0.95


@pytest.mark.parametrize("kind", ["blades", "mound", "edge"])
@pytest.mark.parametrize("seed", range(4))
def test_a_cover_hides_a_little_of_an_object(kind: str, seed: int) -> None:
    ground = np.random.default_rng(0).random((100, 100, 3), np.float32)
    layer = on_ground()
    shown = spread(layer, 100, 100) > 0.5
    hidden = cover(kind, ground, layer, np.random.default_rng(seed)).alpha > 0.5
    assert 0.001 < (shown & hidden).sum() / shown.sum() < 0.35


# ── holes and styles ────────────────────────────────────────────────────────────────────────────────────────────────


def stripes(height: int = 96, width: int = 96) -> np.ndarray:
    rows = 0.5 + 0.4 * np.sign(np.sin(np.arange(height) / 8 * np.pi + 0.1))
    return np.repeat(np.repeat(rows[:, None, None], width, 1), 3, 2).astype(np.float32)


@pytest.mark.parametrize("side", [96, 400])
def test_a_hole_in_stripes_is_filled_with_stripes(side: int) -> None:
    pixels, hole = stripes(side, side), np.zeros((side, side), bool)
    hole[30:60, 35:65] = True
    broken = pixels.copy()
    broken[hole] = (1, 0, 1)
    found = fill(broken, hole, np.random.default_rng(0))
    assert np.array_equal(found[~hole], pixels[~hole])
    assert np.abs(found - pixels)[hole].mean() < 0.1


def test_the_colour_of_what_was_removed_is_gone_and_the_texture_is_there() -> None:
    rng = np.random.default_rng(0)
    pixels = np.clip(0.5 + 0.12 * rng.standard_normal((80, 80, 1)), 0, 1).repeat(3, 2).astype(np.float32)
    hole = np.zeros((80, 80), bool)
    hole[25:55, 20:60] = True
    broken = np.where(hole[..., None], np.float32([1, 0, 0]), pixels)
    found = fill(broken, hole, np.random.default_rng(1))[hole]
    assert np.abs(found.mean(axis=0) - 0.5).max() < 0.05
    assert found.std() > 0.05, "a blur is no texture"


def test_a_hole_at_the_border_one_pixel_and_none_can_be_filled() -> None:
    pixels = stripes()
    for cells in (np.s_[0:30, 0:30], np.s_[40, 40], np.s_[0:0, 0:0]):
        hole = np.zeros((96, 96), bool)
        hole[cells] = True
        found = fill(pixels, hole, np.random.default_rng(0))
        assert np.isfinite(found).all() and np.array_equal(found[~hole], pixels[~hole])


def test_a_picture_that_is_all_hole_is_refused() -> None:
    with pytest.raises(ValueError, match="whole picture"):
        fill(stripes(), np.ones((96, 96), bool), np.random.default_rng(0))


@pytest.mark.parametrize("name", STYLES)
def test_a_style_changes_the_picture_and_keeps_its_shapes(name: str) -> None:
    pixels = np.clip(stripes(64, 90) + np.random.default_rng(0).normal(0, 0.05, (64, 90, 3)), 0, 1).astype(np.float32)
    found = STYLES[name](pixels, np.random.default_rng(0))
    assert found.shape == pixels.shape and found.min() >= 0 and found.max() <= 1
    assert np.abs(found - pixels).mean() > 0.005
    rows = [p.mean(axis=(1, 2)) for p in (found, pixels)]
    assert np.corrcoef(*rows)[0, 1] > 0.5


@pytest.mark.parametrize("turn", [0.0, 37.0])
@pytest.mark.parametrize("size", [40, 400, 4000])
def test_a_line_one_pixel_wide_keeps_something_at_any_size(size: int, turn: float) -> None:
    cut = Image.new("RGBA", (size, size))
    ImageDraw.Draw(cut).line((0, 0, size - 1, size - 1), fill="red")
    layer = cut_layer(cut, 50, 50, turn=turn)
    assert (layer.alpha > 0.5).any()


def test_what_can_hardly_be_seen_throws_no_shadow() -> None:
    faint = Layer(np.zeros((9, 9, 3), np.float32), np.full((9, 9), 0.3, np.float32))
    assert (shadows.standing(faint, 20, 20, 0.6, 0.5, np.random.default_rng(1)) == 1).all()
