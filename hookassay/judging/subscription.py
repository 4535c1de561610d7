"""What a subscription loses: Stripe does not send what an endpoint is not subscribed to, and nothing can mend that.

Source: docs.stripe.com/api/events/types; docs.stripe.com/refunds; docs.stripe.com/disputes/how-disputes-work.
"""

from __future__ import annotations

from collections.abc import Collection

_PAYMENT = ("checkout.session.completed", "payment_intent.succeeded", "charge.succeeded")
_ARRIVAL = ("checkout.session.async_payment_succeeded", "payment_intent.succeeded", "charge.succeeded")
_REFUND = ("charge.refunded", "refund.created", "refund.updated")
_REFUND_CHANGE = ("refund.updated", "charge.refund.updated")
_DISPUTE = ("charge.dispute.created",)

_LOSSES: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    # Any of these is enough; it matters only with one of these; what is lost without.
    (_PAYMENT, (), "a payment is never seen"),
    (_ARRIVAL, _PAYMENT, "a delayed payment that arrives days later is never marked as paid"),
    (
        ("checkout.session.async_payment_failed", "payment_intent.payment_failed", "charge.failed"),
        _PAYMENT,
        "an order whose delayed payment fails waits for ever",
    ),
    (("checkout.session.expired",), _PAYMENT, "an order whose checkout is abandoned waits for ever"),
    (_REFUND, _PAYMENT, "a refund is never seen"),
    (("refund.failed", *_REFUND_CHANGE), _REFUND, "a refund that fails later stays marked as refunded"),
    (_REFUND_CHANGE, ("refund.created",), "a pending refund that succeeds or is canceled later is not seen"),
    (_DISPUTE, _PAYMENT, "a dispute is never seen"),
    (("charge.dispute.closed",), _DISPUTE, "a dispute stays open after it was won or lost"),
    (
        ("charge.dispute.updated", "charge.dispute.funds_withdrawn"),
        _DISPUTE,
        "an inquiry that becomes a chargeback is not seen",
    ),
)


def losses(events: Collection[str] | None) -> tuple[str, ...]:
    """What an endpoint with this subscription cannot know, a sentence each; None, all events, loses nothing."""
    if events is None:
        return ()
    known = set(events)
    return tuple(
        f"not subscribed to {' or '.join(enough)}: {lost}"
        for enough, matters, lost in _LOSSES
        if not known.intersection(enough) and (not matters or known.intersection(matters))
    )
