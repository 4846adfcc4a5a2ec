"""Any server that speaks OpenAI's images API: pictures from text, from one or several images, and by a mask."""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import finalize

from mintage.core import ports
from mintage.core.plugin import Told
from mintage.core.ports import LOST, Failed, Hosting, Made, Refused, Request, Resources, Sent
from mintage.engines._openai_models import nearest_size, sent_size, written
from mintage.engines._openai_options import Options
from mintage.engines._openai_profiles import ALL, Profile
from mintage.engines._openai_replies import Delivery, Fetcher, read_reply
from mintage.engines._openai_wire import send, write_letter
from mintage.hosted import wire
from mintage.hosted.client import connect, lacks_key, new_ticket, scrub, shown_server
from mintage.hosted.flight import Call, Landed, fly
from mintage.hosted.prices import Tariff, hosting_of, tariff_of

if TYPE_CHECKING:
    import openai

Size = tuple[int, int]

USUAL_PROMPT = 400
"""Bytes that a prompt is taken to have as long as it is not written."""

USUAL_SIZE = (1024, 1024)
"""Of parents, as long as nobody has opened them."""


class Engine(ports.Engine):
    """Draws on a server: OpenAI, OpenRouter, vLLM-Omni, SGLang, LocalAI, Ollama, Xinference and what is like them.

    `image` and `images` are edits with the prompt (a variation, a fusion), `mask` repaints a part; which of them there
    are depends on the server (`profile`). Only servers of one's own have seeds: what others made cannot be made again,
    so its bytes are kept as they were delivered. None of them has a `strength`.

    A picture that is black or of one colour, or a reply without any, is a refusal that costs what the server took.
    """

    Options = Options
    can = Told(ALL, lambda engine: engine._profile.verbs)
    advice = Told[tuple[str, ...]]((), lambda engine: engine._advice)
    starter_options = {"model": "gpt-image-2.6-flare", "size": "1024x1024", "quality": "low"}  # noqa: RUF012
    streams = True
    needs = Resources(batch=256)

    # ── what it is, without asking anybody ──────────────────────────────────────────────────────────────────────────

    @cached_property
    def _profile(self) -> Profile:
        return self.options.server  # type: ignore[no-any-return]

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The options that change pixels, with the profile that the address told."""
        return dict(super().settings) | {"profile": self._profile.name}

    @cached_property
    def _tariff(self) -> Tariff:
        return tariff_of(self.options, self.spec.folder)

    @property
    def size(self) -> Size | None:
        size = self.options.size
        return size if isinstance(size, tuple) else None

    @property
    def _advice(self) -> tuple[str, ...]:
        key = f"the environment variable {self.options.key} is not set: the server's key goes there before a run"
        missing = (key,) if lacks_key(self.options) else ()
        if self._profile.name != "generic" or self.options.profile == "generic":
            return missing
        return (
            *missing,
            f"the address tells nothing of the server at {shown_server(self.options)}, so that it makes pictures from "
            "words alone; if it edits, say which it is: profile: vllm-omni, sglang, localai, xinference or openai",
        )

    @property
    def hosting(self) -> Hosting:
        """Of one image from words."""
        request = Request("", "text", "")
        return hosting_of(self.options, self._tariff, self._usual(request), self.price(request))

    @property
    def seconds_per_image(self) -> float | None:
        """By the rate limit, if that is known."""
        return 60 / self.options.per_minute if self.options.per_minute else None

    # ── money ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def price(self, request: Request) -> float:
        return self._tariff.most_for_image(**self._priced(request))

    def _usual(self, request: Request) -> float | None:
        return self._tariff.usual_for_image(**self._priced(request))

    def _priced(self, request: Request) -> dict[str, Any]:
        """What the price of a request depends on; what is not there yet is taken to be usual."""
        missing = {"image": 1, "mask": 1, "images": 2}.get(request.verb, 0) if not request.images else 0
        return {
            "quality": self.options.quality or "auto",
            "size": self._size_of(request),
            "prompt": request.prompt or "x" * USUAL_PROMPT,
            "images": [sent_size(picture.size) for picture in request.images] + [self.size or USUAL_SIZE] * missing,
            "mask": request.verb == "mask",
        }

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self) -> None:
        self._client: openai.OpenAI = connect(self.options)
        from openai import DefaultHttpx2Client

        seconds = self.options.timeout  # the client outlives whoever it refers to
        fetching = DefaultHttpx2Client(
            timeout=seconds, event_hooks={"response": [lambda reply: wire.bound(reply, seconds)]}
        )
        self._fetch = Fetcher(fetching, str(self._client.base_url), self._client.api_key)
        for opened in (self._client, fetching):  # nobody says when an engine is done
            finalize(self, opened.close)

    def make(self, requests: Iterable[Request]) -> Iterator[Sent | Made | Refused | Failed]:
        """Takes each request when there is room for it."""
        unsent: deque[Failed] = deque()
        asked: dict[str, Request] = {}

        def calls() -> Iterator[Call[Delivery]]:
            for request in requests:
                reason = self._reason_against(request)
                if reason:
                    unsent.append(Failed(request.recipe_id, reason))
                else:
                    asked[request.recipe_id] = request
                    yield self._call(request)

        for event in fly(calls(), self.options, book=not self._tariff.free):
            while unsent:
                yield unsent.popleft()
            if isinstance(event, Sent):
                yield event
            else:
                yield self._answer(asked.pop(event.call.ids[0]), event)
        yield from unsent

    def _reason_against(self, request: Request) -> str:
        """Why a request is not sent; empty when it is."""
        if request.ticket is not None:
            return f"{LOST}in flight when an earlier run ended"
        way = self._profile.ways.get(request.verb)
        if way is None:
            has = ", ".join(sorted(self._profile.verbs))
            return f"the server ({self._profile.name}) cannot do {request.verb!r}: it has {has}"
        if not request.prompt.strip():
            return "the prompt is empty"
        if way.images and not 1 <= len(request.images) <= way.most:
            return f"{request.verb!r} with {len(request.images)} images: the server takes 1 to {way.most}"
        if request.verb == "mask" and (request.mask is None or request.mask.size != request.images[0].size):
            return "the mask is missing" if request.mask is None else "the mask is not of the image's size"
        return ""

    def _call(self, request: Request) -> Call[Delivery]:
        ticket = new_ticket()

        def do() -> Delivery:
            letter = write_letter(
                self._profile,
                request,
                self.options.model,
                self._size_text(request),
                self._passed(request),
                self.options.extra,
            )
            return read_reply(send(self._client, letter, ticket), request.prompt, self._fetch)

        return Call((request.recipe_id,), (self._bound(request),), do, ticket=ticket)

    def _bound(self, request: Request) -> float:
        """The most that it can cost; 0 where nobody can say, which no budget lets through."""
        most = self.price(request)
        return most if math.isfinite(most) else 0.0

    def _passed(self, request: Request) -> dict[str, Any]:
        """Further options; how closely an image is followed says nothing where there is none."""
        passed: dict[str, Any] = self.options.passed
        return {k: v for k, v in passed.items() if k != "input_fidelity" or request.images}

    def _size_of(self, request: Request) -> Size | None:
        """The size that is asked for; None leaves it to the server. What a mask repaints keeps its size, or comes as
        near to it as the model can."""
        if request.width and request.height:
            return request.width, request.height
        if request.verb == "mask" and request.images:
            own = sent_size(request.images[0].size)
            return nearest_size(self.options.model, own) if self._profile.name == "openai" else None
        return self.size

    def _size_text(self, request: Request) -> str:
        size = self._size_of(request)
        if size:
            return written(size)
        return "auto" if self.options.size == "auto" and request.verb != "mask" else ""

    def _answer(self, request: Request, landed: Landed[Delivery]) -> Made | Refused | Failed:
        name, bound = request.recipe_id, landed.call.bounds[0]
        if landed.fault is not None:
            words = landed.fault.words
            if landed.fault.kind == "refused":
                return Refused(name, words)
            if landed.fault.kind == "lost":
                return Failed(name, LOST + words, cost=bound)
            return Failed(name, words)
        delivery = landed.value
        assert delivery is not None, "it landed without a fault"
        cost = self._cost(request, delivery, bound)
        if delivery.refusal:
            return Refused(name, delivery.refusal, cost=cost)
        notes = [scrub(note, self.options) for note in delivery.notes]
        expected = self._size_of(request) or (request.images[0].size if request.verb == "mask" else None)
        if expected and delivery.size != expected:
            notes.append(f"asked for {written(expected)}, delivered as {written(delivery.size)}")
        return Made(name, delivery.image, cost=cost, note="; ".join(notes))

    def _cost(self, request: Request, delivery: Delivery, bound: float) -> float:
        """What the server says, else the most that it can be; what is usual alone where nobody can say that."""
        cost = self._tariff.cost(delivery.usage)
        return bound or self._usual(request) or 0.0 if cost is None else cost
