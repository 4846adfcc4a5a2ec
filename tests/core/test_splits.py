"""Splits: children stay with their roots, nothing moves when the set grows, and no made image is a test."""

import math
import tracemalloc
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.core.errors import MintageError
from mintage.core.recipe import Recipe, Slot
from mintage.core.splits import assign, split_problems

SHARES = {"train": 0.8, "val": 0.2}


def recipe(number: int, *roots: str, key: str = "dog") -> Recipe:
    return Recipe(Slot(key, "scene", number), 0, ((key, 1.0),), "flat", {}, number, roots, roots)


@st.composite
def family_sets(draw: st.DrawFn) -> list[Recipe]:
    """Recipes whose roots are photos or earlier recipes, children of children among them."""
    made: list[Recipe] = []
    for number in range(draw(st.integers(1, 25))):
        known = [f"file:{photo}" for photo in "abcdef"] + [f"recipe:{r.id}" for r in made]
        made.append(recipe(number, *draw(st.lists(st.sampled_from(known), max_size=3))))
    return draw(st.permutations(made))


@given(family_sets(), st.integers(0, 50))
def test_all_that_share_a_root_directly_or_through_others_are_in_one_split(made: list[Recipe], seed: int) -> None:
    split = assign({"a": 1, "b": 1, "c": 1}, lambda: made, seed)
    by_name = {f"recipe:{r.id}": split(r) for r in made}
    first: dict[str, str] = {}
    for r in made:
        for root in r.roots:
            assert split(r) == by_name.get(root, split(r))
            assert split(r) == first.setdefault(root, split(r))


@given(family_sets())
def test_splits_do_not_depend_on_the_order_of_recipes_or_of_shares(made: list[Recipe]) -> None:
    one = assign({"train": 0.5, "val": 0.5}, lambda: made)
    two = assign({"val": 1, "train": 1}, lambda: reversed(made))
    assert [one(r) for r in made] == [two(r) for r in made]


@given(family_sets())
def test_recipes_without_roots_may_be_left_out_of_the_related_ones(made: list[Recipe]) -> None:
    every = assign({"a": 1, "b": 1}, lambda: made)
    few = assign({"a": 1, "b": 1}, lambda: (r for r in made if r.roots))
    assert [every(r) for r in made] == [few(r) for r in made]


def test_no_sample_moves_when_the_set_grows_without_joining_families() -> None:
    old = [recipe(n) for n in range(200)] + [recipe(1000 + n, f"file:{n % 20}") for n in range(200)]
    new = [recipe(5000 + n, f"file:{n % 40}") for n in range(100)] + [recipe(9000 + n) for n in range(100)]
    new += [recipe(9500 + n, f"recipe:{old[n].id}") for n in range(100)]
    before, after = assign(SHARES, lambda: old), assign(SHARES, lambda: old + new)
    assert [before(r) for r in old] == [after(r) for r in old]
    assert {before(r) for r in old} == {"train", "val"}


def test_a_family_of_two_joined_ones_keeps_the_split_of_one_of_them() -> None:
    for number in range(20):
        a, b = f"file:a{number}", f"file:b{number}"
        alone = assign(SHARES)
        joined = assign(SHARES, lambda: [recipe(3, a, b)])  # noqa: B023
        assert joined(recipe(1, a)) == joined(recipe(2, b)) in (alone(recipe(1, a)), alone(recipe(2, b)))


def test_shares_are_met_as_closely_as_a_draw_meets_them_in_every_class() -> None:
    split = assign({"train": 0.7, "val": 0.2, "spare": 0.1})
    for key in ("dog", "cat", "bird"):
        counts = Counter(split(recipe(n, key=key)) for n in range(3000))
        for name, share in {"train": 0.7, "val": 0.2, "spare": 0.1}.items():
            assert abs(counts[name] - 3000 * share) < 4 * math.sqrt(3000 * share * (1 - share))


def test_the_splits_of_version_1_stay_what_they_are() -> None:
    split = assign(SHARES, seed=7)
    assert "".join(split(recipe(n, f"file:{n}"))[0] for n in range(20)) == "tttttttttttttvvttttt"


def test_another_seed_gives_other_splits() -> None:
    one, two = assign(SHARES, seed=1), assign(SHARES, seed=2)
    assert [one(recipe(n)) for n in range(100)] != [two(recipe(n)) for n in range(100)]


def test_a_share_of_zero_gets_nothing() -> None:
    split = assign({"train": 1, "val": 0})
    assert {split(recipe(n)) for n in range(200)} == {"train"}


def test_memory_does_not_grow_with_the_number_of_samples_nor_with_the_children_of_a_root() -> None:
    def stream() -> Iterator[Recipe]:
        for n in range(5000):
            yield recipe(n)
            yield recipe(10_000 + n, f"file:{n % 10}")

    def peak(count: int) -> int:
        tracemalloc.start()
        split = assign(SHARES, lambda: (r for _, r in zip(range(count), stream(), strict=False)))
        for _, r in zip(range(count), stream(), strict=False):
            split(r)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(100)
    assert peak(10_000) < peak(1000) + 20_000


@pytest.mark.parametrize("name", ["test", "Test", "TEST"])
def test_a_test_split_is_refused_for_made_images(name: str) -> None:
    with pytest.raises(MintageError, match="made images are no test set") as refused:
        assign({"train": 0.8, name: 0.2})
    assert "real photos" in str(refused.value)


@pytest.mark.parametrize("name", ["", "..", "a/b", "Train", "con", "val ", "-x"])
def test_a_split_that_could_not_be_a_folder_is_refused(name: str) -> None:
    assert "cannot name a split" in split_problems({name: 1})[0].found


def test_all_mistakes_are_told_at_once_and_good_splits_have_none() -> None:
    assert len(split_problems({"test": -1, "../x": math.nan, "val": math.inf})) == 5
    assert len(split_problems({})) == len(split_problems({"train": 0})) == 1
    assert split_problems({"train": 8, "val": 2, "fold_3": 1}) == []
