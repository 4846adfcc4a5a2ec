"""How far look-alikes deceive: the share of the class that a ranking sees in them, against plain decoys'."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.core.recipe import OTHER, Sample

if TYPE_CHECKING:
    from mintage.core.spec import DatasetSpec


LOOKALIKE = "lookalike"


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
    plain: dict[tuple[str, str], list[float]] = defaultdict(list)
    for place, sample in _placed(spec, probes, "of", number):
        plain[place].append(sample.scores[number])
    found: dict[tuple[str, str], _Tally] = {}
    for place, sample in _placed(spec, lookalikes, "decoy", number):
        found.setdefault(place, _Tally(plain.get(place, ()))).count(sample, sample.scores[number])
    return [tally.deceit(*place) for place, tally in sorted(found.items(), key=lambda item: item[0])]


def _placed(
    spec: "DatasetSpec", samples: Iterable[Sample], attribute: str, number: str
) -> Iterator[tuple[tuple[str, str], Sample]]:
    """(class key, decoy as it is worded), and the sample; those without the score are left out."""
    for sample in samples:
        if attribute in sample.attributes and number in sample.scores:
            word = sample.attributes[attribute]
            name = spec.label(word)
            yield (sample.recipe.slot.key, word.casefold() if name == OTHER else spec.subject(name)), sample


@dataclass
class _Tally:
    """Counts over the look-alikes of one class by one decoy; memory does not grow with them."""

    probes: Sequence[float]
    made: int = 0
    kept: int = 0
    above: int = 0
    total: float = 0.0

    @property
    def plain(self) -> float | None:
        return sum(self.probes) / len(self.probes) if self.probes else None

    def count(self, sample: Sample, share: float) -> None:
        self.made += 1
        self.kept += sample.kept
        self.total += share
        self.above += sample.kept and self.plain is not None and share > self.plain

    def deceit(self, target: str, decoy: str) -> Deceit:
        plain = self.plain
        effective = None if plain is None else self.above
        above = 0 if plain is None else sum(share > plain for share in self.probes)
        mean = self.total / self.made
        return Deceit(target, decoy, self.made, self.kept, effective, mean, plain, len(self.probes), above)
