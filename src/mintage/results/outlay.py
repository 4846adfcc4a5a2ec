"""What is still to be paid for, with how sure that is, and how long a server's rate limit makes it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from mintage.core.ledger_reading import LedgerReader
from mintage.core.plan import Plan
from mintage.core.plan_mistakes import hosting_of
from mintage.core.ports import Hosting

ENOUGH = 5
"""Answers from which what they cost is more telling than a table."""

SURE = 1.959964
"""Standard deviations on each side of a 95 % interval."""


@dataclass(frozen=True)
class Tries:
    """Attempts for each slot: what is expected (None: nothing is known yet), and a 95 % interval or all that can be."""

    expected: float | None
    low: float
    high: float
    seen: int = 0
    """Attempts that this is worked out from."""
    passed: int = 0


@dataclass(frozen=True)
class Outlay:
    """What one server is still asked for, in dollars: expected, and between what; None where no price is known.

    `items` are slots that want an image (or prompts, or scores). `most`: if every one costs as much as it can.
    """

    what: str
    by: str
    hosting: Hosting
    items: int
    tries: Tries
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    hours: float | None = None


def tries_of(passed: int, seen: int, most: int) -> Tries:
    """How many attempts a slot will take, of which it gets at most `most`, after `passed` of `seen` passed.

    The interval is Wilson's, of the share that passes (Wilson 1927): few attempts give a wide one.
    """
    if not seen:
        return Tries(None, 1.0, float(most))
    share, weight = passed / seen, SURE**2 / seen
    middle, width = share + weight / 2, SURE * sqrt(share * (1 - share) / seen + weight / (4 * seen))
    low, high = (middle - width) / (1 + weight), (middle + width) / (1 + weight)
    return Tries(_attempts(share, most), _attempts(min(1.0, high), most), _attempts(max(0.0, low), most), seen, passed)


def _attempts(share: float, most: int) -> float:
    """Attempts at a slot that ends with the first that passes, or after `most`."""
    return float(most) if share <= 0 else (1 - (1 - share) ** most) / share


def outlays(
    plan: Plan, to_make: Mapping[str, int], ledger: LedgerReader | None, stopped: Collection[str] = ()
) -> list[Outlay]:
    """What each server is still asked for. `to_make`: technique → slots that want an image now; `stopped`: classes (by
    key) that want none, and whose attempts tell nothing of the others."""

    def seen_by(techniques: Sequence[str], name: str, made_by: Sequence[str]) -> tuple[int, int, int]:
        """(passed, refused, all) attempts so far by what makes them now: another engine's say nothing of this one."""
        if ledger is None or ledger.policy is None:
            return 0, 0, 0
        return ledger.outcomes(techniques, name, made_by, stopped)

    def billed(hosting: Hosting, name: str, made_by: Sequence[str]) -> Hosting:
        """With what the present maker's answers cost so far in place of the usual price."""
        count, mean = (0, 0.0) if ledger is None else ledger.billed(name, made_by)
        if count < ENOUGH:
            return hosting
        return replace(hosting, usual=mean, priced=f"as {count:,} so far did; {hosting.priced}")

    found = []
    attempts = plan.spec.keep.attempts
    by_engine: dict[tuple[str, str], list[str]] = {}
    servers = {t: hosting for t, engine in plan.engines.items() if (hosting := hosting_of(engine)) is not None}
    for technique, hosting in servers.items():
        by_engine.setdefault((plan.engines[technique].name, hosting.model), []).append(technique)
    for (name, _), techniques in by_engine.items():
        makers = [plan.engines[t].made_by for t in techniques]
        hosting = billed(servers[techniques[0]], "image", makers)
        passed, _, seen = seen_by(techniques, "image", makers)
        slots = sum(to_make.get(t, 0) for t in techniques)
        found.append(_outlay("images", name, hosting, slots, tries_of(passed, seen, attempts)))
    worded = [t for t, verb in plan.verbs.items() if verb not in ("copy", "compose")]
    slots = sum(to_make.get(t, 0) for t in worded)
    if plan.writer.hosting is not None:
        # an attempt after a refusal has new words, and only that one
        _, refused, seen = seen_by(worded, "words", [plan.writer.made_by])
        again = Tries(1 + refused / seen, 1.0, 2.0, seen, seen - refused) if seen else Tries(None, 1.0, 2.0)
        hosting = billed(plan.writer.hosting, "words", [plan.writer.made_by])
        found.append(_outlay("prompts", plan.writer.name, hosting, slots, again))
    for scorer in plan.scorers:
        if scorer.hosting is not None:
            makers = [e.made_by for e in plan.engines.values()]
            passed, _, seen = seen_by(list(plan.techniques), "image", makers)
            slots = sum(to_make.values())
            found.append(_outlay("scores", scorer.name, scorer.hosting, slots, tries_of(passed, seen, attempts)))
    return found


def _outlay(what: str, by: str, hosting: Hosting, items: int, tries: Tries) -> Outlay:
    each = hosting.usual
    expected = None if each is None or tries.expected is None else items * each * tries.expected
    low = None if each is None else items * each * tries.low
    high = None if each is None else items * each * tries.high
    rate = hosting.per_minute
    hours = None if not rate else items * (tries.expected or tries.low) / rate / 60
    return Outlay(what, by, hosting, items, tries, expected, low, high, hours)
