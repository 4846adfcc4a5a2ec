"""new, demo, engines, doctor."""

import os
from pathlib import Path

import pytest

import mintage
from mintage.core import specfile
from mintage.core.starter import starter
from mintage.mini.weights import table


def test_new_writes_a_file_that_reads_back_as_asked(tmp_path: Path) -> None:
    run = mintage.new(tmp_path / "zoo", classes={"lemon": 7, "stop sign": 3})
    assert {n: c.images.count for n, c in run.spec.classes.items()} == {"lemon": 7, "stop sign": 3}
    assert list(run.spec.techniques) == ["vanilla", "scene"]
    run.plan()  # every value that it wrote is one that the engine knows


@pytest.mark.parametrize(
    "name", ["no", "7", "1e3", "a: b", "#x", "- y", "ünï", "'q'", '"', "{z}", "true", "a, b", "null", "~"]
)
def test_new_quotes_class_names_so_that_they_come_back_unchanged(name: str) -> None:
    text = starter("zoo", {name: 4}, {"environment": ["on grass", "no"]}, [], "flat", [])
    assert list(specfile.parse(text).classes) == [name]


def test_new_says_in_the_file_what_the_engine_cannot_draw(tmp_path: Path) -> None:
    run = mintage.new(tmp_path / "zoo", classes=["lemon,dalmation"])
    text = (run.folder / "dataset.yaml").read_text(encoding="utf-8")
    assert "# mini cannot draw 'dalmation'; the nearest it knows: dalmatian" in text


def test_new_refuses_a_folder_with_something_in_it_and_leaves_it_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(mintage.MintageError, match="not empty"):
        mintage.new(tmp_path, classes={"lemon": 1})
    assert [p.name for p in tmp_path.iterdir()] == ["precious.txt"]


def test_new_refuses_bad_names_before_it_writes_anything(tmp_path: Path) -> None:
    with pytest.raises(mintage.MintageError):
        mintage.new(tmp_path / "zoo", classes={"Cat": 1, "cat": 1})
    assert not (tmp_path / "zoo").exists()


def test_new_with_an_engine_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(mintage.MintageError, match="did you mean 'mini'"):
        mintage.new(tmp_path / "zoo", classes={"lemon": 1}, make="minni")


def test_demo_refuses_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine", encoding="utf-8")
    with pytest.raises(mintage.MintageError, match="there already"):
        mintage.demo(tmp_path)


def test_the_example_of_the_demo_is_plannable(tmp_path: Path) -> None:
    from mintage.start import _example

    (tmp_path / "dataset.yaml").write_text(_example().read_text(encoding="utf-8"), encoding="utf-8")
    assert 80 <= mintage.open(tmp_path).plan().outlook.images <= 120


def test_engines_lists_each_with_what_it_can(tmp_path: Path) -> None:
    text = str(mintage.engines_())
    assert "mini" in text and f"{len(table('knows.json')['classes'])} classes" in text and "a dry run" in text


def test_engines_of_one_name_lists_its_words_and_options() -> None:
    text = " ".join(str(mintage.engines_("mini")).split())
    assert "dalmatian" in text and "on a beach" in text and "guidance" in text


def test_doctor_never_shows_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environ, "OPENAI_API_KEY", "sk-canary-123")
    text = str(mintage.doctor(tmp_path))
    assert "canary" not in text
    assert "OPENAI_API_KEY" in text and "set" in text


def test_doctor_finds_nothing_missing_where_the_tests_run(tmp_path: Path) -> None:
    page = mintage.doctor(tmp_path)
    assert page.ok, str(page)
    assert all(word in str(page) for word in ("Python", "memory", "disk", "GPU", "embedded models"))


def test_doctor_says_what_to_type_for_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    page = mintage.doctor(tmp_path)
    assert not page.ok
    assert "cannot be written" in str(page)


def test_a_new_set_for_an_engine_without_words_starts_from_photos_and_is_not_ranked(tmp_path: Path) -> None:
    run = mintage.new(tmp_path / "goods", classes={"umbrella": 4, "cup": 4}, make="collage")
    assert {n: c.references for n, c in run.spec.classes.items()} == {
        "umbrella": "photos/umbrella",
        "cup": "photos/cup",
    }
    assert [use.use for use in run.spec.score] == ["technical"]
    assert (run.folder / "photos" / "cup").is_dir()
