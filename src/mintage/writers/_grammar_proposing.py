"""What the grammar proposes without a model: values of axes that it knows; no meanings, no look-alikes."""

from collections.abc import Iterator, Sequence

from mintage.core.ports import Failed, Proposed, Question
from mintage.core.spec import DatasetSpec
from mintage.wording.homographs import senses
from mintage.writers._vocabulary_values import AXES, suits, values_of


def answers(questions: Sequence[Question], spec: DatasetSpec) -> Iterator[Proposed | Failed]:
    """One for each question, at once and at no cost."""
    for question in questions:
        answer = {"values": _values, "suits": _suits, "meaning": _meaning}.get(question.kind, _lookalikes)
        yield answer(question, spec)


def _values(question: Question, spec: DatasetSpec) -> Proposed | Failed:
    """All that are left: who asks takes as many as are wanted."""
    known = values_of(question.name, {c.kind for c in spec.classes.values()})
    if not known:
        said = f"the grammar knows no values for {question.name!r}; it knows {', '.join(AXES)}"
        return Failed(question.recipe_id, said)
    return Proposed(question.recipe_id, tuple(v for v in known if v not in {*question.given, *question.refused}))


def _suits(question: Question, spec: DatasetSpec) -> Proposed:
    odd = {
        value: name
        for value in question.given
        for name, c in reversed(spec.classes.items())
        if not suits(question.name, value, c.kind)
    }
    return Proposed(question.recipe_id, question.given, odd)


def _lookalikes(question: Question, spec: DatasetSpec) -> Failed:
    return Failed(question.recipe_id, "the grammar knows no look-alikes")


def _meaning(question: Question, spec: DatasetSpec) -> Failed:
    """Which one is meant is nothing to be guessed."""
    several = senses(question.name)
    if not several:
        return Failed(question.recipe_id, "the grammar knows no meanings")
    return Failed(question.recipe_id, f"it may be {' or '.join(several)}")
