"""Three ways to add a plug-in: one file, an outside package, a function; nothing else is touched."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mintage
from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.spec import DatasetSpec, Use
from mintage.run import Run
from trial import mintage as command

ROOT = Path(__file__).parents[2]

STRIPES = '''"""Engine `stripes`: two colours, one beside the other."""
from collections.abc import Iterator, Sequence
from mintage.core import ports

class Engine(ports.Engine):
    """Two colours from the seed, one beside the other."""
    draws = False
    def make(self, requests: Sequence[ports.Request]) -> Iterator[ports.Made | ports.Failed]:
        from PIL import Image
        for request in requests:
            if request.verb != "text":
                yield ports.Failed(request.recipe_id, f"no {request.verb!r}")
                continue
            image = Image.new("RGB", (16, 16), (request.seed % 256, 90, 200))
            image.paste((250, 250, request.seed % 251), (8, 0, 16, 16))
            yield ports.Made(request.recipe_id, image)
'''


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory, outside: dict[str, str]) -> dict[str, str]:
    """A copy of the package with two more files, and the environment in which it is the one that is imported."""
    site = tmp_path_factory.mktemp("extended")
    shutil.copytree(ROOT / "src" / "mintage", site / "mintage", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "mintage" / "engines" / "stripes.py").write_text(STRIPES, encoding="utf-8")
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    example = re.search(r'```python\n("""Scorer `brightness`.*?)```', page, re.DOTALL)
    assert example is not None, "the page lost its example of a scorer"
    (site / "mintage" / "scorers" / "brightness.py").write_text(example[1], encoding="utf-8")
    return outside | {"PYTHONPATH": str(site)}


def test_two_files_dropped_into_the_package_are_plugins(extended: dict[str, str], tmp_path: Path) -> None:
    assert "stripes" in command("engines", env=extended).stdout
    made = command(
        "new", tmp_path / "zoo", "--classes", "lemon,chair", "--images", "3", "--make", "stripes", env=extended
    )
    assert made.returncode == 0, made.stderr
    file = tmp_path / "zoo" / "dataset.yaml"
    text = re.sub(r"score: \[.*\]", "score: [brightness]", file.read_text(encoding="utf-8"))
    file.write_text(text + "keep: {floor: {brightness.mean: 0.1}}\n" if "keep:" not in text else text, encoding="utf-8")
    ran = command("run", tmp_path / "zoo", env=extended)
    assert (ran.returncode, "6 of 6 images kept" in ran.stdout) == (0, True), ran.stdout + ran.stderr
    seen = command("export", tmp_path / "zoo", "--to", tmp_path / "out", env=extended)
    assert seen.returncode == 0, seen.stderr
    assert "brightness.mean" in (tmp_path / "out" / "manifest.csv").read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.slow
def test_the_contract_tests_find_a_new_file_by_themselves(extended: dict[str, str]) -> None:
    contract = str(Path(__file__).with_name("test_plugins.py"))
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", contract, "-k", "stripes or brightness", "-p", "no:cacheprovider", "-vv"],
        env=extended,
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.count("[stripes") + ended.stdout.count("stripes]") >= 4
    assert ended.stdout.count("brightness]") >= 4


def test_an_outside_package_adds_plugins_by_entry_point(a_set: Callable[..., Run]) -> None:
    assert "logged" in registry.names("engines")
    assert "coin" in registry.names("scorers")
    run = a_set()
    assert run.make().finish().summary.total.kept > 0
    assert {s.recipe.engine for s in run.samples()} == {"logged"}


def test_an_entry_point_that_is_broken_harms_nobody_who_does_not_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, a_set: Callable[..., Run]
) -> None:
    info = tmp_path / "site" / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[mintage.engines]\nbroken = no_such_module:Engine\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert "broken" in registry.names("engines")
    assert a_set(score=[]).make().finish().summary.total.kept == 16


@pytest.fixture
def forget() -> Iterator[None]:
    """Takes decorated functions away after a test."""
    before = {kind: dict(known) for kind, known in registry._decorated.items()}
    yield
    for kind, known in before.items():
        registry._decorated[kind].clear()
        registry._decorated[kind].update(known)


def test_functions_are_plugins_when_decorated(a_set: Callable[..., Run], forget: None) -> None:
    from PIL import Image

    @mintage.engine("plain", version="2")
    def plain(request: Any) -> Image.Image:
        """One colour."""
        return Image.new("RGB", (8, 8), (request.seed % 256, 1, 2))

    @mintage.scorer("red", floors={"share": 0.5})
    def red(item: Any) -> dict[str, float]:
        """How red."""
        return {"share": item.open().getpixel((0, 0))[0] / 255}

    run = a_set(make="plain", score=["red"])
    run.make().finish()
    assert all(s.scores["red.share"] >= 0.5 for s in run.samples(kept=True))
    assert any(s.scores["red.share"] < 0.5 for s in run.samples(kept=False))
    assert next(run.samples()).facts["image"].made_by.startswith("plain@2:")


def test_a_name_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(MintageError, match="did you mean 'flat'"):
        registry.build("engines", Use(use="flta"), DatasetSpec.model_validate({"name": "x", "classes": {}}))


def test_listing_all_plugins_imports_nothing_heavy(outside: dict[str, str]) -> None:
    code = (
        "import json, sys\nfrom mintage.core import registry\n"
        "for kind in registry.KINDS:\n    for name in registry.names(kind): registry.find(kind, name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    env = outside | {"PYTHONPATH": ""}
    loaded = set(
        json.loads(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True).stdout)
    )
    assert "mintage.engines.mini" in loaded
    assert not loaded & {"torch", "onnxruntime", "PIL", "numpy", "ray", "transformers", "diffusers", "openai"}
