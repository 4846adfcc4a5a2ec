"""Images and texts to vectors whose cosine says how well they fit: the embedded image-text model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mintage.mini.tokens import to_tokens
from mintage.mini.weights import session, table

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    Array = numpy.ndarray[Any, Any]
    Picture = Image.Image

SIZE = 64
"""Width and height of the pictures that it was trained on, in pixels."""


class Comparing:
    """The image-text model, loaded. `threads` 0 takes all cores.

    `temperature` divides cosines before a softmax; `null` is the cosine of the answer "none of these".
    """

    def __init__(self, threads: int = 0) -> None:
        self._image = session("clip_image.onnx", threads)
        self._text = session("clip_text.onnx", threads)
        self._texts: dict[str, Array] = {}
        self.temperature: float = table("clip.json")["temperature"]
        self.null: float = table("clip.json")["null"]

    def image_vectors(self, pixels: "Array") -> "Array":
        """uint8 [n, 64, 64, 3] (see `shrink`) to unit vectors, float32 [n, 128]."""
        import numpy as np

        images = pixels.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
        return self._image.run(None, {"image": images})[0]  # type: ignore[no-any-return]

    def text_vector(self, text: str) -> "Array":
        """The unit vector of a text, float32 [128]; remembered, and never in a batch with other texts."""
        if text not in self._texts:
            self._texts[text] = self._text.run(None, {"tokens": to_tokens([text])})[0][0]
        return self._texts[text]

    def word_vectors(self, words: Sequence[str]) -> "Array":
        """The vectors of things by their names, float32 [n, 128], each asked for as a photo of it."""
        import numpy as np

        return np.stack([self.text_vector(f"photo of {word}") for word in words])

    def shares(self, cosines: "Array") -> "Array":
        """Cosines [n] of one picture with words to shares [n + 1] that sum to 1; the last is of "none of these"."""
        import numpy as np

        all_of_them = np.append(cosines, np.float32(self.null)).astype(np.float64)
        weights = np.exp((all_of_them - all_of_them.max()) / self.temperature)
        shares: Array = weights / weights.sum()
        return shares


def shrink(picture: "Picture") -> "Array":
    """An RGB picture of any size as the model saw them: squashed to uint8 [64, 64, 3] by the mean over boxes."""
    import numpy as np
    from PIL.Image import Resampling

    return np.asarray(picture.convert("RGB").resize((SIZE, SIZE), Resampling.BOX))
