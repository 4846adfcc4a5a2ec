"""Train the 32→64 enlarger: python enlarge.py SET.npz OUT_FOLDER HOURS."""

import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from model import Enlarger

data, out, hours = sys.argv[1], sys.argv[2], float(sys.argv[3])
torch.manual_seed(2)
rng = np.random.default_rng(2)
d = np.load(data)
X, P = d["images"], d["weights"]
net = Enlarger()
opt = torch.optim.AdamW(net.parameters(), 1e-3)
t0 = time.time()
step = 0
run = []
while (f := (time.time() - t0) / (hours * 3600)) < 1:
    for g in opt.param_groups:
        g["lr"] = 1e-3 * max(0.02, 0.5 * (1 + np.cos(np.pi * f)))
    x = torch.from_numpy(X[rng.choice(len(X), 32, p=P)]).permute(0, 3, 1, 2).float() / 127.5 - 1
    if rng.random() < 0.5:
        x = x.flip(3)
    small = F.avg_pool2d(x, 2)
    small = small + torch.randn_like(small) * 0.03 * torch.rand(32, 1, 1, 1)  # the generator is not perfect
    y = net(small)
    loss = (
        (y - x).abs().mean()
        + 0.5 * ((y[..., 1:] - y[..., :-1]) - (x[..., 1:] - x[..., :-1])).abs().mean()
        + 0.5 * ((y[..., 1:, :] - y[..., :-1, :]) - (x[..., 1:, :] - x[..., :-1, :])).abs().mean()
    )
    opt.zero_grad()
    loss.backward()
    opt.step()
    step += 1
    run.append(loss.item())
    if step % 200 == 0:
        print(step, f"{np.mean(run[-200:]):.4f}", f"{(time.time() - t0) / 60:.1f} min", flush=True)
torch.save(net.state_dict(), f"{out}/enlarge.pt")
