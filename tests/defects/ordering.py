"""Defects of ordering: what goes wrong when events come late, early or again."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable

import peewee
from hookassay.server import facts, ledger
from hookassay.server.event import Event, MalformedEventError, reference
from hookassay.server.facts import Fact, Order, facts_in
from hookassay.server.ledger import Ledger
from hookassay.server.settings import Settings
from hookassay.server.webhook import FAILURES, TOLERANCE, Webhook

from .registry import WSGIApp, defect
from .variant import RawWebhook, SingleLedger, execute, variant

ORDER_OF_PAYMENT = "SELECT id FROM orders WHERE stripe_payment_intent = ?"
ORDER_OF_SESSION = "SELECT id FROM orders WHERE stripe_session_id = ?"


# --- events that come before their order ------------------------------------------------------------------------------


def losing_early(lost: Callable[[Fact], bool]) -> Callable[[peewee.Database], Ledger]:
    """Ledgers that acknowledge and forget a fact of this sort where its payment has no order yet."""

    class LosingEarly(Ledger):
        def apply(self, facts: tuple[Fact, ...]) -> None:
            with self.database.savepoint() as savepoint:
                super().apply(facts)
                payment = next((fact.payment_intent for fact in facts if fact.payment_intent), None)
                if any(map(lost, facts)) and not execute(self, ORDER_OF_PAYMENT, payment).fetchone():
                    savepoint.rollback()

    return LosingEarly


def _is_refund(fact: Fact) -> bool:
    return fact.kind == "refund" or (fact.kind == "charge" and bool(fact.amount))


@defect(
    source="D48",
    fails="OO-01 CV-01",
    known_as="refund lost before its order exists",
    fix=(
        "Where no order has the payment yet, keep the refund until there is one, or answer 5xx so that Stripe delivers "
        "it again. An update that changes no row is no success."
    ),
)
def early_refund_lost(settings: Settings) -> WSGIApp:
    """A refund that comes before its order updates no row, is acknowledged and forgotten."""
    return variant(settings, ledger=losing_early(_is_refund))


@defect(
    source="D48",
    fails="OO-02 CV-01",
    known_as="dispute lost before its order exists",
    fix=(
        "Where no order has the payment yet, keep the dispute until there is one, or answer 5xx so that Stripe "
        "delivers it again. An update that changes no row is no success."
    ),
)
def early_dispute_lost(settings: Settings) -> WSGIApp:
    """A dispute that comes before its order updates no row, is acknowledged and forgotten."""
    return variant(settings, ledger=losing_early(lambda fact: fact.kind == "dispute"))


# --- the last one to write wins ---------------------------------------------------------------------------------------


def believing_the_last(believed: Callable[[Fact], bool]) -> Callable[[peewee.Database], Ledger]:
    """Ledgers in which the status that came last replaces any other, for facts of this sort."""

    class BelievingTheLast(SingleLedger):
        def __init__(self, database: peewee.Database) -> None:
            super().__init__(database)
            # Above all ranks, so that whatever came by another way gives way too.
            self._arrivals = itertools.count(1000)

        def learn(self, fact: Fact) -> str | None:
            if fact.rank and believed(fact):
                fact = fact._replace(rank=next(self._arrivals))
            return super().learn(fact)

    return BelievingTheLast


@defect(
    source="D40",
    fails="OO-03 OO-10 OR-08 CV-01",
    known_as="paid order set back by a late checkout event",
    fix=(
        "Leave a paid order paid when an unpaid, failed or expired checkout event arrives later. Checkout events come "
        "in any order."
    ),
)
def late_unpaid_completion_unpays(settings: Settings) -> WSGIApp:
    """The order's status is what the last checkout event said: a late, unpaid completion un-pays it."""
    return variant(settings, ledger=believing_the_last(lambda fact: fact.kind == "session"))


@defect(
    source="D40, D50",
    fails="OO-07 OO-10 CV-01 CV-02",
    known_as="closed dispute reopened by a late event",
    fix=(
        "Do not let needs_response or under_review replace won or lost: such an event came late. The events of one "
        "dispute arrive in any order."
    ),
)
def late_dispute_reopens(settings: Settings) -> WSGIApp:
    """A dispute's status is the one that came last: a late opening or update reopens a closed dispute."""
    return variant(settings, ledger=believing_the_last(lambda fact: fact.kind == "dispute"))


