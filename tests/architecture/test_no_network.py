"""Tests, and what they run, reach no network: a connection beyond this machine is refused."""

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
