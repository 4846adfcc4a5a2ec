"""inpaint: labels that follow from the spec, parents in turn, masks, and kept pixels that stay as they were."""

from collections.abc import Iterator, Mapping
from itertools import islice, product
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.parents import NoParents, Parent, Reference, References
from mintage.core.pool import RealParents
from mintage.core.ports import Request
from mintage.core.recipe import Fact, Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use
from mintage.core.spec_mistakes import meaning_mistakes
from mintage.pictures.cutouts.references import read_references
from mintage.stages.parents import ParentFiles
from mintage.techniques._inpaint_masks import erased, grown, put_back, region

AXES = {"environment": ["on grass", "on a beach", "at night"], "style": ["photo", "painting"]}
EDITS = {
    "background": ("compose", "mask"),
    "object": ("compose", "mask"),
    "add": ("compose", "mask"),
    "remove": ("mask",),
}
RESULT = {"apple": "pear"}


def spec_of(classes: Any = ("apple", "pear"), **more: Any) -> DatasetSpec:
    given = {c: {"references": c} for c in classes} if not isinstance(classes, Mapping) else classes
    return DatasetSpec.model_validate({"name": "x", "classes": given} | more)


def technique(spec: DatasetSpec, **options: Any) -> Any:
    return registry.build("techniques", Use(use="inpaint", options=options), spec)


def options_of(edit: str) -> dict[str, Any]:
    return {"edit": edit} | ({"result": RESULT} if edit in ("add", "remove") else {})


def rows(count: int) -> Iterator[Mapping[str, str]]:
    every = [dict(zip(AXES, values, strict=True)) for values in product(*AXES.values())]
    return islice((every[i % len(every)] for i in range(count)), count)


