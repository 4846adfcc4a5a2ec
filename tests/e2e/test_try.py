"""`try`: a few images of a text outside any run, in a sheet that overwrites nothing."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import mintage
from mintage.core import ports
from mintage.core.ports import Failed, Made, Refused, Request
from mintage.pictures import open_picture
from trial import ended

Plug = Callable[[str, str, type[Any]], None]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_engine_is_tried_without_a_run(here: Path) -> None:
    page = mintage.try_("mini", "a red apple", n=3, options={"steps": "6"})
    assert page.ok and page.path == Path("try.png")
    assert [p.name for p in here.iterdir()] == ["try.png"]
    assert len({t.seed for t in page.tried}) == 3
    assert all(t.picture is not None and t.picture.size == (64, 64) for t in page.tried)
    assert all(-1 <= t.scores["mini.similarity"] <= 1 and "technical.ok" in t.scores for t in page.tried)
    assert "similarity" in str(page) and "try.png" in str(page)


def test_the_same_text_gives_the_same_images(here: Path) -> None:
    one, two = (mintage.try_("flat", "a zebra", n=2, options={"noise": "true"}) for _ in range(2))
    assert [t.picture for t in one.tried] == [t.picture for t in two.tried]
    assert one.tried[0].picture != one.tried[1].picture


def test_nothing_is_overwritten(here: Path) -> None:
    (here / "try.png").write_bytes(b"mine")
    (here / "try-2.png").write_bytes(b"mine too")
    assert mintage.try_("flat", "a zebra").path == Path("try-3.png")
    assert mintage.try_("flat", "a zebra", to=here / "try.png").path == here / "try-4.png"
    assert (here / "try.png").read_bytes() == b"mine" and (here / "try-2.png").read_bytes() == b"mine too"


def test_options_and_place_are_given_on_the_command_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "out").mkdir()
    arguments = ["try", "flat", "a zebra", "--n", "2", "--options.size", "96", "--to", "out/zebra.png"]
    code, said = ended(capsys, *arguments)
    assert code == 0
    assert "96×96" in said and "out/zebra.png" in said
    assert (here / "out" / "zebra.png").is_file()


def test_words_that_the_embedded_ranking_never_saw_get_no_similarity(here: Path) -> None:
    page = mintage.try_("flat", "a zebra", n=1)
    assert "mini.similarity" not in page.tried[0].scores
    assert "never seen some of these words" in str(page)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mini", "a red appel"], "cannot draw 'appel'\n  expected: one of apple"),
        (["mini", "a sign"], "stop sign"),
        (["mini", "apples"], "apple"),
        (["collage", "an apple"], "draws nothing from words"),
        (["minni", "an apple"], "did you mean 'mini'"),
        (["mini", " "], "the text is empty"),
        (["mini", "an apple", "--n", "0"], "--n is 0"),
        (["mini", "an apple", "--n", "65"], "from 1 to 64"),
        (["mini", "an apple", "--options.stps", "6"], "did you mean 'steps'"),
        (["mini", "an apple", "--options.steps", "few"], "steps"),
        (["mini", "an apple", "--to", "apple.jpg"], "ends in .png"),
        (["mini", "an apple", "--to", "nowhere/apple.png"], "there is no folder"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(
    arguments: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = ended(capsys, "try", *arguments)
    assert code == 2
    assert said in told and "Traceback" not in told
    assert not list(here.iterdir())


def test_phrases_of_the_vocabulary_are_known_as_a_whole(here: Path) -> None:
    assert mintage.try_("mini", "Photo of a stop sign on the beach", n=1, options={"steps": "4"}).ok


class Fickle(ports.Engine):
    """Makes the first, refuses the second, fails the third, and raises for the fourth."""

    def make(self, requests: Sequence[Request]) -> Iterator[Made | Refused | Failed]:
        for request in requests:
            which = request.recipe_id[-1]
            if which == "0":
                yield Made(request.recipe_id, Image.linear_gradient("L"), cost=0.25)
            elif which == "1":
                yield Refused(request.recipe_id, "not this")
            elif which == "2":
                yield Failed(request.recipe_id, "no answer")
            else:
                raise ValueError("broken")


def test_each_image_has_its_own_answer(here: Path, plugged: Plug, capsys: pytest.CaptureFixture[str]) -> None:
    plugged("engines", "fickle", Fickle)
    page = mintage.try_("fickle", "a zebra")
    assert [t.why for t in page.tried][1:3] == ["not this", "no answer"]
    assert "broken" in page.tried[3].why
    assert not page.ok and page.path == Path("try.png")
    assert "1 image of 'a zebra'" in str(page) and "cost: $0.25" in str(page)


def test_without_any_image_there_is_no_sheet(here: Path, plugged: Plug) -> None:
    class Never(ports.Engine):
        def make(self, requests: Sequence[Request]) -> Iterator[Refused]:
            yield from (Refused(r.recipe_id, "not this") for r in requests)

    plugged("engines", "never", Never)
    page = mintage.try_("never", "a zebra")
    assert not page.ok and page.path is None and "not this" in str(page)
    assert not list(here.iterdir())


def test_pictures_of_any_shape_lie_on_the_sheet(here: Path, plugged: Plug) -> None:
    class Long(ports.Engine):
        def make(self, requests: Sequence[Request]) -> Iterator[Made]:
            for request in requests:
                yield Made(request.recipe_id, Image.new("RGB", (900, 30), "red"))

    plugged("engines", "long", Long)
    assert mintage.try_("long", "a line " * 30, n=5).ok
    assert open_picture("try.png").width < 4 * 540
