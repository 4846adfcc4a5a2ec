"""Charts of a report: bars in parts, a histogram with its floor, what is kept for each value of an axis."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mintage.pages import figures
from mintage.pages.markup import Markup, element, join

if TYPE_CHECKING:
    from mintage.results.summary import Histogram, Reached, Summary

STATES = (
    ("kept", "kept"),
    ("waiting", "waiting"),
    ("failed", "failed"),
    ("given_up", "given up"),
    ("stopped", "stopped"),
)
"""Of slots: field of `Reached` and what a person reads, in the order in which bars show them."""

WIDTH, HEIGHT, BASE = 280, 118, 96  # of a histogram: view box, and the y of its base line


def state_bar(reached: "Reached", of: int | None = None) -> Markup:
    """A bar in parts: slots by state, out of `of` (all that are planned); what it says is in its label as well."""
    whole = of or reached.planned or 1
    said = ", ".join(f"{figures.count(getattr(reached, f))} {name}" for f, name in STATES if getattr(reached, f))
    parts = [
        element("i", class_=f"part {field}", style=f"width:{100 * getattr(reached, field) / whole:.3f}%")
        for field, _ in STATES
        if getattr(reached, field)
    ]
    label = f"{said or 'nothing'} of {figures.count(reached.planned)} planned"
    return element("span", *parts, class_="bar", role="img", aria_label=label, title=label)


def legend(reached: "Reached") -> Markup:
    """What the colours of bars mean, with the counts."""
    return element(
        "ul",
        *(
            element(
                "li",
                element("i", class_=f"dot {field}"),
                element("b", figures.count(getattr(reached, field))),
                f" {name}",
            )
            for field, name in STATES
            if field != "stopped" or reached.stopped
        ),
        class_="legend",
    )


def share_bar(share: float | None) -> Markup:
    """A small bar of one share, 0 to 1, for a cell whose number stands beside it."""
    return element(
        "span",
        element("i", class_="part kept", style=f"width:{100 * (share or 0):.2f}%"),
        class_="bar small",
        aria_hidden="true",
    )


def histogram(shown: "Histogram", name: str, summary: "Summary") -> Markup:
    """One class's attempts by the floor's number: what passed and what was rejected, and the floor as a line."""
    bins = list(zip(shown.passed, shown.rejected, strict=True))
    highest = max((p + r for p, r in bins), default=0)
    if not highest:
        return element("p", "No scores yet.", class_="quiet")
    step = WIDTH / len(bins)
    bars = [_bin(i * step, step, p, r, highest) for i, (p, r) in enumerate(bins) if p + r]
    ends = [
        element("text", f"{value:g}".replace("-", "−"), x=x, y=BASE + 15, text_anchor=anchor)
        for value, x, anchor in ((summary.low, 0, "start"), (summary.high, WIDTH, "end"))
    ]
    passed, rejected = sum(shown.passed), sum(shown.rejected)
    said = f"{summary.number} of {name}: {figures.count(passed)} passed, {figures.count(rejected)} rejected"
    return element(
        "svg",
        element("title", said),
        *bars,
        element("line", class_="base", x1=0, y1=BASE, x2=WIDTH, y2=BASE),
        *ends,
        _floor(summary),
        class_="histogram",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=said,
    )


def _bin(x: float, step: float, passed: int, rejected: int, highest: int) -> Markup:
    """One column: passed below, rejected on top. A single attempt is always seen."""
    scale = (BASE - 18) / highest
    low, high = (max(n * scale, 2.0) if n else 0.0 for n in (passed, rejected))
    place = {"x": round(x + 1, 2), "width": round(step - 2, 2), "rx": 1.5}
    top = BASE - low - high
    return element(
        "g",
        element("title", f"{figures.count(passed)} passed, {figures.count(rejected)} rejected"),
        element("rect", class_="kept", y=round(BASE - low, 2), height=round(low, 2), **place) if low else None,
        element("rect", class_="rejected", y=round(top, 2), height=round(high, 2), **place) if high else None,
    )


def _floor(summary: "Summary") -> Markup | None:
    if summary.floor is None:
        return None
    x = WIDTH * min(1.0, max(0.0, (summary.floor - summary.low) / (summary.high - summary.low)))
    anchor = "start" if x < 45 else "end" if x > WIDTH - 45 else "middle"
    return join(
        element("line", class_="floor", x1=x, y1=14, x2=x, y2=BASE),
        element("text", f"floor {summary.floor:g}", class_="floor", x=x, y=10, text_anchor=anchor),
    )


def balance(attributes: Mapping[str, tuple["Reached", ...]]) -> Markup:
    """For each axis, its values as bars: their length is what is planned, their colour what became of it."""
    return element("div", *(_axis(axis, levels) for axis, levels in attributes.items()), class_="axes")


def _axis(axis: str, levels: tuple["Reached", ...]) -> Markup:
    longest = max((level.planned for level in levels), default=0)
    rows = [
        element(
            "tr",
            element("th", level.name, scope="row"),
            element("td", state_bar(level, longest), class_="grow"),
            element("td", f"{figures.count(level.kept)} of {figures.count(level.planned)}", class_="num"),
            element("td", figures.percent(level.kept, level.planned), class_="num strong"),
            element("td", f"{figures.count(level.made)} made", class_="num"),
        )
        for level in levels
    ]
    head = element(
        "tr",
        *(
            element("th", said, scope="col", class_=style)
            for said, style in ((axis, ""), ("", "grow"), ("kept", "num"), ("share", "num"), ("made", "num"))
        ),
    )
    table = element("table", element("caption", axis), element("thead", head, class_="unseen"), element("tbody", *rows))
    return element("div", table, class_="axis card")
