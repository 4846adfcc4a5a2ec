"""The options of the engine `openai`, and which of them a server or a model does not take."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from mintage.engines._openai_models import mistakes
from mintage.engines._openai_profiles import PROFILES, Profile, profile_of
from mintage.engines._openai_wire import OURS
from mintage.hosted.options import ServerOptions, refuse_secrets

PASSED = (
    "quality",
    "background",
    "moderation",
    "output_format",
    "output_compression",
    "input_fidelity",
    "complexity",
)
"""Options that go to the server under their own names, where they are set."""

Server = Literal["auto", "openai", "openrouter", "vllm-omni", "sglang", "localai", "ollama", "xinference", "generic"]
Side = Annotated[int, Field(ge=8, le=8192)]
Text = Annotated[str, Field(max_length=100)]


def _as_size(value: Any) -> Any:
    """768, "1024x576" or [1024, 576] → (width, height); "auto" stays."""
    if isinstance(value, str):
        value = value.strip().casefold()
        if sides := re.fullmatch(r"(\d{1,5})\s*[x×*]\s*(\d{1,5})", value):
            return int(sides[1]), int(sides[2])
        value = int(value) if re.fullmatch(r"\d{1,5}", value) else value
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else value


class Options(ServerOptions):
    """`model`: its name on the server. `profile`: which server it is; `auto` tells by the address, and knows only
    pictures from words where that says nothing. `size`: 1024, "1536x1024", [1536, 1024] or auto; the server's own
    unless given. `quality`, `background`, `moderation`, `output_format`, `output_compression`, `input_fidelity`,
    `complexity`: as in OpenAI's API, sent where they are set. `extra`: further fields for a server of one's own.
    """

    profile: Server = "auto"
    size: Annotated[tuple[Side, Side] | Literal["auto"] | None, BeforeValidator(_as_size)] = None
    quality: Text = ""
    background: Literal["", "transparent", "opaque", "auto"] = ""
    moderation: Literal["", "low", "auto"] = ""
    output_format: Literal["", "png", "webp", "jpeg"] = ""
    output_compression: int | None = Field(None, ge=0, le=100)
    input_fidelity: Literal["", "high", "low"] = ""
    complexity: Literal["", "low", "medium", "high"] = ""
    extra: dict[str, Any] = Field(default={})

    @field_validator("extra")
    @classmethod
    def _no_secrets(cls, extra: dict[str, Any]) -> dict[str, Any]:
        refuse_secrets(extra)
        return extra

    @model_validator(mode="after")
    def _together(self) -> Self:
        problems = list(self._problems(self.server))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def server(self) -> Profile:
        """What the server speaks."""
        return profile_of(self.profile, self.base_url)

    @property
    def passed(self) -> dict[str, Any]:
        """The further options that are set, by the names of their fields."""
        values = {name: getattr(self, name) for name in PASSED}
        return {name: value for name, value in values.items() if value not in ("", None)}

    def _problems(self, server: Profile) -> Iterator[str]:
        for name in self.passed:
            if name not in server.takes:
                others = ", ".join(p.name for p in PROFILES.values() if name in p.takes)
                yield f"{name}: the profile {server.name} has no such field ({others} have it; else say it in extra)"
        if server.name == "openai":
            size = self.size if isinstance(self.size, tuple) else None
            yield from mistakes(self.model, size, self.quality, self.input_fidelity)
        if self.background == "transparent" and self.output_format == "jpeg":
            yield "background transparent: output_format png or webp can have it, jpeg cannot"
        if self.output_compression is not None and self.output_format not in ("webp", "jpeg"):
            yield "output_compression: output_format webp or jpeg has it, png does not"
        if self.extra and not server.extra:
            yield f"extra: {server.name} takes no further fields, and a price could hang on them"
        for name in sorted(self.extra.keys() & OURS):
            yield f"extra: {name} is written by the engine itself"
        for name in sorted(self.extra.keys() & server.takes):
            yield f"extra: {name} is an option of its own: say it there"
