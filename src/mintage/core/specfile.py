"""dataset.yaml → DatasetSpec: every mistake at once, with its line, what was expected and the nearest name."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from mintage.core import names, registry
from mintage.core.errors import MintageError, Problem, did_you_mean
from mintage.core.spec import DatasetSpec, Use
from mintage.core.template import template_mistakes

FILE = "dataset.yaml"

Loc = tuple[str | int, ...]


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
    return parse(text, path.name)


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
    if not isinstance(data, Mapping):
        raise MintageError(f"{source} is empty or no mapping", expected="name:, classes:, …")
    return _check(data, lambda loc: f"{source}:{_line(data, loc)}")


def from_values(values: Mapping[str, Any]) -> DatasetSpec:
    """The spec in plain values, as `mintage.new` builds it; places are named by their path."""
    return _check(values, lambda loc: ".".join(map(str, loc)) or "spec")


def _check(data: Mapping[str, Any], where: Any) -> DatasetSpec:
    """Pydantic's mistakes first; when the shape is right, those that need plug-ins or names. All with `where`."""
    plain, odd = _plain(data)
    problems = [_at(p, where(loc)) for loc, p in odd]
    spec: DatasetSpec | None = None
    try:
        spec = DatasetSpec.model_validate(plain)
    except ValidationError as error:
        problems += [_say(dict(e), where) for e in error.errors()]
    classes = plain.get("classes")
    if isinstance(classes, Mapping | list):
        problems += [
            _at(p, where(("classes", p.where))) for p in names.name_problems([c for c in classes if isinstance(c, str)])
        ]
    problems += [_at(p, where(loc)) for loc, p in _plugins(spec or plain)]
    if spec:
        problems += [_at(p, where(loc)) for loc, p in _meaning(spec)]
    if problems:
        unique = dict.fromkeys(problems)
        raise MintageError(*sorted(unique, key=lambda p: (len(p.where), p.where)))
    assert spec is not None
    return spec


def _plain(value: Any, loc: Loc = ()) -> tuple[Any, list[tuple[Loc, Problem]]]:
    """Plain dicts and lists, and the keys that are not text."""
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
    return value, odd


def _line(data: Any, loc: Loc) -> int:
    """The line of the deepest part of `loc` that stands in the file."""
    line = 1
    for part in loc:
        marks = getattr(data, "lc", None)
        if isinstance(data, Mapping) and part in data and marks is not None:
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
    options = [here, *get_args(here)]
    for t in options:
        if isinstance(t, type) and issubclass(t, BaseModel):
            field = next((f for n, f in t.model_fields.items() if part in (n, f.alias)), None)
            return field.annotation if field else None
        if get_origin(t) in (dict, list):
            return get_args(t)[-1]
    return None


def _uses(spec: DatasetSpec | Mapping[str, Any]) -> Iterator[tuple[Loc, str, Use]]:
    """Every plug-in that the file names, also in a file whose other parts are wrong: (place, kind, use)."""

    def use(value: Any, rest: str = "use") -> Use | None:
        try:
            return Use.model_validate(value)
        except ValidationError:
            return None

    raw = spec.model_dump(by_alias=True, mode="python") if isinstance(spec, DatasetSpec) else spec
    found: list[tuple[Loc, str, Use | None]] = []
    for key, kind in (("write", "writers"), ("make", "engines")):
        value = raw.get(key)
        if isinstance(value, Mapping):
            value = {k: v for k, v in value.items() if k != "except"}
        if value:
            found.append(((key,), kind, use(value)))
    others = raw.get("make")
    if isinstance(others, Mapping) and isinstance(others.get("except"), Mapping):
        found += [(("make", "except", t), "engines", use(v)) for t, v in others["except"].items()]
    scores = raw.get("score", [])
    for i, value in enumerate(scores if isinstance(scores, list) else [scores]):
        found.append((("score", i) if isinstance(scores, list) else ("score",), "scorers", use(value)))
    classes = raw.get("classes")
    own = [(("classes", c), v) for c, v in classes.items()] if isinstance(classes, Mapping) else []
    for loc, holder in [((), raw), *own]:
        shares = holder.get("techniques") if isinstance(holder, Mapping) else None
        for name in shares or []:
            share = shares[name] if isinstance(shares, Mapping) else None
            options = dict(share) if isinstance(share, Mapping) else {}
            flat = options.pop("options", None) or {k: v for k, v in options.items() if k != "share"}
            if isinstance(name, str):
                found.append(((*loc, "techniques", name), "techniques", Use(use=name, options=flat)))
    yield from ((loc, kind, u) for loc, kind, u in found if u is not None)


