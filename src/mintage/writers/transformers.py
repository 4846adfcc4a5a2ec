"""Has a language model on this machine word prompts: several at once, each checked and written again where wrong."""

import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mintage.core import ports
from mintage.core.plugin import Told
from mintage.core.ports import Briefed, Failed, Rejected, Resources, Wrote, how
from mintage.core.recipe import digest
from mintage.wording.chat import SYSTEM, messages, read_prompt
from mintage.wording.finished import closed
from mintage.wording.text import clean
from mintage.writers._transformers_source import Source
from mintage.writers._transformers_words import Open

if TYPE_CHECKING:
    from mintage.writers._transformers_model import Model, Spoken

REWRITES = 3


class TransformersOptions(ports.Options):
    """How `transformers` words prompts.

    `model`, `adapter` (a LoRA of peft): a folder, or owner/name on a hub, the model at `revision`. `temperature`: 0
    takes the likeliest word each time. `top_p`: the share of the likeliest words that are drawn from. `max_tokens`: of
    one answer. `instructions`: what else the model is told. `dtype`: auto is float32 off a GPU.

    How, without changing the words: `device`, `batch` (prompts at once; halved where memory runs out).
    """

    model: str = Field(min_length=1)
    revision: str = ""
    adapter: str = ""
    temperature: float = Field(0.8, ge=0, le=5, allow_inf_nan=False)
    top_p: float = Field(0.95, gt=0, le=1)
    max_tokens: int = Field(200, ge=8, le=8192)
    instructions: str = ""
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    device: str = how("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    batch: int = how(16, ge=1, le=1024)


class Writer(ports.Writer):
    """Any causal language model of transformers, with a chat template or without, and a LoRA on top of it if you like.

    Each recipe is told alone and worded from its own seed: the same words in any batch and order, in float32 on a CPU
    to the letter. What does not pass the checks is told what is wrong with it and written again, at most three times.
    Only safetensors are read, and no code of a checkpoint is run.
    """

    Options = TransformersOptions
    repairs = True
    version = Told("1", lambda writer: writer._version)
    needs = Told(Resources(), lambda writer: writer._needs)

    options: TransformersOptions
    _model: "Model | None" = None

    @cached_property
    def _sources(self) -> list[Source]:
        o, base = self.options, self.spec.folder
        adapter = [Source(o.adapter, base, option="adapter")] if o.adapter else []
        return [Source(o.model, base, o.revision), *adapter]

    @cached_property
    def _version(self) -> str:
        every = [source.version for source in self._sources]
        return every[0] if len(every) == 1 else digest(every, 12)

    @property
    def _needs(self) -> Resources:
        """Several batches at once, so that what is written again is written together."""
        asked = self.options.device
        gpu = asked.startswith("cuda") or (asked == "auto" and shutil.which("nvidia-smi") is not None)
        return Resources(batch=4 * self.options.batch, gpus=1.0 if gpu else 0.0)

    @property
    def saw(self) -> Any:
        """What every model is told, and of each class all that words are made from."""
        fields = {"called", "description", "kind", "synonyms", "text"}
        return [SYSTEM, {name: c.model_dump(mode="json", include=fields) for name, c in self.spec.classes.items()}]

    def load(self) -> None:
        """Raises MintageError where a library, the model or the adapter is missing, or they do not fit."""
        from mintage.writers._transformers_model import Model, libraries

        o = self.options
        libraries(bool(o.adapter))
        folder, *adapter = [source.complete() for source in self._sources]
        self._model = Model(folder, adapter[0] if adapter else None, o.device, o.dtype)
        self._most = o.batch

    def write(self, samples: Sequence[Briefed]) -> Iterator[Wrote | Failed]:
        if self._model is None:
            self.load()
        queue: deque[Open] = deque()
        for sample in samples:
            one = Open(sample)
            reason = self._encode(one)
            if reason:
                yield Failed(one.id, reason)
            else:
                queue.append(one)
        while queue:
            batch = [queue.popleft() for _ in range(min(self._most, len(queue)))]
            for one, spoken in self._spoken(batch):
                # one by one: whoever checks knows the words that were taken since the last check
                answer = self._answer(one, spoken)
                if answer is None:
                    queue.append(one)
                else:
                    yield answer

    def _encode(self, one: Open) -> str:
        """Put what the model is told into tokens, or say why that cannot be."""
        from mintage.writers._transformers_model import TooLong

        assert self._model is not None, "write() loads"
        told, *turns = messages(one.now)
        told = told | {"content": f"{told['content']} {clean(self.options.instructions)}".strip()}
        try:
            one.tokens = self._model.encode([told, *turns], self.options.max_tokens)
        except TooLong as error:
            return str(error)
        except Exception as error:  # a chat template raises what it likes
            return f"the chat template of {self.options.model} raised {_said(error)}"
        return ""

    def _spoken(self, left: Sequence[Open]) -> Iterator[tuple[Open, "Spoken | Failed"]]:
        """What the model answers to each; what raises is tried in halves, so that one bad item fails alone."""
        while left:
            batch, begun = left[: self._most], perf_counter()
            spoken, error = self._tried(batch)
            half = -(-len(batch) // 2)
            if error is not None and len(batch) > 1:
                if _out_of_memory(error):
                    self._most = half
                    continue
                yield from self._spoken(batch[:half])
                yield from self._spoken(batch[half:])
            else:
                seconds = (perf_counter() - begun) / len(batch)
                for at, one in enumerate(batch):
                    one.seconds += seconds
                    yield one, Failed(one.id, f"the model raised {_said(error)}") if error else spoken[at]
            left = left[len(batch) :]

    def _tried(self, batch: Sequence[Open]) -> tuple[list["Spoken"], Exception | None]:
        """The answers of one batch, or what the model raised."""
        from mintage.writers._transformers_model import Manner

        assert self._model is not None, "write() loads"
        o = self.options
        manner = Manner(o.max_tokens, o.temperature, o.top_p)
        try:
            return self._model.speak([one.tokens for one in batch], [one.seed for one in batch], manner), None
        except Exception as error:  # a model meets odd tokens and full memory with errors of every kind
            raised = error.with_traceback(None)  # which holds on to what the batch had in memory
        self._model.release()
        return [], raised

    def _answer(self, one: Open, spoken: "Spoken | Failed") -> Wrote | Failed | None:
        """The answer for a sample; None: it is to be written again."""
        if isinstance(spoken, Failed):
            return replace(spoken, seconds=one.seconds)
        prompt = read_prompt(spoken.text)
        prompt = closed(prompt, one.brief.phrases) if prompt else ""
        wrong = self._wrong(one, prompt, spoken.cut)
        if not wrong or len(one.rejected) == REWRITES:
            return one.wrote("" if spoken.cut else prompt)
        one.rejected = (*one.rejected, Rejected(prompt, wrong))
        return one.wrote("") if self._encode(one) else None  # too long by now: no more is to be had of this model

    def _wrong(self, one: Open, prompt: str, cut: bool) -> str:
        if not prompt:
            return "its prompt is empty"
        if cut:
            return f"its prompt has no end within {self.options.max_tokens} tokens"
        return one.sample.check(prompt)


def _said(error: Exception | None) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:300]


def _out_of_memory(error: Exception) -> bool:
    """Whether an exception says that memory ran out, on a GPU or beside it."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and ("out of memory" in said or "can't allocate memory" in said)
    )
