"""Prices: the user's word comes before ours, only the same model is the same, and what is not known is said so."""

import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mintage.core.errors import MintageError
from mintage.hosted.options import ServerOptions
from mintage.hosted.prices import Entry, Tariff, hosting_of, tariff_of
from mintage.hosted.providers import packaged
from mintage.hosted.tariff import Range

SQUARE = (1024, 1024)
TABLE = packaged("prices.yaml")
HERE = Path("/nowhere")
OPENROUTER = "https://openrouter.ai/api/v1"


def tariff(model: str, folder: Path = HERE, **more: Any) -> Tariff:
    return tariff_of(ServerOptions(model=model, **more), folder)


def told(folder: Path, text: str) -> str:
    (folder / "prices.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MintageError) as raised:
        tariff("a", folder)
    return str(raised.value)


@pytest.mark.parametrize("model", TABLE)
def test_every_entry_of_the_table_is_whole_dated_and_sourced(model: str) -> None:
    entry = Entry.model_validate(TABLE[model])
    assert entry.dated and "://" in entry.source
    assert entry.vendor in packaged("providers.yaml")["vendors"]
    assert len(entry.source.split("\n")) == 1


@pytest.mark.parametrize(
    ("model", "address"),
    [
        ("gpt-image-2", "https://api.openai.com/v1"),
        ("gpt-image-2-2026-04-21", "https://api.openai.com/v1"),
        ("openai/gpt-image-2", OPENROUTER),
        ("openai/gpt-image-2-2026-04-21", OPENROUTER),
        ("gpt-image-2", "http://127.0.0.1:4000/v1"),
        ("gpt-image-2", "http://gateway.internal/v1"),
    ],
)
def test_a_model_is_found_with_its_date_its_vendor_and_behind_a_gateway(model: str, address: str) -> None:
    assert tariff(model, base_url=address).image_output == 30.0


@pytest.mark.parametrize(
    ("model", "address"),
    [
        ("gpt-image-2-pro", "https://api.openai.com/v1"),
        ("gpt-image", "https://api.openai.com/v1"),
        ("GPT-Image-2", "https://api.openai.com/v1"),
        ("gpt-image-2:free", OPENROUTER),
        ("google/gpt-image-2", OPENROUTER),
        ("somebody/gpt-image-2", OPENROUTER),
        ("gpt-image-2-26-04-21", "https://api.openai.com/v1"),
        ("gpt-image-2", "https://api.reseller.example/v1"),
        ("gpt-image-2", "https://api.openai.com.reseller.example/v1"),
        ("gpt-image-2", "https://generativelanguage.googleapis.com/v1beta/openai"),
    ],
)
def test_a_name_that_is_only_alike_or_at_a_stranger_has_no_price(model: str, address: str) -> None:
    found = tariff(model, base_url=address)
    assert found.most_for_image(quality="low", size=SQUARE, prompt="x") == math.inf
    assert found.most_for_chat(text="x", max_tokens=1) == math.inf
    assert found.usual_for_image(quality="low", size=SQUARE, prompt="x") is None
    assert found.usual_for_chat(bytes=1, tokens=1) is None
    assert found.cost({"prompt_tokens": 3, "completion_tokens": 4}) is None
    assert not found.free


def test_price_0_is_free_whatever_the_server_says() -> None:
    mine = tariff("qwen-image", base_url="http://127.0.0.1:8000/v1", price=0)
    assert mine.free
    assert mine.most_for_image(quality="max", size=None, prompt="x" * 99, images=[SQUARE], mask=True) == 0
    assert mine.most_for_chat(text=10**9, max_tokens=10**9) == 0
    assert mine.cost({"cost": 3.0}) == mine.cost(None) == 0


def test_a_price_for_a_request_is_its_bound_its_cost_and_what_it_usually_costs() -> None:
    flat = tariff("anything", price=0.04)
    assert flat.most_for_image(quality="x", size=None, prompt="") == 0.04
    assert flat.usual_for_image(quality="x", size=None, prompt="") == flat.cost(None) == 0.04
    assert flat.most_for_chat(text="", max_tokens=1) == flat.usual_for_chat(bytes=1, tokens=1) == 0.04


def test_rates_of_the_options_come_over_the_table_and_keep_its_tokens() -> None:
    dear = tariff("gpt-image-2", price={"image_output": 60.0})
    cheap = tariff("gpt-image-2")
    assert (dear.image_output, dear.input, dear.grid) == (60.0, cheap.input, cheap.grid)
    assert dear.source == "price: of the options"
    assert tariff("mine", price={"input": 1.0, "output": 2.0}).most_for_chat(text="x", max_tokens=10**6) > 2


def test_rates_alone_bound_no_picture_at_a_stranger_because_its_tokens_are_not_known() -> None:
    stranger = tariff("gpt-image-2", base_url="https://api.reseller.example/v1", price={"input": 6, "image_output": 36})
    assert stranger.most_for_image(quality="low", size=SQUARE, prompt="x") == math.inf
    assert stranger.cost({"input_tokens": 0, "output_tokens": 1_000_000}) == 36


@pytest.mark.parametrize(
    ("price", "words"),
    [({"imput": 3.0}, "did you mean 'input'?"), ({}, "price is empty"), ({"output": 2e6}, "output is 2000000")],
)
def test_a_wrong_price_is_told_with_what_was_meant(price: dict[str, float], words: str) -> None:
    with pytest.raises(MintageError, match=r"price") as raised:
        tariff("a", price=price)
    assert words in str(raised.value)


def test_max_cost_gives_a_bound_where_there_is_none_and_caps_one_that_is() -> None:
    unknown = tariff("unheard-of", max_cost=0.3)
    assert unknown.most_for_image(quality="any", size=None, prompt="x") == 0.3
    assert unknown.most_for_chat(text=5, max_tokens=5) == 0.3
    assert tariff("gpt-image-2", max_cost=0.05).most_for_image(quality="high", size=SQUARE, prompt="x") == 0.05
    assert tariff("gpt-image-2", max_cost=9.0).most_for_image(quality="high", size=SQUARE, prompt="x") < 0.3


def test_a_file_of_ones_own_takes_the_place_of_an_entry_and_adds_others(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text(
        "gpt-image-2: &mine\n  input: 1\n  image_output: 2.5\n  grid: {low: [16, 20]}\n"
        "house-model:\n  <<: *mine\n  each: {any: 0.02}\n  dated: 2026-11-01\n  source: the invoice\n",
        encoding="utf-8",
    )
    ours = tariff("gpt-image-2", tmp_path)
    assert (ours.image_output, ours.picture, ours.source) == (2.5, None, "prices.yaml")
    assert ours.grid == {"low": Range(16, 20)}
    house = tariff("house-model", tmp_path, base_url="https://anywhere.example/v1")
    assert house.each == {"any": Range(0.02, 0.02)}
    assert (house.source, house.dated, house.input) == ("the invoice", "2026-11-01", 1.0)
    assert tariff("gpt-6-luna", tmp_path).output == 0.5


def test_an_empty_file_and_none_are_the_same(tmp_path: Path) -> None:
    before = tariff("gpt-6-luna", tmp_path)
    (tmp_path / "prices.yaml").write_text("# nothing yet\n", encoding="utf-8")
    assert tariff("gpt-6-luna", tmp_path) == before


def test_every_mistake_in_the_file_is_told_at_once_with_line_key_and_nearest(tmp_path: Path) -> None:
    said = told(
        tmp_path,
        "a:\n  input: 1\n  outptu: 2\nb:\n  input: -1\nc:\n  each:\n    hihg: 1\n"
        "d: 5\ne:\n  source: x\nf:\n  each: {low: [2, 1]}\ng:\n  input: 1\n  long: {over: 3}\n",
    )
    assert "prices.yaml:3: unknown key 'outptu'\n  expected: did you mean 'output'?" in said
    assert "prices.yaml:5: b.input is -1" in said
    assert "prices.yaml:8: unknown quality 'hihg'\n  expected: did you mean 'high'?" in said
    assert "prices.yaml:9: d is 5\n  expected: `key: value` pairs" in said
    assert "prices.yaml:10: e: it has no price" in said
    assert "prices.yaml:12: f: the second number of a pair is the most" in said
    assert "unknown key 'over'" in said and "'g.long.above' is missing" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1\nb: 2", "prices.yaml:2: this is not YAML"),
        ("a: {input: 1}\na: {input: 2}\n", "this is not YAML"),
        ("- a\n", "no mapping"),
        ("a: {input: .inf}", "a.input is inf"),
        ("a: {input: .nan}", "a.input is nan"),
        ("a: {each: {any: [1, .nan]}}", "a.each.any.1 is nan"),
    ],
)
def test_a_file_that_makes_no_sense_is_told(tmp_path: Path, text: str, words: str) -> None:
    assert words in told(tmp_path, text)


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_bytes(b"a: \xff")
    with pytest.raises(MintageError, match=r"prices.yaml cannot be read"):
        tariff("a", tmp_path)


