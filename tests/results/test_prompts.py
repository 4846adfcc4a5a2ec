"""Who wrote a prompt, what it was before, and which images belong to it."""

from typing import Any

import pytest

from mintage.core.decide import PERSON
from mintage.core.ledger_words import Worded
from mintage.core.recipe import Fact, Slot
from mintage.results.prompts import said_by
from mintage.results.prompts_csv import mark


def worded(
    made_by: str = "openai@1:ab", outcome: Any = "done", note: str = "", images: Any = (), **value: Any
) -> Worded:
    told = {"prompt": "a dog", "negative": ""} | value if outcome == "done" else None
    words = Fact("r", "words", outcome, told, made_by=made_by, note=note, number=7)
    return Worded("r", Slot("dog", "scene", 0), 0, "kept", words, {}, tuple(images))


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (worded(), ("openai", "")),
        (worded(PERSON), ("person", "")),
        (worded(rejected=[["x", "too long"]]), ("openai", "written again: too long")),
        (worded(rejected=[["x", "a"], ["y", "b"]], by="grammar"), ("grammar", "by the grammar instead: b")),
        (worded(rejected=[["x", "b"]], by="grammar", note="as attempt 0"), ("grammar", "by the grammar instead: b")),
        (worded(outcome="refused", note="I cannot"), ("openai", "refused: I cannot")),
    ],
)
def test_who_wrote_it_and_why_it_is_another(one: Worded, said: tuple[str, str]) -> None:
    assert said_by(one) == said


def image(path: str, about: int, outcome: Any = "done") -> Fact:
    return Fact("r", "image", outcome, {"path": path} if outcome == "done" else None, about)


def test_an_image_belongs_to_the_words_that_it_is_about() -> None:
    one = worded(images=[image("old.png", 3), image("older.png", 2), image("new.png", 7)])
    assert (one.image, one.old_images) == ("new.png", ("old.png", "older.png"))
    gone = worded(images=[image("new.png", 7), image("", 7, "failed")])
    assert (gone.image, gone.old_images) == ("", ())
    back = worded(images=[image("a.png", 3), image("b.png", 5), image("a.png", 7)])
    assert (back.image, back.old_images) == ("a.png", ("b.png",))


def test_refused_words_have_no_prompt() -> None:
    assert worded(outcome="refused").prompt == worded(outcome="refused").negative == ""


def test_a_mark_forgets_what_programs_for_tables_change_and_nothing_else() -> None:
    assert mark("a  dog\r\non grass ", "") == mark("a dog\non grass", "")
    assert len({mark("a dog", ""), mark("a Dog", ""), mark("", "a dog"), mark("a dog", "x")}) == 4
    assert mark("half \ud83d", "")


def test_no_mark_reads_as_a_number() -> None:
    assert not [m for m in (mark(f"a lemon {n}", "") for n in range(1000)) if m[0].isdigit()]
