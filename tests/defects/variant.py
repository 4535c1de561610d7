"""The reference server with one of its parts replaced by a wrong one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import peewee
from endpoints.variant import SingleLedger
from hookassay.server.app import create_app
from hookassay.server.facts import Order
from hookassay.server.ledger import Ledger
from hookassay.server.models import BUSY_TIMEOUT, open_database, utc_now
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .registry import WSGIApp

INSERT_ORDER = f"INSERT INTO orders ({', '.join(Order._fields)}, created_at) VALUES ({'?, ' * len(Order._fields)}?)"
UPDATE_ORDER = f"UPDATE orders SET {', '.join(f'{name} = ?' for name in Order._fields)} WHERE stripe_session_id = ?"


def variant(
    settings: Settings,
    *,
    webhook: Callable[[Settings, Ledger], Webhook] = Webhook,
    ledger: Callable[[peewee.Database], Ledger] = Ledger,
) -> WSGIApp:
    """The server as `settings` say, with another webhook resource or another ledger than the right ones."""
    book = ledger(open_database(settings.database_url))
    app = create_app(settings, book)
    app.add_route("/stripe/webhook", webhook(settings, book))
    return app


def execute(ledger: Ledger, sql: str, *values: Any) -> Any:
    """Run one statement on a ledger's database, in the open transaction if there is one; its cursor."""
    run: Callable[..., Any] = ledger.database.execute_sql
    return run(sql, values)


class KeylessLedger(SingleLedger):
    """A ledger whose orders have no unique key, so that a session may have several."""

    def __init__(self, database: peewee.Database) -> None:
        super().__init__(database)
        database.timeout = BUSY_TIMEOUT  # what is written outside of a transaction waits for its turn as well
        with database.connection_context():
            execute(self, "DROP INDEX orderrow_stripe_session_id")

    def insert(self, order: Order) -> None:
        """Make one more order."""
        execute(self, INSERT_ORDER, *order, utc_now())

    def update(self, order: Order) -> None:
        """Change every order of the session."""
        execute(self, UPDATE_ORDER, *order, order.stripe_session_id)


class RawWebhook(Webhook):
    """A webhook resource that still knows, when it takes an event, what the delivery looked like."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        super().__init__(settings, ledger)
        self._delivery = threading.local()

    def verify(self, body: bytes, header: str | None) -> str:
        """As it must be, and the delivery is kept for `body`, `header` and `created`."""
        self._delivery.body, self._delivery.header = body, header
        return super().verify(body, header)

    @property
    def body(self) -> bytes:
        """The bytes of the delivery that this thread is taking."""
        body: bytes = self._delivery.body
        return body

    @property
    def header(self) -> str:
        """Its Stripe-Signature header."""
        return str(self._delivery.header)

    @property
    def created(self) -> int:
        """When its event was created, in Unix seconds."""
        return int(json.loads(self.body)["created"])
