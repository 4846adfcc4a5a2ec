"""Finds the places of a workflow, such as the prompt and the seed, by the titles of its nodes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mintage.core.errors import Problem, did_you_mean

Node = Mapping[str, Any]
Nodes = Mapping[str, Node]

_TEXT = (("text",), ("prompt",), ("value",), ("string",), ("text_g", "text_l"), ("clip_l", "t5xxl"))
_WHOLE = (("value",), ("int",), ("number",))
_PICTURE = (("image",),)
INPUTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "prompt": _TEXT,
    "negative": _TEXT,
    "seed": (("seed",), ("noise_seed",), *_WHOLE),
    "width": (("width",), *_WHOLE),
    "height": (("height",), *_WHOLE),
    "image": _PICTURE,
    "mask": _PICTURE,
    "strength": (("denoise",), ("strength",), ("value",), ("float",), ("number",)),
    "output": ((),),
}
"""Place → the inputs of its node that are set, the first that the node has. All of a group are set alike."""

SIZE = "size"
"""Width and height in one node."""

_OUTPUT = re.compile(r"save|preview", re.IGNORECASE)
_IMAGE = re.compile(r"image (\d+)")


@dataclass(frozen=True)
class Place:
    """A node, and those of its inputs that are set."""

    node: str
    inputs: tuple[str, ...]


def title_of(node_id: str, node: Node) -> str:
    """What the user called a node; its kind where the file has no titles."""
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return str(title or node["class_type"])


def find_places(nodes: Nodes, named: Mapping[str, str]) -> tuple[dict[str, Place], list[Problem]]:
    """The places of a workflow by name (`image`, `image 2`, …), and all that is wrong with them."""
    search = _Search(nodes)
    found: dict[str, Place] = {}
    asked = {plain(name): title for name, title in named.items()}
    for name in asked:
        if name not in INPUTS and name != SIZE and not _IMAGE.fullmatch(name):
            expected = did_you_mean(name, [*INPUTS, SIZE, "image 2"])
            search.problems.append(Problem(f"there is no place called {name!r}", "", expected))
    for name in (*INPUTS, SIZE, *search.further_images(asked)):
        place = search.named(name, asked[name]) if name in asked else search.titled(name)
        if place is not None:
            found |= {i: Place(place.node, (i,)) for i in place.inputs} if name == SIZE else {name: place}
    found |= search.guessed(found)
    search.check(found, asked)
    return found, search.problems


def plain(title: str) -> str:
    """`Image_2`, `image2` → `image 2`; the first image has no number."""
    spaced = re.sub(r"(?<=[a-z])(?=\d)", " ", re.sub(r"[\s_-]+", " ", str(title)).strip().casefold())
    return "image" if spaced == "image 1" else spaced


class _Search:
    """Looks places up in one workflow, and notes what is wrong."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.titles: dict[str, list[str]] = {}
        for node_id, node in nodes.items():
            self.titles.setdefault(plain(title_of(node_id, node)), []).append(node_id)
        self.problems: list[Problem] = []

    @property
    def shown(self) -> list[str]:
        return [title_of(i, n) for i, n in self.nodes.items()]

    def further_images(self, asked: Mapping[str, str]) -> list[str]:
        """`image 2`, `image 3`, … as far as there are titles or names for them."""
        numbers = (int(m[1]) for t in [*self.titles, *asked] if (m := _IMAGE.fullmatch(t)))
        return [f"image {n}" for n in sorted(set(numbers))]

    def titled(self, name: str) -> Place | None:
        """The node whose title is the name of a place; None: there is none."""
        there = self.titles.get(name, [])
        return self._only(name, name, there) if there else None

    def named(self, name: str, title: str) -> Place | None:
        """The node that the user names for a place: by title, id, or either with an input behind a dot."""
        whole, _, last = str(title).rpartition(".")
        for wanted, chosen in ((str(title), ""), (whole, last)):
            there = [wanted] if wanted in self.nodes else self.titles.get(plain(wanted), []) if wanted else []
            if there:
                return self._only(name, wanted, there, chosen)
        expected = did_you_mean(str(title), set(self.shown))
        self.problems.append(Problem(f"no node is called {str(title)!r}, which is to be {name!r}", "", expected))
        return None

    def _only(self, name: str, title: str, there: list[str], chosen: str = "") -> Place | None:
        if len(there) > 1:
            found = f"{len(there)} nodes are called {title!r} (ids {', '.join(there)})"
            self.problems.append(Problem(found, "", "one", f'places: {{{name}: "{there[0]}"}}'))
            return None
        node = there[0]
        inputs = self._chosen(node, name, chosen) if chosen else self._known(node, name)
        return None if inputs is None else Place(node, inputs)

    def _chosen(self, node: str, name: str, chosen: str) -> tuple[str, ...] | None:
        free = self._free(node)
        if chosen in free:
            return (chosen,)
        linked = chosen in self.nodes[node]["inputs"]
        said = f"the input {chosen!r} of {title_of(node, self.nodes[node])!r}"
        found = f"{said} comes from another node" if linked else f"there is no {said.removeprefix('the ')}"
        self.problems.append(Problem(found, "", did_you_mean(chosen, free)))
        return None

    def _known(self, node: str, name: str) -> tuple[str, ...] | None:
        free = self._free(node)
        groups = (("width", "height"),) if name == SIZE else INPUTS.get(name, _PICTURE)
        for group in groups:
            if all(i in free for i in group):
                return group
        title = title_of(node, self.nodes[node])
        expected = f"one of {', '.join(' and '.join(g) for g in groups)} with a value of its own"
        own = f"it has {', '.join(free)}" if free else "all that it has comes from other nodes"
        self.problems.append(Problem(f"the node {title!r} has no input for {name!r}: {own}", "", expected))
        return None

    def _free(self, node: str) -> list[str]:
        """The inputs that have a value of their own, and no link to another node."""
        return [name for name, value in self.nodes[node]["inputs"].items() if not isinstance(value, list)]

    def guessed(self, found: Mapping[str, Place]) -> dict[str, Place]:
        """What needs no title: the only seed there is, and the mask that lies in the image itself."""
        more: dict[str, Place] = {}
        if "seed" not in found:
            seeds = [Place(n, (i,)) for n in self.nodes for i in self._free(n) if i in ("seed", "noise_seed")]
            more |= {"seed": seeds[0]} if len(seeds) == 1 else {}
        image = found.get("image")
        if image and "mask" not in found and self._reads_alpha(image.node):
            more["mask"] = image
        return more

    def _reads_alpha(self, node: str) -> bool:
        """Whether the second output of a node that loads a picture, its mask, goes anywhere."""
        links = (v for n in self.nodes.values() for v in n["inputs"].values() if isinstance(v, list))
        return self.nodes[node]["class_type"] == "LoadImage" and [node, 1] in links

    def check(self, found: Mapping[str, Place], asked: Mapping[str, str]) -> None:
        """What must be there, and what cannot go together. What was found wanting already is not told twice."""
        told = {p.found for p in self.problems}
        for name, why in (("prompt", ""), ("seed", ": every attempt would be the same picture")):
            if name not in found and name not in asked and not any(repr(name) in t for t in told):
                expected = did_you_mean(name, set(self.shown))
                find = f"call the node {name!r} in ComfyUI (right click → Title), or name it: places: {{{name}: …}}"
                self.problems.append(Problem(f"there is no place for the {name}{why}", "", expected, find))
        further = [n for n in found if _IMAGE.fullmatch(n)]
        if (further or "mask" in found) and "image" not in found:
            self.problems.append(
                Problem(f"there is {(further or ['mask'])[0]!r}, and no 'image'", "", "a node 'image'")
            )
        if further and "mask" in found:
            self.problems.append(Problem("there is a mask and more than one image", "", "one of the two"))
        if "output" not in found and not any(_OUTPUT.search(n["class_type"]) for n in self.nodes.values()):
            expected = "a node that saves or previews an image"
            self.problems.append(Problem("no node gives an image out", "", expected, "places: {output: …}"))
