"""Fitting: cropped, padded or kept, never stretched, and a mask goes with its picture to the pixel."""

import pytest
from PIL import Image, ImageDraw

from mintage.pictures.fit import border_colour, fit

WAYS = ("crop", "pad", "keep")
SIZES = [(64, 64), (128, 64), (50, 90), (33, 7), (640, 480)]


def disc(width: int, height: int) -> tuple[Image.Image, Image.Image]:
    """A red disc on teal in the middle of a picture, and its mask."""
    picture, mask = Image.new("RGB", (width, height), "teal"), Image.new("L", (width, height))
    radius = min(width, height) // 3
    for layer, colour in ((picture, "red"), (mask, 255)):
        ImageDraw.Draw(layer).circle((width / 2, height / 2), radius, colour)
    return picture, mask


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("shape", [(200, 100), (100, 200), (150, 150), (3, 400)])
def test_the_size_is_what_was_asked_for_or_lies_inside_it(
    size: tuple[int, int], how: str, shape: tuple[int, int]
) -> None:
    fitted = fit(Image.new("RGB", shape), size, how)
    if how == "keep":
        assert fitted.width <= size[0] and fitted.height <= size[1]
        assert fitted.width == size[0] or fitted.height == size[1]
    else:
        assert fitted.size == size


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("shape", [(300, 200), (200, 300)])
def test_a_disc_stays_round(how: str, shape: tuple[int, int]) -> None:
    fitted = fit(disc(*shape)[1], (120, 120), how)
    left, top, right, bottom = fitted.getbbox() or (0, 0, 0, 0)
    assert right - left == pytest.approx(bottom - top, abs=2)
    assert (left + right) / 2 == pytest.approx(fitted.width / 2, abs=1)
    assert (top + bottom) / 2 == pytest.approx(fitted.height / 2, abs=1)


@pytest.mark.parametrize("size", SIZES[:3])
@pytest.mark.parametrize("how", WAYS)
def test_a_mask_goes_with_its_picture_to_the_pixel(how: str, size: tuple[int, int]) -> None:
    picture, mask = (fit(layer, size, how) for layer in disc(301, 199))
    assert picture.size == mask.size
    assert set(mask.histogram()[1:255]) == {0}, "hard as it was"
    red = picture.getchannel("R").point(lambda level: 255 * (level > 127))
    wrong = sum(a != b for a, b in zip(red.tobytes(), mask.tobytes(), strict=True))
    assert wrong < 0.01 * size[0] * size[1]


def test_without_a_size_or_at_its_own_it_is_the_picture_itself() -> None:
    picture, _ = disc(40, 30)
    assert fit(picture, None, "crop") is picture
    assert fit(picture, (40, 30), "pad") is picture


def test_padding_has_the_colour_of_the_border_and_black_in_a_mask() -> None:
    picture, mask = disc(200, 100)
    assert fit(picture, (100, 100), "pad").getpixel((50, 2)) == (0, 128, 128)
    assert fit(picture, (100, 100), "pad", (1, 2, 3)).getpixel((50, 2)) == (1, 2, 3)
    assert fit(mask, (100, 100), "pad").getpixel((50, 2)) == 0
    clear = fit(picture.convert("RGBA"), (100, 100), "pad")
    assert clear.getpixel((50, 2)) == (0, 0, 0, 0)


def test_the_border_colour_is_that_of_most_of_the_border() -> None:
    picture = Image.new("RGB", (100, 100), "white")
    picture.paste("black", (0, 60, 40, 100))
    assert border_colour(picture) == (255, 255, 255)


def test_cropping_takes_the_middle() -> None:
    picture = Image.new("RGB", (300, 100), "blue")
    picture.paste("red", (100, 0, 200, 100))
    found = fit(picture, (50, 50), "crop").getextrema()
    assert found[0][0] > 200 and found[2][1] < 50, "red all over"
