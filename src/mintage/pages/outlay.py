"""What `plan` says of money: what servers are still asked for, what it costs, how sure that is, and their terms."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mintage.pages.cells import plain, span
from mintage.pages.figures import dollars, price
from mintage.results.outlay import Outlay, Tries
from mintage.results.outlook import Outlook

if TYPE_CHECKING:
    from rich.console import RenderableType


def paid(look: Outlook) -> Iterator["RenderableType"]:
    """Line by line; nothing where no server is asked."""
    for outlay in look.outlays:
        yield from _server(outlay)
    limit = look.budget
    dear = [o for o in look.outlays if o.hosting.most != 0]
    if limit is not None and (limit.dollars is not None or limit.images is not None):
        most = [dollars(limit.dollars)] if limit.dollars is not None else []
        most += [f"{limit.images:,} images"] if limit.images is not None else []
        so_far = f"; {dollars(look.spent)} spent or in flight so far" if look.spent else ""
        yield f"budget: {' and '.join(most)}{so_far}"
        yield from _beyond(look)
    elif dear and look.to_make:
        yield "[yellow]there is no budget: `budget: {dollars: 20}` in dataset.yaml sets a limit that nothing passes[/]"


def _server(o: Outlay) -> Iterator["RenderableType"]:
    h = o.hosting
    one = o.what.removesuffix("s")
    if h.most == 0:
        cost = "free"
    elif h.usual is None and h.most is None:
        cost = "price unknown (max_cost: or an entry in prices.yaml would say)"
    else:
        parts = [f"about {price(h.usual)}"] if h.usual is not None else []
        parts += [f"at most {price(h.most)}"] if h.most is not None else ["no upper bound known"]
        cost = f"{', '.join(parts)} for one {one}" + (f" ({h.priced})" if h.priced else "")
    at = f" at {h.server}" if h.server else ""
    yield plain(f"{o.what} from {h.model}{at}: {cost}")
    if o.items:
        yield plain(f"  {o.items:,} {o.what} still wanted: {_cost(o)}{_time(o)}")
    if h.retires:
        yield f"  [yellow]{plain(h.retires)}[/]"
    if h.terms is not None:
        yield plain(f"  terms: {h.terms.says} ({h.terms.source}, read {h.terms.read})")


def _cost(o: Outlay) -> str:
    why = _why(o.tries, o.what)
    if o.hosting.most == 0:
        return f"no cost, {why}"
    if o.low is None or o.high is None:
        most = o.hosting.most
        return (
            f"at most {dollars(o.items * most * o.tries.high)}, {why}" if most is not None else f"cost unknown, {why}"
        )
    if o.expected is None:
        return f"{dollars(o.low)} to {dollars(o.high)}, {why}"
    return f"{dollars(o.expected)} expected, {dollars(o.low)} to {dollars(o.high)}, {why}"


def _why(t: Tries, what: str) -> str:
    if not t.seen:
        return f"for {t.low:.0f} to {t.high:.0f} attempts each (none is known yet; mintage preview shows)"
    verb = "were not refused" if what == "prompts" else "passed"
    return f"for {t.expected:.2f} attempts each ({t.passed:,} of {t.seen:,} so far {verb})"


def _time(o: Outlay) -> str:
    rate = o.hosting.per_minute
    return "" if o.hours is None else f"; {span(o.hours * 3600)} at {rate:,.0f} requests a minute"


def _beyond(look: Outlook) -> Iterator[str]:
    """Whether the budget is likely to end it."""
    limit = look.budget
    if limit is None:
        return
    likely = sum(o.expected or o.low or 0.0 for o in look.outlays)
    dear = [o.hosting.most for o in look.outlays if o.items and o.hosting.most]
    if limit.dollars is not None and dear and look.spent + min(dear) > limit.dollars:
        yield "[yellow]the budget is used up: nothing further that costs anything is sent before it is larger[/]"
    elif limit.dollars is not None and look.spent + likely > limit.dollars:
        yield f"[yellow]the budget will probably end it: {dollars(likely)} are expected beside what is spent[/]"
    if limit.images is not None and look.to_make > limit.images:
        yield f"[yellow]the budget of {limit.images:,} images ends it before {look.to_make:,} are made[/]"
