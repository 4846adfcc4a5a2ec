"""One ComfyUI server over plain HTTP: asked again while it does not answer, and told nothing twice."""

import json
import logging
import time
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from mintage.core.errors import MintageError
from mintage.hosted.wire import bound

if TYPE_CHECKING:
    import httpx2

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0
"""Seconds between two calls of a server that does not answer, doubled each time."""

TRIES = 4
"""So often one thing is asked for that the server answers in a broken way."""

NAP = 0.2
"""Seconds before it is."""

CLIENT = "mintage"
_JSON = {"content-type": "application/json"}

_log = logging.getLogger("mintage.hosted")


class Refusal(Exception):
    """The server will not do this one thing: its words, and its whole answer if that was JSON."""

    def __init__(self, words: str, told: Any = None) -> None:
        super().__init__(words)
        self.told = told


class _Away(Exception):
    """No answer, or none from ComfyUI itself: it may come back."""


class _Broken(Exception):
    """It is there, and the answer is of no use."""


def shown_server(address: str) -> str:
    """Host and port, without anything else that an address can hold."""
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port}" if parts.port else str(host)


class Server:
    """Open it with `with`. Seconds: `timeout` for one request, `patience` for a server that does not answer.

    Every call waits, and says so once, while the server does not answer; then it raises `MintageError`. What the
    server will not do raises `Refusal`.
    """

    def __init__(self, address: str, timeout: float, patience: float) -> None:
        self.address, self.timeout, self.patience = address.rstrip("/"), timeout, patience
        self.shown = shown_server(address)
        self._since: float | None = None
        self._pause = 0.0

    def __enter__(self) -> Self:
        import httpx2

        trusts = not _is_near(urlsplit(self.address).hostname or "")
        self._client = httpx2.Client(
            base_url=self.address,
            timeout=self.timeout,
            trust_env=trusts,
            event_hooks={"response": [lambda reply: bound(reply, self.timeout)]},
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    # ── what it is asked ────────────────────────────────────────────────────────────────────────────────────────────

    def check(self) -> None:
        """Whether ComfyUI answers at this address at all.

        Raises:
            MintageError: nobody answers, or somebody else does.
        """
        said = "it knows nothing of /system_stats"
        try:
            sound = "system" in self._json("GET", "/system_stats")
        except Refusal as error:
            sound, said = False, str(error)
        if not sound:
            raise MintageError(
                f"what answers at {self.shown} is no ComfyUI: {said}", expected="the address of a ComfyUI server"
            )

    def order(self, prompt_id: str, nodes: Mapping[str, Any]) -> dict[str, Any]:
        """Put a workflow into the queue, once; what the server says of it.

        Where the answer is lost, the queue is asked before anything is sent again: it would make it twice.
        """
        body = json.dumps({"prompt": nodes, "prompt_id": prompt_id, "client_id": CLIENT}).encode()
        words = ""
        for _ in range(TRIES):
            try:
                return _as_dict(self._once("POST", "/prompt", content=body, headers=_JSON))
            except _Away as error:
                words = str(error)
                self._wait(words)
            except _Broken as error:
                words = str(error)
                time.sleep(NAP)
            if self.knows(prompt_id):
                return {"prompt_id": prompt_id}
        raise Refusal(words)

    def knows(self, prompt_id: str) -> bool:
        """Whether a prompt waits, runs or is finished there."""
        return prompt_id in self.queued() or self.history(prompt_id) is not None

    def queued(self) -> set[str]:
        """The ids of all that runs or waits there.

        Raises:
            MintageError: it cannot say.
        """
        try:
            told = self._json("GET", "/queue")
        except Refusal as error:
            raise MintageError(
                f"ComfyUI at {self.shown} does not tell its queue: {error}",
                expected="a server that works; what it has made and has in its queue is fetched later",
                type_this="mend it, then `mintage run` again; nothing is lost",
            ) from error
        rows = [row for part in ("queue_running", "queue_pending") for row in told.get(part) or ()]
        return {str(row[1]) for row in rows if isinstance(row, list) and len(row) > 1}

    def history(self, prompt_id: str) -> dict[str, Any] | None:
        """What became of a prompt; None: it is not finished, or not known."""
        entry = self._json("GET", f"/history/{prompt_id}").get(prompt_id)
        return entry if isinstance(entry, dict) else None

    def forget(self, prompt_id: str) -> None:
        """Take a prompt out of the queue."""
        self._asked("POST", "/queue", json={"delete": [prompt_id]})

    def view(self, image: Mapping[str, Any]) -> bytes:
        """The bytes of a picture that it made."""
        params = {name: str(image.get(name, "")) for name in ("filename", "subfolder", "type")}
        return self._asked("GET", "/view", "image/", params=params).content

    def upload(self, name: str, png: bytes) -> str:
        """Put a picture where workflows load from; the name that they know it by."""
        files = {"image": (name, png, "image/png")}
        reply = self._asked("POST", "/upload/image", files=files, data={"overwrite": "true", "type": "input"})
        told = _as_dict(reply)
        kept = "/".join(filter(None, [str(told.get("subfolder") or ""), str(told.get("name") or "")]))
        return kept or name

    def nodes(self, kind: str = "") -> dict[str, Any]:
        """What it says of its kinds of nodes, or of one; empty where it says nothing."""
        try:
            return self._json("GET", f"/object_info/{kind}" if kind else "/object_info")
        except Refusal:
            return {}

    # ── how ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _json(self, method: str, path: str) -> dict[str, Any]:
        return _as_dict(self._asked(method, path))

    def _asked(self, method: str, path: str, kind: str = "application/json", **more: Any) -> "httpx2.Response":
        """The answer to what may be asked as often as one likes."""
        left = TRIES
        while True:
            try:
                return self._once(method, path, kind, **more)
            except _Away as error:
                self._wait(str(error))
            except _Broken as error:
                left -= 1
                if not left:
                    raise Refusal(str(error)) from error
                time.sleep(NAP)

    def _once(self, method: str, path: str, kind: str = "application/json", **more: Any) -> "httpx2.Response":
        import httpx2

        try:
            reply = self._client.request(method, path, **more)
        except httpx2.RequestError as error:
            raise _Away(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        if reply.status_code in (408, 429, 502, 503, 504):
            raise _Away(f"it answers {reply.status_code}")
        self._since, self._pause = None, 0.0
        told = reply.headers.get("content-type", "")
        if reply.status_code >= 500:
            raise _Broken(f"the server answers {reply.status_code}: {_words(reply)}")
        if reply.status_code in (401, 403, 407):
            expected = "a server that takes requests without a login, or a tunnel to it"
            raise MintageError(f"{self.shown} answers {reply.status_code}: it wants a login", expected=expected)
        if not reply.is_success:
            raise Refusal(f"the server answers {reply.status_code}: {_words(reply)}", _parsed(reply))
        if (method, path) == ("POST", "/queue"):
            return reply
        if not told.startswith(kind) and not (kind == "image/" and told.startswith("application/octet-stream")):
            raise _Broken(f"the server sent {told or 'nothing'} where {kind.rstrip('/')} was expected")
        if kind == "application/json" and not isinstance(_parsed(reply), dict):
            raise _Broken("the server sent JSON that is none of ComfyUI's")
        return reply

    def _wait(self, words: str) -> None:
        """Wait for a server that does not answer, longer each time.

        Raises:
            MintageError: patience is at its end.
        """
        now = time.monotonic()
        if self._since is None:  # a connection that was only cut is not worth a word
            self._since, self._pause = now, FIRST_PAUSE
        elif self._pause == 2 * FIRST_PAUSE:
            _log.warning(
                "ComfyUI at %s does not answer (%s): waiting up to %g s; nothing is lost, Ctrl-C stops",
                self.shown,
                words,
                self.patience,
            )
        left = self._since + self.patience - now
        if left <= 0:
            raise MintageError(
                f"ComfyUI at {self.shown} does not answer: {words}",
                expected="a ComfyUI server that runs there; what it has made and has in its queue is fetched later",
                type_this="start it, then `mintage run` again; nothing is lost",
            )
        time.sleep(min(self._pause, left))
        self._pause = min(2 * self._pause, LONGEST_PAUSE)


@cache
def _is_near(host: str) -> bool:
    """Whether it is this machine or one beside it: no proxy of the environment knows the way there."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_private
    except ValueError:
        return False


def _parsed(reply: "httpx2.Response") -> Any:
    try:
        return reply.json()
    except (ValueError, RecursionError):
        return None


def _as_dict(reply: "httpx2.Response") -> dict[str, Any]:
    told = _parsed(reply)
    return told if isinstance(told, dict) else {}


def _words(reply: "httpx2.Response") -> str:
    """What an answer says, in one line."""
    told = _parsed(reply)
    error = told.get("error") if isinstance(told, dict) else None
    said = error.get("message", error) if isinstance(error, dict) else error or reply.text
    return " ".join(str(said).split())[:300] or reply.reason_phrase
