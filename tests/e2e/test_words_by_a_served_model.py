"""A whole run with words by a real server of a real, if tiny, model: what it writes is checked, and replaced by words
that do."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from tests.writers.chat_trial import samples, spec_of
from tests.writers.tiny_causal import tiny_causal

from mintage.core import registry
from mintage.core.ports import Wrote
from mintage.core.spec import Use
from mintage.run import Run

pytest.importorskip("fastapi", reason="the extra `serving` of transformers is absent: fastapi")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_causal(tmp_path_factory.mktemp("served") / "tiny")
    config = folder / "generation_config.json"
    # the server draws at random only if the model's own file says so, whatever temperature it is told
    config.write_text(json.dumps(json.loads(config.read_text()) | {"do_sample": True}))
    return folder


@pytest.fixture(scope="module")
def served(model: Path) -> Iterator[dict[str, Any]]:
    """`transformers serve` in a process of its own; the writer that asks it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = [model, "--device", "cpu", "--host", "127.0.0.1", "--port", port]
    code = "from transformers.cli.transformers import main; main()"
    env = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    log = model.parent / "serve.log"
    with log.open("w") as out:
        command = [sys.executable, "-c", code, "serve", *map(str, told)]
        server = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server, log)
        yield {
            "use": "openai",
            "form": "plain",
            "base_url": f"http://127.0.0.1:{port}/v1",
            "model": str(model),
            "price": 0,
            "temperature": 1.0,
            "max_tokens": 50,
            "thinking": 0,
            "concurrency": 2,
        }
    finally:
        server.kill()
        server.wait()


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(address, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"the server did not start:\n{log.read_text()[-2000:]}")


def test_a_model_that_writes_nonsense_is_corrected_three_times_and_the_grammar_words_the_set(
    served: dict[str, Any], a_set: Callable[..., Run]
) -> None:
    run = a_set(write=served, make="flat", score=[], classes={"lemon": 4, "chair": 2})
    run.make().finish()
    kept = [sample for sample in run.samples() if sample.kept]
    assert len(kept) == 6
    for sample in kept:
        words = sample.facts["words"]
        assert sample.label in words.value["prompt"]
        assert words.note.startswith("by the grammar instead: ")
        assert words.value["by"] == "grammar"
        assert words.made_by.startswith("openai@")
        assert 1 <= len(words.value["rejected"]) <= 4
        assert all(prompt and wrong for prompt, wrong in words.value["rejected"])
    assert any(len(sample.facts["words"].value["rejected"]) == 4 for sample in kept)


def test_each_answer_of_the_server_is_read_and_what_it_counts_is_billed(served: dict[str, Any]) -> None:
    options = {k: v for k, v in served.items() if k != "use"} | {"price": {"input": 1.0, "output": 10.0}}
    asked = samples(3)
    writer = registry.build("writers", Use(use="openai", options=options), spec_of())
    answers = {a.recipe_id: a for a in writer.write(asked) if isinstance(a, Wrote)}
    assert sorted(answers) == sorted(sample.recipe_id for sample in asked)
    for sample in asked:
        answer = answers[sample.recipe_id]
        assert sample.check(answer.prompt)
        assert 4 * 50 * 10.0 / 1e6 * 0.2 < answer.cost < writer.price(sample) / 2
