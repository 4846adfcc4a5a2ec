"""How the next token is drawn, by random numbers of each row's own; where the line of an answer ends."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mintage.wording.chat import read_prompt

if TYPE_CHECKING:
    from torch import Tensor


class Drawing:
    """Draws from what temperature and top-p leave, by adding noise to the logits: the largest is then a fair draw.

    Gumbel noise makes an argmax a sample of the softmax (Gumbel, 1954; Maddison et al., 2014). It comes from one
    generator for each row, on the CPU, so that the global random numbers, the batch and the device have no say.
    """

    def __init__(self, seeds: Sequence[int], temperature: float, top_p: float) -> None:
        import torch

        self._generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        self._temperature, self._top_p = temperature, top_p

    def __call__(self, tokens: "Tensor", scores: "Tensor") -> "Tensor":
        import torch

        scores = scores.float() / self._temperature
        if self._top_p < 1:
            ordered, at = scores.sort(descending=True, dim=-1)
            shares = ordered.softmax(-1)
            rare = shares.cumsum(-1) - shares >= self._top_p  # the likeliest always stays
            scores = scores.masked_fill(rare.scatter(-1, at, rare), -torch.inf)
        noise = torch.stack([torch.empty(scores.shape[-1]).exponential_(generator=g) for g in self._generators])
        return scores - noise.clamp_min(torch.finfo(noise.dtype).tiny).log().to(scores.device)


class LineEnds:
    """Stops each row behind its first line with words; a model without a chat template would go on for ever."""

    def __init__(self, start: int, decode: Callable[[Any], str]) -> None:
        self._start, self._decode = start, decode

    def __call__(self, tokens: "Tensor", scores: "Tensor", **_: Any) -> "Tensor":
        import torch

        ended = [has_line(self._decode(row[self._start :].tolist())) for row in tokens]
        return torch.tensor(ended, device=tokens.device)


def has_line(text: str) -> bool:
    """Whether a line with a prompt in it is at its end."""
    return bool(read_prompt(text.rpartition("\n")[0]))
