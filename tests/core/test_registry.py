"""Plug-ins are found by the name of their file, listed without being imported, and refused with the nearest name."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import model_validator

from mintage.core import ports, registry
from mintage.core.errors import MintageError
from mintage.core.spec import DatasetSpec, Use

SPEC = DatasetSpec.model_validate({"name": "x", "classes": ["dog"]})


@pytest.fixture(autouse=True)
def _undecorated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_decorated", {kind: {} for kind in registry.KINDS})


def files(kind: str) -> set[str]:
    folder = Path(registry.__file__).parents[1] / kind
    return {f.stem for f in folder.glob("*.py") if not f.name.startswith("_")}


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_file_is_a_plugin_of_its_name_and_its_port(kind: str) -> None:
    assert files(kind) <= set(registry.names(kind))
    assert files(kind)
    for name in files(kind):
        cls = registry.find(kind, name)
        assert issubclass(cls, getattr(ports, registry.KINDS[kind]))
        assert cls.name == name
        assert issubclass(cls.Options, ports.Options)


def test_listing_all_plugins_imports_none_of_them_and_nothing_heavy() -> None:
    code = (
        "import sys\nfrom mintage.core import registry\n"
        "for kind in registry.KINDS: assert registry.names(kind)\n"
        "heavy = {'torch', 'numpy', 'PIL', 'onnxruntime', 'ray', 'openai', 'ruamel.yaml'} & set(sys.modules)\n"
        "own = [m for k in registry.KINDS for m in sys.modules if m.startswith(f'mintage.{k}.')]\n"
        "assert not heavy and not own, (heavy, own)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_finding_all_plugins_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom mintage.core import registry\n"
        "for kind in registry.KINDS:\n    for name in registry.names(kind): registry.find(kind, name)\n"
        "heavy = {'torch', 'numpy', 'PIL', 'onnxruntime', 'ray', 'openai'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["flatt", "", "_text", "os", "../flat", "flat.Engine", "mini ", "Flat", "\0", "ﬂat"])
def test_an_unknown_name_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(MintageError, match="there is no engine called") as caught:
        registry.find("engines", name)
    assert {"flat", "mini"} <= set(caught.value.problems[0].expected.split("there are: ")[1].split(", "))


def test_the_nearest_name_is_said() -> None:
    with pytest.raises(MintageError, match="did you mean 'vanilla'"):
        registry.find("techniques", "vanila")


def test_all_wrong_options_are_told_at_once_with_their_keys() -> None:
    wrong = registry.mistakes("engines", Use(use="flat", options={"sizee": 3, "size": 1, "noise": "loud"}))
    assert sorted((p.where, p.found) for p in wrong) == [
        ("noise", "flat: option 'noise' is 'loud'"),
        ("size", "flat: option 'size' is 1"),
        ("sizee", "flat has no option 'sizee'"),
    ]
    assert {p.where: p.expected for p in wrong}["size"] == "greater than or equal to 8"
    with pytest.raises(MintageError) as caught:
        registry.build("engines", Use(use="flat", options={"sizee": 3, "size": 1}), SPEC)
    assert len(caught.value.problems) == 2


def test_what_is_expected_of_an_option_is_said_in_words_and_once() -> None:
    def said(options: dict[str, Any], name: str = "diffusers") -> list[tuple[str, str]]:
        kind = "engines" if name == "diffusers" else "techniques"
        return [(p.where, p.expected) for p in registry.mistakes(kind, Use(use=name, options=options))]

    numbers = "two numbers, [number, number]"
    assert said({"size": [0.1]}, "inpaint") == [("size", numbers)] == said({"size": [1, 2, 3]}, "inpaint")
    assert said({"size": [64]}) == [("size", "two numbers, [whole number, whole number]")]
    assert said({"device": "gpu"}) == [("device", "one of auto, cpu, mps, cuda[:number]")]
    assert said({"lora": {}}) == [] and said({"lora": [{"weight": 1}]}) == [("lora", "'model' in it")]


def test_options_of_several_types_and_those_that_do_not_go_together_give_one_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Options(ports.Options):
        level: int | list[int] = 0
        low: int = 0

        @model_validator(mode="after")
        def _fits(self) -> "Options":
            if self.low > 5:
                raise ValueError("low: at most 5 with any level")
            return self

    @registry.engine("odd")
    def odd(request: ports.Request) -> Any:
        raise AssertionError

    monkeypatch.setattr(odd, "Options", Options)
    (one,) = registry.mistakes("engines", Use(use="odd", options={"level": "x"}))
    assert (one.where, one.expected) == ("level", "a whole number or a list")
    (two,) = registry.mistakes("engines", Use(use="odd", options={"low": 9}))
    assert two.found == "the options of odd do not go together" and two.expected.startswith("low: at most 5")


def test_what_changes_no_pixel_is_not_in_the_settings() -> None:
    engine = registry.build("engines", Use(use="flat", options={"size": 8, "fail_on": ["x"]}), SPEC)
    assert engine.settings == {"size": 8, "noise": False}


def test_a_decorated_function_is_an_engine_that_a_spec_can_name() -> None:
    @registry.engine("mine", "3", {"class": ["dog"]})
    def draw(request: Any) -> bytes:
        """Draws dogs."""
        return b"dog"

    assert "mine" in registry.names("engines")
    engine = registry.build("engines", Use(use="mine"), SPEC)
    assert (engine.name, engine.version, engine.__doc__) == ("mine", "3", "Draws dogs.")
    assert [u.word for u in engine.knows({"class": ["Dog", "cat"]})] == ["cat"]
    (made,) = engine.make([ports.Request("r", "text", "a dog")])
    assert (made.recipe_id, made.image) == ("r", b"dog")


def test_a_decorated_function_is_a_scorer_with_its_floors() -> None:
    @registry.scorer("redness", floors={"red": 0.5})
    def look(item: Any) -> dict[str, float]:
        return {"red": 1.0}

    scorer = registry.build("scorers", Use(use="redness"), SPEC)
    assert scorer.floors == {"red": 0.5}
    assert registry.find("scorers", "redness").floors == {"red": 0.5}
    assert ports.Scorer.floors == {}


def test_a_cell_of_a_notebook_may_be_run_again_and_no_function_takes_the_name_of_a_built_in() -> None:
    for version in ("1", "2"):
        registry.engine("mine", version)(lambda request: b"")
    assert registry.find("engines", "mine").version == "2"
    with pytest.raises(MintageError, match="one of Mintage's own"):
        registry.engine("mini")(lambda request: b"")
    assert registry.find("engines", "mini").__module__ == "mintage.engines.mini"


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with an engine `far`, and one that takes the name of `flat`."""
    info = tmp_path / "faraway-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: faraway\nVersion: 1.0\n", encoding="utf-8")
    points = "[mintage.engines]\nfar = faraway:Engine\nflat = faraway:Engine\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    source = "from mintage.core import ports\nclass Engine(ports.Engine):\n    pass\n"
    (tmp_path / "faraway.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("faraway", None)


@pytest.mark.usefixtures("outside")
def test_an_outside_package_is_found_by_its_entry_point_and_replaces_no_built_in() -> None:
    assert "far" in registry.names("engines")
    assert registry.find("engines", "far").name == "far"
    assert registry.find("engines", "flat").__module__ == "mintage.engines.flat"
    assert registry.names("engines").count("flat") == 1
