"""What a prompt has to say, by the technique's brief and the spec's names."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.core.errors import MintageError
from mintage.core.passing import Brief
from mintage.core.safety import unsafe
from mintage.core.spec import DatasetSpec
from mintage.core.specfile import parse
from mintage.wording.checks import Checks, tells


def checks(classes: Any, **more: Any) -> Checks:
    return Checks(DatasetSpec.model_validate({"name": "n", "classes": classes, **more}))


ZOO = checks(
    {
        "dalmatian": {"called": "dalmatian dog", "synonyms": ["spotted dog"], "lookalikes": ["car"]},
        "elephant": {"lookalikes": ["grand piano"]},
        "dog": {},
        "hot dog": {},
        "C++ book": {},
        "狗": {},
    }
)


@pytest.mark.parametrize(
    ("subject", "attributes", "prompt"),
    [
        ("dalmatian dog", {}, "A Dalmatian dog runs"),
        ("dalmatian dog", {}, "a photo of dalmatians"),
        ("dalmatian dog", {}, "a spotted  dog"),
        ("dalmatian dog", {"environment": "in the snow"}, "a snowy field and a dalmatian dog"),
        ("hot dog", {}, "a hot dog with mustard"),
        ("elephant", {"environment": "beside a dog"}, "an elephant beside a dog, photo"),
        ("C++ book", {}, "a c++ book on a table"),
        ("elephant", {"n": "2", "hat": "none"}, "two elephants without hats"),
    ],
)
def test_a_prompt_that_says_what_its_brief_says_is_right(subject: str, attributes: dict[str, str], prompt: str) -> None:
    assert ZOO.wrong(Brief(subject, attributes), prompt) == ""


@pytest.mark.parametrize(
    ("brief", "prompt", "wrong"),
    [
        (Brief("elephant"), " \n", "its prompt is empty"),
        (Brief("elephant"), "a big animal", "its prompt does not name 'elephant'"),
        (Brief("elephant"), "elephantine", "its prompt does not name 'elephant'"),
        (Brief("dog"), "a photo of a hot dog", "its prompt does not name 'dog'"),
        (Brief("elephant"), "an elephant and two dogs", "its prompt names 'dog', which it must not show"),
        (Brief("dog"), "a dog and a hot dog", "its prompt names 'hot dog', which it must not show"),
        (Brief("dog"), "a dog in a car", "its prompt names 'car', which it must not show"),
        (Brief("dog"), "a dog on grand pianos", "its prompt names 'grand piano', which it must not show"),
        (Brief("dog"), "a dog 狗", "its prompt names '狗', which it must not show"),
        (Brief("dog", {"light": "at dusk"}), "a dog at dawn", "its prompt does not tell 'at dusk'"),
        (Brief("car", like="dalmatian dog"), "a spotted car", "its prompt does not name 'dalmatian dog'"),
        (Brief("dog", must=("iPod",)), "a dog with a note", "its prompt lacks 'iPod'"),
        (Brief("dog", must_not=("sign",)), "a dog with a sign", "its prompt says 'sign'"),
        (Brief("dog"), "ein Foto von einem dog auf der Wiese", "its prompt is in German"),
        (Brief("dog"), "一张照片 dog 草地", "its prompt is in Cjk letters"),
        (Brief("dog"), "dog " * 95, "its prompt has more than 90 words"),
        (Brief("dog"), "dog" + "s" * 2100, "its prompt is longer than 2,000 characters"),
        (Brief("dog"), "a dog beside a naked woman", "its prompt says 'naked woman', which is not drawn"),
    ],
)
def test_a_prompt_that_does_not_is_told_what_is_wrong(brief: Brief, prompt: str, wrong: str) -> None:
    assert ZOO.wrong(brief, prompt) == wrong


@pytest.mark.parametrize(
    ("classes", "subject", "prompt"),
    [
        (["wolf spider", "white wolf"], "wolf spider", "two white wolf spiders"),
        (
            ["dog", "the", "a", "no", "I", "X", "s", "all"],
            "dog",
            "A dog on the X-ray table, no other dog's, all in all",
        ),
        (["crème brûlée", "dog"], "crème brûlée", "two creme brulees"),
        (["kite (bird of prey)", "kite (toy)"], "kite (bird of prey)", "a kite, a bird with long wings"),
        (["baluster / handrail", "dog"], "baluster / handrail", "a baluster of a wooden staircase"),
        (["the Eiffel Tower", "Eiffel Tower"], "Eiffel Tower", "the Eiffel Tower at dusk"),
        (["pizza", "dog"], "pizza", "pizza with prosciutto e funghi, a night in Rio de Janeiro"),
        (["pulpo a la gallega"], "pulpo a la gallega", "pulpo a la gallega, con patatas, photo"),
    ],
)
def test_odd_and_realistic_names_raise_no_false_alarm(classes: list[str], subject: str, prompt: str) -> None:
    assert checks(classes).wrong(Brief(subject), prompt) == ""


def test_the_words_before_brackets_are_not_enough_where_what_they_hold_is_not_told() -> None:
    cranes = checks(["crane (bird)", "crane (machine)"])
    assert (
        cranes.wrong(Brief("crane (bird)"), "a crane on a building site") == "its prompt does not name 'crane (bird)'"
    )


def test_a_thing_that_is_as_asked_is_itself_though_another_class_is_called_so() -> None:
    foxes = checks(["fox", "red fox"])
    assert foxes.wrong(Brief("fox", {"colour": "red"}), "two red foxes") == ""
    assert foxes.wrong(Brief("fox"), "two red foxes")


def test_names_in_other_languages_may_stand_in_another_case() -> None:
    for name, prompt in (("собака", "фото собаки"), ("كلب", "صورة الكلب"), ("Hund", "das Foto eines Hundes")):
        assert checks([name, "x"], language="any").wrong(Brief(name), prompt) == ""
        assert checks([name, "x"]).wrong(Brief(name), prompt)
    assert checks(["собака"], language="any").wrong(Brief("собака"), "кот, который спит")
    night = Brief("犬", {"時": "夜に"})
    assert checks(["犬"], language="any").wrong(night, "夜の犬") == ""
    assert checks(["犬"], language="any").wrong(night, "昼の犬") == "its prompt does not tell '夜に'"


def test_what_closes_a_prompt_stands_there_and_is_to_be_read_and_not_to_be_seen() -> None:
    note = 'with a note on it that says "piano"'
    two, brief = checks(["watch", "piano"]), Brief("watch", {"size": "large"}, phrases=(note,))
    assert two.wrong(brief, f"a large watch, {note}") == ""
    assert two.wrong(brief, "a large watch") == "its prompt lacks 'with a note on it that says \"piano\"'"
    assert two.wrong(brief, f"a large watch on a piano, {note}") == "its prompt names 'piano', which it must not show"


def test_a_decoy_may_stand_where_the_brief_says_so() -> None:
    assert ZOO.wrong(Brief("car", like="dalmatian dog"), "a car that looks like a dalmatian dog") == ""
    assert (
        ZOO.wrong(
            Brief("dog", phrases=("with a note that says 'elephant'",)), "a dog, with a note that says 'elephant'"
        )
        == ""
    )


def test_a_word_of_the_users_template_is_allowed() -> None:
    own = checks({"dog": {}, "leash": {}}, template="a {class} on a leash")
    assert own.wrong(Brief("dog"), "a dog on a leash") == ""
    assert checks({"dog": {}, "leash": {}}).wrong(Brief("dog"), "a dog on a leash")


def test_any_language_is_allowed_where_the_spec_says_so() -> None:
    assert checks({"dog": {}}, language="any").wrong(Brief("dog"), "ein Foto von einem dog auf der Wiese") == ""
    assert checks({"狗": {}}, language="any").wrong(Brief("狗"), "一只狗在草地上") == ""
    assert checks({"狗": {}}, template="一张{class}的照片").wrong(Brief("狗"), "一张狗的照片") == ""


def test_long_descriptions_make_long_prompts_right() -> None:
    long = "with spots and stripes " * 400
    assert ZOO.wrong(Brief("dog", description=long), f"a dog, {long}") == ""


def test_an_attribute_is_told_by_a_word_that_begins_like_one_of_its_own() -> None:
    assert tells("in the snow", "a Snowy field") and not tells("in the snow", "a sandy field")
    assert tells("none", "anything") and tells("2", "two of them")
    for value, prompt in (("running", "a dog runs"), ("eating", "it eats"), ("sunny", "in the sun"), ("one", "a dog")):
        assert tells(value, prompt)
    for value, prompt in (("foggy", "in fog"), ("daytime", "by day"), ("seen from above", "from directly above")):
        assert tells(value, prompt)
    assert not tells("seen from below", "seen from above") and not tells("running", "a dog at rest")


@pytest.mark.parametrize(
    "name",
    ["cock", "blue tit", "booby", "pussy willow", "bikini", "brassiere", "assault rifle", "rapeseed", "pedometer",
     "Gore-Tex jacket", "naked mole-rat", "nude lipstick", "child seat", "kid goat", "shotgun", "sextant",
     "bloody mary", "breast pump", "essex", "Al Gore", "same-sex couple", "naked eye",
     "topless car", "grape", "nudibranch"],
)  # fmt: skip
def test_harmless_names_are_drawn(name: str) -> None:
    assert unsafe(f"a photo of a {name}") == ""


@pytest.mark.parametrize(
    "name",
    ["nude gore", "penis", "sex", "person, naked", "a topless man on a beach", "naked woman", "decapitated doll"],
)
def test_unsafe_names_are_not(name: str) -> None:
    assert unsafe(f"a photo of a {name}") and not unsafe(f"a photo of a {name}", off=True)


def test_what_shows_minors_is_never_worded() -> None:
    assert unsafe("a sexy schoolgirl", off=True) and unsafe("a naked woman") and not unsafe("a naked woman", off=True)


def test_a_spec_with_unsafe_words_is_refused_with_its_lines() -> None:
    text = "name: n\nclasses:\n  dog: 3\n  naked woman: 3\naxes:\n  style: [photo, hentai]\n"
    with pytest.raises(MintageError) as error:
        parse(text)
    said = str(error.value)
    assert "dataset.yaml:4" in said and "dataset.yaml:6" in said and "safety: off" in said
    assert parse(text + "safety: off\n").safety == "off"


def test_a_class_and_a_value_that_are_unsafe_together_are_refused() -> None:
    with pytest.raises(MintageError, match="is not drawn"):
        parse("name: n\nclasses: {girl: 3}\naxes: {wearing: [a coat, lingerie]}\nsafety: off\n")


@given(st.text(max_size=300))
def test_no_text_makes_the_checks_raise(prompt: str) -> None:
    assert isinstance(ZOO.wrong(Brief("dog", {"light": "at dusk"}), prompt), str)


@given(st.sampled_from(["dalmatian", "elephant", "dog", "hot dog"]), st.text("ab ", max_size=20))
def test_the_name_alone_in_any_surroundings_of_letters_is_named(name: str, around: str) -> None:
    prompt = f"{around} {name} {around}"
    assert not re.search("does not name", ZOO.wrong(Brief(name), prompt))


def test_an_attribute_beside_what_it_looks_like_makes_no_other_class() -> None:
    own = checks({"wolf": {}, "fox": {}, "red fox": {}})
    brief = Brief("wolf", {"colour": "dark red"}, like="fox")
    assert own.wrong(brief, "a painting of a dark red fox-like wolf") == ""
