"""Finds a plug-in by the name of its file, by entry point, or among decorated functions."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from mintage.core import ports
from mintage.core.errors import MintageError, Problem, did_you_mean

if TYPE_CHECKING:
    from mintage.core.spec import DatasetSpec, Use

KINDS = {
    "writers": "Writer",
    "engines": "Engine",
    "techniques": "Technique",
    "scorers": "Scorer",
    "exporters": "Exporter",
}
"""Folder (and entry-point group `mintage.<folder>`) → the name of the class in each file."""

_decorated: dict[str, dict[str, type[ports.Plugin]]] = {kind: {} for kind in KINDS}


def names(kind: str) -> list[str]:
    """All names of a kind, sorted. Imports no plug-in."""
    package = importlib.import_module(f"mintage.{kind}")
    files = {m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")}
    return sorted(files | {e.name for e in entry_points(group=f"mintage.{kind}")} | set(_decorated[kind]))


def find(kind: str, name: str) -> type[Any]:
    """The class of a plug-in: decorated functions (which no built-in may be called), built-ins, entry points.

    Raises:
        MintageError: no plug-in of that name, with the nearest.
    """
    if name in _decorated[kind]:
        return _decorated[kind][name]
    if _is_builtin(kind, name):
        cls = getattr(importlib.import_module(f"mintage.{kind}.{name}"), KINDS[kind])
    else:
        outside = [e for e in entry_points(group=f"mintage.{kind}") if e.name == name]
        if not outside:
            raise MintageError(
                f"there is no {KINDS[kind].lower()} called {name!r}", expected=did_you_mean(name, names(kind))
            )
        cls = outside[0].load()
    if cls.__dict__.get("name") != name:
        cls.name = name
    return cls  # type: ignore[no-any-return]


def _is_builtin(kind: str, name: str) -> bool:
    package = importlib.import_module(f"mintage.{kind}")
    return not name.startswith("_") and any(m.name == name for m in pkgutil.iter_modules(package.__path__))


def mistakes(kind: str, use: "Use") -> list[Problem]:
    """What is wrong with a plug-in's name and options; `where` is the option's key, or empty for the name."""
    try:
        cls = find(kind, use.use)
        cls.Options.model_validate(use.options)
    except MintageError as error:
        return list(error.problems)
    except ValidationError as error:
        options: type[BaseModel] = cls.Options
        problems = (_option_problem(use.use, options, dict(e), use.options) for e in error.errors())
        return list(dict.fromkeys(problems))
    return []


def _option_problem(
    plugin: str, options: type[BaseModel], error: Mapping[str, Any], given: Mapping[str, Any]
) -> Problem:
    key = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        known = [field.alias or name for name, field in options.model_fields.items()]
        return Problem(f"{plugin} has no option {key!r}", where=key, expected=did_you_mean(key, known))
    said = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    if not key:  # said of several options together
        return Problem(f"the options of {plugin} do not go together", expected=said)
    field = next((f for name, f in options.model_fields.items() if key in (name, f.alias)), None)
    if error["type"] == "missing" and len(error["loc"]) == 1:
        return Problem(f"{plugin} cannot be without its option {key!r}", key, f"{{use: {plugin}, {key}: …}}")
    ways = _ways(field.annotation) if field else []
    if len(ways) > 1:  # pydantic says what each of them lacks
        said = " or ".join(map(_in_words, ways))
        return Problem(f"{plugin}: option {key!r} is {given.get(key)!r}", where=key, expected=said)
    if error["type"] in ("missing", "too_long", "tuple_type") and ways and get_origin(ways[0]) is tuple:
        said = _in_words(ways[0]) if error["type"] != "missing" or len(error["loc"]) == 2 else _lacks(error)
    elif error["type"] == "missing":
        said = _lacks(error)
    elif error["type"] == "string_pattern_mismatch":
        pattern = str(error["ctx"]["pattern"])
        choice = re.fullmatch(r"\^\((.*)\)\$", pattern)
        words = choice[1].replace(r"(:\d+)?", "[:number]").split("|") if choice else []
        said = f"one of {', '.join(words)}" if words else f"text like {pattern}"
    return Problem(f"{plugin}: option {key!r} is {error['input']!r}", where=key, expected=said)


def _lacks(error: Mapping[str, Any]) -> str:
    return f"{error['loc'][-1]!r} in it" if len(error["loc"]) > 1 else "a value"


def _ways(annotation: Any) -> list[Any]:
    """The types that an option may have, None left out."""
    several = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return [get_args(a)[0] if get_origin(a) is Annotated else a for a in several if a is not NoneType]


_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", dict: "a table"}


def _in_words(kind: Any) -> str:
    inside = get_args(kind)
    if get_origin(kind) is tuple and Ellipsis not in inside:
        whole = {get_args(a)[0] if get_origin(a) is Annotated else a for a in inside} == {int}
        shown = "[whole number, whole number]" if whole else "[number, number]"
        return f"two numbers, {shown}" if len(inside) == 2 else f"a list of {len(inside)}"
    if get_origin(kind) in (list, tuple, set, frozenset) or kind in (list, tuple):
        return "a list"
    if get_origin(kind) is Literal:
        return ", ".join(map(repr, inside))
    return _WORDS.get(get_origin(kind) or kind, getattr(kind, "__name__", str(kind)))


def build(kind: str, use: "Use", spec: "DatasetSpec") -> Any:
    """A plug-in, ready but not loaded.

    Raises:
        MintageError: an unknown name or wrong options, all at once.
    """
    wrong = mistakes(kind, use)
    if wrong:
        raise MintageError(*wrong)
    cls = find(kind, use.use)
    return cls(cls.Options.model_validate(use.options), spec)


def engine(
    name: str, version: str = "1", vocabulary: Mapping[str, list[str]] | None = None
) -> Callable[[Callable[[ports.Request], Any]], type[ports.Engine]]:
    """Turn `function(request) -> PIL image or bytes` into an engine that a spec can name, in this process.

    It may also return `ports.Refused` or `ports.Failed` with `request.recipe_id` and a reason; what it raises fails
    that image alone.
    """

    def decorate(function: Callable[[ports.Request], Any]) -> type[ports.Engine]:
        class FunctionEngine(ports.Engine):
            def make(self, requests: Any) -> Iterator[ports.Made | ports.Refused | ports.Failed]:
                for request in requests:
                    answer = function(request)
                    told = isinstance(answer, ports.Made | ports.Refused | ports.Failed)
                    yield answer if told else ports.Made(request.recipe_id, answer)

            @property
            def vocabulary(self) -> Mapping[str, list[str]] | None:
                return known

        known = vocabulary
        FunctionEngine.__doc__ = function.__doc__
        return _register("engines", FunctionEngine, name, version)

    return decorate


def scorer(
    name: str, version: str = "1", floors: Mapping[str, float] | None = None
) -> Callable[[Callable[[Any], Mapping[str, float]]], type[ports.Scorer]]:
    """Turn `function(item) -> {"name": number}` into a scorer; `item.open()` is the picture, `item.label` its class."""

    def decorate(function: Callable[[Any], Mapping[str, float]]) -> type[ports.Scorer]:
        class FunctionScorer(ports.Scorer):
            def score(self, items: Any) -> Iterator[ports.Scored]:
                for item in items:
                    yield ports.Scored(item.recipe_id, dict(function(item)))

        FunctionScorer.floors = dict(floors or {})
        FunctionScorer.__doc__ = function.__doc__
        return _register("scorers", FunctionScorer, name, version)

    return decorate


def _register(kind: str, cls: type[Any], name: str, version: str) -> type[Any]:
    if _is_builtin(kind, name):
        raise MintageError(f"{name!r} is one of Mintage's own {kind}", expected="a name of its own")
    cls.name, cls.version = name, version
    _decorated[kind][name] = cls
    return cls
