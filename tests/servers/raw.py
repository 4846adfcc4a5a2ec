"""A server that says whatever bytes a test wants, for what no decent one would do."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

Say = Callable[[socket.socket], None]


class Raw:
    """Calls `say` with each connection, in a thread of its own, and closes it. `met`: how many there were."""

    def __init__(self, say: Say) -> None:
        self.say, self.met = say, 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)

    def _run(self) -> None:
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            self.met += 1
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def _serve(self, one: socket.socket) -> None:
        with one, suppress(OSError):  # they may leave at any time
            self.say(one)


def read(one: socket.socket) -> bytes:
    """A request with all of its body; nothing where they left."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = one.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(h[15:]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += one.recv(65536)
    return head + b"\r\n\r\n" + body
