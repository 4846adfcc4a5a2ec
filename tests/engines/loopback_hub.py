"""A model hub on this machine: the part of the real one's protocol that its library uses, over one folder."""

import hashlib
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "c0ffee00" * 5


class Hub:
    """Serves `models`: owner/name → folder, from when it is made until `close`. It notes what it was asked for.

    `slow`: seconds before each answer. `breaks_after`: bytes of each file after which the connection is cut, once.
    """

    def __init__(self, models: dict[str, Path], licence: str = "openrail") -> None:
        self.models, self.licence = models, licence
        self.asked: list[str] = []
        self.slow = 0.0
        self.breaks_after: int | None = None
        handler = type("Bound", (_Handler,), {"hub": self})
        self.server = _Server(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def sent(self, end: str) -> list[str]:
        """The files that were asked for with GET and end so."""
        return [path for what, path in (a.split(" ", 1) for a in self.asked) if what == "GET" and path.endswith(end)]


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that did not wait is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        self.hub.asked.append(f"{self.command} {path}")
        time.sleep(self.hub.slow)
        if asked := re.fullmatch(r"/api/models/([^/]+/[^/]+)(/revision/[^/]+|/tree/[^/]+)?", path):
            folder = self.hub.models.get(asked[1])
            if folder is None:
                self._missing("RepoNotFound")
            elif (asked[2] or "").startswith("/tree"):
                self._json([{"type": "file", "path": f, "size": n, "oid": _tag(folder / f)} for f, n in _files(folder)])
            else:
                self._json(self._card(asked[1], folder))
        elif asked := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
            folder = self.hub.models.get(asked[1])
            if folder is None or not (folder / asked[2]).is_file():
                self._missing("RepoNotFound" if folder is None else "EntryNotFound")
            else:
                self._file(folder / asked[2])
        else:
            self._missing("EntryNotFound")

    def _card(self, name: str, folder: Path) -> dict[str, Any]:
        index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
        return {
            "id": name,
            "sha": COMMIT,
            "siblings": [{"rfilename": f, "size": n} for f, n in _files(folder)],
            "cardData": {"license": self.hub.licence},
            "config": {"diffusers": {"_class_name": index.get("_class_name")}},
        }

    def _json(self, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _missing(self, code: str) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _file(self, path: Path) -> None:
        data = path.read_bytes()
        part = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(part[1]) if part else 0
        self.send_response(206 if part else 200)
        if part:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{_tag(path)}"')
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.hub.breaks_after
        if cut is not None and len(data) - start > cut:
            self.hub.breaks_after = None
            self.wfile.write(data[start : start + cut])
            self.wfile.flush()
            self.connection.close()
            self.close_connection = True
            return
        self.wfile.write(data[start:])


def _files(folder: Path) -> list[tuple[str, int]]:
    return [(p.relative_to(folder).as_posix(), p.stat().st_size) for p in sorted(folder.rglob("*")) if p.is_file()]


def _tag(path: Path) -> str:
    return hashlib.sha1(path.read_bytes()).hexdigest()
