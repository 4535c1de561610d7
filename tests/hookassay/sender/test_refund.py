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


def test_a_full_refund_is_told_by_four_events(book: PurchaseBook) -> None:
    """RF-01: the whole bundle of a refund, with the charge refunded in full."""
    refund = book.new().refund()
    charge = object_of(refund.bundle, "charge.refunded")

    assert refund.bundle.types == ("refund.created", "charge.refunded", "refund.updated", "charge.refund.updated")
    assert (refund.amount, charge["amount_refunded"], charge["refunded"]) == (1000, 1000, True)


def test_partial_refunds_add_up_on_the_charge(book: PurchaseBook) -> None:
    """RF-03: refunds are incremental, the charge's amount_refunded is cumulative, and refunded comes with the last."""
    purchase = book.new()
    told = [purchase.refund(amount).bundle for amount in (300, 200, 500)]
    charges = [object_of(one, "charge.refunded") for one in told]

    assert [object_of(one, "refund.created")["amount"] for one in told] == [300, 200, 500]
    assert [(one["amount_refunded"], one["refunded"]) for one in charges] == [(300, False), (500, False), (1000, True)]


def test_later_refunds_leave_earlier_events_alone(book: PurchaseBook) -> None:
    """An event shows its object as it was then."""
    purchase = book.new()
    before = purchase.paid().of("charge.succeeded").body()
    first = purchase.refund(300)
    purchase.refund()
    purchase.dispute().opened()

    assert object_of(first.bundle, "charge.refunded")["amount_refunded"] == 300
    assert purchase.paid().of("charge.succeeded").body() == before


def test_a_refund_names_its_payment(book: PurchaseBook) -> None:
    """RF-06: a refund and its charge name the intent, by which the order is found."""
    purchase = book.new()
    refund = object_of(purchase.refund().bundle, "refund.created")

    assert (refund["payment_intent"], refund["charge"]) == (purchase.payment_intent, purchase.charge)


@pytest.mark.parametrize("amount", [0, -1, 701])
def test_more_than_what_is_left_cannot_be_refunded(book: PurchaseBook, amount: int) -> None:
    """Stripe refunds no more than the charge, and nothing below one minor unit."""
    purchase = book.new()
    purchase.refund(300)

    with pytest.raises(ValueError, match="1 to 700 minor units"):
        purchase.refund(amount)


def test_a_pending_refund_is_decided_later(book: PurchaseBook) -> None:
    """RF-07: a pending refund is announced by two events, and its success by the two updates."""
    refund = book.new().refund(status="pending")
    announced = object_of(refund.bundle, "refund.created")
    later = refund.succeeded_later()

    assert refund.bundle.types == ("refund.created", "charge.refunded")
    assert (announced["status"], announced["pending_reason"]) == ("pending", "processing")
    assert later.types == ("refund.updated", "charge.refund.updated")
    assert later.of("refund.updated").envelope["data"]["previous_attributes"]["status"] == "pending"
    assert object_of(later, "refund.updated")["status"] == "succeeded"
    assert "pending_reason" not in object_of(later, "refund.updated")


def test_a_failed_refund_says_so_in_every_event(book: PurchaseBook) -> None:
    """RF-08: refund.failed and both updates carry the failed refund, and no charge is sent."""
    told = book.new().refund().fails()

    assert told.types == ("refund.failed", "refund.updated", "charge.refund.updated")
    assert {event.object["status"] for event in told} == {"failed"}
    assert told.of("refund.updated").envelope["data"]["previous_attributes"]["status"] == "succeeded"


def test_a_canceled_refund_is_an_update(book: PurchaseBook) -> None:
    """RF-09: a canceled refund is told by both updates."""
    told = book.new().refund(status="requires_action").canceled()

    assert told.types == ("refund.updated", "charge.refund.updated")
    assert {event.object["status"] for event in told} == {"canceled"}


def test_what_failed_can_be_refunded_again(book: PurchaseBook) -> None:
    """A failed refund counts no longer."""
    purchase = book.new()
    purchase.refund().fails()

    assert purchase.refund().amount == 1000


@pytest.mark.parametrize(("amount_refunded", "refunded"), [(500, False), (1000, True)])
def test_a_snapshot_says_what_it_is_told(book: PurchaseBook, amount_refunded: int, refunded: bool) -> None:
    """OO-06: a single charge.refunded with a given cumulative amount."""
    charge = object_of(book.new().charge_snapshot(amount_refunded), "charge.refunded")

    assert (charge["amount_refunded"], charge["refunded"]) == (amount_refunded, refunded)


def test_a_charge_lists_its_refunds_only_when_asked(book: PurchaseBook) -> None:
    """RF-12: the refunds list is absent by default, and complete, newest first, where it is wanted."""
    purchase = book.new()
    bare = purchase.refund(300)
    full = purchase.refund(200, listed=10)

    assert "refunds" not in object_of(bare.bundle, "charge.refunded")
    assert [one["id"] for one in object_of(full.bundle, "charge.refunded")["refunds"]["data"]] == [full.id, bare.id]


def test_an_unlinked_refund_belongs_to_no_payment(book: PurchaseBook) -> None:
    """RF-11: a refund whose charge and payment_intent are null."""
    refund = object_of(book.new().unlinked_refund(), "refund.created")

    assert (refund["charge"], refund["payment_intent"]) == (None, None)
