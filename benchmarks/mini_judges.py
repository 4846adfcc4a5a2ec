"""Judges of made pictures: a small residual network trained from scratch on pictures that no model under test made."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from mini_figures import balanced, share
from mini_photos import Labelled

Array = np.ndarray[Any, Any]
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
BATCH, RATE, FEATURES = 64, 2e-3, 128
USUAL = "as usual"
"""The view of a row that names none: a judge that could only choose among named views would find one in everything."""


class Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, into: int, out: int, stride: int) -> None:
        super().__init__()
        self.way = nn.Sequential(
            *(nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()),
            *(nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)),
        )
        same = stride == 1 and into == out
        self.around = nn.Identity() if same else nn.Conv2d(into, out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.way(x) + self.around(x))


class Net(nn.Module):
    """64×64 pixels to 128 features, and from them to each head's classes."""

    def __init__(self, heads: Sequence[int], width: int = 32) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            *(nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(), Block(width, width, 1)),
            *(Block(width, 2 * width, 2), Block(2 * width, 4 * width, 2), Block(4 * width, 8 * width, 2)),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8 * width, FEATURES), nn.GELU()),
        )
        self.heads = nn.ModuleList([nn.Linear(FEATURES, n) for n in heads])

    def forward(self, x: Tensor) -> list[Tensor]:
        features = F.dropout(self.trunk(x), 0.1, self.training)
        return [head(features) for head in self.heads]


@dataclass(frozen=True, slots=True)
class Changes:
    """How much training changes a picture."""

    zoom: float
    tint: float
    hide: float
    blur: float = 0.3


STRONG, GENTLE = Changes(0.25, 0.25, 0.3), Changes(0.06, 0.06, 0)
"""For classes; and for attributes, where colour, size and ground are the question."""


def changed(x: Tensor, by: Changes) -> Tensor:
    """Mirrored, moved, zoomed, tinted, softened and partly hidden, each picture in its own way."""
    n = len(x)

    def some(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(n, *(shape or (1, 1, 1)), device=x.device).uniform_(low, high)

    size = some(1 - by.zoom, 1 + by.zoom, 1, 1)
    flat = torch.zeros(n, 1, 1, device=x.device)
    mirror = torch.where(some(0, 1, 1, 1) < 0.5, 1.0, -1.0)
    move = some(-by.zoom / 2, by.zoom / 2, 2, 1)
    grid = torch.cat([torch.cat([size * mirror, flat], 1), torch.cat([flat, size], 1), move], 2)
    x = F.grid_sample(
        x, F.affine_grid(grid, list(x.shape), align_corners=False), padding_mode="border", align_corners=False
    )
    x = x.mean(1, keepdim=True).lerp(x, some(1 - 1.2 * by.tint, 1 + 1.2 * by.tint))
    x = x * some(1 - by.tint, 1 + by.tint) + some(-by.tint, by.tint) + some(-by.tint / 4, by.tint / 4, 3, 1, 1)
    soft = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="bilinear", align_corners=False)
    x = torch.where(some(0, 1) < by.blur, soft, x)  # made pictures are softer than photos
    if by.hide:
        line = torch.arange(64, device=x.device)
        at, half = some(0, 64, 2, 1, 1), some(6, 14, 2, 1, 1)
        rows, columns = ((line - at[:, i, 0]).abs() < half[:, i, 0] for i in (0, 1))
        x = torch.where(
            (some(0, 1) < by.hide) & (rows[:, None, :, None] & columns[:, None, None, :]), some(-1, 1, 3, 1, 1), x
        )
    return x.clamp(-1, 1)


def tensor(pictures: Array) -> Tensor:
    """float32 [n, 3, 64, 64] in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).to(DEVICE).permute(0, 3, 1, 2).float() / 127.5 - 1


def train(
    net: Net,
    pictures: Array,
    truth: Array,
    by: Changes,
    steps: int,
    chances: Array | None = None,
    seed: int = 0,
    bf16: bool = False,
    title: str = "",
) -> None:
    """`truth`: int [n, heads], -1 where a picture does not say; `chances`: how often each picture is drawn."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    chances = np.full(len(pictures), 1 / len(pictures)) if chances is None else chances / chances.sum()
    upto = np.cumsum(chances)
    weights = [rarity(truth[:, i], head.out_features, chances) for i, head in enumerate(net.heads)]
    net.to(DEVICE).train()
    optimizer = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.05)
    for step in tqdm(range(steps), title, leave=False):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 50) * (0.5 + 0.5 * np.cos(np.pi * step / steps))
        drawn = np.searchsorted(upto, rng.random(BATCH)).clip(max=len(pictures) - 1)
        labels = torch.from_numpy(truth[drawn]).to(DEVICE)
        with torch.autocast(DEVICE, torch.bfloat16, enabled=bf16):
            said = net(changed(tensor(pictures[drawn]), by))
        loss = sum((missed(s.float(), labels[:, i], weights[i]) for i, s in enumerate(said)), torch.zeros(()))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimizer.step()
    net.eval()


def evenly(truth: Array) -> Array:
    """How often to draw each picture, so that every answer of a head comes about as often as its others."""
    often = [np.bincount(answers[answers >= 0]).astype(float) for answers in truth.T]
    shares = [np.where(answers >= 0, 1 / (len(n) * n[answers]), 0) for answers, n in zip(truth.T, often, strict=True)]
    return np.sum(shares, 0)


