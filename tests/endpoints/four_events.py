"""A shop of two statements on plain WSGI, subscribed to four event types.

Whatever comes first makes the row of its payment: a sale that only its refund is known of has no session yet, and so
is nobody's order. The four types tell nothing of a dispute's end, of a delayed payment, or of a refund that fails.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

import stripe

SCHEMA = """
CREATE TABLE IF NOT EXISTS bookings (
  payment TEXT PRIMARY KEY, session TEXT UNIQUE, amount INTEGER, currency TEXT, paid INTEGER NOT NULL DEFAULT 0,
  refunded INTEGER NOT NULL DEFAULT 0, dispute TEXT NOT NULL DEFAULT 'none', declined INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS counted (event TEXT PRIMARY KEY);
"""

COMPLETED = """
INSERT INTO bookings (payment, session, amount, currency, paid) VALUES (:payment, :id, :amount_total, :currency, :paid)
ON CONFLICT (payment) DO UPDATE SET session = excluded.session, amount = excluded.amount, currency = excluded.currency,
  paid = max(paid, excluded.paid)
"""
REFUNDED = """
INSERT INTO bookings (payment, refunded) VALUES (:payment, :amount_refunded)
ON CONFLICT (payment) DO UPDATE SET refunded = max(refunded, excluded.refunded)
"""
DISPUTED = """
INSERT INTO bookings (payment, dispute) VALUES (:payment, :dispute)
ON CONFLICT (payment) DO UPDATE SET dispute = excluded.dispute WHERE bookings.dispute <> 'lost'
"""
DECLINED = """
INSERT INTO bookings (payment, declined) VALUES (:payment, 1)
ON CONFLICT (payment) DO UPDATE SET declined = declined + 1
"""
STATEMENTS = {
    "checkout.session.completed": COMPLETED,
    "charge.refunded": REFUNDED,
    "charge.dispute.created": DISPUTED,
    "payment_intent.payment_failed": DECLINED,
}
DISPUTES = {"needs_response": "open", "under_review": "open", "lost": "lost"}

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def connect() -> sqlite3.Connection:
    """A connection to the database that the environment names."""
    path = os.environ["DATABASE_URL"].removeprefix("sqlite:///")
    return sqlite3.connect(path, timeout=20, isolation_level=None)


def book(event: dict[str, Any]) -> None:
    """Carry out the event's one statement, unless that was done."""
    statement = STATEMENTS.get(event["type"])
    subject = event["data"]["object"]
    if statement is None or subject.get("mode") == "setup":
        return
    values = {
        **{name: subject.get(name) for name in ("id", "amount_total", "amount_refunded", "currency")},
        # A payment intent is the payment itself; a session that takes no payment stands for one.
        "payment": subject.get("payment_intent") or subject["id"],
        "paid": subject.get("payment_status") in ("paid", "no_payment_required"),
        "dispute": DISPUTES.get(subject.get("status"), "none"),
    }
    if statement is DISPUTED and values["dispute"] == "none":
        return
    with closing(connect()) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("INSERT OR IGNORE INTO counted VALUES (?)", (event["id"],)).rowcount:
            connection.execute(statement, values)
        connection.execute("COMMIT")


def answer(environ: dict[str, Any]) -> str:
    """The status of the answer to a request."""
    if environ["PATH_INFO"] != "/stripe/webhook":
        return "404 Not Found"
    if environ["REQUEST_METHOD"] != "POST":
        return "405 Method Not Allowed"
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    header = environ.get("HTTP_STRIPE_SIGNATURE")
    try:
        stripe.Webhook.construct_event(body, header, os.environ["STRIPE_WEBHOOK_SECRET"])
        book(json.loads(body))
    except sqlite3.OperationalError as error:
        print("not stored:", error, file=sys.stderr)
        return "503 Service Unavailable"
    except Exception as error:
        print("refused:", type(error).__name__, file=sys.stderr)
        return "400 Bad Request"
    return "204 No Content"


def create_app() -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    """The application, its tables made."""
    with closing(connect()) as connection:
        connection.executescript("PRAGMA journal_mode = WAL;" + SCHEMA)

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        status = answer(environ)
        start_response(status, [] if status.startswith("204") else [("Content-Length", "0")])
        return []

    return app
