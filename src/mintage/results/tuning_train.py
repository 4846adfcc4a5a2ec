"""Trains a LoRA on a run's examples (trl, peft), on a GPU or without one; sends nothing anywhere."""

import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mintage.core.errors import MintageError
from mintage.wording.rendered import Rendering

EXTRA = 'pip install "mintage[tune]"'
LIBRARIES = ("torch", "transformers", "trl", "peft")
POINTS = 60
"""So many points at least the curve of training has, as far as there are steps."""

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Training:
    """How it is trained. `rank` of the LoRA on all linear layers, its scale is twice that; `rate`: of learning, at
    most; `batch`: examples at once."""

    epochs: float = 3.0
    rate: float = 2e-4
    rank: int = 16
    batch: int = 8

    def check(self) -> None:
        """Raises MintageError for what cannot be."""
        for name, value, least in (
            ("epochs", self.epochs, 0.01),
            ("rate", self.rate, 1e-9),
            ("rank", self.rank, 1),
            ("batch", self.batch, 1),
        ):
            if not value >= least or value == float("inf"):
                raise MintageError(f"--{name} is {value:g}", expected=f"a number of at least {least:g}")


@dataclass(frozen=True)
class Curves:
    """Loss (nats a token of the answer) by epochs: of training, and of the held-out classes before each epoch and at
    the end."""

    training: tuple[tuple[float, float], ...]
    held_out: tuple[tuple[float, float], ...]
    steps: int
    device: str


def libraries() -> dict[str, str]:
    """The versions of what trains.

    Raises:
        MintageError: it is not installed; with what to type.
    """
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise MintageError(f"`tune` needs {', '.join(missing)}", type_this=EXTRA)
    return {name: version(name) for name in LIBRARIES}


def train(model: str, examples: Path, held_out: Path, how: Training, seed: int, folder: Path, tell: Told) -> Curves:
    """Train a LoRA for a model and save it with the tokenizer into a folder, as safetensors.

    Args:
        model: a folder, or a model of a hub that is fetched already.
        examples, held_out: `messages` a line; what is learnt is the last of them.

    Raises:
        MintageError: a model that cannot be read or trained, or memory that ran out.
    """
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # read when its library is imported
    with _quiet(), tempfile.TemporaryDirectory() as scratch:
        import torch
        from transformers import AutoTokenizer, set_seed

        set_seed(seed)  # the LoRA begins with random numbers
        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        try:
            tokenizer = AutoTokenizer.from_pretrained(model, **local)
            trainer = _trainer(model, tokenizer, examples, held_out, how, seed, scratch, tell)
        except torch.OutOfMemoryError:
            raise _too_large(how) from None
        except Exception as error:  # weights, layers, templates: errors of every kind
            said = f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
            raise MintageError(
                f"{model} cannot be trained: {said}", expected="a causal language model of transformers, as safetensors"
            ) from error
        try:
            first = trainer.evaluate()["eval_loss"]  # what is told of it is forgotten when training begins
            trainer.train()
        except torch.OutOfMemoryError:
            raise _too_large(how) from None
        trainer.model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)  # a form that nobody filled in
        told = trainer.state.log_history
        return Curves(
            tuple((entry["epoch"], entry["loss"]) for entry in told if "loss" in entry),
            ((0.0, first), *((entry["epoch"], entry["eval_loss"]) for entry in told if "eval_loss" in entry)),
            trainer.state.global_step,
            str(trainer.args.device),
        )


def _trainer(
    model: str,
    tokenizer: Any,
    examples: Path,
    held_out: Path,
    how: Training,
    seed: int,
    scratch: str,
    tell: Told,
) -> Any:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, PrinterCallback
    from trl import SFTConfig, SFTTrainer

    class Silent(SFTTrainer):  # type: ignore[misc]
        def _send_telemetry(self) -> None:
            """trl would tell its makers which trainer is used."""

    gpu, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    half = gpu and torch.cuda.is_bf16_supported()
    data = Dataset.from_dict(_tokens(tokenizer, examples))
    steps = max(1, round(how.epochs * -(-len(data) // how.batch)))
    network = AutoModelForCausalLM.from_pretrained(
        model,
        dtype=torch.bfloat16 if half else torch.float32,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
    )
    config = SFTConfig(
        output_dir=scratch,
        num_train_epochs=how.epochs,
        per_device_train_batch_size=how.batch,
        per_device_eval_batch_size=how.batch,
        learning_rate=how.rate,
        lr_scheduler_type="linear",
        warmup_steps=0.05,
        logging_steps=max(1, steps // POINTS),
        logging_first_step=True,
        eval_strategy="epoch",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=seed,
        data_seed=seed,
        use_cpu=not (gpu or mps),
        bf16=half,
        gradient_checkpointing=gpu,
        dataloader_pin_memory=gpu,
        max_length=None,
    )
    lora = LoraConfig(r=how.rank, lora_alpha=2 * how.rank, target_modules="all-linear", task_type="CAUSAL_LM")
    trainer = Silent(
        model=network,
        args=config,
        train_dataset=data,
        eval_dataset=Dataset.from_dict(_tokens(tokenizer, held_out)),
        processing_class=tokenizer,
        peft_config=lora,
        callbacks=[_telling(tell)],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _tokens(tokenizer: Any, path: Path) -> dict[str, list[list[int]]]:
    """Every example as tokens and labels: −100 for what is asked, so that only the answer is learnt.

    Asked and answered are put together as the writer will put them.
    """
    rendering = Rendering(tokenizer)
    found: dict[str, list[list[int]]] = {"input_ids": [], "labels": []}
    for chat in _chats(path):
        asked, answer = rendering.answered(chat[:-1], chat[-1]["content"])
        before, whole = (
            tokenizer(text, add_special_tokens=not rendering.chats)["input_ids"] for text in (asked, asked + answer)
        )
        if before[-1:] == [tokenizer.eos_token_id] and not rendering.chats:
            before = before[:-1]  # some tokenizers end every text
        same = next((at for at, (a, b) in enumerate(zip(before, whole, strict=False)) if a != b), len(before))
        found["input_ids"].append(whole)
        found["labels"].append([-100] * same + whole[same:])
    return found


def _chats(path: Path) -> Iterator[Sequence[dict[str, str]]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["messages"]


def _telling(tell: Told) -> Any:
    from transformers import TrainerCallback

    class Telling(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            tell(state.global_step, state.max_steps)

    return Telling()


def _too_large(how: Training) -> MintageError:
    return (
        MintageError(
            "the memory of the device ran out",
            expected="a smaller model, or fewer examples at once",
            type_this="--batch 1",
        )
        if how.batch > 1
        else MintageError("the memory of the device ran out", expected="a smaller model")
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the libraries' bars, remarks and warnings."""
    import datasets
    from transformers.utils import logging

    level, bars, ours = logging.get_verbosity(), logging.is_progress_bar_enabled(), datasets.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    datasets.disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
        if ours:
            datasets.enable_progress_bars()
