"""Parents on disk: the very picture that a recipe names, at the engine's size, and its object where that is sure."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image, ImageDraw

from mintage.core.parents import Reference, References
from mintage.core.recipe import Fact, Recipe, Sample, Slot
from mintage.core.spec import ReferenceUse
from mintage.pictures import encode_png, write_atomically
from mintage.pictures.cutouts.references import read_references
from mintage.stages.parents import ParentFiles

BOUNDS = (50, 20, 111, 81)


def thing(ground: str = "white") -> Image.Image:
    picture = Image.new("RGB", (160, 100), ground)
    ImageDraw.Draw(picture).ellipse((BOUNDS[0], BOUNDS[1], BOUNDS[2] - 1, BOUNDS[3] - 1), "firebrick")
    return picture


def speckled() -> Image.Image:
    return Image.fromarray(numpy.random.default_rng(0).integers(0, 255, (100, 160, 3)).astype(numpy.uint8))


def nobody(recipe_id: str) -> Sample:
    raise KeyError(recipe_id)


def files(folder: Path, *pictures: Image.Image, size: tuple[int, int] | None = (64, 64), **use: Any) -> ParentFiles:
    """References of one class, `0.png`, `1.png`, …"""
    group = []
    for i, picture in enumerate(pictures):
        data = encode_png(picture)
        write_atomically(folder / f"{i}.png", data)
        group.append(Reference(hashlib.sha256(data).hexdigest(), folder / f"{i}.png", *picture.size))
    return ParentFiles(References({"lemon": group}), nobody, ReferenceUse(**use), size, folder / "cutouts")


def name_of(path: Path) -> str:
    return "file:" + hashlib.sha256(path.read_bytes()).hexdigest()


def stored(folder: Path, picture: Image.Image, mask: Image.Image | None = None) -> Sample:
    recipe = Recipe(Slot("lemon", "scene", 0), 0, (("lemon", 1.0),), "flat", {}, 1)
    data = encode_png(picture)
    write_atomically(folder / "made.png", data)
    if mask is not None:
        write_atomically(folder / "made.mask.png", encode_png(mask))
    value = {
        "path": "made.png",
        "sha256": hashlib.sha256(data).hexdigest(),
        "width": picture.width,
        "height": picture.height,
        "boxes": [],
        "mask": "made.mask.png" if mask is not None else None,
    }
    return Sample(recipe, {"image": Fact(recipe.id, "image", "done", value, number=2)}, folder=folder)


def made(folder: Path, sample: Sample, **use: Any) -> ParentFiles:
    found = {sample.id: sample}
    return ParentFiles(References(), found.__getitem__, ReferenceUse(**use), (64, 64), folder / "cutouts")


def test_a_reference_is_given_at_the_size_of_the_engine_or_as_it_is(tmp_path: Path) -> None:
    parents = files(tmp_path, thing())
    name = name_of(tmp_path / "0.png")
    assert parents.picture(name).size == (64, 64)
    assert parents.picture(name, fit=False).size == (160, 100)
    assert parents.sized((30, 20)).picture(name).size == (30, 20)
    assert parents.sized(None).picture(name).size == (160, 100)
    assert parents.size == (64, 64), "a copy was sized"


@pytest.mark.parametrize(("fit", "size"), [("crop", (64, 64)), ("pad", (64, 64)), ("keep", (64, 40))])
def test_the_mask_lies_over_the_picture_however_it_is_fitted(fit: str, size: tuple[int, int], tmp_path: Path) -> None:
    parents = files(tmp_path, thing(), fit=fit)
    picture, mask = (f(name_of(tmp_path / "0.png")) for f in (parents.picture, parents.mask))
    assert mask is not None and picture.size == mask.size == size
    inside = numpy.asarray(picture)[numpy.asarray(mask) > 0]
    assert (inside[:, 1] < 120).mean() > 0.97, "the object and no background"


def test_the_cut_out_is_in_the_parents_own_pixels_and_cropped_to_its_bounds(tmp_path: Path) -> None:
    parents = files(tmp_path, thing(), size=(8, 8))
    cut = parents.cut_out(name_of(tmp_path / "0.png"))
    assert cut is not None and cut.mode == "RGBA"
    assert cut.width == pytest.approx(BOUNDS[2] - BOUNDS[0], abs=5)
    assert cut.height == pytest.approx(BOUNDS[3] - BOUNDS[1], abs=5)
    assert cut.getpixel((cut.width // 2, cut.height // 2)) == (178, 34, 34, 255)
    assert cut.getpixel((0, 0))[3] == 0


def test_what_is_not_sure_is_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    parents = files(tmp_path, speckled(), thing())
    assert parents.mask(name_of(tmp_path / "0.png")) is None
    assert parents.cut_out(name_of(tmp_path / "0.png")) is None
    none = files(tmp_path, thing(), masks="none")
    assert none.mask(name_of(tmp_path / "0.png")) is None


def test_an_object_that_cropping_leaves_out_has_no_mask(tmp_path: Path) -> None:
    picture = Image.new("RGB", (300, 60), "white")
    ImageDraw.Draw(picture).ellipse((10, 10, 60, 50), "navy")
    parents = files(tmp_path, picture)
    assert parents.mask(name_of(tmp_path / "0.png")) is None
    assert parents.mask(name_of(tmp_path / "0.png"), fit=False) is not None


def test_what_is_given_may_be_changed_without_changing_the_parent(tmp_path: Path) -> None:
    parents = files(tmp_path, thing(), size=None)
    name = name_of(tmp_path / "0.png")
    for give in (parents.picture, parents.mask):
        first = give(name)
        assert first is not None
        before = first.tobytes()
        first.paste(0, (0, 0, *first.size))
        again = give(name)
        assert again is not None and again.tobytes() == before


def test_many_children_of_one_parent_read_it_once(tmp_path: Path) -> None:
    parents = files(tmp_path, thing())
    name = name_of(tmp_path / "0.png")
    first = parents.picture(name).tobytes()
    (tmp_path / "0.png").unlink()
    assert all(parents.picture(name).tobytes() == first for _ in range(24))


def test_a_reference_that_is_gone_changed_or_broken_says_so(tmp_path: Path) -> None:
    parents = files(tmp_path, thing(), thing("khaki"))
    gone, changed = (name_of(tmp_path / f"{i}.png") for i in (0, 1))
    (tmp_path / "0.png").unlink()
    write_atomically(tmp_path / "1.png", encode_png(thing("navy")))
    with pytest.raises(OSError, match=r"the reference 0\.png cannot be read: No such file"):
        parents.picture(gone)
    with pytest.raises(OSError, match=r"the reference 1\.png is another picture than it was"):
        parents.mask(changed)
    with pytest.raises(OSError, match="a reference is gone"):
        parents.cut_out("file:" + "0" * 64)
    with pytest.raises(OSError, match="is no parent"):
        parents.picture("0.png")


def test_a_made_parent_is_the_stored_image_and_its_object_mask(tmp_path: Path) -> None:
    mask = Image.new("L", (160, 100))
    mask.paste(255, (0, 0, 40, 30))
    sample = stored(tmp_path, speckled(), mask)
    parents = made(tmp_path, sample)
    name = f"recipe:{sample.id}"
    assert parents.picture(name, fit=False).tobytes() == speckled().tobytes()
    found = parents.mask(name, fit=False)
    assert found is not None and found.getbbox() == (0, 0, 40, 30)
    cut = parents.cut_out(name)
    assert cut is not None and cut.size == (40, 30)


@pytest.mark.parametrize(("masks", "known"), [("auto", True), ("plain", True), ("file", False), ("none", False)])
def test_a_made_parent_without_a_mask_is_cut_out_as_a_photo_is(masks: str, known: bool, tmp_path: Path) -> None:
    sample = stored(tmp_path, thing())
    parents = made(tmp_path, sample, masks=masks)
    assert (parents.mask(f"recipe:{sample.id}") is not None) == known


def test_a_made_parent_that_is_gone_changed_or_unknown_says_so(tmp_path: Path) -> None:
    sample = stored(tmp_path, thing())
    parents = made(tmp_path, sample)
    (tmp_path / "made.png").write_bytes(encode_png(speckled()))
    with pytest.raises(OSError, match="is not the picture that was made"):
        parents.picture(f"recipe:{sample.id}")
    with pytest.raises(OSError, match="is no recipe of this run"):
        parents.picture("recipe:0123")


def test_a_mask_that_is_gone_says_so(tmp_path: Path) -> None:
    sample = stored(tmp_path, thing(), Image.new("L", (160, 100), 255))
    (tmp_path / "made.mask.png").unlink()
    with pytest.raises(OSError, match=r"made\.mask\.png"):
        made(tmp_path, sample).mask(f"recipe:{sample.id}")


def test_it_finds_what_reading_the_references_kept(tmp_path: Path) -> None:
    from mintage.core.spec import DatasetSpec

    photos = tmp_path / "photos"
    photos.mkdir()
    write_atomically(photos / "a.png", encode_png(thing()))
    spec = DatasetSpec.model_validate({"name": "x", "classes": {"lemon": {"references": str(photos)}}})
    found = read_references(spec, tmp_path / "run", masks=True, write=True)
    (kept,) = (tmp_path / "run" / "cutouts").iterdir()
    with Image.open(kept) as image:
        text = dict(image.info)
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    for key in ("how", "confidence"):
        said.add_text(key, text[key])
    half = Image.new("1", (160, 100))
    half.paste(1, (0, 0, 80, 100))
    half.save(kept, pnginfo=said)
    parents = ParentFiles(found, nobody, spec.references, None, tmp_path / "run" / "cutouts")
    mask = parents.mask(name_of(photos / "a.png"))
    assert mask is not None and mask.getbbox() == (0, 0, 80, 100)
