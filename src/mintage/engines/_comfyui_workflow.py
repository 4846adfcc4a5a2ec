"""A workflow that was exported from ComfyUI: read, checked, and filled in for each picture."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mintage.core.errors import MintageError, Problem, did_you_mean, shown
from mintage.core.ports import Request
from mintage.core.recipe import digest
from mintage.engines._comfyui_places import Place, find_places, title_of

EXPORT = "in ComfyUI: Workflow → Export (API)"
"""What to click. The ordinary way to save keeps positions and colours, and no inputs that a server could run."""

MARK = "sha256:"
"""How a workflow that is known by its content alone is called in a recipe."""


@dataclass(frozen=True)
class Workflow:
    """Nodes by id, as the server wants them, and which inputs are set for each picture."""

    nodes: Mapping[str, Mapping[str, Any]]
    places: Mapping[str, Place]

    @property
    def verb(self) -> str:
        """What it does, by its places: an image that it loads has to be given each time."""
        if "image" not in self.places:
            return "text"
        return "mask" if "mask" in self.places else "images" if "image 2" in self.places else "image"

    @property
    def images(self) -> tuple[str, ...]:
        """The places for pictures, in their order."""
        return tuple(n for n in ("image", *(f"image {k}" for k in range(2, len(self.places) + 2))) if n in self.places)

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height in the file, where there is a place for them; None: they follow from something else."""
        sides = [self._value(name) for name in ("width", "height")]
        return (sides[0], sides[1]) if all(type(s) is int and s > 0 for s in sides) else None

    @property
    def written(self) -> frozenset[tuple[str, str]]:
        """The inputs (node, name) that are set for each picture: what a server has against these is about it alone."""
        return frozenset((p.node, i) for p in self.places.values() for i in p.inputs)

    @property
    def digest(self) -> str:
        """A hash of what decides the pixels: not of titles, nor of what is set for every picture in any case."""
        always = ["prompt", "seed", "mask", *self.images, *(["strength"] if self.verb in ("image", "mask") else [])]
        nodes = {i: [n["class_type"], dict(n["inputs"])] for i, n in self.nodes.items()}
        for place in (self.places[name] for name in always if name in self.places):
            for name in place.inputs:
                nodes[place.node][1][name] = None
        places = {name: [p.node, *p.inputs] for name, p in self.places.items() if name != "output"}
        return MARK + digest([nodes, places], 24)

    def title(self, node: str) -> str:
        """What a node is called, for a message."""
        return title_of(node, self.nodes[node]) if node in self.nodes else node

    def filled(self, request: Request, files: Mapping[str, str]) -> tuple[dict[str, Any], str]:
        """The nodes for one picture, and what could not be told them. `files`: place → name of an uploaded picture."""
        values: dict[str, Any] = {"prompt": request.prompt, "seed": request.seed, **files}
        notes = []
        if request.negative and "negative" in self.places:
            values["negative"] = ", ".join(filter(None, [str(self._value("negative") or ""), request.negative]))
        elif request.negative:
            notes.append("the workflow has no place for what is not wanted")
        for name, side in (("width", request.width), ("height", request.height)):
            if side is not None:
                values[name] = side
        if self.verb in ("image", "mask"):
            values["strength"] = request.strength
        notes += [
            f"the workflow has no place for the {n}"
            for n in ("width", "height", "strength")
            if n in values and n not in self.places
        ]
        nodes = {i: {**n, "inputs": dict(n["inputs"])} for i, n in self.nodes.items()}
        for place, value in ((self.places[n], v) for n, v in values.items() if n in self.places):
            nodes[place.node]["inputs"] |= dict.fromkeys(place.inputs, value)
        return nodes, "; ".join(notes)

    def _value(self, name: str) -> Any:
        place = self.places.get(name)
        return self.nodes[place.node]["inputs"].get(place.inputs[0]) if place and place.inputs else None


def read_workflow(path: Path, named: Mapping[str, str]) -> Workflow:
    """The workflow in a file; `named`: place → title of a node (or title.input) where it is not called like the place.

    Raises:
        MintageError: no such file, no workflow in API format, or places that are not there, all of them at once.
    """
    nodes = _nodes(path)
    places, problems = find_places(nodes, named)
    if problems:
        where = f"the workflow {shown(path)}"
        raise MintageError(*(Problem(p.found, where, p.expected, p.type_this) for p in problems))
    return Workflow(nodes, places)


def _nodes(path: Path) -> dict[str, Any]:
    where = f"the workflow {shown(path)}"
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        beside = sorted(p.name for p in path.parent.glob("*.json")) if path.parent.is_dir() else []
        near = did_you_mean(path.name, beside) if beside else f"a file that was exported from ComfyUI ({EXPORT})"
        raise MintageError(f"it cannot be read: {error.strerror or error}", where=where, expected=near) from error
    except (ValueError, RecursionError) as error:
        raise MintageError(f"it is no JSON: {error}", where=where, type_this=EXPORT) from error
    if isinstance(told, dict) and isinstance(told.get("nodes"), list):
        found = "it is saved in the ordinary format, which a server cannot run"
        raise MintageError(found, where=where, expected="the API format", type_this=EXPORT)
    sound = isinstance(told, dict) and all(
        isinstance(n, dict) and isinstance(n.get("class_type"), str) and isinstance(n.get("inputs"), dict)
        for n in told.values()
    )
    if not sound or not told:
        found = "it holds no nodes with class_type and inputs"
        raise MintageError(found, where=where, expected="a workflow in API format", type_this=EXPORT)
    return dict(told)
