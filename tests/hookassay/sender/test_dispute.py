from __future__ import annotations

from typing import Any

import pytest

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.sender.event import Bundle
from hookassay.sender.purchase import PurchaseBook


@pytest.fixture
def book() -> PurchaseBook:
    return PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4")


def object_of(bundle: Bundle, event_type: str) -> Any:
    return bundle.of(event_type).object


def test_a_dispute_withdraws_the_funds(book: PurchaseBook) -> None:
    """DP-01, DP-02: a dispute names charge and intent, is none of them, and moves its amount out."""
    purchase = book.new()
    dispute = purchase.dispute()
    reported = object_of(dispute.opened(), "charge.dispute.created")

    assert dispute.opened().types == ("charge.dispute.created", "charge.dispute.funds_withdrawn")
    assert (reported["charge"], reported["payment_intent"]) == (purchase.charge, purchase.payment_intent)
    assert reported["id"] == dispute.id != purchase.charge
    assert [(one["amount"], one["source"]) for one in reported["balance_transactions"]] == [(-1000, dispute.id)]


@pytest.mark.parametrize("status", ["warning_needs_response", "prevented"])
def test_an_inquiry_withdraws_nothing(book: PurchaseBook, status: str) -> None:
    """DP-05, DP-12: inquiries and prevented disputes are told without funds_withdrawn."""
    opened = book.new().dispute(status).opened()

    assert opened.types == ("charge.dispute.created",)
    assert opened.events[0].object["balance_transactions"] == []


def test_an_escalated_inquiry_withdraws_the_funds(book: PurchaseBook) -> None:
    """DP-10: when an inquiry becomes a chargeback, the update comes with funds_withdrawn, under the same id."""
    dispute = book.new().dispute("warning_needs_response")
    dispute.opened()
    escalated = dispute.updated("needs_response")

    assert escalated.types == ("charge.dispute.updated", "charge.dispute.funds_withdrawn")
    assert {event.object_id for event in escalated} == {dispute.id}


@pytest.mark.parametrize(
    ("status", "types"),
    [
        ("won", ("charge.dispute.closed", "charge.dispute.funds_reinstated")),
        ("lost", ("charge.dispute.closed",)),
        ("warning_closed", ("charge.dispute.closed",)),
    ],
)
def test_a_dispute_closes_with_its_outcome(book: PurchaseBook, status: str, types: tuple[str, ...]) -> None:
    """DP-03, DP-04, DP-06: closed carries the outcome, and only a win brings the funds back."""
    closed = book.new().dispute().closed(status)

    assert closed.types == types
    assert {event.object["status"] for event in closed} == {status}


def test_a_win_balances_the_withdrawal(book: PurchaseBook) -> None:
    """Withdrawn and reinstated funds add up to nothing."""
    reinstated = object_of(book.new().dispute().closed("won"), "charge.dispute.funds_reinstated")

    assert sum(one["amount"] for one in reinstated["balance_transactions"]) == 0


def test_funds_can_come_back_on_a_lost_dispute(book: PurchaseBook) -> None:
    """DP-07: funds_reinstated can carry a lost dispute."""
    dispute = book.new().dispute()
    dispute.closed("lost")

    assert object_of(dispute.funds_reinstated("lost"), "charge.dispute.funds_reinstated")["status"] == "lost"


def test_a_dispute_update_says_what_changed(book: PurchaseBook) -> None:
    """A new status is told with the one before; the same status with another field."""
    dispute = book.new().dispute()
    changes = [dispute.updated(status).events[0].envelope["data"] for status in ("needs_response", "under_review")]

    assert [one["previous_attributes"] for one in changes] == [
        {"evidence_details": {"has_evidence": False}},
        {"status": "needs_response"},
    ]


@pytest.mark.parametrize("amount", [400, 1200])
def test_a_dispute_can_be_over_another_amount(book: PurchaseBook, amount: int) -> None:
    """DP-11: the disputed amount can differ from the charge's."""
    assert object_of(book.new().dispute(amount=amount).opened(), "charge.dispute.created")["amount"] == amount


def test_two_disputes_are_two_objects(book: PurchaseBook) -> None:
    """DP-13: disputes of one payment have ids and bundles of their own."""
    purchase = book.new()
    first, second = purchase.dispute(), purchase.dispute()

    assert first.opened().events[0].object_id != second.opened().events[0].object_id


def test_a_charge_says_that_it_is_disputed(book: PurchaseBook) -> None:
    """Charges sent after a dispute was opened carry `disputed`, earlier ones do not."""
    purchase = book.new()
    purchase.dispute().opened()

    assert object_of(purchase.charge_snapshot(500), "charge.refunded")["disputed"] is True
    assert object_of(purchase.paid(), "charge.succeeded")["disputed"] is False
