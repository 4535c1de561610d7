"""The schema, and opening the database."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import peewee
import pytest
from hookassay.server.models import close_database, open_database

OPEN = "import sys; from hookassay.server.models import open_database; open_database(sys.argv[1])"


def test_opened_by_many_at_once(database_url: str) -> None:
    """Six processes that open an empty database at the same time all succeed."""
    started = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", OPEN, database_url], stderr=subprocess.PIPE)
        for _ in range(6)
    ]

    errors = [process.communicate()[1] for process in started]

    assert [(process.returncode, error) for process, error in zip(started, errors, strict=True)] == [(0, b"")] * 6


def test_opened_again(database_url: str) -> None:
    """Opening a database that has the schema keeps what is in it."""
    for number in range(2):
        database = open_database(database_url)
        with database.connection_context():
            database.execute_sql(f"INSERT INTO events VALUES ('evt_{number}', 'x', '2026-11-23 00:00:00')")
            count = database.execute_sql("SELECT count(*) FROM events").fetchone()[0]
        close_database(database)
        assert count == number + 1


def test_columns(database_url: str) -> None:
    """The orders table has the columns that are promised, and one order for each session."""
    database = open_database(database_url)
    with database.connection_context():
        columns = [column.name for column in database.get_columns("orders")]
        unique = [index.columns for index in database.get_indexes("orders") if index.unique]
    close_database(database)

    promised = [
        "id",
        "user_id",
        "stripe_session_id",
        "status",
        "refund_status",
        "dispute_status",
        "total_amount",
        "created_at",
    ]
    assert set(columns) == {*promised, "stripe_payment_intent", "currency", "amount_total", "amount_refunded"}
    assert ["stripe_session_id"] in unique


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/orders.db", "postgresql://u:canarypw@127.0.0.1:1/nothing?connect_timeout=1"]
)
def test_unreachable(url: str) -> None:
    """A database that cannot be opened is an error of the database, without its password."""
    with pytest.raises(peewee.OperationalError) as refusal:
        open_database(url)

    assert "canary" not in str(refusal.value)


def test_waits_for_its_turn(sqlite_database: str) -> None:
    """A process that comes while another one writes has its turn when that one has done, and not before."""
    holder, database = open_database(sqlite_database), open_database(sqlite_database)
    asked = threading.Event()

    pause = time.sleep

    def ask(seconds: float) -> None:
        asked.set()
        pause(seconds)

    def write() -> object:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("hookassay.server.models.time.sleep", ask)
            with database.atomic("IMMEDIATE"):
                database.execute_sql("INSERT INTO events VALUES ('evt_1', 'x', '2026-11-23 00:00:00')")
        return True

    with ThreadPoolExecutor(1) as pool:
        with holder.atomic("EXCLUSIVE"):
            written = pool.submit(write)
            assert asked.wait(10)
            assert not written.done()
        assert written.result(10)
    for opened in (holder, database):
        close_database(opened)
