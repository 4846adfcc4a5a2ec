"""The numerical recipe's first implementation: python sample.py OUT.png "a photo of a banana on grass" … [--seed 0]

text → tokens → 32×32 by DPM-Solver++(2M) on the estimate of the clean image, guidance on that estimate → 64×64 →
p(class). `mintage.mini` follows it; the pictures of tests/mini/golden.png were made with it.
"""

import json
import re
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image

here = Path(__file__).parent.parent / "src/mintage/mini/weights"
INDEX = {}


def use(folder):
    """Take the models and words of another folder."""
    global here
    here = Path(folder)
    INDEX.clear()
    INDEX.update({w: i for i, w in enumerate(json.loads((here / "words.json").read_text()), 2)})


def session(name):
    return ort.InferenceSession(here / f"{name}.onnx", providers=["CPUExecutionProvider"])


def tokens(texts):
    """[n, 16] int64: lower-case words without a, an, the, of; 1 for an unknown word; padded with 0."""
    rows = [
        [INDEX.get(w, 1) for w in re.findall(r"[a-z0-9'-]+", t.lower()) if w not in ("a", "an", "the", "of")]
        for t in texts
    ]
    return np.array([(r + [0] * 16)[:16] for r in rows], np.int64)


def times(steps):
    """0 (noise) … 1 (image), denser near the noise."""
    u = np.linspace(0, 1, steps + 1)
    return u**1.3


def lam(t):
    return np.log(max(t, 1e-4) / max(1 - t, 1e-4))


def make(net, texts, seeds, steps=14, guidance=3.0):
    """float32 [n, 3, 32, 32] in about [-1, 1]. One generator of noise per image: the batch does not matter."""
    tk, none = tokens(texts), np.zeros((len(texts), 16), np.int64)
    y = np.stack([np.random.default_rng(s).standard_normal((3, 32, 32), np.float32) for s in seeds])
    ts = times(steps)
    last = None
    for a, b in pairwise(ts):
        t = np.full(len(texts), a, np.float32)
        x = net.run(
            None,
            {"image": np.concatenate([y, y]), "time": np.concatenate([t, t]), "tokens": np.concatenate([tk, none])},
        )[0]
        x = x[len(texts) :] + guidance * (x[: len(texts)] - x[len(texts) :])
        h = lam(b) - lam(a)
        d = x if last is None or b == 1 else x + h / (2 * last[1]) * (x - last[0])
        y = (np.float32((1 - b) / (1 - a)) * y + np.float32(b - a * (1 - b) / (1 - a)) * d).astype(np.float32)
        last = (x, h)
    return y


def enlarge(net, small):
    return np.clip(net.run(None, {"image": small})[0], -1, 1)


def pixels(x):
    return ((x.transpose(0, 2, 3, 1) + 1) * 127.5).round().clip(0, 255).astype(np.uint8)


def probabilities(clip_image, clip_text, images, classes):
    """uint8 [n,64,64,3] → p [n, classes + 1] of "photo of {class}"; the last column is "none of these"."""
    c = json.loads((here / "clip.json").read_text())
    v = clip_image.run(None, {"image": images.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1})[0]
    w = clip_text.run(None, {"tokens": tokens([f"photo of {c}" for c in classes])})[0]
    z = np.concatenate([v @ w.T, np.full((len(v), 1), c["null"], np.float32)], 1) / c["temperature"]
    z -= z.max(1, keepdims=True)
    p = np.exp(z)
    return p / p.sum(1, keepdims=True)


use(here)

if __name__ == "__main__":
    args = sys.argv[1:]
    seed = int(args.pop(args.index("--seed") + 1)) if "--seed" in args else 0
    out, texts = args[0], [a for a in args[1:] if a != "--seed"]
    gen, big = session("generator"), session("enlarge")
    rows = []
    t0 = time.time()
    for text in texts:
        rows.append(np.concatenate(list(pixels(enlarge(big, make(gen, [text] * 8, range(seed, seed + 8))))), 1))
    print(f"{(time.time() - t0) / 8 / len(texts):.2f} s per image")
    im = Image.fromarray(np.concatenate(rows, 0))
    im.resize((im.width * 2, im.height * 2), Image.LANCZOS).save(out)
