"""The grammar's prompts: good English, every value verbatim, never two scenes alike, the same words every time."""

import itertools
import random
from collections.abc import Mapping
from typing import Any

import pytest

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.ports import Brief, Briefed, Wrote
from mintage.core.recipe import Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use

ORDER = "{style} of {colour} {class} {environment}"
TEMPLATE = "a {style} of a {class} {action} {environment}"
CLASSES: dict[str, Any] = {
    "dalmatian": {"kind": "animal", "synonyms": ["spotted dog", "carriage dog"]},
    "pants": None,
    "umbrella": None,
    "bread": None,
    "t-shirt": {"text": ["ACME"]},
    "rare dog": {"called": "Azawakh", "description": "A slender sighthound with a short coat."},
}


def spec_of(axes: Mapping[str, Any] | None = None, classes: Mapping[str, Any] = CLASSES, **more: Any) -> DatasetSpec:
    return DatasetSpec.model_validate({"name": "x", "classes": classes, "axes": axes or {}, **more})


def briefed(
    spec: DatasetSpec, key: str, attributes: Mapping[str, str], number: int = 0, attempt: int = 0, **more: Any
) -> Briefed:
    technique = "scene" if attributes else "vanilla"
    recipe = Recipe(Slot(key, technique, number, attributes), attempt, ((key, 1.0),), "mini", {}, 1)
    brief = registry.build("techniques", Use(use=technique), spec).brief(recipe)
    return Briefed(Sample(recipe), brief, **more)


def write(
    key: str,
    attributes: Mapping[str, str],
    spec: DatasetSpec | None = None,
    options: Mapping[str, Any] | None = None,
    **more: Any,
) -> Wrote:
    spec = spec or spec_of({axis: [value] for axis, value in attributes.items()})
    writer = registry.build("writers", Use(use="grammar", options=dict(options or {})), spec)
    (wrote,) = writer.write([briefed(spec, key, attributes, **more)])
    assert isinstance(wrote, Wrote)
    return wrote


@pytest.mark.parametrize(
    ("key", "attributes", "expected"),
    [
        ("dalmatian", {}, "a photo of a dalmatian"),
        ("pants", {}, "a photo of pants"),
        ("bread", {}, "a photo of bread"),
        (
            "dalmatian",
            {"environment": "on grass", "action": "running", "time": "at night"},
            "a photo of a dalmatian running on grass at night",
        ),
        (
            "pants",
            {"style": "pencil sketch", "environment": "wooden floor"},
            "a pencil sketch of pants on a wooden floor",
        ),
        ("umbrella", {"style": "oil painting"}, "an oil painting of an umbrella"),
        ("umbrella", {"style": "photorealistic"}, "a photorealistic picture of an umbrella"),
        ("umbrella", {"style": "anime"}, "an anime-style picture of an umbrella"),
        ("umbrella", {"style": "pixel art"}, "pixel art of an umbrella"),
        ("umbrella", {"color": "orange", "scale": "small"}, "a photo of a small orange umbrella"),
        ("umbrella", {"material": "made of paper"}, "a photo of an umbrella made of paper"),
        ("umbrella", {"material": "metal", "condition": "old"}, "a photo of an old metal umbrella"),
        ("dalmatian", {"count": "two", "colour": "brown"}, "a photo of two brown dalmatians"),
        ("pants", {"count": "two"}, "a photo of two pairs of pants"),
        (
            "dalmatian",
            {"light": "soft", "view": "from above", "environment": "kitchen"},
            "a photo of a dalmatian in a kitchen, in soft light, seen from above",
        ),
        ("bread", {"environment": "snow", "weather": "foggy"}, "a photo of bread in the snow in foggy weather"),
        ("dalmatian", {"background": "white"}, "a photo of a dalmatian on a white background"),
        ("dalmatian", {"environment": "urban"}, "a photo of a dalmatian in an urban setting"),
        ("dalmatian", {"environment": "Times Square"}, "a photo of a dalmatian in Times Square"),
        ("dalmatian", {"time_of_day": "early morning"}, "a photo of a dalmatian in the early morning"),
        ("dalmatian", {"time": "rainy night"}, "a photo of a dalmatian on a rainy night"),
        ("umbrella", {"packaging": "dented"}, "a photo of an umbrella with dented packaging"),
        ("umbrella", {"packaging": "dented", "defect": "no scratch"},
         "a photo of an umbrella with dented packaging and no scratch"),
        ("dalmatian", {"accessory": "hat"}, "a photo of a dalmatian with a hat"),
        ("umbrella", {"wheels": "two"}, "a photo of an umbrella with two wheels"),
        ("umbrella", {"brand": "Acme, Inc."}, "a photo of an umbrella, brand: Acme, Inc."),
        ("umbrella", {"accessory": "without a handle"}, "a photo of an umbrella without a handle"),
        ("t-shirt", {}, 'a photo of a t-shirt with the words "ACME" on it'),
        ("t-shirt", {"defect": "a scratch", "environment": "table"},
         'a photo of a t-shirt with a scratch and the words "ACME" on it on a table'),
        ("rare dog", {"environment": "beach"},
         "a photo of an Azawakh, a slender sighthound with a short coat, on a beach"),
        ("rare dog", {"count": "3"}, "a photo of 3 Azawakhs, each a slender sighthound with a short coat"),
    ],
)  # fmt: skip
def test_prompts_read_as_english(key: str, attributes: dict[str, str], expected: str) -> None:
    assert write(key, attributes).prompt == expected


