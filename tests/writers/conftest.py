"""A chat server for the tests of the writer `openai`."""

from collections.abc import Iterator

import pytest
from tests.servers.chat import ChatShop
from tests.servers.loopback import Loopback

from mintage.writers import _openai_asking


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test meets its server for the first time, though an earlier one may have had the same port."""
    monkeypatch.setattr(_openai_asking, "_SEEN", {})


@pytest.fixture
def shop() -> ChatShop:
    return ChatShop()


@pytest.fixture
def server(unseen: None, shop: ChatShop) -> Iterator[Loopback]:
    with Loopback(shop.app) as running:
        yield running
