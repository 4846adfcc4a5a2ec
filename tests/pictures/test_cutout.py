"""Cut-outs: where they come from, that they fit their picture, and that their confidence means something."""

import os
import random
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy
import pytest
from PIL import Image, ImageDraw, ImageFilter

from mintage.core.errors import MintageError
from mintage.pictures import open_picture
from mintage.pictures.cutouts.cutout import find_cut_out
from mintage.pictures.read import open_with_alpha

DATA = Path(os.environ.get("MINTAGE_DATA", Path(__file__).parents[3] / "shared" / "data"))
photos = pytest.mark.skipif(not DATA.is_dir(), reason="shared data is absent: set MINTAGE_DATA")

Mask = numpy.ndarray
SIZE = (200, 160)
SHAPE = (60, 30, 150, 130)


def truth() -> Mask:
    mask = Image.new("L", SIZE)
    ImageDraw.Draw(mask).ellipse(SHAPE, 255)
    return numpy.asarray(mask) > 0


def scene(ground: str = "white", thing: str = "firebrick", noise: int = 0) -> Image.Image:
    picture = Image.new("RGB", SIZE, ground)
    ImageDraw.Draw(picture).ellipse(SHAPE, thing)
    if not noise:
        return picture
    chance = numpy.random.default_rng(1)
    pixels = numpy.asarray(picture) + chance.normal(0, noise, (*reversed(SIZE), 3))
    return Image.fromarray(numpy.clip(pixels, 0, 255).astype(numpy.uint8))


def patchwork() -> Image.Image:
    """A disc on a ground of many colours, which is not plain."""
    chance = random.Random(3)
    picture = Image.new("RGB", SIZE)
    for x in range(0, SIZE[0], 20):
        for y in range(0, SIZE[1], 20):
            picture.paste(chance.choice(["gold", "navy", "seagreen", "silver"]), (x, y, x + 20, y + 20))
    ImageDraw.Draw(picture).ellipse(SHAPE, "crimson")
    return picture


def encoded(picture: Image.Image, kind: str, **more: int) -> Image.Image:
    out = BytesIO()
    picture.save(out, kind, **more)
    return open_picture(out.getvalue())


def overlap(mask: Image.Image, right: Mask) -> float:
    assert mask.mode == "L"
    found = numpy.asarray(mask)
    assert set(numpy.unique(found)) <= {0, 255}, "hard"
    return float(((found > 0) & right).sum() / ((found > 0) | right).sum())


@pytest.fixture
def no_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)


@pytest.mark.parametrize("ground", ["white", "black", "lightgreen", "gray"])
@pytest.mark.parametrize("noise", [0, 6])
def test_an_object_on_a_plain_ground_is_found_without_opencv(ground: str, noise: int, no_opencv: None) -> None:
    found = find_cut_out(scene(ground, noise=noise))
    assert found is not None and found.how == "plain"
    assert found.confidence > 0.8
    assert overlap(found.mask, truth()) > 0.9


@pytest.mark.parametrize(("kind", "quality"), [("JPEG", 60), ("WEBP", 40)])
def test_what_an_encoder_adds_does_no_harm(kind: str, quality: int, no_opencv: None) -> None:
    found = find_cut_out(encoded(scene(), kind, quality=quality))
    assert found is not None and overlap(found.mask, truth()) > 0.88


def test_a_soft_shadow_is_background(no_opencv: None) -> None:
    shadow = Image.new("L", SIZE)
    ImageDraw.Draw(shadow).ellipse((75, 90, 180, 145), 60)
    picture = Image.composite(Image.new("RGB", SIZE), scene(), shadow.filter(ImageFilter.GaussianBlur(10)))
    picture.paste(scene(), (0, 0), Image.fromarray(truth()))
    found = find_cut_out(picture)
    assert found is not None and overlap(found.mask, truth()) > 0.85


def test_light_that_falls_off_over_the_ground_is_background(no_opencv: None) -> None:
    fall = numpy.linspace(1, 0.75, SIZE[0])[None, :, None]
    found = find_cut_out(Image.fromarray((numpy.asarray(scene("lightblue")) * fall).astype(numpy.uint8)))
    assert found is not None and overlap(found.mask, truth()) > 0.9


