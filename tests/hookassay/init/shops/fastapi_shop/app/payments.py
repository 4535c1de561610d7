"""Stripe's webhooks."""

from __future__ import annotations

from typing import Any

import stripe
from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from .config import settings
from .models import Purchase, PurchaseState

router = APIRouter()
sessions = async_sessionmaker(create_async_engine(settings.database_url))


@router.post("/webhook")
async def webhook(request: Request) -> dict[str, bool]:
    """Take an event."""
    body = await request.body()
    try:
        event = stripe.Webhook.construct_event(
            body, request.headers.get("stripe-signature"), settings.stripe_webhook_secret
        )
    except (ValueError, stripe.SignatureVerificationError):
        raise HTTPException(400) from None
    async with sessions.begin() as db:
        await apply(db, event["type"], event["data"]["object"])
    return {"received": True}


async def apply(db: AsyncSession, kind: str, subject: dict[str, Any]) -> None:
    """Let an event have its effect."""
    if kind == "checkout.session.completed":
        known = await db.scalar(select(Purchase).where(Purchase.checkout_id == subject["id"]))
        if known is None:
            db.add(
                Purchase(
                    user_id=int(subject["metadata"]["user_id"]),
                    checkout_id=subject["id"],
                    payment_intent=subject["payment_intent"],
                    state=PurchaseState.SETTLED,
                    amount=subject["amount_total"],
                    currency=subject["currency"],
                )
            )
    elif kind == "charge.refunded":
        state = PurchaseState.REFUNDED if subject["refunded"] else PurchaseState.PART_REFUNDED
        await change(db, subject, state=state, amount_refunded=subject["amount_refunded"])
    elif kind == "charge.dispute.created":
        await change(db, subject, state=PurchaseState.IN_DISPUTE)
    elif kind == "charge.dispute.closed":
        won = subject["status"] == "won"
        await change(db, subject, state=PurchaseState.DISPUTE_WON if won else PurchaseState.DISPUTE_LOST)


async def change(db: AsyncSession, subject: dict[str, Any], **values: Any) -> None:
    """Change the purchase of a payment."""
    await db.execute(update(Purchase).where(Purchase.payment_intent == subject["payment_intent"]).values(**values))
