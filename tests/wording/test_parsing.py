"""What the grammar-side parser finds in prompts, and how it asks for it."""

import csv
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.core.passing import Atom
from mintage.wording.parsing import Picture, atoms, parse

DATA = Path(os.environ.get("MINTAGE_DATA", Path(__file__).parents[3] / "shared" / "data")) / "prompts"
prompts = pytest.mark.skipif(not (DATA / "geneval.jsonl").is_file(), reason="shared data is absent: set MINTAGE_DATA")


def names(prompt: str) -> list[str]:
    return [thing.name for thing in parse(prompt).things]


def relations(prompt: str) -> list[tuple[str, str, str]]:
    found = parse(prompt)
    return [(found.things[one].name, text, found.things[other].name) for one, text, other in found.relations]


def questions(prompt: str) -> list[str]:
    return [atom.question for atom in atoms(parse(prompt))]


@pytest.mark.parametrize(
    ("prompt", "name", "count"),
    [
        ("a photo of two tennis rackets", "tennis racket", 2),
        ("a hot dog", "hot dog", 1),
        ("four hot dogs", "hot dog", 4),
        ("three persons", "person", 3),
        ("a dozen eggs", "egg", 12),
        ("10,000 bees", "bee", 10000),
        ("several knives", "knife", None),
        ("a flock of geese", "goose", None),
        ("a couple of dogs", "dog", 2),
        ("a pair of jeans", "jeans", None),
        ("a red pair of scissors", "scissors", None),
        ("six wine glasses", "wine glass", 6),
        ("the Statue of Liberty", "Statue of Liberty", None),
        ("a 1977 Porsche 911", "Porsche 911", 1),
        ("a two lane road", "lane road", 1),
        ("a can of soup", "can", 1),
        ("Saturn rises", "Saturn", None),
        ("Robots fighting", "robot", None),
    ],
)
def test_a_thing_is_named_as_one_and_counted(prompt: str, name: str, count: int | None) -> None:
    thing = parse(prompt).things[0]
    assert (thing.name, thing.count) == (name, count)


def test_colours_and_looks_belong_to_the_thing_they_stand_before_or_after() -> None:
    box, cat = parse("a large dark blue wooden box made of pine next to a sleeping black and white cat").things
    assert (box.name, box.colours, box.attributes) == ("box", ("dark blue",), ("large", "wooden", "made of pine"))
    assert (cat.name, cat.colours, cat.attributes) == ("cat", ("black", "white"), ("sleeping",))
    assert parse("The dog is black and it is very wet.").things[0].colours == ("black",)


@pytest.mark.parametrize(
    ("prompt", "relation"),
    [
        ("a laptop left of a cow", ("laptop", "left of", "cow")),
        ("two bats to the right of a ball", ("bat", "right of", "ball")),
        ("a cat sitting on a chair", ("cat", "sitting on", "chair")),
        ("A helicopter flies over the Grand Canyon.", ("helicopter", "flying over", "Grand Canyon")),
        ("The dog chased the cat", ("dog", "chasing", "cat")),
        ("a towel with a cartoon of a dog on it", ("cartoon", "on", "towel")),
        ("a bin with a can on its left", ("can", "left of", "bin")),
        ("a bear wearing a hat and holding a flag", ("bear", "holding", "flag")),
        ("a man in a suit reading a book", ("man", "reading", "book")),
        ("an ostrich's face", ("face", "of", "ostrich")),
        ("A beaver in a vest. He stands next to a stack of books.", ("beaver", "standing next to", "book")),
    ],
)
def test_how_two_things_stand_to_each_other(prompt: str, relation: tuple[str, str, str]) -> None:
    assert relation in relations(prompt)


def test_lists_share_what_holds_for_their_first() -> None:
    worn = relations("a penguin wearing a blue hat, red gloves, and yellow pants")
    assert worn == [("penguin", "wearing", one) for one in ("hat", "glove", "pants")]


def test_what_a_picture_is_and_when_is_no_thing_of_it() -> None:
    found = parse("an oil painting of a fox at night, in the style of Dali, shallow depth of field, studio lighting")
    assert [thing.name for thing in found.things] == ["fox"]
    assert found.style == ("oil painting", "in the style of Dali", "shallow depth of field", "studio lighting")
    assert found.setting == ("at night",)
    assert names("a vase with a painting of toucans") == ["vase", "painting", "toucan"], (
        "within a picture it is a thing"
    )
    assert names("a painting") == ["painting"], "alone it is one too"


