"""Lifecycles: what happened to one purchase, and what its order must read in the end, whatever came in which order.

A lifecycle is a sequence of facts in the words of `hookassay.sender.story`, as they happened. Nothing here knows of
events, deliveries or endpoints: from facts to what the contract demands of an order that knows all of them, and from a
subscription to the facts that an endpoint can know.

What is demanded is what the clauses about single facts demand (OR, RF, DP), and no more: an inquiry may show or not, a
pending refund may, a partial refund need not be modelled, a loss may be shown as the refund that it amounts to. Where
one column shows refund and dispute, any of the states that are true is right.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ..errors import NotApplicable
from ..orders.book import Orders, describe
from ..orders.vocabulary import COLUMN_OF
from .condition import Condition

WHOLE = 1000
"""The price, in the thousandths of it that a story counts refunds in."""

ONE_ORDER = "exactly one order"

OPEN = ("needs_response", "under_review")
INQUIRY = ("warning_needs_response", "warning_under_review")

_PAYMENT = ("checkout.session.completed", "payment_intent.succeeded", "charge.succeeded")
_ARRIVAL = ("checkout.session.async_payment_succeeded", "payment_intent.succeeded", "charge.succeeded")
_FAILURE = ("checkout.session.async_payment_failed", "payment_intent.payment_failed", "charge.failed")
_REFUND = ("charge.refunded", "refund.created", "refund.updated")
_REFUND_CHANGE = ("refund.updated", "charge.refund.updated")

_HEARD: tuple[tuple[str, tuple[str, ...], str], ...] = (
    # A fact, the event types of which one is enough to know it, and the fact that it follows from.
    (r"the payment", _PAYMENT, ""),
    (r"the delayed payment's checkout", ("checkout.session.completed",), ""),
    (r"the delayed payment's success", _ARRIVAL, ""),
    (r"the delayed payment's failure", _FAILURE, ""),
    (r"(?:a|another|a third) declined attempt", ("payment_intent.payment_failed", "charge.failed"), ""),
    (r"the expiry", ("checkout.session.expired",), ""),
    (r"a full refund|(?:a|another) refund of \d+|a pending refund", _REFUND, "payment"),
    (r"the refund's success", _REFUND_CHANGE, "refund"),
    (r"the refund's failure", ("refund.failed", *_REFUND_CHANGE), "refund"),
    (r"a dispute|a dispute born \w+", ("charge.dispute.created",), "payment"),
    (r"the dispute's update to \w+", ("charge.dispute.updated", "charge.dispute.funds_withdrawn"), "dispute"),
    (r"the dispute's closing as won", ("charge.dispute.closed", "charge.dispute.funds_reinstated"), "dispute"),
    (r"the dispute's closing as (?:lost|warning_closed)", ("charge.dispute.closed",), "dispute"),
)


def parse(text: str) -> tuple[str, ...]:
    """The facts that `text` lists between commas, as they happened.

    Raises:
        LookupError: there is no such fact, or what it follows from did not happen before it.
    """
    facts = tuple(word.strip() for word in text.split(","))
    if without_orphans(facts) != facts:
        raise LookupError(f"a fact of {text!r} follows from one that did not happen before it")
    return facts


def without_orphans(facts: Sequence[str]) -> tuple[str, ...]:
    """The facts without those that follow from one that is missing: the refund's failure without the refund, say."""
    happened: set[str] = set()
    kept = []
    for fact in facts:
        _, after = _heard(fact)
        if not after or after in happened:
            kept.append(fact)
            happened.add(_kind(fact))
    return tuple(kept)


def heard(facts: Sequence[str], subscription: Collection[str] | None) -> tuple[str, ...]:
    """The facts that an endpoint with this subscription (None: all events) can know.

    Raises:
        NotApplicable: it can know of no payment and of nothing that forbids one.
    """
    if subscription is None:
        return tuple(facts)
    known = without_orphans([fact for fact in facts if set(_heard(fact)[0]) & set(subscription)])
    if not known:
        raise NotApplicable(f"not subscribed to what tells {', '.join(facts)}")
    return known


@dataclass
class _Known:
    """What the facts come to.

    Attributes:
        paid: Whether money arrived.
        refunds: What each refund gives back, in thousandths, and its status.
        dispute: The dispute's status, empty without one.
    """

    paid: bool = False
    refunds: list[tuple[int, str]] = field(default_factory=list)
    dispute: str = ""

    def learn(self, fact: str) -> None:
        """Take one more fact into account."""
        match fact.split():
            case ["the", "payment"] | ["the", "delayed", "payment's", "success"]:
                self.paid = True
            case ["a" | "another", "refund", "of", number]:
                self.refunds.append((int(number), "succeeded"))
            case ["a", "full" | "pending" as kind, "refund"]:
                left = WHOLE - sum(amount for amount, status in self.refunds if status != "failed")
                self.refunds.append((left, "succeeded" if kind == "full" else "pending"))
            case ["the", "refund's", "success" | "failure" as outcome]:
                amount, _ = self.refunds[-1]
                self.refunds[-1] = amount, "succeeded" if outcome == "success" else "failed"
            case ["a", "dispute"]:
                self.dispute = "needs_response"
            case ["a", "dispute", "born", status] | ["the", "dispute's", "update" | "closing", "to" | "as", status]:
                self.dispute = status

    def given_back(self, *statuses: str) -> int:
        """Thousandths given back by refunds in these statuses."""
        return sum(amount for amount, status in self.refunds if status in statuses)


