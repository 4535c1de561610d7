"""The ledger: a transaction in which an event's id is recorded and its effect applied, or neither.

Uniqueness is left to unique keys and `INSERT … ON CONFLICT`, never to a look beforehand. The statements are fixed SQL,
the same for SQLite and PostgreSQL but for how JSON is spelled; one statement takes all events of a transaction.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, NamedTuple

import peewee

from .facts import Fact, Order, order_from
from .models import connected, transaction_mode, utc_now
from .postgres import ERRORS, PooledPostgres

ATTEMPTS = 4
"""How often PostgreSQL is tried: a deadlock, or a connection that the server closed, is no reason for a refusal."""

PATIENCE = 3.0
"""Seconds after which no further attempt is begun. Stripe waits for an answer, and delivers again without one."""

# What a statement is given is one parameter, however many the events: a JSON array of rows, whose columns are $0, $1,
# and so on. So each statement is always the same text, which is parsed and planned once.

RECORD_EVENTS = """
INSERT INTO events (id, type, received_at) SELECT $0, $1, ? FROM given
WHERE true ON CONFLICT (id) DO NOTHING RETURNING id
"""

# What is known stays known: a link, once not null; a status, until one of higher rank; an amount, until a larger one.
LEARN = """
INSERT INTO facts (kind, stripe_id, payment_intent, charge, status, rank, amount, currency, user_id)
SELECT $0, $1, $2, $3, $4, CAST($5 AS integer), CAST($6 AS bigint), $7, $8 FROM given
WHERE true ON CONFLICT (kind, stripe_id) DO UPDATE SET
  payment_intent = COALESCE(facts.payment_intent, excluded.payment_intent),
  charge = COALESCE(facts.charge, excluded.charge),
  status = CASE WHEN excluded.rank > facts.rank THEN excluded.status ELSE facts.status END,
  rank = CASE WHEN excluded.rank > facts.rank THEN excluded.rank ELSE facts.rank END,
  amount = CASE WHEN facts.amount IS NULL OR excluded.amount > facts.amount
                THEN excluded.amount ELSE facts.amount END,
  currency = COALESCE(facts.currency, excluded.currency),
  user_id = COALESCE(facts.user_id, excluded.user_id)
RETURNING kind, stripe_id, payment_intent
"""

# On PostgreSQL. Whoever plans a lookup while the table is small settles on reading the whole of it, and a connection
# keeps its plans: for this transaction a table is read by its keys only.
HOLD_PAYMENTS = """
SELECT set_config('enable_seqscan', 'off', true), count(pg_advisory_xact_lock(hashtextextended(id, 0)))
FROM json_array_elements_text(?::json) AS id
"""

KNOWN = "SELECT kind, stripe_id, payment_intent, charge, status, rank, amount, currency, user_id FROM facts WHERE "
KNOWN_OF_PAYMENTS = KNOWN + "payment_intent IN (given)"
KNOWN_OF_CHARGES = KNOWN + "charge IN (given) AND payment_intent IS NULL"
KNOWN_OF_SESSIONS = KNOWN + "kind = 'session' AND stripe_id IN (given)"

WRITE_ORDERS = """
INSERT INTO orders (user_id, stripe_session_id, stripe_payment_intent, status, refund_status, dispute_status,
  currency, amount_total, amount_refunded, total_amount, created_at)
SELECT $0, $1, $2, $3, $4, $5, $6, CAST($7 AS bigint), CAST($8 AS bigint), CAST($9 AS numeric), ? FROM given
WHERE true ON CONFLICT (stripe_session_id) DO UPDATE SET
  user_id = excluded.user_id, stripe_payment_intent = excluded.stripe_payment_intent,
  status = excluded.status, refund_status = excluded.refund_status, dispute_status = excluded.dispute_status,
  currency = excluded.currency, amount_total = excluded.amount_total,
  amount_refunded = excluded.amount_refunded, total_amount = excluded.total_amount
