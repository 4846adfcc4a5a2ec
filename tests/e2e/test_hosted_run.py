"""Whole runs against a hosted server that bills everything: whatever goes wrong, money, ledger and set add up."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.servers.till import PRICE, Counter, Till, open_till, quicken, story

from mintage.core.ports import LOST
from mintage.run import Run
from trial import ended

N = 6
"""Images of the sets here."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quicken(monkeypatch)


@pytest.fixture
def shop() -> Iterator[Counter]:
    with open_till(Till()) as counter:
        yield counter


def hosted(a_set: Callable[..., Run], shop: Counter, /, **changes: Any) -> Run:
    """A small set from one price a picture, whose budget bears two pictures more than it needs."""
    given: dict[str, Any] = {
        "classes": {"lemon": N // 2, "chair": N // 2},
        "write": "grammar",
        "score": [],
        "make": shop.use(),
        "budget": {"dollars": PRICE * (N + 2) + 1e-6},
    }
    return a_set(**given | changes)


LATE = {"late": 1.5}
AGAIN: dict[str, Any] = {
    "429": {"status": 429},
    "429 with a time": {"status": 429, "headers": {"retry-after": "0.1"}},
    "429 in milliseconds": {"status": 429, "headers": {"retry-after-ms": "50"}},
    "500": {"status": 500},
    "503": {"status": 503, "body": "<html>busy</html>"},
}
LOSES: dict[str, tuple[Any, bool]] = {
    "cut before": ({"reset": "before"}, False),
    "cut after": ({"reset": "after"}, True),
    "too late": (LATE, True),
    "half a reply": ({"half": True}, True),
    "another type": ({"type": "text/html"}, True),
    "502": ({"status": 502}, False),
    "no base64": ({"content": "bad base64"}, True),
    "no image": ({"content": "not an image"}, True),
    "an error inside": ({"content": "error inside"}, True),
}
"""Fault → what it is, and whether the server has sold the picture that got lost."""
REFUSES: dict[str, tuple[Any, bool]] = {
    "moderation": ({"content": "refusal"}, False),
    "black": ({"content": "black"}, True),
    "blank": ({"content": "blank"}, True),
    "no item": ({"content": "empty"}, True),
}
TAKEN: dict[str, tuple[Any, str]] = {
    "wrong size": ({"content": "wrong size"}, "asked for 48x48, delivered as 24x24"),
    "two": ({"content": "two"}, "2 images came for the one that was asked for"),
    "other words": ({"content": "revised"}, "the server's own words: other words"),
    "by address": ({"content": "url"}, ""),
    "ten times slower": ({"slow": 0.3}, ""),
}
OFTEN = {1: ("429", "cut after", "moderation"), 3: ("half a reply", "too late", "no item")}
"""These always; all others, and the last place, only in the slow tests."""
OFTEN[N] = ("cut before", "black", "wrong size")


def cases(*families: dict[str, Any]) -> list[Any]:
    return [
        pytest.param(name, at, marks=[] if name in OFTEN[at] else [pytest.mark.slow], id=f"{name}, image {at}")
        for family in families
        for name in family
        for at in (1, 3, N)
    ]


def run_once(run: Run, shop: Counter) -> None:
    """To the end: all is kept, within the budget, nothing owed; a second run asks for nothing."""
    page = run.make().finish()
    assert (page.summary.total.kept, page.exit_code) == (N, 0), str(page)
    check_money(run, shop)
    before = (shop.sold, len(shop.server.asked))
    assert run.make().finish().summary.total.kept == N
    assert (shop.sold, len(shop.server.asked)) == before, "a second run bought something"


def check_money(run: Run, shop: Counter) -> None:
    summary = run.status().summary
    limit = run.spec.budget.dollars if run.spec.budget else None
    assert shop.till.charged <= summary.dollars + 1e-9
    assert limit is not None and summary.dollars <= limit + 1e-9
    assert summary.owed == 0
    costs = [cost for facts in story(run.folder).values() for _, _, cost in facts]
    assert sum(costs) == pytest.approx(summary.dollars)


@pytest.mark.parametrize(("name", "at"), cases(AGAIN))
def test_what_the_server_did_not_do_is_asked_again_and_costs_nothing(
    name: str, at: int, a_set: Callable[..., Run], shop: Counter
) -> None:
    shop.fail(AGAIN[name], at)
    run = hosted(a_set, shop)
    run_once(run, shop)
    assert shop.sold == N and len(shop.server.asked) == N + 1
    told = [[outcome for outcome, _, _ in facts] for facts in story(run.folder).values()]
    assert sorted(told) == [*([["sent", "done"]] * (N - 1)), ["sent"] * 3 + ["done"]], "booked, taken back, booked"
    assert run.status().summary.dollars == pytest.approx(N * PRICE)


@pytest.mark.parametrize(("name", "at"), cases(LOSES))
def test_what_got_lost_is_booked_and_made_again(name: str, at: int, a_set: Callable[..., Run], shop: Counter) -> None:
    fault, sold = LOSES[name]
    shop.fail(fault, at)
    run = hosted(a_set, shop, make=shop.use(timeout=0.5))
    run_once(run, shop)
    assert shop.sold - sold == N
    told = list(story(run.folder).values())
    (odd,) = [facts for facts in told if len(facts) != 2]
    assert told.index(odd) == at - 1
    assert [outcome for outcome, _, _ in odd] == ["sent", "failed", "sent", "done"]
    assert odd[1][1].startswith(LOST) and odd[1][2] == pytest.approx(PRICE)
    assert run.status().summary.dollars == pytest.approx((N + 1) * PRICE)


@pytest.mark.parametrize(("name", "at"), cases(REFUSES))
def test_what_is_refused_gets_other_words_and_another_try(
    name: str, at: int, a_set: Callable[..., Run], shop: Counter
) -> None:
    fault, sold = REFUSES[name]
    shop.fail(fault, at)
    run = hosted(a_set, shop)
    run_once(run, shop)
    assert shop.sold - sold == N
    told = story(run.folder)
    (refused,) = [facts for facts in told.values() if facts[-1][0] == "refused"]
    assert [outcome for outcome, _, _ in refused] == ["sent", "refused"]
    first = next(s for s in run.samples() if s.facts["image"].outcome == "refused")
    (kept,) = [s for s in run.samples(kept=True) if s.recipe.slot == first.recipe.slot]
    assert (first.recipe.attempt, kept.recipe.attempt) == (0, 1)
    assert kept.prompt != first.prompt
    assert run.status().summary.dollars == pytest.approx(PRICE * (N + sold))


@pytest.mark.parametrize(("name", "at"), cases(TAKEN))
def test_what_is_odd_and_yet_a_picture_is_kept_with_a_note(
    name: str, at: int, a_set: Callable[..., Run], shop: Counter
) -> None:
    fault, note = TAKEN[name]
    shop.fail(fault, at)
    run = hosted(a_set, shop)
    run_once(run, shop)
    assert shop.sold == N
    told = list(story(run.folder).values())
    assert all([outcome for outcome, _, _ in facts] == ["sent", "done"] for facts in told)
    assert told[at - 1][1][1].startswith(note) if note else not told[at - 1][1][1]


STOPS: dict[str, tuple[dict[str, Any], str]] = {
    "a model that has gone": ({"content": "retired"}, "shut down on 2026-10-23; gpt-image-2.6-sunburst or"),
    "no money": (
        {"status": 429, "body": {"error": {"message": "You exceeded your quota.", "code": "insufficient_quota"}}},
        "You exceeded your quota",
    ),
    "no such key": ({"status": 401, "body": {"error": {"message": "Incorrect API key."}}}, "Incorrect API key"),
}


@pytest.mark.parametrize(
    ("name", "at"),
    [
        pytest.param(n, at, marks=[] if (n, at) == ("a model that has gone", 3) else [pytest.mark.slow])
        for n in STOPS
        for at in (1, 3, N)
    ],
)
def test_what_no_further_request_can_mend_stops_the_run_and_what_was_made_stays(
    name: str, at: int, a_set: Callable[..., Run], shop: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    fault, said = STOPS[name]
    shop.fail(fault, at)
    run = hosted(a_set, shop, make=shop.use(model="gpt-image-1"))
    code, printed = ended(capsys, "run", str(run.folder))
    assert code == 2
    assert said in " ".join(printed.split()) and "try:" in printed and "Traceback" not in printed
    assert run.status().summary.total.kept == shop.sold == at - 1
    assert len(shop.server.asked) == at, "it went on asking"
    check_money(run, shop)
    run_once(run, shop)
    assert shop.sold == N


@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 3, N])
def test_a_server_that_loses_the_same_picture_three_times_is_asked_no_more_until_retry(
    at: int, a_set: Callable[..., Run], shop: Counter
) -> None:
    shop.fail({"half": True}, at)
    run = hosted(a_set, shop, budget={"dollars": 5.0})
    shop.server.faults.extend([{}] * (N - at))
    shop.server.faults.extend([{"half": True}, {"half": True}])
    page = run.make().finish()
    assert (page.summary.total.kept, page.summary.total.failed, page.exit_code) == (N - 1, 1, 1)
    assert shop.sold == N + 2
    assert page.summary.dollars == pytest.approx(PRICE * shop.sold)
    assert run.make().finish().summary.total.failed == 1
    assert run.retry().finish().summary.total.kept == N
    check_money(run, shop)


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429, "headers": {"retry-after": "3600"}}], ids=str)
def test_a_server_that_is_down_stops_the_run_and_the_next_one_goes_on_without_retry(
    fault: dict[str, Any], a_set: Callable[..., Run], shop: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    run = hosted(a_set, shop, make=shop.use(concurrency=3, patience=0.4))
    shop.server.faults.extend([{}, {}] + [fault] * 1_000)
    code, printed = ended(capsys, "run", str(run.folder))
    assert code == 2 and "Traceback" not in printed, printed
    assert "nothing is lost" in printed and "mintage run" in printed
    assert run.status().summary.total.kept == shop.sold == 2
    check_money(run, shop)
    shop.server.faults.clear()
    run_once(run, shop)
    assert shop.sold == N
