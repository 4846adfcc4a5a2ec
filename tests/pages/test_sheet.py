"""The contact sheet shows each class's pictures beside its name, on a ground of its own."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops
from sample_run import picture

from mintage.pages.sheet import ROUND, SIDE, draw_sheet, save_sheet
from mintage.pictures.lettering import set_in

Rows = list[tuple[str, list[Image.Image]]]


def rows(classes: int, pictures: int = 8) -> Rows:
    return [(f"class {c}", [picture(c * pictures + p) for p in range(pictures)]) for c in range(classes)]


def plain(classes: int, colour: str, pictures: int = 8) -> Rows:
    return [(f"class {c}", [Image.new("RGB", (64, 64), colour)] * pictures) for c in range(classes)]


def squares(sheet: Image.Image, colour: str) -> int:
    """How many pictures of a colour lie on a sheet, by their area less the round corners."""
    return round(sum(where(sheet, colour).histogram()[1:]) / (SIDE * SIDE - 0.86 * ROUND * ROUND))


def where(sheet: Image.Image, colour: str) -> Image.Image:
    """A mask of one colour."""
    off = ImageChops.difference(sheet.convert("RGB"), Image.new("RGB", sheet.size, colour)).convert("L")
    return off.point(lambda level: 255 * (level == 0))


def test_every_class_shows_its_pictures_doubled() -> None:
    assert squares(draw_sheet(plain(8, "#ff00ff"), "zoo"), "#ff00ff") == 64


def test_at_most_so_many_pictures_of_a_class_are_shown() -> None:
    assert squares(draw_sheet(plain(3, "#ff00ff"), "zoo", pictures=5), "#ff00ff") == 15


def test_more_than_twelve_classes_stand_in_two_columns() -> None:
    one, two = draw_sheet(plain(12, "#ff00ff"), "zoo"), draw_sheet(plain(20, "#ff00ff"), "zoo")
    assert two.height < one.height
    assert squares(two, "#ff00ff") == 20 * 4


def test_classes_beyond_two_columns_are_left_out_and_the_sheet_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("mintage.pages.sheet.write", lambda draw, at, text, *args, **more: said.append(text))
    draw_sheet(rows(200, 2), "zoo", note="400 images")
    assert "400 images · 24 of 200 classes" in said
    assert "class 23" in said and "class 24" not in said


def test_a_picture_that_is_not_square_is_shown_whole() -> None:
    sheet = draw_sheet([("dog", [Image.new("RGB", (200, 100), "#ff00ff")])], "zoo")
    left, top, right, bottom = where(sheet, "#ff00ff").getbbox() or (0, 0, 0, 0)
    assert (right - left, bottom - top) == (SIDE, SIDE // 2)


def test_it_is_saved_with_clear_corners_and_few_bytes(tmp_path: Path) -> None:
    sheet = draw_sheet(rows(8), "zoo", note="64 images")
    save_sheet(sheet, tmp_path / "contact_sheet.png")
    saved = Image.open(tmp_path / "contact_sheet.png").convert("RGBA")
    assert saved.size == sheet.size
    corners = [(0, 0), (saved.width - 1, 0), (0, saved.height - 1), (saved.width - 1, saved.height - 1)]
    assert [saved.getpixel(c)[3] for c in corners] == [0] * 4  # type: ignore[index]
    assert saved.getpixel((saved.width // 2, 20)) == (0x11, 0x1A, 0x17, 255)
    assert (tmp_path / "contact_sheet.png").stat().st_size < 500_000


def test_saved_colours_stay_close_to_those_drawn(tmp_path: Path) -> None:
    sheet = draw_sheet(rows(8), "zoo")
    save_sheet(sheet, tmp_path / "s.png")
    saved = Image.open(tmp_path / "s.png").convert("RGB")
    off = ImageChops.difference(sheet.convert("RGB"), saved).convert("L").histogram()
    assert sum(level * n for level, n in enumerate(off)) / (sheet.width * sheet.height) < 3


@pytest.mark.parametrize("label", ["", "ünï", "犬 🦓", "a name " * 40, "two\nlines", "x" * 500])
def test_any_name_can_be_written(label: str) -> None:
    sheet = draw_sheet([(label, [picture(1)])], label, note=label)
    assert sheet.width < 1_000


def test_a_set_without_pictures_has_a_sheet() -> None:
    assert draw_sheet([], "zoo").width >= 640
    assert draw_sheet([("dog", [])], "zoo").width >= 640


def test_accents_are_dropped_only_where_no_font_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set_in("plain", 20)[0] == "plain"
    monkeypatch.setattr("mintage.pictures.lettering.SYSTEM", ())
    assert set_in("ünïcode", 20)[0] == "unicode"
