"""What a request meets on the wire: replies without an end, connections that break before or after it has left."""

import socket
import time
from collections.abc import Callable
from typing import Any

import openai
import pytest
from tests.servers.raw import Raw, Say, read

from mintage.hosted import wire
from mintage.hosted.faults import Fault, read_fault
from mintage.hosted.options import ServerOptions

Open = Callable[[ServerOptions], openai.OpenAI]
BEGUN = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
WHOLE = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 24\r\n\r\n{"created":1, "data":[]}'


@pytest.fixture
def fault(opened: Open) -> Callable[..., Fault]:
    """What is read from a request to a server that says this."""

    def ask(say: Say, prompt: str = "a cat", timeout: float = 5.0) -> Fault:
        with Raw(say) as server:
            chosen = ServerOptions(model="m", base_url=f"{server.url}/v1", timeout=timeout)
            with pytest.raises(openai.OpenAIError) as caught:
                opened(chosen).images.generate(model="m", prompt=prompt)
        return read_fault(caught.value, chosen)

    return ask


def spaces(one: socket.socket) -> None:
    """As gateways do that keep a connection alive, and never anything else."""
    read(one)
    one.sendall(BEGUN)
    for _ in range(400):
        one.sendall(b"1\r\n \r\n")
        time.sleep(0.05)


def test_a_reply_that_never_ends_is_not_waited_for(fault: Callable[..., Fault]) -> None:
    assert fault(spaces, timeout=0.4) == Fault("lost", "no answer within 0.4 s")


def test_a_reply_that_is_larger_than_any_is_not_taken(
    fault: Callable[..., Fault], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LARGEST", 1 << 20)

    def flood(one: socket.socket) -> None:
        read(one)
        one.sendall(BEGUN)
        for _ in range(100):
            one.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")

    assert fault(flood).words == "the connection broke: the reply is larger than 1 MiB"


def test_half_a_request_was_not_carried_out(fault: Callable[..., Fault]) -> None:
    found = fault(lambda one: one.recv(1000) and None, prompt="x" * 30_000_000)
    assert found.kind == "again"
    assert "before all of the request had left" in found.words


def test_a_whole_request_without_an_answer_may_have_been(fault: Callable[..., Fault]) -> None:
    assert fault(lambda one: read(one) and None).kind == "lost"


def test_a_server_that_answers_half_a_request_is_heard(fault: Callable[..., Fault]) -> None:
    def refuse(one: socket.socket) -> None:
        one.recv(1000)
        one.sendall(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        one.shutdown(socket.SHUT_WR)
        while one.recv(1 << 20):
            pass

    assert fault(refuse, prompt="x" * 30_000_000) == Fault("wrong", "413 Too Large", 413)


def test_a_connection_that_was_closed_meanwhile_is_not_used_again(opened: Open) -> None:
    def once(one: socket.socket) -> None:
        read(one)
        one.sendall(WHOLE)

    with Raw(once) as server:
        client: Any = opened(ServerOptions(model="m", base_url=f"{server.url}/v1"))
        for _ in range(3):
            assert client.images.generate(model="m", prompt="a cat").data == []
            time.sleep(0.05)
        assert server.met == 3
