"""`show.py DATABASE SESSION`: prints the orders of a Checkout Session as JSON; `show.py --mails …` counts its mails."""

from __future__ import annotations

import json
import sqlite3
import sys

ORDERS = "SELECT status, refund_status, dispute_status, total_amount FROM orders WHERE stripe_session_id = ?"
MAILS = "SELECT count(*) FROM mails WHERE session = ?"


def show(database: str, session: str, *, mails: bool) -> str:
    """What is to be printed."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    connection.row_factory = sqlite3.Row
    rows = connection.execute(MAILS if mails else ORDERS, (session,)).fetchall()
    connection.close()
    return str(rows[0][0]) if mails else json.dumps([dict(row) for row in rows])


print(show(*sys.argv[-2:], mails="--mails" in sys.argv))
