"""inpaint transplant: a defect moved onto another picture, with an exact mask and without a seam."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.pool import RealParents
from mintage.core.recipe import Fact, Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use
from mintage.pictures.cutouts.references import read_references
from mintage.pictures.scenery.membrane import membrane, set_in
from mintage.run import Run
from mintage.stages.parents import ParentFiles
from mintage.techniques._inpaint_patch import defect, transplanted

ROOT = Path(__file__).parents[2]
SIDE = 96


def array(picture: Image.Image) -> Any:
    return np.asarray(picture, np.int16)


def grey(level: int, size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    return Image.new("RGB", size, (level, level, level))


def damaged(level: int = 200, box: tuple[int, int, int, int] = (40, 44, 60, 50)) -> tuple[Image.Image, Image.Image]:
    """A plain plate with a bar that is darker by 60, and the bar's mask."""
    picture, mask = grey(level), Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(picture).rectangle(box, fill=(level - 60,) * 3)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    return picture, mask


def moved(scene: Image.Image, seed: int = 0, size: Any = None, inside: Image.Image | None = None) -> Any:
    picture, mask = damaged()
    return transplanted(scene, picture, mask, Random(seed), size, 0.02, inside)


# ── the patch ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(8))
def test_outside_the_mask_not_a_pixel_changes_and_inside_the_defect_shows(seed: int) -> None:
    scene = Image.effect_noise((SIDE, SIDE), 12).convert("RGB")
    made, shows, changed = moved(scene, seed)
    assert made.size == scene.size and (changed | ~shows).all()
    assert (array(made)[~changed] == array(scene)[~changed]).all()
    darker = (array(scene) - array(made)).mean(2)
    assert 25 < darker[shows].mean() < 80
    assert 0.3 < shows.sum() / (21 * 7) < 2.2


@pytest.mark.parametrize("level", [70, 120, 200])
def test_the_defect_takes_on_the_level_of_its_new_place_and_leaves_no_seam(level: int) -> None:
    made, shows, changed = moved(grey(level), 3)
    around = array(made)[..., 0][changed & ~shows]
    assert np.percentile(np.abs(around - level), 75) < 12, "a pale frame around the defect"
    assert abs(array(made)[..., 0][shows].min() - max(0, level - 60)) < 15


def test_the_same_seed_gives_the_same_picture_and_another_one_another_place() -> None:
    scene = grey(150)
    assert array(moved(scene, 4)[0]).tolist() == array(moved(scene, 4)[0]).tolist()
    assert len({moved(scene, seed)[1].tobytes() for seed in range(10)}) == 10


@pytest.mark.parametrize("size", [(0.1, 0.12), (0.4, 0.45), (0.7, 0.75)])
def test_it_is_as_large_as_asked_for(size: tuple[float, float]) -> None:
    for seed in range(6):
        _, shows, _ = moved(grey(150), seed, size)
        rows, columns = np.nonzero(shows)
        long = np.hypot(np.ptp(rows) + 1, np.ptp(columns) + 1)
        assert 0.75 * size[0] * SIDE < long < 1.35 * size[1] * SIDE + 2


def test_it_lies_wholly_on_the_object() -> None:
    inside = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(inside).ellipse((10, 40, 60, 90), fill=255)
    for seed in range(12):
        _, shows, _ = moved(grey(150), seed, None, inside)
        assert shows.any() and (array(inside)[shows] == 255).all()


def test_where_there_is_little_room_it_becomes_smaller_and_where_there_is_none_it_fails() -> None:
    inside = Image.new("L", (SIDE, SIDE))
    inside.paste(255, (30, 30, 42, 42))
    _, shows, _ = moved(grey(150), 1, (0.3, 0.3), inside)
    assert shows.any() and (array(inside)[shows] == 255).all()
    with pytest.raises(OSError, match="no room"):
        moved(grey(150), 1, None, Image.new("L", (SIDE, SIDE)))


def test_a_mask_that_covers_most_of_the_reference_is_no_patch() -> None:
    with pytest.raises(OSError, match="white on the defect alone"):
        transplanted(grey(100), grey(90), Image.new("L", (SIDE, SIDE), 255), Random(0), None, 0.02)
    with pytest.raises(OSError, match="white on the defect alone"):
        transplanted(grey(100), grey(90), Image.new("L", (SIDE, SIDE)), Random(0), None, 0.02)


# ── the defect from a good picture ──────────────────────────────────────────────────────────────────────────────────


