"""How distinct the prompts of a model are, over the classes of a set."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from mintage.core import registry
from mintage.core.decide import PERSON
from mintage.core.ledger_reading import LedgerReader
from mintage.core.ledger_words import worded
from mintage.core.spec import DatasetSpec
from mintage.results.prompts import Briefs, said_by
from mintage.wording.checks import UNTOLD
from mintage.wording.distinct import distinctness, residual

MOST = 5_000
"""Prompts that are compared; of a larger set as many of each class."""


@dataclass(frozen=True)
class Distinct:
    """`share` of `prompts` that are no near-duplicate of an earlier one, class and attribute words taken out.

    `asked`: prompts that the model was asked for, `dropping`: those of which an answer left out an attribute.
    """

    share: float
    prompts: int
    asked: int = 0
    dropping: int = 0


def distinct_words(ledger: LedgerReader, spec: DatasetSpec, keys: Sequence[str]) -> Distinct | None:
    """Of what the writer itself wrote; None where that is no model: a template repeats itself by its nature."""
    if not registry.find("writers", spec.write.use).calls_model:
        return None
    briefs, residuals = Briefs(spec), []
    asked = dropping = 0
    for key in keys:
        name = spec.name_of(key)
        own = (name, spec.classes[name].called, *spec.classes[name].synonyms)
        for one in islice(worded(ledger, [key], images=False), max(1, MOST // len(keys))):
            by = said_by(one)[0] if one.words.outcome == "done" and briefs.reads(one.slot.technique) else PERSON
            if by == PERSON:
                continue
            asked += 1
            dropping += any(wrong.startswith(UNTOLD) for _, wrong in one.words.value.get("rejected", ()))
            if by == spec.write.use:
                residuals.append(residual(briefs.brief(one.recipe), one.prompt, own))
    return Distinct(distinctness(residuals), len(residuals), asked, dropping) if asked else None
