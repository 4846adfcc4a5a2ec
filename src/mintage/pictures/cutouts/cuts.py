"""Cut-outs of files, found once and kept in a folder."""

import hashlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core.recipe import digest
from mintage.pictures.cutouts import _grabcut as grabcut
from mintage.pictures.cutouts.beside import BOXES, boxes_in, mask_file, read_mask
from mintage.pictures.cutouts.cutout import VERSION, Box, CutOut, find_cut_out
from mintage.pictures.write import write_atomically

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image


def cut_out_of(
    path: Path,
    sha256: str,
    picture: "Picture",
    alpha: "Picture | None",
    how: str,
    cache: Path | None = None,
    *,
    write: bool = False,
) -> tuple[CutOut | None, str]:
    """The cut-out of a picture on disk, and what is wrong with the mask or box beside it (empty: nothing).

    Args:
        path: where it lies; masks and boxes are looked for beside it.
        sha256: of its bytes.
        picture, alpha: what `open_with_alpha` gave.
        how: as in `find_cut_out`.
        cache: where cut-outs are kept: `<sha256>-<digest of how they are found>.png`.
        write: keep it there; else it is only looked up.

    Raises:
        MintageError: as `find_cut_out`.
    """
    if how == "none":
        return None, ""
    mask, trouble = None, ""
    beside = mask_file(path) if how in ("auto", "file") else None
    if beside is not None:
        try:
            mask = read_mask(beside, picture.size)
        except OSError as error:
            trouble = f"{beside.name}: {error}"
    box = boxes_in(path.parent).boxes.get(path.name) if how in ("auto", "box") else None
    if box is not None and not _meets(box, picture.size):
        at = ", ".join(f"{v:g}" for v in box)
        said = f"{BOXES}: its box ({at}) lies outside the picture of {picture.width}×{picture.height}"
        trouble, box = f"{trouble}; {said}" if trouble else said, None
    if mask is not None:
        return find_cut_out(picture, "file", mask=mask), trouble
    if how in ("file", "alpha") or (how == "auto" and alpha is not None and box is None):
        return find_cut_out(picture, how, alpha=alpha), trouble
    return _kept(sha256, picture, alpha, box, how, cache, write), trouble


def _meets(box: Box, size: tuple[int, int]) -> bool:
    """Whether any of a box lies in a picture."""
    x, y, width, height = box
    return x < size[0] and y < size[1] and x + width > 0 and y + height > 0


def cut_out_of_made(sha256: str, picture: "Picture", how: str, cache: Path | None = None) -> CutOut | None:
    """The cut-out of an image of the run itself: nothing lies beside it, and all of it is opaque."""
    if how in ("none", "file", "alpha", "box"):
        return None
    return _kept(sha256, picture, None, None, how, cache, False)


def _kept(
    sha256: str,
    picture: "Picture",
    alpha: "Picture | None",
    box: tuple[float, float, float, float] | None,
    how: str,
    cache: Path | None,
    write: bool,
) -> CutOut | None:
    name = f"{sha256}-{digest([VERSION, how, box, alpha is not None, grabcut.is_installed()])}.png"
    file = cache / name if cache is not None else None
    if file is not None:
        try:
            return _read(file, picture.size)
        except (OSError, ValueError, KeyError, SyntaxError):
            pass  # not there yet, or not whole: it is found again
    found = find_cut_out(picture, how, alpha=alpha, box=box)
    if found is not None:
        found = replace(found, confidence=round(found.confidence, 3))
    if write and file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, _encoded(found))
    return found


def _encoded(found: CutOut | None) -> bytes:
    """One bit a pixel; how it was found and how sure stand in the PNG's text. A single pixel: nothing was found."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    said, out = PngInfo(), BytesIO()
    said.add_text("how", found.how if found else "")
    said.add_text("confidence", f"{found.confidence if found else 0.0:.3f}")
    mask = found.mask if found else Image.new("L", (1, 1))
    mask.convert("1", dither=Image.Dither.NONE).save(out, "PNG", pnginfo=said)
    return out.getvalue()


def _read(file: Path, size: tuple[int, int]) -> CutOut | None:
    from PIL import Image

    with Image.open(BytesIO(file.read_bytes()), formats=["PNG"]) as image:
        mask = image.convert("L")
        how, confidence = str(image.info["how"]), float(image.info["confidence"])
    if not how:
        return None
    if mask.size != size:
        raise ValueError("of another picture")
    return CutOut(mask, how, confidence)


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
