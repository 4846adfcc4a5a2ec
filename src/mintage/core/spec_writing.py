"""Puts what was proposed into the text of dataset.yaml: every other character of it stays as it is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mintage.core.errors import MintageError
from mintage.core.starter import quoted

WIDTH = 120
"""Characters of a line before what stands in it is wrapped, or its comment put above it."""

FEW = 6
"""Entries that are told by name where none can be put in."""

Value = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to be put in: `("axes", axis)` or `("classes", class, key)`, the text or texts, and who says so."""

    loc: tuple[str, ...]
    value: Value
    by: str


@dataclass(frozen=True, slots=True)
class _Edit:
    """Text from `start` to `end` gives way. `own` lines bring their comment with them."""

    start: int
    end: int
    text: str
    own: bool = False


@dataclass
class _Group:
    """The edits of one axis or class: by whom, and the keys above whose line a comment may stand, the nearest first."""

    by: str
    keys: list[Any]
    edits: list[_Edit] = field(default_factory=list)


def put(text: str, entries: Sequence[Entry]) -> str:
    """The text with the entries in it, each with a comment `# by …` behind or above it.

    Raises:
        MintageError: the file is written in such a way (aliases, odd keys) that nobody else may edit it.
    """
    if not entries:
        return text
    expected = _load(text)
    for entry in entries:
        _set(expected, entry)
    try:
        new = _written(text, entries)
        after = _load(new)
    except Exception as error:  # whatever the text does to what reads it: the file stays as it is
        raise _by_hand(entries) from error
    if _listed(after) != _listed(expected):
        raise _by_hand(entries)
    return new


def _by_hand(entries: Sequence[Entry]) -> MintageError:
    lines = [f"{'.'.join(e.loc)}: {_said(e.value)}" for e in entries[:FEW]] + ["…"] * (len(entries) > FEW)
    return MintageError(
        "dataset.yaml is written in such a way that nothing can be put into it without touching the rest",
        expected="axes and classes as plain `key: value`, without aliases",
        type_this="by hand: " + "; ".join(lines),
    )


# ── what the file means ─────────────────────────────────────────────────────────────────────────────────────────────


def _load(text: str) -> Any:
    from ruamel.yaml import YAML

    return _plain(YAML(typ="rt").load(text))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def _set(data: Any, entry: Entry) -> None:
    """The same in the data as `put` does in the text."""
    top, name, *rest = entry.loc
    holder = data[top]
    if isinstance(holder, list):
        holder = data[top] = {n: {} for n in holder}
    value = list(entry.value) if isinstance(entry.value, tuple) else entry.value
    if not rest:
        holder[name] = value
        return
    told = holder[name]
    if not isinstance(told, dict):
        told = holder[name] = {} if told is None else {"images": told}
    told[rest[0]] = value


def _listed(value: Any) -> Any:
    """With the order of keys; a class without anything is the same as one with nothing in braces."""
    if isinstance(value, dict):
        return [(k, _listed(v)) for k, v in value.items()]
    return [_listed(v) for v in value] if isinstance(value, list) else [] if value is None else value


# ── where in the text ───────────────────────────────────────────────────────────────────────────────────────────────


