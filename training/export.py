"""Write the ONNX files (generator, enlarge, clip_image, clip_text): python export.py FOLDER_WITH_PT OUT."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from model import LENGTH, Clip, Enlarger, Generator
from onnx import TensorProto, numpy_helper

src, out = sys.argv[1:3]
words = 2 + len(json.loads(Path(src, "words.json").read_text()))
torch.manual_seed(0)
g = Generator(words)
s = torch.load(f"{src}/last.pt", map_location="cpu")
g.load_state_dict(s["ema"])
print("generator at step", s["step"])
c = Clip(words)
c.load_state_dict(torch.load(f"{src}/clip.pt"))
e = Enlarger()
e.load_state_dict(torch.load(f"{src}/enlarge.pt"))


class Text(torch.nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c

    def forward(self, tokens):
        return self.c.text(tokens)


for m in (g, c, e):
    m.eval()
torch.backends.mha.set_fastpath_enabled(False)
tok = torch.randint(2, words, (2, LENGTH))
tok[0, 5:] = 0
todo = [
    ("generator", g, (torch.randn(2, 3, 32, 32), torch.tensor([0.3, 0.6]), tok), ["image", "time", "tokens"]),
    ("enlarge", e, (torch.randn(2, 3, 32, 32),), ["image"]),
    ("clip_image", c.image, (torch.randn(2, 3, 64, 64),), ["image"]),
    ("clip_text", Text(c), (tok,), ["tokens"]),
]


def half(path):
    """Store float weights as fp16, cast to fp32 when loaded: half the size, same arithmetic."""
    m = onnx.load(path)
    cast = []
    for t in list(m.graph.initializer):
        if t.data_type == TensorProto.FLOAT and int(np.prod(t.dims)) > 64:
            a = numpy_helper.to_array(t).astype(np.float16)
            name = t.name
            m.graph.initializer.remove(t)
            m.graph.initializer.append(numpy_helper.from_array(a, name + "_h"))
            cast.append(onnx.helper.make_node("Cast", [name + "_h"], [name], to=TensorProto.FLOAT))
    for n in reversed(cast):
        m.graph.node.insert(0, n)
    onnx.checker.check_model(m)
    onnx.save(m, path)


for name, m, args, names in todo:
    p = f"{out}/{name}.onnx"
    torch.onnx.export(
        m,
        args,
        p,
        input_names=names,
        output_names=["out"],
        dynamic_axes={k: {0: "n"} for k in [*names, "out"]},
        opset_version=18,
        dynamo=False,
    )
    half(p)
    so = ort.SessionOptions()
    r = ort.InferenceSession(p, so, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        want = m(*args).numpy()
    got = r.run(None, {k: a.numpy() for k, a in zip(names, args, strict=True)})[0]
    three = [torch.cat([a, a[:1]]) for a in args]
    b = r.run(None, {k: a.numpy() for k, a in zip(names, three, strict=True)})[0]
    print(
        f"{name}: {Path(p).stat().st_size / 1e6:.2f} MB, largest difference to PyTorch {np.abs(want - got).max():.4f}, "
        f"to another batch size {np.abs(b[:2] - got).max():.6f}"
    )
torch.save({k: v.half() if v.is_floating_point() else v for k, v in s["ema"].items()}, f"{out}/generator_weights.pt")
