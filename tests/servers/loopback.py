"""A real HTTP server on this machine for tests: any ASGI app, and faults on demand in front of it."""

import asyncio
import socket
import threading
import time
from collections import deque
from typing import Any, Self

import uvicorn

Fault = dict[str, Any]
"""One of these, for the next request that reaches the app (see `Loopback.faults`):

- `{"status": 429, "headers": {"retry-after": "1"}, "body": {...}}`: this answer, and the app is not asked
- `{"reset": "before"}`: the connection is cut before the app is asked; `{"reset": "after"}`: after it has done its work
- `{"half": True}`: the app does its work, half of its reply is sent, then the connection is cut
- `{"slow": 2.0}`: the app is asked after so many seconds
- `{"type": "text/html", "body": "<p>…"}`: the app does its work, and this goes out with status 200 instead
- anything else: it reaches the app in `scope["state"]["fault"]`
"""


class Loopback:
    """Serves an ASGI app at `url` from `with` to the end of it, in a thread.

    `faults` are handed out one to a request, in the order of arrival, to the requests for which `at(path)` is true.
    `asked`: (method, path) of every request, in the order of arrival. `most`: so many were in flight at once.
    `latency`: seconds before each request reaches the app.
    """

    def __init__(self, app: Any, latency: float = 0.0) -> None:
        self.app = app
        self.latency = latency
        self.faults: deque[Fault] = deque()
        self.asked: list[tuple[str, str]] = []
        self.now = self.most = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.times: list[float] = []
        config = uvicorn.Config(
            self._serve, log_level="critical", interface="asgi3", lifespan="off", http="h11", timeout_keep_alive=60
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def at(self, path: str) -> bool:
        """Which requests meet faults: all but polls of a queue. May be replaced."""
        return True

    def _run(self) -> None:
        self._server.run(sockets=[self.socket])

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self.socket.close()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append((scope["method"], scope["path"]))
        self.times.append(time.monotonic())
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            fault = self.faults.popleft() if self.faults and self.at(scope["path"]) else {}
            await asyncio.sleep(self.latency + fault.get("slow", 0.0))
            await self._answer(scope, receive, send, fault)
        finally:
            self.now -= 1

    async def _answer(self, scope: Any, receive: Any, send: Any, fault: Fault) -> None:
        cut = receive.__self__.transport.abort  # uvicorn's own: there is no other way to break a connection
        scope.setdefault("state", {})["fault"] = fault
        if fault.get("reset") == "before":
            await _read(receive)
            cut()
            return
        if "status" in fault:
            await _read(receive)
            await _reply(send, fault["status"], fault.get("body", {}), fault.get("headers", {}))
            return
        sent: list[Any] = []

        async def hold(message: Any) -> None:
            sent.append(message)

        broken = fault.keys() & {"reset", "half", "type"}
        await self.app(scope, receive, hold if broken else send)
        if "type" in fault:
            await _reply(send, 200, fault.get("body", "<p>not what you asked for</p>"), {}, fault["type"])
            return
        if "half" in fault:
            await send(sent[0])
            body = b"".join(m.get("body", b"") for m in sent[1:])
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await asyncio.sleep(0.05)  # so that the half is on its way
        if broken:
            cut()


async def _read(receive: Any) -> None:
    while (await receive()).get("more_body"):
        pass


async def _reply(send: Any, status: int, body: Any, headers: dict[str, str], kind: str = "application/json") -> None:
    import json

    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    told = {"content-type": kind, "content-length": str(len(data))} | headers
    pairs = [(k.encode(), v.encode()) for k, v in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": data})
