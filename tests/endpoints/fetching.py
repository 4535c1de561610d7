"""A shop that trusts no event for more than which payment it is about: it fetches from Stripe's API what is so now.

Stripe's guide does it for fulfilment (docs.stripe.com/checkout/fulfillment); here refunds and disputes are fetched too.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import falcon
import stripe

App = falcon.App[falcon.Request, falcon.Response]

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY, user_id TEXT, stripe_session_id TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
  refund_status TEXT NOT NULL, dispute_status TEXT NOT NULL, total_amount INTEGER NOT NULL, currency TEXT NOT NULL,
  amount_refunded INTEGER NOT NULL, created_at INTEGER NOT NULL)
"""

STORE = """
INSERT INTO orders (user_id, stripe_session_id, status, refund_status, dispute_status, total_amount, currency,
  amount_refunded, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (stripe_session_id) DO UPDATE SET status = excluded.status, refund_status = excluded.refund_status,
  dispute_status = excluded.dispute_status, amount_refunded = excluded.amount_refunded
"""

OF_PAYMENTS = ("charge", "dispute", "payment_intent", "refund")
NO_LOSS = ("warning_needs_response", "warning_under_review", "warning_closed", "prevented")


class Fetching:
    """POST /stripe/webhook."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._secret = environment["STRIPE_WEBHOOK_SECRET"]
        self._database = environment["DATABASE_URL"].removeprefix("sqlite:///")
        self._stripe = stripe.StripeClient(
            environment["STRIPE_SECRET_KEY"], base_addresses={"api": environment["STRIPE_API_BASE"]}
        )
        # What was fetched first must not be stored last.
        self._turn = threading.Lock()
        with closing(sqlite3.connect(self._database)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(CREATE_TABLE)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 200 once the order says what Stripe says."""
        body = req.bounded_stream.read()
        try:
            stripe.WebhookSignature.verify_header(
                body.decode(), req.get_header("Stripe-Signature") or "", self._secret, tolerance=300
            )
            kind, object_id, payment = self._subject(json.loads(body))
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError, AttributeError):
            raise falcon.HTTPBadRequest from None
        except stripe.StripeError:
            raise falcon.HTTPServiceUnavailable from None
        try:
            with self._turn:
                session = self._session(kind, object_id, object_id if kind == "payment_intent" else payment)
                if session is not None and session.status != "open" and session.amount_total is not None:
                    self._store(session)
        except stripe.StripeError:
            raise falcon.HTTPServiceUnavailable from None
        resp.media = {"received": True}

    def _subject(self, event: Mapping[str, Any]) -> tuple[str, str, str | None]:
        """What an event is about: the object's kind and id, and its payment where the event says which it is.

        Of a thin event Stripe says it, and no one else.
        """
        if event["object"] == "v2.core.event":
            related: Any = self._stripe.v2.core.events.retrieve(event["id"]).related_object
            return related.type, related.id, None
        thing = event["data"]["object"]
        return thing["object"], thing["id"], thing.get("payment_intent")

    def _session(self, kind: str, object_id: str, payment: str | None) -> Any:
        """The Checkout Session that an object is about, as it is now; None where there is none."""
        sessions = self._stripe.v1.checkout.sessions
        if kind == "checkout.session":
            return sessions.retrieve(object_id, {"expand": ["line_items"]})
        if kind not in OF_PAYMENTS or payment is None:
            return None
        found = sessions.list({"payment_intent": payment, "expand": ["data.line_items"]}).data
        return found[0] if found else None

    def _store(self, session: Any) -> None:
        assert sum(item.amount_total for item in session.line_items.data) == session.amount_total
        refunds, disputes = self._afterwards(session.payment_intent)
        refunded = sum(refund.amount for refund in refunds if refund.status == "succeeded")
        values = (
            getattr(session.metadata, "user_id", None),
            session.id,
            _status(session),
            "none" if not refunded else "refunded" if refunded >= session.amount_total else "partially_refunded",
            _dispute_status([dispute.status for dispute in disputes]),
            session.amount_total,
            session.currency,
            refunded,
            session.created,
        )
        with closing(sqlite3.connect(self._database, timeout=10)) as connection, connection:
            connection.execute(STORE, values)

    def _afterwards(self, payment: str | None) -> tuple[list[Any], list[Any]]:
        """Every refund and every dispute of a payment."""
        if payment is None:
            return [], []
        refunds = self._stripe.v1.refunds.list({"payment_intent": payment, "limit": 100})
        disputes = self._stripe.v1.disputes.list({"payment_intent": payment, "limit": 100})
        return list(refunds.auto_paging_iter()), list(disputes.auto_paging_iter())


def _status(session: Any) -> str:
    if session.status == "expired":
        return "expired"
    return "paid" if session.payment_status != "unpaid" else "pending"


def _dispute_status(statuses: list[str]) -> str:
    """One word for all disputes of a payment: an open one first, then a lost one."""
    serious = [status for status in statuses if status not in NO_LOSS]
    if not serious:
        return "none"
    if any(status not in ("won", "lost") for status in serious):
        return "disputed"
    return "lost" if "lost" in serious else "won"


class Health:
    """GET /healthz."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 204."""
        resp.status = falcon.HTTP_204


def fetching() -> App:
    """The webhook, with settings from the environment; STRIPE_API_BASE is where Stripe's API is."""
    app: App = falcon.App()
    app.add_route("/stripe/webhook", Fetching(os.environ))
    app.add_route("/healthz", Health())
    return app
