"""What the image stage costs beside the pipeline: the same batches in a bare loop that also saves PNGs, and in a run.

    python benchmarks/image_stage.py [--large] [--batches 6] [--batch 4]

A Stable Diffusion with random weights, written to a temporary folder. Bare loop and stage take turns
batch by batch, in one process. `--large`: a network sized to 200 ms an image and more on two cores; without it the tiny
one of the tests, where only the milliseconds for each image tell anything. Needs the extra `local`.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from mintage.core.ledger import Ledger
from mintage.core.parents import References
from mintage.core.plan import Plan
from mintage.core.recipe import Fact, Sample
from mintage.core.schema import FIRST
from mintage.core.spec import DatasetSpec
from mintage.pictures import Folder
from mintage.stages.image import ImageStage
from mintage.stages.parents import ParentFiles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="a network of 200 ms an image and more")
    parser.add_argument("--batches", type=int, default=6)
    parser.add_argument("--batch", type=int, default=4)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), told.large, told.batches, told.batch)


def measure(folder: Path, large: bool, batches: int, batch: int) -> None:
    import torch
    from tests.engines.tiny_checkpoints import build

    model = build("sd", folder / "sd")
    size, steps = (256, 14) if large else (64, 2)
    make = {"use": "diffusers", "model": str(model), "size": size, "steps": steps, "batch": batch}
    classes = {f"cat {n}": FIRST for n in range(-(-(batches + 1) * batch // FIRST))}  # all of it is one first round
    plain = {"name": "x", "classes": classes, "make": make, "score": [], "techniques": {"vanilla": 1}}
    spec = DatasetSpec.model_validate(plain)
    plan = Plan.of(spec, folder)
    engine = plan.engines["vanilla"]
    engine.load()
    ledger, samples = ordered(folder, plan)
    nobody = ParentFiles(References(), ledger.sample, spec.references, None, None)
    stage = ImageStage(engine, plan.techniques, plan.verbs, nobody, Folder(folder), folder)
    pipe = bare_pipeline(model)
    ours, bare = [], []
    for number in range(batches + 1):  # the first one of each warms up
        part = samples[number * batch : (number + 1) * batch]
        begun = time.perf_counter()
        for fact in stage.run(part):
            ledger.add([fact])
        ours.append((time.perf_counter() - begun) / batch)
        begun = time.perf_counter()
        seeds = [torch.Generator("cpu").manual_seed(s.recipe.seed) for s in part]
        words = [s.prompt for s in part]
        pictures = pipe(words, height=size, width=size, num_inference_steps=steps, guidance_scale=2.5, generator=seeds)
        for sample, picture in zip(part, pictures.images, strict=True):
            picture.save(folder / f"{sample.id}.png")
        bare.append((time.perf_counter() - begun) / batch)
    ledger.close()
    report(ours[1:], bare[1:], size, batch)


def bare_pipeline(model: Path) -> Any:
    """What a script would write: the pipeline alone."""
    import diffusers

    pipe = diffusers.AutoPipelineForText2Image.from_pretrained(model, use_safetensors=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def ordered(folder: Path, plan: Plan) -> tuple[Ledger, list[Sample]]:
    """A ledger with all recipes written and worded."""
    ledger = Ledger(folder)
    ledger.order(plan.rows(), {"keys": {}, "policy": {}}, plan.policy())
    ledger.begin(1000, plan.recipe)
    for _, sample in ledger.due("words"):
        words = {"prompt": f"a photo of a {sample.recipe.slot.key}", "negative": ""}
        ledger.add([Fact(sample.id, "words", "done", words, made_by=plan.writer.made_by)])
    return ledger, [sample for _, sample in ledger.due("image")]


def report(ours: list[float], bare: list[float], size: int, batch: int) -> None:
    mine, theirs = statistics.median(ours), statistics.median(bare)
    ratios = [b / o for o, b in zip(ours, bare, strict=True)]
    print(f"{len(ours)} batches of {batch}, {size}×{size}, in turns; medians")
    print(f"| bare loop that saves PNGs | {1000 * theirs:8.1f} ms an image |")
    print(f"| image stage with ledger   | {1000 * mine:8.1f} ms an image |")
    print(f"| difference                | {1000 * (mine - theirs):8.1f} ms an image |")
    print(f"| stage reaches             | {100 * statistics.median(ratios):8.1f} % of the bare loop |")


if __name__ == "__main__":
    main()
