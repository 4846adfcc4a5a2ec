"""The embedded models in PyTorch.

Generator: text → 32×32, a U-Net (flow matching, predicts the clean image). Enlarger: 32×32 → 64×64. Clip: image-text
similarity.
"""

import math
import re

import torch
import torch.nn as nn
import torch.nn.functional as F

LENGTH = 16  # words in a caption, padded with 0


class Tokenizer:
    """Lower-case words; articles and "of" are dropped; unknown words become 1."""

    def __init__(self, words):
        self.words = ["<pad>", "<unk>", *words]
        self.index = {w: i for i, w in enumerate(self.words)}

    def __call__(self, text):
        w = [t for t in re.findall(r"[a-z0-9'-]+", text.lower()) if t not in ("a", "an", "the", "of")]
        return ([self.index.get(t, 1) for t in w] + [0] * LENGTH)[:LENGTH]


class TextEncoder(nn.Module):
    def __init__(self, words, dim, depth=2, heads=4):
        super().__init__()
        self.word = nn.Embedding(words, dim)
        self.place = nn.Parameter(torch.randn(LENGTH, dim) * 0.02)
        self.body = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(dim, heads, dim * 3, 0.0, F.gelu, batch_first=True, norm_first=True),
            depth,
            enable_nested_tensor=False,
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, tokens):  # [n, 16] int64 → words [n, 16, dim], summary [n, dim], mask [n, 16] (1 = word)
        mask = (tokens != 0).to(self.place.dtype)
        mask = torch.cat([torch.ones_like(mask[:, :1]), mask[:, 1:]], 1)  # an empty caption keeps one place
        x = self.word(tokens) + self.place
        x = self.body(x, src_key_padding_mask=mask < 0.5)
        x = self.norm(x)
        return x, (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True), mask


class Block(nn.Module):
    def __init__(self, c_in, c_out, cond):
        super().__init__()
        self.n1 = nn.GroupNorm(8, c_in)
        self.c1 = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.mod = nn.Linear(cond, 2 * c_out)
        self.n2 = nn.GroupNorm(8, c_out)
        self.c2 = nn.Conv2d(c_out, c_out, 3, padding=1)
        self.skip = nn.Conv2d(c_in, c_out, 1) if c_in != c_out else nn.Identity()
        nn.init.zeros_(self.c2.weight)
        nn.init.zeros_(self.c2.bias)

    def forward(self, x, cond):
        h = self.c1(F.silu(self.n1(x)))
        a, b = self.mod(cond)[:, :, None, None].chunk(2, 1)
        return self.skip(x) + self.c2(F.silu(self.n2(h) * (1 + a) + b))


