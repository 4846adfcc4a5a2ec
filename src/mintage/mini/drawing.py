"""Text to a 64×64 picture, or a 64×64 picture drawn over: the numerical recipe of the embedded generator."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mintage.mini.sampling import denoise, times
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
        tokens = to_tokens(list(prompts))

        def clean_at(image: "Array", time: "numpy.float64") -> "Array":
            return self._estimate(image, time, tokens, guidance)

        return _pixels(self._enlarged(denoise(clean_at, _noise(seeds), times(steps))))

    def redraw(
        self,
        parents: "Array",
        masks: "Array",
        prompts: Sequence[str],
        seeds: Sequence[int],
        strength: float,
        steps: int,
        guidance: float,
    ) -> "Array":
        """Pictures with masks drawn over as the prompts say; elsewhere they stay what they were, to the pixel.

        A parent is noised part of the way and denoised with the text (SDEdit: Meng et al., arXiv:2108.01073); outside
        its mask the estimate of the clean picture is the parent at every step (as in RePaint: Lugmayr et al.,
        arXiv:2201.09865), so that the inside goes on what is around it. Going back to more noise in between, as
        RePaint does, changed nothing to the eye. The new part is laid on the parent with an edge two pixels soft that
        lies in the mask. What 32×32 pixels cannot hold of a parent is put back with weight 1 − strength: by eye that
        keeps it sharp up to strength 0.6, and ghosts of it are too faint to see above.

        Args:
            parents: uint8 [n, 64, 64, 3].
            masks: float32 [n, 64, 64], 1 where all may change, 0 where nothing may.
            prompts, seeds, steps, guidance: as in `draw`; fewer calls of the network with less strength.
            strength: 0 to 1: how much noise. 0 gives the parent, 1 with a mask of 1 what `draw` gives.

        Returns:
            uint8 [n, 64, 64, 3].
        """
        import numpy as np

        tokens, moments = to_tokens(list(prompts)), times(steps, strength)
        large = parents.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(127.5) - 1
        small = _halved(large).mean((3, 5))
        free = _halved(masks[:, None]).max((3, 5))  # of four pixels one that may change is enough

        def clean_at(image: "Array", time: "numpy.float64") -> "Array":
            blended: Array = free * self._estimate(image, time, tokens, guidance) + (1 - free) * small
            return blended

        begun = np.float32(moments[0]) * small + np.float32(1 - moments[0]) * _noise(seeds)
        made = self._enlarged(denoise(clean_at, begun, moments))
        made = made + np.float32(1 - strength) * (large - self._enlarged(small))
        share = masks[:, None] * _softened(masks[:, None])
        return _pixels(np.clip(share * made + (1 - share) * large, -1, 1))

    def _enlarged(self, small: "Array") -> "Array":
        """float32 [n, 3, 32, 32] to [n, 3, 64, 64], −1 to 1."""
        import numpy as np

        return np.clip(self._enlarger.run(None, {"image": small})[0], -1, 1)  # type: ignore[no-any-return]

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


def _noise(seeds: Sequence[int]) -> "Array":
    """float32 [n, 3, 32, 32], of a generator for each seed."""
    import numpy as np

    return np.stack([np.random.default_rng(s).standard_normal((3, SMALL, SMALL), np.float32) for s in seeds])


def _pixels(image: "Array") -> "Array":
    """float32 [n, 3, 64, 64], −1 to 1, to uint8 [n, 64, 64, 3]."""
    import numpy as np

    pixels: Array = ((image.transpose(0, 2, 3, 1) + 1) * 127.5).round().clip(0, 255).astype(np.uint8)
    return pixels


def _halved(image: "Array") -> "Array":
    """[n, c, 64, 64] as [n, c, 32, 2, 32, 2]: squares of four pixels along axes 3 and 5."""
    return image.reshape(len(image), -1, SMALL, 2, SMALL, 2)


def _softened(image: "Array") -> "Array":
    """[n, c, height, width]: each pixel the mean of the nine around it."""
    import numpy as np

    height, width = image.shape[2:]
    wide = np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    nine = [wide[:, :, y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return np.mean(nine, axis=0)  # type: ignore[no-any-return]
