"""The key of a server is in the environment alone: in no file, no output, no log and no error, whatever goes wrong."""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.servers.images import Dialect, Order
from tests.servers.till import Counter, Till, open_till, quicken

from mintage.core.errors import MintageError
from mintage.engines import openai as hosted_engine
from mintage.run import Run
from trial import ended

CANARY = "sk-canary-Zq81xW7uLr0Pa3vK"
PART = CANARY[3:]
"""What must be found nowhere, not even without its beginning."""

LOGGERS = ("", "mintage", "openai", "httpx2", "httpcore2")


class Echo(Till):
    """A shop that takes one key, and puts it into its answers."""

    def _reply(self, order: Order, dialect: Dialect, content: str, url: str) -> dict[str, Any]:
        if content == "echo in an error":
            return super()._reply(order, dialect, "", url) | {"data": [], "error": {"message": f"got {CANARY}"}}
        reply = super()._reply(order, dialect, content, url)
        if content == "echo in words":
            reply["data"][0]["revised_prompt"] = f"a lemon, Authorization: Bearer {CANARY}"
        return reply


def refusal(status: int, message: str, code: str = "") -> dict[str, Any]:
    return {"status": status, "body": {"error": {"message": message, "code": code}}}


FAULTS: dict[str, dict[str, Any]] = {
    "401": refusal(401, f"Incorrect API key provided: {CANARY}. You can find it at https://x.test?key={CANARY}"),
    "401 in plain text": {"status": 401, "body": f"<html><b>Authorization: Bearer {CANARY}</b></html>"},
    "400": refusal(400, f"bad request, headers: {{'Authorization': 'Bearer {CANARY}', 'host': 'x'}}"),
    "403": refusal(403, f"the key {CANARY!r} has no access"),
    "402": refusal(402, f"{CANARY} has no credit", "insufficient_quota"),
    "429": refusal(429, f"rate limit for key {CANARY}"),
    "500": refusal(500, f"crashed with Bearer {CANARY}"),
    "502": {"status": 502, "body": f"upstream said Bearer {CANARY}"},
    "moderation": refusal(400, f"safety system rejected it for {CANARY}", "moderation_blocked"),
    "another type": {"type": "text/html", "body": f"<p>{CANARY}"},
    "not JSON": {"type": "application/json", "body": f'{{"Bearer {CANARY}'},
    "an address": {"type": "application/json", "body": f'{{"data": [{{"url": "ftp://u:{CANARY}@x/{CANARY}"}}]}}'},
    "in an error": {"content": "echo in an error"},
    "in words": {"content": "echo in words"},
    "cut": {"reset": "after"},
    "half": {"half": True},
    "late": {"late": 1.0},
    "gone": {"content": "retired"},
    "none": {},
}


