"""The nodes of the ComfyUI server for tests: what they take, what is wrong with a workflow, and running one."""

import hashlib
from io import BytesIO
from typing import Any

import numpy
from PIL import Image

MODELS = ("sd15.safetensors", "sdxl.safetensors")

KINDS: dict[str, dict[str, Any]] = {
    "CheckpointLoaderSimple": {"inputs": {"ckpt_name": "COMBO"}},
    "CLIPTextEncode": {"inputs": {"text": "STRING", "clip": "CLIP"}},
    "EmptyLatentImage": {"inputs": {"width": "INT", "height": "INT", "batch_size": "INT"}},
    "LoadImage": {"inputs": {"image": "COMBO"}},
    "LoadImageMask": {"inputs": {"image": "COMBO", "channel": "STRING"}},
    "ImageScale": {"inputs": {"image": "IMAGE", "width": "INT", "height": "INT"}},
    "ImageBatch": {"inputs": {"image1": "IMAGE", "image2": "IMAGE"}},
    "VAEEncode": {"inputs": {"pixels": "IMAGE", "vae": "VAE"}},
    "SetLatentNoiseMask": {"inputs": {"samples": "LATENT", "mask": "MASK"}},
    "KSampler": {
        "inputs": {
            "model": "MODEL",
            "positive": "CONDITIONING",
            "negative": "CONDITIONING",
            "latent_image": "LATENT",
            "seed": "INT",
            "steps": "INT",
            "denoise": "FLOAT",
        }
    },
    "VAEDecode": {"inputs": {"samples": "LATENT", "vae": "VAE"}},
    "SaveImage": {"inputs": {"images": "IMAGE", "filename_prefix": "STRING"}, "saves": "output"},
    "PreviewImage": {"inputs": {"images": "IMAGE"}, "saves": "temp"},
}

Errors = dict[str, Any]


class Faulty(Exception):
    """A node raised while the workflow ran."""

    def __init__(self, node: str, words: str) -> None:
        super().__init__(words)
        self.node = node


def faults_of(nodes: dict[str, Any], there: dict[str, bytes]) -> tuple[Errors | None, Errors, set[str]]:
    """As ComfyUI checks a prompt: the error, if it is not queued; the errors by node; the outputs that will run."""
    for node in nodes.values():
        if node["class_type"] not in KINDS:
            said = f"Cannot execute because node {node['class_type']} does not exist."
            return {"type": "invalid_prompt", "message": said, "details": "", "extra_info": {}}, {}, set()
    outputs = [i for i, n in nodes.items() if KINDS[n["class_type"]].get("saves")]
    if not outputs:
        return {"type": "prompt_no_outputs", "message": "Prompt has no outputs", "details": ""}, {}, set()
    errors: Errors = {}
    good = {i for i in outputs if not _below(i, nodes, there, errors)}
    if good:
        return None, errors, good
    said = "Prompt outputs failed validation"
    return {"type": "prompt_outputs_failed_validation", "message": said, "details": ""}, errors, good


def _below(node_id: str, nodes: dict[str, Any], there: dict[str, bytes], errors: Errors) -> bool:
    """Whether a node, or one that it depends on, has errors; they are noted."""
    node = nodes[node_id]
    own = []
    bad = False
    for name, kind in KINDS[node["class_type"]]["inputs"].items():
        value = node["inputs"].get(name)
        extra = {"input_name": name, "received_value": value}
        if value is None:
            own.append(
                {"type": "required_input_missing", "message": "Required input is missing", "details": name}
                | {"extra_info": extra}
            )
        elif isinstance(value, list):
            bad |= _below(value[0], nodes, there, errors)
        elif name == "ckpt_name" and value not in MODELS:
            said = f"{name}: '{value}' not in {list(MODELS)}"
            own.append(
                {"type": "value_not_in_list", "message": "Value not in list", "details": said, "extra_info": extra}
            )
        elif kind == "COMBO" and name == "image" and value not in there:
            said = f"image - Invalid image file: {value}"
            own.append(
                {
                    "type": "custom_validation_failed",
                    "message": "Custom validation failed for node",
                    "details": said,
                    "extra_info": extra,
                }
            )
        elif kind == "INT" and name in ("width", "height") and not 16 <= value <= 16384:
            said = f"{name}: {value}"
            own.append(
                {
                    "type": "value_smaller_than_min",
                    "message": "Value is out of range",
                    "details": said,
                    "extra_info": extra,
                }
            )
    if own:
        errors[node_id] = {"errors": own, "dependent_outputs": [], "class_type": node["class_type"]}
    return bad or bool(own)


