"""A Stripe webhook on Flask and SQLAlchemy: `gunicorn flask_shop:app`."""

from __future__ import annotations

import logging
import os

import stripe
from flask import Flask, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import sessionmaker
from tables import open_engine, record

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]

app = Flask(__name__)
sessions = sessionmaker(open_engine())


@app.post("/stripe/webhook")
def webhook() -> tuple[dict[str, object], int]:
    """Answer 200 once the event is stored."""
    try:
        event = stripe.Webhook.construct_event(request.data, request.headers["Stripe-Signature"], SECRET)
    except (ValueError, KeyError, stripe.SignatureVerificationError):
        return {"received": False}, 400
    if event.type == "checkout.session.completed":
        try:
            with sessions() as session:
                record(session, event.id, event.type, event.data.object.to_dict())
        except SQLAlchemyError:
            logging.exception("event %s was not stored", event.id)
            return {"received": False}, 503
    return {"received": True}, 200
