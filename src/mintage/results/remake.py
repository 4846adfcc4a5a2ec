"""An image made again by its recipe, and how far it is from the one that is there; replaces nothing."""

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from mintage.core import registry, specfile
from mintage.core.errors import MintageError, shown
from mintage.core.ledger import Ledger
from mintage.core.ledger_reading import LedgerReader
from mintage.core.lock import MakerLock
from mintage.core.parents import References
from mintage.core.plan import engine_of
from mintage.core.plan_mistakes import choose_verbs, hosting_of
from mintage.core.ports import Technique
from mintage.core.purse import BudgetReached
from mintage.core.recipe import Fact, Recipe, Sample
from mintage.core.spec import DatasetSpec, ReferenceUse
from mintage.pictures import FileChanged, open_picture, open_stored, write_atomically
from mintage.pictures.cutouts.references import CUT_OUTS
from mintage.stages.image import ImageStage
from mintage.stages.parents import ParentFiles

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

FOLDER = "remakes"

REMAKE = "remake"
"""The name of the run's facts about what a remake costs."""

_ID = re.compile(r"[0-9a-f]{1,24}")
_NAME = re.compile(r"(?P<technique>.+)-(?P<number>\d{5,})-(?P<attempt>\d+)-[0-9a-f]{8}\.[a-z]+")


@dataclass(frozen=True)
class Remade:
    """An image and its remake.

    `was` is None where the file of the first is gone or is another picture: then `changed` says so. `largest` and
    `mean` are of the differences between the two in grey levels, 0 to 255, over all pixels and channels; None where
    they cannot be compared. `by` and `now` are the engine, its version and its options, then and now.
    """

    sample: Sample
    was: "Picture | None"
    remade: "Picture"
    path: Path
    same_bytes: bool
    same_pixels: bool
    largest: float | None
    mean: float | None
    by: str
    now: str
    changed: str = ""
    seconds: float = 0.0
    cost: float = 0.0

    @property
    def same_engine(self) -> bool:
        return self.by == self.now


def find(ledger: LedgerReader, which: str) -> Sample:
    """The attempt that an id, its beginning, or the path of its image names (in the run, or in an export of it).

    Raises:
        MintageError: none, or several, are named so.
    """
    if not which.strip():
        raise MintageError(
            "it is not said which image is to be made again",
            expected="an id or its beginning, or the path of an image that the run made",
            type_this=f"mintage report {shown(ledger.folder)}",
        )
    if _ID.fullmatch(which):
        return ledger.sample(which)
    name = Path(which).name
    found = _NAME.fullmatch(name)
    if found:
        place = (found["technique"], int(found["number"]), int(found["attempt"]))
        for sample in ledger.attempts_at(*place):
            if sample.path is not None and sample.path.name == name:
                return sample
    raise MintageError(
        f"{which} is no image of this run",
        expected="an id or its beginning, or the path of an image that the run made",
        type_this=f"mintage report {shown(ledger.folder)}",
    )


def remake(
    ledger: Ledger, spec: DatasetSpec, sample: Sample, read: Callable[[bool], References], folder: Path
) -> Remade:
    """Make a sample's image again, with the same engine, settings, seed, words and parents, and compare.

    Args:
        ledger: the run's; nothing is written to it but what was paid.
        spec: as the newest order has it, knowing where it lies.
        sample: what to make again.
        read: gives the real images; asked only where one of them is a parent.
        folder: where the new image is written, under a name with its recipe and its hash.

    Raises:
        MintageError: it was never made, its engine or technique is gone or has other options, a parent is gone, the
            engine gave no image, or it is paid and a run goes on: two at once would not see what the other spends.
    """
    fact, recipe = sample.done("image"), sample.recipe
    if fact is None:
        why = f": {sample.verdict.reason}" if sample.verdict and sample.verdict.reason else ""
        raise MintageError(
            f"{recipe.id} has no image to compare with{why}",
            expected="an attempt whose image was made",
            type_this=f"mintage run {shown(ledger.folder)}",
        )
    try:
        stage, store = _stage(ledger, spec, recipe, read)
    except MintageError as error:
        problems = [replace(p, where=f"the recipe {recipe.id}") for p in error.problems]
        raise MintageError(*problems) from error
    with MakerLock(ledger.folder) if hosting_of(stage.engine) else nullcontext():
        stage.purse = ledger.purse(_dollars(ledger.folder, spec), None)
        answer = _made(stage, sample, ledger)
    suffix = answer.value["path"]
    data = store.held[suffix]
    folder.mkdir(exist_ok=True)
    path = folder / f"{recipe.id}-{answer.value['sha256'][:8]}{suffix}"
    write_atomically(path, data)
    was, changed = _was(sample)
    remade = open_picture(data)
    largest, mean = _difference(was, remade)
    return Remade(
        sample,
        was,
        remade,
        path,
        same_bytes=answer.value["sha256"] == fact.value["sha256"],
        same_pixels=largest == 0,
        largest=largest,
        mean=mean,
        by=fact.made_by,
        now=answer.made_by,
        changed=changed,
        seconds=answer.seconds,
        cost=answer.cost,
    )


