"""A shop on Flask that answers at once: the event is kept, and a worker thread works it off.

What was acknowledged is in the table `inbox` and survives a restart. The worker takes disputes before refunds and
refunds before sales, because disputes have deadlines; so it works an order out from all events of its payment, each
time anew, and needs none of them to be first. A sale that is settled gets one licence key.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import stripe
from flask import Flask, Response, abort, request

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS inbox (
  event TEXT PRIMARY KEY, type TEXT NOT NULL, urgency INTEGER NOT NULL, payment TEXT, link TEXT,
  body BLOB NOT NULL, state TEXT NOT NULL DEFAULT 'waiting');
CREATE INDEX IF NOT EXISTS inbox_waiting ON inbox (urgency) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS inbox_payment ON inbox (payment);
CREATE INDEX IF NOT EXISTS inbox_link ON inbox (link);
CREATE TABLE IF NOT EXISTS sales (
  checkout TEXT PRIMARY KEY, cents INTEGER NOT NULL, cents_returned INTEGER NOT NULL, currency TEXT NOT NULL,
  tags TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS licences (checkout TEXT PRIMARY KEY REFERENCES sales, licence TEXT NOT NULL);
"""

ACCEPT = """
INSERT INTO inbox (event, type, urgency, payment, link, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
NEXT = "SELECT event, payment, link FROM inbox WHERE state = 'waiting' ORDER BY urgency LIMIT 100"
OF_PAYMENT = """
SELECT type, body FROM inbox WHERE payment = :payment
UNION ALL
SELECT type, body FROM inbox WHERE payment IS NULL AND link IN (SELECT link FROM inbox WHERE payment = :payment)
"""
OF_LINK = "SELECT type, body FROM inbox WHERE link = :link"
PAYMENT_OF_LINK = "SELECT payment FROM inbox WHERE link = ? AND payment IS NOT NULL LIMIT 1"
PUT_ASIDE = "UPDATE inbox SET state = ? WHERE event = ?"
SELL = """
INSERT INTO sales VALUES (?, ?, ?, ?, ?) ON CONFLICT (checkout) DO UPDATE SET
  cents_returned = excluded.cents_returned, tags = excluded.tags
"""
LICENSE = "INSERT INTO licences VALUES (?, ?) ON CONFLICT DO NOTHING"

DISPUTES = (
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
REFUNDS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
CHARGES = ("charge.succeeded", "charge.refunded")
CHECKOUTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
URGENCY = {name: urgency for urgency, names in enumerate((DISPUTES, REFUNDS, CHARGES, CHECKOUTS)) for name in names}
LINGER = 0.02
PAUSE = 1.0

log = logging.getLogger(__name__)


class Unreadable(ValueError):  # noqa: N818
    """A signed body that is no event of Stripe's."""


class Letter(NamedTuple):
    """What the inbox keeps of an event, in the order of ACCEPT."""

    event: str
    type: str
    urgency: int
    payment: str | None
    """Its payment intent; some events name none."""
    link: str | None
    """Its charge or Checkout Session, which another event tells the payment of."""
    body: bytes


class Database(threading.local):
    """A connection to the database for each thread that looks at it."""

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path, timeout=20, isolation_level=None)
        self.connection.row_factory = sqlite3.Row


class Worker(threading.Thread):
    """Works off the inbox, the most urgent first, for as long as the process lives."""

    def __init__(self, database: Database) -> None:
        super().__init__(daemon=True)
        self.database = database
        self.called = threading.Event()

    def run(self) -> None:
        """Work, and never end for an error: what the database does not take now is tried again."""
        while True:
            try:
                done = self._work()
            except sqlite3.Error:
                log.exception("the inbox is not worked off")
                done = False
            if not done:
                self.called.wait(PAUSE)
                self.called.clear()
                time.sleep(LINGER)  # lets a few come together, of which the most urgent goes first

    def _work(self) -> bool:
        connection = self.database.connection
        waiting = connection.execute(NEXT).fetchall()
        for letter in waiting:
            try:
                with transaction(connection):
                    self._apply(connection, letter)
                    connection.execute(PUT_ASIDE, ("done", letter["event"]))
            except (LookupError, TypeError, ValueError):
                log.exception("event %s is left for a person to look at", letter["event"])
                connection.execute(PUT_ASIDE, ("broken", letter["event"]))
        return bool(waiting)

    @staticmethod
    def _apply(connection: sqlite3.Connection, letter: sqlite3.Row) -> None:
        link, payment = letter["link"], letter["payment"]
        if payment is None:
            found = connection.execute(PAYMENT_OF_LINK, (link,)).fetchone()
            payment = found and found["payment"]
        among = OF_LINK if payment is None else OF_PAYMENT
        letters = connection.execute(among, {"payment": payment, "link": link}).fetchall()
        history = [(row["type"], json.loads(row["body"])["data"]["object"]) for row in letters]
        for sale in sales_in(history):
            connection.execute(SELL, sale)
            if "settled" in sale.tags:
                connection.execute(LICENSE, (sale.checkout, secrets.token_hex(8)))


