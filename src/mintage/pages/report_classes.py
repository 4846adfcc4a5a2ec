"""The classes of a report: a table to sort and filter, and for each class its pictures and scores."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.core.recipe import Sample
from mintage.pages import charts, figures
from mintage.pages.markup import Markup, element, join
from mintage.pages.thumbnail import SIDE, thumbnail

if TYPE_CHECKING:
    from mintage.results.summary import Attempts, Reached, Summary

OPEN = 3
"""So many classes show their pictures from the start."""

COLUMNS = (
    ("Class", "text"),
    ("Progress", "grow"),
    ("Planned", "num"),
    ("Made", "num"),
    ("Kept", "num"),
    ("Rejected", "num"),
    ("Given up", "num"),
    ("Yield", "num"),
)


@dataclass(frozen=True)
class Gallery:
    """Samples of one class that a report shows, in that order."""

    kept: tuple[Sample, ...] = ()
    rejected: tuple[Sample, ...] = ()


def anchor(index: int) -> str:
    """The id of a class's section; names are free text and would need escaping in an address."""
    return f"class-{index}"


def class_table(summary: "Summary") -> Markup:
    """Every class in a row, with the filter above."""
    head = element(
        "tr",
        *(
            element("th", element("button", name, type="button"), scope="col", class_=kind, aria_sort="none")
            for name, kind in COLUMNS
        ),
    )
    rows = [_row(i, c, summary.attempts.get(c.name)) for i, c in enumerate(summary.classes)]
    search = element(
        "input",
        type="search",
        id="filter",
        placeholder="Filter classes",
        aria_label="Filter classes",
        autocomplete="off",
        spellcheck="false",
    )
    table = element("table", element("thead", head), element("tbody", *rows), id="classes-table")
    return join(
        element("div", search, element("output", "", id="found", for_="filter"), class_="tools needs-script"),
        element("div", table, class_="scroll card", tabindex=0, role="region", aria_label="Table of classes"),
    )


def _row(index: int, reached: "Reached", attempts: "Attempts | None") -> Markup:
    made, rejected = (attempts.made, attempts.rejected) if attempts else (0, 0)
    share = attempts.yield_ if attempts else None
    yield_ = (element("span", figures.percent(share, 1) if share is not None else "–"), charts.share_bar(share))
    numbers = (reached.planned, made, reached.kept, rejected, reached.given_up)
    return element(
        "tr",
        element("th", element("a", reached.name, href=f"#{anchor(index)}"), scope="row", data_value=reached.name),
        element("td", charts.state_bar(reached), class_="grow", data_value=reached.kept / (reached.planned or 1)),
        *(element("td", figures.count(n), class_="num" if n else "num zero", data_value=n) for n in numbers),
        element("td", *yield_, class_="num yield", data_value=-1 if share is None else share),
        data_name=reached.name,
    )


def class_sections(summary: "Summary", galleries: Mapping[str, Gallery]) -> Iterator[Markup]:
    """One section for each class, as a stream: their thumbnails are most of the file."""
    for i, reached in enumerate(summary.classes):
        yield _section(i, reached, summary, galleries.get(reached.name, Gallery()))


def _section(index: int, reached: "Reached", summary: "Summary", gallery: Gallery) -> Markup:
    attempts = summary.attempts.get(reached.name)
    share = attempts.yield_ if attempts else None
    told = element(
        "span",
        f"{figures.count(reached.kept)} of {figures.count(reached.planned)}",
        element("span", f" · yield {figures.percent(share, 1)}", class_="wide") if share is not None else None,
        class_="told",
    )
    pictures = element(
        "div",
        _pictures("kept", gallery.kept, reached.kept, summary.number),
        _pictures("rejected", gallery.rejected, attempts.rejected if attempts else 0, summary.number),
        class_="pictures",
    )
    return element(
        "details",
        element("summary", element("h3", reached.name), charts.state_bar(reached), told),
        element("div", pictures, _aside(reached, attempts, summary), class_="inside"),
        class_="class card",
        id=anchor(index),
        open=index < OPEN,
        data_name=reached.name,
    )


def _aside(reached: "Reached", attempts: "Attempts | None", summary: "Summary") -> Markup:
    spent = summary.by_class.get(reached.name, 0.0)
    numbers = element(
        "dl",
        *(
            element("div", element("dt", name), element("dd", figures.count(n)))
            for name in ("made", "kept", "rejected", "refused", "failed")
            if (n := getattr(attempts, name, 0)) or name == "made"
        ),
        element("div", element("dt", "spent"), element("dd", figures.dollars(spent))) if spent else None,
        class_="counts",
    )
    shown = summary.histograms.get(reached.name)
    chart = (
        join(
            element("h4", "Scores", element("span", f" {summary.number}", class_="quiet")),
            charts.histogram(shown, reached.name, summary),
        )
        if shown and summary.number
        else None
    )
    return element("div", element("h4", "Attempts"), numbers, chart, class_="beside")


def _pictures(kind: str, samples: Sequence[Sample], of: int, number: str) -> Markup | None:
    """The pictures of one kind under their heading; None when there are none and none are missed."""
    if not samples:
        return element("p", "Nothing is kept yet.", class_="quiet") if kind == "kept" else None
    more = f" {figures.count(len(samples))} of {figures.count(max(of, len(samples)))}"
    return join(
        element("h4", element("i", class_=f"dot {kind}"), kind.capitalize(), element("span", more, class_="quiet")),
        element("div", *(_figure(s, kind, number) for s in samples), class_=f"grid {kind}"),
    )


def _figure(sample: Sample, kind: str, number: str) -> Markup:
    said = sample.prompt or sample.label
    small = thumbnail(sample.path)
    shown = (
        element("img", src=small.address, width=small.width, height=small.height, alt=said, decoding="async")
        if small
        else element("span", "picture missing", class_="missing")
    )
    scores = sample.scores
    value = element("b", figures.score(scores[number])) if number in scores else None
    reason = sample.verdict.reason if kind == "rejected" and sample.verdict else ""
    return element(
        "figure",
        element("span", shown, class_="frame", style=f"--side:{SIDE}px"),
        element("figcaption", value, element("span", reason, class_="reason") if reason else None),
        tabindex=0,
        title=said,
        data_attributes=" · ".join(f"{axis}: {level}" for axis, level in sample.attributes.items()) or None,
        data_scores=" · ".join(f"{name} {figures.score(v)}" for name, v in scores.items()) or None,
        data_id=f"{sample.technique} · {sample.id[:12]}",
    )
