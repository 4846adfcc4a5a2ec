"""DatasetSpec: what the user asks for, as plain frozen values."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, field_serializer, model_validator

from mintage.core.recipe import OTHER, Recipe

AUTO = "auto"


class Strict(BaseModel):
    """Frozen; unknown keys are refused, and so are texts and truths in place of numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Finite = Annotated[float, Field(allow_inf_nan=False)]


class Use(Strict):
    """A plug-in and its options: `name`, or `{use: name, option: …}`."""

    use: str
    options: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"use": value}
        if isinstance(value, Mapping) and "use" in value and set(value) - {"use", "options"}:
            return {"use": value["use"], "options": {k: v for k, v in value.items() if k != "use"}}
        return value


class Make(Use):
    """The engine, and another one for some techniques: `{use: diffusers, except: {typographic: mini}}`."""

    others: dict[str, Use] = Field(default={}, alias="except")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "except" in value:
            rest = {k: v for k, v in value.items() if k != "except"}
            short = Use.model_validate(rest)
            return {"use": short.use, "options": short.options, "except": value["except"]}
        if isinstance(value, str):
            return {"use": value}
        if isinstance(value, Mapping) and set(value) - {"use", "options"}:
            return {"use": value.get("use"), "options": {k: v for k, v in value.items() if k != "use"}}
        return value


class Share(Strict):
    """How much of a class a technique makes, and the technique's options."""

    share: float = Field(ge=0, allow_inf_nan=False)
    options: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, int | float):
            return {"share": value}
        if isinstance(value, Mapping) and set(value) - {"share", "options"}:
            return {"share": value.get("share", 1), "options": {k: v for k, v in value.items() if k != "share"}}
        return value


class Images(Strict):
    """How many images: a number, or `{fill_to: n}`, as many as are missing beside the real ones in `references`."""

    count: int | None = Field(default=None, ge=0, le=10_000_000)
    fill_to: int | None = Field(default=None, ge=1, le=10_000_000)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, Mapping) else {"count": value}

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.count is None) == (self.fill_to is None):
            raise ValueError("it must be a number, or {fill_to: number}")
        return self


