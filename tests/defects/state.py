"""Defects of state: what an order ends as although every event came once and in turn, or which order it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hookassay.server import facts
from hookassay.server.event import Event, reference, word
from hookassay.server.facts import READERS, REFUND_RANK, Fact, facts_in
from hookassay.server.ledger import Ledger
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .registry import WSGIApp, defect
from .variant import execute, variant

REFUND_EVENTS = ("charge.refunded", "charge.refund.updated", "refund.created", "refund.updated", "refund.failed")
DISPUTE_EVENTS = tuple(name for name in READERS if name.startswith("charge.dispute."))

# How more than two of the defects below are mended.
REFUND_BY_PAYMENT = (
    "Store the session's payment_intent with the order, and find the order of a refund or refunded charge by it. "
    "Neither object carries the Checkout Session's id."
)
DISPUTE_BY_PAYMENT = (
    "Store the session's payment_intent with the order, and find the order of a dispute by the payment_intent that it "
    "names, or by its charge."
)


def reading(glance: Callable[[Event], object], *event_types: str) -> None:
    """Let something be read from events of these types, on the way, that need not be there."""

    def glancing(read: Callable[[Event], tuple[Fact, ...]]) -> Callable[[Event], tuple[Fact, ...]]:
        def both(event: Event) -> tuple[Fact, ...]:
            glance(event)
            return read(event)

        return both

    for event_type in event_types:
        READERS[event_type] = glancing(READERS[event_type])


# --- what is not handled ----------------------------------------------------------------------------------------------


@defect(
    source="synthetic",
    fails="OR-01",
    known_as="paid checkout left pending",
    fix=(
        "Make the order paid on checkout.session.completed if its payment_status is not unpaid, and on "
        "checkout.session.async_payment_succeeded."
    ),
)
def never_paid(settings: Settings) -> WSGIApp:
    """A paid checkout makes an order that stays pending for ever."""
    facts.session_status = lambda event: "pending"
    return variant(settings)


@defect(
    source="D43",
    fails="RF-01 RF-06 RF-12",
    known_as="refund events acknowledged and ignored",
    fix=(
        "Handle charge.refunded and the refund events: find the order by payment_intent, and record how much was given "
        "back and whether it failed."
    ),
)
def refunds_ignored(settings: Settings) -> WSGIApp:
    """Refunds are acknowledged and not handled."""
    for event_type in REFUND_EVENTS:
        del READERS[event_type]
    return variant(settings)


@defect(
    source="D51",
    fails="DP-01 DP-02 DP-04",
    known_as="dispute events acknowledged and ignored",
    fix=(
        "Handle the charge.dispute events: find the order by the dispute's payment_intent or charge, and record the "
        "dispute's status."
    ),
)
def disputes_ignored(settings: Settings) -> WSGIApp:
    """Disputes are acknowledged and not handled."""
    for event_type in DISPUTE_EVENTS:
        del READERS[event_type]
    return variant(settings)


@defect(
    source="D47",
    fails="RF-08 RF-09 CV-01",
    known_as="failed refund that still counts",
    fix=(
        "Handle refund.failed, and refund.updated and charge.refund.updated with the status failed: the customer did "
        "not get the money, so that the order is not refunded."
    ),
)
def failed_refund_counts(settings: Settings) -> WSGIApp:
    """A refund counts although it failed."""
    del REFUND_RANK["failed"]
    return variant(settings)


@defect(
    source="D50",
    fails="DP-04 CV-01 CV-02",
    known_as="closing of disputes ignored",
    fix=(
        "Handle charge.dispute.closed, and record the outcome that the dispute's status tells: won, lost or "
        "warning_closed."
    ),
)
def dispute_closing_ignored(settings: Settings) -> WSGIApp:
    """charge.dispute.closed is acknowledged and not handled, so that a lost dispute stays open for ever."""
    del READERS["charge.dispute.closed"]
    return variant(settings)


# --- what is read without asking whether it is there ------------------------------------------------------------------


@defect(
    source="D54",
    fails="OR-07",
    known_as="customer details demanded of every session",
    fix="Expect customer_details and the email in it to be null, and process the payment all the same.",
)
def customer_details_demanded(settings: Settings) -> WSGIApp:
    """The customer's e-mail is read from customer_details, which may be null: a 500 for ever."""
    reading(lambda event: event.object["customer_details"]["email"], "checkout.session.completed")
    return variant(settings)


