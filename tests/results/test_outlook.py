"""What `plan` says about a spec, and about what an edit changes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mintage
from mintage.run import Run

SPEC = """
name: zoo
classes: {{lemon: {lemons}, piano: 10}}
axes:
  environment: [on grass, on a beach]
  style: {{photo: 0.5, painting: 0.5}}
techniques: {{vanilla: 0.2, scene: 0.8}}
make: {make}
{more}
"""


@pytest.fixture
def zoo(tmp_path: Path) -> Callable[..., Run]:
    def write(lemons: int = 10, make: str = "flat", more: str = "score: []") -> Run:
        (tmp_path / "dataset.yaml").write_text(SPEC.format(lemons=lemons, make=make, more=more), encoding="utf-8")
        return mintage.open(tmp_path)

    return write


def test_counts_and_grid_add_up_to_the_images_asked_for(zoo: Callable[..., Run]) -> None:
    look = zoo().plan().outlook
    assert look.counts == {"lemon": {"vanilla": 2, "scene": 8}, "piano": {"vanilla": 2, "scene": 8}}
    assert look.grid["lemon"]["environment"] == {"on grass": 4, "on a beach": 4}
    assert look.grid["lemon"] == look.grid["piano"]
    assert look.contexts == {"lemon": 4, "piano": 4}
    assert look.pairs["lemon"].complete_at == 4


def test_a_plan_writes_nothing(zoo: Callable[..., Run]) -> None:
    run = zoo()
    run.plan()
    assert [p.name for p in run.folder.iterdir()] == ["dataset.yaml"]


def test_the_difference_is_empty_once_all_is_made(zoo: Callable[..., Run]) -> None:
    run = zoo()
    run.make().finish()
    page = run.plan()
    assert page.outlook.to_make == 0
    assert "the set is as asked for: 20 images are kept" in str(page)


def test_more_images_are_said_as_what_is_to_be_made(zoo: Callable[..., Run]) -> None:
    zoo().make().finish()
    look = zoo(lemons=15).plan().outlook
    assert look.difference is not None
    assert (dict(look.difference.new), dict(look.difference.kept)) == ({"lemon": 5}, {"lemon": 10, "piano": 10})
    assert look.to_make == 5


def test_another_scorer_is_said_as_images_to_rank_again(zoo: Callable[..., Run]) -> None:
    zoo().make().finish()
    page = zoo(more="score: [technical]").plan()
    assert page.outlook.rescored == 20
    assert "20 images are to be ranked again" in str(page)


def test_a_floor_is_said_as_deciding_again(zoo: Callable[..., Run]) -> None:
    zoo(more="score: [technical]").make(limit=1).finish()
    assert zoo(more="score: [technical]\nkeep: {floor: {technical.width: 10}}").plan().outlook.floor_changed


def test_keys_without_a_part_are_named(zoo: Callable[..., Run]) -> None:
    text = str(zoo(more="keep: {precision: 0.95}").plan())
    assert "not in use in this version: keep.precision" in text


def test_words_that_the_engine_cannot_draw_are_refused_with_the_nearest(zoo: Callable[..., Run]) -> None:
    run = zoo(make="mini", more="")
    text = (run.folder / "dataset.yaml").read_text(encoding="utf-8")
    (run.folder / "dataset.yaml").write_text(
        text.replace("lemon:", "lemmon:").replace("on grass", "on gras"), encoding="utf-8"
    )
    with pytest.raises(mintage.MintageError) as raised:
        run.plan()
    said = str(raised.value)
    assert "dataset.yaml:3: the engine 'mini' cannot draw the class 'lemmon'" in said
    assert "expected: one of lemon, or an engine that draws anything" in said
    assert "dataset.yaml:5: the engine 'mini' cannot draw the environment 'on gras'" in said
    assert "mintage engines mini" in said


def test_the_page_shows_in_a_terminal_and_in_a_notebook(zoo: Callable[..., Run]) -> None:
    page: Any = zoo().plan()
    assert "20 images of 2 classes" in str(page)
    assert "<pre" in page._repr_html_() and "lemon" in page._repr_html_()
    assert page.cost == 0
    assert page.coverage["piano"].pairs == 4


def test_the_cost_is_the_engines_price_for_every_image(
    zoo: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mintage.engines.flat import Engine

    monkeypatch.setattr(Engine, "price", lambda engine, request: 0.04)
    page = zoo().plan()
    assert page.cost == pytest.approx(20 * 0.04)
    said = " ".join(str(page).split())
    assert "20 images still wanted: $0.80 to $4.00, for 1 to 5 attempts each" in said
    assert "there is no budget" in said


def test_a_grid_of_many_levels_and_many_different_classes_is_parted_and_breaks_no_word(tmp_path: Path) -> None:
    places = [f"in the illuminated place {letter}" for letter in "abcdefgh"]
    axes = f"axes: {{environment: [{', '.join(places)}], light: [dim, bright]}}\n"
    classes = "classes: {lemon: 4, piano: 5, chair: 6, watch: 7, tree: 8}\n"
    (tmp_path / "dataset.yaml").write_text(f"name: zoo\n{classes}{axes}make: flat\nscore: []\n", encoding="utf-8")
    page = mintage.open(tmp_path).plan()
    said = str(page).splitlines()
    heads = [line for line in said if "images by environment" in line]
    assert len(heads) > 2 and max(map(len, heads)) <= 80
    assert [place for line in heads for place in places if place in line] == places
    grid = page.outlook.grid["tree"]["environment"]
    rows = [line.split() for line in said if line.strip().startswith("tree ")]
    assert [n for row in rows[1 : 1 + len(heads)] for n in row[1:]] == [str(n) for n in grid.values()]
