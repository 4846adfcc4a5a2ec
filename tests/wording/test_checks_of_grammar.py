"""The grammar's own words pass the checks, whatever the technique, the classes and the axes."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.little_world import TECHNIQUES
from tests.techniques.family import pool_of

from mintage.core import registry
from mintage.core.array import Array
from mintage.core.errors import MintageError
from mintage.core.passing import Briefed
from mintage.core.recipe import Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use
from mintage.wording.checks import Checks

NAMES = (
    "dalmatian", "dog", "dogs", "hot dog", "fox", "red fox", "wolf", "wolf spider", "white wolf", "A", "I", "the", "no",
    "7", "X", "X-ray", "T-shirt", "Lay's chips", "M&M's", '3/8" socket', "C++ book", "AC/DC", "kite (bird of prey)",
    "baluster / handrail", "wine bottle", "red wine", "photo", "picture frame", "the Eiffel Tower", "Eiffel Tower",
    "pants", "bread", "crème brûlée", "gambas al ajillo con pan", "Wiener Schnitzel mit Pommes", "Quercus robur",
    "собака", "狗", "كلب", "🐶", "sea lion", "lion", "aquarium_fish", "M8 bolt", "good", "missing screw", "person",
)  # fmt: skip
AXES = {
    "environment": ["on grass", "in the snow", "indoors", "beside a dog", "Rio de Janeiro", "on a wooden table"],
    "style": ["photo", "painting", "black and white photo", "3D render"],
    "light": ["at night", "backlit", "daytime", "dim light"],
    "view": ["seen from above", "seen from below", "close-up", "35mm"],
    "weather": ["sunny", "foggy", "rain"],
    "colour": ["red", "white", "dark red"],
    "count": ["one", "two", "a pair of", "3"],
    "action": ["running", "eating", "lying down"],
    "hat": ["none", "no hat", "a hat"],
    "环境": ["在雪地里", "夜"],
}
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "inpaint": [{"edit": "background"}, {"edit": "object"}, {"edit": "add", "what": "a red sticker", "result": {}}],
    "typographic": [{"by": "asked"}, {"by": "asked", "words": ["iPod", "DOG", "grand piano"]}, {"by": "drawn"}],
    "fusion": [{"with": "same"}, {"with": "classes"}, {"with": "classes", "label": "soft"}],
    "variation": [{}, {"axes": True, "strength": [0.3, 0.7]}],
}


@st.composite
def specs(draw: st.DrawFn, technique: str) -> DatasetSpec:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=8, unique_by=str.casefold))
    rest = [name for name in draw(st.permutations(NAMES)) if name not in names]
    classes: dict[str, Any] = {}
    for name in names:
        c: dict[str, Any] = {"references": "photos", "lookalikes": [rest.pop(), draw(st.sampled_from(names))]}
        c["called"] = rest.pop() if draw(st.integers(0, 3)) == 0 else ""
        c["synonyms"] = [rest.pop()] if draw(st.integers(0, 3)) == 0 else []
        c["kind"] = draw(st.sampled_from(["", "animal", "dog", "food"]))
        c["description"] = draw(st.sampled_from(["", "a thing with spots", "It is red. It has a dog on it."]))
        c["text"] = draw(st.sampled_from([[], ["ACME"], ["hot dog"]]))
        classes[name] = c
    axes = draw(st.lists(st.sampled_from(list(AXES)), min_size=1, max_size=5, unique=True))
    options = dict(draw(st.sampled_from(OPTIONS.get(technique, [{}]))))
    if "result" in options:
        options["result"] = {names[0]: names[1:]}
    told: dict[str, Any] = {"name": "n", "classes": classes, "axes": {axis: AXES[axis] for axis in axes}}
    told["template"] = draw(st.sampled_from(["", "a {style} of a {class} {environment}", "{class} and a cat"]))
    told["language"] = draw(st.sampled_from(["en", "any"]))
    return DatasetSpec.model_validate(told | {"techniques": {technique: {"share": 1, **options}, "vanilla": 1}})


def recipes(spec: DatasetSpec, name: str) -> Iterator[tuple[Any, Recipe]]:
    """The first of each class, as the plan writes them."""
    plugin = registry.build("techniques", spec.technique(name), spec)
    pool = pool_of({spec.key_of(c): 4 for c in spec.classes})
    for key in map(spec.key_of, spec.classes):
        try:
            rows = list(plugin.plan(key, 4, Array(spec.levels).attributes))
        except MintageError:  # nothing becomes this class, or it has nothing to be written on it
            continue
        for number, row in enumerate(rows):
            slot = Slot(key, name, number, row)
            for verb in plugin.wants:
                origin = plugin.origin(slot, verb, pool)
                if origin is not None:
                    yield plugin, Recipe(slot, 0, origin.objects, "flat", {}, 1)


@pytest.mark.parametrize("technique", TECHNIQUES)
@given(data=st.data())
@settings(max_examples=15, deadline=None, derandomize=True)
def test_the_grammars_words_pass_the_checks(technique: str, data: st.DataObject) -> None:
    """The same examples each time: names that together read as another class can always be found, one in thousands."""
    spec = data.draw(specs(technique))
    order = data.draw(st.sampled_from([None, "{style} {colour} {class} {environment}"]))
    refusals = data.draw(st.integers(0, 3))
    grammar, checks = registry.build("writers", Use(use="grammar"), spec), Checks(spec)
    for plugin, recipe in recipes(spec, technique):
        brief = plugin.brief(recipe)
        (words,) = grammar.write([Briefed(Sample(recipe), brief, order, refusals)])
        assert checks.wrong(brief, words.prompt) == "", (words.prompt, brief)
