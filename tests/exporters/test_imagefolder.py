"""The exported folder: read by naive readers, every image provable, nothing said twice or lost."""

import csv
import hashlib
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.names import from_folder, to_folder
from mintage.core.ports import Exported
from mintage.core.recipe import Fact, Recipe, Sample, Slot, Verdict
from mintage.core.spec import ClassSpec, DatasetSpec, Use

SPEC = DatasetSpec(
    name="zoo",
    classes={name: ClassSpec() for name in ("dalmatian", "AC/DC", "ünï")},
    axes={"environment": {"on grass": 0.5, "at night": 0.5}, "style": {"photo": 0.5, "painting": 0.5}},
    score=[Use(use="mini"), Use(use="technical")],
)


def exported(
    run: Path, label: str, number: int, split: str = "train", *, key: str = "", data: bytes | None = None, **more: Any
) -> Exported:
    """A kept sample whose image lies in the run's folder, as the stages leave it."""
    key = key or label
    data = f"pixels of {label} {number}".encode() if data is None else data
    sha256 = hashlib.sha256(data).hexdigest()
    path = f"images/{to_folder(key)}/scene-{number}-0-{sha256[:8]}.png"
    (run / path).parent.mkdir(parents=True, exist_ok=True)
    (run / path).write_bytes(data)
    attributes = more.get("attributes", {"environment": "on grass", "style": "photo"})
    roots = more.get("roots", ())
    objects = more.get("objects", ((key, 1.0),))
    recipe = Recipe(Slot(key, "scene", number, attributes), 0, objects, "mini", {"steps": 8}, 7, roots, roots)
    words = {"prompt": more.get("prompt", f"a photo of a {label}"), "negative": "", "caption": "so it is", "atoms": []}
    scores = {f"score.{name}": values for name, values in more.get("scores", {"mini": {"p": 0.9}}).items()}
    facts = [
        Fact(recipe.id, "words", "done", words, made_by="grammar@1:aa", seconds=0.25),
        Fact(
            recipe.id, "image", "done", {"path": path, "sha256": sha256}, made_by="mini@w1:bb", seconds=0.5, cost=0.02
        ),
        *(Fact(recipe.id, name, "done", values) for name, values in scores.items()),
    ]
    verdict = Verdict(True, "floor", "its own class is the most probable")
    return Exported(Sample(recipe, {f.name: f for f in facts}, label, verdict, run), label, split, sha256)


def export(samples: Iterable[Exported], target: Path, **options: Any) -> Path:
    target.mkdir()
    exporter = registry.build("exporters", Use(use="imagefolder", options=options), SPEC)
    exporter.load()
    exporter.export(iter(samples), target)
    return target


