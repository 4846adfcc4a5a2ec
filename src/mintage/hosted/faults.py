"""What an error of the client, or of a reply, means: try again, lost, refused, wrong, or stop."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal

from mintage.core.errors import MintageError
from mintage.hosted.client import scrub, shown_server
from mintage.hosted.options import ServerOptions

if TYPE_CHECKING:
    import httpx2

Kind = Literal["again", "lost", "refused", "wrong", "stop"]

AGAIN = {408, 409, 425, 429, 500, 503, 525, 526, 529, 530}
"""The server says that it did not do it."""
NO_MONEY = {
    "access_terminated",
    "account_deactivated",
    "billing_hard_limit_reached",
    "billing_not_active",
    "insufficient_balance",
    "insufficient_credits",
    "insufficient_quota",
}
REFUSALS = {
    "content_filter",
    "content_filtered",
    "content_moderation",
    "content_policy_violation",
    "contentfilter",
    "data_inspection_failed",
    "datainspectionfailed",
    "moderation_blocked",
    "nsfw_content_detected",
    "responsibleaipolicyviolation",
}
"""What vendors call a refusal, in lower case."""
REFUSING = re.compile(
    r"(?i)safety (system|filter|policy|setting)|content (management )?(policy|polic|filter|moderation)|nsfw"
    r"|(rejected|blocked|flagged|refused|stopped) (as|by|for|due|in|under)\b[^.]{0,60}"
    r"(moderat|safety|polic|sexual|violen)"
    r"|(was|been) (flagged|moderated)|responsible ai|(prohibited|inappropriate) content|sensitive (content|words)"
)
SETTINGS = {"invalid_type", "invalid_value", "unknown_parameter", "unsupported_parameter", "unsupported_value"}
"""A setting named `moderation` that is wrong is no refusal."""
GONE = re.compile(
    r"(?i)\bmodel\b[^\n]{0,120}\b(retired|deprecated|shut down|decommissioned|discontinued"
    r"|no longer (available|supported))"
)
NO_SUCH = re.compile(
    r"(?i)\bmodel\b[^\n]{0,120}(not found|not exist|not a valid model|is invalid|is not available)"
    r"|(invalid|unknown|no such) model\b|not a valid model"
)
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
    """A reply with status 200 that is no usable answer: it may have been paid for."""


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

    if isinstance(error, BrokenReply):
        return Fault("lost", scrub(f"a reply that is no answer: {error}", options))
    response = getattr(error, "response", None)
    if isinstance(response, httpx2.Response) and response.status_code >= 300:
        return _refusal_or_worse(response, options)
    if isinstance(error, openai.APIConnectionError):
        return _connection(error.__cause__ or error, options)
    if isinstance(error, httpx2.RequestError | OSError):
        return _connection(error, options)
    if isinstance(error, openai.ContentFilterFinishReasonError):
        return Fault("refused", "refused by the content filter")
    if isinstance(error, httpx2.InvalidURL):
        return Fault("wrong", scrub(f"the address is wrong: {error}", options))
    return Fault("lost", scrub(f"the reply could not be used: {type(error).__name__}: {error}", options))


def _connection(cause: BaseException, options: ServerOptions) -> Fault:
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
    if isinstance(cause, httpx2.TimeoutException):
        return Fault("lost", f"no answer within {options.timeout:g} s")
    return Fault("lost", scrub(f"the connection broke: {said}", options))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _refusal_or_worse(response: "httpx2.Response", options: ServerOptions) -> Fault:
    status = response.status_code
    try:
        body: Any = response.json()
    except ValueError:
        body = response.text[:4000]
    message = _message(body)
    words = scrub(f"{status}: {message}" if message else f"{status} {response.reason_phrase}", options)
    codes = {c.casefold() for c in _under(body, {"code", "type", "name", "status", "reason"})}
    if not codes & SETTINGS and status in (400, 403, 406, 422, 451) and (codes & REFUSALS or REFUSING.search(message)):
        return Fault("refused", words, status)
    server = shown_server(options)
    if status == 402 or codes & NO_MONEY:
        return _stop(
            f"{server} takes no more paid requests: {words}",
            "an account with money left; nothing that was made is lost",
            "add credit or raise the limit with the provider, then `mintage run` again",
            status,
        )
    if status == 410 or (status in (400, 403, 404, 422) and (GONE.search(message) or codes & {"model_deprecated"})):
        return _gone(words, status, options)
    if status in (401, 403):
        return _stop(
            f"{server} does not let us in: {words}",
            f"a key in {options.key} that may use {options.model!r}",
            f"export {options.key}=…, then `mintage run` again",
            status,
        )
    if "model_not_found" in codes or (status in (400, 404, 422) and NO_SUCH.search(message)):
        return _gone(words, status, options)
    if status < 400:
        leads = scrub(response.headers.get("location") or "elsewhere", options)
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
        return Fault("again", words, status, _after(response, message))
    return Fault("lost" if status >= 500 and status != 501 else "wrong", words, status)


def _gone(words: str, status: int, options: ServerOptions) -> Fault:
    from mintage.hosted.prices import gone

    dated = gone(options.model)
    return _stop(
        f"{shown_server(options)} has no model {options.model!r}" + (f": {dated}" if dated else f": {words}"),
        "a model that this server has; what was made stays, another one fills the slots that are left",
        "write another `model:` into dataset.yaml, then `mintage run` again",
        status,
    )


def _stop(found: str, expected: str, type_this: str, status: int | None = None) -> Fault:
    return Fault("stop", found, status, error=MintageError(found, expected=expected, type_this=type_this))


def _message(body: Any) -> str:
    """The server's words, wherever its kind of server puts them."""
    said = list(_under(body, {"message", "msg", "detail", "errors", "error", "raw", "title"}))
    if isinstance(body, str):
        text = re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>", " ", body)
        said = [text]
    return "; ".join(dict.fromkeys(" ".join(s.split()) for s in said if s.strip()))[:2000]


def _under(body: Any, names: set[str], depth: int = 0) -> Iterator[str]:
    """The texts under these names at any depth of a reply."""
    if depth > 8:
        return
    if isinstance(body, dict):
        for name, value in body.items():
            if name in names and isinstance(value, str | int) and not isinstance(value, bool):
                yield str(value)
            elif name in names and isinstance(value, list):
                yield from (v for v in value if isinstance(v, str))
            yield from _under(value, names, depth + 1)
    elif isinstance(body, list):
        for value in body[:50]:
            yield from _under(value, names, depth + 1)


def _its_now(date: str) -> datetime:
    try:
        return parsedate_to_datetime(date)
    except ValueError:
        return datetime.now(UTC)


def _after(response: "httpx2.Response", message: str) -> float | None:
    """Seconds that the server asks to wait: as a number, as a date (by its own clock), or in words."""
    headers = response.headers
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
