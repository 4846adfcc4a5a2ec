"""What the engine `diffusers` reads of a checkpoint and its options: refusals, versions, LoRAs, schedulers, memory."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.ports import Made, Request
from mintage.core.spec import DatasetSpec, Use
from mintage.engines._diffusers_families import FAMILIES, SAME_NETWORKS, family_of
from mintage.engines._diffusers_files import lacking, needed, variant
from mintage.engines._diffusers_memory import Placement, out_of_memory, place

Checkpoints = Callable[[str], Path]
SPEC = DatasetSpec(name="x", classes=["dog"])  # type: ignore[arg-type]


def engine(base: Path | None = None, /, **options: Any) -> Any:
    spec = SPEC.placed(base) if base else SPEC
    return registry.build("engines", Use(use="diffusers", options=options), spec)


def refusal(what: Callable[[], Any]) -> str:
    with pytest.raises(MintageError) as raised:
        what()
    return str(raised.value)


def copied(checkpoint: Checkpoints, kind: str, to: Path) -> Path:
    shutil.copytree(checkpoint(kind), to)
    return to


def picture(engine: Any) -> Any:
    import numpy as np

    (answer,) = engine.make([Request("a", "text", "a photo of a dog", seed=3)])
    assert isinstance(answer, Made), answer
    return np.asarray(answer.image).astype(int)


# ── options ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "size"), [(768, (768, 768)), ("1024x576", (1024, 576)), ("500 × 333", (500, 333)), ([64, 32], (64, 32))]
)
def test_a_size_is_a_number_or_two(given: Any, size: tuple[int, int]) -> None:
    one = engine(size=given)
    assert one.size == size
    assert engine(**one.settings).size == size, "its own settings build it again"


@pytest.mark.parametrize(
    "options",
    [
        {"size": "large"},
        {"size": 4},
        {"size": [64]},
        {"size": True},
        {"guidance": -1},
        {"steps": 0},
        {"device": "gpu"},
        {"memory": "none"},
        {"dtype": "int8"},
        {"batch": 0},
        {"lora": [{"model": "a/b", "weight": 9}]},
        {"trust_remote_code": True},
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(MintageError):
        engine(**options)


def test_what_changes_no_pixel_is_in_no_recipe() -> None:
    plain = engine()
    assert engine(device="cpu", memory="offload", batch=7).settings == plain.settings
    assert engine(dtype="bfloat16").settings != plain.settings != engine(guidance=3.0).settings
    assert engine(batch=7, device="cpu").needs.batch == 7
    assert engine(device="cpu").needs.gpus == 0 and engine(device="cuda:1").needs.gpus == 1


def test_strong_guidance_and_few_steps_are_told() -> None:
    assert engine().advice == () == engine(guidance=4).advice
    assert "guidance 7.5" in engine(guidance=7.5).advice[0]
    assert "few steps" in engine(model="someone/sdxl-turbo").advice[0]


def test_the_default_model_is_listed_without_asking_anybody() -> None:
    assert engine().can == {"text", "image", "mask"}
    assert registry.find("engines", "diffusers").can == {"text", "image", "images", "mask"}
    assert engine().knows({"class": ["anything"]}) == []


# ── folders ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_is_looked_up_from_where_the_spec_lies_and_the_nearest_is_named(
    checkpoint: Checkpoints, tmp_path: Path
) -> None:
    copied(checkpoint, "sd", tmp_path / "models" / "sd15")
    assert engine(tmp_path, model="models/sd15").can == {"text", "image", "mask"}
    said = refusal(lambda: engine(tmp_path, model="models/sd51").can)
    assert "there is no folder models/sd51" in said and "did you mean 'models/sd15'?" in said
    assert "did you mean 'models/sd15'?" in refusal(lambda: engine(tmp_path, model="./models/sd1").can)


def test_one_file_and_a_folder_without_an_index_are_refused(checkpoint: Checkpoints, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"x")
    assert "is one file" in refusal(lambda: engine(tmp_path, model="model.safetensors").can)
    said = refusal(lambda: engine(tmp_path, model=str(tmp_path)).can)
    assert "is no checkpoint of diffusers: it holds model.safetensors alone" in said
    (tmp_path / "model_index.json").write_text("{", encoding="utf-8")
    assert "cannot be read" in refusal(lambda: engine(tmp_path, model=str(tmp_path)).can)


@pytest.mark.parametrize("suffix", ["bin", "ckpt"])
def test_pickled_weights_alone_are_refused(checkpoint: Checkpoints, tmp_path: Path, suffix: str) -> None:
    folder = copied(checkpoint, "sd", tmp_path / "sd")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix("." + suffix))
    said = refusal(lambda: engine(model=str(folder)).can)
    assert f"unet/diffusion_pytorch_model.{suffix} alone" in said and "safetensors" in said


@pytest.mark.parametrize(
    "change",
    [
        {"_class_name": ["my_pipeline", "MyPipeline"]},
        {"unet": ["my_module", "MyUNet"]},
        {"unet": ["os", "MyUNet"]},
        {"unet": ["..", "MyUNet"]},
    ],
)
def test_a_checkpoint_with_code_of_its_own_is_refused(
    checkpoint: Checkpoints, tmp_path: Path, change: dict[str, Any]
) -> None:
    folder = copied(checkpoint, "sd", tmp_path / "sd")
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    (folder / "model_index.json").write_text(json.dumps(index | change), encoding="utf-8")
    (folder / "my_module.py").write_text("raise SystemExit('it ran')", encoding="utf-8")
    assert "code of its own" in refusal(lambda: engine(model=str(folder)).can)
    assert "code of its own" in refusal(lambda: engine(model=str(folder)).load())


def test_a_part_that_is_missing_or_cut_off_is_told_in_one_line(checkpoint: Checkpoints, tmp_path: Path) -> None:
    folder = copied(checkpoint, "sd", tmp_path / "sd")
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    said = refusal(lambda: engine(model=str(folder), device="cpu").load())
    assert "is cut off" in said and len(said.splitlines()) <= 3
    weights.unlink()
    assert "lacks safetensors of vae" in refusal(lambda: engine(model=str(folder)).can)


def test_a_pipeline_that_the_installed_version_lacks_is_told(checkpoint: Checkpoints, tmp_path: Path) -> None:
    folder = copied(checkpoint, "sd", tmp_path / "sd")
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    (folder / "model_index.json").write_text(json.dumps(index | {"_class_name": "NextPipeline"}), encoding="utf-8")
    assert "'NextPipeline', which the installed diffusers" in refusal(lambda: engine(model=str(folder)).can)


def test_files_that_are_empty_or_cut_off_and_broken_settings_are_told_before_anything_is_loaded(
    checkpoint: Checkpoints, tmp_path: Path
) -> None:
    folder = copied(checkpoint, "sd", tmp_path / "sd")
    weights, config = folder / "unet" / "diffusion_pytorch_model.safetensors", folder / "vae" / "config.json"
    whole = weights.read_bytes()
    for data, said in ((b"", "is empty"), (whole[:-4], "is cut off"), (whole[:12], "is cut off"), (b"xx", "is no")):
        weights.write_bytes(data)
        assert said in refusal(lambda: engine(model=str(folder)).can)
    weights.write_bytes(whole)
    assert engine(model=str(folder)).can
    config.write_text('{"a":', encoding="utf-8")
    assert "config.json cannot be read" in refusal(lambda: engine(model=str(folder)).can)


def test_a_scheduler_that_is_none_of_diffusers_is_told_in_the_plan(checkpoint: Checkpoints) -> None:
    sd = str(checkpoint("sd"))
    said = refusal(lambda: engine(model=sd, scheduler="EulerDiscretScheduler").can)
    assert "is none of diffusers" in said and "did you mean 'EulerDiscreteScheduler'" in said
    assert engine(model=sd, scheduler="EulerDiscreteScheduler").can


def test_a_prior_for_a_model_that_takes_none_is_told(checkpoint: Checkpoints) -> None:
    assert "prior says nothing" in engine(model=str(checkpoint("sd")), prior="some/prior").advice[0]


def test_a_lora_that_is_no_name_or_is_not_there_is_told_as_a_lora(checkpoint: Checkpoints, tmp_path: Path) -> None:
    for given in (3, 0, True):
        assert "lora" in refusal(lambda given=given: engine(lora=given))
    (tmp_path / "style.safetensors").write_bytes(b"x")
    for name in ("stile.safetensors", "loras/nope.safetensors"):
        said = refusal(lambda name=name: engine(tmp_path, model=str(checkpoint("sd")), lora=name).weights)
        assert f"there is no LoRA {name}" in said and "model_index" not in said
        assert ("did you mean 'style.safetensors'" in said) == (name == "stile.safetensors")


@pytest.mark.parametrize("name", ["~nobody-at-all/x", "a\0b"])
def test_a_name_that_can_be_no_path_is_refused(name: str) -> None:
    assert "is no path" in refusal(lambda: engine(model=name).can)


def test_only_a_near_folder_beside_is_suggested(tmp_path: Path) -> None:
    for name in ("far", "elsewhere/sd15"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "model_index.json").write_text("{}", encoding="utf-8")
    said = refusal(lambda: engine(model=str(tmp_path / "sd51")).can)
    assert "did you mean" not in said and "there are" not in said and "elsewhere" not in said


def test_without_torch_the_line_to_type_is_told(checkpoint: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = checkpoint("sd")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert 'pip install "mintage[local]"' in refusal(lambda: engine(model=str(folder)).load())


def test_the_version_follows_the_weights_and_not_their_place(checkpoint: Checkpoints, tmp_path: Path) -> None:
    folder = copied(checkpoint, "sd", tmp_path / "sd")
    version = engine(model=str(folder)).version
    assert version == engine(model=str(checkpoint("sd"))).version != engine(model=str(checkpoint("sdxl"))).version
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    assert engine(model=str(folder)).version == version
    assert engine(model=str(folder)).weights.licence == "mit"
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-100] ^= 1
    weights.write_bytes(data)
    assert engine(model=str(folder)).version != version, "tuned weights have the same size"


def test_the_weights_of_a_folder_are_counted_and_are_here(checkpoint: Checkpoints) -> None:
    folder = checkpoint("sd")
    files = [p for p in folder.rglob("*") if p.is_file()]
    told = engine(model=str(folder), device="cpu").weights
    assert told.here and told.note == ""
    assert told.bytes == sum(p.stat().st_size for p in files)
    numbers = sum(p.stat().st_size for p in files if p.suffix == ".safetensors")
    assert told.memory_gb == pytest.approx((numbers + 6000 * 64 * 64) / 1e9, rel=0.02)
    half = engine(model=str(folder), dtype="float16").weights.memory_gb
    assert half == pytest.approx((numbers / 2 + 6000 * 64 * 64) / 1e9, rel=0.02)


def test_a_prior_is_found_beside_its_decoder_or_asked_for(checkpoint: Checkpoints, tmp_path: Path) -> None:
    decoder = copied(checkpoint, "kandinsky-decoder", tmp_path / "decoder")
    said = refusal(lambda: engine(model=str(decoder)).load())
    assert "no folder beside it holds its prior" in said and "kandinsky-2-2-prior" in said
    named = engine(model=str(decoder), prior=str(checkpoint("kandinsky-prior")))
    assert named.weights.here
    copied(checkpoint, "kandinsky-prior", tmp_path / "my-prior")
    beside = engine(model=str(decoder))
    assert beside.weights.model == f"{decoder} + {tmp_path / 'my-prior'}"
    assert beside.version == named.version


def test_only_what_is_loaded_is_counted_and_fetched() -> None:
    index = {"unet": ["diffusers", "UNet2DConditionModel"], "tokenizer": ["transformers", "CLIPTokenizer"]}
    files = {
        "model_index.json": 1,
        "README.md": 1,
        "v1-5-pruned.ckpt": 4000,
        "v1-5.safetensors": 4000,
        "unet/config.json": 1,
        "unet/diffusion_pytorch_model.bin": 400,
        "unet/diffusion_pytorch_model.safetensors": 400,
        "unet/diffusion_pytorch_model.fp16.safetensors": 200,
        "unet/diffusion_pytorch_model.non_ema.safetensors": 400,
        "tokenizer/vocab.json": 1,
        "tokenizer/merges.txt": 1,
        "unused/model.safetensors": 99,
    }
    small = {"model_index.json", "unet/config.json", "tokenizer/vocab.json", "tokenizer/merges.txt"}
    assert set(needed(files, index, half=False)) == small | {"unet/diffusion_pytorch_model.safetensors"}
    assert set(needed(files, index, half=True)) == small | {"unet/diffusion_pytorch_model.fp16.safetensors"}
    assert (variant(files, half=True), variant(files, half=False)) == ("fp16", None)
    assert lacking(files, index) == []


def test_weights_in_several_files_are_whole_or_lacking() -> None:
    index = {"transformer": ["diffusers", "FluxTransformer2DModel"]}
    shards = {f"transformer/diffusion_pytorch_model-0000{n}-of-00003.safetensors": 9 for n in (1, 2, 3)}
    assert lacking(shards, index) == [] and needed(shards, index, half=True) == shards
    del shards["transformer/diffusion_pytorch_model-00002-of-00003.safetensors"]
    assert lacking(shards, index) == ["transformer"]


# ── what is put into a model ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def lora(checkpoint: Checkpoints, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA over the attention of the tiny Stable Diffusion, with random weights: a folder with one file."""
    torch = pytest.importorskip("torch", reason="torch is absent: pip install 'mintage[local]'")
    diffusers = pytest.importorskip("diffusers", reason="diffusers is absent: pip install 'mintage[local]'")
    peft = pytest.importorskip("peft", reason="peft is absent: pip install 'mintage[local]'")
    network = diffusers.UNet2DConditionModel.from_pretrained(checkpoint("sd"), subfolder="unet")
    torch.manual_seed(1)
    network.add_adapter(peft.LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q", "to_k", "to_v"]))
    layers = {n: 20 * w for n, w in peft.utils.get_peft_model_state_dict(network).items()}
    folder = tmp_path_factory.mktemp("lora")
    diffusers.StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=layers)
    return folder


