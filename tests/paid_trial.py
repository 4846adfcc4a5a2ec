"""Runs against a server that is paid: small sets, a shop that keeps books, and what the ledger says of the money."""

import asyncio
import contextlib
import json
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from tests.servers.chat import ChatShop
from tests.servers.images import ImageShop
from tests.servers.loopback import Loopback

from mintage.core.ledger_reading import FILE

CONCURRENCY = 4
IMAGE, WORDS = 0.04, 0.01
"""Dollars for a request."""

Paid = tuple[str, str]
"""A recipe's id and the name of its fact."""


class Trade:
    """Shops for images and words behind one server, which carries out and bills whatever has reached it.

    A client that hangs up changes nothing of that. `unbooked`: the keys of requests that arrived before their ticket
    was committed in the ledger of `folder`. `latency`: seconds for each request; `price`: dollars for each image.
    """

    def __init__(self, folder: Path, latency: float = 0.05) -> None:
        self.folder, self.latency = folder, latency
        self.price = IMAGE
        self.images, self.chat = ImageShop("openai"), ChatShop()
        self.unbooked: list[str] = []
        self.shops = Starlette(routes=[*self.images.app.routes, *self.chat.routes])
        self.server = Loopback(self.app)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        if messages[-1]["type"] == "http.disconnect":
            return
        key = dict(scope["headers"]).get(b"idempotency-key", b"").decode()
        if key not in {ticket for tickets in Books.of(self.folder).tickets.values() for ticket in tickets}:
            self.unbooked.append(key)
        await asyncio.sleep(self.latency)
        queue = iter(messages)

        async def again() -> Any:
            return next(queue)

        await self.shops(scope, again, send)

    @property
    def sold(self) -> dict[str, str]:
        """Key → name of the fact, of everything that was carried out."""
        return {key: "image" for _, key in self.images.bought} | dict.fromkeys(self.chat.bought, "words")

    @property
    def charged(self) -> float:
        return self.price * len(self.images.bought) + WORDS * sum(self.chat.bought.values())

    def rest(self) -> None:
        """Wait until everything that has reached the server is carried out."""
        quiet = 0
        while quiet < 3:
            time.sleep(0.01)
            quiet = 0 if self.server.now else quiet + 1

    def check(self) -> None:
        """Nothing left before it was booked, and nothing was carried out twice under one key."""
        assert not self.unbooked, "a request left before its ticket was committed"
        keys = Counter([key for _, key in self.images.bought]) + Counter(self.chat.bought)
        assert not [key for key, n in keys.items() if n > 1], "one key was bought twice"

    def use(self, price: float, **more: Any) -> dict[str, Any]:
        """The plug-in `openai` at this server, as a spec has it."""
        told = {"use": "openai", "model": "shop-1", "base_url": f"{self.server.url}/v1", "price": price}
        return told | {"concurrency": CONCURRENCY, "timeout": 20, "patience": 20} | more

    def make(self) -> dict[str, Any]:
        return self.use(IMAGE, profile="openai", size="64x64")

    def write(self) -> dict[str, Any]:
        return self.use(WORDS, group=3)


@dataclass(frozen=True)
class Books:
    """What a ledger says of what was bought.

    `done`: what is there, as (number of the fact, what it is). `tickets`: all that were ever sent. `owed`: the bounds
    of what was sent and not answered. `heights`: what is spent and owed after each fact.
    """

    done: dict[Paid, tuple[int, Any]]
    tickets: dict[Paid, list[str]]
    owed: dict[Paid, float]
    spent: float
    heights: list[float]

    @classmethod
    def of(cls, folder: Path) -> "Books":
        books = cls({}, {}, {}, 0.0, [])
        spent = 0.0
        for number, recipe, name, outcome, value, cost in _facts(folder):
            paid = (recipe, name)
            if outcome == "sent":
                books.tickets.setdefault(paid, []).append(value["ticket"])
                books.owed[paid] = books.owed.get(paid, 0.0) + value["bound"]
            else:
                books.owed.pop(paid, None)
                spent += cost
            if outcome == "done":
                assert paid not in books.done, f"{paid} is there twice"
                books.done[paid] = (number, (value["sha256"], value["path"]) if name == "image" else value)
            books.heights.append(spent + sum(books.owed.values()))
        return cls(books.done, books.tickets, books.owed, spent, books.heights)

    @property
    def open(self) -> set[str]:
        """The tickets of what was sent and not answered."""
        return {self.tickets[paid][-1] for paid in self.owed}

    def lost(self, trade: Trade) -> dict[str, str]:
        """Key → name of the fact, of what was sold, and is neither whole in the ledger nor counted as lost there."""
        booked = {key for tickets in self.tickets.values() for key in tickets}
        return {key: name for key, name in trade.sold.items() if key in self.open or key not in booked}


def _facts(folder: Path) -> Iterator[tuple[int, str, str, str, Any, float]]:
    if not (folder / FILE).exists():
        return
    sql = (
        "SELECT f.number, r.id, f.name, f.outcome, f.value, f.cost FROM facts f JOIN recipes r ON r.n = f.recipe"
        " WHERE f.name IN ('words', 'image') ORDER BY f.number"
    )
    with contextlib.closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as db:
        for *told, value, cost in db.execute(sql):
            yield (*told, json.loads(value or "null"), cost)


def intact(folder: Path) -> None:
    """The ledger is sound, and nothing half-written lies about."""
    with contextlib.closing(sqlite3.connect(folder / FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not list(folder.rglob("*.partial")), "a temporary file was left"


def wait_for(what: Callable[[], object]) -> None:
    """Until it is true; what takes a minute never comes."""
    last = time.monotonic() + 60
    while not what():
        assert time.monotonic() < last, "what was waited for never came"
        time.sleep(0.005)


def environment() -> dict[str, str]:
    """For a process of its own: without keys, addresses and proxies of this machine."""
    env = dict(os.environ) | {"COLUMNS": "200", "PYTHONUTF8": "1"}
    return {k: v for k, v in env.items() if not k.startswith("OPENAI_") and not k.lower().endswith("_proxy")}