def _written(text: str, entries: Sequence[Entry]) -> str:
    from ruamel.yaml import YAML

    root = YAML(typ="rt").compose(text)
    places: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        places.setdefault(entry.loc[:2], []).append(entry)
    groups, edits = [], []
    for top in dict.fromkeys(loc[0] for loc in places):
        top_key, holder = _pair(root, top)
        own = {loc[1]: es for loc, es in places.items() if loc[0] == top}
        if holder.id == "sequence":
            found, others = _of_list(text, holder, own)
            edits += others
        else:
            found = [_of_pair(text, *_pair(holder, name), es) for name, es in own.items()]
        for group in found:
            group.keys += [top_key, root]
        groups += found
    edits += [e for g in groups for e in g.edits]
    edits += _comments(text, groups)
    # from the end on, so that places stay true; of two at one place the later one comes to stand behind
    for _, edit in sorted(enumerate(edits), key=lambda ie: (ie[1].start, ie[1].end, ie[0]), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _pair(node: Any, key: str) -> tuple[Any, Any]:
    return next((k, v) for k, v in node.value if k.value == key)


def _of_pair(text: str, key: Any, node: Any, entries: Sequence[Entry]) -> _Group:
    """The edits at `key: node`, an axis or a class."""
    group = _Group(entries[0].by, [key])
    start, end = node.start_mark.index, node.end_mark.index
    if entries[0].loc[0] == "axes":
        said = _wrapped(entries[0].value, node.start_mark.column, _newline(text))
        group.edits.append(_Edit(start, end, said))
        return group
    if node.id != "mapping":
        was = node.value and text[start:end]
        images = "" if was in ("", "~") or was.casefold() == "null" else f"images: {was}, "
        colon = ""
        if not was:  # where an empty value stands, its mark does not say
            after = re.compile(r"[ ]*:").match(text, key.end_mark.index)
            start = end = after.end() if after else key.end_mark.index
            colon = " " if after else ": "
        group.edits.append(_Edit(start, end, f"{colon}{{{images}{_pairs(entries)}}}"))
        return group
    there = {k.value: v for k, v in node.value}
    fresh = [e for e in entries if e.loc[2] not in there]
    for e in entries:
        if e.loc[2] in there:
            old = there[e.loc[2]]
            group.edits.append(_Edit(old.start_mark.index, old.end_mark.index, _said(e.value)))
    if fresh and node.flow_style:
        at = node.value[-1][1].end_mark.index if node.value else end - 1
        group.edits.append(_Edit(at, at, (", " if node.value else "") + _pairs(fresh)))
    elif fresh:
        group.edits.append(_below(text, node, fresh))
    return group


def _of_list(text: str, node: Any, own: Mapping[str, Sequence[Entry]]) -> tuple[list[_Group], list[_Edit]]:
    """Classes as a list become `name: {…}`; the edits of those that get something, and of all others."""
    groups, others = [], []
    if node.flow_style:
        start, end = node.start_mark.index, node.end_mark.index
        others = [_Edit(start, start + 1, "{"), _Edit(end - 1, end, "}")]
    for item in node.value:
        at = item.end_mark.index
        edits = [_Edit(at, at, f": {{{_pairs(own.get(item.value, ()))}}}")]
        if not node.flow_style:
            dash = text.rindex("-", 0, item.start_mark.index)
            indent = node.value[0].start_mark.column - node.start_mark.column
            edits.append(_Edit(dash, item.start_mark.index, " " * indent))
        if item.value in own:
            groups.append(_Group(own[item.value][0].by, [item], edits))
        else:
            others += edits
    return groups, others


def _below(text: str, node: Any, entries: Sequence[Entry]) -> _Edit:
    """New lines below the last of a class in block style, with their comment above them."""
    newline, indent = _newline(text), " " * node.value[0][0].start_mark.column
    lines = [f"{indent}# by {entries[0].by}", *(f"{indent}{e.loc[2]}: {_said(e.value)}" for e in entries)]
    at = _end(node)
    if at and text[at - 1] == "\n":  # behind a text of several lines
        return _Edit(at, at, newline.join(lines) + newline, own=True)
    at = _line_end(text, at)
    return _Edit(at, at, newline + newline.join(lines), own=True)


def _end(node: Any) -> int:
    """Where a node ends, without the comments and empty lines behind it."""
    if node.id == "scalar" or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return max(_end(part) for part in last) if isinstance(last, tuple) else _end(last)


# ── comments ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _comments(text: str, groups: Sequence[_Group]) -> Iterator[_Edit]:
    """One for each line that changes: behind it where that leaves it readable, else above it."""
    by_line: dict[int, list[_Group]] = {}
    for group in groups:
        if any(not e.own for e in group.edits):
            first = min(e.start for e in group.edits if not e.own)
            by_line.setdefault(text.rfind("\n", 0, first) + 1, []).append(group)
    above: dict[tuple[int, str], list[str]] = {}
    for start, here in by_line.items():
        said = _by(g.by for g in here)
        edits = [e for g in here for e in g.edits if not e.own]
        end = _line_end(text, max(e.end for e in edits))
        long = end - start + sum(len(e.text) - (e.end - e.start) for e in edits) + len(said) + 3
        tail = text[max(e.end for e in edits) : end]
        if long <= WIDTH and not any("\n" in e.text for e in edits) and re.fullmatch(r"[\]},\s]*", tail):
            yield _Edit(end, end, f"   {said}")
            continue
        at, indent = next(filter(None, (_own_line(text, key) for key in here[0].keys)), (0, ""))
        above.setdefault((at, indent), []).extend(g.by for g in here)
    for (at, indent), who in above.items():
        yield _Edit(at, at, f"{indent}{_by(who)}{_newline(text)}")


def _by(who: Any) -> str:
    return f"# by {'; '.join(dict.fromkeys(who))}"


def _own_line(text: str, node: Any) -> tuple[int, str] | None:
    """Where the line of a node begins, and its indent; None if something stands before the node."""
    at = node.start_mark.index
    start = text.rfind("\n", 0, at) + 1
    indent = re.match(r"[ \ufeff]*", text[start:at])
    rest = text[start + len(indent[0]) : at] if indent else "?"
    return (start, indent[0].replace("\ufeff", "")) if indent and re.fullmatch(r"(- *)?", rest) else None


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if end > at and text[end - 1] == "\r" else end


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


# ── how values are written ──────────────────────────────────────────────────────────────────────────────────────────


def _pairs(entries: Sequence[Entry]) -> str:
    return ", ".join(f"{e.loc[2]}: {_said(e.value)}" for e in entries)


def _said(value: Value) -> str:
    if isinstance(value, str):
        return quoted(value)
    return f"[{', '.join(map(quoted, value))}]"


def _wrapped(value: Value, column: int, newline: str) -> str:
    """A list in as many lines as it takes, each beginning below the first value."""
    lines = [""]
    for word in [value] if isinstance(value, str) else value:
        said = f"{quoted(word)}, "
        if lines[-1] and column + 1 + len(lines[-1]) + len(said) > WIDTH:
            lines.append("")
        lines[-1] += said
    inner = (newline + " " * (column + 1)).join(line.rstrip() for line in lines)
    return f"[{inner.removesuffix(',')}]"
