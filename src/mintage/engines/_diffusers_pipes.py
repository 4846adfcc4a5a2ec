"""The pipelines of one checkpoint in memory: loaded once, one for each verb, the networks shared."""

import inspect
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mintage.core.errors import MintageError, nearest
from mintage.engines import _diffusers_files as on_disk
from mintage.engines._diffusers_families import Family
from mintage.engines._diffusers_hub import EXTRA
from mintage.engines._diffusers_memory import place

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True)
class Adapter:
    """A LoRA on disk: a folder, the safetensors file in it, how strongly it counts."""

    folder: Path
    file: str
    weight: float


@dataclass(frozen=True)
class Wanted:
    """What is loaded, and how. `pixels`: of the largest picture that is expected."""

    folder: Path
    prior: Path | None
    family: Family
    adapters: Sequence[Adapter]
    scheduler: str
    device: str
    dtype: str
    memory: str
    pixels: int


def libraries() -> None:
    """See that torch and diffusers are installed.

    Raises:
        MintageError: with what to type.
    """
    missing = [name for name in ("torch", "diffusers", "transformers", "accelerate") if find_spec(name) is None]
    if missing:
        raise MintageError(f"the engine 'diffusers' needs {', '.join(missing)}", type_this=EXTRA)


@contextmanager
def quiet() -> Iterator[None]:
    """Without the libraries' bars, remarks and warnings: what a user has to know is told in our own words."""
    from diffusers.utils import logging as drawing
    from transformers.utils import logging as reading

    levels = drawing.get_verbosity(), reading.get_verbosity()
    bars = [library for library in (drawing, reading) if library.is_progress_bar_enabled()]
    drawing.set_verbosity_error()
    reading.set_verbosity_error()
    for library in bars:
        library.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for library in bars:
            library.enable_progress_bar()
        drawing.set_verbosity(levels[0])
        reading.set_verbosity(levels[1])


class Pipes:
    """Loads on being made.

    Raises:
        MintageError: weights that cannot be read, a scheduler or LoRA that does not fit, a device that is not there.
    """

    def __init__(self, wanted: Wanted) -> None:
        import torch

        self.wanted = wanted
        self.device = _device(wanted.device)
        self.dtype = _dtype(wanted, self.device)
        half = BYTES[self.dtype] == 2
        sizes = self._sizes(wanted, half)
        free = torch.cuda.mem_get_info(self.device)[0] if self.device.startswith("cuda") else None
        largest = max(sizes.values(), default=0)
        self.placement = place(wanted.memory, free, sum(sizes.values()), largest, wanted.pixels)
        with quiet():
            self._first = self._loaded(wanted.folder, half)
            self.prior = self._loaded(wanted.prior, half) if wanted.prior else None
            if wanted.scheduler:
                self._first.scheduler = _scheduler(wanted.scheduler, self._first.scheduler)
            _adapt(self._first, wanted.adapters)
            for pipe in filter(None, (self._first, self.prior)):
                self._put(pipe)
        self._by_class = {type(self._first).__name__: self._first}

    def _sizes(self, wanted: Wanted, half: bool) -> dict[str, int]:
        """Bytes of each network at the precision it will have."""
        sizes: dict[str, int] = {}
        for place_ in filter(None, (wanted.folder, wanted.prior)):
            files = on_disk.needed(on_disk.files_in(place_), on_disk.read_index(place_), half)
            counts = on_disk.numbers(place_, files)
            sizes |= {f"{place_}/{part}": n * BYTES[self.dtype] for part, n in counts.items()}
        return sizes

    def _loaded(self, folder: Path, half: bool) -> Any:
        import diffusers
        import torch

        name = on_disk.read_index(folder).get("_class_name")
        if not hasattr(diffusers, str(name)):
            raise MintageError(
                f"{folder} wants the pipeline {name!r}, which diffusers {diffusers.__version__} has not",
                expected="a checkpoint for the installed version",
                where="make.model",
            )
        variant = on_disk.variant([f for f in on_disk.files_in(folder) if f.endswith(".safetensors")], half)
        try:
            pipe = diffusers.DiffusionPipeline.from_pretrained(
                folder,
                dtype=getattr(torch, self.dtype),
                variant=variant,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
            )
        except Exception as error:  # truncated files, parts that do not fit: errors of every kind
            said = f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
            raise MintageError(
                f"{folder} cannot be loaded: {said}",
                expected="a whole checkpoint of diffusers",
                where="make.model",
            ) from error
        pipe.set_progress_bar_config(disable=True)
        return pipe

    def _put(self, pipe: Any) -> None:
        where = self.placement.where
        if where == "full":
            pipe.to(self.device)
        elif where == "offload":
            pipe.enable_model_cpu_offload(device=self.device)
        else:
            pipe.enable_sequential_cpu_offload(device=self.device)
        autoencoder: Any = getattr(pipe, "vae", None)
        if hasattr(autoencoder, "enable_slicing"):
            autoencoder.enable_slicing()  # one picture at a time: a batch then needs no more memory at its end
        if self.placement.tiled and hasattr(autoencoder, "enable_tiling"):
            autoencoder.enable_tiling()

    def of(self, verb: str) -> Any:
        """The pipeline for a verb, made from the networks of the first one when it is first asked for.

        `from_pipe` would turn them to float32, and cannot where they are offloaded layer by layer.
        """
        import diffusers

        name = self.wanted.family.verbs[verb]
        if name not in self._by_class:
            cls = getattr(diffusers, name)
            have = dict(self._first.config) | self._first.components
            with quiet():
                pipe = cls(**{n: have[n] for n in inspect.signature(cls.__init__).parameters if n in have})
                pipe.set_progress_bar_config(disable=True)
                if self.placement.where == "offload":
                    pipe.enable_model_cpu_offload(device=self.device)
            self._by_class[name] = pipe
        return self._by_class[name]

    def words_kept(self, prompt: str) -> int | None:
        """How many of a prompt's tokens CLIP reads, when they are not all; None otherwise.

        A model that also has another text encoder reads more, and is not asked.
        """
        owner = self.prior or self._first
        tokenizers = [t for n, t in owner.components.items() if n.startswith("tokenizer") and t is not None]
        if not tokenizers or not all("CLIP" in type(t).__name__ for t in tokenizers):
            return None
        most = min(int(t.model_max_length) for t in tokenizers)
        with quiet():
            return most if len(tokenizers[0](prompt).input_ids) > most else None

    def release(self) -> None:
        """Give back what a failed batch left behind."""
        import gc

        import torch

        gc.collect()
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()