def referenced(*keys: str, count: int = 3, confidence: float = 1.0) -> RealParents:
    """A pool with references of some classes, all cut out as surely."""
    of = {
        key: [Reference(f"{key}-{i}", Path(f"{key}-{i}.png"), 64, 64, "file", confidence) for i in range(count)]
        for key in keys
    }
    return RealParents(References(of), 0.5)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures of an apple and of a pear on slopes of colour, with masks; and one apple that nothing cuts out."""
    folder = tmp_path_factory.mktemp("files")
    for k, (name, colour) in enumerate((("apple", (200, 30, 40)), ("pear", (150, 200, 40)))):
        (folder / name).mkdir()
        for i in range(3):
            slope = Image.linear_gradient("L").resize((96, 80)).rotate(90 * i + 40 * k)
            picture = ImageOps.colorize(slope, (40 * i, 60, 90), (200, 90 + 50 * i, 220 - 80 * k))
            box = (20 + 8 * i, 18, 56 + 8 * i, 50 + 4 * k)
            ImageDraw.Draw(picture).ellipse(box, fill=colour)
            mask = Image.new("L", picture.size)
            ImageDraw.Draw(mask).ellipse(box, fill=255)
            picture.save(folder / name / f"{i}.png")
            mask.save(folder / name / f"{i}.mask.png")
    return folder


def opened(spec: DatasetSpec, folder: Path, size: tuple[int, int] | None = (64, 64)) -> tuple[RealParents, ParentFiles]:
    references = read_references(spec, folder, masks=True)
    parents = ParentFiles(references, {}.__getitem__, spec.references, size, None)
    return RealParents(references, spec.references.sure), parents


def sample_of(plugin: Any, pool: Any, key: str, verb: str, number: int = 0, seed: int = 7) -> Sample:
    """A worded sample of a slot, as a plan and the words stage would make it."""
    attributes = next(islice(plugin.plan(key, number + 1, rows), number, None))
    slot = Slot(key, "inpaint", number, attributes)
    origin = plugin.origin(slot, verb, pool)
    names = tuple(p.name for p in origin.parents)
    recipe = Recipe(slot, 0, origin.objects, "mini", {"technique": plugin.settings}, seed, names, origin.roots)
    brief = plugin.brief(recipe)
    return Sample(recipe, {"words": Fact(recipe.id, "words", "done", {"prompt": f"a photo of {brief.subject}"})})


def array(picture: Image.Image) -> Any:
    return np.asarray(picture, np.int16)


# ── labels ──────────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = st.lists(
    st.sampled_from(["good", "scratch", "dent", "Dent", "a b", "other thing", "x"]), min_size=1, unique=True
)


@st.composite
def specs(draw: st.DrawFn) -> tuple[DatasetSpec, dict[str, Any]]:
    """Any sound spec, with classes renamed, called and synonymous as they may be, and any options, sensible or not."""
    names = draw(NAMES)
    words = [*names, "mark", "fault", "older"]
    classes: dict[str, Any] = {}
    for name in names:
        classes[name] = {
            "called": draw(st.sampled_from(["", "", f"the {name}", name, *words])),
            "synonyms": draw(st.lists(st.sampled_from([f"a {name}", "mark", "fault"]), max_size=1)),
            "was": draw(st.sampled_from(["", f"old {name}", "older"])),
            "references": draw(st.sampled_from(["", "photos"])),
        }
    word = st.sampled_from([*names * 3, "mark", "older"])
    options = {
        "edit": draw(st.sampled_from(["background", "object", "add", "remove", "transplant"])),
        "result": draw(st.dictionaries(word, st.lists(word, max_size=3), max_size=4)),
        "parents": draw(st.sampled_from(["references", "made"])),
        "from": draw(st.lists(word, max_size=2)),
        "what": draw(st.sampled_from(["", "a scratch", *names])),
    }
    spec = spec_of(classes)
    assume(not list(meaning_mistakes(spec)))
    return spec, options


class Everything(NoParents):
    """Any class has as many parents as anybody wants."""

    def real(self, key: str, *, cut: bool = False) -> tuple[Parent, ...]:
        return tuple(Parent(f"file:{key}-{i}", (f"file:{key}-{i}",)) for i in range(3))

    def made(self, key: str, number: int) -> Parent:
        return Parent(f"recipe:{key}-{number}", (f"recipe:{key}-{number}",))


@settings(max_examples=150, deadline=None)
@given(specs())
def test_no_picture_can_come_under_another_class_than_that_of_its_slot(drawn: tuple[DatasetSpec, Any]) -> None:
    spec, options = drawn
    plugin, pool = technique(spec, **options), Everything()
    for name in spec.classes:
        key, verb = spec.key_of(name), plugin.wants[0]
        if plugin.mistakes(name, verb, pool):
            continue
        for number, attributes in enumerate(plugin.plan(key, 7, rows)):
            slot = Slot(key, "inpaint", number, attributes)
            origin = plugin.origin(slot, verb, pool)
            assert origin.objects == ((key, 1.0),)
            parent = spec.name_of(attributes.get("from", key))
            if options["edit"] in ("add", "remove", "transplant"):
                assert name in options["result"][parent]
            assert origin.parents[0].name.split(":")[1].startswith(f"{spec.key_of(parent)}-")
            recipe = Recipe(slot, 0, origin.objects, "mini", {}, 1, (), origin.roots)
            assert spec.label_of(recipe) == name


@settings(max_examples=60, deadline=None)
@given(specs(), st.integers(0, 30), st.integers(0, 30))
def test_a_longer_plan_begins_with_the_shorter_one_whatever_the_options(
    drawn: tuple[DatasetSpec, Any], short: int, more: int
) -> None:
    spec, options = drawn
    plugin = technique(spec, **options)
    for name in spec.classes:
        if not plugin.mistakes(name, plugin.wants[0], Everything()):
            key = spec.key_of(name)
            assert list(plugin.plan(key, short, rows)) == list(plugin.plan(key, short + more, rows))[:short]
            assert len(list(plugin.plan(key, short, rows))) == short


# ── parents ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def origins(plugin: Any, key: str, verb: str, pool: Any, count: int) -> list[tuple[str, ...]]:
    slots = [Slot(key, "inpaint", i, row) for i, row in enumerate(plugin.plan(key, count, rows))]
    return [tuple(p.name for p in plugin.origin(slot, verb, pool).parents) for slot in slots]


def test_a_new_background_takes_each_reference_of_its_own_class_in_turn() -> None:
    plugin = technique(spec_of(axes=AXES))
    assert plugin.uses_axes and not plugin.waits and plugin.wants == ("compose", "mask")
    found = origins(plugin, "apple", "mask", referenced("apple", "pear"), 4)
    assert found == [("file:apple-0",), ("file:apple-1",), ("file:apple-2",), ("file:apple-0",)]


def test_other_classes_give_their_objects_away_one_after_another() -> None:
    plugin = technique(spec_of(["apple", "pear", "kiwi"]), edit="object")
    assert list(plugin.plan("apple", 3, rows)) == [{"from": "pear"}, {"from": "kiwi"}, {"from": "pear"}]
    found = origins(plugin, "apple", "mask", referenced("apple", "pear", "kiwi"), 6)
    assert [f[0] for f in found] == [f"file:{k}-{i}" for i in range(3) for k in ("pear", "kiwi")]


def test_every_scene_meets_every_cut_out_before_a_pair_comes_again() -> None:
    plugin = technique(spec_of(), edit="object")
    found = origins(plugin, "apple", "compose", referenced("apple", "pear"), 18)
    pears, apples = ([f"file:{key}-{i}" for i in range(3)] for key in ("pear", "apple"))
    assert sorted(found[:9]) == sorted(product(pears, apples))
    assert found[9:] == found[:9]


def test_made_parents_are_waited_for() -> None:
    plugin = technique(spec_of({"apple": None, "pear": None}), edit="add", parents="made", result=RESULT)
    assert plugin.waits
    assert plugin.origin(Slot("pear", "inpaint", 0, {"from": "apple"}), "mask", NoParents()) is None
    origin = plugin.origin(Slot("pear", "inpaint", 3, {"from": "apple"}), "mask", Everything())
    assert [p.name for p in origin.parents] == ["recipe:apple-3"]


def test_a_renamed_class_keeps_its_slots_and_its_recipes_settings() -> None:
    old = technique(spec_of(), edit="add", result={"apple": "pear"})
    new = technique(
        spec_of({"fruit": {"references": "a", "was": "apple"}, "pear": None}), edit="add", result={"fruit": "pear"}
    )
    assert list(old.plan("pear", 2, rows)) == list(new.plan("pear", 2, rows))
    assert old.settings == new.settings


# ── mistakes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def said(plugin: Any, name: str, pool: Any, verb: str = "") -> str:
    return "\n".join(map(str, plugin.mistakes(name, verb or plugin.wants[0], pool)))


@pytest.mark.parametrize("edit", ["add", "remove", "transplant"])
def test_an_edit_that_changes_the_class_has_to_say_which_becomes_which(edit: str) -> None:
    text = said(technique(spec_of(), edit=edit), "pear", referenced("apple", "pear"))
    assert "does not say which class becomes which" in text and "result: {apple: pear}" in text


def test_a_class_that_nothing_becomes_is_refused_with_both_ways_out() -> None:
    plugin = technique(spec_of(), edit="add", result=RESULT)
    text = said(plugin, "apple", referenced("apple", "pear"))
    assert "nothing becomes 'apple'" in text
    assert "result: {pear: apple}" in text and "apple: {techniques: {vanilla: 1}}" in text
    with pytest.raises(MintageError, match="nothing becomes"):
        plugin.plan("apple", 1, rows)
    assert said(plugin, "pear", referenced("apple", "pear")) == ""


def test_a_class_without_images_to_make_may_be_there_for_its_references() -> None:
    spec = spec_of({"apple": {"images": 0, "references": "a"}, "pear": {"references": "b"}})
    plugin = technique(spec, edit="add", result=RESULT)
    assert said(plugin, "apple", referenced("apple")) == ""
    assert list(plugin.plan("apple", 0, rows)) == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"edit": "add", "result": {"aple": "pear"}}, "did you mean 'apple'"),
        ({"edit": "add", "result": {"apple": "paer"}}, "did you mean 'pear'"),
        ({"edit": "object", "from": ["aple"]}, "did you mean 'apple'"),
        ({"edit": "background", "axes": ["stile"]}, "did you mean 'style'"),
        ({"edit": "background", "result": RESULT}, "result says nothing to the edit 'background'"),
        ({"edit": "add", "result": RESULT, "from": "apple"}, "from says nothing to the edit 'add'"),
        ({"edit": "remove", "result": {"pear": "pear"}}, "'pear' cannot become 'pear'"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: Mapping[str, Any], expected: str) -> None:
    plugin = technique(spec_of(axes=AXES), **options)
    assert expected in said(plugin, "pear", referenced("apple", "pear"))


@pytest.mark.parametrize("size", [[0, 0.4], [0.4, 0.1], [0.2, 1.2]])
def test_a_size_that_is_none_is_refused(size: list[float]) -> None:
    with pytest.raises(MintageError, match="shares of the frame"):
        technique(spec_of(), size=size)


def test_missing_references_and_missing_cut_outs_are_told_apart() -> None:
    plugin = technique(spec_of())
    assert "needs references" in said(plugin, "apple", referenced("pear"))
    assert "has a sure one" in said(plugin, "apple", referenced("apple", confidence=0.2))
    text = said(technique(spec_of(), edit="object"), "apple", referenced("apple"))
    assert "needs references of 'pear'" in text and "from: [" in text
    add = technique(spec_of(), edit="add", result=RESULT)
    assert said(add, "pear", referenced("apple", confidence=0.2), "mask") == ""
    assert "needs references" in said(add, "pear", referenced("apple"), "compose")


def test_made_parents_that_nobody_makes_are_refused() -> None:
    spec = spec_of(techniques={"inpaint": 1})
    assert "which no other technique makes" in said(technique(spec, parents="made"), "apple", NoParents())
    spec = spec_of(techniques={"inpaint": 1, "vanilla": 1})
    assert said(technique(spec, parents="made"), "apple", NoParents()) == ""


def test_an_axis_may_not_have_the_name_of_its_attribute() -> None:
    assert "'from'" in said(technique(spec_of(axes={"from": ["above"]})), "apple", referenced("apple"))


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "question"),
    [
        ({}, "Is this still a pear, whole, in new surroundings?"),
        ({"edit": "object"}, "Is there a pear now, and nothing left of an apple?"),
        ({"edit": "add", "result": RESULT, "what": "a stalk"}, "Is there a stalk in it, so that this is pear?"),
        ({"edit": "remove", "result": RESULT}, "Is an apple gone without a trace, so that this is pear?"),
        ({"edit": "transplant", "result": RESULT}, "Does this pass for a real picture of a pear?"),
    ],
)
def test_each_edit_has_its_question(options: Mapping[str, Any], question: str) -> None:
    plugin = technique(spec_of(), **options)
    row = next(iter(plugin.plan("pear", 1, rows)))
    recipe = Recipe(Slot("pear", "inpaint", 0, row), 0, (("pear", 1.0),), "mini", {}, 1)
    assert plugin.question(recipe) == question


def test_what_is_added_words_the_prompt_and_is_what_the_engine_has_to_know() -> None:
    plugin = technique(spec_of(), edit="add", result=RESULT, what="a stalk")
    recipe = Recipe(Slot("pear", "inpaint", 0, {"from": "apple"}), 0, (("pear", 1.0),), "mini", {}, 1)
    brief = plugin.brief(recipe)
    assert (brief.subject, dict(brief.attributes), brief.atoms[0].text) == ("a stalk", {}, "a stalk")
    assert {k: list(v) for k, v in plugin.draws(["pear"]).items()} == {"class": ["a stalk"]}


def test_a_background_follows_the_axes_that_it_is_told() -> None:
    plugin = technique(spec_of(axes=AXES), axes=["environment"])
    assert [set(row) for row in plugin.plan("apple", 3, rows)] == [{"environment"}] * 3
    assert set(plugin.draws(["apple"])) == {"class", "environment"}
    assert set(technique(spec_of(axes=AXES)).draws(["apple"])) == {"class", *AXES}


# ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("edit", "verb"), [(e, v) for e, verbs in EDITS.items() for v in verbs])
def test_what_is_not_repainted_stays_as_it_was_to_the_bit(files: Path, edit: str, verb: str) -> None:
    plugin = technique(spec_of(), **options_of(edit), size=[0.4, 0.5])
    pool, parents = opened(spec_of(), files)
    request = plugin.prepare(sample_of(plugin, pool, "pear", verb), parents, verb)
    blue = Image.new("RGB", (64, 64), "blue")
    if request.mask is None:
        assert (edit, verb) == ("background", "compose")
        assert plugin.finish(blue, request) is blue
        return
    scene = next(i for i in request.images if i.mode == "RGB")
    assert request.mask.mode == "L" and request.mask.size == scene.size == (64, 64)
    assert set(np.unique(array(request.mask))) == {0, 255}
    made, kept = array(plugin.finish(blue, request)), array(request.mask) == 0
    assert (made[kept] == array(scene)[kept]).all()
    assert (made[~kept] == (0, 0, 255)).all(1).mean() > 0.6
    assert [i.mode for i in request.images] == (["RGB", "RGBA"] if verb == "compose" else ["RGB"])
    assert len(request.names) == len(request.images)


def test_the_same_recipe_is_prepared_in_the_same_way_whatever_the_options_are_now(files: Path) -> None:
    pool, parents = opened(spec_of(), files)
    before = technique(spec_of(), edit="add", result=RESULT, size=[0.2, 0.3], grow=0.1, feather=0)
    sample = sample_of(before, pool, "pear", "mask")
    after = technique(spec_of(), edit="add", result=RESULT, size=[0.5, 0.6], feather=0.1)
    one, two = (plugin.prepare(sample, parents, "mask") for plugin in (before, after))
    blue = Image.new("RGB", (64, 64), "blue")
    assert (array(one.mask) == array(two.mask)).all()
    assert (array(before.finish(blue, one)) == array(after.finish(blue, two))).all()


def test_the_repainted_part_is_what_the_edit_says(files: Path) -> None:
    spec = spec_of()
    pool, parents = opened(spec, files)
    object_of = {k: array(parents.mask(pool.real(k)[0].name)) == 255 for k in ("apple", "pear")}

    def masks(edit: str, **more: Any) -> Any:
        plugin = technique(spec, **options_of(edit) | more)
        return array(plugin.prepare(sample_of(plugin, pool, "pear", "mask"), parents, "mask").mask) == 255

    assert (masks("background") == ~object_of["pear"]).all()
    for edit in ("object", "remove"):
        assert masks(edit)[object_of["apple"]].all()
        assert masks(edit, grow=0.1).sum() > masks(edit).sum() > object_of["apple"].sum()
    assert (masks("remove", grow=0, feather=0) == object_of["apple"]).all()
    rows, columns = np.nonzero(object_of["apple"])
    box = np.zeros_like(object_of["apple"])
    box[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    assert (masks("object", grow=0, feather=0) == box).all(), "a new object may have another shape"
    added = masks("add", size=[0.2, 0.4])
    high, wide = (np.ptp(np.nonzero(added.any(axis))[0]) + 1 for axis in (1, 0))
    assert 0.2 * 64 - 1 <= max(high, wide) <= 0.4 * 64 + 1


def test_what_is_removed_stands_in_the_negative_prompt(files: Path) -> None:
    pool, parents = opened(spec_of(), files)
    for what, negative in (("", "apple"), ("a stalk", "a stalk")):
        plugin = technique(spec_of(), edit="remove", result=RESULT, what=what)
        request = plugin.prepare(sample_of(plugin, pool, "pear", "mask"), parents, "mask")
        assert (request.prompt, request.negative) == ("a photo of pear", negative)


def test_before_another_object_is_put_there_the_old_one_is_painted_over(files: Path) -> None:
    plugin = technique(spec_of(), edit="object")
    pool, parents = opened(spec_of(), files)
    request = plugin.prepare(sample_of(plugin, pool, "pear", "compose"), parents, "compose")
    inside = array(parents.mask(pool.real("apple")[0].name)) == 255
    red = array(request.images[0])[inside]
    assert (np.abs(red - (200, 30, 40)).sum(1) < 60).mean() < 0.02, "the apple is still there"
    assert request.names == ("", "pear")


def test_another_seed_adds_in_another_place_and_on_the_object_if_told(files: Path) -> None:
    spec = spec_of()
    pool, parents = opened(spec, files)
    for place in ("frame", "object"):
        plugin = technique(spec, edit="add", result=RESULT, place=place, size=[0.1, 0.2])
        found = [
            plugin.prepare(sample_of(plugin, pool, "pear", "mask", seed=s), parents, "mask").mask for s in range(12)
        ]
        assert len({m.tobytes() for m in found}) > 8
        whole = array(parents.mask(pool.real("apple")[0].name).filter(ImageFilter.MaxFilter(3))) == 255
        inside = [whole[tuple(int(v.mean()) for v in np.nonzero(array(m)))] for m in found]
        assert all(inside) == (place == "object")


def test_a_parent_without_a_sure_cut_out_fails_alone(files: Path, tmp_path: Path) -> None:
    for name in ("apple", "pear"):
        (tmp_path / name).mkdir()
        Image.open(files / name / "0.png").save(tmp_path / name / "0.png")
    spec = spec_of(references={"masks": "file"})
    references = read_references(spec, tmp_path, masks=True)
    parents = ParentFiles(references, {}.__getitem__, spec.references, (64, 64), None)
    sure = RealParents(references, 0.0)
    for edit, verbs in EDITS.items():
        plugin = technique(spec, **options_of(edit))
        for verb in verbs:
            sample = sample_of(plugin, sure, "pear", verb)
            if (edit, verb) == ("add", "mask"):
                plugin.prepare(sample, parents, verb)
                continue
            with pytest.raises(OSError, match="no sure cut-out"):
                plugin.prepare(sample, parents, verb)


def test_a_shift_of_colours_around_the_mask_is_taken_back_inside_it() -> None:
    scene = Image.linear_gradient("L").resize((64, 64)).point(lambda v: 60 + v // 3).convert("RGB")
    mask = Image.new("L", (64, 64))
    mask.paste(255, (20, 20, 44, 44))
    made = scene.copy()
    made.paste("red", (28, 28, 36, 36))
    shifted = Image.fromarray((array(made) + np.array((9, -12, 15))).clip(0, 255).astype(np.uint8))
    back = array(put_back(shifted, scene, mask, 0.0))
    ring = array(mask) == 255
    ring[24:40, 24:40] = False
    assert np.abs(back - array(scene))[ring].max() <= 2
    assert np.abs(array(put_back(shifted, scene, mask, 0.0, level=False)) - array(scene))[ring].max() >= 12
    redrawn = Image.effect_noise((64, 64), 120).convert("RGB")
    assert (array(put_back(redrawn, scene, mask, 0.0)) == array(put_back(redrawn, scene, mask, 0.0, level=False))).all()


def test_a_picture_of_another_size_is_brought_to_that_of_its_parent() -> None:
    scene, mask = Image.new("RGB", (40, 30), "red"), Image.new("L", (40, 30))
    mask.paste(255, (10, 10, 30, 20))
    made = put_back(Image.new("RGB", (80, 60), "blue"), scene, mask, 0.0)
    assert made.size == (40, 30)
    assert made.getpixel((5, 5)) == (255, 0, 0) and made.getpixel((20, 15)) == (0, 0, 255)


def test_a_mask_grows_by_a_share_of_the_shorter_side() -> None:
    mask = Image.new("L", (200, 100))
    mask.putpixel((100, 50), 255)
    assert grown(mask, 0).getbbox() == (100, 50, 101, 51)
    assert grown(mask, 0.05).getbbox() == (95, 45, 106, 56)


def test_an_erased_place_takes_the_colours_around_it_and_nothing_else_changes() -> None:
    slope = Image.linear_gradient("L").resize((61, 47))
    scene, place = slope.convert("RGB"), Image.new("L", (61, 47))
    place.paste(255, (20, 12, 44, 33))
    broken = scene.copy()
    broken.paste("red", (22, 14, 42, 31))
    filled, outside = array(erased(broken, place, 1)), array(place) == 0
    assert (filled[outside] == array(broken)[outside]).all()
    assert np.abs(filled - array(scene)).max() < 40
    with pytest.raises(OSError, match="nothing is left"):
        erased(broken, Image.new("L", broken.size, 255), 1)


def test_a_region_stays_in_the_frame() -> None:
    for seed in range(50):
        rng = Random(seed)
        mask = region((48, 32), (0.3, 1.0), rng.uniform(0.1, 8), rng)
        assert mask.size == (48, 32) and mask.getbbox() is not None


def test_a_request_keeps_its_fields() -> None:
    request = Request("r", "mask", "p", images=(Image.new("RGB", (8, 8)),), mask=Image.new("L", (8, 8)))
    assert technique(spec_of()).finish(Image.new("RGB", (8, 8), "blue"), request).getpixel((3, 3)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"edit": "object", "from": "aple"}, "did you mean 'apple'"),
        ({"edit": "add", "result": {"aple": "pear"}}, "did you mean 'apple'"),
        ({"edit": "add", "result": {"apple": ["pear", "pear"]}}, "twice"),
        ({"edit": "object", "from": ["apple", "apple"]}, "twice"),
        ({"edit": "object", "from": "pear"}, "no class but 'pear' itself"),
    ],
)
def test_unknown_names_names_twice_and_a_class_in_place_of_itself_are_told(options: Any, said: str) -> None:
    spec = spec_of({"apple": {"images": 0, "references": "apple"}, "pear": {"images": 2, "references": "pear"}})
    plugin = technique(spec, **options)
    assert list(plugin.plan("apple", 0, rows)) == []
    assert said in "\n".join(map(str, plugin.mistakes("pear", "compose", referenced("apple", "pear"))))
    with pytest.raises(MintageError, match=said.replace("?", "")):
        list(plugin.plan("pear", 2, rows))


def test_what_is_too_small_to_be_seen_is_refused() -> None:
    with pytest.raises(MintageError, match=r"from 0\.005 to 1"):
        technique(spec_of(), edit="add", result=RESULT, size=[0.0001, 0.0001])
    with pytest.raises(OSError, match="fewer than 16"):
        region((64, 64), (0.03, 0.03), 1.0, Random(1))
