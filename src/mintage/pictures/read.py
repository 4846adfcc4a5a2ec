"""Opens pictures safely: bounded in size, turned upright, always 8-bit RGB, one kind of error."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

LARGEST = 100_000_000
"""Pixels. A larger picture is refused before it is decoded."""

SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp", "TIFF": ".tiff"}
"""The formats that are read, and no other: some of Pillow's decoders start outside programs."""


def open_picture(source: Path | str | bytes) -> "Picture":
    """A file or its bytes as an RGB picture with nothing but pixels.

    EXIF rotation is applied; transparency lies on white; 16-bit grey is scaled to 8 bits; of an animation the first
    frame is taken.

    Raises:
        OSError: it cannot be read; the message says why.
    """
    return _decode(source)[0]


def open_with_alpha(source: Path | str | bytes) -> tuple["Picture", "Picture | None"]:
    """As `open_picture`, and what lay under it as L (0 clear, 255 opaque), of the same size; None: all is opaque.

    Raises:
        OSError: as `open_picture`.
    """
    picture, _, alpha = _decode(source)
    return picture, alpha


def inspect(data: bytes) -> tuple[str, int, int]:
    """Suffix (".png"), width and height (as displayed, in pixels) of bytes that are decoded whole to be sure of them.

    Raises:
        OSError: `not an image: …`, with the reason.
    """
    try:
        picture, suffix, _ = _decode(data)
    except OSError as error:
        raise OSError(f"not an image: {error}") from error
    return suffix, picture.width, picture.height


def _decode(source: Path | str | bytes) -> tuple["Picture", str, "Picture | None"]:
    from PIL import Image, UnidentifiedImageError

    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    if not data:
        raise OSError("the file is empty")
    try:
        with _quiet(), Image.open(BytesIO(data), formats=list(SUFFIXES)) as image:
            if image.width * image.height > LARGEST:
                raise OSError(_too_large(f"{image.width}×{image.height} pixels"))
            suffix = SUFFIXES.get(image.format or "", ".jpg")  # else MPO: a JPEG with further pictures behind it
            image.load()
            picture, alpha = _to_rgb(_upright(image))
            return picture, suffix, alpha
    except UnidentifiedImageError:
        raise OSError(f"no format that is known here ({', '.join(SUFFIXES)})") from None
    except Image.DecompressionBombError as error:
        raise OSError(_too_large(str(error))) from error
    except OSError:
        raise
    except Exception as error:  # decoders meet broken bytes with errors of every kind
        raise OSError(f"broken: {error or type(error).__name__}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Pillow's warnings: broken EXIF and 90 megapixels are nothing that a user has to see or can change."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


def _too_large(found: str) -> str:
    return f"too large to open: {found}; at most {LARGEST // 1_000_000} megapixels are read"


def _upright(image: "Picture") -> "Picture":
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    try:
        orientation = image.getexif().get(0x0112)
    except Exception:  # broken EXIF beside sound pixels is common: the picture stays as it lies
        return image
    return image.transpose(turns[orientation]) if orientation in turns else image


def _to_rgb(image: "Picture") -> tuple["Picture", "Picture | None"]:
    from PIL import Image

    if image.mode == "F":
        raise OSError("its pixels are floating-point numbers: expected 8 or 16 bits")
    if image.mode == "I":
        low, high = image.getextrema()
        if not (isinstance(low, int | float) and isinstance(high, int | float)) or low < 0 or high > 65535:
            raise OSError(f"its pixels are 32-bit numbers from {low} to {high}: expected 8 or 16 bits")
    if image.mode.startswith("I"):  # 16-bit grey, which convert() would clip at 255
        image = image.point(lambda value: value * (1 / 257)).convert("L")
    alpha: Picture | None = None
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        under = layer.getchannel("A")
        alpha = under if under.getextrema()[0] != 255 else None
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    picture = image.convert("RGB")
    picture.info = {}
    return picture, alpha
