"""Measure the exported models: python measure.py MINI DATA OUT.png. Writes clip.json (temperature, null) into MINI.

p(class) = softmax over the class names and a null answer: exp(cos / T), exp(null / T). T and null are fitted on DATA's
dev photos.
"""

import csv
import json
import sys
import time
from pathlib import Path

import numpy as np
import sample as S
from PIL import Image

mini, data, out = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
S.use(mini)
img, txt, gen, big = (S.session(n) for n in ("clip_image", "clip_text", "generator", "enlarge"))
CLOTH = {
    "t-shirt": "t-shirt",
    "longsleeve": "long-sleeve shirt",
    "shoes": "shoes",
    "pants": "pants",
    "dress": "dress",
    "shorts": "shorts",
    "outwear": "jacket",
    "shirt": "shirt",
    "skirt": "skirt",
    "hat": "hat",
}
FOOD = [
    *("apple", "avocado", "banana", "kiwi", "lemon", "lime", "mango", "melon", "orange"),
    *("papaya", "peach", "pear", "pineapple", "plum", "pomegranate", "cabbage", "carrot", "cucumber"),
    *("garlic", "ginger", "leek", "mushroom", "onion", "pepper", "potato", "tomato", "zucchini"),
]


def load(p):
    im = Image.open(p).convert("RGB")
    return np.asarray(im.resize((64, 64), Image.BOX))


def embed(x):
    return np.concatenate(
        [
            img.run(None, {"image": x[i : i + 64].transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1})[0]
            for i in range(0, len(x), 64)
        ]
    )


def words(names):
    return txt.run(None, {"tokens": S.tokens([f"photo of {n}" for n in names])})[0]


sets = {}
rows = [r for r in csv.DictReader((data / "clothing/dev.csv").read_text().splitlines()) if r["class"] in CLOTH]
sets["clothing dev, 10 classes, unseen contributors"] = (
    sorted(set(CLOTH.values())),
    [CLOTH[r["class"]] for r in rows],
    np.stack([load(data / "clothing" / r["file"]) for r in rows]),
)
fix = {"carrots": "carrot", "brown-cap-mushroom": "mushroom", "nectarine": "peach"}
rows = [
    (r, fix.get(r["coarse"], r["coarse"])) for r in csv.DictReader((data / "grocery/val.csv").read_text().splitlines())
]
rows = [(r, c) for r, c in rows if c in FOOD]
sets[f"grocery val, {len(FOOD)} classes"] = (
    FOOD,
    [c for _, c in rows],
    np.stack([load(data / "grocery" / r["file"]) for r, _ in rows]),
)
emb = {k: (c, np.array([c.index(y) for y in ys]), embed(x)) for k, (c, ys, x) in sets.items()}
best = None
for T in np.geomspace(0.01, 0.3, 40):  # temperature by likelihood
    nll = np.mean(
        np.concatenate(
            [
                -(
                    z := v @ words(c).T / T,
                    z[np.arange(len(y)), y] - np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) - z.max(1),
                )[1]
                for c, y, v in emb.values()
            ]
        )
    )
    if best is None or nll < best[0]:
        best = (nll, T)
T = float(best[1])
rng = np.random.default_rng(0)
flat = np.broadcast_to(rng.integers(0, 256, (200, 1, 1, 3)), (200, 64, 64, 3)).astype(np.uint8)
noise = rng.integers(0, 256, (200, 64, 64, 3)).astype(np.uint8)
soft = np.stack(
    [
        np.asarray(Image.fromarray(rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)).resize((64, 64), Image.BICUBIC))
        for _ in range(200)
    ]
)
stripes = np.stack([np.repeat(np.repeat(rng.integers(0, 256, (1, 16, 3)), 4, 1), 64, 0) for _ in range(200)]).astype(
    np.uint8
)
junk = {k: embed(v) for k, v in {"flat": flat, "noise": noise, "blobs": soft, "stripes": stripes}.items()}
allnames = sorted(
    {*CLOTH.values(), *FOOD, "airplane", "motorbike", "car", "watch", "chair", "elephant", "dalmatian", "sunflower"}
)


