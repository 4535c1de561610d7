"""Endpoints that handle only some event types, or learn the same from others than the reference server does."""

from __future__ import annotations

from collections.abc import Sequence

from hookassay.server.event import Event
from hookassay.server.facts import Fact, facts_in
from hookassay.server.ledger import Ledger
from hookassay.server.webhook import Webhook

from .variant import App, variant

FOUR = frozenset(
    ["checkout.session.completed", "charge.refunded", "charge.dispute.created", "payment_intent.payment_failed"]
)
PAYS = frozenset(["charge.succeeded", "payment_intent.succeeded"])


class FourTypes(Webhook):
    """Handles the four types that it is subscribed to and no others."""

    def concerns_us(self, event: Event) -> bool:
        """Whether it is of one of the four types."""
        return event.type in FOUR and super().concerns_us(event)


def four_types() -> App:
    """Only four event types have an effect."""
    return variant(webhook=FourTypes)


class ChargesOnly(Webhook):
    """Learns of refunds from charge.refunded and charge.refund.updated."""

    def concerns_us(self, event: Event) -> bool:
        """Whether it has an effect, which refund.* have not."""
        return not event.type.startswith("refund.") and super().concerns_us(event)


def charges_only() -> App:
    """Ignores refund.*; refunds are learnt from charge.* events."""
    return variant(webhook=ChargesOnly)


class RefundsOnly(Webhook):
    """Learns of refunds from refund.created, refund.updated and refund.failed."""

    def concerns_us(self, event: Event) -> bool:
        """Whether it has an effect, which charge.refund* have not."""
        return not event.type.startswith("charge.refund") and super().concerns_us(event)


def refunds_only() -> App:
    """Ignores charge.refunded and charge.refund.updated; refunds are learnt from refund.* events."""
    return variant(webhook=RefundsOnly)


class PaidByPayment(Webhook):
    """A completed session says whose payment it is; that it is paid is learnt from the payment itself."""

    def take(self, event: Event) -> None:
        """Store what the event says, its facts read as this endpoint reads them."""
        self._ledger.record(event.id, event.type, tuple(self._read(event, fact) for fact in facts_in(event)))

    @staticmethod
    def _read(event: Event, fact: Fact) -> Fact:
        if fact.kind == "session" and fact.status == "paid" and fact.payment_intent is not None:
            return fact._replace(status="pending", rank=1)
        if fact.kind == "charge" and event.type in PAYS:
            return fact._replace(status="paid", rank=1)
        return fact


class PaymentLedger(Ledger):
    """Orders are paid once a charge of their payment is; a payment whose session is not known yet is parked."""

    def claimed(self, payments: Sequence[str], alone: Sequence[str]) -> list[tuple[Fact, list[Fact]]]:
        """As ever, and each session says whether its payment has arrived."""
        return [
            (session._replace(status="paid") if any(other.status == "paid" for other in known) else session, known)
            for session, known in super().claimed(payments, alone)
        ]


def paid_by_payment() -> App:
    """Orders are made by checkout.session.completed, and paid by payment_intent.succeeded or charge.succeeded."""
    return variant(webhook=PaidByPayment, ledger=PaymentLedger)
