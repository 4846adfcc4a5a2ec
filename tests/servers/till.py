"""A hosted shop that takes money: an `ImageShop` and a `ChatShop` behind one `Loopback`, and what they have charged."""

import asyncio
import math
import os
import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from starlette.applications import Starlette
from tests.servers.chat import ChatShop
from tests.servers.images import Dialect, ImageShop, Order
from tests.servers.loopback import Loopback

from mintage.hosted import flight, pace

PRICE = 0.1
"""Dollars for a picture, where the till has one price."""

TOKENS = "gpt-image-2.6-flare"
"""A model that is paid by what it uses; `Till(tokens=True)` sells it."""

IN, SHOWN, OUT, MOST_OUT = 5e-6, 8e-6, 30e-6, 1_100
"""Dollars for a token of text, of a picture that is sent, of one that is made; a small picture has so many at most."""


def scene(seen: str, size: tuple[int, int]) -> bytes:
    """Discs on a slope of light, other ones for each text: a picture that is neither blank nor noise."""
    lots = random.Random(seen)
    light = Image.linear_gradient("L").resize(size).rotate(90 * lots.randrange(4))
    image = Image.merge("RGB", [light.point([int(v * lots.uniform(0.4, 1)) for v in range(256)]) for _ in range(3)])
    draw = ImageDraw.Draw(image)
    for _ in range(9):
        x, y, r = lots.randrange(size[0]), lots.randrange(size[1]), lots.randint(2, 2 + min(size) // 4)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(lots.randrange(256) for _ in range(3)))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


class Till(ImageShop):
    """Bills every picture that it makes, also those that get lost on their way.

    `tokens`: by what it used, another number each time; else `PRICE` each. `retires_after`: so many pictures, then the
    model is gone. A fault `{"late": 2.0}` answers so many seconds after the work is done, whoever still listens. `key`:
    the one that is asked for, as in `ImageShop`. `chat` answers on the same server. `headers_seen`: of every request.
    """

    def __init__(self, profile: str = "generic", *, tokens: bool = False, seed: int = 0, **more: Any) -> None:
        super().__init__(profile, scene, **more)
        self.tokens = tokens
        self.charged = 0.0
        self.retires_after = math.inf
        self.chat = ChatShop()
        self.headers_seen: list[dict[str, str]] = []
        self._random = random.Random(seed)
        self._bill: dict[str, Any] = {}
        self._inner = Starlette(routes=[*self.app.routes, *self.chat.routes])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Takes the whole request before anything else: work that has begun is done, and billed."""
        self.headers_seen.append({k.decode(): v.decode() for k, v in scope["headers"]})
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        fault = scope.setdefault("state", {}).setdefault("fault", {})
        if len(self.bought) >= self.retires_after and "images" in scope["path"]:
            fault = scope["state"]["fault"] = {"content": "retired"}
        sent: list[Any] = []

        async def given() -> Any:
            return messages.pop(0) if messages else await receive()

        async def hold(message: Any) -> None:
            sent.append(message)

        await self._inner(scope, given, hold)
        await asyncio.sleep(fault.get("late", 0.0))
        for message in sent:
            await send(message)

    def _reply(self, order: Order, dialect: Dialect, content: str, url: str) -> dict[str, Any]:
        made = self._random.randint(1, MOST_OUT)
        text, shown = len(order.fields["prompt"].split()), 8 * len(order.images)
        self.charged += text * IN + shown * SHOWN + made * OUT if self.tokens else PRICE
        counts = {"input_tokens": text + shown, "output_tokens": made, "total_tokens": text + shown + made}
        self._bill = counts | {"input_tokens_details": {"text_tokens": text, "image_tokens": shown}}
        return super()._reply(order, dialect, content, url)

    def _usage(self, order: Order) -> dict[str, Any]:
        return {"usage": self._bill} if self.tokens else {}


class Counter:
    """A till and the address where it stands."""

    def __init__(self, till: Till, server: Loopback) -> None:
        self.till, self.server = till, server

    def use(self, **options: Any) -> dict[str, Any]:
        """`make:` of a spec that buys here, one picture after the other."""
        own = {"model": TOKENS, "quality": "low", "profile": "openai"} if self.till.tokens else {"price": PRICE}
        given = {"model": "painter-1", "base_url": f"{self.server.url}/v1", "concurrency": 1, "timeout": 10}
        return {"use": "openai"} | given | {"size": "48x48", "profile": self.till.profile} | own | options

    def writing(self, **options: Any) -> dict[str, Any]:
        """`write:` of a spec whose words come from here."""
        given = {"model": "scribe-1", "base_url": f"{self.server.url}/v1", "price": 0.001, "timeout": 10}
        return {"use": "openai"} | given | options

    def fail(self, fault: Mapping[str, Any], at: int) -> None:
        """The `at`-th request for a picture from now on meets this fault."""
        self.server.faults.extend([{}] * (at - 1) + [dict(fault)])

    @property
    def sold(self) -> int:
        return len(self.till.bought)


@contextmanager
def open_till(till: Till) -> Iterator[Counter]:
    """Faults are for pictures alone."""
    with Loopback(till) as server:
        server.at = lambda path: "/images" in path  # type: ignore[method-assign]
        yield Counter(till, server)


def quicken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short waits, nothing remembered of other tests' servers, and nothing of this machine's environment."""
    for name in os.environ:
        if name.startswith(("OPENAI_", "SSL_CERT")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(pace.Pace, "_all", {})
    monkeypatch.setattr(pace, "PAUSES", (0.1, 0.2))
    monkeypatch.setattr(flight, "FIRST_WAIT", 0.02)


def story(folder: Path, name: str = "image") -> dict[str, list[tuple[str, str, float]]]:
    """Recipe → (outcome, note, cost) of its facts of that name, in the order in which they were written."""
    db = sqlite3.connect(f"file:{folder / 'ledger.db'}?mode=ro", uri=True)
    try:
        rows = db.execute(
            "SELECT r.id, f.outcome, f.note, f.cost FROM facts f JOIN recipes r ON r.n = f.recipe WHERE f.name = ?"
            " ORDER BY f.number",
            (name,),
        ).fetchall()
    finally:
        db.close()
    told: dict[str, list[tuple[str, str, float]]] = {}
    for recipe, outcome, note, cost in rows:
        told.setdefault(recipe, []).append((outcome, note, cost))
    return told
