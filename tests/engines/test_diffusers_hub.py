"""Checkpoints of a model hub: what `plan` says of them, fetching, and a hub that is down, slow or breaks off.

The hub is a real one on this machine (`loopback_hub`).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from loopback_hub import COMMIT, Hub

import mintage
from mintage.core import registry
from mintage.core.ports import Made, Request
from mintage.core.spec import DatasetSpec, Use
from mintage.engines import _diffusers_hub
from mintage.run import Run
from mintage.start import fetch

pytest.importorskip("huggingface_hub", reason="huggingface_hub is absent: pip install 'mintage[local]'")
pytest.importorskip("diffusers", reason="diffusers is absent: pip install 'mintage[local]'")


@pytest.fixture
def hub(checkpoint: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with two models and an empty cache; the prior's name is the real one's."""
    models = {
        "tiny/sd": checkpoint("sd"),
        "tiny/decoder": checkpoint("kandinsky-decoder"),
        "kandinsky-community/kandinsky-2-2-prior": checkpoint("kandinsky-prior"),
    }
    one = Hub(models)
    monkeypatch.setenv("HF_ENDPOINT", one.address)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    _diffusers_hub.forget()
    yield one
    one.close()


def engine(model: str = "tiny/sd", **options: Any) -> Any:
    options = {"model": model, "device": "cpu", "size": 64, "steps": 1} | options
    return registry.build("engines", Use(use="diffusers", options=options), DatasetSpec(name="x", classes={"dog": {}}))


def zoo(folder: Path, model: str = "tiny/sd", **options: Any) -> Run:
    folder.mkdir()
    make = {"use": "diffusers", "model": model, "device": "cpu", "size": 64, "steps": 1} | options
    spec = DatasetSpec.model_validate({"name": "zoo", "classes": {"dog": 2}, "make": make, "score": []})
    (folder / "dataset.yaml").write_text(spec.model_dump_json(by_alias=True, exclude_defaults=True), encoding="utf-8")
    return mintage.open(folder)


def test_plan_says_what_there_is_to_download_and_fetches_nothing(hub: Hub, tmp_path: Path) -> None:
    text = str(zoo(tmp_path / "zoo").plan())
    assert "tiny/sd: 4.4 MB to be downloaded, licence openrail, about " in text
    assert f"mintage fetch {tmp_path / 'zoo'}" in text
    assert not list((tmp_path / "cache").rglob("*"))
    assert {a.split()[1] for a in hub.asked} == {"/api/models/tiny/sd"} and len(hub.asked) == 1


def test_a_run_before_fetching_says_what_to_type_and_after_it_makes_pictures(hub: Hub, tmp_path: Path) -> None:
    run = zoo(tmp_path / "zoo")
    with pytest.raises(mintage.MintageError, match="mintage fetch"):
        run.make().finish()
    page = fetch(run.folder)
    assert page.ok and "tiny/sd is on this machine" in str(page)
    hub.asked.clear()
    assert run.make().finish().summary.total.kept == 2
    assert "4.4 MB on this machine" in str(run.plan())
    assert hub.asked == [], "what is here needs no hub"


