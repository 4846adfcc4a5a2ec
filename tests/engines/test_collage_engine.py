"""The user's cut-outs in new environments."""

import json
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.ports import Failed, Made, Request
from mintage.core.spec import DatasetSpec, Use
from mintage.engines._collage_folders import scenes
from mintage.engines._collage_picture import _left_of as left_of
from mintage.engines._collage_words import ENVIRONMENTS, kind_of, plain, style_of

SPEC = DatasetSpec.model_validate({"name": "x", "classes": {"cat": 1, "dog": {"synonyms": ["hound"]}}})


def engine(folder: Path = Path(), **options: Any) -> Any:
    return registry.build("engines", Use(use="collage", options=options), SPEC.placed(folder))


def cut_out(colour: str = "red", size: tuple[int, int] = (120, 90)) -> Image.Image:
    picture = Image.new("RGBA", size)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((0, 0, size[0] - 1, size[1] - 1), fill=colour)
    draw.ellipse((20, 20, 50, 50), fill="white")
    return picture


def asked(seed: int = 0, *images: Image.Image, name: str = "", **more: Any) -> Request:
    images = images or (cut_out(),)
    names = ("cat", "dog", "cat")[: len(images)]
    attributes = more.pop("attributes", {"environment": "on grass", "style": "photo"})
    return Request(
        name or f"r{seed}", "compose", "", images=images, names=names, seed=seed, attributes=attributes, **more
    )


def one(request: Request, folder: Path = Path(), **options: Any) -> Made:
    (answer,) = engine(folder, **options).make([request])
    assert isinstance(answer, Made), answer
    return answer


def failed(request: Request, folder: Path = Path(), **options: Any) -> str:
    (answer,) = engine(folder, **options).make([request])
    assert isinstance(answer, Failed), answer
    return answer.reason


def pixels(made: Made) -> np.ndarray:
    assert isinstance(made.image, Image.Image)
    return np.asarray(made.image).astype(int)


def box(made: Made, number: int = 0) -> tuple[int, ...]:
    return tuple(made.boxes[number][k] for k in "xywh")


