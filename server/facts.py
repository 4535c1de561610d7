"""What is known of a payment, and the order computed from it.

Stripe delivers events late, twice and in any order (https://docs.stripe.com/webhooks#event-ordering). So nothing here
asks when an event was made or came. Each event is read as *facts*, each about one Stripe object, and facts only grow: a
status gives way only to one of a higher rank, an amount only to a larger one, a link once known stays. The same facts
give the same order, whichever way they came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import NamedTuple

from .event import LARGEST_AMOUNT, Event, amount, currency, free_text, identifier, reference, word
from .money import major

SESSION_RANK = {"pending": 1, "expired": 2, "failed": 3, "paid": 4}
"""A payment that arrived is never taken back by an event about an earlier attempt."""

REFUND_RANK = {"pending": 1, "requires_action": 2, "succeeded": 3, "canceled": 4, "failed": 5}
"""A refund can fail up to 30 days after it succeeded, never the other way round (https://docs.stripe.com/refunds)."""

DISPUTE_RANK = {
    "warning_needs_response": 1,
    "warning_under_review": 2,
    "warning_closed": 3,
    "needs_response": 4,  # above the warnings: an inquiry can escalate, even a closed one
    "under_review": 5,
    "appeal_needs_response": 6,
    "appeal_under_review": 7,
    "lost": 8,
    "won": 9,  # "in rare cases the status can change from lost to won": https://docs.stripe.com/disputes/how-disputes-work
}
INQUIRY = frozenset(["warning_needs_response", "warning_under_review"])
DISPUTED = frozenset(["needs_response", "under_review", "appeal_needs_response", "appeal_under_review"])


class Fact(NamedTuple):
    """What one event says about one Stripe object. Amounts are in minor units; None is "not said"."""

    kind: str
    """session, charge, refund or dispute."""
    stripe_id: str
    payment_intent: str | None = None
    charge: str | None = None
    """The charge that a refund or dispute is of."""
    status: str | None = None
    rank: int = 0
    """How far the object has come; of two statuses the one with the higher rank is believed."""
    amount: int | None = None
    """session: amount_total. charge: amount_refunded, which is cumulative. refund, dispute: amount."""
    currency: str | None = None
    user_id: str | None = None


class Order(NamedTuple):
    """The columns of an order that follow from facts. Amounts are in minor units, `total_amount` in the major unit."""

    user_id: str | None
    stripe_session_id: str
    stripe_payment_intent: str | None
    status: str
    refund_status: str
    dispute_status: str
    currency: str | None
    amount_total: int | None
    amount_refunded: int
    total_amount: Decimal | None


def facts_in(event: Event) -> tuple[Fact, ...]:
    """The facts that `event` states, the object's own first; none for a type that is not in READERS.

    Raises MalformedEventError where the object lacks its id or a field it needs is of the wrong type.
    """
    read = READERS.get(event.type)
    return read(event) if read else ()


def order_from(session: Fact, known: Iterable[Fact]) -> Order:
    """The order of `session` as it follows from all that is `known` of its payment, in any sequence."""
    known = tuple(known)
    refunded = amount_refunded(known)
    return Order(
        user_id=session.user_id,
        stripe_session_id=session.stripe_id,
        stripe_payment_intent=session.payment_intent,
        status=session.status or "pending",
        refund_status=refund_status(refunded, session.amount),
        dispute_status=dispute_status(known),
        currency=session.currency,
        amount_total=session.amount,
        amount_refunded=refunded,
        total_amount=major(session.amount, session.currency),
    )


def amount_refunded(known: Iterable[Fact]) -> int:
    """How much has gone back to the customer, in minor units.

    Two sources say it and either may be late: the refunds themselves, and the charge's running total, in which a refund
    that failed later may still be counted. So: the larger of the refunds that have not failed, and the largest total
    seen less the refunds that have. Never more than any single amount may be, which every database can hold.
    """
    standing = failed = total = 0
    for fact in known:
        if fact.kind == "refund":
            if fact.status in ("failed", "canceled"):
                failed += fact.amount or 0
            else:
                standing += fact.amount or 0
        elif fact.kind == "charge":
            total += fact.amount or 0
    return min(max(standing, total - failed, 0), LARGEST_AMOUNT)


def refund_status(refunded: int, total: int | None) -> str:
    """none, partially_refunded or refunded, for `refunded` of `total` minor units."""
    if refunded <= 0:
        return "none"
    return "refunded" if total is not None and refunded >= total else "partially_refunded"


def dispute_status(known: Iterable[Fact]) -> str:
    """The state of all disputes together, worst first: disputed, lost, inquiry, won or none.

    One dispute that is still open keeps the order disputed whatever became of the others. An inquiry moves no money; a
    closed one leaves no trace. A status that this server does not know counts as nothing.
    """
    statuses = {fact.status for fact in known if fact.kind == "dispute"}
    if statuses & DISPUTED:
        return "disputed"
    if "lost" in statuses:
        return "lost"
    if statuses & INQUIRY:
        return "inquiry"
    return "won" if "won" in statuses else "none"


def session_status(event: Event) -> str:
    """pending, expired, failed or paid: what a checkout.session event says about the payment.

    Only an event that reports a payment can say paid: an expired session may well read `no_payment_required`.
    https://docs.stripe.com/checkout/fulfillment fulfils whatever is not `unpaid`.
    """
    if event.type == "checkout.session.async_payment_succeeded":
        return "paid"
    if event.type == "checkout.session.async_payment_failed":
        return "failed"
    if event.type == "checkout.session.expired":
        return "expired"
    return "paid" if word(event.object, "payment_status") in ("paid", "no_payment_required") else "pending"


def _session(event: Event) -> tuple[Fact, ...]:
    session = event.object
    if word(session, "mode") == "setup":
        return ()  # saves a payment method for later: there is nothing to pay and so no order
    status = session_status(event)
    metadata = session.get("metadata")
    return (
        Fact(
            kind="session",
            stripe_id=identifier(session, "id"),
            payment_intent=reference(session, "payment_intent"),
            status=status,
            rank=SESSION_RANK[status],
            amount=amount(session, "amount_total"),
            currency=currency(session),
            user_id=free_text(metadata.get("user_id")) if isinstance(metadata, dict) else None,
        ),
    )


def _charge(event: Event) -> tuple[Fact, ...]:
    charge = event.object
    return (
        Fact(
            kind="charge",
            stripe_id=identifier(charge, "id"),
            payment_intent=reference(charge, "payment_intent"),
            amount=amount(charge, "amount_refunded"),
        ),
    )


def _payment_intent(event: Event) -> tuple[Fact, ...]:
    return _charge_named(reference(event.object, "latest_charge"), identifier(event.object, "id"))


def _refund(event: Event) -> tuple[Fact, ...]:
    return _against_charge(event, "refund", REFUND_RANK)


def _dispute(event: Event) -> tuple[Fact, ...]:
    return _against_charge(event, "dispute", DISPUTE_RANK)


def _against_charge(event: Event, kind: str, ranks: dict[str, int]) -> tuple[Fact, ...]:
    """A refund or dispute, and the charge it is of: either of its two links may be null, never both usefully."""
    status = word(event.object, "status")
    rank = ranks.get(status or "", 0)
    charge, payment_intent = reference(event.object, "charge"), reference(event.object, "payment_intent")
    own = Fact(
        kind=kind,
        stripe_id=identifier(event.object, "id"),
        payment_intent=payment_intent,
        charge=charge,
        status=status if rank else None,
        rank=rank,
        amount=amount(event.object, "amount"),
    )
    return (own, *_charge_named(charge, payment_intent))


def _charge_named(charge: str | None, payment_intent: str | None) -> tuple[Fact, ...]:
    """The mention of a charge beside its payment: what a refund that names only the charge is found by."""
    return (Fact("charge", charge, payment_intent),) if charge else ()


READERS: dict[str, Callable[[Event], tuple[Fact, ...]]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "charge.captured": _charge,
    "charge.failed": _charge,
    "charge.pending": _charge,
    "charge.refunded": _charge,
    "charge.succeeded": _charge,
    "charge.updated": _charge,
    "charge.refund.updated": _refund,
    "refund.created": _refund,
    "refund.failed": _refund,
    "refund.updated": _refund,
    "charge.dispute.closed": _dispute,
    "charge.dispute.created": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.updated": _dispute,
    "payment_intent.payment_failed": _payment_intent,
    "payment_intent.processing": _payment_intent,
    "payment_intent.succeeded": _payment_intent,
}
"""Every event type that states a fact, and how it is read. Other types are acknowledged and have no effect."""
