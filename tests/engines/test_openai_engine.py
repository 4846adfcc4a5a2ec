"""The engine `openai` against a real HTTP server on this machine, asked by the official client."""

import base64
import gc
import json
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw
from tests.servers.images import DIALECTS, ImageShop, noise
from tests.servers.loopback import Loopback

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.ports import LOST, Failed, Made, Refused, Request, Sent
from mintage.core.spec import DatasetSpec, Use

SPEC = DatasetSpec.model_validate({"name": "x", "classes": {"dog": 1}})
KEY = "canary-0123456789abcdef"
MODEL = "gpt-image-2.5-flare"
VERBS = [(name, verb) for name in DIALECTS for verb in ("text", "image", "images", "mask")]


class Trial:
    """A shop, the server in front of it, and an engine that buys there."""

    def __init__(self, shop: ImageShop, server: Loopback, engine: Any) -> None:
        self.shop, self.server, self.engine = shop, server, engine
        self.sent: list[Sent] = []

    def make(self, *requests: Request) -> dict[str, Any]:
        """The answers by recipe; every recipe gets exactly one."""
        answers: dict[str, Any] = {}
        for event in self.engine.make(iter(requests)):
            if isinstance(event, Sent):
                self.sent.append(event)
            else:
                assert event.recipe_id not in answers, "answered twice"
                answers[event.recipe_id] = event
        assert set(answers) == {r.recipe_id for r in requests}
        return answers

    def one(self, request: Request) -> Any:
        return self.make(request)[request.recipe_id]


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Trial]]:
    """`trial("vllm-omni", concurrency=2, …)`: an engine with these options at a shop of that profile."""
    monkeypatch.setenv("TRIAL_KEY", KEY)
    with ExitStack() as stack:

        def of(profile: str = "openai", *, shop: ImageShop | None = None, **options: Any) -> Trial:
            shop = shop or ImageShop(profile, key=KEY)
            server = stack.enter_context(Loopback(shop.app))
            given = {"model": MODEL, "base_url": f"{server.url}/v1", "key": "TRIAL_KEY", "profile": profile}
            if profile == "openai":
                given |= {"size": "64x64"}
            else:
                given |= {"price": 0}
            engine = build(**given | {"timeout": 5, "patience": 5} | options)
            engine.load()
            return Trial(shop, server, engine)

        yield of


def build(**options: Any) -> Any:
    return registry.build("engines", Use(use="openai", options=options), SPEC)


def ask(number: int = 0, verb: str = "text", **changes: Any) -> Request:
    """A sound request by a verb; pictures of 96×64, a part of the left one to be repainted."""
    pictures = [Image.linear_gradient("L").resize((96, 64)).rotate(180 * k).convert("RGB") for k in range(2)]
    mask = Image.new("L", (96, 64))
    ImageDraw.Draw(mask).rectangle((10, 10, 39, 39), 255)
    images = {"text": (), "image": pictures[:1], "images": pictures, "mask": pictures[:1]}[verb]
    given: dict[str, Any] = {"images": tuple(images), "mask": mask if verb == "mask" else None, "seed": 7 + number}
    return Request(f"r{number}", verb, f"a dog, number {number}", **given | changes)


def opened(made: Any) -> Image.Image:
    assert isinstance(made, Made), made
    assert isinstance(made.image, bytes)
    return Image.open(BytesIO(made.image)).convert("RGB")


