"""Names that mean several things that can be drawn."""

import re
from importlib.resources import files

import pytest

from mintage.wording.homographs import senses
from mintage.wording.text import forms


def lines() -> list[str]:
    text = files("mintage.wording").joinpath("homographs.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_every_line_is_a_name_and_its_senses() -> None:
    for line in lines():
        assert re.fullmatch(r"[a-z][a-z' -]*: [^;:]+(; [^;:]+)+", line), line
        told = line.partition(": ")[2].split("; ")
        assert len(set(told)) == len(told) and all(sense == sense.strip() for sense in told), line


def test_there_are_many_names_in_order_and_none_twice() -> None:
    found = [line.partition(":")[0] for line in lines()]
    assert len(found) >= 250
    assert found == sorted(set(found))


def test_every_name_and_its_plural_have_their_own_senses() -> None:
    told = {name: tuple(rest.split("; ")) for name, _, rest in (line.partition(": ") for line in lines())}
    for name, expected in told.items():
        assert senses(name) == expected
        assert all(senses(form) == told.get(form, expected) for form in forms(name))


@pytest.mark.parametrize("name", ["crane", "Crane", "CRANES", "a crane", "The cranes", " crane "])
def test_case_plural_and_article_make_no_difference(name: str) -> None:
    assert senses(name) == ("a bird", "a lifting machine")


@pytest.mark.parametrize(
    "name", ["crane fly", "tower crane", "dalmatian", "dog", "", " ", "the", "cran", "crane: a bird", "#"]
)
def test_other_names_have_one_meaning_as_far_as_is_known(name: str) -> None:
    assert senses(name) == ()


KNOWN_TO_ALL = (
    "crane mouse jaguar nail bat bass seal pitcher mole palm bark trunk drill bow tank turkey apple orange python "
    "beetle mustang falcon cardinal"
)


@pytest.mark.parametrize("name", KNOWN_TO_ALL.split())
def test_the_names_that_everybody_thinks_of_are_there(name: str) -> None:
    assert len(senses(name)) >= 2