def photo(path: Path, colour: str = "blue", size: tuple[int, int] = (120, 100)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


# ── pictures, boxes, masks ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("words", ENVIRONMENTS.values(), ids=lambda w: w[0])
def test_every_environment_gives_a_picture_with_the_object_inside_and_its_exact_box(words: tuple[str, ...]) -> None:
    for seed in range(3):
        made = one(asked(seed, attributes={"environment": words[0]}), size=[96, 80])
        assert pixels(made).shape == (80, 96, 3) and made.mask is not None and made.mask.size == (96, 80)
        x, y, w, h = box(made)
        assert made.boxes[0]["class"] == "cat"
        assert (x, y, x + w, y + h) == made.mask.getbbox()
        assert 0.2 * 96 < w <= 96 and set(np.unique(made.mask)) == {0, 255}


def test_the_mask_is_where_the_object_is() -> None:
    made = one(asked(5, attributes={"environment": "on a white background"}), occlude=0, harmonise=False, light=0)
    red = (pixels(made)[..., 0] - pixels(made)[..., 1]) > 100
    shown = np.asarray(made.mask) > 127
    solid = shown & ~red  # the white spot
    assert (red & ~shown).sum() <= 0.02 * shown.sum()
    assert solid.sum() < 0.25 * shown.sum()


def test_the_same_seed_makes_the_same_picture_in_any_batch_and_another_seed_another() -> None:
    requests = [asked(s, attributes={"environment": e}) for s, e in enumerate(["on grass", "at night", "in the snow"])]
    together = {a.recipe_id: a for a in engine().make(requests)}
    for request in reversed(requests):
        alone = one(request)
        assert np.array_equal(pixels(alone), pixels(together[request.recipe_id]))
        assert alone.boxes == together[request.recipe_id].boxes
    assert np.abs(pixels(one(asked(1))) - pixels(one(asked(2)))).mean() > 5


@pytest.mark.parametrize("option", [{"shadow": False}, {"harmonise": False}, {"light": 0.3}])
def test_an_option_of_light_leaves_the_object_where_it_was(option: dict[str, Any]) -> None:
    for seed in range(3):
        first, second = one(asked(seed)), one(asked(seed), **option)
        assert box(first) == box(second) and not np.array_equal(pixels(first), pixels(second))


def test_shadows_darken_the_ground_beside_the_object() -> None:
    asked_for = asked(3, attributes={"environment": "on a beach"})
    with_it, without = (one(asked_for, shadow=s, occlude=0, view="lying") for s in (True, False))
    outside = np.asarray(with_it.mask) == 0
    assert pixels(with_it)[outside].mean() < pixels(without)[outside].mean()
    assert pixels(with_it)[outside].min() >= 0


def test_scale_is_the_objects_share_of_the_frame() -> None:
    for share in (0.2, 0.5, 0.9):
        w = box(one(asked(1), scale=[share, share], rotate=0, occlude=0, view="lying"))[2]
        assert w / 256 == pytest.approx(share, abs=0.02)


def test_what_covers_the_object_is_not_in_its_mask() -> None:
    whole = np.asarray(one(asked(4), occlude=0).mask) > 0
    part = np.asarray(one(asked(4), occlude=1).mask) > 0
    assert 0.6 * whole.sum() < part.sum() < whole.sum() and not (part & ~whole).any()


def test_about_as_many_are_covered_as_occlude_says() -> None:
    some = engine(occlude=0.3, size=48)
    none = engine(occlude=0, size=48)
    differ = [
        not np.array_equal(pixels(a), pixels(b))
        for a, b in zip(some.make([asked(s) for s in range(60)]), none.make([asked(s) for s in range(60)]), strict=True)
    ]
    assert 8 <= sum(differ) <= 30


def test_several_cut_outs_have_a_box_each_under_their_own_names_and_none_hides_another() -> None:
    for seed in range(6):
        made = one(asked(seed, cut_out(), cut_out("blue"), cut_out("gold")), occlude=0)
        assert sorted(b["class"] for b in made.boxes) == ["cat", "cat", "dog"]
        assert all(b["w"] > 20 and b["h"] > 15 for b in made.boxes)


def test_a_narrow_a_tiny_and_a_huge_cut_out_are_placed() -> None:
    for size in ((300, 60), (60, 400), (56, 56), (2400, 1800)):
        x, y, w, h = box(one(asked(2, cut_out(size=size)), occlude=0))
        assert x >= 0 and y >= 0 and x + w <= 256 and y + h <= 256


def test_width_and_height_of_the_request_come_before_the_option() -> None:
    assert pixels(one(asked(1, width=120, height=70))).shape == (70, 120, 3)
    assert engine(size=[320, 200]).size == (320, 200) and engine().size == (256, 256)


def test_styles_change_the_whole_picture_and_keep_the_box() -> None:
    photo_of = one(asked(7))
    for style in ("painting", "pencil sketch", "black-and-white photo"):
        made = one(asked(7, attributes={"environment": "on grass", "style": style}))
        assert box(made) == box(photo_of)
        assert np.abs(pixels(made) - pixels(photo_of)).mean() > 3
    grey = pixels(one(asked(7, attributes={"style": "black-and-white photo"})))
    assert np.abs(grey[..., 0] - grey[..., 2]).max() <= 1


def test_without_an_environment_it_may_be_anywhere() -> None:
    seen = {tuple(pixels(one(asked(s, attributes={}), size=32)).mean(axis=(0, 1)) // 40) for s in range(12)}
    assert len(seen) > 3


def line(turned: bool, size: int = 300) -> Image.Image:
    """A stroke one pixel wide, upright or from corner to corner."""
    picture = Image.new("RGBA", (size, size) if turned else (1, size))
    ImageDraw.Draw(picture).line((0, 0, size - 1 if turned else 0, size - 1), fill="red")
    return picture


@pytest.mark.parametrize("cut", [line(False), line(True), line(True, 3000), Image.new("RGBA", (1, 1), "red")])
@pytest.mark.parametrize("view", ["standing", "lying"])
def test_a_line_or_a_single_pixel_is_placed_or_fails_with_a_reason(cut: Image.Image, view: str) -> None:
    for answer in engine(view=view, occlude=1, rotate=60).make([asked(s, cut) for s in range(8)]):
        if isinstance(answer, Made):
            assert answer.boxes and answer.mask is not None and answer.mask.getbbox()
        else:
            assert isinstance(answer, Failed) and ("can be seen" in answer.reason or "too thin" in answer.reason)


def test_an_object_of_which_too_little_shows_fails() -> None:
    assert "of the object 'cat' can be seen" in failed(asked(1), size=32, scale=[0.05, 0.05], occlude=0)
    scene, where = Image.new("RGB", (64, 64), "gray"), Image.new("L", (64, 64))
    where.putpixel((30, 30), 255)
    assert "can be seen" in failed(asked(1, cut_out(), scene, mask=where))


# ── scenes of a request, masks ──────────────────────────────────────────────────────────────────────────────────────


def test_a_cut_out_goes_where_the_mask_says_in_a_scene_of_its_own_size() -> None:
    scene, where = Image.new("RGB", (200, 150), "gray"), Image.new("L", (200, 150))
    ImageDraw.Draw(where).rectangle((100, 40, 179, 99), fill=255)
    made = one(asked(1, cut_out(), scene, mask=where), occlude=0)
    x, y, w, h = box(made)
    assert pixels(made).shape == (150, 200, 3)
    assert x >= 97 and x + w <= 183 and y >= 37 and 95 <= y + h <= 103
    assert max(w / 80, h / 60) > 0.9


def test_the_class_of_the_cut_out_is_found_beside_that_of_the_scene() -> None:
    request = Request("a", "compose", "", images=(Image.new("RGB", (90, 90)), cut_out()), names=("dog", "cat"), seed=1)
    assert [b["class"] for b in one(request).boxes] == ["cat"]


def test_a_hole_is_filled_from_around_it_and_nothing_else_changes() -> None:
    picture, mask = Image.new("RGB", (90, 70), (40, 120, 60)), Image.new("L", (90, 70))
    ImageDraw.Draw(picture).rectangle((30, 20, 50, 45), fill="red")
    ImageDraw.Draw(mask).rectangle((28, 18, 52, 47), fill=255)
    made = one(Request("a", "mask", "", images=(picture,), mask=mask, seed=3))
    assert np.abs(pixels(made) - np.array([40, 120, 60])).max() <= 2 and made.mask is None and made.boxes == ()


def test_bad_requests_fail_alone_and_say_why() -> None:
    scene = Image.new("RGB", (64, 64))
    bad = {
        "RGBA": asked(1, scene, name="RGBA"),
        "empty": asked(1, Image.new("RGBA", (9, 9)), name="empty"),
        "one RGB": asked(1, cut_out(), scene, scene, name="one RGB"),
        "mask is empty": asked(1, cut_out(), scene, name="mask is empty", mask=Image.new("L", (64, 64))),
        "no environment": asked(1, name="no environment", attributes={"environment": "in a grocery store"}),
        "no style": asked(1, name="no style", attributes={"style": "ukiyo-e"}),
        "seed is -1": asked(-1, name="seed is -1"),
        "'text'": Request("'text'", "text", "a cat"),
        "are needed": Request("are needed", "mask", "", images=(scene,)),
        "9×9": Request("9×9", "mask", "", images=(scene,), mask=Image.new("L", (9, 9))),
        "whole picture": Request("whole picture", "mask", "", images=(scene,), mask=Image.new("L", (64, 64), 255)),
    }
    good = asked(1, name="good")
    answers = {a.recipe_id: a for a in engine(size=64).make([*bad.values(), good])}
    assert isinstance(answers["good"], Made)
    for said in bad:
        assert isinstance(answers[said], Failed), said
        assert said in answers[said].reason


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("on the grass", ("grass", "")),
        ("On Grass", ("grass", "")),
        ("on-a-beach", ("beach", "")),
        ("lying on a wooden floor", ("wooden floor", "")),
        ("at night", ("night", "")),
        ("on red cloth", ("cloth", "red")),
        ("on a gray background", ("plain background", "grey")),
        ("on a white background", ("white background", "")),
        ("on a white surface", ("surface", "white")),
        ("in front of a brick wall", ("brick wall", "")),
        ("in a grocery store", None),
        ("on", None),
        ("", None),
        ("on magenta cloth", None),
        ("on red grass", None),
    ],
)
def test_words_for_environments_are_understood(word: str, kind: tuple[str, str] | None) -> None:
    assert kind_of(word) == kind


def test_its_whole_vocabulary_and_what_a_new_file_says_are_known() -> None:
    some = engine()
    assert some.knows(some.vocabulary) == [] == some.knows(some.starter)
    assert style_of("photo") == "" and style_of("woodcut") is None


def test_any_class_is_known_and_other_words_are_refused_with_the_nearest() -> None:
    unknown = engine().knows(
        {"class": ["qqxyz"], "environment": ["on gras", "on Mars"], "style": ["photo"], "action": ["running"]}
    )
    assert [(u.kind, u.word) for u in unknown] == [
        ("environment", "on gras"),
        ("environment", "on Mars"),
        ("action", "running"),
    ]
    assert unknown[0].nearest[0] == "on grass"


# ── the user's photos ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_subfolder_is_an_environment_and_its_photos_are_used_for_it(tmp_path: Path) -> None:
    photo(tmp_path / "places" / "in-the-garage" / "a.png", "blue")
    photo(tmp_path / "places" / "on grass" / "b.jpg", "purple")
    some = engine(tmp_path, backgrounds="places", harmonise=False)
    assert some.knows({"environment": ["in the garage", "in a garage", "on the grass", "on a beach"]}) == []
    assert "in-the-garage" in some.vocabulary["environment"]
    for place, channel in (("in a garage", 2), ("on grass", 0)):
        made = one(asked(1, attributes={"environment": place}), tmp_path, backgrounds="places", shadow=False)
        ground = pixels(made)[np.asarray(made.mask) == 0].mean(axis=0)
        assert ground[2] > 90 and ground[1] < 40 and (ground[0] > 60) == (channel == 0)


def test_photos_of_no_known_environment_serve_where_none_is_asked_for(tmp_path: Path) -> None:
    photo(tmp_path / "p" / "a.png", "blue")
    anywhere = one(asked(1, attributes={}), tmp_path, backgrounds="p", shadow=False, occlude=0)
    assert pixels(anywhere)[np.asarray(anywhere.mask) == 0].mean(axis=0)[2] > 150
    grass = one(asked(1), tmp_path, backgrounds="p", shadow=False, occlude=0)
    assert pixels(grass)[np.asarray(grass.mask) == 0].mean(axis=0)[1] > 40, "on grass must be on grass"


def test_the_folder_itself_may_be_called_like_the_environment(tmp_path: Path) -> None:
    photo(tmp_path / "workbench" / "a.png")
    assert engine(tmp_path, backgrounds="workbench").knows({"environment": ["on a workbench"]}) == []


def test_a_folder_that_changed_makes_other_recipes_and_a_moved_one_does_not(tmp_path: Path) -> None:
    photo(tmp_path / "a" / "x.png")
    photo(tmp_path / "deep" / "a" / "x.png")
    first = engine(tmp_path, backgrounds="a").settings
    assert first == engine(tmp_path, backgrounds="deep/a").settings != engine(tmp_path).settings
    photo(tmp_path / "a" / "y.png", "red")
    assert engine(tmp_path, backgrounds="a").settings != first
    json.dumps(first)


@pytest.mark.parametrize("option", ["backgrounds", "scenes"])
def test_a_folder_that_is_missing_or_empty_is_an_error_that_names_the_option(tmp_path: Path, option: str) -> None:
    for make in (lambda: None, (tmp_path / "there").mkdir):
        make()
        with pytest.raises(MintageError, match=option):
            _ = engine(tmp_path, **{option: "there"}).settings


def test_a_photo_that_cannot_be_read_fails_its_own_picture_alone(tmp_path: Path) -> None:
    photo(tmp_path / "p" / "bad" / "a.png")
    (tmp_path / "p" / "bad" / "a.png").write_bytes(b"no picture")
    photo(tmp_path / "p" / "good" / "a.png")
    requests = [asked(i, attributes={"environment": e}) for i, e in enumerate(["bad", "good"])]
    answers = list(engine(tmp_path, backgrounds="p").make(requests))
    assert isinstance(answers[0], Failed) and isinstance(answers[1], Made)
    assert "a.png" in answers[0].reason


def test_a_photo_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    asks = asked(1, attributes={})
    photo(tmp_path / "p" / "a.png", "blue")
    first = one(asks, tmp_path, backgrounds="p")
    photo(tmp_path / "p" / "a.png", "red", (121, 100))
    assert not np.array_equal(pixels(first), pixels(one(asks, tmp_path, backgrounds="p")))


def test_a_tilde_is_the_home_folder_and_that_of_nobody_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    photo(tmp_path / "p" / "a.png")
    assert engine(Path("elsewhere"), backgrounds="~/p").settings["backgrounds"]
    with pytest.raises(MintageError, match="no-such-user-here"):
        _ = engine(backgrounds="~no-such-user-here/p").settings


# ── annotated scenes ────────────────────────────────────────────────────────────────────────────────────────────────


def coco(folder: Path, name: str = "hound") -> None:
    photo(folder / "pictures" / "a.png", "gray", (200, 200))
    boxes = [[10, 20, 60, 50], [150, 150, 40, 40]]
    data = {
        "images": [{"id": 7, "file_name": "a.png", "width": 200, "height": 200}],
        "categories": [{"id": 3, "name": name}],
        "annotations": [{"image_id": 7, "category_id": 3, "bbox": b} for b in boxes],
    }
    (folder / "labels.json").write_text(json.dumps(data), encoding="utf-8")


def yolo(folder: Path) -> None:
    photo(folder / "images" / "a.png", "gray", (200, 200))
    (folder / "labels").mkdir()
    (folder / "labels" / "a.txt").write_text("0 0.2 0.225 0.3 0.25\n0 0.85 0.85 0.2 0.2\n", encoding="utf-8")
    (folder / "data.yaml").write_text("names: [hound]\n", encoding="utf-8")


@pytest.mark.parametrize("write", [coco, yolo])
def test_old_boxes_of_a_scene_stay_beside_the_new_one(tmp_path: Path, write: Any) -> None:
    write(tmp_path)
    for seed in range(12):
        made = one(asked(seed, attributes={}), tmp_path, scenes=".", scale=[0.2, 0.2], occlude=0, flip=False)
        assert made.boxes[0]["class"] == "cat"
        assert all(b["class"] == "dog" for b in made.boxes[1:]), "a synonym names a class"
        for b in made.boxes:
            assert b["x"] >= 0 and b["x"] + b["w"] <= 256 and b["y"] >= 0 and b["y"] + b["h"] <= 256


def test_coco_and_yolo_of_the_same_boxes_give_the_same(tmp_path: Path) -> None:
    coco(tmp_path / "c")
    yolo(tmp_path / "y")
    both = [one(asked(3, attributes={}), tmp_path, scenes=f, scale=[0.1, 0.1]).boxes for f in ("c", "y")]
    assert both[0] == both[1] and len(both[0]) > 1


def test_an_old_box_is_clipped_to_what_shows_and_dropped_when_little_does() -> None:
    hidden, old = np.zeros((50, 50), bool), {"class": "dog", "x": 10, "y": 10, "w": 20, "h": 20}
    assert left_of(old, hidden, 0.3) == old
    hidden[:, :20] = True
    assert left_of(old, hidden, 0.3) == {"class": "dog", "x": 20, "y": 10, "w": 10, "h": 20}
    hidden[:28] = True
    assert left_of(old, hidden, 0.3) is None
    hidden[:] = True
    assert left_of(old, hidden, 0.0) is None


def test_the_option_visible_says_which_old_boxes_stay(tmp_path: Path) -> None:
    coco(tmp_path)
    counts = []
    for visible in (0.0, 0.3, 1.0):
        some = engine(tmp_path, scenes=".", scale=[0.7, 0.7], visible=visible)
        counts.append(sum(len(m.boxes) - 1 for m in some.make([asked(s, attributes={}) for s in range(12)])))
    assert counts[0] > counts[1] > counts[2]


def test_annotations_that_cannot_be_read_and_photos_without_any_are_errors(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    with pytest.raises(MintageError, match="no annotated photo"):
        _ = engine(tmp_path, scenes=".").settings
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.2 0.2\n", encoding="utf-8")
    with pytest.raises(MintageError, match=r"classes\.txt"):
        _ = engine(tmp_path, scenes=".").settings
    (tmp_path / "classes.txt").write_text("hound\n", encoding="utf-8")
    assert "scenes" in engine(tmp_path, scenes=".").settings


def mistake(folder: Path) -> str:
    with pytest.raises(MintageError) as caught:
        _ = engine(folder, scenes=".").settings
    return str(caught.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("0 0.5 0.5 0.2", "3 numbers"),
        ("0 0.1 0.1 0.9 0.1 0.5", "5 numbers"),
        ("0 120 80 40 40", "not pixels"),
        ("0 nan 0.5 0.2 0.2", "nan"),
        ("0 0.5 inf 0.2 0.2", "inf"),
        ("0 0.5 0.5 0.2 wide", "wide"),
        ("1 0.5 0.5 0.2 0.2", "its class is '1'"),
        ("hound 0.5 0.5 0.2 0.2", "hound"),
        (f"{'9' * 5000} 0.5 0.5 0.2 0.2", "number of a class"),
    ],
)
def test_a_wrong_row_of_yolo_is_an_error_that_names_file_and_line(tmp_path: Path, row: str, said: str) -> None:
    yolo(tmp_path)
    (tmp_path / "labels" / "a.txt").write_text(f"0 0.5 0.5 0.2 0.2\n\n{row}\n", encoding="utf-8")
    assert "a.txt:3" in mistake(tmp_path) and said in mistake(tmp_path) and "expected" in mistake(tmp_path)


def test_a_polygon_of_yolo_gives_its_bounds(tmp_path: Path) -> None:
    yolo(tmp_path)
    (tmp_path / "labels" / "a.txt").write_text("0 0.2 0.1 0.6 0.5 0.4 0.7\n", encoding="utf-8")
    (found,) = scenes(tmp_path, "scenes").photos[0].boxes
    assert found[0] == "hound" and found[1:] == pytest.approx((0.2, 0.1, 0.4, 0.6))


def test_a_blank_line_in_classes_txt_shifts_no_number(tmp_path: Path) -> None:
    yolo(tmp_path)
    (tmp_path / "classes.txt").write_text("hound\n\ncat\n", encoding="utf-8")
    (tmp_path / "labels" / "a.txt").write_text("2 0.5 0.5 0.2 0.2\n", encoding="utf-8")
    assert scenes(tmp_path, "scenes").photos[0].boxes[0][0] == "cat"


@pytest.mark.parametrize(
    "text", ["names: abc", "- hound", "names: [a", "names: {x: hound}", "names: [[a]]", "[" * 5000]
)
def test_a_data_yaml_without_sound_names_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    yolo(tmp_path)
    (tmp_path / "data.yaml").write_text(text, encoding="utf-8")
    assert "data.yaml" in mistake(tmp_path) and "expected" in mistake(tmp_path)


BOX = {"image_id": 7, "category_id": 3, "bbox": [1, 2, 30, 40]}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"bbox": None}, "has no bbox"),
        ({"bbox": [1, 2, 3]}, "bbox"),
        ({"bbox": [1, 2, -3, 4]}, "bbox"),
        ({"bbox": [1, 2, "a", 4]}, "bbox"),
        ({"bbox": [1, 2, float("nan"), 4]}, "nan"),
        ({"bbox": [10**400, 2, 3, 4]}, "bbox"),
        ({"bbox": "1 2 3 4"}, "bbox"),
        ({"category_id": 9}, "category_id is 9"),
        ({"category_id": [3]}, "category_id"),
        ({"image_id": 8}, "image_id is 8"),
        ({"image_id": None}, "image_id"),
    ],
)
def test_a_wrong_entry_of_coco_is_an_error_that_names_file_and_entry(
    tmp_path: Path, entry: dict[str, Any], said: str
) -> None:
    coco(tmp_path)
    data = json.loads((tmp_path / "labels.json").read_text(encoding="utf-8"))
    data["annotations"] = [BOX, BOX | entry]
    (tmp_path / "labels.json").write_text(json.dumps(data), encoding="utf-8")
    assert "labels.json:annotations[1]" in mistake(tmp_path) and said in mistake(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 200_000,
        f"[{'9' * 5000}]",
        '{"images": {}, "annotations": [], "categories": []}',
        '{"images": [{"id": 1}], "annotations": [], "categories": []}',
        '{"images": [], "annotations": [], "categories": [{"id": 1}]}',
        '{"images": [], "annotations": [3], "categories": []}',
    ],
)
def test_a_coco_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    coco(tmp_path)
    (tmp_path / "labels.json").write_text(text, encoding="utf-8")
    assert "labels.json" in mistake(tmp_path) and "expected" in mistake(tmp_path)