def rarity(truth: Array, count: int, chances: Array) -> Tensor:
    """Rare answers weigh more, by the root of how rare they are when drawn."""
    often = np.bincount(truth[truth >= 0], chances[truth >= 0], count)
    weights = (often.sum() / count / np.maximum(often, 1e-6)) ** 0.5
    return torch.from_numpy(weights.clip(max=5)).float().to(DEVICE)


def missed(said: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy, the mean over those that say anything: of a batch in which none does, 0 and not NaN."""
    loss = F.cross_entropy(said, truth, weights, ignore_index=-1, reduction="sum", label_smoothing=0.1)
    return loss / (truth >= 0).sum().clamp(min=1)


class Judge:
    """A network with the names of its answers."""

    def __init__(self, answers: dict[str, list[str]], width: int = 32) -> None:
        self.answers = answers
        self.net = Net([len(names) for names in answers.values()], width)

    def truths(self, said: dict[str, Sequence[str]]) -> Array:
        """int [n, heads]: -1 for what is none of a head's answers."""
        index = {head: {name: i for i, name in enumerate(names)} for head, names in self.answers.items()}
        return np.stack([[index[head].get(name, -1) for name in said[head]] for head in self.answers], 1)

    @torch.inference_mode()
    def _each(self, ask: Callable[[Tensor], Tensor], pictures: Array) -> Any:
        """The mean of what is asked of a picture and of its mirror image."""
        self.net.to(DEVICE).eval()
        found = []
        parts = range(0, len(pictures), 256)
        for i in tqdm(parts, "judging", leave=False, disable=len(parts) < 8):
            x = tensor(pictures[i : i + 256])
            found.append(((ask(x) + ask(x.flip(3))) / 2).cpu().numpy())
        return np.concatenate(found) if found else np.zeros((0, FEATURES), np.float32)

    def features(self, pictures: Array) -> Array:
        vectors: Array = self._each(self.net.trunk, pictures).astype(np.float64)
        return vectors

    def says(self, pictures: Array, head: str) -> list[str]:
        names, at = self.answers[head], list(self.answers).index(head)
        if not len(pictures):
            return []
        return [names[i] for i in self._each(lambda x: self.net(x)[at], pictures).argmax(1)]


def kept(judge: Judge, file: Path | None, teach: Callable[[Judge], None]) -> Judge:
    """As it was trained before for the same answers, or trained now and put there."""
    if file and file.is_file():
        stored = torch.load(file, map_location=DEVICE)
        if stored["answers"] == judge.answers:
            judge.net.load_state_dict(stored["weights"])
            return judge
    teach(judge)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"answers": judge.answers, "weights": judge.net.state_dict()}, file)
    return judge


def of_classes(learnt: Labelled, file: Path | None, steps: int, seed: int, bf16: bool) -> Judge:
    """The judge of classes, from photos and emoji alone; each class as often as any other."""
    judge = Judge({"class": sorted(set(learnt.names))})
    truth = judge.truths({"class": learnt.names})
    chances = 1 / np.bincount(truth[:, 0])[truth[:, 0]]

    def teach(judge: Judge) -> None:
        train(judge.net, learnt.pictures, truth, STRONG, steps, chances, seed, bf16, "judge of classes")

    return kept(judge, file, teach)


HEADS = {"style": 0, "colour": 1, "view": 3, "place": 4}


def apart(count: int) -> Array:
    """Every twentieth block of 16 rows, by a hash: neighbours are made from the same photo and stay together."""
    return np.array([zlib.crc32(str(i // 16).encode()) % 20 == 0 for i in range(count)])


def attributes(parts: Array) -> dict[str, Sequence[str]]:
    """What each row says for each head; of a place alone nothing about its view."""
    said: dict[str, Sequence[str]] = {head: [str(p) for p in parts[:, at]] for head, at in HEADS.items()}
    views = zip(said["view"], parts[:, 2], strict=True)
    return {**said, "view": [view or (USUAL if kind else "") for view, kind in views]}


def of_attributes(
    pictures: Array, parts: Array, file: Path | None, steps: int, seed: int, bf16: bool
) -> tuple[Judge, list[list[str]]]:
    """The judge of places, styles, colours and views; and its rightness on rows kept apart, for a table."""
    said, out = attributes(parts), apart(len(parts))
    judge = Judge({head: sorted(set(names) - {""}) for head, names in said.items()})
    truth = judge.truths(said)

    def teach(judge: Judge) -> None:
        learnt = truth[~out]
        train(judge.net, pictures[~out], learnt, GENTLE, steps, evenly(learnt), seed, bf16, "judge of attributes")

    judge = kept(judge, file, teach)
    return judge, [
        measured(judge, Labelled(pictures[out], list(np.array(names)[out])), head, "rows of the set kept apart")
        for head, names in said.items()
    ]


def measured(judge: Judge, of: Labelled, head: str, title: str) -> list[str]:
    """A line for the table of what the judge is worth."""
    asked = of.only(judge.answers[head])
    said = judge.says(asked.pictures, head)
    right = [a == b for a, b in zip(said, asked.names, strict=True)]
    count = len(judge.answers[head])
    return [
        head,
        str(count),
        title,
        str(len(right)),
        share(right),
        f"{balanced(asked.names, said):.1%}",
        f"{1 / count:.1%}",
    ]
