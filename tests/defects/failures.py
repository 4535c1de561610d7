"""Defects of failures: what could not be done is forgotten, or stands in the way of the rest."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import falcon
import peewee
from hookassay.server.event import Event, MalformedEventError, parse, reference
from hookassay.server.facts import Fact
from hookassay.server.ledger import Ledger, NotStoredError
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .registry import WSGIApp, defect
from .variant import execute, variant

STORE_DOWN = "store-is-down"
"""A file beside the database; while it is there, nothing can be stored."""

FAULTS = f'[faults]\nstore_down = "touch {STORE_DOWN}"\nstore_up = "rm {STORE_DOWN}"\n'

NEWS = ("charge.refund", "refund.", "charge.dispute.")
FIND_PAYMENT = "SELECT 1 FROM facts WHERE kind = 'session' AND payment_intent = ?"
PATIENCE = 0.5  # seconds to wait for another delivery to be over


class BreakableLedger(Ledger):
    """A ledger whose store can be taken away, as FAULTS does it."""

    def __init__(self, database: peewee.Database) -> None:
        super().__init__(database)
        self._down = Path(database.database).parent / STORE_DOWN

    def record(self, event_id: str, event_type: str, facts: Iterable[Fact]) -> bool:
        """As it must be, while there is a store."""
        if self._down.exists():
            raise NotStoredError("the store is down")
        return super().record(event_id, event_type, facts)


# --- a declined attempt -----------------------------------------------------------------------------------------------


@defect(
    source="D38",
    fails="FL-01 CV-01 CV-02 CV-03",
    known_as="order ended by a declined attempt",
    fix=(
        "Leave the order open on payment_intent.payment_failed: it reports one attempt. The customer may try again, "
        "and a later payment must make the order paid."
    ),
)
def ended_by_a_decline(settings: Settings) -> WSGIApp:
    """A declined attempt ends the order: a payment that arrives after it is acknowledged and ignored."""

    class Wrong(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._ended: set[str] = set()

        def take(self, event: Event) -> None:
            if event.type == "payment_intent.payment_failed":
                self._ended.add(event.object["id"])
            if event.type != "checkout.session.completed" or event.object["payment_intent"] not in self._ended:
                super().take(event)

    return variant(settings, webhook=Wrong)


# --- what could not be processed --------------------------------------------------------------------------------------


@defect(
    source="D28",
    fails="FL-02",
    known_as="event id recorded before the work commits",
    fix=(
        "Record the event id in the same transaction as the work, or after it. What failed must not be a duplicate "
        "when Stripe delivers it again."
    ),
    config=FAULTS,
)
def recorded_before_the_work(settings: Settings) -> WSGIApp:
    """The event's id is kept before its work is done: what failed once is a duplicate when Stripe sends it again."""

    class Wrong(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._seen: set[str] = set()

        def take(self, event: Event) -> None:
            if event.id not in self._seen:
                self._seen.add(event.id)
                super().take(event)

    return variant(settings, webhook=Wrong, ledger=BreakableLedger)


@defect(
    source="D30",
    fails="FL-02",
    known_as="failures acknowledged with 200",
    fix=(
        "Answer 5xx where an event could not be stored, so that Stripe delivers it again. Answer 2xx only once its "
        "effect, or the event itself, is stored."
    ),
    config=FAULTS,
)
def failure_acknowledged(settings: Settings) -> WSGIApp:
    """Every failure is answered 200, because Stripe needs a 200: an event that was not stored never comes again."""

    class Wrong(Webhook):
        def take(self, event: Event) -> None:
            try:
                super().take(event)
            except NotStoredError:
                raise falcon.HTTPStatus(falcon.HTTP_200) from None

    return variant(settings, webhook=Wrong, ledger=BreakableLedger)


@defect(
    source="D28, D48",
    fails="FL-02 OO-01 OO-02 CV-01",
    known_as="refused event recorded as handled",
    fix=(
        "Record an event as handled only in the transaction that stores its effect. A refund or dispute that was "
        "refused must be processed when it is delivered again."
    ),
)
def early_news_refused_then_swallowed(settings: Settings) -> WSGIApp:
    """News of an unknown payment is refused, and its event kept as handled: the retry is acknowledged for nothing."""

    class Wrong(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._seen: set[str] = set()

        def take(self, event: Event) -> None:
            if event.id in self._seen:
                return
            if event.type.startswith(NEWS) and not self._is_known(reference(event.object, "payment_intent")):
                self._seen.add(event.id)
                raise falcon.HTTPConflict(title="There is no such payment yet")
            super().take(event)

        def _is_known(self, payment_intent: str | None) -> bool:
            with self._ledger.database.connection_context():
                return bool(execute(self._ledger, FIND_PAYMENT, payment_intent).fetchone())

    return variant(settings, webhook=Wrong)


# --- what is no event -------------------------------------------------------------------------------------------------


@defect(
    source="naive",
    fails="FL-03",
    known_as="background worker killed by a malformed body",
    fix=(
        "Check that a body is an event before queuing it, catch every exception of a job in the worker, and keep the "
        "queue in durable storage."
    ),
)
def worker_dies_unseen(settings: Settings) -> WSGIApp:
    """One background thread does the work; a body that is no event ends it, and all that follows is acknowledged."""

    class Wrong(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._queue: queue.SimpleQueue[str] = queue.SimpleQueue()
            threading.Thread(target=self._work, daemon=True).start()

        def verify(self, body: bytes, header: str | None) -> str:
            self._queue.put(super().verify(body, header))
            raise falcon.HTTPStatus(falcon.HTTP_200)

        def _work(self) -> None:
            while True:
                try:
                    event = parse(self._queue.get())
                except MalformedEventError:
                    return  # as an exception that nobody catches would end it
                if self.concerns_us(event):
                    self.take(event)

    return variant(settings, webhook=Wrong)


@defect(
    source="naive",
    fails="FL-03",
    known_as="lock kept after a malformed body",
    fix=(
        "Release the lock on every path, also where reading the event fails: use a construct that releases it by "
        "itself."
    ),
)
def lock_never_released(settings: Settings) -> WSGIApp:
    """A lock is taken to read each event and not given back where reading fails: after that nothing is read."""

    class Wrong(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._reading = threading.Lock()

        def verify(self, body: bytes, header: str | None) -> str:
            payload = super().verify(body, header)
            if not self._reading.acquire(timeout=PATIENCE):
                raise falcon.HTTPServiceUnavailable(title="Another event is being read")
            return payload

        def concerns_us(self, event: Event) -> bool:
            self._reading.release()  # it was read
            return super().concerns_us(event)

    return variant(settings, webhook=Wrong)


def envelope(payload: str) -> dict[str, Any] | None:
    """The JSON object of a body, None where it holds none."""
    try:
        value = json.loads(payload)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


@defect(
    source="naive",
    fails="FL-03",
    known_as="order paid by an event without type",
    fix=(
        "Refuse a body without an event type, and name each type that changes an order. The default branch must do "
        "nothing."
    ),
)
def paid_unless_typed_otherwise(settings: Settings) -> WSGIApp:
    """An event without a type falls through to the branch that pays the order."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            payload = super().verify(body, header)
            event = envelope(payload)
            if event is None or "type" in event:
                return payload
            return json.dumps({**event, "type": "checkout.session.completed"})

    return variant(settings, webhook=Wrong)


@defect(
    source="D57, naive",
    fails="FL-04",
    known_as="thin event taken for a paid checkout",
    fix=(
        "Handle thin events (object v2.core.event) apart from others: fetch the session that related_object names and "
        "read its payment_status, or do nothing."
    ),
)
def paid_by_the_type_alone(settings: Settings) -> WSGIApp:
    """A thin event whose type ends with checkout.session.completed pays the order, without a look at what was paid."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            payload = super().verify(body, header)
            event = envelope(payload)
            if event is None or not str(event.get("type")).endswith(".checkout.session.completed"):
                return payload
            session = {"id": event["related_object"]["id"], "payment_status": "paid"}
            return json.dumps({"id": event["id"], "type": "checkout.session.completed", "data": {"object": session}})

    return variant(settings, webhook=Wrong)
