"""A budget at a hosted server is hard whatever gets lost, and another model fills what the first one left."""

import random
from collections import Counter as Count
from collections.abc import Callable
from typing import Any

import pytest
from tests.servers.till import PRICE, Till, open_till, quicken, story

from mintage.run import Run

BOUND = 0.0355
"""Dollars that a small picture by tokens costs at most, and a little more."""

FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 429},
    {"status": 500},
    {"reset": "before"},
    {"reset": "after"},
    {"half": True},
    {"type": "text/html"},
    {"late": 0.8},
    {"content": "bad base64"},
    {"content": "error inside"},
    {"content": "black"},
    {"content": "empty"},
    {"content": "refusal"},
    {"content": "no usage"},
    {"content": "two"},
    {"slow": 0.1},
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quicken(monkeypatch)


def flat(page: Any) -> str:
    return " ".join(str(page).split())


@pytest.mark.parametrize("seed", [pytest.param(s, marks=[pytest.mark.slow] if s else []) for s in range(12)], ids=str)
def test_the_server_never_takes_more_than_the_budget_whatever_it_loses(seed: int, a_set: Callable[..., Run]) -> None:
    lots = random.Random(seed)
    with open_till(Till("openai", tokens=True, seed=seed)) as shop:
        shop.server.faults.extend(lots.choice(FAULTS) if lots.random() < 0.4 else {} for _ in range(60))
        dollars = lots.uniform(1, 5) * BOUND
        changes: dict[str, Any] = {
            "classes": {"lemon": 8, "chair": 8},
            "score": [],
            "write": "grammar",
            "make": shop.use(concurrency=lots.choice([1, 3, 8]), timeout=0.5),
        }
        run = a_set(**changes, budget={"dollars": dollars})
        page = run.make().finish()
        assert shop.till.charged <= page.summary.dollars + 1e-9 <= dollars + 2e-9
        assert page.exit_code == 3, str(page)
        said = flat(page)
        assert "stopped by the budget" in said and "edit budget: in dataset.yaml" in said and "mintage run" in said
        for _ in range(3):  # what came back of the reserves may bear a few more, and then it is over
            before = shop.sold
            assert run.make().finish().exit_code == 3
            assert shop.till.charged <= run.status().summary.dollars + 1e-9 <= dollars + 2e-9
        assert shop.sold == before

        run = a_set(**changes, budget={"dollars": 50.0})
        for _ in range(8):  # what was lost three times waits for `retry`
            page = run.make().finish() if not page.summary.failed else run.retry().finish()
            assert shop.till.charged <= page.summary.dollars + 1e-9
            if page.summary.total.kept + page.summary.total.given_up == 16:
                break
        total = page.summary.total
        assert total.kept + total.given_up == 16 and page.summary.owed == 0, str(page)
        costs = [cost for facts in story(run.folder).values() for _, _, cost in facts]
        assert sum(costs) == pytest.approx(page.summary.dollars)


def test_words_and_pictures_are_bought_from_one_purse(a_set: Callable[..., Run]) -> None:
    with open_till(Till()) as shop:
        changes: dict[str, Any] = {
            "classes": {"lemon": 4, "chair": 4},
            "score": [],
            "write": shop.writing(price=0.01, group=4),
            "make": shop.use(concurrency=4),
        }
        run = a_set(**changes, budget={"dollars": 0.5})
        page = run.make().finish()
        assert page.exit_code == 3
        requests = len(shop.till.chat.delivered)
        assert shop.till.charged + 0.01 * requests <= page.summary.dollars + 1e-9 <= 0.5 + 2e-9
        run = a_set(**changes, budget={"dollars": 5})
        page = run.make().finish()
        assert (page.summary.total.kept, page.exit_code) == (8, 0), str(page)
        assert len({s.prompt for s in run.samples(kept=True)}) == 8
        before = (shop.sold, len(shop.server.asked))
        run.make().finish()
        assert (shop.sold, len(shop.server.asked)) == before


def by_maker(run: Run) -> dict[str, Count[str]]:
    """Class → engine and model → kept images."""
    found: dict[str, Count[str]] = {}
    for sample in run.samples(kept=True):
        maker = f"{sample.recipe.engine} {sample.recipe.settings.get('model', '')}".strip()
        found.setdefault(sample.label, Count())[maker] += 1
    return found


