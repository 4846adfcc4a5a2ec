"""All that one engine draws with: the model, the prior that it needs, LoRAs; what they take and where they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mintage.core.errors import MintageError, shown
from mintage.core.ports import Weights
from mintage.core.recipe import digest
from mintage.engines import _diffusers_files as on_disk
from mintage.engines._diffusers_checkpoint import Checkpoint, prior_of
from mintage.engines._diffusers_lora import Lora
from mintage.engines._diffusers_memory import PER_PIXEL


@dataclass(frozen=True)
class Source:
    """`prior_name` is the option `prior`; `half`: whether it will be loaded in half precision."""

    model: Checkpoint
    prior_name: str
    loras: Sequence[Lora]

    @cached_property
    def prior(self) -> Checkpoint | None:
        return prior_of(self.model, self.prior_name)

    @property
    def checkpoints(self) -> list[Checkpoint]:
        return [self.model, *([self.prior] if self.prior else [])]

    @property
    def base(self) -> Path:
        return self.model.base

    @property
    def version(self) -> str:
        """What tells these weights from others, in one word; `none` where they cannot be found."""
        try:
            every = [c.version for c in self.checkpoints]
            every += [f"{lora.version(self.base)} {lora.weight:g}" for lora in self.loras]
        except MintageError:
            return "none"
        return every[0] if len(every) == 1 else digest(every, 12)

    def weights(self, pixels: int) -> Weights:
        """What is to be downloaded. `pixels`: of the picture whose memory is counted."""
        sizes = [c.bytes for c in self.checkpoints] + [lora.bytes(self.base) for lora in self.loras]
        here = all(c.here for c in self.checkpoints) and all(lora.found(self.base) for lora in self.loras)
        numbers = self._numbers()
        each = 2 if self.model.half else 4
        return Weights(
            " + ".join([c.name for c in self.checkpoints] + [lora.model for lora in self.loras]),
            None if None in sizes else sum(n or 0 for n in sizes),
            ", ".join(dict.fromkeys(filter(None, (c.licence for c in self.checkpoints)))),
            None if numbers is None else (numbers * each + PER_PIXEL * pixels) / 1e9,
            here,
            next((c.card.wrong for c in self.checkpoints if c.on_hub and not c.here and c.card.wrong), ""),
        )

    def _numbers(self) -> int | None:
        """How many numbers the networks hold: counted, or told from the size of the files on the hub."""
        total = 0
        for c in self.checkpoints:
            if c.here and c.folder:
                total += sum(on_disk.numbers(c.folder, c.needed).values())
            elif c.bytes and c.family:
                fp16 = on_disk.variant([f for f, _ in c.card.files], c.half)
                total += c.bytes // (2 if fp16 else c.family.stored)
            else:
                return None
        return total

    def complete(self) -> list[Path]:
        """The folders of the model and its prior.

        Raises:
            MintageError: something is not on this machine, or not all of it.
        """
        fetch = f"mintage fetch {shown(self.base.absolute())}"
        for c in self.checkpoints:
            if c.here:
                continue
            raise MintageError(
                f"{c.name} is not on this machine, or not all of it",
                expected="a model that is fetched" + (f" ({c.card.wrong})" if c.card.wrong else ""),
                type_this=fetch,
                where=f"make.{c.option}",
            )
        for lora in self.loras:
            if lora.found(self.base) is None:
                raise MintageError(f"the LoRA {lora.model} is not on this machine", type_this=fetch, where="make.lora")
        return [c.folder for c in self.checkpoints if c.folder]

    def fetch(self) -> None:
        for c in self.checkpoints:
            c.fetch()
        for lora in self.loras:
            lora.fetch(self.base)
