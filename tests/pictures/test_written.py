"""Words on pictures: inside, small enough for the object, readable, the same for the same seed."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mintage.pictures.carriers import CARRIERS, LEAST, lay_out
from mintage.pictures.lettering import can_set
from mintage.pictures.written import COVERS, homography, write_on

every_carrier = pytest.mark.parametrize("carrier", CARRIERS)


def photo(width: int = 200, height: int = 160, colour: Any = (150, 40, 30)) -> Image.Image:
    """A round thing on a grey ground."""
    picture = Image.new("RGB", (width, height), (130, 130, 130))
    ImageDraw.Draw(picture).ellipse((width * 0.15, height * 0.15, width * 0.85, height * 0.85), colour)
    return picture


def covered(picture: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).rectangle(box, 255)
    return mask


def area(quad: Any) -> float:
    """By the shoelace formula."""
    pairs = zip(quad, (*quad[1:], quad[0]), strict=True)
    return abs(sum(x * v - u * y for (x, y), (u, v) in pairs)) / 2


def straightened(picture: Image.Image, quad: Any, width: int = 240, height: int = 96) -> np.ndarray[Any, Any]:
    """What lies in a quad, in grey, seen from straight ahead."""
    corners = ((0, 0), (width, 0), (width, height), (0, height))
    flat = picture.convert("L").transform(
        (width, height), Image.Transform.PERSPECTIVE, homography(corners, quad), Image.Resampling.BICUBIC
    )
    return np.asarray(flat, np.float32)


@every_carrier
def test_the_same_seed_gives_the_same_picture_and_another_seed_another(carrier: str) -> None:
    one, two = (write_on(photo(), "iPod", carrier, 7) for _ in range(2))
    assert one[0].tobytes() == two[0].tobytes() and one[1] == two[1]
    assert write_on(photo(), "iPod", carrier, 8)[0].tobytes() != one[0].tobytes()


@every_carrier
@given(
    word=st.sampled_from(
        ["hat", "iPod", "stop sign", "long-sleeve shirt", "helicopter", "x", "Streichholzschächtelchen"]
    ),
    seed=st.integers(0, 2**31 - 1),
    width=st.integers(48, 300),
    height=st.integers(48, 300),
)
@settings(max_examples=25, deadline=None)
def test_the_carrier_lies_inside_and_covers_a_part_of_the_object(
    carrier: str, word: str, seed: int, width: int, height: int
) -> None:
    written, quad = write_on(photo(width, height), word, carrier, seed)
    assert written.size == (width, height) and written.mode == "RGB"
    assert all(0 <= x <= width and 0 <= y <= height for x, y in quad)
    assert area(quad) <= 1.06 * COVERS * 0.385 * width * height  # 1.06: what is nearer is larger


@given(
    left=st.floats(0, 0.6),
    top=st.floats(0, 0.6),
    wide=st.floats(0.3, 0.4),
    high=st.floats(0.3, 0.4),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, deadline=None)
def test_with_a_mask_it_lies_on_the_object(left: float, top: float, wide: float, high: float, seed: int) -> None:
    picture = photo(256, 256)
    box = (int(left * 256), int(top * 256), int((left + wide) * 256), int((top + high) * 256))
    _, quad = write_on(picture, "iPod", "note", seed, mask=covered(picture, box))
    x, y = (sum(p[i] for p in quad) / 4 for i in (0, 1))
    assert box[0] <= x <= box[2] and box[1] <= y <= box[3]
    assert area(quad) <= 1.06 * COVERS * wide * high * 256**2


@every_carrier
@pytest.mark.parametrize("colour", [(250, 250, 250), (8, 8, 10), (150, 40, 30), (120, 130, 110)])
def test_letters_stand_out_from_what_they_are_on(carrier: str, colour: Any) -> None:
    for seed in range(5):
        written, quad = write_on(photo(256, 256, colour), "iPod", carrier, seed)
        low, high = np.percentile(straightened(written, quad), (4, 96))
        assert high - low > 60, f"{high - low:.0f} grey levels"


@every_carrier
def test_a_print_on_a_ground_that_is_half_dark_can_be_read(carrier: str) -> None:
    picture = Image.new("RGB", (256, 256), (240, 240, 235))
    picture.paste((15, 15, 18), (0, 0, 128, 256))
    written, quad = write_on(picture, "umbrella", carrier, 3, angle=(0, 0), perspective=(0, 0))
    flat = straightened(written, quad)
    for half in (flat[:, :110], flat[:, 130:]):
        low, high = np.percentile(half, (4, 96))
        assert high - low > 60


def test_different_words_look_different_at_64_pixels() -> None:
    words = ("car", "piano", "apple", "shoes", "helicopter")
    same = {"size": (0.6, 0.6), "angle": (0, 0), "perspective": (0, 0), "contrast": (1, 1)}
    seen = [np.asarray(write_on(photo(64, 64), w, "note", 5, **same)[0], float) for w in words]  # type: ignore[arg-type]
    differences = [np.abs(a - b).mean() for i, a in enumerate(seen) for b in seen[:i]]
    assert min(differences) > 1


def test_letters_grow_past_the_width_where_they_could_not_be_read() -> None:
    small = lay_out("umbrella", "note", 20, 60, 700)
    assert small.capital >= 0.99 * LEAST
    assert 20 < small.width <= 60 and small.width * small.height <= 700.1


def test_words_break_at_a_space_and_long_ones_only_where_they_must() -> None:
    assert lay_out("long-sleeve shirt", "note", 100, 200, 1e6).lines == ("long-sleeve", "shirt")
    assert lay_out("helicopter", "note", 100, 200, 1e6).lines == ("helicopter",)
    assert lay_out("helicopter", "sticker", 30, 30, 1e6).lines == ("helic-", "opter")


def test_what_lies_away_from_the_word_stays_as_it_was() -> None:
    picture = photo(256, 256)
    written, quad = write_on(picture, "iPod", "sticker", 1, size=(0.3, 0.3))
    changed = np.argwhere((np.asarray(written) != np.asarray(picture)).any(2))
    reach = max(max(p[1] for p in quad) - min(p[1] for p in quad), 8)
    assert changed.min(0)[0] >= min(y for _, y in quad) - reach
    assert changed.max(0)[0] <= max(y for _, y in quad) + reach


def test_paper_is_dark_in_a_dark_picture_and_grey_in_a_grey_one() -> None:
    def brightest(picture: Image.Image) -> float:
        return float(np.percentile(np.asarray(picture, float).max(2), 99))

    dark = Image.new("RGB", (128, 128), (20, 22, 25))
    assert brightest(write_on(dark, "iPod", "note", 1)[0]) < 0.7 * brightest(
        write_on(photo(128, 128, "white"), "iPod", "note", 1)[0]
    )
    grey = photo(128, 128).convert("L").convert("RGB")
    assert all(np.ptp(np.asarray(write_on(grey, "iPod", "sticker", s)[0], int), axis=2).max() <= 12 for s in range(4))


@every_carrier
@pytest.mark.parametrize("size", [(1, 1), (3, 90), (90, 3), (16, 16), (700, 40)])
def test_odd_sizes_are_written_on_as_well(carrier: str, size: tuple[int, int]) -> None:
    assert write_on(Image.new("RGB", size, "teal"), "iPod", carrier, 0)[0].size == size


def test_an_empty_mask_is_no_help_and_no_harm() -> None:
    picture = photo()
    plain = write_on(picture, "iPod", "note", 4)
    assert write_on(picture, "iPod", "note", 4, mask=Image.new("L", picture.size))[1] == plain[1]


def test_what_cannot_be_done_is_refused() -> None:
    with pytest.raises(ValueError, match="banner"):
        write_on(photo(), "iPod", "banner", 0)
    with pytest.raises(ValueError, match="no word"):
        write_on(photo(), "  ", "note", 0)
    with pytest.raises(ValueError, match="the mask has"):
        write_on(photo(), "iPod", "note", 0, mask=Image.new("L", (3, 3)))


def test_a_font_is_asked_for_its_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mintage.pictures.lettering.SYSTEM", ())
    assert can_set("iPod") and can_set("café")
    assert not can_set("犬")
