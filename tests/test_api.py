"""The public Python API: few names, quick to import, the same as the commands."""

import asyncio
import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mintage
from mintage.core.errors import MintageError
from mintage.run import Run

HEAVY = {"pydantic", "numpy", "PIL", "onnxruntime", "rich", "cyclopts", "sqlite3", "torch", "ruamel", "openai"}


def loaded_by(code: str, env: dict[str, str]) -> set[str]:
    """The modules that a fresh interpreter has after this code."""
    env = env | {"PYTHONPATH": ""}
    code += "\nimport json, sys; print('\\n' + json.dumps(sorted(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True, encoding="utf-8")
    return set(json.loads(ended.stdout.splitlines()[-1]))


def test_there_are_at_most_twelve_names_and_each_is_documented() -> None:
    assert len(mintage.__all__) <= 12
    assert mintage.__all__ == sorted(mintage.__all__)
    for name in mintage.__all__:
        thing = getattr(mintage, name)
        assert (thing.__doc__ or "").strip(), f"{name} is not documented"
    assert set(mintage.__all__) <= set(dir(mintage))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'oepn'"):
        _ = mintage.oepn  # type: ignore[attr-defined]


def test_every_public_method_and_its_parameters_are_documented() -> None:
    for name, member in inspect.getmembers(Run, inspect.isfunction):
        if not name.startswith("_"):
            said = member.__doc__ or ""
            assert said.strip(), f"Run.{name} is not documented"
            for parameter in list(inspect.signature(member).parameters)[1:]:
                assert parameter in said, f"Run.{name} does not say what {parameter!r} is"


def test_importing_it_imports_nothing_heavy(outside: dict[str, str]) -> None:
    loaded = loaded_by("import mintage", outside)
    assert "mintage" in loaded
    assert not loaded & HEAVY


def test_planning_opens_no_model(outside: dict[str, str], tmp_path: Path) -> None:
    code = f"import mintage; mintage.new({str(tmp_path / 'zoo')!r}, classes={{'watch': 4}}).plan()"
    assert not loaded_by(code, outside) & {"onnxruntime", "PIL", "numpy", "torch"}


def test_a_run_works_inside_a_running_event_loop(a_set: Callable[..., Run]) -> None:
    run = a_set()

    async def notebook() -> int:
        await asyncio.sleep(0)
        seen = sum(1 for _ in run.make(limit=4))
        await asyncio.to_thread(lambda: run.make().finish())
        return seen

    assert asyncio.run(notebook()) > 0
    assert run.status().summary.total.waiting == 0


