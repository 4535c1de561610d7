"""The tables."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import Enum, ForeignKey, Integer, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables."""


class PurchaseState(enum.Enum):
    """What became of a purchase."""

    OPEN = "open"
    SETTLED = "settled"
    PART_REFUNDED = "part-refunded"
    REFUNDED = "refunded"
    IN_DISPUTE = "in-dispute"
    DISPUTE_WON = "dispute-won"
    DISPUTE_LOST = "dispute-lost"


class User(Base):
    """Who buys."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)


class Purchase(Base):
    """One Checkout Session."""

    __tablename__ = "purchases"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    checkout_id: Mapped[str] = mapped_column(String(255), unique=True)
    payment_intent: Mapped[str | None] = mapped_column(String(255), unique=True)
    state: Mapped[PurchaseState] = mapped_column(Enum(PurchaseState), default=PurchaseState.OPEN)
    amount: Mapped[int] = mapped_column(Integer)
    amount_refunded: Mapped[int] = mapped_column(Integer, default=0)
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
