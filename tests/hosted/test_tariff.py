"""Tariffs: pictures and words cost what servers bill, and never more than the bound."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.hosted.options import ServerOptions
from mintage.hosted.prices import Tariff, tariff_of
from mintage.hosted.providers import packaged
from mintage.hosted.tariff import IMAGE_TOKENS, PICTURE_TEXT_TOKENS

SQUARE = (1024, 1024)
TABLE = packaged("prices.yaml")
GRIDS = [m for m, entry in TABLE.items() if "grid" in entry]
CHATS = [m for m, entry in TABLE.items() if "grid" not in entry and "each" not in entry]
HERE = Path("/nowhere")


def tariff(model: str, folder: Path = HERE, **more: Any) -> Tariff:
    return tariff_of(ServerOptions(model=model, **more), folder)


@pytest.mark.parametrize(
    ("model", "quality", "size", "tokens"),
    [
        ("gpt-image-2", "low", SQUARE, 196),
        ("gpt-image-2", "high", SQUARE, 7024),
        ("gpt-image-2", "high", (1536, 1024), 5488),
        ("gpt-image-2", "high", (1792, 1024), 5063),
        ("gpt-image-2", "low", (2560, 1440), 205),
        ("gpt-image-2", "low", (1488, 3472), 201),
        ("gpt-image-2.5-flare", "medium", SQUARE, 439),
        ("gpt-image-2.5-flare", "xhigh", SQUARE, 3122),
        ("gpt-image-2.5-sunburst", "high", (1536, 1024), 1372),
        ("gpt-image-2.5-sunburst", "high", (2048, 2048), 3568),
        ("gpt-image-2.5-sunburst", "high", (3840, 2160), 3336),
    ],
)
def test_pictures_cost_the_tokens_that_servers_were_seen_to_bill(
    model: str, quality: str, size: tuple[int, int], tokens: int
) -> None:
    made = tariff(model).usual_for_image(quality=quality, size=size, prompt="")
    assert made is not None
    assert made * 1e6 / 30 == pytest.approx(tokens)


def test_auto_is_bounded_by_the_dearest_quality_and_the_largest_picture() -> None:
    image = tariff("gpt-image-2.5-flare")
    most = image.most_for_image(quality="auto", size=None, prompt="a cat")
    assert most == image.most_for_image(quality="max", size=(2880, 2880), prompt="a cat")
    assert most > image.most_for_image(quality="auto", size=SQUARE, prompt="a cat")


@pytest.mark.parametrize("quality", ["hd", "ultra", ""])
def test_nobody_can_say_what_an_unknown_quality_costs(quality: str) -> None:
    image = tariff("gpt-image-2")
    assert image.most_for_image(quality=quality, size=SQUARE, prompt="x") == math.inf
    assert image.usual_for_image(quality=quality, size=SQUARE, prompt="x") is None


def test_a_model_that_bills_its_thoughts_without_a_limit_has_no_bound() -> None:
    old = tariff("gpt-image-1.5")
    assert old.most_for_image(quality="low", size=SQUARE, prompt="x") == math.inf
    assert old.usual_for_image(quality="low", size=SQUARE, prompt="x") == pytest.approx(0.009, abs=1e-5)


def test_edits_are_unknown_where_the_tokens_of_an_input_picture_are() -> None:
    mini = tariff("gpt-image-1-mini")
    assert mini.most_for_image(quality="high", size=SQUARE, prompt="x") < 0.06
    assert mini.most_for_image(quality="high", size=SQUARE, prompt="x", images=[SQUARE]) == math.inf


def test_each_input_picture_and_the_mask_make_an_edit_dearer() -> None:
    image = tariff("gpt-image-2")
    most = [
        image.most_for_image(quality="low", size=SQUARE, prompt="x", images=[(512, 512)] * n, mask=mask)
        for n, mask in [(0, False), (1, False), (1, True), (2, True)]
    ]
    assert most == sorted(set(most))
    assert most[1] - most[0] == pytest.approx((1536 + PICTURE_TEXT_TOKENS) * 8e-6)


def test_the_usage_of_pictures_is_paid_by_the_kind_of_each_token() -> None:
    usage = {
        "input_tokens": 1100,
        "input_tokens_details": {"text_tokens": 100, "image_tokens": 1000},
        "output_tokens": 1756,
        "total_tokens": 2856,
    }
    assert tariff("gpt-image-2").cost(usage) == pytest.approx((100 * 5 + 1000 * 8 + 1756 * 30) / 1e6)
    usage["output_tokens_details"] = {"text_tokens": 756, "image_tokens": 1000}
    assert tariff("gpt-image-2").cost(usage) == pytest.approx((100 * 5 + 1000 * 8 + 756 * 10 + 1000 * 30) / 1e6)


def test_what_was_kept_from_before_costs_less_and_what_is_being_kept_costs_more() -> None:
    usage: dict[str, Any] = {"prompt_tokens": 1000, "completion_tokens": 100}
    words = tariff("gpt-6.1-terra")
    assert words.cost(usage) == pytest.approx(1500 / 1e6)
    usage["prompt_tokens_details"] = {"cached_tokens": 400}
    assert words.cost(usage) == pytest.approx((600 + 400 * 0.05 + 500) / 1e6)
    usage["prompt_tokens_details"] = {"cached_tokens": 400, "cache_write_tokens": 600}
    assert words.cost(usage) == pytest.approx((600 * 1.25 + 400 * 0.05 + 500) / 1e6)


def test_thoughts_outside_the_completion_are_paid() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 1015}
    assert tariff("gpt-6-luna").cost(usage) == pytest.approx((10 * 0.1 + 1005 * 0.5) / 1e6)


def test_a_long_request_costs_more_throughout() -> None:
    words = tariff("gpt-6-luna")
    assert words.cost({"prompt_tokens": 272_000, "completion_tokens": 10}) == pytest.approx((27200 + 5) / 1e6)
    assert words.cost({"prompt_tokens": 272_001, "completion_tokens": 10}) == pytest.approx((54400.2 + 7.5) / 1e6)
    assert words.most_for_chat(text=272_001, max_tokens=10) > 0.054


def test_dollars_that_the_server_names_are_taken() -> None:
    assert tariff("gpt-6-luna").cost({"cost": 0.0123, "prompt_tokens": 5, "completion_tokens": 1}) == 0.0123
    own_key = {"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}}
    assert tariff("unheard-of").cost(own_key) == pytest.approx(0.21)


@pytest.mark.parametrize(
    "usage",
    [
        {"cost": math.nan},
        {"cost": -1},
        {"cost": True},
        {"prompt_tokens": -5, "completion_tokens": 10**400},
        None,
        {},
        {"input_tokens": 5},
        {"prompt_tokens": "5", "completion_tokens": 2},
        {"cost": "free"},
        [],
        "x",
    ],
)
def test_where_there_is_nothing_to_go_by_there_is_no_cost(usage: Any) -> None:
    assert tariff("gpt-6-luna").cost(usage) is None


def test_a_price_for_each_picture_is_not_taken_for_free_tokens(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text("m: {each: {any: 0.02}}", encoding="utf-8")
    flat = tariff("m", tmp_path)
    assert flat.cost({"input_tokens": 5, "output_tokens": 5}) is None
    assert flat.most_for_image(quality="auto", size=None, prompt="x", images=[SQUARE]) == 0.02


@given(
    st.dictionaries(st.text(max_size=9), st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists))
)
def test_no_usage_object_is_an_error(usage: dict[str, Any]) -> None:
    keys = ("input_tokens", "output_tokens", "total_tokens", "input_tokens_details", "cost", "cost_details")
    odd = dict(zip(keys, usage.values(), strict=False))
    cost = tariff("gpt-image-2").cost({**usage, **odd})
    assert cost is None or (math.isfinite(cost) and cost >= 0)


def split(data: st.DataObject, total: int) -> tuple[int, int]:
    part = data.draw(st.integers(0, total))
    return part, total - part


@given(st.data(), st.sampled_from(GRIDS), st.text(max_size=300), st.integers(0, 4), st.booleans())
def test_no_picture_costs_more_than_its_bound(
    data: st.DataObject, model: str, prompt: str, count: int, mask: bool
) -> None:
    image = tariff(model)
    quality = data.draw(st.sampled_from([*image.grid, "auto"]))
    size = data.draw(st.none() | st.tuples(st.integers(40, 180), st.integers(60, 180)))
    shape = (size[0] * 16, size[1] * 16) if size else (2880, 2880)
    shown = [(640, 480)] * count
    bound = image.most_for_image(quality=quality, size=shape if size else None, prompt=prompt, images=shown, mask=mask)
    real = data.draw(st.sampled_from(list(image.grid))) if quality == "auto" else quality
    grid, text_bytes = image.grid[real].most, len(prompt.encode("utf-8", "replace"))
    across = round(grid * min(shape) / max(shape))  # halves to even, as the calculator of OpenAI has it
    made = math.ceil(grid * across * (2_000_000 + shape[0] * shape[1]) / 4_000_000)
    pictures = data.draw(st.integers(0, 1536 * (count + mask)))
    text = data.draw(st.integers(0, text_bytes + IMAGE_TOKENS + PICTURE_TEXT_TOKENS * (count + mask)))
    usage: dict[str, Any] = {
        "input_tokens": text + pictures,
        "output_tokens": made,
        "total_tokens": text + pictures + made,
    }
    if data.draw(st.booleans()) or pictures:
        usage["input_tokens_details"] = {"text_tokens": text, "image_tokens": pictures}
        if data.draw(st.booleans()):
            usage["input_tokens_details"]["cached_tokens"] = data.draw(st.integers(0, text + pictures))
    if data.draw(st.booleans()):
        words, pixels = split(data, made)
        usage["output_tokens_details"] = {"text_tokens": words, "image_tokens": pixels}
    cost = image.cost(usage)
    assert cost is not None and 0 <= cost <= bound * (1 + 1e-9)


@given(st.data(), st.sampled_from(CHATS), st.text(max_size=400), st.integers(1, 4000))
def test_no_chat_costs_more_than_its_bound(data: st.DataObject, model: str, text: str, most: int) -> None:
    words = tariff(model) if TABLE[model]["vendor"] == "openai" else tariff(model, base_url="http://127.0.0.1:1/v1")
    bound = words.most_for_chat(text=text, max_tokens=most)
    assert bound == words.most_for_chat(text=len(text.encode("utf-8", "replace")), max_tokens=most)
    sent = data.draw(st.integers(0, len(text.encode("utf-8", "replace"))))
    kept, new = split(data, sent)
    usage = {
        "prompt_tokens": sent,
        "completion_tokens": data.draw(st.integers(0, most)),
        "prompt_tokens_details": {"cached_tokens": kept, "cache_write_tokens": data.draw(st.integers(0, new))},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    cost = words.cost(usage)
    assert cost is not None and 0 <= cost <= bound * (1 + 1e-9)
