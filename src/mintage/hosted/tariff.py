"""What one request costs by a tariff: at most, usually, and by what the server says that it used."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MILLION = 1_000_000
ANY = "any"
"""The key of `each` that holds for every quality."""

CHAT_TOKENS = 256
"""Text tokens that a chat format may add of its own, some for each message."""

IMAGE_TOKENS = 64
"""Text tokens that a picture's prompt may be given. The GPT Image models were seen to add 6."""

PICTURE_TEXT_TOKENS = 64
"""Text tokens that an input picture may add. GPT Image 1.5 was seen to bill up to 45."""

PATCH = 32
"""Pixels along the side of what OpenAI counts as a token of an input picture."""

CANVAS = 1024
"""Smaller input pictures are magnified until their long side has so many pixels, but at most twice."""

BYTES_PER_TOKEN = 4
"""Of English text, roughly; only for what a request usually costs."""

USUAL_AUTO = "medium"
"""What `quality: auto` is reckoned as where it is not a matter of the most."""


@dataclass(frozen=True, slots=True)
class Range:
    """A number that is not sure: as it usually is, and at most."""

    usual: float
    most: float


@dataclass(frozen=True, slots=True)
class Long:
    """The dearer rate of long requests: above so many input tokens everything costs so many times as much."""

    above: int
    input: float
    output: float


