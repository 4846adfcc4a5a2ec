"""Opens the official client for a server, with a key from the environment alone, and keeps it out of all texts."""

import ipaddress
import logging
import os
import re
import uuid
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

from mintage.core.errors import MintageError
from mintage.hosted.options import ServerOptions

if TYPE_CHECKING:
    import httpx2
    import openai

SAYS = logging.getLogger("mintage.hosted")

NONE = "none"
"""What a server that asks for no key is given: the client insists on one."""
LONGEST = 500
CONNECT = 10.0
"""Seconds to wait for a connection: a server that is there takes it at once."""
IDLE = 1.5
"""Seconds after which an unused connection is not used again. Servers close theirs after 2 (gunicorn), 5 (uvicorn) or
more: what is sent just then gets no answer, and nobody can say whether it was carried out."""
LIKE_KEYS = re.compile(
    r"(?i)\bbearer\s+[^\s\"',;]+|\b(?:sk|pk|rk|gsk|hf|xai|r8|nvapi|pplx)[-_][\w*.\-]{6,}|\bAIza[\w\-]{10,}"
)
PASSWORD = re.compile(r"://[^/@\s]+@")
OURS = "api.openai.com"


def connect(options: ServerOptions) -> "openai.OpenAI":
    """The official client: no retries of its own, no address and no key but those of the options.

    HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are honoured, but no proxy is asked the way to this machine itself. What the
    server says of its rate limit reaches the `Pace`.

    Raises:
        MintageError: the environment variable with the key is not set, or holds no key.
    """
    import httpx2
    import openai

    from mintage.hosted.pace import Pace
    from mintage.hosted.wire import bound, watch

    key, host = _key(options), _host(options)
    pace = Pace.of(options)

    def hear(response: "httpx2.Response") -> None:
        pace.hear(response.headers)
        bound(response, options.timeout)

    address, _, query = options.base_url.partition("?")
    timeout = openai.Timeout(options.timeout, connect=min(CONNECT, options.timeout))
    client = openai.OpenAI(
        api_key=key,
        base_url=address,
        default_query=dict(parse_qsl(query, keep_blank_values=True)),
        timeout=timeout,
        max_retries=0,
        default_headers={"Authorization": f"Bearer {key}"},  # else OPENAI_CUSTOM_HEADERS could send another one
        http_client=openai.DefaultHttpxClient(
            timeout=timeout,
            follow_redirects=False,  # prompts and pictures go to the address that was named, and to no other
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=IDLE),
            mounts=_direct(host),
            event_hooks={"request": [watch], "response": [hear]},
        ),
    )
    if host != OURS:  # these name an account at OpenAI, which is nobody else's business
        client.organization = client.project = None
    elsewhere = os.environ.get("OPENAI_BASE_URL")
    if elsewhere and elsewhere.rstrip("/") != options.base_url and "base_url" not in options.model_fields_set:
        SAYS.warning(
            "OPENAI_BASE_URL is set and not used: requests go to %s; write `base_url:` to go elsewhere",
            shown_server(options),
        )
    return client


def scrub(text: str, options: ServerOptions) -> str:
    """The text in one line of at most 500 characters, without the key and without anything that looks like one.

    What cannot be seen is left out: colours of a terminal, turned writing, halves of surrogate pairs.
    """
    key = os.environ.get(options.key, "").strip()
    if len(key) >= 4 and key != NONE:
        for form in {key, quote(key), quote(key, safe=""), repr(key)[1:-1]}:
            text = text.replace(form, "[key]")
    text = PASSWORD.sub("://[key]@", LIKE_KEYS.sub("[key]", text))
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def shown_server(options: ServerOptions) -> str:
    """`host` or `host:port`."""
    parts = urlsplit(options.base_url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


def new_ticket() -> str:
    """A name of ours for one request: unique, and a canonical UUID."""
    return str(uuid.uuid4())


def is_near(options: ServerOptions) -> bool:
    """Whether the server is on this machine or in a private network, where no key need be asked for."""
    host = _host(options)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa"))
    return address.is_private or address.is_loopback or address.is_link_local


def _direct(host: str) -> "dict[str, httpx2.BaseTransport | None]":
    """What is reached without a proxy: this machine itself, where a proxy would look on its own."""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return {f"all://[{host}]" if ":" in host else f"all://{host}": None} if here else {}


def _host(options: ServerOptions) -> str:
    return (urlsplit(options.base_url).hostname or "").lower()


def lacks_key(options: ServerOptions) -> bool:
    """Whether the server asks for a key, and the environment has none."""
    return not os.environ.get(options.key, "").strip() and not is_near(options) and options.price != 0


def _key(options: ServerOptions) -> str:
    key = os.environ.get(options.key, "").strip()
    if not key and not lacks_key(options):
        return NONE
    if not key:
        raise MintageError(
            f"there is no key for {shown_server(options)}: the environment variable {options.key} is not set",
            where="key",
            expected="the key in the environment; it is written nowhere. A server that needs none: `price: 0`",
            type_this=f"export {options.key}=…",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise MintageError(
            f"what the environment variable {options.key} holds is no key (it is not shown here)",
            where="key",
            expected="letters, digits and signs in one line",
            type_this=f"export {options.key}=…",
        )
    return key
