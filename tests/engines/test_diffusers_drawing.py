"""The engine `diffusers` draws: every verb that each kind of checkpoint has, in exact sizes, the same in any batch."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mintage.core.ports import Failed, Made, Refused, Request

pytest.importorskip("torch", reason="torch is absent: pip install 'mintage[local]'")
pytest.importorskip("diffusers", reason="diffusers is absent: pip install 'mintage[local]'")

CAN = {
    "sd": {"text", "image", "mask"},
    "sdxl": {"text", "image", "mask"},
    "sd_inpaint": {"mask"},
    "kandinsky-decoder": {"text", "image", "images"},
    "kandinsky-decoder-inpaint": {"mask"},
    "klein": {"text", "image", "images", "mask"},
}
EVERY = [(kind, verb) for kind, verbs in CAN.items() for verb in sorted(verbs)]

Drawer = Callable[..., Any]


def photo(number: int, size: tuple[int, int] = (64, 64)) -> Any:
    """Blocks of colour, other for each number."""
    blocks = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST)


def middle(size: tuple[int, int] = (64, 64)) -> Any:
    mask = Image.new("L", size)
    mask.paste(255, (size[0] // 4, size[1] // 4, 3 * size[0] // 4, 3 * size[1] // 4))
    return mask


def asked(verb: str, number: int, **changes: Any) -> Request:
    shown = {"text": 0, "image": 1, "images": 2, "mask": 1}[verb]
    fields: dict[str, Any] = {
        "prompt": f"a photo of dog {number}",
        "images": tuple(photo(100 * k + number) for k in range(shown)),
        "mask": middle() if verb == "mask" else None,
        "strength": 1.0 if verb in ("text", "images") else 0.7,
        "seed": 1000 + number,
    }
    return Request(f"{verb}-{number}", verb, **(fields | changes))


def made(engine: Any, requests: Sequence[Request]) -> dict[str, Any]:
    answers = {a.recipe_id: a for a in engine.make(requests)}
    assert set(answers) == {r.recipe_id for r in requests}
    assert all(isinstance(a, Made) for a in answers.values()), answers
    return {i: np.asarray(a.image).astype(int) for i, a in answers.items()}


def apart(one: Any, two: Any) -> int:
    return int(np.abs(one - two).max())


@pytest.mark.parametrize("kind", CAN)
def test_a_checkpoint_claims_the_verbs_that_its_pipelines_have(drawer: Drawer, kind: str) -> None:
    assert drawer(kind).can == CAN[kind]


@pytest.mark.parametrize(("kind", "verb"), EVERY)
def test_every_verb_makes_the_same_picture_alone_and_among_eight(drawer: Drawer, kind: str, verb: str) -> None:
    requests = [asked(verb, n) for n in range(8)]
    together = made(drawer(kind, batch=8), requests)
    assert {p.shape for p in together.values()} == {(64, 64, 3)}
    alone = made(drawer(kind, batch=1), requests[2:4])
    assert all(apart(together[i], alone[i]) <= 1 for i in alone)
    assert apart(together[f"{verb}-2"], together[f"{verb}-3"]) > 20, "they are all the same"


@pytest.mark.parametrize(("kind", "verb"), EVERY)
def test_every_verb_follows_seed_words_and_images(drawer: Drawer, kind: str, verb: str) -> None:
    base = asked(verb, 1)
    others = [asked(verb, 1, seed=7), asked(verb, 1, prompt="quite another thing, at night")]
    if base.images:
        others.append(asked(verb, 1, images=(*base.images[:-1], photo(55))))
    engine = drawer(kind, batch=8)
    first = made(engine, [base])[base.recipe_id]
    for other in others:
        assert apart(made(engine, [other])[base.recipe_id], first) > 0, other


def test_requests_of_all_kinds_at_once_each_get_their_own_picture(drawer: Drawer) -> None:
    engine = drawer("sd", batch=8)
    mixed = [asked("text", 1), asked("image", 2), asked("image", 3, strength=0.5), asked("mask", 4)]
    mixed += [asked("text", 5, width=40, height=72), asked("text", 6)]
    together = made(engine, mixed)
    assert together["text-5"].shape == (72, 40, 3)
    for request in mixed:
        assert apart(made(engine, [request])[request.recipe_id], together[request.recipe_id]) <= 1


@pytest.mark.parametrize("size", [(1024, 576), (500, 333), pytest.param((1024, 1024), marks=pytest.mark.slow)])
def test_exactly_the_size_that_is_asked_for_comes_out(drawer: Drawer, size: tuple[int, int]) -> None:
    engine = drawer("sd", size=f"{size[0]}x{size[1]}", steps=1)
    assert engine.size == size
    (answer,) = engine.make([asked("text", 1)])
    assert answer.image.size == size


@pytest.mark.parametrize("kind", ["sdxl", "kandinsky-decoder", "klein"])
def test_a_size_that_is_no_multiple_comes_out_of_every_kind(drawer: Drawer, kind: str) -> None:
    (answer,) = drawer(kind).make([asked("text", 1, width=71, height=50)])
    assert answer.image.size == (71, 50)


@pytest.mark.parametrize(("kind", "verb"), [("sd", "image"), ("sd", "mask"), ("sd_inpaint", "mask"), ("klein", "mask")])
def test_an_image_that_is_drawn_over_keeps_its_size_and_place(drawer: Drawer, kind: str, verb: str) -> None:
    size = (90, 70)
    mask = middle(size) if verb == "mask" else None
    (answer,) = drawer(kind).make([asked(verb, 1, images=(photo(1, size),), mask=mask)])
    assert answer.image.size == size


def test_little_strength_stays_near_the_image_and_much_goes_away(drawer: Drawer) -> None:
    engine = drawer("sd", steps=10)
    away = []
    for strength in (0.1, 0.5, 1.0):
        (picture,) = made(engine, [asked("image", 1, strength=strength)]).values()
        (start,) = made(engine, [asked("image", 1, strength=0.001)]).values()  # one step of a thousand
        away.append(float(np.abs(picture - start).mean()))
    assert away[0] < away[1] < away[2]


def test_a_variation_by_embedding_follows_words_as_strength_says(drawer: Drawer) -> None:
    engine = drawer("kandinsky-decoder")

    def drawn(strength: float, prompt: str, image: int) -> Any:
        request = asked("image", 1, strength=strength, prompt=prompt, images=(photo(image),))
        return made(engine, [request])["image-1"]

    assert apart(drawn(0.0, "a dog", 1), drawn(0.0, "a piano", 1)) == 0
    assert apart(drawn(0.0, "a dog", 1), drawn(0.0, "a dog", 2)) > 0
    assert apart(drawn(1.0, "a dog", 1), drawn(1.0, "a dog", 2)) == 0
    assert apart(drawn(0.5, "a dog", 1), drawn(0.5, "a piano", 1)) > 0


def test_a_fusion_looks_at_all_its_images(drawer: Drawer) -> None:
    engine = drawer("kandinsky-decoder")
    pictures = [made(engine, [asked("images", 1, images=shown)])["images-1"] for shown in (
        (photo(1), photo(2)), (photo(1), photo(3)), (photo(1), photo(2), photo(3)))]  # fmt: skip
    assert all(apart(pictures[a], pictures[b]) > 0 for a, b in ((0, 1), (0, 2), (1, 2)))


def test_bad_requests_fail_alone_and_say_why(drawer: Drawer) -> None:
    answers = {
        a.recipe_id: a
        for a in drawer("sd").make(
            [
                asked("text", 1),
                asked("images", 2),
                asked("image", 3, images=()),
                asked("mask", 4, mask=middle((8, 8))),
                asked("mask", 5, mask=None),
                asked("image", 6, strength=1.5),
                asked("image", 7, strength=0.0),
                asked("text", 8, width=4),
            ]
        )
    }
    assert isinstance(answers.pop("text-1"), Made)
    said = {i.partition("-")[2]: a.reason for i, a in answers.items() if isinstance(a, Failed)}
    assert "cannot do 'images': it has image, mask, text" in said["2"]
    assert "without an image" in said["3"]
    assert "not of the image's size" in said["4"] and "missing" in said["5"]
    assert "1.5" in said["6"] and "strength is 0" in said["7"] and "4×None" in said["8"]


def test_a_request_at_which_the_pipeline_raises_fails_alone(drawer: Drawer) -> None:
    engine = drawer("sd", batch=4)
    requests = [asked("text", n, prompt=7 if n == 2 else "a dog") for n in range(4)]  # words that are no text
    answers = {a.recipe_id: a for a in engine.make(requests)}
    assert isinstance(answers["text-2"], Failed) and "Error" in answers["text-2"].reason
    assert all(isinstance(answers[f"text-{n}"], Made) for n in (0, 1, 3))


def test_words_beyond_what_clip_reads_are_told(drawer: Drawer) -> None:
    short, long = drawer("sd").make([asked("text", 1), asked("text", 2, prompt="a very long tale " * 20)])
    assert short.note == ""
    assert "longer than the 77 tokens" in long.note
    (other,) = drawer("klein").make([asked("text", 2, prompt="a very long tale " * 20)])
    assert other.note == ""


def test_what_a_model_cannot_follow_is_told(drawer: Drawer) -> None:
    (answer,) = drawer("klein").make([asked("image", 1, negative="blurred")])
    assert "no strength" in answer.note and "no negative prompt" in answer.note
    (answer,) = drawer("sd").make([asked("image", 1, negative="blurred")])
    assert answer.note == ""


def test_a_negative_prompt_changes_the_picture_and_so_does_that_of_the_options(drawer: Drawer) -> None:
    (plain,) = made(drawer("sd"), [asked("text", 1)]).values()
    (asked_for,) = made(drawer("sd"), [asked("text", 1, negative="blurred")]).values()
    (set_,) = made(drawer("sd", negative="blurred"), [asked("text", 1)]).values()
    assert apart(plain, asked_for) > 0
    assert apart(asked_for, set_) <= 1


def test_what_a_safety_checker_stops_is_refused_and_the_rest_is_made(drawer: Drawer) -> None:
    engine = drawer("sd-checked")
    (passed,) = engine.make([asked("text", 1)])
    assert isinstance(passed, Made)
    engine._pipes._first.safety_checker.concept_embeds_weights.data.fill_(-2.0)  # now everything is forbidden
    answers = list(engine.make([asked("text", 1), asked("image", 2)]))
    assert all(isinstance(a, Refused) and "safety checker" in a.reason for a in answers)


def test_a_black_picture_is_refused_whoever_made_it_black(drawer: Drawer) -> None:
    import torch

    engine = drawer("sd", scheduler="DDPMScheduler")  # an engine of its own
    last = engine._pipes._first.vae.decoder.conv_out
    with torch.no_grad():
        last.weight.zero_()
        last.bias.fill_(-3.0)
    (answer,) = engine.make([asked("text", 1)])
    assert isinstance(answer, Refused) and "black" in answer.reason


def short_of_memory(engine: Any, most: int) -> list[int]:
    """The UNet says that memory ran out above so many pictures (each is there twice, for the guidance)."""
    import torch

    seen = []

    def look(module: Any, given: Any, named: Any) -> None:
        seen.append(len(given[0]) // 2)
        if len(given[0]) // 2 > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    engine._pipes._first.unet.register_forward_pre_hook(look, with_kwargs=True)
    return seen


def test_a_batch_for_which_memory_runs_out_is_halved_and_the_size_remembered(drawer: Drawer) -> None:
    engine = drawer("sd", batch=8, steps=1)
    whole = made(engine, [asked("text", n) for n in range(8)])
    seen = short_of_memory(engine, 3)
    halved = made(engine, [asked("text", n) for n in range(8)])
    assert seen == [8, 4, 2, 2, 2, 2]
    assert all(apart(whole[i], halved[i]) <= 1 for i in whole)
    seen.clear()
    made(engine, [asked("text", n) for n in range(4)])
    assert seen == [2, 2], "it did not remember"


def test_one_picture_for_which_memory_runs_out_fails_and_says_what_to_do(drawer: Drawer) -> None:
    engine = drawer("sd", batch=2, steps=3)
    short_of_memory(engine, 0)
    answers = list(engine.make([asked("text", n) for n in range(2)]))
    assert all(isinstance(a, Failed) and "memory ran out" in a.reason and "offload" in a.reason for a in answers)


def test_drawing_prints_nothing(drawer: Drawer, capfd: pytest.CaptureFixture[str]) -> None:
    engine = drawer("sd", guidance=3.0)  # loaded here
    list(engine.make([asked("text", 1, prompt="long " * 100), asked("image", 2), asked("mask", 3)]))
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