# ── every profile, every verb ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("profile", "verb"), VERBS)
def test_each_verb_of_each_profile_is_understood_by_a_server_that_takes_nothing_else(
    profile: str, verb: str, trial: Callable[..., Trial]
) -> None:
    here = trial(profile)
    request = ask(verb=verb, negative="a cat")
    answer = here.one(request)
    if verb not in here.engine.can:
        assert isinstance(answer, Failed) and verb in answer.reason
        assert not here.shop.bought
        return
    picture = opened(answer)
    (order,) = here.shop.orders
    assert order.fields["model"] == MODEL
    assert [i.tobytes() for i in order.images] == [i.tobytes() for i in request.images], "sent without loss"
    if verb != "mask":
        assert order.repaint is None
        return
    assert order.repaint is not None and request.mask is not None
    assert order.repaint.tobytes() == request.mask.tobytes(), "white is what is repainted, whatever the convention"
    assert picture.size == request.images[0].size
    changed = ImageChops.difference(picture, request.images[0]).convert("L").getbbox()
    assert changed and changed[0] >= 10 and changed[2] <= 40 and changed[3] <= 40


@pytest.mark.parametrize("profile", [p for p in DIALECTS if p not in ("openai", "openrouter", "generic")])
def test_where_a_server_has_seeds_the_same_request_gives_the_same_picture(
    profile: str, trial: Callable[..., Trial]
) -> None:
    here = trial(profile)
    first, again, other = (here.one(ask(0, seed=seed)) for seed in (1, 1, 2))
    assert first.image == again.image != other.image


def test_the_profile_is_told_by_the_address() -> None:
    told = {
        "https://api.openai.com/v1": "openai",
        "https://here.openai.azure.com/openai/v1": "openai",
        "https://openrouter.ai/api/v1": "openrouter",
        "http://localhost:11434/v1": "ollama",
        "http://127.0.0.1:8000/v1": "generic",
        "https://notopenai.com/v1": "generic",
        "https://api.openai.com.evil.example/v1": "generic",
    }
    engines = {url: build(model="m", base_url=url) for url in told}
    assert {url: e.settings["profile"] for url, e in engines.items()} == told
    assert engines["http://127.0.0.1:8000/v1"].can == {"text"}
    assert "profile: vllm-omni" in engines["http://127.0.0.1:8000/v1"].advice[0]
    assert engines["https://api.openai.com/v1"].can == {"text", "image", "images", "mask"}


def test_a_size_is_taken_as_a_number_a_text_or_a_pair() -> None:
    for size in (1024, "1024x1024", [1024, 1024], "1024 × 1024", "1024X1024"):
        assert build(model=MODEL, size=size).size == (1024, 1024)
    assert build(model=MODEL, size="auto").size is None
    assert build(model=MODEL, size="AUTO").options.size == "auto"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"quality": "hd"}, "quality 'hd'.*low, medium, high"),
        ({"model": "gpt-image-2", "quality": "max"}, "quality 'max'"),
        ({"model": "gpt-image-2", "input_fidelity": "high"}, "input_fidelity: gpt-image-2 has none"),
        ({"model": "gpt-image-1-mini", "input_fidelity": "high"}, "input_fidelity: gpt-image-1-mini has low"),
        ({"size": "1000x1000"}, "multiples of 16.*the nearest is 992x992|multiples of 16.*1008x1008"),
        ({"size": "4096x2160"}, "at most 3840x2160"),
        ({"size": "3072x512"}, "1:3 to 3:1"),
        ({"model": "gpt-image-1.5", "size": "512x512"}, "gpt-image-1.5 makes 1024x1024, 1536x1024"),
        ({"background": "transparent", "output_format": "jpeg"}, "jpeg cannot"),
        ({"output_compression": 50}, "output_compression: output_format webp or jpeg"),
        ({"extra": {"seed": 3}}, "extra: openai takes no further fields"),
        ({"profile": "ollama", "quality": "low"}, "quality: the profile ollama has no such field"),
        ({"profile": "vllm-omni", "extra": {"n": 10}}, "extra: n is written by the engine itself"),
        ({"profile": "sglang", "extra": {"quality": "x"}}, "extra: quality is an option of its own"),
        ({"style": "vivid"}, "no option 'style'"),
        ({"steps": 4}, "no option 'steps'"),
    ],
)
def test_an_option_that_is_not_taken_is_refused_by_its_name(options: dict[str, Any], named: str) -> None:
    with pytest.raises(MintageError, match=f"(?s){named}"):
        build(**{"model": MODEL} | options)


