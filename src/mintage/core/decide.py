"""Attempts of one slot + policy → what stands there, and what is to be done next (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from mintage.core.passing import LOST, NOT_SENT
from mintage.core.recipe import Fact, Sample, digest

State = Literal["open", "due", "kept", "failed", "given_up", "measured"]
"""Of a slot: wants an attempt · waits for a stage · filled · waits for `retry` · no attempt is left · seen, and never
to be kept."""

COPIED = "as attempt "
"""How the note of words begins that were copied from an earlier attempt."""

REPLACED = "by the grammar instead: "
"""How the note of words begins that the grammar wrote in place of a model, with what was wrong in the end."""

REWRITTEN = "written again: "
"""How it begins where the same writer did better, with what was wrong before."""

PERSON = "person"
"""Who made words that a person edited: no writer's change makes them stale."""

PUT_BACK = "put back"
"""How the note begins of words that a person put back in place of an edit, and of the image that was made from them."""

GONE = "its parent is gone: "
"""How the note of an image begins that can never be made: the next attempt takes a parent that is there."""

LOSSES = 3
"""What was lost so often in a row waits for `retry`."""

REFUSALS = 2
"""So many refusals give a slot up."""


@dataclass(frozen=True)
class Floor:
    """`scorer.number` must be at least `at_least`."""

    scorer: str
    number: str
    at_least: float


@dataclass(frozen=True)
class Policy:
    """What decides: the present `made_by` of each stage, floors, attempts, and the present maker of each technique.

    `stages` are in order: words, image, score.…; `again` ignores images by an earlier engine. Images by the techniques
    in `beside` fill nobody's quota, and those by the techniques in `unkept` are only looked at.
    """

    stages: tuple[str, ...]
    made_by: Mapping[str, str]
    makers: Mapping[str, str]
    floors: tuple[Floor, ...] = ()
    attempts: int = 5
    again: bool = False
    beside: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()

    def digest(self) -> str:
        """Equal policies decide alike."""
        return digest(asdict(self))

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Policy":
        """The inverse of `dataclasses.asdict`, through JSON."""
        floors = tuple(Floor(**f) for f in value["floors"])
        lists = {name: tuple(value.get(name, ())) for name in ("stages", "beside", "unkept")}
        return cls(**{**value, **lists, "floors": floors})


@dataclass(frozen=True)
class Judgement:
    """Of one attempt. `due` is the stage it waits for; `score` the first floor's number, if it has one, for sorting."""

    state: Literal["due", "passed", "rejected", "refused", "failed"]
    reason: str = ""
    due: str = ""
    score: float | None = None


@dataclass(frozen=True)
class Place:
    """Of one slot: its state, the index of the attempt that fills or holds it, the stage that is due, and why.

    `next_words`: the next attempt needs new words (the last one was refused, or is by another engine); else it has
    those of the attempt `at`. `judgements` of all attempts, in order.
    """

    state: State
    at: int | None = None
    due: str = ""
    reason: str = ""
    next_words: bool = True
    judgements: tuple[Judgement, ...] = field(default=())

    @property
    def refusals(self) -> int:
        return sum(j.state == "refused" for j in self.judgements)


def judge(sample: Sample, policy: Policy) -> Judgement:
    """What is known of one attempt. A refusal or failure is said as such; the first floor missed is the reason."""
    words, image = sample.facts.get("words"), sample.facts.get("image")
    begun = (image is not None and image.outcome != "failed") or "image:sent" in sample.facts
    for name, fact in (("words", words), ("image", image)):
        if name == "image" and "image:sent" in sample.facts:
            return Judgement("due", due="image")
        if fact is None:
            return Judgement("due", due=name)
        stale = not begun and fact.made_by != policy.made_by.get(_stage_of(name, sample))
        stays = name == "words" and fact.outcome == "done" and (fact.note.startswith(COPIED) or is_by_person(fact))
        if stale and not stays:
            return Judgement("due", due=name)
        if fact.outcome == "refused":
            return Judgement("refused", fact.note or "refused")
        if is_still_due(fact):
            return Judgement("due", due=name)
        if fact.outcome == "failed" and fact.note.startswith(GONE):
            return Judgement("rejected", fact.note)
        if fact.outcome == "failed":
            return Judgement("failed", fact.note or "failed", due=name)
    return _judge_scores(sample, policy)


def is_by_person(words: Fact) -> bool:
    """Whether a person said these words, or chose them: by an edit, or by putting back what was there before."""
    return words.made_by == PERSON or words.note.startswith(PUT_BACK)


def lost_before(fact: Fact | None) -> int:
    """How often in a row something was sent and got lost, up to this fact."""
    if fact is None or fact.outcome != "failed" or not fact.note.startswith(LOST):
        return 0
    return int((fact.value or {}).get("lost", 1))


def is_still_due(fact: Fact) -> bool:
    """Whether a failure settles nothing: it got lost, or it never left."""
    unsent = fact.outcome == "failed" and fact.note.startswith(NOT_SENT)
    return unsent or 0 < lost_before(fact) < LOSSES


def _stage_of(name: str, sample: Sample) -> str:
    """Engines differ by technique, so the image stage's `made_by` does as well."""
    return f"image.{sample.technique}" if name == "image" else name