def _plugins(spec: DatasetSpec | Mapping[str, Any]) -> Iterator[tuple[Loc, Problem]]:
    for loc, kind, use in _uses(spec):
        for problem in registry.mistakes(kind, use):
            yield (*loc, problem.where) if problem.where else loc, problem


def _meaning(spec: DatasetSpec) -> Iterator[tuple[Loc, Problem]]:
    """Mistakes between parts of a spec whose shape is right."""
    if not spec.classes:
        yield ("classes",), Problem("there are no classes", expected="class names, e.g. classes: {dalmatian: 300}")
    for word in (spec.template and template_mistakes(spec.template, spec.axes)) or ():
        yield ("template",), word
    yield from _shares(spec)
    if spec.risk == "high":
        yield (
            ("risk",),
            Problem("risk: high needs certificates, which this version does not have", expected="risk: ordinary"),
        )
    scorers = [s.use for s in spec.score]
    for name in sorted({s for s in scorers if scorers.count(s) > 1}):
        yield ("score",), Problem(f"scorer {name!r} occurs twice")
    for key in spec.keep.floor:
        yield from _floor(key, scorers)
    for i, row in enumerate(spec.more):
        if row.of not in spec.classes:
            yield ("more", i), Problem(f"no class {row.of!r}", expected=did_you_mean(row.of, spec.classes))
        for axis in set(row.attributes) - set(spec.axes):
            yield ("more", i, "attributes", axis), Problem(f"no axis {axis!r}", expected=did_you_mean(axis, spec.axes))
    for name in spec.make.others:
        if name not in spec.used_techniques:
            expected = did_you_mean(name, spec.used_techniques)
            yield ("make", "except", name), Problem(f"technique {name!r} is not in use", expected=expected)
    yield from _classes(spec)


def _shares(spec: DatasetSpec) -> Iterator[tuple[Loc, Problem]]:
    places: list[tuple[Loc, Mapping[str, Any]]] = [(("techniques",), spec.techniques)]
    places += [(("classes", n, "techniques"), c.techniques or {}) for n, c in spec.classes.items()]
    for loc, shares in places:
        if shares and sum(s.share for s in shares.values()) <= 0:
            yield loc, Problem("all shares are 0", expected="at least one share above 0")
        if len(loc) > 1:
            for name in [n for n, s in shares.items() if s.options]:
                yield (
                    (*loc, name),
                    Problem(
                        "options stand here under a class", expected="a share; options go to the top `techniques:`"
                    ),
                )


def _floor(key: str, scorers: Sequence[str]) -> Iterator[tuple[Loc, Problem]]:
    scorer, dot, number = key.partition(".")
    if not dot or scorer not in scorers:
        expected = "`scorer.number`, e.g. mini.p; " + did_you_mean(scorer, scorers)
        yield ("keep", "floor", key), Problem(f"no scorer {scorer!r} in `score`", expected=expected)
        return
    numbers = registry.find("scorers", scorer).numbers
    if numbers and number not in numbers:
        yield (
            ("keep", "floor", key),
            Problem(f"{scorer} gives no number {number!r}", expected=did_you_mean(number, numbers)),
        )


def _classes(spec: DatasetSpec) -> Iterator[tuple[Loc, Problem]]:
    words: dict[str, str] = {name.casefold(): name for name in spec.classes}
    for name, c in spec.classes.items():
        if c.images.fill_to and not c.references:
            yield (
                ("classes", name, "images"),
                Problem("fill_to counts real images", expected="references: FOLDER beside it"),
            )
        if c.was and c.was in spec.classes and c.was != name:
            yield (
                ("classes", name, "was"),
                Problem(f"{c.was!r} is still a class of its own", expected="its old name, no longer a class"),
            )
        for word in filter(None, [c.called, *c.synonyms]):
            owner = words.setdefault(word.casefold(), name)
            if owner != name:
                yield (
                    ("classes", name),
                    Problem(f"{word!r} also names the class {owner!r}", expected="a word of its own"),
                )


def not_in_use(spec: DatasetSpec) -> list[str]:
    """Keys that this version reads and does not act upon, as `plan` says them."""
    auto = [f"axes.{name}: auto" for name, axis in spec.axes.items() if not axis]
    classes = [n for n, c in spec.classes.items() if c.references and not c.images.fill_to]
    found = [
        ("budget", spec.budget is not None),
        ("keep.precision", spec.keep.precision is not None),
        ("keep.confidence", spec.keep.confidence is not None),
        (f"references of {', '.join(classes[:5])}{' …' if len(classes) > 5 else ''}", bool(classes)),
    ]
    return [name for name, there in found if there] + auto
