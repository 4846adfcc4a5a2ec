"""One batch of requests → the arguments of a pipeline → pictures of exactly the size that was asked for."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.core.ports import Request
from mintage.engines._diffusers_pipes import Pipes, quiet

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

TEXT_SHARE = 0.2
"""Of the words in a fusion of embeddings; the images share the rest equally."""

PRIOR_STEPS = 25

FEW_STEPS = 4
"""For a distilled model, which diffusers itself would give 50."""


@dataclass(frozen=True)
class Frame:
    """`size`: width and height that come out; `asked`: what the pipeline is asked for, in whole multiples."""

    size: tuple[int, int]
    asked: tuple[int, int]

    @classmethod
    def of(cls, size: tuple[int, int], multiple: int) -> "Frame":
        up = [-(-side // multiple) * multiple for side in size]
        return cls(size, (up[0], up[1]))

    @property
    def _corner(self) -> tuple[int, int]:
        return (self.asked[0] - self.size[0]) // 2, (self.asked[1] - self.size[1]) // 2

    def padded(self, picture: "Picture", mode: str) -> "Picture":
        """At `size` (scaled to cover it, cropped at the centre), then with its border carried on to `asked`."""
        import numpy
        from PIL import Image, ImageOps

        resample = Image.Resampling.LANCZOS if mode == "RGB" else Image.Resampling.NEAREST
        plain = picture.convert(mode)
        plain = plain if plain.size == self.size else ImageOps.fit(plain, self.size, resample)
        if self.size == self.asked:
            return plain
        left, top = self._corner
        right, bottom = self.asked[0] - self.size[0] - left, self.asked[1] - self.size[1] - top
        sides = ((top, bottom), (left, right), (0, 0))[: 3 if mode == "RGB" else 2]
        return Image.fromarray(numpy.pad(numpy.asarray(plain), sides, mode="edge"))

    def cropped(self, picture: "Picture") -> "Picture":
        """What a pipeline gave, at `size`; some give another size than they are asked for."""
        picture = picture.convert("RGB")
        picture = picture if picture.size == self.asked else picture.resize(self.asked)
        left, top = self._corner
        return picture.crop((left, top, left + self.size[0], top + self.size[1]))


@dataclass(frozen=True)
class Drawn:
    """`flagged`: a safety checker saw something in it. `note`: what of the request could not be followed."""

    picture: "Picture"
    flagged: bool
    note: str = ""

    @property
    def black(self) -> bool:
        """Whether there is nothing in it at all."""
        return self.picture.getbbox() is None


@dataclass(frozen=True)
class Manner:
    """The options that every call shares."""

    steps: int | None
    guidance: float
    negative: str


def draw(pipes: Pipes, requests: Sequence[Request], frame: Frame, manner: Manner) -> list[Drawn]:
    """Pictures for requests of one verb, size and strength, each from its own generator, in their order.

    The generators are on the CPU whatever the device, so that the noise is the same on all of them.
    """
    import torch

    verb = requests[0].verb
    pipe = pipes.of(verb)
    generators = [torch.Generator("cpu").manual_seed(r.seed) for r in requests]
    takes = inspect.signature(pipe.__call__).parameters
    given: dict[str, Any] = {"generator": generators, "output_type": "pil"}
    with quiet():
        if pipes.prior is not None:
            given |= _embedded(pipes.prior, requests, generators, manner)
        else:
            given |= _worded(takes, requests, manner)
        given |= _shown(pipes, takes, requests, frame)
        given |= _stepped(pipe, takes, requests[0], manner, bool(pipes.wanted.family.references & {verb}))
        said = pipe(**given)
    flags = getattr(said, "nsfw_content_detected", None) or [False] * len(requests)
    notes = [_note(pipes, r, takes, manner) for r in requests]
    return [Drawn(frame.cropped(p), bool(f), n) for p, f, n in zip(said.images, flags, notes, strict=True)]


def _negative(request: Request, manner: Manner) -> str:
    return ", ".join(dict.fromkeys(filter(None, (request.negative, manner.negative))))


def _guided_by(takes: Mapping[str, inspect.Parameter]) -> str:
    """`true_cfg_scale` where that is the model's guidance (Qwen-Image); where it is off, it is not."""
    true = takes.get("true_cfg_scale")
    return "true_cfg_scale" if true is not None and true.default > 1 else "guidance_scale"


