"""What a subscription loses."""

from __future__ import annotations

import pytest

from hookassay.judging.subscription import losses

FOUR = [
    "checkout.session.completed",
    "charge.refunded",
    "charge.dispute.created",
    "payment_intent.payment_failed",
]


def test_all_events() -> None:
    """A subscription to all events loses nothing."""
    assert losses(None) == ()


def test_four_events() -> None:
    """The four events that many endpoints are subscribed to lose what comes later."""
    lost = "\n".join(losses(FOUR))

    for what in (
        "a delayed payment that arrives days later is never marked as paid",
        "an order whose checkout is abandoned waits for ever",
        "a refund that fails later stays marked as refunded",
        "a dispute stays open after it was won or lost",
        "an inquiry that becomes a chargeback is not seen",
    ):
        assert what in lost
    for what in (
        "a payment is never seen",
        "a refund is never seen",
        "a dispute is never seen",
        "fails waits for ever",
    ):
        assert what not in lost


@pytest.mark.parametrize(
    ("added", "lost"),
    [
        ("checkout.session.async_payment_succeeded", "never marked as paid"),
        ("payment_intent.succeeded", "never marked as paid"),
        ("checkout.session.expired", "abandoned"),
        ("refund.failed", "fails later"),
        ("charge.refund.updated", "fails later"),
        ("charge.dispute.closed", "won or lost"),
        ("charge.dispute.funds_withdrawn", "chargeback"),
    ],
)
def test_one_more_event(added: str, lost: str) -> None:
    """An event that is subscribed to is lost no more, and nothing else is lost by it."""
    before, after = losses(FOUR), losses([*FOUR, added])

    assert any(lost in sentence for sentence in before)
    assert not any(lost in sentence for sentence in after)
    assert set(after) < set(before)


def test_names_the_events() -> None:
    """Each loss says which events would mend it."""
    assert losses(FOUR)[0].startswith("not subscribed to ")
    assert all(sentence.count("checkout.session.expired") <= 1 for sentence in losses(FOUR))
    assert "not subscribed to charge.dispute.closed: a dispute stays open after it was won or lost" in losses(FOUR)


@pytest.mark.parametrize(
    ("events", "unsaid"),
    [
        (["checkout.session.completed"], "stays marked as refunded"),
        (["checkout.session.completed"], "a dispute stays open"),
        (["charge.refunded"], "abandoned"),
        (["charge.refunded"], "a refund is never seen"),
    ],
)
def test_what_does_not_matter(events: list[str], unsaid: str) -> None:
    """Nothing is said of what follows from what is not seen anyhow, nor of what the endpoint does not deal with."""
    assert unsaid not in "\n".join(losses(events))


def test_refund_events_decide_pending_refunds() -> None:
    """Whoever sees refunds begin, and not how they end, is told so."""
    events = ["checkout.session.completed", "refund.created", "refund.failed"]

    assert any("a pending refund that succeeds or is canceled later is not seen" in one for one in losses(events))