def _read_names(default: Any) -> BeforeValidator:
    """A list of names → name → `default`."""

    def read(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        odd = [v for v in value if not isinstance(v, str)]
        if odd:
            raise ValueError(f"{odd[0]!r} is not text: write it in quotes")
        return dict.fromkeys(value, default)

    return BeforeValidator(read)


Shares = Annotated[dict[str, Share], _read_names(1)]


class ClassSpec(Strict):
    """One class. `called` words the prompt; `text` are words that belong on the object; `was` renames."""

    images: Images = Images(count=100)
    description: str = ""
    kind: str = ""
    called: str = ""
    synonyms: list[str] = []
    lookalikes: list[str] = []
    references: str = ""
    text: list[str] = []
    was: str = ""
    techniques: Shares | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if value is None:
            return {}
        return value if isinstance(value, Mapping) else {"images": value}


class Keep(Strict):
    """What a picture must reach. `floor`: `scorer.number` → at least. Precision and confidence are for certificates."""

    floor: dict[str, Finite] = {}
    attempts: int = Field(default=5, ge=1, le=100)
    precision: float | None = Field(default=None, gt=0, lt=1)
    confidence: float | None = Field(default=None, gt=0, lt=1)


class Budget(Strict):
    dollars: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    images: int | None = Field(default=None, ge=0)


class ReferenceUse(Strict):
    """How real images are used. `fit`: of another aspect ratio they are cropped at the centre, padded, or kept.

    `masks`: where cut-outs come from; `auto` tries them in the order file, alpha, box, plain, grabcut. `sure`: below
    this confidence a cut-out is doubtful and not used. `smallest`: an image with fewer pixels on a side is tiny.
    """

    fit: Literal["crop", "pad", "keep"] = "crop"
    masks: Literal["auto", "file", "alpha", "box", "plain", "grabcut", "none"] = "auto"
    sure: float = Field(default=0.5, ge=0, le=1)
    smallest: int = Field(default=32, ge=1, le=10_000)


class More(Strict):
    """Rows beside the array, as `grow` writes them."""

    of: str = Field(alias="class")
    attributes: dict[str, str] = {}
    images: int = Field(ge=0, le=10_000_000)


def _read_axis(value: Any) -> Any:
    """A list of levels, levels with weights, or `auto` (no levels yet) → level → weight, 0 where there is none."""
    if value == AUTO:
        return {}
    if value in (None, [], {}):
        raise ValueError("it has no values")
    if isinstance(value, list):
        twice = sorted({str(v) for v in value if value.count(v) > 1})
        if twice:
            raise ValueError(f"{', '.join(map(repr, twice))} occurs twice")
        odd = [v for v in value if not isinstance(v, str) or not v.strip()]
        if odd:
            raise ValueError(f"{odd[0]!r} is not text: write it in quotes")
        return dict.fromkeys(value, 0.0)
    if isinstance(value, Mapping) and not all(str(level).strip() for level in value):
        raise ValueError("'' is no value: write what it is")
    if isinstance(value, Mapping) and all(w == 0 for w in value.values()):
        raise ValueError("all its weights are 0")
    return value


Axis = Annotated[dict[str, Annotated[Finite, Field(ge=0)]], BeforeValidator(_read_axis)]


def _read_levels(value: Any) -> Any:
    """One level, or a list of them."""
    if value in (None, [], {}):
        raise ValueError("it has no values")
    some = value if isinstance(value, list) else [value]
    odd = [v for v in some if not isinstance(v, str)]
    if odd:
        raise ValueError(f"{odd[0]!r} is not text: write it in quotes")
    return some


def _read_rules(value: Any) -> Any:
    """One rule, or a list of them."""
    if not isinstance(value, Mapping | list):
        raise ValueError("it must be a rule, such as {environment: in the snow, light: indoors}, or a list of rules")
    return [value] if isinstance(value, Mapping) else value


Rule = dict[str, Annotated[list[str], BeforeValidator(_read_levels)]]
"""Axis → levels: a row that has one of them on each of these axes is never planned."""


class DatasetSpec(Strict):
    """The whole of `dataset.yaml`. Frozen; equal specs plan equal recipes."""

    name: str
    classes: Annotated[dict[str, ClassSpec], _read_names(None)]
    axes: dict[str, Axis] = {}
    without: Annotated[list[Rule], BeforeValidator(_read_rules)] = Field(default=[], alias="not")
    template: str = ""
    techniques: Shares = {}
    write: Use = Use(use="grammar")
    make: Make = Make(use="mini")
    score: list[Use] = [Use(use="mini"), Use(use="technical")]
    keep: Keep = Keep()
    budget: Budget | None = None
    risk: Literal["ordinary", "high"] = "ordinary"
    safety: Literal["on", "off"] = "on"
    language: Literal["en", "any"] = "en"
    seed: int = Field(default=1, ge=0, lt=2**63)
    references: ReferenceUse = ReferenceUse()
    more: list[More] = []
    _folder: Path = PrivateAttr(default_factory=Path)
    _keys: dict[str, str] = PrivateAttr(default_factory=dict)
    _names: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        if "score" in value and not isinstance(value["score"], list):
            return {**value, "score": [value["score"]]}
        return value

    @field_serializer("axes")
    def _write_axes(self, axes: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
        return {
            name: (dict(axis) if any(axis.values()) else list(axis)) if axis else AUTO for name, axis in axes.items()
        }

    @cached_property
    def levels(self) -> dict[str, dict[str, float]]:
        """Axis → level → share (all 0 where the axis has no weights), in the order of the file."""
        return {name: dict(axis) for name, axis in self.axes.items() if axis}

    def shares(self, name: str) -> dict[str, Share]:
        """The techniques of a class, in the order of the file."""
        own = self.classes[name].techniques
        return own or self.techniques or {"scene" if self.levels else "vanilla": Share(share=1)}

    @property
    def used_techniques(self) -> list[str]:
        """All techniques that some class uses, in order of appearance."""
        return list(dict.fromkeys(t for c in self.classes for t in self.shares(c)))

    def technique(self, name: str) -> Use:
        """A technique with its options; under a class they are shares only, so the set's options hold."""
        share = self.techniques.get(name)
        if share is None:
            share = next((s[name] for s in map(self.shares, self.classes) if name in s), Share(share=1))
        return Use(use=name, options=share.options)

    def engine(self, technique: str) -> Use:
        """The engine that makes a technique's images."""
        other = self.make.others.get(technique)
        return other or Use(use=self.make.use, options=self.make.options)

    def label(self, word: str) -> str:
        """The class that a word names (its name, `called` or a synonym; case does not matter), else `other`."""
        return self._labels.get(word.casefold(), OTHER)

    @cached_property
    def _labels(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, c in self.classes.items():
            for word in filter(None, [c.called, *c.synonyms]):
                found.setdefault(word.casefold(), name)
        return found | {name.casefold(): name for name in self.classes}

    def subject(self, name: str) -> str:
        """The words that a prompt uses for a class."""
        return self.classes[name].called or name

    def with_keys(self, keys: Mapping[str, str]) -> "DatasetSpec":
        """The same spec, knowing which key each class was first planned with (name → key; the ledger remembers)."""
        copy = self.model_copy()
        copy._keys = {name: keys.get(name) or self.key_of(name) for name in self.classes}
        copy._names = {key: name for name, key in copy._keys.items()}
        return copy

    @property
    def folder(self) -> Path:
        """Where the spec lies; the folders that it names are looked up from there."""
        return self._folder

    def placed(self, folder: Path) -> "DatasetSpec":
        """The same spec, knowing where it lies."""
        copy = self.model_copy()
        copy._folder = folder
        return copy

    def model_post_init(self, _: Any) -> None:
        self._keys = {name: c.was or name for name, c in self.classes.items()}
        self._names = {key: name for name, key in self._keys.items()}

    def key_of(self, name: str) -> str:
        """The key of a class: what slots, seeds and folders hold, whatever it is called now."""
        return self._keys[name]

    def name_of(self, key: str) -> str:
        """The present name of a class key; `other` when no class of the spec has it."""
        return self._names.get(key, OTHER)

    def label_of(self, recipe: Recipe) -> str:
        """The label of a recipe's picture: the class its one object names, `other`, or none for several objects."""
        if len(recipe.objects) != 1:
            return ""
        word = recipe.objects[0][0]
        return self._names.get(word) or self.label(word)
