"""Text to a 64×64 picture: the numerical recipe of the embedded generator."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mintage.mini.tokens import to_tokens
from mintage.mini.weights import session

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

SIZE = 64
"""Width and height of a picture in pixels."""

SMALL = 32
"""Width and height that the generator works at, before the enlarger doubles them."""


class Drawing:
    """The generator and the enlarger, loaded. `threads` 0 takes all cores."""

    def __init__(self, threads: int = 0) -> None:
        self._generator = session("generator.onnx", threads)
        self._enlarger = session("enlarge.onnx", threads)

    def draw(self, prompts: Sequence[str], seeds: Sequence[int], steps: int, guidance: float) -> "Array":
        """uint8 [n, 64, 64, 3]. Each picture has its own generator of noise, so that it is the same in any batch.

        Args:
            prompts: n texts, worded as the models were trained: style, colour, class, environment.
            seeds: n whole numbers, 0 or more.
            steps: calls of the network for each picture, two or more.
            guidance: 1 follows the text as it is, more exaggerates it, 0 ignores it.
        """
        import numpy as np

        noise = np.stack([np.random.default_rng(s).standard_normal((3, SMALL, SMALL), np.float32) for s in seeds])
        small = self._denoise(noise, to_tokens(list(prompts)), steps, guidance)
        large = np.clip(self._enlarger.run(None, {"image": small})[0], -1, 1)
        pixels: Array = ((large.transpose(0, 2, 3, 1) + 1) * 127.5).round().clip(0, 255).astype(np.uint8)
        return pixels

    def _denoise(self, image: "Array", tokens: "Array", steps: int, guidance: float) -> "Array":
        """Noise to images, float32 [n, 3, 32, 32] in about [−1, 1], by DPM-Solver++(2M).

        `x_t = t·image + (1−t)·noise`, so that t plays the part of α and 1−t that of σ; the network gives the clean
        image. Second order from the second step on, but not in the last one, where λ has no end.
        Source: Lu et al., DPM-Solver++, arXiv:2211.01095, algorithm 2.
        """
        import numpy as np

        times = np.linspace(0, 1, steps + 1) ** 1.3  # denser near the noise
        before: tuple[Array, numpy.float64] | None = None
        for now, then in pairwise(times):
            clean = self._estimate(image, now, tokens, guidance)
            span = _log_ratio(then) - _log_ratio(now)
            towards = clean
            if before is not None and then != 1:
                towards = clean + span / (2 * before[1]) * (clean - before[0])
            shrink = (1 - then) / (1 - now)
            image = np.float32(shrink) * image + np.float32(then - now * shrink) * towards
            image = image.astype(np.float32)
            before = (clean, span)
        return image

    def _estimate(self, image: "Array", time: "numpy.float64", tokens: "Array", guidance: float) -> "Array":
        """The clean image as the text has it, moved away from what no text would give."""
        import numpy as np

        n = len(image)
        inputs = {
            "image": np.concatenate([image, image]),
            "time": np.full(2 * n, time, np.float32),
            "tokens": np.concatenate([tokens, np.zeros_like(tokens)]),
        }
        both = self._generator.run(None, inputs)[0]
        return both[n:] + guidance * (both[:n] - both[n:])  # type: ignore[no-any-return]


def _log_ratio(t: "numpy.float64") -> "numpy.float64":
    """λ = log(α / σ), bounded at both ends. A numpy number on purpose: the step that takes it runs in float64."""
    import numpy as np

    return np.log(np.maximum(t, 1e-4) / np.maximum(1 - t, 1e-4))  # type: ignore[no-any-return]
