"""One transaction for each event, whoever else is writing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import peewee
import psycopg
import pytest
from hookassay.server.facts import SESSION_RANK, Fact, Order
from hookassay.server.ledger import Ledger, NotStoredError
from hookassay.server.models import close_database, open_database
from hookassay.server.postgres import PooledPostgres
from reference_shop import Purchase, Shop

PAID = SESSION_RANK["paid"]


def session(number: int) -> Fact:
    return Fact("session", f"cs_{number}", f"pi_{number}", None, "paid", PAID, 1000, "usd", "42")


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What the calls return, made as nearly at the same time as threads allow."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


class FailingLedger(Ledger):
    """Fails after everything but the commit has been done."""

    def write_all(self, orders: Sequence[Order]) -> None:
        super().write_all(orders)
        raise peewee.OperationalError("disk I/O error")


@pytest.fixture
def database(database_url: str) -> Iterator[peewee.Database]:
    opened = open_database(database_url)
    yield opened
    close_database(opened)


def rows(database: peewee.Database, sql: str) -> list[tuple[object, ...]]:
    with database.connection_context():
        found: list[tuple[object, ...]] = database.execute_sql(sql).fetchall()
        return found


def test_new_and_duplicate(database: peewee.Database) -> None:
    """The first record of an event is new, the second changes nothing, whatever it says."""
    ledger = Ledger(database)

    assert ledger.record("evt_1", "checkout.session.completed", [session(1)])
    assert not ledger.record("evt_1", "checkout.session.completed", [session(2)])
    assert rows(database, "SELECT stripe_session_id FROM orders") == [("cs_1",)]


def test_event_without_facts(database: peewee.Database) -> None:
    """An event that states nothing is recorded by its id alone."""
    assert Ledger(database).record("evt_1", "checkout.session.completed", [])
    assert rows(database, "SELECT id FROM events") == [("evt_1",)]
    assert rows(database, "SELECT id FROM orders") == []


def test_all_or_nothing(database: peewee.Database) -> None:
    """When the last statement fails, neither id, nor facts, nor order stay; the same event is then taken."""
    with pytest.raises(NotStoredError):
        FailingLedger(database).record("evt_1", "checkout.session.completed", [session(1)])

    assert [rows(database, f"SELECT * FROM {table}") for table in ("events", "facts", "orders")] == [[], [], []]
    assert Ledger(database).record("evt_1", "checkout.session.completed", [session(1)])


def test_parked_until_claimed(database: peewee.Database) -> None:
    """Facts of an unknown payment make no order, and count once a session claims the payment."""
    ledger = Ledger(database)
    ledger.record("evt_1", "charge.refunded", [Fact("charge", "ch_1", "pi_1", amount=1000)])
    assert rows(database, "SELECT id FROM orders") == []

    ledger.record("evt_2", "checkout.session.completed", [session(1)])

    assert rows(database, "SELECT refund_status FROM orders") == [("refunded",)]


def test_two_sessions_of_one_payment(database: peewee.Database) -> None:
    """Two sessions that name one payment are two orders, and a refund shows on both."""
    ledger = Ledger(database)
    for number in (1, 2):
        ledger.record(f"evt_{number}", "c", [session(number)._replace(payment_intent="pi_1")])
    ledger.record("evt_3", "charge.refunded", [Fact("charge", "ch_1", "pi_1", amount=1000)])

    assert rows(database, "SELECT stripe_session_id, refund_status FROM orders ORDER BY 1") == [
        ("cs_1", "refunded"),
        ("cs_2", "refunded"),
    ]


def test_same_event_at_once(database: peewee.Database) -> None:
    """Of eight concurrent records of one event exactly one is new."""
    ledger = Ledger(database)
    for number in range(10):
        new = at_once(*[lambda n=number: ledger.record(f"evt_{n}", "c", [session(n)])] * 8)
        assert sorted(map(bool, new)) == [False] * 7 + [True]
    assert rows(database, "SELECT count(*) FROM orders") == [(10,)]


def test_twin_events_at_once(database: peewee.Database) -> None:
    """Different events of one session, recorded at once, give one order."""
    ledger = Ledger(database)
    for number in range(10):
        at_once(*(lambda n=number, twin=twin: ledger.record(f"evt_{n}_{twin}", "c", [session(n)]) for twin in range(8)))
    assert rows(database, "SELECT count(*) FROM orders") == [(10,)]


def test_no_lost_update(database: peewee.Database) -> None:
    """Session, link, refund and dispute, recorded at once, are all seen in the order, whoever came last.

    Refund and dispute name only the charge, so that nothing joins them to the session but the link.
    """
    ledger = Ledger(database)
    for number in range(25):
        charge = f"ch_{number}"
        facts = [
            [session(number)],
            [Fact("charge", charge, f"pi_{number}")],
            [Fact("refund", f"re_{number}", None, charge, "succeeded", 3, 300), Fact("charge", charge)],
            [Fact("dispute", f"du_{number}", None, charge, "lost", 8, 300), Fact("charge", charge)],
        ]
        at_once(
            *(
                lambda n=number, place=place, stated=stated: ledger.record(f"evt_{n}_{place}", "x", stated)
                for place, stated in enumerate(facts)
            )
        )
    assert (
        rows(database, "SELECT status, refund_status, dispute_status, amount_refunded FROM orders")
        == [("paid", "partially_refunded", "lost", 300)] * 25
    )


def test_two_processes_share_a_file(sqlite_database: str) -> None:
    """Two ledgers that do not know of each other, as in two workers, lose nothing on one SQLite file."""
    databases = [open_database(sqlite_database) for _ in range(2)]
    ledgers = [Ledger(database) for database in databases]

    at_once(
        *(
            lambda n=number: [ledgers[n % 2].record(f"evt_{n}_{m}", "c", [session(n * 100 + m)]) for m in range(20)]
            for number in range(4)
        )
    )

    assert rows(databases[0], "SELECT count(*) FROM orders") == [(80,)]
    for database in databases:
        close_database(database)


def test_sqlite_is_durable(shop: Shop) -> None:
    """SQLite writes ahead, and syncs every commit to the disk."""
    pragma = [shop.database.execute_sql(f"PRAGMA {name}").fetchone() for name in ("journal_mode", "synchronous")]

    assert pragma == [("wal",), (2,)]


def test_lost_connections(postgres_database: str) -> None:
    """After PostgreSQL has ended every connection, the next event is stored all the same."""
    database = open_database(postgres_database)
    ledger = Ledger(database)
    at_once(*(lambda n=number: ledger.record(f"evt_{n}", "c", [session(n)]) for number in range(6)))
    with psycopg.connect(postgres_database) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    assert ledger.record("evt_new", "c", [session(7)])
    close_database(database)


class DeadlockingLedger(Ledger):
    """Is chosen as a deadlock's victim, once."""

    def __init__(self, database: peewee.Database, error: Callable[[], None]) -> None:
        super().__init__(database)
        self.errors = [error]

    def write_all(self, orders: Sequence[Order]) -> None:
        super().write_all(orders)
        if self.errors:
            self.errors.pop()()