def test_a_lora_counts_as_strongly_as_its_weight_says(drawer: Callable[..., Any], lora: Path) -> None:
    import numpy as np

    plain = picture(drawer("sd"))
    whole, none, some = (
        picture(drawer("sd", lora=[{"model": str(lora), "weight": w}])) for w in (1.0, 0.0, 0.5)
    )  # fmt: skip
    assert np.abs(none - plain).max() <= 1
    assert np.abs(whole - plain).mean() > np.abs(some - plain).mean() > 0.1
    file = lora / "pytorch_lora_weights.safetensors"
    assert np.abs(picture(drawer("sd", lora=str(file))) - whole).max() <= 1


def test_the_version_names_the_lora(checkpoint: Checkpoints, lora: Path) -> None:
    model = str(checkpoint("sd"))
    versions = {
        engine(model=model).version,
        engine(model=model, lora=str(lora)).version,
        engine(model=model, lora={"model": str(lora), "weight": 0.5}).version,
    }
    assert len(versions) == 3
    assert engine(model=model, lora=str(lora)).weights.here


def test_a_lora_that_is_pickled_ambiguous_absent_or_for_another_model_is_refused(
    checkpoint: Checkpoints, lora: Path, tmp_path: Path
) -> None:
    sd = str(checkpoint("sd"))
    (tmp_path / "old.bin").write_bytes(b"x")
    assert "old.bin" in refusal(lambda: engine(model=sd, lora=str(tmp_path / "old.bin")).load())
    for name in ("one", "two"):
        shutil.copy(lora / "pytorch_lora_weights.safetensors", tmp_path / f"{name}.safetensors")
    said = refusal(lambda: engine(model=sd, lora=str(tmp_path)).load())
    assert "has one.safetensors, two.safetensors" in said and "say which" in said
    engine(model=sd, lora={"model": str(tmp_path), "file": "two.safetensors"}, device="cpu").load()
    assert "there is no LoRA ./nowhere" in refusal(lambda: engine(model=sd, lora="./nowhere").load())
    klein = str(checkpoint("klein"))
    assert "make.lora" in refusal(lambda: engine(model=klein, lora=str(tmp_path / "one.safetensors")).load())


