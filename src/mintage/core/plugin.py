"""What all plug-ins share: options, what they need, who they are."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from mintage.core.recipe import digest

if TYPE_CHECKING:
    from mintage.core.spec import DatasetSpec


T = TypeVar("T")


class Options(BaseModel):
    """The options of a plug-in; unknown keys are refused. Mark what changes no pixel with `how(default)`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def how(default: Any, **more: Any) -> Any:
    """An option that changes how work is done (batch, threads, device, address) and never what comes out."""
    return Field(default, json_schema_extra={"how": True}, **more)


class Told(Generic[T]):
    """A value of the class, and another one for each that is built: what a plug-in can have, and what this one has."""

    def __init__(self, of_class: T, of_one: Callable[[Any], T]) -> None:
        self.of_class, self.of_one = of_class, of_one

    def __get__(self, instance: Any, owner: type) -> T:
        return self.of_class if instance is None else self.of_one(instance)


@dataclass(frozen=True, slots=True)
class Resources:
    """What one worker of a plug-in needs: `batch` items at a time, GPUs, memory in GB."""

    batch: int = 64
    gpus: float = 0.0
    memory_gb: float = 0.0


class Plugin:
    """What all plug-ins share. The registry sets `name` from the file's name (or the entry point's).

    Built with its own options and the frozen spec; heavy imports happen in `load()` alone, which is called once per
    worker before the first item.
    """

    name: ClassVar[str] = ""
    version: ClassVar[str] = "1"
    Options: ClassVar[type[Options]] = Options
    needs: Resources = Resources()

    def __init__(self, options: Any, spec: "DatasetSpec") -> None:
        self.options = options
        self.spec = spec

    def load(self) -> None:
        """Import what is heavy and open weights. Called once per worker."""

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The options that change what comes out, resolved."""
        fields = type(self.options).model_fields
        kept = {
            n
            for n, f in fields.items()
            if not (isinstance(f.json_schema_extra, dict) and f.json_schema_extra.get("how"))
        }
        return dict(self.options.model_dump(mode="json", include=kept))

    @property
    def saw(self) -> Any:
        """What of the spec its answers depend on (JSON); a change makes them due again."""
        return None

    @cached_property
    def made_by(self) -> str:
        """Name, version or weights, and a hash of the options and of what it saw of the spec."""
        return f"{self.name}@{self.version}:{digest([self.settings, self.saw], 8)}"
