"""Plain colours without a model."""

from time import perf_counter
from typing import Any

import numpy as np

from mintage.core import registry
from mintage.core.ports import Failed, Made, Refused, Request
from mintage.core.spec import DatasetSpec, Use
from mintage.pictures import inspect, open_picture

SPEC = DatasetSpec(name="x", classes=["cat"])  # type: ignore[arg-type]


def engine(**options: Any) -> Any:
    return registry.build("engines", Use(use="flat", options=options), SPEC)


def one(request: Request, **options: Any) -> Any:
    (answer,) = engine(**options).make([request])
    return answer


def test_a_picture_is_one_colour_that_prompt_and_seed_decide() -> None:
    picture = np.asarray(open_picture(one(Request("a", "text", "a cat", seed=1)).image))
    assert picture.shape == (64, 64, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 1
    asked = [Request("a", "text", p, seed=s) for p, s in [("a cat", 1), ("a cat", 2), ("a dog", 1), ("a cat", 1)]]
    first, second, third, again = (m.image for m in engine().make(asked))
    assert first == again and len({first, second, third}) == 3


def test_noise_is_random_and_still_the_same_each_time() -> None:
    request = Request("a", "text", "a cat", seed=1)
    data = one(request, noise=True, size=32).image
    assert data == one(request, noise=True, size=32).image
    picture = np.asarray(open_picture(data))
    assert picture.shape == (32, 32, 3) and picture.std() > 60


def test_the_size_is_that_of_the_request_or_of_the_option() -> None:
    assert inspect(one(Request("a", "text", "a cat"), size=8).image) == (".png", 8, 8)
    assert inspect(one(Request("a", "text", "a cat", width=30, height=20)).image) == (".png", 30, 20)


def test_prompts_can_be_made_to_fail_or_to_be_refused() -> None:
    some = engine(fail_on=["DOG"], refuse_on=["in the snow"])
    answers = list(some.make([Request(p, "text", p) for p in ("a dog in the snow", "a cat in the snow", "a cat")]))
    assert [type(a) for a in answers] == [Failed, Refused, Made]
    assert "'DOG'" in answers[0].reason and "'in the snow'" in answers[1].reason


def test_what_fails_or_is_refused_is_no_part_of_the_recipe() -> None:
    assert engine(fail_on=["dog"], refuse_on=["cat"]).settings == engine().settings == {"size": 64, "noise": False}


def test_it_knows_every_word_and_draws_none() -> None:
    assert engine().knows({"class": ["okapi"], "light": ["dim"]}) == []
    assert engine().draws is False


def test_other_verbs_fail_with_the_reason() -> None:
    assert "'mask'" in one(Request("a", "mask", "a cat")).reason


def test_ten_thousand_small_pictures_take_no_time() -> None:
    requests = [Request(str(i), "text", "a cat", seed=i) for i in range(10_000)]
    begun = perf_counter()
    assert sum(1 for _ in engine(size=8).make(requests)) == 10_000
    assert perf_counter() - begun < 5  # measured: 0.3
