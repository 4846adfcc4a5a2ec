"""What a run gives a writer to learn from."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mintage.core import ports
from mintage.core.errors import MintageError
from mintage.core.ports import Briefed, Wrote
from mintage.results.tuning_data import HELD_OUT, TRAIN, TuningData, held_out, write_data
from mintage.run import Run
from mintage.wording.chat import SYSTEM

SCENES: dict[str, Any] = {
    "classes": {"lemon": 6, "chair": 6, "lion": 6, "violin": 6},
    "techniques": {"scene": 1},
    "write": "grammar",
    "make": "flat",
    "score": ["technical"],
    "keep": {"floor": {"technical.ok": 0}, "attempts": 4},
}
"""Flat colours, and nothing is rejected."""


class Corrected(ports.Writer):
    """Forgets the class at first."""

    def write(self, samples: Sequence[Briefed]) -> Iterator[Wrote]:
        for sample in samples:
            told = " ".join(sample.brief.attributes.values())
            yield Wrote(sample.recipe_id, f"a {sample.brief.subject} {told}" if sample.again else f"nothing {told}")


def data_of(run: Run, share: float = 0.3) -> TuningData:
    ledger = run._reader()
    try:
        return write_data(ledger, run._ordered(ledger).placed(run.folder), share, run.folder / "data")
    finally:
        ledger.close()


def lines(data: TuningData, kind: str, split: str) -> list[dict[str, Any]]:
    path = data.path(kind, split)
    return [json.loads(line) for line in path.read_bytes().decode().split("\n")[:-1]] if path.exists() else []


def every_line(data: TuningData, kind: str) -> list[dict[str, Any]]:
    return lines(data, kind, TRAIN) + lines(data, kind, HELD_OUT)


def told(line: dict[str, Any]) -> str:
    return str((line.get("messages") or line.get("prompt"))[1]["content"])  # type: ignore[index]


def test_each_kept_prompt_answers_the_chat_that_a_model_would_have_been_asked(a_set: Callable[..., Run]) -> None:
    run = a_set(**SCENES)
    run.make().finish()
    data = data_of(run)
    found = every_line(data, "supervised")
    assert {line["messages"][2]["content"] for line in found} == {s.prompt for s in run.samples(kept=True)}
    assert {tuple(m["role"] for m in line["messages"]) for line in found} == {("system", "user", "assistant")}
    assert {line["messages"][0]["content"] for line in found} == {SYSTEM}
    for line in found:
        shown = dict(row.split(": ", 1) for row in told(line).split("\n"))
        assert shown["class"] in line["messages"][2]["content"]
    assert data.count("supervised", TRAIN) + data.count("supervised", HELD_OUT) == len(found)


def test_no_class_is_both_learnt_and_held_out(a_set: Callable[..., Run]) -> None:
    run = a_set(**SCENES)
    run.make().finish()
    data = data_of(run)
    sides = [{told(line).split("\n")[0] for line in lines(data, "supervised", split)} for split in (TRAIN, HELD_OUT)]
    assert not sides[0] & sides[1]
    assert sides[1] == {f"class: {name}" for name in data.held_out}
    assert len(data.held_out) == 1 and len(data.classes) == 4
    assert {asked.sample.label for asked in data.asked} == set(data.held_out)
    assert len(data.asked) == data.count("supervised", HELD_OUT)


def test_which_classes_are_held_out_depends_on_the_seed_and_grows_with_the_share() -> None:
    keys = [f"class {n}" for n in range(20)]
    few, more = held_out(keys, 0.2, 1), held_out(keys, 0.5, 1)
    assert (len(few), len(more)) == (4, 10)
    assert few < more
    assert held_out(keys[::-1], 0.2, 1) == few != held_out(keys, 0.2, 2)
    assert len(held_out(keys, 0.001, 1)) == 1
    assert len(held_out(keys, 0.999, 1)) == 19


def test_equal_examples_are_written_once(a_set: Callable[..., Run]) -> None:
    run = a_set(**SCENES | {"techniques": {"vanilla": 1}, "axes": {}})
    run.make().finish()
    assert len(list(run.samples(kept=True))) == 24
    assert len(every_line(data_of(run), "supervised")) == 4


def test_a_refused_prompt_and_the_one_that_was_kept_instead_are_a_pair(a_set: Callable[..., Run]) -> None:
    lemon = {"images": 2, "synonyms": ["citrus fruit"]}
    changes = {"classes": SCENES["classes"] | {"lemon": lemon}, "make": {"use": "flat", "refuse_on": ["lemon"]}}
    run = a_set(**SCENES | changes)
    run.make().finish()
    found = every_line(data_of(run), "preference")
    assert len(found) == 2
    for line in found:
        assert "lemon" in line["rejected"][0]["content"]
        assert "citrus fruit" in line["chosen"][0]["content"]
        assert told(line).startswith("class: lemon\n")
        assert "refused before" not in told(line)


def test_a_prompt_that_the_checks_rejected_is_a_pair_with_what_was_written_next(
    a_set: Callable[..., Run], plugged: Callable[[str, str, type[Any]], None]
) -> None:
    plugged("writers", "corrected", Corrected)
    run = a_set(**SCENES | {"write": "corrected"})
    run.make().finish()
    data = data_of(run)
    pairs, examples = every_line(data, "preference"), every_line(data, "supervised")
    assert len(pairs) == len(examples) > 0
    assert all(line["rejected"][0]["content"].startswith("nothing ") for line in pairs)
    answers = {told(line): line["messages"][2] for line in examples}
    assert all(line["chosen"] == [answers[told(line)]] for line in pairs)
    services = every_line(data, "preference_service")
    assert [s["input"]["messages"] for s in services] == [p["prompt"] for p in pairs]
    assert [(s["preferred_output"], s["non_preferred_output"]) for s in services] == [
        (p["chosen"], p["rejected"]) for p in pairs
    ]


def test_a_prompt_is_not_bad_whose_first_picture_alone_was_rejected(
    a_set: Callable[..., Run], plugged: Callable[[str, str, type[Any]], None]
) -> None:
    class Second(ports.Scorer):
        """Nothing of a first attempt."""

        def score(self, items: Sequence[ports.Item]) -> Iterator[ports.Scored]:
            for item in items:
                yield ports.Scored(item.recipe_id, {"ok": float(item.sample.recipe.attempt > 0)})

    plugged("scorers", "second", Second)
    run = a_set(**SCENES | {"score": ["second"], "keep": {"floor": {"second.ok": 1}}})
    run.make(despite=["yield"]).finish()
    samples = list(run.samples())
    assert len(samples) == 2 * sum(s.kept for s in samples)
    assert every_line(data_of(run), "preference") == []


def test_files_without_a_line_are_left_out(a_set: Callable[..., Run]) -> None:
    run = a_set(**SCENES)
    run.make().finish()
    names = {path.name for path in data_of(run).folder.iterdir()}
    assert names == {"supervised.train.jsonl", "supervised.held_out.jsonl"}


def test_a_run_that_is_only_partly_made_gives_what_it_has(a_set: Callable[..., Run]) -> None:
    run = a_set(**SCENES)
    run.make(limit=9).finish()
    data = data_of(run)
    assert {line["messages"][2]["content"] for line in every_line(data, "supervised")} == {
        s.prompt for s in run.samples(kept=True)
    }


def test_letters_of_any_script_stand_in_the_files_as_they_are(a_set: Callable[..., Run]) -> None:
    classes = {"Brötchen": 3, "レモン": 3}
    run = a_set(**SCENES | {"classes": classes})
    run.make().finish()
    data = data_of(run)
    text = "".join(data.path("supervised", split).read_text(encoding="utf-8") for split in (TRAIN, HELD_OUT))
    assert "class: Brötchen" in text and "class: レモン" in text


def test_one_class_is_too_few_and_it_is_said_what_to_do(a_set: Callable[..., Run]) -> None:
    run = a_set(**SCENES | {"make": {"use": "flat", "fail_on": ["chair", "lion", "violin"]}})
    run.make().finish()
    with pytest.raises(MintageError, match=r"'lemon' alone has kept images") as caught:
        data_of(run)
    assert "mintage run" in str(caught.value)


def test_the_command_writes_the_data_alone_and_says_where(a_set: Callable[..., Run]) -> None:
    run = a_set(**SCENES)
    run.make().finish()
    said = str(run.tune(data_only=True))
    assert (run.folder / "tuned" / "1" / "data" / "supervised.train.jsonl").is_file()
    assert "tuned/1/data" in said.replace("\n", "")
    run.tune(data_only=True)
    assert (run.folder / "tuned" / "2").is_dir()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "which model"),
        ({"data_only": True, "held_out": 1.0}, "--held-out is 1"),
        ({"data_only": True, "held_out": float("nan")}, "--held-out is nan"),
        ({"data_only": True, "epochs": 0}, "--epochs is 0"),
        ({"data_only": True, "to": Path("taken")}, "is there already"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_read(
    wrong: dict[str, Any], said: str, a_set: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = a_set(**SCENES)
    run.make(limit=20).finish()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").touch()
    with pytest.raises(MintageError, match=said):
        run.tune(**wrong)
    assert not (run.folder / "tuned" / "1").exists()