def passes(v, names, own, null):  # own class most probable, the null answer included
    z = v @ words(names).T
    return (z.argmax(1) == own) & (z.max(1) > null)


null = float(
    max(np.quantile(v @ words(allnames).T, 0.965) for v in junk.values())
)  # of each kind of junk 3.5 % lies above
(mini / "clip.json").write_text(json.dumps({"temperature": round(T, 4), "null": round(null, 4)}))
print("temperature", round(T, 4), "null", round(null, 4))
for k, (c, y, v) in emb.items():
    z = v @ words(c).T
    p = np.exp(z / T)
    p /= p.sum(1, keepdims=True)
    wrong = z[np.arange(len(y)), (y + 1 + rng.integers(0, len(c) - 1, len(y))) % len(c)]
    r = z[np.arange(len(y)), y]
    auc = np.mean(r[:, None] > wrong[None])
    conf, ok = p.max(1), z.argmax(1) == y
    ece = sum(
        abs(ok[b].mean() - conf[b].mean()) * b.mean()
        for b in [(conf > i / 10) & (conf <= (i + 1) / 10) for i in range(10)]
        if b.any()
    )
    print(
        f"{k}: {len(y)} photos, accuracy {ok.mean():.3f} (chance {1 / len(c):.3f}), "
        f"AUROC right against wrong {auc:.3f}, "
        f"calibration error {ece:.3f}, right photo above null {np.mean(r > null):.3f}, "
        f"kept {np.mean(passes(v, c, y, null)):.3f}, under a random wrong label "
        f"{np.mean([passes(v[i : i + 1], c, (y[i] + 3) % len(c), null)[0] for i in range(len(y))]):.3f}"
    )
for K in (1, 2, 10, 40):
    print(
        f"K={K}: junk that passes",
        {
            k: round(
                float(
                    np.mean(
                        [
                            passes(v[i : i + 1], n := list(rng.permutation(allnames)[:K]), 0, null)[0]
                            for i in range(len(v))
                        ]
                    )
                ),
                3,
            )
            for k, v in junk.items()
        },
    )
styles = [
    ("photo", "in a grocery store"),
    ("photo", "on grass"),
    ("photo", "on a beach"),
    ("photo", "in the snow"),
    ("photo", "on a white background"),
    ("painting", ""),
    ("pencil sketch", ""),
    ("cartoon", "on a white background"),
]
know = json.loads((mini / "knows.json").read_text())["classes"]
t0 = time.time()
n = 0
acc = {}
sheet = []
W = words(know)
for k in know:
    x = S.pixels(
        S.enlarge(
            big,
            S.make(
                gen, [f"photo of {k}" + (" in a grocery store" if k in [*FOOD, "watermelon"] else "")] * 12, range(12)
            ),
        )
    )
    n += 12
    z = embed(x) @ W.T
    acc[k] = float(np.mean(z.argmax(1) == know.index(k)))
    sheet.append(np.concatenate(list(x[:10]), 1))
print(
    f"made images: {(time.time() - t0) / n:.2f} s each; "
    f"called their own class by the small CLIP among {len(know)}: {np.mean(list(acc.values())):.2f}"
)
print(acc)
Image.fromarray(np.concatenate(sheet, 0)).save(out)
rows = [
    np.concatenate([S.pixels(S.enlarge(big, S.make(gen, [f"{s} of {k} {e}"], [7])))[0] for s, e in styles], 1)
    for k in ("banana", "red t-shirt", "shoes", "airplane", "pizza", "dalmatian", "umbrella", "blue dress")
]
im = Image.fromarray(np.concatenate(rows, 0))
im.resize((im.width * 2, im.height * 2), Image.LANCZOS).save(out.replace(".png", "_styles.png"))
