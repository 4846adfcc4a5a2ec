"""The embedded generator: 64×64 pictures of 40 classes, on a CPU, without a key or a download."""

from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pydantic import Field

from mintage.core import ports
from mintage.core.ports import Failed, Made, Request, Resources, how
from mintage.mini.weights import DRAWING, Fingerprint, table

if TYPE_CHECKING:
    from mintage.core.spec import DatasetSpec

SIZE = 64


class Options(ports.Options):
    """`steps`: calls of the network; `guidance`: 0 ignores the text, 1 follows it, more exaggerates it."""

    steps: int = Field(14, ge=4, le=50)
    guidance: float = Field(2.5, ge=0, le=10)
    batch: int = how(12, ge=1, le=256)
    threads: int = how(0, ge=0, le=256)  # 0: all cores


class Engine(ports.Engine):
    """Draws with the models of `mintage.mini`. A negative prompt is not used: they were never taught one."""

    Options = Options
    version = Fingerprint(*DRAWING)
    phrasing = "{style} of {colour} {class} {environment}"
    starter = {  # noqa: RUF012  # where most of its classes are recognised: docs/mini.md
        "environment": ("on a white background", "on a wooden floor", "on dark carpet"),
        "style": ("photo", "painting"),
    }

    def __init__(self, options: Any, spec: "DatasetSpec") -> None:
        super().__init__(options, spec)
        self.needs = Resources(batch=options.batch, memory_gb=0.5)

    def load(self) -> None:
        from mintage.mini.drawing import Drawing

        self._drawing = Drawing(self.options.threads)

    @property
    def vocabulary(self) -> Mapping[str, Sequence[str]]:
        known = table("knows.json")
        return {
            "class": known["classes"],
            "environment": known["environments"],
            "style": known["styles"],
            "colour": known["colours"],
            "color": known["colours"],
        }

    @property
    def seconds_per_image(self) -> float:
        return 0.012 * int(self.options.steps)

    def make(self, requests: Sequence[Request]) -> Iterator[Made | Failed]:
        sound = []
        for request in requests:
            reason = _reason_against(request)
            if reason:
                yield Failed(request.recipe_id, reason)
            else:
                sound.append(request)
        for start in range(0, len(sound), self.options.batch):
            yield from self._draw(sound[start : start + self.options.batch])

    def _draw(self, requests: Sequence[Request]) -> Iterator[Made]:
        from PIL import Image

        begun = perf_counter()
        pixels = self._drawing.draw(
            [r.prompt for r in requests], [r.seed for r in requests], self.options.steps, self.options.guidance
        )
        seconds = (perf_counter() - begun) / len(requests)
        for request, picture in zip(requests, pixels, strict=True):
            yield Made(request.recipe_id, Image.fromarray(picture), seconds)


def _reason_against(request: Request) -> str:
    """Why a request cannot be drawn; empty when it can."""
    if request.verb != "text":
        return f"mini draws from text alone, and cannot do {request.verb!r}"
    if request.width not in (None, SIZE) or request.height not in (None, SIZE):
        return f"{request.width}×{request.height} was asked for: mini draws {SIZE}×{SIZE} alone"
    if request.seed < 0:
        return f"the seed is {request.seed}: expected 0 or more"
    return ""
