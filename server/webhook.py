"""POST /stripe/webhook: where Stripe delivers events."""

from __future__ import annotations

import logging

import falcon
import stripe

from .body import read_body
from .event import Event, MalformedEventError, parse, reference
from .facts import READERS, facts_in
from .ledger import Ledger, NotStoredError
from .settings import Settings

LARGEST_EVENT = 2 * 1024 * 1024
"""Bytes. Stripe documents no size; larger bodies are answered 413."""

TOLERANCE = 300
"""Seconds that a signature stays valid, the default of Stripe's libraries. The SDK checks no age unless it is told."""

RECEIVED = b'{"received": true}'

FAILURES = frozenset(["payment_intent.payment_failed", "charge.failed"])

log = logging.getLogger("hookassay.server.webhook")


class UnverifiedError(Exception):
    """The delivery was not signed by Stripe, or too long ago."""


class Webhook:
    """The webhook endpoint: verifies a delivery, reads the event, and acknowledges it once it is stored."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._secret = settings.stripe_webhook_secret
        self._livemode = settings.livemode
        self._account = settings.account
        self._ledger = ledger

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 2xx when the event is stored or needs no storing, 400 for what Stripe did not send, 503 otherwise."""
        body = read_body(req, LARGEST_EVENT)
        try:
            event = parse(self.verify(body, req.get_header("Stripe-Signature")))
            if self.concerns_us(event):
                self.take(event)
        except UnverifiedError:
            raise falcon.HTTPBadRequest(title="The signature could not be verified") from None
        except MalformedEventError as error:
            log.warning("refused a signed body: %s", error)
            raise falcon.HTTPBadRequest(title="The body is not a Stripe event") from None
        except NotStoredError as error:
            log.error("event %s was not stored: %s", event.id, error)
            raise falcon.HTTPServiceUnavailable(title="The event could not be stored", retry_after=1) from None
        resp.data = RECEIVED

    def verify(self, body: bytes, header: str | None) -> str:
        """The exact bytes of `body` as text, once their signature in `header` is known to be Stripe's and recent.

        https://docs.stripe.com/webhooks#verify-manually. Raises UnverifiedError for everything else.
        """
        try:
            payload = body.decode("utf-8")
            stripe.WebhookSignature.verify_header(payload, header or "", self._secret, tolerance=TOLERANCE)
        except stripe.SignatureVerificationError as error:
            log.warning("refused a delivery: %s", error.user_message or "bad signature")
        except Exception as error:
            # The SDK lets other exceptions through for input that only an attacker sends: TypeError for a signature
            # that is not ASCII, say. Whatever it is, nothing was verified.
            log.warning("refused a delivery: %s", type(error).__name__)
        else:
            return payload
        raise UnverifiedError

    def concerns_us(self, event: Event) -> bool:
        """Whether `event` is of a type that has an effect, of our mode and of our account.

        What does not concern us is acknowledged and not recorded: after a change of settings, or of this server, it can
        be sent again from the Dashboard.
        """
        return (
            event.type in READERS
            and (self._livemode is None or event.livemode in (None, self._livemode))
            and (self._account is None or event.account in (None, self._account))
        )

    def take(self, event: Event) -> None:
        """Store what `event` says, and log it if it is new and tells of a failed payment attempt.

        A failed attempt is no reason to touch the order: the customer may try again.
        """
        new = self._ledger.record(event.id, event.type, facts_in(event))
        if new and event.type in FAILURES:
            intent = event.object["id"] if event.type.startswith("payment_intent.") else None
            intent = intent or reference(event.object, "payment_intent")
            log.warning("payment failed: event %s, payment intent %s", event.id, intent)
