"""Disputes: what Stripe sends when a cardholder takes money of a purchase back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .event import Bundle, Event
from .template import template

if TYPE_CHECKING:
    from .purchase import Purchase

_FUNDS_KEPT = ("warning_needs_response", "warning_under_review", "warning_closed", "prevented")


class Dispute:
    """One dispute of a purchase's charge (docs.stripe.com/api/disputes/object).

    Attributes:
        id: The Dispute's id.
        amount: What is disputed, in minor units.
        reason: Why, in Stripe's words.
        status: Its status by the facts told so far.
    """

    def __init__(self, purchase: Purchase, status: str, amount: int, reason: str) -> None:
        """Raise it; `Purchase.dispute` is the way to one."""
        self.id = purchase.new_id("du_1")
        self.amount = amount
        self.reason = reason
        self.status = status
        self._purchase = purchase
        self._opened_in = status
        self._created = purchase.now
        self._movements: list[dict[str, Any]] = []
        self._changed: dict[str, Any] = {}
        self._has_evidence = False

    def opened(self) -> Bundle:
        """The cardholder disputed: with funds_withdrawn, unless it is an inquiry or was prevented.

        Source: docs.stripe.com/disputes/how-disputes-work.
        """
        return self._tell("opened", self._opened_in, lambda: self._moving("charge.dispute.created"))

    def updated(self, status: str) -> Bundle:
        """It changed to `status` without ending; an inquiry that escalates withdraws the funds now.

        Source: docs.stripe.com/disputes/how-disputes-work.
        """
        return self._tell("updated", status, lambda: self._moving("charge.dispute.updated"))

    def closed(self, status: str) -> Bundle:
        """It ended `won`, `lost` or `warning_closed`; a win gives the funds back.

        Source: docs.stripe.com/api/events/types, charge.dispute.closed and charge.dispute.funds_reinstated.
        """

        def events() -> list[Event]:
            told = [self._event("charge.dispute.closed")]
            return told + self._reinstating() if status == "won" else told

        return self._tell("closed", status, events)

    def funds_reinstated(self, status: str = "lost") -> Bundle:
        """The funds came back while the dispute's status is `status`.

        Lost disputes of partly refunded payments can do this: docs.stripe.com/api/events/types,
        charge.dispute.funds_reinstated, "includes partially refunded payments".
        """
        return self._tell("funds reinstated", status, self._reinstating)

    def object(self) -> dict[str, Any]:
        """The Dispute object as it is now."""
        shape, purchase = template("dispute"), self._purchase
        inquiry = self.status.startswith("warning_")
        card = {**shape["payment_method_details"]["card"], "case_type": "inquiry" if inquiry else "chargeback"}
        return {
            **shape,
            "id": self.id,
            "amount": self.amount,
            "balance_transactions": list(self._movements),
            "charge": purchase.charge,
            "created": self._created,
            "currency": purchase.currency,
            "evidence": {
                **shape["evidence"],
                "customer_email_address": purchase.email,
                "customer_name": purchase.name,
            },
            "evidence_details": {
                **shape["evidence_details"],
                "due_by": self._created + 7 * 24 * 3600,
                "has_evidence": self._has_evidence,
            },
            "is_charge_refundable": inquiry,
            "livemode": purchase.livemode,
            "payment_intent": purchase.payment_intent,
            "payment_method_details": {**shape["payment_method_details"], "card": card},
            "reason": self.reason,
            "status": self.status,
        }

    def _tell(self, fact: str, status: str, events: Callable[[], Sequence[Event]]) -> Bundle:
        if fact != "opened":
            self.opened()

        def told() -> Sequence[Event]:
            # An update that leaves the status alone is about evidence.
            same = self.status == status
            self._changed = {"evidence_details": {"has_evidence": False}} if same else {"status": self.status}
            self._has_evidence |= same and fact == "updated"
            self.status = status
            return events()

        return self._purchase.tell(f"dispute {fact} ({status})", told, about=self.id)

    def _moving(self, event_type: str) -> list[Event]:
        withdraws = self.status not in _FUNDS_KEPT and not self._movements
        if withdraws:
            self._move(-self.amount)
        told = [self._event(event_type)]
        return [*told, self._event("charge.dispute.funds_withdrawn")] if withdraws else told

    def _reinstating(self) -> list[Event]:
        if len(self._movements) < 2:
            self._move(self.amount)
        return [self._event("charge.dispute.funds_reinstated")]

    def _move(self, amount: int) -> None:
        purchase = self._purchase
        verb = "withdrawal" if amount < 0 else "reversal"
        self._movements.append(
            {
                **template("balance_transaction"),
                "id": purchase.new_id("txn_1"),
                "amount": amount,
                "available_on": purchase.now,
                "created": purchase.now,
                "currency": purchase.currency,
                "description": f"Chargeback {verb} for {purchase.charge}",
                "net": amount,
                "reporting_category": "dispute" if amount < 0 else "dispute_reversal",
                "source": self.id,
            }
        )

    def _event(self, event_type: str) -> Event:
        return self._purchase.event(
            event_type, self.object(), self._changed if event_type.endswith("updated") else None
        )
