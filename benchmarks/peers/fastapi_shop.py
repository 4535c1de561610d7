"""A Stripe webhook on FastAPI and SQLAlchemy: `uvicorn fastapi_shop:app`."""

from __future__ import annotations

import logging
import os
from typing import Annotated

import stripe
from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import sessionmaker
from tables import open_engine, record

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]

app = FastAPI()
sessions = sessionmaker(open_engine())


def store(event: stripe.Event) -> None:
    """Store the event; runs in a thread, since it waits for the database."""
    with sessions() as session:
        record(session, event.id, event.type, event.data.object.to_dict())


@app.post("/stripe/webhook")
async def webhook(request: Request, stripe_signature: Annotated[str, Header()]) -> dict[str, bool]:
    """Answer 200 once the event is stored."""
    try:
        event = stripe.Webhook.construct_event(await request.body(), stripe_signature, SECRET)
    except (ValueError, stripe.SignatureVerificationError):
        raise HTTPException(400) from None
    if event.type == "checkout.session.completed":
        try:
            await run_in_threadpool(store, event)
        except SQLAlchemyError:
            logging.exception("event %s was not stored", event.id)
            raise HTTPException(503) from None
    return {"received": True}
