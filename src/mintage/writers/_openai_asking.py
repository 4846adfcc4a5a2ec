"""One request to a chat server, in the form that it understands, and its reply as far as it can be read."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mintage.hosted.faults import BrokenReply, Unsendable, read_fault
from mintage.hosted.options import ServerOptions

if TYPE_CHECKING:
    import openai

Form = Literal["auto", "schema", "json", "plain"]
_FILTERED = re.compile(r"(?i)^(content_?filter|safety|prohibited_content|blocklist|spii|recitation)")
"""How an answer ended that the server kept back; Google's names come through some gateways as they are."""
_OLD, _NEW = "max_tokens", "max_completion_tokens"
_Way = tuple[bool, str]
"""With a schema or without, and the name of the limit."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the text, the refusal's words, whether the text was cut off, and what the server counted."""

    text: str
    refusal: str = ""
    cut: bool = False
    usage: Mapping[str, Any] | None = None


@dataclass
class _Learnt:
    """What a server and model were seen to understand; None: not seen yet."""

    schema: bool | None = None
    limit: str | None = None


_SEEN: dict[tuple[str, str], _Learnt] = {}
"""By (address, model), for this process: writers are built again and again, and a wrong guess is one more request."""


@dataclass(frozen=True)
class Asking:
    """How one server and model are asked. `temperature` and `extra` are sent as they are."""

    options: ServerOptions
    form: Form
    temperature: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def ask(
        self,
        client: "openai.OpenAI",
        told: Sequence[Mapping[str, str]],
        format: Mapping[str, Any] | None,
        most_tokens: int,
        ticket: str,
    ) -> Reply:
        """One request that is carried out; one that is refused for its form is asked in another, at no cost.

        `format`: the `response_format` to ask for where the server has schemas; None: the answer is plain text.

        Raises:
            BrokenReply: a reply that is no answer to a chat.
            openai.OpenAIError: what the server or the connection said.
        """
        import openai

        ways = self._ways(format)
        while True:
            schema, limit = way = ways[0]
            try:
                reply = self._send(client, told, format if schema else None, most_tokens, ticket, limit)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                ways = self._left(ways[1:], way, error)
                if not ways:
                    raise
                continue
            self._seen.limit = limit
            if format and self.form in ("auto", "schema"):
                self._seen.schema = schema
            return reply

    @property
    def _seen(self) -> _Learnt:
        return _SEEN.setdefault((self.options.base_url, self.options.model), _Learnt())

    def _ways(self, format: Mapping[str, Any] | None) -> list[_Way]:
        """All forms, the one that is most likely understood first."""
        schemas = {"schema": [True], "auto": [True, False]}.get(self.form, [False])
        if not format or (self.form == "auto" and self._seen.schema is False):
            schemas = [False]
        # OpenAI's own reasoning models take the new name alone, many other servers know only the old one
        usual = self._seen.limit or (_NEW if ".openai." in self.options.base_url else _OLD)
        return [(schema, limit) for schema in schemas for limit in (usual, _NEW if usual == _OLD else _OLD)]

    def _left(self, ways: Sequence[_Way], tried: _Way, error: Exception) -> list[_Way]:
        """The forms that may help: the server minds the name of the limit, or it may not know schemas."""
        schema, limit = tried
        if read_fault(error, self.options).kind != "wrong":
            return []
        if limit in str(error):
            return [way for way in ways if way[1] != limit]
        return [way for way in ways if not way[0]] if schema else []

    def _send(
        self,
        client: "openai.OpenAI",
        told: Sequence[Mapping[str, str]],
        format: Mapping[str, Any] | None,
        most_tokens: int,
        ticket: str,
        limit: str,
    ) -> Reply:
        fields: dict[str, Any] = {"model": self.options.model, "messages": list(told), limit: most_tokens}
        if self.temperature is not None:
            fields["temperature"] = self.temperature
        if format:
            fields["response_format"] = format
        try:
            raw = client.chat.completions.with_raw_response.create(
                **fields, extra_body=dict(self.extra) or None, extra_headers={"Idempotency-Key": ticket}
            )
        except (TypeError, ValueError) as error:  # a further field that JSON cannot hold
            raise Unsendable(f"{type(error).__name__}: {error}") from error
        return read_reply(raw.http_response.content)


def read_reply(body: bytes) -> Reply:
    """A reply of the chat endpoint; whatever the server left out is empty.

    Raises:
        BrokenReply: no JSON, or no choice in it.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise BrokenReply("the server's reply is no JSON") from None
    choice = _choice(data.get("choices")) if isinstance(data, dict) else {}
    message = choice.get("message")
    if not isinstance(message, dict) or choice.get("finish_reason") == "error":
        error = choice.get("error") or (data.get("error") if isinstance(data, dict) else None)
        raise BrokenReply(f"the server's reply holds no answer{_said(error)}", error)
    ended, usage, refusal = str(choice.get("finish_reason")), data.get("usage"), message.get("refusal")
    filtered = "the server's content filter stopped the answer" if _FILTERED.search(ended) else ""
    content = message.get("content")
    spoken = refusal if isinstance(refusal, str) and refusal.strip() else _text(content, "refusal").strip()
    return Reply(
        text=_text(content, "text"),
        refusal=spoken or filtered,
        cut=ended == "length",
        usage=usage if isinstance(usage, dict) else None,
    )


def _choice(choices: Any) -> Mapping[str, Any]:
    """The first choice that says something, where there are several."""
    found = [c for c in choices if isinstance(c, dict)] if isinstance(choices, list) else []
    messages = [(c, c.get("message")) for c in found]
    return next((c for c, m in messages if isinstance(m, dict) and m.get("content")), found[0] if found else {})


def _text(content: Any, kind: str) -> str:
    """A text, or those of its kind in a list of parts."""
    if isinstance(content, list):
        parts = [part.get(kind) for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) and kind == "text" else ""


def _said(error: Any) -> str:
    """What some servers say with status 200."""
    said = error.get("message") if isinstance(error, dict) else error
    return f": {said}" if isinstance(said, str) else ""
