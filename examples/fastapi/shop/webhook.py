"""POST /stripe/webhook: verify, apply, acknowledge."""

import logging
from typing import Annotated, Any

import stripe
from fastapi import APIRouter, Depends, HTTPException, Request, Response

from .events import apply

LARGEST_EVENT = 1024 * 1024
"""Bytes. Stripe documents no size."""

log = logging.getLogger(__name__)
router = APIRouter(prefix="/stripe")


async def raw_body(request: Request) -> bytes:
    """The bytes as they came: the signature is over them, and not over a dump of what was parsed."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_EVENT:
            raise HTTPException(413, headers={"Connection": "close"})
    return bytes(body)


# It is not in the OpenAPI document: nobody but Stripe has to know of it. FastAPI runs a plain `def` in a thread, so
# that the database makes no other request wait.
@router.post("/webhook", include_in_schema=False)
def stripe_webhook(request: Request, body: Annotated[bytes, Depends(raw_body)]) -> Response:
    """Answer 200 once the event is stored, 400 for what Stripe did not send; an exception is a 500, and a retry."""
    secret = request.app.state.settings.stripe_webhook_secret.get_secret_value()
    event = verified(body, request.headers.get("Stripe-Signature", ""), secret)
    if event is None:
        raise HTTPException(400)
    apply(request.app.state.engine, event)
    return Response(status_code=200)


def verified(body: bytes, signature: str, secret: str) -> dict[str, Any] | None:
    """The event in a body that Stripe signed within the last five minutes; None for everything else."""
    try:
        event = stripe.Webhook.construct_event(body, signature, secret).to_dict()
    except Exception as error:
        # The library raises more than SignatureVerificationError for what only an attacker sends. The answer repeats
        # none of it: it would tell him what to change.
        log.warning("refused a delivery: %s", type(error).__name__)
        return None
    data = event.get("data")
    complete = event.get("object") == "event" and isinstance(data, dict) and isinstance(data.get("object"), dict)
    return event if complete and "type" in event and "id" in event else None
