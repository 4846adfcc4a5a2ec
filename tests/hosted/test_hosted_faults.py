"""What each way of failing means, said by the official client over a real connection."""

import json
import logging
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import openai
import pytest
from tests.hosted.conftest import CANARY, Maker
from tests.servers.loopback import Loopback

from mintage.core.errors import MintageError
from mintage.hosted.faults import BrokenReply, Fault, Unsendable, read_fault
from mintage.hosted.options import ServerOptions

Build = Callable[..., ServerOptions]
Open = Callable[[ServerOptions], openai.OpenAI]


@pytest.fixture
def server(kept: Loopback, maker: Maker) -> Loopback:
    kept.app = maker.app
    kept.faults.clear()
    kept.asked.clear()
    return kept


@pytest.fixture
def asked(server: Loopback, options: Build, opened: Open) -> Callable[..., Fault]:
    """One request that meets a fault of the server: what is read from it."""

    def ask(fault: dict[str, Any], **more: Any) -> Fault:
        server.faults.append(fault)
        chosen = options(**more)
        try:
            reply: Any = opened(chosen).images.generate(model="m", prompt="a cat")
            if not isinstance(reply, openai.types.ImagesResponse):
                raise BrokenReply(f"no images but {type(reply).__name__}")
        except Exception as error:
            return read_fault(error, chosen)
        raise AssertionError("it went well")

    return ask


def answer(status: int, body: Any, **headers: str) -> dict[str, Any]:
    return {"status": status, "body": body, "headers": {k.replace("_", "-"): v for k, v in headers.items()}}


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_what_the_server_did_not_do_is_tried_again(asked: Callable[..., Fault], status: int) -> None:
    fault = asked(answer(status, error("not now")))
    assert fault == Fault("again", f"{status}: not now", status)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "1500", "retry_after": "2"}, 1.5),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "Mon, 23 Nov 1998 10:00:00 GMT"}, 0),
        ({}, None),
    ],
)
def test_the_server_says_how_long_to_wait(
    asked: Callable[..., Fault], headers: dict[str, str], seconds: float | None
) -> None:
    assert asked(answer(429, error("slow down"), **headers)).after == seconds


def test_the_server_says_until_when_to_wait(asked: Callable[..., Fault]) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    fault = asked(answer(429, error("slow down"), retry_after=until))
    assert fault.after is not None
    assert 86_000 < fault.after < 86_420


def test_a_wait_that_is_said_in_words_is_understood(asked: Callable[..., Fault]) -> None:
    assert asked(answer(429, error("Limit 5/min. Please try again in 1m12.5s."))).after == 72.5
    assert asked(answer(429, error("Please try again in 120ms."))).after == 0.12


@pytest.mark.parametrize(
    "fault",
    [
        {"reset": "before"},
        {"reset": "after"},
        {"half": True},
        {"type": "text/html"},
        *({"status": s} for s in (502, 504, 520, 524)),
    ],
)
def test_what_may_have_been_done_is_lost(asked: Callable[..., Fault], fault: dict[str, Any]) -> None:
    found = asked(fault)
    assert found.kind == "lost"
    assert found.words
    assert found.error is None


def test_a_page_in_place_of_an_error_is_told_in_its_words(asked: Callable[..., Fault]) -> None:
    page = "<html><style>p {}</style><body><h1>Bad gateway</h1>\n<p>try later</p></body></html>"
    fault = asked({"status": 502, "body": page, "headers": {"content-type": "text/html"}})
    assert fault == Fault("lost", "502: Bad gateway try later", 502)


def test_a_reply_that_takes_too_long_is_lost(asked: Callable[..., Fault]) -> None:
    assert asked({"slow": 1.0}, timeout=0.2) == Fault("lost", "no answer within 0.2 s")


