"""The ledger: a transaction in which an event's id is recorded and its effect applied, or neither.

Uniqueness is left to unique keys and `INSERT … ON CONFLICT`, never to a look beforehand. The statements are fixed SQL,
the same for SQLite and PostgreSQL; one statement takes all events of a transaction.
"""

from __future__ import annotations

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

RECORD_EVENTS = "INSERT INTO events (id, type, received_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING id"

# What is known stays known: a link, once not null; a status, until one of higher rank; an amount, until a larger one.
LEARN = """
INSERT INTO facts (kind, stripe_id, payment_intent, charge, status, rank, amount, currency, user_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, stripe_id) DO UPDATE SET
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

HOLD_PAYMENTS = "SELECT pg_advisory_xact_lock(hashtextextended(id, 0)) FROM unnest(%s::text[]) AS id"

# A refund or dispute that names only its charge belongs to the payment that the charge is of. IS TRUE keeps SQLite from
# the index of payments: it would look through all facts that have none.
KNOWN_OF_PAYMENTS = """
SELECT payment_intent, kind, stripe_id, payment_intent, charge, status, rank, amount, currency, user_id
FROM facts WHERE payment_intent IN (?)
UNION ALL
SELECT charges.payment_intent, facts.kind, facts.stripe_id, facts.payment_intent, facts.charge, facts.status,
  facts.rank, facts.amount, facts.currency, facts.user_id
FROM facts AS charges JOIN facts ON facts.charge = charges.stripe_id
WHERE charges.payment_intent IN (?) AND (facts.payment_intent IS NULL) IS TRUE
"""

KNOWN_OF_SESSIONS = """
SELECT kind, stripe_id, payment_intent, charge, status, rank, amount, currency, user_id
FROM facts WHERE kind = 'session' AND stripe_id IN (?)
"""

WRITE_ORDERS = """
INSERT INTO orders (user_id, stripe_session_id, stripe_payment_intent, status, refund_status, dispute_status,
  currency, amount_total, amount_refunded, total_amount, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (stripe_session_id) DO UPDATE SET
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
        self._placeholder = database.param

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
        now = utc_now()
        rows = [(event_id, event_type, now) for event_id, event_type, _ in sorted(entries, key=lambda entry: entry[0])]
        stored = {event_id for (event_id,) in self._run(RECORD_EVENTS, rows)}
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
        found: list[list[Fact]] = [[Fact(*row)] for row in self._run(KNOWN_OF_SESSIONS, alone)]
        if payments and self._postgres:
            self._execute(HOLD_PAYMENTS, (payments,))
        known: dict[str, list[Fact]] = {}
        for payment_intent, *row in self._run(KNOWN_OF_PAYMENTS, payments):
            known.setdefault(payment_intent, []).append(Fact(*row))
        found += known.values()
        return [(fact, together) for together in found for fact in together if fact.kind == "session"]

    def write_all(self, orders: Sequence[Order]) -> None:
        """Create or change the one order of each session; `id` and `created_at` stay what they were."""
        now = utc_now()
        self._run(WRITE_ORDERS, [(*order, now) for order in orders])

    def _run(self, statement: str, given: Sequence[Any]) -> list[Any]:
        """Execute `statement` for all rows or ids that are `given`; the rows that it returns, none where none are."""
        if not given:
            return []
        values = [value for row in given for value in row] if isinstance(given[0], tuple) else given
        text, times = _expanded(statement, len(given), self._placeholder)
        cursor = self._execute(text, tuple(values) * times)
        if statement is WRITE_ORDERS:
            return []
        with ERRORS:
            return list(cursor.fetchall())


def _whose(fact: Fact) -> tuple[str, str]:
    """What a fact is about, which is also the sequence in which facts are learnt."""
    return fact.kind, fact.stripe_id


@cache
def _expanded(statement: str, number: int, placeholder: str) -> tuple[str, int]:
    """`statement` with its row of values or its lists of one made so many, and how often the values are wanted.

    A statement for several rows costs little more than one for a single row, above all where the database is another
    process. Each length is made once: building a statement anew for each event costs more than executing it.
    """
    text = re.sub(r"(?<=VALUES )\(.*?\)", lambda found: ", ".join([found[0]] * number), statement)
    text, lists = re.subn(r"(?<=IN )\(\?\)", f"({', '.join('?' * number)})", text)
    return text.replace("?", placeholder), max(1, lists)
