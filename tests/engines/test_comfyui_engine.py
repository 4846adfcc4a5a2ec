"""The engine `comfyui` against a server that behaves like ComfyUI: each verb, what goes wrong, what is found again."""

import hashlib
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image
from tests.servers.comfy import Comfy
from tests.servers.comfy_nodes import MODELS, workflow
from tests.servers.raw import Raw, read

from mintage.core import registry
from mintage.core.errors import MintageError
from mintage.core.ports import LOST, Failed, Made, Refused, Request, Sent
from mintage.core.spec import DatasetSpec, Use
from mintage.run import Run

EXAMPLE = Path(__file__).parents[2] / "examples" / "comfyui-workflow.json"


@pytest.fixture
def server() -> Iterator[Comfy]:
    with Comfy() as comfy:
        yield comfy


@pytest.fixture
def build(tmp_path: Path, server: Comfy) -> Callable[..., Any]:
    """`build(nodes, **options)`: a loaded engine for a workflow, or for the plain one of a verb."""

    def of(nodes: Any = "text", /, **options: Any) -> Any:
        (tmp_path / "w.json").write_text(json.dumps(workflow(nodes) if isinstance(nodes, str) else nodes))
        spec = DatasetSpec.model_validate({"name": "x", "classes": {"dog": 1}}).placed(tmp_path)
        given = {"workflow": "w.json", "server": server.url, "patience": 5} | options
        engine = registry.build("engines", Use(use="comfyui", options=given), spec)
        engine.load()
        return engine

    return of


def ask(n: int, prompt: str = "a dog", **more: Any) -> Request:
    return Request(f"{n:024x}", more.pop("verb", "text"), prompt, seed=n, **more)


def plain(colour: tuple[int, int, int] = (200, 10, 10), size: tuple[int, int] = (64, 48)) -> Any:
    return Image.new("RGB", size, colour)


