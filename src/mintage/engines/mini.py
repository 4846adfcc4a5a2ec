"""The embedded generator: 64×64 pictures of everyday things, on a CPU, without a key or a download."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pydantic import Field

from mintage.core import ports
from mintage.core.ports import Failed, Made, Request, Resources, how
from mintage.mini.weights import DRAWING, Fingerprint, table

if TYPE_CHECKING:
    import numpy

    from mintage.core.ports import Picture
    from mintage.core.spec import DatasetSpec

    Array = numpy.ndarray[Any, Any]

SIZE = 64


class Options(ports.Options):
    """`steps`: calls of the network; `guidance`: 0 ignores the text, 1 follows it, more exaggerates it."""

    steps: int = Field(14, ge=4, le=50)
    guidance: float = Field(3.0, ge=0, le=10)
    batch: int = how(12, ge=1, le=256)
    threads: int = how(0, ge=0, le=256)  # 0: all cores


class Engine(ports.Engine):
    """Draws with the models of `mintage.mini`. A negative prompt is not used: they were never taught one.

    `image` noises the parent as far as `strength` says and denoises it with the text; `mask` does so in the mask alone;
    `images` sets its parents side by side and draws over where they meet.
    """

    Options = Options
    version = Fingerprint(*DRAWING)
    can = frozenset({"text", "image", "images", "mask"})
    one_size = True
    phrasing = "{style} of {colour} {class} {view} {environment}"
    starter = {  # noqa: RUF012  # places in which a judge sees most classes: docs/mini.md
        "environment": ("on a white background", "on a wooden floor", "in the desert"),
        "style": ("photo", "painting"),
    }

    def __init__(self, options: Any, spec: "DatasetSpec") -> None:
        super().__init__(options, spec)
        self.needs = Resources(batch=options.batch, memory_gb=0.5)

    def load(self) -> None:
        from mintage.mini.drawing import Drawing

        self._drawing = Drawing(self.options.threads)

    @property
    def size(self) -> tuple[int, int]:
        return SIZE, SIZE

    @property
    def vocabulary(self) -> Mapping[str, Sequence[str]]:
        known = table("knows.json")
        return {
            "class": known["classes"],
            "environment": known["environments"],
            "style": known["styles"],
            "colour": known["colours"],
            "color": known["colours"],
            "view": known["views"],
        }

    @property
    def seconds_per_image(self) -> float:
        return 0.012 * int(self.options.steps)

    def make(self, requests: Sequence[Request]) -> Iterator[Made | Failed]:
        """By verb and strength, since what goes through the network together takes the same steps."""
        alike: dict[float | None, list[_Job]] = {}
        for request in requests:
            try:
                job = _job(request)
            except (ValueError, OSError) as error:  # OSError: pixels that are read only now
                yield Failed(request.recipe_id, str(error))
            else:
                alike.setdefault(None if job.parent is None else request.strength, []).append(job)
        for jobs in alike.values():
            for start in range(0, len(jobs), self.options.batch):
                yield from self._draw(jobs[start : start + self.options.batch])

    def _draw(self, jobs: "Sequence[_Job]") -> Iterator[Made]:
        """Jobs of one strength, or all of text alone."""
        import numpy as np
        from PIL import Image

        begun = perf_counter()
        prompts, seeds = [j.request.prompt for j in jobs], [j.request.seed for j in jobs]
        parents, masks = [j.parent for j in jobs if j.parent is not None], [j.mask for j in jobs if j.mask is not None]
        steps, guidance = self.options.steps, self.options.guidance
        if parents:
            strength = jobs[0].request.strength
            pixels = self._drawing.redraw(np.stack(parents), np.stack(masks), prompts, seeds, strength, steps, guidance)
        else:
            pixels = self._drawing.draw(prompts, seeds, steps, guidance)
        seconds = (perf_counter() - begun) / len(jobs)
        for job, picture in zip(jobs, pixels, strict=True):
            yield Made(job.request.recipe_id, Image.fromarray(picture), seconds)


@dataclass(frozen=True)
class _Job:
    """A sound request: what is drawn over, uint8 [64, 64, 3], and how far each pixel may change, float32 [64, 64]."""

    request: Request
    parent: "Array | None" = None
    mask: "Array | None" = None


def _job(request: Request) -> _Job:
    """Raises:
    ValueError: why it cannot be drawn.
    OSError: a parent cannot be read.
    """
    import numpy as np

    reason = _reason_against(request)
    if reason:
        raise ValueError(reason)
    if request.verb == "text":
        return _Job(request)
    parents = [_squared(picture) for picture in request.images]
    if request.verb == "images":
        from mintage.mini.joining import side_by_side

        return _Job(request, *side_by_side(np.stack(parents), request.seed))
    if request.verb == "image" or request.mask is None:
        return _Job(request, parents[0], np.ones((SIZE, SIZE), np.float32))
    mask = np.asarray(_fitted(request.mask.convert("L")), np.float32) / 255
    if not mask.any():
        raise ValueError("the mask is all black: there is nothing to repaint, expected white where it is to change")
    return _Job(request, parents[0], mask)


def _reason_against(request: Request) -> str:
    """Why a request cannot be drawn; empty when it can, as far as can be said without looking at pixels."""
    few = 2 if request.verb == "images" else 1
    first = request.images[0] if request.images else None
    if request.verb not in Engine.can:
        return f"mini cannot do {request.verb!r}: expected {', '.join(sorted(Engine.can))}"
    if request.width not in (None, SIZE) or request.height not in (None, SIZE):
        return f"{request.width}×{request.height} was asked for: mini draws {SIZE}×{SIZE} alone"
    if request.seed < 0:
        return f"the seed is {request.seed}: expected 0 or more"
    if request.verb == "text":
        return ""
    if len(request.images) < few:
        return f"{request.verb!r} came with {len(request.images)} images: expected at least {few}"
    if not 0 <= request.strength <= 1:
        return f"the strength is {request.strength}: expected 0 to 1"
    if request.verb == "mask" and request.mask is None:
        return "there is no mask: expected one, white where the image is to change"
    if first is not None and request.mask is not None and request.mask.size != first.size:
        return f"the mask is {_said(request.mask)} and the image {_said(first)}: expected the same size"
    return ""


def _squared(picture: "Picture") -> "Array":
    """uint8 [64, 64, 3]. Raises: ValueError where it is not square, since it would be stretched."""
    import numpy as np

    if picture.width != picture.height:
        raise ValueError(f"a parent is {_said(picture)}: mini draws squares alone, so crop or pad it to one first")
    return np.asarray(_fitted(picture.convert("RGB")))


def _fitted(picture: "Picture") -> "Picture":
    """At 64×64, by the mean over boxes, as the models saw pictures."""
    from PIL.Image import Resampling

    return picture if picture.size == (SIZE, SIZE) else picture.resize((SIZE, SIZE), Resampling.BOX)


def _said(picture: "Picture") -> str:
    return f"{picture.width}×{picture.height}"
