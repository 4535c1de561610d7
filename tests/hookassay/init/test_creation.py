"""Who makes an order, and the statement that makes one in the shop's place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from hookassay.init import creation, orders_table, recognition, words
from hookassay.init.creation import Creation
from hookassay.init.database import LiveDatabase
from hookassay.init.guess import Guess
from hookassay.init.handler import find as handler
from hookassay.scan.survey import Survey

Look = Callable[[dict[str, str]], Survey]

TABLE = "CREATE TABLE orders (id TEXT PRIMARY KEY, session_id TEXT, status TEXT NOT NULL, total INTEGER NOT NULL);\n"
HOOK = """
import stripe
from flask import Flask, request
app = Flask(__name__)
@app.post("/hook")
def hook():
    event = stripe.Webhook.construct_event(request.data, "x", "y")
    if event["type"] == "checkout.session.completed":
        %s
"""
CHECKOUT = """
import stripe
def checkout():
    %s
    stripe.checkout.Session.create(mode="payment")
"""
UPDATES = 'db.execute("UPDATE orders SET status = \'paid\' WHERE id = ?", [s["client_reference_id"]])'
INSERTS = "db.execute(\"INSERT INTO orders (id, status) VALUES (?, 'new')\")"


def found(survey: Survey, live: LiveDatabase | None = None) -> Creation:
    tables = [*survey.tables, *(live.tables if live else ())]
    orders = orders_table.find(tables)
    assert orders is not None
    told = handler(survey)
    known = recognition.find(told)
    return creation.find(orders, told, known, words.dictionary(survey), live, Guess("1"), '"')


def test_a_webhook_that_inserts_makes_the_order(look: Look) -> None:
    """Nothing has to be there before the customer pays."""
    made = found(look({"schema.sql": TABLE, "hook.py": HOOK % INSERTS}))

    assert (made.by.value, made.by.sure, made.create.value) == ("webhook", True, None)


def test_a_checkout_that_inserts_makes_the_order(look: Look) -> None:
    """The webhook only updates it; the statement has what the table demands."""
    made = found(look({"schema.sql": TABLE, "hook.py": HOOK % UPDATES, "checkout.py": CHECKOUT % INSERTS}))

    assert (made.by.value, dict(made.ids)) == ("shop", {"client_reference_id": "{uuid}"})
    assert made.create.value == (
        "INSERT INTO orders (id, session_id, status, total)\nVALUES (:uuid, :session_id, 'new', :amount)"
    )


def test_a_webhook_that_inserts_too_needs_no_other(look: Look) -> None:
    """An upsert in the handler is enough."""
    made = found(look({"schema.sql": TABLE, "hook.py": HOOK % INSERTS, "checkout.py": CHECKOUT % INSERTS}))

    assert made.by.value == "webhook"


def test_where_nobody_inserts_it_is_asked(look: Look) -> None:
    """Another program may do it."""
    assert not found(look({"schema.sql": TABLE, "hook.py": HOOK % UPDATES})).by.sure


@pytest.mark.parametrize(
    "inserts",
    [
        'Order.objects.get_or_create(session_id=s["id"])',
        'db.add(Order(session_id=s["id"]))',
        'Order.create(session_id=s["id"])',
        'session.execute(insert(orders).values(session_id=s["id"]))',
        'supabase.table("orders").upsert({})',
        'db.execute("insert or ignore into orders values (?)")',
    ],
)
def test_an_insertion_has_many_forms(inserts: str, look: Look) -> None:
    """Each ORM makes rows in its own way."""
    assert found(look({"schema.sql": TABLE, "hook.py": HOOK % inserts})).by.sure


def test_what_the_live_table_demands_is_given(look: Look, tmp_path: Path) -> None:
    """What may be null, or has a default, is left to the database; a foreign key is doubted no more than its row."""
    survey = look({"hook.py": HOOK % UPDATES, "checkout.py": CHECKOUT % INSERTS})
    database = sqlite3.connect(tmp_path / "shop.db")
    database.execute(
        "CREATE TABLE orders (id TEXT PRIMARY KEY, session_id TEXT, status TEXT NOT NULL DEFAULT 'new',"
        " total INTEGER NOT NULL, note TEXT, email TEXT NOT NULL, made_at DATETIME NOT NULL)"
    )
    database.close()
    live = LiveDatabase("sqlite:///shop.db", tmp_path)
    made = found(survey, live)
    live.close()

    assert made.create.value == (
        "INSERT INTO orders (id, session_id, total, email, made_at)\n"
        "VALUES (:uuid, :session_id, :amount, 'buyer@example.invalid', CURRENT_TIMESTAMP)"
    )
    assert made.create.sure


@pytest.mark.parametrize(("name", "written"), [("orders", "orders"), ("Order", '"Order"'), ("order", '"order"')])
def test_a_name_is_quoted_where_sql_needs_it(name: str, written: str) -> None:
    """Capitals and words of SQL's own."""
    assert creation.identifier(name, '"') == written
