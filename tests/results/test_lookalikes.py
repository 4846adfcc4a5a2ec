"""How far look-alikes deceive: kept, effective, and what plain decoys come to."""

import pytest

from mintage.core.recipe import Fact, Recipe, Sample, Slot, Verdict
from mintage.core.spec import DatasetSpec
from mintage.results.lookalikes import Deceit, deceits

SPEC = DatasetSpec.model_validate({"name": "x", "classes": {"dalmatian": None, "seat": {"called": "chair"}}})


def sample(technique: str, number: int, share: float | None, kept: bool = True, **attributes: str) -> Sample:
    recipe = Recipe(Slot("dalmatian", technique, number, attributes), 0, (), "mini", {}, 1)
    facts = {} if share is None else {"score.mini": Fact(recipe.id, "score.mini", "done", {"target": share})}
    return Sample(recipe, facts, verdict=Verdict(kept, recipe.id, ""))


def alike(number: int, share: float | None, kept: bool = True, decoy: str = "car") -> Sample:
    return sample("lookalike", number, share, kept, decoy=decoy)


def plain(number: int, share: float | None, of: str = "car") -> Sample:
    return sample("probe", number, share, kept=False, of=of)


def test_effective_is_what_is_kept_and_has_more_of_the_class_in_it_than_plain_decoys_have() -> None:
    made = [alike(0, 0.3), alike(1, 0.3, kept=False), alike(2, 0.05), alike(3, None)]
    (found,) = deceits(SPEC, made, [plain(0, 0.0), plain(1, 0.2), plain(2, None)])
    assert found == Deceit("dalmatian", "car", 3, 2, 1, pytest.approx(0.65 / 3), pytest.approx(0.1), 2, 1)


def test_without_plain_ones_nobody_can_say() -> None:
    (found,) = deceits(SPEC, [alike(0, 0.3)], [plain(0, 0.1, of="chair")])
    assert (found.kept, found.effective, found.plain, found.probes) == (1, None, None, 0)


def test_each_decoy_is_compared_with_plain_ones_of_its_own_whatever_they_are_called() -> None:
    made = [alike(0, 0.3, decoy="Seat"), alike(1, 0.3, decoy="car")]
    found = deceits(SPEC, made, [plain(0, 0.4, of="chair"), plain(1, 0.1, of="car")])
    assert [(d.decoy, d.effective) for d in found] == [("car", 1), ("chair", 0)]


def test_nothing_gives_nothing() -> None:
    assert deceits(SPEC, [], [plain(0, 0.1)]) == []
