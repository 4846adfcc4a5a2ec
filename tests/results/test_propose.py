"""What is proposed without a model: the grammar's words that the engine knows, or plain speech."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mintage.core import ports, registry
from mintage.core.errors import MintageError
from mintage.core.ports import Question
from mintage.core.spec import DatasetSpec, Use
from mintage.core.specfile import read
from mintage.run import Run
from mintage.writers._phrases import piece
from mintage.writers._vocabulary_values import AXES, values_of

Plug = Callable[[str, str, type[Any]], None]


def a_run(folder: Path, text: str, make: str = "flat") -> Run:
    folder.mkdir(exist_ok=True)
    whole = f"name: zoo\n{text}make: {make}\nscore: [technical]\n"
    (folder / "dataset.yaml").write_text(whole, encoding="utf-8")
    return Run(folder)


def test_every_role_of_an_axis_gets_values_that_read_well_and_nothing_but_the_file_is_written(tmp_path: Path) -> None:
    for axis in AXES:
        run = a_run(tmp_path / axis, f"classes: [lemon, chair]\naxes: {{{axis}: auto}}\n")
        page = run.propose(values=6)
        values = list(read(run.folder / "dataset.yaml").levels[axis])
        assert len(values) == 6 and page.ok and page.exit_code == 0
        assert not [v for v in values if piece(axis, v).text.startswith(f"{axis}: ")], "it has no place in a sentence"
        assert "# by grammar" in (run.folder / "dataset.yaml").read_text(encoding="utf-8")
        assert [p.name for p in run.folder.iterdir()] == ["dataset.yaml"]
    assert {len(set(values_of(axis, {"thing"}))) for axis in AXES} >= {12}


def test_actions_are_those_of_the_kind_that_all_classes_are(tmp_path: Path) -> None:
    kinds = "classes: {{dog: {{kind: {}}}, cat: {{kind: {}}}}}\naxes: {{action: auto}}\n"
    a_run(tmp_path / "a", kinds.format("animal", "cat")).propose()
    assert "running" in read(tmp_path / "a" / "dataset.yaml").levels["action"]
    a_run(tmp_path / "b", kinds.format("animal", "tool")).propose()
    assert "running" not in read(tmp_path / "b" / "dataset.yaml").levels["action"]


def test_the_grammar_says_of_an_action_whom_it_does_not_suit() -> None:
    spec = DatasetSpec.model_validate({"name": "x", "classes": {"dog": {"kind": "animal"}, "van": {"kind": "van"}}})
    writer = registry.build("writers", Use(use="grammar"), spec)
    question = Question("1", "suits", "action", {"dog": "", "van": ""}, given=("running", "at rest", "parked"))
    (answer,) = writer.propose([question])
    assert answer.unsuited == {"running": "van", "parked": "dog"}


def test_only_what_the_engine_knows_is_taken_and_too_few_are_told(tmp_path: Path) -> None:
    run = a_run(tmp_path / "zoo", "classes: [lemon, chair]\naxes: {environment: auto, style: auto}\n", "mini")
    page = run.propose()
    levels = read(run.folder / "dataset.yaml").levels
    assert list(levels["environment"])[:3] == ["on grass", "on a beach", "in the snow"]
    assert f"axes.environment has {len(levels['environment'])} of 8" in str(page) and "does not draw it" in str(page)
    run.plan()


def test_where_the_engine_knows_none_of_the_words_it_gives_its_own(tmp_path: Path, plugged: Plug) -> None:
    class Stage(ports.Engine):
        """Draws on two stages."""

        @property
        def vocabulary(self) -> Mapping[str, Sequence[str]]:
            return {"environment": ("on the left stage", "on the right stage", "beside a lemon")}

        def make(self, requests: Sequence[Any]) -> Any:
            raise NotImplementedError

    plugged("engines", "stage", Stage)
    run = a_run(tmp_path / "zoo", "classes: [lemon, chair]\naxes:\n  environment: auto\n", "stage")
    page = run.propose()
    text = (run.folder / "dataset.yaml").read_text(encoding="utf-8")
    assert "environment: [on the left stage, on the right stage]   # by the engine stage" in text
    assert "(by the engine stage)" in str(page)


def test_an_axis_that_nobody_knows_is_refused_with_both_ways_out(tmp_path: Path) -> None:
    run = a_run(tmp_path / "zoo", "classes: [lemon]\naxes:\n  mood: auto\n")
    with pytest.raises(MintageError) as error:
        run.propose()
    said = str(error.value)
    assert "dataset.yaml:4: the grammar knows no values for 'mood'; it knows environment" in said
    assert "axes: {mood: [VALUE, VALUE]}" in said and "write: {use: openai" in said


def test_what_can_be_filled_is_filled_beside_what_cannot(tmp_path: Path) -> None:
    run = a_run(tmp_path / "zoo", "classes: [lemon]\naxes:\n  mood: auto\n  light: auto\n")
    page = run.propose(values=3)
    assert not page.ok and page.exit_code == 1 and "no values for mood" in str(page)
    axes = read(run.folder / "dataset.yaml").axes
    assert axes["mood"] == {} and len(axes["light"]) == 3


def test_no_sense_of_a_word_is_guessed(tmp_path: Path) -> None:
    run = a_run(tmp_path / "zoo", "classes: [crane, lemon, pear]\n")
    before = (run.folder / "dataset.yaml").read_bytes()
    page = run.propose()
    assert page.exit_code == 0 and "nothing was put into" in str(page)
    assert "no meaning for crane: it may be" in str(page) and "crane: {kind: …, description: …}" in str(page)
    assert "lemon" not in str(page), "a name that means one thing is its own meaning"
    assert (run.folder / "dataset.yaml").read_bytes() == before


def test_look_alikes_need_a_model(tmp_path: Path) -> None:
    text = "classes: {lemon: {images: 2, kind: fruit}}\ntechniques: {vanilla: 1, lookalike: 1}\n"
    with pytest.raises(MintageError, match="the grammar knows no look-alikes"):
        a_run(tmp_path / "zoo", text).propose()


def test_a_writer_that_proposes_nothing_leaves_it_to_the_grammar(a_set: Callable[..., Run]) -> None:
    run = a_set(axes={"light": "auto"})
    run.propose(values=2)
    assert list(read(run.folder / "dataset.yaml").levels["light"]) == ["daylight", "dim light"]


def test_the_file_keeps_its_rights_and_its_line_ends(tmp_path: Path) -> None:
    run = a_run(tmp_path / "zoo", "classes: [lemon]\naxes:\n  light: auto   # ask\n")
    path = run.folder / "dataset.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    path.chmod(0o640)
    run.propose(values=2)
    assert b"light: [daylight, dim light]   # ask\r\n" in path.read_bytes()
    assert path.read_bytes().startswith(b"\xef\xbb\xbfname") and path.stat().st_mode & 0o777 == 0o640


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    run = a_run(tmp_path / "zoo", "classes: [lemon]\naxes: {light: auto}\n")
    path, real = run.folder / "dataset.yaml", tmp_path / "shared.yaml"
    path.rename(real)
    path.symlink_to(real)
    run.propose(values=2)
    assert path.is_symlink() and "daylight" in real.read_text(encoding="utf-8")


def test_a_writer_that_proposes_nothing_is_told_and_the_grammar_asked(tmp_path: Path) -> None:
    text = "classes: [lemon, pear]\naxes: {light: auto}\nwrite: {use: transformers, model: nowhere/at-all}\n"
    run = a_run(tmp_path / "zoo", text)
    assert "the writer transformers proposes nothing itself: the grammar does" in str(run.propose())
    assert run.spec.levels["light"]
