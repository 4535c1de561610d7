"""Events and orders."""

from __future__ import annotations

from django.db import models


class StripeEvent(models.Model):
    """An event whose effect is stored."""

    id = models.TextField(primary_key=True)
    type = models.TextField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "events"


class Order(models.Model):
    """An order, one for each Checkout Session."""

    user_id = models.TextField(null=True)
    stripe_session_id = models.TextField(unique=True)
    stripe_payment_intent = models.TextField(null=True, db_index=True)
    status = models.TextField()
    currency = models.TextField(null=True)
    total_amount = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "orders"
