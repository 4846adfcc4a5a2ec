"""dataset.yaml: every mistake at once with its line, and never anything but a spec or a MintageError."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from mintage.core.errors import MintageError, Problem
from mintage.core.spec import DatasetSpec
from mintage.core.specfile import not_in_use, parse, read
from mintage.core.starter import starter

GOOD = """\
name: zoo
classes:
  dog: {images: 30, description: a dog, synonyms: [hound]}
  cat: 20
axes:
  place: [on grass, on a beach]
  style: {photo: 0.7, painting: 0.3}
template: "a {style} of a {class} {place}"
techniques: {vanilla: 0.2, scene: 0.8}
write: grammar
make: {use: flat, size: 32, except: {vanilla: flat}}
score: [mini, technical]
keep: {floor: {mini.p: 0.4}, attempts: 3}
seed: 7
more: [{class: dog, attributes: {style: photo}, images: 2}]
"""


def problems(text: str) -> list[Problem]:
    with pytest.raises(MintageError) as caught:
        parse(text)
    return list(caught.value.problems)


def said(text: str) -> list[tuple[str, str]]:
    """(line, what was found) of each mistake."""
    return [(p.where.removeprefix("dataset.yaml:"), p.found) for p in problems(text)]


def edited(*changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


# ── what is read ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_good_file_is_read_whole() -> None:
    spec = parse(GOOD)
    assert spec.classes["dog"].synonyms == ["hound"]
    assert [c.images.count for c in spec.classes.values()] == [30, 20]
    assert spec.levels == {"place": {"on grass": 0, "on a beach": 0}, "style": {"photo": 0.7, "painting": 0.3}}
    assert (spec.make.use, spec.make.options, spec.make.others["vanilla"].use) == ("flat", {"size": 32}, "flat")
    assert [s.use for s in spec.score] == ["mini", "technical"]
    assert (spec.keep.floor, spec.keep.attempts, spec.seed) == ({"mini.p": 0.4}, 3, 7)
    assert spec.more[0].of == "dog"


def test_short_forms_mean_what_the_long_ones_do() -> None:
    short = parse("name: a\nclasses: [dog, cat]\ntechniques: [vanilla]\nscore: technical\nmake: flat\n")
    long = parse(
        "name: a\nclasses: {dog: {images: {count: 100}}, cat: }\ntechniques: {vanilla: {share: 1}}\n"
        "score: [{use: technical}]\nmake: {use: flat, options: {}}\n"
    )
    assert short == long


def test_a_rule_may_stand_alone_or_in_a_list_and_a_value_too() -> None:
    long = parse(edited(("seed: 7", "seed: 7\nnot:\n- place: [on grass]\n  style: [painting]")))
    assert long.without == [{"place": ["on grass"], "style": ["painting"]}]
    assert parse(edited(("seed: 7", "seed: 7\nnot: {place: on grass, style: painting}"))) == long
    assert parse(edited(("seed: 7", "seed: 7\nnot: [{place: on grass, style: [painting]}]"))) == long
    assert DatasetSpec.model_validate(long.model_dump(mode="json", by_alias=True)) == long
    made = DatasetSpec(**{"name": "x", "classes": ["dog"], "not": {"place": "on grass", "style": "painting"}})
    assert made.without == long.without


def test_no_and_yes_and_on_are_words() -> None:
    spec = parse("name: no\nclasses: {no: 3, yes: 1, on: 4, off: 1, y: 2, n: 3}\naxes: {a: [no, yes]}\nmake: flat\n")
    assert (spec.name, list(spec.classes)) == ("no", ["no", "yes", "on", "off", "y", "n"])
    assert list(spec.levels["a"]) == ["no", "yes"]


def test_anchors_aliases_and_merge_keys_are_plain_yaml() -> None:
    classes = "  dog: &d {images: 3, kind: animal}\n  cat: *d\n  car:\n    <<: *d\n    kind: machine\n"
    spec = parse(f"name: a\nclasses:\n{classes}make: flat\n")
    assert spec.classes["dog"] == spec.classes["cat"]
    assert (spec.classes["car"].images.count, spec.classes["car"].kind) == (3, "machine")


@pytest.mark.parametrize(
    "text",
    ["\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("\n", "\r"), "# 1\n\n" + GOOD, f"---\n{GOOD}...\n"],
    ids=["BOM", "CRLF", "CR", "comment", "markers"],
)
def test_byte_order_marks_line_ends_and_comments_make_no_difference(text: str, tmp_path: Path) -> None:
    assert parse(text) == parse(GOOD)
    (tmp_path / "x.yaml").write_bytes(text.encode())
    assert read(tmp_path / "x.yaml") == parse(GOOD).placed(tmp_path)


def test_ten_thousand_classes_load_in_seconds() -> None:
    text = "name: big\nmake: flat\nclasses:\n" + "".join(f"  class {n}: 10\n" for n in range(10_000))
    start = time.process_time()
    assert len(parse(text).classes) == 10_000
    assert time.process_time() - start < 10


def test_a_wrong_name_among_ten_thousand_gets_a_short_answer() -> None:
    text = "name: big\nmake: flat\nclasses:\n" + "".join(f"  class {n}: 10\n" for n in range(10_000))
    (problem,) = problems(text + "more: [{class: clas 77, images: 3}]\n")
    assert problem.expected.startswith("did you mean 'class 77'?")
    assert problem.expected.endswith("and 9970 more")


def test_a_spec_survives_the_ledgers_json() -> None:
    spec = parse(edited(("  style:", "  season: auto\n  style:")))
    again = DatasetSpec.model_validate(json.loads(json.dumps(spec.model_dump(mode="json", by_alias=True))))
    assert again == spec


# ── what is refused, and where ──────────────────────────────────────────────────────────────────────────────────────


def test_every_mistake_at_once_each_with_its_line() -> None:
    text = edited(
        ("description", "descripton"),
        ("  cat: 20", "  cat: {images: -1}\n  other: 3"),
        ("{class} {place}", "{clas} {place}"),
        ("vanilla: 0.2", "vanila: 0.2"),
        ("write: grammar", "write: gramar"),
        ("size: 32", "sise: 32"),
        ("score: [mini", "score: [minni"),
        ("mini.p", "technical.okk"),
        ("attempts: 3", "attempts: 0"),
        ("style: photo", "styl: photo"),
    )
    assert said(text) == [
        ("3", "unknown key 'descripton'"),
        ("4", "classes.cat.images.count is -1"),
        ("5", "the class name 'other' is reserved: it labels pictures that show no class of the set"),
        ("9", "there is no axis 'clas' for the place {clas}"),
        ("10", "there is no technique called 'vanila'"),
        ("11", "there is no writer called 'gramar'"),
        ("12", "flat has no option 'sise'"),
        ("12", "technique 'vanilla' is not in use"),
        ("13", "there is no scorer called 'minni'"),
        ("14", "keep.attempts is 0"),
        ("14", "technical gives no number 'okk'"),
        ("16", "no axis with values 'styl'"),
    ]


ONE_MISTAKE: dict[str, tuple[str, str, str]] = {  # what is edited, its line, what is said
    "no class name": ("  cat: 20|  '': 20", "4", "the class name '' is empty"),
    "classes alike": ("  cat: 20|  Dog: 20", "4", "'Dog' and 'dog' would be one folder on macOS or Windows"),
    "number as class": ("  cat: 20|  1: 20", "4", "1 is not text"),
    "null as class": ("  cat: 20|  ~: 20", "4", "None is not text"),
    "date as class": ("  cat: 20|  2020-01-01: 20", "4", "datetime.date(2020, 1, 1) is not text"),
    "list as class": ("  cat: 20|  ? [a, b]\n  : 20", "4", "('a', 'b') is not text"),
    "truth as number": ("  cat: 20|  cat: true", "4", "classes.cat.images.count is True"),
    "text as number": ("  cat: 20|  cat: '20'", "4", "classes.cat.images.count is '20'"),
    "half a number": ("  cat: 20|  cat: 2.5", "4", "classes.cat.images.count is 2.5"),
    "infinite": ("  cat: 20|  cat: .inf", "4", "classes.cat.images.count is inf"),
    "huge": ("  cat: 20|  cat: 10000001", "4", "classes.cat.images.count is 10000001"),
    "no images": ("images: 30|images: ", "3", "classes.dog.images: it must be a number, or {fill_to: number}"),
    "both": ("images: 30|images: {count: 1, fill_to: 2}", "3", "classes.dog.images: it must be a number, or {fill_to"),
    "fill_to alone": ("images: 30|images: {fill_to: 9}", "3", "fill_to counts real images"),
    "list for text": ("description: a dog|description: [a]", "3", "classes.dog.description is ['a']"),
    "text for list": ("[hound]|hound", "3", "classes.dog.synonyms is 'hound'"),
    "synonym twice": ("[hound]|[hound, cat]", "3", "'cat' also names the class 'cat'"),
    "was here": ("[hound]|[hound], was: cat", "3", "'cat' is still a class of its own"),
    "axis empty": ("[on grass, on a beach]|[]", "6", "axes.place: it has no values"),
    "axis nothing": ("[on grass, on a beach]|", "6", "axes.place: it has no values"),
    "axis no pairs": ("[on grass, on a beach]|{}", "6", "axes.place: it has no values"),
    "value twice": ("on a beach|on grass", "6", "axes.place: 'on grass' occurs twice"),
    "value no text": ("on a beach|3", "6", "axes.place: 3 is not text: write it in quotes"),
    "value a list": ("on a beach|[a]", "6", "axes.place: ['a'] is not text: write it in quotes"),
    "value blank": ("painting|''", "7", "axes.style: '' is no value"),
    "weight inf": ("0.3}|.inf}", "7", "axes.style.painting is inf"),
    "weight nan": ("0.3}|.nan}", "7", "axes.style.painting is nan"),
    "weight negative": ("0.3}|-1}", "7", "axes.style.painting is -1"),
    "weight text": ("0.3}|much}", "7", "axes.style.painting is 'much'"),
    "weights 0": ("{photo: 0.7, painting: 0.3}|{photo: 0, painting: 0}", "7", "axes.style: all its weights are 0"),
    "axis called class": ("  place:|  class: [a]\n  place:", "6", "'class' cannot name an axis"),
    "template brace": ("{place}|{place", "8", "character 24 is a '{' without its '}'"),
    "template list": ('"a {style} of a {class} {place}"|[a]', "8", "template is ['a']"),
    "techniques a word": ("{vanilla: 0.2, scene: 0.8}|scene", "9", "techniques is 'scene'"),
    "techniques a number": ("{vanilla: 0.2, scene: 0.8}|5", "9", "techniques is 5"),
    "techniques nothing": ("{vanilla: 0.2, scene: 0.8}|", "9", "techniques is None"),
    "techniques nested": ("{vanilla: 0.2, scene: 0.8}|[[scene]]", "9", "techniques: ['scene'] is not text"),
    "shares 0": ("{vanilla: 0.2, scene: 0.8}|{vanilla: 0, scene: 0}", "9", "all shares are 0"),
    "share inf": ("scene: 0.8|scene: .inf", "9", "techniques.scene.share is inf"),
    "technique's option": ("scene: 0.8|scene: {share: 1, deep: 2}", "9", "scene has no option 'deep'"),
    "writer": ("write: grammar|write: 5", "10", "write is 5"),
    "writer's option": ("write: grammar|write: {use: grammar, frame: [a]}", "10", "grammar has no option 'frame'"),
    "engine's type": ("size: 32|size: big", "11", "flat: option 'size' is 'big'"),
    "engine's range": ("size: 32|size: 1e400", "11", "flat: option 'size' is inf"),
    "no engine": ("{use: flat, size: 32, except: {vanilla: flat}}|{size: 32}", "11", "make.use is None"),
    "exception": ("{vanilla: flat}|{vanila: flat}", "11", "technique 'vanila' is not in use"),
    "exception's engine": ("{vanilla: flat}|{vanilla: flatt}", "11", "there is no engine called 'flatt'"),
    "exception's option": ("{vanilla: flat}|{vanilla: {use: flat, sizes: 3}}", "11", "flat has no option 'sizes'"),
    "exceptions a word": ("{vanilla: flat}|flat", "11", "make.except is 'flat'"),
    "scorer": ("[mini, technical]|[mini, techncal]", "12", "there is no scorer called 'techncal'"),
    "scorer twice": ("[mini, technical]|[mini, mini]", "12", "scorer 'mini' occurs twice"),
    "scorer a number": ("[mini, technical]|[mini, 5]", "12", "score.1 is 5"),
    "floor's scorer": ("mini.p: 0.4|min.p: 0.4", "13", "no scorer 'min' in `score`"),
    "floor's number": ("mini.p: 0.4|mini.prob: 0.4", "13", "mini gives no number 'prob'"),
    "floor without number": ("mini.p: 0.4|mini: 0.4", "13", "'mini' names no number"),
    "floor nan": ("mini.p: 0.4|mini.p: .nan", "13", "keep.floor.mini.p is nan"),
    "attempts": ("attempts: 3|attempts: 101", "13", "keep.attempts is 101"),
    "seed": ("seed: 7|seed: -1", "14", "seed is -1"),
    "seed huge": ("seed: 7|seed: 9223372036854775808", "14", "seed is 9223372036854775808"),
    "risk": ("seed: 7|risk: high", "14", "risk: high needs certificates, which this version does not have"),
    "risk unknown": ("seed: 7|risk: low", "14", "risk is 'low'"),
    "budget": ("seed: 7|budget: {dollars: .inf}", "14", "budget.dollars is inf"),
    "unknown key": ("seed: 7|sed: 7", "14", "unknown key 'sed'"),
    "rule a word": ("seed: 7|not: photo", "14", "not: it must be a rule, such as {environment: in the snow"),
    "rule empty": ("seed: 7|not: {}", "14", "a rule over no axis"),
    "rule in a rule": ("seed: 7|not: [[style]]", "14", "not.0 is ['style']"),
    "rule without values": ("seed: 7|not: {place: [], style: photo}", "14", "not.0.place: it has no values"),
    "rule's number": ("seed: 7|not: {place: 3, style: photo}", "14", "not.0.place: 3 is not text"),
    "rule over one axis": ("seed: 7|not: {place: on grass}", "14", "a rule over one axis"),
    "rule's axis": ("seed: 7|not:\n- {place: on grass, stile: photo}", "15", "no axis with values 'stile'"),
    "rule's value": ("seed: 7|not:\n- place: on grass\n  style: [foto]", "16", "axis 'style' has no value 'foto'"),
    "value without a row": (
        "seed: 7|not:\n- {place: on grass, style: photo}\n- place: on grass\n  style: painting",
        "15",
        "the rules leave no row with 'on grass'",
    ),
    "no row": (
        "seed: 7|not: {place: [on grass, on a beach], style: [photo, painting]}",
        "14",
        "the rules forbid every",
    ),
    "more's class": ("class: dog|class: dgo", "15", "no class 'dgo'"),
    "more's axis": ("style: photo}|styl: photo}", "15", "no axis with values 'styl'"),
    "more's value": ("style: photo}|style: phto}", "15", "axis 'style' has no value 'phto'"),
    "more's number": ("images: 2}|images: 1000000000000}", "15", "more.0.images is 1000000000000"),
    "more a word": ("seed: 7\nmore: [|seed: 7\nmore: [dog, ", "15", "more.0 is 'dog'"),
    "half a pair": ('"a {style} of|"a \\ud800 {style} of', "8", "'a \\ud800 {style} of a {class} {place}' has half of"),
}


def test_a_value_that_a_rule_names_alone_is_to_be_left_out_instead() -> None:
    (problem,) = problems(edited(("seed: 7", "not: {place: on grass}")))
    assert "leave 'on grass' out of axis 'place'" in problem.expected


def test_a_row_under_more_that_a_rule_forbids_is_told_at_its_line() -> None:
    rule = "seed: 7\nnot: {place: on grass, style: [photo, painting]}"
    forbidden = edited(
        ("seed: 7", rule.replace(", painting", "")), ("{style: photo}", "{style: photo, place: on grass}")
    )
    assert said(forbidden) == [("16", "a rule under `not` forbids place: on grass, style: photo")]
    parse(edited(("seed: 7", rule.replace("photo, ", "")), ("{style: photo}", "{style: photo, place: on grass}")))


def test_weights_that_the_rules_leave_no_room_for_are_told_with_what_they_come_to() -> None:
    places = ("[on grass, on a beach]", "{on grass: 0.8, on a beach: 0.2}")
    ((line, found),) = said(edited(places, ("seed: 7", "not: {place: on grass, style: painting}")))
    assert line == "6"
    assert found.startswith("the rules leave no room for the weights of 'place': with them 'on grass' comes to 70.0%")
    parse(
        edited(
            ("[on grass, on a beach]", "{on grass: 0.6, on a beach: 0.4}"),
            ("seed: 7", "not: {place: on grass, style: painting}"),
        )
    )


@pytest.mark.parametrize("name", ONE_MISTAKE)
def test_one_mistake_is_told_once_at_its_line(name: str) -> None:
    change, line, found = ONE_MISTAKE[name]
    old, new = change.split("|")
    ((at, told),) = said(edited((old, new)))
    assert at == line
    assert told.startswith(found)


@pytest.mark.parametrize(
    ("change", "near"),
    [
        ("seed: 7|sed: 7", "seed"),
        ("description|descripton", "description"),
        ("attempts|atempts", "attempts"),
        ("size: 32|sise: 32", "size"),
        ("write: grammar|write: gramar", "grammar"),
        ("scene: 0.8|sceen: 0.8", "scene"),
        ("mini.p|mini.margn", "margin"),
        ("mini.p|technicl.p", "technical"),
        ("class: dog|class: dgo", "dog"),
        ("style: photo}|style: phto}", "photo"),
        ("{style} of|{stile} of", "style"),
        ("seed: 7|not: {plase: on grass, style: photo}", "place"),
        ("seed: 7|not: {place: on gras, style: photo}", "on grass"),
    ],
)
def test_the_nearest_name_is_said(change: str, near: str) -> None:
    old, new = change.split("|")
    assert any(f"did you mean {near!r}?" in p.expected for p in problems(edited((old, new))))


def test_missing_keys_are_told() -> None:
    assert {f for _, f in said("seed: 1\n")} == {"'name' is missing", "'classes' is missing"}
    assert said("name: a\nclasses: {}\n") == [("2", "there are no classes")]
    assert said("name: a\nclasses: [1, a]\n") == [("2", "classes: 1 is not text: write it in quotes")]
    assert said("name: a\nclasses: [[a], b]\n") == [("2", "classes: ['a'] is not text: write it in quotes")]


def test_two_classes_cannot_go_on_with_one() -> None:
    text = "name: a\nclasses:\n  dog: {was: x}\n  cat: {was: x}\nmake: flat\n"
    assert said(text) == [("4", "'x' is the old name of 'dog' already")]


def test_a_mistake_in_what_was_merged_in_is_told_where_it_was_written() -> None:
    text = "name: a\nclasses:\n  dog: &d {imags: 3}\n  cat:\n    kind: animal\n    <<: *d\nmake: flat\n"
    assert [found for _, found in said(text)] == ["unknown key 'imags'"] * 2


@pytest.mark.parametrize("text", ["", "\n\n", "# only this\n", "~", "zoo", "- a\n- b\n", "5", "---\n"])
def test_a_file_without_keys_says_what_is_expected(text: str) -> None:
    (problem,) = problems(text)
    assert "empty or no mapping" in problem.found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name: a\nclasses:\n\tdog: 1\n", ":3"),
        (GOOD + "name: b\n", ":16"),
        (GOOD.replace("cat", "dog", 1), ":4"),
        (GOOD + "---\n" + GOOD, ":16"),
        ("name: a\nclasses: {dog: 1\n", ":3"),
        ("name: a\nclasses: {dog: *x}\n", ":2"),
        ("name: a\nclasses: 'dog\n", ":3"),
        ("name: a\nx: %y\n", ":2"),
        ("name: \0\n", ""),
        ("name: 2020-13-45\n", ""),
        ("name: a\nclasses: {dog: " + "9" * 5000 + "}\n", ""),
        ("name: !!int x\n", ""),
        ("name: " + "[" * 600, ""),
    ],
    ids=lambda t: repr(t[:20]),
)
def test_what_is_no_yaml_is_said_with_its_line(text: str, line: str) -> None:
    (problem,) = problems(text)
    assert problem.found.startswith("this is not YAML" if line or "\0" in text else "this cannot be read")
    assert problem.where == f"dataset.yaml{line}"


def test_tags_run_nothing(tmp_path: Path) -> None:
    told = problems(f"name: !!python/object/apply:os.mkdir ['{tmp_path / 'made'}']\nclasses: [a]\nmake: flat\n")
    assert told[0].where == "dataset.yaml:1"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("data", "found"),
    [(b"name: \xff\xfe\n", "is not UTF-8"), ("name: zoo\n".encode("utf-16"), "is not UTF-8"), (None, "cannot be read")],
)
def test_files_that_are_no_text_are_told(tmp_path: Path, data: bytes | None, found: str) -> None:
    path = tmp_path / "dataset.yaml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(MintageError, match=found):
        read(path)
    with pytest.raises(MintageError, match="cannot be read"):
        read(tmp_path)


# ── what this version does not have ─────────────────────────────────────────────────────────────────────────────────

WHOLE = """\
name: zoo
classes:
  dalmatian: {images: 300, description: a white dog with spots, references: photos/dalmatian, lookalikes: [car, chair]}
  elephant:  {images: {fill_to: 300}, references: photos/elephant, lookalikes: [piano]}      # 300 less the real ones
  leopard:   {images: 300, references: photos/leopard, lookalikes: [umbrella], kind: animal, synonyms: [panther]}