def test_no_rim_of_the_background_is_taken_along(no_opencv: None) -> None:
    blurred = scene("white", "black").filter(ImageFilter.GaussianBlur(1))
    found = find_cut_out(blurred)
    assert found is not None
    inside = numpy.asarray(blurred.convert("L"))[numpy.asarray(found.mask) > 0]
    assert inside.max() < 128


def test_tiny_holes_are_closed_and_crumbs_left_out(no_opencv: None) -> None:
    picture = scene()
    draw = ImageDraw.Draw(picture)
    draw.rectangle((100, 70, 103, 73), "white")
    draw.rectangle((10, 10, 14, 14), "black")
    found = find_cut_out(picture)
    assert found is not None and found.mask.getpixel((101, 71)) == 255
    assert found.mask.getpixel((12, 12)) == 0


def test_a_pair_is_kept_whole(no_opencv: None) -> None:
    picture = Image.new("RGB", SIZE, "white")
    for left in (30, 110):
        ImageDraw.Draw(picture).ellipse((left, 30, left + 60, 130), "navy")
    found = find_cut_out(picture)
    assert found is not None and found.confidence > 0.8
    assert found.mask.getpixel((60, 80)) == found.mask.getpixel((140, 80)) == 255


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("RGB", SIZE, "white"),
        Image.new("RGB", (1, 1)),
        Image.new("RGB", (3, 300), "red"),
        Image.new("RGB", (40, 2)),
    ],
    ids=["empty", "a pixel", "a thread", "a strip"],
)
@pytest.mark.parametrize("how", ["auto", "plain"])
def test_where_there_is_nothing_nothing_sure_is_found(picture: Image.Image, how: str) -> None:
    found = find_cut_out(picture, how)
    assert found is None or found.confidence < 0.5


def test_noise_alone_holds_no_sure_object() -> None:
    noise = Image.frombytes("RGB", SIZE, random.Random(0).randbytes(3 * SIZE[0] * SIZE[1]))
    found = find_cut_out(noise)
    assert found is None or found.confidence < 0.5


def test_an_object_that_fills_the_picture_is_not_sure() -> None:
    picture = Image.new("RGB", SIZE, "white")
    picture.paste("navy", (0, 0, 200, 140))
    found = find_cut_out(picture)
    assert found is None or found.confidence < 0.5


def test_grabcut_finds_an_object_on_a_ground_of_many_colours() -> None:
    pytest.importorskip("cv2", reason="needs the extra vision")
    found = find_cut_out(patchwork())
    assert found is not None and found.how == "grabcut"
    assert found.confidence >= 0.5
    assert overlap(found.mask, truth()) > 0.85


def test_grabcut_gives_the_same_mask_every_time() -> None:
    cv2 = pytest.importorskip("cv2", reason="needs the extra vision")
    masks = []
    for seed in (1, 2):
        cv2.setRNGSeed(seed)
        found = find_cut_out(patchwork(), "grabcut")
        assert found is not None
        masks.append((found.mask.tobytes(), found.confidence))
    assert masks[0] == masks[1]


def test_without_opencv_grabcut_is_not_tried_and_by_name_says_what_to_install(no_opencv: None) -> None:
    assert find_cut_out(patchwork()) is None
    with pytest.raises(MintageError, match=r'pip install "mintage\[vision\]"'):
        find_cut_out(patchwork(), "grabcut")


def test_a_box_leads_grabcut_and_nothing_outside_is_the_object() -> None:
    pytest.importorskip("cv2", reason="needs the extra vision")
    picture = patchwork()
    ImageDraw.Draw(picture).ellipse((2, 2, 40, 40), "crimson")
    found = find_cut_out(picture, box=(56, 26, 98, 108))
    assert found is not None and found.how == "box" and found.confidence >= 0.5
    assert overlap(found.mask, truth()) > 0.85


def test_a_box_alone_is_a_doubtful_cut_out(no_opencv: None) -> None:
    found = find_cut_out(patchwork(), box=(56, 26, 98, 108))
    assert found is not None and found.how == "box" and found.confidence < 0.5
    assert found.mask.getbbox() == (56, 26, 154, 134)


