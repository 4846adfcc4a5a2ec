"""The options of every plug-in that speaks to an OpenAI-compatible server; what is secret never stands among them."""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BeforeValidator, Field, field_validator

from mintage.core.errors import MintageError
from mintage.core.plugin import Options, how


def number(value: Any) -> Any:
    """For pydantic, which takes `false` for 0: a price that was switched off must not be none.

    Raises:
        ValueError: it is a truth value.
    """
    if isinstance(value, bool):
        raise ValueError("a number")
    return value


Dollars = Annotated[float, BeforeValidator(number), Field(ge=0, allow_inf_nan=False)]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
KEY = re.compile(r"(?i)(sk|pk|rk|gsk|hf|xai|r8|aiza|nvapi|pplx)[-_]|(?=.*[a-z])(?=.*\d).{20,}", re.DOTALL)
"""What begins like the key of a known provider, or is as long and mixed as one."""
PREFIX = re.compile(r"(?i)(sk|pk|rk|gsk|hf|xai|r8|aiza|nvapi|pplx)[-_][\w-]{6,}")
NAMED = re.compile(r"(?i)(api.?)?key$|authorization|password|secret|^token$|access.?token")
SECRET = re.compile(r"(?i)key|token|secret|sig|password")
WAYS = re.compile(r"/(chat/completions|completions|responses|images(/generations|/edits)?)$")


class ServerOptions(Options):
    """Which model on which server, how many requests at once, how long to wait, what it costs."""

    model: str = Field(min_length=1)
    base_url: str = how("https://api.openai.com/v1")
    key: str = how("OPENAI_API_KEY")
    """The name of the environment variable that holds the key."""
    concurrency: int = how(16, ge=1, le=256)
    """So many requests are in flight at most."""
    per_minute: float | None = how(None, gt=0, allow_inf_nan=False)
    """Requests that the server allows; None: learnt from what it answers."""
    timeout: float = how(300.0, gt=0, allow_inf_nan=False)
    """Seconds without a byte from the server, and for the whole of a reply once it has begun."""
    patience: float = how(900.0, ge=0, allow_inf_nan=False)
    """Seconds for which a server that does not answer is waited for."""
    price: Dollars | dict[str, Dollars] | None = how(None)
    """0: a server of one's own; dollars for one request; or the fields of a tariff."""
    max_cost: Dollars | None = how(None)
    """The most that one request can cost, in dollars, where no price is known."""

    @field_validator("key", mode="before")
    @classmethod
    def _names_a_variable(cls, given: Any) -> Any:
        """A key that was put here by mistake must not be shown, so this is no ordinary mistake of pydantic's."""
        if not isinstance(given, str) or not NAME.fullmatch(given) or KEY.match(given):
            raise MintageError(
                "this is no name of an environment variable, and is not shown here because it may be a key",
                where="key",
                expected="the name of the variable that holds the key, such as OPENAI_API_KEY; never the key itself",
                type_this="export OPENAI_API_KEY=…, then `key: OPENAI_API_KEY`",
            )
        return given

    @field_validator("base_url", mode="before")
    @classmethod
    def _is_an_address(cls, given: Any) -> Any:
        """An address that holds a password must not be shown either."""
        said = _wrong_with(given) if isinstance(given, str) else "it is no text"
        if said:
            raise MintageError(
                f"this is no address of a server: {said}",
                where="base_url",
                expected="http or https, the host, and the path up to /v1",
            )
        return given.rstrip("/")


def refuse_secrets(extra: Any) -> None:
    """Refuse further fields of a request that are named or look like a key: they would be written down with recipes.

    Raises:
        MintageError: there is one; it is not shown.
    """
    if isinstance(extra, Mapping):
        named = next((str(n) for n, v in extra.items() if isinstance(v, str) and NAMED.search(str(n))), "")
        if named:
            raise MintageError(
                f"{named!r} among the further fields is not shown here, because it may be a key",
                where="extra",
                expected="no secret in dataset.yaml: `key:` names the environment variable that holds it",
            )
    for part in extra.values() if isinstance(extra, Mapping) else extra if isinstance(extra, list) else ():
        refuse_secrets(part)
    if isinstance(extra, str) and (re.match(r"(?i)bearer\s", extra) or PREFIX.match(extra)):
        raise MintageError(
            "a text among the further fields is not shown here, because it may be a key",
            where="extra",
            expected="no secret in dataset.yaml: `key:` names the environment variable that holds it",
        )


def _wrong_with(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it cannot be read"
    if "@" in parts.netloc or any(SECRET.search(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return "it holds something secret (not shown here); name the variable that holds the key under `key`"
    if PREFIX.match(address) or (KEY.match(address) and "/" not in address):
        return "it may be a key, and is not shown here"
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", address) or parts.fragment:
        return repr(address)
    ending = WAYS.search(parts.path.rstrip("/"))
    return f"leave {ending[0]!r} away at its end" if ending else ""