axes:
  environment: [on grass, on a beach, in the snow, at night]
  style: {photo: 0.7, painting: 0.2, pencil sketch: 0.1}       # levels may carry weights
  action: auto
template: "a {style} of a {class} {action} {environment}"      # optional; any axis without a place is appended
techniques: {vanilla: 0.1, scene: 0.5, variation: 0.2, inpaint: 0.1, lookalike: 0.05, typographic: 0.05}
write: grammar                   # or {use: openai, model: …, base_url: …}
make: {use: diffusers, model: sd-turbo, guidance: 2.5, size: 1024, except: {typographic: mini}}
score: [mini, technical]
keep: {precision: 0.95, confidence: 0.95, attempts: 5}
budget: {dollars: 20, images: 5000}
risk: high                   # high: no export without a certificate
seed: 1
"""


def test_of_the_whole_design_each_part_that_is_not_there_yet_is_told_at_its_line() -> None:
    assert said(WHOLE) == [
        ("17", "risk: high needs certificates, which this version does not have"),
    ]


def test_what_is_read_and_not_acted_upon_is_said() -> None:
    text = WHOLE.replace("risk: high", "risk: ordinary")
    assert not_in_use(parse(text)) == [
        "keep.precision",
        "keep.confidence",
    ]
    assert not_in_use(parse(GOOD)) == []


# ── whatever is typed ───────────────────────────────────────────────────────────────────────────────────────────────

NASTY = [
    *"{}[]:,-#&*!|>'\"%@`?\t\n\\\0\x7f\u2028\ufeff~=<",
    *(": ", "\n  ", "\n- ", "? ", "<<: *a", "&a ", "*a", "!!set ", "!x ", "!!binary ", "null", "true", ".nan", ".inf"),
    *(
        "1e999",
        "-1",
        "0x1f",
        "0o8",
        "1_000",
        "2020-02-30",
        "12:30:45",
        "[[]]",
        "{{}}",
        "'",
        '"\\ud800"',
        "\ud83d",
        "--- ",
        "...",
    ),
    *("other", "use", "except", "options", "share", "fill_to", "auto", "class", "é", "ß", "x" * 300, "{class}", "{}"),
]


@st.composite
def mutated(draw: DrawFn) -> str:
    text = GOOD
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 2, 5, 30])))
        text = text[:start] + draw(st.sampled_from(["", *NASTY])) + text[end:]
    return text


def spec_or_mistakes(text: str) -> None:
    try:
        spec = parse(text)
    except MintageError as error:
        assert error.problems
        assert all(p.found for p in error.problems)
        str(error).encode()
    else:
        json.dumps(spec.model_dump(mode="json", by_alias=True))
        not_in_use(spec)


@settings(max_examples=400, deadline=None)
@given(mutated())
@example("name: a\nclasses: &a {dog: *a}\n")
@example("name: a\nclasses: !!omap [a: 1, b: 2]\nmake: flat\n")
@example("%YAML 1.1\n---\nname: a\nclasses: {no: 3}\n")
def test_any_edit_gives_a_spec_or_mistakes_and_never_anything_else(text: str) -> None:
    spec_or_mistakes(text)


words = st.sampled_from(
    ["flat", "mini", "scene", "vanilla", "photo", "dog", "auto", "", "technical.ok", "mini.p", "no"]
)
numbers = st.sampled_from([0, 1, -1, 0.5, 10**30, 1e308, True, None])
keys = words | st.sampled_from(
    [*json.loads(json.dumps(list(DatasetSpec.model_fields))), "use", "except", "images", "share"]
)
values = st.recursive(
    words | numbers, lambda v: st.lists(v, max_size=3) | st.dictionaries(keys, v, max_size=3), max_leaves=6
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_value_at_any_place_gives_a_spec_or_mistakes(data: st.DataObject) -> None:
    spec: Any = json.loads(json.dumps(BASE))
    here = spec
    for _ in range(data.draw(st.integers(0, 3))):
        inner = [v for v in (here.values() if isinstance(here, dict) else here) if isinstance(v, dict | list) and v]
        here = data.draw(st.sampled_from(inner)) if inner else here
    at = data.draw(st.sampled_from(list(here) if isinstance(here, dict) else range(len(here))))
    here[at] = data.draw(values)
    spec_or_mistakes(json.dumps(spec))


BASE: dict[str, Any] = {
    "name": "zoo",
    "classes": {"dog": {"images": 3, "synonyms": ["hound"], "techniques": {"scene": 1}}, "cat": 4},
    "axes": {"place": ["grass", "sand"], "style": {"photo": 1, "painting": 2}},
    "template": "a {style} of a {class}",
    "techniques": {"vanilla": 1, "scene": {"share": 1}},
    "write": {"use": "grammar", "vocabulary": {"any": {"place": "in {}"}}},
    "make": {"use": "flat", "size": 9, "except": {"vanilla": {"use": "flat"}}},
    "score": ["mini", {"use": "technical"}],
    "keep": {"floor": {"mini.p": 0.4}, "attempts": 3},
    "budget": {"dollars": 1},
    "more": [{"class": "dog", "attributes": {"style": "photo"}, "images": 2}],
}


# ── the file that `mintage new` writes ──────────────────────────────────────────────────────────────────────────────

line = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30)
names = line.filter(lambda n: bool(n.strip()))


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(names, st.integers(0, 5), min_size=1, max_size=4), st.lists(names, min_size=1, unique=True), names
)
def test_a_starter_reads_back_as_what_it_was_written_from(
    classes: dict[str, int], levels: list[str], name: str
) -> None:
    text = starter(name, classes, {"environment": levels}, ["# nothing"], "flat")
    try:
        spec = parse(text)
    except MintageError as error:
        assert all("class name" in p.found or "one folder" in p.found for p in error.problems)
        return
    assert spec.name == name
    assert {n: c.images.count for n, c in spec.classes.items()} == classes
    assert list(spec.levels["environment"]) == levels


@pytest.mark.parametrize(
    "word",
    [
        "no",
        "1",
        "1.5",
        "null",
        "~",
        "true",
        "a: b",
        "a #b",
        "- a",
        "? a",
        "[a",
        "'",
        '"',
        "é",
        "a,b",
        "?0",
        "-",
        "&0",
        "*a",
        "b:",
        "%c",
    ],
)
def test_names_that_yaml_would_read_otherwise_are_quoted(word: str) -> None:
    spec = parse(starter(word, {word: 1}, {"environment": [word, "x"]}, [], "flat"))
    assert (spec.name, list(spec.classes), list(spec.levels["environment"])) == (word, [word], [word, "x"])
