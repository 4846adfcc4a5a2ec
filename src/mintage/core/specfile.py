"""dataset.yaml → DatasetSpec: every mistake at once, with its line, what was expected and the nearest name."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from mintage.core import names
from mintage.core.errors import MintageError, Problem, did_you_mean
from mintage.core.spec import DatasetSpec
from mintage.core.spec_mistakes import Loc, meaning_mistakes, plugin_mistakes

FILE = "dataset.yaml"


def read(path: Path) -> DatasetSpec:
    """The spec in a file.

    Raises:
        MintageError: all mistakes, each with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise MintageError(f"{path} is not UTF-8 text", expected=f"UTF-8 (byte {error.start} is not)") from error
    except OSError as error:
        raise MintageError(
            f"{path} cannot be read: {error.strerror}", type_this="mintage new NAME --classes …"
        ) from error
    return parse(text, path.name).placed(path.parent)


def parse(text: str, source: str = FILE) -> DatasetSpec:
    """The spec in a text; `source` names it in messages."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        data = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{source}:{mark.line + 1}" if mark else source
        said = str(error.problem or error.context).split("\n")[0]
        raise MintageError(f"this is not YAML: {said}", where=where) from error
    except YAMLError as error:
        raise MintageError(f"this is not YAML: {str(error).splitlines()[0]}", where=source) from error
    except Exception as error:  # what a date of month 13, a number of 5,000 digits or 3,000 brackets raise in ruamel
        raise MintageError(f"this cannot be read: {type(error).__name__}: {error}", where=source) from error
    if not isinstance(data, Mapping):
        raise MintageError(f"{source} is empty or no mapping", expected="name:, classes:, …")
    return _check(data, lambda loc: f"{source}:{_line(data, loc)}")


def located(problems: Sequence[Problem], folder: Path) -> list[Problem]:
    """Problems whose `where` is a place in the spec (`classes.lemon`, `axes.style`), with its line in the file."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        data = YAML(typ="rt").load((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError):  # made in Python, or edited this very moment
        return list(problems)
    return [_at(p, f"{FILE}:{_line(data, _loc(data, p.where))}") if p.where else p for p in problems]


def _loc(data: Any, where: str) -> Loc:
    """A place from its text; names may hold dots themselves."""
    parts, loc = where.split("."), []
    while parts:
        known = data if isinstance(data, Mapping) else {}
        size = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in known), len(parts))
        loc.append(".".join(parts[:size]))
        data, parts = known.get(loc[-1]), parts[size:]
    return tuple(loc)


def _check(data: Mapping[str, Any], where: Callable[[Loc], str]) -> DatasetSpec:
    """Shape, plug-ins, names, and what the parts say of each other: all mistakes, each with its place."""
    plain, odd = _plain(data)
    problems = [_at(p, where(loc)) for loc, p in odd]
    spec: DatasetSpec | None = None
    rest: DatasetSpec | None
    try:
        spec = rest = DatasetSpec.model_validate(plain)
    except ValidationError as error:
        problems += [_say(dict(e), where) for e in error.errors()]
        rest = _without(plain, [e["loc"] for e in error.errors()])
    problems += [_at(p, where(loc)) for loc, p in _names(plain.get("classes"))]
    problems += [_at(p, where(loc)) for loc, p in plugin_mistakes(plain)]
    if rest is not None:
        problems += [_at(p, where(loc)) for loc, p in meaning_mistakes(rest)]
    if problems or spec is None:
        unique = dict.fromkeys(problems)
        raise MintageError(*sorted(unique, key=lambda p: (len(p.where), p.where)))
    return spec


def _without(plain: Mapping[str, Any], locs: Sequence[Loc]) -> DatasetSpec | None:
    """The spec less its wrong parts, so that its other mistakes are told with them.

    None where those would say too much that is not so: a whole part or an axis is wrong, or what is left is.
    """
    if any(len(loc) < 2 or loc[0] in ("axes", "more") for loc in locs):
        return None
    rest: dict[Any, Any] = deepcopy(dict(plain))
    for loc in locs:
        holder, key = rest, loc[0]
        for part in loc[1:]:
            inner = holder.get(key)
            if not isinstance(inner, dict) or part not in inner:
                break
            holder, key = inner, part
        if holder is rest["classes"]:
            holder[key] = None  # a class whose images are wrong is still a class
        else:
            holder.pop(key, None)
    try:
        return DatasetSpec.model_validate(rest)
    except ValidationError:
        return None


