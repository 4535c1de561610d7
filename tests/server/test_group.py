"""Events that come while others are being stored share a transaction, and none pays for another."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import peewee
import pytest
from hookassay.server.facts import SESSION_RANK, Fact
from hookassay.server.group import Group
from hookassay.server.ledger import Entry, NotStoredError, RefusedError
from hookassay.server.models import close_database, open_database
from hookassay.server.turns import take_turns

COMPLETED = "checkout.session.completed"
LONGEST = 20.0
"""Seconds after which something hangs that must not hang."""


def session(number: int, **changes: Any) -> Fact:
    fact = Fact("session", f"cs_{number}", f"pi_{number}", None, "paid", SESSION_RANK["paid"], 1000, "usd", "42")
    return fact._replace(**changes)


class HeldGroup(Group):
    """Holds its first transaction back until it is let go, and keeps which events shared one."""

    def __init__(self, database: peewee.Database) -> None:
        super().__init__(database)
        self.transactions: list[list[str]] = []
        self._begun, self._let_go = threading.Event(), threading.Event()
        self.happens: Callable[[], None] = lambda: None
        """What happens in the first transaction, before it is stored."""

    def record_together(self, entries: Sequence[Entry]) -> list[bool]:
        self.transactions.append([entry.event_id for entry in entries])
        if len(self.transactions) == 1:
            self._begun.set()
            assert self._let_go.wait(LONGEST)
            self.happens()
        return super().record_together(entries)

    def gather(self, pool: ThreadPoolExecutor, *facts: Fact) -> list[Future[bool]]:
        """The events evt_0, evt_1 and so on, of which the others come while the first is being stored."""
        first, *others = [(f"evt_{number}", COMPLETED, [fact]) for number, fact in enumerate(facts)]
        futures = [pool.submit(self.record, *first)]
        assert self._begun.wait(LONGEST)
        for number, other in enumerate(others, 1):
            futures.append(pool.submit(self.record, *other))
            until(lambda number=number: len(self._gathered) == number)
        self._let_go.set()
        return futures


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def rows(database: peewee.Database, sql: str) -> list[tuple[object, ...]]:
    with database.connection_context():
        found: list[tuple[object, ...]] = database.execute_sql(sql).fetchall()
        return found


def outcomes(futures: Sequence[Future[bool]]) -> list[object]:
    """What each returned, or the class of what it raised."""
    return [type(future.exception(LONGEST)) if future.exception(LONGEST) else future.result() for future in futures]


@pytest.fixture
def database(database_url: str) -> Iterator[peewee.Database]:
    opened = open_database(database_url)
    yield opened
    close_database(opened)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def test_lone_event(database: peewee.Database) -> None:
    """An event that comes alone is stored at once, and known when it comes again."""
    group = Group(database)

    assert [group.record("evt_1", COMPLETED, [session(1)]) for _ in range(2)] == [True, False]
    assert rows(database, "SELECT stripe_session_id FROM orders") == [("cs_1",)]


def test_shared_transaction(database: peewee.Database, pool: ThreadPoolExecutor) -> None:
    """All that came while one was being stored are stored by the next transaction."""
    group = HeldGroup(database)
    futures = group.gather(pool, *map(session, range(9)))

    assert outcomes(futures) == [True] * 9
    assert group.transactions == [["evt_0"], [f"evt_{number}" for number in range(1, 9)]]
    assert rows(database, "SELECT count(*) FROM orders") == [(9,)]


def recorded_in_turns(group: Group, facts: Sequence[Fact]) -> list[object]:
    """What each of the events evt_0, evt_1 and so on came to, which take turns on this thread."""
    outcomes: list[object] = [None] * len(facts)

    def serve(number: int) -> None:
        try:
            outcomes[number] = group.record(f"evt_{number}", COMPLETED, [facts[number]])
        except NotStoredError as error:
            outcomes[number] = type(error)

    take_turns(serve, range(len(facts)))
    return outcomes


def test_shared_in_turns(database: peewee.Database) -> None:
    """Events that take turns on one thread share a transaction."""
    group = HeldGroup(database)
    group._let_go.set()

    assert recorded_in_turns(group, [session(number) for number in range(5)]) == [True] * 5
    assert group.transactions == [[f"evt_{number}" for number in range(5)]]
    assert rows(database, "SELECT count(*) FROM orders") == [(5,)]


def test_bad_event_in_turns(database: peewee.Database) -> None:
    """Of events that take turns, one that the database refuses fails alone."""
    facts = [session(0), session(1, stripe_id=None), session(2)]

    assert recorded_in_turns(Group(database), facts) == [True, RefusedError, True]


def test_turns_on_several_threads(database: peewee.Database, pool: ThreadPoolExecutor) -> None:
    """Threads on each of which events take turns store each event once, and none waits for ever."""
    group = Group(database)
    facts = [session(number) for number in range(16)]

    rounds = [pool.submit(recorded_in_turns, group, facts) for _ in range(16)]

    new = [outcome for one in rounds for outcome in one.result(LONGEST)]
    assert (new.count(True), new.count(False)) == (16, 240)


def test_one_object_in_several_events(database: peewee.Database, pool: ThreadPoolExecutor) -> None:
    """What several events of a transaction say of one session ends in one order, as if they had come by themselves."""
    said = [session(1, status="failed", rank=3), session(1), session(1, status="pending", rank=1)]
    group = HeldGroup(database)
    futures = group.gather(pool, session(0), *said)

    assert outcomes(futures) == [True] * 4
    assert rows(database, "SELECT stripe_session_id, status FROM orders ORDER BY 1") == [
        ("cs_0", "paid"),
        ("cs_1", "paid"),
    ]


def test_same_event_twice(database: peewee.Database, pool: ThreadPoolExecutor) -> None:
    """Of one event that is twice in a transaction, the first is new."""
    group = HeldGroup(database)
    first = pool.submit(group.record, "evt_0", COMPLETED, [session(0)])
    assert group._begun.wait(LONGEST)
    twins = []
    for number in range(1, 3):
        twins.append(pool.submit(group.record, "evt_1", COMPLETED, [session(1)]))
        until(lambda number=number: len(group._gathered) == number)
    group._let_go.set()

    assert outcomes([first, *twins]) == [True, True, False]


def test_bad_event(database: peewee.Database, pool: ThreadPoolExecutor) -> None:
    """An event that the database refuses fails alone; those that shared its transaction are stored."""
    nameless = session(2, stripe_id=None)
    futures = HeldGroup(database).gather(pool, session(0), session(1), nameless, session(3))

    assert outcomes(futures) == [True, True, RefusedError, True]
    assert rows(database, "SELECT id FROM events ORDER BY 1") == [("evt_0",), ("evt_1",), ("evt_3",)]


def test_failing_commit(database: peewee.Database, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a commit fails, every event of its transaction is refused and nothing of them stays; the next is stored."""
    group = HeldGroup(database)
    monkeypatch.setattr("hookassay.server.ledger.ATTEMPTS", 1)

    def fail(*_: object) -> None:
        raise peewee.OperationalError("disk full")

    commit = database.commit
    calls = iter([commit, fail])
    monkeypatch.setattr(database, "commit", lambda: next(calls, commit)())
    futures = group.gather(pool, *map(session, range(4)))

    assert outcomes(futures) == [True] + [NotStoredError] * 3
    assert rows(database, "SELECT id FROM events") == [("evt_0",)]
    assert group.record("evt_1", COMPLETED, [session(1)])


