"""A shop on Starlette: what Stripe says is kept as it is, and what an order is, is worked out when somebody asks.

No order has to be there before its refund, for nothing is updated: the tables hold the furthest that is known of each
Stripe object. Orders are read from a JSON API behind a token. An inquiry counts as an open dispute here.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import sqlite3
import threading
from collections.abc import Mapping
from typing import Any

import stripe
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

LARGEST_BODY = 1024 * 1024
LARGEST_AMOUNT = 2**53

SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (event TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, intent TEXT, customer_reference TEXT, amount INTEGER, currency TEXT, progress INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS charges (id TEXT PRIMARY KEY, intent TEXT, returned INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS refunds (
  id TEXT PRIMARY KEY, intent TEXT, charge TEXT, amount INTEGER NOT NULL, failed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS disputes (id TEXT PRIMARY KEY, intent TEXT, charge TEXT, progress INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS refunds_of_charge ON refunds (charge);
CREATE INDEX IF NOT EXISTS refunds_of_intent ON refunds (intent);
CREATE INDEX IF NOT EXISTS disputes_of_charge ON disputes (charge);
CREATE INDEX IF NOT EXISTS disputes_of_intent ON disputes (intent);
CREATE INDEX IF NOT EXISTS charges_of_intent ON charges (intent);
"""

SESSION = """
INSERT INTO sessions VALUES (:id, :intent, :customer_reference, :amount, :currency, :progress)
ON CONFLICT (id) DO UPDATE SET progress = max(progress, excluded.progress), intent = coalesce(intent, excluded.intent)
"""
CHARGE = """
INSERT INTO charges VALUES (:id, :intent, :returned)
ON CONFLICT (id) DO UPDATE SET returned = max(returned, excluded.returned), intent = coalesce(intent, excluded.intent)
"""
REFUND = """
INSERT INTO refunds VALUES (:id, :intent, :charge, :amount, :failed)
ON CONFLICT (id) DO UPDATE SET failed = max(failed, excluded.failed), intent = coalesce(intent, excluded.intent)
"""
DISPUTE = """
INSERT INTO disputes VALUES (:id, :intent, :charge, :progress)
ON CONFLICT (id) DO UPDATE SET progress = max(progress, excluded.progress), intent = coalesce(intent, excluded.intent)
"""
OF_PAYMENT = """
 WHERE intent = :intent OR (intent IS NULL AND charge IN (SELECT id FROM charges WHERE intent = :intent))
"""
ORDER = "SELECT rowid AS number, * FROM sessions WHERE id = ?"

FINISHES = ("completed", "async_payment_succeeded", "async_payment_failed", "expired")
CHARGES = ("charge.succeeded", "charge.refunded")
REFUNDS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
DISPUTES = ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")

PROGRESS = ("open", "abandoned", "fulfilled")
STANDING = {
    "warning_needs_response": 1,
    "warning_under_review": 1,
    "warning_closed": 2,
    "needs_response": 3,
    "under_review": 3,
    "lost": 4,
    "won": 5,
}
VERDICTS = {1: "contested", 3: "contested", 4: "lost", 5: "won"}

log = logging.getLogger(__name__)


class NotAnEventError(ValueError):
    """The body is signed, and is not what Stripe documents; says what is wrong with it."""


class Store:
    """The tables, and the one connection to them, which threads take in turn."""

    def __init__(self, path: str) -> None:
        self._turn = threading.Lock()
        self._connection = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript("PRAGMA journal_mode = WAL;" + SCHEMA)

    def keep(self, event: str, statements: list[tuple[str, dict[str, Any]]]) -> None:
        """Carry out what follows from an event, unless that was done; all of it, or nothing."""
        with self._turn:
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                if self._connection.execute("INSERT OR IGNORE INTO deliveries VALUES (?)", (event,)).rowcount:
                    for statement in statements:
                        self._connection.execute(*statement)

    def orders(self, session: str) -> list[dict[str, Any]]:
        """The orders of a Checkout Session, as the API shows them."""
        with self._turn:
            found = self._connection.execute(ORDER, (session,)).fetchall()
            return [self._shown(self._connection, row) for row in found]

    @staticmethod
    def _shown(connection: sqlite3.Connection, session: sqlite3.Row) -> dict[str, Any]:
        intent = {"intent": session["intent"]}

        def rows(table: str) -> list[sqlite3.Row]:
            return connection.execute(f"SELECT * FROM {table}{OF_PAYMENT}", intent).fetchall()

        refunds, disputes = rows("refunds"), rows("disputes")
        charges = connection.execute("SELECT * FROM charges WHERE intent = :intent", intent).fetchall()
        listed = sum(refund["amount"] for refund in refunds if not refund["failed"])
        failed = sum(refund["amount"] for refund in refunds if refund["failed"])
        # A charge's running total may be ahead of its refunds, and may still hold one that failed.
        returned = max(listed, sum(charge["returned"] for charge in charges) - failed)
        verdicts = {VERDICTS.get(dispute["progress"]) for dispute in disputes}
        return {
            "number": session["number"],
            "checkout": session["id"],
            "state": PROGRESS[session["progress"]],
            "refund": "none" if not returned else "all" if returned >= (session["amount"] or 0) else "some",
            "dispute": next((verdict for verdict in ("contested", "lost", "won") if verdict in verdicts), None),
            "money": {"paid": session["amount"], "returned": returned, "currency": session["currency"]},
        }


