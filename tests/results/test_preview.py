"""The rule of a preview: how likely a lead is by chance, and what scorers' rankings say of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.core.ledger_reading import LedgerReader
from mintage.core.plan import PROBES, Plan
from mintage.core.recipe import Fact, Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec
from mintage.results.preview import DRAWN, OTHERWISE, UNCLEAR, _Ranked, lead, look_at
from mintage.run import Run


def test_a_lead_over_all_others_is_as_likely_as_one_way_of_all() -> None:
    assert lead([5, 6, 7, 8, 9, 10], [1, 2, 3, 4]) == pytest.approx(1 / 210)
    assert lead([2, 2], [1, 1]) == pytest.approx(1 / 6)


def test_no_lead_is_as_likely_as_can_be() -> None:
    assert lead([1, 1, 1], [1, 1, 1]) == 1
    assert lead([1, 2], [3, 4]) == 1


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=6), st.lists(st.floats(-1, 1), min_size=2, max_size=4))
def test_a_lead_is_a_probability_and_shrinks_as_the_pictures_come_nearer(own: list[float], others: list[float]) -> None:
    chance = lead(own, others)
    assert 0 < chance <= 1
    assert lead([v + 1 for v in own], others) <= chance + 1e-12


def ranked(*told: tuple[float, str]) -> _Ranked:
    samples = []
    for number, (margin, note) in enumerate(told):
        recipe = Recipe(Slot("crane", "vanilla", number), 0, (("crane", 1.0),), "flat", {}, number)
        fact = Fact(recipe.id, "score.mini", "done", {"p": 0.5, "margin": margin}, note=note)
        samples.append(Sample(recipe, {"score.mini": fact}, "crane"))
    return _Ranked.of(samples, "mini")


HERON, OWN = (-0.2, "most like: heron"), (0.3, "next: heron")


def test_without_a_kind_half_of_the_pictures_ranked_first_is_drawn() -> None:
    assert ranked(OWN, OWN, HERON, HERON).verdict("")[0] == DRAWN
    assert ranked(OWN, HERON, (-0.1, "most like: ship"), HERON).verdict("")[0] == UNCLEAR


def test_without_a_kind_what_most_pictures_are_taken_for_is_named() -> None:
    assert ranked(OWN, HERON, HERON, HERON).verdict("")[:2] == (OTHERWISE, "heron")


def test_none_of_these_is_no_name() -> None:
    assert ranked(*[(-0.3, "most like: none of these")] * 4).verdict("")[:2] == (UNCLEAR, "")


def test_without_any_ranking_nothing_is_told() -> None:
    assert _Ranked.of([], "mini").verdict("bird") == (UNCLEAR, "", "no bird to compare with; no scorer ranks it")


AXES = {"environment": ["on grass", "at night", "in the snow"], "style": ["photo", "painting"]}


def planned(tmp_path: Path, **changes: object) -> Plan:
    told = {"name": "zoo", "classes": {"lemon": {"images": 9, "kind": "fruit"}}, "axes": AXES, "make": "flat"}
    spec = DatasetSpec.model_validate(told | {"score": ["technical"], "techniques": {"scene": 3}} | changes)
    return Plan.of(spec, tmp_path, probing=True)


def test_the_pictures_of_a_kind_are_made_in_the_places_and_styles_of_the_first_of_its_class(tmp_path: Path) -> None:
    rows = list(planned(tmp_path).rows())
    probes = [r.attributes for r in rows if r.technique == "probe"]
    own = [r.attributes for r in rows if r.technique == "scene"][:PROBES]
    assert [text.replace('"of":"fruit",', "") for text in probes] == own


def test_a_kind_is_made_once_for_all_its_classes(tmp_path: Path) -> None:
    told = {name: {"images": 9, "kind": "fruit"} for name in ("lemon", "pear", "kiwi")}
    plan = planned(tmp_path, classes=told)
    assert [plan.probed(name) for name in told] == [["fruit"], [], []]
    assert sum(r.technique == "probe" for r in plan.rows()) == PROBES


def test_pictures_by_another_engine_are_no_previews(a_set: Callable[..., Run]) -> None:
    told = {"classes": {"lemon": {"images": 6, "kind": "pizza"}}, "score": ["technical"], "keep": {"attempts": 1}}
    run = a_set(**told, make={"use": "flat", "noise": True})
    run.preview(first=4)
    run = a_set(**told, make={"use": "flat", "noise": True, "size": 32})
    ledger = LedgerReader(run.folder)
    try:
        looks, kinds = look_at(ledger, Plan.of(run.spec, run.folder, probing=True), 4)
    finally:
        ledger.close()
    assert [look.samples for look in looks] == [()]
    assert not kinds
    assert looks[0].why == "no image of it could be looked at by this engine"
