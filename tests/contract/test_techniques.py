"""What every technique has to keep, and every engine that can make it, on real files and through the real stages."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from tests.contract.little_world import TECHNIQUES, children, parents_of, planned, spec_of, write_references
from tests.engines.smallest import smallest

from mintage.core import registry
from mintage.core.array import Array
from mintage.core.errors import MintageError
from mintage.core.plan_mistakes import can_make
from mintage.core.ports import Rivals
from mintage.core.recipe import OTHER
from mintage.core.spec import Use
from mintage.pictures import Folder, open_picture
from mintage.stages.image import ImageStage

LIGHT = [name for name in registry.names("engines") if name != "diffusers"]
"""Engines of the base install; the checkpoints of `diffusers` have tests of their own."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_references(folder)
    return folder


def technique(name: str, folder: Path) -> Any:
    return registry.build("techniques", Use(use=name), spec_of(folder))


def able(name: str, folder: Path) -> list[str]:
    return [e for e in LIGHT if can_make(registry.find("engines", e), technique(name, folder))]


def engine_for(name: str, folder: Path) -> str:
    """One that can make it; what is copied needs none, so that any will do."""
    return able(name, folder)[0]


@pytest.mark.parametrize("name", TECHNIQUES)
def test_a_longer_plan_begins_with_the_shorter_one(name: str, world: Path) -> None:
    plugin, array = technique(name, world), Array(spec_of(world).levels)
    longest = list(plugin.plan("watch", 40, array.attributes))
    assert len(longest) == 40
    for count in (0, 1, 7, 39):
        assert list(plugin.plan("watch", count, array.attributes)) == longest[:count]


@pytest.mark.parametrize("name", TECHNIQUES)
def test_contexts_are_independent_of_class(name: str, world: Path) -> None:
    plugin, spec = technique(name, world), spec_of(world)
    array = Array(spec.levels)

    def contexts(key: str) -> list[dict[str, str]]:
        rows = plugin.plan(key, 24, array.attributes)
        return sorted(({a: v for a, v in row.items() if a in spec.axes} for row in rows), key=str)

    assert contexts("watch") == contexts("piano") or not plugin.uses_axes
    assert all(bool(row) == plugin.uses_axes for row in contexts("watch"))


@pytest.mark.parametrize("name", TECHNIQUES)
def test_a_technique_says_what_to_draw_what_to_ask_and_what_to_rank(name: str, world: Path) -> None:
    plan = planned(world, name, smallest(engine_for(name, world)))
    plugin = plan.techniques[name]
    for sample in children(plan, name):
        brief = plugin.brief(sample.recipe)
        assert brief.subject
        assert {a: v for a, v in brief.attributes.items() if a in plan.spec.axes} == {
            a: v for a, v in sample.attributes.items() if a in plan.spec.axes
        }
        assert plugin.question(sample.recipe).endswith("?")
        assert isinstance(plugin.rivals(sample.recipe), Rivals)
        verb = plan.verbs[name]
        request = plugin.prepare(sample, parents_of(plan, plan.engines[name].size), verb)
        assert (request.recipe_id, request.verb, request.seed) == (sample.id, verb, sample.recipe.seed)
        assert request.prompt == sample.prompt
        if request.mask is not None:
            assert request.mask.mode == "L" and request.mask.size == request.images[0].size


@pytest.mark.parametrize("name", TECHNIQUES)
def test_a_recipe_names_its_parents_and_their_roots_and_shows_what_its_class_allows(name: str, world: Path) -> None:
    plan = planned(world, name, smallest(engine_for(name, world)))
    real = {r.name for group in plan.references.of.values() for r in group}
    for sample in children(plan, name):
        assert set(sample.recipe.parents) <= real
        assert set(sample.recipe.roots) == set(sample.recipe.parents)
        assert sample.label in (*plan.spec.classes, OTHER, "")
        if plan.techniques[name].on_top:
            assert sample.label != plan.spec.name_of(sample.recipe.slot.key), "a look-alike is never its target"
        assert abs(sum(share for _, share in sample.recipe.objects) - 1) < 1e-9
        again = plan.recipe(sample.recipe.slot, 0)
        assert again == sample.recipe
        assert plan.recipe(sample.recipe.slot, 1).seed != sample.recipe.seed  # type: ignore[union-attr]


