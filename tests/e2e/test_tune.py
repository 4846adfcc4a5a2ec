"""`mintage tune` on a set that is really made, with a small model that can copy and has seen no prompt."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="the extra `tune` is absent: trl")
pytest.importorskip("peft", reason="the extra `tune` is absent: peft")
pytest.importorskip("torch", reason="the extra `tune` is absent: torch")

from copying_model import TEMPLATE, copying_model, word_tokenizer
from mintage.core import ports
from mintage.core.errors import MintageError
from mintage.pages.tune import TunePage
from mintage.results.tuning_train import Training, _tokens, train
from mintage.run import Run
from mintage.wording.chat import SYSTEM, told
from mintage.wording.checks import Checks
from trial import listing, write_spec

pytestmark = pytest.mark.slow

FRUIT, ANIMALS = ["apple", "lemon", "pear"], ["lion", "rabbit", "tiger"]
THINGS = ["canoe", "chair", "clock", "drum", "lamp", "piano", "shoe", "teapot", "tent", "violin"]
SPEC: dict[str, Any] = {
    "classes": dict.fromkeys([*FRUIT, *ANIMALS, *THINGS], 8),
    "axes": {"environment": ["on grass", "on a beach", "in the snow", "at night"], "style": ["photo", "painting"]},
    "techniques": {"scene": 1},
    "write": "grammar",
    "make": "flat",
    "score": ["naming"],
    "keep": {"floor": {"naming.ok": 1}},
}


class Naming(ports.Scorer):
    """Whether the prompt names the class: a picture by `flat` shows nothing."""

    name = "naming"

    def score(self, items: Sequence[ports.Item]) -> Iterator[ports.Scored]:
        for item in items:
            yield ports.Scored(item.recipe_id, {"ok": float(item.label in item.sample.prompt)})


@dataclass(frozen=True)
class Trained:
    run: Run
    model: Path
    page: TunePage
    before: dict[str, tuple[int, bytes]]
    """Every file of the run before it was tuned."""


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other take minutes where other tests want the same cores."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def trained(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    from mintage.core import registry

    registry._decorated["scorers"]["naming"] = Naming
    place = tmp_path_factory.mktemp("tune")
    run = Run(write_spec(place / "zoo", **SPEC))
    run.make().finish()
    samples = list(run.samples(kept=True))
    briefs = [registry.build("techniques", run.spec.technique("scene"), run.spec).brief(s.recipe) for s in samples]
    words = [told(ports.Briefed(s, b)) for s, b in zip(samples, briefs, strict=True)] + [s.prompt for s in samples]
    others = " ".join(f"w{n}" for n in range(250))
    model = copying_model(place / "copying", [*words, others], SYSTEM)
    before = listing(run.folder)
    page = run.tune(model=str(model), epochs=12, rate=3e-3)
    yield Trained(run, model, page, before)
    del registry._decorated["scorers"]["naming"]


def test_on_classes_that_it_never_saw_more_prompts_pass_than_before(trained: Trained) -> None:
    tuned = trained.page.tuned
    assert tuned.passing is not None and tuned.before is not None and tuned.after is not None
    assert tuned.passing.of == 24 and len(tuned.data.held_out) == 3
    assert tuned.passing.after > tuned.passing.before
    assert tuned.passing.low > 0
    checks = Checks(trained.run.spec)
    passes = [not checks.wrong(a.brief, p) for a, p in zip(tuned.data.asked, tuned.after.prompts, strict=True)]
    assert sum(passes) == tuned.passing.after


def test_the_loss_on_held_out_classes_falls_and_is_drawn(trained: Trained) -> None:
    from PIL import Image

    curves = trained.page.tuned.curves
    assert curves is not None
    assert [epoch for epoch, _ in curves.held_out] == list(range(13))
    assert curves.held_out[-1][1] < curves.held_out[0][1] / 4
    with Image.open(trained.page.picture) as picture:
        assert picture.size == (1080, 640)


def test_pictures_made_with_its_prompts_are_kept_by_the_runs_own_scorers(trained: Trained) -> None:
    kept = trained.page.tuned.kept
    assert kept is not None and kept.of == 24
    assert kept.after > kept.before
    assert kept.low > 0


def test_nothing_else_of_the_run_is_touched(trained: Trained) -> None:
    after = listing(trained.run.folder)
    own = {path for path in after if path.split("/")[0] == "tuned"} | {"ledger.db-shm"}  # SQLite's own, of readers
    assert {path: after[path] for path in after.keys() - own} == {
        path: found for path, found in trained.before.items() if path not in own
    }


def test_what_it_has_learnt_lies_in_a_folder_as_safetensors(trained: Trained) -> None:
    folder = trained.run.folder / "tuned" / "1"
    names = {path.name for path in folder.iterdir()}
    assert {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json", "tuned.json", "loss.png"} <= names
    assert not [p for p in folder.rglob("*") if p.suffix in (".bin", ".pt", ".pkl", ".md")]
    written = json.loads((folder / "tuned.json").read_text(encoding="utf-8"))
    assert written["passes_checks"]["low"] > 0
    assert len(written["prompts"]) == 24
    assert set(written["versions"]) == {"mintage", "torch", "transformers", "trl", "peft"}
    assert not list((trained.run.folder / "tuned").glob("*.partial"))


def test_the_adapter_is_a_writer_of_the_next_run_as_the_page_says(trained: Trained, tmp_path: Path) -> None:
    use = trained.page._use()
    assert use.startswith("write: {use: transformers, model: ") and use.endswith("adapter: tuned/1}")
    adapter = trained.run.folder / "tuned" / "1"
    write = {"use": "transformers", "model": str(trained.model), "adapter": str(adapter)}
    held = dict.fromkeys(trained.page.tuned.data.held_out, 8)
    run = Run(write_spec(tmp_path / "next", **SPEC | {"write": write, "classes": held}))
    run.make().finish()
    samples = list(run.samples(kept=True))
    assert len(samples) == 24
    own = [s for s in samples if not s.facts["words"].note.startswith("by the grammar instead")]
    assert len(own) > len(samples) / 2
    assert all(s.facts["words"].made_by.startswith("transformers@") for s in samples)


def test_the_same_seed_learns_the_same_and_nobody_is_told(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl.trainer import base_trainer

    told_of: list[str] = []
    monkeypatch.setattr(base_trainer, "send_telemetry", lambda topic, **_: told_of.append(topic))
    data = trained.page.tuned.data
    found = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        train(
            str(trained.model),
            data.path("supervised", "train"),
            data.path("supervised", "held_out"),
            Training(epochs=0.2, rank=4),
            7,
            tmp_path / name,
            lambda done, total: None,
        )
        found.append((tmp_path / name / "adapter_model.safetensors").read_bytes())
    assert found[0] == found[1]
    assert told_of == []


CHAT = [{"role": "system", "content": "Be <|end|> brief."}, {"role": "user", "content": "class: lemon"}]
ANSWER = "a photo of a lemon"
WITHOUT_SYSTEM = (
    "{% for message in messages %}{% if message.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "<|{{ message.role }}|> {{ message.content }} <|end|> {% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.mark.parametrize("template", [TEMPLATE, WITHOUT_SYSTEM, ""], ids=["chat", "no system turn", "plain"])
def test_what_is_asked_is_not_learnt_and_the_end_of_the_answer_is(template: str, tmp_path: Path) -> None:
    tokenizer = word_tokenizer([ANSWER, "Be brief . class : lemon prompt"], template)
    path = tmp_path / "one.jsonl"
    line = {"messages": [*CHAT, {"role": "assistant", "content": ANSWER}]}
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
    found = _tokens(tokenizer, path)
    (tokens,), (labels,) = found["input_ids"], found["labels"]
    learnt = [token for token in labels if token != -100]
    assert tokenizer.decode(learnt) == f"{ANSWER} <|end|>"
    assert tokens[-len(learnt) :] == learnt
    asked = tokenizer.decode(tokens[: -len(learnt)])
    assert "class : lemon" in asked.replace("class:", "class :")
    assert "Be <|end|>" not in asked, "no text of a brief is read as the end of a turn"


def test_a_model_that_is_not_there_is_said_before_anything_is_trained(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(MintageError, match="there is no folder"):
        trained.run.tune(model=str(tmp_path / "nowhere"))
    assert not (trained.run.folder / "tuned" / "2").exists()


def test_pictures_that_cost_money_are_not_made(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    from mintage.engines.flat import Engine

    monkeypatch.setattr(Engine, "price", lambda self, request: 0.01)
    with pytest.raises(MintageError, match="cost money"):
        trained.run.tune(model=str(trained.model), remake=4)


def test_a_missing_library_is_told_with_what_to_type(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    import mintage.results.tuning_train as module

    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "trl" else name)
    with pytest.raises(MintageError, match=r"`tune` needs trl") as caught:
        trained.run.tune(model=str(trained.model))
    assert 'pip install "mintage[tune]"' in str(caught.value)
