"""The tables, queries and statements that are written, on the databases that they are written for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hookassay import configuration
from hookassay.config import OrdersSettings
from hookassay.init import document
from hookassay.init.draft import draft
from hookassay.init.interview import Interview
from hookassay.orders.database import Database
from hookassay.orders.shop import SqlAction
from hookassay.orders.source import Source
from hookassay.orders.sql import SqlReader
from hookassay.orders.vocabulary import Vocabulary
from hookassay.scan.survey import survey

Shop = Callable[[str], Path]

PRISMA = (
    "CREATE TYPE \"OrderStatus\" AS ENUM ('PENDING', 'PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED')",
    'CREATE TABLE "Order" (id TEXT PRIMARY KEY, "stripeSessionId" TEXT UNIQUE, "paymentIntentId" TEXT UNIQUE,'
    " status \"OrderStatus\" NOT NULL DEFAULT 'PENDING', total INTEGER NOT NULL, currency TEXT NOT NULL DEFAULT 'eur',"
    ' "userId" TEXT, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" TIMESTAMP(3) NOT NULL)',
)
LARAVEL = (
    "CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, stripe_session_id VARCHAR(255) NOT NULL UNIQUE,"
    " status ENUM('pending', 'paid', 'cancelled') NOT NULL DEFAULT 'pending',"
    " refund_status ENUM('none', 'partial', 'full') NOT NULL DEFAULT 'none', disputed_at TIMESTAMP NULL,"
    " total_amount DECIMAL(10, 2) NOT NULL)",
    "INSERT INTO orders (stripe_session_id, status, refund_status, disputed_at, total_amount)"
    " VALUES ('cs_1', 'paid', 'partial', CURRENT_TIMESTAMP, 19.99)",
)
RAILS = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, checkout_session_id TEXT, status INTEGER, disputed BOOLEAN,"
    " amount_cents BIGINT, currency TEXT)",
    "INSERT INTO orders VALUES (1, 'cs_1', 3, 1, 1999, 'eur')",
)


def written(folder: Path, url: str) -> OrdersSettings:
    """How the file of a shop reads orders, in the database at `url`."""
    file = folder / "hookassay.toml"
    file.write_text(document.text(draft(survey(folder), Interview(None), {})))
    names = ("STRIPE_WEBHOOK_SECRET", "DATABASE_URL", "DB_USERNAME", "DB_PASSWORD", "DB_HOST", "DB_PORT", "DB_DATABASE")
    return replace(configuration.load(file, dict.fromkeys(names, "x")).orders, source=url)


def states(orders: OrdersSettings, url: str, folder: Path) -> list[set[str]]:
    """The states of the orders of the session cs_1, as they are read back."""
    reader = SqlReader(orders, Source.parse(url, folder))
    try:
        reader.check()
        return [set(Vocabulary(orders).order(row).states) for row in reader.read("cs_1")]
    finally:
        reader.close()


def run(url: str, folder: Path, *statements: str) -> None:
    database = Database(Source.parse(url, folder), writable=True)
    database.write([text(statement) for statement in statements], {}, "the test")
    database.close()


def test_an_order_of_prismas_is_made_and_read(shop: Shop, postgres_database: str) -> None:
    """The statement gives what the table demands, and the table's name is spelt as it is."""
    folder = shop("express_prisma")
    run(postgres_database, folder, *PRISMA)
    orders = written(folder, postgres_database)
    values: dict[str, Any] = dict.fromkeys(("client_reference_id", "payment_intent", "charge", "run", "n"))
    values |= {"session_id": "cs_1", "uuid": "u", "amount": 1999, "amount_major": 19, "currency": "eur"}
    assert orders.create is not None
    action = SqlAction(orders.create, "[orders] create", Source.parse(postgres_database, folder), 10)
    action.run(values)
    action.close()

    assert states(orders, postgres_database, folder) == [set()]
    run(postgres_database, folder, "UPDATE \"Order\" SET status = 'REFUNDED'")
    assert states(orders, postgres_database, folder) == [{"refunded"}]


def test_a_time_is_read_as_a_state(shop: Shop, mariadb_database: str) -> None:
    """The query says what a timestamp means."""
    folder = shop("laravel")
    run(mariadb_database, folder, *LARAVEL)

    found = states(written(folder, mariadb_database), mariadb_database, folder)

    assert found == [{"paid", "partially_refunded", "disputed"}]


def test_numbers_are_read_as_states(shop: Shop, sqlite_database: str) -> None:
    """An enum of Rails, and a flag beside it."""
    folder = shop("rails")
    Path(sqlite_database.removeprefix("sqlite:///")).touch()
    run(sqlite_database, folder, *RAILS)

    assert states(written(folder, sqlite_database), sqlite_database, folder) == [{"refunded", "disputed"}]


@pytest.mark.parametrize(("status", "state"), [("SETTLED", "paid"), ("PART_REFUNDED", "partially_refunded")])
def test_names_are_read_as_states(status: str, state: str, shop: Shop, sqlite_database: str) -> None:
    """SQLAlchemy keeps the names of an Enum, not its values."""
    folder = shop("fastapi_shop")
    Path(sqlite_database.removeprefix("sqlite:///")).touch()
    run(
        sqlite_database,
        folder,
        "CREATE TABLE purchases (id INTEGER PRIMARY KEY, checkout_id TEXT, state TEXT, amount INTEGER,"
        " amount_refunded INTEGER, currency TEXT)",
        f"INSERT INTO purchases VALUES (1, 'cs_1', '{status}', 1999, 0, 'eur')",
    )

    assert states(written(folder, sqlite_database), sqlite_database, folder) == [{state}]
