"""The smallest way to run each writer for real, as it stands under `write:`."""

import atexit
from functools import cache
from typing import Any


def smallest(writer: str) -> dict[str, Any]:
    """Never another code path; a server that a writer needs runs on this machine until the process ends."""
    if writer == "openai":
        return {"use": writer, "model": "small", "base_url": f"{chat_server()}/v1", "price": 0}
    return {"use": writer}


@cache
def chat_server() -> str:
    """The address of a chat server, started once for each process."""
    from tests.servers.chat import ChatShop
    from tests.servers.loopback import Loopback

    server = Loopback(ChatShop().app)
    atexit.register(server.__exit__)
    return server.__enter__().url