def test_crowds_of_coco_are_left_out(tmp_path: Path) -> None:
    coco(tmp_path)
    data = json.loads((tmp_path / "labels.json").read_text(encoding="utf-8"))
    data["annotations"] = [BOX, BOX | {"iscrowd": 1, "bbox": [0, 0, 200, 200]}]
    (tmp_path / "labels.json").write_text(json.dumps(data), encoding="utf-8")
    assert scenes(tmp_path, "scenes").photos[0].boxes == (("hound", 1, 2, 30, 40),)


# ── the port ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "options",
    [
        {"size": 16},
        {"size": [64, 9]},
        {"scale": [0.9, 0.2]},
        {"rotate": -1},
        {"occlude": 2},
        {"view": "above"},
        {"x": 1},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(MintageError):
        engine(**options)


def test_it_has_two_verbs_and_says_what_it_needs() -> None:
    assert engine().can == {"compose", "mask"}
    assert engine().needs.batch == 16 and engine().needs.gpus == 0
    assert plain("in_the-snow ") == "snow"


def test_ten_pictures_a_second_on_one_core() -> None:
    some = engine()
    list(some.make([asked(s, attributes={}) for s in range(30)]))  # textures are drawn once
    begun = process_time()
    assert sum(isinstance(a, Made) for a in some.make([asked(s, attributes={}) for s in range(30)])) == 30
    assert process_time() - begun < 6  # measured: 1.5
