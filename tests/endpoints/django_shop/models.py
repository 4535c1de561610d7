"""Orders, with the refunds and disputes of each; and the events that were applied."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models

PLACES = {
    **dict.fromkeys(
        ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"), 0
    ),
    **dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 3),
}
"""Currency → decimals of its major unit, where they are not two: https://docs.stripe.com/currencies"""


class AppliedEvent(models.Model):
    """An event whose effect is in the database; written in the transaction that has the effect."""

    event_id = models.CharField(max_length=255, primary_key=True)


class Order(models.Model):
    """One Checkout Session. `price` and `returned` are in the major unit of `currency`."""

    class Refunded(models.TextChoices):
        """How much of the price went back."""

        NOTHING = "N"
        PART = "P"
        EVERYTHING = "E"

    class Complaint(models.TextChoices):
        """What became of the disputes, all taken together."""

        OPEN = "O"
        WON = "W"
        LOST = "L"

    checkout_session = models.CharField(max_length=255, unique=True)
    payment_intent = models.CharField(max_length=255, unique=True, null=True)
    currency = models.CharField(max_length=3, null=True)
    price = models.DecimalField(max_digits=18, decimal_places=3, null=True)
    is_paid = models.BooleanField(default=False)
    price_minor = models.BigIntegerField(null=True)
    charge_refunded_minor = models.BigIntegerField(default=0)
    returned = models.DecimalField(max_digits=18, decimal_places=3, default=0)
    refunded = models.CharField(max_length=1, choices=Refunded, default=Refunded.NOTHING)
    complaint = models.CharField(max_length=1, choices=Complaint, null=True)
    placed_at = models.DateTimeField(auto_now_add=True)

    def major(self, amount: int) -> Decimal:
        """`amount` minor units in the major unit."""
        return Decimal(amount).scaleb(-PLACES.get(self.currency, 2))

    def set_price(self, amount: int | None, currency: str | None) -> None:
        """Take the price, in minor units of `currency`."""
        self.currency = currency
        self.price_minor = amount
        self.price = None if amount is None else self.major(amount)

    def reckon(self) -> None:
        """Bring `returned`, `refunded` and `complaint` up to date with the order's refunds and disputes.

        A refund that fails may still be in the charge's running total, and one whose own event is late already is.
        """
        failed = standing = 0
        for refund in self.refunds.all():
            if refund.status in Refund.FAILED:
                failed += refund.amount
            else:
                standing += refund.amount
        returned = max(standing, self.charge_refunded_minor - failed)
        self.returned = self.major(returned)
        if returned == 0:
            self.refunded = self.Refunded.NOTHING
        elif self.price_minor is not None and returned >= self.price_minor:
            self.refunded = self.Refunded.EVERYTHING
        else:
            self.refunded = self.Refunded.PART
        stages = {dispute.stage for dispute in self.disputes.all()}
        for stage in (Dispute.OPEN, Dispute.LOST, Dispute.WON):
            if stage in stages:
                self.complaint = self.Complaint[stage.name]
                return
        self.complaint = None


class Refund(models.Model):
    """One Refund object; `amount` in minor units."""

    FAILED = ("failed", "canceled")
    ORDER = ("pending", "requires_action", "succeeded", *FAILED)

    order = models.ForeignKey(Order, models.CASCADE, related_name="refunds")
    refund_id = models.CharField(max_length=255, unique=True)
    amount = models.BigIntegerField()
    status = models.CharField(max_length=32)

    def learn(self, status: str) -> None:
        """Take a later status; Stripe may report an earlier one afterwards."""
        known = self.ORDER
        if status in known and (self.status not in known or known.index(status) > known.index(self.status)):
            self.status = status


class Dispute(models.Model):
    """One Dispute object. Its stage only advances: an inquiry escalates, a dispute ends, a lost one may yet be won."""

    class Stage(models.IntegerChoices):
        """https://docs.stripe.com/disputes/how-disputes-work"""

        UNKNOWN = 0
        INQUIRY = 1
        DROPPED = 2
        OPEN = 3
        LOST = 4
        WON = 5

    OPEN, LOST, WON = Stage.OPEN, Stage.LOST, Stage.WON
    STAGES: ClassVar = {
        "warning_needs_response": Stage.INQUIRY,
        "warning_under_review": Stage.INQUIRY,
        "warning_closed": Stage.DROPPED,
        "needs_response": Stage.OPEN,
        "under_review": Stage.OPEN,
        "lost": Stage.LOST,
        "won": Stage.WON,
    }

    order = models.ForeignKey(Order, models.CASCADE, related_name="disputes")
    dispute_id = models.CharField(max_length=255, unique=True)
    stage = models.IntegerField(choices=Stage, default=Stage.UNKNOWN)

    def learn(self, status: str) -> None:
        """Take what `status` says; one that is not known says nothing."""
        self.stage = max(self.stage, self.STAGES.get(status, self.Stage.UNKNOWN))
