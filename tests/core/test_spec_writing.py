"""What is put into dataset.yaml changes nothing else of it, whatever it looks like."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from ruamel.yaml import YAML

from mintage.core.errors import MintageError
from mintage.core.spec_writing import Entry, put
from mintage.core.specfile import parse

BY = "openai gpt-6-luna, 2026-11-23"
SAID = f"# by {BY}"
KIND = Entry(("classes", "crane", "kind"), "bird", BY)
TALL = Entry(("classes", "crane", "description"), "a tall, grey bird", BY)
ACTION = Entry(("axes", "action"), ("running", "it's: odd"), BY)


@pytest.mark.parametrize(
    ("before", "entries", "after"),
    [
        ("  crane: 300\n", [KIND], f"  crane: {{images: 300, kind: bird}}   {SAID}\n"),
        ("  crane: 300   # many\n", [KIND], f"  {SAID}\n  crane: {{images: 300, kind: bird}}   # many\n"),
        ("  crane:\n", [KIND, TALL], f'  crane: {{kind: bird, description: "a tall, grey bird"}}   {SAID}\n'),
        ("  crane: ~\n", [KIND], f"  crane: {{kind: bird}}   {SAID}\n"),
        ("  'crane': {images: 3 }\n", [KIND], f"  'crane': {{images: 3, kind: bird }}   {SAID}\n"),
        ("  crane: {images: 3,}\n", [KIND], f"  crane: {{images: 3, kind: bird,}}   {SAID}\n"),
        ("  crane: {}\n", [KIND], f"  crane: {{kind: bird}}   {SAID}\n"),
        ("  crane: {kind: '', images: 3}\n", [KIND], f"  {SAID}\n  crane: {{kind: bird, images: 3}}\n"),
        (
            "  crane:  # odd\n      images: 3   # few\n      # end\n\n",
            [KIND, TALL],
            f"  crane:  # odd\n      images: 3   # few\n      {SAID}\n      kind: bird\n"
            '      description: "a tall, grey bird"\n      # end\n\n',
        ),
        (
            "  crane:\n    text:\n    - ACME\n    - |\n      two\n      lines\n",
            [KIND],
            f"  crane:\n    text:\n    - ACME\n    - |\n      two\n      lines\n    {SAID}\n    kind: bird\n",
        ),
    ],
)
def test_a_class_is_added_to_in_its_own_style(before: str, entries: list[Entry], after: str) -> None:
    head, tail = "# mine\nname:  zoo\nclasses:\n  lemon: 3\n", "axes: {style: [photo]}  # x\nseed: 1"
    assert put(head + before + tail, entries) == head + after + tail


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("classes: [lemon, crane]", f"classes: {{lemon: {{}}, crane: {{kind: bird}}}}   {SAID}"),
        ("classes: {lemon, crane}", f"classes: {{lemon, crane: {{kind: bird}}}}   {SAID}"),
        (
            "classes:\n- lemon  # sour\n- crane  # tall",
            f"classes:\n  lemon: {{}}  # sour\n{SAID}\n  crane: {{kind: bird}}  # tall",
        ),
        (
            "classes:\n - lemon\n -   crane",
            f"classes:\n   lemon: {{}}\n   crane: {{kind: bird}}   {SAID}",
        ),
        (
            '{"name": "z",\n "classes": {"crane": 3}}',
            f'{{"name": "z",\n "classes": {{"crane": {{images: 3, kind: bird}}}}}}   {SAID}',
        ),
    ],
)
def test_classes_may_be_a_list_or_json(before: str, after: str) -> None:
    assert put(before, [KIND]) == after


def test_an_axis_gets_a_list_in_as_many_lines_as_it_takes() -> None:
    text = "name: z\nclasses: [a]\naxes:\n  action: auto # ask\n  light: auto\n"
    long = Entry(("axes", "light"), tuple(f"value number {n}" for n in range(12)), "grammar")
    new = put(text, [ACTION, long])
    assert f'  {SAID}\n  action: [running, "it\'s: odd"] # ask\n  # by grammar\n  light: [value number 0, ' in new
    assert max(map(len, new.splitlines())) <= 120
    assert list(parse(new).levels["light"]) == list(long.value) and list(parse(new).levels["action"]) == [
        "running",
        "it's: odd",
    ]


def test_line_ends_of_windows_stay() -> None:
    text = "name: z\r\nclasses:\r\n  crane:\r\n    images: 3\r\naxes:\r\n  action: auto # x\r\n"
    new = put(text, [KIND, ACTION])
    assert "\n" not in new.replace("\r\n", "") and new.count("\r\n") == text.count("\r\n") + 3


@pytest.mark.parametrize(
    "text",
    [
        "name: z\nbase: &b {images: 3}\nclasses:\n  crane: *b\n  lemon: *b\n",
        "name: z\nclasses: &c\n  crane: {images: 3}\nmore: *c\n",
    ],
)
def test_what_is_written_once_and_meant_twice_is_left_alone(text: str) -> None:
    with pytest.raises(MintageError, match=r"by hand: classes\.crane\.kind: bird"):
        put(text, [KIND])


def test_nothing_to_put_in_changes_nothing() -> None:
    assert put("classes: [a", []) == "classes: [a"


# ── any file ────────────────────────────────────────────────────────────────────────────────────────────────────────

WORDS = ["lemon", "crane", "wing chair", '"M8: bolt"', "'it''s'", "snow-leopard", "鶴", "Überraschung"]
COMMENTS = ["", "", "  # mine", "   # kind: {x", " # - a", " # 'quote"]


@st.composite
def files(draw: DrawFn) -> tuple[str, list[Entry]]:
    """A dataset.yaml in some style, and what is to be put into it."""
    names = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True))
    indent = " " * draw(st.integers(1, 5))
    lines = [draw(st.sampled_from(["# head", "", "---"])), "name: zoo"]
    entries: list[Entry] = []
    lines.append("classes:" + draw(st.sampled_from(COMMENTS)))
    for name in names:
        comment = draw(st.sampled_from(COMMENTS))
        style = draw(st.sampled_from(["count", "empty", "flow", "block", "scalar"]))
        if style == "count":
            lines.append(f"{indent}{name}: 12{comment}")
        elif style == "empty":
            lines.append(f"{indent}{name}:{comment}")
        elif style == "flow":
            inner = draw(st.sampled_from(["images: 3", "", "images: 3, kind: ''", "techniques: {vanilla: 1}"]))
            lines.append(f"{indent}{name}: {{{inner}}}{comment}")
        else:
            lines += [
                f"{indent}{name}:{comment}",
                f"{indent}  images: {{fill_to: 3}}",
                f"{indent}  references: x{comment}",
            ]
            if style == "scalar":
                lines += [f"{indent}  text:", f"{indent}  - {draw(st.sampled_from(['a', '>-', '|+']))}"]
                if lines[-1][-1] != "a":
                    lines += [f"{indent}    two", f"{indent}    lines", ""]
        if draw(st.booleans()):
            lines.append(draw(st.sampled_from(["", f"{indent}# between", "# at the left"])))
        if draw(st.booleans()):
            key = YAML(typ="safe", pure=True).load(name)
            entries.append(Entry(("classes", key, "kind"), draw(st.sampled_from(["bird", "no", "a: b"])), BY))
            if draw(st.booleans()):
                entries.append(Entry(("classes", key, "lookalikes"), ("car", "sofa, old"), BY))
    lines.append("axes:")
    for axis in draw(st.lists(st.sampled_from(["action", "light", "time of day"]), unique=True, min_size=1)):
        auto = draw(st.sampled_from(["auto", '"auto"', "'auto'"]))
        lines.append(f"  {axis}: {auto}{draw(st.sampled_from(COMMENTS[:4]))}")
        words = st.sampled_from(["on grass", "at 5:00", "yes", "#1", "x" * 60])
        values = draw(st.lists(words, min_size=1, unique=True))
        entries.append(Entry(("axes", axis), tuple(values), "grammar"))
    ends = draw(st.sampled_from(["\n", "\r\n"]))
    return ends.join(lines) + draw(st.sampled_from(["", ends])), entries


def told(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@settings(max_examples=80, deadline=None)
@given(files())
def test_comments_and_all_else_are_kept_and_it_means_what_was_asked_for(case: tuple[str, list[Entry]]) -> None:
    text, entries = case
    new = put(text, entries)
    before, after = told(text), told(new)
    for entry in entries:
        holder = after[entry.loc[0]][entry.loc[1]]
        value = holder if len(entry.loc) == 2 else holder[entry.loc[2]]
        assert value == (list(entry.value) if isinstance(entry.value, tuple) else entry.value)
    assert list(after["classes"]) == list(before["classes"]) and after.keys() == before.keys()
    for name in before["classes"] if isinstance(before["classes"], dict) else ():
        was = before["classes"][name]
        was = was if isinstance(was, dict) else {} if was is None else {"images": was}
        put_in = {e.loc[2] for e in entries if e.loc[:2] == ("classes", name)}
        now = after["classes"][name]
        now = now if isinstance(now, dict) else {} if now is None else {"images": now}
        assert [(k, v) for k, v in was.items() if k not in put_in] == [
            (k, v) for k, v in now.items() if k not in put_in
        ]
    kept = re.sub(r" *# by (openai gpt-6-luna, 2026-11-23|grammar)", "", new)
    assert re.findall(r"# .*", kept) == re.findall(r"# .*", text), "comments"
    untouched = [
        line for line in text.splitlines() if re.fullmatch(r"\s+(images|references|text|-|two|lines).*|\s*", line)
    ]
    assert [line for line in new.splitlines() if line in untouched] == untouched
