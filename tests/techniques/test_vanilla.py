"""vanilla: no attributes, the present words of the class, a request with the words that count."""

from collections.abc import Iterator, Mapping
from typing import Any

from mintage.core import registry
from mintage.core.parents import References
from mintage.core.recipe import Fact, Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use
from mintage.stages.parents import ParentFiles


def spec_of(classes: Mapping[str, Any]) -> DatasetSpec:
    return DatasetSpec.model_validate({"name": "x", "classes": classes})


def technique(spec: DatasetSpec) -> Any:
    return registry.build("techniques", Use(use="vanilla"), spec)


def recipe_of(key: str) -> Recipe:
    return Recipe(Slot(key, "vanilla", 0), 0, ((key, 1.0),), "mini", {}, 77)


def no_rows(count: int) -> Iterator[Mapping[str, str]]:
    raise AssertionError("vanilla asks for no rows")


def test_a_longer_plan_begins_with_the_shorter_one() -> None:
    plan = technique(spec_of({"dalmatian": None})).plan
    assert list(plan("dalmatian", 3, no_rows)) == [{}, {}, {}]
    assert list(plan("dalmatian", 0, no_rows)) == []


def test_the_brief_holds_what_the_spec_says_of_the_class() -> None:
    spec = spec_of({"leopard": {"called": "snow leopard", "kind": "animal", "description": "grey", "text": ["x"]}})
    brief = technique(spec).brief(recipe_of("leopard"))
    assert (brief.subject, brief.kind, brief.description, brief.text) == ("snow leopard", "animal", "grey", ("x",))
    assert [(a.kind, a.text, a.question) for a in brief.atoms] == [
        ("object", "snow leopard", "Does the picture show a snow leopard?")
    ]


def test_a_renamed_class_is_looked_up_by_its_key() -> None:
    spec = spec_of({"panther": {"was": "leopard"}, "car": None})
    assert technique(spec).brief(recipe_of("leopard")).subject == "panther"
    assert technique(spec_of({"car": None})).brief(recipe_of("leopard")).subject == "leopard"


def test_the_request_carries_words_and_seed() -> None:
    recipe = recipe_of("dalmatian")
    words = Fact(recipe.id, "words", "done", {"prompt": "a photo of a dalmatian", "negative": "blur"})
    spec = spec_of({"dalmatian": None})
    parents = ParentFiles(References(), lambda recipe_id: Sample(recipe), spec.references, None, None)
    request = technique(spec).prepare(Sample(recipe, {"words": words}), parents, "text")
    assert (request.recipe_id, request.verb, request.seed) == (recipe.id, "text", 77)
    assert (request.prompt, request.negative) == ("a photo of a dalmatian", "blur")


def test_the_reviewers_question_has_the_right_article() -> None:
    spec = spec_of({"umbrella": None, "pants": None, "bread": None, "Eiffel Tower": {"kind": "landmark"}})
    asked = [technique(spec).question(recipe_of(name)) for name in spec.classes]
    assert asked == ["Is this an umbrella?", "Are these pants?", "Is this bread?", "Is this the Eiffel Tower?"]
