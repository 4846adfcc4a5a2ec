"""Train the small CLIP: python clip.py SET.npz OUT_FOLDER HOURS (words.json must be there, from train.py)."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from model import Clip, Tokenizer

data, out, hours = sys.argv[1], sys.argv[2], float(sys.argv[3])
torch.manual_seed(1)
rng = np.random.default_rng(1)
d = np.load(data)
X, caps, cls = d["images"], d["captions"], d["classes"]
keep = d["weights"] > 0
P = np.sqrt(d["weights"])
P /= P.sum()
tok = Tokenizer(json.loads(Path(out, "words.json").read_text()))
T = np.array([tok(c) for c in caps])
names, cid = np.unique(cls, return_inverse=True)
C = torch.tensor([tok(f"photo of {n}") for n in names])
net = Clip(len(tok.words))
print(f"{sum(p.numel() for p in net.parameters()) / 1e6:.2f}M", flush=True)
B = 128
opt = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=0.05)
t0 = time.time()
step = 0
run = []
while (f := (time.time() - t0) / (hours * 3600)) < 1:
    for g in opt.param_groups:
        g["lr"] = 1e-3 * min(1, (step + 1) / 300) * max(0.01, 0.5 * (1 + np.cos(np.pi * f)))
    i = rng.choice(len(X), B, p=P)
    x = X[i].copy()
    tk = T[i].copy()
    for j in range(B):
        if rng.random() < 0.5:
            x[j] = x[j][:, ::-1]
        p = np.pad(x[j], ((5, 5), (5, 5), (0, 0)), "edge")
        a, b = rng.integers(0, 11, 2)
        x[j] = p[a : a + 64, b : b + 64]
        if rng.random() < 0.3:  # hide a square
            a, b = rng.integers(0, 48, 2)
            x[j, a : a + 16, b : b + 16] = rng.integers(0, 256, 3)
    x = torch.from_numpy(x).permute(0, 3, 1, 2).float() / 127.5 - 1
    x = x * (1 + 0.2 * torch.randn(B, 1, 1, 1)) + 0.12 * torch.randn(B, 3, 1, 1)
    soft = rng.random(B) < 0.3  # generated images are softer than photos
    x[soft] = F.interpolate(F.avg_pool2d(x[soft], 2), scale_factor=2, mode="bilinear")
    none = torch.zeros(B, dtype=torch.bool)
    none[:10] = True  # noise, plain colour, stripes: like no class
    u = torch.rand(10, 3, 1, 1) * 2 - 1
    x[:10] = u + torch.randn(10, 3, 64, 64) * torch.rand(10, 1, 1, 1) * (torch.rand(10, 1, 1, 1) > 0.3)
    x[:3] = F.interpolate(torch.randn(3, 3, 8, 8), 64, mode="bicubic") * 0.6 + u[:3]
    tk = torch.from_numpy(tk)
    ok = ~none
    v, w, c = net.image(x.clamp(-1.3, 1.3)), net.text(tk[ok]), net.text(C)
    s = net.scale.exp().clamp(max=60)
    same = (tk[ok][:, None] == tk[ok][None]).all(2).float()
    same /= same.sum(1, keepdim=True)
    a = v[ok] @ w.T * s
    loss = -0.5 * ((same * a.log_softmax(1)).sum(1).mean() + (same.T * a.log_softmax(0)).sum(0).mean())
    b = v @ c.T * s
    y = torch.from_numpy(cid[i])
    loss = loss + F.cross_entropy(b[ok], y[ok], label_smoothing=0.05) - 0.5 * b[none].log_softmax(1).mean()
    loss = loss + 0.5 * F.relu(b[none] / s - 0.15).pow(2).sum(1).mean() * 10  # nothing looks like a class there
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    step += 1
    run.append(loss.item())
    if step % 200 == 0:
        print(
            step,
            f"{np.mean(run[-200:]):.3f}",
            f"scale {s.item():.1f}",
            f"{(time.time() - t0) / 60:.1f} min",
            f"{step * B / (time.time() - t0):.0f} img/s",
            flush=True,
        )
torch.save(net.eval().state_dict(), f"{out}/clip.pt")
