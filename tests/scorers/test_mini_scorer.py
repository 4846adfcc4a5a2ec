"""The embedded ranking as a scorer."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from mintage.core import registry
from mintage.core.ports import Failed, Item, Rivals, Scored
from mintage.core.recipe import Fact, Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use
from mintage.mini.comparing import Comparing
from mintage.mini.drawing import Drawing
from mintage.mini.weights import table

CLASSES = {
    "dalmatian": {"lookalikes": ["car", "pizza", "Car"]},
    "vehicle": {"called": "car"},
    "sunflower": {"lookalikes": ["soccer ball"]},
}
DRAWN = ("dalmatian", "car", "sunflower", "pizza")


def scorer(classes: Any = CLASSES, **options: Any) -> Any:
    spec = DatasetSpec(name="x", classes=classes)
    return registry.build("scorers", Use(use="mini", options=options), spec)


def loaded(classes: Any = CLASSES, **options: Any) -> Any:
    one = scorer(classes, **options)
    one.load()
    return one


def item(name: str, label: str, picture: Any = None, **more: Any) -> Item:
    objects = more.pop("objects", ((label, 1.0),))
    recipe = Recipe(Slot(label, name, 0), 0, objects, "mini", {}, 0)
    words = Fact(recipe.id, "words", "done", {"prompt": more.pop("prompt", f"photo of {name}")})
    rivals = Rivals(frozenset(more.pop("without", ())))

    def open_it() -> Image.Image:
        if isinstance(picture, Image.Image):
            return picture
        raise picture or AssertionError("it was opened")

    return Item(Sample(recipe, {"words": words}, label), label, rivals, open_it, **more)


def only(answers: Any) -> Any:
    (answer,) = answers
    return answer


@pytest.fixture(scope="module")
def pictures() -> dict[str, Image.Image]:
    pixels = Drawing().draw([f"photo of {name}" for name in DRAWN], [0] * len(DRAWN), 14, 2.5)
    return {name: Image.fromarray(p) for name, p in zip(DRAWN, pixels, strict=True)}


@pytest.fixture(scope="module")
def ranking() -> Any:
    return loaded()


def passes(answer: Scored) -> bool:
    return answer.values["margin"] >= 0.0


def test_a_right_picture_passes_and_a_wrong_one_does_not_and_the_note_says_what_it_looks_like(
    ranking: Any, pictures: dict[str, Image.Image]
) -> None:
    right = only(ranking.score([item("a", "sunflower", pictures["sunflower"])]))
    wrong = only(ranking.score([item("a", "sunflower", pictures["pizza"])]))
    assert passes(right) and right.values["p"] > 0.5
    assert not passes(wrong) and wrong.note == "most like: pizza"


def test_a_class_is_ranked_by_the_words_it_is_called(ranking: Any, pictures: dict[str, Image.Image]) -> None:
    assert passes(only(ranking.score([item("a", "vehicle", pictures["car"])])))


def test_p_and_margin_are_the_softmax_over_candidates_and_none_of_these(
    ranking: Any, pictures: dict[str, Image.Image]
) -> None:
    answer = only(ranking.score([item("a", "dalmatian", pictures["dalmatian"], prompt="painting of dalmatian")]))
    words, _ = ranking.candidates(frozenset({"dalmatian"}), frozenset())
    model = Comparing(threads=1)
    cosines = [float(model.text_vector(f"photo of {word}") @ answer.vector) for word in words]
    shares = np.exp(np.array([*cosines, model.null]) / model.temperature)
    shares /= shares.sum()
    mine = words.index("dalmatian")
    assert answer.values["p"] == pytest.approx(shares[mine], abs=1e-5)
    assert answer.values["margin"] == pytest.approx(shares[mine] - np.delete(shares, mine).max(), abs=1e-5)
    assert answer.values["similarity"] == pytest.approx(
        model.text_vector("painting of dalmatian") @ answer.vector, abs=1e-6
    )
    assert answer.vector.shape == (128,) and answer.vector.dtype == np.float32


def test_candidates_are_each_class_and_lookalike_once_and_distractors_that_are_close_to_none(ranking: Any) -> None:
    words, matrix = ranking.candidates(frozenset({"dalmatian"}), frozenset())
    assert words[:5] == ["dalmatian", "car", "sunflower", "pizza", "soccer ball"]
    distractors = words[5:]
    assert set(distractors) < set(table("knows.json")["classes"]) and len(distractors) > 20
    assert (matrix[5:] @ matrix[:5].T).max() < 0.5
    fruit, _ = loaded(["orange"]).candidates(frozenset({"orange"}), frozenset())
    assert len(fruit) < 1 + len(table("knows.json")["classes"]) - 1  # more than orange itself is left out


def test_a_lookalike_is_ranked_without_its_target(ranking: Any, pictures: dict[str, Image.Image]) -> None:
    words, _ = ranking.candidates(frozenset({"pizza"}), frozenset({"dalmatian"}))
    assert words[0] == "pizza" and "dalmatian" not in words
    decoy = item("a", "other", pictures["pizza"], objects=(("pizza", 1.0),), without=["dalmatian"])
    assert passes(only(ranking.score([decoy])))
    wrong = item("a", "other", pictures["sunflower"], objects=(("pizza", 1.0),), without=["dalmatian"])
    assert not passes(only(ranking.score([wrong])))


def test_a_target_that_is_left_out_is_told_as_its_share_had_it_not_been(
    ranking: Any, pictures: dict[str, Image.Image]
) -> None:
    for shown in ("pizza", "sunflower", "car"):
        decoy = item("a", "other", pictures[shown], objects=(("pizza", 1.0),), without=["dalmatian"])
        answer = only(ranking.score([decoy]))
        words, _ = ranking.candidates(frozenset({"pizza"}), frozenset({"dalmatian"}))
        model = Comparing(threads=1)
        cosines = [float(model.text_vector(f"photo of {w}") @ answer.vector) for w in [*words, "dalmatian"]]
        shares = np.exp(np.array([*cosines, model.null]) / model.temperature)
        assert answer.values["target"] == pytest.approx((shares / shares.sum())[len(words)], abs=1e-5)
        assert answer.values["target"] < 0.5
    assert passes(only(ranking.score([item("a", "other", pictures["pizza"], objects=(("pizza", 1.0),))])))
    plain = only(ranking.score([item("a", "sunflower", pictures["sunflower"])]))
    assert "target" not in plain.values


def test_what_passes_for_its_target_does_not_pass_and_the_note_names_it(
    ranking: Any, pictures: dict[str, Image.Image]
) -> None:
    fooled = item("a", "other", pictures["dalmatian"], objects=(("pizza", 1.0),), without=["dalmatian", "sunflower"])
    answer = only(ranking.score([fooled]))
    assert answer.values["target"] > 0.5
    assert answer.values["margin"] <= 0.5 - answer.values["target"]
    assert answer.note == "passes for what it may not be: dalmatian"
    assert set(answer.values) <= set(type(ranking).numbers)


def test_words_of_a_class_that_is_left_out_are_left_out_wherever_they_occur() -> None:
    some = loaded({"dalmatian": None, "Car": {"lookalikes": ["Dalmatian", "pizza"]}, "ship": {"lookalikes": ["car"]}})
    words, _ = some.candidates(frozenset({"pizza"}), frozenset({"dalmatian", "Car"}))
    assert not {"dalmatian", "car"} & {word.casefold() for word in words}
    assert words[:2] == ["pizza", "ship"]
    own, _ = some.candidates(frozenset({"Car"}), frozenset({"Car"}))
    assert own[0] == "Car", "its own words stay"


def test_a_picture_without_a_label_has_no_share_of_its_own_but_a_target(
    ranking: Any, pictures: dict[str, Image.Image]
) -> None:
    seen, unseen = ranking.score(
        [item(n, "", pictures[n], objects=(), without=["dalmatian"]) for n in ("dalmatian", "pizza")]
    )
    assert seen.values["p"] == unseen.values["p"] == 0.0
    assert seen.values["margin"] < 0 and unseen.values["margin"] < 0
    assert seen.values["target"] > 0.5 > unseen.values["target"]


def test_the_key_of_a_renamed_class_leaves_it_out_too() -> None:
    renamed = loaded({"hound": {"was": "dog", "called": "dalmatian"}, "car": None})
    assert "dalmatian" not in renamed.candidates(frozenset({"car"}), frozenset({"dog"}))[0]


def test_of_several_objects_p_is_the_sum(ranking: Any, pictures: dict[str, Image.Image]) -> None:
    both = item("a", "", pictures["car"], objects=(("vehicle", 0.5), ("dalmatian", 0.5)))
    alone = [only(ranking.score([item("a", label, pictures["car"])])).values["p"] for label in ("vehicle", "dalmatian")]
    assert only(ranking.score([both])).values["p"] == pytest.approx(sum(alone), abs=1e-5)


def test_a_stored_vector_gives_the_same_numbers_without_opening_the_picture(
    ranking: Any, pictures: dict[str, Image.Image]
) -> None:
    first = only(ranking.score([item("a", "dalmatian", pictures["dalmatian"])]))
    again = only(ranking.score([item("a", "dalmatian", vector=first.vector)]))
    assert again.values == first.values


def test_scores_do_not_depend_on_batch_or_order(pictures: dict[str, Image.Image]) -> None:
    items = [item(str(i), "dalmatian", pictures[DRAWN[i % 4]].rotate(i)) for i in range(12)]
    alone = {s.recipe_id: s.values for s in loaded(batch=1, threads=1).score(items)}
    together = {s.recipe_id: s.values for s in loaded(batch=64).score(items[::-1])}
    assert alone.keys() == together.keys() and len(alone) == 12
    for name, values in alone.items():
        assert together[name] == pytest.approx(values, abs=1e-6)  # measured: 0


def test_an_unreadable_picture_fails_alone(ranking: Any, pictures: dict[str, Image.Image]) -> None:
    items = [item("bad", "dalmatian", OSError("truncated")), item("good", "dalmatian", pictures["dalmatian"])]
    bad, good = ranking.score(items)
    assert isinstance(bad, Failed) and bad.reason == "unreadable: truncated"
    assert isinstance(good, Scored)


def test_a_class_whose_words_were_never_seen_fails_and_does_not_pass_by_a_tie(pictures: dict[str, Image.Image]) -> None:
    some = loaded({"okapi": None, "tapir": None, "dalmatian": None})
    answer = only(some.score([item("a", "okapi", pictures["dalmatian"])]))
    assert isinstance(answer, Failed) and "'okapi'" in answer.reason
    assert passes(only(some.score([item("a", "dalmatian", pictures["dalmatian"])])))


def test_space_names_the_weights_alone_and_made_by_the_classes_too() -> None:
    some, other = scorer(), scorer(["pizza"])
    assert some.space == other.space and some.space.startswith("mini-clip-")
    assert some.made_by != other.made_by
    assert scorer(dict(reversed(CLASSES.items())), batch=2, threads=1).made_by == some.made_by
    more = CLASSES | {"sunflower": {"lookalikes": ["soccer ball", "lemon"]}}
    assert scorer(more).made_by != some.made_by


@pytest.mark.parametrize("count", [1, 2, 10, 40])
def test_at_most_one_in_twenty_pictures_of_noise_or_plain_colour_passes(count: int) -> None:
    chance = np.random.default_rng(count)
    classes = [str(c) for c in chance.permutation(table("knows.json")["classes"])[:count]]
    some = loaded(classes)
    junk = {
        "noise": chance.integers(0, 256, (200, 64, 64, 3)),
        "plain": np.broadcast_to(chance.integers(0, 256, (200, 1, 1, 3)), (200, 64, 64, 3)),
    }
    for kind, pixels in junk.items():
        items = [
            item(f"{kind}{i}", classes[i % count], Image.fromarray(p.astype(np.uint8))) for i, p in enumerate(pixels)
        ]
        assert sum(passes(s) for s in some.score(items)) <= 10, kind
