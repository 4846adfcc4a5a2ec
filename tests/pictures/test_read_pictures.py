"""Opening pictures: every kind comes out upright, RGB and alone; what cannot be read says why."""

import random
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from mintage.pictures import inspect, open_picture

FORMATS = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp", "TIFF": ".tiff"}


def encoded(image: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def speckled(width: int = 40, height: int = 30) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(0).randbytes(3 * width * height))


def arrow() -> Image.Image:
    """Red in the top left corner of a 20×10 picture, blue elsewhere."""
    image = Image.new("RGB", (20, 10), "blue")
    image.paste("red", (0, 0, 5, 5))
    return image


@pytest.mark.parametrize("kind", FORMATS)
def test_inspect_gives_suffix_and_size_of_each_format(kind: str) -> None:
    assert inspect(encoded(speckled(), kind)) == (FORMATS[kind], 40, 30)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_cut_off_in_the_middle_is_refused_in_each_format(kind: str) -> None:
    data = encoded(speckled(), kind)
    with pytest.raises(OSError, match="not an image: "):
        inspect(data[: len(data) // 2])


@pytest.mark.parametrize("kind", FORMATS)
def test_broken_bytes_raise_nothing_but_oserror(kind: str) -> None:
    whole, chance = encoded(speckled(), kind), random.Random(1)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(4):
            data[chance.randrange(min(len(data), 200))] = chance.randrange(256)
        try:
            assert open_picture(bytes(data)).mode == "RGB"
        except OSError as error:
            assert str(error)


@pytest.mark.parametrize(
    "data", [b"", b"<html>502 Bad Gateway</html>", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"]
)
def test_what_is_no_picture_is_refused_and_so_is_postscript(data: bytes) -> None:
    with pytest.raises(OSError, match="not an image: "):
        inspect(data)


def test_a_missing_file_says_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        open_picture(tmp_path / "gone.png")


@pytest.mark.parametrize("side", [10_001, 20_000])
def test_a_picture_of_more_than_100_megapixels_is_refused_before_it_is_decoded(side: int) -> None:
    data = b"\x89PNG\r\n\x1a\n"
    for kind, body in (b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)), (b"IDAT", b""):
        data += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    with pytest.raises(OSError, match=r"too large to open: .*at most 100 megapixels"):
        open_picture(data)


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (19, 0)), (3, (19, 9)), (4, (0, 9)), (5, (0, 0)), (6, (9, 0)), (7, (9, 19)), (8, (0, 19))],
)
def test_exif_rotation_is_applied(orientation: int, corner: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = open_picture(encoded(arrow(), exif=exif))
    assert picture.size == ((20, 10) if orientation < 5 else (10, 20))
    assert picture.getpixel(corner) == (255, 0, 0)
    others = {(x, y) for x in (0, picture.width - 1) for y in (0, picture.height - 1)} - {corner}
    assert {picture.getpixel(other) for other in others} == {(0, 0, 255)}


def test_the_size_of_a_rotated_picture_is_that_which_is_displayed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert inspect(encoded(arrow(), "JPEG", exif=exif)) == (".jpg", 10, 20)


def test_broken_exif_leaves_the_picture_as_it_lies() -> None:
    data = encoded(arrow(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\x01\x02")
    assert open_picture(data).size == (20, 10)


def test_transparency_lies_on_white_in_rgba_grey_and_palette() -> None:
    half = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    half.putpixel((1, 0), (0, 0, 0, 0))
    palette = Image.new("P", (2, 1))
    palette.putpalette([255, 0, 0, 0, 0, 0])
    palette.putpixel((1, 0), 1)
    for data in (encoded(half), encoded(palette, transparency=1), encoded(half, "WEBP", lossless=True)):
        picture = open_picture(data)
        assert [picture.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0), (255, 255, 255)]
    grey = open_picture(encoded(Image.new("LA", (1, 1), (0, 128))))
    assert grey.getpixel((0, 0)) == pytest.approx((127, 127, 127), abs=1)


@pytest.mark.parametrize(("value", "level"), [(0, 0), (32_896, 128), (65_535, 255)])
def test_sixteen_bit_grey_is_scaled_and_not_clipped(value: int, level: int) -> None:
    for kind in ("PNG", "TIFF"):
        data = encoded(Image.new("I;16", (3, 3), value), kind)
        assert open_picture(data).getpixel((1, 1)) == pytest.approx((level,) * 3, abs=1)


def test_cmyk_and_one_bit_pictures_become_rgb() -> None:
    red, green, blue = open_picture(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF")).getpixel((4, 4))
    assert red > 200 and green < 60 and blue < 60
    assert open_picture(encoded(Image.new("1", (3, 3), 1))).getpixel((0, 0)) == (255, 255, 255)


def test_floating_point_pixels_are_refused_with_the_reason() -> None:
    with pytest.raises(OSError, match="floating-point"):
        open_picture(encoded(Image.new("F", (3, 3), 0.5), "TIFF"))


def test_of_an_animation_the_first_frame_is_taken() -> None:
    data = encoded(
        Image.new("RGB", (3, 3), "red"), "GIF", save_all=True, append_images=[Image.new("RGB", (3, 3), "blue")]
    )
    assert open_picture(data).getpixel((0, 0)) == (255, 0, 0)


def test_nothing_but_pixels_comes_out(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    file = tmp_path / "ünï.png"
    file.write_bytes(encoded(arrow(), exif=exif, icc_profile=b"profile", dpi=(300, 300)))
    picture = open_picture(file)
    assert picture.info == {}
    assert not picture.getexif()


@pytest.mark.parametrize("value", [70_000, -1])
def test_numbers_of_32_bits_are_refused(value: int) -> None:
    with pytest.raises(OSError, match="32-bit numbers"):
        open_picture(encoded(Image.new("I", (3, 3), value), "TIFF"))