def test_what_is_not_known_of_a_model_passes_to_the_server() -> None:
    build(model="gpt-image-9", size="1000x1000", quality="ultra", input_fidelity="high")


def test_options_reach_the_server_under_their_own_names(trial: Callable[..., Trial]) -> None:
    told = {"quality": "low", "background": "opaque", "moderation": "low", "output_format": "webp"}
    told |= {"output_compression": 70, "complexity": "high"}
    here = trial(**told)
    here.one(ask())
    fields = here.shop.orders[0].fields
    assert {k: fields[k] for k in told} == told
    own = trial("vllm-omni", extra={"num_inference_steps": 4, "lora": {"name": "x"}})
    own.make(ask(0), ask(1, "image"))
    told_twice = [o.fields for o in own.shop.orders]
    assert {str(f["num_inference_steps"]) for f in told_twice} == {"4"}
    assert {str(f["lora"]).replace("'", '"') for f in told_twice} == {'{"name": "x"}'}


# ── what comes back ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_bytes_are_kept_as_they_were_delivered(trial: Callable[..., Trial]) -> None:
    drawn: list[bytes] = []

    def draw(seen: str, size: tuple[int, int]) -> bytes:
        out = BytesIO()
        Image.effect_noise(size, 90).convert("RGB").save(out, "JPEG", comment=b"made by a shop")
        drawn.append(out.getvalue())
        return drawn[-1]

    here = trial(shop=ImageShop("openai", draw, key=KEY))
    assert here.one(ask()).image == drawn[0]


def test_the_cost_is_what_the_server_says(trial: Callable[..., Trial]) -> None:
    here = trial()
    answer = here.one(ask())
    assert answer.cost == pytest.approx((4 * 5 + 16 * 30) / 1e6)
    (sent,) = here.sent
    assert here.shop.bought == [("a dog, number 0", sent.ticket)]
    assert answer.cost <= sent.bound <= here.engine.price(ask())


def test_without_usage_the_bound_is_taken_and_without_that_the_usual_price(trial: Callable[..., Trial]) -> None:
    here = trial(price=0.04)
    here.server.faults.append({"content": "no usage"})
    assert here.one(ask()).cost == 0.04
    table = trial()
    table.server.faults.append({"content": "no usage"})
    assert table.one(ask()).cost == table.sent[0].bound > 0
    endless = trial(model="gpt-image-1.5", price=None, quality="low", size="1024x1024")
    endless.server.faults.append({"content": "no usage"})
    assert endless.engine.price(ask()) == math.inf
    assert endless.one(ask()).cost == pytest.approx(0.009, rel=0.1)
    unknown = trial(model="nobody-knows-this", price=None, max_cost=0.2)
    unknown.server.faults.append({"content": "no usage"})
    assert unknown.one(ask()).cost == 0.2
    assert unknown.sent[0].bound == 0.2


def test_a_server_that_tells_dollars_is_believed(trial: Callable[..., Trial]) -> None:
    here = trial("openrouter", price=None, max_cost=0.5)
    assert here.one(ask()).cost == 0.04


def test_what_nobody_can_price_has_no_bound(trial: Callable[..., Trial]) -> None:
    here = trial(model="nobody-knows-this", price=None)
    assert here.engine.price(ask()) == math.inf
    assert isinstance(here.one(ask()), Made)
    assert here.sent[0].bound == 0.0


def test_a_server_of_ones_own_keeps_no_books(trial: Callable[..., Trial]) -> None:
    here = trial("vllm-omni")
    assert here.one(ask()).cost == 0
    assert not here.sent and here.engine.price(ask()) == 0


