"""Pictures drawn over: what strength and masks keep, and two pictures made one."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mintage.mini.drawing import Drawing
from mintage.mini.joining import side_by_side
from mintage.mini.sampling import times

PROMPTS = ["photo of sunflower", "photo of t-shirt", "photo of piano", "painting of pizza", "cartoon of pizza"]
SEEDS = [3, 1, 4, 1, 5]
ALL = np.ones((5, 64, 64), np.float32)


@pytest.fixture(scope="module")
def parents() -> np.ndarray:
    row = np.asarray(Image.open(Path(__file__).parent / "golden.png").convert("RGB"))
    return np.stack(np.split(row, 5, axis=1))


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    return Drawing(threads=1)


def far(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Grey levels, mean over each picture."""
    return np.abs(one.astype(int) - other).mean((1, 2, 3))


def test_no_strength_gives_the_parent_and_all_of_it_what_the_text_gives(drawing: Drawing, parents: np.ndarray) -> None:
    none = drawing.redraw(parents, ALL, PROMPTS, SEEDS, 0.0, 6, 2.5)
    assert np.abs(none.astype(int) - parents).max() <= 1
    whole = drawing.redraw(parents, ALL, PROMPTS, SEEDS, 1.0, 6, 2.5)
    assert np.abs(whole.astype(int) - drawing.draw(PROMPTS, SEEDS, 6, 2.5)).max() <= 1


def test_with_more_strength_a_picture_goes_farther_from_its_parent(drawing: Drawing, parents: np.ndarray) -> None:
    away = [far(drawing.redraw(parents, ALL, PROMPTS, SEEDS, s, 14, 2.5), parents) for s in (0.2, 0.4, 0.6, 0.8)]
    assert (np.diff(away, axis=0) > 0).all(), away
    assert np.mean(away[0]) > 5


@pytest.mark.parametrize("strength", [1e-17, 1e-9, 0.01, 0.99, 1 - 1e-9])
def test_any_strength_gives_a_picture(drawing: Drawing, parents: np.ndarray, strength: float) -> None:
    made = drawing.redraw(parents[:1], ALL[:1], PROMPTS[:1], SEEDS[:1], strength, 4, 2.5)
    assert made.dtype == np.uint8 and made.shape == (1, 64, 64, 3) and made.std() > 5


def test_less_strength_takes_fewer_steps_and_all_of_it_the_recipes_own() -> None:
    assert times(14).tolist() == (np.linspace(0, 1, 15) ** 1.3).tolist()
    assert [len(times(14, s)) - 1 for s in (0.0, 0.2, 0.6, 1.0)] == [0, 2, 7, 14]
    for strength in (0.05, 0.3, 0.7):
        grid = times(20, strength)
        assert grid[0] == pytest.approx(1 - strength) and grid[-1] == 1 and (np.diff(grid) > 0).all()


@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_outside_a_mask_no_pixel_changes_and_inside_most_do(
    drawing: Drawing, parents: np.ndarray, strength: float
) -> None:
    down, along = np.mgrid[:64, :64]
    disc = ((down - 32) ** 2 + (along - 30) ** 2 < 15**2).astype(np.float32)
    odd = np.zeros((64, 64), np.float32)
    odd[7:10, 11:13] = 0.5  # grey, and narrow
    masks = np.stack([disc, 1 - disc, odd, disc, disc])
    made = drawing.redraw(parents, masks, PROMPTS, SEEDS, strength, 6, 2.5)
    assert (made[masks == 0] == parents[masks == 0]).all()
    assert (made[2] != parents[2])[odd > 0].any()
    for picture, parent, mask in zip(made[[0, 1, 3, 4]], parents[[0, 1, 3, 4]], masks[[0, 1, 3, 4]], strict=True):
        assert (picture != parent).any(-1)[mask == 1].mean() > 0.8


def test_what_is_repainted_goes_on_what_is_around_it(drawing: Drawing, parents: np.ndarray) -> None:
    plain = np.full((1, 64, 64, 3), (60, 120, 60), np.uint8)
    mask = np.zeros((1, 64, 64), np.float32)
    mask[:, 20:44, 20:44] = 1
    apart = drawing.draw([""], [8], 14, 1.0)
    inside = drawing.redraw(plain, mask, [""], [8], 1.0, 14, 1.0)
    middle = np.s_[:, 24:40, 24:40]
    assert far(inside[middle], plain[middle]) < 0.7 * far(apart[middle], plain[middle])


def test_a_picture_drawn_over_is_the_same_in_any_batch(drawing: Drawing, parents: np.ndarray) -> None:
    together = drawing.redraw(parents, ALL, PROMPTS, SEEDS, 0.6, 6, 2.5)
    for i in (0, 3):
        one = np.s_[i : i + 1]
        alone = drawing.redraw(parents[one], ALL[one], PROMPTS[one], SEEDS[one], 0.6, 6, 2.5)
        assert np.abs(alone[0].astype(int) - together[i]).max() <= 1  # measured: 0


@pytest.mark.parametrize("count", [2, 3, 4])
def test_of_pictures_side_by_side_each_has_its_share_and_they_meet_in_the_seam(count: int) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (count, 3))
    parents = np.broadcast_to(colours[:, None, None], (count, 64, 64, 3)).astype(np.uint8)
    joined, seam = side_by_side(parents, 5)
    assert joined.shape == (64, 64, 3) and joined.dtype == np.uint8
    assert seam.shape == (64, 64) and seam.dtype == np.float32 and seam.min() >= 0 and 0.9 < seam.max() <= 1
    away = np.stack([np.abs(joined - colour).sum(-1) for colour in colours])
    shares = np.bincount(away.argmin(0).ravel(), minlength=count) / 64**2
    assert shares == pytest.approx(np.full(count, 1 / count), abs=0.1)
    own = away.min(0) <= 6
    assert own.mean() > 0.5 and seam[own].mean() < 0.5 * seam[~own].mean()


def test_the_seed_turns_the_line() -> None:
    two = np.stack([np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8)])
    seams = [side_by_side(two, seed)[1] for seed in range(6)]
    assert all(np.abs(a - b).mean() > 0.05 for i, a in enumerate(seams) for b in seams[:i])
    assert (side_by_side(two, 2)[1] == seams[2]).all()
