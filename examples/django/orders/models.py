"""Orders, and the facts about their payments from which they are computed.

Stripe delivers events late, twice and in any order, so nothing here depends on when an event came. What is known of a
payment only grows: an amount gives way to a larger one, a stage to a later one. Facts may be there before their order.

Money is kept as Stripe sends it: whole numbers of the currency's minor unit.
"""

from django.db import models


class StripeEvent(models.Model):
    """An event whose effect is stored. A second delivery of it meets the primary key."""

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(max_length=255)
    received_at = models.DateTimeField(auto_now_add=True)


class Payment(models.Model):
    """A PaymentIntent. Its row is locked while anything of the payment changes."""

    intent = models.CharField(max_length=255, unique=True)
    charge_refunded = models.BigIntegerField(default=0)
    """The most that its charge ever said was given back."""

    def amount_refunded(self) -> int:
        """How much has been given back.

        The charge's total may come before the refunds that it counts, or still count one that has failed since. So the
        larger of the two views is taken.
        """
        refunds = list(self.refunds.all())
        standing = sum(refund.amount for refund in refunds if not refund.failed)
        failed = sum(refund.amount for refund in refunds if refund.failed)
        return max(standing, self.charge_refunded - failed)

    def dispute_status(self) -> str:
        """What became of its disputes; one that is open outweighs whatever became of the others."""
        stages = {dispute.stage for dispute in self.disputes.all()}
        for stage, status in (
            (Dispute.Stage.OPEN, Order.DisputeStatus.DISPUTED),
            (Dispute.Stage.LOST, Order.DisputeStatus.LOST),
            (Dispute.Stage.INQUIRY, Order.DisputeStatus.INQUIRY),
            (Dispute.Stage.WON, Order.DisputeStatus.WON),
        ):
            if stage in stages:
                return status
        return Order.DisputeStatus.NONE


class Refund(models.Model):
    """A refund of a payment. It can fail up to 30 days after it succeeded, never the other way round."""

    stripe_id = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey(Payment, models.CASCADE, related_name="refunds")
    amount = models.BigIntegerField()
    failed = models.BooleanField(default=False)


class Dispute(models.Model):
    """A dispute of a payment. Its stage only advances."""

    class Stage(models.IntegerChoices):
        """An inquiry can escalate after it was closed, and a lost dispute can still be won.

        https://docs.stripe.com/disputes/how-disputes-work
        """

        UNKNOWN = 0
        INQUIRY = 1
        INQUIRY_CLOSED = 2
        OPEN = 3
        LOST = 4
        WON = 5

    stripe_id = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey(Payment, models.CASCADE, related_name="disputes")
    stage = models.IntegerField(choices=Stage, default=Stage.UNKNOWN)


class Order(models.Model):
    """One order for each Checkout Session."""

    class Status(models.TextChoices):
        """Whether the money is there, in the order in which one gives way to the next."""

        PENDING = "pending"
        FAILED = "failed"
        PAID = "paid"

    class RefundStatus(models.TextChoices):
        """How much of it was given back."""

        NONE = "none"
        PART = "part"
        WHOLE = "whole"

    class DisputeStatus(models.TextChoices):
        """What became of its disputes, taken together. An inquiry moves no money."""

        NONE = "none"
        INQUIRY = "inquiry"
        DISPUTED = "disputed"
        WON = "won"
        LOST = "lost"

    checkout_session = models.CharField(max_length=255, unique=True)
    payment = models.OneToOneField(Payment, models.PROTECT, null=True, related_name="order")
    """None for a subscription, and where a discount covers everything."""
    customer_reference = models.CharField(max_length=255, null=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    refund_status = models.CharField(max_length=16, choices=RefundStatus, default=RefundStatus.NONE)
    dispute_status = models.CharField(max_length=16, choices=DisputeStatus, default=DisputeStatus.NONE)
    currency = models.CharField(max_length=3, null=True)
    total = models.BigIntegerField(null=True)
    refunded = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def advance(self, status: str) -> None:
        """Take a later status; a payment that arrived is never taken back by older news."""
        ranks = self.Status.values
        if ranks.index(status) > ranks.index(self.status):
            self.status = status

    def settle(self, payment: Payment) -> None:
        """Bring the order up to date with what is known of its payment."""
        self.refunded = payment.amount_refunded()
        if self.refunded == 0:
            self.refund_status = self.RefundStatus.NONE
        elif self.refunded < (self.total or 0):
            self.refund_status = self.RefundStatus.PART
        else:
            self.refund_status = self.RefundStatus.WHOLE
        self.dispute_status = payment.dispute_status()
