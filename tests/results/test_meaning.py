"""What `plan` says of what each class will be drawn as."""

from pathlib import Path

import pytest

import mintage
from mintage.core.specfile import parse
from mintage.results.meaning import alike_but_for_size, meanings, twins


def test_a_name_that_means_several_things_is_told_unless_the_spec_says_which() -> None:
    spec = parse(
        "name: n\nclasses:\n  crane: 2\n  mouse: {images: 2, kind: animal}\n"
        "  jaguar: {images: 2, called: jaguar car}\n  Nails: {images: 2, description: steel pins}\n  lemon: 2\n"
    )
    said = {m.name: m for m in meanings(spec)}
    assert len(said["crane"].senses) > 1
    assert (said["mouse"].told, said["mouse"].senses) == ("an animal", ())
    assert (said["jaguar"].drawn, said["jaguar"].senses) == ("jaguar car", ())
    assert (said["Nails"].told, said["Nails"].senses) == ("steel pins", ())
    assert (said["lemon"].told, said["lemon"].senses) == ("", ())


@pytest.mark.parametrize(
    "names",
    [
        ("M8 bolt", "M10 bolt"),
        ("10 mm socket", "13mm socket", "socket"),
        ("small dog", "large dog"),
        ("1.5 l bottle", "0,5 l bottle"),
        ("one euro coin", "two euro coin"),
        ('4" pipe', '6" pipe'),
    ],
)
def test_classes_that_differ_in_size_or_number_alone_are_found(names: tuple[str, ...]) -> None:
    assert alike_but_for_size([*names, "lemon", "hot dog"]) == (names,)


@pytest.mark.parametrize(
    "names", [("0", "1", "2"), ("hex bolt", "eye bolt"), ("Boeing 747", "Airbus 320"), ("XL", "M")]
)
def test_names_that_tell_more_apart_are_not(names: tuple[str, ...]) -> None:
    assert alike_but_for_size(names) == ()


def test_sizes_that_are_described_or_called_otherwise_can_be_told_apart() -> None:
    bolts = "name: n\nclasses:\n  M8 bolt: {{images: 2{}}}\n  M10 bolt: {{images: 2{}}}\n"
    assert twins(parse(bolts.format("", ""))) == (("M8 bolt", "M10 bolt"),)
    assert twins(parse(bolts.format(", description: short and thin", ", description: long and thick"))) == ()
    assert twins(parse(bolts.format(", description: steel", ", description: steel"))) != ()
    assert twins(parse(bolts.format(", called: hex bolt", ", called: wing bolt"))) == ()


def test_brackets_in_a_meaning_are_shown_as_they_are(tmp_path: Path) -> None:
    text = "name: n\nclasses:\n  crane: {images: 2, description: 'a bird [grey]'}\nmake: flat\nscore: []\n"
    (tmp_path / "dataset.yaml").write_text(text, encoding="utf-8")
    assert "crane: a bird [grey]" in str(mintage.open(tmp_path).plan())


def test_plan_says_what_is_drawn_and_what_is_doubtful(tmp_path: Path) -> None:
    text = (
        "name: n\nclasses:\n  crane: 2\n  mouse: {images: 2, kind: animal}\n  M8 bolt: 2\n  M10 bolt: 2\n"
        "make: flat\nscore: []\naxes: {place: [on grass, at night]}\n"
    )
    (tmp_path / "dataset.yaml").write_text(text, encoding="utf-8")
    run = mintage.open(tmp_path)
    said = str(run.plan())
    assert "crane may be drawn as a bird or" in said and "description: a bird" in said
    assert "mouse: an animal" in " ".join(said.split()) or "mouse   mouse: an animal" in said
    assert "M8 bolt, M10 bolt differ in a size" in said
    assert "drawn by their names alone: crane, M8 bolt, M10 bolt" in said
    run.make().finish()
    assert any("a mouse, an animal," in s.prompt for s in run.samples(of="mouse")), "the engine is told which mouse"