def half_white(size: tuple[int, int] = (64, 48)) -> Any:
    mask = Image.new("L", size)
    mask.paste(255, (0, 0, size[0] // 2, size[1]))
    return mask


def settled(engine: Any, *requests: Request) -> list[Any]:
    return [a for a in engine.make(list(requests)) if not isinstance(a, Sent)]


def pixels(made: Any) -> Any:
    assert isinstance(made, Made), made
    return numpy.asarray(Image.open(BytesIO(made.image)))


# ── what it makes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_words_negative_seed_and_size_arrive_in_their_places(build: Any, server: Comfy) -> None:
    engine = build()
    assert (engine.can, engine.size, engine.price(ask(1)), engine.streams) == ({"text"}, (64, 64), 0.0, True)
    (made,) = settled(engine, ask(7, "a red dog", negative="text", width=80, height=96))
    assert pixels(made).shape == (96, 80, 3)
    told = server.took[0]
    assert (told["prompt"], told["negative"], told["seed"]) == ("a red dog", "blurry, text", 7)
    assert made.image == next(iter(server.output.values())), "bytes as delivered"


def test_an_image_is_drawn_over_with_the_strength_that_is_asked_for(build: Any, server: Comfy) -> None:
    engine = build("image")
    assert (engine.can, engine.size) == ({"image"}, None)
    (made,) = settled(engine, ask(1, verb="image", images=(plain(),), strength=0.25))
    assert server.took[0]["denoise"] == 0.25
    assert numpy.array_equal(server.took[0]["pixels"], numpy.asarray(plain()))
    assert pixels(made).shape == (48, 64, 3)


def test_two_images_arrive_in_their_order(build: Any, server: Comfy) -> None:
    engine = build("images")
    settled(engine, ask(1, verb="images", images=(plain((250, 0, 0)), plain((0, 0, 100)))))
    assert tuple(server.took[0]["pixels"][0, 0]) == (125, 0, 50)
    assert len(server.input) == 2
    (failed,) = settled(engine, ask(2, verb="images", images=(plain(),)))
    assert "places for 2 images, and 1" in failed.reason


@pytest.mark.parametrize("loader", ["red", "alpha", "LoadImage", "in the image"])
def test_white_in_a_mask_is_repainted_whatever_loads_it(build: Any, server: Comfy, loader: str) -> None:
    nodes = workflow("mask")
    if loader in ("red", "alpha"):
        nodes["11"]["inputs"]["channel"] = loader
    elif loader == "LoadImage":
        nodes["11"] |= {"class_type": "LoadImage", "inputs": {"image": "x.png"}}
        nodes["12"]["inputs"]["mask"] = ["11", 1]
    else:
        del nodes["11"]
        nodes["12"]["inputs"]["mask"] = ["10", 1]
    engine = build(nodes)
    assert engine.can == {"mask"}
    (made,) = settled(engine, ask(1, verb="mask", images=(plain(),), mask=half_white()))
    assert numpy.array_equal(server.took[0]["mask"], numpy.asarray(half_white()))
    assert numpy.array_equal(server.took[0]["pixels"], numpy.asarray(plain())), "what lies under the mask stays"
    same = (pixels(made) == numpy.asarray(plain())).all(axis=2)
    assert same[:, 32:].all() and not same[:, :32].all()


@pytest.mark.parametrize(
    "prompt",
    ['"}], {"x": 1', "it's {a|b} \\n %s ${HOME} <b>", "two\nlines\t\r\n\x07", "ünïcödé 🐕 \ud83d", "x" * 10_000],
)
def test_hostile_words_arrive_as_they_are(build: Any, server: Comfy, prompt: str) -> None:
    assert isinstance(settled(build(), ask(1, prompt))[0], Made)
    assert server.took[0]["prompt"] == prompt


def test_pictures_are_uploaded_once_under_names_from_their_content(build: Any, server: Comfy) -> None:
    engine = build("image")
    one, two = plain((1, 2, 3)), plain((3, 2, 1))
    asked = [ask(n, "../../etc", verb="image", images=(p,)) for n, p in enumerate((one, two, one.copy()))]
    assert len(settled(engine, *asked)) == 3
    assert all(name.startswith("mintage-") and name[8:-4].isalnum() for name in server.input)
    assert len(server.input) == server.asked.count(("POST", "/upload/image")) == 2
    server.input.clear()
    assert "Invalid image file" in settled(engine, asked[0])[0].reason
    assert isinstance(settled(engine, asked[0])[0], Made), "a picture that was removed is uploaded again"


def test_a_saved_picture_is_taken_before_a_preview_unless_another_is_named(build: Any, server: Comfy) -> None:
    nodes = {"1": workflow()["9"] | {"class_type": "PreviewImage", "inputs": {"images": ["8", 0]}}, **workflow()}
    nodes["1"]["_meta"] = {"title": "Look"}
    for options, kind in (({}, "output"), ({"places": {"output": "look"}}, "temp")):
        settled(build(nodes, **options), ask(1))
        assert [p for m, p in server.asked if p == "/view"]
        (last,) = [k for k, png in server.output.items() if k[0] == kind][-1:]
        assert last
    del nodes["9"]
    assert isinstance(settled(build(nodes), ask(1))[0], Made)


def test_a_black_picture_is_refused_and_an_error_of_a_node_fails_alone(build: Any, server: Comfy) -> None:
    server.black_on, server.fails_on = {"night"}, {"huge"}
    answers = {a.recipe_id: a for a in settled(build(), ask(1, "night"), ask(2, "a huge dog"), ask(3))}
    black, raised, good = (answers[ask(n).recipe_id] for n in (1, 2, 3))
    assert isinstance(black, Refused) and "black" in black.reason
    assert isinstance(raised, Failed) and raised.reason == "Seed: RuntimeError: CUDA out of memory"
    assert isinstance(good, Made)


def test_what_always_fails_alike_is_not_tried_for_ever(build: Any, server: Comfy) -> None:
    server.fails_on = {"dog"}
    with pytest.raises(MintageError, match=r"5 pictures failed alike.*CUDA out of memory"):
        settled(build(), *(ask(n) for n in range(50)))
    assert sum(server.executed.values()) <= 7


# ── mistakes that a plan tells ──────────────────────────────────────────────────────────────────────────────────────


def changed(**titles: str) -> Any:
    nodes = workflow()
    for node, title in titles.items():
        nodes[node.lstrip("n")]["_meta"]["title"] = title
    return nodes


TWO_SEEDS = workflow() | {"20": workflow()["3"]}
NO_OUTPUT = {i: n for i, n in workflow().items() if i != "9"}
LINKED = workflow()
LINKED["6"]["inputs"]["text"] = ["4", 0]


@pytest.mark.parametrize(
    ("nodes", "options", "said"),
    [
        ({"nodes": [], "links": []}, {}, r"(?s)ordinary format.*Export \(API\)"),
        ([1], {}, "no nodes"),
        ("{", {}, "no JSON"),
        (changed(n6="Promt"), {}, "(?s)no place for the prompt.*did you mean 'Promt'"),
        (changed(n7="prompt"), {}, "2 nodes are called 'prompt'"),
        (TWO_SEEDS, {}, "2 nodes are called 'seed'"),
        (NO_OUTPUT, {}, "no node gives an image"),
        (LINKED, {}, "no input for 'prompt': all that it has comes from other nodes"),
        (changed(), {"places": {"prompt": "Negativ"}}, "(?s)no node is called 'Negativ'.*did you mean 'Negative'"),
        (changed(), {"places": {"seed": "Seed.sed"}}, "(?s)no input 'sed'.*did you mean 'seed'"),
        (changed(), {"places": {"promt": "Prompt"}}, "(?s)no place called 'promt'.*did you mean 'prompt'"),
        (changed(n7="mask"), {}, "no input for 'mask'"),
    ],
)
def test_a_workflow_that_cannot_be_used_is_refused_before_anything_is_sent(
    tmp_path: Path, nodes: Any, options: dict[str, Any], said: str
) -> None:
    (tmp_path / "w.json").write_text(nodes if isinstance(nodes, str) else json.dumps(nodes))
    spec = DatasetSpec.model_validate({"name": "x", "classes": {"dog": 1}}).placed(tmp_path)
    engine = registry.build("engines", Use(use="comfyui", options={"workflow": "w.json"} | options), spec)
    with pytest.raises(MintageError, match=said) as error:
        _ = engine.can
    assert "w.json" in str(error.value)


def test_a_missing_file_names_the_one_beside_it_and_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "dogs.json").write_text(
        json.dumps(changed(n3="x", n6="y") | {"20": workflow()["3"]} | {"21": workflow()["3"]})
    )
    spec = DatasetSpec.model_validate({"name": "x", "classes": {"dog": 1}}).placed(tmp_path)
    with pytest.raises(MintageError, match=r"dogs\.json"):
        _ = registry.build("engines", Use(use="comfyui", options={"workflow": "dog.json"}), spec).can
    with pytest.raises(MintageError) as error:
        _ = registry.build("engines", Use(use="comfyui", options={"workflow": "dogs.json"}), spec).can
    assert len(error.value.problems) == 2
    with pytest.raises(MintageError, match="Export"):
        registry.build("engines", Use(use="comfyui"), spec)
    with pytest.raises(MintageError, match="password") as error:
        options = {"workflow": "dogs.json", "server": "http://me:canary@127.0.0.1:1"}
        registry.build("engines", Use(use="comfyui", options=options), spec)
    assert "canary" not in str(error.value)


def test_places_are_named_by_title_id_or_input_and_some_need_no_name(build: Any, server: Comfy) -> None:
    nodes = changed(n3="Sampler", n5="Latent", n6="My words")
    engine = build(
        nodes, places={"prompt": "my words", "size": "5", "strength": "Sampler.denoise", "negative": "7.text"}
    )
    assert engine.size == (64, 64)
    settled(engine, ask(3, "a cat"))
    assert (server.took[0]["prompt"], server.took[0]["seed"], server.took[0]["denoise"]) == ("a cat", 3, 1.0)


def test_a_recipe_holds_what_decides_the_pixels_and_neither_names_nor_what_is_set_anyway(build: Any) -> None:
    first = build().settings
    moved = changed(n6="Prompt", n9="Somewhere")
    moved["3"]["inputs"]["seed"] = 99
    moved["6"]["inputs"]["text"] = "left over from the last try"
    assert build(moved).settings == first
    moved["3"]["inputs"]["steps"] = 5
    assert build(moved).settings != first


# ── what a server says ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_model_or_node_that_the_server_lacks_is_named_with_the_nearest(build: Any, server: Comfy) -> None:
    nodes = workflow()
    nodes["4"]["inputs"]["ckpt_name"] = "sd15.ckpt"
    answers: list[Any] = []
    with pytest.raises(MintageError, match=f"(?s)sd15.ckpt.*did you mean {MODELS[0]!r}"):
        answers.extend(build(nodes).make([ask(1)]))
    assert [type(a) for a in answers] == [Sent, Failed], "its ticket is settled"
    nodes["4"]["class_type"] = "CheckpointLoaderSimpel"
    with pytest.raises(MintageError, match=r"(?s)CheckpointLoaderSimpel.*nearest is CheckpointLoaderSimple"):
        settled(build(nodes), ask(1))
    assert not server.executed


def test_a_value_of_one_picture_that_the_server_refuses_fails_that_picture(build: Any, server: Comfy) -> None:
    bad, good = settled(build(), ask(1, width=4, height=4), ask(2))
    assert isinstance(bad, Failed) and bad.reason.startswith("Size: Value is out of range: width: 4")
    assert isinstance(good, Made)


def test_a_workflow_that_is_partly_wrong_is_not_made_in_part(build: Any, server: Comfy) -> None:
    nodes = workflow() | {"30": workflow()["9"] | {"inputs": {"images": ["8", 0]}}}
    server.hold.clear()
    with pytest.raises(MintageError, match="Required input is missing"):
        settled(build(nodes), ask(1))
    assert not server.pending


def test_a_server_that_chooses_ids_itself_is_refused(tmp_path: Path, build: Any, server: Comfy) -> None:
    engine = build()
    server.chooses = False
    with pytest.raises(MintageError, match="newer ComfyUI"):
        settled(engine, ask(1))


FAULTS: list[dict[str, Any]] = [
    {"reset": "before"},
    {"reset": "after"},
    {"half": True},
    {"status": 500},
    {"status": 503},
    {"status": 429, "headers": {"retry-after": "0"}},
    {"type": "text/html"},
]


def drawn_despite(faults: list[dict[str, Any]], at: str, engine: Any, server: Comfy) -> None:
    """Some pictures, each from another one, while some requests meet faults."""
    server.loopback.at = lambda asked: asked.startswith(at)  # type: ignore[method-assign]
    server.faults.extend(faults)
    answers = settled(engine, *(ask(n, verb="image", images=(plain((n, n, n)),)) for n in range(9)))
    assert [type(a) for a in answers] == [Made] * 9
    assert not server.faults, "not all of them were met"
    assert sum(server.executed.values()) == 9 and set(server.executed.values()) == {1}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_prompt_whose_answer_is_lost_is_not_queued_twice(build: Any, server: Comfy, fault: dict[str, Any]) -> None:
    drawn_despite([fault], "/prompt", build("image"), server)


@pytest.mark.parametrize(
    "path", ["/history", *(pytest.param(p, marks=pytest.mark.slow) for p in ("/queue", "/view", "/upload/image"))]
)
def test_faults_of_the_network_lose_nothing_and_make_nothing_twice(build: Any, server: Comfy, path: str) -> None:
    drawn_despite([f for fault in FAULTS for f in (fault, {})], path, build("image", concurrency=1), server)


def test_a_server_that_does_not_answer_is_waited_for_and_then_told(
    build: Any, server: Comfy, caplog: pytest.LogCaptureFixture
) -> None:
    engine = build(patience=0.4)
    server.loopback.at = lambda asked: True  # type: ignore[method-assign]
    server.faults.extend({"reset": "before"} for _ in range(100))
    with caplog.at_level(logging.WARNING, "mintage.hosted"), pytest.raises(MintageError, match="does not answer"):
        settled(engine, ask(1))
    assert len([r for r in caplog.records if "nothing is lost, Ctrl-C stops" in r.getMessage()]) == 1


def test_an_empty_queue_may_be_no_list(build: Any, server: Comfy) -> None:
    engine = build()
    server.loopback.at = lambda path: path == "/queue"  # type: ignore[method-assign]
    told = json.dumps({"queue_running": None, "queue_pending": None})
    server.faults.append({"type": "application/json", "body": told})
    assert isinstance(settled(engine, ask(1))[0], Made)


def test_a_reply_that_never_ends_is_not_waited_for(build: Any) -> None:
    def spaces(one: socket.socket) -> None:
        read(one)
        one.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(200):
            one.sendall(b"1\r\n \r\n")
            time.sleep(0.05)

    with Raw(spaces) as away, pytest.raises(MintageError, match=r"longer than 0\.2 s"):
        build(server=away.url, timeout=0.2, patience=0)


def test_something_else_at_the_address_is_told_at_once(build: Any, server: Comfy) -> None:
    engine = build()
    server.faults.append({"status": 404})
    with pytest.raises(MintageError, match="no ComfyUI"):
        engine.load()


# ── what is found again ─────────────────────────────────────────────────────────────────────────────────────────────


def sent_by(stream: Iterator[Any], n: int) -> dict[str, str]:
    """Recipe → ticket of the first answers of a stream, which is then cut off like a process that dies."""
    found = [next(stream) for _ in range(n)]
    stream.close()  # type: ignore[attr-defined]
    return {a.recipe_id: a.ticket for a in found if isinstance(a, Sent)}


def again(tickets: dict[str, str], **more: Any) -> list[Request]:
    return [Request(r, "text", "a dog", seed=int(r, 16), ticket=t, **more) for r, t in tickets.items()]


def test_a_prompt_that_was_noted_and_never_posted_is_sent_under_the_same_id(build: Any, server: Comfy) -> None:
    tickets = sent_by(build().make([ask(1)]), 1)
    assert not server.posted
    (made,) = build().make(again(tickets))
    assert isinstance(made, Made) and "sent again" in made.note
    assert server.posted == list(tickets.values())


@pytest.mark.parametrize("where", ["waits", "finished"])
def test_a_prompt_that_was_posted_is_fetched_and_not_made_again(build: Any, server: Comfy, where: str) -> None:
    (reference,) = settled(build(), ask(1))
    server.executed.clear()
    server.hold.clear()
    tickets = sent_by(build(concurrency=2).make([ask(1), ask(2), ask(3)]), 2)
    assert list(tickets) == [ask(1).recipe_id, ask(2).recipe_id]
    assert len(server.posted) == 2, "the first was in the queue before the second was told"
    engine = build()
    server.hold.set()
    if where == "finished":
        server.wait_for(2)
    answers = list(engine.make(again(tickets)))
    assert {type(a) for a in answers} == {Made}
    assert next(a for a in answers if a.recipe_id == ask(1).recipe_id).image == reference.image
    assert max(server.executed.values()) == 1


def test_a_restarted_server_is_told_again_once(build: Any, server: Comfy) -> None:
    server.hold.clear()
    stream = build().make([ask(1), ask(2)])
    assert [type(next(stream)) for _ in range(2)] == [Sent, Sent]
    server.restart()
    server.hold.set()
    answers = list(stream)
    assert [type(a) for a in answers] == [Made, Made]
    assert max(server.executed.values()) == 1
    assert any("sent again" in a.note for a in answers)


def test_what_a_server_forgets_twice_is_lost(build: Any, server: Comfy) -> None:
    server.most_history = 0
    (lost,) = settled(build(), ask(1))
    assert isinstance(lost, Failed) and lost.reason.startswith(LOST)
    assert list(server.executed.values()) == [2]


def test_a_ticket_of_an_edited_workflow_is_fetched_and_one_that_is_gone_is_lost(
    tmp_path: Path, build: Any, server: Comfy
) -> None:
    old = build()
    tickets = sent_by(old.make([ask(1)]), 1)
    spec = {"name": "x", "classes": {"dog": 1}, "make": {"use": "comfyui", "workflow": "w.json", "server": server.url}}
    placed = DatasetSpec.model_validate(spec).placed(tmp_path)

    def earlier() -> Any:
        engine = registry.build("engines", Use(use="comfyui", options=dict(old.settings)), placed)
        engine.load()
        assert engine.settings == old.settings
        return engine

    assert isinstance(next(earlier().make(again(tickets))), Made), "the file is still there"
    edited = workflow(side=128)
    (tmp_path / "w.json").write_text(json.dumps(edited))
    (made,) = earlier().make(again(tickets))
    assert pixels(made).shape == (64, 64, 3)
    server.restart()
    (lost,) = earlier().make(again(tickets))
    assert isinstance(lost, Failed) and lost.reason.startswith(LOST)
    (odd,) = build().make(again({ask(1).recipe_id: "../interrupt"}))
    assert isinstance(odd, Failed) and odd.reason.startswith(LOST)


def test_no_more_wait_in_the_queue_than_is_allowed_and_requests_are_taken_one_by_one(build: Any, server: Comfy) -> None:
    taken, most = [], 0

    def requests() -> Iterator[Request]:
        nonlocal most
        for n in range(12):
            most = max(most, n - sum(server.executed.values()))
            taken.append(n)
            yield ask(n)

    stream = build(concurrency=3).make(requests())
    next(stream)
    assert taken == [0]
    assert sum(isinstance(a, Made) for a in stream) == 12
    assert most <= 3


# ── whole runs ──────────────────────────────────────────────────────────────────────────────────────────────────────


def a_run(folder: Path, server: Comfy, **more: Any) -> Path:
    folder.mkdir()
    shutil.copy(EXAMPLE, folder / "workflow.json")
    make = {"use": "comfyui", "workflow": "workflow.json", "server": server.url, "concurrency": 3}
    spec = {"name": "x", "classes": {"dog": 12, "cat": 12}, "write": "grammar", "make": make, "score": []} | more
    (folder / "dataset.yaml").write_text(json.dumps(spec))
    return folder


def test_the_workflow_of_the_examples_makes_a_set(tmp_path: Path, server: Comfy) -> None:
    folder = a_run(tmp_path / "set", server)
    run = Run(folder)
    run.plan()
    assert not server.asked, "a plan asks nobody"
    summary = run.make().finish().summary
    assert (summary.total.kept, summary.dollars) == (24, 0.0)
    assert len({t["seed"] for t in server.took}) == 24


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_a_run_that_is_killed_again_and_again_makes_each_picture_once(tmp_path: Path) -> None:
    with Comfy(step=0.05) as server:
        folder = a_run(tmp_path / "set", server)
        for until in (3, 9, 15):
            process = subprocess.Popen(
                [sys.executable, "-m", "mintage.cli", "run", str(folder)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while sum(server.executed.values()) < until and process.poll() is None:
                time.sleep(0.005)
            process.kill()
            assert process.wait() != 0, "it was killed while it ran"
        assert Run(folder).make().finish().summary.total.kept == 24
        assert len(server.executed) == 24 and set(server.executed.values()) == {1}
        delivered = {hashlib.sha256(png).hexdigest() for (kind, _), png in server.output.items() if kind == "output"}
        kept = {hashlib.sha256(p.read_bytes()).hexdigest() for p in (folder / "images").rglob("*.png")}
        assert kept == delivered
