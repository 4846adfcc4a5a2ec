"""What may still be spent: nothing is handed out that the budget could not bear, whatever it turns out to cost."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.core.purse import Purse
from mintage.core.recipe import Fact

Step = tuple[str, int, float]
steps = st.lists(
    st.tuples(st.sampled_from(["ask", "send", "done", "failed"]), st.integers(0, 5), st.floats(0, 1)), max_size=60
)


@given(st.floats(0, 3), steps)
def test_what_is_spent_and_in_flight_never_passes_the_budget(limit: float, told: list[Step]) -> None:
    purse = Purse(dollars=limit)
    price: dict[int, float] = {}
    sent: dict[int, float] = {}
    for what, who, amount in told:
        name = f"recipe-{who}"
        if what == "ask" and who not in price and purse.reserve(name, "image", amount):
            price[who] = amount
        elif what == "send" and who in price:
            bound = min(amount, price[who] - sent.get(who, 0.0))  # a plug-in keeps its bounds within its price
            sent[who] = sent.get(who, 0.0) + bound
            purse.hear(Fact(name, "image", "sent", {"ticket": "t", "bound": bound}))
        elif what in ("done", "failed") and who in price:
            cost = min(amount, price.pop(who))
            sent.pop(who, None)
            purse.hear(Fact(name, "image", "done" if what == "done" else "failed", None, cost=cost))
        assert purse.spent + purse.held <= limit + 1e-6


def test_what_an_earlier_run_sent_is_held_until_it_is_settled() -> None:
    purse = Purse(dollars=1.0, spent=0.2, owed={("a", "image"): 0.5})
    assert not purse.reserve("b", "image", 0.4)
    assert not purse.short, "it may fit when what is in flight has landed"
    purse.give_up()
    assert "$0.20 of $1.00 are spent, $0.50 more are in flight" in purse.short
    purse.hear(Fact("a", "image", "failed", {"lost": 1}, cost=0.5))
    assert purse.spent == pytest.approx(0.7)
    assert purse.reserve("b", "image", 0.3)
    assert not purse.reserve("c", "words", 0.01)


def test_what_costs_nothing_is_always_handed_out() -> None:
    purse = Purse(dollars=0.0)
    assert purse.reserve("a", "image", 0.0)
    assert not purse.reserve("b", "image", 0.001)


def test_a_price_that_nobody_knows_fits_no_budget_and_every_purse_without_one() -> None:
    assert not Purse(dollars=1e9).reserve("a", "image", math.inf)
    assert Purse().reserve("a", "image", math.inf)


@pytest.mark.parametrize("price", [math.nan, -1.0])
def test_a_price_that_is_none_fits_no_budget(price: float) -> None:
    purse = Purse(dollars=1e9)
    assert not purse.reserve("a", "image", price)
    assert purse.left == 1e9


def test_images_in_flight_count_towards_their_limit() -> None:
    purse = Purse(images=2, made=1)
    assert purse.reserve("a", "image", 0.0)
    assert not purse.reserve("b", "image", 0.0)
    assert purse.reserve("b", "words", 0.0), "words are no images"
    purse.hear(Fact("a", "image", "refused"))
    assert purse.reserve("b", "image", 0.0), "a refusal gives no image"
    purse.hear(Fact("b", "image", "done", {}))
    assert not purse.reserve("c", "image", 0.0)
    purse.give_up()
    assert purse.short == "2 of 2 images are made"