def test_a_server_that_is_not_there_is_tried_again(opened: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    chosen = ServerOptions(model="m", base_url=f"http://127.0.0.1:{port}/v1")
    with pytest.raises(openai.APIConnectionError) as caught:
        opened(chosen).images.generate(model="m", prompt="a cat")
    fault = read_fault(caught.value, chosen)
    assert fault.kind == "again"
    assert f"127.0.0.1:{port}" in fault.words


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (
            400,
            error(
                "Your request was rejected by the safety system.",
                type="image_generation_user_error",
                code="moderation_blocked",
            ),
        ),
        (
            400,
            error(
                "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
                code="content_filter",
                innererror={
                    "code": "ResponsibleAIPolicyViolation",
                    "content_filter_result": {"violence": {"filtered": True}},
                },
            ),
        ),
        (
            403,
            error(
                "google/x requires moderation. Your input was flagged",
                code=403,
                metadata={"reasons": ["violence"], "flagged_input": "…"},
            ),
        ),
        (
            403,
            {
                "id": "1",
                "name": "content_moderation",
                "errors": ["Your request was flagged by our content moderation system"],
            },
        ),
        (
            400,
            {
                "code": "Client specified an invalid argument",
                "error": "Generated image rejected by content moderation.",
            },
        ),
        (422, {"detail": [{"loc": ["body", "prompt"], "msg": "NSFW content detected", "type": "value_error"}]}),
        (403, {"error": "Content violates usage guidelines. Team: a. Failed check: SAFETY_CHECK_TYPE_VIOLENCE"}),
        (400, error("系统检测到输入或生成内容可能包含不安全或敏感内容", code="1301")),
        (400, error("…", code="OutputImageSensitiveContentDetected")),
        (400, {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."}),
        (400, error("Your prompt was blocked: PROHIBITED_CONTENT")),
        (422, error("Prompt did not pass safety check")),
        (400, error("Request Moderated")),
        (400, error("La solicitud fue rechazada por nuestro sistema de seguridad")),
    ],
    ids=[
        *("openai", "azure", "openrouter", "stability", "xai", "fastapi", "grok", "zhipu", "volcengine", "dashscope"),
        *("google", "ideogram", "bfl", "spanish"),
    ],
)
def test_a_refusal_is_one_whoever_says_it(asked: Callable[..., Fault], status: int, body: Any) -> None:
    fault = asked(answer(status, body))
    assert (fault.kind, fault.status) == ("refused", status)
    assert fault.words.startswith(f"{status}: ")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (
            400,
            error(
                "Invalid value: 'strict'. Supported values are 'low' and 'auto'.",
                param="moderation",
                code="invalid_value",
            ),
        ),
        (400, error("Invalid size '7x7': must be a multiple of 16", param="size")),
        (400, error("The parameter `style` is deprecated")),
        (400, error("Unknown parameter: 'safety_settings'.")),
        (400, error("The model m's parameter `style` is deprecated", code="unsupported_parameter")),
        (400, error("Invalid size for model m: '7x7' is invalid")),
        (400, error("For this model, quality 'max' is not available")),
        (422, {"detail": [{"loc": ["body", "n"], "msg": "Input should be less than 5", "type": "less_than"}]}),
        (413, "too large"),
    ],
)
def test_a_request_that_cannot_be_carried_out_is_wrong(asked: Callable[..., Fault], status: int, body: Any) -> None:
    fault = asked(answer(status, body))
    assert (fault.kind, fault.status) == ("wrong", status)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, error("Incorrect API key provided"), "export OPENAI_API_KEY="),
        (403, error("Your organization must be verified to use the model `m`"), "does not let us in"),
        (402, error("Insufficient credits"), "takes no more paid requests"),
        (
            429,
            error("You exceeded your current quota", code="insufficient_quota", type="insufficient_quota"),
            "add credit",
        ),
        (400, error("Billing hard limit has been reached", code="billing_hard_limit_reached"), "add credit"),
        (404, error("The model `m` does not exist", code="model_not_found"), "no model 'm'"),
        (404, error('model "m" not found, try pulling it first'), "no model 'm'"),
        (400, error("m is not a valid model ID", code=400), "no model 'm'"),
        (404, {"detail": "Not Found"}, "base_url"),
        (410, error("gone"), "no model 'm'"),
        (
            400,
            error("API key not valid. Please pass a valid API key.", status="INVALID_ARGUMENT"),
            "does not let us in",
        ),
        (403, error("Your organization has been flagged for suspicious activity."), "does not let us in"),
        (403, error("Your account has been blocked due to policy violations."), "does not let us in"),
        (429, error("Your account is suspended", type="exceeded_current_quota_error"), "add credit"),
        (429, error("余额不足或无可用资源包", code="1113"), "add credit"),
        (400, error("The model `m` has been deprecated, learn more at …", code="model_deprecated"), "no model 'm'"),
    ],
)
def test_what_no_request_can_mend_stops(asked: Callable[..., Fault], status: int, body: Any, said: str) -> None:
    fault = asked(answer(status, body))
    assert (fault.kind, fault.status) == ("stop", status)
    assert isinstance(fault.error, MintageError)
    assert said in str(fault.error)


