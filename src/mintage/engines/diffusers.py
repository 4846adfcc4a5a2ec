"""Any checkpoint of diffusers, by a folder or its name on a model hub: from text, images and masks."""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mintage.core import ports
from mintage.core.errors import MintageError
from mintage.core.plugin import Told
from mintage.core.ports import Failed, Made, Refused, Request, Resources, Weights, how
from mintage.engines._diffusers_broken import check_scheduler
from mintage.engines._diffusers_checkpoint import Checkpoint
from mintage.engines._diffusers_families import ALL, Family
from mintage.engines._diffusers_lora import Lora, as_loras
from mintage.engines._diffusers_memory import out_of_memory
from mintage.engines._diffusers_source import Source

if TYPE_CHECKING:
    from mintage.core.spec import DatasetSpec


STRONG = 4.0
"""Guidance above this is told in `plan`."""

BLACK = "a safety checker's answer, or numbers too large for float16 (then: dtype: float32)"

_FEW = re.compile(r"turbo|lightning|schnell", re.IGNORECASE)


def _as_size(value: Any) -> Any:
    """768, "1024x576" or [1024, 576] → (width, height)."""
    if isinstance(value, str) and (sides := re.fullmatch(r"\s*(\d+)\s*[x×*]\s*(\d+)\s*", value)):
        return int(sides[1]), int(sides[2])
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else value


Side = Annotated[int, Field(ge=8, le=8192)]


