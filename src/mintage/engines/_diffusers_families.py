"""Which pipeline of diffusers does what: verbs, sizes and batches, by the class that a checkpoint names. No torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

ALL = frozenset({"text", "image", "images", "mask"})


@dataclass(frozen=True)
class Family:
    """Pipelines that share their networks. `verbs`: verb → class of `diffusers`, "" where it is none of its own.

    `multiple`: width and height are asked for in steps of so many pixels. `side`: what it was trained at, in pixels.
    `references`: verbs whose images are looked at and not drawn over: no strength, and one picture at a time.
    `half`: what `dtype: auto` is on a GPU. `stored`: bytes of a number in its usual files.
    """

    verbs: Mapping[str, str]
    multiple: int = 16
    side: int = 1024
    references: frozenset[str] = field(default_factory=frozenset)
    half: str = "bfloat16"
    stored: int = 2

    def draws_over(self, verb: str) -> bool:
        """Whether a verb starts from the pixels of its image, and `strength` says how much of them is left."""
        return verb in ("image", "mask") and verb not in self.references and self.verbs.get(verb) != DECODER_22

    def one_at_a_time(self, verb: str) -> bool:
        return verb in self.references or self.verbs.get(verb) == INPAINT_22


DECODER_22 = "KandinskyV22Pipeline"
INPAINT_22 = "KandinskyV22InpaintPipeline"
PRIOR_22 = "KandinskyV22PriorPipeline"


def _usual(name: str, side: int = 1024, *, mask: bool = True, unet: bool = False) -> Family:
    """Text, image and mask by the names that diffusers mostly gives them."""
    verbs = {"text": f"{name}Pipeline", "image": f"{name}Img2ImgPipeline"}
    verbs |= {"mask": f"{name}InpaintPipeline"} if mask else {}
    return Family(verbs, 8, side, half="float16", stored=4) if unet else Family(verbs, side=side)


def _editor(*verbs: str, name: str, mask: str = "") -> Family:
    """A model that is shown pictures and told what to make of them."""
    shown = frozenset(verbs) & {"image", "images"}
    return Family(dict.fromkeys(verbs, name) | ({"mask": mask} if mask else {}), references=shown)


def _kandinsky(*verbs: str, name: str) -> Family:
    """A decoder of image embeddings, which its prior makes from words and images."""
    return Family(dict.fromkeys(verbs, name), 64, 512, half="float16", stored=4)


FAMILIES: tuple[Family, ...] = (
    _usual("StableDiffusion", 512, unet=True),
    _usual("StableDiffusionXL", unet=True),
    _usual("LatentConsistencyModel", 768, mask=False, unet=True),
    _usual("StableDiffusion3"),
    _usual("Flux"),
    _usual("QwenImage"),
    _usual("ZImage"),
    Family({"mask": "FluxFillPipeline"}),
    _editor("text", "image", name="FluxKontextPipeline"),
    _editor("text", "image", "images", name="Flux2Pipeline"),
    _editor("text", "image", "images", name="Flux2KleinPipeline", mask="Flux2KleinInpaintPipeline"),
    _editor("image", name="QwenImageEditPipeline", mask="QwenImageEditInpaintPipeline"),
    _editor("image", "images", name="QwenImageEditPlusPipeline"),
    _kandinsky("text", "image", "images", name=DECODER_22),
    _kandinsky("mask", name=INPAINT_22),
)

SAME_NETWORKS = {"KandinskyV22Img2ImgPipeline": DECODER_22}
"""Classes that hold the networks of another one."""


def family_of(pipeline: str, channels: int | None = None) -> Family:
    """The family of a checkpoint by the class in its model_index.json and the input channels of its network.

    Nine channels (latents, masked image, mask) can only repaint. An image-to-image class (a refiner) lacks what words
    alone need. A class that is not listed is taken to draw from text.
    """
    pipeline = SAME_NETWORKS.get(pipeline, pipeline)
    for family in FAMILIES:
        verbs = family.verbs
        if pipeline not in verbs.values():
            continue
        if channels == 9 and "mask" in verbs:
            return _only(family, "mask")
        if "text" in verbs and pipeline == verbs.get("image") != verbs["text"]:
            return _only(family, "image", "mask")
        return family
    return Family({"text": pipeline}, multiple=32)


def _only(family: Family, *verbs: str) -> Family:
    some = {v: c for v, c in family.verbs.items() if v in verbs}
    return replace(family, verbs=some)
