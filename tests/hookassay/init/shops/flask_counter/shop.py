"""A shop whose checkout makes the order before it is paid; the webhook only updates it."""

from __future__ import annotations

import os
import sqlite3
import uuid
from contextlib import closing
from typing import Any

import stripe
from flask import Flask, Response, abort, request

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
  id TEXT PRIMARY KEY, stripe_session TEXT UNIQUE, payment_intent TEXT, customer TEXT NOT NULL, cents INTEGER NOT NULL,
  currency TEXT NOT NULL, placed_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'paid', 'part_refunded', 'refunded', 'disputed', 'dispute_won'))
);
CREATE TABLE IF NOT EXISTS seen (event TEXT PRIMARY KEY);
"""
PAID = "UPDATE orders SET state = 'paid', payment_intent = ?, stripe_session = ? WHERE id = ?"
CHANGED = "UPDATE orders SET state = ? WHERE payment_intent = ?"

app = Flask(__name__, static_folder=None)


def connect() -> sqlite3.Connection:
    """The database."""
    return sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///"), timeout=20)


@app.post("/checkout")
def checkout() -> Response:
    """Make the order, and let the customer pay."""
    number = str(uuid.uuid4())
    with closing(connect()) as connection, connection:
        connection.execute(
            "INSERT INTO orders (id, customer, cents, currency, state, placed_at)"
            " VALUES (?, ?, ?, ?, 'open', date('now'))",
            (number, request.form["customer"], 2500, "eur"),
        )
    session = stripe.checkout.Session.create(mode="payment", line_items=[], client_reference_id=number)
    return Response(session.url or "")


@app.post("/hooks/stripe")
def hook() -> Response:
    """Take an event, once."""
    try:
        event = stripe.Webhook.construct_event(
            request.get_data(), request.headers.get("Stripe-Signature"), os.environ["STRIPE_SIGNING_SECRET"]
        )
    except Exception:
        abort(400)
    with closing(connect()) as connection, connection:
        if connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (event["id"],)).rowcount:
            apply(connection, event["type"], event["data"]["object"].to_dict())
    return Response("ok")


def apply(connection: sqlite3.Connection, kind: str, subject: dict[str, Any]) -> None:
    """What an event does."""
    if kind == "checkout.session.completed" and subject["payment_status"] == "paid":
        connection.execute(PAID, (subject["payment_intent"], subject["id"], subject["client_reference_id"]))
    elif kind == "charge.refunded":
        state = "refunded" if subject["refunded"] else "part_refunded"
        connection.execute(CHANGED, (state, subject["payment_intent"]))
    elif kind == "charge.dispute.created":
        connection.execute(CHANGED, ("disputed", subject["payment_intent"]))
    elif kind == "charge.dispute.closed" and subject["status"] == "won":
        connection.execute(CHANGED, ("dispute_won", subject["payment_intent"]))


def create_app() -> Flask:
    """The application, its tables made."""
    with closing(connect()) as connection:
        connection.executescript(SCHEMA)
    return app
