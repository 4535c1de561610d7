"""What each Stripe event does to orders."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert  # on PostgreSQL: sqlalchemy.dialects.postgresql
from sqlalchemy.orm import InstrumentedAttribute, Session

from .database import Dispute, Order, Payment, Refund, Stage, StripeEvent

Object = Mapping[str, Any]

STAGES = {
    "warning_needs_response": Stage.INQUIRY,
    "warning_under_review": Stage.INQUIRY,
    "warning_closed": Stage.INQUIRY_CLOSED,
    "needs_response": Stage.DISPUTED,
    "under_review": Stage.DISPUTED,
    "lost": Stage.LOST,
    "won": Stage.WON,
}


def apply(engine: Engine, event: Object) -> None:
    """Apply an event, once: its id and its effect are stored together, or neither is.

    Raises sqlalchemy.exc.SQLAlchemyError where the database cannot store it; let Stripe deliver it again.
    """
    handle = HANDLERS.get(event["type"])
    if handle is None:
        return  # Stripe adds event types; the ones that do not concern us are acknowledged
    with Session(engine) as session, session.begin():
        recorded = insert(StripeEvent).values(id=event["id"], type=event["type"]).on_conflict_do_nothing()
        if session.scalar(recorded.returning(StripeEvent.id)):  # nothing is returned of one that was there
            handle(session, event["data"]["object"])


def completed(session: Session, checkout: Object) -> None:
    """The customer finished a Checkout Session; the payment may take days yet."""
    finished(session, checkout, "pending" if checkout["payment_status"] == "unpaid" else "paid")


def succeeded(session: Session, checkout: Object) -> None:
    """A payment that took days arrived."""
    finished(session, checkout, "paid")


def failed(session: Session, checkout: Object) -> None:
    """A payment that took days failed."""
    finished(session, checkout, "failed")


def finished(session: Session, checkout: Object, status: str) -> None:
    """Make the order of a Checkout Session unless it is there, and let it advance to `status`."""
    if checkout["mode"] == "setup":
        return  # it saves a card for later, and sells nothing
    payment = payment_of(session, checkout)
    order = locked(
        session,
        Order.checkout_session,
        checkout["id"],
        payment_intent=checkout.get("payment_intent"),
        customer_reference=checkout.get("client_reference_id"),
        currency=checkout.get("currency"),
        total=checkout.get("amount_total"),
    )
    order.advance(status)
    if payment:
        order.settle(payment)


def charge_refunded(session: Session, charge: Object) -> None:
    """A charge says how much of it has been given back in all."""
    payment = payment_of(session, charge)
    if payment:
        payment.charge_refunded = max(payment.charge_refunded, charge["amount_refunded"])
        settle_order(payment)


def refund(session: Session, subject: Object) -> None:
    """A refund was made, or it changed."""
    payment = payment_of(session, subject)
    if payment:
        row = locked(session, Refund.id, subject["id"], payment_intent=payment.intent, amount=subject["amount"])
        row.failed = row.failed or subject["status"] in ("failed", "canceled")
        settle_order(payment)


def dispute(session: Session, subject: Object) -> None:
    """A dispute was opened, or it changed. A status that we do not know leaves it as it is."""
    payment = payment_of(session, subject)
    if payment:
        row = locked(session, Dispute.id, subject["id"], payment_intent=payment.intent)
        row.stage = max(row.stage, STAGES.get(subject["status"], Stage.UNKNOWN))
        settle_order(payment)


def payment_of(session: Session, subject: Object) -> Payment | None:
    """The payment that a Stripe object belongs to, locked until the transaction ends; None if it belongs to none."""
    intent = subject.get("payment_intent")
    return None if intent is None else locked(session, Payment.intent, intent)


def locked(session: Session, key: InstrumentedAttribute[str], value: str, **others: Any) -> Any:
    """The row whose unique `key` has that value, made with the `others` if it is not there, and locked.

    The unique key decides who makes it, not a look beforehand: two events may arrive at the same instant.
    """
    table = key.class_
    session.execute(insert(table).values({key.key: value, **others}).on_conflict_do_nothing())
    return session.execute(select(table).where(key == value).with_for_update()).scalar_one()


def settle_order(payment: Payment) -> None:
    """Bring the payment's order up to date. There may be none yet: it is settled when its checkout completes."""
    if payment.order:
        payment.order.settle(payment)


HANDLERS: Mapping[str, Callable[[Session, Object], None]] = {
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
