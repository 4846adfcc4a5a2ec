"""The report: one HTML file that shows what a run has made, from disk, without a network."""

import base64
import hashlib
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from mintage.pages import charts, figures
from mintage.pages.markup import Markup, element, join
from mintage.pages.report_classes import Gallery, class_sections, class_table

if TYPE_CHECKING:
    from mintage.results.summary import Shortfall, Summary

__all__ = ["Gallery", "gallery_size", "write_report"]

PICTURES = 1_500
"""So many thumbnails keep the file below some 8 MB, at 5 kB for a detailed photo with what is said of it."""


def gallery_size(classes: int) -> tuple[int, int]:
    """How many kept and rejected pictures of each class a report should show, so that it stays easy to send.

    12 and 6 for up to 83 classes, fewer beyond, never less than 2 and 1.
    """
    each = PICTURES / max(1, classes)
    return min(12, max(2, int(each * 2 / 3))), min(6, max(1, int(each / 3)))


def write_report(
    path: Path,
    summary: "Summary",
    galleries: Mapping[str, Gallery],
    made: Mapping[str, str],
    *,
    title: str = "",
    folder: str = "",
) -> None:
    """Write a run's report: whole or not at all, class by class, so that memory does not grow with their number.

    Args:
        path: the file; one that is there is replaced.
        summary: the counts.
        galleries: by class name, the pictures to show (see `gallery_size`); thumbnails are embedded, and a picture
            that cannot be read is shown as missing.
        made: how it was made, as rows of what and which (`{"Engine": "mini", "Date": "2026-01-01"}`).
        title: the heading; the run's name unless given.
        folder: what the user types for this run in commands; the run's name unless given.

    Raises:
        OSError: it cannot be written; what was at `path` is as it was.
    """
    partial = path.with_name(f".{uuid4().hex}.partial")
    try:
        # a prompt may hold half of a surrogate pair, which UTF-8 cannot
        with partial.open("x", encoding="utf-8", newline="\n", errors="xmlcharrefreplace") as file:
            for chunk in _page(summary, galleries, made, title or summary.name, shlex.quote(folder or summary.name)):
                file.write(chunk)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _page(
    summary: "Summary", galleries: Mapping[str, Gallery], made: Mapping[str, str], title: str, typed: str
) -> Iterator[str]:
    script = _beside("report.js")
    sections = {"overview": "Overview", "classes": "Classes"}
    if summary.attributes:
        sections["balance"] = "Balance"
    sections["pictures"] = "Pictures"
    if summary.failed or summary.given_up:
        sections["missing"] = "Missing"
    if made:
        sections["made"] = "How it was made"
    yield '<!doctype html>\n<html lang="en">\n<head>' + _head(title, script) + "</head>\n<body>\n"
    yield _banner() + _contents(sections) + '<main id="content">\n'
    yield _overview(summary, title, typed)
    yield _part("classes", "Classes", class_table(summary))
    if summary.attributes:
        yield _part("balance", "Balance", charts.balance(summary.attributes), note=_BALANCE)
    yield '<section id="pictures"><div class="title"><h2>Pictures</h2>' + _buttons() + "</div>"
    yield element("p", _pictures_note(summary), class_="note")
    for section in class_sections(summary, galleries):
        yield section + "\n"
    yield '<p class="quiet" id="none-found" hidden>No class has this in its name.</p></section>\n'
    if summary.failed or summary.given_up:
        yield _missing(summary, typed)
    if made:
        yield _part("made", "How it was made", _facts(made))
    yield '</main>\n<div id="tip" role="tooltip" hidden></div>\n</body>\n</html>\n'


_BALANCE = "The longest bar is the value with the most slots; what is not green is not in the set."


def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _head(title: str, script: str) -> Markup:
    """Nothing may be fetched, and no script but our own may run, whatever a prompt or class name says."""
    known = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{known}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return join(
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),
        element("title", f"{title} · Mintage report"),
        element("style", Markup(_beside("report.css"))),
        element("script", Markup(script)),
    )


def _banner() -> Markup:
    mark = element(
        "svg",
        element("circle", cx=12, cy=12, r=11),
        element("path", d="M7 16.5V8l5 5.2L17 8v8.5"),
        viewBox="0 0 24 24",
        aria_hidden="true",
    )
    toggle = element("button", "Dark", type="button", id="theme", class_="needs-script", aria_label="Use dark colours")
    brand = element("span", mark, element("span", "Mintage"), class_="brand")
    return join(element("a", "Skip to the report", href="#content", class_="skip"), element("header", brand, toggle))


def _contents(sections: Mapping[str, str]) -> Markup:
    links = (element("li", element("a", name, href=f"#{key}")) for key, name in sections.items())
    return element("nav", element("ol", *links), aria_label="Contents")


