"""Providers: which models go and when, and what the terms say of training on output."""

from datetime import date

import pytest

from mintage.hosted.options import ServerOptions
from mintage.hosted.prices import gone, terms_of
from mintage.hosted.providers import packaged

OPENROUTER = "https://openrouter.ai/api/v1"


def test_a_model_that_has_gone_is_told_with_its_day_and_what_takes_its_place() -> None:
    said = gone("gpt-image-1")
    assert said.startswith("gpt-image-1 was shut down on 2026-10-23; gpt-image-2.6-")
    assert gone("gpt-image-1.5-2025-12-16", date(2026, 11, 30)).startswith(
        "gpt-image-1.5-2025-12-16 will be shut down on 2026-12-01"
    )
    assert " was shut down" in gone("openai/gpt-image-1.5", date(2026, 12, 1))
    assert "2026-10-23" in gone("gpt-4o-2024-05-13") and "2027-01-14" in gone("gpt-4o-2024-08-06")
    assert gone("gpt-5.1", date(2027, 1, 1)) == "gpt-5.1 will be shut down on 2027-04-01"


@pytest.mark.parametrize("model", ["gpt-image-2.6-flare", "gpt-image-1-large", "someone/gpt-image-1", "", "/", "a/b/c"])
def test_a_model_that_nobody_ends_stays(model: str) -> None:
    assert gone(model) == ""


def test_what_takes_a_models_place_has_a_price() -> None:
    for entry in packaged("providers.yaml")["retirements"].values():
        for model in entry.get("instead", "").split(" or "):
            assert model == "" or (model in packaged("prices.yaml") and not gone(model))


def test_the_terms_of_the_provider_are_told_with_source_and_day() -> None:
    terms = terms_of(ServerOptions(model="gpt-image-2"))
    assert terms is not None
    assert "compete" in terms.says and "classifiers" in terms.says
    assert "openai.com/policies" in terms.source and date.fromisoformat(terms.read)


def test_through_a_reseller_both_terms_are_told() -> None:
    terms = terms_of(ServerOptions(model="google/gemini-3.6-flash", base_url=OPENROUTER))
    assert terms is not None and "OpenRouter" in terms.says and "Gemini" in terms.says
    unknown = terms_of(ServerOptions(model="someone/else", base_url=OPENROUTER))
    assert unknown is not None and "OpenRouter" in unknown.says and "OpenAI" not in unknown.says


def test_a_server_of_ones_own_has_no_terms_and_a_stranger_has_unknown_ones() -> None:
    for address in ("http://127.0.0.1:8000/v1", "http://[::1]/v1", "http://10.0.0.7/v1", "http://gpu-box:8000/v1"):
        assert terms_of(ServerOptions(model="gpt-image-2", base_url=address)) is None
    stranger = terms_of(ServerOptions(model="gpt-image-2", base_url="https://api.reseller.example/v1"))
    assert stranger is not None and "not known" in stranger.says