def manifest(target: Path) -> list[dict[str, str]]:
    with (target / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def metadata(target: Path, split: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (target / split / "metadata.jsonl").read_text("utf-8").splitlines()]


def read_naively(split: Path) -> list[tuple[Path, int]]:
    """As torchvision's ImageFolder reads: each folder is a class, numbered in the order of their sorted names."""
    folders = sorted(p.name for p in split.iterdir() if p.is_dir())
    return [(file, i) for i, name in enumerate(folders) for file in sorted((split / name).iterdir())]


@pytest.fixture
def several(tmp_path: Path) -> list[Exported]:
    run = tmp_path / "run"
    labels = ["dalmatian", "AC/DC", "ünï", "dalmatian"]
    return [exported(run, label, n, "val" if n == 3 else "train") for n, label in enumerate(labels)]


def test_a_naive_reader_finds_every_image_and_class_names_come_back(several: list[Exported], tmp_path: Path) -> None:
    target = export(several, tmp_path / "out")
    classes = (target / "classes.txt").read_text("utf-8").splitlines()
    assert sorted(classes) == sorted(["dalmatian", "AC/DC", "ünï"])
    found = [(file.read_bytes(), i) for split in ("train", "val") for file, i in read_naively(target / split)]
    wanted = [(f"pixels of {e.label} {n}".encode(), classes.index(e.label)) for n, e in enumerate(several)]
    assert sorted(found) == sorted(wanted)
    assert [from_folder(p.name) for p in sorted((target / "train").iterdir()) if p.is_dir()] == classes


def test_every_split_numbers_the_classes_alike_even_where_one_has_no_image(
    several: list[Exported], tmp_path: Path
) -> None:
    target = export(several, tmp_path / "out")
    folders = [sorted(p.name for p in (target / split).iterdir() if p.is_dir()) for split in ("train", "val")]
    assert folders[0] == folders[1] == ["AC%2FDC", "dalmatian", "ünï"]


def test_the_manifest_holds_the_whole_provenance_and_its_files_have_their_hashes(tmp_path: Path) -> None:
    made = exported(
        tmp_path / "run", "ünï", 4, "val", scores={"technical": {"blur": 0.1}, "mini": {"p": 0.9, "margin": 0.3}}
    )
    (row,) = manifest(export([made], tmp_path / "out"))
    assert hashlib.sha256((tmp_path / "out" / row["file"]).read_bytes()).hexdigest() == row["sha256"] == made.sha256
    assert row["file"] == f"val/ünï/scene-4-0-{made.sha256[:8]}.png"
    said = {
        "split": "val",
        "label": "ünï",
        "class_key": "ünï",
        "technique": "scene",
        "number": "4",
        "attempt": "0",
        "prompt": "a photo of a ünï",
        "caption": "so it is",
        "objects": '[["ünï", 1.0]]',
        "engine": "mini",
        "engine_made_by": "mini@w1:bb",
        "seed": "7",
        "settings": '{"steps": 8}',
        "words_made_by": "grammar@1:aa",
        "attribute.environment": "on grass",
        "attribute.style": "photo",
        "mini.p": "0.9",
        "mini.margin": "0.3",
        "technical.blur": "0.1",
        "verdict": "keep",
        "verdict_by": "floor",
        "parents": "[]",
        "roots": "[]",
        "reason": "its own class is the most probable",
        "recipe": made.sample.id,
        "seconds": "0.75",
        "cost": "0.02",
    }
    assert {column: row[column] for column in said} == said
    order = list(row)
    assert order.index("attribute.environment") < order.index("mini.p") < order.index("technical.blur")


def test_attributes_and_scores_that_only_some_images_have_get_columns(tmp_path: Path) -> None:
    run = tmp_path / "run"
    plain = exported(run, "dalmatian", 1, attributes={})
    odd = exported(run, "dalmatian", 2, attributes={"style": "photo", "old axis": "x"}, scores={"clip": {"p": 0.5}})
    target = export([plain, odd], tmp_path / "out")
    first, second = manifest(target)
    assert (first["attribute.old axis"], first["clip.p"], first["mini.p"]) == ("", "", "0.9")
    assert (second["attribute.old axis"], second["clip.p"], second["mini.p"]) == ("x", "0.5", "")
    one, two = metadata(target, "train")
    assert list(one) == list(two) and two["attribute.old axis"] == "x"
    assert all(isinstance(value, str) for value in [*one.values(), *two.values()])


def test_metadata_names_each_file_of_its_split_once(several: list[Exported], tmp_path: Path) -> None:
    target = export(several, tmp_path / "out")
    for split in ("train", "val"):
        files = {p.relative_to(target / split).as_posix() for p in (target / split).rglob("*.png")}
        lines = metadata(target, split)
        assert {line["file_name"] for line in lines} == files and len(lines) == len(files)
        assert all(from_folder(line["file_name"].split("/")[0]) == line["label"] for line in lines)


@pytest.mark.parametrize("soft", ["folder", "drop"])
def test_a_soft_label_keeps_both_its_shares(soft: str, tmp_path: Path) -> None:
    both = exported(tmp_path, "", 2, key="dalmatian", objects=(("dalmatian", 0.5), ("ünï", 0.5)))
    target = export([exported(tmp_path, "dalmatian", 1), both], tmp_path / "out", soft=soft)
    shares = {"dalmatian": 0.5, "ünï": 0.5}
    assert [json.loads(row["shares"]) for row in manifest(target)] == [{"dalmatian": 1.0}, shares][
        : 2 - (soft == "drop")
    ]
    assert (target / "classes.txt").read_text("utf-8") == "dalmatian\n"
    lines = target / "soft" / "metadata.jsonl"
    assert lines.exists() is (soft == "folder")
    if lines.exists():
        line = json.loads(lines.read_text("utf-8"))
        assert line["shares"] == shares and "label" not in line
        assert (target / "soft" / line["file_name"]).is_file()
    assert "soft label (shares of two classes): 1," in (target / "README.md").read_text("utf-8")


@pytest.mark.parametrize("negatives", ["class", "folder", "drop"])
def test_pictures_of_no_class_go_where_the_option_says(negatives: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    pair = [exported(run, "dalmatian", 1), exported(run, "other", 2, key="dalmatian")]
    target = export(pair, tmp_path / "out", negatives=negatives)
    where = {p.relative_to(target).parent.as_posix() for p in target.rglob("*.png")}
    assert where == {"train/dalmatian"} | {"class": {"train/other"}, "folder": {"negatives"}, "drop": set()}[negatives]
    assert ("other" in (target / "classes.txt").read_text("utf-8")) is (negatives == "class")
    assert len(manifest(target)) == (1 if negatives == "drop" else 2)
    readme = (target / "README.md").read_text("utf-8")
    assert ("show no class of the set (label `other`): 1," in readme) is (negatives != "class")


def test_equal_pictures_of_two_slots_under_one_label_are_both_there(tmp_path: Path) -> None:
    pair = [exported(tmp_path / "run", "other", 1, key=key, data=b"same") for key in ("dalmatian", "ünï")]
    target = export(pair, tmp_path / "out")
    rows = manifest(target)
    assert len({row["file"] for row in rows}) == 2
    assert all((target / row["file"]).read_bytes() == b"same" for row in rows)


def test_an_image_that_was_changed_on_disk_is_refused_by_name(several: list[Exported], tmp_path: Path) -> None:
    changed = several[1].sample.path
    assert changed is not None
    changed.write_bytes(b"painted over")
    with pytest.raises(MintageError, match="not the image that was made") as refused:
        export(several, tmp_path / "out")
    assert str(changed) in str(refused.value) and several[1].sha256[:12] in str(refused.value)


def test_an_image_that_is_gone_is_refused_by_name(several: list[Exported], tmp_path: Path) -> None:
    gone = several[2].sample.path
    assert gone is not None
    gone.unlink()
    with pytest.raises(MintageError, match="is not there") as refused:
        export(several, tmp_path / "out")
    assert str(gone) in str(refused.value)


@pytest.mark.parametrize("prompt", ['=HYPERLINK("http://x")', "+1", "-1+2", "@SUM(A1)", "\t=1", "＝1", "'=1", "''+x"])
def test_no_text_of_the_manifest_runs_as_a_formula_and_it_can_be_undone(prompt: str, tmp_path: Path) -> None:
    target = export([exported(tmp_path / "run", "dalmatian", 1, prompt=prompt)], tmp_path / "out")
    assert manifest(target)[0]["prompt"] == f"'{prompt}"
    assert metadata(target, "train")[0]["text"] == prompt


@pytest.mark.parametrize("prompt", ['say "hi", twice\nand again', "it's", "'tis a dog", "5 - 3", "犬 🦓", ""])
def test_other_text_of_the_manifest_is_as_it_was(prompt: str, tmp_path: Path) -> None:
    target = export([exported(tmp_path / "run", "dalmatian", 1, prompt=prompt)], tmp_path / "out")
    assert manifest(target)[0]["prompt"] == metadata(target, "train")[0]["text"] == prompt


def test_half_a_surrogate_pair_in_a_prompt_does_not_stop_an_export(tmp_path: Path) -> None:
    target = export([exported(tmp_path / "run", "dalmatian", 1, prompt="a \ud83d dog")], tmp_path / "out")
    assert metadata(target, "train")[0]["text"] == "a \ud83d dog"


def test_the_readme_says_synthetic_which_engine_and_how_many_of_each_class(
    several: list[Exported], tmp_path: Path
) -> None:
    readme = (export(several[:2], tmp_path / "out") / "README.md").read_text("utf-8")
    assert readme.startswith("---\ntags:\n- synthetic\n") and 'path: "train/**"' in readme
    assert "# zoo" in readme and "none belongs in a test set" in readme and "- `mini@w1:bb`: 2 images" in readme
    assert "| class | train | all |" in readme and "| dalmatian | 1 | 1 |" in readme and "| ünï | 0 | 0 |" in readme


def test_nothing_else_is_left_in_the_folder(several: list[Exported], tmp_path: Path) -> None:
    target = export(several, tmp_path / "out")
    assert {p.name for p in target.iterdir()} == {"train", "val", "manifest.csv", "classes.txt", "README.md"}


def test_an_empty_list_gives_a_readable_folder(tmp_path: Path) -> None:
    target = export([], tmp_path / "out")
    assert manifest(target) == [] and "| dalmatian | 0 |" in (target / "README.md").read_text("utf-8")


def test_an_unknown_option_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MintageError, match="negative"):
        export([], tmp_path / "out", negative="class")


def test_memory_does_not_grow_with_the_number_of_images(tmp_path: Path) -> None:
    def stream(count: int) -> Iterator[Exported]:
        return (exported(tmp_path / "run", "dalmatian", n) for n in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        export(stream(count), tmp_path / str(count))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(5)
    assert peak(600) < peak(60) + 50_000
