"""A ComfyUI server for tests: its queue, history, checks and uploads; workflows are run by following their links."""

import asyncio
import json
import re
import threading
import time
import uuid
from collections import Counter, OrderedDict, deque
from collections.abc import Mapping
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.servers.comfy_nodes import KINDS, MODELS, Faulty, Run, faults_of
from tests.servers.loopback import Loopback


class Comfy:
    """Serves at `url` from `with` to the end of it. `faults` and `asked` are those of `Loopback`.

    `executed`: how often each prompt id was run. `took`: what the samplers were told, in order. `hold` is cleared to
    keep what is in the queue there. `step`: seconds for one prompt. A prompt that holds a word of `fails_on` raises in
    the sampler; one with a word of `black_on` gives a black picture.
    """

    def __init__(self, step: float = 0.0, history: int = 10_000, chooses: bool = True) -> None:
        self.step, self.most_history, self.chooses = step, history, chooses
        self.fails_on: set[str] = set()
        self.black_on: set[str] = set()
        self.executed: Counter[str] = Counter()
        self.took: list[dict[str, Any]] = []
        self.posted: list[str] = []
        self.input: dict[str, bytes] = {}
        self.hold = threading.Event()
        self.hold.set()
        self._lock = threading.Condition()
        self._ended = False
        self._forget()
        routes = [
            Route("/prompt", self._prompt, methods=["POST"]),
            Route("/queue", self._queue),
            Route("/queue", self._delete, methods=["POST"]),
            Route("/history/{id}", self._past),
            Route("/view", self._view),
            Route("/upload/image", self._upload, methods=["POST"]),
            Route("/upload/mask", self._upload, methods=["POST"]),
            Route("/object_info", self._kinds),
            Route("/object_info/{kind}", self._kinds),
            Route("/system_stats", self._stats),
            Route("/interrupt", self._interrupt, methods=["POST"]),
        ]
        self.loopback = Loopback(Starlette(routes=routes))
        self.url = self.loopback.url
        self.faults = self.loopback.faults
        self._worker = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self.loopback.__enter__()
        self._worker.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended = True
        self.hold.set()
        with self._lock:
            self._lock.notify_all()
        self._worker.join(10)
        self.loopback.__exit__(*error)

    @property
    def asked(self) -> list[tuple[str, str]]:
        return self.loopback.asked

    def _forget(self) -> None:
        with self._lock:
            self.pending: deque[tuple[str, dict[str, Any]]] = deque()
            self.running: dict[str, dict[str, Any]] = {}
            self.history: OrderedDict[str, dict[str, Any]] = OrderedDict()
            self.output: dict[tuple[str, str], bytes] = {}

    def restart(self) -> None:
        """As after a crash: queue and history are gone; files that were uploaded or saved are not."""
        saved = {k: v for k, v in self.output.items() if k[0] == "output"}
        self._forget()
        self.output |= saved

    def wait_for(self, prompts: int, seconds: float = 20) -> None:
        """Until so many prompts have been run."""
        until = time.monotonic() + seconds
        while len(self.history) < prompts:
            assert time.monotonic() < until, f"{len(self.history)} of {prompts} were run"
            time.sleep(0.01)

    # ── the worker ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _work(self) -> None:
        while not self._ended:
            with self._lock:
                self._lock.wait_for(lambda: self._ended or (self.pending and self.hold.is_set()), 0.05)
                if self._ended or not self.pending or not self.hold.is_set():
                    continue
                prompt_id, nodes = self.pending.popleft()
                self.running[prompt_id] = nodes
            entry = self._run(prompt_id, nodes)
            with self._lock:
                if self.running.pop(prompt_id, None) is not None:
                    self.history[prompt_id] = entry
                    while len(self.history) > self.most_history:
                        self.history.popitem(last=False)

    def _run(self, prompt_id: str, nodes: dict[str, Any]) -> dict[str, Any]:
        self.executed[prompt_id] += 1
        time.sleep(self.step)
        begun = ["execution_start", {"prompt_id": prompt_id, "timestamp": int(time.time() * 1000)}]
        run = Run(nodes, self.input, self.took, self.fails_on, self.black_on)
        try:
            made = run.outputs()
        except Faulty as error:
            told = {"prompt_id": prompt_id, "node_id": error.node, "node_type": nodes[error.node]["class_type"]}
            told |= {"exception_type": "builtins.RuntimeError", "exception_message": str(error), "traceback": []}
            status = {"status_str": "error", "completed": False, "messages": [begun, ["execution_error", told]]}
            return {"prompt": [0, prompt_id, nodes, {}, []], "outputs": {}, "status": status, "meta": {}}
        outputs: dict[str, Any] = {}
        for node, kind, png in made:
            name = f"{kind}_{len(self.output):05}_.png"
            self.output[kind, name] = png
            outputs.setdefault(node, {"images": []})["images"].append({"filename": name, "subfolder": "", "type": kind})
        ended = ["execution_success", {"prompt_id": prompt_id, "timestamp": int(time.time() * 1000)}]
        status = {"status_str": "success", "completed": True, "messages": [begun, ended]}
        return {"prompt": [0, prompt_id, nodes, {}, []], "outputs": outputs, "status": status, "meta": {}}

    # ── the routes ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _prompt(self, request: Request) -> Response:
        told = await request.json()
        prompt_id = str(told.get("prompt_id") if self.chooses and "prompt_id" in told else uuid.uuid4())
        if str(uuid.UUID(prompt_id)) != prompt_id:
            return _json({"error": {"type": "invalid_prompt_id", "message": "no UUID"}, "node_errors": {}}, 400)
        nodes = told["prompt"]
        error, node_errors, good = faults_of(nodes, self.input)
        if error is not None:
            return _json({"error": error, "node_errors": node_errors}, 400)
        with self._lock:
            self.posted.append(prompt_id)
            kept = {i: n for i, n in nodes.items() if not KINDS[n["class_type"]].get("saves") or i in good}
            self.pending.append((prompt_id, kept))
            self._lock.notify_all()
        return _json({"prompt_id": prompt_id, "number": len(self.posted), "node_errors": node_errors})

    async def _queue(self, _: Request) -> Response:
        with self._lock:
            running = [[0, i, n, {}, []] for i, n in self.running.items()]
            pending = [[k, i, n, {}, []] for k, (i, n) in enumerate(self.pending)]
        return _json({"queue_running": running, "queue_pending": pending})

    async def _delete(self, request: Request) -> Response:
        gone = set((await request.json()).get("delete", []))
        with self._lock:
            self.pending = deque((i, n) for i, n in self.pending if i not in gone)
        return Response(status_code=200)

    async def _past(self, request: Request) -> Response:
        entry = self.history.get(request.path_params["id"])
        return _json({request.path_params["id"]: entry} if entry else {})

    async def _view(self, request: Request) -> Response:
        told = request.query_params
        data = self.output.get((told.get("type", "output"), told.get("filename", "")))
        return Response(data, media_type="image/png") if data is not None else Response(status_code=404)

    async def _upload(self, request: Request) -> Response:
        async with request.form() as form:
            image = form["image"]
            name, data = str(image.filename), await image.read()  # type: ignore[union-attr]
            overwrite = form.get("overwrite") in ("true", "1")
        if not re.fullmatch(r"[\w.-]+", name) or ".." in name:
            return Response(status_code=400)
        stem, dot, suffix = name.rpartition(".")
        number = 1
        while not overwrite and name in self.input and self.input[name] != data:
            name, number = f"{stem} ({number}){dot}{suffix}", number + 1
        self.input[name] = data
        return _json({"name": name, "subfolder": "", "type": "input"})

    async def _kinds(self, request: Request) -> Response:
        kind = request.path_params.get("kind")
        known: Mapping[str, Any] = KINDS if kind is None else {kind: KINDS[kind]} if kind in KINDS else {}
        lists = {"ckpt_name": list(MODELS), "image": sorted(self.input)}
        return _json(
            {
                name: {
                    "input": {"required": {i: [lists.get(i, t), {}] for i, t in told["inputs"].items()}},
                    "output_node": bool(told.get("saves")),
                }
                for name, told in known.items()
            }
        )

    async def _stats(self, _: Request) -> Response:
        await asyncio.sleep(0)
        return _json({"system": {"comfyui_version": "0.0-test"}, "devices": []})

    async def _interrupt(self, _: Request) -> Response:
        return Response(status_code=200)


def _json(told: Any, status: int = 200) -> Response:
    """As ComfyUI writes it: halves of surrogate pairs come back as they came."""
    return Response(json.dumps(told), status, media_type="application/json")
