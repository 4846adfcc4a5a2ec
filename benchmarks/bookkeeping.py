"""What planning, ledger and decisions cost: python benchmarks/bookkeeping.py [--images 10000] [--slots 1000000]."""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

AXES = {
    "environment": [
        "on grass",
        "on a beach",
        "in the snow",
        "in the sky",
        "at night",
        "on carpet",
        "on wood",
        "on cloth",
    ],
    "style": ["photo", "painting", "sketch", "cartoon", "render", "print"],
    "light": ["daylight", "lamp", "dusk", "dawn", "neon", "candle"],
    "view": ["above", "below", "left", "right", "front"],
    "scale": ["near", "far", "middle", "tiny"],
    "time": ["spring", "summer", "autumn", "winter"],
}


def peak_mb() -> float:
    """Peak resident memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def plan_and_order(slots: int) -> dict[str, float]:
    """Plan (as `mintage plan` does) and order `slots` slots of 10 classes."""
    import mintage
    from mintage.making import Making

    with tempfile.TemporaryDirectory() as folder:
        write_spec(Path(folder), slots, {})
        run = mintage.open(folder)
        start = time.perf_counter()
        run.plan()
        planned = time.perf_counter()
        next(iter(Making(Path(folder), limit=1)), None)
        return {"plan_s": planned - start, "order_s": time.perf_counter() - planned, "peak_mb": peak_mb()}


def write_spec(folder: Path, slots: int, more: dict[str, Any]) -> None:
    spec = {
        "name": "bench",
        "classes": {f"class {i}": slots // 10 for i in range(10)},
        "axes": AXES,
        "techniques": {"vanilla": 0.1, "scene": 0.9},
        "make": {"use": "still"},
        "score": [{"use": "constant"}],
    }
    (folder / "dataset.yaml").write_text(json.dumps(spec | more), encoding="utf-8")


def register() -> None:
    """An engine whose picture is encoded once, and a scorer that opens nothing."""
    from io import BytesIO

    from PIL import Image

    import mintage

    out = BytesIO()
    Image.new("RGB", (8, 8), (200, 30, 90)).save(out, "PNG")
    mintage.engine("still")(lambda request: out.getvalue())
    mintage.scorer("constant", floors={"ok": 1.0})(lambda item: {"ok": 1.0})


def make(images: int) -> dict[str, float]:
    """Make `images` images with that engine: seconds of each, with and without the writing of files."""
    import mintage
    from mintage.pictures import Folder

    with tempfile.TemporaryDirectory() as folder:
        write_spec(Path(folder), images, {})
        spent = timed_put(Folder)
        start, cpu = time.perf_counter(), time.process_time()
        count = sum(sample.kept for sample in mintage.open(folder).make())
        seconds = time.perf_counter() - start
        assert count == images, count
        each = 1000 / images
        return {
            "ms_files": spent[0] * each, "ms_rest": (seconds - spent[0]) * each,
            "ms_cpu": (time.process_time() - cpu - spent[1]) * each, "peak_mb": peak_mb(),
        }  # fmt: skip


def timed_put(folder: Any) -> list[float]:
    """Count the seconds that writing files takes: by the clock, and of the processor."""
    spent, put = [0.0, 0.0], folder.put

    def timed(*arguments: Any) -> Any:
        start, cpu = time.perf_counter(), time.process_time()
        try:
            return put(*arguments)
        finally:
            spent[0] += time.perf_counter() - start
            spent[1] += time.process_time() - cpu

    folder.put = timed
    return spent


def apart(work: Callable[[int], dict[str, float]], n: int) -> dict[str, float]:
    """In a process of its own, so that peaks do not mix."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1, initializer=register) as pool:
        return pool.apply(work, (n,))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--more-images", type=int, default=100_000, help="0: leave the comparison out")
    parser.add_argument("--slots", type=int, default=1_000_000)
    args = parser.parse_args()
    planned = apart(plan_and_order, args.slots)
    few = apart(make, args.images)
    print("| what | figure |\n|---|---|")
    print(f"| plan of {args.slots:,} slots | {planned['plan_s']:.1f} s |")
    print(f"| order of {args.slots:,} slots written | {planned['order_s']:.1f} s |")
    print(f"| peak memory of both | {planned['peak_mb']:.0f} MB |")
    print(f"| {args.images:,} images: bookkeeping of one | {few['ms_rest']:.2f} ms |")
    print(f"| … of the processor alone | {few['ms_cpu']:.2f} ms |")
    print(f"| … writing its file (flushed to the disk) | {few['ms_files']:.2f} ms |")
    print(f"| peak memory, {args.images:,} images | {few['peak_mb']:.0f} MB |")
    if args.more_images:
        many = apart(make, args.more_images)
        print(f"| {args.more_images:,} images: bookkeeping of one | {many['ms_rest']:.2f} ms |")
        print(f"| peak memory, {args.more_images:,} images | {many['peak_mb']:.0f} MB |")


if __name__ == "__main__":
    main()
