"""An endpoint whose effects can be counted: a mail goes out when an order is paid."""

from __future__ import annotations

import os

import falcon
import peewee
from hookassay.server.facts import Order
from hookassay.server.ledger import Ledger
from hookassay.server.models import connected, open_database

from .variant import App, SingleLedger, execute, variant

CREATE_TABLE = "CREATE TABLE IF NOT EXISTS mails (session TEXT NOT NULL)"
COUNT = "SELECT count(*) FROM mails WHERE session = ?"
SEND = "INSERT INTO mails SELECT ? WHERE NOT EXISTS (SELECT 1 FROM mails WHERE session = ?)"


class Mailing(SingleLedger):
    """Sends one mail for each order that gets paid, in the transaction that makes it so."""

    def __init__(self, database: peewee.Database) -> None:
        super().__init__(database)
        with database.connection_context():
            execute(self, CREATE_TABLE)

    def write(self, order: Order) -> None:
        """Write the order, and send its mail unless that was done."""
        super().write(order)
        if order.status == "paid":
            execute(self, SEND, order.stripe_session_id, order.stripe_session_id)


class Mails:
    """GET /mails/{session}: how many mails went out."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def on_get(self, req: falcon.Request, resp: falcon.Response, session: str) -> None:
        """Answer `{"mails": {"sent": 1}}`."""
        with connected(self._ledger.database):
            sent = execute(self._ledger, COUNT, session).fetchone()[0]
        resp.media = {"mails": {"sent": sent}}


def mailing() -> App:
    """A mail goes out once for each order that is paid; the table `mails` and GET /mails/{session} tell of them."""
    app = variant(ledger=Mailing)
    app.add_route("/mails/{session}", Mails(Ledger(open_database(os.environ["DATABASE_URL"]))))
    return app