def test_fetch_brings_what_is_loaded_and_nothing_else(
    hub: Hub, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    import shutil

    model = tmp_path / "with more"
    shutil.copytree(checkpoint("sd"), model)
    (model / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    for name in ("v1.ckpt", "v1.safetensors", "unet/diffusion_pytorch_model.bin", "unet/model.non_ema.safetensors"):
        (model / name).write_bytes(b"x" * 1000)
    hub.models["tiny/more"] = model
    one = engine("tiny/more")
    one.fetch()
    wanted = {p.relative_to(checkpoint("sd")).as_posix() for p in checkpoint("sd").rglob("*") if p.is_file()}
    got = {path.partition("/resolve/")[2].partition("/")[2] for path in hub.sent("")} - {""}
    assert got == wanted | {"README.md"}
    assert one.weights.here and one.weights.licence == "mit"


def test_a_model_and_its_prior_are_fetched_together(hub: Hub) -> None:
    one = engine("tiny/decoder")
    assert one.can == {"text", "image", "images"}, "the hub said what it is"
    assert one.version == engine("tiny/decoder").version
    one.fetch()
    again = engine("tiny/decoder")
    assert again.weights.here and again.version != "not fetched"
    again.load()
    (answer,) = again.make([Request("a", "text", "a dog")])
    assert isinstance(answer, Made)


def test_the_version_of_a_fetched_model_is_its_commit(hub: Hub) -> None:
    assert engine().version == "not fetched"
    one = engine()
    one.fetch()
    assert one.version == COMMIT[:12] == engine(revision=COMMIT).version


def test_a_second_fetch_downloads_nothing(hub: Hub) -> None:
    engine().fetch()
    hub.asked.clear()
    engine().fetch()
    assert hub.asked == []


def test_a_download_that_breaks_off_goes_on_where_it_was(hub: Hub) -> None:
    hub.breaks_after = 100_000
    one = engine()
    one.fetch()
    assert one.weights.here
    assert any(len(hub.sent(path)) == 2 for path in set(hub.sent(".safetensors")))


def test_a_model_that_the_hub_does_not_have_is_told_in_plan_and_by_fetch(hub: Hub, tmp_path: Path) -> None:
    text = str(zoo(tmp_path / "zoo", "tiny/ds").plan())
    assert "the hub has no model 'tiny/ds', or it is private" in text
    with pytest.raises(mintage.MintageError, match="no model 'tiny/ds'") as raised:
        fetch("diffusers", model="tiny/ds")
    assert len(str(raised.value).splitlines()) <= 3


def test_a_hub_that_is_down_is_told_in_one_line_at_once(hub: Hub, tmp_path: Path) -> None:
    hub.close()
    begun = perf_counter()
    text = str(zoo(tmp_path / "zoo").plan())
    assert "size unknown to be downloaded" in text
    assert "the model hub gives nothing of tiny/sd: ConnectError" in text
    for act in (engine().fetch, engine().load):
        with pytest.raises(mintage.MintageError, match="the model hub gives nothing of tiny/sd") as raised:
            act()
        assert len(str(raised.value).splitlines()) <= 3
    assert perf_counter() - begun < 10
    hub.__init__({})  # type: ignore[misc]  # something to close


def test_a_slow_hub_is_waited_for_a_few_seconds(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_diffusers_hub, "SECONDS", 0.5)
    hub.slow = 1.5
    begun = perf_counter()
    assert "ReadTimeout" in engine().weights.note
    assert engine().can == {"text", "image", "images", "mask"}, "nobody says what it is"
    assert perf_counter() - begun < 5


def test_pickled_weights_and_code_on_a_hub_are_refused_before_they_are_fetched(
    hub: Hub, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    import shutil

    model = tmp_path / "pickled"
    shutil.copytree(checkpoint("sd"), model)
    weights = model / "vae" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    hub.models["tiny/pickled"] = model
    with pytest.raises(mintage.MintageError, match=r"vae/diffusion_pytorch_model\.bin alone"):
        engine("tiny/pickled").fetch()
    assert hub.sent(".bin") == hub.sent(".safetensors") == []


def test_a_lora_of_a_hub_is_fetched_too(hub: Hub, tmp_path: Path) -> None:
    lora = tmp_path / "lora"
    lora.mkdir()
    (lora / "model_index.json").write_text("{}", encoding="utf-8")  # which this hub wants of everything
    (lora / "style.safetensors").write_bytes(b"x" * 3000)
    hub.models["tiny/lora"] = lora
    one = engine(lora="tiny/lora")
    assert not one.weights.here and one.weights.model == "tiny/sd + tiny/lora"
    one.fetch()
    assert one.weights.here
    assert [path.rpartition("/")[2] for path in hub.sent("style.safetensors")] == ["style.safetensors"]


def test_fetch_of_an_engine_that_needs_nothing_says_so_and_an_unknown_one_is_refused() -> None:
    assert "mini: nothing to download" in str(fetch("mini"))
    with pytest.raises(mintage.MintageError, match="neither a run nor an engine"):
        fetch("minni")