def _names(classes: Any) -> list[tuple[Loc, Problem]]:
    """Mistakes in the names of the classes, each at its class."""
    known = [c for c in classes if isinstance(c, str)] if isinstance(classes, Mapping | list) else []
    places = {f"classes[{name!r}]": name for name in known}
    return [(("classes", places.get(p.where, p.where)), p) for p in names.name_problems(known)]


def _plain(value: Any, loc: Loc = ()) -> tuple[Any, list[tuple[Loc, Problem]]]:
    """Plain values, and the texts and keys that are none."""
    from ruamel.yaml.scalarbool import ScalarBoolean

    odd: list[tuple[Loc, Problem]] = []
    if isinstance(value, Mapping):
        out: dict[str, Any] = {}
        for k, v in value.items():
            if not isinstance(k, str):
                odd.append(((*loc, k), Problem(f"{k!r} is not text", expected=f'text: write it in quotes, "{k}"')))
            out[str(k)], more = _plain(v, (*loc, k))
            odd += more
        return out, odd
    if isinstance(value, list):
        items = [_plain(v, (*loc, i)) for i, v in enumerate(value)]
        return [v for v, _ in items], [o for _, more in items for o in more]
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        odd.append((loc, Problem(f"{value!r} has half of a surrogate pair", expected="text that UTF-8 can hold")))
    return bool(value) if isinstance(value, ScalarBoolean) else value, odd


def _line(data: Any, loc: Loc) -> int:
    """The line of the deepest part of `loc` that stands in the file."""
    line = 1
    for part in loc:
        marks = getattr(data, "lc", None)
        if isinstance(data, Mapping) and part in data and marks is not None:
            if part in (marks.data or {}):  # else it came with a merge key: the line of what it was merged into
                line = marks.key(part)[0] + 1
        elif isinstance(data, list) and marks is not None:
            index = part if isinstance(part, int) else next((i for i, v in enumerate(data) if v == part), None)
            if index is None or index >= len(data):
                continue
            line, part = marks.item(index)[0] + 1, index
        else:  # a level of a short form that the file does not spell out
            continue
        data = data[part]
    return int(line)


def _at(problem: Problem, where: str) -> Problem:
    return Problem(problem.found, where, problem.expected, problem.type_this)


def _say(error: Mapping[str, Any], where: Any) -> Problem:
    """One of pydantic's errors in our words."""
    loc: Loc = error["loc"]
    path = ".".join(str(p) for p in loc)
    if error["type"] == "extra_forbidden":
        return Problem(f"unknown key {loc[-1]!r}", where(loc), did_you_mean(str(loc[-1]), _keys(loc[:-1])))
    if error["type"] == "missing":
        return Problem(f"{path!r} is missing", where(loc[:-1]))
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    if error["type"] in ("model_type", "dict_type"):
        short = ", or a name" if loc[0] in ("write", "make", "score") else ""
        message = f"`key: value` pairs{short}"
    if error["type"] == "value_error":
        return Problem(f"{path}: {message}", where(loc))
    return Problem(f"{path} is {error['input']!r}", where(loc), message)


def _keys(loc: Loc) -> list[str]:
    """The keys that the model at `loc` has."""
    here: Any = DatasetSpec
    for part in loc:
        here = _inner(here, part)
    model = next((t for t in (here, *get_args(here)) if isinstance(t, type) and issubclass(t, BaseModel)), None)
    return [f.alias or n for n, f in model.model_fields.items()] if model else []


def _inner(here: Any, part: str | int) -> Any:
    for t in (here, *get_args(here)):
        t = get_args(t)[0] if get_origin(t) is Annotated else t
        if isinstance(t, type) and issubclass(t, BaseModel):
            field = next((f for n, f in t.model_fields.items() if part in (n, f.alias)), None)
            return field.annotation if field else None
        if get_origin(t) in (dict, list):
            return get_args(t)[-1]
    return None


def not_in_use(spec: DatasetSpec) -> list[str]:
    """Keys that this version reads and does not act upon, as `plan` says them."""
    found = [
        ("keep.precision", spec.keep.precision is not None),
        ("keep.confidence", spec.keep.confidence is not None),
    ]
    return [name for name, there in found if there]
