"""A shop that makes its sales before they are paid; the webhook finds them by client_reference_id and updates them."""

from __future__ import annotations

import json
import os

import falcon
import peewee
from hookassay.server.event import Event
from hookassay.server.facts import Order, facts_in
from hookassay.server.ledger import Ledger
from hookassay.server.models import connected
from hookassay.server.webhook import Webhook

from .variant import App, SingleLedger, execute, variant

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS sales (
  number INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, checkout TEXT NOT NULL UNIQUE, cents INTEGER NOT NULL,
  money TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', money_back TEXT NOT NULL DEFAULT 'no',
  cents_back INTEGER NOT NULL DEFAULT 0, complaint TEXT NOT NULL DEFAULT 'no')
"""

CREATE_SALE = "INSERT INTO sales (reference, checkout, cents, money) VALUES (?, ?, ?, ?)"

UPDATE_SALE = """
UPDATE sales SET money_back = ?, cents_back = ?, complaint = ?,
  state = CASE WHEN ? = 'settled' AND (cents <> ? OR money <> ?) THEN 'check by hand' ELSE ? END
WHERE reference = ?
"""

STATES = {"pending": "waiting", "paid": "settled", "failed": "dropped", "expired": "dropped"}
MONEY_BACK = {"none": "no", "partially_refunded": "part", "refunded": "all"}
COMPLAINTS = {"none": "no", "inquiry": "asked", "disputed": "open", "won": "ours", "lost": "theirs"}

WORDS = """\
[orders.columns]
id = "number"
user_id = false
stripe_session_id = "checkout"
status = "state"
refund_status = "money_back"
dispute_status = "complaint"
total_amount = "cents"
amount_refunded = "cents_back"
currency = "money"
created_at = false

[orders.values]
paid = "settled"
refunded = "all"
partially_refunded = "part"
disputed = "open"
dispute_won = "ours"
dispute_lost = "theirs"
"""
"""What a hookassay.toml says of these columns and words."""


class ByReference(Webhook):
    """A session belongs to the sale that its client_reference_id names."""

    def take(self, event: Event) -> None:
        """Store what the event says; a session's user is its sale."""
        reference = event.object.get("client_reference_id")
        facts = facts_in(event)
        self._ledger.record(
            event.id,
            event.type,
            [fact._replace(user_id=reference) if fact.kind == "session" else fact for fact in facts],
        )


class Sales(SingleLedger):
    """Updates sales and never makes one: a session that names no sale changes nothing."""

    def __init__(self, database: peewee.Database) -> None:
        super().__init__(database)
        with database.connection_context():
            execute(self, CREATE_TABLE)

    def write(self, order: Order) -> None:
        """Update the sale; one that was paid at another price than its own is looked at by a person."""
        state = STATES[order.status]
        execute(
            self,
            UPDATE_SALE,
            MONEY_BACK[order.refund_status],
            order.amount_refunded,
            COMPLAINTS[order.dispute_status],
            state,
            order.amount_total,
            order.currency,
            state,
            order.user_id,
        )


class Counter:
    """POST /sales: makes a sale before it is paid, behind the shop's own token."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 201 once the sale is stored; the body names it as `[orders] create` does."""
        if req.auth != f"Bearer {os.environ['SHOP_TOKEN']}":
            raise falcon.HTTPForbidden
        sale = json.loads(req.bounded_stream.read())
        values = (sale["client_reference_id"], sale["session_id"], sale["amount"], sale["currency"])
        with connected(self._ledger.database):
            execute(self._ledger, CREATE_SALE, *values)
        resp.status = falcon.HTTP_201


def shop() -> App:
    """Sales are made by the shop; the webhook only updates them."""
    ledgers: list[Ledger] = []

    def sales(database: peewee.Database) -> Ledger:
        ledgers.append(Sales(database))
        return ledgers[0]

    app = variant(webhook=ByReference, ledger=sales)
    app.add_route("/sales", Counter(ledgers[0]))
    return app