@defect(
    source="D47",
    fails="OO-09 CV-01",
    known_as="failed refund revived by its late creation",
    fix=(
        "Keep one status for each refund id, and do not let pending or succeeded replace failed or canceled: such an "
        "event came late."
    ),
)
def late_refund_creation_counts(settings: Settings) -> WSGIApp:
    """A refund's status is the one that came last: refund.created after refund.failed counts again."""
    return variant(settings, ledger=believing_the_last(lambda fact: fact.kind == "refund"))


def snapshots_only(known: Iterable[Fact]) -> int:
    """What the charges say, less the refunds that failed: refunds themselves are not added up."""
    known = tuple(known)
    failed = [fact for fact in known if fact.kind == "refund" and fact.status in ("failed", "canceled")]
    snapshots = sum(fact.amount or 0 for fact in known if fact.kind == "charge")
    return max(0, snapshots - sum(fact.amount or 0 for fact in failed))


@defect(
    source="D40, D45",
    fails="OO-06 CV-01",
    known_as="refunded amount lowered by a late event",
    fix=(
        "Keep the largest amount_refunded that was reported for a charge, and take off refunds that fail. It is "
        "cumulative, and its events arrive in any order."
    ),
)
def last_refunded_amount_counts(settings: Settings) -> WSGIApp:
    """amount_refunded is that of the charge.refunded which came last, although it only grows."""

    class LastAmount(SingleLedger):
        def learn(self, fact: Fact) -> str | None:
            payment_intent = super().learn(fact)
            if fact.kind == "charge" and fact.amount is not None:
                sql = "UPDATE facts SET amount = ? WHERE kind = 'charge' AND stripe_id = ?"
                execute(self, sql, fact.amount, fact.stripe_id)
            return payment_intent

    def mention(event: Event) -> tuple[Fact, ...]:
        (charge,) = refunded(event)
        return (charge._replace(amount=None),)

    refunded = facts.READERS["charge.refunded"]
    for event_type, read in facts.READERS.items():
        if read is refunded and event_type != "charge.refunded":
            facts.READERS[event_type] = mention
    facts.amount_refunded = snapshots_only
    return variant(settings, ledger=LastAmount)


EXACT_COLUMNS = """
[orders]
money = "minor"

[orders.columns]
total_amount = "amount_total"
amount_refunded = "amount_refunded"
"""


@defect(
    source="D45",
    fails="OO-06 RF-09 CV-01",
    known_as="refunded amount shown as last reported",
    fix=(
        "Show the sum of the order's refunds, each once by its id, without those that failed or were canceled. The "
        "last charge.refunded may be an older one."
    ),
    config=EXACT_COLUMNS,
)
def last_refunded_amount_shown(settings: Settings) -> WSGIApp:
    """The refunded amount shown is that of the last charge.refunded; the order's state is right."""
    latest: dict[str | None, int] = {}

    class LastShown(SingleLedger):
        def learn(self, fact: Fact) -> str | None:
            if fact.kind == "charge" and fact.amount:
                latest[fact.payment_intent] = fact.amount
            return super().learn(fact)

        def write(self, order: Order) -> None:
            shown = latest.get(order.stripe_payment_intent, order.amount_refunded)
            super().write(order._replace(amount_refunded=shown))

    return variant(settings, ledger=LastShown)


# --- news of the past taken for news ----------------------------------------------------------------------------------


@defect(
    source="D38",
    fails="OO-04 OO-10 CV-01",
    known_as="paid order failed by a late decline",
    fix=(
        "Leave a paid order paid when payment_intent.payment_failed or charge.failed arrives: it reports an earlier "
        "attempt."
    ),
)
def late_failure_unpays(settings: Settings) -> WSGIApp:
    """payment_intent.payment_failed and charge.failed set the order to failed, whatever was paid since."""

    class Failing(Webhook):
        def take(self, event: Event) -> None:
            super().take(event)
            if event.type in FAILURES:
                payment = event.object["payment_intent" if event.type.startswith("charge.") else "id"]
                sql = "UPDATE orders SET status = 'failed' WHERE stripe_payment_intent = ?"
                execute(self._ledger, sql, payment)

    return variant(settings, webhook=Failing)