def test_writer_ends(database: peewee.Database, pool: ThreadPoolExecutor) -> None:
    """When the thread that writes ends, its events are refused, and those that came meanwhile are stored by another."""

    def end() -> None:
        raise SystemExit

    group = HeldGroup(database)
    group.happens = end
    futures = group.gather(pool, *map(session, range(4)))

    assert outcomes(futures) == [SystemExit, True, True, True]


def test_followers_of_a_writer_that_ends(database: peewee.Database, pool: ThreadPoolExecutor) -> None:
    """Those whose event the thread had taken with its own are told to come again."""

    class Ending(HeldGroup):
        def record_together(self, entries: Sequence[Entry]) -> list[bool]:
            if len(entries) > 1:
                raise SystemExit
            return super().record_together(entries)

    futures = Ending(database).gather(pool, *map(session, range(4)))

    assert outcomes(futures) == [True, SystemExit, NotStoredError, NotStoredError]


def test_fault_of_ours(database: peewee.Database, pool: ThreadPoolExecutor) -> None:
    """An event that meets a fault of the server fails with it alone."""

    class Faulty(HeldGroup):
        def are_new(self, entries: Sequence[Entry]) -> list[bool]:
            assert "evt_2" not in [entry.event_id for entry in entries]
            return super().are_new(entries)

    futures = Faulty(database).gather(pool, *map(session, range(4)))

    assert outcomes(futures) == [True, True, AssertionError, True]