def test_a_scheduler_is_taken_by_its_name_and_a_wrong_one_is_refused(drawer: Callable[..., Any]) -> None:
    import numpy as np

    assert np.abs(picture(drawer("sd", scheduler="EulerDiscreteScheduler")) - picture(drawer("sd"))).max() > 0
    said = refusal(lambda: drawer("sd", scheduler="EulerDiscretScheduler"))
    assert "is none of diffusers" in said and "did you mean 'EulerDiscreteScheduler'" in said
    assert "does not fit this model" in refusal(lambda: drawer("sd", scheduler="FlowMatchEulerDiscreteScheduler"))


def test_another_precision_is_used_where_it_is_asked_for(drawer: Callable[..., Any]) -> None:
    import torch

    half = drawer("sd", dtype="bfloat16")
    assert half._pipes._first.unet.dtype is torch.bfloat16
    assert half._pipes.of("image").unet is half._pipes._first.unet, "the networks are shared as they are"
    assert half._pipes.of("image").unet.dtype is torch.bfloat16
    assert picture(half).std() > 1


def test_a_device_that_is_not_here_is_refused(checkpoint: Checkpoints) -> None:
    torch = pytest.importorskip("torch", reason="torch is absent: pip install 'mintage[local]'")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    assert "no device 'cuda' here" in refusal(lambda: engine(model=str(checkpoint("sd")), device="cuda").load())


