"""`remake` makes an image again by its recipe, compares, and changes nothing of the run."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import mintage
from mintage.core import ports
from mintage.core.ports import Failed, Made, Request
from mintage.pictures import open_picture
from mintage.run import Run
from trial import ended, image_hashes

Plug = Callable[[str, str, type[Any]], None]


class Spot(ports.Engine):
    """A gradient whose brightness follows the seed, the prompt, the parents, and `brighter`."""

    brighter = 0
    can = frozenset({"text", "image", "images", "mask"})
    version = "1"

    def make(self, requests: Sequence[Request]) -> Iterator[Made | Failed]:
        for r in requests:
            level = (r.seed + len(r.prompt)) % 100 + self.brighter
            picture = r.images[0].convert("L") if r.images else Image.linear_gradient("L")
            yield Made(r.recipe_id, picture.point(lambda p, level=level: min(255, p // 2 + level)))


@pytest.fixture
def spot(plugged: Plug) -> type[Spot]:
    cls = type("Spot", (Spot,), {"__doc__": Spot.__doc__})
    plugged("engines", "spot", cls)
    return cls


@pytest.fixture
def made(a_set: Callable[..., Run], spot: type[Spot]) -> Run:
    run = a_set(classes={"lemon": 2}, make="spot", score=[], techniques={"vanilla": 1}, axes=None)
    run.make().finish()
    return run


def test_the_same_recipe_makes_the_same_bytes_and_nothing_of_the_run_changes(made: Run) -> None:
    sample = next(made.samples())
    before = image_hashes(made.folder)
    page = made.remake(sample.id[:10])
    assert page.ok and page.remade.same_bytes and page.remade.same_engine and page.remade.largest == 0
    assert "the same byte for byte" in str(page)
    assert image_hashes(made.folder) == before
    assert {p.parent.name for p in (page.remade.path, page.beside)} == {"remakes"}
    assert page.remade.path.read_bytes() == (sample.path or Path()).read_bytes()
    assert open_picture(page.beside).width == 2 * (256 + 12) + 12
    assert [s.id for s in made.samples(kept=True)] == [s.id for s in made.samples()]


def test_an_image_is_named_by_its_path_in_the_run_and_in_an_export(made: Run, tmp_path: Path) -> None:
    sample = list(made.samples())[1]
    made.export(to=tmp_path / "out")
    copies = [p for p in (tmp_path / "out").rglob("*.png") if p.name == (sample.path or Path()).name]
    assert len(copies) == 1
    for path in (sample.path, *copies):
        assert made.remake(str(path)).remade.sample.id == sample.id


def test_how_far_the_two_are_apart_is_told_in_grey_levels(
    made: Run, spot: type[Spot], capsys: pytest.CaptureFixture[str]
) -> None:
    sample = next(made.samples())
    spot.brighter, spot.version = 3, "2"
    page = made.remake(sample.id)
    assert (page.remade.largest, page.remade.mean) == (3, 3)
    assert not page.ok and not page.remade.same_bytes and not page.remade.same_engine
    assert "it was spot@1:" in str(page) and "it is spot@2:" in str(page)
    assert open_picture(page.beside).width == 3 * (256 + 12) + 12
    code, said = ended(capsys, "remake", str(made.folder), sample.id)
    assert code == 1 and "differs by 3 at most and 3 on the average" in said
    spot.brighter = 1
    assert made.remake(sample.id).ok, "one grey level is what two machines may differ by"
    assert len(list((made.folder / "remakes").glob("*.png"))) == 4, "no remake takes another's place"


def test_another_size_is_said(made: Run, spot: type[Spot]) -> None:
    def smaller(self: Any, requests: Sequence[Request]) -> Iterator[Made]:
        yield from (Made(r.recipe_id, Image.new("L", (10, 20))) for r in requests)

    spot.make = smaller  # type: ignore[method-assign]
    page = made.remake(next(made.samples()).id)
    assert not page.ok and "of another size: 256×256, now 10×20" in str(page)


def test_a_file_that_is_gone_is_compared_by_its_hash(made: Run) -> None:
    sample = next(made.samples())
    assert sample.path is not None
    sample.path.unlink()
    page = made.remake(sample.id)
    assert page.ok and page.remade.same_bytes
    assert "cannot be read" in str(page)
    assert not sample.path.exists(), "that is what `retry` is for"


def test_children_are_made_again_from_their_parents(
    a_set: Callable[..., Run], spot: type[Spot], tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(3):
        Image.radial_gradient("L").rotate(40 * number).convert("RGB").save(photos / f"{number}.png")
    run = a_set(
        classes={"lemon": {"images": 4, "references": str(photos)}},
        make="spot",
        score=[],
        techniques={"vanilla": 1, "variation": {"share": 1, "parents": "references"}},
        axes=None,
    )
    run.make().finish()
    children = list(run.samples(technique="variation"))
    assert children and all(s.recipe.parents[0].startswith("file:") for s in children)
    page = run.remake(children[0].id)
    assert page.remade.same_bytes
    for photo in photos.iterdir():
        photo.unlink()
    Image.new("RGB", (64, 64), "red").save(photos / "other.png")
    with pytest.raises(mintage.MintageError, match="a reference is gone"):
        run.remake(children[0].id)


def test_options_that_the_spec_has_changed_since_are_those_of_the_recipe(a_set: Callable[..., Run]) -> None:
    told = {"classes": {"lemon": 3}, "score": [], "techniques": {"vanilla": 1}, "axes": None}
    run = a_set(**told, make={"use": "flat", "size": 24})
    run.make().finish()
    sample = next(run.samples())
    run = a_set(**told, make={"use": "flat", "size": 48})
    assert run.remake(sample.id).remade.same_bytes


def test_an_engine_that_is_gone_is_named_with_the_recipe(made: Run) -> None:
    sample = next(made.samples())
    from mintage.core import registry

    gone = registry._decorated["engines"].pop("spot")
    try:
        with pytest.raises(mintage.MintageError, match=f"the recipe {sample.id}: there is no engine called 'spot'"):
            made.remake(sample.id)
    finally:
        registry._decorated["engines"]["spot"] = gone


def test_an_image_that_was_never_made_is_refused_with_the_reason(
    a_set: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_set(
        classes={"lemon": 1}, score=[], techniques={"vanilla": 1}, axes=None, make={"use": "flat", "fail_on": ["lemon"]}
    )
    run.make().finish()
    sample = next(run.samples())
    code, said = ended(capsys, "remake", str(run.folder), sample.id)
    assert code == 2 and "has no image to compare with" in said and "mintage run" in said
    assert not (run.folder / "remakes").exists()


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("ffffffffffffffffffffffff", "no recipe begins with"),
        ("", "it is not said which image"),
        ("lemon.png", "is no image of this run"),
        ("images/lemon/vanilla-00000-0-00000000.png", "is no image of this run"),
        ("../../etc/passwd", "is no image of this run"),
    ],
)
def test_what_is_no_image_of_the_run_is_refused(made: Run, which: str, said: str) -> None:
    with pytest.raises(mintage.MintageError, match=said):
        made.remake(which)


def test_an_engine_that_gives_no_image_is_told(made: Run, spot: type[Spot]) -> None:
    def failing(self: Any, requests: Sequence[Request]) -> Iterator[Failed]:
        yield from (Failed(r.recipe_id, "no answer") for r in requests)

    spot.make = failing  # type: ignore[method-assign]
    sample = next(made.samples())
    with pytest.raises(mintage.MintageError, match=f"{sample.id} could not be made again: no answer"):
        made.remake(sample.id)


def test_nothing_is_made_before_a_run(a_set: Callable[..., Run]) -> None:
    run = a_set()
    with pytest.raises(mintage.MintageError, match="nothing is made"):
        run.remake("abc")
    assert json.loads((run.folder / "dataset.yaml").read_text(encoding="utf-8"))["name"] == "set"
    assert [p.name for p in run.folder.iterdir()] == ["dataset.yaml"]