@defect(
    source="D54",
    fails="OR-07",
    known_as="metadata demanded of every session",
    fix=(
        "Expect metadata to be empty or null, and acknowledge the event all the same. Sessions that another "
        "integration made lack yours."
    ),
)
def metadata_demanded(settings: Settings) -> WSGIApp:
    """The user's id is read from metadata, which may be null: a 500 for ever."""
    reading(lambda event: event.object["metadata"].get("user_id"), "checkout.session.completed")
    return variant(settings)


# --- which order it is ------------------------------------------------------------------------------------------------


class Neighbourly(Webhook):
    """A webhook resource that knows each customer's payments."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        super().__init__(settings, ledger)
        self._payments: dict[str, list[str]] = {}

    def take(self, event: Event) -> None:
        """As it must be, and whose payment it was is kept."""
        super().take(event)
        customer, payment = word(event.object, "customer"), reference(event.object, "payment_intent")
        if customer and payment and event.type == "checkout.session.completed":
            known = self._payments.setdefault(customer, [])
            if payment not in known:
                known.append(payment)

    def payments_of(self, event: Event) -> list[str]:
        """The payments of the customer whom a charge names, oldest first."""
        return self._payments.get(word(event.object, "customer") or "", [])


@defect(
    source="synthetic",
    fails="OO-11",
    known_as="refund of an unknown payment booked by customer",
    fix=(
        "Apply a refund only to the order that has its payment_intent or charge. Keep or acknowledge one of an unknown "
        "payment, and never guess its order."
    ),
)
def stranger_refund_applied(settings: Settings) -> WSGIApp:
    """The refund of a payment that no order knows is applied to the customer's latest order."""

    class Guessing(Neighbourly):
        def take(self, event: Event) -> None:
            payments = self.payments_of(event)
            if event.type == "charge.refunded" and payments and event.object["payment_intent"] not in payments:
                guess = {"id": f"{event.object['id']} guessed", "payment_intent": payments[-1]}
                event = replace(event, object={**event.object, **guess})
            super().take(event)

    return variant(settings, webhook=Guessing)


@defect(
    source="synthetic",
    fails="OO-11 OR-09 RF-06 CV-03",
    known_as="refunds looked up by customer",
    fix=REFUND_BY_PAYMENT,
)
def refund_found_by_customer(settings: Settings) -> WSGIApp:
    """A refunded charge's orders are found by customer and amount, and not by its payment."""

    class ByCustomer(Neighbourly):
        def take(self, event: Event) -> None:
            super().take(event)
            if event.type == "charge.refunded":
                (charge,) = facts_in(event)
                for payment in set(self.payments_of(event)) - {charge.payment_intent}:
                    alike = charge._replace(stripe_id=f"{charge.stripe_id} {payment}", payment_intent=payment)
                    self._ledger.record(f"{event.id} {payment}", event.type, [alike])

    return variant(settings, webhook=ByCustomer)


@defect(
    source="ORIGIN, D43",
    fails="RF-01 RF-06 RF-12",
    known_as="refunds looked up by session id",
    fix=REFUND_BY_PAYMENT,
)
def refund_compared_with_session_id(settings: Settings) -> WSGIApp:
    """A refund's order is the one whose session id equals the refund's payment intent: there is none."""

    class Comparing(Webhook):
        def take(self, event: Event) -> None:
            if event.type in REFUND_EVENTS:
                sql = "UPDATE orders SET refund_status = 'refunded' WHERE stripe_session_id = ?"
                execute(self._ledger, sql, event.object["payment_intent"])
            else:
                super().take(event)

    return variant(settings, webhook=Comparing)


