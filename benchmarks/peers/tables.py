"""Events and orders in SQLAlchemy, as the peers on FastAPI and on Flask keep them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy
from sqlalchemy import Engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

IS_SQLITE = os.environ["DATABASE_URL"].startswith("sqlite:")
insert = sqlite.insert if IS_SQLITE else postgresql.insert


def now() -> datetime:
    """The current time, UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


class Base(DeclarativeBase):
    """What the tables share."""


class StripeEvent(Base):
    """An event whose effect is stored."""

    __tablename__ = "events"
    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(default=now)


class Order(Base):
    """An order, one for each Checkout Session."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str | None]
    stripe_session_id: Mapped[str] = mapped_column(unique=True)
    stripe_payment_intent: Mapped[str | None] = mapped_column(index=True)
    status: Mapped[str]
    currency: Mapped[str | None]
    total_amount: Mapped[int | None] = mapped_column(sqlalchemy.BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)


def open_engine() -> Engine:
    """The database of DATABASE_URL with its tables, and a pool of connections."""
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
    engine = sqlalchemy.create_engine(url, pool_size=8, max_overflow=0)
    if IS_SQLITE:
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        if not IS_SQLITE:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")  # workers start at the same time
        Base.metadata.create_all(connection)
    return engine


def _configure(connection: Any, _: object) -> None:
    connection.isolation_level = None  # SQLAlchemy begins, and at once for writing
    for pragma in ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def record(session: Session, event_id: str, event_type: str, checkout: Mapping[str, Any]) -> None:
    """Record the event and, where it is new, its order, in one transaction."""
    with session.begin():
        recorded = insert(StripeEvent).values(id=event_id, type=event_type).on_conflict_do_nothing()
        if session.scalar(recorded.returning(StripeEvent.id)) is None:
            return
        order = insert(Order).values(
            user_id=checkout["metadata"].get("user_id"),
            stripe_session_id=checkout["id"],
            stripe_payment_intent=checkout["payment_intent"],
            status=checkout["payment_status"],
            currency=checkout["currency"],
            total_amount=checkout["amount_total"],
        )
        session.execute(
            order.on_conflict_do_update(
                index_elements=[Order.stripe_session_id], set_={"status": order.excluded.status}
            )
        )
