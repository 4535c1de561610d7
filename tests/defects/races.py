"""Defects of races: what is read first and written after, when two deliveries come at once."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable

import peewee
from hookassay.server.event import Event
from hookassay.server.facts import READERS, Fact, Order, facts_in
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .registry import WSGIApp, defect
from .state import REFUND_EVENTS
from .variant import KeylessLedger, execute, variant

COMPLETED = "checkout.session.completed"
FIND_ORDER = "SELECT id FROM orders WHERE stripe_session_id = ?"

# How more than two of the defects below are mended.
UNIQUE_ORDER = (
    "Put a unique key on the order's session id, and insert with the database's own handling of conflicts. Looking "
    "first guards nothing when two deliveries come at once."
)


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


@defect(
    source="D32",
    fails="RP-05",
    may="CV-04 CV-06",
    known_as="order looked up and inserted without unique key",
    fix=UNIQUE_ORDER,
)
def select_then_insert(settings: Settings) -> WSGIApp:
    """The order is selected, and inserted where there was none: two deliveries at once both find none."""
    return variant(settings, ledger=looking_first(lambda: None))


@defect(
    source="D32",
    fails="RP-05 CV-04 CV-06",
    known_as="slow work between finding and inserting the order",
    fix=UNIQUE_ORDER,
)
def select_then_insert_with_a_window(settings: Settings) -> WSGIApp:
    """Two milliseconds pass between looking for the order and inserting it."""
    return variant(settings, ledger=looking_first(lambda: time.sleep(0.002)))


# --- different events at once -----------------------------------------------------------------------------------------


class WritingLater(KeylessLedger):
    """A ledger that writes orders when its transaction is over, and then outside of any."""

    def __init__(self, database: peewee.Database) -> None:
        super().__init__(database)
        self._due = threading.local()

    def record(self, event_id: str, event_type: str, facts: Iterable[Fact]) -> bool:
        """As it must be, and then write the orders."""
        self._due.orders, self._due.disputes = [], event_type.startswith("charge.dispute.")
        new = super().record(event_id, event_type, facts)
        for order in self._due.orders:
            self.write_later(order)
        return new

    def write(self, order: Order) -> None:
        """Keep the order for later."""
        self._due.orders.append(order)

    def write_later(self, order: Order) -> None:
        """Look for the order, and insert it where there is none."""
        found = execute(self, FIND_ORDER, order.stripe_session_id).fetchone()
        time.sleep(0.002)
        if found:
            self.update(order)
        else:
            self.insert(order)


@defect(
    source="D32",
    fails="CV-06",
    may="CV-04",
    known_as="unique key on events but not on orders",
    fix=UNIQUE_ORDER,
)
def two_reports_at_once_make_two_orders(settings: Settings) -> WSGIApp:
    """Events are known by their id, and the order is looked for first: two events at once find none."""
    return variant(settings, ledger=WritingLater)


@defect(
    source="synthetic",
    fails="CV-05",
    known_as="order deleted and reinserted by dispute events",
    fix=(
        "Update the order in place, in the transaction that stores the dispute, and put a unique key on its session "
        "id. Never delete it to insert it again."
    ),
)
def disputed_order_written_anew(settings: Settings) -> WSGIApp:
    """A dispute's event deletes the order and inserts it anew: of two at once each deletes one order, and inserts."""

    class Anew(WritingLater):
        def write(self, order: Order) -> None:
            if self._due.disputes:
                super().write(order)
            elif execute(self, FIND_ORDER, order.stripe_session_id).fetchone():
                self.update(order)
            else:
                self.insert(order)

        def write_later(self, order: Order) -> None:
            found = execute(self, FIND_ORDER, order.stripe_session_id).fetchone()
            if found:
                execute(self, "DELETE FROM orders WHERE id = ?", *found)
            time.sleep(0.005)
            self.insert(order)

    return variant(settings, ledger=Anew)


@defect(
    source="D32, synthetic",
    fails="CV-04 RF-09",
    known_as="concurrent refund overwritten by a completion",
    fix=(
        "Change only what the event is about, in one transaction that locks the payment first. Never write back values "
        "that were read before the lock."
    ),
)
def completion_overwrites_a_refund_at_once(settings: Settings) -> WSGIApp:
    """A completion reads what is known, and writes it back over the refund that came meanwhile."""
    for event_type in set(REFUND_EVENTS) - {"charge.refunded", "refund.failed"}:
        del READERS[event_type]

    class Overwriting(Webhook):
        def take(self, event: Event) -> None:
            if event.type != COMPLETED:
                super().take(event)
                return
            amount = "SELECT max(amount) FROM facts WHERE kind = 'charge' AND payment_intent = ?"
            payment = event.object["payment_intent"]
            known = execute(self._ledger, amount, payment).fetchone()[0]
            time.sleep(0.002)
            super().take(event)
            stale = "UPDATE facts SET amount = ? WHERE kind = 'charge' AND payment_intent = ?"
            if payment and execute(self._ledger, amount, payment).fetchone()[0] != known:
                execute(self._ledger, stale, known, payment)
                self._ledger.record(str(uuid.uuid4()), event.type, facts_in(event))

    return variant(settings, webhook=Overwriting)
