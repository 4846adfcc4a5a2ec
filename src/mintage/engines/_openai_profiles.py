"""What the servers that speak OpenAI's images API take, each in its own dialect: paths, names of fields, masks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit

Body = Literal["json", "form", "references"]
"""How a request travels: JSON; a form with files; JSON that holds the images as data URLs in `input_references`."""


@dataclass(frozen=True)
class Way:
    """How one verb is asked for.

    `images` and `mask` are the names of fields. `white`: a mask is white where it is repainted; else it is clear there
    (alpha 0) and opaque elsewhere. `most`: so many images at once. `seed`, `negative`: the fields that they travel in,
    empty where the server has none; a negative of "|" stands in the prompt, behind that. `size`, `n`, `b64`: whether
    the size, how many and `response_format: b64_json` are said at all. `inside`: seed, negative and further fields
    travel as JSON in this field.
    """

    path: str
    body: Body = "json"
    images: str = ""
    mask: str = ""
    white: bool = True
    most: int = 1
    seed: str = ""
    negative: str = ""
    size: bool = True
    n: bool = True
    b64: bool = False
    inside: str = ""


@dataclass(frozen=True)
class Profile:
    """One server's dialect.

    `ways`: verb → how. `hosts`: names (or endings that begin with a dot) by which `profile: auto` knows it; `port`:
    that of a server of one's own. `takes`: which of the engine's further options it has. `extra`: whether fields that
    nobody here knows may be sent; not where money hangs on them.
    """

    name: str
    ways: Mapping[str, Way]
    hosts: tuple[str, ...] = ()
    port: int | None = None
    takes: frozenset[str] = field(default_factory=frozenset)
    extra: bool = True

    @property
    def verbs(self) -> frozenset[str]:
        return frozenset(self.ways)


GENERATIONS, EDITS, INPAINTING = "/images/generations", "/images/edits", "/images/inpainting"

_PICTURE = frozenset({"quality", "background", "output_format", "output_compression"})


def _openai() -> Profile:
    edit = Way(EDITS, "form", "image[]", "mask", white=False, most=16)
    ways = {"text": Way(GENERATIONS)} | dict.fromkeys(("image", "images", "mask"), edit)
    takes = _PICTURE | {"moderation", "input_fidelity", "complexity"}
    return Profile("openai", ways, ("api.openai.com", ".openai.azure.com"), takes=takes, extra=False)


def _openrouter() -> Profile:
    shown = Way("/images", "references", "input_references", most=16)
    ways = {"text": Way("/images"), "image": shown, "images": shown}
    return Profile("openrouter", ways, ("openrouter.ai",), takes=_PICTURE)


_OWN = Way(GENERATIONS, seed="seed", negative="negative_prompt", b64=True)
"""Words alone, on a server of one's own."""


def _vllm_omni() -> Profile:
    edit = replace(_OWN, path=EDITS, body="form", images="image", mask="mask_image", most=16)
    ways = {"text": _OWN} | dict.fromkeys(("image", "images", "mask"), edit)
    return Profile("vllm-omni", ways, takes=frozenset({"output_format"}))


def _sglang() -> Profile:
    """Its edits read a mask and do nothing with it."""
    edit = replace(_OWN, path=EDITS, body="form", images="image", most=16)
    return Profile("sglang", {"text": _OWN, "image": edit, "images": edit}, takes=_PICTURE)


def _localai() -> Profile:
    mask = Way(INPAINTING, "form", "image", "mask", size=False, n=False)
    return Profile("localai", {"text": replace(_OWN, negative="|"), "mask": mask})


def _ollama() -> Profile:
    return Profile("ollama", {"text": replace(_OWN, negative="")}, ("ollama.com",), port=11434)


def _xinference() -> Profile:
    text = replace(_OWN, inside="kwargs")
    edit = Way(EDITS, "form", "image", most=16, b64=True)
    mask = replace(text, path=INPAINTING, body="form", images="image", mask="mask_image")
    return Profile("xinference", {"text": text, "image": edit, "images": edit, "mask": mask})


def _generic() -> Profile:
    """What every server has: pictures from words, as base64 or by address."""
    return Profile("generic", {"text": Way(GENERATIONS)}, takes=_PICTURE)


PROFILES: Mapping[str, Profile] = {
    p.name: p
    for p in (
        _openai(),
        _openrouter(),
        _vllm_omni(),
        _sglang(),
        _localai(),
        _ollama(),
        _xinference(),
        _generic(),
    )
}

ALL = frozenset(verb for profile in PROFILES.values() for verb in profile.ways)


def profile_of(name: str, base_url: str) -> Profile:
    """The profile of that name; for "auto" the one that the address tells, else `generic`."""
    if name != "auto":
        return PROFILES[name]
    parts = urlsplit(base_url)
    host = (parts.hostname or "").casefold()
    for profile in PROFILES.values():
        named = any(host == h or host.endswith(h if h.startswith(".") else f".{h}") for h in profile.hosts)
        if named or (profile.port is not None and parts.port == profile.port):
            return profile
    return PROFILES["generic"]
