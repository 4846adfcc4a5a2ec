"""What lies or grows in front of an object: blades of grass, snow and sand that it sinks into, an edge out of focus."""

from typing import TYPE_CHECKING, Any

from mintage.pictures.scenery.compose import Layer, spread
from mintage.pictures.scenery.noise import blur, line

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]
    Generator = numpy.random.Generator


def cover(kind: str, ground: "Array", layer: Layer, rng: "Generator") -> Layer:
    """A layer of the ground's size that hides about 5 to 20 % of an object.

    `kind` is `Surface.cover`: blades, mound, or edge. `ground`: the picture without the object, float32 [h, w, 3].
    """
    height, width = ground.shape[:2]
    coverage = spread(layer, height, width) > 0.5
    if not coverage.any():
        return Layer(ground, coverage.astype("float32"))
    draw = {"blades": _blades, "mound": _mound}.get(kind, _edge)
    return draw(ground, coverage, rng)


def _blades(ground: "Array", coverage: "Array", rng: "Generator") -> Layer:
    """Blades that grow in front of its foot, in the colours of the ground there; drawn at twice the size."""
    import numpy as np
    from PIL import Image, ImageDraw

    rows, columns = np.nonzero(coverage)
    foot, tall = int(rows.max()), int(rows.max() - rows.min()) + 1
    left, right = int(columns.min()), int(columns.max())
    strip = ground[max(0, foot - tall // 5) : foot + 1, left : right + 1].reshape(-1, 3)
    bright = strip[np.argsort(strip.sum(axis=1))[len(strip) // 3 :]]
    height, width = coverage.shape
    image = Image.new("RGBA", (2 * width, 2 * height))
    draw = ImageDraw.Draw(image)
    reach = rng.uniform(0.10, 0.24) * tall
    for k in range(int(rng.uniform(0.5, 1.0) * (right - left + 8))):
        x, y = rng.uniform(left - 4, right + 4), foot + rng.uniform(-0.02, 0.06) * tall
        length, lean = reach * rng.uniform(0.35, 1.1), rng.normal(0, 0.28)
        colour = bright[int(rng.integers(len(bright)))] * (0.75 + 0.45 * k / (right - left + 8))
        fill = (*(int(v) for v in np.clip(colour * 255, 0, 255)), 255)
        points = [(x, y), (x + lean * length * 0.4, y - 0.6 * length), (x + lean * length, y - length)]
        draw.line([(2 * px, 2 * py) for px, py in points], fill=fill, width=max(2, round(height / 128)))
    small = np.asarray(image.convert("RGBa").resize((width, height), Image.Resampling.BOX).convert("RGBA"), np.float32)
    return Layer(small[..., :3] / 255, small[..., 3] / 255)


def _mound(ground: "Array", coverage: "Array", rng: "Generator") -> Layer:
    """The ground itself, up to an uneven line above its foot: it has sunk in."""
    import numpy as np

    height, width = coverage.shape
    rows = np.nonzero(coverage.any(axis=1))[0]
    foot, tall = int(rows[-1]), len(rows)
    crest = (
        foot
        - rng.uniform(0.04, 0.13) * tall
        + 0.02 * tall * np.interp(np.linspace(0, 1, width), np.linspace(0, 1, 512), line(rng, 512, 1.3))
    )
    below = np.arange(height)[:, None] - crest[None, :]
    alpha = np.clip(below / max(1.0, 0.006 * height) + 0.5, 0, 1)
    lip = 1 + 0.05 * np.exp(-np.abs(below - 1) / max(1.0, 0.012 * height))
    return Layer(np.clip(ground * lip[..., None], 0, 1).astype(np.float32), alpha.astype(np.float32))


def _edge(ground: "Array", coverage: "Array", rng: "Generator") -> Layer:
    """Something near the camera, out of focus, that comes in from below or from a side."""
    import numpy as np

    height, width = coverage.shape
    rows, columns = np.nonzero(coverage)
    margins = width - columns.max(), columns.min(), height - rows.max()
    angle = (0.0, np.pi, np.pi / 2)[int(np.argmin(margins))] + rng.normal(0, 0.2)  # from the side that is nearest
    dx, dy = np.cos(angle), np.sin(angle)
    line_at = float(np.quantile(columns * dx + rows * dy, 1 - rng.uniform(0.06, 0.20)))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    soft = rng.uniform(0.01, 0.03) * width
    alpha = np.clip((x * dx + y * dy - line_at) / (2 * soft) + 0.5, 0, 1)
    tone = ground.reshape(-1, 3).mean(axis=0) * rng.uniform(0.25, 0.65) * (1 + 0.05 * rng.standard_normal(3))
    depth = np.maximum(x * dx + y * dy - line_at, 0) / (0.12 * width)
    tone = tone * (0.75 + 0.4 * np.exp(-depth))[..., None]  # rounded off: lighter where it turns to the light
    colours = 0.3 * blur(ground, 0.05 * width) + 0.7 * tone
    return Layer(np.clip(colours, 0, 1).astype(np.float32), alpha.astype(np.float32))