class Kept(logging.Handler):
    """Everything that is logged, at every level, as text with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))
        self.texts.append(repr(vars(record)))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quicken(monkeypatch)
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)


@pytest.fixture
def logged() -> Iterator[Kept]:
    kept = Kept()
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.addHandler(kept)
    yield kept
    for logger, level in before:
        logger.setLevel(level)
        logger.removeHandler(kept)


@pytest.fixture
def shop() -> Iterator[Counter]:
    with open_till(Echo(key=CANARY)) as counter:
        yield counter


def is_nowhere(text: str, where: str) -> None:
    assert PART not in text, f"the key is in {where}: {text[max(0, text.index(PART) - 300) :][:500]}"


def is_in_no_file(folder: Path) -> None:
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert files
    for path in files:
        assert PART not in str(path) and PART.encode() not in path.read_bytes(), f"the key is in {path}"


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n in ("401", "400", "in words") else [pytest.mark.slow]) for n in FAULTS],
)
def test_the_key_is_nowhere_whatever_the_server_says(
    name: str, a_set: Callable[..., Run], shop: Counter, logged: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.server.faults.extend([{}, FAULTS[name], {}, FAULTS[name]])
    make = shop.use(timeout=0.5, concurrency=2)
    run = a_set(classes={"lemon": 3, "chair": 3}, score=[], write=shop.writing(), make=make)
    folder = str(run.folder)
    commands = [["plan", folder], ["run", folder], ["status", folder], ["retry", folder], ["run", folder]]
    commands += [["report", folder], ["export", folder], ["doctor", folder]]
    said = ""
    for command in commands:
        code, printed = ended(capsys, *command)
        is_nowhere(printed, f"mintage {command[0]}")
        assert "Traceback" not in printed and code in (0, 1, 2)
        said += printed
    assert run.status().summary.total.kept == 6, said
    sample = next(iter(run.samples(kept=True)))
    shop.server.faults.append(FAULTS[name])
    is_nowhere(ended(capsys, "remake", folder, sample.id)[1], "remake")
    is_in_no_file(run.folder.parent)
    is_nowhere("\n".join(logged.texts), "a log")
    assert any(h.get("authorization") == f"Bearer {CANARY}" for h in shop.till.headers_seen), "it was not used at all"


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_server_that_sends_us_elsewhere_does_not_send_the_key_along(
    status: int, a_set: Callable[..., Run], shop: Counter, logged: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_till(Till()) as other:
        there = f"{other.server.url}/v1/images/generations".replace("127.0.0.1", "localhost")
        shop.server.faults.append({"status": status, "headers": {"location": there}})
        run = a_set(classes={"lemon": 3}, score=[], write="grammar", make=shop.use())
        for command in ("run", "retry", "status"):
            is_nowhere(ended(capsys, command, str(run.folder))[1], command)
        assert not any("authorization" in headers for headers in other.till.headers_seen)
        assert PART not in str(other.till.headers_seen)
    is_in_no_file(run.folder.parent)
    is_nowhere("\n".join(logged.texts), "a log")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["401", "400", "500", "402", "moderation"])
def test_the_key_is_nowhere_whatever_a_writer_is_told(
    name: str, a_set: Callable[..., Run], shop: Counter, logged: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.server.at = lambda path: True  # type: ignore[method-assign]
    shop.server.faults.append(FAULTS[name])
    run = a_set(classes={"lemon": 3}, score=[], write=shop.writing(), make=shop.use())
    for command in ("run", "status", "retry", "run", "report"):
        is_nowhere(ended(capsys, command, str(run.folder))[1], command)
    assert run.status().summary.total.kept == 3
    is_in_no_file(run.folder.parent)
    is_nowhere("\n".join(logged.texts), "a log")


def test_help_engines_and_doctor_do_not_show_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for command in (["--help"], ["run", "--help"], ["engines"], ["engines", "openai"], ["doctor", str(tmp_path)]):
        code, said = ended(capsys, *command)
        assert code in (0, 1)
        is_nowhere(said, " ".join(command))
    assert "key OPENAI_API_KEY" in said and "set" in said


def test_a_bug_of_an_engine_does_not_tell_it(
    a_set: Callable[..., Run],
    shop: Counter,
    plugged: Callable[[str, str, type[Any]], None],
    logged: Kept,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Engine(hosted_engine.Engine):
        bugs = 0

        def _call(self, request: Any) -> Any:
            call = super()._call(request)
            type(self).bugs += 1
            if type(self).bugs in (2, 3):

                def do() -> Any:
                    raise RuntimeError(f"{self._client.auth_headers} {self._client.api_key}")

                object.__setattr__(call, "do", do)
            return call

    plugged("engines", "buggy", Engine)
    run = a_set(classes={"lemon": 3, "chair": 3}, score=[], write="grammar", make=shop.use() | {"use": "buggy"})
    code, said = ended(capsys, "run", str(run.folder))
    is_nowhere(said, "the output")
    assert code == 0 and run.status().summary.total.kept == 6, said
    is_in_no_file(run.folder.parent)
    is_nowhere("\n".join(logged.texts), "a log")


CRASH = """
import sys
from mintage import flow
from mintage.cli import main