def random_axes(count: int) -> dict[str, str]:
    rng = random.Random(7)
    words = [
        "dented",
        "Intact",
        "two",
        "scratch",
        "Øresund",
        "100",
        "3.5",
        "naïve",
        "red",
        "grass,",
        "no",
        "with",
        "running",
        "(old)",
        "it's",
        "北京",
        "a/b",
        "#fff",
        "the",
        "ACME",
        ":",
    ]
    named = [
        "environment",
        "style",
        "action",
        "light",
        "view",
        "time",
        "scale",
        "color",
        "material",
        "count",
        "weather",
    ]
    axes = {}
    for i in range(count):
        letters = "".join(rng.choices("abcdefgXYZ é_-", k=rng.randint(2, 9))).strip(" _-") or "z"
        name = named[i] if i < len(named) else f"{letters}{rng.choice(['', 's', 'ing'])}{i}"
        axes[name] = " ".join(rng.choices(words, k=rng.randint(1, 4)))
    return axes


@pytest.mark.parametrize("phrasing", [None, ORDER])
@pytest.mark.parametrize("template", ["", TEMPLATE, "{count} {class}, {light} light, in a {environment} ({view})."])
def test_every_value_of_200_random_axes_stands_verbatim_in_its_prompt(template: str, phrasing: str | None) -> None:
    axes = random_axes(200)
    spec = spec_of({axis: [value] for axis, value in axes.items()}, template=template)
    together = write("dalmatian", axes, spec, phrasing=phrasing).prompt
    for axis, value in axes.items():
        assert value in together, axis
        assert value in write("dalmatian", {axis: value}, spec, phrasing=phrasing).prompt, axis


def test_the_engines_order_of_words_is_kept() -> None:
    row = {"action": "running", "environment": "beach", "color": "red", "style": "photo", "packaging": "dented"}
    assert write("dalmatian", row, phrasing=ORDER).prompt == "photo of red dalmatian beach running dented"
    assert write("dalmatian", {"environment": "on grass"}, phrasing=ORDER).prompt == "dalmatian on grass"
    assert write("rare dog", {}, phrasing=ORDER).prompt == "Azawakh"


@pytest.mark.parametrize(
    ("template", "key", "attributes", "expected"),
    [
        (TEMPLATE, "dalmatian", {}, "a photo of a dalmatian"),
        (TEMPLATE, "pants", {"style": "oil painting", "environment": "beach"}, "an oil painting of pants on a beach"),
        (TEMPLATE, "umbrella", {"style": "pixel art", "light": "soft"}, "pixel art of an umbrella, in soft light"),
        ("a {class} in a {environment}, {light} light.", "umbrella", {}, "an umbrella."),
        ("a {class} in a {environment}.", "bread", {"environment": "on grass", "view": "side"},
         "bread on grass, seen from the side."),
        ("a {class} in a {environment}", "bread", {"environment": "igloo"}, "bread in an igloo"),
        ("a {colour} {class} ({wheels} wheels) in {light} light", "umbrella", {"colour": "orange"},
         "an orange umbrella"),
        ("a {colour} {class} in {light} light", "umbrella", {"light": "soft"}, "an umbrella in soft light"),
        ("A {class}, {style}", "pants", {"style": "cartoon"}, "pants, cartoon"),
        ("{count} {class}", "dalmatian", {"count": "two"}, "two dalmatians"),
        ("a {class}", "umbrella", {"style": "oil painting"}, "an umbrella, as an oil painting"),
        ("a {class}", "t-shirt", {}, 'a t-shirt, with the words "ACME" on it'),
    ],
)  # fmt: skip
def test_the_users_sentence_is_filled(template: str, key: str, attributes: dict[str, str], expected: str) -> None:
    axes = {"style": ["photo"], "environment": ["x"], "action": ["y"], "light": ["z"], "colour": ["q"], "wheels": ["v"]}
    spec = spec_of({**axes, **{a: [v] for a, v in attributes.items()}}, template=template)
    assert write(key, attributes, spec).prompt == expected
    assert write(key, attributes, spec, phrasing=ORDER).prompt == expected  # the user's wording wins over the engine's


