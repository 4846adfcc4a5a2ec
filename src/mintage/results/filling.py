"""The rounds of `propose`: asks, sieves what comes, asks again for what is missing; from one text to the next."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mintage.core import registry, specfile
from mintage.core.ports import LOST, Failed, Proposed, Question, Writer
from mintage.core.spec import DatasetSpec
from mintage.core.spec_writing import Entry, put
from mintage.results.drawable import Drawable
from mintage.results.lookalikes import LOOKALIKE
from mintage.results.questions import Answer, Asking, who
from mintage.wording.homographs import senses
from mintage.wording.proposals import refused_lookalike, refused_meaning, refused_value, tidy
from mintage.wording.text import same

AGAIN = 2
"""So often a writer is asked again for what was refused."""

DECOYS = 3
"""Look-alikes for a class that has none."""


@dataclass
class Gap:
    """Something that a spec leaves open, and what came of it.

    `kind` and `name` as in `Question`; `count`: words that are wanted (of a meaning, its kind and description).
    `given` passed, `refused` (word → why) did not. `why`: what went wrong the last time. `ended`: it is not to be asked
    about again now. `held`: it stays open, for it was not answered for good (the budget, the server).
    """

    kind: str
    name: str
    count: int
    given: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    why: str = ""
    ended: bool = False
    held: bool = False
    by: str = ""

    @property
    def where(self) -> str:
        """Its place in the spec."""
        place = {"values": f"axes.{self.name}", "lookalikes": f"classes.{self.name}.lookalikes"}
        return place.get(self.kind, f"classes.{self.name}")

    @property
    def wants(self) -> int:
        """How many words are still to be asked for."""
        return 0 if self.ended else self.count - len(self.given)

    @property
    def short_of(self) -> str:
        """Why it has less than it should; empty: it has all."""
        if len(self.given) >= self.count:
            return ""
        if self.why or not self.refused:
            return self.why or "nothing was proposed"
        word, why = next(iter(self.refused.items()))
        return f"{len(self.refused):,} refused, such as {word!r}: {why}"

    @property
    def entries(self) -> list[Entry]:
        """What is to be put into the file."""
        if not self.given or self.held:
            return []
        if self.kind == "values":
            return [Entry(("axes", self.name), tuple(self.given), self.by)]
        if self.kind == "lookalikes":
            return [Entry(("classes", self.name, "lookalikes"), tuple(self.given), self.by)]
        keys = zip(("kind", "description"), self.given, strict=True)
        return [Entry(("classes", self.name, key), word, self.by) for key, word in keys]


def gaps_of(spec: DatasetSpec, count: int) -> list[list[Gap]]:
    """What is open, step by step: meanings first, for all else leans on them; then one axis after another, so that each
    sees the others' values; then look-alikes."""
    classes = spec.classes.items()
    writer = registry.find("writers", spec.write.use)
    asks = writer.calls_model and writer.propose is not Writer.propose
    bare = [n for n, c in classes if not (c.description or c.kind or c.called)]
    unclear = [Gap("meaning", n, 2) for n in bare if asks or senses(n)]  # without a model there is nothing else to say
    axes = [[Gap("values", axis, count)] for axis, levels in spec.axes.items() if not levels]
    single = [n for n, c in classes if LOOKALIKE in spec.shares(n) and not c.lookalikes]
    return [step for step in (unclear, *axes, [Gap("lookalikes", n, DECOYS) for n in single]) if step]


