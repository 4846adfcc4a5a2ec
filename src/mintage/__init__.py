"""From class names to a labelled image dataset whose worth is proven."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mintage.core.errors import MintageError as MintageError
    from mintage.core.recipe import Sample as Sample
    from mintage.core.registry import engine as engine
    from mintage.core.registry import scorer as scorer
    from mintage.core.spec import DatasetSpec as DatasetSpec
    from mintage.run import Run as Run
    from mintage.run import open as open
    from mintage.start import demo as demo
    from mintage.start import doctor as doctor
    from mintage.start import engines_ as engines_
    from mintage.start import new as new
    from mintage.start import try_ as try_

_HOME = {
    "MintageError": "core.errors",
    "Sample": "core.recipe",
    "engine": "core.registry",
    "scorer": "core.registry",
    "DatasetSpec": "core.spec",
    "Run": "run",
    "open": "run",
    "demo": "start",
    "doctor": "start",
    "engines_": "start",
    "new": "start",
    "try_": "start",
}

__all__ = [
    "DatasetSpec",
    "MintageError",
    "Run",
    "Sample",
    "demo",
    "doctor",
    "engine",
    "engines_",
    "new",
    "open",
    "scorer",
    "try_",
]


def __getattr__(name: str) -> Any:
    """Names are imported when first used, so that `import mintage` is quick."""
    if name in _HOME:
        return getattr(import_module(f"mintage.{_HOME[name]}"), name)
    raise AttributeError(f"module 'mintage' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