def test_what_a_thing_is_like_is_not_in_the_picture() -> None:
    for prompt in ("a cloud in the shape of a heart", "a cloud that looks like a heart", "a cloud shaped like a heart"):
        assert names(prompt) == ["cloud"]
        assert "heart" in parse(prompt).things[0].attributes[0]


@pytest.mark.parametrize("prompt", ["a train with no cows in it", "a train without cows", "a train but no cows"])
def test_what_is_absent_is_counted_none_and_never_asked_for(prompt: str) -> None:
    cow = parse(prompt).things[-1]
    assert (cow.name, cow.count) == ("cow", 0)
    assert "Is the picture free of cows?" in questions(prompt)
    assert not any("show" in question and "cow" in question for question in questions(prompt))


def test_text_to_be_read_is_kept_apart_whatever_its_quotation_marks() -> None:
    for prompt in ("a sign that says 'Don't Panic!'", "a sign with the words “Don't Panic!” on it"):
        assert (names(prompt), parse(prompt).text) == (["sign"], ("Don't Panic!",))
    assert parse("A sign that says Deep Learning").text == ("Deep Learning",)


def test_questions_have_good_grammar() -> None:
    assert questions("a photo of two small hot dogs left of the Eiffel Tower") == [
        "Does the picture show hot dogs?",
        "Does the picture show the Eiffel Tower?",
        "Are the hot dogs small?",
        "Are there exactly two hot dogs in the picture?",
        "Are the hot dogs to the left of the Eiffel Tower?",
        "Is the picture a photo?",
    ]
    assert questions("An owl wears a hat. A man has red hair.") == [
        "Does the picture show an owl?",
        "Does the picture show a hat?",
        "Does the picture show a man?",
        "Does the picture show hair?",
        "Is the hair red?",
        "Is the owl wearing a hat?",
        "Does the man have hair?",
    ]


def test_two_things_of_one_name_are_told_apart() -> None:
    assert questions("a red box next to a blue box") == [
        "Does the picture show a box?",
        "Does the picture show a red box?",
        "Does the picture show a blue box?",
        "Is the red box next to the blue box?",
    ]


def test_a_thing_spoken_of_again_is_the_same_thing() -> None:
    assert names("A panda rides a horse. The panda wears a hat.") == ["panda", "horse", "hat"]


@pytest.mark.parametrize(
    "prompt", ["", "a", "of of of", "and , and", "the the", "it is not", "without", '"', "to the left of"]
)
def test_scraps_show_nothing(prompt: str) -> None:
    assert parse(prompt) == Picture()


WORDS = (
    "a an the two red hot dog dogs left right of on to with without and , . is that it its 's running made has no 'x' "
    '" photo in front big each other not'
)


@settings(max_examples=300, deadline=1000)
@given(st.one_of(st.text(max_size=10_000), st.lists(st.sampled_from(WORDS.split(" ")), max_size=60).map(" ".join)))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = parse(text)
    assert all(max(one, other) < len(found.things) for one, _, other in found.relations)
    for atom in atoms(found):
        assert isinstance(atom, Atom) and atom.kind in ("object", "attribute", "count", "relation", "text")
        assert atom.text and atom.question.endswith("?")


@pytest.mark.parametrize(
    "part",
    [
        "a dog and ",
        "the red ",
        "'",
        '"',
        "in the style of ",
        "left ",
        "of ",
        "is ",
        "x",
        "x ",
        "dog ",
        "a dog, ",
        "a's ",
        "not ",
        "the top of ",
        ", big",
        "1,",
    ],
)
def test_ten_thousand_characters_take_less_than_a_second(part: str) -> None:
    text = (part * 10_000)[:10_000]
    begun = time.perf_counter()
    atoms(parse(text))
    assert time.perf_counter() - begun < 1


def recovered(row: dict[str, Any]) -> bool:
    found = parse(row["prompt"])
    things = Counter((thing.name, thing.count, thing.colours) for thing in found.things)
    wanted = row["include"]
    places = {(w["class"], w["position"][0], wanted[w["position"][1]]["class"]) for w in wanted if "position" in w}
    return places == set(relations(row["prompt"])) and things == Counter(
        (w["class"], w["count"], (w["color"],) if "color" in w else ()) for w in wanted
    )


@prompts
def test_what_genevals_prompts_ask_for_is_recovered() -> None:
    rows = [json.loads(line) for line in (DATA / "geneval.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 553
    assert sum(map(recovered, rows)) / len(rows) >= 0.95


@prompts
def test_partiprompts_show_objects() -> None:
    with (DATA / "parti.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row[0] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)][1:]
    assert len(rows) == 1632
    assert sum(any(atom.kind == "object" for atom in atoms(parse(row))) for row in rows) / len(rows) >= 0.9
