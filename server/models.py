"""The schema, and opening the database that holds it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import peewee

from .postgres import PooledPostgres

BUSY_TIMEOUT = 5.0
"""Seconds that a SQLite writer waits for another process's transaction before the event is refused for now."""

ASK_AGAIN = 0.0002
"""Seconds after which it asks again; storing a few events takes some five times as long."""

POOL_SIZE = 16
"""The most PostgreSQL connections that one worker process opens; as many of its threads can store at once."""

SCHEMA_LOCK = 0x686F6F6B
"""PostgreSQL advisory lock held while the schema is created; any number that nothing else in the database uses."""


def utc_now() -> datetime:
    """The current UTC time without a zone, the form in which all times are stored."""
    return datetime.now(UTC).replace(tzinfo=None)


class EventRow(peewee.Model):
    """An event whose effect is stored. The unique id makes a second delivery a duplicate."""

    id = peewee.TextField(primary_key=True)
    type = peewee.TextField()
    received_at = peewee.DateTimeField(default=utc_now)

    class Meta:
        table_name = "events"


class FactRow(peewee.Model):
    """All that is known of one Stripe object: `facts.Fact` at rest."""

    kind = peewee.TextField()
    stripe_id = peewee.TextField()
    payment_intent = peewee.TextField(null=True, index=True)
    charge = peewee.TextField(null=True, index=True)
    status = peewee.TextField(null=True)
    rank = peewee.IntegerField()
    amount = peewee.BigIntegerField(null=True)
    currency = peewee.TextField(null=True)
    user_id = peewee.TextField(null=True)

    class Meta:
        table_name = "facts"
        primary_key = peewee.CompositeKey("kind", "stripe_id")


class OrderRow(peewee.Model):
    """One order for each Checkout Session. Every column but `id` and `created_at` is computed from facts.

    The integer columns hold minor units and are exact; `total_amount` is the same in the major unit, for people (SQLite
    keeps decimals as floating point numbers).
    """

    id = peewee.BigAutoField()
    user_id = peewee.TextField(null=True)
    stripe_session_id = peewee.TextField(unique=True)
    stripe_payment_intent = peewee.TextField(null=True, index=True)
    status = peewee.TextField()
    refund_status = peewee.TextField()
    dispute_status = peewee.TextField()
    currency = peewee.TextField(null=True)
    amount_total = peewee.BigIntegerField(null=True)
    amount_refunded = peewee.BigIntegerField()
    total_amount = peewee.DecimalField(max_digits=24, decimal_places=3, null=True)
    created_at = peewee.DateTimeField(default=utc_now)

    class Meta:
        table_name = "orders"


def open_database(url: str) -> peewee.Database:
    """The database that `url` (a checked Settings.database_url) names, with its schema in place.

    Safe when several workers start at once, and on a schema that exists. Raises peewee.DatabaseError or
    peewee.InterfaceError where the database cannot be reached or written. No connection is left open, so that a process
    may open the database and then fork.
    """
    database = _sqlite(url) if url.startswith("sqlite:") else PooledPostgres(url, max_size=POOL_SIZE)
    execute: Callable[..., Any] = database.execute_sql
    with database.connection_context(), database.atomic(transaction_mode(database)):
        if isinstance(database, PooledPostgres):
            # IF NOT EXISTS alone is not safe against a twin: both look, and the second create fails.
            execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
        for model in (EventRow, FactRow, OrderRow):
            peewee.SchemaManager(model, database).create_all(safe=True)
    close_database(database)
    return database


def close_database(database: peewee.Database) -> None:
    """Close this thread's connection, and the pool where there is one."""
    database.close()
    if isinstance(database, PooledPostgres):
        database.close_pool()


def connected(database: peewee.Database) -> AbstractContextManager[Any]:
    """A connection of `database` for this thread, for as long as the context lasts.

    PostgreSQL connections go back to the pool; each thread keeps its SQLite connection open, since opening one costs
    more than storing an event.
    """
    return database.connection_context() if isinstance(database, PooledPostgres) else nullcontext()


def transaction_mode(database: peewee.Database) -> str:
    """How a transaction that will write must begin.

    SQLite: take the write lock at once, since a transaction that reads first cannot always get it later. PostgreSQL:
    see what others committed while we waited for a lock, whatever the server's default isolation is.
    """
    return "READ COMMITTED" if isinstance(database, PooledPostgres) else "IMMEDIATE"


def _sqlite(url: str) -> peewee.Database:
    path = unquote(urlsplit(url).path)[1:]
    return _Sqlite(
        path,
        pragmas={"journal_mode": "wal", "synchronous": "full"},
        timeout=0,  # `begin` waits; a reader waits for no writer
    )


class _Sqlite(peewee.SqliteDatabase):
    """SQLite that waits for other processes: to open a new file, and for its turn to write."""

    def begin(self, lock_type: str | None = None) -> None:
        """Begin a transaction, asking again and again where another process is writing.

        SQLite's own waiting sleeps longer each time that it asked in vain: whoever has waited long waits longer still,
        while the process that is writing comes back at once.
        """
        deadline = time.monotonic() + BUSY_TIMEOUT
        while True:
            try:
                super().begin(lock_type)
                return
            except peewee.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(ASK_AGAIN)

    def _connect(self) -> Any:
        deadline = time.monotonic() + BUSY_TIMEOUT
        while True:
            try:
                return super()._connect()  # type: ignore[misc]  # the stubs leave it out
            except Exception as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