def test_a_price_can_be_told_before_there_are_words_or_pictures() -> None:
    engine = build(model=MODEL, size="1024x1024")
    prices = {v: engine.price(Request("x", v, "")) for v in ("text", "image", "images", "mask")}
    assert 0 < prices["text"] < prices["image"] < prices["images"]
    assert prices["mask"] > prices["image"] and all(map(math.isfinite, prices.values()))
    assert prices["text"] >= engine.price(Request("x", "text", "a dog"))
    hosting = engine.hosting
    assert hosting.model == MODEL and hosting.server == "api.openai.com"
    assert hosting.usual is not None and hosting.most is not None and hosting.usual <= hosting.most
    assert build(model=MODEL, per_minute=30).seconds_per_image == 2


@pytest.mark.parametrize("kept", [True, False])
def test_a_picture_that_is_named_by_its_address_is_fetched_and_not_bought_again(
    kept: bool, trial: Callable[..., Trial]
) -> None:
    here = trial(price=0.04)
    here.server.faults.extend([{"content": "url"}, {"status": 503}, {"reset": "before"}][: 3 if kept else 1])
    assert opened(here.one(ask())).size == (64, 64)
    assert len(here.shop.bought) == 1
    assert here.shop.fetched == [f"Bearer {KEY}"], "it lies on the server itself"


ENCODED = base64.b64encode(noise("x", (64, 64))).decode()


@pytest.mark.parametrize(
    "item",
    [
        {"b64_json": f"data:image/png;base64,{ENCODED}"},
        {"b64_json": "\n".join(ENCODED[k : k + 76] for k in range(0, len(ENCODED), 76)) + "\n"},
        {"b64_json": ENCODED.translate(str.maketrans("+/", "-_")).rstrip("=")},
        {"url": f"DATA:image/png;base64,{ENCODED}"},
        {"url": "", "b64_json": ENCODED, "revised_prompt": None},
    ],
)
def test_a_picture_is_read_however_its_base64_is_written(item: Any, trial: Callable[..., Trial]) -> None:
    here = trial()
    here.server.faults.append({"type": "application/json", "body": json.dumps({"data": [item]})})
    assert opened(here.one(ask())).tobytes() == Image.open(BytesIO(noise("x", (64, 64)))).tobytes()


@pytest.mark.parametrize(
    "body", [{"id": "job-1", "status": "queued"}, {"images": [{"url": "x"}]}, {"data": ["x"]}, {"data": [{"image": 1}]}]
)
def test_a_reply_of_another_kind_is_no_refusal(body: Any, trial: Callable[..., Trial]) -> None:
    here = trial()
    here.server.faults.append({"type": "application/json", "body": json.dumps(body)})
    answer = here.one(ask())
    assert isinstance(answer, Failed) and answer.reason.startswith(LOST)


@pytest.mark.parametrize("verb", ["text", "image"])
def test_a_prompt_that_no_request_can_hold_fails_and_costs_nothing(verb: str, trial: Callable[..., Trial]) -> None:
    here = trial()
    answer = here.one(replace(ask(verb=verb), prompt="half a \ud800 letter"))
    assert isinstance(answer, Failed) and not answer.reason.startswith(LOST) and answer.cost == 0
    assert not here.server.asked


def test_a_refusal_inside_a_good_reply_is_one(trial: Callable[..., Trial]) -> None:
    here = trial()
    told = {"error": {"code": "moderation_blocked", "message": "rejected by the safety system"}}
    here.server.faults.append({"type": "application/json", "body": json.dumps(told)})
    assert isinstance(here.one(ask()), Refused)


def test_an_engine_that_is_done_closes_its_connections() -> None:
    engine = build(model=MODEL, base_url="http://127.0.0.1:1/v1")
    engine.load()
    client = engine._client
    del engine
    gc.collect()
    assert client.is_closed()