def test_tiles_are_used_where_they_are_asked_for(drawer: Callable[..., Any]) -> None:
    tiled = drawer("sd", memory="tiled", size=128)
    assert tiled._pipes._first.vae.use_tiling and not drawer("sd")._pipes._first.vae.use_tiling
    assert picture(tiled).shape == (128, 128, 3)


# ── tables and decisions ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [(64, 64), (71, 50), (500, 333), (1024, 576), (9, 8)])
@pytest.mark.parametrize("multiple", [8, 16, 64])
def test_what_is_added_to_a_picture_for_the_pipeline_is_taken_off_again(size: tuple[int, int], multiple: int) -> None:
    import numpy as np
    from PIL import Image

    from mintage.engines._diffusers_calls import Frame

    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    frame = Frame.of(size, multiple)
    whole = frame.padded(Image.fromarray(pixels), "RGB")
    assert whole.width % multiple == whole.height % multiple == 0
    assert all(0 <= big - small < multiple for big, small in zip(whole.size, size, strict=True))
    assert (np.asarray(frame.cropped(whole)) == pixels).all()
    mask = frame.padded(Image.fromarray(pixels[:, :, 0]), "L")
    assert mask.size == whole.size and mask.mode == "L"


GB = 10**9


@pytest.mark.parametrize(
    ("asked", "free", "weights", "largest", "pixels", "placed"),
    [
        ("auto", 24 * GB, 2 * GB, 1 * GB, 512 * 512, Placement("full", False)),
        ("auto", 24 * GB, 7 * GB, 5 * GB, 1024 * 1024, Placement("full", False)),
        ("auto", 12 * GB, 7 * GB, 5 * GB, 1024 * 1024, Placement("full", True)),
        ("auto", 8 * GB, 7 * GB, 5 * GB, 1024 * 1024, Placement("offload", True)),
        ("auto", 24 * GB, 34 * GB, 19 * GB, 1024 * 1024, Placement("offload", True)),
        ("auto", 12 * GB, 34 * GB, 24 * GB, 1024 * 1024, Placement("sequential", True)),
        ("auto", 80 * GB, 7 * GB, 5 * GB, 2048 * 2048, Placement("full", True)),
        ("full", 1 * GB, 7 * GB, 5 * GB, 512 * 512, Placement("full", False)),
        ("offload", 80 * GB, 7 * GB, 5 * GB, 512 * 512, Placement("offload", False)),
        ("sequential", 80 * GB, 7 * GB, 5 * GB, 512 * 512, Placement("sequential", False)),
        ("tiled", 80 * GB, 7 * GB, 5 * GB, 512 * 512, Placement("full", True)),
        ("auto", None, 7 * GB, 5 * GB, 1024 * 1024, Placement("full", False)),
        ("auto", None, 7 * GB, 5 * GB, 2048 * 1024, Placement("full", True)),
        ("offload", None, 7 * GB, 5 * GB, 512 * 512, Placement("full", False)),
        ("tiled", None, 7 * GB, 5 * GB, 512 * 512, Placement("full", True)),
    ],
)
def test_where_weights_lie_follows_from_the_free_memory(
    asked: str, free: int | None, weights: int, largest: int, pixels: int, placed: Placement
) -> None:
    assert place(asked, free, weights, largest, pixels) == placed


