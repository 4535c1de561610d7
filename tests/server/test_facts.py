"""What events say, and the order that follows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hookassay.server.event import MalformedEventError, parse
from hookassay.server.facts import (
    DISPUTE_RANK,
    READERS,
    Fact,
    amount_refunded,
    dispute_status,
    facts_in,
    order_from,
    refund_status,
)
from reference_shop import Purchase, event


def facts(delivered: Mapping[str, Any]) -> tuple[Fact, ...]:
    return facts_in(parse(json.dumps(delivered)))


def refund(status: str | None, amount: int | None, number: int = 1) -> Fact:
    return Fact("refund", f"re_{number}", "pi_1", status=status, amount=amount)


def charge(refunded: int | None) -> Fact:
    return Fact("charge", "ch_1", "pi_1", amount=refunded)


def dispute(status: str | None, number: int = 1) -> Fact:
    return Fact("dispute", f"du_{number}", "pi_1", status=status)


def test_session_fact() -> None:
    """A completed session says who bought, for how much, and that it is paid."""
    purchase = Purchase(amount=1999, currency="EUR", name="a")

    assert (Fact("session", "cs_test_a", "pi_a", None, "paid", 4, 1999, "eur", "42"),) == facts(purchase.completed())


def test_refund_names_its_charge() -> None:
    """A refund also says which payment its charge belongs to."""
    own, mention = facts(Purchase(name="a").refund("created", 300, "succeeded"))

    assert Fact("refund", "re_a_1", "pi_a", "ch_a", "succeeded", 3, 300) == own
    assert Fact("charge", "ch_a", "pi_a") == mention


def test_intent_names_its_charge() -> None:
    """A PaymentIntent says which charge is its latest."""
    assert (Fact("charge", "ch_a", "pi_a"),) == facts(Purchase(name="a").intent("succeeded"))


def test_setup_mode() -> None:
    """A session in setup mode states nothing: nothing was sold."""
    subject = Purchase().session(mode="setup", payment_status="no_payment_required", amount_total=None, currency=None)

    assert facts(event("checkout.session.completed", subject)) == ()


@pytest.mark.parametrize("event_type", ["charge.imagined", "customer.created", "checkout.session.imagined"])
def test_unknown_type(event_type: str) -> None:
    """A type that is not listed states nothing, whatever its object looks like."""
    assert facts(event(event_type, Purchase().charge(amount_refunded=1000))) == ()


@pytest.mark.parametrize("event_type", READERS)
def test_object_without_id(event_type: str) -> None:
    """An object without its id is refused."""
    with pytest.raises(MalformedEventError):
        facts(event(event_type, {"latest_charge": "ch_1"}))


@pytest.mark.parametrize("event_type", READERS)
def test_object_of_nulls(event_type: str) -> None:
    """Every property but the id may be null."""
    names = ["amount_total", "currency", "metadata", "mode", "payment_intent", "payment_status", "status", "charge"]
    names += ["amount", "amount_refunded", "latest_charge"]

    found = facts(event(event_type, {"id": "x_1", **dict.fromkeys(names)}))

    assert all(fact.amount is None for fact in found)


@pytest.mark.parametrize("metadata", [{}, None, [], {"user_id": None}, {"user_id": 42}])
def test_no_user(metadata: Any) -> None:
    """Metadata without a user make an order without one."""
    assert facts(Purchase().completed(metadata=metadata))[0].user_id is None


@pytest.mark.parametrize(
    ("known", "amount"),
    [
        ([], 0),
        ([refund("succeeded", 300)], 300),
        ([refund("pending", 300)], 300),
        ([refund(None, 300)], 300),
        ([refund("failed", 300)], 0),
        ([refund("canceled", 300)], 0),
        ([refund("succeeded", 300, 1), refund("succeeded", 200, 2)], 500),
        ([charge(500)], 500),
        ([charge(500), refund("succeeded", 300, 1), refund("succeeded", 200, 2)], 500),
        ([charge(300), refund("succeeded", 300, 1), refund("succeeded", 200, 2)], 500),
        ([charge(500), refund("succeeded", 200, 2)], 500),
        ([charge(500), refund("succeeded", 300, 1), refund("failed", 200, 2)], 300),
        ([charge(300), refund("succeeded", 300, 1), refund("failed", 200, 2)], 300),
        ([charge(1000), refund("failed", 1000)], 0),
        ([charge(None), refund("succeeded", None)], 0),
    ],
)
def test_amount_refunded(known: list[Fact], amount: int) -> None:
    """Refunds and the charge's running total tell the same story, whichever is late; what failed is not counted."""
    assert amount == amount_refunded(known)


@pytest.mark.parametrize(
    ("refunded", "total", "status"),
    [
        (0, 1000, "none"),
        (0, 0, "none"),
        (0, None, "none"),
        (999, 1000, "partially_refunded"),
        (1000, 1000, "refunded"),
        (1001, 1000, "refunded"),
        (5, None, "partially_refunded"),
    ],
)
def test_refund_status(refunded: int, total: int | None, status: str) -> None:
    """Refunded means all of it."""
    assert status == refund_status(refunded, total)


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        ([], "none"),
        ([None], "none"),
        (["needs_response"], "disputed"),
        (["under_review"], "disputed"),
        (["appeal_needs_response"], "disputed"),
        (["appeal_under_review"], "disputed"),
        (["won"], "won"),
        (["lost"], "lost"),
        (["warning_needs_response"], "inquiry"),
        (["warning_under_review"], "inquiry"),
        (["warning_closed"], "none"),
        (["won", "needs_response"], "disputed"),
        (["lost", "needs_response"], "disputed"),
        (["lost", "won"], "lost"),
        (["warning_closed", "won"], "won"),
    ],
)
def test_dispute_status(statuses: list[str | None], shown: str) -> None:
    """An open dispute outweighs closed ones, and a lost one outweighs a won one."""
    assert shown == dispute_status(dispute(status, number) for number, status in enumerate(statuses))


def test_unknown_dispute_status() -> None:
    """A dispute status that is not known ranks below every known one and is not believed."""
    own, _ = facts(Purchase().dispute("updated", "prevented"))

    assert (own.status, own.rank) == (None, 0)
    assert min(DISPUTE_RANK.values()) > own.rank


def test_order_of_unknown_amount() -> None:
    """A session without an amount has an order without a total."""
    session = Fact("session", "cs_1", None, None, "paid", 4)

    order = order_from(session, [session])

    assert (order.status, order.amount_total, order.total_amount, order.amount_refunded) == ("paid", None, None, 0)