def _worded(takes: Mapping[str, inspect.Parameter], requests: Sequence[Request], manner: Manner) -> dict[str, Any]:
    given: dict[str, Any] = {"prompt": [r.prompt for r in requests]}
    negatives = [_negative(r, manner) for r in requests]
    if "negative_prompt" in takes:
        if _guided_by(takes) == "true_cfg_scale" and manner.guidance > 1:
            given["negative_prompt"] = [n or " " for n in negatives]  # without one it does not guide
        elif any(negatives):
            given["negative_prompt"] = negatives
    return given


def _shown(
    pipes: Pipes, takes: Mapping[str, inspect.Parameter], requests: Sequence[Request], frame: Frame
) -> dict[str, Any]:
    """The images and masks, and the size."""
    verb = requests[0].verb
    given: dict[str, Any] = {}
    if verb in pipes.wanted.family.references:
        given["image"] = [image.convert("RGB") for image in requests[0].images]
    elif verb in ("image", "mask") and "image" in takes:
        given["image"] = [frame.padded(r.images[0], "RGB") for r in requests]
    if verb == "mask":
        given["mask_image"] = [frame.padded(r.mask, "L") for r in requests if r.mask is not None]
        if pipes.prior is not None:
            given |= {"image": given["image"][0], "mask_image": given["mask_image"][0]}  # it looks at the first alone
    if "width" in takes:
        given |= {"width": frame.asked[0], "height": frame.asked[1]}
    return given


def _stepped(
    pipe: Any, takes: Mapping[str, inspect.Parameter], request: Request, manner: Manner, reference: bool
) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if _guided_by(takes) in takes:
        given[_guided_by(takes)] = manner.guidance
    steps = manner.steps or (FEW_STEPS if pipe.config.get("is_distilled") else takes["num_inference_steps"].default)
    if "strength" in takes and request.verb in ("image", "mask") and not reference:
        while int(steps * request.strength) < 1:  # else it would take no step at all
            steps += 1
        given["strength"] = request.strength
    given["num_inference_steps"] = steps
    return given


def _embedded(prior: Any, requests: Sequence[Request], generators: Sequence[Any], manner: Manner) -> dict[str, Any]:
    """What Kandinsky 2.2's prior makes of words and images: one picture at a time, so that no batch changes it."""
    import torch

    positive, negative = [], []
    for request, generator in zip(requests, generators, strict=True):
        how = {
            "generator": generator,
            "num_inference_steps": max(2, min(manner.steps or PRIOR_STEPS, PRIOR_STEPS)),  # one divides by 0
            "guidance_scale": manner.guidance,
        }
        unwanted = _negative(request, manner)
        if request.verb in ("text", "mask"):
            found = prior(request.prompt, negative_prompt=unwanted or None, **how)
        else:
            text = request.strength if request.verb == "image" else TEXT_SHARE
            weights = [(1 - text) / len(request.images)] * len(request.images) + [text]
            shown = [image.convert("RGB") for image in request.images]
            found = prior.interpolate([*shown, request.prompt], weights, negative_prompt=unwanted, **how)
        positive.append(found.image_embeds[:1])
        negative.append(found.negative_image_embeds[:1])
    return {"image_embeds": torch.cat(positive), "negative_image_embeds": torch.cat(negative)}


def _note(pipes: Pipes, request: Request, takes: Mapping[str, inspect.Parameter], manner: Manner) -> str:
    notes = []
    kept = pipes.words_kept(request.prompt)
    if kept:
        notes.append(f"the prompt is longer than the {kept} tokens that this model reads: its end was not seen")
    if request.verb == "image" and request.verb in pipes.wanted.family.references and request.strength != 1:
        notes.append("this model has no strength: it looks at the image and draws a new one")
    if _negative(request, manner) and pipes.prior is None and "negative_prompt" not in takes:
        notes.append("this model takes no negative prompt")
    return "; ".join(notes)