@pytest.mark.parametrize(
    ("made", "second"),
    [
        (17, "openai painter-2"),
        pytest.param(40, "flat", marks=pytest.mark.slow),
        pytest.param(1, "flat", marks=pytest.mark.slow),
    ],
)
def test_another_model_fills_what_the_first_one_left_in_equal_parts_of_each_class(
    made: int, second: str, a_set: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    classes = {"lemon": 16, "chair": 16, "shoe": 16}
    with open_till(Till()) as shop:
        changes: dict[str, Any] = {"classes": classes, "score": [], "write": "grammar"}
        shop.till.retires_after = made
        run = a_set(**changes, make=shop.use(model="gpt-image-1", concurrency=4))
        with pytest.raises(Exception, match="shut down on 2026-10-23"):
            run.make().finish()
        assert run.status().summary.total.kept == made
        shop.till.retires_after = 10**9
        make = {"use": "flat", "size": 48, "noise": True} if second == "flat" else shop.use(model="painter-2")
        run = a_set(**changes, make=make)
        page = run.make().finish()
        assert (page.summary.total.kept, page.exit_code) == (48, 0), str(page)
        assert dict(page.summary.makers) == {"openai gpt-image-1": made, second: 48 - made}
        assert f"{second} {48 - made}" in flat(page) and "made by:" in flat(page)
        shares = [of["openai gpt-image-1"] for of in by_maker(run).values()] + [0] * (3 - len(by_maker(run)))
        assert max(shares) - min(shares) <= 1, "one class has more of the first model than another"
        assert page.summary.uneven is None or made < 3
        before = (shop.sold, len(shop.server.asked))
        assert run.make().finish().summary.total.kept == 48
        assert (shop.sold, len(shop.server.asked)) == before


def test_it_is_said_where_one_model_made_more_of_one_class_than_of_another(a_set: Callable[..., Run]) -> None:
    with open_till(Till()) as shop:
        changes: dict[str, Any] = {"score": [], "write": "grammar"}
        run = a_set(**changes, classes={"lemon": 6, "chair": 6}, make=shop.use(concurrency=4))
        run.make().finish()
        run = a_set(**changes, classes={"lemon": 6, "chair": 12}, make=shop.use(model="painter-2", concurrency=4))
        page = run.make().finish()
        assert page.summary.uneven is not None
        assert dict(page.summary.makers) == {"openai painter-1": 12, "openai painter-2": 6}
        assert "would tell a network the class" in flat(page) and "--again" in flat(page)
        page = run.make(again=True).finish()
        assert page.summary.uneven is None and dict(page.summary.makers) == {"openai painter-2": 18}
        assert page.summary.dollars == pytest.approx(shop.till.charged) == pytest.approx(30 * PRICE)


WORDING: dict[str, dict[str, Any]] = {
    "429": {"status": 429},
    "cut after": {"reset": "after"},
    "half": {"half": True},
    "late": {"late": 0.8},
    "another type": {"type": "text/html"},
    "fewer": {"content": "fewer"},
    "duplicates": {"content": "duplicates"},
    "shifted": {"content": "shifted"},
    "truncated": {"content": "truncated"},
    "prose": {"content": "prose"},
    "refusal": {"content": "refusal"},
    "no choices": {"content": "no choices"},
    "surrogates": {"content": "surrogates"},
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n in ("cut after", "fewer") else [pytest.mark.slow]) for n in WORDING],
)
def test_a_writer_that_meets_faults_costs_what_it_took_and_words_every_slot(
    name: str, a_set: Callable[..., Run]
) -> None:
    each = 0.002
    with open_till(Till()) as shop:
        shop.server.at = lambda path: "/chat/" in path  # type: ignore[method-assign]
        shop.server.faults.extend([WORDING[name], {}, WORDING[name]])
        run = a_set(
            classes={"lemon": 6, "chair": 6},
            score=[],
            write=shop.writing(price=each, group=4, timeout=0.5, concurrency=2),
            make=shop.use(concurrency=4),
            budget={"dollars": 5.0},
        )
        page = run.make().finish()
        assert (page.summary.total.kept, page.summary.owed) == (12, 0), str(page)
        charged = shop.till.charged + each * len(shop.till.chat.delivered)
        assert charged <= page.summary.dollars + 1e-9 <= 5.0 + 2e-9
        kept = list(run.samples(kept=True))
        assert len({s.prompt for s in kept}) == 12
        for sample in kept:
            assert sample.label in sample.prompt
            assert all(value in sample.prompt for value in sample.attributes.values()), sample.prompt
        sums = [
            cost for name in ("words", "image") for facts in story(run.folder, name).values() for _, _, cost in facts
        ]
        assert sum(sums) == pytest.approx(page.summary.dollars)
        before = (shop.sold, len(shop.server.asked))
        run.make().finish()
        assert (shop.sold, len(shop.server.asked)) == before
