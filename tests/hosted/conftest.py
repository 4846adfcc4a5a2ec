"""A small server of images behind `Loopback`, options for it, and an environment without keys and proxies."""

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.servers.loopback import Loopback

from mintage.hosted import flight, pace
from mintage.hosted.client import connect
from mintage.hosted.options import ServerOptions

CANARY = "sk-canary-7Hq2vXw9"


class Maker:
    """Makes images of one byte, `room` of them at once. `seen`: each request's headers; `headers`: of each reply."""

    def __init__(self) -> None:
        self.seen: list[dict[str, str]] = []
        self.prompts: list[str] = []
        self.headers: dict[str, str] = {}
        self.room = 1000
        self.now = 0
        self.app = Starlette(routes=[Route("/v1/images/generations", self.make, methods=["POST"])])

    async def make(self, request: Request) -> Response:
        self.now += 1
        try:
            self.seen.append(dict(request.headers))
            if self.now > self.room:
                return JSONResponse({"error": {"message": "too many at once"}}, 429)
            self.prompts.append((await request.json())["prompt"])
            if self.room < 1000:
                await asyncio.sleep(0.1)
            return JSONResponse({"created": 1, "data": [{"b64_json": "AA=="}]}, headers=self.headers)
        finally:
            self.now -= 1


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's environment, and short waits."""
    for name in os.environ:
        if name.startswith(("OPENAI_", "SSL_CERT")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(pace.Pace, "_all", {})
    monkeypatch.setattr(pace, "PAUSES", (0.15, 0.3))
    monkeypatch.setattr(flight, "FIRST_WAIT", 0.02)


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def server(maker: Maker) -> Iterator[Loopback]:
    with Loopback(maker.app) as up:
        yield up


@pytest.fixture(scope="module")
def kept() -> Iterator[Loopback]:
    """One server for all tests of a file: to start one takes longer than most tests."""
    with Loopback(None) as up:
        yield up


@pytest.fixture
def options(server: Loopback) -> Callable[..., ServerOptions]:
    def build(**more: Any) -> ServerOptions:
        return ServerOptions(**{"model": "m", "base_url": f"{server.url}/v1"} | more)

    return build


@pytest.fixture
def opened() -> Iterator[Callable[[ServerOptions], openai.OpenAI]]:
    """`connect`, and what it opened is closed after the test."""
    clients = []

    def build(options: ServerOptions) -> openai.OpenAI:
        clients.append(connect(options))
        return clients[-1]

    yield build
    for client in clients:
        client.close()