@dataclass(frozen=True)
class Outcome:
    """What an order must read once everything is known.

    Attributes:
        conditions: What its states must satisfy.
        exists: Whether there must be an order: one that was paid.
        refunded: How many thousandths of the price were given back, where that is beyond doubt; else None.
    """

    conditions: tuple[Condition, ...]
    exists: bool
    refunded: int | None

    @property
    def words(self) -> str:
        """What is expected above all."""
        return self.conditions[0].words if self.conditions else "an order"

    def wrong(self, orders: Orders, refunded: Decimal | None = None) -> tuple[str, str] | None:
        """What was expected and what is read instead; None where the orders read as they must.

        Args:
            orders: The orders as they read.
            refunded: What `amount_refunded` must show; None where it is not looked at.
        """
        if len(orders) > 1:
            return ONE_ORDER, describe(orders)
        if self.exists and not orders:
            return self.words, "no order"
        for condition in self.conditions:
            if not condition.holds(orders):
                return condition.words, _shown(orders, condition)
        if refunded is not None and not any(order.amount_refunded == refunded for order in orders):
            return f"amount_refunded={refunded}", describe(orders)
        return None


def outcome(facts: Sequence[str], *, one_column: bool = False) -> Outcome:
    """What an order must read once all these facts are known.

    Args:
        facts: What happened, in the order in which it did.
        one_column: Whether one column of the order shows both refunds and disputes.
    """
    known = _Known()
    for fact in facts:
        known.learn(fact)
    if not known.paid:
        given_back = frozenset({"refunded", "partially_refunded"})
        unpaid = (Condition("not paid", lacks=frozenset({"paid"})), Condition("not refunded", lacks=given_back))
        return Outcome(unpaid, exists=False, refunded=None)
    sure, possible = known.given_back("succeeded"), known.given_back("succeeded", "pending")
    failed = bool(known.given_back("failed"))
    has: list[tuple[str, frozenset[str]]] = []
    lacks: dict[str, str] = {}
    if not known.refunds and not known.dispute:
        has.append(("paid", frozenset({"paid"})))
    if sure >= WHOLE:
        has.append(("refunded", frozenset({"refunded"})))
    elif possible < WHOLE and known.dispute not in ("lost", *OPEN):
        lacks["refunded"] = "not refunded"
        if not known.refunds and not known.dispute:
            lacks["partially_refunded"] = "not refunded"
    if known.dispute in OPEN:
        has.append(("disputed", frozenset({"disputed"})))
    elif known.dispute == "lost":
        has.append(("lost", frozenset({"dispute_lost", "refunded"})))
        lacks["dispute_won"] = "not won"
    elif known.dispute in INQUIRY:
        lacks["dispute_lost"] = "not lost"
    elif known.dispute:
        lacks["disputed"] = lacks["dispute_lost"] = "neither disputed nor lost"
    if one_column and len(has) + bool(possible) > 1:
        # One word must say it all: any that is true.
        true = frozenset().union(*(states for _, states in has))
        true |= {"refunded" if sure >= WHOLE else "partially_refunded"} if possible else frozenset()
        has = [(" or ".join(name for name, _ in has), true)] if has else []
    if one_column and known.dispute == "won":
        has = [(name, states | {"dispute_won"}) for name, states in has]
    conditions = [Condition(name, has=states) for name, states in has]
    for words in dict.fromkeys(lacks.values()):
        conditions.append(Condition(words, lacks=frozenset(state for state in lacks if lacks[state] == words)))
    beyond_doubt = sure == possible and not failed and known.dispute != "lost"
    return Outcome(tuple(conditions), exists=True, refunded=sure if beyond_doubt else None)


def _shown(orders: Orders, condition: Condition) -> str:
    """What is read in the columns that a condition is about, such as `refund_status=none`."""
    if not orders:
        return "no order"
    columns = dict.fromkeys(COLUMN_OF[state] for state in COLUMN_OF if state in condition.has | condition.lacks)
    words = [f"{column}={orders[0].words[column]}" for column in columns if column in orders[0].words]
    return " ".join(words) or describe(orders)


def _heard(fact: str) -> tuple[tuple[str, ...], str]:
    """The event types of which one is enough to know a fact, and the kind of fact that it follows from.

    Raises:
        LookupError: no lifecycle knows such a fact.
    """
    for pattern, enough, after in _HEARD:
        if re.fullmatch(pattern, fact):
            return enough, after
    raise LookupError(f"no lifecycle knows the fact {fact!r}")


def _kind(fact: str) -> str:
    """`payment`, `refund` or `dispute`, for what others follow from; empty for what nothing follows from."""
    if fact in ("the payment", "the delayed payment's success"):
        return "payment"
    return next((kind for kind in ("refund", "dispute") if re.match(rf"(?:a|another) (?:\w+ )?{kind}\b", fact)), "")
