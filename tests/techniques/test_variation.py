"""variation: whose child it is, how freely it is drawn, what it is called, and what it says where it cannot be."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from family import HOW_MANY, pool_of, references_of, sample_of, specs
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.parents import Parent, Reference, References
from mintage.core.recipe import Recipe, Slot
from mintage.core.spec import DatasetSpec, ReferenceUse, Use
from mintage.pictures import encode_png
from mintage.stages.parents import ParentFiles

ANIMALS = {"dalmatian": {"references": "dogs"}, "elephant": None}


def spec_of(classes: Mapping[str, Any] = ANIMALS, **more: Any) -> DatasetSpec:
    return DatasetSpec.model_validate({"name": "x", "classes": classes, **more})


def technique(spec: DatasetSpec, **options: Any) -> Any:
    return registry.build("techniques", Use(use="variation", options=options), spec)


def no_rows(count: int) -> Iterator[Mapping[str, str]]:
    raise AssertionError("it asks for no rows")


def slots(plugin: Any, count: int, key: str = "dalmatian", rows: Any = no_rows) -> list[Slot]:
    return [Slot(key, "variation", i, row) for i, row in enumerate(plugin.plan(key, count, rows))]


def parent_of(plugin: Any, slot: Slot, pool: Any, verb: str = "image") -> str:
    (parent,) = plugin.origin(slot, verb, pool).parents
    return str(parent.name)


def test_every_reference_has_as_many_children_as_any_other() -> None:
    plugin, pool = technique(spec_of()), pool_of({"dalmatian": 50})
    children = Counter(parent_of(plugin, slot, pool) for slot in slots(plugin, 24 * 50))
    assert set(children.values()) == {24}
    assert len(children) == 50


@given(n=st.integers(1, 40), levels=st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_every_reference_meets_every_strength_and_none_is_ahead(n: int, levels: int) -> None:
    strengths = [i / 10 for i in range(levels)]
    plugin, pool = technique(spec_of(), strength=strengths), pool_of({"dalmatian": n})
    met = [(parent_of(plugin, s, pool), s.attributes.get("strength")) for s in slots(plugin, n * levels)]
    assert len(set(met)) == n * levels
    for start in range(0, n * levels, n):
        assert len({parent for parent, _ in met[start : start + n]}) == n


def test_a_child_is_one_parents_and_stays_it_however_long_the_plan_is() -> None:
    plugin, pool = technique(spec_of(), strength=[0.3, 0.7]), pool_of({"dalmatian": 6})
    origin = plugin.origin(slots(plugin, 30)[7], "image", pool)
    assert origin.objects == (("dalmatian", 1.0),)
    assert origin.roots == (origin.parents[0].name,)
    assert origin == plugin.origin(slots(plugin, 8)[7], "image", pool)


def test_what_cannot_be_cut_out_is_not_composed() -> None:
    plugin, pool = technique(spec_of()), pool_of({"dalmatian": 6}, doubtful=4)
    seen = {parent_of(plugin, slot, pool, "compose") for slot in slots(plugin, 24)}
    assert seen == {r.name for r in references_of("dalmatian", 6, doubtful=4)[4:]}


def test_made_parents_are_waited_for() -> None:
    class Made:
        def made(self, key: str, number: int) -> Parent | None:
            return Parent(f"recipe:{number}", ("file:a",)) if number == 1 else None

    plugin = technique(spec_of(), parents="made")
    assert plugin.waits
    assert not technique(spec_of()).waits
    assert plugin.origin(Slot("dalmatian", "variation", 0), "image", Made()) is None
    origin = plugin.origin(Slot("dalmatian", "variation", 1), "image", Made())
    assert (origin.parents[0].name, origin.roots) == ("recipe:1", ("file:a",))


def test_axes_are_followed_when_asked_for_and_every_row_has_every_strength() -> None:
    def rows(count: int) -> Iterator[Mapping[str, str]]:
        return ({"environment": f"place {i}"} for i in range(count))

    spec = spec_of(axes={"environment": ["on grass"]})
    plugin = technique(spec, axes=True, strength=[0.3, 0.7])
    assert plugin.uses_axes
    assert [dict(s.attributes) for s in slots(plugin, 3, rows=rows)] == [
        {"environment": "place 0", "strength": "0.3"},
        {"environment": "place 0", "strength": "0.7"},
        {"environment": "place 1", "strength": "0.3"},
    ]
    plain = technique(spec)
    assert not plain.uses_axes
    assert [s.attributes for s in slots(plain, 2)] == [{}, {}]
    assert list(plain.draws(["dalmatian"])) == ["class"]


def test_the_strength_is_an_attribute_that_is_not_said() -> None:
    plugin = technique(spec_of(), strength=[0.3, 0.7])
    slot = slots(plugin, 2)[1]
    recipe = Recipe(slot, 0, (("dalmatian", 1.0),), "mini", {}, 1)
    assert dict(slot.attributes) == {"strength": "0.7"}
    assert dict(plugin.brief(recipe).attributes) == {}
    assert plugin.question(recipe) == "Is this a dalmatian?"


@pytest.mark.parametrize("strength", [1.5, -0.1, [], [0.5, 0.5], [0.2, 3], "much"])
def test_a_strength_that_is_none_is_refused(strength: Any) -> None:
    with pytest.raises(MintageError, match="strength"):
        technique(spec_of(), strength=strength)


def test_a_class_without_references_is_told_both_ways_out() -> None:
    plugin, pool = technique(spec_of()), pool_of({"dalmatian": 3})
    assert plugin.mistakes("dalmatian", "image", pool) == []
    (problem,) = plugin.mistakes("elephant", "image", pool)
    assert "'elephant'" in problem.found
    assert "references: FOLDER" in problem.type_this
    assert "techniques:" in problem.type_this


def test_a_class_whose_photos_cannot_be_cut_out_is_told_so() -> None:
    pool = pool_of({"dalmatian": 3}, doubtful=3)
    (problem,) = technique(spec_of()).mistakes("dalmatian", "compose", pool)
    assert "none of them can be cut out" in problem.found
    assert technique(spec_of()).mistakes("dalmatian", "image", pool) == []


def test_made_parents_need_another_technique_that_makes_them() -> None:
    alone = spec_of(techniques={"variation": {"parents": "made"}})
    (problem,) = technique(alone, parents="made").mistakes("dalmatian", "image", pool_of({}))
    assert "no technique beside it" in problem.found
    both = spec_of(techniques={"variation": {"parents": "made"}, "vanilla": 1})
    assert technique(both, parents="made").mistakes("dalmatian", "image", pool_of({})) == []


def test_an_axis_called_strength_is_refused_where_strengths_vary() -> None:
    spec, pool = spec_of(axes={"strength": ["weak", "strong"]}), pool_of({"dalmatian": 3})
    assert technique(spec).mistakes("dalmatian", "image", pool) == []
    (problem,) = technique(spec, strength=[0.1, 0.2]).mistakes("dalmatian", "image", pool)
    assert problem.where == "axes.strength"


@given(data=st.data(), spec=specs())
@settings(max_examples=80, deadline=None)
def test_the_label_is_the_class_whatever_it_is_called(data: st.DataObject, spec: DatasetSpec) -> None:
    name = data.draw(st.sampled_from(list(spec.classes)))
    key, number = spec.key_of(name), data.draw(st.integers(0, 10**6))
    origin = technique(spec).origin(Slot(key, "variation", number), "image", pool_of({key: data.draw(HOW_MANY)}))
    recipe = Recipe(Slot(key, "variation", number), 0, origin.objects, "mini", {}, 1)
    assert spec.label_of(recipe) == name


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────────


def photos(folder: Path, alpha: int) -> ParentFiles:
    """A real image: a red thing on white; with `alpha` 0 around it, where that is."""
    picture = Image.new("RGBA", (80, 80), (255, 255, 255, alpha))
    picture.paste((200, 30, 30, 255), (20, 30, 60, 50))
    path = folder / "a.png"
    path.write_bytes(encode_png(picture))
    from mintage.pictures.cutouts.cuts import sha256_of

    reference = Reference(sha256_of(path.read_bytes()), path, 80, 80)
    use = ReferenceUse(masks="alpha")
    return ParentFiles(References({"dalmatian": [reference]}), lambda _: sample_of(""), use, (64, 64), None)


def made_from(files: ParentFiles, settings: Mapping[str, Any], attributes: Mapping[str, str]) -> Any:
    slot = Slot("dalmatian", "variation", 0, attributes)
    parent = next(iter(files._paths))
    return sample_of("a photo", Recipe(slot, 0, (("dalmatian", 1.0),), "mini", settings, 7, (parent,), (parent,)))


def test_an_image_is_asked_for_with_its_parent_and_the_strength_that_the_recipe_was_written_with(
    tmp_path: Path,
) -> None:
    plugin, files = technique(spec_of(), strength=0.9), photos(tmp_path, 255)
    written = {"technique": {"strength": 0.4}}
    request = plugin.prepare(made_from(files, written, {}), files, "image")
    assert (request.verb, request.prompt, request.seed) == ("image", "a photo", 7)
    assert (request.strength, request.names) == (0.4, ("dalmatian",))
    assert [(i.mode, i.size) for i in request.images] == [("RGB", (64, 64))]
    assert plugin.prepare(made_from(files, written, {"strength": "0.7"}), files, "image").strength == 0.7
    assert plugin.prepare(made_from(files, {}, {}), files, "image").strength == 0.9


def test_a_composition_is_asked_for_with_the_cut_out(tmp_path: Path) -> None:
    files = photos(tmp_path, 0)
    request = technique(spec_of()).prepare(made_from(files, {}, {}), files, "compose")
    (cut,) = request.images
    assert (request.verb, cut.mode) == ("compose", "RGBA")
    assert 36 <= cut.width <= 40 and 16 <= cut.height <= 20


def test_a_parent_without_a_sure_cut_out_fails_alone(tmp_path: Path) -> None:
    files = photos(tmp_path, 255)
    with pytest.raises(OSError, match="no sure cut-out"):
        technique(spec_of()).prepare(made_from(files, {}, {}), files, "compose")


@pytest.mark.parametrize("strength", [True, [0.5, False], [0.5, 0.50000001], [0.0, -0.0]])
def test_truths_and_strengths_that_print_alike_are_refused(strength: Any) -> None:
    with pytest.raises(MintageError, match="strength"):
        technique(spec_of(), strength=strength)


def test_made_parents_need_a_technique_that_makes_them() -> None:
    told = {"variation": {"parents": "made"}, "typographic": {"parents": "made"}}
    (problem,) = technique(spec_of(techniques=told), parents="made").mistakes("elephant", "image", pool_of({}))
    assert "typographic cannot be built upon" in problem.found and "parents: references" in problem.type_this
