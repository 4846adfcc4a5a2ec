"""The training set of the embedded models: pack64 → focused classes, plain captions, styles, composites.

    python data.py PACK64 OUT.npz [KNOWS.json]

With KNOWS.json only its classes (and the places alone) are written. PACK64 holds images64.zip and captions.csv. OUT
gets images [n,64,64,3] uint8, captions, classes, weights (sampling). Caption grammar: "{style} of {colour} {class}
{environment}", always in this order, any part but the class may be absent.
"""

import csv
import io
import json
import re
import sys
import zipfile
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

rng = np.random.default_rng(0)

CLOTHING = {
    "T-Shirt": "t-shirt",
    "Longsleeve": "long-sleeve shirt",
    "Shoes": "shoes",
    "Pants": "pants",
    "Dress": "dress",
    "Shorts": "shorts",
    "Outwear": "jacket",
    "Shirt": "shirt",
    "Skirt": "skirt",
    "Hat": "hat",
    "Polo": "polo shirt",
    "Undershirt": "undershirt",
    "Hoodie": "hoodie",
    "Blazer": "blazer",
    "Body": "bodysuit",
}
GROCERY = {
    "golden delicious": "yellow apple",
    "granny smith": "green apple",
    "pink lady": "red apple",
    "red delicious": "red apple",
    "royal gala": "red apple",
    "brown cap mushroom": "mushroom",
    "galia melon": "melon",
    "honeydew melon": "melon",
    "cantaloupe": "melon",
    "yellow onion": "onion",
    "green bell pepper": "green pepper",
    "orange bell pepper": "orange pepper",
    "red bell pepper": "red pepper",
    "yellow bell pepper": "yellow pepper",
    "floury potato": "potato",
    "solid potato": "potato",
    "sweet potato": "sweet potato",
    "beef tomato": "tomato",
    "regular tomato": "tomato",
    "vine tomato": "tomato",
    "anjou": "pear",
    "conference": "pear",
    "kaiser": "pear",
    "red beet": "beet",
    "passion fruit": "passion fruit",
    "red grapefruit": "grapefruit",
    "satsumas": "mandarin",
    "nectarine": "peach",
    "carrots": "carrot",
}
CALTECH = {
    "airplanes": "airplane",
    "Motorbikes": "motorbike",
    "watch": "watch",
    "Leopards": "leopard",
    "bonsai": "bonsai",
    "car_side": "car",
    "ketch": "ship",
    "schooner": "ship",
    "ferry": "ferry",
    "chandelier": "chandelier",
    "hawksbill": "turtle",
    "grand_piano": "piano",
    "butterfly": "butterfly",
    "helicopter": "helicopter",
    "kangaroo": "kangaroo",
    "starfish": "starfish",
    "sunflower": "sunflower",
    "scorpion": "scorpion",
    "laptop": "laptop",
    "ibis": "ibis",
    "llama": "llama",
    "electric_guitar": "guitar",
    "umbrella": "umbrella",
    "crab": "crab",
    "dragonfly": "dragonfly",
    "dalmatian": "dalmatian",
    "flamingo": "flamingo",
    "dolphin": "dolphin",
    "elephant": "elephant",
    "soccer_ball": "soccer ball",
    "stop_sign": "stop sign",
    "chair": "chair",
    "windsor_chair": "chair",
    "lamp": "lamp",
    "rhino": "rhino",
    "cup": "cup",
    "pizza": "pizza",
    "hedgehog": "hedgehog",
    "rooster": "rooster",
    "camera": "camera",
    "panda": "panda",
    "lobster": "lobster",
    "scissors": "scissors",
    "headphone": "headphones",
    "strawberry": "strawberry",
    "crocodile": "crocodile",
    "pyramid": "pyramid",
    "lotus": "lotus",
    "water_lilly": "lotus",
    "cellphone": "phone",
    "wheelchair": "wheelchair",
    "barrel": "barrel",
    "octopus": "octopus",
}
EMOJI = {
    "t-shirt": "t-shirt",
    "dress": "dress",
    "shorts": "shorts",
    "running shoe": "shoes",
    "man’s shoe": "shoes",
    "hiking boot": "shoes",
    "jeans": "blue pants",
    "coat": "jacket",
    "lab coat": "jacket",
    "billed cap": "hat",
    "top hat": "hat",
    "woman’s hat": "hat",
    "red apple": "red apple",
    "green apple": "green apple",
    "banana": "banana",
    "carrot": "carrot",
    "lemon": "lemon",
    "tangerine": "orange",
    "tomato": "tomato",
    "pear": "pear",
    "bell pepper": "green pepper",
    "melon": "melon",
    "watermelon": "watermelon",
    "potato": "potato",
    "kiwi fruit": "kiwi",
    "avocado": "avocado",
    "pineapple": "pineapple",
    "cucumber": "cucumber",
    "mushroom": "mushroom",
    "onion": "onion",
    "mango": "mango",
    "peach": "peach",
    "garlic": "garlic",
    "eggplant": "aubergine",
    "strawberry": "strawberry",
    "pizza": "pizza",
    "airplane": "airplane",
    "small airplane": "airplane",
    "motorcycle": "motorbike",
    "watch": "watch",
    "leopard": "leopard",
    "automobile": "car",
    "taxi": "yellow car",
    "racing car": "car",
    "ship": "ferry",
    "passenger ship": "ferry",
    "sailboat": "ship",
    "turtle": "turtle",
    "butterfly": "butterfly",
    "helicopter": "helicopter",
    "kangaroo": "kangaroo",
    "sunflower": "sunflower",
    "scorpion": "scorpion",
    "laptop": "laptop",
    "llama": "llama",
    "guitar": "guitar",
    "umbrella": "umbrella",
    "closed umbrella": "umbrella",
    "umbrella with rain drops": "umbrella",
    "crab": "crab",
    "flamingo": "flamingo",
    "dolphin": "dolphin",
    "elephant": "elephant",
    "soccer ball": "soccer ball",
    "stop sign": "stop sign",
    "chair": "chair",
    "rhinoceros": "rhino",
    "hot beverage": "cup",
    "teacup without handle": "cup",
    "hedgehog": "hedgehog",
    "rooster": "rooster",
    "camera": "camera",
    "panda": "panda",
    "lobster": "lobster",
    "scissors": "scissors",
    "headphone": "headphones",
    "crocodile": "crocodile",
    "lotus": "lotus",
    "mobile phone": "phone",
    "manual wheelchair": "wheelchair",
    "octopus": "octopus",
    "beverage box": "juice carton",
}
STYLE = {
    "photo": "photo",
    "3d render": "3d render",
    "flat cartoon": "cartoon",
    "shaded cartoon": "cartoon",
    "ink drawing": "ink drawing",
}
COLOURS = ["black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "beige"]


def read(pack):
    """Yield (image, style, words, environment, source) of the classes above."""
    z = zipfile.ZipFile(f"{pack}/images64.zip")
    names = set(z.namelist())
    for r in csv.DictReader(Path(pack, "captions.csv").read_text().splitlines()):
        if r["file"] not in names:
            continue
        g, cls, env = r["group"], r["cls"], r["env"]
        style = STYLE[r["style"]]
        if g.startswith("sender"):
            if cls not in CLOTHING:
                continue
            colour = next((c for c in COLOURS if re.search(rf"\b{c}\b", r["caption"].split(" on ")[0])), "")
            words, src = f"{colour} {CLOTHING[cls]}".strip(), "clothing"
        elif g in ("train", "iconic"):
            fine = re.sub(r"^a (studio )?photo of ", "", r["caption"])
            fine = re.split(r" (?:in a|on a) ", fine)[0]
            if cls in ("Juice",):
                fine = "juice carton"
            elif cls in ("Milk", "Oat-Milk", "Soy-Milk", "Sour-Milk"):
                fine = "milk carton"
            elif cls in ("Yoghurt", "Oatghurt", "Soyghurt", "Sour-Cream"):
                continue
            words, src = GROCERY.get(fine, fine), "grocery" if g == "train" else "iconic"
        elif g == "caltech101":
            if cls not in CALTECH:
                continue
            words, src = CALTECH[cls], "caltech"
        elif g == "emoji":
            if cls not in EMOJI:
                continue
            words, src = EMOJI[cls], "emoji"
        elif g == "dreambooth":
            m = re.search(r"\b(dog|sneaker|boot)\b", r["caption"])
            if not m or "backpack dog" in r["caption"]:
                continue
            words, src = {"sneaker": "shoes", "boot": "shoes"}.get(m[1], m[1]), "dreambooth"
        else:
            continue
        im = np.asarray(Image.open(io.BytesIO(z.read(r["file"]))).convert("RGB"))
        yield im, style, words, env, src


def sketch(im):
    g = cv2.cvtColor(im, cv2.COLOR_RGB2GRAY)
    big = cv2.resize(g, (192, 192), interpolation=cv2.INTER_CUBIC)
    s = cv2.divide(big, 255 - cv2.GaussianBlur(255 - big, (0, 0), 5), scale=250)
    s = cv2.resize(s, (64, 64), interpolation=cv2.INTER_AREA)
    return np.repeat(s[..., None], 3, 2)


def mono(im):
    return np.repeat(cv2.cvtColor(im, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)


def painting(im):
    big = cv2.resize(im, (160, 160), interpolation=cv2.INTER_CUBIC)
    for _ in range(2):
        big = cv2.medianBlur(cv2.bilateralFilter(big, 7, 50, 7), 7)
    hsv = cv2.cvtColor(big, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 1] = np.clip(hsv[..., 1] * 1.35, 0, 255)
    out = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32)
    n = cv2.GaussianBlur(rng.normal(0, 26, (160, 160, 1)).astype(np.float32), (0, 0), 1.6, 0.6)[..., None]
    return cv2.resize(np.clip(out + n, 0, 255).astype(np.uint8), (64, 64), interpolation=cv2.INTER_AREA)


def cutout(im):
    """Mask of an object on a nearly white background, or None."""
    pad = cv2.copyMakeBorder(im, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    m = np.zeros((68, 68), np.uint8)
    cv2.floodFill(
        pad.copy(),
        m,
        (0, 0),
        0,
        (14,) * 3,
        (14,) * 3,
        4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8),
    )
    m = (m[2:-2, 2:-2] == 0).astype(np.uint8)
    share = m.mean()
    if not 0.08 < share < 0.8:
        return None
    return cv2.GaussianBlur(cv2.erode(m * 255, np.ones((2, 2))), (3, 3), 0).astype(np.float32) / 255


def noise(scale, amp):
    n = sum(
        cv2.resize(rng.normal(0, 1, (max(2, 64 // s),) * 2).astype(np.float32), (64, 64), interpolation=cv2.INTER_CUBIC)
        for s in scale
    )
    return (n * amp)[..., None]


def col(*c):
    return np.array(c, np.float32) + rng.normal(0, 9, 3)


def scene(env):
    """A procedural place, 64×64: simple, but its light and colours are its own."""
    y = np.linspace(0, 1, 64, dtype=np.float32)[:, None, None]
    h = rng.uniform(0.35, 0.6)
    sky = (1 - y) * col(95, 155, 225) + y * col(200, 220, 240) + noise((16, 8), 10)

    def ground(c, scales, amp):
        return np.broadcast_to(c, (64, 64, 3)) + noise(scales, amp) * np.ones(3)

    soft = np.clip((y - h) * 20 + rng.normal(0, 0.4, (1, 64, 1)).astype(np.float32), 0, 1)
    if env == "on grass":
        g = ground(col(70, 130, 45), (1, 2, 4), 15)
        return g if rng.random() < 0.5 else sky * (1 - soft) + g * soft
    if env == "on a beach":
        sea = ground(col(40, 130, 170), (4, 2), 8)
        g = ground(col(222, 196, 148), (1, 2, 8), 7)
        s2 = np.clip((y - h - 0.16) * 20, 0, 1)
        return (sky * (1 - soft) + sea * soft) * (1 - s2) + g * s2
    if env == "in the snow":
        g = ground(col(232, 238, 247), (8, 4), 6)
        tree = ground(col(60, 75, 80), (1, 2, 4), 20)
        t = np.clip((y - h + 0.15) * 20 + noise((4, 8), 1.2), 0, 1)
        back = (
            (col(190, 205, 225) + noise((16,), 6)) * (1 - t) + tree * t
            if rng.random() < 0.6
            else np.broadcast_to(col(200, 212, 228), (64, 64, 3))
        )
        return back * (1 - soft) + g * soft
    if env == "in the sky":
        c = np.clip(noise((8, 16, 4), 0.8), 0, 1)
        return sky * (1 - c) + 250 * c
    if env == "at night":
        b = np.broadcast_to(col(18, 20, 44), (64, 64, 3)) + noise((8, 16), 6)
        b = b.copy()
        for _ in range(rng.integers(5, 14)):
            p = rng.integers(0, 64, 2)
            cv2.circle(
                b,
                (int(p[0]), int(p[1] * 0.6)),
                int(rng.integers(1, 3)),
                [float(v) for v in rng.uniform([200, 150, 60], [255, 230, 160])],
                -1,
            )
        return cv2.GaussianBlur(b, (3, 3), 0)
    raise KeyError(env)


SCENES = ["on grass", "on a beach", "in the snow", "in the sky", "at night"]


def place(im, mask, back, env):
    """Put a cut-out on a background: scaled, moved, with a soft shadow and a shift of light."""
    s = rng.uniform(0.72, 1.0)
    w = int(64 * s)
    dx, dy = rng.integers(0, 65 - w, 2)
    if env not in ("in the sky",):
        dy = 64 - w if rng.random() < 0.6 else dy
    o = np.zeros((64, 64, 3), np.float32)
    m = np.zeros((64, 64), np.float32)
    o[dy : dy + w, dx : dx + w] = cv2.resize(im, (w, w), interpolation=cv2.INTER_AREA)
    m[dy : dy + w, dx : dx + w] = cv2.resize(mask, (w, w), interpolation=cv2.INTER_AREA)
    back = back.astype(np.float32)
    if env != "in the sky":
        sh = cv2.GaussianBlur(np.roll(m, (3, 2), (0, 1)), (0, 0), 2.5)[..., None] * 0.45
        back = back * (1 - sh)
    light = 0.55 if env == "at night" else rng.uniform(0.85, 1.08)
    return np.clip(o * light * m[..., None] + back * (1 - m[..., None]), 0, 255).astype(np.uint8)


def main(pack, out, knows=None):
    base = list(read(pack))
    rows = []
    surf = {}
    for im, _, _, env, src in base:
        if src == "clothing" and env in (
            "red cloth",
            "brown wooden floor",
            "dark carpet",
            "light wooden floor",
            "pink cloth",
        ):
            for p in (im[:18, :18], im[:18, -18:], im[-18:, :18], im[-18:, -18:]):
                if p.reshape(-1, 3).std(0).mean() < 26:
                    surf.setdefault(env, []).append(p)

    def surface(env):
        p = surf[env][rng.integers(len(surf[env]))]
        p = np.concatenate([np.concatenate([p, p[:, ::-1]], 1), np.concatenate([p[::-1], p[::-1, ::-1]], 1)], 0)
        return cv2.resize(np.tile(p, (2, 2, 1)), (64, 64), interpolation=cv2.INTER_CUBIC)[:64, :64]

    on = {
        "red cloth": "on red cloth",
        "pink cloth": "on pink cloth",
        "brown wooden floor": "on a wooden floor",
        "light wooden floor": "on a wooden floor",
        "dark carpet": "on dark carpet",
        "white surface": "on a white surface",
        "white background": "on a white background",
        "grocery store": "in a grocery store",
        "": "",
    }
    for im, style, words, env, src in base:
        e = on[env]
        rows.append((im, f"{style} of {words} {e}", words, src, 1.0))
        if src in ("clothing", "grocery", "caltech", "dreambooth", "iconic"):
            k = rng.permutation(3)[:2]
            for i in k:
                name, f = (("pencil sketch", sketch), ("black-and-white photo", mono), ("painting", painting))[i]
                rows.append(
                    (
                        f(im),
                        f"{name} of {words.split()[-1] if i < 2 and words.split()[0] in COLOURS else words} {e}",
                        words,
                        src,
                        0.35,
                    )
                )
        if env == "white background" and style != "ink drawing":
            m = cutout(im)
            if m is None:
                continue
            n = 3 if src == "emoji" else 8 if src == "iconic" else 2
            for _ in range(n):
                env2 = (
                    SCENES[rng.integers(len(SCENES))]
                    if rng.random() < 0.7
                    else ["red cloth", "brown wooden floor", "dark carpet", "light wooden floor"][rng.integers(4)]
                )
                b = scene(env2) if env2 in SCENES else surface(env2)
                rows.append((place(im, m, b, env2), f"{style} of {words} {on.get(env2, env2)}", words, src, 0.8))
    for e in SCENES:  # the place alone
        for _ in range(60):
            rows.append((np.clip(scene(e), 0, 255).astype(np.uint8), f"photo {e}", "place", "scene", 0.5))
    noun = [w[2].split(maxsplit=1)[1] if w[2].split()[0] in COLOURS and len(w[2].split()) > 1 else w[2] for w in rows]
    n = Counter(noun)
    if knows:
        wanted = {*json.loads(Path(knows).read_text())["classes"], "place"}
        rows, noun = zip(*[(r, k) for r, k in zip(rows, noun, strict=True) if k in wanted], strict=True)
    weight = np.array([r[4] / n[k] ** 0.45 for r, k in zip(rows, noun, strict=True)])
    weight *= np.array([{"emoji": 1.3, "iconic": 1.5}.get(r[3], 1.0) for r in rows])
    np.savez(
        out,
        images=np.stack([r[0] for r in rows]),
        captions=np.array([" ".join(r[1].split()) for r in rows]),
        classes=np.array(noun),
        source=np.array([r[3] for r in rows]),
        weights=(weight / weight.sum()).astype(np.float64),
    )
    print(len(rows), "images;", len(n), "classes;", len({w for r in rows for w in r[1].split()}), "words")
    print(n.most_common())


main(*sys.argv[1:4])
