"""What a model costs at a server: our table, the user's prices.yaml over it, and the options over both."""

import math
import reprlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from mintage.core.errors import MintageError, Problem, did_you_mean
from mintage.core.ports import Hosting
from mintage.hosted.client import is_near, shown_server
from mintage.hosted.options import number
from mintage.hosted.providers import gone, host_of, names, packaged, resells, terms_of, vendor_at
from mintage.hosted.tariff import Long, Range, Tariff

if TYPE_CHECKING:
    from mintage.hosted.options import ServerOptions

__all__ = ["FILE", "Tariff", "gone", "hosting_of", "tariff_of", "terms_of"]

FILE = "prices.yaml"
"""The user's own table, beside dataset.yaml."""

Loc = tuple[Any, ...]


def _pair(value: Any) -> Any:
    """A number for [usual, most]."""
    return [value, value] if isinstance(value, int | float) and not isinstance(value, bool) else value


Rate = Annotated[float, BeforeValidator(number), Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Amount = Annotated[float, BeforeValidator(number), Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Most = Annotated[float, BeforeValidator(number), Field(ge=0)]
Pair = Annotated[tuple[Amount, Most], BeforeValidator(_pair)]
Quality = Literal["low", "medium", "high", "xhigh", "max", "standard", "hd", "any"]


class LongEntry(BaseModel):
    """The dearer rate of long requests, as a file gives it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    above: Annotated[int, Field(ge=1)]
    input: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    output: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0


class Rates(BaseModel):
    """What `price:` of the options may hold, too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Rate | None = None
    cached: Rate | None = None
    cache_write: Rate | None = None
    output: Rate | None = None
    image_input: Rate | None = None
    image_cached: Rate | None = None
    image_output: Rate | None = None
    request: Amount | None = None


def _for_any(value: object) -> object:
    """One price, or a pair, stands for every quality."""
    return {"any": value} if isinstance(value, int | float | list) and not isinstance(value, bool) else value


class Entry(Rates):
    """One model, as a file gives it."""

    vendor: str | None = None
    dated: date | None = None
    source: str = ""
    picture: Annotated[int, Field(ge=1)] | None = None
    grid: dict[Quality, Pair] = {}
    each: Annotated[dict[Quality, Pair], BeforeValidator(_for_any)] = {}
    auto: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] | None = None
    long: LongEntry | None = None

    @model_validator(mode="after")
    def _sense(self) -> "Entry":
        for usual, most in (*self.grid.values(), *self.each.values()):
            if most < usual:
                raise ValueError("the second number of a pair is the most: it cannot be below the first")
        if self.request is None and self.input is None and not self.each:
            raise ValueError("it has no price: give `input:` and `output:`, `each:` or `request:`")
        return self

    def tariff(self, model: str, source: str, max_cost: float | None) -> Tariff:
        rates = self.model_dump(include=set(Rates.model_fields))
        return Tariff(
            model=model,
            dated=str(self.dated or ""),
            source=self.source or source,
            picture=self.picture,
            grid={q: Range(*pair) for q, pair in self.grid.items()},
            each={q: Range(*pair) for q, pair in self.each.items()},
            auto=self.auto,
            long=Long(self.long.above, self.long.input, self.long.output) if self.long else None,
            max_cost=max_cost,
            **rates,
        )


def tariff_of(options: "ServerOptions", folder: Path) -> Tariff:
    """The tariff of a server's model. `folder` is where dataset.yaml lies; a prices.yaml there comes before ours.

    Our own prices hold at the vendor's servers, at those that pass its models on, and behind a server of one's own;
    another public server sets its own. A tariff that knows nothing says `math.inf`, unless `max_cost` is given.

    Raises:
        MintageError: the user's file or `price:` has mistakes; all of them, each with its place.
    """
    model, price, cap = options.model, options.price, options.max_cost
    if isinstance(price, int | float):
        if not math.isfinite(price) or price < 0:
            raise MintageError(f"price is {price}", expected="dollars for a request, 0 for a server of one's own")
        return Tariff(model, source="price: of the options", request=float(price), max_cost=cap)
    entry, source = _listed(options, folder)
    if price is None:
        return entry.tariff(model, source, cap) if entry else Tariff(model, max_cost=cap)
    if not price:
        raise MintageError("price is empty", where="price", expected="a number, or rates per million tokens")
    if problems := _problems(Rates, price):
        raise MintageError(*(_placed(p, ".".join(("price", *map(str, loc)))) for loc, p in problems))
    base = entry or Entry(input=None, request=0)
    given = Rates(**price).model_dump(exclude_none=True)
    merged = base.model_copy(update={"request": None, **given, "dated": None, "source": "price: of the options"})
    return merged.tariff(model, "", cap)


def hosting_of(options: "ServerOptions", tariff: Tariff, usual: float | None, most: float | None) -> Hosting:
    """What can be said of a server before anything is sent. `most` of `math.inf` is not known, either."""
    priced = "free" if tariff.free else ", ".join(p for p in (tariff.source, tariff.dated) if p)
    return Hosting(
        model=options.model,
        server=shown_server(options),
        usual=usual,
        most=most if most is not None and math.isfinite(most) else None,
        per_minute=options.per_minute,
        priced=priced,
        terms=terms_of(options),
        retires=gone(options.model),
    )


def _listed(options: "ServerOptions", folder: Path) -> tuple[Entry | None, str]:
    """A model's entry and where it stands; the user's file first."""
    theirs = _own_table(folder / FILE)
    for name, vendor in names(options.model):
        if name in theirs and vendor in (None, theirs[name].vendor):
            return theirs[name], FILE
    ours, host = packaged(FILE), host_of(options)
    near, here = is_near(options) or resells(host), vendor_at(host)
    for name, vendor in names(options.model):
        raw = ours.get(name)
        if raw is None or vendor not in (None, raw["vendor"]):
            continue
        if near or here == raw["vendor"]:
            return Entry.model_validate(raw), ""
    return None, ""


def _own_table(path: Path) -> dict[str, Entry]:
    """The user's prices; none where there is no file."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise MintageError(f"{path} cannot be read: {error}") from error
    try:
        data = YAML(typ="safe").load(text)
    except Exception as error:  # ruamel meets broken text with errors of every kind
        mark = error.problem_mark or error.context_mark if isinstance(error, MarkedYAMLError) else None
        where = f"{path.name}:{mark.line + 1}" if mark else path.name
        said = error.problem if isinstance(error, MarkedYAMLError) and error.problem else error
        raise MintageError(f"this is not YAML: {str(said).splitlines()[0]}", where=where) from error
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise MintageError(f"{path.name} is no mapping", expected="a model a key: `gpt-image-2: {input: 5, …}`")
    found = [((model, *loc), p) for model, raw in data.items() for loc, p in _problems(Entry, raw, str(model))]
    if found:
        marked = YAML(typ="rt").load(text)  # only this one knows the lines
        raise MintageError(*(_placed(p, f"{path.name}:{_line(marked, loc)}") for loc, p in found))
    return {str(model): Entry.model_validate(raw) for model, raw in data.items()}


def _problems(form: type[BaseModel], raw: Any, name: str = "") -> list[tuple[Loc, Problem]]:
    """What is wrong with an entry, in our words, each with its place in the entry."""
    try:
        form.model_validate(raw)
    except ValidationError as error:
        return [_say(form, dict(e), name) for e in error.errors()]
    return []


def _say(form: type[BaseModel], error: Mapping[str, Any], name: str) -> tuple[Loc, Problem]:
    loc: Loc = error["loc"]
    path = ".".join(p for p in (name, *map(str, loc)) if p)
    if error["type"] == "extra_forbidden":
        known = LongEntry if loc[:-1] == ("long",) else form
        return loc, Problem(f"unknown key {loc[-1]!r}", expected=did_you_mean(str(loc[-1]), known.model_fields))
    if error["type"] == "literal_error" and loc and loc[-1] == "[key]":
        asked = str(loc[-2])
        return loc[:-1], Problem(f"unknown quality {asked!r}", expected=did_you_mean(asked, get_args(Quality)))
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    if error["type"] == "value_error":
        return loc, Problem(f"{path}: {message}")
    if error["type"] == "missing":
        return loc[:-1], Problem(f"{path!r} is missing")
    if error["type"] == "model_type":
        message = "`key: value` pairs"
    return loc, Problem(f"{path} is {reprlib.repr(error['input'])}", expected=message)


def _placed(problem: Problem, where: str) -> Problem:
    return replace(problem, where=where)


def _line(data: Any, loc: Loc) -> int:
    """The line of the deepest part of a place that the file spells out."""
    line = 1
    for part in loc:
        marks = getattr(data, "lc", None)
        if not isinstance(data, Mapping) or part not in data or marks is None or part not in (marks.data or {}):
            break
        line, data = marks.key(part)[0] + 1, data[part]
    return line
