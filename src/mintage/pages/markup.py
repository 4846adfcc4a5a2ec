"""HTML and SVG elements as text: whatever is not markup already is escaped."""

from html import escape

from mintage.core.errors import tame


class Markup(str):
    """Text that is HTML. A plain string becomes one by `element`, which escapes it."""

    __slots__ = ()


Child = str | int | None


def element(tag: str, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """`<tag attributes>children</tag>`.

    Children that are not `Markup` are escaped and lose their control characters, None is left out. In an attribute's
    name an underscore at the end is dropped and others become hyphens (`class_`, `data_value`); True gives a bare
    attribute, False and None none.
    """
    start = f"<{tag}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Markup(start if tag in _VOID else f"{start}{join(*children)}</{tag}>")


def join(*children: Child) -> Markup:
    """Children one after the other."""
    return Markup("".join(c if isinstance(c, Markup) else escape(tame(str(c))) for c in children if c is not None))


_VOID = frozenset({"meta", "link", "img", "input", "br"})


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    return f' {name}="{escape(f"{value:g}" if isinstance(value, float) else tame(str(value)))}"'