@pytest.mark.parametrize("phrasing", [None, ORDER])
@pytest.mark.parametrize("template", ["", "a {colour} {material} {class} {environment}"])
def test_different_attributes_never_give_one_prompt(template: str, phrasing: str | None) -> None:
    axes = {
        "colour": ["dark", "dark red", "red"],
        "material": ["wood", "red wood"],
        "environment": ["beach", "on a beach", "on grass"],
        "style": ["photo", "painting"],
        "defect": ["dent", "a dent", "no dent"],
    }
    spec = spec_of(axes, template=template, more=[{"class": "pants", "attributes": {"colour": "red"}, "images": 1}])
    rows = [dict(zip(axes, row, strict=True)) for row in itertools.product(*axes.values())] + [{"colour": "red"}]
    rows.append({"colour": "red", "style": "photo"})
    writer = registry.build("writers", Use(use="grammar"), spec)
    prompts = [w.prompt for w in writer.write([briefed(spec, "pants", row, phrasing=phrasing) for row in rows])]
    assert len(set(prompts)) == len(rows)


def test_equal_rows_give_equal_prompts_whatever_the_slot() -> None:
    first = write("dalmatian", {"environment": "beach"}, number=1)
    assert write("dalmatian", {"environment": "beach"}, number=2, attempt=3).prompt == first.prompt


@pytest.mark.parametrize("template", ["", TEMPLATE])
@pytest.mark.parametrize("phrasing", [None, ORDER])
@pytest.mark.parametrize("key", ["dalmatian", "pants", "rare dog"])
def test_each_refusal_brings_new_words(key: str, phrasing: str | None, template: str) -> None:
    row = {"environment": "beach", "action": "running", "style": "photo"}
    spec = spec_of({a: [v] for a, v in row.items()}, template=template)
    prompts = [write(key, row, spec, phrasing=phrasing, refusals=n).prompt for n in range(25)]
    assert len(set(prompts)) == 25
    assert all("running" in p and "beach" in p for p in prompts)


def test_after_a_refusal_a_synonym_comes_first() -> None:
    assert write("dalmatian", {}, refusals=1).prompt == "a photo of a spotted dog"
    assert write("dalmatian", {}, refusals=3).prompt == "a photo of a dalmatian, clearly visible"


def test_forbidden_words_stay_out_of_new_words_and_required_ones_come_in() -> None:
    spec = spec_of()
    writer = registry.build("writers", Use(use="grammar"), spec)
    plain = briefed(spec, "dalmatian", {}, refusals=1)
    brief = Brief("dalmatian", kind="animal", must=("black spots",), must_not=("spotted",))
    (wrote,) = writer.write([Briefed(plain.sample, brief, refusals=1)])
    assert wrote.prompt == "a photo of a carriage dog, black spots"


def test_the_caption_is_short_and_the_atoms_are_the_briefs() -> None:
    wrote = write("dalmatian", {"style": "pencil sketch", "environment": "on grass", "time": "night", "light": "soft"})
    assert wrote.caption == "a dalmatian on grass at night"
    assert [a.text for a in wrote.atoms] == ["dalmatian", "pencil sketch", "on grass", "night", "soft"]
    assert wrote.negative == ""


def test_vocabulary_changes_articles_and_phrases_by_kind() -> None:
    words = {"any": {"packaging": "in {} packaging"}, "animal": {"article": "the", "environment": "that stands {}"}}
    row = {"packaging": "dented", "environment": "on grass"}
    assert write("dalmatian", row, options={"vocabulary": words}).prompt == (
        "a photo of the dalmatian in dented packaging that stands on grass"
    )
    assert write("pants", row, options={"vocabulary": words}).prompt == "a photo of pants in dented packaging on grass"
    assert write("pants", {}, options={"medium": "studio photo"}).prompt == "a studio photo of pants"
    assert write("rare dog", {}, options={"describe": False}).prompt == "a photo of an Azawakh"