class Filling:
    """From the file as it was to the file as it will be: `text`, and `spec`, which it holds."""

    def __init__(self, folder: Path, text: str, asking: Asking) -> None:
        self.folder, self.asking = folder, asking
        self._was = text
        day = f", {time.strftime('%Y-%m-%d')}" if asking.writer.calls_model else ""
        self._by = f"{who(asking.writer)}{day}"
        self._put(())

    def _put(self, gaps: Sequence[Gap]) -> None:
        self.text = put(self._was, [e for g in gaps for e in g.entries])
        self.spec = specfile.parse(self.text).placed(self.folder)
        self._drawable = Drawable(self.spec)
        self._told = {  # the same for all questions: thousands of classes are held once
            n: ", ".join(dict.fromkeys(filter(None, (c.called, c.kind, c.description))))
            for n, c in self.spec.classes.items()
        }

    def fill(self, steps: Sequence[Sequence[Gap]]) -> None:
        """Fill the gaps of each step as far as that goes."""
        done: list[Gap] = []
        for step in steps:
            for gap in step:
                gap.by = self._by
            self._rounds(step)
            done += step
            if any(gap.given for gap in step):
                self._put(done)

    def _rounds(self, gaps: Sequence[Gap]) -> None:
        for _ in range(1 + AGAIN):
            left = [gap for gap in gaps if gap.wants]
            answers = self.asking.ask([self._question(gap) for gap in left]) if left else []
            for gap, answer in zip(left, answers, strict=True):
                fresh = self._sieved(gap, answer) if isinstance(answer, Proposed) else self._end(gap, answer)
                gap.given += self._suited(gap, fresh) if fresh and gap.kind == "values" else fresh
        for gap in gaps:
            if gap.kind == "values" and not gap.given and not gap.held:
                self._take_the_engines_own(gap)

    def _question(self, gap: Gap) -> Question:
        return Question(
            recipe_id="",
            kind=gap.kind,
            name=gap.name,
            classes=self._told,
            count=gap.wants if gap.kind in ("values", "lookalikes") else 0,
            given=tuple(gap.given),
            refused=dict(gap.refused),
            axes={axis: tuple(values) for axis, values in self.spec.levels.items()},
        )

    def _end(self, gap: Gap, answer: Answer | None) -> list[str]:
        """No answer. What failed on the way or was held back stays open; a refusal, and a writer without a model that
        does not know, are the last word. An answer of no use is asked for again."""
        gap.why = self.asking.purse.short if answer is None or isinstance(answer, Proposed) else answer.reason
        gap.held = answer is None or (isinstance(answer, Failed) and self.asking.writer.calls_model)
        gap.ended = not _is_useless(answer)
        return []

    def _sieved(self, gap: Gap, answer: Proposed) -> list[str]:
        """The proposed words that nothing speaks against, no more than are wanted."""
        gap.why, gap.held = "", False
        words = [word for word in map(tidy, answer.values) if word not in gap.given]
        if gap.kind == "meaning":
            why = refused_meaning(self.spec, gap.name, *words) if len(words) == 2 else "no kind and description"
            if why:
                gap.refused[": ".join(words)] = why
            return [] if why else words
        fresh: list[str] = []
        for word in dict.fromkeys(words):
            if len(fresh) == gap.wants:
                break
            why = self._wrong(gap, word, fresh) or _unsuited(word, answer.unsuited)
            if why:
                gap.refused[word] = why
            else:
                fresh.append(word)
        return fresh

    def _wrong(self, gap: Gap, word: str, fresh: Sequence[str]) -> str:
        there = [*gap.given, *fresh]
        if gap.kind == "lookalikes":
            return refused_lookalike(self.spec, gap.name, word, there) or self._drawable.decoy(gap.name, word, there)
        levels = {**self.spec.levels, gap.name: there}
        return refused_value(self.spec, word, levels) or self._drawable.value(gap.name, word)

    def _suited(self, gap: Gap, fresh: Sequence[str]) -> list[str]:
        """Those of the values that suit every class: the writer is asked afresh, of all of them and nothing else."""
        left, suited = list(fresh), list[str]()
        for _ in range(1 + AGAIN):
            (answer,) = self.asking.ask([self._question(Gap("suits", gap.name, 0, left))])
            if isinstance(answer, Proposed):
                judged = {same(tidy(value)) for value in answer.values}
                odd = {value: why for value in left if (why := _unsuited(value, answer.unsuited))}
                gap.refused |= odd
                suited += [value for value in left if same(value) in judged and value not in odd]
                left = [value for value in left if same(value) not in judged and value not in odd]
            if not left or not (isinstance(answer, Proposed) or _is_useless(answer)):
                break
        if not isinstance(answer, Proposed):
            self._end(gap, answer)
        gap.refused |= dict.fromkeys(left, "it was not said whether it suits every class")
        return suited

    def _take_the_engines_own(self, gap: Gap) -> None:
        """The words that an engine has for the axis, where it knows none of the writer's."""
        name, words = self._drawable.own_words(gap.name)
        for word in words:
            if len(gap.given) < gap.count and not self._wrong(gap, word, ()):
                gap.given.append(word)
        gap.by = f"the engine {name}" if gap.given else gap.by


def _is_useless(answer: Answer | None) -> bool:
    """Whether a request was carried out and gave nothing that can be read."""
    return isinstance(answer, Failed) and answer.cost > 0 and not answer.reason.startswith(LOST)


def _unsuited(value: str, unsuited: Mapping[str, str]) -> str:
    odd = {same(tidy(word)): name for word, name in unsuited.items()}
    return f"it does not suit {odd[same(value)]!r}" if same(value) in odd else ""