def test_hosting_says_price_source_terms_and_retirement_and_no_bound_that_is_none() -> None:
    options = ServerOptions(model="gpt-image-1", per_minute=50)
    hosting = hosting_of(options, tariff_of(options, HERE), None, math.inf)
    assert (hosting.model, hosting.server, hosting.most) == ("gpt-image-1", "api.openai.com", None)
    assert hosting.per_minute == 50 and hosting.terms is not None and "2026-10-23" in hosting.retires
    options = ServerOptions(model="gpt-image-2")
    hosting = hosting_of(options, tariff_of(options, HERE), 0.05, 0.2)
    assert (hosting.usual, hosting.most) == (0.05, 0.2)
    assert hosting.priced.endswith(", 2026-06-05") and hosting.retires == ""
    mine = ServerOptions(model="x", base_url="http://localhost:1/v1", price=0)
    assert hosting_of(mine, tariff_of(mine, HERE), 0.0, 0.0).priced == "free"


@pytest.mark.parametrize("said", [True, False])
def test_a_truth_value_is_no_price(said: bool, tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        ServerOptions(model="m", price=said)
    with pytest.raises(ValidationError):
        ServerOptions(model="m", price={"request": said})
    (tmp_path / "prices.yaml").write_text(f"m: {{request: {said}}}".lower(), encoding="utf-8")
    with pytest.raises(MintageError, match=r"m\.request"):
        tariff_of(ServerOptions(model="m"), tmp_path)


def test_a_count_that_has_no_end_has_no_bound(tmp_path: Path) -> None:
    text = "m: {input: 1, image_output: 1, grid: {low: [16, .inf]}}"
    (tmp_path / "prices.yaml").write_text(text, encoding="utf-8")
    tariff = tariff_of(ServerOptions(model="m"), tmp_path)
    assert tariff.most_for_image(quality="low", size=(64, 64), prompt="x") == math.inf