@dataclass(frozen=True)
class Tariff:
    """What a model costs, in dollars; rates are per million tokens. See prices.yaml for what the fields mean.

    `dated` and `source` say when and where the price was read. `request` is the price of any request. `max_cost` is
    what the user says that a request costs at most.
    """

    model: str
    dated: str = ""
    source: str = ""
    input: float | None = None
    cached: float | None = None
    cache_write: float | None = None
    output: float | None = None
    image_input: float | None = None
    image_cached: float | None = None
    image_output: float | None = None
    picture: int | None = None
    grid: Mapping[str, Range] = field(default_factory=dict)
    each: Mapping[str, Range] = field(default_factory=dict)
    auto: tuple[int, int] | None = None
    request: float | None = None
    long: Long | None = None
    max_cost: float | None = None

    @property
    def free(self) -> bool:
        """Nothing is ever paid."""
        return self.request == 0

    def most_for_image(
        self,
        *,
        quality: str,
        size: tuple[int, int] | None,
        prompt: str,
        images: Sequence[tuple[int, int]] = (),
        mask: bool = False,
    ) -> float:
        """The most that one picture of one request costs, in dollars; `math.inf`: nobody can say.

        It holds for one still picture (PNG, JPEG, WebP), without partial images. `size` None is `auto`; `images` are
        the sizes of the input pictures; a mask counts as one more.
        """
        if self.request is not None:
            return self._capped(self.request)
        count = len(images) + mask
        text = len(prompt.encode("utf-8", "replace")) + IMAGE_TOKENS + count * PICTURE_TEXT_TOKENS
        shown = count * (math.inf if self.picture is None else self.picture) if count else 0.0
        times = self._times(text + shown)
        sent = self._dollars(text, self._dearest_input) + self._dollars(shown, self.image_input)
        return self._capped(sent * max(times.input, 1.0) + self._made_most(quality, size) * max(times.output, 1.0))

    def usual_for_image(
        self,
        *,
        quality: str,
        size: tuple[int, int] | None,
        prompt: str,
        images: Sequence[tuple[int, int]] = (),
        mask: bool = False,
    ) -> float | None:
        """What one picture usually costs, in dollars; None: nobody can say."""
        if self.request is not None:
            return self.request
        text = self._dollars(len(prompt.encode("utf-8", "replace")) / BYTES_PER_TOKEN, self.input)
        sizes = [*images, *(images[:1] if mask else ())]
        pictures = self._dollars(sum(min(_patches(*s), self.picture or math.inf) for s in sizes), self.image_input)
        key = USUAL_AUTO if quality == "auto" else quality
        ranged = self.each.get(key) or self.each.get(ANY)
        if ranged:
            made = ranged.usual
        elif key in self.grid:
            made = self._dollars(_grid_tokens(self.grid[key].usual, *(size or (CANVAS, CANVAS))), self.image_output)
        else:
            return None
        usual = text + (pictures if sizes else 0.0) + made
        return min(usual, self._capped(math.inf)) if math.isfinite(usual) else None

    def most_for_chat(self, *, text: str | int, max_tokens: int) -> float:
        """The most that one chat request costs, in dollars; `math.inf`: nobody can say.

        `text` is everything that is sent (messages, schema), or its length in UTF-8 bytes: no byte is more than a
        token. `max_tokens` is what the request allows to be written, thinking included.
        """
        if self.request is not None:
            return self._capped(self.request)
        tokens = (text if isinstance(text, int) else len(text.encode("utf-8", "replace"))) + CHAT_TOKENS
        times = self._times(tokens)
        sent = self._dollars(tokens, self._dearest_input) * max(times.input, 1.0)
        return self._capped(sent + self._dollars(max_tokens, self._dearest_output) * max(times.output, 1.0))

    def usual_for_chat(self, *, bytes: int, tokens: int) -> float | None:
        """What a chat request of so many bytes, answered with so many tokens, usually costs; None: nobody can say."""
        if self.request is not None:
            return self.request
        usual = self._dollars(bytes / BYTES_PER_TOKEN, self.input) + self._dollars(tokens, self.output)
        return usual if math.isfinite(usual) else None

    def cost(self, usage: Mapping[str, Any] | None) -> float | None:
        """What a request has cost, in dollars, by the server's `usage` object; None: there is nothing to go by.

        Reads the shapes of images and of chat, and `cost` as OpenRouter gives it. Where the object does not say of what
        kind tokens are, the dearest kind is meant.
        """
        if self.request is not None:
            return self.request
        if not isinstance(usage, Mapping):
            return None
        told = _number(usage.get("cost"))
        if told is not None:
            upstream = _number(_inside(usage, "cost_details").get("upstream_inference_cost"))
            return told + (upstream or 0.0 if usage.get("is_byok") else 0.0)
        sent, made = _first(usage, "input_tokens", "prompt_tokens"), _first(usage, "output_tokens", "completion_tokens")
        if sent is None or made is None or (self.each and self._dearest_output is None):
            return None
        total = _number(usage.get("total_tokens"))
        if total is not None:  # some servers leave what a model thought out of its completion, and bill it
            made = max(made, total - sent)
        times = self._times(sent)
        details = {**_inside(usage, "prompt_tokens_details"), **_inside(usage, "input_tokens_details")}
        written = self._written(made, _inside(usage, "output_tokens_details"))
        dollars = self._sent(sent, details) * times.input + written * times.output
        return dollars if math.isfinite(dollars) else None

    def _sent(self, sent: float, details: Mapping[str, Any]) -> float:
        """Dollars for what went in, by its kinds; what was kept from before costs less."""
        pictures = min(_number(details.get("image_tokens")) or 0.0, sent)
        text = min(_number(details.get("text_tokens")) or 0.0, sent - pictures)
        rest = sent - pictures - text
        dollars = self._dollars(text, self.input) + self._dollars(pictures, self.image_input)
        dollars += self._dollars(rest, max((r for r in (self.input, self.image_input) if r is not None), default=None))
        split = _inside(details, "cached_tokens_details")
        kept = min(_number(details.get("cached_tokens")) or 0.0, sent)
        kept_pictures = min(_number(split.get("image_tokens")) or 0.0, kept, pictures)
        kept_text = min(kept - kept_pictures, sent - pictures)
        if self.input is not None and self.cached is not None:
            dollars -= self._dollars(kept_text, max(self.input - self.cached, 0.0))
        if self.image_input is not None and self.image_cached is not None:
            dollars -= self._dollars(kept_pictures, max(self.image_input - self.image_cached, 0.0))
        if self.input is not None and self.cache_write is not None:
            stored = min(_number(details.get("cache_write_tokens")) or 0.0, sent - kept)
            dollars += self._dollars(stored, max(self.cache_write - self.input, 0.0))
        return dollars

    def _written(self, made: float, details: Mapping[str, Any]) -> float:
        """Dollars for what came out."""
        dearest = self._dearest_output
        text = min(_number(details.get("text_tokens")) or 0.0, made)
        return self._dollars(text, dearest if self.output is None else self.output) + self._dollars(
            made - text, dearest
        )

    @property
    def _dearest_input(self) -> float | None:
        """Of a token of text whose kind nobody tells; None: unknown, and it is not part of another price."""
        rates = [r for r in (self.input, self.cache_write, self.image_input) if r is not None]
        return None if self.input is None else max(rates)

    @property
    def _dearest_output(self) -> float | None:
        return max((r for r in (self.output, self.image_output) if r is not None), default=None)

    def _times(self, tokens: float) -> Long:
        """How many times as much a request of so many input tokens costs."""
        return self.long if self.long and tokens > self.long.above else Long(0, 1.0, 1.0)

    def _made_most(self, quality: str, size: tuple[int, int] | None) -> float:
        """Dollars at most for the picture itself."""
        if self.each:
            known = [self.each[q] for q in (quality, ANY) if q in self.each] or (
                list(self.each.values()) if quality == "auto" else []
            )
            return max((r.most for r in known), default=math.inf)
        shape = size or self.auto
        found = list(self.grid.values()) if quality == "auto" else [self.grid[quality]] if quality in self.grid else []
        if shape is None or not found:
            return math.inf
        return self._dollars(_grid_tokens(max(r.most for r in found), *shape), self._dearest_output)

    def _dollars(self, tokens: float, rate: float | None) -> float:
        """Of so many tokens. A price for each picture holds everything that has no rate of its own."""
        if not tokens or rate == 0:
            return 0.0
        if rate is None:
            return 0.0 if self.each else math.inf
        return tokens * rate / MILLION

    def _capped(self, dollars: float) -> float:
        return dollars if self.max_cost is None else min(dollars, self.max_cost)


def _grid_tokens(grid: float, width: int, height: int) -> float:
    """The tokens of a picture that GPT Image 2 and later make, by the formula of OpenAI's calculator.

    The long side has `grid` patches, the short side as many as its shape asks for; larger pictures cost more for each.
    Halves are rounded up, where the calculator rounds some of them down.
    """
    if grid > MILLION:  # `.inf` in a user's table, most of all
        return math.inf
    long, short = max(width, height), min(width, height)
    across = max(1, math.floor(grid * short / long + 0.5))
    return math.ceil(grid * across * (2_000_000 + width * height) / 4_000_000)


def _patches(width: int, height: int) -> int:
    """The tokens that an input picture usually takes."""
    times = min(2.0, max(1.0, CANVAS / max(width, height, 1)))
    return math.ceil(width * times / PATCH) * math.ceil(height * times / PATCH)


def _number(value: Any) -> float | None:
    """A count or an amount; None for what is none (no truth values, nothing below 0, nothing infinite)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _first(usage: Mapping[str, Any], *keys: str) -> float | None:
    return next((n for n in (_number(usage.get(k)) for k in keys) if n is not None), None)


def _inside(usage: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = usage.get(key)
    return value if isinstance(value, Mapping) else {}