class Run:
    """One workflow, run by following its links back from what it saves. A latent is a picture, a mask, or a size."""

    def __init__(
        self,
        nodes: dict[str, Any],
        there: dict[str, bytes],
        took: list[dict[str, Any]],
        fails_on: set[str],
        black_on: set[str],
    ) -> None:
        self.nodes, self.there, self.took = nodes, there, took
        self.fails_on, self.black_on = fails_on, black_on

    def outputs(self) -> list[tuple[str, str, bytes]]:
        """Node, `output` or `temp`, and the PNG."""
        found = []
        for node_id, node in self.nodes.items():
            kind = KINDS[node["class_type"]].get("saves")
            if kind:
                out = BytesIO()
                Image.fromarray(self._at(node["inputs"]["images"])).save(out, "PNG")
                found.append((node_id, kind, out.getvalue()))
        return found

    def _at(self, link: list[Any]) -> Any:
        node_id, index = link
        node = self.nodes[node_id]
        value = getattr(self, f"_{node['class_type'].lower()}")(node_id, node["inputs"])
        return value[index] if isinstance(value, tuple) else value

    def _checkpointloadersimple(self, _: str, inputs: dict[str, Any]) -> Any:
        return (inputs["ckpt_name"],) * 3

    def _cliptextencode(self, _: str, inputs: dict[str, Any]) -> Any:
        return inputs["text"]

    def _emptylatentimage(self, _: str, inputs: dict[str, Any]) -> Any:
        return {"pixels": numpy.zeros((inputs["height"], inputs["width"], 3), "uint8")}

    def _open(self, name: str) -> Any:
        return Image.open(BytesIO(self.there[name]))

    def _loadimage(self, _: str, inputs: dict[str, Any]) -> Any:
        picture = self._open(inputs["image"])
        alpha = picture.getchannel("A") if "A" in picture.getbands() else None
        mask = 255 - numpy.asarray(alpha) if alpha else numpy.zeros((64, 64), "uint8")
        return numpy.asarray(picture.convert("RGB")), mask

    def _loadimagemask(self, _: str, inputs: dict[str, Any]) -> Any:
        band = inputs["channel"][0].upper()
        values = numpy.asarray(self._open(inputs["image"]).convert("RGBA").getchannel(band))
        return 255 - values if band == "A" else values

    def _imagescale(self, _: str, inputs: dict[str, Any]) -> Any:
        picture = Image.fromarray(self._at(inputs["image"]))
        return numpy.asarray(picture.resize((inputs["width"], inputs["height"])))

    def _imagebatch(self, _: str, inputs: dict[str, Any]) -> Any:
        one, two = self._at(inputs["image1"]), self._at(inputs["image2"])
        return (one // 2 + two // 2).astype("uint8")

    def _vaeencode(self, _: str, inputs: dict[str, Any]) -> Any:
        return {"pixels": self._at(inputs["pixels"])}

    def _setlatentnoisemask(self, _: str, inputs: dict[str, Any]) -> Any:
        return self._at(inputs["samples"]) | {"mask": self._at(inputs["mask"])}

    def _vaedecode(self, _: str, inputs: dict[str, Any]) -> Any:
        return self._at(inputs["samples"])["pixels"]

    def _ksampler(self, node_id: str, inputs: dict[str, Any]) -> Any:
        """Noise that depends on the words, the seed and the picture, over as much of the picture as it is told."""
        prompt, negative = self._at(inputs["positive"]), self._at(inputs["negative"])
        latent = self._at(inputs["latent_image"])
        pixels, mask = latent["pixels"], latent.get("mask")
        self.took.append(inputs | {"prompt": prompt, "negative": negative, "pixels": pixels, "mask": mask})
        if any(word in prompt for word in self.fails_on):
            raise Faulty(node_id, "CUDA out of memory")
        if any(word in prompt for word in self.black_on):
            return latent | {"pixels": numpy.zeros_like(pixels)}
        hashed = hashlib.sha256(f"{prompt}|{negative}|{inputs['seed']}".encode("utf-8", "surrogatepass")).digest()
        noise = numpy.random.default_rng(list(hashed)).integers(0, 256, pixels.shape, "uint8")
        share = float(inputs["denoise"])
        drawn = (pixels * (1 - share) + noise * share).astype("uint8")
        return latent | {"pixels": drawn if mask is None else numpy.where(mask[..., None] > 127, drawn, pixels)}


def workflow(verb: str = "text", side: int = 64) -> dict[str, Any]:
    """A workflow in API format that has a verb's places, called as the engine looks for them."""

    def node(kind: str, title: str = "", **inputs: Any) -> dict[str, Any]:
        return {"class_type": kind, "inputs": inputs, "_meta": {"title": title or kind}}

    sampler = node("KSampler", "Seed", seed=1, steps=4, denoise=1.0, model=["4", 0], latent_image=["5", 0])
    sampler["inputs"] |= {"positive": ["6", 0], "negative": ["7", 0]}
    nodes = {
        "3": sampler,
        "4": node("CheckpointLoaderSimple", ckpt_name=MODELS[0]),
        "5": node("EmptyLatentImage", "Size", width=side, height=side, batch_size=1),
        "6": node("CLIPTextEncode", "Prompt", text="", clip=["4", 1]),
        "7": node("CLIPTextEncode", "Negative", text="blurry", clip=["4", 1]),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", images=["8", 0], filename_prefix="x"),
    }
    if verb != "text":
        nodes["10"] = node("LoadImage", "Image", image="example.png")
        nodes["5"] = node("VAEEncode", pixels=["10", 0], vae=["4", 2])
        sampler["_meta"]["title"] = "Strength"
    if verb == "images":
        nodes["11"] = node("LoadImage", "Image 2", image="example.png")
        nodes["12"] = node("ImageBatch", image1=["10", 0], image2=["11", 0])
        nodes["5"]["inputs"]["pixels"] = ["12", 0]
    if verb == "mask":
        nodes["11"] = node("LoadImageMask", "Mask", image="example.png", channel="red")
        nodes["12"] = node("SetLatentNoiseMask", samples=["5", 0], mask=["11", 0])
        sampler["inputs"]["latent_image"] = ["12", 0]
    return nodes