def test_deadlock(postgres_database: str, pool: ThreadPoolExecutor) -> None:
    """A transaction of several events that is chosen as a deadlock's victim is tried again, as a whole."""
    database = open_database(postgres_database)
    errors = ["40P01"]

    class Deadlocking(HeldGroup):
        def apply(self, facts: tuple[Fact, ...]) -> None:
            super().apply(facts)
            if len(facts) > 1 and errors:
                self._execute(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{errors.pop()}'; END $$")

    group = Deadlocking(database)
    futures = group.gather(pool, *map(session, range(4)))

    assert outcomes(futures) == [True] * 4
    assert (len(group.transactions), errors) == (2, [])
    close_database(database)


@pytest.mark.parametrize("shared", ["events", "objects"])
def test_no_deadlocks(
    postgres_database: str, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, shared: str
) -> None:
    """Two processes whose transactions meet the same events or objects in opposite order do not deadlock."""
    monkeypatch.setattr("hookassay.server.ledger.ATTEMPTS", 1)
    databases = [open_database(postgres_database) for _ in range(2)]
    ledgers = [Group(database) for database in databases]

    def entries(which: int, round_: int) -> list[Entry]:
        told = []
        for number in range(round_ * 1000, round_ * 1000 + 1000):
            own = "" if shared == "events" else f"_{which}"
            charge = Fact("charge", f"ch_{number}" if shared == "objects" else f"ch_{number}_{which}", f"pi_{number}")
            told.append(Entry(f"evt_{number}{own}", "charge.succeeded", (charge,)))
        return told[::-1] if which else told

    for round_ in range(3):
        gate = threading.Barrier(2)

        def store(which: int, round_: int = round_, gate: threading.Barrier = gate) -> None:
            batch = entries(which, round_)
            gate.wait(LONGEST)
            ledgers[which].record_together(batch)

        for future in [pool.submit(store, which) for which in range(2)]:
            future.result(LONGEST)

    assert rows(databases[0], "SELECT count(*) FROM events") == [(3_000 if shared == "events" else 6_000,)]
    for database in databases:
        close_database(database)


def test_fork(database_url: str) -> None:
    """A group that was made before a fork stores in both processes."""
    database = open_database(database_url)
    group = Group(database)
    child = os.fork()
    if not child:
        status = 1
        try:
            status = 0 if group.record("evt_child", COMPLETED, [session(1)]) else 2
            close_database(database)
        finally:
            os._exit(status)

    assert group.record("evt_parent", COMPLETED, [session(2)])
    assert os.waitpid(child, 0)[1] == 0
    assert rows(database, "SELECT count(*) FROM orders") == [(2,)]
    close_database(database)


def test_many_at_once(database: peewee.Database, pool: ThreadPoolExecutor) -> None:
    """Sixteen threads that deliver four hundred events, each twice, make each new once."""
    group = Group(database)
    events = [(f"evt_{number // 2}", COMPLETED, [session(number // 2)]) for number in range(800)]

    new = list(pool.map(lambda event: group.record(*event), events))

    assert sum(new) == 400
    assert rows(database, "SELECT count(*) FROM orders") == [(400,)]
