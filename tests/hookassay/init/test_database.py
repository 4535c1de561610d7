"""The database as it is now."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from hookassay.errors import UsageError
from hookassay.init.database import LiveDatabase

SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), session_id TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid')));
INSERT INTO users VALUES (41);
INSERT INTO orders VALUES (1, 41, 'cs_1', 'open'), (2, 41, 'cs_2', 'paid'), (3, 41, 'cs_3', 'paid');
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[LiveDatabase]:
    """A database with three orders of one user."""
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.executescript(SCHEMA)
    connection.close()
    live = LiveDatabase("sqlite:///shop.db", tmp_path)
    yield live
    live.close()


def test_its_tables_are_seen(database: LiveDatabase) -> None:
    """By name, as the inspector gives them."""
    assert [table.name for table in database.tables] == ["orders", "users"]


def test_its_values_are_seen(database: LiveDatabase) -> None:
    """The different ones."""
    orders = database.tables[0]

    assert sorted(database.values(orders, "state")) == ["open", "paid"]


def test_many_values_are_no_states(database: LiveDatabase, tmp_path: Path) -> None:
    """An id is different in each row."""
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.executemany("INSERT INTO users VALUES (?)", [(number,) for number in range(100, 200)])
    connection.close()

    assert database.values(database.tables[1], "id") == []


def test_what_a_column_demands(database: LiveDatabase) -> None:
    """A value is needed where there is neither null nor a default; a counted id needs none."""
    needed = {name: database.demand("orders", name).required for name in ("id", "user_id", "session_id", "state")}  # type: ignore[union-attr]

    assert needed == {"id": False, "user_id": False, "session_id": True, "state": False}


def test_a_check_is_seen(database: LiveDatabase) -> None:
    """It lists the words of a column."""
    demand = database.demand("orders", "state")

    assert demand is not None
    assert "'paid'" in demand.checked


def test_a_row_that_a_column_must_refer_to(database: LiveDatabase) -> None:
    """A buyer that exists."""
    assert database.refers("orders", "user_id") == ("users", "id")
    assert database.first("users", "id") == 41


def test_an_enumeration_of_postgresql_is_seen(postgres_database: str, tmp_path: Path) -> None:
    """Its labels are the words of the column."""
    engine = create_engine(postgres_database.replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.begin() as connection:
        connection.execute(text("CREATE TYPE states AS ENUM ('open', 'paid')"))
        connection.execute(text("CREATE TABLE orders (id bigserial PRIMARY KEY, session_id text, state states)"))
    engine.dispose()
    live = LiveDatabase(postgres_database, tmp_path)
    demand = live.demand("orders", "state")
    live.close()

    assert demand is not None
    assert demand.listed == ("open", "paid")


def test_a_database_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """It is never made."""
    with pytest.raises(UsageError):
        LiveDatabase("sqlite:///nothing.db", tmp_path)
    assert not (tmp_path / "nothing.db").exists()
