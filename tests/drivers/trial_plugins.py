"""Plug-ins of an outside package, for tests: they note in a file what they were asked for, and go wrong on demand."""

import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from mintage.core import ports
from mintage.core.ports import Briefed, Item, Made, Request, Scored, Wrote, how
from mintage.writers.grammar import Writer as Grammar


def note(log: str, *lines: str) -> None:
    """Append lines, in one write, so that a kill leaves whole ones."""
    if log:
        with Path(log).open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))


class LoggedOptions(ports.Options):
    """`log`: the file in which it notes recipes; `batch` at a time, each of which takes `seconds`."""

    size: int = 8
    log: str = how("")
    batch: int = how(8)
    seconds: float = how(0.0)


class Logged(ports.Engine):
    """Pixels from a hash of prompt and seed; draws a whole batch before it answers, as engines on a GPU do."""

    Options = LoggedOptions

    @property
    def needs(self) -> ports.Resources:  # type: ignore[override]
        return ports.Resources(batch=self.options.batch)

    def make(self, requests: Sequence[Request]) -> Iterator[Made]:
        from PIL import Image

        size = self.options.size
        drawn = []
        for request in requests:
            time.sleep(self.options.seconds)
            hashed = sha256(f"{request.seed} {request.prompt}".encode()).digest()
            drawn.append(Image.frombytes("RGB", (size, size), (hashed * (3 * size * size))[: 3 * size * size]))
        note(self.options.log, *(f"image {r.recipe_id}" for r in requests))
        for request, image in zip(requests, drawn, strict=True):
            yield Made(request.recipe_id, image)


class CoinOptions(ports.Options):
    log: str = how("")


class Coin(ports.Scorer):
    """`value`: 0 to 1, from the picture's pixels alone, so that some pass and others do not; keeps vectors."""

    Options = CoinOptions
    numbers = ("value",)
    floors: ClassVar = {"value": 0.4}
    space = "coin-1"

    @property
    def saw(self) -> Any:
        return list(self.spec.classes)

    def score(self, items: Sequence[Item]) -> Iterator[Scored]:
        import numpy

        for item in items:
            vector = item.vector
            if vector is None:
                note(self.options.log, f"open {item.recipe_id}")
                hashed = sha256(item.open().tobytes()).digest()
                vector = numpy.frombuffer(hashed, "uint8").astype("float32")
            note(self.options.log, f"score {item.recipe_id}")
            yield Scored(item.recipe_id, {"value": float(vector[0]) / 255}, vector)


class NotedOptions(Grammar.Options):
    log: str = how("")


class Noted(Grammar):
    """`grammar` that notes each recipe which it words."""

    Options = NotedOptions
    needs = ports.Resources(batch=16)

    def write(self, samples: Sequence[Briefed]) -> Iterator[Wrote]:
        for answer in super().write(samples):
            note(self.options.log, f"words {answer.recipe_id}")
            yield answer


class MuddledOptions(ports.Options):
    """`says`: what it answers by turns, by the slot's number and how often it was asked, with places for the class and
    the attributes; `seconds` for each."""

    says: tuple[str, ...] = ("a {class} {attributes}",)
    log: str = how("")
    seconds: float = how(0.0)


class Muddled(ports.Writer):
    """A model of small mind: it answers what it is told to answer, whatever it was asked."""

    Options = MuddledOptions
    needs = ports.Resources(batch=16)

    def write(self, samples: Sequence[Briefed]) -> Iterator[Wrote]:
        for sample in samples:
            time.sleep(self.options.seconds)
            note(
                self.options.log,
                f"words {sample.recipe_id}",
                *(f"again {sample.recipe_id} {r.wrong}" for r in sample.again[-1:]),
            )
            turn = (sample.sample.recipe.slot.number + len(sample.again)) % len(self.options.says)
            places = {"class": sample.brief.subject, "attributes": " ".join(sample.brief.attributes.values())}
            yield Wrote(sample.recipe_id, self.options.says[turn].format(**places), cost=0.0)
