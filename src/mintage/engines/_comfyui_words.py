"""What ComfyUI says of a workflow that it will not run, or that failed: for one picture, or for all of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from mintage.core.errors import MintageError, Problem, did_you_mean, nearest
from mintage.engines._comfyui_server import Server
from mintage.engines._comfyui_workflow import Workflow

LONGEST = 400


def refused(told: Any, words: str, workflow: Workflow, server: Server) -> str:
    """Why this one picture cannot be made, from the answer to a prompt.

    Raises:
        MintageError: it is the workflow that this server cannot run: a kind of node or a model that it lacks.
    """
    told = _table(told)
    error = _table(told.get("error"))
    problems, own = [], []
    for node, input_name, text, value in _faults(told.get("node_errors")):
        said = f"{workflow.title(node)}: {text}"
        if (node, input_name) in workflow.written:
            own.append(said)
        else:
            problems.append(Problem(said, "", _there_is(server, workflow, node, input_name, value)))
    if not problems and not own and _is_of_the_workflow(error):
        problems = [_lacking(error, workflow, server)]
    if problems:
        where = f"ComfyUI at {server.shown} cannot run this workflow"
        fix = "install what it lacks there, or change the workflow and export it again"
        raise MintageError(*(Problem(p.found, where, p.expected, fix) for p in dict.fromkeys(problems)))
    return _line("; ".join(own) or words)


def failed(entry: Mapping[str, Any], workflow: Workflow | None) -> str:
    """Why a prompt that was run gave nothing; empty: it ended well."""
    status = entry.get("status")
    if not isinstance(status, dict) or status.get("status_str") in ("success", None):
        return ""
    for event, data in messages(entry):
        if event == "execution_error":
            node = str(data.get("node_id", ""))
            title = workflow.title(node) if workflow else str(data.get("node_type") or node)
            kind = str(data.get("exception_type", "")).rpartition(".")[2]
            return _line(f"{title}: {kind}: {data.get('exception_message', '')}")
        if event == "execution_interrupted":
            return "it was interrupted at the server"
    return _line(f"the server says {status.get('status_str')!r} and no more")


def seconds(entry: Mapping[str, Any]) -> float:
    """How long the server worked at it; 0: it does not say."""
    times = {event: data.get("timestamp") for event, data in messages(entry)}
    begun, ended = times.get("execution_start"), times.get("execution_success")
    both = isinstance(begun, int | float) and isinstance(ended, int | float)
    return max(0.0, (ended - begun) / 1000) if both else 0.0  # type: ignore[operator]


def messages(entry: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What happened, in order: event and what is told of it."""
    status = entry.get("status")
    told = status.get("messages") if isinstance(status, dict) else None
    for message in told if isinstance(told, list) else ():
        if isinstance(message, list) and len(message) == 2 and isinstance(message[1], dict):
            yield str(message[0]), message[1]


def pictures(entry: Mapping[str, Any], first: str = "") -> list[dict[str, Any]]:
    """The pictures of a finished prompt, the one to take first: of the node `first`, then saved ones, then previews."""
    outputs = entry.get("outputs")
    found = []
    for node, told in outputs.items() if isinstance(outputs, dict) else ():
        images = told.get("images") if isinstance(told, dict) else None
        found += [(str(node), i) for i in (images if isinstance(images, list) else ()) if isinstance(i, dict)]
    found.sort(key=lambda pair: (pair[0] != first, pair[1].get("type") != "output"))
    return [image for _, image in found]


def _faults(told: Any) -> Iterator[tuple[str, str, str, Any]]:
    """Node, input, what is wrong with it, and the value that it had."""
    for node, entry in told.items() if isinstance(told, dict) else ():
        errors = entry.get("errors") if isinstance(entry, dict) else None
        for error in errors if isinstance(errors, list) else ():
            if isinstance(error, dict):
                extra = _table(error.get("extra_info"))
                text = ": ".join(filter(None, (str(error.get(k) or "") for k in ("message", "details"))))
                yield str(node), str(extra.get("input_name", "")), _line(text), extra.get("received_value")


def _there_is(server: Server, workflow: Workflow, node: str, input_name: str, value: Any) -> str:
    """What the server has for an input that is chosen from a list, the nearest first."""
    kind = str(workflow.nodes[node]["class_type"]) if node in workflow.nodes else ""
    told = server.nodes(kind).get(kind)
    inputs = told.get("input") if isinstance(told, dict) else None
    for group in inputs.values() if isinstance(inputs, dict) else ():
        about = group.get(input_name) if isinstance(group, dict) else None
        if isinstance(about, list) and about:
            known = about[0] if isinstance(about[0], list) else (about[1:] or [{}])[0].get("options")
            if isinstance(known, list):
                return _instead(str(value), [str(k) for k in known])
    return ""


def _instead(value: str, known: list[str]) -> str:
    """What there is, the nearest first: of files, also one that differs in how it ends."""
    ends = {k: k.rpartition(".")[0].casefold() for k in known}
    same = [k for k in known if ends[k] and ends[k] == value.rpartition(".")[0].casefold()]
    said = did_you_mean(value, known)
    return f"did you mean {same[0]!r}? {said}" if same and not said.startswith("did") else said


def _is_of_the_workflow(error: Mapping[str, Any]) -> bool:
    kind = str(error.get("type", ""))
    return kind in ("missing_node_type", "prompt_no_outputs") or "does not exist" in str(error.get("message", ""))


def _lacking(error: Mapping[str, Any], workflow: Workflow, server: Server) -> Problem:
    """A kind of node that the server does not have, with the nearest that it has."""
    said = _line(": ".join(filter(None, (str(error.get(k) or "") for k in ("message", "details")))))
    if error.get("type") == "prompt_no_outputs":
        return Problem(said, "", "a node that saves or previews an image")
    known = server.nodes()
    lacks = sorted({str(n["class_type"]) for n in workflow.nodes.values()} - set(known)) if known else []
    return Problem(f"{said} (it has no {', '.join(lacks)})" if lacks else said, "", "; ".join(_near(lacks, known)))


def _near(lacks: list[str], known: Mapping[str, Any]) -> list[str]:
    close = {kind: nearest(kind, known, n=2) for kind in lacks}
    return [f"for {kind} the nearest is {' or '.join(near)}" for kind, near in close.items() if near]


def _table(told: Any) -> dict[str, Any]:
    return told if isinstance(told, dict) else {}


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST]
