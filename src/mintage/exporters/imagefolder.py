"""Exporter `imagefolder`: a folder for each split and class, as torchvision, Keras and Hugging Face read it."""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, ClassVar, Literal

from mintage.core import ports
from mintage.core.errors import MintageError
from mintage.core.names import to_folder
from mintage.core.recipe import OTHER
from mintage.exporters._manifest import FIRST_COLUMNS, LAST_COLUMNS, MAKING_COLUMNS, row_of, write_manifest

NEGATIVES = "negatives"
SOFT = "soft"


class ImageFolderOptions(ports.Options):
    """`negatives`: pictures of no class (label `other`) are a class, a folder beside the splits, or left out. `soft`:
    pictures with shares of two classes are in a folder beside the splits, with their shares, or left out."""

    negatives: Literal["class", "folder", "drop"] = "class"
    soft: Literal["folder", "drop"] = "folder"


@dataclass
class _Written:
    """What is counted while images are copied; its size depends on classes, axes and scorers, not on images."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)  # (split, label) → images
    engines: Counter[str] = field(default_factory=Counter)  # image fact's made_by, and the model → images
    attributes: set[str] = field(default_factory=set)
    scores: set[str] = field(default_factory=set)
    negatives: int = 0
    soft: int = 0

    @property
    def splits(self) -> list[str]:
        return sorted({split for split, _ in self.counts})

    @property
    def labels(self) -> list[str]:
        """In the order in which readers number the folders."""
        return sorted({label for _, label in self.counts}, key=to_folder)


class Exporter(ports.Exporter):
    """Writes `<split>/<class>/<image>` with `metadata.jsonl` in each split; `manifest.csv`, `classes.txt`, `README.md`.

    Images are copied byte for byte. Rows wait in a temporary file until all columns are known, so memory does not grow
    with the number of images.
    """

    Options: ClassVar[type[ports.Options]] = ImageFolderOptions

    def export(self, samples: Iterator[ports.Exported], target: Path) -> None:
        """Write all of `samples` into the empty folder `target`.

        Raises:
            MintageError: an image is missing or is not the one that the list holds (its SHA-256 differs).
        """
        written = _Written()
        with tempfile.TemporaryFile("w+", encoding="utf-8", dir=target) as rows:
            for item in samples:
                row = self._copy(item, target, written)
                if row is not None:
                    rows.write(json.dumps(row) + "\n")
            self._make_empty_folders(target, written)
            columns = self._columns(written)
            rows.seek(0)
            write_manifest(target / "manifest.csv", columns, map(json.loads, rows))
            rows.seek(0)
            _write_metadata(target, self._attributes(written), map(json.loads, rows))
        _write_text(target / "classes.txt", "".join(f"{label}\n" for label in written.labels))
        _write_text(target / "README.md", _readme(self.spec.name, list(self.spec.classes), written, self.options))

    def _copy(self, item: ports.Exported, target: Path, written: _Written) -> dict[str, Any] | None:
        """Copy one image and give its row; None where the options leave it out."""
        if not item.label:
            written.soft += 1
            if self.options.soft == "drop":
                return None
            split, folder = item.split, target / SOFT / to_folder(item.split)
        elif item.label == OTHER and self.options.negatives != "class":
            written.negatives += 1
            if self.options.negatives == "drop":
                return None
            split, folder = "", target / NEGATIVES
        else:
            split, folder = item.split, target / to_folder(item.split) / to_folder(item.label)
            written.counts[split, item.label] += 1
        file = _copy_image(item, folder)
        row = row_of(item, self.spec, split, file.relative_to(target).as_posix())
        model = str(item.sample.recipe.settings.get("model", ""))
        written.engines[f"{row['engine_made_by']}{' ' if model else ''}{model}"] += 1
        written.attributes.update(item.sample.attributes)
        written.scores.update(item.sample.scores)
        return row

    def _make_empty_folders(self, target: Path, written: _Written) -> None:
        """Every split has a folder for every class; else readers would number the classes of each split differently."""
        for split in written.splits:
            for label in written.labels:
                (target / to_folder(split) / to_folder(label)).mkdir(parents=True, exist_ok=True)

    def _attributes(self, written: _Written) -> list[str]:
        """The axes in the order of the spec, then those of older orders."""
        return [*self.spec.levels, *sorted(written.attributes - set(self.spec.levels))]

    def _columns(self, written: _Written) -> list[str]:
        order = [use.use for use in self.spec.score]
        place = {name: order.index(name) for name in order}
        scores = sorted(written.scores, key=lambda s: (place.get(s.split(".")[0], len(order)), s))
        attributes = [f"attribute.{axis}" for axis in self._attributes(written)]
        return [*FIRST_COLUMNS, *attributes, *MAKING_COLUMNS, *scores, *LAST_COLUMNS]


def _copy_image(item: ports.Exported, folder: Path) -> Path:
    """Copy the stored file under its own name, after comparing its SHA-256."""
    source = item.sample.path
    if source is None or not source.is_file():
        raise MintageError(
            f"the image of {item.sample.recipe.slot} is not there",
            where=str(source or item.sample.id),
            expected="every image of the list",
            type_this="mintage retry makes it again",
        )
    data = source.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != item.sha256:
        raise MintageError(
            f"this is not the image that was made: its SHA-256 is {found[:12]}…",
            where=str(source),
            expected=f"{item.sha256[:12]}…",
            type_this="put the file back; or delete it, and mintage retry makes it again",
        )
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / source.name
    if target.exists():  # equal pictures of two classes' slots that have one label, which `other` can have
        target = folder / f"{source.stem}-{item.sample.id}{source.suffix}"
    with target.open("xb") as out:
        out.write(data)
    return target


def _write_metadata(target: Path, attributes: list[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON line for each image, in the folder of its split; the same keys and types in every line."""
    with ExitStack() as stack:
        files: dict[str, IO[str]] = {}
        for row in rows:
            split, _, file_name = row["file"].partition("/")
            if split not in files:
                path = target / split / "metadata.jsonl"
                files[split] = stack.enter_context(
                    path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")
                )
            line = {
                "file_name": file_name,
                **({"label": row["label"]} if row["label"] else {"shares": json.loads(row["shares"])}),
                "text": row["prompt"],
                "technique": row["technique"],
                **{f"attribute.{axis}": row.get(f"attribute.{axis}", "") for axis in attributes},
            }
            files[split].write(json.dumps(line, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _readme(name: str, classes: list[str], written: _Written, options: ImageFolderOptions) -> str:
    """The dataset's front page. Its first lines tell Hugging Face the splits, whatever the classes are called."""
    splits = "".join(f'  - split: {s}\n    path: "{to_folder(s)}/**"\n' for s in written.splits)
    head = f"---\ntags:\n- synthetic\nconfigs:\n- config_name: default\n  data_files:\n{splits}---\n" if splits else ""
    made = (
        "".join(f"- `{engine or 'unknown'}`: {n} images\n" for engine, n in sorted(written.engines.items())) or "none\n"
    )
    return f"""{head}
# {name}

Images for classification, made by Mintage. **Every image here is synthetic or altered**: none is a photo as it was
taken, and none belongs in a test set.

{_table(classes, written)}
{_negatives_note(options.negatives, written.negatives)}{_soft_note(options.soft, written.soft)}
## What is where

- `<split>/<class>/<image>`: the images, byte for byte as they were made. A folder is the class's name with unsafe
  characters percent-encoded (`mintage.core.names.from_folder` gives the name back).
- `<split>/metadata.jsonl`: file, label, prompt, technique and attributes of each image, as Hugging Face reads them.
- `manifest.csv`: everything known about each image: prompt, engine, seed, scores, verdict, parents, cost.
- `classes.txt`: the classes in the order of their folders, which is how readers number them, from 0.

## Engines and licences

{made}
The licence of each engine's weights, or the terms of its service, hold for what it made. Where images descend from
photos (`roots` in `manifest.csv`), the rights in those photos hold too.
"""


def _table(classes: list[str], written: _Written) -> str:
    """Images by class and split, with the classes that have none."""
    splits = written.splits
    lines = ["| class | " + " | ".join([*splits, "all"]) + " |", "|---" * (len(splits) + 2) + "|"]
    for label in dict.fromkeys([*written.labels, *classes]):
        counts = [written.counts[split, label] for split in splits]
        said = label.replace("\\", "\\\\").replace("|", "\\|")
        lines.append(f"| {said} | " + " | ".join(str(n) for n in [*counts, sum(counts)]) + " |")
    return "\n".join(lines) + "\n"


def _soft_note(soft: str, count: int) -> str:
    if not count:
        return ""
    where = f"in `{SOFT}/<split>/`, with their shares in `{SOFT}/metadata.jsonl`" if soft == "folder" else "left out"
    return f"\nPictures with a soft label (shares of two classes): {count}, {where}.\n"


def _negatives_note(negatives: str, count: int) -> str:
    if not count:
        return ""
    where = f"in `{NEGATIVES}/`, outside the splits" if negatives == "folder" else "left out"
    return f"\nPictures that show no class of the set (label `{OTHER}`): {count}, {where}.\n"
