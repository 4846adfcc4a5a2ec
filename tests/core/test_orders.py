"""A set is exactly what its spec asks for, and what fits of earlier orders stays."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from core_trial import Tells, Trial, mixed, passing
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.core.array import Array
from mintage.core.decide import policy_of
from mintage.core.history import keys_of
from mintage.core.ledger import Ledger
from mintage.core.ledger_orders import Difference
from mintage.core.plan import Plan
from mintage.core.recipe import canonical
from mintage.core.spec import DatasetSpec

BASE: dict[str, Any] = {
    "name": "zoo",
    "classes": {"dog": 30, "cat": 20},
    "axes": {"place": ["grass", "sand", "snow"], "style": {"photo": 0.7, "painting": 0.3}},
    "techniques": {"vanilla": 0.2, "scene": 0.8},
    "make": "flat",
    "score": "technical",
}


def seats(shares: Mapping[str, float], n: int) -> Counter[str]:
    """Sainte-Laguë by its definition: the n largest of share / 1, 3, 5 …; ties go to the first in the file."""
    quotients = [(-share / (2 * k + 1), i, name) for i, (name, share) in enumerate(shares.items()) for k in range(n)]
    return Counter(name for quotient, _, name in sorted(quotients)[:n] if quotient)


def asked_for(spec: DatasetSpec) -> list[tuple[str, str, str]]:
    """(class key, technique, attributes) that a spec asks for, said once more without the code under test."""
    found = []
    for name, c in spec.classes.items():
        key, shares = spec.key_of(name), {t: s.share for t, s in spec.shares(name).items()}
        for technique, n in seats(shares, c.images.count or 0).items():
            rows = Array(spec.levels).attributes(n) if technique == "scene" else iter([{}] * n)
            found += [(key, technique, canonical(row)) for row in rows]
        for row in spec.more:
            if row.of == name:
                technique = next((t for t in shares if (t == "scene") == bool(row.attributes)), next(iter(shares)))
                found += [(key, technique, canonical(row.attributes))] * row.images
    return sorted(found)


class World:
    """A run whose spec is edited again and again; every order is checked."""

    def __init__(self, folder: Path) -> None:
        self.trial = Trial(folder)
        self.spec: dict[str, Any] = dict(BASE)
        self.plan: Plan

    @property
    def ledger(self) -> Ledger:
        return self.trial.ledger

    def order(self, scorer: str = "s@1", floor: float = 0.5, **changes: Any) -> Difference:
        """Edit the spec, plan it, make it the set, and check all that must hold after any order."""
        self.spec = {k: v for k, v in {**self.spec, **changes}.items() if v is not None}
        history = [order.value["keys"] for order in self.ledger.all("order")]
        spec = keys_of(DatasetSpec.model_validate(self.spec), history)
        self.plan = plan = Plan.of(spec, self.ledger.folder)
        images = [(f"image.{t}", e.made_by) for t, e in plan.engines.items()]
        stages = [("words", "w"), *images, ("score.s", scorer)]
        self.trial.policy = policy_of(stages, plan.makers, {"s.p": floor}, 3)
        before, cells = self._permanent(), self._cells()
        planned = self.ledger.difference(plan.rows())
        value = {"keys": {n: spec.key_of(n) for n in spec.classes}}
        difference = self.ledger.order(plan.rows(), value, self.trial.policy)
        assert planned == difference, "plan says what run does"
        self._check(spec, difference, before, cells)
        return difference

    def fill(self, tells: Tells = passing) -> None:
        self.trial.step(tells)
        while self.ledger.begin(1000, self.plan.recipe):
            while self.trial.step(tells):
                pass

    def kept(self) -> set[str]:
        return self.trial.kept()

    def slots(self) -> set[int]:
        return {n for (n,) in self.trial.table("SELECT slot FROM standing WHERE position IS NOT NULL")}

    def _permanent(self) -> list[list[Any]]:
        return [self.trial.table(f"SELECT * FROM {t}") for t in ("slots", "recipes", "facts", "changes", "judged")]

    def _cells(self) -> dict[tuple[str, str, str], list[tuple[int, int, str]]]:
        """Cell → (number, slot, state) of every slot there ever was."""
        found: dict[tuple[str, str, str], list[tuple[int, int, str]]] = {}
        columns = "t.key, t.technique, t.attributes, t.number, t.n, s.state"
        sql = f"SELECT {columns} FROM slots t JOIN standing s ON s.slot = t.n"
        for key, technique, attributes, *slot in self.trial.table(sql):
            found.setdefault((key, technique, attributes), []).append(tuple(slot))
        return found

    def _check(self, spec: DatasetSpec, difference: Difference, before: Any, cells: Any) -> None:
        asked = asked_for(spec)
        assert self.trial.content() == asked
        for old, new in zip(before[:4], self._permanent()[:4], strict=True):
            assert new[: len(old)] == old, "nothing of an earlier order is deleted or changed"
        assert self._permanent()[1] == before[1], "an order makes no recipes"
        numbers = self.trial.table("SELECT key, technique, count(*), min(number), max(number) FROM slots GROUP BY 1, 2")
        assert all(low == 0 and high == count - 1 for _, _, count, low, high in numbers)
        inside, wanted = self.slots(), Counter(asked)
        new = 0
        for cell in {*cells, *wanted}:
            there = sorted(cells.get(cell, []), key=lambda slot: (slot[2] != "kept", slot[0]))
            taken = {slot for _, slot, _ in there[: wanted[cell]]}
            assert {slot for _, slot, _ in there} & inside == taken, "filled slots first, then the lowest number"
            new += max(0, wanted[cell] - len(there))
        assert sum(difference.new.values()) == new == len(self.trial.table("SELECT 1 FROM slots")) - len(before[0])
        positions = self.trial.table("SELECT key, position FROM standing WHERE position IS NOT NULL ORDER BY 1, 2")
        sizes = Counter(key for key, _, _ in asked)
        assert positions == [(key, n) for key in sorted(sizes) for n in range(sizes[key])]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.ledger.close()


def test_the_first_order_is_all_new_and_the_same_again_changes_nothing(world: World) -> None:
    assert world.order() == Difference(new={"dog": 30, "cat": 20})
    assert world.order() == Difference(unfilled={"dog": 30, "cat": 20})
    world.fill()
    before = world.kept()
    assert world.order() == Difference(kept={"dog": 30, "cat": 20})
    assert world.kept() == before


def test_more_images_keep_every_slot_there_is(world: World) -> None:
    world.order()
    world.fill()
    before = world.kept()
    assert world.order(classes={"dog": 37, "cat": 20}) == Difference(new={"dog": 7}, kept={"dog": 30, "cat": 20})
    assert world.kept() == before
    world.fill()
    assert before < world.kept()


def test_fewer_images_let_the_last_rows_go_and_filled_ones_of_a_row_stay(world: World) -> None:
    world.order()
    world.fill(mixed)
    assert world.order(classes={"dog": 10, "cat": 20}).leaving == {"dog": 20}
    assert world.trial.table("SELECT count(*) FROM recipes") != [(0,)]


def test_slots_return_with_their_images_when_a_spec_asks_for_them_again(world: World) -> None:
    world.order()
    world.fill()
    before = world.kept()
    assert world.order(classes={"dog": 10, "cat": 20}).leaving == {"dog": 20}
    assert world.order(**BASE) == Difference(kept={"dog": 10, "cat": 20}, returning={"dog": 20})
    assert world.kept() == before
    assert world.ledger.begin(1000, world.plan.recipe) == 0


def test_a_returning_slot_is_judged_by_the_present_floor(world: World) -> None:
    world.order()
    world.fill(lambda s: 0.6)
    world.order(classes={"dog": 0, "cat": 20})
    world.order(floor=0.8)
    world.order(**BASE, floor=0.8)
    assert world.kept() == set()
    world.order(floor=0.5)
    assert len(world.kept()) == 50


def test_a_new_class_touches_no_other(world: World) -> None:
    world.order()
    world.fill()
    before = world.kept()
    difference = world.order(classes={"owl": 5, "dog": 30, "cat": {"images": 20, "lookalikes": ["dog"]}})
    assert difference == Difference(new={"owl": 5}, kept={"dog": 30, "cat": 20})
    assert world.kept() == before


def test_a_class_that_is_taken_out_leaves_and_comes_back(world: World) -> None:
    world.order()
    world.fill()
    before = world.kept()
    assert world.order(classes={"cat": 20}) == Difference(kept={"cat": 20}, leaving={"dog": 30})
    assert world.order(classes={"cat": 20, "dog": 30}) == Difference(kept={"cat": 20}, returning={"dog": 30})
    assert world.kept() == before


def test_a_renamed_class_keeps_everything_also_when_was_is_dropped(world: World) -> None:
    world.order()
    world.fill()
    before = world.kept()
    nothing = Difference(kept={"dog": 30, "cat": 20})
    assert world.order(classes={"hound": {"images": 30, "was": "dog"}, "cat": 20}) == nothing
    assert world.plan.spec.name_of("dog") == "hound"
    assert world.order(classes={"hound": 30, "cat": 20}) == nothing
    assert world.order(classes={"mutt": {"images": 30, "was": "hound"}, "cat": 20}) == nothing
    assert world.kept() == before
    assert world.order(classes={"mutt": 30, "cat": 20, "dog": 3}).new == {"dog (2)": 3}
    assert world.kept() == before


def test_another_engine_replaces_nothing_that_is_filled_and_takes_up_what_was_given_up(world: World) -> None:
    world.order()
    world.fill(lambda s: 0.9 if s.recipe.slot.number % 2 else 0.1)
    before = world.kept()
    given_up = world.trial.states()["given_up"]
    difference = world.order(make={"use": "flat", "size": 32})
    assert difference.new == difference.leaving == {}
    assert world.kept() == before
    assert world.trial.states()["open"] == given_up
    world.fill()
    assert before < world.kept()
    assert world.trial.states() == {"kept": 50}


def test_another_scorer_scores_every_image_again_and_makes_none(world: World) -> None:
    world.order()
    world.fill()
    before = world.kept()
    assert world.order(scorer="s@2").new == {}
    assert world.trial.states() == {"due": 50}
    assert len(world.ledger.due("score.s")) == 50
    world.fill()
    assert world.kept() == before


def test_another_floor_costs_nothing_and_is_undone_by_the_old_one(world: World) -> None:
    world.order()
    world.fill(mixed)
    before = world.kept()
    world.order(floor=0.85)
    assert world.kept() < before
    world.order(floor=0.5)
    assert world.kept() == before


def test_a_new_value_of_an_axis_reuses_the_rows_that_fit(world: World) -> None:
    world.order()
    world.fill()
    axes = {"place": ["grass", "sand", "snow", "ice"], "style": BASE["axes"]["style"]}
    difference = world.order(axes=axes)
    kept, new, leaving = (sum(d.values()) for d in (difference.kept, difference.new, difference.leaving))
    assert kept + new == 50
    assert new == leaving > 0
    assert kept >= 25
    world.fill()
    assert world.trial.states() == {"kept": 50}
    assert sum(world.order(**BASE).returning.values()) == leaving


def test_other_weights_change_only_as_many_rows_as_the_shares_ask(world: World) -> None:
    world.order()
    world.fill()
    world.order(axes={**BASE["axes"], "style": {"photo": 0.5, "painting": 0.5}})
    for key, n in (("dog", 24), ("cat", 16)):
        styles = Counter("photo" in a for k, t, a in world.trial.content() if k == key and t == "scene")
        assert abs(styles[True] - n / 2) < 1


def test_axes_in_another_order_keep_the_rows_that_both_have(world: World) -> None:
    world.order()
    world.fill()
    axes = dict(reversed(BASE["axes"].items()))
    difference = world.order(axes=axes)
    assert sum(difference.kept.values()) > 30, "attributes are compared, not the order in which they are written"


def test_rows_under_more_stand_beside_the_array_and_share_its_slots(world: World) -> None:
    world.order()
    world.fill()
    before = world.kept()
    more = [{"class": "dog", "attributes": {"style": "photo", "place": "snow"}, "images": 5}]
    assert world.order(more=more).new == {"dog": 5}
    world.fill()
    assert before < world.kept()
    more.append({"class": "cat", "images": 2})
    assert world.order(more=more).new == {"cat": 2}
    assert world.trial.content().count(("cat", "vanilla", "{}")) == 6


def test_no_images_at_all_is_an_order_as_well(world: World) -> None:
    world.order()
    assert world.order(classes={"dog": 0, "cat": 0}).leaving == {"dog": 30, "cat": 20}
    assert list(world.ledger.samples()) == []
    assert world.ledger.begin(10, world.plan.recipe) == 0


counts = st.integers(0, 14)
levels = st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=4, unique=True)
weights = st.dictionaries(st.sampled_from(["x", "y", "z"]), st.sampled_from([1, 2, 0.5]), min_size=1)
axes = st.fixed_dictionaries({}, optional={"one": levels, "two": weights, "three": levels})
shares = st.sampled_from([{"scene": 1}, {"vanilla": 0.3, "scene": 0.7}, {"scene": 0.5, "vanilla": 0.5}, {"vanilla": 1}])


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    found = draw(axes)
    classes = draw(st.dictionaries(st.sampled_from(["dog", "cat", "owl", "cow"]), counts, min_size=1))
    techniques = draw(shares) if found else {"vanilla": 1}
    more = []
    if found and "scene" in techniques and draw(st.booleans()):
        row = {axis: draw(st.sampled_from(sorted(values))) for axis, values in found.items()}
        more = [{"class": draw(st.sampled_from(sorted(classes))), "attributes": row, "images": draw(st.integers(0, 4))}]
    return {"classes": classes, "axes": found, "techniques": techniques, "more": more}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(specs(), st.sampled_from(["", "fill", "step"])), min_size=2, max_size=5))
def test_after_any_sequence_of_specs_the_set_is_what_the_last_one_asks_for(steps: list[tuple[Any, str]]) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        for changes, then in steps:
            world.order(**changes)
            if then == "fill":
                world.fill(mixed)
            elif then == "step":
                world.ledger.begin(5, world.plan.recipe)
                world.trial.step(mixed, 3)
        world.ledger.close()
