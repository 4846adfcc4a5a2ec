"""Writes the ONNX files that Mintage brings, and compares them with PyTorch.

    python export.py FOLDER WEIGHTS [only, e.g. generator,enlarge]

FOLDER has generator.pt, enlarge.pt, clip.pt and words.json. The generator's matrices and kernels become 8-bit whole
numbers with a factor for each output, all other weights fp16; both are turned into fp32 when a session is loaded, so
that the arithmetic is the same everywhere.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from model import LENGTH, Clip, Enlarger, Generator
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 64
"""Weights of fewer numbers stay as they are."""


class Text(torch.nn.Module):
    """The text half of the image-text model by itself."""

    def __init__(self, clip: Clip) -> None:
        super().__init__()
        self.clip = clip

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.clip.text(tokens)


def shrunk(path: Path, whole_numbers: bool) -> None:
    """Stores float weights small, with the nodes that make them fp32 again at the graph's beginning."""
    model = onnx.load(path)
    matrix_inputs = {n.input[1] for n in model.graph.node if n.op_type in ("MatMul", "Gemm", "Conv")}
    rows = {n.input[1] for n in model.graph.node if n.op_type == "MatMul"}
    first: list[Any] = []
    for tensor in list(model.graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or int(np.prod(tensor.dims)) <= SMALLEST:
            continue
        values, name = numpy_helper.to_array(tensor), tensor.name
        model.graph.initializer.remove(tensor)
        if whole_numbers and name in matrix_inputs and values.ndim > 1:
            outputs = values.ndim - 1 if name in rows else 0
            others = tuple(a for a in range(values.ndim) if a != outputs)
            factor = np.maximum(np.abs(values).max(axis=others, keepdims=True), 1e-12) / 127
            small = np.round(values / factor).astype(np.int8)
            stored = [(small, f"{name}_i"), (factor.astype(np.float32), f"{name}_f")]
            first += [
                helper.make_node("Cast", [f"{name}_i"], [f"{name}_c"], to=TensorProto.FLOAT),
                helper.make_node("Mul", [f"{name}_c", f"{name}_f"], [name]),
            ]
        else:
            stored = [(values.astype(np.float16), f"{name}_h")]
            first.append(helper.make_node("Cast", [f"{name}_h"], [name], to=TensorProto.FLOAT))
        model.graph.initializer.extend(numpy_helper.from_array(v, n) for v, n in stored)
    nodes = [*first, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def without_module(state: dict[str, Any]) -> dict[str, Any]:
    """The weights of a running mean under the names of the network that it follows."""
    return {k.removeprefix("module."): v for k, v in state.items() if k != "n_averaged"}


def main(source: Path, out: Path, only: set[str]) -> None:
    import json

    words = json.loads((source / "words.json").read_text())
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.backends.mha.set_fastpath_enabled(False)
    tokens = torch.randint(2, 2 + len(words), (2, LENGTH))
    tokens[0, 5:] = 0
    todo: list[tuple[str, torch.nn.Module, tuple[torch.Tensor, ...], list[str]]] = []
    if "generator" in only:
        drawing = Generator(2 + len(words))
        drawing.load_state_dict(torch.load(source / "generator.pt", map_location="cpu")["mean"], strict=False)
        inputs = (torch.randn(2, 3, 32, 32), torch.tensor([0.3, 0.6]), tokens)
        todo.append(("generator", drawing, inputs, ["image", "time", "tokens"]))
    if "enlarge" in only:
        larger = Enlarger()
        larger.load_state_dict(without_module(torch.load(source / "enlarge.pt", map_location="cpu")["mean"]))
        todo.append(("enlarge", larger, (torch.randn(2, 3, 32, 32),), ["image"]))
    if "clip" in only:
        clip = Clip(2 + len(words))
        clip.load_state_dict(without_module(torch.load(source / "clip.pt", map_location="cpu")["mean"]))
        todo.append(("clip_image", clip.image, (torch.randn(2, 3, 64, 64),), ["image"]))
        todo.append(("clip_text", Text(clip), (tokens,), ["tokens"]))
    for name, net, inputs, names in todo:
        net.eval()
        path = out / f"{name}.onnx"
        torch.onnx.export(
            net,
            inputs,
            str(path),
            input_names=names,
            output_names=["out"],
            dynamic_axes={k: {0: "n"} for k in [*names, "out"]},
            opset_version=18,
            dynamo=False,
        )
        shrunk(path, name == "generator")
        session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
        with torch.no_grad():
            expected = net(*inputs).numpy()
        made = session.run(None, {k: a.numpy() for k, a in zip(names, inputs, strict=True)})[0]
        three = [torch.cat([a, a[:1]]) for a in inputs]
        again = session.run(None, {k: a.numpy() for k, a in zip(names, three, strict=True)})[0]
        print(
            f"{name}: {path.stat().st_size / 1e6:.2f} MB, difference to PyTorch {np.abs(expected - made).max():.4f} "
            f"at most and {np.abs(expected - made).mean():.5f} in the mean, to another batch size "
            f"{np.abs(again[:2] - made).max():.6f}"
        )
    (out / "words.json").write_text(json.dumps(words))


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        set((sys.argv[3] if len(sys.argv) > 3 else "generator,enlarge,clip").split(",")),
    )
