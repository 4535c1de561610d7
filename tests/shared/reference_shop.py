"""A shop that runs the reference server in this process: Stripe objects in, signed deliveries, orders out."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import falcon.testing
from hookassay.server.app import create_app
from hookassay.server.ledger import Ledger
from hookassay.server.models import close_database, open_database
from hookassay.server.settings import Settings

SECRET = "whsec_cmVmZXJlbmNlIHNob3Agc2VjcmV0"
API_KEY = "sk_test_reference_shop_key"
TOKEN = "reference-shop-token"

_numbers = itertools.count(1)


def sign(body: bytes, *, secret: str = SECRET, at: float | None = None) -> str:
    """An honest Stripe-Signature header for `body`, made at `at` seconds (default: now), without Stripe's SDK."""
    timestamp = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def event(event_type: str, subject: Mapping[str, Any], **envelope: Any) -> dict[str, Any]:
    """A snapshot event about `subject`, with a new id unless `envelope` has one."""
    return {
        "id": f"evt_{next(_numbers)}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1_790_000_000,
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
        **envelope,
    }


JUNK = {
    "empty": "",
    "not JSON": "{oops",
    "list": "[]",
    "null": "null",
    "number": "123",
    "string": '"x"',
    "empty object": "{}",
    "no id": json.dumps(event("a.b", {}, id=None)),
    "no type": json.dumps(event("a.b", {}, type=None)),
    "no data": json.dumps(event("a.b", {}, data=None)),
    "data is a list": json.dumps(event("a.b", {}, data=[])),
    "no object": json.dumps(event("a.b", {}, data={})),
    "object is text": json.dumps(event("a.b", {}, data={"object": "x"})),
    "thin": json.dumps({"id": "evt_1", "object": "v2.core.event", "type": "v1.checkout.session.completed"}),
    "thin with data": json.dumps(event("v1.checkout.session.completed", {}, object="v2.core.event")),
    "NaN": '{"id": "evt_1", "object": "event", "type": "a.b", "data": {"object": {"a": NaN}}}',
    "deep": "[" * 200_000,
    "deep inside": '{"id": "evt_1", "type": "a.b", "data": {"object": ' + '{"a":' * 200_000,
    "endless integer": '{"a": ' + "9" * 5000 + "}",
    "NUL in the id": json.dumps(event("a.b", {}, id="evt_\0")),
    "lone surrogate in the id": json.dumps(event("a.b", {}, id="evt_\ud800")),
    "long id": json.dumps(event("a.b", {}, id="e" * 256)),
}
"""Bodies that are no snapshot event, by what is wrong with them."""


class Purchase:
    """One purchase's Stripe objects, as far as events carry what the server reads."""

    def __init__(self, *, amount: int = 1000, currency: str = "usd", name: str | None = None) -> None:
        name = name or f"n{next(_numbers)}"
        self.session_id, self.intent_id, self.charge_id = f"cs_test_{name}", f"pi_{name}", f"ch_{name}"
        self.amount, self.currency, self.name = amount, currency, name

    def session(self, **changes: Any) -> dict[str, Any]:
        return {
            "id": self.session_id,
            "object": "checkout.session",
            "amount_total": self.amount,
            "currency": self.currency,
            "metadata": {"user_id": "42"},
            "mode": "payment",
            "payment_intent": self.intent_id,
            "payment_status": "paid",
            "status": "complete",
            **changes,
        }

    def completed(self, **changes: Any) -> dict[str, Any]:
        return event("checkout.session.completed", self.session(**changes))

    def charge(self, **changes: Any) -> dict[str, Any]:
        return {
            "id": self.charge_id,
            "object": "charge",
            "amount": self.amount,
            "amount_refunded": 0,
            "currency": self.currency,
            "payment_intent": self.intent_id,
            **changes,
        }

    def refunded(self, so_far: int, **changes: Any) -> dict[str, Any]:
        """charge.refunded, with the charge's running total."""
        return event("charge.refunded", self.charge(amount_refunded=so_far, refunded=so_far == self.amount, **changes))

    def refund(self, kind: str, amount: int, status: str | None, *, number: int = 1, **changes: Any) -> dict[str, Any]:
        """refund.<kind>, or charge.refund.updated where `kind` is that."""
        subject = {
            "id": f"re_{self.name}_{number}",
            "object": "refund",
            "amount": amount,
            "charge": self.charge_id,
            "payment_intent": self.intent_id,
            "status": status,
            **changes,
        }
        return event(kind if "." in kind else f"refund.{kind}", subject)

    def dispute(self, kind: str, status: str, *, number: int = 1, **changes: Any) -> dict[str, Any]:
        """charge.dispute.<kind>."""
        subject = {
            "id": f"du_{self.name}_{number}",
            "object": "dispute",
            "amount": self.amount,
            "charge": self.charge_id,
            "payment_intent": self.intent_id,
            "status": status,
            **changes,
        }
        return event(f"charge.dispute.{kind}", subject)

    def intent(self, kind: str, **changes: Any) -> dict[str, Any]:
        """payment_intent.<kind>."""
        subject = {"id": self.intent_id, "object": "payment_intent", "latest_charge": self.charge_id, **changes}
        return event(f"payment_intent.{kind}", subject)


class Shop:
    """The reference server on one database, spoken to over WSGI without a socket."""

    def __init__(self, settings: Settings) -> None:
        self.database = open_database(settings.database_url)
        self.ledger = Ledger(self.database)
        self.app = create_app(settings, self.ledger)
        self.client = falcon.testing.TestClient(self.app)

    def post(self, body: bytes, header: str | None) -> falcon.testing.Result:
        headers = {} if header is None else {"Stripe-Signature": header}
        return self.client.simulate_post("/stripe/webhook", body=body, headers=headers)

    def post_signed(self, body: bytes) -> falcon.testing.Result:
        return self.post(body, sign(body))

    def deliver(self, *events: Mapping[str, Any]) -> None:
        """Deliver each event honestly; all must be acknowledged."""
        for each in events:
            result = self.post_signed(json.dumps(each).encode())
            assert result.status_code == 200, result.text

    def order(self, purchase: Purchase) -> dict[str, Any] | None:
        """The purchase's order as GET /orders shows it; None where there is none."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        result = self.client.simulate_get(f"/orders/{purchase.session_id}", headers=headers)
        assert result.status_code in (200, 404), result.text
        order: dict[str, Any] | None = result.json if result.status_code == 200 else None
        return order

    def states(self, purchase: Purchase) -> tuple[str, str, str] | None:
        """status, refund_status and dispute_status of the purchase's order; None where there is none."""
        order = self.order(purchase)
        return (order["status"], order["refund_status"], order["dispute_status"]) if order else None

    def count(self, table: str) -> int:
        """How many rows `table` has."""
        with self.database.connection_context():
            count: int = self.database.execute_sql(f"SELECT count(*) FROM {table}").fetchone()[0]
        return count


def settings_for(database_url: str, **changes: Any) -> Settings:
    """Valid settings for a shop on `database_url`."""
    return Settings(
        **{
            "stripe_secret_key": API_KEY,
            "stripe_webhook_secret": SECRET,
            "database_url": database_url,
            "orders_token": TOKEN,
            **changes,
        }
    )


@contextmanager
def opened(settings: Settings) -> Iterator[Shop]:
    """A shop whose database is closed again."""
    shop = Shop(settings)
    try:
        yield shop
    finally:
        close_database(shop.database)