class Shop:
    """The webhook, and the orders for who has the token."""

    def __init__(self, store: Store, secret: str, token: str) -> None:
        self._store = store
        self._secret = secret
        self._token = token

    async def webhook(self, request: Request) -> Response:
        """202 for what is stored or does not concern us, 403 for what Stripe did not sign, 422 for what is no event."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                return PlainTextResponse("too large", 413, headers={"Connection": "close"})
        try:
            stripe.WebhookSignature.verify_header(
                bytes(body), request.headers.get("stripe-signature"), self._secret, tolerance=300
            )
        except Exception as error:  # UnicodeDecodeError and TypeError too: nobody who has the secret causes them
            log.warning("not signed by Stripe: %s", type(error).__name__)
            return PlainTextResponse("forbidden", 403)
        try:
            event = parsed(bytes(body))
            statements = statements_of(event)
            if statements:
                await run_in_threadpool(self._store.keep, identifier(event, "id"), statements)
        except NotAnEventError as error:
            log.warning("not an event: %s", error)
            return PlainTextResponse("unprocessable", 422)
        except sqlite3.OperationalError as error:
            log.error("not stored: %s", error)
            return PlainTextResponse("later", 503)
        return JSONResponse({"accepted": True}, 202)

    async def orders(self, request: Request) -> Response:
        """GET /api/orders/{checkout}: the orders of one Checkout Session, for the bearer of the token."""
        given = request.headers.get("authorization", "").encode()
        if not self._token or not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            return PlainTextResponse("unauthorized", 401, headers={"WWW-Authenticate": "Bearer"})
        found = await run_in_threadpool(self._store.orders, request.path_params["checkout"])
        return JSONResponse({"orders": found})


def parsed(body: bytes) -> Mapping[str, Any]:
    """The event that a body holds."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise NotAnEventError("not JSON") from None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise NotAnEventError("no object with a type")
    return event


def statements_of(event: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What is to be stored of an event; nothing where it does not concern us, as a thin event."""
    if event.get("object") != "event":
        return []
    family, _, happening = event["type"].rpartition(".")
    subject = event["data"].get("object") if isinstance(event.get("data"), dict) else None
    if not isinstance(subject, dict):
        raise NotAnEventError("no object that it is about")
    if family == "checkout.session" and happening in FINISHES:
        return session(subject, happening)
    if event["type"] in CHARGES:
        of = {"id": identifier(subject, "id"), "intent": optional(subject, "payment_intent")}
        return [(CHARGE, {**of, "returned": minor(subject, "amount_refunded") or 0})]
    if event["type"] in REFUNDS:
        failed = subject.get("status") in ("failed", "canceled")
        return against_charge(REFUND, subject, amount=minor(subject, "amount") or 0, failed=failed)
    if family == "charge.dispute" and happening in DISPUTES:
        # Unheard-of statuses, new ones and appeals alike, leave what was known of the dispute.
        return against_charge(DISPUTE, subject, progress=STANDING.get(str(subject.get("status")), 0))
    return []


def session(subject: Mapping[str, Any], happening: str) -> list[tuple[str, dict[str, Any]]]:
    """What is to be stored of a Checkout Session; one that only saves a card is no order."""
    if subject.get("mode") == "setup":
        return []
    paid = happening == "async_payment_succeeded" or (
        happening == "completed" and subject.get("payment_status") in ("paid", "no_payment_required")
    )
    progress = "fulfilled" if paid else "open" if happening == "completed" else "abandoned"
    values = {
        "id": identifier(subject, "id"),
        "intent": optional(subject, "payment_intent"),
        "customer_reference": optional(subject, "client_reference_id"),
        "amount": minor(subject, "amount_total"),
        "currency": optional(subject, "currency"),
        "progress": PROGRESS.index(progress),
    }
    return [(SESSION, values)]


def against_charge(statement: str, subject: Mapping[str, Any], **values: Any) -> list[tuple[str, dict[str, Any]]]:
    """What is to be stored of a refund or dispute, which may name its payment, its charge, or both."""
    intent, charge = optional(subject, "payment_intent"), optional(subject, "charge")
    stored = [(statement, {"id": identifier(subject, "id"), "intent": intent, "charge": charge, **values})]
    if intent and charge:
        stored.append((CHARGE, {"id": charge, "intent": intent, "returned": 0}))
    return stored


def identifier(source: Mapping[str, Any], name: str) -> str:
    """A text of 1 to 255 characters."""
    value = optional(source, name)
    if not value:
        raise NotAnEventError(f"{name} is missing")
    return value


def optional(source: Mapping[str, Any], name: str) -> str | None:
    """A text of at most 255 characters that a database can hold; None where it is null."""
    value = source.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 255 or not value.isprintable():
        raise NotAnEventError(f"{name} is no text of at most 255 characters")
    return value


def minor(source: Mapping[str, Any], name: str) -> int | None:
    """An amount in minor units; None where it is null."""
    value = source.get(name)
    if value is not None and (not isinstance(value, int) or not 0 <= value < LARGEST_AMOUNT):
        raise NotAnEventError(f"{name} is no amount")
    return value


def app() -> Starlette:
    """The application, as the environment says."""
    store = Store(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))
    shop = Shop(store, os.environ["STRIPE_WEBHOOK_SECRET"], os.environ.get("ORDERS_TOKEN", ""))
    return Starlette(
        routes=[
            Route("/stripe/webhook", shop.webhook, methods=["POST"]),
            Route("/api/orders/{checkout}", shop.orders, methods=["GET"]),
        ]
    )