@pytest.mark.parametrize("state", ["40P01", "40001"])
def test_deadlock(postgres_database: str, state: str) -> None:
    """A deadlock or a serialization failure is tried again."""
    database = open_database(postgres_database)
    block = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
    ledger = DeadlockingLedger(database, lambda: database.execute_sql(block))

    assert ledger.record("evt_1", "c", [session(1)])
    assert ledger.errors == []
    assert rows(database, "SELECT count(*) FROM orders") == [(1,)]
    close_database(database)


def test_no_database(postgres_database: str) -> None:
    """When PostgreSQL cannot be reached any more, the event is refused, and soon."""
    database = open_database(postgres_database)
    assert isinstance(database, PooledPostgres)
    database._url = database._url.replace("127.0.0.1", "127.0.0.2")

    with pytest.raises(NotStoredError, match="OperationalError"):
        Ledger(database).record("evt_1", "c", [session(1)])
    close_database(database)


def test_locked_file(sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When another process holds SQLite's write lock for too long, the event is refused and nothing stays."""
    monkeypatch.setattr("hookassay.server.models.BUSY_TIMEOUT", 0.05)
    holder, database = open_database(sqlite_database), open_database(sqlite_database)
    with holder.atomic("EXCLUSIVE"), pytest.raises(NotStoredError):
        Ledger(database).record("evt_1", "c", [session(1)])

    assert Ledger(database).record("evt_1", "c", [session(1)])
    close_database(holder)
    close_database(database)


def test_purchases_at_once(open_shop: Shop) -> None:
    """Fifty purchases at once are fifty paid orders."""
    purchases = [Purchase() for _ in range(50)]

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda purchase: open_shop.deliver(purchase.completed()), purchases))

    assert {open_shop.states(purchase) for purchase in purchases} == {("paid", "none", "none")}
