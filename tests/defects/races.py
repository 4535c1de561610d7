"""Defects of races: the order is looked for first and inserted after, on a table that has no unique key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

import peewee
from hookassay.server.facts import Fact, Order
from hookassay.server.settings import Settings

from .registry import WSGIApp, defect
from .variant import KeylessLedger, execute, variant

FIND_ORDER = "SELECT id FROM orders WHERE stripe_session_id = ?"


def looking_first(pause: Callable[[], None]) -> Callable[[peewee.Database], KeylessLedger]:
    """Ledgers that look for the order, make the `pause`, and insert it where they saw none."""

    class LookingFirst(KeylessLedger):
        def __init__(self, database: peewee.Database) -> None:
            super().__init__(database)
            self._due = threading.local()

        def is_new(self, event_id: str, event_type: str) -> bool:
            """No key of events: whether there is an order already is the only guard."""
            return True

        def record(self, event_id: str, event_type: str, facts: Iterable[Fact]) -> bool:
            """Learn the facts as it must be, but write the orders after the transaction and outside of any."""
            self._due.orders = []
            super().record(event_id, event_type, facts)
            for order in self._due.orders:
                found = execute(self, FIND_ORDER, order.stripe_session_id).fetchone()
                pause()
                if found:
                    self.update(order)
                else:
                    self.insert(order)
            return True

        def write(self, order: Order) -> None:
            self._due.orders.append(order)

    return LookingFirst


@defect(source="D32", fails="RP-05")
def select_then_insert(settings: Settings) -> WSGIApp:
    """The order is selected, and inserted where there was none: two deliveries at once both find none."""
    return variant(settings, ledger=looking_first(lambda: None))


@defect(source="D32", fails="RP-05")
def select_then_insert_with_a_window(settings: Settings) -> WSGIApp:
    """Two milliseconds pass between looking for the order and inserting it."""
    return variant(settings, ledger=looking_first(lambda: time.sleep(0.002)))
