"""The webhook view, and what each event type does."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import stripe
from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .models import AppliedEvent, Dispute, Order, Refund

log = logging.getLogger(__name__)

PAID = ("paid", "no_payment_required")


class TooEarly(Exception):  # noqa: N818  # it is no error, it is told to come again
    """What the event is about needs an order that is not there yet."""


class Unreadable(ValueError):  # noqa: N818
    """The event is not what Stripe documents."""


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Verify, apply, acknowledge."""
    try:
        stripe.WebhookSignature.verify_header(
            request.body, request.headers.get("Stripe-Signature"), settings.STRIPE_WEBHOOK_SECRET, tolerance=300
        )
    except Exception as error:  # the library raises more than it documents, all of it for what Stripe never sends
        log.warning("refused: %s", type(error).__name__)
        return HttpResponse(status=400)
    try:
        apply(event_in(request.body))
    except Unreadable as error:
        log.warning("unreadable: %s", error)
        return HttpResponse(status=400)
    except TooEarly:
        return HttpResponse(status=409)
    except DatabaseError:
        log.exception("not stored")
        return HttpResponse(status=503)
    return HttpResponse()


def event_in(body: bytes) -> Mapping[str, Any]:
    """The snapshot event that a body holds."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("JSON") from None
    if not isinstance(event, dict) or event.get("object") != "event":
        raise Unreadable("object")
    return event


def apply(event: Mapping[str, Any]) -> None:
    """Let an event have its effect, once; either its id is recorded and its effect is there, or neither."""
    handle = HANDLERS.get(text(event, "type"))
    if handle is None:
        return
    data = event.get("data")
    subject = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(subject, Mapping):
        raise Unreadable("data")
    with transaction.atomic():
        _, new = AppliedEvent.objects.get_or_create(event_id=text(event, "id"))
        if new:
            handle(subject)


def completed(session: Mapping[str, Any]) -> None:
    """The customer has finished; the money is there unless the payment takes days."""
    checkout(session, paid=session.get("payment_status") in PAID)


def succeeded(session: Mapping[str, Any]) -> None:
    """The money of a slow payment arrived."""
    checkout(session, paid=True)


def checkout(session: Mapping[str, Any], *, paid: bool) -> None:
    """Make the order unless it is there, and mark it paid; nothing here takes that back."""
    if session.get("mode") == "setup":
        return
    order, new = Order.objects.get_or_create(checkout_session=text(session, "id"))
    order = Order.objects.select_for_update().get(pk=order.pk)
    if new:
        order.payment_intent = text(session, "payment_intent") if session.get("payment_intent") else None
        order.set_price(whole(session, "amount_total"), session.get("currency"))
    order.is_paid = order.is_paid or paid
    order.save()


def charge_refunded(charge: Mapping[str, Any]) -> None:
    """A charge tells how much of it has been given back in all."""
    order = order_of(charge)
    order.charge_refunded_minor = max(order.charge_refunded_minor, whole(charge, "amount_refunded") or 0)
    order.reckon()
    order.save()


def refund(subject: Mapping[str, Any]) -> None:
    """One refund was made, or changed."""
    if not subject.get("payment_intent"):
        return  # the refund of something that was not paid through Checkout
    order = order_of(subject)
    defaults = {"order": order, "amount": whole(subject, "amount") or 0}
    row, _ = Refund.objects.get_or_create(refund_id=text(subject, "id"), defaults=defaults)
    row.learn(text(subject, "status"))
    row.save()
    order.reckon()
    order.save()


def dispute(subject: Mapping[str, Any]) -> None:
    """One dispute was opened, or changed."""
    order = order_of(subject)
    row, _ = Dispute.objects.get_or_create(dispute_id=text(subject, "id"), defaults={"order": order})
    row.learn(text(subject, "status"))
    row.save()
    order.reckon()
    order.save()


def order_of(subject: Mapping[str, Any]) -> Order:
    """The order of a charge, refund or dispute, locked."""
    if not subject.get("payment_intent"):
        raise TooEarly
    try:
        return Order.objects.select_for_update().get(payment_intent=text(subject, "payment_intent"))
    except Order.DoesNotExist:
        raise TooEarly from None


def text(source: Mapping[str, Any], name: str) -> str:
    """A text that the event must have and the database can hold."""
    value = source.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 255 or not value.isprintable():
        raise Unreadable(name)
    return value


def whole(source: Mapping[str, Any], name: str) -> int | None:
    """An amount in minor units; None where it is null."""
    value = source.get(name)
    if value is not None and (not isinstance(value, int) or not 0 <= value < 2**53):
        raise Unreadable(name)
    return value


HANDLERS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "checkout.session.completed": completed,
    "checkout.session.async_payment_succeeded": succeeded,
    "charge.refunded": charge_refunded,
    "charge.refund.updated": refund,
    "refund.created": refund,
    "refund.updated": refund,
    "refund.failed": refund,
    "charge.dispute.created": dispute,
    "charge.dispute.updated": dispute,
    "charge.dispute.closed": dispute,
    "charge.dispute.funds_withdrawn": dispute,
    "charge.dispute.funds_reinstated": dispute,
}
"""Expired sessions and failed payments have no effect: there is no order yet, or it is paid."""
