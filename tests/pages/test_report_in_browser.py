"""A report in a real browser, from disk: no request, no error, readable in light and dark, sorted and filtered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_run import HOSTILE, PROMPT, gallery, summary

from mintage.pages.report import write_report

pytestmark = pytest.mark.slow
sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
CONTRAST = """selectors => {
    const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (e) => {
        const found = rgb(getComputedStyle(e).backgroundColor);
        return found[3] === 0 ? ground(e.parentElement) : found;
    };
    return selectors.map((selector) => {
        const e = document.querySelector(selector);
        const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => x - y);
        return [selector, (b + 0.05) / (a + 0.05)];
    });
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("run")
    counts = summary(("dog", HOSTILE, "cat", "zebra", "ant"))
    galleries = {c.name: gallery(folder / "images", c.name, 12, 6) for c in counts.classes}
    write_report(folder / "report.html", counts, galleries, {"Engine": "mini"})
    return (folder / "report.html").as_uri()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    opened = context.new_page()
    opened.goto(address)
    yield opened
    context.close()


def names(page: Any) -> list[str]:
    return [str(name) for name in page.locator("#classes-table tbody th:visible").all_inner_texts()]


def test_it_opens_from_disk_without_requests_errors_or_a_script_of_anyone_else(browser: Any, address: str) -> None:
    opened = browser.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: said.append(request.url))
    opened.goto(address)
    opened.click("#open-all")
    asked = [s for s in said if not s.startswith("data:")]
    assert asked == [address]
    assert opened.title() == "my zoo · Mintage report"
    assert opened.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth === 128)")
    opened.close()


def test_the_policy_stops_scripts_that_are_not_ours(page: Any) -> None:
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "document.title = 'owned'";
        document.body.append(script);
    }""")
    assert page.title() != "owned"


def test_colours_follow_the_system_until_the_button_is_used_and_are_remembered(browser: Any, address: str) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    light, dark = (browser.new_context(color_scheme=scheme) for scheme in ("light", "dark"))
    pages = [context.new_page() for context in (light, dark)]
    for opened in pages:
        opened.goto(address)
    bright, dim = (opened.evaluate(colour) for opened in pages)
    assert bright != dim
    pages[0].click("#theme")
    assert pages[0].evaluate(colour) == dim
    pages[0].reload()
    assert pages[0].evaluate(colour) == dim
    assert pages[0].get_by_role("button", name="Light: use light colours").count() == 1
    light.close()
    dark.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_its_ground(browser: Any, address: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)
    opened = context.new_page()
    opened.goto(address)
    shown = opened.evaluate(
        CONTRAST,
        [
            ".lead",
            ".over",
            ".legend li",
            ".tile .name",
            ".tile .quiet",
            "nav a",
            "nav a[aria-current=true]",
            "thead button",
            "tbody th a",
            "td.zero",
            "code",
            ".note",
            ".told",
            ".reason",
            "h4 .quiet",
            "#theme",
            "dt",
        ],
    )
    assert [(selector, ratio) for selector, ratio in shown if ratio < 4.5] == []
    context.close()


def test_a_click_sorts_a_column_and_another_one_turns_it_around(page: Any) -> None:
    spec = ["dog", HOSTILE, "cat", "zebra", "ant"]
    assert names(page) == spec
    kept = page.get_by_role("button", name="Kept", exact=True)
    kept.click()
    assert names(page) == spec
    kept.click()
    assert names(page) == spec[::-1]
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Kept")
    page.get_by_role("button", name="Class", exact=True).press("Enter")
    assert names(page) == [HOSTILE, "ant", "cat", "dog", "zebra"]
    assert page.locator("th[aria-sort=ascending]").count() == 1


def test_the_filter_leaves_the_classes_with_those_letters_in_table_and_pictures(page: Any) -> None:
    page.fill("#filter", " A")
    assert names(page) == ["cat", "zebra", "ant"]
    page.fill("#filter", "zeb")
    assert names(page) == ["zebra"]
    assert page.locator("details.class:visible h3").all_inner_texts() == ["zebra"]
    assert "1 of 5 classes" in page.inner_text("#found")
    page.fill("#filter", "nothing like it")
    assert names(page) == [] and page.is_visible("#none-found")
    page.fill("#filter", "")
    assert len(names(page)) == 5 and not page.is_visible("#none-found")


def test_a_row_leads_to_its_section_and_opens_it(page: Any) -> None:
    section = page.locator("details.class", has=page.locator("h3", has_text="ant"))
    assert section.get_attribute("open") is None
    page.get_by_role("link", name="ant").click()
    assert section.get_attribute("open") is not None
    assert section.locator("figure").first.is_visible()


def test_a_picture_says_its_prompt_on_hover_and_on_focus_and_hides_it_on_escape(page: Any) -> None:
    figures = page.locator("#class-0 .rejected figure")
    figures.nth(1).hover()
    assert PROMPT in page.inner_text("#tip") and "most like: <chair>" in page.inner_text("#tip")
    page.keyboard.press("Escape")
    assert not page.is_visible("#tip")
    figures.nth(2).focus()
    assert page.is_visible("#tip")
    assert figures.nth(2).get_attribute("aria-describedby") == "tip"
    box = page.locator("#tip").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1280


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_width_needs_scrolling_sideways(browser: Any, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    opened = context.new_page()
    opened.goto(address)
    opened.click("#open-all")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_nothing_jumps_while_it_loads(page: Any) -> None:
    moved = page.evaluate("""() => new Promise((done) => {
        let sum = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((shift) => { sum += shift.value; }))
            .observe({ type: "layout-shift", buffered: true });
        setTimeout(() => done(sum), 300);
    })""")
    assert moved < 0.01


def test_without_scripts_everything_is_there_but_the_tools(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(address)
    assert opened.locator("details.class").count() == 5
    assert not opened.is_visible("#filter") and not opened.is_visible("#theme")
    assert opened.locator("figure").first.get_attribute("title") == PROMPT
    context.close()
