"""Refunds: what Stripe sends when money of a purchase is given back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .event import Bundle, Event
from .template import template

if TYPE_CHECKING:
    from .purchase import Purchase


FAILED = ("failed", "canceled")
"""The statuses of a refund that gave nothing back: a cancellation is a kind of failure (docs.stripe.com/refunds)."""


class Refund:
    """One refund of a purchase (docs.stripe.com/api/refunds/object).

    Attributes:
        id: The Refund's id.
        amount: What it gives back, in minor units.
        status: Its status by the facts told so far.
        bundle: The events of its creation.
    """

    def __init__(self, purchase: Purchase, amount: int, status: str, listed: int | None = None) -> None:
        """Create it; `Purchase.refund` is the way to one."""
        self.id = purchase.new_id("re_3")
        self.amount = amount
        self.status = status
        self._purchase = purchase
        self._fields: dict[str, Any] = {"balance_transaction": purchase.new_id("txn_3")}
        if status == "pending":
            self._fields["pending_reason"] = "processing"
        purchase.refunds.append(self)
        self.bundle = purchase.tell(f"refund of {amount} ({status})", lambda: self._creation(listed), about=self.id)

    def object(self) -> dict[str, Any]:
        """The Refund object as it is now."""
        fields = {"created": self._created, "status": self.status, **self._fields}
        return self._purchase.refund_object(self.id, self.amount, **fields)

    def succeeded_later(self) -> Bundle:
        """A pending refund reached the customer."""
        return self._tell_change("succeeded")

    def fails(self) -> Bundle:
        """The money came back (docs.stripe.com/refunds, "Failed refunds").

        Whether the Charge's `amount_refunded` falls again is not documented: no charge.refunded is sent here, and none
        should be sent after it.
        """
        return self._tell_change("failed", "expired_or_canceled_card")

    def canceled(self) -> Bundle:
        """The refund was canceled, which is a kind of failure (docs.stripe.com/refunds, "Cancel a refund")."""
        return self._tell_change("canceled", "merchant_request")

    def _creation(self, listed: int | None) -> list[Event]:
        purchase = self._purchase
        self._created = purchase.now
        events = [
            purchase.event("refund.created", self.object()),
            purchase.event("charge.refunded", purchase.refunded_charge(purchase.amount_refunded, listed)),
        ]
        if self.status == "succeeded":
            events += self._updates(self._reference())
        return events

    def _tell_change(self, status: str, failure_reason: str | None = None) -> Bundle:
        return self._purchase.tell(
            f"refund of {self.amount} {status}", lambda: self._change(status, failure_reason), about=self.id
        )

    def _change(self, status: str, failure_reason: str | None) -> list[Event]:
        previous: dict[str, Any] = {"status": self.status}
        self.status = status
        if self._fields.pop("pending_reason", None):
            previous["pending_reason"] = "processing"
        if failure_reason is None:
            return self._updates(previous | self._reference())
        self._fields |= {
            "failure_balance_transaction": self._purchase.new_id("txn_3"),
            "failure_reason": failure_reason,
        }
        failed = [self._purchase.event("refund.failed", self.object())] if status == "failed" else []
        return failed + self._updates({"failure_balance_transaction": None, "failure_reason": None, **previous})

    def _reference(self) -> dict[str, Any]:
        # Stripe updates a card refund once its reference is known (docs.stripe.com/refunds, "Trace a refund").
        before: dict[str, Any] = template("refund")["destination_details"]
        number = f"7{self._purchase.n:010d}{self.amount:012d}"
        card = {**before["card"], "reference": number, "reference_status": "available"}
        self._fields["destination_details"] = {**before, "card": card}
        return {"destination_details": {"card": {"reference": None, "reference_status": "pending"}}}

    def _updates(self, previous_attributes: Mapping[str, Any]) -> list[Event]:
        return [
            self._purchase.event(event_type, self.object(), previous_attributes)
            for event_type in ("refund.updated", "charge.refund.updated")
        ]
