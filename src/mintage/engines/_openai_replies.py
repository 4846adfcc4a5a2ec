"""Reads what a server delivered: the picture's bytes as they came, what they cost, what is odd about them."""

import base64
import binascii
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from mintage.hosted.faults import BrokenReply
from mintage.pictures.read import open_picture

if TYPE_CHECKING:
    import httpx2
    from PIL import Image

    Picture = Image.Image

LARGEST = 100_000_000
"""Bytes of a picture that are fetched from an address."""

DATA = re.compile(r"(?i)\s*data:[^,]{0,200},")
"""How an address begins that holds the picture itself; some servers put it before `b64_json` as well."""

_KNOWN = {"b64_json", "url", "revised_prompt", "content_filter_results"}
"""What a server says of a picture, also of one that it keeps back."""

_ORDINARY = str.maketrans("-_", "+/")
"""From the alphabet of base64 for addresses."""

_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between the tries to fetch a picture that is paid for."""

_FLAT = 2
"""Grey levels around one colour within which a picture shows nothing."""

NONE_SENT = "the server sent no image, as some do in place of a refusal"


@dataclass(frozen=True)
class Delivery:
    """One picture as it came, or why there is none (`refusal`); `usage` is the server's own, for the price."""

    image: bytes = b""
    size: tuple[int, int] = (0, 0)
    usage: Mapping[str, Any] | None = None
    refusal: str = ""
    notes: tuple[str, ...] = ()


def read_reply(response: "httpx2.Response", prompt: str, fetch: Callable[[str], bytes]) -> Delivery:
    """What is in a reply with status 200. `fetch` gets a picture that is only named by an address.

    Raises:
        BrokenReply: it is no usable answer; nobody knows whether it was paid for.
    """
    reply = _json(response)
    usage = reply.get("usage")
    usage = usage if isinstance(usage, Mapping) else None
    shown = _shown(reply)
    if not shown:
        return Delivery(usage=usage, refusal=NONE_SENT)
    data = _bytes(shown[0], fetch)
    try:
        picture = open_picture(data)
    except OSError as error:
        raise BrokenReply(f"what was delivered is no image: {error}") from None
    notes = []
    if len(shown) > 1:
        notes.append(f"{len(shown)} images came for the one that was asked for; the first is kept")
    revised = shown[0].get("revised_prompt")
    if isinstance(revised, str) and revised.strip() and revised != prompt:
        notes.append(f"the server's own words: {' '.join(revised.split())[:300]}")
    return Delivery(data, picture.size, usage, _blank(picture), tuple(notes))


def _json(response: "httpx2.Response") -> Mapping[str, Any]:
    try:
        reply = response.json()
    except ValueError:
        kind = response.headers.get("content-type", "nothing that says what it is").split(";")[0]
        raise BrokenReply(f"the reply is {kind}, and no JSON") from None
    if not isinstance(reply, Mapping):
        raise BrokenReply("the reply is no JSON object")
    return reply


def _shown(reply: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What holds a picture or its address; nothing where the server kept it back.

    Raises:
        BrokenReply: an error, or none of the images API's replies, such as that of a job that has only begun.
    """
    items = reply.get("data")
    if not items and (error := reply.get("error")):
        raise BrokenReply(f"an error in a reply that says it is none: {_said(error)}", error)
    if not reply.keys() & {"data", "created"}:
        raise BrokenReply(f"it has no `data`, but {', '.join(map(str, reply)) or 'nothing'}"[:200])
    if not isinstance(items, list) and items is not None:
        raise BrokenReply("`data` of the reply is no list")
    known = [item for item in items or () if isinstance(item, Mapping) and item.keys() & _KNOWN]
    if items and not known:
        raise BrokenReply("`data` of the reply holds neither `b64_json` nor `url`")
    return [item for item in known if item.get("b64_json") or item.get("url")]


def _said(error: Any) -> str:
    words = error.get("message") if isinstance(error, Mapping) else error
    return " ".join(str(words).split())[:300]


def _bytes(item: Mapping[str, Any], fetch: Callable[[str], bytes]) -> bytes:
    text = str(item.get("b64_json") or item["url"])
    if not item.get("b64_json") and not DATA.match(text):
        return fetch(text)
    plain = "".join(DATA.sub("", text, 1).split()).translate(_ORDINARY).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BrokenReply("the image is no base64") from None


def _blank(picture: "Picture") -> str:
    """Why a picture that shows nothing is refused; empty: it shows something."""
    bounds: Any = picture.getextrema()
    if any(high - low > 2 * _FLAT for low, high in bounds):
        return ""
    if all(high <= 2 * _FLAT for _, high in bounds):
        return "the picture is black, as some servers answer in place of a refusal"
    return "the picture is blank, of one colour, as some servers answer in place of a refusal"


class Fetcher:
    """Gets pictures that a server only names by an address; they are paid for, so that it tries more than once."""

    def __init__(self, client: "httpx2.Client", base_url: str, key: str) -> None:
        self._client, self._base, self._key = client, base_url, key

    def __call__(self, url: str) -> bytes:
        """Raises:
        BrokenReply: it could not be got, or it is larger than any picture.
        """
        whole = urljoin(self._base, url)
        parts = urlsplit(whole)
        if parts.scheme not in ("http", "https"):
            raise BrokenReply("the picture's address is none of the web")
        why = ""
        for pause in (*_PAUSES, None):
            try:
                status, data = self._get(whole)
            except _network() as error:
                why = type(error).__name__
            else:
                if status == 200:
                    return data
                why = f"status {status}"
            if pause is not None:
                time.sleep(pause)
        raise BrokenReply(f"the picture could not be fetched from {parts.hostname}: {why}")

    def _get(self, url: str) -> tuple[int, bytes]:
        """The key goes to the server itself alone, and never where that sends us on to."""
        own = urlsplit(url)[:2] == urlsplit(self._base)[:2]
        headers = {"Authorization": f"Bearer {self._key}"} if own and self._key else {}
        with self._client.stream("GET", url, headers=headers) as response:
            data = bytearray()
            for part in response.iter_bytes():
                data += part
                if len(data) > LARGEST:
                    raise BrokenReply(f"the picture is larger than {LARGEST // 1_000_000} MB")
            return response.status_code, bytes(data)


def _network() -> tuple[type[Exception], ...]:
    import httpx2

    return httpx2.HTTPError, httpx2.InvalidURL
