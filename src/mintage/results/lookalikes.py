"""How far look-alikes deceive: the share of the class that a ranking sees in them, against plain decoys'."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.core.recipe import OTHER, Sample

if TYPE_CHECKING:
    from mintage.core.spec import DatasetSpec


@dataclass(frozen=True, slots=True)
class Deceit:
    """The look-alikes of one class by one decoy.

    `made` have a score, `kept` pass, `effective` pass and have more of the class in them (`scorer.target`) than plain
    decoys have on the average, which is `plain` of `probes` pictures. Of those plain ones `plain_above` are above their
    own average too: what chance alone gives. None where there is no plain one to compare with.
    """

    target: str
    decoy: str
    made: int
    kept: int
    effective: int | None
    target_share: float
    plain: float | None
    probes: int
    plain_above: int


def deceits(
    spec: "DatasetSpec", lookalikes: Iterable[Sample], probes: Iterable[Sample], *, number: str = "mini.target"
) -> list[Deceit]:
    """One row for each class key and decoy, sorted.

    Args:
        spec: what decoys that are classes are called now, as their plain pictures are.
        lookalikes: samples of the technique `lookalike`; those without the score `number` are left out.
        probes: samples of the technique `probe`: plain pictures of decoys (attribute `of`), in slots of the class.
        number: the share of the class that was left out of the ranking (see `Rivals`), 0 to 1.
    """
    plain = _grouped(spec, probes, "of", number)
    found = sorted(_grouped(spec, lookalikes, "decoy", number).items())
    return [_deceit(*place, samples, plain.get(place, ()), number) for place, samples in found]


def _grouped(
    spec: "DatasetSpec", samples: Iterable[Sample], attribute: str, number: str
) -> dict[tuple[str, str], list[Sample]]:
    """(class key, decoy as it is worded) → samples that have the score."""
    found: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        if attribute in sample.attributes and number in sample.scores:
            word = sample.attributes[attribute]
            name = spec.label(word)
            place = (sample.recipe.slot.key, word.casefold() if name == OTHER else spec.subject(name))
            found.setdefault(place, []).append(sample)
    return found


def _deceit(target: str, decoy: str, samples: Sequence[Sample], probes: Sequence[Sample], number: str) -> Deceit:
    shares = [s.scores[number] for s in samples]
    theirs = [s.scores[number] for s in probes]
    plain = sum(theirs) / len(theirs) if theirs else None
    effective = None
    if plain is not None:
        effective = sum(s.kept and share > plain for s, share in zip(samples, shares, strict=True))
    above = sum(share > plain for share in theirs) if plain is not None else 0
    kept = sum(s.kept for s in samples)
    return Deceit(target, decoy, len(samples), kept, effective, sum(shares) / len(shares), plain, len(theirs), above)
