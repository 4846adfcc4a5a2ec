"""Generated environments: every one can be drawn, looks like what it is called, and comes out the same again."""

import numpy as np
import pytest

from mintage.pictures.scenery.surfaces import CLOTH, KINDS, Surface, View, surface
from mintage.pictures.scenery.textures import TEXTURES, tile

VIEWS: tuple[View, ...] = ("standing", "lying")


def drawn(
    name: str, seed: int = 0, size: tuple[int, int] = (96, 64), view: View | None = None, colour: str = ""
) -> Surface:
    return surface(name, *size, np.random.default_rng([seed, 0]), view, colour)


def mean(name: str, view: View | None = None, colour: str = "") -> np.ndarray:
    """Of the lower third, over eight seeds."""
    return np.mean([drawn(name, s, view=view, colour=colour).pixels[-21:].mean(axis=(0, 1)) for s in range(8)], axis=0)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", KINDS)
def test_every_environment_fills_the_picture_with_sound_numbers(name: str, view: View) -> None:
    for size in ((96, 64), (33, 90)):
        found = drawn(name, 3, size, view)
        assert found.pixels.shape == (size[1], size[0], 3) and found.pixels.dtype == np.float32
        assert np.isfinite(found.pixels).all() and found.pixels.min() >= 0 and found.pixels.max() <= 1
        assert 0 <= found.ground < 0.9 * size[1]
        assert 0 < found.pitch <= np.pi / 2 and 0 <= found.sun <= 1


@pytest.mark.parametrize("name", KINDS)
def test_equal_seeds_give_equal_pictures_and_others_do_not(name: str) -> None:
    one, again, other = drawn(name, 1), drawn(name, 1), drawn(name, 2)
    assert np.array_equal(one.pixels, again.pixels)
    assert np.abs(one.pixels - other.pixels).mean() > 0.003


@pytest.mark.parametrize("view", VIEWS)
def test_grounds_have_the_colours_of_what_they_are_called(view: View) -> None:
    red, green, blue = mean("grass", view)
    assert green > 1.15 * red and green > 1.5 * blue
    red, green, blue = mean("beach", view)
    assert red > green > 1.1 * blue and red > 0.5
    assert mean("snow", view).min() > 0.72
    assert mean("dark carpet", view).max() < 0.35
    red, green, blue = mean("wooden floor", view)
    assert red > 1.1 * green > 1.1 * blue
    assert mean("white background", view).min() > 0.88
    assert mean("night").max() < 0.3
    assert mean("sky")[2] > 1.02 * mean("sky")[0]


def test_a_horizon_has_something_else_above_it_than_below() -> None:
    found = next(f for s in range(40) if (f := drawn("beach", s, (64, 64), "standing")).ground > 10)
    above, below = found.pixels[: int(found.ground) - 3], found.pixels[int(found.ground) + 6 :]
    assert above.mean(axis=(0, 1))[2] > below.mean(axis=(0, 1))[2]


@pytest.mark.parametrize("colour", CLOTH)
def test_cloth_has_the_colour_that_was_asked_for(colour: str) -> None:
    asked = np.mean(CLOTH[colour], axis=0)
    found = mean("cloth", colour=colour)
    nearest = min(CLOTH, key=lambda name: np.abs(np.mean(CLOTH[name], axis=0) * 0.82 - found).sum())
    assert nearest == colour or np.abs(found - asked * 0.82).max() < 0.12


def test_a_view_that_an_environment_does_not_have_gives_the_one_it_has() -> None:
    assert drawn("road", view="lying").view == "standing"
    assert drawn("cloth", view="standing").view == "lying"
    assert {drawn("grass", s).view for s in range(12)} == set(VIEWS)


@pytest.mark.parametrize("name", [n for n in TEXTURES if n != "plaster"])
def test_a_texture_has_no_seam(name: str) -> None:
    pixels = tile(name, 0, 512)[1].astype(float)
    for axis in (0, 1):
        inside = np.abs(np.diff(pixels, axis=axis)).mean()
        lines = np.abs(np.take(pixels, 0, axis) - np.take(pixels, -1, axis)).mean()
        steps = np.abs(np.diff(pixels, axis=axis)).mean(axis=(1 - axis, 2))
        assert lines <= max(1.6 * inside, 1.05 * float(steps.max()))


def test_a_mipmap_keeps_the_mean() -> None:
    pyramid = tile("planks", 1, 512)
    assert [len(level) for level in pyramid] == [512, 256, 128, 64, 32, 16, 8, 4]
    assert abs(float(pyramid[0].mean()) - float(pyramid[-1].mean())) < 1
