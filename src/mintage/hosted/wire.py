"""Watches a request on the wire: whether all of it has left, how long its reply takes, how large that grows."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

LARGEST = 256 * 1024 * 1024
"""Bytes of a reply as it travels: more than any picture in any encoding."""

UNSENT = (".send_request_headers.failed", ".send_request_body.failed")


class Watch:
    """The client's transport tells it each step of one request."""

    cut = False
    """Only a part of the request left. Nobody carries out the half of one, so it cannot have been paid for."""

    def __init__(self, also: Callable[[str, Mapping[str, Any]], None] | None) -> None:
        self.also = also

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self.cut = self.cut or event.endswith(UNSENT)
        if self.also is not None:
            self.also(event, info)


def watch(request: "httpx2.Request") -> None:
    """For a client's event hook `request`."""
    request.extensions["trace"] = Watch(request.extensions.get("trace"))


def was_cut(request: "httpx2.Request") -> bool:
    """Whether a request that was watched broke off before all of it had left."""
    seen = request.extensions.get("trace")
    return isinstance(seen, Watch) and seen.cut


def bound(response: "httpx2.Response", seconds: float) -> None:
    """For a client's event hook `response`: its body arrives within so many seconds from now, or is a time-out.

    A client's own time-out is one between two bytes: a server that sends a space now and then would hold us for ever.
    """
    import httpx2

    class Bounded(httpx2.SyncByteStream):
        def __init__(self, stream: httpx2.SyncByteStream) -> None:
            self.stream = stream

        def __iter__(self) -> Iterator[bytes]:
            until, size = time.monotonic() + seconds, 0
            for part in self.stream:
                size += len(part)
                if size > LARGEST:
                    raise httpx2.ReadError(f"the reply is larger than {LARGEST >> 20} MiB")
                if time.monotonic() > until:
                    raise httpx2.ReadTimeout(f"the reply took longer than {seconds:g} s")
                yield part

        def close(self) -> None:
            self.stream.close()

    assert isinstance(response.stream, httpx2.SyncByteStream), "of a client that is not asynchronous"
    response.stream = Bounded(response.stream)