def _part(key: str, name: str, *content: Markup, note: str = "") -> Markup:
    said = element("p", note, class_="note") if note else None
    return element("section", element("h2", name), said, *content, id=key)


def _overview(summary: "Summary", title: str, typed: str) -> Markup:
    total = summary.total
    classes = f"{figures.count(len(summary.classes))} class{'' if len(summary.classes) == 1 else 'es'}"
    go_on = join(". Go on with ", element("code", f"mintage run {typed}")) if total.waiting else None
    return element(
        "section",
        element("p", f"{classes} · {figures.images(total.planned)} planned", class_="over"),
        element("h1", title),
        element("p", _lead(summary), go_on, ".", class_="lead"),
        element("div", charts.state_bar(total), charts.legend(total), class_="total"),
        element("div", *_tiles(summary), class_="tiles"),
        id="overview",
    )


def _lead(summary: "Summary") -> str:
    total = summary.total
    if total.planned and total.kept == total.planned:
        return f"All {figures.images(total.planned)} are kept"
    left = [
        f"{figures.count(n)} {said}"
        for n, said in (
            (total.waiting, "still to come"),
            (total.failed, "failed"),
            (total.given_up, "given up"),
            (total.stopped, "stopped"),
        )
        if n
    ]
    start = f"{figures.count(total.kept)} of {figures.images(total.planned)} kept"
    return f"{start}: {', '.join(left)}" if left else start


def _tiles(summary: "Summary") -> Iterator[Markup]:
    total = summary.total
    made = sum(a.made for a in summary.attempts.values())
    kept = sum(a.kept for a in summary.attempts.values())
    thousand = summary.seconds_per_thousand
    share = figures.percent(total.kept, total.planned)
    yield _tile("Kept", share, f"{figures.count(total.kept)} of {figures.images(total.planned)}")
    yield _tile("Yield", figures.percent(kept, made), f"kept of {figures.images(made)} made")
    if thousand is not None:
        spent = figures.span(sum(summary.seconds.values()))
        yield _tile("Machine time", figures.span(thousand), f"for 1,000 kept images; {spent} so far")
    if summary.dollars > 0:
        each = summary.dollars_per_image
        said = f"{figures.price(each)} for each kept image" if each else "nothing kept yet"
        limit = summary.budget.dollars if summary.budget else None
        yield _tile(
            "Spent", figures.dollars(summary.dollars), said + (f"; of {figures.dollars(limit)}" if limit else "")
        )


def _tile(name: str, number: str, note: str) -> Markup:
    lines = (element("p", said, class_=kind) for said, kind in ((name, "name"), (number, "number"), (note, "quiet")))
    return element("div", *lines, class_="tile card")


def _buttons() -> Markup:
    buttons = (element("button", f"{said} all", type="button", id=f"{said.lower()}-all") for said in ("Open", "Close"))
    return element("div", *buttons, class_="tools needs-script")


def _pictures_note(summary: "Summary") -> str:
    under = f" The number under a picture is {summary.number}." if summary.number else ""
    return f"Some of what was kept and rejected in each class.{under} Point at a picture, or tap it, for its prompt."


def _missing(summary: "Summary", typed: str) -> Markup:
    """What failed and what was given up, and what can be done about either."""
    retry = join("Failed slots wait until they are tried again: ", element("code", f"mintage retry {typed}"))
    change = join(
        "No attempt is left for these slots. A lower floor, a larger number of ",
        element("code", "attempts"),
        " or another engine in ",
        element("code", "dataset.yaml"),
        " takes them up again; what was refused, other words for the class or another model: ",
        element("code", f"mintage run {typed}"),
    )
    return _part(
        "missing",
        "Missing",
        *(
            join(element("h3", f"{name}: {figures.count(n)}"), element("p", do, class_="note"), _shortfalls(name, rows))
            for name, n, do, rows in (
                ("Failed", summary.total.failed, retry, summary.failed),
                ("Given up", summary.total.given_up, change, summary.given_up),
            )
            if rows
        ),
    )


def _shortfalls(name: str, rows: "tuple[Shortfall, ...]") -> Markup:
    head = element(
        "tr",
        *(
            element("th", said, scope="col", class_=style)
            for said, style in (
                ("Class", "text"),
                ("Slots", "num"),
                ("Mostly", "text"),
                ("Why", "text"),
            )
        ),
    )
    body = (
        element(
            "tr",
            element("th", row.name, scope="row"),
            element("td", figures.count(row.slots), class_="num"),
            element("td", row.where or "–"),
            element("td", row.reason, class_="why"),
        )
        for row in rows
    )
    table = element("table", element("thead", head), element("tbody", *body))
    return element("div", table, class_="scroll card", tabindex=0, role="region", aria_label=f"{name}, by class")


def _facts(made: Mapping[str, str]) -> Markup:
    rows = (element("div", element("dt", what), element("dd", which)) for what, which in made.items())
    return element("dl", *rows, class_="facts card")
