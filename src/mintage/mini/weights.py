"""The files of the embedded models: where they lie, their fingerprints, their sessions."""

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

DRAWING = ("generator.onnx", "enlarge.onnx", "words.json")
"""What decides the pixels of a made image."""

COMPARING = ("clip_image.onnx", "clip_text.onnx", "words.json")
"""What decides the vectors of images and texts."""


def read(name: str) -> bytes:
    """The bytes of one file."""
    return (files("mintage.mini") / "weights" / name).read_bytes()


@cache
def table(name: str) -> Any:
    """One JSON file, read once. Do not change what it gives."""
    return json.loads(read(name))


@cache
def fingerprint(*names: str) -> str:
    """12 hex digits of the SHA-256 of these files, in this order; some 20 ms the first time."""
    whole = hashlib.sha256()
    for name in names:
        whole.update(hashlib.sha256(read(name)).digest())
    return whole.hexdigest()[:12]


class Fingerprint:
    """A class attribute whose value is the fingerprint of some files, worked out when it is first read."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def __get__(self, instance: object, owner: type) -> str:
        return fingerprint(*self.names)


def session(name: str, threads: int = 0) -> Any:
    """An onnxruntime session on the CPU; `threads` 0 takes all cores. How many there are changes no bit here."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors alone: it warns about cores that a container does not give it
    return onnxruntime.InferenceSession(read(name), options, providers=["CPUExecutionProvider"])