add = flow.Flow._add

def crash(self, facts):
    add(self, facts)
    if facts and facts[0].name == "image" and facts[0].outcome == "done":
        raise RuntimeError("a bug of ours")

flow.Flow._add = crash
main(sys.argv[1:])
"""


def test_a_traceback_does_not_show_it(a_set: Callable[..., Run], shop: Counter, outside: dict[str, str]) -> None:
    run = a_set(classes={"lemon": 3}, score=[], write="grammar", make=shop.use())
    env = outside | {"OPENAI_API_KEY": CANARY}
    command = [sys.executable, "-X", "dev", "-W", "ignore", "-c", CRASH, "run", str(run.folder)]
    crashed = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", timeout=60)
    assert crashed.returncode == 1 and "RuntimeError: a bug of ours" in crashed.stderr
    is_nowhere(crashed.stdout + crashed.stderr, "the traceback")
    is_in_no_file(run.folder.parent)


def test_ctrl_c_does_not_show_it(a_set: Callable[..., Run], shop: Counter, outside: dict[str, str]) -> None:
    shop.server.latency = 0.3
    run = a_set(classes={"lemon": 9}, score=[], write="grammar", make=shop.use(concurrency=2))
    env = outside | {"OPENAI_API_KEY": CANARY, "OPENAI_LOG": "debug"}
    command = [sys.executable, "-m", "mintage.cli", "run", str(run.folder)]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        until = time.monotonic() + 60
        while shop.sold < 2 and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "DEBUG" in err, "the client's own log was not on"
    is_nowhere(out + err, "the output")
    is_in_no_file(run.folder.parent)
    assert run.status().summary.total.kept == shop.sold


# ── put where it must not be ────────────────────────────────────────────────────────────────────────────────────────


WRONG: tuple[dict[str, Any], ...] = (
    {"key": CANARY},
    {"key": PART},
    {"api_key": CANARY},
    {"key": {"OPENAI_API_KEY": CANARY}},
    {"base_url": f"http://user:{CANARY}@127.0.0.1:9/v1"},
    {"base_url": f"http://127.0.0.1:9/v1?api_key={CANARY}"},
    {"base_url": f"{CANARY}"},
    {"extra": {"api_key": CANARY}, "profile": "vllm-omni"},
    {"extra": {"headers": {"Authorization": f"Bearer {CANARY}"}}, "profile": "vllm-omni"},
)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: "-".join(w))
@pytest.mark.parametrize("part", ["make", pytest.param("write", marks=pytest.mark.slow)])
def test_a_key_in_the_spec_is_refused_and_not_shown(
    part: str, wrong: dict[str, Any], a_set: Callable[..., Run], shop: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    use = {"make": shop.use, "write": shop.writing}[part]()
    if part == "write":
        wrong = {k: v for k, v in wrong.items() if k != "profile"}
    given = {"make": shop.use(), "write": "grammar"} | {part: use | wrong}
    run = a_set(classes={"lemon": 2}, score=[], **given)
    for command in ("plan", "run", "status"):
        code, said = ended(capsys, command, str(run.folder))
        is_nowhere(said, command)
        assert code == 2, said
        assert "Traceback" not in said
    assert not shop.server.asked
    (run.folder / "dataset.yaml").unlink()
    (run.folder / "other").write_text("so that there is a file")
    is_in_no_file(run.folder)


def test_a_key_on_the_command_line_is_refused_and_not_shown(
    shop: Counter, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ["try", "openai", "a lemon", "--options.model", "painter-1"]
    code, said = ended(capsys, *given, "--options.key", CANARY)
    assert code == 2
    is_nowhere(said, "the output")
    with pytest.raises(MintageError) as caught:
        from mintage import try_

        try_("openai", "a lemon", options={"model": "m", "key": CANARY})
    is_nowhere(repr(caught.value) + str(caught.value) + repr(caught.value.__context__), "the error")
