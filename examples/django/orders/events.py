"""What each Stripe event does to orders."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from .models import Dispute, Order, Payment, Refund, StripeEvent

Object = Mapping[str, Any]

STAGES = {
    "warning_needs_response": Dispute.Stage.INQUIRY,
    "warning_under_review": Dispute.Stage.INQUIRY,
    "warning_closed": Dispute.Stage.INQUIRY_CLOSED,
    "needs_response": Dispute.Stage.OPEN,
    "under_review": Dispute.Stage.OPEN,
    "lost": Dispute.Stage.LOST,
    "won": Dispute.Stage.WON,
}


def apply(event: Object) -> None:
    """Apply an event, once: its id and its effect are stored together, or neither is.

    Raises django.db.DatabaseError where the database cannot store it; let Stripe deliver it again.
    """
    handle = HANDLERS.get(event["type"])
    if handle is None:
        return  # Stripe adds event types; the ones that do not concern us are acknowledged
    with transaction.atomic():
        _, new = StripeEvent.objects.get_or_create(id=event["id"], defaults={"type": event["type"]})
        if new:
            handle(event["data"]["object"])


def completed(session: Object) -> None:
    """The customer finished a Checkout Session; the payment may take days yet."""
    checkout(session, Order.Status.PENDING if session["payment_status"] == "unpaid" else Order.Status.PAID)


def succeeded(session: Object) -> None:
    """A payment that took days arrived."""
    checkout(session, Order.Status.PAID)


def failed(session: Object) -> None:
    """A payment that took days failed."""
    checkout(session, Order.Status.FAILED)


def checkout(session: Object, status: str) -> None:
    """Make the order of a Checkout Session unless it is there, and let it advance to `status`."""
    if session["mode"] == "setup":
        return  # it saves a card for later, and sells nothing
    payment = payment_of(session)
    made, _ = Order.objects.get_or_create(
        checkout_session=session["id"],
        defaults={
            "payment": payment,
            "customer_reference": session.get("client_reference_id"),
            "currency": session.get("currency"),
            "total": session.get("amount_total"),
        },
    )
    order = Order.objects.select_for_update().get(pk=made.pk)
    order.advance(status)
    if payment:
        order.settle(payment)
    order.save()


def charge_refunded(charge: Object) -> None:
    """A charge says how much of it has been given back in all."""
    payment = payment_of(charge)
    if payment:
        payment.charge_refunded = max(payment.charge_refunded, charge["amount_refunded"])
        payment.save()
        settle_order(payment)


def refund(subject: Object) -> None:
    """A refund was made, or it changed."""
    payment = payment_of(subject)
    if payment:
        row, _ = Refund.objects.get_or_create(
            stripe_id=subject["id"], defaults={"payment": payment, "amount": subject["amount"]}
        )
        row.failed = row.failed or subject["status"] in ("failed", "canceled")
        row.save()
        settle_order(payment)


def dispute(subject: Object) -> None:
    """A dispute was opened, or it changed. A status that we do not know leaves it as it is."""
    payment = payment_of(subject)
    if payment:
        row, _ = Dispute.objects.get_or_create(stripe_id=subject["id"], defaults={"payment": payment})
        row.stage = max(row.stage, STAGES.get(subject["status"], Dispute.Stage.UNKNOWN))
        row.save()
        settle_order(payment)


def payment_of(subject: Object) -> Payment | None:
    """The payment that a Stripe object belongs to, locked until the transaction ends; None if it belongs to none."""
    intent = subject.get("payment_intent")
    if intent is None:
        return None
    Payment.objects.get_or_create(intent=intent)
    return Payment.objects.select_for_update().get(intent=intent)


def settle_order(payment: Payment) -> None:
    """Bring the payment's order up to date. There may be none yet: it is settled when its checkout completes."""
    order = Order.objects.filter(payment=payment).first()
    if order:
        order.settle(payment)
        order.save()


HANDLERS: Mapping[str, Callable[[Object], None]] = {
    "checkout.session.completed": completed,
    "checkout.session.async_payment_succeeded": succeeded,
    "checkout.session.async_payment_failed": failed,
    "charge.refunded": charge_refunded,
    "refund.created": refund,
    "refund.updated": refund,
    "refund.failed": refund,
    "charge.dispute.created": dispute,
    "charge.dispute.updated": dispute,
    "charge.dispute.closed": dispute,
    "charge.dispute.funds_withdrawn": dispute,
    "charge.dispute.funds_reinstated": dispute,
}
"""Event type → what it does. Subscribe the endpoint to exactly these."""
