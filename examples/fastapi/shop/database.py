"""The tables: orders, and the facts about their payments from which they are computed.

Stripe delivers events late, twice and in any order, so nothing here depends on when an event came. What is known of a
payment only grows: an amount gives way to a larger one, a stage to a later one. Facts may be there before their order.

Money is kept as Stripe sends it: whole numbers of the currency's minor unit.
"""

from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import BigInteger, Engine, ForeignKey, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """What all tables have in common."""


class StripeEvent(Base):
    """An event whose effect is stored. A second delivery of it meets the primary key."""

    __tablename__ = "stripe_events"

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))


class Payment(Base):
    """A PaymentIntent. Its row is locked while anything of the payment changes."""

    __tablename__ = "payments"

    intent: Mapped[str] = mapped_column(primary_key=True)
    charge_refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    """The most that its charge ever said was given back."""
    refunds: Mapped[list["Refund"]] = relationship()
    disputes: Mapped[list["Dispute"]] = relationship()
    order: Mapped["Order | None"] = relationship(back_populates="payment")

    @property
    def amount_refunded(self) -> int:
        """How much has been given back.

        The charge's total may come before the refunds that it counts, or still count one that has failed since. So the
        larger of the two views is taken.
        """
        standing = sum(refund.amount for refund in self.refunds if not refund.failed)
        failed = sum(refund.amount for refund in self.refunds if refund.failed)
        return max(standing, self.charge_refunded - failed)

    @property
    def dispute_status(self) -> str:
        """What became of its disputes; one that is open outweighs whatever became of the others."""
        stages = {dispute.stage for dispute in self.disputes}
        for stage in (Stage.DISPUTED, Stage.LOST, Stage.INQUIRY, Stage.WON):
            if stage in stages:
                return stage.name.lower()
        return "none"


class Refund(Base):
    """A refund of a payment. It can fail up to 30 days after it succeeded, never the other way round."""

    __tablename__ = "refunds"

    id: Mapped[str] = mapped_column(primary_key=True)
    payment_intent: Mapped[str] = mapped_column(ForeignKey(Payment.intent), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[bool] = mapped_column(default=False)


class Stage(IntEnum):
    """How far a dispute has come. An inquiry can escalate after it was closed, and a lost dispute can still be won.

    https://docs.stripe.com/disputes/how-disputes-work
    """

    UNKNOWN = 0
    INQUIRY = 1
    INQUIRY_CLOSED = 2
    DISPUTED = 3
    LOST = 4
    WON = 5


class Dispute(Base):
    """A dispute of a payment. Its stage, one of Stage, only advances."""

    __tablename__ = "disputes"

    id: Mapped[str] = mapped_column(primary_key=True)
    payment_intent: Mapped[str] = mapped_column(ForeignKey(Payment.intent), index=True)
    stage: Mapped[int] = mapped_column(default=Stage.UNKNOWN)


class Order(Base):
    """One order for each Checkout Session."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    checkout_session: Mapped[str] = mapped_column(unique=True)
    payment_intent: Mapped[str | None] = mapped_column(ForeignKey(Payment.intent), unique=True)
    """None for a subscription, and where a discount covers everything."""
    customer_reference: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="pending")
    refund_status: Mapped[str] = mapped_column(default="none")
    dispute_status: Mapped[str] = mapped_column(default="none")
    currency: Mapped[str | None]
    total: Mapped[int | None] = mapped_column(BigInteger)
    refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    payment: Mapped[Payment | None] = relationship(back_populates="order")

    STATUSES = ("pending", "failed", "paid")

    def advance(self, status: str) -> None:
        """Take a later status; a payment that arrived is never taken back by older news."""
        self.status = max(self.status, status, key=self.STATUSES.index)

    def settle(self, payment: Payment) -> None:
        """Bring the order up to date with what is known of its payment."""
        self.refunded = payment.amount_refunded
        if self.refunded == 0:
            self.refund_status = "none"
        else:
            self.refund_status = "refunded" if self.refunded >= (self.total or 0) else "partially_refunded"
        self.dispute_status = payment.dispute_status


def open_database(url: str) -> Engine:
    """The database at `url`, with its tables."""
    engine = create_engine(url, connect_args={"timeout": 20} if url.startswith("sqlite") else {})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begins)
    Base.metadata.create_all(engine)
    return engine


def _sqlite_connected(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # Python's driver would begin transactions of its own, and too late
    connection.execute("PRAGMA journal_mode = WAL")


def _sqlite_begins(connection: Any) -> None:
    # A transaction that reads before it writes takes the lock at its start; else it may be refused later.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
