"""Trains the generator: text to 32×32 pixels, flow matching with a network that predicts the clean picture.

    python generator.py SET.npz FOLDER SAMPLES [--until SAMPLES] [--from WEIGHTS.pt WORDS.json]

Goes on from FOLDER/generator.pt where it is there, with the same drawing of samples as without the break, and with the
words that SET may have gained; `--from` begins with other weights, whose words keep their places. SAMPLES is the end of
the schedule: the rate is level and falls over the last 40 %; `--until` stops before, to go on another day. A GPU is
used where there is one. BF16=1 is faster on a CPU with amx_bf16 or avx512_bf16 in /proc/cpuinfo, and a hundred times
slower on one without; COMPILE=1 takes two minutes and then some 10 % off. Set MALLOC_TRIM_THRESHOLD_=10000000000
MALLOC_MMAP_THRESHOLD_=10000000000.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from augmenting import mirrored, shifted
from captions import caption, thinned, vocabulary
from growing import grown, read
from model import Generator, Tokenizer
from muon import Muon
from vocabulary import ONLY_RANKED

BATCH, RATE, WARM, COOL, DECAY = 64, 5e-4, 200, 0.4, 0.9995


def optimizers(net: Generator) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside, AdamW for the rest: measured on this set, the loss falls faster by the minute."""
    outside = ("text.word", "text.place", "enter", "leave")
    inside = [p for name, p in net.named_parameters() if p.ndim >= 2 and not name.startswith(outside)]
    held = {id(p) for p in inside}
    rest = [p for p in net.parameters() if id(p) not in held]
    return [Muon(inside, RATE), torch.optim.AdamW(rest, RATE, betas=(0.9, 0.99), weight_decay=0.01)]


def batch_at(step: int, data: dict[str, Any], tok: Tokenizer) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures [BATCH, 3, 32, 32] in [-1, 1] and tokens [BATCH, 16]: the same for a step, whatever came before."""
    rng = np.random.default_rng((7, step))
    rows = np.searchsorted(data["upto"], rng.random(BATCH), side="right").clip(max=len(data["upto"]) - 1)
    pictures = np.stack([shifted(mirrored(data["images"][i], rng), rng, 3, 0.6) for i in rows])
    texts = ["" if rng.random() < 0.1 else caption(thinned(data["parts"][i], data["real"][i], rng)) for i in rows]
    large = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    return F.avg_pool2d(large, 2), torch.tensor([tok(t) for t in texts])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("samples", type=int)
    parser.add_argument("--until", type=int)
    parser.add_argument("--from", dest="first", nargs=2, type=Path)
    wish = parser.parse_args()
    wish.folder.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    half = device == "cuda" or os.environ.get("BF16") == "1"
    stored = np.load(wish.set)
    taught = ~np.isin(stored["parts"][:, 2], list(ONLY_RANKED))
    data: dict[str, Any] = {k: stored[k][taught] for k in ("images", "parts", "real")}
    data["upto"] = np.cumsum(stored["weights"][taught] / stored["weights"][taught].sum())
    kept, saved = wish.folder / "generator.pt", wish.folder / "words.json"
    known = json.loads(wish.first[1].read_text()) if wish.first else []
    words = vocabulary(stored["parts"], json.loads(saved.read_text()) if saved.exists() else known)
    saved.write_text(json.dumps(words))
    tok = Tokenizer(words)
    torch.manual_seed(0)
    net = Generator(len(tok.words))
    if wish.first and not kept.exists():
        other = {name: weight.float() for name, weight in torch.load(wish.first[0], map_location="cpu").items()}
        net.load_state_dict(grown({"net": other}, len(tok.words))["net"])
    net = net.to(device).to(memory_format=torch.channels_last)
    parameters = list(net.parameters())
    opts = optimizers(net)
    mean, step = [p.detach().clone() for p in parameters], 0
    if kept.exists():
        state = read(kept, len(tok.words), device)
        net.load_state_dict(state["net"])
        for opt, stored_state in zip(opts, state["opts"], strict=True):
            opt.load_state_dict(stored_state)
        mean, step = list(state["mean"].values()), state["step"]

    def save() -> None:
        names = [name for name, _ in net.named_parameters()]
        state = {"net": net.state_dict(), "mean": dict(zip(names, mean, strict=True)), "step": step}
        torch.save(state | {"opts": [opt.state_dict() for opt in opts]}, kept.with_suffix(".tmp"))
        kept.with_suffix(".tmp").replace(kept)

    size = sum(p.numel() for p in parameters) / 1e6
    print(f"{size:.2f}M parameters, {len(words)} words, {len(data['images'])} pictures, from step {step}", flush=True)
    forward = torch.compile(net) if os.environ.get("COMPILE") == "1" else net
    last, began, first, losses = wish.samples // BATCH, time.time(), step, []
    while step < min(last, (wish.until or wish.samples) // BATCH):
        for group in (g for opt in opts for g in opt.param_groups):
            group["lr"] = RATE * min(1, (step + 1) / WARM) * min(1, max(0.01, (1 - step / last) / COOL))
        clean, tokens = batch_at(step, data, tok)
        clean, tokens = clean.to(device).contiguous(memory_format=torch.channels_last), tokens.to(device)
        torch.manual_seed(step)
        t = torch.sigmoid(torch.randn(BATCH, device=device) - 0.5)
        share = t[:, None, None, None]
        with torch.autocast(device, torch.bfloat16, enabled=half):
            guess = forward(share * clean + (1 - share) * torch.randn_like(clean), t, tokens)
        # the loss on the velocity, (clean - noisy) / (1 - t)
        loss = ((guess.float() - clean) ** 2 / (1 - share).clamp(min=0.1) ** 2).mean()
        net.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        for opt in opts:
            opt.step()
        step += 1
        with torch.no_grad():
            torch._foreach_lerp_(mean, parameters, 1 - min(DECAY, (step + 1) / (step + 20)))
        losses.append(loss.item())
        if step % 100 == 0:
            spent = time.time() - began
            rate = (step - first) * BATCH / spent
            print(f"{step * BATCH}\t{np.mean(losses[-100:]):.4f}\t{spent / 60:.1f} min\t{rate:.0f}/s", flush=True)
        if step % 250 == 0:
            save()
    save()


if __name__ == "__main__":
    main()
