"""The report says what the run has reached, shows its pictures, and holds whatever a name or prompt says."""

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sample_run import HOSTILE, PROMPT, gallery, picture, sample, summary

from mintage.pages import figures
from mintage.pages.report import Gallery, gallery_size, write_report
from mintage.pages.thumbnail import thumbnail
from mintage.results.summary import Attempts, Reached, Summary


class Page(HTMLParser):
    """A report as a browser reads it: tags with attributes, and the text outside script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in ("meta", "link", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text += f"{data} "

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        wanted = {k.rstrip("_").replace("_", "-"): v for k, v in wanted.items()}
        return [found for t, found in self.tags if t == tag and wanted.items() <= found.items()]


@pytest.fixture
def written(tmp_path: Path) -> str:
    counts = summary()
    galleries = {c.name: gallery(tmp_path / "images", c.name) for c in counts.classes}
    write_report(tmp_path / "report.html", counts, galleries, {"Engine": "mini <64>", "Words": "grammar"})
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_every_tag_is_closed_and_every_id_is_there_once(written: str) -> None:
    page = Page(written)
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.all("a")} <= set(ids)


def test_totals_and_headline_numbers_are_told(written: str) -> None:
    text = " ".join(Page(written).text.split())
    assert "3 classes · 300 images planned" in text
    assert "270 of 300 images kept: 12 still to come, 3 failed, 15 given up" in text
    assert "Yield 64 %" in text  # 270 of 420
    assert "Machine time 33 min for 1,000 kept images" in text  # 540 s for 270
    assert "$" not in text


def test_money_is_told_once_some_was_spent(tmp_path: Path) -> None:
    write_report(tmp_path / "r.html", dataclasses.replace(summary(), dollars=5.4), {}, {})
    assert "$5.40 $0.02 for each kept image" in " ".join(Page((tmp_path / "r.html").read_text("utf-8")).text.split())


def test_every_class_has_a_row_and_a_section_that_the_row_leads_to(written: str) -> None:
    page = Page(written)
    for i, name in enumerate(("dog", HOSTILE, "cat")):
        assert page.all("tr", data_name=name)
        assert page.all("details", data_name=name, id=f"class-{i}")
        assert page.all("a", href=f"#class-{i}")


def test_names_prompts_and_reasons_are_shown_as_they_are_and_never_run(written: str) -> None:
    page = Page(written)
    assert HOSTILE in page.text
    assert "(most like: <chair>)" in page.text
    assert "at <night>" in page.text and "no answer from <server>" in page.text and "mini <64>" in page.text
    assert len(page.all("script")) == 1
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert {figure["title"] for figure in page.all("figure")} == {PROMPT}


def test_nothing_is_fetched_and_the_policy_forbids_it(written: str) -> None:
    page = Page(written)
    assert "http" not in written.replace('http-equiv="Content-Security-Policy"', "")
    addresses = [a[key] for _, a in page.tags for key in ("src", "href") if key in a]
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "url(" not in written and "@import" not in written
    (policy,) = page.all("meta", http_equiv="Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'; img-src data:;")
    assert "script-src 'sha256-" in policy["content"]


def test_every_picture_says_its_prompt_and_keeps_its_place_free(written: str) -> None:
    images = Page(written).all("img")
    assert len(images) == 9
    assert {(i["alt"], i["width"], i["height"]) for i in images} == {(PROMPT, "128", "128")}


def test_scores_stand_under_pictures_and_the_floor_in_the_histogram(written: str) -> None:
    text = Page(written).text
    assert text.count("0.25") == 6 and text.count("−0.50") == 3
    assert "floor 0" in text
    assert "mini.margin of dog: 100 passed, 30 rejected" in text


def test_what_failed_says_what_to_type_for_this_run(tmp_path: Path, written: str) -> None:
    assert "mintage retry 'my zoo'" in Page(written).text
    write_report(tmp_path / "r.html", summary(), {}, {}, title="A zoo", folder="runs/zoo")
    text = Page((tmp_path / "r.html").read_text("utf-8")).text
    assert "mintage retry runs/zoo" in text and "A zoo" in text


def test_a_picture_that_is_gone_or_broken_is_shown_as_missing(tmp_path: Path) -> None:
    gone, broken = sample(tmp_path, "dog", 1, True), sample(tmp_path, "dog", 2, True)
    assert gone.path and broken.path
    gone.path.unlink()
    broken.path.write_bytes(b"not an image")
    write_report(tmp_path / "r.html", summary(), {"dog": Gallery((gone, broken))}, {})
    page = Page((tmp_path / "r.html").read_text("utf-8"))
    assert page.all("img") == [] and page.text.count("picture missing") == 2


def test_a_run_that_has_made_nothing_yet_has_a_report(tmp_path: Path) -> None:
    empty = Summary("new", (Reached("dog", waiting=5), Reached("cat")), {"dog": Attempts()}, {})
    write_report(tmp_path / "r.html", empty, {}, {})
    text = " ".join(Page((tmp_path / "r.html").read_text("utf-8")).text.split())
    assert "0 of 5 images kept: 5 still to come" in text
    assert "Nothing is kept yet." in text and "Missing" not in text and "Balance" not in text


def test_half_of_a_surrogate_pair_in_a_prompt_does_not_stop_the_report(tmp_path: Path) -> None:
    odd = sample(tmp_path, "dog", 1, True, prompt="a \ud83d dog")
    write_report(tmp_path / "r.html", summary(), {"dog": Gallery((odd,))}, {})
    assert "a &#55357; dog" in (tmp_path / "r.html").read_text("utf-8")


def test_a_report_that_breaks_off_leaves_the_old_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    images = gallery(tmp_path / "images", "dog")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mintage.pages.report_classes.thumbnail", stop)
    with pytest.raises(KeyboardInterrupt):
        write_report(path, summary(), {"dog": images}, {})
    assert path.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["images", "report.html"]


def test_two_hundred_classes_make_one_file_below_eight_megabytes(tmp_path: Path) -> None:
    names = tuple(f"class {n}" for n in range(200))
    kept, rejected = gallery_size(len(names))
    images = gallery(tmp_path / "images", "some", kept, rejected)
    write_report(tmp_path / "r.html", summary(names), dict.fromkeys(names, images), {})
    text = (tmp_path / "r.html").read_text("utf-8")
    assert len(re.findall("<details", text)) == 200
    assert len(text) < 8_000_000


def test_fewer_pictures_a_class_are_shown_when_classes_are_many() -> None:
    assert gallery_size(8) == (12, 6)
    assert gallery_size(200) == (5, 2)
    assert gallery_size(100_000) == (2, 1)
    for classes in range(1, 500):
        assert sum(gallery_size(classes)) * classes <= 1_500


@pytest.mark.parametrize(
    ("size", "shown"),
    [((64, 64), (128, 128)), ((640, 320), (128, 64)), ((100, 100), (100, 100)), ((20, 6000), (1, 128))],
)
def test_a_thumbnail_is_at_most_128_pixels_and_small_pictures_are_enlarged(
    tmp_path: Path, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    picture(3, size).save(tmp_path / "p.png")
    small = thumbnail(tmp_path / "p.png")
    assert small and (small.width, small.height) == shown
    assert small.address.startswith("data:image/webp;base64,")


def test_numbers_are_said_as_people_read_them() -> None:
    assert [figures.percent(*p) for p in ((0, 0), (0, 9), (1, 900), (899, 900), (9, 9))] == [
        "–",
        "0 %",
        "< 1 %",
        "> 99 %",
        "100 %",
    ]
    assert [figures.span(s) for s in (0.44, 9.97, 59.7, 61, 3599, 8000, 500_000)] == [
        "0.4 s",
        "10 s",
        "1.0 min",
        "1.0 min",
        "1.0 h",
        "2.2 h",
        "139 h",
    ]
    assert [figures.score(s) for s in (-0.5, -0.001, 0.876)] == ["−0.50", "0.00", "0.88"]
    assert [figures.dollars(d) for d in (0.002, 1234.5)] == ["< $0.01", "$1,234.50"]