@defect(
    source="D39",
    fails="OO-05 CV-01",
    known_as="refunded order reset by a repeated completion",
    fix=(
        "Create the order only where the session has none. A completion that comes again must leave the refunds and "
        "disputes that are recorded as they are."
    ),
)
def completion_resurrects(settings: Settings) -> WSGIApp:
    """A completion that comes again writes paid, not refunded and not disputed over whatever the order was."""

    class Resurrecting(SingleLedger):
        def is_new(self, event_id: str, event_type: str) -> bool:
            return super().is_new(event_id, event_type) or event_type == "checkout.session.completed"

        def apply(self, facts: tuple[Fact, ...]) -> None:
            session = next((fact for fact in facts if fact.kind == "session" and fact.status == "paid"), None)
            again = session and execute(self, ORDER_OF_SESSION, session.stripe_id).fetchone()
            super().apply(facts)
            if again:
                sql = "UPDATE orders SET refund_status = 'none', dispute_status = 'none' WHERE id = ?"
                execute(self, sql, *again)

    return variant(settings, ledger=Resurrecting)


@defect(
    source="mutation",
    fails="OO-04 CV-02",
    known_as="refunds read from the latest charge only",
    fix="Keep amount_refunded for each charge, and count them all: a declined attempt is a charge of its own.",
)
def refunds_of_the_latest_charge(settings: Settings) -> WSGIApp:
    """What was refunded is read from the charge that was heard of last, which a declined attempt may be."""

    def latest(known: Iterable[Fact]) -> int:
        known = tuple(known)
        charges = [fact for fact in known if fact.kind == "charge" and fact.amount is not None]
        return snapshots_only([*charges[-1:], *(fact for fact in known if fact.kind == "refund")])

    facts.amount_refunded = latest
    return variant(settings)


@defect(
    source="mutation",
    fails="OO-07 CV-01",
    may="CV-02 CV-03",
    known_as="dispute's rank lowered by late events",
    fix="Where an event is too old to count, write nothing of it: neither its status nor its time or rank.",
)
def late_news_lower_the_bar(settings: Settings) -> WSGIApp:
    """A late opening leaves a dispute's status alone, but not its rank, so that a late update reopens it."""
    better = "CASE WHEN excluded.rank > facts.rank THEN excluded.rank ELSE facts.rank END"
    ledger.LEARN = ledger.LEARN.replace(better, "excluded.rank")  # type: ignore[attr-defined]
    return variant(settings)


# --- the clock --------------------------------------------------------------------------------------------------------


@defect(
    source="D40",
    fails="OO-10 OR-08 CV-01",
    known_as="status with the newest created timestamp believed",
    fix=(
        "Let a status give way only to one that can follow it: never paid to expired, never lost to under_review. "
        "Stripe warns against ordering events by created."
    ),
)
def newest_created_wins(settings: Settings) -> WSGIApp:
    """Of two statuses the one whose event was created later is believed."""

    class ByCreated(RawWebhook):
        def take(self, event: Event) -> None:
            dated = [fact._replace(rank=self.created if fact.rank else 0) for fact in facts_in(event)]
            self._ledger.record(event.id, event.type, dated)

    return variant(settings, webhook=ByCreated)


@defect(
    source="D40",
    fails="OO-01 OO-02 OO-10 CV-01 CV-02",
    known_as="event skipped for its older created timestamp",
    fix=(
        "Process every event however old its created is. Events arrive in any order, and an older one may report a "
        "refund or dispute that no other event does."
    ),
)
def older_event_skipped(settings: Settings) -> WSGIApp:
    """An event is skipped when one that was created later was seen of the same payment."""

    class Skipping(RawWebhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._latest: dict[str | None, int] = {}
            self._lock = threading.Lock()

        def take(self, event: Event) -> None:
            intent = event.object["id"] if event.type.startswith("payment_intent.") else None
            payment = intent or reference(event.object, "payment_intent") or event.object["id"]
            with self._lock:
                latest = self._latest.setdefault(payment, self.created)
                self._latest[payment] = max(latest, self.created)
            if self.created >= latest:
                super().take(event)

    return variant(settings, webhook=Skipping)


@defect(
    source="synthetic",
    fails="RP-08",
    known_as="late retries refused for the event's age",
    fix=(
        "Check the age by the t of the Stripe-Signature header, never by the event's created. A retry may come three "
        "days later, with a new signature."
    ),
)
def old_event_refused(settings: Settings) -> WSGIApp:
    """The tolerance of the signature is applied to the event's creation, so that no retry of the next day is taken."""

    class Punctual(RawWebhook):
        def take(self, event: Event) -> None:
            if time.time() - self.created > TOLERANCE:
                raise MalformedEventError("the event is too old")
            super().take(event)

    return variant(settings, webhook=Punctual)
