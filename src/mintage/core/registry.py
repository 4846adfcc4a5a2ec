"""Finds a plug-in by the name of its file, by entry point, or among decorated functions."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

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
        return [_option_problem(use.use, options, dict(e)) for e in error.errors()]
    return []


def _option_problem(plugin: str, options: type[BaseModel], error: Mapping[str, Any]) -> Problem:
    key = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        known = [field.alias or name for name, field in options.model_fields.items()]
        return Problem(f"{plugin} has no option {key!r}", where=key, expected=did_you_mean(key, known))
    said = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return Problem(f"{plugin}: option {key!r} is {error['input']!r}", where=key, expected=said)


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
