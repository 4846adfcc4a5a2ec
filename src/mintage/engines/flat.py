"""Plain colours without any model: for tests, and to try a plan's machinery in seconds."""

import random
import struct
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from time import perf_counter

from pydantic import Field

from mintage.core import ports
from mintage.core.ports import Failed, Made, Refused, Request, how


class Options(ports.Options):
    """`size`: width and height in pixels where the request names none. `noise`: random pixels in place of one colour.

    A prompt that holds one of `fail_on` or `refuse_on` (words or parts of words; case does not matter) fails or is
    refused: so runs that go wrong can be tried.
    """

    size: int = Field(64, ge=8, le=4096)
    noise: bool = False
    fail_on: tuple[str, ...] = how(())
    refuse_on: tuple[str, ...] = how(())


class Engine(ports.Engine):
    """One colour for each prompt and seed, from a hash of both. It draws nothing, and so knows every word."""

    Options = Options
    draws = False

    def make(self, requests: Sequence[Request]) -> Iterator[Made | Refused | Failed]:
        for request in requests:
            begun = perf_counter()
            failing = _found(self.options.fail_on, request.prompt)
            refused = _found(self.options.refuse_on, request.prompt)
            if failing:
                yield Failed(request.recipe_id, f"flat fails on {failing!r}, as fail_on asks")
            elif refused:
                yield Refused(request.recipe_id, f"flat refuses {refused!r}, as refuse_on asks")
            elif request.verb != "text":
                yield Failed(request.recipe_id, f"flat makes pictures from text alone, and cannot do {request.verb!r}")
            else:
                data = self._draw(request)
                yield Made(request.recipe_id, data, perf_counter() - begun)

    def _draw(self, request: Request) -> bytes:
        width, height = request.width or self.options.size, request.height or self.options.size
        hashed = sha256(f"{request.seed} {request.prompt}".encode()).digest()
        if self.options.noise:
            pixels = random.Random(hashed).randbytes(3 * width * height)
            rows = (b"\0" + pixels[start : start + 3 * width] for start in range(0, len(pixels), 3 * width))
            return _png(width, height, b"".join(rows))
        return _png(width, height, (b"\0" + hashed[:3] * width) * height)


def _found(words: Sequence[str], prompt: str) -> str:
    return next((word for word in words if word.casefold() in prompt.casefold()), "")


def _png(width: int, height: int, rows: bytes) -> bytes:
    """An 8-bit RGB PNG of rows that each begin with their filter, 0 for none (PNG specification 5.3)."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