def test_the_key_goes_to_no_other_server(trial: Callable[..., Trial]) -> None:
    elsewhere = ImageShop("openai")
    with Loopback(elsewhere.app) as other:
        elsewhere._files.append(elsewhere.draw("x", (64, 64)))
        here = trial()
        here.server.faults.append(
            {"type": "application/json", "body": f'{{"data": [{{"url": "{other.url}/files/0.png"}}]}}'}
        )
        assert opened(here.one(ask())).size == (64, 64)
        assert elsewhere.fetched == [""]


@pytest.mark.parametrize(
    ("content", "said"),
    [("black", "the picture is black"), ("blank", "of one colour"), ("empty", "the server sent no image")],
)
def test_no_picture_is_a_refusal_that_costs_what_the_server_took(
    content: str, said: str, trial: Callable[..., Trial]
) -> None:
    here = trial()
    here.server.faults.append({"content": content})
    answer = here.one(ask())
    assert isinstance(answer, Refused) and said in answer.reason
    assert answer.cost == pytest.approx((4 * 5 + 16 * 30) / 1e6)


def test_a_refusal_has_the_words_of_the_server_and_costs_nothing(trial: Callable[..., Trial]) -> None:
    here = trial()
    here.server.faults.append({"content": "refusal"})
    answer = here.one(ask())
    assert isinstance(answer, Refused) and "safety system" in answer.reason
    assert answer.cost == 0 and not here.shop.bought


def test_more_pictures_than_asked_are_told_and_the_first_is_kept(trial: Callable[..., Trial]) -> None:
    here = trial()
    here.server.faults.append({"content": "two"})
    answer = here.one(ask())
    assert opened(answer).size == (64, 64) and "2 images came" in answer.note


def test_a_picture_of_another_size_is_kept_and_told(trial: Callable[..., Trial]) -> None:
    here = trial()
    here.server.faults.append({"content": "wrong size"})
    answer = here.one(ask())
    assert opened(answer).size == (32, 32) and "asked for 64x64, delivered as 32x32" in answer.note


def test_a_repainted_picture_of_another_size_is_put_back_into_its_parent(trial: Callable[..., Trial]) -> None:
    from mintage.techniques._inpaint_masks import put_back

    here = trial()
    here.server.faults.append({"content": "wrong size"})
    request = ask(verb="mask")
    answer = here.one(request)
    assert "asked for 96x64, delivered as 48x32" in answer.note
    assert request.mask is not None
    whole = put_back(opened(answer), request.images[0], request.mask, 0.0, level=False)
    assert whole.size == (96, 64)


def test_words_that_the_server_made_of_ours_are_told(trial: Callable[..., Trial]) -> None:
    here = trial()
    here.server.faults.append({"content": "revised"})
    assert "the server's own words: other words" in here.one(ask()).note


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────────────────────────

