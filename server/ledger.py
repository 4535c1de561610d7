"""The ledger: a transaction in which an event's id is recorded and its effect applied, or neither.

Uniqueness is left to unique keys and `INSERT … ON CONFLICT`, never to a look beforehand. The statements are fixed SQL,
the same for SQLite and PostgreSQL: building them anew for each event costs more than executing them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import peewee

from .facts import Fact, Order, order_from
from .models import connected, transaction_mode, utc_now
from .postgres import PooledPostgres

ATTEMPTS = 4
"""How often PostgreSQL is tried: a deadlock, or a connection that the server closed, is no reason for a refusal."""

PATIENCE = 3.0
"""Seconds after which no further attempt is begun. Stripe waits for an answer, and delivers again without one."""

RECORD_EVENT = "INSERT INTO events (id, type, received_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"

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
RETURNING payment_intent
"""

# A refund or dispute that names only its charge belongs to the payment that the charge is of.
KNOWN_OF_PAYMENT = """
SELECT kind, stripe_id, payment_intent, charge, status, rank, amount, currency, user_id
FROM facts WHERE payment_intent = ?
UNION ALL
SELECT kind, stripe_id, payment_intent, charge, status, rank, amount, currency, user_id
FROM facts WHERE payment_intent IS NULL AND charge IN
  (SELECT stripe_id FROM facts WHERE kind = 'charge' AND payment_intent = ?)
"""

KNOWN_OF_SESSION = """
SELECT kind, stripe_id, payment_intent, charge, status, rank, amount, currency, user_id
FROM facts WHERE kind = 'session' AND stripe_id = ?
"""

HOLD_PAYMENT = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))"

WRITE_ORDER = """
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
        placeholder = database.param
        self._record_event = RECORD_EVENT.replace("?", placeholder)
        self._learn = LEARN.replace("?", placeholder)
        self._known_of_payment = KNOWN_OF_PAYMENT.replace("?", placeholder)
        self._known_of_session = KNOWN_OF_SESSION.replace("?", placeholder)
        self._hold_payment = HOLD_PAYMENT.replace("?", placeholder)
        self._write_order = WRITE_ORDER.replace("?", placeholder)

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
                with self._turn, connected(self.database), self.database.atomic(self._mode):
                    return self._take(entries)
            except (peewee.OperationalError, peewee.InterfaceError) as error:
                if not attempts or time.monotonic() > deadline:
                    raise NotStoredError(type(error).__name__) from None
                if self._postgres:
                    self._postgres.drop_broken_connections()
            except peewee.DatabaseError as error:
                raise RefusedError(type(error).__name__) from None

    def _take(self, entries: Sequence[Entry]) -> list[bool]:
        """Record the ids in an order that all transactions share, then apply at once what the new events say."""
        new = [False] * len(entries)
        for place in sorted(range(len(entries)), key=lambda place: entries[place].event_id):
            new[place] = self.is_new(entries[place].event_id, entries[place].event_type)
        facts = tuple(fact for entry, is_new in zip(entries, new, strict=True) if is_new for fact in entry.facts)
        if facts:
            self.apply(facts)
        return new

    def is_new(self, event_id: str, event_type: str) -> bool:
        """Record the event's id; False where it is already there. A twin in another transaction is waited for."""
        cursor = self._execute(self._record_event, (event_id, event_type, utc_now()))
        return bool(cursor.rowcount == 1)

    def apply(self, facts: tuple[Fact, ...]) -> None:
        """Learn `facts`, of one event or of several, and compute anew the orders of the payments that they are about.

        Several events may share a transaction because facts only grow: an order depends on all of them, never on which
        came first. On PostgreSQL every transaction locks in one sequence, so that no two ever wait for each other:
        events by id, facts by kind and id (learning a fact locks its row), payments by id. The rows of orders need no
        place in it: only who holds the payment, or the fact of a session without one, writes them. Whoever comes to a
        payment second sees all that the first learnt, since each statement sees what was committed before it began: no
        order is computed from facts that miss each other.
        """
        touched: dict[str, tuple[Fact, str | None]] = {}
        for fact in sorted(facts, key=lambda fact: (fact.kind, fact.stripe_id)):
            payment_intent = self.learn(fact)
            if payment_intent is not None or fact.kind == "session":
                touched[payment_intent or fact.stripe_id] = fact, payment_intent
        for _, (fact, payment_intent) in sorted(touched.items()):
            for session, known in self.payments(fact, payment_intent):
                self.write(order_from(session, known))

    def learn(self, fact: Fact) -> str | None:
        """Add `fact` to what is known of its object; the PaymentIntent it belongs to, as far as that is known."""
        rows = self._execute(self._learn, fact).fetchall()
        payment_intent: str | None = rows[0][0]
        return payment_intent

    def payments(self, fact: Fact, payment_intent: str | None) -> list[tuple[Fact, list[Fact]]]:
        """The sessions that `fact` bears upon, each with all that is known of its payment.

        A session without a PaymentIntent (free of charge, or a subscription) is known by itself alone. Facts of a
        payment that no session has claimed wait for it.
        """
        if payment_intent is not None:
            if self._postgres:
                self._execute(self._hold_payment, (payment_intent,))
            rows = self._execute(self._known_of_payment, (payment_intent, payment_intent))
        elif fact.kind == "session":
            rows = self._execute(self._known_of_session, (fact.stripe_id,))
        else:
            return []
        known = [Fact(*row) for row in rows.fetchall()]
        return [(fact, known) for fact in known if fact.kind == "session"]

    def write(self, order: Order) -> None:
        """Create or change the one order of a session; `id` and `created_at` stay what they were."""
        self._execute(self._write_order, (*order, utc_now()))