def _dollars(folder: Path, ordered: DatasetSpec) -> float | None:
    """The budget as dataset.yaml has it now; where that cannot be read, as it was ordered."""
    try:
        budget = specfile.read(folder / specfile.FILE).budget
    except MintageError:
        budget = ordered.budget
    return budget.dollars if budget else None


class _Held:
    """A store that keeps what it is given: nothing of the run is touched. A path is the suffix alone."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def put(self, data: bytes, recipe: Recipe, suffix: str) -> tuple[str, str]:
        self.held[suffix] = data
        return suffix, hashlib.sha256(data).hexdigest()


def _stage(
    ledger: Ledger, spec: DatasetSpec, recipe: Recipe, read: Callable[[bool], References]
) -> tuple[ImageStage, _Held]:
    """The recipe's own engine and technique, whatever the spec says now."""
    name = recipe.slot.technique
    engine = engine_of(recipe, spec)
    technique = _technique(name, recipe.settings.get("technique", {}), spec)
    verbs, problems = choose_verbs({name: technique}, {name: engine})
    if problems:
        raise MintageError(*problems)
    given = recipe.settings.get("references")
    use = ReferenceUse.model_validate(given) if given else spec.references
    real = any(p.startswith("file:") for p in recipe.parents)
    cache = ledger.folder / CUT_OUTS
    parents = ParentFiles(read(False) if real else References(), ledger.sample, use, engine.size, cache)
    store = _Held()
    return ImageStage(engine, {name: technique}, verbs, parents, store, ledger.folder), store


def _technique(name: str, written: Mapping[str, Any], spec: DatasetSpec) -> Technique:
    """The technique with the options that a recipe has written down; they carry the names of fields, not of keys."""
    present: Technique = registry.build("techniques", spec.technique(name), spec)
    if dict(present.settings) == dict(written):
        return present
    options: type[BaseModel] = present.Options
    known = {(f.alias or n): written[n] for n, f in options.model_fields.items() if n in written}
    try:
        return type(present)(options.model_validate(known), spec)
    except ValidationError as error:
        first = error.errors()[0]
        said = f"{name} had the option {first['loc'][0]!r} as {first['input']!r}, which it no longer takes"
        raise MintageError(said, expected="the version of Mintage that made it") from error


def _made(stage: ImageStage, sample: Sample, ledger: Ledger) -> Fact:
    """The new image's fact; what is paid is booked to the run. An earlier request's ticket is not asked for again."""
    plain = replace(sample, facts={n: f for n, f in sample.facts.items() if n == "words"})
    stage.load()
    ticket = ""
    answer = None
    for answer in stage.run([plain]):
        if answer.outcome == "sent":
            ticket = answer.value["ticket"]
        if ticket or answer.cost:
            value = {"ticket": ticket, "of": sample.id, "bound": (answer.value or {}).get("bound", 0.0)}
            ledger.note(REMAKE, value, outcome=answer.outcome, cost=answer.cost)
    if answer is None:
        raise BudgetReached(
            f"{sample.id} was not made again: {stage.purse.short}", expected="a larger budget: in dataset.yaml"
        )
    if answer.outcome != "done":
        raise MintageError(
            f"{sample.id} could not be made again: {answer.note}", expected="what it was made from, as it was then"
        )
    return answer


def _was(sample: Sample) -> tuple["Picture | None", str]:
    try:
        return open_stored(sample), ""
    except (FileChanged, OSError) as error:
        return None, str(error)


def _difference(one: "Picture | None", two: "Picture") -> tuple[float | None, float | None]:
    """Largest and mean difference of two RGB pictures in grey levels; None where their sizes differ."""
    import numpy as np

    if one is None or one.size != two.size:
        return None, None
    off = np.abs(np.asarray(one, np.int16) - np.asarray(two, np.int16))
    return float(off.max()), float(off.mean())
