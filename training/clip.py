"""Trains the image-text model: pictures and captions of one thing near each other (Radford et al., arXiv:2103.00020).

    python clip.py SET.npz FOLDER SAMPLES [UNTIL]

FOLDER has words.json, of generator.py. Goes on from FOLDER/clip.pt where it is there; UNTIL stops before SAMPLES, to
go on another day. Learns the captions of a batch, the classes by "photo of X", and that noise, plain colour, stripes
and blobs are no class. BF16 as in generator.py.
"""

import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from augmenting import hidden, mirrored
from captions import caption, thinned
from growing import read
from model import Clip, Tokenizer

BATCH, JUNK, RATE, WARM, DECAY = 128, 12, 1.2e-3, 300, 0.998


def junk(generator: torch.Generator) -> torch.Tensor:
    """[JUNK, 3, 64, 64] of what is no picture: noise and plain colour, blobs, stripes."""

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator)

    made = (
        uniform(JUNK, 3, 1, 1) * 2
        - 1
        + normal(JUNK, 3, 64, 64) * uniform(JUNK, 1, 1, 1) * (uniform(JUNK, 1, 1, 1) > 0.3)
    )
    made[:3] = F.interpolate(normal(3, 3, 8, 8), 64, mode="bicubic") * 0.6 + uniform(3, 3, 1, 1) * 2 - 1
    bars = F.interpolate(uniform(3, 3, 1, 16) * 2 - 1, (64, 64), mode="nearest")
    made[3:6] = bars if uniform(1) < 0.5 else bars.transpose(2, 3)
    return made


def seen(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Turned, stretched and moved a little; other light and white balance; some as soft as made pictures are."""
    n = len(pictures)

    def spread(least: float, most: float, *shape: int) -> torch.Tensor:
        return least + (most - least) * torch.rand(*shape, generator=generator)

    turn, zoom, stretch = spread(-0.22, 0.22, n), spread(0.68, 1.08, n), spread(0.88, 1.14, n)
    move = torch.stack(
        [
            torch.stack([turn.cos() * zoom * stretch, -turn.sin() * zoom, spread(-0.22, 0.22, n)], 1),
            torch.stack([turn.sin() * zoom, turn.cos() * zoom / stretch, spread(-0.22, 0.22, n)], 1),
        ],
        1,
    )
    grid = F.affine_grid(move, [n, 3, 64, 64], align_corners=False)
    made = F.grid_sample(pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    grey = made.mean(1, keepdim=True)
    made = grey + (made - grey) * spread(0.6, 1.3, n, 1, 1, 1)
    made = made * spread(0.7, 1.3, n, 1, 1, 1) * spread(0.9, 1.1, n, 3, 1, 1) + spread(-0.2, 0.2, n, 1, 1, 1)
    soft = torch.rand(n, generator=generator) < 0.25
    made[soft] = F.interpolate(F.avg_pool2d(made[soft], 2), scale_factor=2, mode="bilinear")
    return made + 0.03 * torch.randn(made.shape, generator=generator)


def loss_of(net: Clip, pictures: torch.Tensor, tokens: torch.Tensor, kinds: torch.Tensor, known: Any) -> torch.Tensor:
    """The first JUNK pictures are junk. Contrast with the batch's captions, classes, and nothing near junk."""
    vectors, texts, classes = net.image(pictures).float(), net.text(tokens[JUNK:]).float(), net.text(known).float()
    scale = net.scale.exp().clamp(max=60)
    same = (tokens[JUNK:, None] == tokens[None, JUNK:]).all(2).float()
    same = same / same.sum(1, keepdim=True)
    pairs = vectors[JUNK:] @ texts.T * scale
    contrast = -0.5 * ((same * pairs.log_softmax(1)).sum(1).mean() + (same.T * pairs.log_softmax(0)).sum(0).mean())
    named = vectors @ classes.T * scale
    is_thing = kinds[JUNK:] >= 0
    right = F.cross_entropy(named[JUNK:][is_thing], kinds[JUNK:][is_thing], label_smoothing=0.08)
    near = F.relu(named[:JUNK] / scale - 0.15).pow(2).sum(1).mean()
    return contrast * 0.6 + right * 1.2 - 0.4 * named[:JUNK].log_softmax(1).mean() + 5 * near


def main(path: str, out: str, samples: int, until: int | None = None) -> None:
    folder, stored = Path(out), np.load(path)
    images, parts, real = stored["images"], stored["parts"], stored["real"]
    share = np.sqrt(stored["weights"]) * np.where(real, 1.8, np.where(parts[:, 0] == "photo", 0.8, 0.35))
    share *= np.where(stored["source"] == "clothing", 1.8, np.where(stored["source"] == "grocery", 1.2, 1.0))
    upto = np.cumsum(share / share.sum())
    tok = Tokenizer(json.loads((folder / "words.json").read_text()))
    names = sorted(set(parts[:, 2]) - {""})
    kind_of = np.array([names.index(k) if k else -1 for k in parts[:, 2]])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    half = device == "cuda" or os.environ.get("BF16") == "1"
    torch.manual_seed(1)
    net = Clip(len(tok.words)).to(device).to(memory_format=torch.channels_last)
    known = torch.tensor([tok(f"photo of {n}") for n in names], device=device)
    opt = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.1)
    mean = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(DECAY), use_buffers=True
    )
    step, last, kept = 0, samples // BATCH, folder / "clip.pt"
    if kept.exists():
        state = read(kept, len(tok.words), device)
        net.load_state_dict(state["net"])
        opt.load_state_dict(state["opt"])
        mean.load_state_dict(state["mean"])
        step = state["step"]
    print(f"{sum(p.numel() for p in net.parameters()) / 1e6:.2f}M parameters, {len(names)} classes", flush=True)
    began, first, losses = time.time(), step, []
    stop = min(last, (until or samples) // BATCH)
    while step < stop:
        for group in opt.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARM) * max(0.01, 0.5 * (1 + math.cos(math.pi * step / last)))
        rng, generator = np.random.default_rng((9, step)), torch.Generator().manual_seed(step)
        rows = np.searchsorted(upto, rng.random(BATCH), side="right").clip(max=len(upto) - 1)
        pictures = np.stack([hidden(mirrored(images[i], rng), rng, 18, 0.3) for i in rows])
        x = seen(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1, generator)
        x[:JUNK] = junk(generator)
        x = x.clamp(-1.3, 1.3).to(device).contiguous(memory_format=torch.channels_last)
        tokens = torch.tensor([tok(caption(thinned(parts[i], real[i], rng))) for i in rows], device=device)
        with torch.autocast(device, torch.bfloat16, enabled=half):
            loss = loss_of(net, x, tokens, torch.from_numpy(kind_of[rows]).to(device), known)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        mean.update_parameters(net)
        step += 1
        losses.append(loss.item())
        if step % 100 == 0:
            spent = time.time() - began
            rate = (step - first) * BATCH / spent
            print(f"{step * BATCH}\t{np.mean(losses[-100:]):.3f}\t{spent / 60:.1f} min\t{rate:.0f}/s", flush=True)
        if step % 250 == 0 or step == stop:
            state = {"net": net.state_dict(), "opt": opt.state_dict(), "mean": mean.state_dict(), "step": step}
            torch.save(state, kept.with_suffix(".tmp"))
            kept.with_suffix(".tmp").replace(kept)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:5]))
