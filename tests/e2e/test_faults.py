"""What goes wrong in a plug-in: one clear line, the rest goes on, nothing is lost."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

import pytest

from mintage.core import ports
from mintage.core.errors import MintageError
from mintage.core.ports import Failed, Item, Made, Refused, Request, Scored, Sent, Wrote
from mintage.run import Run
from mintage.writers.grammar import Writer as Grammar
from trial import ended, image_hashes

Plug = Callable[[str, str, type[Any]], None]


def png(shade: int = 0) -> bytes:
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (4, 4), (shade, 9, 9)).save(out, "PNG")
    return out.getvalue()


class Bad(ports.Engine):
    """An engine that is good but for requests whose prompt has "night"."""

    needs = ports.Resources(batch=4)

    def make(self, requests: Sequence[Request]) -> Iterator[Any]:
        for request in requests:
            if "night" in request.prompt:
                yield from self.bad(request)
            else:
                yield Made(request.recipe_id, png())

    def bad(self, request: Request) -> Iterable[Any]:
        raise NotImplementedError


def engine(bad: Callable[[Request], Iterable[Any]]) -> type[Bad]:
    return type("Engine", (Bad,), {"bad": staticmethod(bad)})


def raising(error: Exception) -> Callable[[Any], Iterable[Any]]:
    def bad(_: Any) -> Iterable[Any]:
        raise error

    return bad


def empty_picture(request: Request) -> Iterable[Any]:
    from PIL import Image

    return [Made(request.recipe_id, Image.new("RGB", (0, 0)))]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (raising(RuntimeError("CUDA out of\nmemory")), "raised RuntimeError: CUDA out of memory"),
        (raising(KeyError("x")), "raised KeyError: 'x'"),
        (lambda request: [], "gave no answer for this recipe"),
        (lambda request: [Failed(request.recipe_id, "server said 500")], "server said 500"),
        (lambda request: [Made(request.recipe_id, b"GIF, so to speak")], "is no image: not an image"),
        (lambda request: [Made(request.recipe_id, png()[:50])], "is no image: not an image"),
        (lambda request: [Made(request.recipe_id, b"")], "is no image: not an image: the file is empty"),
        (empty_picture, "is no image"),
        (lambda request: [Made(request.recipe_id, None)], "is no image"),  # type: ignore[arg-type]
        (lambda request: [Made(request.recipe_id, "pixels")], "is no image"),  # type: ignore[arg-type]
    ],
)
def test_one_bad_image_fails_alone_and_can_be_tried_again(
    bad: Callable[[Request], Iterable[Any]],
    reason: str,
    a_set: Callable[..., Run],
    plugged: Plug,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plugged("engines", "odd", engine(bad))
    run = a_set(make="odd", score=[], write="grammar")
    code, said = ended(capsys, "run", str(run.folder))
    assert code == 1
    total = run.status().summary.total
    assert (total.kept, total.failed, total.waiting) == (12, 4, 0)
    assert said.count(reason) == 2, said  # a line for each class
    assert "Traceback" not in said
    assert len(image_hashes(run.folder)) == 12
    plugged("engines", "odd", engine(lambda request: [Made(request.recipe_id, png(7))]))
    code, _ = ended(capsys, "retry", str(run.folder))
    assert (code, run.status().summary.total.kept) == (0, 16)


class AlwaysRaises(ports.Engine):
    def make(self, requests: Sequence[Request]) -> Iterator[Made]:
        raise OSError("no such model")


def test_an_engine_that_always_raises_fails_every_slot_and_the_run_ends(
    a_set: Callable[..., Run], plugged: Plug, capsys: pytest.CaptureFixture[str]
) -> None:
    plugged("engines", "odd", AlwaysRaises)
    run = a_set(make="odd", score=[], write="grammar")
    code, said = ended(capsys, "run", str(run.folder))
    assert (code, run.status().summary.total.failed) == (1, 16)
    assert "raised OSError: no such model" in said


def unknown(request: Request) -> Iterable[Any]:
    return [Made(request.recipe_id, png()), Made("0" * 24, png())]


def twice(request: Request) -> Iterable[Any]:
    return [Made(request.recipe_id, png()), Made(request.recipe_id, png(5))]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (unknown, "Made(recipe_id='000000000000000000000000'"),
        (twice, "answered Made("),
        (lambda request: [Made(request.recipe_id, png()), None], "answered None"),
        (lambda request: [Made(request.recipe_id, png()), Scored(request.recipe_id, {})], "answered Scored("),
    ],
)
def test_an_engine_that_answers_what_it_was_not_asked_is_stopped_and_loses_nothing(
    bad: Callable[[Request], Iterable[Any]],
    said: str,
    a_set: Callable[..., Run],
    plugged: Plug,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plugged("engines", "odd", engine(bad))
    run = a_set(make="odd", score=[], write="grammar")
    code, printed = ended(capsys, "run", str(run.folder))
    assert (code, said in printed) == (2, True), printed
    assert "expected: one answer for each recipe" in printed
    done = len(image_hashes(run.folder))
    assert done == sum(1 for s in run.samples() if s.done("image")) > 0
    plugged("engines", "odd", engine(lambda request: [Made(request.recipe_id, png())]))
    run.make().finish()
    assert run.status().summary.total.kept == 16


def test_a_mistake_that_a_user_can_fix_stops_the_run_with_its_words_and_what_was_done_is_kept(
    a_set: Callable[..., Run], plugged: Plug, capsys: pytest.CaptureFixture[str]
) -> None:
    plugged("engines", "odd", engine(raising(MintageError("the key is wrong", type_this="export KEY=…"))))
    run = a_set(make="odd", score=[], write="grammar")
    code, said = ended(capsys, "run", str(run.folder))
    assert (code, "the key is wrong\n  try: export KEY=…" in said) == (2, True)
    done = image_hashes(run.folder)
    assert done
    plugged("engines", "odd", engine(lambda request: [Made(request.recipe_id, png())]))
    run.make().finish()
    assert run.status().summary.total.kept == 16
    assert set(done) < set(image_hashes(run.folder))


def test_images_that_came_before_an_engine_died_are_kept(a_set: Callable[..., Run], plugged: Plug) -> None:
    class Dies(ports.Engine):
        made: ClassVar[list[str]] = []

        def make(self, requests: Sequence[Request]) -> Iterator[Made]:
            for number, request in enumerate(requests):
                if number == 3 and len(requests) > 1:
                    raise RuntimeError("the worker died")
                self.made.append(request.recipe_id)
                yield Made(request.recipe_id, png())

    plugged("engines", "odd", Dies)
    run = a_set(make="odd", score=[], write="grammar")
    assert run.make().finish().summary.total.kept == 16
    assert len(Dies.made) == len(set(Dies.made)) == 16


class Words(Grammar):
    def write(self, samples: Sequence[Any]) -> Iterator[Any]:
        for answer in super().write(samples):
            if "night" in answer.prompt:
                yield from self.bad(answer)
            else:
                yield answer

    def bad(self, answer: Wrote) -> Iterable[Any]:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (raising(ValueError("no words")), "the writer 'odd' raised ValueError: no words"),
        (lambda answer: [Failed(answer.recipe_id, "the server is busy")], "the server is busy"),
        (lambda answer: [], "the writer 'odd' gave no answer"),
        (lambda answer: [Wrote(answer.recipe_id, "  ")], "the prompt is empty"),
    ],
)
def test_one_sample_without_words_fails_alone_and_can_be_tried_again(
    bad: Callable[[Wrote], Iterable[Any]], reason: str, a_set: Callable[..., Run], plugged: Plug
) -> None:
    plugged("writers", "odd", type("Writer", (Words,), {"bad": staticmethod(bad)}))
    run = a_set(write="odd", score=[])
    page = run.make().finish()
    assert (page.summary.total.kept, page.summary.total.failed) == (12, 4)
    assert reason in str(page)
    plugged("writers", "odd", type("Writer", (Words,), {"bad": staticmethod(lambda answer: [answer])}))
    assert run.retry().finish().summary.total.kept == 16


def test_a_writer_that_refuses_twice_gives_the_slot_up(a_set: Callable[..., Run], plugged: Plug) -> None:
    refuses = staticmethod(lambda answer: [Refused(answer.recipe_id, "not these words")])
    plugged("writers", "odd", type("Writer", (Words,), {"bad": refuses}))
    page = a_set(write="odd", score=[]).make().finish()
    assert (page.summary.total.kept, page.summary.total.given_up) == (12, 4)
    assert "refused 2 times; the last: not these words" in str(page)


class Scores(ports.Scorer):
    numbers = ("value",)

    def score(self, items: Sequence[Item]) -> Iterator[Any]:
        for item in items:
            if "night" in item.sample.prompt:
                yield from self.bad(item)
            else:
                yield Scored(item.recipe_id, {"value": 1.0})

    def bad(self, item: Item) -> Iterable[Any]:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (raising(ZeroDivisionError("division by zero")), "the scorer 'odd' raised ZeroDivisionError"),
        (lambda item: [Failed(item.recipe_id, "no face found")], "no face found"),
        (lambda item: [], "the scorer 'odd' gave no answer"),
        (lambda item: [Scored(item.recipe_id, {"value": float("nan")})], "value is nan"),
        (lambda item: [Scored(item.recipe_id, {"value": float("inf")})], "value is inf"),
        (lambda item: [Scored(item.recipe_id, {"value": "high"})], "no usable answer"),  # type: ignore[dict-item]
    ],
)
def test_one_bad_score_fails_alone_and_can_be_tried_again(
    bad: Callable[[Item], Iterable[Any]], reason: str, a_set: Callable[..., Run], plugged: Plug
) -> None:
    plugged("scorers", "odd", type("Scorer", (Scores,), {"bad": staticmethod(bad)}))
    run = a_set(score=["odd"], keep={"floor": {"odd.value": 0.5}})
    page = run.make().finish()
    assert (page.summary.total.kept, page.summary.total.failed) == (12, 4)
    assert reason in str(page)
    good = staticmethod(lambda item: [Scored(item.recipe_id, {"value": 1.0})])
    plugged("scorers", "odd", type("Scorer", (Scores,), {"bad": good}))
    assert run.retry().finish().summary.total.kept == 16


@pytest.mark.parametrize("vector", [[[1.0, 2.0]], [float("nan")], "row", object()])
def test_a_vector_that_is_no_row_of_numbers_fails_alone(vector: Any, a_set: Callable[..., Run], plugged: Plug) -> None:
    bad = staticmethod(lambda item: [Scored(item.recipe_id, {"value": 1.0}, vector)])
    plugged("scorers", "odd", type("Scorer", (Scores,), {"bad": bad, "space": "odd-1"}))
    page = a_set(score=["odd"]).make().finish()
    assert (page.summary.total.kept, page.summary.total.failed) == (12, 4)
    assert "gave no usable answer" in str(page)


def test_a_scorer_may_announce_what_it_sends(a_set: Callable[..., Run], plugged: Plug) -> None:
    sends = staticmethod(
        lambda item: [Sent(item.recipe_id, "t", 0.1), Scored(item.recipe_id, {"value": 1.0}, cost=0.1)]
    )
    plugged("scorers", "odd", type("Scorer", (Scores,), {"bad": sends}))
    page = a_set(score=["odd"]).make().finish()
    assert page.summary.total.kept == 16
    assert page.summary.dollars == pytest.approx(0.4)