def test_what_differs_from_an_aligned_good_picture_is_the_defect(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 3, (3, SIDE, SIDE, 1))
    picture, mask = damaged()

    def noisy(p: Image.Image, k: int) -> Image.Image:
        return Image.fromarray(np.clip(array(p) + noise[k], 0, 255).astype(np.uint8))

    for k in (0, 1):
        noisy(grey(200), k).save(tmp_path / f"{k}.png")
    found = array(defect(noisy(picture, 2), [tmp_path / "0.png", tmp_path / "1.png"])) == 255
    true = array(mask) == 255
    assert found[true].all()
    assert found.sum() < 2.2 * true.sum()


def test_a_good_picture_that_does_not_fit_is_named(tmp_path: Path) -> None:
    picture, _ = damaged()
    for name, good in (("small", grey(200, (50, 50))), ("same", picture), ("other", Image.linear_gradient("L"))):
        good.resize((50, 50) if name == "small" else picture.size).convert("RGB").save(tmp_path / f"{name}.png")
    for name, said in (("small", "96×96"), ("same", "differs nowhere"), ("other", "aligned")):
        with pytest.raises(OSError, match=said):
            defect(
                picture if name != "other" else Image.effect_noise((SIDE, SIDE), 90).convert("RGB"),
                [tmp_path / f"{name}.png"],
            )


