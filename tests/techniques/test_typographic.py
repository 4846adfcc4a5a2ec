"""typographic: the label is the object, the word is another's, and the picture before the letters is what is ranked."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.parents import NoParents
from mintage.core.ports import Parent, Rivals
from mintage.core.recipe import Fact, Recipe, Sample, Slot
from mintage.core.spec import DatasetSpec, Use

ZOO: Mapping[str, Any] = {"apple": None, "pants": {"called": "trousers"}, "piano": {"synonyms": ["grand"]}}


class Album(NoParents):
    """Three references and two made images of each class."""

    def real(self, key: str, *, cut: bool = False) -> tuple[Parent, ...]:
        return tuple(Parent(f"file:{key}{i}", (f"file:{key}{i}",)) for i in range(3))

    def made(self, key: str, number: int) -> Parent:
        return Parent(f"recipe:{key}{number % 2}", (f"recipe:{key}{number % 2}",))


class Frames:
    """Parents whose pictures are plain; the object is in the upper half."""

    size = (64, 64)

    def __init__(self, size: tuple[int, int] = (200, 100)) -> None:
        self.own = size

    def picture(self, name: str, *, fit: bool = True) -> Image.Image:
        return Image.new("RGB", self.size if fit else self.own, (180, 60, 40))

    def mask(self, name: str, *, fit: bool = True) -> Image.Image:
        mask = Image.new("L", self.size if fit else self.own)
        mask.paste(255, (0, 0, mask.width, mask.height // 2))
        return mask

    def cut_out(self, name: str) -> None:
        return None


def technique(classes: Mapping[str, Any] = ZOO, axes: Mapping[str, Any] | None = None, **options: Any) -> Any:
    told = {"name": "x", "classes": classes, "axes": axes or {}, "techniques": {"vanilla": 1, "typographic": 1}}
    return registry.build("techniques", Use(use="typographic", options=options), DatasetSpec.model_validate(told))


def recipe_of(key: str, word: str = "iPod", carrier: str = "note", **axes: str) -> Recipe:
    slot = Slot(key, "typographic", 0, {**axes, "written": word, "carrier": carrier})
    return Recipe(slot, 0, ((key, 1.0),), "copy", {}, 77, ("file:a",), ("file:a",))


def no_rows(count: int) -> Iterator[Mapping[str, str]]:
    raise AssertionError("drawn letters ask for no rows")


def planned(of: Any, key: str, count: int) -> list[dict[str, str]]:
    return list(of.plan(key, count, no_rows))


NAMES = st.lists(
    st.sampled_from(["apple", "apples", "iPod", "IPOD", "pear", "stop sign", "Pear", "piano", "cup", "cups"]),
    min_size=2, max_size=6, unique=True,
)  # fmt: skip


@given(names=NAMES, extra=st.data(), count=st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_no_word_is_a_name_of_the_class_and_the_label_is_the_class(names: list[str], extra: Any, count: int) -> None:
    words = st.lists(st.sampled_from(["iPod", "grand", "ACME", "Cup", "PEAR", "tree"]), max_size=2, unique=True)
    told = {n: {"synonyms": extra.draw(words), "text": extra.draw(words), "called": ""} for n in names}
    mine = technique(told, words=extra.draw(st.sampled_from([[], ["tree", "Pear", "ipod", "car"]])))
    for name in names:
        own = {w.casefold() for w in (name, *told[name]["synonyms"], *told[name]["text"])}
        assert not own & {w.casefold() for w in mine.words(name)}
        if mine.words(name):
            for i, attributes in enumerate(planned(mine, name, count)):
                slot = Slot(name, "typographic", i, attributes)
                origin = mine.origin(slot, "copy", Album())
                recipe = Recipe(slot, 0, origin.objects, "copy", {}, 1, (origin.parents[0].name,), origin.roots)
                assert mine.spec.label_of(recipe) == name
                assert attributes["written"].casefold() not in own


@given(count=st.integers(0, 60), longer=st.integers(0, 40), words=st.integers(1, 7), carriers=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_plans_are_balanced_and_a_longer_one_begins_with_the_shorter(
    count: int, longer: int, words: int, carriers: int
) -> None:
    given_words = [f"word {'abcdefg'[i]}" for i in range(words)]
    mine = technique(words=given_words, carriers=["note", "sticker", "print"][:carriers])
    plan = planned(mine, "apple", count + longer)
    assert planned(mine, "apple", count) == plan[:count]
    every = Counter(p["written"] for p in plan)
    assert max(every.values(), default=0) - min((every[w] for w in given_words), default=0) <= 1
    whole = planned(mine, "apple", 2 * words * carriers)
    assert set(Counter((p["written"], p["carrier"]) for p in whole).values()) == {2}


def test_words_begin_with_the_next_class_so_that_all_are_written_equally_often() -> None:
    mine = technique()
    assert [mine.words(n) for n in ZOO] == [("trousers", "piano"), ("piano", "apple"), ("apple", "trousers")]


def test_the_same_word_goes_round_all_parents() -> None:
    plan = planned(technique({"apple": None, "piano": None}), "apple", 60)
    assert len({(p["carrier"], i % 3) for i, p in enumerate(plan)}) == 9


def test_a_given_word_is_left_out_where_it_belongs_on_the_class() -> None:
    mine = technique({"apple": {"text": ["ACME"]}, "piano": None}, words=["acme", "Apples", "iPod"])
    assert mine.words("apple") == ("iPod",)
    assert mine.words("piano") == ("acme", "Apples", "iPod")


def test_one_class_without_words_is_told_what_to_type() -> None:
    mine = technique({"apple": None})
    (problem,) = mine.mistakes("apple", "copy", Album())
    assert "nothing to write" in problem.found and "words: [" in problem.type_this and "vanilla" in problem.type_this
    with pytest.raises(MintageError, match="nothing to write"):
        mine.plan("apple", 0, no_rows)
    assert not technique({"apple": None}, words=["iPod"]).mistakes("apple", "copy", Album())


def test_real_images_are_parents_where_the_class_has_some_else_those_of_the_run() -> None:
    mine = technique({"apple": {"references": "photos"}, "piano": None})
    parents = [mine.origin(Slot(k, "typographic", 4), "copy", Album()).parents[0].name for k in ("apple", "piano")]
    assert parents == ["file:apple1", "recipe:piano0"]
    assert mine.waits
    assert mine.origin(Slot("piano", "typographic", 0), "copy", NoParents()) is None
    assert not technique({"apple": {"references": "photos"}}, words=["iPod"]).waits
    assert not technique(parents="references").waits
    made = technique({"apple": {"references": "photos"}, "piano": None}, parents="made")
    assert (
        made.waits and made.origin(Slot("apple", "typographic", 1), "copy", Album()).parents[0].name == "recipe:apple1"
    )


def test_without_a_parent_both_ways_out_are_named() -> None:
    (problem,) = technique(parents="references").mistakes("apple", "copy", NoParents())
    assert "references" in problem.type_this and "techniques" in problem.type_this
    alone = technique({"apple": {"techniques": {"typographic": 1}}, "piano": None})
    (problem,) = alone.mistakes("apple", "copy", NoParents())
    assert "no technique beside it" in problem.found and "references" in problem.type_this
    assert not alone.mistakes("piano", "copy", NoParents())


def test_an_axis_cannot_be_called_like_what_it_keeps() -> None:
    mine = technique(axes={"carrier": ["on grass"]})
    assert [p.where for p in mine.mistakes("apple", "copy", Album())] == ["axes.carrier"]


def test_a_word_that_no_font_has_is_refused_before_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mintage.pictures.lettering.SYSTEM", ())
    (problem,) = technique(words=["iPod", "犬"]).mistakes("apple", "copy", Album())
    assert "'犬'" in problem.found


def test_drawn_letters_need_no_engine_and_the_picture_before_them_is_ranked() -> None:
    mine = technique(axes={"environment": ["on grass"]})
    assert (mine.wants, mine.uses_axes, mine.draws(["apple"])) == (("copy",), False, {})
    assert mine.rivals(recipe_of("apple")) == Rivals(of="parent")


def test_asked_letters_stand_in_the_prompt_and_their_class_is_no_rival() -> None:
    mine = technique(axes={"environment": ["on grass", "at night"]}, by="asked")
    assert (mine.wants, mine.uses_axes, mine.waits) == (("text",), True, False)
    assert mine.draws(["apple"])["written"] == ["trousers", "piano"]
    rows = ({"environment": e} for e in ("on grass", "at night", "on grass"))
    plan = list(mine.plan("apple", 3, lambda count: rows))
    assert [p["environment"] for p in plan] == ["on grass", "at night", "on grass"]
    assert all({"written", "carrier"} < set(p) for p in plan)
    assert mine.origin(Slot("apple", "typographic", 0), "text", NoParents()).parents == ()
    assert mine.rivals(recipe_of("apple", "trousers")) == Rivals(frozenset({"pants"}))
    assert mine.rivals(recipe_of("apple", "iPod")) == Rivals()
    assert not mine.mistakes("apple", "text", NoParents())
    picture = Image.new("RGB", (8, 8))
    assert mine.finish(picture, mine.prepare(worded(recipe_of("apple")), Frames(), "text")) is picture


def test_without_axes_the_engine_may_be_asked_too() -> None:
    plan = list(technique(by="asked").plan("apple", 2, no_rows))
    assert [sorted(p) for p in plan] == [["carrier", "written"]] * 2


def test_the_brief_closes_with_what_is_written() -> None:
    mine = technique(by="asked", axes={"environment": ["on grass"]})
    brief = mine.brief(recipe_of("apple", "iPod", environment="on grass"))
    assert (brief.subject, dict(brief.attributes)) == ("apple", {"environment": "on grass"})
    assert brief.phrases == ('with a paper note on it that says "iPod"',)
    assert [(a.kind, a.text) for a in brief.atoms] == [
        ("object", "apple"),
        ("attribute", "on grass"),
        ("text", "iPod"),
    ]
    said = [mine.brief(recipe_of("pants", "iPod", c)).phrases[0] for c in ("note", "sticker", "print")]
    assert said == [
        'with a paper note on them that says "iPod"',
        'with a sticker on them that says "iPod"',
        'with "iPod" printed on them in large letters',
    ]


def test_the_reviewer_is_told_to_ignore_the_word() -> None:
    asked = [technique().question(recipe_of(n)) for n in ZOO]
    assert asked == [
        "Is this an apple (whatever is written on it)?",
        "Are these trousers (whatever is written on them)?",
        "Is this a piano (whatever is written on it)?",
    ]


def worded(recipe: Recipe) -> Sample:
    return Sample(recipe, {"words": Fact(recipe.id, "words", "done", {"prompt": "an apple"})}, label="apple")


def test_the_parent_is_copied_in_its_own_size_and_written_on_where_the_object_is() -> None:
    mine = technique()
    request = mine.prepare(worded(recipe_of("apple")), Frames(), "copy")
    assert (request.verb, request.images[0].size, request.mask) == ("copy", (200, 100), None)
    assert request.shows is not None and request.shows.size == (200, 100)
    written = mine.finish(request.images[0], request)
    box = ImageChops.difference(written, request.images[0]).getbbox()
    assert box is not None and box[1] < 50 and (box[1] + box[3]) / 2 < 60
    assert mine.finish(request.images[0], request).tobytes() == written.tobytes()


def test_a_large_parent_is_made_smaller_first() -> None:
    request = technique().prepare(worded(recipe_of("apple")), Frames((3000, 1500)), "copy")
    assert request.images[0].size == (1024, 512) == request.shows.size


def test_a_slot_planned_without_a_word_gets_one_by_its_number() -> None:
    mine = technique()
    slots = [Slot("apple", "typographic", i) for i in range(6)]
    briefs = [mine.brief(Recipe(s, 0, (("apple", 1.0),), "copy", {}, 1)).phrases for s in slots]
    assert len(set(briefs)) == 6
    request = mine.prepare(worded(Recipe(slots[1], 0, (("apple", 1.0),), "copy", {}, 1, ("file:a",))), Frames(), "copy")
    assert request.attributes["written"] in ("trousers", "piano")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"words": [" "]}, "1 to 40 letters"),
        ({"words": ["two\nlines"]}, "1 to 40 letters"),
        ({"words": ["iPod", "ipod"]}, "twice"),
        ({"carriers": []}, "at least 1"),
        ({"carriers": ["banner"]}, "note"),
        ({"size": [0.6, 0.4]}, "smaller number"),
        ({"size": [0, 0.4]}, "0.1"),
        ({"by": "magic"}, "drawn"),
    ],
)
def test_odd_options_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(MintageError, match=said):
        technique(**options)


def test_the_own_name_is_not_written_with_an_article_or_in_other_letters() -> None:
    of = technique({"lemon": None, "pear": None}, words=["the lemon", "\uff4c\uff45mon", "Lemons", "pear"])
    assert of.words("lemon") == ("pear",)


@pytest.mark.parametrize("word", ["\u0301", " \u0301 ", "\u3164", "\u200b"])
def test_a_word_of_which_nothing_is_seen_is_refused(word: str) -> None:
    with pytest.raises(MintageError, match="cannot be written"):
        technique(words=[word])


def test_what_waits_itself_or_shows_something_else_gives_no_parents() -> None:
    beside = {"variation": {"parents": "made"}, "lookalike": 1, "fusion": {"with": "classes", "label": "soft"}}
    for others, wrong in ((beside, True), ({**beside, "vanilla": 1}, False)):
        told = {"name": "x", "classes": ["apple", "piano"], "techniques": {**others, "typographic": 1}}
        of = registry.build("techniques", Use(use="typographic"), DatasetSpec.model_validate(told))
        assert bool(of.mistakes("apple", "copy", NoParents())) is wrong
