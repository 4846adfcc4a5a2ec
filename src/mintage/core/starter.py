"""The commented dataset.yaml that `mintage new` writes."""

import json
import re
from collections.abc import Mapping, Sequence

NOTES = """
# More that a class may say (under its name, in place of the number of images):
#   dalmatian: {images: 300, description: a white dog with black spots, called: dalmatian dog}
#   references: photos/dalmatian, lookalikes: [car, chair]     what other techniques start from
#   images: {fill_to: 300} with references: photos/dalmatian   makes as many as are missing beside your own photos
#   was: old name                                              renames a class and keeps its images
"""

PLAIN = re.compile(r"[^\W\d_](?:[\w '()/.-]*[\w')/])?")
"""Begins with a letter, and nothing in it means anything to YAML."""


def starter(
    name: str,
    classes: Mapping[str, int],
    axes: Mapping[str, Sequence[str]],
    comments: Sequence[str],
    make: str,
    score: Sequence[str] = ("mini", "technical"),
    photos: Mapping[str, str] | None = None,
    paid: bool = False,
) -> str:
    """YAML text for a new run: every class and value quoted as needed, all else as comments.

    `photos`: class → folder of its real images, for an engine that starts from these alone. `paid`: the engine costs
    money.
    """
    lines = [f"name: {quoted(name)}", "", "classes:"]
    if photos:
        lines += [f"  {quoted(c)}: {{images: {n}, references: {quoted(photos[c])}}}" for c, n in classes.items()]
    else:
        lines += [f"  {quoted(c)}: {n}" for c, n in classes.items()]
    lines += [*NOTES.strip("\n").splitlines(), ""]
    if axes:
        lines += ["# Every class gets the same contexts: each pair of values as early as possible.", "axes:"]
        lines += [f"  {a}: [{', '.join(map(quoted, levels))}]" for a, levels in axes.items()]
        lines += ["#  style: {photo: 0.7, painting: 0.3}       values may carry weights"]
        lines += ["# not: {environment: in the snow, light: indoors}      a row with all of these is never planned"]
    lines += ["", '# template: "a {style} of a {class} {environment}"       your own sentence', ""]
    if photos:
        lines += ["# Your photos' objects in the contexts above; beside it: variation, fusion, typographic."]
        lines += ["techniques: {inpaint: 1}"]
    else:
        lines += ["# Shares of each class: vanilla is the class alone, scene puts it into the contexts above. With"]
        lines += ["# references: also variation, fusion, inpaint, typographic; with lookalikes: lookalike."]
        lines += ["techniques: {vanilla: 0.2, scene: 0.8}" if axes else "techniques: {vanilla: 1}"]
    lines += ["", "write: grammar", *comments, f"make: {make}", f"score: [{', '.join(score)}]"]
    lines += [
        "keep: {attempts: 5}                # floor: {mini.p: 0.4} asks for more than being the most probable class"
    ]
    if paid:
        lines += ["budget: {dollars: 20}              # hard: no request leaves that could pass it"]
    lines += ["seed: 1", ""]
    return "\n".join(lines)


def quoted(text: str) -> str:
    """A YAML scalar that reads back as this very text: in quotes unless it is plain words, and none that YAML knows."""
    from ruamel.yaml import YAML

    if PLAIN.fullmatch(text) and YAML(typ="safe").load(text) == text:
        return text
    return json.dumps(text, ensure_ascii=False)
