"""Articles and plurals: the phrases that people name classes with."""

import pytest

from mintage.core.nouns import counted, head, number, plural, with_article


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("dalmatian", "a dalmatian"),
        ("umbrella", "an umbrella"),
        ("unicorn", "a unicorn"),
        ("uniform", "a uniform"),
        ("uninhabited island", "an uninhabited island"),
        ("hourglass", "an hourglass"),
        ("honest man", "an honest man"),
        ("hat", "a hat"),
        ("one-eyed cat", "a one-eyed cat"),
        ("onion", "an onion"),
        ("ukulele", "a ukulele"),
        ("European bison", "a European bison"),
        ("used car", "a used car"),
        ("usher", "an usher"),
        ("urn", "an urn"),
        ("écru dress", "an écru dress"),
        ("SUV", "an SUV"),
        ("USB stick", "a USB stick"),
        ("HDMI cable", "an HDMI cable"),
        ("LEGO brick", "a LEGO brick"),
        ("NASA rocket", "a NASA rocket"),
        ("X-ray", "an X-ray"),
        ("t-shirt", "a t-shirt"),
        ("e-bike", "an e-bike"),
        ("8", "an 8"),
        ("11", "an 11"),
        ("180", "a 180"),
        ("A", "an A"),
        ("iPod", "an iPod"),
        ("沙滩", "a 沙滩"),
    ],
)
def test_a_or_an_follows_the_sound(phrase: str, expected: str) -> None:
    assert with_article(phrase) == expected


@pytest.mark.parametrize("phrase", ["pants", "shoes", "scissors", "headphones", "people", "firemen", "fish and chips"])
def test_plural_nouns_take_no_article(phrase: str) -> None:
    assert with_article(phrase) == phrase
    assert number(phrase) == "many"


@pytest.mark.parametrize("phrase", ["bread", "garlic bread", "orange juice", "fruit", "luggage", "toilet paper"])
def test_mass_nouns_take_no_article(phrase: str) -> None:
    assert with_article(phrase) == phrase
    assert number(phrase) == "mass"


@pytest.mark.parametrize(
    "phrase", ["dress", "bus", "octopus", "lens", "glass", "iris", "canvas", "GPS", "cup of beans", "passion fruit"]
)
def test_singular_nouns_that_look_plural_or_mass_are_one_thing(phrase: str) -> None:
    assert number(phrase) == "one"


def test_names_follow_their_kind() -> None:
    assert with_article("Paris", "city") == "Paris"
    assert with_article("Ada Lovelace", "person") == "Ada Lovelace"
    assert with_article("Mount Fuji") == "Mount Fuji"
    assert with_article("Eiffel Tower") == "the Eiffel Tower"
    assert with_article("Dalmatian") == "a Dalmatian"
    assert with_article("German shepherd", "animal") == "a German shepherd"
    assert with_article("firefighter", "person") == "a firefighter"
    assert with_article("chicken", "food") == "chicken"
    assert with_article("chicken", "animal") == "a chicken"


def test_a_phrase_with_its_own_article_is_left_alone() -> None:
    assert with_article("the Louvre") == "the Louvre"
    assert with_article("a pair of pants") == "a pair of pants"
    assert with_article("") == ""


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("dalmatian", "dalmatians"),
        ("stop sign", "stop signs"),
        ("cup of coffee", "cups of coffee"),
        ("wolf", "wolves"),
        ("fox", "foxes"),
        ("butterfly", "butterflies"),
        ("monkey", "monkeys"),
        ("snowman", "snowmen"),
        ("human", "humans"),
        ("child", "children"),
        ("tomato", "tomatoes"),
        ("piano", "pianos"),
        ("sheep", "sheep"),
        ("SUV", "SUVs"),
        ("pants", "pants"),
        ("bread", "bread"),
    ],
)
def test_plurals(phrase: str, expected: str) -> None:
    assert plural(phrase) == expected


def test_a_quantity_counts_pairs_and_pieces() -> None:
    assert counted("two", "dog") == ("two", "dogs")
    assert counted("one", "dog", one=True) == ("one", "dog")
    assert counted("3", "scissors") == ("3 pairs of", "scissors")
    assert counted("one", "pants", one=True) == ("one pair of", "pants")
    assert counted("two", "bread") == ("two pieces of", "bread")
    assert counted("a pile of", "t-shirt") == ("a pile of", "t-shirts")
    assert counted("two", "a pair of pants") == ("two", "pairs of pants")


def test_the_head_is_the_noun_that_is_counted() -> None:
    assert head("cup of coffee") == "cup"
    assert head("street at night") == "street"
    assert head("stop sign") == "sign"
    assert head("") == ""