# ── the membrane ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (33, 50), (64, 64)])
def test_a_membrane_keeps_what_is_known_and_stays_between_its_extremes(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    values, known = rng.uniform(-9, 9, (*shape, 2)).astype(np.float32), rng.random(shape) < 0.4
    filled = membrane(values, known)
    assert (filled[known] == values[known]).all()
    if known.any():
        assert filled.min() >= values[known].min() - 1e-4 and filled.max() <= values[known].max() + 1e-4
    else:
        assert (filled == 0).all()


def test_a_membrane_continues_a_slope() -> None:
    y, x = np.mgrid[0:60, 0:80].astype(np.float32)
    slope, known = (x + 2 * y)[..., None], np.ones((60, 80), bool)
    known[20:40, 25:55] = False
    assert np.abs(membrane(np.where(known[..., None], slope, 0), known) - slope).max() < 8


def test_a_patch_equal_to_its_place_changes_nothing() -> None:
    rng = np.random.default_rng(2)
    scene = rng.uniform(0, 255, (40, 40, 3)).astype(np.float32)
    there = np.zeros((40, 40), bool)
    there[5:30, 8:33] = True
    core = np.zeros_like(there)
    core[10:20, 15:25] = True
    assert np.abs(set_in(scene, scene + 20, there, core, there.astype(np.float32)) - scene).max() < 0.01


# ── the technique ───────────────────────────────────────────────────────────────────────────────────────────────────


def spec_of(**more: Any) -> DatasetSpec:
    classes = {"good": {"references": "good"}, "scratch": {"references": "scratch"}}
    return DatasetSpec.model_validate({"name": "x", "classes": classes, "references": {"masks": "file"}} | more)


def technique(spec: DatasetSpec, **options: Any) -> Any:
    options = {"edit": "transplant", "result": {"good": "scratch"}} | options
    return registry.build("techniques", Use(use="inpaint", options=options), spec)


@pytest.fixture
def plates(tmp_path: Path) -> Path:
    """Two good plates, two damaged ones with masks, a picture of a damaged one before it was."""
    for name in ("good", "scratch", "before"):
        (tmp_path / name).mkdir()
    slope = Image.linear_gradient("L").resize((SIDE, SIDE))
    for i in range(2):
        slope.rotate(90 * i).point(lambda v, i=i: v // (2 + i) + 60).convert("RGB").save(tmp_path / "good" / f"{i}.png")
        picture, mask = damaged(150 + 70 * i, (20 + 10 * i, 30, 48, 36 + 6 * i))
        picture.save(tmp_path / "scratch" / f"{i}.png")
        mask.save(tmp_path / "scratch" / f"{i}.mask.png")
        grey(150 + 70 * i).save(tmp_path / "before" / f"{i}.png")
    return tmp_path


def opened(spec: DatasetSpec, folder: Path) -> tuple[RealParents, ParentFiles]:
    references = read_references(spec, folder, masks=True)
    pool = RealParents(references, spec.references.sure)
    return pool, ParentFiles(references, {}.__getitem__, spec.references, None, None)


def sample_of(plugin: Any, pool: Any, number: int = 0) -> Sample:
    slot = Slot("scratch", "inpaint", number, {"from": "good"})
    origin = plugin.origin(slot, "copy", pool)
    names = tuple(p.name for p in origin.parents)
    recipe = Recipe(slot, 0, origin.objects, "copy", {"technique": plugin.settings}, 5, names, origin.roots)
    return Sample(recipe, {"words": Fact(recipe.id, "words", "done", {"prompt": "a scratch"})})


def test_it_needs_no_engine_and_knows_of_every_pair_of_plate_and_defect(plates: Path) -> None:
    plugin = technique(spec_of())
    pool, _ = opened(spec_of(), plates)
    assert plugin.wants == ("copy",) and plugin.draws(["scratch"]) == {} and not plugin.uses_axes
    assert plugin.mistakes("scratch", "copy", pool) == []
    pairs = [sample_of(plugin, pool, i).recipe.parents for i in range(8)]
    assert len(set(pairs[:4])) == 4 and pairs[4:] == pairs[:4]
    assert all(len(sample_of(plugin, pool, i).recipe.roots) == 2 for i in range(4))


def test_the_request_is_the_finished_picture_with_both_masks(plates: Path) -> None:
    spec = spec_of()
    plugin, (pool, parents) = technique(spec), opened(spec, plates)
    sample = sample_of(plugin, pool)
    request = plugin.prepare(sample, parents, "copy")
    (made,) = request.images
    assert plugin.finish(made, request) is made
    changed, shows = array(request.mask) == 255, array(request.shows) == 255
    assert (changed | ~shows).all() and shows.any()
    base = array(parents.picture(sample.recipe.parents[0]))
    assert (array(made)[~changed] == base[~changed]).all()
    assert (np.abs(array(made) - base)[shows].mean(1) > 15).mean() > 0.7


def test_without_masks_the_defect_is_what_differs_from_before(plates: Path) -> None:
    for mask in (plates / "scratch").glob("*.mask.png"):
        mask.unlink()
    spec = spec_of().placed(plates)
    bare = technique(spec)
    pool, parents = opened(spec, plates)
    assert "has a sure one" in str(bare.mistakes("scratch", "copy", pool)[0])
    plugin = technique(spec, good="before")
    assert plugin.mistakes("scratch", "copy", pool) == []
    request = plugin.prepare(sample_of(plugin, pool), parents, "copy")
    assert 60 < (array(request.shows) == 255).sum() < 900


def test_a_good_folder_that_is_missing_or_was_changed_is_told(plates: Path) -> None:
    spec = spec_of().placed(plates)
    pool, parents = opened(spec, plates)
    assert "no picture at" in str(technique(spec, good="nowhere").mistakes("scratch", "copy", pool)[0])
    with pytest.raises(MintageError, match="no picture at"):
        technique(spec, good="nowhere").plan("scratch", 1, iter)
    plugin = technique(spec, good="before")
    sample = sample_of(plugin, pool)
    grey(90).save(plates / "before" / "0.png")
    again = technique(spec, good="before")
    assert again.settings != plugin.settings
    with pytest.raises(OSError, match="other pictures lie at before"):
        again.prepare(sample, parents, "copy")


def test_the_example_makes_scratched_plates_of_a_few_without_any_model(tmp_path: Path) -> None:
    import runpy

    runpy.run_path(str(ROOT / "examples" / "make_metal.py"))["make"](tmp_path / "metal", 3, 4, side=96)
    text = (ROOT / "examples" / "scratches.yaml").read_text(encoding="utf-8")
    (tmp_path / "dataset.yaml").write_text(text.replace("images: 60", "images: 10"), encoding="utf-8")
    run = Run(tmp_path)
    run.make().finish()
    samples = list(run.samples())
    assert sum(s.kept for s in samples) == 10
    for sample in samples:
        value = sample.facts["image"].value
        assert sample.label == "scratch" and len(sample.recipe.roots) == 2
        (box,) = value["boxes"]
        assert box["class"] == "scratch" and value["mask"] and value["repaint"]
        mask = Image.open(tmp_path / value["mask"])
        assert mask.getbbox() == (box["x"], box["y"], box["x"] + box["w"], box["y"] + box["h"])


def test_a_defect_of_a_few_pixels_makes_no_picture_of_another_class() -> None:
    with pytest.raises(OSError, match="fewer than 16"):
        moved(grey(150), 0, (0.02, 0.02))


@pytest.mark.parametrize("good", ["~nobody-at-all/good", "a\0b", "x" * 5000])
def test_a_place_that_can_be_no_path_is_told(tmp_path: Path, good: str) -> None:
    plugin = technique(spec_of().placed(tmp_path), good=good)
    with pytest.raises(MintageError, match="there is no picture at"):
        list(plugin.plan(plugin.spec.key_of(list(plugin.spec.classes)[-1]), 1, lambda n: iter(())))
