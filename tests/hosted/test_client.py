"""The client speaks to the server of its options alone, with a key from the environment that no text ever shows."""

import logging
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import openai
import pytest
from pydantic import ValidationError
from tests.hosted.conftest import CANARY, Maker
from tests.servers.loopback import Loopback

from mintage.core.errors import MintageError
from mintage.hosted.client import connect, is_near, new_ticket, scrub, shown_server
from mintage.hosted.faults import read_fault
from mintage.hosted.options import ServerOptions

Build = Callable[..., ServerOptions]
Open = Callable[[ServerOptions], openai.OpenAI]


@pytest.fixture
def server(kept: Loopback, maker: Maker) -> Loopback:
    kept.app = maker.app
    kept.faults.clear()
    kept.asked.clear()
    return kept


def make(client: openai.OpenAI) -> Any:
    return client.images.generate(model="m", prompt="a cat")


def test_the_key_comes_from_the_variable_that_the_options_name(
    options: Build, opened: Open, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-one")
    monkeypatch.setenv("STUDIO_KEY", f"{CANARY}\n")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-a-third-one")
    make(opened(options(key="STUDIO_KEY")))
    assert maker.seen[0]["authorization"] == f"Bearer {CANARY}"


def test_a_server_on_this_machine_needs_no_key(options: Build, opened: Open, maker: Maker) -> None:
    make(opened(options()))
    assert maker.seen[0]["authorization"] == "Bearer none"


def test_without_a_key_it_is_said_what_to_export() -> None:
    with pytest.raises(MintageError, match=r"(?s)api\.openai\.com.*export OPENAI_API_KEY="):
        connect(ServerOptions(model="m"))


def test_a_server_that_costs_nothing_needs_no_key(opened: Open) -> None:
    opened(ServerOptions(model="m", base_url="https://images.example.org/v1", price=0))


@pytest.mark.parametrize("key", ["sk-ключ-12345", "two words-12345", "sk-a\nb12345"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(MintageError) as caught:
        connect(ServerOptions(model="m"))
    assert "12345" not in str(caught.value)


@pytest.mark.parametrize("key", [CANARY, "gsk_abcdef", "aB3" * 10, "two words", 4711, ["a"]])
def test_a_key_in_the_options_is_refused_and_not_shown(key: Any) -> None:
    with pytest.raises(MintageError) as caught:
        ServerOptions(model="m", key=key)
    assert str(key) not in str(caught.value)
    assert caught.value.problems[0].where == "key"


@pytest.mark.parametrize(
    "address",
    [
        "https://me:sesame@example.org/v1",
        "https://sesame@example.org/v1",
        "https://example.org/v1?api_key=sesame",
        "ftp://example.org",
        "example.org/v1",
        "https:///v1",
        "https://example.org:99999/v1",
        "https://exa mple.org/v1",
        "https://example.org/v1/chat/completions",
        "https://example.org/v1/images/generations/",
        7,
    ],
)
def test_what_is_no_address_of_a_server_is_refused(address: Any) -> None:
    with pytest.raises(MintageError) as caught:
        ServerOptions(model="m", base_url=address)
    assert "sesame" not in str(caught.value)
    assert caught.value.problems[0].where == "base_url"


def test_other_options_are_checked_too() -> None:
    for wrong in ({"concurrency": 0}, {"timeout": 0}, {"price": -1}, {"max_cost": -1}, {"model": ""}, {"no_such": 1}):
        with pytest.raises(ValidationError):
            ServerOptions(**{"model": "m", **wrong})


def test_only_the_model_says_what_comes_out() -> None:
    marked = {n for n, f in ServerOptions.model_fields.items() if (f.json_schema_extra or {}) == {"how": True}}
    assert set(ServerOptions.model_fields) - marked == {"model"}


def test_the_address_in_the_environment_changes_nothing_and_is_told(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://elsewhere.example.org/v1")
    assert str(opened(ServerOptions(model="m")).base_url) == "https://api.openai.com/v1/"
    assert "OPENAI_BASE_URL is set and not used" in caplog.text
    caplog.clear()
    opened(ServerOptions(model="m", base_url="https://api.openai.com/v1"))
    assert not caplog.text


def test_an_account_at_openai_is_named_to_openai_alone(
    options: Build, opened: Open, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    make(opened(options()))
    assert not {"openai-organization", "openai-project"} & set(maker.seen[0])
    assert opened(ServerOptions(model="m")).organization == "org-1"


def test_the_client_itself_never_tries_again(server: Loopback, options: Build, opened: Open) -> None:
    server.faults.append({"status": 500})
    with pytest.raises(openai.InternalServerError):
        make(opened(options()))
    assert len(server.asked) == 1


def test_no_text_keeps_a_key(options: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_KEY", "pass/word+1")
    chosen = options(key="STUDIO_KEY")
    said = scrub("a pass/word+1\nb pass%2Fword%2B1 Bearer abc.def gsk_abcdefgh http://me:sesame@proxy sk-…", chosen)
    assert said == "a [key] b [key] [key] [key] http://[key]@proxy sk-…"
    assert len(scrub("long " * 1000, chosen)) == 500


def test_a_key_at_the_end_of_a_long_text_leaves_no_half_of_itself(
    options: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "K3yK3yK3yK3yK3y")
    assert "K3y" not in scrub("x" * 490 + " K3yK3yK3yK3yK3y", options())


@pytest.mark.parametrize(
    ("address", "shown", "near"),
    [
        ("http://127.0.0.1:8000/v1", "127.0.0.1:8000", True),
        ("http://[::1]:8000/v1", "[::1]:8000", True),
        ("http://localhost/v1", "localhost", True),
        ("http://gpu-box:8000/v1", "gpu-box:8000", True),
        ("http://10.1.2.3/v1", "10.1.2.3", True),
        ("http://vllm.studio.internal/v1", "vllm.studio.internal", True),
        ("https://api.openai.com/v1", "api.openai.com", False),
        ("https://8.8.8.8/v1?api-version=1", "8.8.8.8", False),
    ],
)
def test_a_server_is_shown_by_its_host_and_known_to_be_near(address: str, shown: str, near: bool) -> None:
    chosen = ServerOptions(model="m", base_url=address)
    assert (shown_server(chosen), is_near(chosen)) == (shown, near)


def test_tickets_are_never_the_same() -> None:
    assert len({new_ticket() for _ in range(100)}) == 100


def test_a_proxy_of_the_environment_is_asked_to_lead_on(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def refuse() -> None:
            one, _ = proxy.accept()
            with one:
                lines.append(one.recv(4000).decode())
                one.sendall(b"HTTP/1.1 503 Not Now\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("OPENAI_API_KEY", CANARY)
        chosen = ServerOptions(model="m", base_url="https://images.example.org/v1")
        with pytest.raises(openai.APIConnectionError) as caught:
            make(opened(chosen))
        thread.join(10)
    assert lines[0].startswith("CONNECT images.example.org:443 ")
    assert "canary" not in lines[0]
    fault = read_fault(caught.value, chosen)
    assert fault.kind == "again"
    assert "images.example.org" in fault.words


def test_no_proxy_is_asked_the_way_to_this_machine(
    server: Loopback, options: Build, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    make(opened(options()))
    assert len(server.asked) == 1
    opened(ServerOptions(model="m", base_url="http://[::1]:8000/v1"))


def test_what_stands_behind_the_address_goes_with_each_request(server: Loopback, opened: Open) -> None:
    client = opened(ServerOptions(model="m", base_url=f"{server.url}/v1?api-version=preview"))
    assert str(make(client).created) == "1"
    assert dict(client.default_query) == {"api-version": "preview"}


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    command = shutil.which("openssl")
    if command is None:
        pytest.skip("there is no openssl command to make a certificate with")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    asked = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([command, *asked.split(), "-out", cert, "-keyout", key], check=True, capture_output=True)
    return cert, key


class Reply(BaseHTTPRequestHandler):
    """One image of one byte for whatever is asked."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"created": 1, "data": [{"b64_json": "AA=="}]}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def safe_server(certificate: tuple[Path, Path]) -> Iterator[str]:
    """The address of a server with a certificate that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with HTTPServer(("127.0.0.1", 0), Reply) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
        thread.join()


def test_a_certificate_of_ones_own_is_trusted_when_the_environment_names_it(
    safe_server: str, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = ServerOptions(model="m", base_url=safe_server)
    with connect(chosen) as client, pytest.raises(openai.APIConnectionError) as caught:
        make(client)
    fault = read_fault(caught.value, chosen)
    assert fault.kind == "stop"
    assert "SSL_CERT_FILE" in str(fault.error)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with connect(chosen) as client:
        assert make(client).data[0].b64_json == "AA=="


def test_http_where_https_was_said_is_told(server: Loopback, opened: Open) -> None:
    chosen = ServerOptions(model="m", base_url=f"https{server.url.removeprefix('http')}/v1")
    with pytest.raises(openai.APIConnectionError) as caught:
        make(opened(chosen))
    fault = read_fault(caught.value, chosen)
    assert fault.kind == "stop"
    assert "no safe connection" in str(fault.error)


def test_nothing_of_the_key_is_logged(
    options: Build, opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    with caplog.at_level(logging.DEBUG):
        make(opened(options()))
    assert caplog.records
    assert "canary" not in caplog.text
