"""What is said of proposed words: each refusal has its reason, and ordinary words pass."""

import pytest

from mintage.core.spec import DatasetSpec
from mintage.wording.proposals import content, refused_lookalike, refused_meaning, refused_value, tidy


def spec(**more: object) -> DatasetSpec:
    classes = {
        "wing chair": {"called": "armchair", "synonyms": ["fauteuil"], "kind": "furniture"},
        "mouse": {"lookalikes": ["potato"], "kind": "animal"},
    }
    return DatasetSpec.model_validate({"name": "x", "classes": classes, **more})


LEVELS = {"environment": ["on a wooden floor", "in the snow"], "view": ["from above"]}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("beside a wing chair", "it names the class 'wing chair'"),
        ("two Armchairs", "it names 'armchair', which is the class 'wing chair'"),
        ("on a fauteuil", "it names 'fauteuil', which is the class 'wing chair'"),
        ("with mice", "it names the class 'mouse'"),
        ("near potatoes", "it names 'potato', a look-alike of 'mouse'"),
        ("among animals", "it names 'animal', the kind of 'mouse'"),
        ("on wooden floors", "it repeats 'on a wooden floor' of environment"),
        ("floor, wooden", "it repeats 'on a wooden floor' of environment"),
        ("in snow", "it repeats 'in the snow' of environment"),
        ("From Above", "it repeats 'from above' of view"),
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("in the\nrain", "it has more than one line"),
        ("in the\u2028rain", "it has more than one line"),
        ("{class} in rain", "it is no plain text: it has '{'"),
        ("in\u200brain", r"it is no plain text: it has '\u200b'"),
        ("- in rain", "it is no plain text: it should begin with a word"),
        ("12", "it is no plain text: it should begin with a word"),
        ("a b c d e f g h i", "it has more than 8 words"),
        ("x" * 81, "it is longer than 80 characters"),
        ("auf dem Tisch mit der Lampe", "it is in German"),
        ("на траве", "it is in Cyrillic letters"),
        ("naked people", "'naked people' is not drawn"),
    ],
)
def test_a_value_is_refused_with_its_reason(value: str, why: str) -> None:
    assert refused_value(spec(), value, LEVELS) == why


@pytest.mark.parametrize(
    "value",
    ["on a mousepad", "from below", "in front of a brick wall", "at 5 o'clock", "3d render", "black-and-white photo",
     "in a café", "under snow clouds", "on the floor", "in wing position"],
)  # fmt: skip
def test_ordinary_values_pass(value: str) -> None:
    assert refused_value(spec(), value, LEVELS) == ""


def test_a_set_in_other_letters_or_any_language_has_its_values_in_them() -> None:
    assert refused_value(spec(), "雪の中", LEVELS) != ""
    assert refused_value(spec(language="any"), "auf dem Tisch mit der Lampe", LEVELS) == ""
    assert refused_value(spec(language="any"), "雪の中", LEVELS) == ""
    named = DatasetSpec.model_validate({"name": "x", "classes": ["мышь"]})
    assert refused_value(named, "на траве", {"place": ["в снегу"]}) == ""


def test_what_is_harmless_alone_may_not_be_with_a_class() -> None:
    people = DatasetSpec.model_validate({"name": "x", "classes": ["toddler"]})
    assert "is not drawn" in refused_value(people, "in lingerie", {})


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("mice", "it names the class 'mouse'"),
        ("animal", "it names 'animal', the kind of 'mouse'"),
        ("grey stones", "it repeats 'grey stone'"),
        ("a thing that looks like it", "it has more than 4 words"),
        ("potato", ""),
        ("hair brush", ""),
    ],
)
def test_look_alikes(word: str, why: str) -> None:
    assert refused_lookalike(spec(), "mouse", word, ["grey stone"]) == why


@pytest.mark.parametrize(
    ("kind", "description", "why"),
    [
        ("rodent", "a small grey rodent; it has a long tail", ""),
        ("", "a small grey rodent", "its kind: it is empty"),
        ("rodent", "", "its description: it is empty"),
        ("mouse", "a small grey rodent", "its kind: it only repeats the class"),
        ("rodent", "a mouse", "its description: it only repeats the class"),
        ("rodent", "it hides under armchairs", "its description: it names 'armchair', which is the class 'wing chair'"),
        ("rodent", "word " * 26, "its description: it has more than 25 words"),
        ("small grey furry rodent there", "grey", "its kind: it has more than 4 words"),
    ],
)
def test_meanings(kind: str, description: str, why: str) -> None:
    assert refused_meaning(spec(), "mouse", kind, description) == why


def test_words_compare_by_what_they_are_about() -> None:
    assert content("on a wooden floor") == content("wooden floors") != content("under a wooden floor")
    assert content("with a hat") != content("without a hat")
    assert tidy("  on  grass. ") == "on grass"