def test_running_out_of_memory_is_recognised_and_nothing_else_is() -> None:
    torch = pytest.importorskip("torch", reason="torch is absent: pip install 'mintage[local]'")
    assert out_of_memory(torch.OutOfMemoryError("x")) and out_of_memory(MemoryError())
    assert out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"))
    assert out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"))
    assert not out_of_memory(RuntimeError("sizes do not match")) and not out_of_memory(ValueError("out of memory"))


def test_the_families_name_pipelines_that_there_are_and_agree_with_those_of_diffusers() -> None:
    diffusers = pytest.importorskip("diffusers", reason="diffusers is absent: pip install 'mintage[local]'")
    from diffusers.pipelines import auto_pipeline as auto

    theirs = {
        "text": auto.AUTO_TEXT2IMAGE_PIPELINES_MAPPING,
        "image": auto.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
        "mask": auto.AUTO_INPAINT_PIPELINES_MAPPING,
    }
    for family in FAMILIES:
        text = family.verbs.get("text")
        for verb, name in family.verbs.items():
            assert hasattr(diffusers, name), name
            model = next((m for m, c in theirs["text"].items() if c.__name__ == text), None)
            if model and verb in theirs and model in theirs[verb]:
                assert theirs[verb][model].__name__ == name
    assert all(hasattr(diffusers, name) for name in SAME_NETWORKS)


def test_what_a_checkpoint_can_follows_from_its_class_and_its_channels() -> None:
    def can(pipeline: str, channels: int | None = None) -> set[str]:
        return set(family_of(pipeline, channels).verbs)

    assert can("StableDiffusionPipeline", 4) == can("StableDiffusionInpaintPipeline", 4) == {"text", "image", "mask"}
    assert can("StableDiffusionInpaintPipeline", 9) == {"mask"}
    assert can("StableDiffusionXLImg2ImgPipeline", 4) == {"image", "mask"}, "a refiner"
    assert can("KandinskyV22Img2ImgPipeline", 4) == {"text", "image", "images"}
    assert can("QwenImageEditPlusPipeline") == {"image", "images"}
    assert can("SomethingNewPipeline") == {"text"}
