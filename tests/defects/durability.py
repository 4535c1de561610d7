"""Defects of durability: what was acknowledged dies with the process, or what it died over is taken for done."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterable

import peewee
import stripe
from hookassay.server.event import Event
from hookassay.server.facts import Fact, facts_in
from hookassay.server.ledger import Ledger, NotStoredError
from hookassay.server.models import connected
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .failures import FAULTS, BreakableLedger
from .registry import WSGIApp, defect
from .variant import SingleLedger, variant

CRASHES = """\
[faults]
kill = "${PYTHON} ${SHARED}/kill_workers.py gunicorn.pid"
start = "true"
times = 3
"""
"""Its workers are killed, and replaced by gunicorn."""

STRIPE_API = """\
[stripe_api]
address = "${STRIPE_API}"
"""

A_WHILE = 0.02
A_MOMENT = 0.005
"""Seconds between the two halves of some work."""


@defect(
    source="D31",
    fails="DU-01",
    known_as="acknowledged before it is stored",
    fix=(
        "Answer 2xx after the commit that stores the event or its effect. A queue in memory, or a thread that goes on "
        "after the answer, is lost with the process; put the event into a table or a durable queue first."
    ),
    config=CRASHES,
)
def acknowledged_before_it_is_stored(settings: Settings) -> WSGIApp:
    """What was acknowledged waits in memory for a thread that stores it, and dies with the process."""

    class Wrong(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._waiting: queue.Queue[Event] = queue.Queue()
            threading.Thread(target=self._store, daemon=True).start()

        def take(self, event: Event) -> None:
            self._waiting.put(event)

        def _store(self) -> None:
            while True:
                event = self._waiting.get()
                time.sleep(A_MOMENT)
                self._ledger.record(event.id, event.type, facts_in(event))

    return variant(settings, webhook=Wrong)


@defect(
    source="D28",
    fails="DU-02",
    known_as="event id committed in a transaction before the work",
    fix=(
        "Record the event id in the same transaction as the work. What is committed alone survives a crash that the "
        "work does not, and the next delivery passes for a duplicate."
    ),
    config=CRASHES,
)
def id_committed_before_the_work(settings: Settings) -> WSGIApp:
    """The event's id is committed, and its work done in a transaction of its own: in between, the process may die."""

    class Wrong(SingleLedger):
        def record(self, event_id: str, event_type: str, facts: Iterable[Fact]) -> bool:
            try:
                with self._turn, connected(self.database):
                    with self.database.atomic(self._mode):
                        if not self.is_new(event_id, event_type):
                            return False
                    time.sleep(A_WHILE)
                    with self.database.atomic(self._mode):
                        self.apply(tuple(facts))
                    return True
            except peewee.PeeweeException as error:
                raise NotStoredError(type(error).__name__) from None

    return variant(settings, ledger=Wrong)


@defect(
    source="D28, D30",
    fails="DU-03",
    known_as="refund or dispute forgotten while the database is away",
    fix=(
        "Answer 5xx whenever an event could not be stored, whatever its type, so that Stripe delivers it again. Catch "
        "no database error where the answer is made."
    ),
    config=FAULTS,
)
def later_news_acknowledged_in_an_outage(settings: Settings) -> WSGIApp:
    """The payment is refused while the store is away, but refunds and disputes are logged and acknowledged."""

    class Wrong(Webhook):
        def take(self, event: Event) -> None:
            try:
                super().take(event)
            except NotStoredError:
                if not event.type.startswith(("charge.refund", "refund.", "charge.dispute.")):
                    raise

    return variant(settings, webhook=Wrong, ledger=BreakableLedger)


@defect(
    source="D30",
    fails="DU-04",
    known_as="errors of Stripe's API acknowledged with 200",
    fix=(
        "Let an error of Stripe's library that is no fault of the event (APIError, APIConnectionError, RateLimitError) "
        "become a 5xx, so that Stripe delivers the event again."
    ),
    config=STRIPE_API,
)
def api_errors_acknowledged(settings: Settings) -> WSGIApp:
    """Each event is fetched from Stripe's API before it is believed; where that fails, it is answered 200 and left."""
    client = stripe.StripeClient(
        settings.stripe_secret_key, base_addresses={"api": os.environ["STRIPE_API_BASE"]}, max_network_retries=0
    )

    class Wrong(Webhook):
        def take(self, event: Event) -> None:
            try:
                client.v1.events.retrieve(event.id)
            except stripe.StripeError:
                return
            super().take(event)

    return variant(settings, webhook=Wrong)
