"""What every plug-in that the registry finds has to keep, whoever wrote it."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.contract.little_world import KEYS, TECHNIQUES, children, draw, planned, write_references
from tests.engines.smallest import smallest
from tests.writers.smallest import smallest as smallest_writer

from mintage.core import registry
from mintage.core.array import Array
from mintage.core.errors import MintageError
from mintage.core.ports import (
    Briefed,
    Exported,
    Failed,
    Item,
    Made,
    Refused,
    Request,
    Rivals,
    Scored,
    Sent,
    Wrote,
)
from mintage.core.recipe import Fact, Recipe, Sample, Slot, Verdict
from mintage.core.spec import DatasetSpec, Make, Use
from mintage.pictures import encode_png, open_picture
from mintage.wording.checks import Checks

SPEC = DatasetSpec.model_validate(
    {
        "name": "contract",
        "classes": {"watch": 8, "piano": 8},
        "axes": {"environment": ["on grass", "at night", "in the snow"], "style": ["photo", "painting"]},
        "techniques": {"vanilla": 1, "scene": 3},
    }
)
EVERY = [(kind, name) for kind in registry.KINDS for name in registry.names(kind)]


def use_of(kind: str, name: str) -> Use:
    """By its name alone; with the smallest options that it can be built with, where it needs some."""
    least = {"engines": smallest, "writers": smallest_writer}.get(kind)
    return Use.model_validate(least(name)) if least and registry.mistakes(kind, Use(use=name)) else Use(use=name)


def build(kind: str, name: str) -> Any:
    """Ready and loaded; skipped where this machine lacks what it needs."""
    plugin = registry.build(kind, use_of(kind, name), SPEC)
    try:
        plugin.load()
    except MintageError as error:
        pytest.skip(str(error))
    return plugin


def names(kind: str) -> Any:
    return pytest.mark.parametrize("name", registry.names(kind))


def samples(technique: str = "scene", count: int = 8) -> list[Sample]:
    """Samples of both classes with words."""
    rows = list(Array(SPEC.levels).attributes(count)) if technique == "scene" else [{}] * count
    found = []
    for key in SPEC.classes:
        for number, row in enumerate(rows):
            recipe = Recipe(Slot(key, technique, number, row), 0, ((key, 1.0),), "flat", {}, 17 + number)
            prompt = f"a photo of a {key}, {', '.join(row.values())}"
            found.append(Sample(recipe, {"words": Fact(recipe.id, "words", "done", {"prompt": prompt})}, label=key))
    return found


def image(sample: Sample) -> Any:
    """A picture of something: a square on a slope of colours, other for each sample."""
    from PIL import Image

    picture = Image.merge("RGB", [Image.linear_gradient("L").resize((64, 64)).rotate(90 * k) for k in range(3)])
    shade = int(sample.id[:2], 16)
    picture.paste((shade, 255 - shade, 90), (10, 10, 30 + shade % 20, 40))
    return picture


# ── all kinds ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_plugin_is_documented_and_is_called_what_its_file_is(kind: str, name: str) -> None:
    cls = registry.find(kind, name)
    assert cls.name == name
    assert (cls.__doc__ or "").strip() and cls.__doc__ != cls.__mro__[1].__doc__


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_plugin_refuses_unknown_options(kind: str, name: str) -> None:
    cls = registry.find(kind, name)
    with pytest.raises(ValidationError, match="extra"):
        cls.Options.model_validate({"no_such_option": 1})
    with pytest.raises(MintageError, match="no_such_option"):
        registry.build(kind, Use(use=name, options={"no_such_option": 1}), SPEC)


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_plugin_says_who_made_it_the_same_each_time(kind: str, name: str) -> None:
    one, two = (registry.build(kind, use_of(kind, name), SPEC) for _ in range(2))
    assert one.made_by == two.made_by
    assert one.made_by.startswith(f"{name}@")
    json.dumps([one.settings, one.saw])


# ── engines ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def requests(count: int) -> list[Request]:
    return [Request(s.id, "text", s.prompt, seed=s.recipe.seed) for s in samples()[:count]]


def request(verb: str, sample: Sample, size: tuple[int, int] | None) -> Request:
    """A sound request by a verb: drawn parents, a disc to be repainted, cut-outs on nothing."""
    from PIL import Image, ImageDraw

    size = size or (64, 64)
    one, two = (draw(key, sample.recipe.slot.number % 3, size) for key in KEYS)
    disc = Image.new("L", size)
    ImageDraw.Draw(disc).ellipse((size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2), 255)
    images, mask = {
        "text": ((), None),
        "image": ((one,), None),
        "images": ((one, two), None),
        "mask": ((one,), disc),
        "compose": ((_cut(one, disc), _cut(two, disc)), None),
    }[verb]
    about = {"attributes": sample.attributes, "names": KEYS[: len(images)], "strength": 0.6}
    return Request(sample.id, verb, sample.prompt, images=images, mask=mask, seed=sample.recipe.seed, **about)


def _cut(picture: Any, mask: Any) -> Any:
    whole = picture.convert("RGBA")
    whole.putalpha(mask)
    return whole.crop(mask.getbbox())


def ready(name: str, verb: str) -> Any:
    """An engine that is loaded, with the smallest options that have the verb."""
    spec = SPEC.model_copy(update={"make": Make.model_validate(smallest(name, verb))})
    engine = registry.build("engines", spec.engine("any"), spec)
    engine.load()
    return engine


def settled(engine: Any, asked: Sequence[Request]) -> list[Any]:
    """Its answers, without the tickets of what it sends elsewhere."""
    return [a for a in engine.make(asked) if not isinstance(a, Sent)]


def pixels(answer: Any) -> Any:
    import numpy

    assert isinstance(answer, Made), answer
    data = answer.image if isinstance(answer.image, bytes) else encode_png(answer.image)
    return numpy.asarray(open_picture(data), "int16")


@names("engines")
def test_an_engine_claims_verbs_that_there_are_and_knows_or_names_words(name: str) -> None:
    engine = registry.build("engines", use_of("engines", name), SPEC)
    assert engine.can
    assert engine.can <= {"text", "image", "images", "mask", "compose"}
    assert engine.can <= type(engine).can
    odd = engine.knows({"class": ["qqxyz"]})
    assert [u.word for u in odd] == (["qqxyz"] if "class" in (engine.vocabulary or {}) else [])
    assert engine.price(requests(1)[0]) >= 0


VERBS = [(e, v) for e in registry.names("engines") for v in sorted(registry.find("engines", e).can)]


@pytest.mark.parametrize(("name", "verb"), VERBS)
def test_an_engine_does_each_verb_that_it_claims_alike_alone_and_in_a_batch_of_eight(name: str, verb: str) -> None:
    import numpy

    engine = ready(name, verb)
    assert verb in engine.can
    asked = [request(verb, s, engine.size) for s in samples()[:8]]
    together = {a.recipe_id: pixels(a) for a in settled(engine, asked)}
    assert set(together) == {r.recipe_id for r in asked}
    assert len({p.tobytes() for p in together.values()}) == 8, "eight seeds, eight pictures"
    (alone,) = settled(engine, asked[3:4])
    assert int(numpy.abs(pixels(alone) - together[alone.recipe_id]).max()) <= 1
    others = {a.recipe_id: pixels(a) for a in settled(engine, [asked[7], asked[0]])}
    assert all(int(numpy.abs(others[i] - together[i]).max()) <= 1 for i in others)


@pytest.mark.parametrize(("name", "verb"), VERBS)
def test_one_bad_request_among_several_fails_alone(name: str, verb: str) -> None:
    engine = ready(name, verb)
    asked = [request(verb, s, engine.size) for s in samples()[:4]]
    asked[1] = replace(asked[1], verb="no such verb")
    answers = {a.recipe_id: a for a in engine.make(asked)}
    assert isinstance(answers[asked[1].recipe_id], Failed | Refused)
    assert answers[asked[1].recipe_id].reason
    assert all(isinstance(answers[r.recipe_id], Made) for r in asked if r.verb == verb)


# ── writers and techniques ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_references(folder)
    return folder


@names("writers")
@pytest.mark.parametrize("kind", TECHNIQUES)
def test_a_writer_answers_once_for_each_sample_and_names_its_subject(name: str, kind: str, world: Path) -> None:
    writer = build("writers", name)
    plan = planned(world, kind, "mini")
    wrong = Checks(plan.spec).wrong
    briefs = [(s, plan.techniques[kind].brief(s.recipe)) for s in children(plan, kind)]
    asked = [Briefed(s, brief, check=partial(wrong, brief)) for s, brief in briefs]
    answers = list(writer.write(asked))
    assert sorted(a.recipe_id for a in answers) == sorted(b.recipe_id for b in asked)
    by_id = {b.recipe_id: b.brief for b in asked}
    for answer in answers:
        assert isinstance(answer, Wrote)
        brief = by_id[answer.recipe_id]
        if writer.repairs and wrong(brief, answer.prompt):
            assert len(answer.rejected) == 3, "it gives up after three rewritings, and the grammar words it"
            continue
        assert brief.subject in answer.prompt
        assert all(words in answer.prompt for words in (brief.like, *brief.phrases, *brief.attributes.values()))
    alone = [a for b in asked for a in writer.write([b])]
    assert [a.prompt for a in alone] == [next(x.prompt for x in answers if x.recipe_id == a.recipe_id) for a in alone]


# ── scorers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def unreadable() -> Any:
    raise OSError("the file is empty")


def items(given: Sequence[Sample], broken: str = "") -> list[Item]:
    """Of pictures with a parent, whose left half was repainted."""
    from PIL import Image

    mask = Image.new("L", (64, 64))
    mask.paste(255, (0, 0, 32, 64))

    def item(s: Sample) -> Item:
        opened = unreadable if s.id == broken else lambda: image(s)
        return Item(s, s.label, Rivals(), opened, parent=lambda: image(s).rotate(90), repainted=lambda: mask)

    return [item(s) for s in given]


def scored(plugin: Any, asked: Sequence[Item]) -> dict[str, Any]:
    answers = list(plugin.score(asked))
    assert sorted(a.recipe_id for a in answers) == sorted(i.recipe_id for i in asked)
    return {a.recipe_id: a for a in answers}


@names("scorers")
def test_a_scorer_gives_finite_numbers_under_the_names_that_it_declares(name: str) -> None:
    plugin = build("scorers", name)
    for answer in scored(plugin, items(samples())).values():
        assert isinstance(answer, Scored)
        assert all(isinstance(k, str) and math.isfinite(float(v)) for k, v in answer.values.items())
        assert set(plugin.floors) <= set(answer.values)
        assert set(answer.values) <= set(plugin.numbers or answer.values)
        assert not plugin.ranks or {"p", "margin"} <= set(answer.values)


@names("scorers")
def test_a_score_depends_neither_on_batch_nor_on_order(name: str) -> None:
    plugin, given = build("scorers", name), samples()
    together = scored(plugin, items(given))
    reverse = scored(plugin, items(given[::-1]))
    for sample in given:
        alone = scored(plugin, items([sample]))[sample.id].values
        for other in (together[sample.id].values, reverse[sample.id].values):
            assert alone == pytest.approx(other, abs=1e-4)


@names("scorers")
def test_a_picture_that_cannot_be_opened_does_not_pass_and_harms_no_other(name: str) -> None:
    plugin, given = build("scorers", name), samples()
    good = scored(plugin, items(given))
    found = scored(plugin, items(given, broken=given[5].id))
    bad = found.pop(given[5].id)
    if not isinstance(bad, Failed):
        assert any(bad.values[number] < least for number, least in plugin.floors.items())
    assert all(found[i].values == pytest.approx(good[i].values, abs=1e-4) for i in found)


@names("scorers")
def test_a_scorer_that_keeps_vectors_needs_no_picture_the_next_time(name: str) -> None:
    plugin, given = build("scorers", name), samples()
    first = scored(plugin, items(given))
    if plugin.space is None:
        assert all(answer.vector is None for answer in first.values()), "nobody would find it again"
        return
    again = scored(plugin, [Item(s, s.label, Rivals(), unreadable, first[s.id].vector) for s in given])
    assert all(again[i].values == pytest.approx(first[i].values, abs=1e-5) for i in again)


# ── exporters ───────────────────────────────────────────────────────────────────────────────────────────────────────


def exported(folder: Path) -> Iterator[Exported]:
    from hashlib import sha256

    for number, sample in enumerate(samples()):
        data = encode_png(image(sample))
        path = folder / "images" / f"{sample.id}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        hashed = sha256(data).hexdigest()
        value = {"path": f"images/{path.name}", "sha256": hashed, "width": 64, "height": 64, "boxes": [], "mask": None}
        facts = dict(sample.facts) | {"image": Fact(sample.id, "image", "done", value)}
        kept = Verdict(True, sample.id, "passes every floor")
        yield Exported(
            Sample(sample.recipe, facts, sample.label, kept, folder),
            sample.label,
            "val" if number % 4 == 0 else "train",
            hashed,
        )


def tree(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*")}


@names("exporters")
def test_an_exporter_writes_inside_its_target_alone_and_changes_no_image(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    given = list(exported(tmp_path / "run"))
    before = {p: p.read_bytes() for p in (tmp_path / "run").rglob("*.png")}
    target = tmp_path / "out"
    target.mkdir()
    build("exporters", name).export(iter(given), target)
    assert any(p.is_file() for p in target.rglob("*"))
    assert {p.split("/")[0] for p in tree(tmp_path)} == {"cwd", "run", "out"}
    assert not tree(tmp_path / "cwd")
    assert {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()} == before