class Attention(nn.Module):
    """Pixels attend to each other and to the words in one go."""

    def __init__(self, c, text, heads):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(8, c)
        self.qkv = nn.Linear(c, 3 * c)
        self.kv = nn.Linear(text, 2 * c)
        self.out = nn.Linear(c, c)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, words, mask):
        n, c, h, w = x.shape
        t = self.norm(x).flatten(2).transpose(1, 2)
        q, k, v = self.qkv(t).chunk(3, 2)
        k2, v2 = self.kv(words).chunk(2, 2)
        k, v = torch.cat([k, k2], 1), torch.cat([v, v2], 1)
        q, k, v = (y.view(n, -1, self.heads, c // self.heads).transpose(1, 2) for y in (q, k, v))
        bias = torch.cat([torch.zeros(n, h * w, device=x.device, dtype=q.dtype), (mask.to(q.dtype) - 1) * 1e4], 1)[
            :, None, None, :
        ]
        o = F.scaled_dot_product_attention(q, k, v, attn_mask=bias).transpose(1, 2).reshape(n, h * w, c)
        return x + self.out(o).transpose(1, 2).reshape(n, c, h, w)


class Generator(nn.Module):
    """x_t [n,3,32,32] noise-mixed image in [-1,1], t [n] in [0,1] (1 = clean), tokens → estimate of the clean image.

    Works on 2×2 patches (12 channels at 16×16), levels 16, 8, 4.
    """

    def __init__(self, words, ch=(64, 128, 192), text=128, blocks=1):
        super().__init__()
        cond = 256
        self.text = TextEncoder(words, text)
        self.time = nn.Sequential(nn.Linear(128, cond), nn.SiLU(), nn.Linear(cond, cond))
        self.summary = nn.Linear(text, cond)
        self.enter = nn.Conv2d(12, ch[0], 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        skips = [ch[0]]
        c = ch[0]
        for i, d in enumerate(ch):
            for _ in range(blocks):
                self.down.append(
                    nn.ModuleList([Block(c, d, cond), Attention(d, text, d // 32) if i else nn.Identity()])
                )
                c = d
                skips.append(c)
            if i < len(ch) - 1:
                self.down.append(nn.ModuleList([nn.Conv2d(c, c, 3, 2, 1)]))
                skips.append(c)
        self.mid = nn.ModuleList([Block(c, c, cond), Attention(c, text, c // 32), Block(c, c, cond)])
        for i, d in reversed(list(enumerate(ch))):
            for _ in range(blocks + 1):
                self.up.append(
                    nn.ModuleList(
                        [Block(c + skips.pop(), d, cond), Attention(d, text, d // 32) if i else nn.Identity()]
                    )
                )
                c = d
            if i:
                self.up.append(nn.ModuleList([nn.Conv2d(c, c, 3, padding=1)]))
        self.leave = nn.Sequential(nn.GroupNorm(8, c), nn.SiLU(), nn.Conv2d(c, 12, 3, padding=1))
        nn.init.zeros_(self.leave[2].weight)
        nn.init.zeros_(self.leave[2].bias)

    def forward(self, x, t, tokens):
        words, summary, mask = self.text(tokens)
        f = torch.exp(-math.log(10000) * torch.arange(64, device=x.device, dtype=x.dtype) / 64)
        a = t[:, None] * 1000 * f
        cond = F.silu(self.time(torch.cat([a.sin(), a.cos()], 1)) + self.summary(summary))
        h = self.enter(F.pixel_unshuffle(x, 2))
        skips = [h]
        for m in self.down:
            if len(m) == 1:
                h = m[0](h)
            else:
                h = m[0](h, cond)
                if isinstance(m[1], Attention):
                    h = m[1](h, words, mask)
            skips.append(h)
        h = self.mid[0](h, cond)
        h = self.mid[1](h, words, mask)
        h = self.mid[2](h, cond)
        for m in self.up:
            if len(m) == 1:
                h = m[0](F.interpolate(h, scale_factor=2, mode="nearest"))
            else:
                h = m[0](torch.cat([h, skips.pop()], 1), cond)
                if isinstance(m[1], Attention):
                    h = m[1](h, words, mask)
        return F.pixel_shuffle(self.leave(h), 2)


class ImageEncoder(nn.Module):
    def __init__(self, dim=128, ch=(32, 64, 128, 224), blocks=(1, 1, 2, 1)):
        super().__init__()
        layers = []
        c = 3
        for d, n in zip(ch, blocks, strict=True):
            layers += [nn.Conv2d(c, d, 3, 2, 1), nn.BatchNorm2d(d), nn.ReLU()]
            layers += [Residual(d) for _ in range(n)]
            c = d
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(c, dim)

    def forward(self, x):
        return F.normalize(self.head(self.body(x).mean((2, 3))), dim=1)


class Residual(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(d, d, 3, padding=1),
            nn.BatchNorm2d(d),
            nn.ReLU(),
            nn.Conv2d(d, d, 3, padding=1),
            nn.BatchNorm2d(d),
        )

    def forward(self, x):
        return F.relu(x + self.f(x))


class Clip(nn.Module):
    """Images [n,3,64,64] in [-1,1] and captions → unit vectors [n,128]; similarity × exp(scale) are logits."""

    def __init__(self, words, dim=128):
        super().__init__()
        self.image = ImageEncoder(dim)
        self.text_body = TextEncoder(words, 128, 2)
        self.text_head = nn.Linear(128, dim)
        self.scale = nn.Parameter(torch.tensor(2.6))

    def text(self, tokens):
        return F.normalize(self.text_head(self.text_body(tokens)[1]), dim=1)


class Enlarger(nn.Module):
    """[n,3,32,32] → [n,3,64,64], both in [-1,1]: bicubic plus a learned correction."""

    def __init__(self, d=64, depth=5):
        super().__init__()
        self.enter = nn.Conv2d(3, d, 3, padding=1)
        self.body = nn.Sequential(
            *[
                nn.Sequential(nn.Conv2d(d, d, 3, padding=1), nn.SiLU(), nn.Conv2d(d, d, 3, padding=1))
                for _ in range(depth)
            ]
        )
        self.leave = nn.Conv2d(d, 12, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, x):
        h = self.enter(x)
        for f in self.body:
            h = h + f(h)
        return F.interpolate(x, scale_factor=2, mode="bicubic", align_corners=False) + F.pixel_shuffle(self.leave(h), 2)


class Critic(nn.Module):
    """[n,3,64,64] beside what it was enlarged from, [n,3,32,32] → [n,1,15,15]: is each patch a photo's? (pix2pix)"""

    def __init__(self, d=48):
        super().__init__()
        norm = nn.utils.parametrizations.spectral_norm
        self.body = nn.Sequential(
            norm(nn.Conv2d(6, d, 4, 2, 1)),
            nn.LeakyReLU(0.2),
            norm(nn.Conv2d(d, 2 * d, 4, 2, 1)),
            nn.LeakyReLU(0.2),
            norm(nn.Conv2d(2 * d, 3 * d, 3, 1, 1)),
            nn.LeakyReLU(0.2),
            norm(nn.Conv2d(3 * d, 1, 4, 1, 1)),
        )

    def forward(self, large, small):
        wide = F.interpolate(small, scale_factor=2, mode="bicubic", align_corners=False)
        return self.body(torch.cat([large, large - wide], 1))
