"""Train the generator: python train.py SET.npz OUT_FOLDER HOURS. Resumes from OUT_FOLDER/last.pt.

Set MALLOC_TRIM_THRESHOLD_=10000000000 MALLOC_MMAP_THRESHOLD_=10000000000. BF16=1 is 3 times faster on a CPU with
amx_bf16 or avx512_bf16 in /proc/cpuinfo, and a hundred times slower on one without.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from model import Generator, Tokenizer

data, out, hours = sys.argv[1], sys.argv[2], float(sys.argv[3])
Path(out).mkdir(parents=True, exist_ok=True)
dev = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(0)
rng = np.random.default_rng(0)
d = np.load(data)
X = d["images"]
P = d["weights"]
caps = d["captions"]
words = sorted({w for c in caps for w in re.findall(r"[a-z0-9'-]+", c)} - {"a", "an", "the", "of"})
if Path(out, "words.json").exists():
    words = json.loads(Path(out, "words.json").read_text())
tok = Tokenizer(words)
Path(out, "words.json").write_text(json.dumps(words))
T = np.array([tok(c) for c in caps])
net = Generator(len(tok.words)).to(dev).to(memory_format=torch.channels_last)
ema = {k: v.clone() for k, v in net.state_dict().items()}
print(
    f"{sum(p.numel() for p in net.parameters()) / 1e6:.2f}M parameters, {len(words)} words, {len(X)} images", flush=True
)
B, LR, SIDE = 32, 6e-4, 32
half = dev == "cuda" or os.environ.get("BF16") == "1"
opt = torch.optim.AdamW(net.parameters(), LR, betas=(0.9, 0.99), weight_decay=0.01)
step, spent, run = 0, 0.0, []
if Path(out, "last.pt").exists():
    s = torch.load(f"{out}/last.pt", map_location=dev)
    net.load_state_dict(s["net"])
    opt.load_state_dict(s["opt"])
    ema, step, spent = s["ema"], s["step"], s["spent"]


def save():
    state = {"net": net.state_dict(), "opt": opt.state_dict(), "ema": ema, "step": step, "spent": spent}
    torch.save(state, f"{out}/last.tmp")
    Path(out, "last.tmp").replace(Path(out, "last.pt"))


t0 = time.time() - spent
while True:
    spent = time.time() - t0
    f = spent / (hours * 3600)
    if f >= 1:
        break
    for g in opt.param_groups:
        g["lr"] = LR * min(1, (step + 1) / 200) * (1 if f < 0.55 else max(0.02, (1 - f) / 0.45))
    i = rng.choice(len(X), B, p=P)
    x = X[i].copy()
    tk = T[i].copy()
    for j in range(B):
        if rng.random() < 0.5:
            x[j] = x[j][:, ::-1]
        if rng.random() < 0.6:  # small shift and zoom
            p = np.pad(x[j], ((3, 3), (3, 3), (0, 0)), "edge")
            a, b = rng.integers(0, 7, 2)
            x[j] = p[a : a + 64, b : b + 64]
        if rng.random() < 0.1:
            tk[j] = 0
    x = torch.from_numpy(x).to(dev).permute(0, 3, 1, 2).float() / 127.5 - 1
    x = F.avg_pool2d(x, 64 // SIDE).contiguous(memory_format=torch.channels_last)
    tk = torch.from_numpy(tk).to(dev)
    t = torch.sigmoid(torch.randn(B, device=dev) * 1.0 - 0.5)
    e = torch.randn_like(x)
    y = t[:, None, None, None] * x + (1 - t[:, None, None, None]) * e
    with torch.autocast(dev, torch.bfloat16, enabled=half):
        p = net(y, t, tk)
    w = 1 / (1 - t[:, None, None, None]).clamp(min=0.1) ** 2  # the loss on v = (x - y) / (1 - t)
    loss = (w * (p.float() - x) ** 2).mean()
    opt.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    step += 1
    k = min(0.9995, (step + 1) / (step + 20))
    with torch.no_grad():
        for n_, v in net.state_dict().items():
            ema[n_].lerp_(v, 1 - k) if v.is_floating_point() else ema[n_].copy_(v)
    run.append(loss.item())
    if step % 200 == 0:
        print(
            step,
            f"{np.mean(run[-200:]):.4f}",
            f"{(time.time() - t0) / 60:.1f} min",
            f"{step * B / max(1, time.time() - t0):.1f} img/s",
            flush=True,
        )
    if step % 500 == 0:
        save()
save()
