"""A causal language model in memory: chats in, texts out, each from a seed of its own whatever else is in the batch."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mintage.core.errors import MintageError
from mintage.wording.chat import Message
from mintage.wording.rendered import Rendering
from mintage.writers._transformers_drawing import Drawing, LineEnds, has_line
from mintage.writers._transformers_source import EXTRA

Tokens = Sequence[int]


class TooLong(Exception):
    """What a model is told is longer than it can read."""


@dataclass(frozen=True)
class Manner:
    """How it is drawn; `temperature` 0 takes the likeliest token each time."""

    max_tokens: int
    temperature: float
    top_p: float


@dataclass(frozen=True)
class Spoken:
    """A model's answer. `cut`: it was not at an end when `max_tokens` were written."""

    text: str
    cut: bool


def libraries(adapter: bool) -> None:
    """See that all is installed.

    Raises:
        MintageError: with what to type.
    """
    wanted = ("torch", "transformers", "safetensors", *(("peft",) if adapter else ()))
    missing = [name for name in wanted if find_spec(name) is None]
    if missing:
        raise MintageError(f"the writer 'transformers' needs {', '.join(missing)}", type_this=EXTRA)


@contextmanager
def quiet() -> Iterator[None]:
    """Without the libraries' bars, remarks and warnings: what a user has to know is told in our own words."""
    from transformers.utils import logging

    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()


class Model:
    """Loads on being made, and runs no code of a checkpoint.

    Raises:
        MintageError: weights that cannot be read, an adapter that does not fit, a device that is not there.
    """

    def __init__(self, folder: Path, adapter: Path | None, device: str, dtype: str) -> None:
        self.device = _device(device)
        with quiet():
            self._tokenizer = _loaded_tokenizer(folder)
            self._model = _loaded(folder, _dtype(dtype, self.device))
            self._ends = self._end_tokens()
            if adapter:
                self._model = _adapted(self._model, adapter)
            self._model.to(self.device).eval()
        self._rendering = Rendering(self._tokenizer)

    @property
    def reads(self) -> int | None:
        """How many tokens it reads and writes together; None: it does not say."""
        most = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        return most if isinstance(most, int) and most > 0 else None

    def encode(self, chat: Sequence[Message], max_tokens: int) -> list[int]:
        """The tokens that ask for an answer. No text in the chat can look like the marks between its turns.

        Raises:
            TooLong: with the numbers.
        """
        text, special = self._rendering.asked(chat), not self._rendering.chats
        tokens: list[int] = self._tokenizer(text, add_special_tokens=special)["input_ids"]
        if self.reads is not None and len(tokens) + max_tokens > self.reads:
            raise TooLong(
                f"the brief takes {len(tokens)} tokens: with {max_tokens} for the answer (max_tokens) that is more "
                f"than the {self.reads} of this model"
            )
        return tokens

    def speak(self, asked: Sequence[Tokens], seeds: Sequence[int], manner: Manner) -> list[Spoken]:
        """Answers to several at once, in their order."""
        import torch
        from transformers import GenerationConfig

        longest = max(map(len, asked))
        pad = self._pad
        rows = torch.tensor([[pad] * (longest - len(a)) + list(a) for a in asked], device=self.device)
        seen = torch.tensor([[0] * (longest - len(a)) + [1] * len(a) for a in asked], device=self.device)
        config = GenerationConfig(
            max_new_tokens=manner.max_tokens, do_sample=False, eos_token_id=self._ends or None, pad_token_id=pad
        )
        drawing = [Drawing(seeds, manner.temperature, manner.top_p)] if manner.temperature else []
        stops = [] if self._rendering.chats else [LineEnds(longest, self._decoded)]
        with torch.inference_mode(), quiet():
            found = self._model.generate(
                input_ids=rows,
                attention_mask=seen,
                generation_config=config,
                logits_processor=drawing,
                stopping_criteria=stops,
            )
        return [self._spoken(row) for row in found[:, longest:].tolist()]

    def release(self) -> None:
        """Give back what a failed batch left behind."""
        import gc

        import torch

        gc.collect()
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _spoken(self, row: list[int]) -> Spoken:
        end = next((at for at, token in enumerate(row) if token in self._ends), None)
        text = self._decoded(row[:end])
        return Spoken(text, end is None and not has_line(text))

    def _decoded(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))

    @property
    def _pad(self) -> int:
        """Any token: what stands before a text is not seen, and what stands behind its end is not read."""
        own = self._tokenizer.pad_token_id
        return int(own if own is not None else next(iter(self._ends), 0))

    def _end_tokens(self) -> list[int]:
        """What ends an answer. All else that a checkpoint says of how to draw (a penalty, a top-k) is left out."""
        from transformers import GenerationConfig

        told = (self._model.generation_config.eos_token_id, self._tokenizer.eos_token_id)
        self._model.generation_config = GenerationConfig()
        flat = [t for each in told for t in (each if isinstance(each, list) else [each])]
        return sorted({int(t) for t in flat if t is not None})


def _device(asked: str) -> str:
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked == "auto":
        return next(d for d in ("cuda", "mps", "cpu") if there[d])
    if not there[asked.partition(":")[0]]:
        expected = f"one of {', '.join(d for d, has in there.items() if has)}, or auto"
        raise MintageError(f"there is no device {asked!r} here", expected=expected, where="write.device")
    return asked


def _dtype(asked: str, device: str) -> str:
    """float32 wherever it is not a CUDA GPU, unless another one is asked for."""
    import torch

    if asked != "auto":
        return asked
    if not device.startswith("cuda"):
        return "float32"
    return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"


def _loaded_tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise _unreadable(folder, "model", error, "a tokenizer beside the model") from error


def _loaded(folder: Path, dtype: str) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    try:
        return AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, dtype),
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )
    except Exception as error:  # truncated files, another kind of network, code of its own: errors of every kind
        raise _unreadable(folder, "model", error, "a causal language model of transformers") from error


def _adapted(model: Any, folder: Path) -> Any:
    """The model with a LoRA on it; one that leaves a layer as it was made for another model."""
    try:
        from peft import PeftModel

        with warnings.catch_warnings(record=True) as remarks:
            warnings.simplefilter("always")
            adapted = PeftModel.from_pretrained(model, folder, is_trainable=False)
        lacking = next((str(r.message) for r in remarks if "missing adapter keys" in str(r.message)), "")
        if lacking:
            raise ValueError(lacking)
    except Exception as error:  # sizes that differ, layers that are called otherwise: errors of every kind
        raise _unreadable(folder, "adapter", error, "an adapter that was trained on this model") from error
    return adapted


def _unreadable(folder: Path, option: str, error: Exception, expected: str) -> MintageError:
    said = f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
    return MintageError(f"{folder} cannot be loaded: {said}", expected=expected, where=f"write.{option}")
