"""The reference server with a part replaced by one that does the same in another way: right, but different.

Each endpoint of this folder is a factory without arguments (`gunicorn "endpoints.late:in_one_thread()"`) that reads its
settings from the environment, as the reference server does.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import falcon
import peewee
from hookassay.server.app import create_app
from hookassay.server.ledger import Ledger
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