def _device(asked: str) -> str:
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked == "auto":
        return next(d for d in ("cuda", "mps", "cpu") if there[d])
    if not there[asked.partition(":")[0]]:
        raise MintageError(
            f"there is no device {asked!r} here",
            expected=f"one of {', '.join(d for d, has in there.items() if has)}, or auto",
            where="make.device",
        )
    return asked


def _dtype(wanted: Wanted, device: str) -> str:
    """float32 wherever it is not a CUDA GPU, unless another one is asked for."""
    if wanted.dtype != "auto":
        return wanted.dtype
    import torch

    if not device.startswith("cuda"):
        return "float32"
    return "float16" if wanted.family.half == "bfloat16" and not torch.cuda.is_bf16_supported() else wanted.family.half


def _scheduler(name: str, present: Any) -> Any:
    import diffusers

    cls: Any = getattr(diffusers, name, None)
    fitting = sorted({c.__name__ for c in present.compatibles} | {type(present).__name__})
    if name not in fitting:
        close = nearest(name, fitting, n=1)
        raise MintageError(
            f"the scheduler {name!r} " + ("does not fit this model" if cls else "is none of diffusers"),
            expected=(f"did you mean {close[0]!r}? " if close else "") + f"there are: {', '.join(fitting)}",
            where="make.scheduler",
        )
    return cls.from_config(present.config)


def _adapt(pipe: Any, adapters: Sequence[Adapter]) -> None:
    if not adapters:
        return
    if not hasattr(pipe, "load_lora_weights"):
        raise MintageError(f"{type(pipe).__name__} takes no LoRA", expected="a model that does", where="make.lora")
    names = []
    for number, adapter in enumerate(adapters):
        names.append(f"lora_{number}_" + re.sub(r"\W", "_", Path(adapter.file).stem))
        try:
            pipe.load_lora_weights(
                adapter.folder, weight_name=adapter.file, adapter_name=names[-1], local_files_only=True
            )
        except Exception as error:
            said = f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
            raise MintageError(
                f"the LoRA {adapter.folder / adapter.file} cannot be loaded: {said}",
                expected=f"one for {type(pipe).__name__}",
                where="make.lora",
            ) from error
    loaded = {n for group in pipe.get_list_adapters().values() for n in group}
    idle = [a.file for a, n in zip(adapters, names, strict=True) if n not in loaded]
    if idle:
        raise MintageError(
            f"the LoRA {', '.join(idle)} changes nothing of this model: no layer is called as in it",
            expected=f"one for {type(pipe).__name__}",
            where="make.lora",
        )
    pipe.set_adapters(names, [a.weight for a in adapters])
