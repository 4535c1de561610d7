"""The handler of the document that this project implements, routes/stripe.ts, as it was handed in."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any
from urllib.parse import unquote, urlsplit

import stripe
from hookassay.server.settings import Settings

from .registry import WSGIApp, defect

TOLERANCE = 300  # seconds, the default of the SDK that the document uses
LARGEST_BODY = 100 * 1024  # bytes, the default of express.raw

# The columns that the document's system scan asks for; it names no key but the id.
SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY,
  user_id TEXT,
  stripe_session_id TEXT,
  status TEXT,
  refund_status TEXT,
  dispute_status TEXT,
  total_amount REAL,
  created_at TEXT DEFAULT CURRENT_TIMESTAMP
)
"""
FIND = "SELECT id FROM orders WHERE stripe_session_id = ?"
INSERT = """
INSERT INTO orders (user_id, stripe_session_id, status, refund_status, dispute_status, total_amount)
VALUES (?, ?, 'paid', 'none', 'none', ?)
"""
REFUND = "UPDATE orders SET refund_status = 'refunded' WHERE stripe_session_id = ?"
DISPUTE = "UPDATE orders SET dispute_status = 'disputed' WHERE stripe_session_id = ?"

Answer = tuple[str, str, bytes]
"""Status line, content type and body."""


@defect(
    source="ORIGIN",
    fails="RP-05 OR-02 OR-04 OR-06 OR-10 OR-11 RF-01 RF-06 RF-12 DP-01 DP-02 DP-04 DL-09",
    known_as="happy-path handler with refunds found by session id",
    fix=(
        "Read payment_status, find refunds and disputes by payment_intent, skip setup mode, use the currency's "
        "decimals, make the session unique in the database and take bodies above 100 kB."
    ),
)
def origin(settings: Settings) -> WSGIApp:
    """The handler as the original document has it, with all its faults."""
    path = unquote(urlsplit(settings.database_url).path)[1:]
    with closing(_database(path)) as database:
        database.execute("PRAGMA journal_mode = wal")
        database.execute(SCHEMA)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, content_type, body = _answer(environ, settings.stripe_webhook_secret, path)
        start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
        return [body]

    return app


def _database(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=5, isolation_level=None)


def _answer(environ: dict[str, Any], secret: str, path: str) -> Answer:
    if (environ["REQUEST_METHOD"], environ["PATH_INFO"].rstrip("/")) != ("POST", "/stripe/webhook"):
        return "404 Not Found", "text/html", b"Cannot answer"
    body = _raw(environ)
    if body is None:
        return "413 Payload Too Large", "text/html", b"request entity too large"
    try:
        signature = environ.get("HTTP_STRIPE_SIGNATURE", "")
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret, tolerance=TOLERANCE)
        event = json.loads(body)
    except Exception as error:
        print("Webhook signature failed:", error, file=sys.stderr)
        return "400 Bad Request", "text/html", f"Webhook Error: {error}".encode()
    try:
        with closing(_database(path)) as database:
            _handle(event, database)
    except Exception as error:
        return "500 Internal Server Error", "text/html", str(error).encode()
    return "200 OK", "application/json", b'{"received":true}'


def _raw(environ: dict[str, Any]) -> bytes | None:
    """express.raw({type: "application/json"}): the bytes of a JSON body, none of another; None for too many."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length) if length else environ["wsgi.input"].read()
    if not environ.get("CONTENT_TYPE", "").startswith("application/json"):
        return b""
    return None if len(body) > LARGEST_BODY else body


def _handle(event: dict[str, Any], database: sqlite3.Connection) -> None:
    data = event["data"]["object"]
    match event["type"]:
        case "checkout.session.completed":
            session = data
            existing = database.execute(FIND, (session["id"],)).fetchall()
            if len(existing) == 0:
                user_id = (session.get("metadata") or {}).get("user_id")
                database.execute(INSERT, (user_id, session["id"], float(str(session["amount_total"])) / 100))
        case "charge.refunded":
            refunded_charge = data
            database.execute(REFUND, (refunded_charge["payment_intent"],))
        case "charge.dispute.created":
            disputed_charge = data
            database.execute(DISPUTE, (disputed_charge["payment_intent"],))
        case "payment_intent.payment_failed":
            print("Payment failed:", data, file=sys.stderr)
        case _:
            print(f"Unhandled event: {event['type']}", file=sys.stderr)
