"""The facts of a purchase in the contract's words."""

from __future__ import annotations

import pytest

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.errors import NotApplicable
from hookassay.sender.purchase import PurchaseBook
from hookassay.sender.story import Story


@pytest.fixture
def story() -> Story:
    return Story(PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new(amount=1000))


@pytest.mark.parametrize(
    ("before", "words", "event_type"),
    [
        ((), "the payment", "charge.succeeded"),
        ((), "the payment's payment_intent.succeeded", "payment_intent.succeeded"),
        ((), "the delayed payment's checkout", "checkout.session.completed"),
        (("the delayed payment's checkout",), "the delayed payment's success", "payment_intent.succeeded"),
        (("the delayed payment's checkout",), "the delayed payment's failure", "payment_intent.payment_failed"),
        ((), "a declined attempt", "payment_intent.payment_failed"),
        ((), "the expiry", "checkout.session.expired"),
        (("the payment",), "a full refund", "refund.created"),
        (("the payment",), "a refund of 300", "refund.created"),
        (("the payment",), "another refund of 300", "refund.created"),
        (("the payment",), "a pending refund", "refund.created"),
        (("the payment",), "a requires_action refund", "refund.created"),
        (("the payment", "a pending refund"), "the refund's success", "refund.updated"),
        (("the payment", "a full refund"), "the refund's failure", "refund.failed"),
        (("the payment", "a pending refund"), "the refund's cancellation", "refund.updated"),
        (("the payment", "a full refund"), "the refund's charge.refunded", "charge.refunded"),
        (("the payment",), "a dispute", "charge.dispute.created"),
        (("the payment",), "another dispute", "charge.dispute.created"),
        (("the payment",), "a dispute over 400", "charge.dispute.created"),
        (("the payment", "a dispute"), "the reinstatement of the dispute's funds", "charge.dispute.funds_reinstated"),
        (("the payment",), "a refund of 300 that the charge lists alone", "charge.refunded"),
        (("the payment",), "a refund of no payment", "refund.created"),
        ((), "another declined attempt", "charge.failed"),
        ((), "a third declined attempt", "charge.failed"),
        ((), "the free checkout", "checkout.session.completed"),
        ((), "the free checkout's expiry", "checkout.session.expired"),
        ((), "the delayed payment's checkout.session.completed", "checkout.session.completed"),
        (
            ("the delayed payment's checkout",),
            "the delayed payment's checkout.session.async_payment_failed",
            "checkout.session.async_payment_failed",
        ),
        (("the payment", "a refund of 600", "a refund of 400"), "the failure of the refund of 600", "refund.failed"),
        ((), "an event of the invented type future.thing.happened", "future.thing.happened"),
        ((), "an event of the invented type charge.imagined", "charge.imagined"),
        (("the payment",), "a dispute born warning_needs_response", "charge.dispute.created"),
        (("the payment", "a dispute"), "the dispute's update to under_review", "charge.dispute.updated"),
        (("the payment", "a dispute"), "the dispute's closing as lost", "charge.dispute.closed"),
    ],
)
def test_fact(story: Story, before: tuple[str, ...], words: str, event_type: str) -> None:
    """Each of the contract's words for a fact names a bundle that reports it."""
    for fact in before:
        story.tell(fact)

    assert event_type in story.tell(words).types


def test_failure_of_an_earlier_refund(story: Story) -> None:
    """The refund that fails is the one of that amount, and no other."""
    for fact in ("the payment", "a refund of 600", "a refund of 400"):
        story.tell(fact)
    failed = story.tell("the failure of the refund of 600")

    assert {event.object["amount"] for event in failed} == {600}
    assert [refund.status for refund in story.purchase.refunds] == ["failed", "succeeded"]
    with pytest.raises(LookupError, match="no refund of 500 has happened"):
        story.tell("the failure of the refund of 500")


def test_one_event_of_a_delayed_payment(story: Story) -> None:
    """An event of a delayed payment is that of its bundle, alone."""
    alone = story.tell("the delayed payment's checkout.session.completed")

    assert [*alone] == [story.tell("the delayed payment's checkout").of("checkout.session.completed")]


def test_set_up(story: Story) -> None:
    """A card is kept for later in setup mode only."""
    kept = Story(PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new(mode="setup"))

    assert kept.tell("the set-up").types == ("setup_intent.succeeded", "checkout.session.completed")
    with pytest.raises(ValueError, match="setup"):
        story.tell("the set-up")


@pytest.mark.parametrize(("amount", "currency", "refunded"), [(1000, "usd", 300), (250, "usd", 75), (10, "jpy", 3)])
def test_thousandths(amount: int, currency: str, refunded: int) -> None:
    """Amounts are in thousandths of the price, whatever it is."""
    story = Story(
        PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new(amount=amount, currency=currency)
    )
    story.tell("the payment")

    assert story.thousandths("300") == refunded
    assert story.tell("a refund of 300").of("refund.created").object["amount"] == refunded
    assert story.tell("a dispute over 300").of("charge.dispute.created").object["amount"] == refunded


def test_charge_lists_one_refund_alone(story: Story) -> None:
    """Of two refunds the charge lists the newer one only, as Stripe's list of ten may not hold all of them."""
    story.tell("the payment")
    story.tell("a refund of 300")
    bundle = story.tell("a refund of 200 that the charge lists alone")
    listed = bundle.of("charge.refunded").object["refunds"]["data"]

    assert [refund["id"] for refund in listed] == [bundle.of("refund.created").object_id]


def test_event_that_the_version_does_not_have() -> None:
    """An event that Stripe does not send in the purchase's API version does not apply."""
    story = Story(PurchaseBook(PurchaseSettings(), EndpointSettings(api_version="2023-10-16"), "a1b2c3d4").new())
    story.tell("the payment")
    story.tell("a full refund")

    with pytest.raises(NotApplicable):
        story.tell("the refund's refund.created")
    assert story.tell("the refund's charge.refunded").types == ("charge.refunded",)


def test_same_words_same_events(story: Story) -> None:
    """The same words are the same fact: the very same events, with the same ids."""
    assert story.tell("a full refund") is story.tell("a full refund")


def test_another_is_another(story: Story) -> None:
    """`another refund` of the same amount is another refund."""
    one, other = story.tell("a refund of 300"), story.tell("another refund of 300")

    assert one.of("refund.created").object_id != other.of("refund.created").object_id


def test_happened(story: Story) -> None:
    """A fact has happened once its words were said."""
    assert not story.happened("the payment")
    story.tell("the payment")

    assert story.happened("the payment")


def test_later_facts_are_about_the_latest(story: Story) -> None:
    """What follows of a refund or dispute is about the one that was told last."""
    story.tell("a refund of 300")
    second = story.tell("another refund of 300").of("refund.created").object_id

    assert story.tell("the refund's failure").of("refund.failed").object_id == second


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("the refund's failure", "no refund has happened"),
        ("the dispute's closing as won", "no dispute has happened"),
        ("the refund's charge.refunded", "no refund has happened"),
        ("the wedding", "no fact is called 'the wedding'"),
        ("the payment ", "no fact is called"),
        ("the payment's refund.created", "has no"),
    ],
)
def test_no_such_fact(story: Story, words: str, why: str) -> None:
    """Words that name no fact, or one that follows from nothing, are a mistake of the feature."""
    with pytest.raises(LookupError, match=why):
        assert story.tell(words).events