PAIRS = [(t, e) for t in TECHNIQUES for e in able(t, Path()) if e != "flat" or t in ("vanilla", "scene")]


@pytest.mark.parametrize(("name", "engine"), PAIRS)
def test_every_technique_is_made_by_every_engine_that_can(name: str, engine: str, world: Path, tmp_path: Path) -> None:
    can = registry.find("engines", engine).can
    verb = next((v for v in technique(name, world).wants if v in can), "text")
    plan = planned(world, name, smallest(engine, verb))
    made = plan.engines[name]
    made.load()
    folder = Folder(tmp_path)
    stage = ImageStage(made, plan.techniques, plan.verbs, parents_of(plan, made.size), folder, tmp_path)
    samples = list(children(plan, name))[:6]
    facts = {f.recipe: f for f in stage.run(samples)}
    for sample in samples:
        fact = facts[sample.id]
        assert fact.outcome == "done", fact.note
        data = (tmp_path / fact.value["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == fact.value["sha256"]
        picture = open_picture(data)
        size = (fact.value["width"], fact.value["height"])
        assert picture.size == size == (made.size or size)
        for mask in filter(None, (fact.value["mask"], fact.value.get("repaint"))):
            assert open_picture(tmp_path / mask).size == size
        for box in fact.value["boxes"]:
            assert box["x"] >= 0 and box["y"] >= 0 and box["w"] > 0 and box["h"] > 0
            assert box["x"] + box["w"] <= size[0] and box["y"] + box["h"] <= size[1]


def test_a_technique_that_an_engine_cannot_do_is_refused_with_those_that_can(world: Path) -> None:
    with pytest.raises(
        MintageError, match=r"(?s)the engine 'flat' cannot do 'variation'.*an engine that can: .*mini"
    ) as e:
        planned(world, "variation", "flat")
    assert "except: {variation: " in str(e.value)


def test_another_engine_makes_what_the_first_cannot(world: Path) -> None:
    plan = planned(world, "variation", {"use": "flat", "except": {"variation": "mini"}})
    assert plan.engines["variation"].name == "mini"


def test_probe_cannot_be_asked_for(world: Path) -> None:
    with pytest.raises(MintageError, match="probe is no technique to ask for"):
        planned(world, "probe", "mini")


def test_look_alikes_alone_are_refused(world: Path) -> None:
    with pytest.raises(MintageError, match="comes on top of other techniques"):
        from mintage.core.plan import Plan

        Plan.of(spec_of(world, techniques={"lookalike": 1}), world)


def test_no_reference_is_tied_to_one_place(world: Path) -> None:
    """As many slots as pairs and more: a network must not learn that this very cup stands on grass."""
    from mintage.core.plan import Plan
    from mintage.pictures.cutouts.references import read_references

    places = ["on grass", "at night", "in the snow", "on a beach"]
    classes = {"watch": {"images": 16, "references": "photos/watch"}}
    spec = spec_of(world, make="collage", techniques={"inpaint": 1}, classes=classes, axes={"environment": places})
    plan = Plan.of(spec, world, lambda masks: read_references(spec, world, masks=masks))
    pairs = {(s.recipe.parents, s.attributes["environment"]) for s in children(plan, "inpaint")}
    for parent in {parents for parents, _ in pairs}:
        assert len({place for parents, place in pairs if parents == parent}) >= 3


def test_a_set_that_nobody_can_draw_from_words_is_planned_without_probes(world: Path) -> None:
    from mintage.core.plan import PROBE, Plan
    from mintage.pictures.cutouts.references import read_references

    classes = {"watch": {"images": 4, "references": "photos/watch", "kind": "thing"}}
    spec = spec_of(world, make="collage", techniques={"variation": 1}, classes=classes)
    plan = Plan.of(spec, world, lambda masks: read_references(spec, world, masks=masks), probing=True)
    assert PROBE not in plan.techniques
