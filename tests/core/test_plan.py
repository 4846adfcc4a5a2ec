"""A plan follows from its spec alone, grows without taking away, and calls nothing."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.core.errors import MintageError
from mintage.core.history import keys_of
from mintage.core.ledger_orders import Wanted
from mintage.core.plan import Plan, apportion
from mintage.core.recipe import Slot
from mintage.core.spec import DatasetSpec

ZOO: dict[str, Any] = {
    "name": "zoo",
    "classes": {"dog": 40, "cat": 25},
    "axes": {"place": ["grass", "sand", "snow"], "style": {"photo": 0.7, "painting": 0.3}},
    "techniques": {"vanilla": 0.2, "scene": 0.8},
    "make": "flat",
    "score": "technical",
}


def spec_of(**changes: Any) -> DatasetSpec:
    return DatasetSpec.model_validate({k: v for k, v in {**ZOO, **changes}.items() if v is not None})


def plan_of(folder: Path = Path(), **changes: Any) -> Plan:
    return Plan.of(spec_of(**changes), folder)


def mistakes(folder: Path = Path(), **changes: Any) -> list[str]:
    with pytest.raises(MintageError) as caught:
        plan_of(folder, **changes)
    return [str(p) for p in caught.value.problems]


# ── shares ──────────────────────────────────────────────────────────────────────────────────────────────────────────

whole_shares = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 50), min_size=1)


def webster(shares: Mapping[str, int], n: int) -> Counter[str]:
    """Sainte-Laguë by its definition: the n largest quotients share / 1, 3, 5 …; ties go to the first."""
    quotients = [
        (-Fraction(share, 2 * k + 1), i, name)
        for i, (name, share) in enumerate(shares.items())
        if share
        for k in range(n)
    ]
    return Counter(name for _, _, name in sorted(quotients)[:n])


@given(whole_shares, st.integers(0, 60))
def test_techniques_share_a_class_by_sainte_laguë(shares: dict[str, int], n: int) -> None:
    seats = Counter(apportion(shares, n))
    assert seats == webster(shares, n)
    assert sum(seats.values()) == (n if any(shares.values()) else 0)


any_shares = st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 1e6), min_size=1)


@given(any_shares, st.integers(0, 80), st.integers(0, 80))
def test_more_seats_take_none_away(shares: dict[str, float], n: int, more: int) -> None:
    assert list(apportion(shares, n + more))[:n] == list(apportion(shares, n))


@given(st.dictionaries(st.sampled_from("ab"), st.integers(1, 1000), min_size=2), st.integers(0, 200))
def test_of_two_techniques_each_has_its_share_to_one_image(shares: dict[str, int], n: int) -> None:
    seats = Counter(apportion(shares, n))
    for name, share in shares.items():
        assert abs(seats[name] - n * share / sum(shares.values())) < 1


def test_shares_are_divided_by_their_sum_and_0_is_none() -> None:
    plan = plan_of(techniques={"scene": 8, "vanilla": 2}, classes={"dog": 10, "cat": 5})
    assert plan.counts_by_technique("dog") == {"scene": 8, "vanilla": 2}
    assert plan_of(techniques={"scene": 1, "vanilla": 0}).counts_by_technique("cat") == {"scene": 25, "vanilla": 0}


def test_a_class_may_have_its_own_techniques() -> None:
    plan = plan_of(classes={"dog": 10, "cat": {"images": 4, "techniques": {"vanilla": 1}}})
    assert plan.counts_by_technique("cat") == {"vanilla": 4}
    assert {(w.technique, w.attributes) for w in plan.rows() if w.key == "cat"} == {("vanilla", "{}")}


# ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def of_class(plan: Plan, key: str) -> list[Wanted]:
    return [w for w in plan.rows() if w.key == key]


levels = st.lists(st.sampled_from("pqrs"), min_size=1, max_size=4, unique=True)
weighted = st.dictionaries(st.sampled_from("xyz"), st.sampled_from([0.1, 0.25, 1, 3]), min_size=1)
specs = st.fixed_dictionaries(
    {
        "axes": st.dictionaries(st.sampled_from(["one", "two", "three"]), levels | weighted, min_size=1),
        "techniques": st.sampled_from([{"scene": 1}, {"scene": 0.8, "vanilla": 0.2}, {"vanilla": 1, "scene": 1}]),
    }
)


@settings(max_examples=40, deadline=None)
@given(specs, st.integers(0, 40), st.integers(0, 40))
def test_a_longer_plan_begins_with_the_shorter_one(changes: dict[str, Any], n: int, more: int) -> None:
    short, long = (of_class(plan_of(classes={"dog": n}, **changes), "dog") for n in (n, n + more))
    assert long[:n] == short
    assert [w.position for w in long] == list(range(n + more))


@settings(max_examples=40, deadline=None)
@given(specs, st.integers(0, 40))
def test_every_class_has_the_same_contexts(changes: dict[str, Any], n: int) -> None:
    plan = plan_of(classes={"dog": n, "cat": n}, **changes)
    dog, cat = ([w._replace(key="") for w in of_class(plan, key)] for key in ("dog", "cat"))
    assert dog == cat


def test_attributes_are_written_alike_whatever_the_order_of_the_axes() -> None:
    one = of_class(plan_of(axes=dict(reversed(ZOO["axes"].items()))), "dog")
    assert all(w.attributes == json.dumps(json.loads(w.attributes), sort_keys=True, separators=(",", ":")) for w in one)


def test_rows_under_more_come_last_with_the_technique_that_has_attributes_as_they_do() -> None:
    more = [
        {"class": "dog", "attributes": {"style": "photo", "place": "snow"}, "images": 2},
        {"class": "dog", "images": 3},
        {"class": "cat", "attributes": {"place": "sand"}, "images": 1},
    ]
    plan = plan_of(more=more)
    assert of_class(plan, "dog")[:40] == of_class(plan_of(), "dog")
    assert of_class(plan, "dog")[40:] == [
        *(Wanted("dog", "scene", 40 + n, '{"place":"snow","style":"photo"}') for n in range(2)),
        *(Wanted("dog", "vanilla", 42 + n, "{}") for n in range(3)),
    ]
    assert of_class(plan, "cat")[25:] == [Wanted("cat", "scene", 25, '{"place":"sand"}')]


def test_rows_are_a_stream() -> None:
    plan = plan_of(classes={"dog": 100_000, "cat": 100_000}, techniques={"scene": 1})
    assert len(list(islice(plan.rows(), 5))) == 5


# ── recipes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def ids(plan: Plan) -> dict[str, tuple[str, int]]:
    """Slot → (id, seed) of the first attempt at each row, as a first order numbers them."""
    numbers: Counter[tuple[str, str]] = Counter()
    found = {}
    for row in plan.rows():
        slot = Slot(row.key, row.technique, numbers[row.key, row.technique], json.loads(row.attributes))
        numbers[row.key, row.technique] += 1
        recipe = plan.recipe(slot, 0)
        found[str(slot)] = (recipe.id, recipe.seed)
    return found


def test_the_same_spec_gives_the_same_recipes_in_every_process() -> None:
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); from test_plan import *\n"
        "print(json.dumps(ids(plan_of(make={'use': 'flat', 'fail_on': ['a', 'b']}))))"
    )
    said = []
    for seed in ("0", "1", "77"):
        command = [sys.executable, "-c", code, str(Path(__file__).parent)]
        env = os.environ | {"PYTHONHASHSEED": seed}
        said.append(json.loads(subprocess.run(command, env=env, capture_output=True, check=True).stdout))
    assert said[0] == said[1] == said[2]
    assert {slot: tuple(place) for slot, place in said[0].items()} == ids(plan_of())
    assert len({recipe for recipe, _ in said[0].values()}) == 65


def test_seeds_have_31_bits_and_depend_on_the_place_alone() -> None:
    plan = ids(plan_of())
    other = ids(plan_of(classes={"owl": 3, "cat": 25, "dog": 50}))
    assert {slot: other[slot] for slot in plan} == plan
    assert all(0 <= seed < 2**31 for _, seed in plan.values())
    assert len({seed for _, seed in plan.values()}) == len(plan)


def test_a_renamed_class_has_the_recipes_of_its_old_name() -> None:
    spec = keys_of(spec_of(classes={"hound": {"images": 40, "was": "dog"}, "cat": 25}), [{"dog": "dog", "cat": "cat"}])
    assert ids(Plan.of(spec, Path())) == ids(plan_of())


def test_another_seed_or_setting_makes_other_recipes_and_what_changes_no_pixel_does_not() -> None:
    before = ids(plan_of())
    assert not set(ids(plan_of(seed=2)).values()) & set(before.values())
    size = ids(plan_of(make={"use": "flat", "size": 32}))
    assert {s: seed for s, (_, seed) in size.items()} == {s: seed for s, (_, seed) in before.items()}
    assert not {i for i, _ in size.values()} & {i for i, _ in before.values()}
    assert ids(plan_of(make={"use": "flat", "refuse_on": ["cat"]})) == before


def test_attempts_differ_in_seed_and_id() -> None:
    plan = plan_of()
    recipes = [plan.recipe(Slot("dog", "scene", 0, {}), n) for n in range(20)]
    assert len({r.seed for r in recipes}) == len({r.id for r in recipes}) == 20


def test_one_technique_may_have_another_engine() -> None:
    plan = plan_of(
        classes={"dalmatian": 3}, axes={"style": ["photo"]}, make={"use": "flat", "except": {"vanilla": "mini"}}
    )
    assert plan.recipe(Slot("dalmatian", "vanilla", 0), 0).engine == "mini"
    assert plan.recipe(Slot("dalmatian", "scene", 0), 0).engine == "flat"
    assert plan.makers["vanilla"] != plan.makers["scene"]


# ── real images ─────────────────────────────────────────────────────────────────────────────────────────────────────


def references(folder: Path, *files: str) -> None:
    for name in files:
        path = folder / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_fill_to_counts_the_real_pictures_at_any_depth_and_nothing_else(tmp_path: Path) -> None:
    references(tmp_path, "a.png", "b.JPG", "in/c.webp", "in/deep/d.jpeg")
    references(tmp_path, "note.txt", "._a.png", ".DS_Store", "e.png.txt")
    (tmp_path / "photos" / "folder.png").mkdir()
    plan = plan_of(tmp_path, classes={"dog": {"images": {"fill_to": 10}, "references": "photos"}})
    assert plan.counts == {"dog": 6}
    assert len(of_class(plan, "dog")) == 6


def test_more_real_pictures_than_wanted_ask_for_none(tmp_path: Path) -> None:
    references(tmp_path, *(f"{n}.png" for n in range(5)))
    plan = plan_of(tmp_path, classes={"dog": {"images": {"fill_to": 3}, "references": "photos"}})
    assert (plan.counts, list(plan.rows())) == ({"dog": 0}, [])


def test_missing_folders_and_unknown_words_are_told_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    classes = {
        "dalmatian": {"images": {"fill_to": 3}, "references": "nowhere"},
        "leopard": {"images": {"fill_to": 3}, "references": "file"},
        "leopardo": 3,
        "xyzzy": 3,
    }
    said = mistakes(tmp_path, classes=classes, make="mini", axes={"style": ["photo", "pencil sketches"]})
    assert [s.split("\n")[0] for s in said] == [
        f"classes.dalmatian.references: there is no folder {tmp_path / 'nowhere'}",
        f"classes.leopard.references: there is no folder {tmp_path / 'file'}",
        "classes.leopardo: the engine 'mini' cannot draw the class 'leopardo'",
        "classes.xyzzy: the engine 'mini' cannot draw the class 'xyzzy'",
        "axes.style: the engine 'mini' cannot draw the style 'pencil sketches'",
    ]
    assert "expected: one of leopard, or an engine that draws anything" in said[2]
    assert "the nearest" not in said[3]
    assert "pencil sketch" in said[4]


def test_scene_without_axes_is_told_when_planning_and_not_when_writing() -> None:
    (said,) = mistakes(axes={}, techniques={"scene": 1})
    assert "vanilla" in said
    plan = plan_of(axes={}, techniques={"scene": 0, "vanilla": 1})
    assert plan.counts_by_technique("dog") == {"scene": 0, "vanilla": 40}
