"""The reference server with a part replaced by one that does the same in another way: right, but different.

Each endpoint of this folder is a factory without arguments (`gunicorn "endpoints.late:in_one_thread()"`) that reads its
settings from the environment, as the reference server does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import falcon
import peewee
from hookassay.server.app import create_app
from hookassay.server.facts import Fact, Order
from hookassay.server.ledger import Entry, Ledger
from hookassay.server.models import open_database
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

App = falcon.App[falcon.Request, falcon.Response]

PATH = "/stripe/webhook"


def variant(
    *,
    webhook: Callable[[Settings, Ledger], Webhook] = Webhook,
    ledger: Callable[[peewee.Database], Ledger] = Ledger,
) -> App:
    """The server as the environment says, with another webhook resource or another ledger."""
    settings = Settings.from_environment(os.environ)
    book = ledger(open_database(settings.database_url))
    app = create_app(settings, book)
    app.add_route(PATH, webhook(settings, book))
    return app


def execute(ledger: Ledger, sql: str, *values: Any) -> Any:
    """Run one statement on a ledger's database, in the transaction that is open if there is one; its cursor."""
    run: Callable[..., Any] = ledger.database.execute_sql
    return run(sql, values)


class SingleLedger(Ledger):
    """A ledger that takes events, facts and orders one at a time, so that one of them can be taken wrongly."""

    def are_new(self, entries: Sequence[Entry]) -> list[bool]:
        """As it must be."""
        return [self.is_new(entry.event_id, entry.event_type) for entry in entries]

    def is_new(self, event_id: str, event_type: str) -> bool:
        """Record the event's id; False where it is already there."""
        return super().are_new([Entry(event_id, event_type, ())])[0]

    def learn_all(self, facts: Iterable[Fact]) -> dict[tuple[str, str], str | None]:
        """As it must be, the object's own fact first."""
        return {(fact.kind, fact.stripe_id): self.learn(fact) for fact in facts}

    def learn(self, fact: Fact) -> str | None:
        """Add `fact` to what is known of its object; the PaymentIntent it belongs to, as far as that is known."""
        (payment_intent,) = super().learn_all([fact]).values()
        return payment_intent

    def write_all(self, orders: Sequence[Order]) -> None:
        """As it must be."""
        for order in orders:
            self.write(order)

    def write(self, order: Order) -> None:
        """Create or change the one order of a session."""
        super().write_all([order])
