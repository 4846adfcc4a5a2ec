"""Trains the enlarger, 32×32 to 64×64: near the photo, and such that a critic takes it for one (SRGAN).

    python enlarge.py SET.npz FOLDER SAMPLES [UNTIL]

The method: Ledig et al., arXiv:1609.04802. FOLDER has words.json and generator.pt: half of what is enlarged is what
the generator makes of a noisy photo, so that its softness is mended too. Goes on from FOLDER/enlarge.pt where it is
there; UNTIL stops before SAMPLES, to go on another day. BF16 as in generator.py.
"""

import json
import math
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from captions import caption
from model import Critic, Enlarger, Generator, Tokenizer
from vocabulary import ONLY_RANKED

BATCH, RATE, ALONE, DECAY = 32, 4e-4, 0.3, 0.998
ADVERSARIAL = 0.012
"""Weight of the critic; before ALONE of the samples there is none."""


def likeness(made: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    """Mean difference of pixels and of their slopes."""
    flat = (made - photo).abs().mean()
    across = ((made[..., 1:] - made[..., :-1]) - (photo[..., 1:] - photo[..., :-1])).abs().mean()
    return flat + 0.5 * across + 0.5 * (made.diff(dim=2) - photo.diff(dim=2)).abs().mean()


def main(path: str, out: str, samples: int, until: int | None = None) -> None:
    folder, stored = Path(out), np.load(path)
    taught = ~np.isin(stored["parts"][:, 2], list(ONLY_RANKED))
    images, parts = stored["images"][taught], stored["parts"][taught]
    upto = np.cumsum(stored["weights"][taught] / stored["weights"][taught].sum())
    tok = Tokenizer(json.loads((folder / "words.json").read_text()))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    half = device == "cuda" or os.environ.get("BF16") == "1"
    torch.manual_seed(2)
    drawing = Generator(len(tok.words)).to(device).eval()
    drawing.load_state_dict(torch.load(folder / "generator.pt", map_location=device)["mean"], strict=False)
    net, critic = (n.to(device).to(memory_format=torch.channels_last) for n in (Enlarger(), Critic()))
    opt = torch.optim.AdamW(net.parameters(), RATE, betas=(0.9, 0.99))
    against = torch.optim.AdamW(critic.parameters(), 2 * RATE, betas=(0.5, 0.99))
    mean = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(DECAY))
    step, last, kept = 0, samples // BATCH, folder / "enlarge.pt"
    every = {"net": net, "critic": critic, "opt": opt, "against": against, "mean": mean}
    if kept.exists():
        state = torch.load(kept, map_location=device)
        for name, one in every.items():
            one.load_state_dict(state[name])
        step = state["step"]
    began, first, seen = time.time(), step, []
    stop = min(last, (until or samples) // BATCH)
    while step < stop:
        for group in (*opt.param_groups, *against.param_groups):
            top = RATE if group in opt.param_groups else 2 * RATE
            group["lr"] = top * min(1, (step + 1) / 100) * max(0.02, 0.5 * (1 + math.cos(math.pi * step / last)))
        rng = np.random.default_rng((11, step))
        torch.manual_seed(step)
        rows = np.searchsorted(upto, rng.random(BATCH), side="right").clip(max=len(upto) - 1)
        photo = torch.from_numpy(images[rows]).permute(0, 3, 1, 2).float().to(device) / 127.5 - 1
        photo = photo.flip(3) if rng.random() < 0.5 else photo
        small = F.avg_pool2d(photo, 2)
        few = BATCH // 2
        with torch.no_grad(), torch.autocast(device, torch.bfloat16, enabled=half):
            t = 0.75 + 0.24 * torch.rand(few, device=device)
            share = t[:, None, None, None]
            tokens = torch.tensor([tok(caption(parts[i])) for i in rows[:few]], device=device)
            noisy = share * small[:few] + (1 - share) * torch.randn_like(small[:few])
            soft = drawing(noisy, t, tokens).float()
        small = torch.cat([soft, small[few:] + 0.02 * torch.randn_like(small[few:])]).clamp(-1, 1)
        with torch.autocast(device, torch.bfloat16, enabled=half):
            made = net(small)
        made = made.float()
        loss = likeness(made, photo)
        if step > ALONE * last:
            with torch.autocast(device, torch.bfloat16, enabled=half):
                judged = torch.cat([critic(photo, small), critic(made.detach(), small)]).float()
            told = F.relu(1 - judged[:BATCH]).mean() + F.relu(1 + judged[BATCH:]).mean()
            against.zero_grad(set_to_none=True)
            told.backward()
            against.step()
            with torch.autocast(device, torch.bfloat16, enabled=half):
                loss = loss - ADVERSARIAL * critic(made, small).float().mean()
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        mean.update_parameters(net)
        step += 1
        seen.append(likeness(made.detach(), photo).item())
        if step % 100 == 0:
            spent = time.time() - began
            rate = (step - first) * BATCH / spent
            print(f"{step * BATCH}\t{np.mean(seen[-100:]):.4f}\t{spent / 60:.1f} min\t{rate:.0f}/s", flush=True)
        if step % 250 == 0 or step == stop:
            torch.save(
                {name: one.state_dict() for name, one in every.items()} | {"step": step}, kept.with_suffix(".tmp")
            )
            kept.with_suffix(".tmp").replace(kept)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:5]))
