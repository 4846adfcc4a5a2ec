"""Puts a request into the words of a server's profile, and sends it with the official SDK."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.core.ports import Request
from mintage.engines._openai_models import sent_size
from mintage.engines._openai_profiles import EDITS, GENERATIONS, Profile, Way
from mintage.hosted.faults import Unsendable
from mintage.pictures.write import encode_png

if TYPE_CHECKING:
    import httpx2
    import openai
    from PIL import Image

    Picture = Image.Image

OURS = frozenset(
    {"model", "prompt", "n", "size", "image", "image[]", "mask", "mask_image", "response_format", "stream"}
)
"""Fields that the engine writes itself, so that nobody may send them among further ones."""


@dataclass(frozen=True)
class Letter:
    """A request in the words of a server: `fields` of its body, and `files` as (field, name, PNG)."""

    way: Way
    fields: Mapping[str, Any]
    files: tuple[tuple[str, str, bytes], ...] = ()


def write_letter(
    profile: Profile,
    request: Request,
    model: str,
    size: str,
    options: Mapping[str, Any],
    extra: Mapping[str, Any],
) -> Letter:
    """Everything that is sent for one request.

    Args:
        size: as the API has it; "" leaves it to the server.
        options: further options that the profile takes, by the names of their fields.
        extra: fields that nobody here knows.

    Raises:
        Unsendable: an image or a further field cannot be encoded.
    """
    try:
        return _written(profile, request, model, size, options, extra)
    except (TypeError, ValueError, OSError) as error:
        raise Unsendable(f"{type(error).__name__}: {error}") from error


def _written(
    profile: Profile,
    request: Request,
    model: str,
    size: str,
    options: Mapping[str, Any],
    extra: Mapping[str, Any],
) -> Letter:
    way = profile.ways[request.verb]
    fields: dict[str, Any] = {"model": model, "prompt": request.prompt}
    if way.n:
        fields["n"] = 1
    if size and way.size:
        fields["size"] = size
    if way.b64:
        fields["response_format"] = "b64_json"
    told: dict[str, Any] = dict(extra)
    if way.seed:
        told[way.seed] = request.seed
    if way.negative == "|":
        plain = request.prompt.replace("|", "/")
        fields["prompt"] = f"{plain}|{request.negative}" if request.negative else plain
    elif way.negative and request.negative:
        told[way.negative] = request.negative
    if way.inside and told:
        told = {way.inside: json.dumps(told)}
    fields |= {**options, **told}
    pictures = [encode_png(_small(picture)) for picture in request.images] if way.images else []
    if way.body == "references":
        fields[way.images] = [{"type": "image_url", "image_url": {"url": _data_url(data)}} for data in pictures]
        return Letter(way, fields)
    files = [(way.images, f"image-{k}.png", data) for k, data in enumerate(pictures)]
    if request.verb == "mask" and request.mask is not None:
        files.append((way.mask, "mask.png", _mask(request.mask, white=way.white)))
    return Letter(way, fields, tuple(files))


def send(client: "openai.OpenAI", letter: Letter, ticket: str) -> "httpx2.Response":
    """One request, one reply as it came.

    Raises:
        Unsendable: a prompt or a further field that no request can hold; nothing was sent.
        openai.OpenAIError: all that went wrong on the way.
    """
    try:
        return _send(client, letter, {"Idempotency-Key": ticket})
    except (TypeError, ValueError) as error:
        raise Unsendable(f"{type(error).__name__}: {error}") from error


def _send(client: "openai.OpenAI", letter: Letter, headers: dict[str, str]) -> "httpx2.Response":
    import openai

    way, fields = letter.way, dict(letter.fields)
    if way.body == "json" and way.path == GENERATIONS:
        model, prompt = fields.pop("model"), fields.pop("prompt")
        made = client.images.with_raw_response.generate(
            model=model, prompt=prompt, extra_body=fields, extra_headers=headers
        )
        return made.http_response
    if way.path == EDITS and way.images == "image[]":
        model, prompt = fields.pop("model"), fields.pop("prompt")
        pictures = [(name, data, "image/png") for where, name, data in letter.files if where == way.images]
        mask = next(((name, data, "image/png") for where, name, data in letter.files if where == way.mask), openai.omit)
        edited = client.images.with_raw_response.edit(
            model=model, prompt=prompt, image=pictures, mask=mask, extra_body=fields, extra_headers=headers
        )
        return edited.http_response
    return _post(client, letter, headers)


def _post(client: "openai.OpenAI", letter: Letter, headers: dict[str, str]) -> "httpx2.Response":
    """By the SDK's own low level, for what its methods cannot say."""
    import httpx2

    if letter.way.body != "form":
        return client.post(
            letter.way.path, cast_to=httpx2.Response, body=dict(letter.fields), options={"headers": headers}
        )
    plain = {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in letter.fields.items()}
    files = [(where, (name, data, "image/png")) for where, name, data in letter.files]
    headers |= {"Content-Type": "multipart/form-data"}
    return client.post(letter.way.path, cast_to=httpx2.Response, body=plain, files=files, options={"headers": headers})


def _small(picture: "Picture") -> "Picture":
    size = sent_size(picture.size)
    return picture if size == picture.size else picture.resize(size, reducing_gap=3.0)


def _mask(mask: "Picture", *, white: bool) -> bytes:
    """White where it is repainted, or clear there: a PNG of the size at which the first image is sent."""
    from PIL import Image

    place = mask.point([0] * 128 + [255] * 128)  # servers know no half
    size = sent_size(mask.size)
    if size != mask.size:
        place = place.resize(size, Image.Resampling.NEAREST)
    if white:
        return encode_png(place)
    clear = Image.new("RGBA", place.size, (0, 0, 0, 255))
    clear.putalpha(place.point([255 - level for level in range(256)]))
    return encode_png(clear)


def _data_url(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")