def test_a_model_that_has_gone_is_told_with_its_date(asked: Callable[..., Fault]) -> None:
    fault = asked(answer(404, error("The model has been shut down", code="model_not_found")), model="dall-e-3")
    assert fault.error is not None
    assert "2026-05-12" in str(fault.error)


def test_a_model_that_will_go_does_not_hide_what_the_server_says(asked: Callable[..., Fault]) -> None:
    fault = asked(answer(404, error("The model gpt-4o does not exist for you")), model="gpt-4o")
    assert "2027-01-14" in fault.words and "does not exist for you" in fault.words


def test_a_field_that_is_wrong_is_named_and_what_was_sent_is_not_repeated(asked: Callable[..., Fault]) -> None:
    detail = [{"loc": ["body", "size"], "msg": "Field required", "type": "missing", "input": {"prompt": "a cat"}}]
    assert asked(answer(422, {"detail": detail})).words == "422: size: Field required"


def test_what_cannot_be_seen_is_not_in_the_words(asked: Callable[..., Fault]) -> None:
    said = '{"error": {"message": "\\u001b[31mred\\u0000 \\u202eturned \\ud800 half"}}'
    assert asked(answer(400, said)).words == "400: [31mred turned half"


@pytest.mark.parametrize("body", ["[" * 100_000, '{"error": true}', '{"error": {"message": {"a": ["b"]}}}', "\ufeff"])
def test_no_body_of_an_error_is_unreadable(asked: Callable[..., Fault], body: str) -> None:
    assert asked(answer(400, body)).kind == "wrong"


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"code": 403, "message": "your input was flagged"}, "refused"),
        ({"code": "content_filter", "message": "…"}, "refused"),
        ({"code": 402, "message": "Insufficient credits"}, "stop"),
        ({"code": 429, "message": "slow down"}, "again"),
        ({"code": 500, "message": "the worker died"}, "lost"),
        ({"message": "who knows"}, "lost"),
        ("boom", "lost"),
        (None, "lost"),
    ],
)
def test_an_error_in_a_reply_that_says_it_is_none_is_understood(options: Build, told: Any, kind: str) -> None:
    assert read_fault(BrokenReply("an error", told), options()).kind == kind


def test_what_cannot_be_put_into_a_request_costs_nothing(options: Build) -> None:
    assert read_fault(Unsendable("half a letter"), options()).kind == "wrong"


def test_a_key_that_the_server_echoes_is_never_shown(
    asked: Callable[..., Fault], maker: Maker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    said = f"Incorrect API key provided: {CANARY}. Bearer {CANARY}; also sk-proj-abcdef123456"
    with caplog.at_level(logging.DEBUG):
        for status in (400, 401, 429, 500, 502):
            fault = asked(answer(status, error(said)))
            assert "[key]" in fault.words
            for text in (fault.words, repr(fault), str(fault.error), json.dumps(str(fault.error))):
                assert "canary" not in text
                assert "sk-proj" not in text
        asked({"half": True})
    assert f"Bearer {CANARY}" in [h["authorization"] for h in maker.seen]
    assert "canary" not in caplog.text


def test_an_error_that_nobody_foresaw_counts_as_lost(options: Build) -> None:
    assert read_fault(KeyError("data"), options()).kind == "lost"
    assert read_fault(BrokenReply("an empty list"), options()) == Fault(
        "lost", "a reply that is no answer: an empty list"
    )


def test_what_a_user_can_fix_stops_as_it_is(options: Build) -> None:
    problem = MintageError("mend it")
    assert read_fault(problem, options()).error is problem
