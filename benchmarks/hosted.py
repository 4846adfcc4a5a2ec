"""How fast a run is against a server with latency and a rate limit: share of the limit, 429s, memory, threads.

`python benchmarks/hosted.py --images 5000 --limit 25 --latency 0.2`: one table, a row for each way in which the limit
is known: the server says it in its headers, the user says it (`per_minute`), nobody says it. The server is another
process on this machine; it refills its allowance evenly and answers 429 with Retry-After beyond it.
"""

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

WAYS = {"its headers say it": ("headers", False), "per_minute says it": ("", True), "nobody says it": ("", False)}


def serve(port: Any, limit: float, burst: int, latency: float, headers: bool) -> None:
    """The server: at most `limit` requests a second on average, `burst` at once."""
    import socket

    import uvicorn
    from PIL import Image

    from mintage.pictures import encode_png

    picture = base64.b64encode(encode_png(Image.effect_noise((128, 128), 60))).decode()
    state = {"left": float(burst), "at": time.monotonic(), "refused": 0, "sold": 0}
    reply = json.dumps({"created": 0, "data": [{"b64_json": picture}]}).encode()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        now = time.monotonic()
        state["left"] = min(float(burst), state["left"] + (now - state["at"]) * limit)
        state["at"] = now
        told = [(b"content-type", b"application/json")]
        if headers:
            told.append((b"x-ratelimit-limit-requests", str(round(limit * 60)).encode()))
        status, body = 200, reply
        if scope["path"] == "/counts":
            body = json.dumps(state).encode()
        elif state["left"] < 1:
            state["refused"] += 1
            status, body = 429, b'{"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}'
            told.append((b"retry-after", b"1"))
        else:
            state["left"] -= 1
            state["sold"] += 1
            await asyncio.sleep(latency)
        told.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send({"type": "http.response.body", "body": body})

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port.send(listening.getsockname()[1])
        config = uvicorn.Config(app, log_level="critical", interface="asgi3", lifespan="off")
        uvicorn.Server(config).run(sockets=[listening])


def memory() -> float:
    """What this process holds now, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(images: int, limit: float, latency: float, said: str, per_minute: bool, paid: bool) -> dict[str, float]:
    """One run in a folder of its own."""
    import httpx2

    import mintage

    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(there, limit, max(1, round(limit / 5)), latency, said == "headers"), daemon=True
    )
    process.start()
    url = f"http://127.0.0.1:{here.recv()}"
    make = {"use": "openai", "model": "any", "base_url": f"{url}/v1", "profile": "generic", "concurrency": 32}
    make |= {"price": 0.001 if paid else 0} | ({"per_minute": limit * 60} if per_minute else {})
    spec = {"name": "many", "classes": {"lemon": images // 2, "chair": images - images // 2}}
    spec |= {"make": make, "score": [], "budget": {"dollars": 1000}}
    threads, held = [0], [memory()]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            threads[0] = max(threads[0], threading.active_count())
            held.append(memory())

    os.environ["OPENAI_API_KEY"] = "none"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "dataset.yaml").write_text(json.dumps(spec), encoding="utf-8")
        run = mintage.open(folder)
        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        start = time.perf_counter()
        page = run.make().finish()
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
        assert page.summary.total.kept == images, page
    counts = httpx2.get(f"{url}/counts").json()
    process.kill()
    process.join()
    assert counts["sold"] == images, counts
    third = len(held) // 3
    return {
        "rate": images / seconds,
        "refused": counts["refused"],
        "threads": threads[0],
        "early": max(held[third : 2 * third] or held),
        "late": max(held[2 * third :]),
        "dollars": page.summary.dollars,
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--images", type=int, default=5000)
    asked.add_argument("--limit", type=float, default=25.0, help="requests a second")
    asked.add_argument("--latency", type=float, default=0.2, help="seconds")
    asked.add_argument("--free", action="store_true", help="price 0: nothing is booked before it leaves")
    given = asked.parse_args()
    print(f"{given.images:,} images, {given.latency:g} s latency, {given.limit:g} requests a second allowed\n")
    print(
        "| the limit | images a second | of the limit | answered 429 | MB in the 2nd third → last | threads | spent |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, (said, per_minute) in WAYS.items():
        m = measure(given.images, given.limit, given.latency, said, per_minute, not given.free)
        print(
            f"| {name} | {m['rate']:.1f} | {m['rate'] / given.limit:.1%} | {m['refused']:,} |"
            f" {m['early']:.0f} → {m['late']:.0f} | {m['threads']} | ${m['dollars']:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
