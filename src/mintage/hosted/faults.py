"""What an error of the client, or of a reply, means: try again, lost, refused, wrong, or stop."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal

from mintage.core.errors import MintageError
from mintage.hosted.client import scrub, shown_server
from mintage.hosted.options import ServerOptions
from mintage.hosted.sayings import BROKE, NO_KEY, NO_MONEY, codes_of, is_gone, is_refusal, is_unknown, message_of
from mintage.hosted.wire import was_cut

if TYPE_CHECKING:
    import httpx2

Kind = Literal["again", "lost", "refused", "wrong", "stop"]

AGAIN = {408, 409, 425, 429, 500, 503, 525, 526, 529, 530}
"""The server says that it did not do it."""
IN_A_WHILE = re.compile(r"(?i)try again in (?:(\d+)m)?\s*([\d.]+)\s*(ms|s)")
FRESH = "lost before it was answered"


@dataclass(frozen=True)
class Fault:
    """`words` and `error` hold no key. `after`: seconds that the server asks to wait. `error`: what a user can do."""

    kind: Kind
    words: str
    status: int | None = None
    after: float | None = None
    error: MintageError | None = None


class BrokenReply(Exception):
    """A reply with status 200 that is no usable answer: it may have been paid for. `told`: the error in it, if any."""

    def __init__(self, words: str, told: Any = None) -> None:
        super().__init__(words)
        self.told = told


class Unsendable(Exception):
    """What was asked for cannot be put into a request: nothing was sent."""


def read_fault(error: BaseException, options: ServerOptions) -> Fault:
    """What an error means for the call that raised it. Never raises.

    `again`: certainly not carried out; `lost`: nobody knows whether it was carried out and billed; `refused`: by a
    moderation; `wrong`: this request cannot be carried out; `stop`: no request can.
    """
    if isinstance(error, MintageError):
        return Fault("stop", scrub(str(error), options), error=error)
    try:
        return _read(error, options)
    except Exception as broken:  # a reply of a shape that nobody has seen
        return Fault("lost", f"{FRESH}: {type(error).__name__}, unreadable ({type(broken).__name__})")


def _read(error: BaseException, options: ServerOptions) -> Fault:
    import httpx2
    import openai

    if isinstance(error, Unsendable):
        return Fault("wrong", scrub(f"it cannot be put into a request: {error}", options))
    if isinstance(error, BrokenReply):
        lost = Fault("lost", scrub(f"a reply that is no answer: {error}", options))
        return _told_inside(error.told, options) or lost
    response = getattr(error, "response", None)
    if isinstance(response, httpx2.Response) and response.status_code >= 300:
        return _judged(response.status_code, _body(response), response.headers, options, response.reason_phrase)
    if isinstance(error, openai.APIConnectionError):
        return _connection(error.__cause__ or error, options, was_cut(error.request))
    if isinstance(error, httpx2.RequestError | OSError):
        return _connection(error, options)
    if isinstance(error, openai.ContentFilterFinishReasonError):
        return Fault("refused", "refused by the content filter")
    if isinstance(error, httpx2.InvalidURL):
        return Fault("wrong", scrub(f"the address is wrong: {error}", options))
    return Fault("lost", scrub(f"the reply could not be used: {type(error).__name__}: {error}", options))


def _connection(cause: BaseException, options: ServerOptions, cut: bool = False) -> Fault:
    import ssl

    import httpx2

    server = shown_server(options)
    said = scrub(f"{cause}" or type(cause).__name__, options)
    if any(isinstance(e, ssl.SSLError) for e in _chain(cause)) and not isinstance(cause, httpx2.ReadError):
        return _stop(
            f"no safe connection to {server}: {said}",
            "a certificate that this machine trusts, or `http` for a server that has none",
            "export SSL_CERT_FILE=… (the file with the certificate of your server or proxy), then run again",
        )
    if isinstance(cause, httpx2.ProxyError) and "407" in str(cause):
        return _stop(f"the proxy refuses the connection to {server}: {said}", "HTTPS_PROXY with name and password", "")
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout | httpx2.ProxyError):
        return Fault("again", scrub(f"no connection to {server}: {said}", options))
    if isinstance(cause, httpx2.UnsupportedProtocol | httpx2.LocalProtocolError | httpx2.TooManyRedirects):
        return Fault("wrong", scrub(f"the request cannot be sent: {said}", options))
    if cut:
        return Fault("again", scrub(f"the connection broke before all of the request had left: {said}", options))
    if isinstance(cause, httpx2.TimeoutException):
        return Fault("lost", f"no answer within {options.timeout:g} s")
    return Fault("lost", scrub(f"the connection broke: {said}", options))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _body(response: "httpx2.Response") -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return response.text[:4000]


def _told_inside(told: Any, options: ServerOptions) -> Fault | None:
    """What an error means that came with status 200; None: nobody knows. Some put the status that is meant in it."""
    if not told:
        return None
    code = str(told.get("code")) if isinstance(told, Mapping) else ""
    status = int(code) if re.fullmatch(r"4\d\d", code) else 400
    fault = _judged(status, {"error": told}, {}, options)
    return fault if fault.kind in ("refused", "stop") or status == 429 else None


def _judged(
    status: int, body: Any, headers: Mapping[str, str], options: ServerOptions, reason: str = "without a word"
) -> Fault:
    message, codes, server = message_of(body), codes_of(body), shown_server(options)
    words = scrub(f"{status}: {message}" if message else f"{status} {reason}", options)
    if status in (400, 403, 406, 422, 451) and is_refusal(codes, message):
        return Fault("refused", words, status)
    if status == 402 or codes & NO_MONEY or (status in (400, 403, 429) and BROKE.search(message)):
        return _stop(
            f"{server} takes no more paid requests: {words}",
            "an account with money left; nothing that was made is lost",
            "add credit or raise the limit with the provider, then `mintage run` again",
            status,
        )
    if status == 410 or (status in (400, 403, 404, 422) and is_gone(codes, message)):
        return _gone(words, status, options)
    if status in (401, 403) or (status == 400 and NO_KEY.search(message)):
        return _stop(
            f"{server} does not let us in: {words}"
            + ("" if os.environ.get(options.key) else f"; the environment variable {options.key} is not set"),
            f"a key in {options.key} that may use {options.model!r}",
            f"export {options.key}=…, then `mintage run` again",
            status,
        )
    if status in (400, 404, 422) and is_unknown(codes, message):
        return _gone(words, status, options)
    if status < 400:
        leads = scrub(headers.get("location") or "elsewhere", options)
        return _stop(
            f"{server} leads elsewhere: {leads} ({status})",
            "the address that answers itself: prompts and pictures go nowhere that you have not named",
            "write that address under `base_url`, then `mintage run` again",
            status,
        )
    if status in (404, 405):
        return _stop(
            f"{server} has no such service: {words}",
            f"a server that speaks the OpenAI API at {options.base_url!r}, and has {options.model!r}",
            "look at `base_url` (does it end in /v1?) and `model`, then `mintage run` again",
            status,
        )
    if status in AGAIN:
        return Fault("again", words, status, _after(headers, message))
    return Fault("lost" if status >= 500 and status != 501 else "wrong", words, status)


def _gone(words: str, status: int, options: ServerOptions) -> Fault:
    from mintage.hosted.prices import gone

    dated = gone(options.model)
    return _stop(
        f"{shown_server(options)} has no model {options.model!r}: " + (f"{dated} ({words})" if dated else words),
        "a model that this server has; what was made stays, another one fills the slots that are left",
        "write another `model:` into dataset.yaml, then `mintage run` again",
        status,
    )


def _stop(found: str, expected: str, type_this: str, status: int | None = None) -> Fault:
    return Fault("stop", found, status, error=MintageError(found, expected=expected, type_this=type_this))


def _its_now(date: str) -> datetime:
    try:
        return parsedate_to_datetime(date)
    except ValueError:
        return datetime.now(UTC)


def _after(headers: Mapping[str, str], message: str) -> float | None:
    """Seconds that the server asks to wait: as a number, as a date (by its own clock), or in words."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        if re.fullmatch(r"[\d.]+", asked := headers.get("retry-after", "").strip()):
            return float(asked)
        if asked:
            return max(0.0, (parsedate_to_datetime(asked) - _its_now(headers.get("date", ""))).total_seconds())
    except (TypeError, ValueError):
        pass
    found = IN_A_WHILE.search(message)
    if not found:
        return None
    minutes, number, unit = found.groups()
    return int(minutes or 0) * 60 + float(number.rstrip(".") or 0) / (1000 if unit == "ms" else 1)