@pytest.mark.parametrize("box", [(300, 10, 20, 20), (-50, 0, 20, 20), (10, 10, 1, 1)])
def test_a_box_outside_the_picture_or_without_area_finds_nothing(box: tuple[float, float, float, float]) -> None:
    assert find_cut_out(patchwork(), "box", box=box) is None


def test_ways_are_taken_in_order_and_a_name_takes_that_one_alone() -> None:
    given = Image.fromarray(truth()).convert("L")
    alpha, whole = given.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (0.0, 0.0, 100.0, 100.0)

    def how(way: str = "auto", **more: object) -> str | None:
        found = find_cut_out(scene(), way, **more)  # type: ignore[arg-type]
        return found.how if found else None

    assert how(mask=given, alpha=alpha, box=whole) == "file"
    assert how(alpha=alpha, box=whole) == "alpha"
    assert how(box=whole) == "box"
    assert how() == "plain"
    assert how("alpha", mask=given) is None
    assert how("file") is None and how("box") is None
    assert how("none", mask=given) is None
    assert how("plain", mask=given) == "plain"


def test_a_mask_of_everything_or_nothing_is_of_no_use() -> None:
    full = find_cut_out(scene(), mask=Image.new("L", SIZE, 255))
    assert full is not None and full.confidence == 0
    assert find_cut_out(scene(), "file", mask=Image.new("L", SIZE)) is None


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_alpha_lies_over_the_picture_as_it_is_displayed(orientation: int) -> None:
    image = Image.new("RGBA", (60, 40))
    image.paste((200, 0, 0, 255), (4, 6, 30, 20))
    exif, out = Image.Exif(), BytesIO()
    exif[0x0112] = orientation
    image.save(out, "PNG", exif=exif)
    picture, alpha = open_with_alpha(out.getvalue())
    assert alpha is not None and alpha.size == picture.size
    found = find_cut_out(picture, alpha=alpha)
    assert found is not None and found.how == "alpha" and found.confidence == 1
    red = numpy.asarray(picture)[..., 1] == 0
    assert overlap(found.mask, red) > 0.75, "a pixel of rim less"
    assert not (numpy.asarray(found.mask) > 0)[~red].any()


def test_what_is_opaque_has_no_alpha() -> None:
    for image in (Image.new("RGBA", (9, 9), "red"), Image.new("RGB", (9, 9))):
        out = BytesIO()
        image.save(out, "PNG")
        assert open_with_alpha(out.getvalue())[1] is None


def test_a_large_photo_has_a_mask_of_its_own_size() -> None:
    large = scene(noise=4).resize((2000, 1600))
    found = find_cut_out(large)
    assert found is not None and found.mask.size == (2000, 1600)
    small = numpy.asarray(found.mask.resize(SIZE, Image.Resampling.NEAREST)) > 0
    assert overlap(Image.fromarray(small).convert("L"), truth()) > 0.9


def shares(folder: str, count: int, of: Callable[[Path], bool] = lambda path: True) -> tuple[float, float]:
    """Of photos: the share with a sure cut-out, and the mean area of those."""
    files = [f for f in sorted((DATA / folder).rglob("*.webp")) if of(f)]
    found = [find_cut_out(open_picture(f)) for f in random.Random(5).sample(files, count)]
    sure = [f for f in found if f is not None and f.confidence >= 0.5]
    areas = [float((numpy.asarray(f.mask) > 0).mean()) for f in sure]
    return len(sure) / count, float(numpy.mean(areas))


@photos
def test_most_studio_pictures_of_fruit_have_a_sure_cut_out(no_opencv: None) -> None:
    share, area = shares("grocery/iconic", 20, lambda path: "packages" not in path.as_posix().lower())
    assert share >= 0.7
    assert 0.2 < area < 0.7


@photos
def test_most_phone_photos_of_garments_have_a_sure_cut_out() -> None:
    pytest.importorskip("cv2", reason="needs the extra vision")
    share, area = shares("clothing/dev", 15)
    assert share >= 0.5
    assert 0.1 < area < 0.7
