"""The orders that deliveries make, on SQLite and on PostgreSQL."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from reference_shop import Purchase, Shop, event

Events = Sequence[Mapping[str, Any]]

# Each case: the events of one purchase of 10.00 in the order they are delivered, and what the order must read then.
CASES: dict[str, tuple[Callable[[Purchase], Events], tuple[str, str, str] | None]] = {
    "paid": (lambda p: [p.completed()], ("paid", "none", "none")),
    "unpaid": (lambda p: [p.completed(payment_status="unpaid"), p.intent("processing")], ("pending", "none", "none")),
    "paid later": (
        lambda p: [
            p.completed(payment_status="unpaid"),
            event("checkout.session.async_payment_succeeded", p.session()),
        ],
        ("paid", "none", "none"),
    ),
    "unpaid comes late": (
        lambda p: [
            event("checkout.session.async_payment_succeeded", p.session()),
            p.completed(payment_status="unpaid"),
        ],
        ("paid", "none", "none"),
    ),
    "failed later": (
        lambda p: [
            p.completed(payment_status="unpaid"),
            event("checkout.session.async_payment_failed", p.session(payment_status="unpaid")),
        ],
        ("failed", "none", "none"),
    ),
    "failed after paid": (
        lambda p: [
            p.completed(),
            event("checkout.session.async_payment_failed", p.session(payment_status="unpaid")),
            p.intent("payment_failed"),
            event("charge.failed", p.charge()),
        ],
        ("paid", "none", "none"),
    ),
    "expired": (
        lambda p: [event("checkout.session.expired", p.session(payment_status="unpaid", status="expired"))],
        ("expired", "none", "none"),
    ),
    "expired without anything to pay": (
        lambda p: [event("checkout.session.expired", p.session(payment_status="no_payment_required"))],
        ("expired", "none", "none"),
    ),
    "expired after paid": (
        lambda p: [
            p.completed(),
            event("checkout.session.expired", p.session(payment_status="unpaid", payment_intent=None)),
        ],
        ("paid", "none", "none"),
    ),
    "expired before its PaymentIntent is known": (
        lambda p: [
            p.refunded(1000),
            event("checkout.session.expired", p.session(payment_status="unpaid", payment_intent=None)),
            p.completed(),
        ],
        ("paid", "refunded", "none"),
    ),
    "free": (
        lambda p: [p.completed(payment_status="no_payment_required", payment_intent=None, amount_total=0)],
        ("paid", "none", "none"),
    ),
    "subscription": (
        lambda p: [p.completed(mode="subscription", payment_intent=None, subscription="sub_1")],
        ("paid", "none", "none"),
    ),
    "setup": (
        lambda p: [
            p.completed(
                mode="setup",
                payment_status="no_payment_required",
                payment_intent=None,
                amount_total=None,
                currency=None,
                setup_intent="seti_1",
            )
        ],
        None,
    ),
    "declined thrice, then paid": (
        lambda p: [
            *(one for _ in range(3) for one in (p.intent("payment_failed"), event("charge.failed", p.charge()))),
            p.completed(),
        ],
        ("paid", "none", "none"),
    ),
    "payment without a session": (
        lambda p: [
            p.intent("succeeded"),
            event("charge.succeeded", p.charge()),
            p.refunded(1000),
            p.dispute("created", "lost"),
        ],
        None,
    ),
    "unknown types": (
        lambda p: [
            p.completed(),
            event("charge.imagined", p.charge(amount_refunded=1000)),
            event("future.thing.happened", p.session()),
        ],
        ("paid", "none", "none"),
    ),
    "refunded": (
        lambda p: [
            p.completed(),
            p.refund("created", 1000, "succeeded"),
            p.refunded(1000),
            p.refund("updated", 1000, "succeeded"),
            p.refund("charge.refund.updated", 1000, "succeeded"),
        ],
        ("paid", "refunded", "none"),
    ),
    "refunded before completed": (lambda p: [p.refunded(1000), p.completed()], ("paid", "refunded", "none")),
    "partly refunded": (lambda p: [p.completed(), p.refunded(300)], ("paid", "partially_refunded", "none")),
    "totals in reverse": (
        lambda p: [p.completed(), p.refunded(1000), p.refunded(500)],
        ("paid", "refunded", "none"),
    ),
    "two refunds": (
        lambda p: [
            p.completed(),
            p.refund("created", 300, "succeeded", number=1),
            p.refunded(300),
            p.refund("created", 700, "succeeded", number=2),
        ],
        ("paid", "refunded", "none"),
    ),
    "refund pending, then succeeded": (
        lambda p: [p.completed(), p.refund("created", 1000, "pending"), p.refund("updated", 1000, "succeeded")],
        ("paid", "refunded", "none"),
    ),
    "refund failed": (
        lambda p: [
            p.completed(),
            p.refund("created", 1000, "succeeded"),
            p.refunded(1000),
            p.refund("failed", 1000, "failed"),
        ],
        ("paid", "none", "none"),
    ),
    "refund failed before it was created": (
        lambda p: [p.completed(), p.refund("failed", 1000, "failed"), p.refund("created", 1000, "succeeded")],
        ("paid", "none", "none"),
    ),
    "one refund of two canceled": (
        lambda p: [
            p.completed(),
            p.refund("created", 300, "succeeded", number=1),
            p.refund("created", 700, "pending", number=2),
            p.refunded(1000),
            p.refund("updated", 700, "canceled", number=2),
        ],
        ("paid", "partially_refunded", "none"),
    ),
    "refund of nothing known": (
        lambda p: [p.completed(), p.refund("created", 1000, "succeeded", charge=None, payment_intent=None)],
        ("paid", "none", "none"),
    ),
    "refund by its charge alone": (
        lambda p: [
            p.completed(),
            p.refund("created", 1000, "succeeded", payment_intent=None),
            p.intent("succeeded"),
        ],
        ("paid", "refunded", "none"),
    ),
    "refund by its PaymentIntent alone": (
        lambda p: [p.completed(), p.refund("created", 1000, "succeeded", charge=None)],
        ("paid", "refunded", "none"),
    ),
    "disputed": (
        lambda p: [
            p.completed(),
            p.dispute("created", "needs_response"),
            p.dispute("funds_withdrawn", "needs_response"),
        ],
        ("paid", "none", "disputed"),
    ),
    "disputed before completed": (
        lambda p: [p.dispute("created", "needs_response"), p.completed()],
        ("paid", "none", "disputed"),
    ),
    "dispute by its charge alone": (
        lambda p: [
            event("charge.succeeded", p.charge()),
            p.completed(),
            p.dispute("created", "needs_response", payment_intent=None),
        ],
        ("paid", "none", "disputed"),
    ),
    "dispute won": (
        lambda p: [
            p.completed(),
            p.dispute("created", "needs_response"),
            p.dispute("closed", "won"),
            p.dispute("funds_reinstated", "won"),
        ],
        ("paid", "none", "won"),
    ),
    "dispute won, created late": (
        lambda p: [
            p.completed(),
            p.dispute("closed", "won"),
            p.dispute("created", "needs_response"),
            p.dispute("updated", "under_review"),
        ],
        ("paid", "none", "won"),
    ),
    "dispute lost, updated late": (
        lambda p: [p.completed(), p.dispute("closed", "lost"), p.dispute("updated", "under_review")],
        ("paid", "none", "lost"),
    ),
    "lost, with funds reinstated": (
        lambda p: [p.completed(), p.dispute("closed", "lost"), p.dispute("funds_reinstated", "lost")],
        ("paid", "none", "lost"),
    ),
    "born lost": (lambda p: [p.completed(), p.dispute("created", "lost")], ("paid", "none", "lost")),
    "late win": (
        lambda p: [p.completed(), p.dispute("closed", "lost"), p.dispute("updated", "won")],
        ("paid", "none", "won"),
    ),
    "inquiry": (
        lambda p: [p.completed(), p.dispute("created", "warning_needs_response")],
        ("paid", "none", "inquiry"),
    ),
    "inquiry closed": (
        lambda p: [
            p.completed(),
            p.dispute("created", "warning_needs_response"),
            p.dispute("closed", "warning_closed"),
            p.dispute("updated", "warning_under_review"),
        ],
        ("paid", "none", "none"),
    ),
    "inquiry escalated": (
        lambda p: [
            p.completed(),
            p.dispute("created", "warning_needs_response"),
            p.dispute("updated", "needs_response"),
        ],
        ("paid", "none", "disputed"),
    ),
    "closed inquiry escalated": (
        lambda p: [p.completed(), p.dispute("closed", "warning_closed"), p.dispute("updated", "needs_response")],
        ("paid", "none", "disputed"),
    ),
    "appeal on an open dispute": (
        lambda p: [
            p.completed(),
            p.dispute("created", "needs_response"),
            p.dispute("updated", "appeal_under_review"),
            p.dispute("updated", "zzz"),
        ],
        ("paid", "none", "disputed"),
    ),
    "prevented": (lambda p: [p.completed(), p.dispute("created", "prevented")], ("paid", "none", "none")),
    "one dispute of two won": (
        lambda p: [
            p.completed(),
            p.dispute("created", "needs_response", number=1),
            p.dispute("created", "needs_response", number=2),
            p.dispute("closed", "won", number=2),
        ],
        ("paid", "none", "disputed"),
    ),
    "won on a partly refunded order": (
        lambda p: [
            p.completed(),
            p.refunded(300),
            p.dispute("created", "needs_response"),
            p.dispute("closed", "won"),
        ],
        ("paid", "partially_refunded", "won"),
    ),
    "dispute of more than was paid": (
        lambda p: [p.completed(), p.dispute("created", "needs_response", amount=1200)],
        ("paid", "none", "disputed"),
    ),
    "completed again after a refund": (
        lambda p: [p.completed(), p.refunded(1000), p.completed()],
        ("paid", "refunded", "none"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_case(open_shop: Shop, purchase: Purchase, case: str) -> None:
    """The order reads what the events together say."""
    events, states = CASES[case]

    open_shop.deliver(*events(purchase))

    assert states == open_shop.states(purchase)


@pytest.mark.parametrize("case", CASES)
def test_everything_twice(shop: Shop, purchase: Purchase, case: str) -> None:
    """Every event again, under its own id and under a new one, changes nothing."""
    events, states = CASES[case]
    delivered = list(events(purchase))

    shop.deliver(*delivered, *delivered, *({**one, "id": one["id"] + "_twin"} for one in delivered))

    assert states == shop.states(purchase)


def test_order_columns(any_shop: Shop, purchase: Purchase) -> None:
    """An order has the columns that the orders table promises."""
    any_shop.deliver(purchase.completed(), purchase.refunded(300))

    order = any_shop.order(purchase)
    assert order is not None
    assert order.pop("created_at").endswith("Z")
    assert {
        "id": 1,
        "user_id": "42",
        "stripe_session_id": purchase.session_id,
        "stripe_payment_intent": purchase.intent_id,
        "status": "paid",
        "refund_status": "partially_refunded",
        "dispute_status": "none",
        "currency": "usd",
        "amount_total": 1000,
        "amount_refunded": 300,
        "total_amount": "10.00",
    } == order


@pytest.mark.parametrize(
    ("amount", "currency", "total"),
    [
        (500, "jpy", "500"),
        (5120, "kwd", "5.120"),
        (500, "isk", "5.00"),
        (1999, "usd", "19.99"),
        (999_999_999_999, "krw", "999999999999"),
        (999_999_999_999, "idr", "9999999999.99"),
    ],
)
def test_amounts(open_shop: Shop, amount: int, currency: str, total: str) -> None:
    """Amounts are exact in both units, in the column too."""
    purchase = Purchase(amount=amount, currency=currency)

    open_shop.deliver(purchase.completed())

    order = open_shop.order(purchase)
    assert order is not None
    assert (amount, total) == (order["amount_total"], order["total_amount"])
    with open_shop.database.connection_context():
        stored = open_shop.database.execute_sql(
            f"SELECT total_amount FROM orders WHERE stripe_session_id = '{purchase.session_id}'"
        ).fetchone()[0]
    assert float(total) == float(stored)


def test_ids_are_opaque(any_shop: Shop) -> None:
    """Ids that differ only in case, or only after 200 characters, or of another prefix, are different orders."""
    purchases = [Purchase(name=name) for name in ("aBc", "abc", "x" * 200 + "1", "x" * 200 + "2")]
    for purchase in purchases:
        any_shop.deliver(purchase.completed())
    odd = Purchase()
    odd.session_id = "é 😀/?"[:3] + "odd"
    any_shop.deliver(odd.completed(), purchases[0].refunded(1000))

    assert any_shop.count("orders") == 5
    assert [order["refund_status"] for order in map(any_shop.order, purchases) if order] == [
        "refunded",
        "none",
        "none",
        "none",
    ]


def test_strangers(open_shop: Shop) -> None:
    """Purchases of one customer, amount and second do not touch each other."""
    one, other = Purchase(), Purchase()

    open_shop.deliver(one.completed(), other.completed(), one.refunded(1000), other.dispute("created", "lost"))

    assert (open_shop.states(one), open_shop.states(other)) == (("paid", "refunded", "none"), ("paid", "none", "lost"))


@pytest.mark.parametrize("user", ["4\x002", "\ud800", "O'Hara\"; --{{", "u" * 500, "é 😀"])
def test_user_ids(open_shop: Shop, user: str) -> None:
    """Any text may be a user id; what no database can hold is replaced, the rest is verbatim."""
    purchase = Purchase()

    open_shop.deliver(purchase.completed(metadata={"user_id": user, "other": "\x00\udfff"}))

    order = open_shop.order(purchase)
    assert order is not None
    assert user.replace("\x00", "\ufffd").replace("\ud800", "\ufffd") == order["user_id"]


def test_any_sequence(shop: Shop) -> None:
    """Five events of one purchase give one order in all 120 sequences; refund and dispute name only the charge."""
    for sequence in itertools.permutations(range(5)):
        purchase = Purchase()
        events = [
            purchase.completed(payment_status="unpaid"),
            event("checkout.session.async_payment_succeeded", purchase.session()),
            purchase.refund("created", 300, "succeeded", payment_intent=None),
            purchase.dispute("created", "needs_response", payment_intent=None),
            purchase.intent("succeeded"),
        ]

        shop.deliver(*(events[position] for position in sequence))

        assert shop.states(purchase) == ("paid", "partially_refunded", "disputed"), sequence


def test_long_sequences(open_shop: Shop) -> None:
    """The events of a whole life, some twice, give one order however they are shuffled."""
    shuffle = random.Random(7).shuffle
    seen = set()
    for _ in range(30):
        purchase = Purchase()
        events = [
            purchase.completed(),
            purchase.completed(),
            purchase.intent("payment_failed"),
            purchase.intent("succeeded"),
            event("charge.succeeded", purchase.charge()),
            purchase.refund("created", 300, "pending"),
            purchase.refund("updated", 300, "succeeded"),
            purchase.refunded(300),
            purchase.refund("created", 200, "succeeded", number=2),
            purchase.refunded(500),
            purchase.refund("failed", 200, "failed", number=2),
            purchase.dispute("created", "warning_needs_response"),
            purchase.dispute("updated", "needs_response"),
            purchase.dispute("closed", "lost"),
            purchase.dispute("updated", "appeal_under_review"),
            purchase.dispute("closed", "won"),
        ]
        shuffle(events)

        open_shop.deliver(*copy.deepcopy(events))

        order = open_shop.order(purchase)
        assert order is not None
        seen.add((order["status"], order["refund_status"], order["dispute_status"], order["amount_refunded"]))
    assert {("paid", "partially_refunded", "won", 300)} == seen