def _judge_scores(sample: Sample, policy: Policy) -> Judgement:
    scores = [s for s in policy.stages if s.startswith("score.")]
    present = {s: f for s in scores if (f := sample.facts.get(s)) and f.made_by == policy.made_by[s]}
    settled = {s: f for s, f in present.items() if not is_still_due(f)}
    first: float | None = None
    missed = ""
    for floor in policy.floors:
        fact = settled.get(f"score.{floor.scorer}")
        if fact is None or fact.outcome != "done":
            continue
        if not fact.value:  # it has nothing to say of this picture
            continue
        value = fact.value.get(floor.number)
        if value is None:  # a mistake of scorer or floor must not use up attempts
            return Judgement("failed", f"{floor.scorer} gave no {floor.number!r}", due=f"score.{floor.scorer}")
        first = value if floor is policy.floors[0] else first
        if not missed and not value >= floor.at_least:  # also when it is no number at all
            said = f" ({fact.note})" if fact.note else ""
            missed = f"{floor.scorer}.{floor.number} {value:.3g} is below {floor.at_least:g}{said}"
    late = next((s for s in scores if s not in settled), "")
    if late:
        return Judgement("due", due=late, score=first)
    if missed:
        return Judgement("rejected", missed, score=first)
    failed = next((f for f in settled.values() if f.outcome == "failed"), None)
    if failed:
        return Judgement("failed", f"{failed.name}: {failed.note}", due=failed.name)
    return Judgement("passed", "passes every floor", score=first)


def settle(attempts: Sequence[Sample], policy: Policy, frozen: str | None = None) -> Place:
    """What stands in a slot, from its attempts in order.

    An attempt in the newest frozen list (`frozen`: its id) keeps the slot while it passes, so it is asked first;
    otherwise the lowest attempt that passes fills it. `failed` waits; a slot is given up after two refusals or
    `policy.attempts` attempts that the present engine and settings sent or made.
    """
    judged = tuple(judge(a, policy) for a in attempts)
    maker = policy.makers.get(attempts[0].technique, "") if attempts else ""
    aside = [policy.again and a.recipe.maker != maker and "image:sent" not in a.facts for a in attempts]
    counts = [i for i, set_aside in enumerate(aside) if not set_aside]
    own = [i for i in counts if attempts[i].recipe.maker == maker]
    waiting = [i for i in counts if i in own or _is_made(attempts[i], judged[i])]
    for i in sorted(counts, key=lambda i: attempts[i].id != frozen):
        if judged[i].state == "due" and i in waiting:
            return Place("due", i, judged[i].due, judgements=judged)
        if judged[i].state in ("passed", "rejected") and attempts[i].technique in policy.unkept:
            if i in own:  # what another engine makes is no measure of this one
                return Place("measured", i, reason="made to be looked at, never kept", judgements=judged)
            continue
        if judged[i].state == "passed":
            return Place("kept", i, reason=judged[i].reason, judgements=judged)
    if waiting and waiting[-1] == len(attempts) - 1 and judged[-1].state == "failed":
        return Place("failed", waiting[-1], judged[-1].due, judged[-1].reason, judgements=judged)
    refused = sum(judged[i].state == "refused" and _is_by_present_words(attempts[i], policy) for i in own)
    used = sum(judged[i].state in ("refused", "rejected") for i in own)
    last = len(attempts) - 1 if attempts else None
    reason = judged[-1].reason if judged else ""
    if refused >= REFUSALS or used >= policy.attempts:
        why = f"refused {refused} times" if refused >= REFUSALS else f"{used} attempts"
        return Place("given_up", last, reason=f"{why}; the last: {reason}", judgements=judged)
    edited = _edited(attempts, judged)
    if edited is not None:
        return Place("open", edited, reason=reason, next_words=False, judgements=judged)
    again = last is not None and last in own and judged[last].state == "rejected" and _is_worded(attempts[-1], policy)
    return Place("open", last, reason=reason, next_words=not again, judgements=judged)


def _edited(attempts: Sequence[Sample], judged: Sequence[Judgement]) -> int | None:
    """The attempt with the slot's newest words, if these are a person's and nobody refused them: the next attempt has
    them too, whoever makes it."""
    worded = [(words.number, i) for i, a in enumerate(attempts) if (words := a.facts.get("words")) is not None]
    newest = max(worded, default=(0, -1))[1]
    words = attempts[newest].done("words") if worded else None
    said = words is not None and is_by_person(words) and judged[newest].state != "refused"
    return newest if said else None


def _is_worded(attempt: Sample, policy: Policy) -> bool:
    """Whether its words are those that the present writer would give: then its next attempt has them too."""
    words = attempt.done("words")
    return words is not None and _is_present(words, policy)


def _is_by_present_words(attempt: Sample, policy: Policy) -> bool:
    """Whether the present writer, with what it sees of the spec now, or a person said what was refused: after an edit
    of the class it is worth another try."""
    words = attempt.facts.get("words")
    return words is None or _is_present(words, policy)


def _is_present(words: Fact, policy: Policy) -> bool:
    return is_by_person(words) or words.made_by == policy.made_by.get("words", words.made_by)


def _is_made(attempt: Sample, judgement: Judgement) -> bool:
    """By an earlier engine, and worth waiting for: an image that wants a score, or one that was paid for."""
    return judgement.due not in ("words", "image") or "image:sent" in attempt.facts


def policy_of(
    stages: Sequence[Any],
    makers: Mapping[str, str],
    floors: Mapping[str, float],
    attempts: int,
    again: bool = False,
    **more: tuple[str, ...],
) -> Policy:
    """A policy from stages (name, made_by), makers by technique and `{"scorer.number": at least}`."""
    return Policy(
        stages=tuple(dict.fromkeys(name.split(".")[0] if name.startswith("image") else name for name, _ in stages)),
        made_by=dict(stages),
        makers=dict(makers),
        floors=tuple(Floor(*key.partition(".")[::2], at_least=v) for key, v in floors.items()),
        attempts=attempts,
        again=again,
        **more,
    )
