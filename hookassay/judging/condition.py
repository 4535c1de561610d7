"""The states that the contract speaks of, as conditions on what the order reader shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..orders.book import Orders
from ..orders.vocabulary import COLUMN_OF


@dataclass(frozen=True)
class Condition:
    """One state of an order, as a feature names it.

    Attributes:
        words: How a feature says it: `paid`, `neither disputed nor lost`.
        has: States of which one must show; empty asks for none.
        lacks: States of which none may show.
    """

    words: str
    has: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()

    def holds(self, orders: Orders) -> bool:
        """Whether an order is in one of the states asked for, and no order in one of those excluded."""
        if self.has and not any(order.states & self.has for order in orders):
            return False
        return not any(order.states & self.lacks for order in orders)

    def expected(self, values: Mapping[str, tuple[object, ...]]) -> str:
        """What must be read, in the implementation's own words (`[orders.values]`)."""
        parts = []
        if self.has:
            parts.append("an order with " + " or ".join(_words(state, values) for state in sorted(self.has)))
        if self.lacks:
            parts.append("no order with " + " or ".join(_words(state, values) for state in sorted(self.lacks)))
        return f"{self.words}: " + ", and ".join(parts)


def _words(state: str, values: Mapping[str, tuple[object, ...]]) -> str:
    return f"{COLUMN_OF[state]} " + "/".join(str(value) for value in values.get(state, ()))


def _condition(words: str, has: str = "", lacks: str = "") -> tuple[str, Condition]:
    return words, Condition(words, frozenset(has.split()), frozenset(lacks.split()))


CONDITIONS: Mapping[str, Condition] = dict(
    (
        _condition("paid", has="paid"),
        _condition("not paid", lacks="paid"),
        _condition("refunded", has="refunded"),
        _condition("not refunded", lacks="refunded"),
        _condition("not refunded at all", lacks="refunded partially_refunded"),
        _condition("partially refunded", has="partially_refunded", lacks="disputed dispute_lost refunded"),
        _condition(
            "partially refunded or won", has="partially_refunded dispute_won", lacks="disputed dispute_lost refunded"
        ),
        _condition("disputed", has="disputed"),
        # Where a loss is shown as the refund that it amounts to, that is as good a word for it.
        _condition("lost", has="dispute_lost refunded", lacks="dispute_won"),
        _condition("not lost", lacks="dispute_lost refunded"),
        _condition("neither disputed nor lost", lacks="disputed dispute_lost refunded"),
        _condition("neither won nor lost", lacks="dispute_won dispute_lost"),
    )
)
"""Every condition that a feature may name. A word that nobody declared is in no state and so satisfies only `lacks`."""


def condition(words: str) -> Condition:
    """The condition that a feature calls `words`.

    Raises:
        LookupError: there is none of that name.
    """
    try:
        return CONDITIONS[words]
    except KeyError:
        raise LookupError(f"no condition is called {words!r}; there are {', '.join(CONDITIONS)}") from None
