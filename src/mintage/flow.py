"""The rounds: words → image → score → decide → next attempt, until every slot is filled, failed or given up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mintage.core.ledger import Ledger
from mintage.core.parents import Pool
from mintage.core.plan import Plan
from mintage.core.ports import Stage
from mintage.core.purse import Purse
from mintage.core.recipe import Fact, Recipe, Sample
from mintage.core.schema import FIRST
from mintage.runners.local import LocalRunner

ROUND = 1_000
"""At most so many recipes a round, after a class's first."""

PAGE = 64
"""At least so many images are made before they are scored."""

Told = Callable[[str, int], None]
"""Called with a stage's name and how many facts it added, for progress."""


@dataclass
class Flow:
    """One call of `run` or `retry` over a ledger. `image_of` gives the image stage of a recipe's own engine."""

    ledger: Ledger
    plan: Plan
    words: Stage
    image_of: Callable[[Recipe], Stage]
    scores: list[Stage]
    tell: Told = lambda stage, n: None
    pool: Pool | None = None
    stopping: bool = True
    """Whether a class whose first images keep too little is stopped."""
    purse: Purse = field(default_factory=Purse)
    """What may be spent; the stages ask it, and it hears of every fact."""
    runner: LocalRunner = field(default_factory=LocalRunner)
    made: int = 0
    added: int = 0

    def rounds(self, limit: int | None = None) -> Iterator[Sample]:
        """Make what is due, then round after round; each attempt is yielded once it is judged or has failed.

        Every fact is committed as it arrives, so that stopping between two samples loses nothing. `limit`: at most so
        many images are made by this call.
        """
        while True:
            before = self.added
            yield from self._pass("due", limit)
            left = ROUND if limit is None else min(ROUND, limit - self.made)
            if left <= 0 or self.purse.short:
                return
            # what was decided in this pass may have made an attempt due that lies behind it
            if not self._begin(left) and self.added == before:
                return

    def preview(self, first: int) -> Iterator[Sample]:
        """The first attempts at the first slots of each class, and no more."""
        yield from self._pass("due", None)  # what is judged anew may want new words
        while not self.purse.short and self._begin(ROUND, first):
            yield from self._pass("due", None)

    def wording(self) -> Iterator[Sample]:
        """Words for the first round of each class, and no image."""
        yield from self._word("due")
        while not self.purse.short and self._begin(ROUND, FIRST):
            yield from self._word("due")

    def _begin(self, limit: int, first: int | None = None) -> int:
        low = self.ledger.low_yield(map(self.plan.spec.key_of, self.plan.spec.classes)) if self.stopping else {}
        if self.purse.images is not None:  # words are paid as well; one more, so that it is said what ends it
            limit = min(limit, max(1, self.purse.images - self.purse.made))
        return self.ledger.begin(
            limit,
            lambda slot, attempt: self.plan.recipe(slot, attempt, self.pool),
            later=self.plan.waiting,
            without=low,
            first=first,
        )

    def retry(self) -> Iterator[Sample]:
        """Try again what failed, stage by stage; then go on as ever."""
        yield from self._pass("failed", None)
        yield from self.rounds()

    def _pass(self, state: str, limit: int | None) -> Iterator[Sample]:
        """One walk over what waits. Words first, all of them; then images and their scores, page by page."""
        yield from self._word(state)
        engines = self.plan.engines.values()
        size = max(PAGE, *(e.needs.batch if e.streams else 4 * e.needs.batch for e in engines))
        for samples in self._pages("image", state, size):
            if limit is not None:
                samples = samples[: max(0, limit - self.made)]
            for of_made in (False, True):  # parents are made before their children
                self._commit_by_engine([s for s in samples if _is_of_made(s) == of_made])
            yield from self.ledger.settled(samples)
            yield from self._score("due")
            if limit is not None and self.made >= limit:
                break
        yield from self._score(state)

    def _word(self, state: str) -> Iterator[Sample]:
        for samples in self._pages("words", state, ROUND):
            self._commit(self.words, samples)
            yield from self.ledger.settled(samples)

    def _commit_by_engine(self, samples: list[Sample]) -> None:
        by_stage: dict[int, tuple[Stage, list[Sample]]] = {}
        for sample in samples:
            stage = self.image_of(sample.recipe)
            by_stage.setdefault(id(stage), (stage, []))[1].append(sample)
        for stage, own in by_stage.values():
            self._commit(stage, own)

    def _score(self, state: str) -> Iterator[Sample]:
        for stage in self.scores:
            for samples in self._pages(stage.name, state, ROUND):
                self._commit(stage, samples)
                yield from self.ledger.settled(samples)

    def _pages(self, stage: str, state: str, size: int) -> Iterator[list[Sample]]:
        """What waits for a stage, page by page; each sample once."""
        after = 0
        while page := self.ledger.due(stage, after, size, state):
            after = page[-1][0]
            yield [sample for _, sample in page]

    def _commit(self, stage: Stage, samples: list[Sample]) -> None:
        """Run a stage; facts that cost nothing to lose go in together, images one by one as they arrive."""
        waiting: list[Fact] = []
        try:
            for fact in self.runner.map(stage, samples):
                waiting.append(fact)
                self.made += fact.name == "image" and fact.outcome == "done"
                if self._is_dear(fact) or len(waiting) >= PAGE:
                    ready, waiting = waiting, []
                    self._add(ready)
        finally:  # also when a plug-in stops everything, or the user does
            self._add(waiting)

    def _is_dear(self, fact: Fact) -> bool:
        """Whether nobody should have to be asked for it twice."""
        worded = fact.name == "words" and self.plan.writer.calls_model
        return worded or fact.name == "image" or bool(fact.cost) or fact.outcome == "sent"

    def _add(self, facts: list[Fact]) -> None:
        if facts:
            self.ledger.add(facts)
            for fact in facts:
                self.purse.hear(fact)
            self.added += len(facts)
            self.tell(facts[0].name, sum(fact.outcome != "sent" for fact in facts))


def _is_of_made(sample: Sample) -> bool:
    """Whether a parent of it is an image of this run."""
    return any(parent.startswith("recipe:") for parent in sample.recipe.parents)
