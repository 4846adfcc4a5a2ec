"""What a run may still spend: reserved before a request leaves, and settled when its answer is in."""

import math
from dataclasses import dataclass, field

from mintage.core.errors import MintageError
from mintage.core.recipe import Fact

Paid = tuple[str, str]
"""A recipe's id and the name of a fact: what a sum stands for."""

CENT = 1e-9
"""Sums of prices as binary fractions may be off by so much."""


class BudgetReached(MintageError):
    """The next request could cost more than is left of the budget. Exit code 3; nothing is lost."""

    exit_code = 3


@dataclass
class Purse:
    """Dollars and images of one run. Held in memory: it is worked out from the ledger, and hears of every fact.

    `dollars` and `images` are the budget over all that the run ever does; None: no limit. `spent` is what settled facts
    cost, `made` how many images they are. `owed`: what was sent and never answered, at its upper bound.
    """

    dollars: float | None = None
    images: int | None = None
    spent: float = 0.0
    made: int = 0
    owed: dict[Paid, float] = field(default_factory=dict)
    short: str = ""
    """Why something was held back for good; empty: nothing was."""
    _why: str = ""
    _reserved: dict[Paid, float] = field(default_factory=dict)

    @property
    def held(self) -> float:
        """Dollars that are in flight, each at its upper bound."""
        owed = sum(bound for key, bound in self.owed.items() if key not in self._reserved)
        return owed + sum(max(price, self.owed.get(key, 0.0)) for key, price in self._reserved.items())

    @property
    def left(self) -> float | None:
        """Dollars that nothing is reserved for; None: there is no limit."""
        return None if self.dollars is None else self.dollars - self.spent - self.held

    def reserve(self, recipe_id: str, name: str, price: float) -> bool:
        """Set aside the most that a request can cost, and the image that it makes; False: it does not fit now, and may
        when what is in flight has landed and cost less. A price that is none (nan, below 0) fits no budget."""
        price = price if price >= 0 else math.inf
        key = (recipe_id, name)
        makes = name == "image" and self.images is not None
        if price <= 0 and not makes:
            return True
        if makes and self.images is not None:
            coming = sum(n == "image" for r, n in self._reserved if r != recipe_id)
            if self.made + coming >= self.images:
                self._why = f"{self.made:,} of {self.images:,} images are made"
                return False
        left = self.left
        if price > 0 and left is not None and price > left + CENT:
            held = f", ${self.held:,.2f} more are in flight at their upper bound" if self.held else ""
            spent = f"${self.spent:,.2f} of ${self.dollars:,.2f} are spent{held}"
            self._why = f"{spent}, and the next {'image' if name == 'image' else 'request'} can cost ${price:,.4g}"
            return False
        self._reserved[key] = price
        return True

    def give_up(self) -> None:
        """What did not fit the last time fits no more: nothing is in flight that could leave room for it."""
        self.short = self.short or self._why

    def hear(self, fact: Fact) -> None:
        """What was committed: a `sent` is owed until its recipe's fact of that name is settled."""
        if fact.recipe is None:
            self.spent += fact.cost
            return
        key = (fact.recipe, fact.name)
        if fact.outcome == "sent":
            self.owed[key] = self.owed.get(key, 0.0) + float((fact.value or {}).get("bound", 0.0))
            return
        self.owed.pop(key, None)
        self._reserved.pop(key, None)
        self.spent += fact.cost
        self.made += fact.name == "image" and fact.outcome == "done"

    def bound(self, recipe_id: str, name: str) -> float:
        """What was sent for a recipe and is not answered, in dollars."""
        return self.owed.get((recipe_id, name), 0.0)
