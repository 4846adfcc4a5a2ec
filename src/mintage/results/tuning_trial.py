"""What a writer does for the briefs of held-out classes: what it writes, and what becomes of it as pictures."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mintage.core import registry
from mintage.core.decide import judge
from mintage.core.errors import MintageError
from mintage.core.ledger_reading import LedgerReader
from mintage.core.parents import References
from mintage.core.plan import Plan
from mintage.core.ports import Briefed, Failed, Request, Wrote
from mintage.core.recipe import Fact, Sample
from mintage.core.spec import DatasetSpec, Use
from mintage.pictures import Folder
from mintage.stages.image import ImageStage
from mintage.stages.parents import ParentFiles
from mintage.stages.score import ScoreStage
from mintage.wording.checks import Checks
from mintage.wording.distinct import distinctness, residual

Told = Callable[[int, int], None]
CUT_OUTS = "cutouts"
PICTURES = 24
"""So many pictures are made with the prompts of each, where they cost nothing."""


@dataclass(frozen=True)
class Written:
    """A writer's first prompts for the same briefs, in their order, and what the checks say of each ("": nothing)."""

    prompts: tuple[str, ...]
    wrong: tuple[str, ...]
    distinct: float

    @property
    def passes(self) -> list[bool]:
        return [not wrong for wrong in self.wrong]


def write_for(spec: DatasetSpec, use: Use, asked: Sequence[Briefed], tell: Told) -> Written:
    """Have a writer word briefs, once each: what is wrong with a prompt is counted, not written again.

    Raises:
        MintageError: the writer cannot be loaded, or fails for every brief.
    """
    writer, checks = registry.build("writers", use, spec), Checks(spec)
    writer.load()
    prompts: dict[str, str] = {}
    failed = ""
    for start in range(0, len(asked), writer.needs.batch):
        for answer in writer.write(asked[start : start + writer.needs.batch]):
            if isinstance(answer, Wrote):
                prompts[answer.recipe_id] = answer.prompt
            elif isinstance(answer, Failed):
                failed = answer.reason
        tell(min(start + writer.needs.batch, len(asked)), len(asked))
    if failed and not prompts:
        raise MintageError(f"the writer {use.use!r} words nothing: {failed}", expected="a model that can be asked this")
    said = [prompts.get(a.recipe_id, "") for a in asked]
    wrong = [checks.wrong(a.brief, prompt) for a, prompt in zip(asked, said, strict=True)]
    names = {name: (name, c.called, *c.synonyms) for name, c in spec.classes.items()}
    left = [
        residual(a.brief, prompt, filter(None, names.get(spec.label(a.brief.subject), ())))
        for a, prompt in zip(asked, said, strict=True)
    ]
    return Written(tuple(said), tuple(wrong), distinctness(left))


def plan_pictures(
    spec: DatasetSpec, folder: Path, read: Callable[[bool], References], asked: Sequence[Briefed], count: int | None
) -> tuple[Plan, int] | None:
    """The run's own plan, and of how many briefs pictures are made: `PICTURES` where they cost nothing, unless `count`
    says. None: no pictures.

    Raises:
        MintageError: some are asked for, and they would cost money.
    """
    if count is not None and count < 0:
        raise MintageError(f"--remake is {count}", expected="a number of pictures, or 0")
    if count == 0:
        return None
    plan = Plan.of(spec, folder, read)
    engines = [(plan.engines[t], plan.verbs[t]) for t in dict.fromkeys(a.sample.technique for a in asked)]
    costs = any(e.hosting is not None or e.price(Request("", verb, "")) > 0 for e, verb in engines)
    costs = costs or any(scorer.hosting is not None for scorer in plan.scorers)
    if costs and count:
        raise MintageError(
            f"--remake {count}: the pictures of this run cost money, which `tune` does not spend",
            expected="0, or an engine that costs nothing",
            type_this="--remake 0",
        )
    return None if costs else (plan, min(len(asked), count or PICTURES))


def kept_with(
    ledger: LedgerReader, plan: Plan, asked: Sequence[Briefed], prompts: Sequence[str], tell: Told
) -> list[bool]:
    """Make each recipe with another prompt, by the run's own engine, and judge it by its own scorers and floors.

    Beside the run: nothing of it is touched. What has no prompt, is refused or fails is not kept.
    """
    policy = plan.policy()
    with tempfile.TemporaryDirectory() as scratch:
        place, cache = Path(scratch), ledger.folder / CUT_OUTS
        parents = ParentFiles(plan.references, ledger.sample, plan.spec.references, None, cache)
        samples = {
            a.sample.id: _with_words(a.sample, prompt, policy.made_by["words"], place)
            for a, prompt in zip(asked, prompts, strict=True)
            if prompt
        }
        done = 0
        for technique in dict.fromkeys(s.technique for s in samples.values()):
            engine = plan.engines[technique]
            sized = parents.sized(engine.size)
            stage = ImageStage(engine, plan.techniques, plan.verbs, sized, Folder(place), place)
            stage.load()
            waiting = [s for s in samples.values() if s.technique == technique]
            for fact in stage.run(waiting):
                samples[fact.recipe or ""] = _knowing(samples[fact.recipe or ""], fact)
                done += 1
                tell(done, len(samples))
        for scorer in plan.scorers:
            scoring = ScoreStage(scorer, plan.techniques, lambda space, numbers: {}, parents)
            scoring.load()
            for fact in scoring.run([s for s in samples.values() if s.done("image")]):
                samples[fact.recipe or ""] = _knowing(samples[fact.recipe or ""], fact)
        kept = {recipe: judge(sample, policy).state == "passed" for recipe, sample in samples.items()}
    return [kept.get(a.sample.id, False) for a in asked]


def _with_words(sample: Sample, prompt: str, made_by: str, folder: Path) -> Sample:
    value = {"prompt": prompt, "negative": "", "caption": "", "atoms": []}
    words = Fact(sample.id, "words", "done", value, made_by=made_by, number=1)
    return replace(sample, facts={"words": words}, folder=folder)


def _knowing(sample: Sample, fact: Fact) -> Sample:
    numbered = replace(fact, number=len(sample.facts) + 1)
    return replace(sample, facts={**sample.facts, fact.name: numbered})