"""


class NotStoredError(Exception):
    """The event could not be stored and nothing of it was. Stripe must deliver it again."""


class RefusedError(NotStoredError):
    """The database refuses what one of the events says; others of the same transaction may be innocent."""


class Entry(NamedTuple):
    """One event as the ledger keeps it."""

    event_id: str
    event_type: str
    facts: tuple[Fact, ...]


class Ledger:
    """Events in, orders out, on one database."""

    def __init__(self, database: peewee.Database) -> None:
        self.database = database
        self._execute: Callable[..., Any] = database.execute_sql
        self._postgres = database if isinstance(database, PooledPostgres) else None
        self._mode = transaction_mode(database)
        # SQLite has one writer. Its threads queue here, since SQLite's own busy handler is unfair: it sleeps and hopes.
        self._turn: AbstractContextManager[Any] = nullcontext() if self._postgres else threading.Lock()
        self._pipelined = self._postgres.pipelined if self._postgres else nullcontext
        self._spelled = _for_postgres if self._postgres else _for_sqlite

    def record(self, event_id: str, event_type: str, facts: Iterable[Fact]) -> bool:
        """Store that the event came and what follows from its `facts`; committed when this returns.

        True for a new event, False for one that was stored before: then nothing changes. Raises NotStoredError, having
        changed nothing, where the database does not take it.
        """
        (new,) = self.record_together([Entry(event_id, event_type, tuple(facts))])
        return new

    def record_together(self, entries: Sequence[Entry]) -> list[bool]:
        """Store several events in one transaction; for each whether it was new. Committed when this returns.

        Raises NotStoredError, having changed nothing, where the database does not take them: RefusedError where what
        one of them says may be why.
        """
        attempts = ATTEMPTS if self._postgres else 1
        deadline = time.monotonic() + PATIENCE
        while True:
            attempts -= 1
            try:
                with self._turn, connected(self.database), self._pipelined(), self.database.atomic(self._mode):
                    return self._take(entries)
            except (peewee.OperationalError, peewee.InterfaceError) as error:
                if not attempts or time.monotonic() > deadline:
                    raise NotStoredError(type(error).__name__) from None
                if self._postgres:
                    self._postgres.drop_broken_connections()
            except peewee.DatabaseError as error:
                raise RefusedError(type(error).__name__) from None

    def _take(self, entries: Sequence[Entry]) -> list[bool]:
        new = self.are_new(entries)
        facts = tuple(fact for entry, is_new in zip(entries, new, strict=True) if is_new for fact in entry.facts)
        if facts:
            self.apply(facts)
        return new

    def are_new(self, entries: Sequence[Entry]) -> list[bool]:
        """Record the events' ids; for each whether it was not there. A twin in another transaction is waited for."""
        rows = [(event_id, event_type) for event_id, event_type, _ in sorted(entries, key=lambda entry: entry[0])]
        stored = {event_id for (event_id,) in self._run(RECORD_EVENTS, rows, utc_now())}
        new = []
        for entry in entries:
            new.append(entry.event_id in stored)
            stored.discard(entry.event_id)  # of an event that is here twice only the first is new
        return new

    def apply(self, facts: tuple[Fact, ...]) -> None:
        """Learn `facts`, of one event or of several, and compute anew the orders of the payments that they are about.

        Several events may share a transaction because facts only grow: an order depends on all of them, never on which
        came first. On PostgreSQL every transaction locks in one sequence, so that no two ever wait for each other:
        events by id, facts by kind and id (learning a fact locks its row), payments by id. The rows of orders need no
        place in it: only who holds the payment, or the fact of a session without one, writes them. Whoever comes to a
        payment second sees all that the first learnt, since each statement sees what was committed before it began: no
        order is computed from facts that miss each other.
        """
        learnt = self.learn_all(facts)
        payments = {payment_intent for payment_intent in learnt.values() if payment_intent is not None}
        alone = {stripe_id for (kind, stripe_id), payment in learnt.items() if kind == "session" and payment is None}
        self.write_all([order_from(session, known) for session, known in self.claimed(sorted(payments), sorted(alone))])

    def learn_all(self, facts: Iterable[Fact]) -> dict[tuple[str, str], str | None]:
        """Add `facts` to what is known; kind and id of each object → the PaymentIntent it belongs to, where known."""
        learnt: dict[tuple[str, str], str | None] = {}
        # One statement can change a row once: what several events say of one object goes into statements of its own.
        waves: list[dict[tuple[str, str], Fact]] = []
        for fact in sorted(facts, key=_whose):
            wave = next((wave for wave in waves if _whose(fact) not in wave), None)
            if wave is None:
                waves.append(wave := {})
            wave[_whose(fact)] = fact
        for wave in waves:
            for kind, stripe_id, payment_intent in self._run(LEARN, list(wave.values())):
                learnt[kind, stripe_id] = payment_intent
        return learnt

    def claimed(self, payments: Sequence[str], alone: Sequence[str]) -> list[tuple[Fact, list[Fact]]]:
        """The sessions of these `payments`, and those that are `alone`, each with all that is known of its payment.

        A session without a PaymentIntent (free of charge, or a subscription) is known by itself alone. Facts of a
        payment that no session has claimed wait for it.
        """
        if self._postgres:
            self._execute(_for_postgres(HOLD_PAYMENTS), (json.dumps(payments),))
        found: list[list[Fact]] = [[Fact(*row)] for row in self._run(KNOWN_OF_SESSIONS, alone)]
        known: dict[str | None, list[Fact]] = {}
        charges: dict[str | None, list[Fact]] = {}
        for row in self._run(KNOWN_OF_PAYMENTS, payments):
            fact = Fact(*row)
            known.setdefault(fact.payment_intent, []).append(fact)
            if fact.kind == "charge":
                charges[fact.stripe_id] = known[fact.payment_intent]
        # A refund or dispute that names only its charge belongs to the payment that the charge is of.
        for row in self._run(KNOWN_OF_CHARGES, list(charges)):
            fact = Fact(*row)
            charges[fact.charge].append(fact)
        found += known.values()
        return [(fact, together) for together in found for fact in together if fact.kind == "session"]

    def write_all(self, orders: Sequence[Order]) -> None:
        """Create or change the one order of each session; `id` and `created_at` stay what they were."""
        self._run(WRITE_ORDERS, orders, utc_now())

    def _run(self, statement: str, given: Sequence[Any], *values: Any) -> list[Any]:
        """Execute `statement` for all that is `given`; the rows that it returns, none where nothing is given."""
        if not given:
            return []
        cursor = self._execute(self._spelled(statement), (*values, json.dumps(given, default=str)))
        if statement is WRITE_ORDERS:
            return []
        with ERRORS:
            return list(cursor.fetchall())


def _whose(fact: Fact) -> tuple[str, str]:
    """What a fact is about, which is also the sequence in which facts are learnt."""
    return fact.kind, fact.stripe_id


@cache
def _for_sqlite(statement: str) -> str:
    """`statement` as SQLite spells it."""
    statement = statement.replace("IN (given)", "IN (SELECT value FROM json_each(?))")
    return re.sub(r"\$(\d)", r"json_extract(value, '$[\1]')", statement).replace("given", "json_each(?)")


@cache
def _for_postgres(statement: str) -> str:
    """`statement` as PostgreSQL spells it, with psycopg's placeholders."""
    statement = statement.replace("IN (given)", "= ANY (ARRAY(SELECT json_array_elements_text(?::json)))")
    statement = re.sub(r"\$(\d)", r"value->>\1", statement).replace("given", "json_array_elements(?::json)")
    return statement.replace("?", "%s")
