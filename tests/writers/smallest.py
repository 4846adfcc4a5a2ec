"""The smallest way to run each writer for real, as it stands under `write:`."""

import atexit
import tempfile
from functools import cache
from pathlib import Path
from typing import Any


def smallest(writer: str) -> dict[str, Any]:
    """Never another code path; a server that a writer needs runs on this machine until the process ends."""
    if writer == "openai":
        return {"use": writer, "model": "small", "base_url": f"{chat_server()}/v1", "price": 0}
    if writer == "transformers":
        return {"use": writer, "model": str(checkpoint()), "max_tokens": 16}
    return {"use": writer}


@cache
def checkpoint() -> Path:
    """A language model with random weights, written once for each process. Skips where a library is absent."""
    from tests.writers.tiny_causal import tiny_causal

    return tiny_causal(Path(tempfile.mkdtemp(prefix="tiny-")) / "model")


@cache
def chat_server() -> str:
    """The address of a chat server, started once for each process."""
    from tests.servers.chat import ChatShop
    from tests.servers.loopback import Loopback

    server = Loopback(ChatShop().app)
    atexit.register(server.__exit__)
    return server.__enter__().url
