"""Who stands behind a server: the vendor, what its terms say of training on output, and which of its models go."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mintage.core.ports import Terms
from mintage.hosted.client import is_near

if TYPE_CHECKING:
    from mintage.hosted.options import ServerOptions

DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")
"""How a dated copy of a model ends: `gpt-image-2-2026-04-21`."""


@cache
def packaged(name: str) -> dict[str, Any]:
    """A YAML file of this package, read once."""
    from importlib.resources import files

    from ruamel.yaml import YAML

    text = files("mintage.hosted").joinpath(name).read_text(encoding="utf-8")
    return dict(YAML(typ="safe").load(text))


def host_of(options: "ServerOptions") -> str:
    """The server's name, in small letters, without port; `""` where the address has none."""
    return (urlsplit(options.base_url).hostname or "").rstrip(".").lower()


def vendor_at(host: str) -> str | None:
    """The vendor whose own server this is."""
    vendors: Mapping[str, Any] = packaged("providers.yaml")["vendors"]
    return next((name for name, vendor in vendors.items() if host in vendor["servers"]), None)


def resells(host: str) -> bool:
    """It passes on other vendors' models at their price."""
    return _reseller(host) is not None


def names(model: str) -> list[tuple[str, str | None]]:
    """The names by which a model may be listed, the closest first, each with the vendor that its prefix demands.

    The name itself; the name without a date at its end; both without `vendor/` before them, where that is a known
    vendor. Nothing else is ever taken for the same model.
    """
    known = packaged("providers.yaml")["vendors"]
    vendor, slash, bare = model.partition("/")
    forms: list[tuple[str, str | None]] = [(model, None), (DATE.sub("", model), None)]
    if slash and vendor in known:
        forms += [(bare, vendor), (DATE.sub("", bare), vendor)]
    return list(dict.fromkeys(forms))


def gone(model: str, today: date | None = None) -> str:
    """When a model was or will be shut down, and what takes its place; `""`: it stays, as far as known."""
    listed: Mapping[str, Any] = packaged("providers.yaml")["retirements"]
    name = next((n for n, _ in names(model) if n in listed), None)
    if name is None:
        return ""
    day, instead = listed[name]["day"], listed[name].get("instead")
    said = "was" if day <= (today or date.today()) else "will be"
    return f"{model} {said} shut down on {day}" + (f"; {instead} takes its place" if instead else "")


def terms_of(options: "ServerOptions") -> Terms | None:
    """What the provider's terms say of training a model on its output; None for a server of one's own.

    Of a public server that is not known, it says so.
    """
    host = host_of(options)
    if is_near(options):
        return None
    vendors: Mapping[str, Any] = packaged("providers.yaml")["vendors"]
    name = vendor_at(host)
    reseller = _reseller(host)
    if reseller is not None:
        name = options.model.partition("/")[0]
    parts = [p["terms"] for p in (reseller, vendors.get(name or "")) if p and "terms" in p]
    if not parts:
        said = "What this provider's terms say of training a model on its output is not known here: read them."
        return Terms(said, host, "")
    return Terms(
        " ".join(p["says"] for p in parts), "; ".join(p["source"] for p in parts), str(min(p["read"] for p in parts))
    )


def _reseller(host: str) -> Mapping[str, Any] | None:
    resellers: Mapping[str, Mapping[str, Any]] = packaged("providers.yaml")["resellers"]
    return next((r for r in resellers.values() if host in r["servers"]), None)
