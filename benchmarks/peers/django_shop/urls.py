"""The one route, and what it does."""

from __future__ import annotations

import logging

import stripe
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .models import Order, StripeEvent


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> JsonResponse:
    """Answer 200 once the event is stored."""
    try:
        event = stripe.Webhook.construct_event(
            request.body, request.headers.get("Stripe-Signature", ""), settings.STRIPE_WEBHOOK_SECRET
        )
    except (ValueError, stripe.SignatureVerificationError):
        return JsonResponse({"received": False}, status=400)
    if event.type == "checkout.session.completed":
        try:
            record(event)
        except DatabaseError:
            logging.exception("event %s was not stored", event.id)
            return JsonResponse({"received": False}, status=503)
    return JsonResponse({"received": True})


def record(event: stripe.Event) -> None:
    """Record the event and, where it is new, its order, in one transaction."""
    session = event.data.object
    order = Order(
        user_id=session.metadata.to_dict().get("user_id"),
        stripe_session_id=session.id,
        stripe_payment_intent=session.payment_intent,
        status=session.payment_status,
        currency=session.currency,
        total_amount=session.amount_total,
    )
    try:
        with transaction.atomic():
            StripeEvent.objects.create(id=event.id, type=event.type)
            Order.objects.bulk_create(
                [order], update_conflicts=True, update_fields=["status"], unique_fields=["stripe_session_id"]
            )
    except IntegrityError:  # the event was recorded before
        return


urlpatterns = [path("stripe/webhook", webhook)]
