"""Defects of duplicates: what is done once more when Stripe says the same thing once more."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace

import falcon
import peewee
from hookassay.server.event import Event
from hookassay.server.facts import Fact, Order, facts_in
from hookassay.server.ledger import Ledger
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .registry import WSGIApp, defect
from .variant import KeylessLedger, RawWebhook, variant


class FulfillingLedger(KeylessLedger):
    """A ledger that makes an order of every checkout event it takes for new: its key of events is the only guard.

    Whatever their number, the orders of a session show its right state.
    """

    def __init__(self, database: peewee.Database) -> None:
        super().__init__(database)
        self._fulfils = False

    def apply(self, facts: tuple[Fact, ...]) -> None:
        """As it must be, knowing whether this is a checkout event; the ledger's turn keeps other threads out."""
        self._fulfils = bool(facts) and facts[0].kind == "session"
        super().apply(facts)

    def write(self, order: Order) -> None:
        """Bring every order of the session up to date, and make one more for a checkout event."""
        self.update(order)
        if self._fulfils:
            self.insert(order)


class KeyedWebhook(RawWebhook):
    """A webhook resource that knows duplicates by a key of its own."""

    def key(self, event: Event) -> str:
        """What must be new for an event to be handled."""
        return event.id

    def take(self, event: Event) -> None:
        """As it must be, under the other key."""
        super().take(replace(event, id=self.key(event)))


@defect(
    source="D26",
    fails="RP-03 RP-04 RP-05 RP-06 RP-07 CV-01 CV-02 CV-03 CV-04",
    known_as="every delivery processed as a new one",
    fix=(
        "Put unique keys on the event's id and on the order's session id. Record the event in the transaction that "
        "does its work, and only acknowledge what is recorded already."
    ),
)
def no_idempotency(settings: Settings) -> WSGIApp:
    """Every delivery of a checkout event makes another order."""

    class Forgetful(KeyedWebhook):
        def key(self, event: Event) -> str:
            return str(uuid.uuid4())

    return variant(settings, webhook=Forgetful, ledger=FulfillingLedger)


@defect(
    source="D27",
    fails="RP-04 RP-06 CV-01 CV-02 CV-03",
    known_as="event id as the only guard against duplicates",
    fix=(
        "Make the order unique by its Checkout Session, with a unique key in the database. Two events with different "
        "ids can report the same payment."
    ),
)
def event_id_is_the_only_guard(settings: Settings) -> WSGIApp:
    """Duplicates are known by the event's id alone, so that a second event about one payment makes a second order."""
    return variant(settings, ledger=FulfillingLedger)


@defect(
    source="D27",
    fails="RP-06 CV-01 CV-02 CV-03",
    known_as="one order for each checkout event type",
    fix=(
        "Make the order unique by its Checkout Session, with a unique key in the database. Two events with different "
        "ids can report the same payment."
    ),
)
def an_order_for_each_event_type(settings: Settings) -> WSGIApp:
    """checkout.session.completed and async_payment_succeeded of one payment make an order each."""

    class ByType(KeyedWebhook):
        def key(self, event: Event) -> str:
            if event.type.startswith("checkout.session."):
                return f"{event.type} {event.object['id']}"
            return event.id

    return variant(settings, webhook=ByType, ledger=FulfillingLedger)


@defect(
    source="D26, synthetic",
    fails="RP-04 RP-06 RP-07 CV-01 CV-02 CV-03",
    known_as="duplicates recognised by a digest of the body",
    fix=(
        "Recognise a duplicate by the event's id, and make the order unique by its Checkout Session. The body can "
        "differ between deliveries, in pending_webhooks for example."
    ),
)
def duplicates_known_by_body(settings: Settings) -> WSGIApp:
    """Duplicates are known by a digest of the body, which changes with pending_webhooks."""

    class ByBody(KeyedWebhook):
        def key(self, event: Event) -> str:
            return hashlib.sha256(self.body).hexdigest()

    return variant(settings, webhook=ByBody, ledger=FulfillingLedger)


@defect(
    source="D26, synthetic",
    fails="RP-03 RP-04 RP-06 RP-07 CV-01 CV-02 CV-03",
    may="RP-05",
    known_as="duplicates recognised by the signature header",
    fix=(
        "Recognise a duplicate by the event's id, and make the order unique by its Checkout Session. Stripe signs "
        "every attempt anew."
    ),
)
def duplicates_known_by_signature(settings: Settings) -> WSGIApp:
    """Duplicates are known by their Stripe-Signature header, which every attempt has anew."""

    class BySignature(KeyedWebhook):
        def key(self, event: Event) -> str:
            return self.header

    return variant(settings, webhook=BySignature, ledger=FulfillingLedger)


@defect(
    source="D33",
    fails="RP-03",
    known_as="duplicates refused with 409 for ever",
    fix=(
        "Answer 2xx to an event that was handled before. After any other status Stripe delivers it again, for up to "
        "three days."
    ),
)
def duplicate_refused_for_ever(settings: Settings) -> WSGIApp:
    """A duplicate is answered 409 however often it comes, so that Stripe retries it for days."""

    class Refusing(Webhook):
        def take(self, event: Event) -> None:
            if not self._ledger.record(event.id, event.type, facts_in(event)):
                raise falcon.HTTPConflict(title="The event was handled before")

    return variant(settings, webhook=Refusing)


@defect(
    source="D26, D45",
    fails="RP-03 RF-05 CV-01 CV-02",
    known_as="refund added again with each delivery",
    fix=(
        "Store each refund once under its refund id, and compute the refunded amount from the refunds that are stored. "
        "Add nothing up on delivery."
    ),
)
def repeated_refund_counted_again(settings: Settings) -> WSGIApp:
    """A refund is added to the amount refunded each time its refund.created is delivered."""

    class Adding(Webhook):
        def take(self, event: Event) -> None:
            super().take(event)
            if event.type == "refund.created":
                again, *_ = facts_in(event)
                self._ledger.record(str(uuid.uuid4()), event.type, [self._delivered(again)])

        def _delivered(self, refund: Fact) -> Fact:
            """The first delivery counts as the refund itself, each later one as a refund of its own."""
            self._seen[refund.stripe_id] = number = self._seen.get(refund.stripe_id, 0) + 1
            return refund if number == 1 else refund._replace(stripe_id=f"{refund.stripe_id} {number}")

        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._seen: dict[str, int] = {}

    return variant(settings, webhook=Adding)
