"""Masks and places of inpaint: widened, inverted, chosen; and kept pixels put back."""

from random import Random
from typing import TYPE_CHECKING, Any

from mintage.pictures.cutouts.shapes import grown as dilated
from mintage.pictures.scenery.fill import fill
from mintage.pictures.scenery.membrane import membrane

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    Picture = Image.Image
    Array = numpy.ndarray[Any, Any]


_AROUND = 0.03
"""A shift of colours is measured in a ring of this share of the shorter side around the mask."""

_SHIFT = 32.0
"""Grey levels. What differs by more is no shift of colours."""

LEAST = 16
"""Pixels of a mask. What is smaller cannot be seen, and would make a class of a picture that shows another."""


def binary(mask: "Picture") -> "Picture":
    """0 or 255."""
    return mask.point(lambda level: 255 * (level >= 128))


def inverse(mask: "Picture") -> "Picture":
    return mask.point(lambda level: 255 - level)


def as_bool(mask: "Picture") -> "Array":
    import numpy as np

    return np.asarray(mask) >= 128


def as_mask(inside: "Array") -> "Picture":
    import numpy as np
    from PIL import Image

    return Image.fromarray(np.where(inside, 255, 0).astype(np.uint8))


def pixels_of(share: float, size: tuple[int, int]) -> int:
    """A share of the shorter side in pixels: at least 1, unless it is 0."""
    return max(1, round(share * min(size))) if share else 0


def grown(mask: "Picture", *shares: float) -> "Picture":
    """Widened on all sides by shares of the shorter side: by so much that the soft edge leaves out what it shows."""
    return as_mask(dilated(as_bool(mask), sum(pixels_of(share, mask.size) for share in shares)))


def put_back(image: "Picture", scene: "Picture", mask: "Picture", feather: float, *, level: bool = True) -> "Picture":
    """What the mask leaves black as it was in the scene, to the bit; RGB, of the scene's size.

    Inside the mask the picture comes in over `feather` of the shorter side; with `level`, less the shift of its colours
    that the engine shows around the mask, so that no seam is seen.
    """
    from PIL import Image, ImageChops, ImageFilter

    made = image.convert("RGB")
    if made.size != scene.size:
        made = made.resize(scene.size, Image.Resampling.LANCZOS)
    made = levelled(made, scene, mask) if level else made
    kept = inverse(binary(mask))
    soft = pixels_of(feather, scene.size)
    if soft:
        blurred = kept.filter(ImageFilter.GaussianBlur(soft / 2))  # half at the edge, so that twice of it begins there
        kept = ImageChops.lighter(kept, blurred.point(lambda level: min(255, 2 * level)))
    return Image.composite(scene, made, kept)


def levelled(made: "Picture", scene: "Picture", mask: "Picture") -> "Picture":
    """The made picture less its shift of colours: what differs from the scene just outside the mask, spanned over it.

    As it is where that is no shift: where the engine redrew what it was to leave alone.
    """
    import numpy as np
    from PIL import Image

    inside = as_bool(mask)
    ring = dilated(inside, max(2, pixels_of(_AROUND, mask.size))) & ~inside
    pixels = np.asarray(made, np.float32)
    shift = np.where(ring[..., None], pixels - np.asarray(scene, np.float32), 0)
    if not ring.any() or not shift.any() or float(np.abs(shift[ring]).mean()) > _SHIFT:
        return made
    box = as_mask(inside | ring).getbbox()
    assert box is not None
    part = (slice(box[1], box[3]), slice(box[0], box[2]))
    out = pixels.copy()
    out[part] -= np.where(inside[part][..., None], membrane(shift[part], ring[part]), 0)
    return Image.fromarray(np.clip(np.rint(out), 0, 255).astype(np.uint8))


def bounds(mask: "Picture") -> "Picture":
    """The rectangle that a mask fills: what is put there may have any shape."""
    from PIL import Image

    whole = Image.new("L", mask.size)
    whole.paste(255, mask.getbbox())
    return whole


def erased(scene: "Picture", place: "Picture", seed: int) -> "Picture":
    """The scene with a place filled by texture from what lies around it; RGB.

    Raises:
        OSError: nothing lies around it.
    """
    import numpy as np
    from PIL import Image

    hole = as_bool(place)
    if hole.all():
        raise OSError("the object fills the whole picture: nothing is left to paint it over with")
    filled = fill(np.asarray(scene.convert("RGB"), np.float32) / 255, hole, np.random.default_rng(seed))
    made = Image.fromarray(np.clip(np.rint(filled * 255), 0, 255).astype(np.uint8))
    return Image.composite(made, scene, place)


def region(
    frame: tuple[int, int],
    size: tuple[float, float],
    aspect: float,
    rng: Random,
    inside: "Picture | None" = None,
    *,
    rounded: bool = True,
) -> "Picture":
    """A rectangle, with round corners unless told otherwise, somewhere in the frame, as an L mask.

    Args:
        size: its longer side, from and to, as a share of the frame's shorter side.
        aspect: width by height.
        inside: its centre lies where this is white.

    Raises:
        OSError: it would have fewer than 16 pixels.
    """
    from PIL import Image, ImageDraw

    long = rng.uniform(*size) * min(frame)
    width, height = (max(2, round(long * min(1.0, a))) for a in (aspect, 1 / aspect))
    width, height = min(width, frame[0]), min(height, frame[1])
    x, y = rng.random(), rng.random()
    left, top = round(x * (frame[0] - width)), round(y * (frame[1] - height))
    if inside is not None:
        import numpy as np

        rows, columns = np.nonzero(as_bool(inside))
        chosen = int(x * len(rows))
        left = min(max(0, int(columns[chosen]) - width // 2), frame[0] - width)
        top = min(max(0, int(rows[chosen]) - height // 2), frame[1] - height)
    mask = Image.new("L", frame)
    box = (left, top, left + width - 1, top + height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, min(width, height) // 4 if rounded else 0, fill=255)
    large_enough(int(as_bool(mask).sum()))
    return mask


def large_enough(count: int) -> None:
    """Raises:
    OSError: a mask of so many pixels is too small to make a difference.
    """
    if count < LEAST:
        raise OSError(f"what is repainted would have {count} pixels, fewer than {LEAST}: a larger `size` or picture")