def test_frames_are_shared_out_by_the_slots_number() -> None:
    options = {"frames": ["a {class} {environment}", "look, a {class} {environment}"]}
    row = {"environment": "on grass"}
    seen = [write("umbrella", row, options=options, number=n).prompt for n in range(40)]
    assert set(seen) == {"an umbrella on grass", "look, an umbrella on grass"}
    other = [write("dalmatian", row, options=options, number=n).prompt for n in range(40)]
    assert [p.startswith("look") for p in other] == [p.startswith("look") for p in seen]


def test_wrong_options_are_told() -> None:
    with pytest.raises(MintageError, match="needs one"):
        write("pants", {}, options={"vocabulary": {"any": {"packaging": "dented"}}})
    with pytest.raises(MintageError, match="'stile'"):
        write("pants", {"style": "photo"}, options={"frames": ["a {stile} of a {class}"]})


def test_made_by_changes_with_what_the_words_are_made_from() -> None:
    def made_by(options: Mapping[str, Any] | None = None, template: str = "", **changed: Any) -> str:
        spec = spec_of(classes={"dalmatian": {"images": 5} | changed}, template=template)
        return str(registry.build("writers", Use(use="grammar", options=dict(options or {})), spec).made_by)

    versions = [
        made_by(),
        made_by(template="a {class}"),
        made_by(options={"medium": "drawing"}, description=""),
        made_by(description="a white dog"),
        made_by(called="Dalmatian dog"),
        made_by(synonyms=["spotted dog"]),
        made_by(kind="animal"),
        made_by(text=["woof"]),
    ]
    assert len(set(versions)) == len(versions)
    assert made_by(images=9) == made_by(references="photos") == versions[0]


# ── what looks like something else, and phrases that close a prompt ─────────────────────────────────────────────────


def said(brief: Brief, spec: DatasetSpec | None = None, phrasing: str | None = None) -> Wrote:
    recipe = Recipe(Slot("car", "lookalike", 0, brief.attributes), 0, (("car", 1.0),), "mini", {}, 1)
    writer = registry.build("writers", Use(use="grammar"), spec or spec_of())
    (wrote,) = writer.write([Briefed(Sample(recipe), brief, phrasing)])
    assert isinstance(wrote, Wrote)
    return wrote


@pytest.mark.parametrize(
    ("subject", "like", "attributes", "expected"),
    [
        ("car", "dalmatian", {"environment": "on grass"}, "a photo of a dalmatian-like car on grass"),
        ("watch", "soccer ball", {"colour": "red"}, "a photo of a red soccer-ball-like watch"),
        ("pants", "umbrella", {}, "a photo of umbrella-like pants"),
        ("the Eiffel Tower", "piano", {}, "a photo of the piano-like Eiffel Tower"),
        ("car", "the Eiffel Tower", {}, "a photo of an Eiffel-Tower-like car"),
        ("car", "dalmatian", {"count": "two"}, "a photo of two dalmatian-like cars"),
    ],
)
def test_a_thing_that_looks_like_another(subject: str, like: str, attributes: dict[str, str], expected: str) -> None:
    assert said(Brief(subject, attributes, like=like)).prompt == expected


def test_a_look_alike_in_your_own_sentence_and_in_the_engines_order() -> None:
    brief = Brief("car", {"environment": "on grass"}, like="dalmatian")
    spec = spec_of({"environment": ["on grass"]}, template="a {style} of a {class} {environment}")
    assert said(brief, spec).prompt == "a photo of a dalmatian-like car on grass"
    assert said(brief, phrasing=ORDER).prompt == "dalmatian car car on grass"
    assert said(Brief("watch", like="soccer ball"), phrasing=ORDER).prompt == "soccer ball watch watch watch watch"
    assert said(Brief("soccer ball", like="sunflower"), phrasing=ORDER).prompt == "sunflower soccer ball"
    assert said(brief, phrasing=ORDER).caption == "a dalmatian-like car on grass"


def test_phrases_close_the_prompt_as_they_are() -> None:
    sticker = ("with a sticker on it that says 'iPod'",)
    assert said(Brief("car", phrases=sticker)).prompt == "a photo of a car, with a sticker on it that says 'iPod'"
    spec = spec_of(template="This is a {class}.")
    assert said(Brief("car", phrases=sticker), spec).prompt == "This is a car, with a sticker on it that says 'iPod'."
    assert said(Brief("car", phrases=sticker), phrasing=ORDER).prompt == "car, with a sticker on it that says 'iPod'"
