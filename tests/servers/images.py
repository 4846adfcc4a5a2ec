"""A shop for images behind `Loopback`: speaks the dialect of a server strictly, draws, counts what it has sold."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image, ImageChops
from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mintage.core import ports, registry
from mintage.core.spec import DatasetSpec, Use

Draw = Callable[[str, tuple[int, int]], bytes]
"""Bytes of a picture, from what it depends on and its size."""

_SPEC = DatasetSpec.model_validate({"name": "shop", "classes": {}})


def noise(seen: str, size: tuple[int, int]) -> bytes:
    """Random pixels, other for each text, from the engine `flat`."""
    engine = registry.build("engines", Use(use="flat", options={"noise": True}), _SPEC)
    (made,) = engine.make([ports.Request("", "text", seen, width=size[0], height=size[1])])
    return made.image  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Dialect:
    """What one path of a server takes: `fields` of its body, `files` of a form, the mask's field and convention."""

    fields: frozenset[str]
    images: str = ""
    many: bool = True
    mask: str = ""
    clear: bool = False
    needs: frozenset[str] = frozenset({"model", "prompt"})
    seeded: bool = True


def _fields(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GPT = _fields("model prompt n size quality background moderation output_format output_compression complexity user")
_OMNI = _fields(
    "model prompt n size response_format negative_prompt num_inference_steps guidance_scale true_cfg_scale seed "
    "output_format lora user"
)
_SGLANG = _OMNI | _fields("quality background output_compression")
_XINFERENCE = _fields("model prompt n response_format size kwargs user")
_LOCALAI = _fields("model prompt n size response_format step seed mode file")

DIALECTS: Mapping[str, Mapping[str, Dialect]] = {
    "openai": {
        "/v1/images/generations": Dialect(_GPT, seeded=False),
        "/v1/images/edits": Dialect(_GPT | {"input_fidelity"}, "image[]", mask="mask", clear=True, seeded=False),
    },
    "openrouter": {
        "/v1/images": Dialect(
            _fields("model prompt n size aspect_ratio resolution quality background output_format output_compression")
            | {"input_references"},
            "input_references",
            seeded=False,
        )
    },
    "vllm-omni": {
        "/v1/images/generations": Dialect(_OMNI),
        "/v1/images/edits": Dialect(_OMNI, "image", mask="mask_image"),
    },
    "sglang": {
        "/v1/images/generations": Dialect(_SGLANG),
        "/v1/images/edits": Dialect(_SGLANG, "image"),
    },
    "localai": {
        "/v1/images/generations": Dialect(_LOCALAI),
        "/v1/images/inpainting": Dialect(_fields("model prompt steps"), "image", many=False, mask="mask"),
    },
    "ollama": {"/v1/images/generations": Dialect(_fields("model prompt n size response_format seed user"))},
    "xinference": {
        "/v1/images/generations": Dialect(_XINFERENCE),
        "/v1/images/edits": Dialect(_fields("model prompt n size response_format"), "image"),
        "/v1/images/inpainting": Dialect(_XINFERENCE | {"negative_prompt"}, "image", many=False, mask="mask_image"),
    },
    "generic": {"/v1/images/generations": Dialect(_fields("model prompt n size quality user"), seeded=False)},
}


@dataclass
class Order:
    """What was asked for, understood: pictures as RGB; `repaint` as L, white where it is repainted."""

    fields: dict[str, Any]
    images: list[Image.Image] = field(default_factory=list)
    repaint: Image.Image | None = None


class Wrong(Exception):
    """What the server refuses as no request of its own."""


class ImageShop:
    """One server of a profile. `app` goes behind `Loopback`.

    `bought`: (prompt, Idempotency-Key) of each picture that was made and would be billed; `delivered`: the keys of the
    replies that left the app. `orders`: what was understood of each request. `fetched`: the Authorization headers with
    which pictures were fetched by their address. `size`: of a picture where none is asked for. `key`: required, if any.
    `headers` go with every reply.

    `scope["state"]["fault"]` may be `{"content": …}` for one request: bad base64, not an image, wrong size, black,
    blank, empty, two, refusal, retired, url, no usage, error inside, revised.
    """

    def __init__(
        self,
        profile: str = "openai",
        draw: Draw = noise,
        *,
        size: tuple[int, int] = (64, 64),
        key: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.dialects = DIALECTS[profile]
        self.profile, self.draw, self.size, self.key = profile, draw, size, key
        self.headers = dict(headers or {})
        self.bought: list[tuple[str, str]] = []
        self.delivered: list[str] = []
        self.orders: list[Order] = []
        self.fetched: list[str] = []
        self._files: list[bytes] = []
        routes = [Route(path, self._sell, methods=["POST"]) for path in self.dialects]
        self.app = Starlette(routes=[*routes, Route("/files/{number:int}.png", self._file)])

    async def _file(self, request: Request) -> Response:
        self.fetched.append(request.headers.get("authorization", ""))
        return Response(self._files[request.path_params["number"]], media_type="image/png")

    async def _sell(self, request: Request) -> Response:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, f"Incorrect API key provided: {self.key}", "invalid_api_key")
        content = request.scope["state"]["fault"].get("content", "")
        if content == "refusal":
            said = "Your request was rejected by the safety system. safety_violations=[violence]."
            return _error(400, said, "moderation_blocked", "image_generation_user_error")
        if content == "retired":
            return _error(404, "The model has been deprecated and is no longer available.", "model_not_found")
        dialect = self.dialects[request.url.path]
        try:
            order = await _understood(request, dialect)
        except Wrong as error:
            return _error(400, str(error), "unknown_parameter")
        key = request.headers.get("idempotency-key", "")
        self.orders.append(order)
        self.bought.append((order.fields["prompt"], key))
        reply = self._reply(order, dialect, content, str(request.base_url))
        self.delivered.append(key)
        return JSONResponse(reply, headers=self.headers)

    def _reply(self, order: Order, dialect: Dialect, content: str, url: str) -> dict[str, Any]:
        if content == "error inside":
            return {"error": {"message": "the worker died", "code": 500}}
        picture = self._picture(order, dialect, content)
        item: dict[str, Any] = {"b64_json": base64.b64encode(picture).decode()}
        if content == "url" or (self.profile == "localai" and dialect.mask):
            self._files.append(picture)
            item = {"url": f"{url}files/{len(self._files) - 1}.png"}
        if content == "bad base64":
            item = {"b64_json": "%%% " + item["b64_json"]}
        if content == "revised":
            item["revised_prompt"] = "other words"
        items = {"empty": [], "two": [item, item]}.get(content, [item])
        usage = {} if content == "no usage" else self._usage(order)
        return {"created": 1, "data": items} | usage

    def _picture(self, order: Order, dialect: Dialect, content: str) -> bytes:
        size = self._size_of(order)
        if content == "not an image":
            return b"<svg/>"
        if content == "wrong size":
            size = (size[0] // 2, size[1] // 2)
        if content in ("black", "blank"):
            return _png(Image.new("RGB", size, (0, 1, 2) if content == "black" else (90, 91, 89)))
        told = sorted((k, str(v)) for k, v in order.fields.items() if k != "model")
        seen = repr((told, [i.tobytes() for i in order.images], None if dialect.seeded else len(self.bought)))
        made = self.draw(seen, size)
        if order.repaint is None:
            return made
        kept = order.images[0].resize(size)
        kept.paste(Image.open(BytesIO(made)), (0, 0), order.repaint.resize(size))
        return _png(kept)

    def _size_of(self, order: Order) -> tuple[int, int]:
        asked = str(order.fields.get("size", "auto"))
        if asked == "auto":
            return order.images[0].size if order.images else self.size
        width, height = map(int, asked.split("x"))
        return width, height

    def _usage(self, order: Order) -> dict[str, Any]:
        text, images = len(order.fields["prompt"].split()), 8 * len(order.images)
        if self.profile == "openai":
            details = {"text_tokens": text, "image_tokens": images}
            counts = {"input_tokens": text + images, "output_tokens": 16, "total_tokens": text + images + 16}
            return {"usage": counts | {"input_tokens_details": details}}
        if self.profile == "openrouter":
            return {"usage": {"prompt_tokens": 0, "completion_tokens": 16, "total_tokens": 16, "cost": 0.04}}
        return {}


def images_app(profile: str = "openai", draw: Draw = noise) -> Starlette:
    """The app of a shop whose books nobody looks at."""
    return ImageShop(profile, draw).app


async def _understood(request: Request, dialect: Dialect) -> Order:
    """The order, or `Wrong` for whatever the dialect does not have."""
    form = request.headers["content-type"].startswith("multipart/form-data")
    if form != (bool(dialect.images) and dialect.images != "input_references"):
        raise Wrong("a form is expected" if dialect.images else "JSON is expected")
    body: FormData | dict[str, Any] = await request.form() if form else await request.json()
    try:
        return await _read(body, dialect, form=form)
    finally:
        if isinstance(body, FormData):
            await body.close()


async def _read(body: FormData | dict[str, Any], dialect: Dialect, *, form: bool) -> Order:
    plain = {k: v for k, v in body.items() if not isinstance(v, UploadFile)}
    for name in plain.keys() - dialect.fields:
        raise Wrong(f"Unknown parameter: '{name}'.")
    for name in dialect.needs - plain.keys():
        raise Wrong(f"Missing parameter: '{name}'.")
    order = Order(plain)
    if isinstance(body, FormData):
        pairs = [(k, v) for k, v in body.multi_items() if isinstance(v, UploadFile)]
        for name, _ in pairs:
            if name not in (dialect.images, dialect.mask):
                raise Wrong(f"Unknown parameter: '{name}'.")
        order.images = [_open(await v.read()).convert("RGB") for k, v in pairs if k == dialect.images]
        masks = [await v.read() for k, v in pairs if k == dialect.mask]
        if masks:
            order.repaint = _repaint(masks[0], order.images[0].size, clear=dialect.clear)
    for each in plain.pop("input_references", []):
        data = each["image_url"]["url"].removeprefix("data:image/png;base64,")
        order.images.append(_open(base64.b64decode(data)).convert("RGB"))
    if form and not 1 <= len(order.images) <= (16 if dialect.many else 1):
        raise Wrong(f"{len(order.images)} images")
    return order


def _repaint(data: bytes, size: tuple[int, int], *, clear: bool) -> Image.Image:
    """White where it is repainted, by the dialect's convention, which is checked."""
    mask = _open(data)
    if mask.format != "PNG" or mask.size != size or len(data) >= 4_000_000:
        raise Wrong("the mask is to be a PNG of the first image's size, smaller than 4 MB")
    if clear:
        if mask.mode != "RGBA":
            raise Wrong("the mask has no alpha channel")
        return ImageChops.invert(mask.getchannel("A"))
    if mask.mode not in ("L", "RGB"):
        raise Wrong(f"the mask is {mask.mode}")
    return mask.convert("L")


def _open(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _error(status: int, message: str, code: str, kind: str = "invalid_request_error") -> JSONResponse:
    return JSONResponse({"error": {"message": message, "type": kind, "code": code, "param": None}}, status)