BUSY = {"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}}
AGAIN = {
    "429 with Retry-After": {"status": 429, "headers": {"retry-after": "0.2"}, "body": BUSY},
    "429 without": {"status": 429, "body": BUSY},
    "500": {"status": 500, "body": {"error": {"message": "the server had an error"}}},
}
GONE_ASTRAY = {
    "reset after the work": {"reset": "after"},
    "reset before the work": {"reset": "before"},
    "half a reply": {"half": True},
    "wrong content type": {"type": "text/html"},
    "time-out": {"slow": 1.5},
    "invalid base64": {"content": "bad base64"},
    "not an image": {"content": "not an image"},
    "an error inside": {"content": "error inside"},
}


@pytest.mark.parametrize("kind", AGAIN)
def test_what_was_surely_not_made_is_asked_for_again_until_it_is(kind: str, trial: Callable[..., Trial]) -> None:
    here = trial()
    here.server.faults.extend([AGAIN[kind]] * 2)
    answers = here.make(*map(ask, range(4)))
    assert all(isinstance(a, Made) for a in answers.values())
    assert len(here.shop.bought) == 4 and len({key for _, key in here.shop.bought}) == 4
    assert len({sent.ticket for sent in here.sent}) == 4, "the same request, the same ticket"
    assert [sum(s.bound for s in here.sent if s.recipe_id == f"r{n}") for n in range(4)] == [here.sent[0].bound] * 4


@pytest.mark.parametrize("kind", GONE_ASTRAY)
def test_what_may_have_been_made_is_lost_at_its_bound_and_harms_no_other(
    kind: str, trial: Callable[..., Trial]
) -> None:
    here = trial(timeout=0.7 if kind == "time-out" else 5)
    here.server.faults.append(GONE_ASTRAY[kind])
    answers = here.make(*map(ask, range(4)))
    lost = [a for a in answers.values() if not isinstance(a, Made)]
    assert len(lost) == 1 and isinstance(lost[0], Failed)
    assert lost[0].reason.startswith(LOST)
    bound = next(s.bound for s in here.sent if s.recipe_id == lost[0].recipe_id)
    assert lost[0].cost == bound > 0
    assert len({prompt for prompt, _ in here.shop.bought}) == len(here.shop.bought), "nothing is bought twice"
    again = here.one(ask(int(lost[0].recipe_id[1:])))
    assert isinstance(again, Made)


def test_a_reply_that_is_ten_times_slower_is_waited_for(trial: Callable[..., Trial]) -> None:
    here = trial()
    here.server.latency = 0.05
    here.server.faults.append({"slow": 0.5})
    assert all(isinstance(a, Made) for a in here.make(*map(ask, range(6))).values())
    assert len(here.shop.bought) == 6


def test_a_model_that_has_gone_stops_with_what_takes_its_place(trial: Callable[..., Trial]) -> None:
    here = trial(model="gpt-image-1", size="1024x1024")
    here.server.faults.extend([{"content": "retired"}] * 8)
    with pytest.raises(MintageError, match=r"(?s)gpt-image-1.*2026-10-23.*gpt-image-2\.6"):
        here.make(*map(ask, range(8)))
    assert not here.shop.bought


def test_a_wrong_key_stops_and_is_not_shown(trial: Callable[..., Trial], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAL_KEY", "canary-other-0123456789")
    here = trial(shop=ImageShop("openai", key="canary-other-0123456789x"))
    with pytest.raises(MintageError) as caught:
        here.one(ask())
    assert "canary-other" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompt": " "}, "the prompt is empty"),
        ({"verb": "compose"}, "cannot do 'compose'"),
        ({"verb": "image"}, "'image' with 0 images"),
        ({"ticket": "an old one"}, LOST),
    ],
)
def test_a_request_that_cannot_be_sent_fails_alone_and_unpaid(
    changes: dict[str, Any], said: str, trial: Callable[..., Trial]
) -> None:
    here = trial()
    answers = here.make(ask(0), replace(ask(1), **changes), ask(2))
    assert isinstance(answers["r1"], Failed) and said in answers["r1"].reason
    assert isinstance(answers["r0"], Made) and isinstance(answers["r2"], Made)
    assert answers["r1"].cost == 0 and len(here.shop.bought) == 2


def test_requests_are_taken_one_by_one_as_there_is_room(trial: Callable[..., Trial]) -> None:
    here = trial(concurrency=3)
    taken: list[int] = []

    def requests() -> Iterator[Request]:
        for number in range(40):
            taken.append(number)
            yield ask(number)

    settled = 0
    for event in here.engine.make(requests()):
        settled += isinstance(event, Made)
        assert len(taken) - settled <= 5, "what is in flight, and the one that is next"
    assert settled == 40 and here.server.most <= 3


def test_pictures_are_made_smaller_where_no_model_makes_larger_ones(trial: Callable[..., Trial]) -> None:
    here = trial()
    large, mask = Image.effect_noise((5000, 40), 50).convert("RGB"), Image.new("L", (5000, 40), 255)
    here.one(Request("r", "mask", "a dog", images=(large,), mask=mask))
    assert here.shop.orders[0].images[0].size == (3840, 31)
