"""POST /stripe/webhook: verify, apply, acknowledge."""

import logging
from typing import Any

import stripe
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .events import apply

log = logging.getLogger(__name__)


@csrf_exempt  # Stripe has no cookie; the signature says who sent the request
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Answer 200 once the event is stored, 400 for what Stripe did not send; an exception is a 500, and a retry."""
    event = verified(request)
    if event is None:
        return HttpResponse(status=400)
    apply(event)
    return HttpResponse(status=200)


def verified(request: HttpRequest) -> dict[str, Any] | None:
    """The event in a request that Stripe signed within the last five minutes; None for everything else."""
    try:
        # The signature is over the bytes as they came: request.body, never a dump of what was parsed.
        event = stripe.Webhook.construct_event(
            request.body, request.headers.get("Stripe-Signature", ""), settings.STRIPE_WEBHOOK_SECRET
        ).to_dict()
    except Exception as error:
        # The library raises more than SignatureVerificationError for what only an attacker sends. The answer repeats
        # none of it: it would tell him what to change.
        log.warning("refused a delivery: %s", type(error).__name__)
        return None
    data = event.get("data")
    complete = event.get("object") == "event" and isinstance(data, dict) and isinstance(data.get("object"), dict)
    return event if complete and "type" in event and "id" in event else None