@defect(
    source="ORIGIN, D49",
    fails="DP-01 DP-02 DP-04",
    known_as="disputes looked up by session id",
    fix=DISPUTE_BY_PAYMENT,
)
def dispute_compared_with_session_id(settings: Settings) -> WSGIApp:
    """A dispute's order is the one whose session id equals the dispute's payment intent: there is none."""

    class Comparing(Webhook):
        def take(self, event: Event) -> None:
            if event.type in DISPUTE_EVENTS:
                sql = "UPDATE orders SET dispute_status = 'disputed' WHERE stripe_session_id = ?"
                execute(self._ledger, sql, event.object["payment_intent"])
            else:
                super().take(event)

    return variant(settings, webhook=Comparing)


@defect(
    source="D43",
    fails="RF-01 RF-06 RF-12",
    known_as="refunds looked up by their own id",
    fix=REFUND_BY_PAYMENT,
)
def refund_found_by_its_own_id(settings: Settings) -> WSGIApp:
    """A refund's or refunded charge's order is looked up by the id of that object, which no order knows."""

    def own_id(read: Callable[[Event], tuple[Fact, ...]]) -> Callable[[Event], tuple[Fact, ...]]:
        def misread(event: Event) -> tuple[Fact, ...]:
            own = event.object["id"]
            # Under another id, since the ledger already knows the payment of a charge that it has met.
            return read(replace(event, object={**event.object, "id": f"{own} ", "charge": None, "payment_intent": own}))

        return misread

    for event_type in REFUND_EVENTS:
        READERS[event_type] = own_id(READERS[event_type])
    return variant(settings)


@defect(
    source="D49",
    fails="DP-01 DP-02 DP-04",
    known_as="disputes looked up by their own id",
    fix=DISPUTE_BY_PAYMENT,
)
def dispute_found_by_its_own_id(settings: Settings) -> WSGIApp:
    """A dispute's own id is taken for that of the charge, which no order knows."""

    def as_charge(read: Callable[[Event], tuple[Fact, ...]]) -> Callable[[Event], tuple[Fact, ...]]:
        return lambda event: read(
            replace(event, object={**event.object, "charge": event.object["id"], "payment_intent": None})
        )

    for event_type in DISPUTE_EVENTS:
        READERS[event_type] = as_charge(READERS[event_type])
    return variant(settings)


@defect(
    source="D49",
    fails="DP-01 DP-02 DP-04",
    known_as="dispute object read as a charge",
    fix=(
        "Read the object of a charge.dispute event as a Dispute: it names its charge and payment_intent, has an amount "
        "and a status, and no amount_refunded."
    ),
)
def dispute_read_as_charge(settings: Settings) -> WSGIApp:
    """A dispute is read as a charge, whose amount_refunded it does not have: a 500 for ever."""
    reading(lambda event: event.object["amount_refunded"], *DISPUTE_EVENTS)
    return variant(settings)


@defect(
    source="synthetic",
    fails="DP-02 CV-03",
    known_as="disputes looked up by e-mail address",
    fix=DISPUTE_BY_PAYMENT,
)
def dispute_found_by_email(settings: Settings) -> WSGIApp:
    """A dispute is taken for the latest order of the customer's e-mail, whichever it was for."""

    class ByEmail(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._latest: dict[object, object] = {}

        def take(self, event: Event) -> None:
            if event.type == "checkout.session.completed":
                details = event.object["customer_details"] or {}
                self._latest[details.get("email")] = event.object["payment_intent"]
            elif event.type in DISPUTE_EVENTS:
                email = event.object["evidence"]["customer_email_address"]
                latest = self._latest.get(email, event.object["payment_intent"])
                event = replace(event, object={**event.object, "charge": None, "payment_intent": latest})
            super().take(event)

    return variant(settings, webhook=ByEmail)
