"""Runs a command of mintage and kills its own process the n-th time that it comes to a named point.

`python kill_at.py "before image committed" 3 run FOLDER`. Nothing in the product knows of it: the points are calls of
os, pathlib, sqlite3 and httpx2, which are replaced here. A request has left when its last byte was written; a reply is
about to be read when its headers are there.
"""

import os
import signal
import sqlite3
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

POINT, LEFT = sys.argv[1], [int(sys.argv[2])]
DOOR = threading.Lock()


def reach(point: str) -> None:
    """Die if this is the point, and the n-th time, in whatever thread."""
    if point == POINT:
        with DOOR:
            LEFT[0] -= 1
            if LEFT[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def watch(owner: Any, name: str, what: Any) -> None:
    """Around `owner.name`: before and after each call for which `what(*args)` names a point."""
    real = getattr(owner, name)

    def watched(*args: Any, **kwargs: Any) -> Any:
        point = what(*args, **kwargs)
        if point is None:
            return real(*args, **kwargs)
        reach(f"before {point}")
        result = real(*args, **kwargs)
        reach(f"after {point}")
        return result

    setattr(owner, name, watched)


class Half:
    """A file of which only half is written when the point is reached."""

    def __init__(self, file: Any, point: str) -> None:
        self.file, self.point = file, point

    def __enter__(self) -> "Half":
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, data: bytes) -> None:
        self.file.write(data[: len(data) // 2])
        self.file.flush()
        reach(f"half {self.point}")
        self.file.write(data[len(data) // 2 :])


def watch_open() -> None:
    real = Path.open

    def opened(self: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        file = real(self, mode, *args, **kwargs)
        if mode != "xb":
            return file
        point = "image written" if self.name.endswith(".partial") else "export copied"
        reach(f"before {point}")
        return Half(file, point)

    Path.open = opened  # type: ignore[method-assign, assignment]


class Connection(sqlite3.Connection):
    """Knows what a transaction adds; `words committed`, `image sent committed`, `recipes committed`, …"""

    adds = ""

    def execute(self, sql: str, *args: Any) -> Any:
        if sql.startswith("BEGIN"):
            self.adds = "nothing"
        for table in ("facts", "slots", "recipes", "frozen"):
            if sql.startswith(f"INSERT INTO {table}"):
                name = _named(args[0]) if table == "facts" else table
                self.adds = name if self.adds == "nothing" else self.adds
                result = super().execute(sql, *args)
                reach(f"in the middle of {name}")
                return result
        if not sql.startswith(("COMMIT", "PRAGMA journal_mode")):
            return super().execute(sql, *args)
        point = f"{self.adds} committed" if sql == "COMMIT" else "ledger created"
        reach(f"before {point}")
        result = super().execute(sql, *args)
        reach(f"after {point}")
        return result


def _named(values: Any) -> str:
    """A fact by its name, and whether it is what was sent."""
    return f"{values[1]} sent" if values[2] == "sent" else str(values[1])


def watch_requests() -> None:
    """Around each request: by the client's own hook for what happens on the line."""
    import httpx2

    real = httpx2.Client.send
    points = {
        "http11.send_request_body.complete": "after request left",
        "http11.receive_response_headers.complete": "before reply read",
    }

    def trace(event: str, info: object) -> None:
        if event in points:
            reach(points[event])

    def send(self: httpx2.Client, request: httpx2.Request, **kwargs: Any) -> httpx2.Response:
        request.extensions = {**request.extensions, "trace": trace}
        reach("before request left")
        response = real(self, request, **kwargs)
        reach("after reply read")
        return response

    httpx2.Client.send = send  # type: ignore[method-assign, assignment]


def main() -> None:
    if POINT.endswith(("request left", "reply read")):
        watch_requests()
    watch(os, "fsync", lambda *a: "image flushed")
    watch(Path, "replace", lambda self, *a: "image renamed" if self.name.endswith(".partial") else None)
    watch(Path, "rename", lambda self, *a: "export renamed")
    watch(Path, "touch", lambda self, *a, **k: "export begun" if self.name == ".mintage-partial" else None)
    watch_open()
    sqlite3.connect = partial(sqlite3.connect, factory=Connection)  # type: ignore[assignment]
    from mintage.cli import main as run

    run(sys.argv[3:])


main()
