"""An endpoint that keeps one status column for payment, refund and dispute together."""

from __future__ import annotations

from hookassay.server.facts import Order

from .variant import App, SingleLedger, variant


class OneStatus(SingleLedger):
    """The order's one status is the most pressing thing there is to say about it."""

    def write(self, order: Order) -> None:
        """Write the order with its one status; the two other columns stay empty."""
        super().write(order._replace(status=one_status(order), refund_status="", dispute_status=""))


def one_status(order: Order) -> str:
    """disputed, lost, refunded, partially_refunded, won, paid, pending, failed or expired."""
    if order.dispute_status in ("disputed", "lost"):
        return order.dispute_status
    if order.refund_status != "none":
        return order.refund_status
    return "won" if order.dispute_status == "won" else order.status


def one_column() -> App:
    """One status column for everything."""
    return variant(ledger=OneStatus)
