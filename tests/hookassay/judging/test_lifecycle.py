"""Lifecycles: from facts to what an order must read, and from a subscription to the facts that can be known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hookassay.errors import NotApplicable
from hookassay.judging.lifecycle import heard, outcome, parse
from hookassay.orders.vocabulary import Order

FOUR = ("checkout.session.completed", "charge.refunded", "charge.dispute.created", "payment_intent.payment_failed")


def order(*states: str, refunded: str | None = None) -> Order:
    amount = None if refunded is None else Decimal(refunded)
    words = {"status": "s", "refund_status": "r", "dispute_status": "d"}
    return Order(frozenset(states), amount_refunded=amount, words=words)


def right(facts: str, *states: str, one_column: bool = False) -> bool:
    """Whether one order in these states is as the facts say."""
    return outcome(parse(facts), one_column=one_column).wrong((order(*states),)) is None


class TestOutcome:
    @pytest.mark.parametrize(
        ("facts", "states"),
        [
            ("the payment", "paid"),
            ("the payment, the expiry", "paid"),
            ("a declined attempt, the payment", "paid"),
            ("the delayed payment's checkout, the delayed payment's success", "paid"),
            ("the delayed payment's checkout", ""),
            ("the payment, a full refund", "refunded"),
            ("the payment, a refund of 300, another refund of 700", "refunded"),
            ("the payment, a refund of 300", "partially_refunded"),
            ("the payment, a refund of 300", "paid"),
            ("the payment, a refund of 300", ""),
            ("the payment, a pending refund", "paid"),
            ("the payment, a pending refund", "refunded"),
            ("the payment, a pending refund, the refund's success", "refunded"),
            ("the payment, a full refund, the refund's failure", ""),
            ("the payment, a dispute", "disputed"),
            ("the payment, a dispute, the dispute's closing as won", "paid"),
            ("the payment, a dispute, the dispute's closing as won", "dispute_won"),
            ("the payment, a dispute, the dispute's closing as lost", "dispute_lost"),
            ("the payment, a dispute, the dispute's closing as lost", "refunded"),
            ("the payment, a dispute born warning_needs_response", "paid"),
            ("the payment, a dispute born warning_needs_response", "disputed"),
            ("the payment, a dispute born warning_needs_response, the dispute's closing as warning_closed", "paid"),
            ("the payment, a full refund, a dispute", "refunded disputed"),
        ],
    )
    def test_allowed(self, facts: str, states: str) -> None:
        """What a right shop may show, a state or none, is as the facts say."""
        assert right(facts, *states.split())

    @pytest.mark.parametrize(
        ("facts", "states"),
        [
            ("the payment", ""),
            ("the payment", "paid partially_refunded"),
            ("the delayed payment's checkout", "paid"),
            ("the delayed payment's checkout", "refunded"),
            ("the delayed payment's checkout, the delayed payment's failure", "paid"),
            ("the payment, a full refund", "paid"),
            ("the payment, a full refund", "partially_refunded"),
            ("the payment, a refund of 300", "refunded"),
            ("the payment, a refund of 300, another refund of 600", "refunded"),
            ("the payment, a pending refund, the refund's failure", "refunded"),
            ("the payment, a dispute", "paid"),
            ("the payment, a dispute, the dispute's update to under_review", "paid"),
            ("the payment, a dispute, the dispute's closing as won", "disputed"),
            ("the payment, a dispute, the dispute's closing as won", "refunded"),
            ("the payment, a dispute, the dispute's closing as lost", "paid"),
            ("the payment, a dispute, the dispute's closing as lost", "dispute_lost dispute_won"),
            ("the payment, a dispute born warning_needs_response", "dispute_lost"),
            ("the payment, a dispute born warning_needs_response, the dispute's closing as warning_closed", "disputed"),
            ("the payment, a full refund, a dispute", "refunded"),
        ],
    )
    def test_wrong(self, facts: str, states: str) -> None:
        """What the facts forbid, or do not show, is not."""
        assert not right(facts, *states.split())

    @pytest.mark.parametrize("state", ["refunded", "disputed"])
    def test_one_column(self, state: str) -> None:
        """Where one column shows all, any state that is true is right, and none that is not."""
        assert right("the payment, a full refund, a dispute", state, one_column=True)
        assert not right("the payment, a full refund, a dispute", "dispute_won", one_column=True)

    def test_one_column_won(self) -> None:
        """A dispute that was won may be the last word about an order that was refunded before."""
        facts = "the payment, a full refund, a dispute, the dispute's closing as won"
        assert right(facts, "dispute_won", one_column=True)
        assert not right(facts, "disputed", one_column=True)

    def test_paid_orders_exist(self) -> None:
        """A purchase that was paid has an order, whatever became of it; one that was not need not have any."""
        assert outcome(parse("the payment, a refund of 300")).wrong(()) == ("not refunded", "no order")
        assert outcome(parse("a declined attempt, the expiry")).wrong(()) is None

    def test_one_order(self) -> None:
        """No facts make two orders of one purchase."""
        found = outcome(parse("the payment")).wrong((order("paid"), order("paid")))
        assert found is not None
        assert found[0] == "exactly one order"

    def test_says_what_is_read(self) -> None:
        """What is wrong is told by the columns that it is about."""
        assert outcome(parse("the payment, a full refund")).wrong((order("paid"),)) == ("refunded", "refund_status=r")

    @pytest.mark.parametrize(
        ("facts", "refunded"),
        [
            ("the payment", 0),
            ("the payment, a refund of 300, another refund of 200", 500),
            ("the payment, a pending refund", None),
            ("the payment, a full refund, the refund's failure", None),
            ("the payment, a dispute, the dispute's closing as lost", None),
        ],
    )
    def test_refunded(self, facts: str, refunded: int | None) -> None:
        """The amount given back is known where nothing about it is left open."""
        assert outcome(parse(facts)).refunded == refunded

    def test_amount(self) -> None:
        """Where the refunded amount is looked at, it must be the one that the facts give."""
        expected = outcome(parse("the payment, a refund of 300"))
        assert expected.wrong((order(refunded="3.00"),), Decimal(3)) is None
        assert expected.wrong((order(refunded="6.00"),), Decimal(3)) is not None


class TestParse:
    @pytest.mark.parametrize("text", ["the payment, the refund's failure", "a dispute", "the payment, a miracle"])
    def test_refuses(self, text: str) -> None:
        """A fact that nobody knows, or that follows from one that did not happen, is no lifecycle."""
        with pytest.raises(LookupError):
            parse(text)


class TestHeard:
    def test_all(self) -> None:
        """With all events everything can be known."""
        facts = parse("the payment, a full refund, the refund's failure")
        assert heard(facts, None) == facts

    def test_four_types(self) -> None:
        """What no subscribed event tells is left out: a refund's failure, a dispute's end."""
        facts = "the payment, a full refund, the refund's failure, a dispute, the dispute's closing as won"
        assert heard(parse(facts), FOUR) == ("the payment", "a full refund", "a dispute")

    def test_what_follows(self) -> None:
        """What follows from a fact that cannot be known is left out with it."""
        facts = parse("the payment, a dispute, the dispute's closing as won")
        assert heard(facts, ("charge.succeeded", "charge.dispute.closed")) == ("the payment",)

    def test_nothing(self) -> None:
        """Where nothing can be known nothing is judged."""
        with pytest.raises(NotApplicable, match="not subscribed to what tells the expiry"):
            heard(("the expiry",), FOUR)