class Sale(NamedTuple):
    """A row of `sales`."""

    checkout: str
    cents: int
    cents_returned: int
    currency: str
    tags: str


def sales_in(history: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Sale]:
    """The sales that follow from all events of one payment, in whatever sequence."""
    sessions: dict[str, Mapping[str, Any]] = {}
    told: dict[str, set[str]] = defaultdict(set)
    totals: dict[str, int] = defaultdict(int)
    refunds: dict[str, int] = {}
    disputes: set[str] = set()
    for event_type, subject in history:
        name = subject["id"]
        if event_type in CHECKOUTS:
            sessions[name] = subject
            happening = event_type.rpartition(".")[2]
            told[name] |= {happening, f"{happening} {subject.get('payment_status')}"}
        elif event_type in CHARGES:
            totals[name] = max(totals[name], subject["amount_refunded"])
        else:
            told[name].add(str(subject.get("status")))
            if event_type in REFUNDS:
                refunds[name] = subject["amount"]
            else:
                disputes.add(name)
    failed = sum(amount for name, amount in refunds.items() if told[name] & {"failed", "canceled"})
    returned = max(sum(refunds.values()) - failed, sum(totals.values()) - failed, 0)
    outcomes = {outcome(told[name]) for name in disputes}
    for name, subject in sessions.items():
        tags = [state(told[name])]
        if returned:
            tags.append("refunded-whole" if returned >= subject["amount_total"] else "refunded-part")
        tags += sorted(outcomes - {""})
        yield Sale(name, subject["amount_total"], returned, subject["currency"], json.dumps(tags))


def state(told: set[str]) -> str:
    """Whether a checkout is settled, given all that was told of it."""
    if told & {"async_payment_succeeded", "completed paid", "completed no_payment_required"}:
        return "settled"
    return "over" if told & {"async_payment_failed", "expired"} else "awaiting-money"


def outcome(statuses: set[str]) -> str:
    """What a dispute has come to, given every status that it was ever reported in; an inquiry is nothing yet."""
    for status in ("won", "lost"):
        if status in statuses:
            return f"chargeback-{status}"
    return "chargeback-open" if statuses & {"needs_response", "under_review"} else ""


def letter_from(body: bytes) -> Letter | None:
    """What the inbox is to keep of a body; None where no sale depends on it. Raises Unreadable."""
    try:
        event = json.loads(body)
        event_type, subject = event["type"], event["data"]["object"]
        if event["object"] != "event" or event_type not in URGENCY or subject.get("mode") == "setup":
            return None
        name, payment, link = checked(subject["id"]), subject.get("payment_intent"), subject.get("charge")
        if event_type in CHECKOUTS:
            link = name
            check_amount(subject["amount_total"])
            checked(subject["currency"])
        elif event_type in CHARGES:
            link = name
            check_amount(subject["amount_refunded"])
        else:
            check_amount(subject["amount"])
        if payment is None and link is None:
            return None
        for reference in (payment, link):
            checked(reference or "none")
        return Letter(checked(event["id"]), event_type, URGENCY[event_type], payment, link, body)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None


def checked(text: Any) -> str:
    """`text`, if it may be an id."""
    if not isinstance(text, str) or not 0 < len(text) <= 255 or not text.isprintable():
        raise Unreadable("id")
    return text


def check_amount(amount: Any) -> None:
    """Raise Unreadable if `amount` is none in minor units."""
    if not isinstance(amount, int) or not 0 <= amount < 2**53:
        raise Unreadable("amount")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction that writes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def create_app() -> Flask:
    """The application and its worker, as the environment says."""
    secret = os.environ["STRIPE_WEBHOOK_SECRET"]
    database = Database(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))
    database.connection.executescript(SCHEMA)
    worker = Worker(database)
    worker.start()
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 4 * 1024 * 1024

    @app.post("/stripe/webhook")
    def webhook() -> Response:
        body = request.get_data()
        try:
            stripe.WebhookSignature.verify_header(body, request.headers.get("Stripe-Signature"), secret, 300)
            letter = letter_from(body)
        except Unreadable as error:
            log.warning("unreadable: %s", error)
            abort(400)
        except Exception as error:
            log.warning("not Stripe's: %s", type(error).__name__)
            abort(401)
        if letter is not None:
            database.connection.execute(ACCEPT, letter)  # on the disk before the answer
            worker.called.set()
        return Response("ok", content_type="text/plain")

    return app