class Options(ports.Options):
    """`model`, `prior` (of Kandinsky 2.2), `lora`: a folder, or owner/name on a hub at `revision`. `steps`, `size`: the
    model's own unless given; `size` is 768, "1024x576" or [1024, 576]. `guidance`: 2.5, because classifiers learn more
    from pictures that are less typical (1.5 to 3 in the studies); a demo's 7.5 makes them nicer and more alike.
    `negative`: words for what is not wanted. `scheduler`: a class of diffusers. `dtype`: auto is float32 off a GPU.

    How, without changing the pictures: `device`, `batch`, `memory` (full, offload: one network at a time, sequential:
    one layer at a time, tiled: large pictures tile by tile).
    """

    model: str = "stable-diffusion-v1-5/stable-diffusion-v1-5"
    prior: str = ""
    revision: str = ""
    lora: Annotated[tuple[Lora, ...], BeforeValidator(as_loras)] = ()
    steps: int | None = Field(None, ge=1, le=1000)
    guidance: float = Field(2.5, ge=0, le=30, allow_inf_nan=False)
    size: Annotated[tuple[Side, Side] | None, BeforeValidator(_as_size)] = None
    negative: str = ""
    scheduler: str = ""
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    device: str = how("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    memory: Literal["auto", "full", "offload", "sequential", "tiled"] = how("auto")
    batch: int = how(4, ge=1, le=256)


class Engine(ports.Engine):
    """Draws with a local model: Stable Diffusion, SDXL, Kandinsky 2.2, FLUX, Qwen-Image and others of diffusers.

    `strength` of image and mask is the share of the noise that the picture is drawn over with. Kandinsky 2.2 has none:
    it mixes what it sees in the image with the words, `strength` being the share of the words (0: a variation of the
    image alone); in a fusion of several images words have a fifth. Editors (FLUX.2, Qwen-Image-Edit) look at images and
    draw a new one, without strength.

    The same recipe makes the same picture in any batch: on a CPU in float32 at most one grey level apart. Only
    safetensors are read, and no code of a checkpoint is run. `load` fetches nothing: `fetch` does.
    """

    Options = Options
    can = Told(ALL, lambda engine: engine._can)
    version = Told("1", lambda engine: engine.source.version)
    needs = Told(Resources(), lambda engine: engine._needs)
    advice = Told[tuple[str, ...]]((), lambda engine: engine._advice)

    def __init__(self, options: Any, spec: "DatasetSpec") -> None:
        super().__init__(options, spec)
        self._batches: dict[tuple[Any, ...], int] = {}
        """The largest batch for which memory was enough, of one verb and size."""

    # ── what it is, by its files or the hub's word; nothing heavy is imported ───────────────────────────────────────

    @cached_property
    def source(self) -> Source:
        """The model, its prior and its LoRAs."""
        o = self.options
        return Source(Checkpoint(o.model, self.spec.folder, o.revision, self._half), o.prior, o.lora)

    @property
    def _half(self) -> bool:
        """Whether it will be loaded in half precision, as far as can be said without torch."""
        if self.options.dtype != "auto":
            return bool(self.options.dtype != "float32")
        return self._gpu

    @property
    def _gpu(self) -> bool:
        asked = self.options.device
        return bool(asked.startswith("cuda") or (asked == "auto" and shutil.which("nvidia-smi") is not None))

    @cached_property
    def _can(self) -> frozenset[str]:
        check_scheduler(self.options.scheduler)
        family = self.source.model.family
        return frozenset(family.verbs) if family else ALL

    @property
    def _needs(self) -> Resources:
        gpus = 1.0 if self._gpu else 0.0
        try:
            memory = self.weights.memory_gb if self.source.model.here else None
        except MintageError:  # told when it is planned or loaded
            memory = None
        return Resources(batch=self.options.batch, gpus=gpus, memory_gb=memory or 0.0)

    @property
    def size(self) -> tuple[int, int] | None:
        return self.options.size or self.source.model.size

    @property
    def weights(self) -> Weights:
        width, height = self.size or (512, 512)
        return self.source.weights(width * height)

    @property
    def _advice(self) -> tuple[str, ...]:
        found = []
        if self.options.guidance > STRONG:
            found.append(
                f"guidance {self.options.guidance:g} makes pictures more alike: classifiers learn more at 1.5 to 3"
            )
        if self.source.model.index.get("is_distilled") or _FEW.search(self.options.model):
            found.append(f"{self.options.model} draws in few steps: fast, and less varied than a many-step model")
        if self.options.prior and self.source.model.index and self.source.prior is None:
            found.append(f"prior says nothing to {self.options.model}: only decoders of Kandinsky 2.2 have one")
        return tuple(found)

    def fetch(self) -> None:
        self.source.fetch()
        for known in ("source", "_can", "made_by"):  # what was known of it from afar
            self.__dict__.pop(known, None)

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self) -> None:
        from mintage.engines._diffusers_pipes import Adapter, Pipes, Wanted, libraries

        libraries()
        folder, *prior = self.source.complete()
        family = self.source.model.family
        assert family is not None and self.size is not None, "it lies here"
        self._family: Family = family
        found = [(lora.found(self.spec.folder), lora.weight) for lora in self.options.lora]
        o = self.options
        self._pipes = Pipes(
            Wanted(
                folder=folder,
                prior=prior[0] if prior else None,
                family=family,
                adapters=[Adapter(path.parent, path.name, weight) for path, weight in found if path],
                scheduler=o.scheduler,
                device=o.device,
                dtype=o.dtype,
                memory=o.memory,
                pixels=self.size[0] * self.size[1],
            )
        )

    def make(self, requests: Sequence[Request]) -> Iterator[Made | Refused | Failed]:
        groups: dict[tuple[Any, ...], list[Request]] = {}
        for request in requests:
            reason = _reason_against(request, self._family)
            if reason:
                yield Failed(request.recipe_id, reason)
            else:
                strength = request.strength if request.verb in ("image", "mask") else None
                groups.setdefault((request.verb, self._size_of(request), strength), []).append(request)
        for (verb, size, _), group in groups.items():
            yield from self._group(verb, size, group)

    def _size_of(self, request: Request) -> tuple[int, int]:
        """What the request asks for; else an image that is drawn over keeps its size; else this engine's."""
        own = request.images[0].size if request.verb in ("image", "mask") else self.size
        assert own is not None
        return request.width or own[0], request.height or own[1]

    def _group(self, verb: str, size: tuple[int, int], left: Sequence[Request]) -> Iterator[Made | Refused | Failed]:
        """Requests of one kind, in batches that are halved where memory runs out; one that raises fails alone."""
        most = 1 if self._family.one_at_a_time(verb) else self.options.batch
        while left:
            batch = left[: min(most, self._batches.get((verb, size), most))]
            begun = perf_counter()
            answers, error = self._tried(batch, size)
            if error is not None and len(batch) > 1:
                if out_of_memory(error):
                    self._batches[verb, size] = len(batch) // 2
                    continue
                answers = [a for r in batch for a in self._group(verb, size, [r])]
            elif error is not None:
                answers = [Failed(batch[0].recipe_id, _said(error, size))]
            seconds = (perf_counter() - begun) / len(batch)
            yield from (replace(a, seconds=seconds) for a in answers)
            left = left[len(batch) :]

    def _tried(
        self, batch: Sequence[Request], size: tuple[int, int]
    ) -> tuple[list[Made | Refused | Failed], Exception | None]:
        """The answers of one batch, or what the pipeline raised."""
        try:
            return self._draw(batch, size), None
        except Exception as error:  # a pipeline meets odd requests with errors of every kind
            raised = error.with_traceback(None)  # which holds on to what the batch had in memory
        self._pipes.release()
        return [], raised

    def _draw(self, batch: Sequence[Request], size: tuple[int, int]) -> list[Made | Refused | Failed]:
        from mintage.engines._diffusers_calls import Frame, Manner, draw

        o = self.options
        frame = Frame.of(size, self._family.multiple)
        answers: list[Made | Refused | Failed] = []
        for request, drawn in zip(
            batch, draw(self._pipes, batch, frame, Manner(o.steps, o.guidance, o.negative)), strict=True
        ):
            if drawn.flagged:
                answers.append(Refused(request.recipe_id, "the safety checker of the checkpoint gave no picture"))
            elif drawn.black:
                answers.append(Refused(request.recipe_id, f"the picture is black; {BLACK}"))
            else:
                answers.append(Made(request.recipe_id, drawn.picture, note=drawn.note))
        return answers


def _reason_against(request: Request, family: Family) -> str:
    """Why a request cannot be drawn; empty when it can."""
    if request.verb not in family.verbs:
        return f"this checkpoint cannot do {request.verb!r}: it has {', '.join(sorted(family.verbs))}"
    if request.verb != "text" and not request.images:
        return f"{request.verb!r} without an image"
    if request.verb == "mask" and (request.mask is None or request.mask.size != request.images[0].size):
        return "the mask is missing" if request.mask is None else "the mask is not of the image's size"
    if not 0 <= request.strength <= 1:
        return f"the strength is {request.strength:g}: expected 0 to 1"
    if request.strength == 0 and family.draws_over(request.verb):
        return "the strength is 0: the image would stay as it is"
    if any(side is not None and not 8 <= side <= 8192 for side in (request.width, request.height)):
        return f"{request.width}×{request.height} was asked for: expected 8 to 8192 pixels on a side"
    return ""


def _said(error: Exception, size: tuple[int, int]) -> str:
    """An exception in one line; of memory that ran out, what to do."""
    if out_of_memory(error):
        return f"memory ran out for one picture of {size[0]}×{size[1]}: a smaller size, or memory: offload"
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
