"""Tests, and what they run, reach no network: a connection beyond this machine is refused."""

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest
from pytest_socket import SocketConnectBlockedError

from mintage.run import Run


@pytest.mark.parametrize("address", ["192.0.2.1", "8.8.8.8", "2001:db8::1"])
def test_a_test_that_connects_elsewhere_is_refused(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    refusal = (SocketConnectBlockedError, UserWarning)  # pytest-socket warns first, and warnings are errors here
    with socket.socket(family, socket.SOCK_STREAM) as one, pytest.raises(refusal, match=address):
        one.connect((address, 80))


def test_the_client_of_hosted_models_is_refused_elsewhere_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    from mintage.hosted.client import connect
    from mintage.hosted.options import ServerOptions

    for name in [n for n in os.environ if n.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    client = connect(ServerOptions(model="any", base_url="http://192.0.2.1/v1", price=0))
    with client, pytest.raises(Exception) as raised:  # the client wraps what stopped it
        client.images.generate(prompt="a lemon", model="any")
    reasons = []
    reason: BaseException | None = raised.value
    while reason is not None:
        reasons.append(repr(reason))
        reason = reason.__cause__ or reason.__context__
    assert any("192.0.2.1" in said and "socket" in said.casefold() for said in reasons), reasons


def test_a_test_may_speak_to_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_a_whole_run_opens_no_connection(
    a_set: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def refused(*_: Any) -> None:
        raise AssertionError("it connected somewhere")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    run = a_set(score=["mini", "technical"], keep={"attempts": 1}, classes={"watch": 4, "piano": 4})
    run.plan()
    run.make().finish()
    a_set(score=[], classes={"watch": 4, "piano": 4})
    run.make().finish()
    assert run.export(to=tmp_path / "out").images == 8