def test_a_run_works_in_a_thread_while_another_reads(a_set: Callable[..., Run]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    run = a_set(classes={"lemon": 40, "chair": 40}, score=[])
    seen = []
    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(lambda: run.make().finish())
        while not making.done():
            try:
                seen.append(run.status().summary.total.kept)
            except MintageError as error:
                assert "yet" in str(error)
    assert making.result().summary.total.kept == 80
    assert seen == sorted(seen)


def test_what_methods_return_shows_itself_in_a_notebook_and_in_text(a_set: Callable[..., Run], tmp_path: Path) -> None:
    run = a_set()
    pages = [run.plan(), run.make().finish(), run.status(), run.export(to=tmp_path / "out"), run.show(4)]
    for page in pages:
        assert "<" in page._repr_html_()
        assert str(page).strip()
        assert "object at 0x" not in str(page)
    assert "<img" in run.show(4)._repr_html_()
    assert "<img" in next(run.samples(kept=True))._repr_html_()
    assert "not begun" in repr(run.make())
    assert repr(run) == f"mintage.open({str(run.folder)!r})"


def test_html_of_a_page_escapes_what_a_user_named(a_set: Callable[..., Run]) -> None:
    evil = "<script>alert(1)</script>"
    run = a_set(classes={evil: 2}, score=[])
    run.make().finish()
    for page in (run.plan(), run.status(), run.show(2)):
        assert evil not in page._repr_html_()


def test_names_in_square_brackets_are_no_markup(a_set: Callable[..., Run]) -> None:
    run = a_set(
        name="[bold]set[/bold]",
        classes={"[red]lemon[/red]": 3, "[/]": 3, ":watch:": 3},
        score=[],
        axes=None,
        techniques=None,
    )
    assert "[red]lemon[/red]" in str(run.plan())
    run.make().finish()
    assert "[red]lemon[/red]" in str(run.status())
    assert "[/]" in str(run.status())
    assert ":watch:" in str(run.status())


def test_samples_are_chosen_by_class_technique_and_verdict(a_set: Callable[..., Run]) -> None:
    run = a_set()
    run.make().finish()
    every = list(run.samples())
    assert [s.id for s in run.samples(of="lemon")] == [s.id for s in every if s.label == "lemon"]
    assert [s.id for s in run.samples(technique="scene")] == [s.id for s in every if s.technique == "scene"]
    assert {s.id for s in run.samples(kept=True)} == {s.id for s in every if s.kept}
    assert [s.id for s in run.samples(kept=False)] == [s.id for s in every if not s.kept]
    assert len(list(run.samples(kept=False, limit=2))) == len(list(run.samples(limit=2))) == 2
    best = [s.scores["coin.value"] for s in run.samples(kept=True, best=True)]
    assert best == sorted(best, reverse=True)
    with pytest.raises(MintageError, match="did you mean 'lemon'"):
        next(run.samples(of="lemno"))


def test_a_dataset_is_images_with_class_numbers(a_set: Callable[..., Run]) -> None:
    run = a_set(score=[])
    run.make().finish()
    data = run.dataset()
    image, target = data[0]
    assert (image.mode, image.size, data.classes, len(data)) == ("RGB", (8, 8), ("chair", "lemon"), 16)
    assert sorted(data.targets) == [0] * 8 + [1] * 8
    assert data.samples[0].label == data.classes[target]
    parts = [run.dataset(split, val=0.3) for split in ("train", "val")]
    ids = [{s.id for s in part.samples} for part in parts]
    assert not ids[0] & ids[1] and len(ids[0] | ids[1]) == 16
    with pytest.raises(MintageError, match="there is no split 'test'"):
        run.dataset("test")
    with pytest.raises(IndexError):
        data[16]
    assert len(list(data)) == 16


def test_what_is_edited_and_not_run_yet_changes_nothing_that_is_read(a_set: Callable[..., Run]) -> None:
    run = a_set(score=[])
    run.make().finish()
    a_set(score=[], classes={"citrus": {"images": 8, "was": "lemon"}, "chair": 8, "bus": 4})
    assert len(run.dataset()) == 16
    assert run.dataset().classes == ("chair", "lemon")
    assert len(run.show(4).samples) == 4
    (run.folder / "dataset.yaml").write_text("classes: [", encoding="utf-8")
    assert run.status().summary.total.kept == 16
    assert len(run.dataset()) == 16
    with pytest.raises(MintageError, match="not YAML"):
        run.plan()


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(limit: int, a_set: Callable[..., Run]) -> None:
    with pytest.raises(MintageError, match=f"--limit is {limit}"):
        a_set().make(limit=limit)


@pytest.mark.parametrize("val", [-0.1, 1, 2.0])
def test_a_share_that_is_none_is_refused(val: float, a_set: Callable[..., Run]) -> None:
    run = a_set(score=[])
    run.make(limit=2).finish()
    with pytest.raises(MintageError, match="val"):
        run.export(val=val)
    with pytest.raises(MintageError, match="val"):
        run.dataset(val=val)


OUTSIDE_SCRIPT = """
from pathlib import Path
import mintage
from PIL import Image
from mintage.core.ports import Item, Request

@mintage.engine("plain")
def plain(request: Request) -> Image.Image:
    return Image.new("RGB", (8, 8))

@mintage.scorer("dark")
def dark(item: Item) -> dict[str, float]:
    return {"mean": float(len(item.label))}

def main(folder: Path) -> int:
    run: mintage.Run = mintage.new(folder, classes={"lemon": 3}, make="plain")
    print(run.plan().cost)
    for sample in run.make(limit=2):
        print(sample.id, sample.label, sample.path, sample.scores.get("mini.p", 0.0) > 0.5)
    page = run.make().finish()
    spec: mintage.DatasetSpec = run.spec
    image, target = run.dataset("train")[0]
    width: int = image.width
    try:
        run.export("imagefolder", val=0.2)
    except mintage.MintageError as error:
        print(error.problems)
    return page.summary.total.kept + len(spec.classes) + width + target
"""


@pytest.mark.slow
def test_an_outside_script_passes_strict_type_checks(tmp_path: Path, outside: dict[str, str]) -> None:
    (tmp_path / "script.py").write_text(OUTSIDE_SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "script.py"]
    ended = subprocess.run(
        command, cwd=tmp_path, env=outside | {"PYTHONPATH": ""}, capture_output=True, encoding="utf-8"
    )
    assert ended.returncode == 0, ended.stdout
    wrong = OUTSIDE_SCRIPT.replace("width: int = image.width", "width: str = target")
    (tmp_path / "script.py").write_text(wrong, encoding="utf-8")
    ended = subprocess.run(
        command, cwd=tmp_path, env=outside | {"PYTHONPATH": ""}, capture_output=True, encoding="utf-8"
    )
    assert "Incompatible types in assignment" in ended.stdout, "what dataset gives has no types"


def test_a_generator_that_is_closed_anywhere_frees_the_folder(a_set: Callable[..., Run]) -> None:
    run = a_set()
    for stop in range(5):
        making: Any = iter(run.make())
        for _ in range(stop):
            next(making, None)
        making.close()
    assert run.make().finish().summary.total.waiting == 0
