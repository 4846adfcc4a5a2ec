"""A language model that is tuned on what worked in a run, and whether that helped for classes it never saw."""

import gc
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

from mintage.core.errors import MintageError
from mintage.core.ledger_reading import LedgerReader
from mintage.core.parents import References
from mintage.core.spec import DatasetSpec, Use
from mintage.results.export import beside
from mintage.results.tuning_data import SPLITS, Told, TuningData, name_of, write_data
from mintage.results.tuning_interval import Change, change
from mintage.results.tuning_train import Curves, Training, libraries, train
from mintage.results.tuning_trial import Written, kept_with, plan_pictures, write_for

FOLDER = "tuned"
DATA = "data"
FILE = "tuned.json"
WRITER = "transformers"

Watch = Callable[[str], AbstractContextManager[Told]]
"""Shows progress of what has a name."""


@dataclass(frozen=True)
class Tuned:
    """What was written into `folder`, and how the model did before and after.

    `model` is its name as a spec in the run's folder says it. All but the data is None where only that was asked for;
    `kept` also where no pictures were made.
    """

    folder: Path
    data: TuningData
    model: str = ""
    training: Training | None = None
    curves: Curves | None = None
    before: Written | None = None
    after: Written | None = None
    passing: Change | None = None
    kept: Change | None = None


def tune(
    ledger: LedgerReader,
    spec: DatasetSpec,
    read: Callable[[bool], References],
    watch: Watch,
    *,
    model: str | None,
    to: Path | None,
    training: Training,
    held_out: float,
    remake: int | None,
) -> Tuned:
    """Write a run's examples; with a model, train a LoRA on them and try the model before and after.

    Args:
        spec: as the newest order has it, knowing where it lies.
        read: gives the real images, if the run has any.
        model: a folder (from here, or from the run's), or owner/name of a hub; None: the data alone.
        to: a new or empty folder; None: the next one under `tuned`.
        held_out: share of the classes that are tried and not learnt.
        remake: so many pictures are made with the prompts of each; None: some, where they cost nothing.

    Raises:
        MintageError: nothing to learn from, a folder that is not empty, libraries that are missing, a model that
            cannot be used.
    """
    training.check()
    if not 0 < held_out < 1:
        raise MintageError(f"--held-out is {held_out:g}", expected="a share of the classes above 0 and below 1")
    versions = libraries() if model is not None else {}
    numbered = (spec.folder / FOLDER / str(n) for n in count(1))
    target = Path(to).absolute() if to else next(p for p in numbered if not p.exists())
    try:
        with beside(target) as staging:
            with watch("reading prompts") as tell:
                data = write_data(ledger, spec, held_out, staging / DATA, tell)
            if model is None:
                return Tuned(target, _moved(data, target))
            trial = _trial(ledger, spec, read, watch, data, _named(model, spec.folder), training, remake, staging)
            tuned = replace(trial, folder=target, data=_moved(data, target))
            text = json.dumps(_told(tuned, versions), ensure_ascii=False, indent=1) + "\n"
            (staging / FILE).write_text(text, encoding="utf-8")
            return tuned
    except OSError as error:
        raise MintageError(
            f"the folder could not be written: {error.strerror or error}",
            where=str(error.filename or target),
            expected="a folder that can be written to, with free space; nothing in the run is changed",
        ) from error


def _trial(
    ledger: LedgerReader,
    spec: DatasetSpec,
    read: Callable[[bool], References],
    watch: Watch,
    data: TuningData,
    model: str,
    training: Training,
    remake: int | None,
    staging: Path,
) -> Tuned:
    """Train an adapter into a folder, and try the model without and with it on what was held out."""
    asked = data.asked
    pictures = plan_pictures(spec, spec.folder, read, asked, remake)
    with watch("wording before") as tell:
        before = write_for(spec, Use(use=WRITER, options={"model": model}), asked, tell)
    gc.collect()  # the model is loaded anew for training
    with watch("training") as tell:
        examples, held = (data.path("supervised", split) for split in SPLITS)
        curves = train(model, examples, held, training, spec.seed, staging, tell)
    gc.collect()
    adapted = Use(use=WRITER, options={"model": model, "adapter": str(staging)})
    with watch("wording after") as tell:
        after = write_for(spec, adapted, asked, tell)
    groups = [a.sample.recipe.slot.key for a in asked]
    kept = None
    if pictures:
        plan, n = pictures
        with watch("pictures before") as tell:
            was = kept_with(ledger, plan, asked[:n], before.prompts[:n], tell)
        with watch("pictures after") as tell:
            now = kept_with(ledger, plan, asked[:n], after.prompts[:n], tell)
        kept = change(was, now, groups[:n])
    passing = change(before.passes, after.passes, groups)
    return Tuned(staging, data, _shown(model, spec.folder), training, curves, before, after, passing, kept)


def _moved(data: TuningData, target: Path) -> TuningData:
    return TuningData(target / DATA, data.counts, data.classes, data.held_out, data.asked)


def _named(model: str, folder: Path) -> str:
    """The whole path of a folder; the name of a hub's model as it is."""
    for base in (Path.cwd(), folder):
        path = base / Path(model).expanduser()
        if path.is_dir():
            return str(path.resolve())
    return model


def _shown(named: str, folder: Path) -> str:
    path, home = Path(named), folder.resolve()
    return path.relative_to(home).as_posix() if path.is_absolute() and path.is_relative_to(home) else named


def _told(tuned: Tuned, versions: dict[str, str]) -> dict[str, Any]:
    """What tuned.json holds."""
    before, after, data = tuned.before, tuned.after, tuned.data
    assert before and after and tuned.training and tuned.curves and tuned.passing
    return {
        "model": tuned.model,
        "training": asdict(tuned.training) | {"steps": tuned.curves.steps, "device": tuned.curves.device},
        "classes": list(data.classes),
        "held_out": list(data.held_out),
        "lines": {name_of(k, s): data.count(k, s) for k in ("supervised", "preference") for s in SPLITS},
        "loss": {"training": tuned.curves.training, "held_out": tuned.curves.held_out},
        "passes_checks": asdict(tuned.passing),
        "distinct": {"before": before.distinct, "after": after.distinct},
        "kept_when_made_again": asdict(tuned.kept) if tuned.kept else None,
        "prompts": [
            {"asked": a.sample.id, "before": b, "wrong_before": v, "after": c, "wrong_after": w}
            for a, b, v, c, w in zip(data.asked, before.prompts, before.wrong, after.prompts, after.wrong, strict=True)
        ],
        "versions": {"mintage": version("mintage")} | versions,
    }
