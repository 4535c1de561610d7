"""The orders as the contract sees them: what the reader yields, in the contract's words."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from ..errors import HarnessError, NotApplicable, NotTestable, Unanswered
from ..patience import Patience
from .reader import OrderReader, PubliclyAsked
from .vocabulary import Order, Vocabulary

Orders = tuple[Order, ...]

QUICK = 0.0005
"""Seconds."""


class OrderBook:
    """Reads the orders of a Checkout Session through the reader and the vocabulary."""

    def __init__(
        self,
        reader: OrderReader | None,
        vocabulary: Vocabulary,
        observe: Callable[[str, Orders], None] | None = None,
        timeout: float = 10.0,
    ) -> None:
        """Read through `reader`; None when no order reader was given, and then only the wire is judged.

        `observe` is told of every reading: the Checkout Session id, and its orders. `timeout` is what the reader may
        take for one attempt, in seconds.
        """
        self._reader = reader
        self._vocabulary = vocabulary
        self._observe = observe
        self._quickest = math.inf
        self._patience = Patience(timeout)

    @property
    def readable(self) -> bool:
        """Whether there is an order reader."""
        return self._reader is not None

    @property
    def kind(self) -> str | None:
        """The reader's kind, None without one."""
        return self._reader.kind if self._reader else None

    @property
    def many(self) -> bool:
        """Whether several rows for one session would be seen."""
        return self._reader is not None and self._reader.many

    @property
    def overhead(self) -> float:
        """Seconds that one reading itself takes."""
        return self._reader.overhead if self._reader else 0.0

    @property
    def quick(self) -> bool:
        """Whether a reading takes so little time, when nothing gets in its way, that one more is never felt."""
        return self._quickest < QUICK

    def of(self, session_id: str) -> Orders:
        """Every order kept for the session.

        Raises:
            NotTestable: no order reader was given.
            NotJudged, HarnessError: the reader failed.
            Unanswered: it failed for so long that nothing more can be expected of it.
        """
        if self._reader is None:
            raise NotTestable("no order reader was given (--orders), so that no effect can be seen")
        began = time.monotonic()
        try:
            orders = tuple(self._vocabulary.order(row) for row in self._reader.read(session_id))
        except HarnessError as error:
            self._patience.waited(time.monotonic() - began)
            if self._patience.doubtful or self._patience.spent:
                raise Unanswered(f"The orders cannot be read back any more: {error}") from None
            raise
        self._patience.answered()
        self._quickest = min(self._quickest, time.monotonic() - began)
        if self._observe is not None:
            self._observe(session_id, orders)
        return orders

    def is_public(self, session_id: str) -> bool:
        """Whether anyone is shown the order, without credentials.

        Raises:
            NotApplicable: orders are not read over HTTP.
            NotTestable: the credentials may be in the URL.
        """
        if not isinstance(self._reader, PubliclyAsked):
            raise NotApplicable("orders are not read over HTTP")
        return self._reader.is_public(session_id)

    def takes_any_credentials(self, session_id: str) -> bool:
        """Whether the order is shown to whoever has credentials, the wrong ones too.

        Raises:
            NotApplicable: orders are not read over HTTP, or without credentials.
            NotTestable: the credentials may be in the URL.
        """
        if not isinstance(self._reader, PubliclyAsked):
            raise NotApplicable("orders are not read over HTTP")
        return self._reader.takes_any_credentials(session_id)

    def close(self) -> None:
        """Give back what the reader holds."""
        if self._reader is not None:
            self._reader.close()


def same(before: Orders, after: Orders) -> bool:
    """Whether nothing that an event may change differs between two readings, in whatever order rows came."""
    rest = list(after)
    for order in before:
        match = next((other for other in rest if order.same_as(other)), None)
        if match is None:
            return False
        rest.remove(match)
    return not rest


def describe(orders: Orders) -> str:
    """What was read, for messages."""
    if not orders:
        return "no order"
    if len(orders) == 1:
        return f"one order ({orders[0].describe()})"
    return f"{len(orders)} orders (" + "; ".join(order.describe() for order in orders) + ")"
