"""`mintage references`: a table of the real images, and a sheet with the outline of each object."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from mintage.cli import main
from mintage.core.errors import MintageError
from mintage.pages.outlines import ACCENT, DOUBT, MOST, SIDE, Tile, draw_outlines, outlined
from mintage.pictures import encode_png
from mintage.run import Run


def put(folder: Path, count: int, ground: str = "white") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        picture = Image.new("RGB", (120, 90), ground)
        ImageDraw.Draw(picture).ellipse((20 + 6 * i, 12, 60 + 8 * i, 78 - i), ("navy", "teal", "maroon")[i % 3])
        (folder / f"{i:02d}.png").write_bytes(encode_png(picture))


def with_photos(a_set: Callable[..., Run], **use: str) -> Run:
    run = a_set(classes={"lemon": {"images": 4, "references": "photos"}, "chair": 4}, references=use)
    put(run.folder / "photos", 3)
    noise = Image.effect_noise((90, 90), 90).convert("RGB")
    (run.folder / "photos" / "noise [a].png").write_bytes(encode_png(noise))
    (run.folder / "photos" / "bad.jpg").write_bytes(b"x")
    return run


def has(picture: Image.Image, colour: str) -> bool:
    """Near enough: a sheet is saved with few colours."""
    from PIL import ImageColor

    wanted, colours = ImageColor.getrgb(colour), picture.convert("RGB").getcolors(2**24) or []
    return any(max(abs(a - b) for a, b in zip(c, wanted, strict=False)) < 10 for _, c in colours)


def test_the_table_counts_and_names_what_is_odd_and_the_sheet_lies_in_the_run(
    a_set: Callable[..., Run], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    run = with_photos(a_set)
    with pytest.raises(SystemExit) as end:
        main(["references", str(run.folder)])
    said = capsys.readouterr().out
    assert end.value.code == 0
    assert "4 real images usable, 1 odd" in said
    assert "bad.jpg: cannot be read" in said
    assert "cut-outs: 3 sure, 1 not" in said
    assert 'pip install "mintage[vision]"' in said
    assert "chair" not in said, "it has no references"
    with Image.open(run.folder / "references.png") as sheet:
        assert sheet.width > 1000
        assert has(sheet, ACCENT)
    assert len(list((run.folder / "cutouts").iterdir())) == 4


def test_without_masks_the_sheet_shows_the_pictures_alone(a_set: Callable[..., Run]) -> None:
    run = with_photos(a_set, masks="none")
    page = run.references()
    assert page.sheet.is_file() and "cut-outs" not in str(page)
    assert not (run.folder / "cutouts").exists()


def test_without_references_it_says_where_to_write_them(a_set: Callable[..., Run]) -> None:
    with pytest.raises(MintageError, match="references: photos/lemon"):
        a_set().references()


def test_it_needs_no_plan_and_makes_no_ledger(a_set: Callable[..., Run]) -> None:
    run = with_photos(a_set)
    run.references()
    assert not (run.folder / "ledger.db").exists()


def test_the_outline_goes_round_the_object() -> None:
    mask = Image.new("L", (60, 60))
    mask.paste(255, (20, 20, 40, 40))
    drawn = outlined(Image.new("RGB", (60, 60), "white"), mask, "#ff0000")
    assert drawn.getpixel((30, 30)) == (255, 255, 255)
    assert drawn.getpixel((20, 30)) == drawn.getpixel((19, 30)) == (255, 0, 0)
    assert max(drawn.getpixel((5, 5))) < 200, "darker outside"


@pytest.mark.slow
def test_a_sheet_of_thousands_shows_a_part_and_counts_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def look() -> tuple[Image.Image, None]:
        opened.append(1)
        return Image.new("RGB", (8, 8), "#ff00ff"), None

    groups = [(f"class {c}", [Tile("x.png", "", True, look)] * 300) for c in range(5)]
    draw_outlines(groups, "zoo", "1,500 images")
    assert len(opened) == MOST


def test_a_picture_that_is_gone_leaves_its_place_empty() -> None:
    def look() -> tuple[Image.Image, None]:
        raise OSError("gone")

    sheet = draw_outlines([("dog", [Tile("x.png", "plain 0.91", False, look)])], "zoo", "")
    assert sheet.height > SIDE and not has(sheet, DOUBT)
