"""Defects of refunds: what was given back is counted wrongly, or believed too early or too long."""

from __future__ import annotations

from collections.abc import Iterable

from hookassay.server import facts
from hookassay.server.event import Event, amount, reference, word
from hookassay.server.facts import READERS, REFUND_RANK, Fact, facts_in
from hookassay.server.ledger import Ledger
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .ordering import EXACT_COLUMNS, snapshots_only
from .registry import WSGIApp, defect
from .state import Neighbourly, reading
from .variant import execute, variant

UPDATES = ("refund.updated", "charge.refund.updated")

# How more than two of the defects below are mended.
NO_PAYMENT = (
    "Skip a refund whose payment_intent and charge are both null: it belongs to no order. Never match null with null, "
    "and never guess the order."
)


def _standing(known: Iterable[Fact]) -> list[int]:
    """The amounts of the refunds that succeeded."""
    return [fact.amount or 0 for fact in known if fact.kind == "refund" and fact.status == "succeeded"]


# --- parts and the whole ----------------------------------------------------------------------------------------------


@defect(
    source="D44",
    fails="RF-02 CV-01 CV-02 CV-03",
    known_as="partial refund taken for a full one",
    fix=(
        "Mark the order as refunded only if the charge's refunded is true or what was refunded reaches the total. "
        "charge.refunded is sent for partial refunds too."
    ),
)
def every_refund_is_full(settings: Settings) -> WSGIApp:
    """Every charge.refunded makes the order refunded, although it is sent for partial refunds too."""
    facts.refund_status = lambda refunded, total: "refunded" if refunded else "none"
    return variant(settings)


@defect(
    source="D44",
    fails="RF-02 CV-01 CV-02 CV-03",
    known_as="charge's amount taken for the refunded amount",
    fix="Read amount_refunded of a refunded charge for what was given back. Its amount is what was paid.",
)
def partial_refund_returns_the_charge(settings: Settings) -> WSGIApp:
    """A refunded charge's amount is read in place of its amount_refunded."""

    def misread(event: Event) -> tuple[Fact, ...]:
        (charge,) = refunded(event)
        return (charge._replace(amount=amount(event.object, "amount")),)

    refunded = READERS["charge.refunded"]
    READERS["charge.refunded"] = misread
    return variant(settings)


@defect(
    source="naive",
    fails="RF-04 RF-12 CV-01 CV-02",
    known_as="each refund compared alone with the total",
    fix=(
        "Compare the sum of the payment's refunds with the total, each counted once by its id and none that failed or "
        "was canceled."
    ),
)
def refund_compared_alone(settings: Settings) -> WSGIApp:
    """The amount of each refund is compared with the total, and never their sum."""
    facts.amount_refunded = lambda known: max(_standing(known), default=0)
    return variant(settings)


@defect(
    source="D46",
    fails="RF-04 RF-12 CV-01 CV-02",
    known_as="second partial refund taken for a duplicate",
    fix="Store each refund under its own refund id, as many as a payment has, and compare their sum with the total.",
)
def one_refund_kept(settings: Settings) -> WSGIApp:
    """An order has one refund, so that a second partial one is taken for a duplicate."""

    class Keeping(Ledger):
        def apply(self, facts: tuple[Fact, ...]) -> None:
            kept = "SELECT stripe_id FROM facts WHERE kind = 'refund' AND payment_intent = ? AND stripe_id <> ?"
            told = next((fact for fact in facts if fact.kind == "refund"), None)
            if not told or not execute(self, kept, told.payment_intent, told.stripe_id).fetchone():
                super().apply(facts)

    facts.amount_refunded = lambda known: sum(_standing(known))
    return variant(settings, ledger=Keeping)


# --- counted twice ----------------------------------------------------------------------------------------------------


def adding_snapshots(key: str) -> type[Webhook]:
    """The webhook resource that adds amount_refunded up, once for each `event` or value of a charge's field."""

    class Adding(Webhook):
        def take(self, event: Event) -> None:
            if event.type == "charge.refunded":
                (charge,) = facts_in(event)
                told = event.id if key == "event" else event.object[key]
                snapshot = charge._replace(stripe_id=f"{charge.stripe_id} {told}")
                self._ledger.record(event.id, event.type, [snapshot])
            else:
                super().take(event)

    return Adding


@defect(
    source="D45",
    fails="RF-03 RF-05 CV-01",
    known_as="cumulative amount_refunded added up with each event",
    fix=(
        "Treat amount_refunded as the running total of its charge: keep the largest value, and add nothing to it. Only "
        "the amounts of single refunds add up."
    ),
)
def snapshots_added_up(settings: Settings) -> WSGIApp:
    """amount_refunded, which is cumulative, is added up with each charge.refunded."""
    return variant(settings, webhook=adding_snapshots("event"))


@defect(
    source="D45",
    fails="RF-03",
    known_as="each new value of amount_refunded added up",
    fix=(
        "Treat amount_refunded as the running total of its charge: keep the largest value, and add nothing to it. Only "
        "the amounts of single refunds add up."
    ),
)
def different_snapshots_added_up(settings: Settings) -> WSGIApp:
    """amount_refunded is added up whenever it is another one than before: 300, then 800, are 1100."""
    return variant(settings, webhook=adding_snapshots("amount_refunded"))


@defect(
    source="naive",
    fails="RF-03 RF-05 CV-01 CV-02 CV-03",
    known_as="one refund counted by two event handlers",
    fix=(
        "Count each refund once, by its refund id, whichever events report it. charge.refunded and refund.created tell "
        "of the same money."
    ),
)
def refund_added_by_two_handlers(settings: Settings) -> WSGIApp:
    """charge.refunded and refund.created both add what they say, so that one refund counts twice."""

    def both(known: Iterable[Fact]) -> int:
        known = tuple(known)
        snapshots = sum(fact.amount or 0 for fact in known if fact.kind == "charge")
        failed = sum(fact.amount or 0 for fact in known if fact.status in ("failed", "canceled"))
        return max(0, sum(_standing(known)) + snapshots - failed)

    facts.amount_refunded = both
    return variant(settings)


# --- how a refund ends ------------------------------------------------------------------------------------------------


@defect(
    source="D43",
    fails="RF-07 CV-01 CV-02",
    known_as="pending refund never looked at again",
    fix=(
        "Handle refund.updated and charge.refund.updated, and store the status that they carry: a refund that is "
        "pending at first succeeds or fails later."
    ),
)
def refund_updates_ignored(settings: Settings) -> WSGIApp:
    """A refund counts if refund.created says that it succeeded; what is pending then is never looked at again."""
    for event_type in UPDATES:
        del READERS[event_type]
    facts.amount_refunded = lambda known: sum(_standing(known))
    return variant(settings)


@defect(
    source="D46",
    fails="RF-07 RF-08 RF-09 CV-01",
    known_as="refund inserted once and never updated",
    fix=(
        "Insert or update each refund under its id. Its status changes: a pending refund can succeed, and one that "
        "succeeded can still fail."
    ),
)
def refund_written_once(settings: Settings) -> WSGIApp:
    """A refund is inserted once and never updated: neither its success nor its failure counts afterwards."""
    for status in REFUND_RANK:
        REFUND_RANK[status] = 1
    facts.amount_refunded = lambda known: sum(_standing(known))
    return variant(settings)


@defect(
    source="D47",
    fails="RF-08 RF-09 CV-01",
    known_as="refund update taken for a success",
    fix=(
        "Read the refund's status in refund.updated and charge.refund.updated. They report failed and canceled refunds "
        "too."
    ),
)
def refund_update_taken_for_success(settings: Settings) -> WSGIApp:
    """refund.updated and charge.refund.updated are taken for the news that a refund succeeded."""

    def succeeded(event: Event) -> tuple[Fact, ...]:
        refund, *others = read(event)
        return (refund._replace(status="succeeded", rank=max(REFUND_RANK.values()) + 1), *others)

    read = READERS["refund.updated"]
    for event_type in UPDATES:
        READERS[event_type] = succeeded
    return variant(settings)


@defect(
    source="naive",
    fails="RF-08 RF-09 CV-01",
    known_as="succeeded refund that can never fail",
    fix=(
        "Let failed replace succeeded: a refund can fail up to 30 days later, and the customer then does not get the "
        "money. The order is no longer refunded."
    ),
)
def only_pending_refund_fails(settings: Settings) -> WSGIApp:
    """A refund that succeeded is final, although it can fail for thirty days more."""
    REFUND_RANK["succeeded"] = max(REFUND_RANK.values()) + 1
    return variant(settings)


@defect(
    source="naive",
    fails="RF-09",
    known_as="canceled refund that still counts",
    fix="Treat the refund statuses canceled and failed alike: neither gives the customer any money back.",
)
def canceled_refund_counts(settings: Settings) -> WSGIApp:
    """A refund stands unless its status is "failed": what was canceled counts."""
    del REFUND_RANK["canceled"]
    return variant(settings)


@defect(
    source="naive",
    fails="RF-09",
    known_as="other refunds cleared by one that failed",
    fix=(
        "Take off only the refund that failed. Compute the refunded amount from all refunds by their ids, without "
        "those that failed or were canceled."
    ),
    config=EXACT_COLUMNS,
)
def any_failure_clears_all(settings: Settings) -> WSGIApp:
    """A refund that fails sets the refunded amount to nothing, whatever other refunds gave back."""
    rightly = facts.amount_refunded

    def cleared(known: Iterable[Fact]) -> int:
        known = tuple(known)
        failed = any(fact.kind == "refund" and fact.status in ("failed", "canceled") for fact in known)
        return 0 if failed else rightly(known)

    facts.amount_refunded = cleared
    return variant(settings)


@defect(
    source="mutation",
    fails="RF-09",
    known_as="only the last failed refund is taken back",
    fix="Take back the sum of all refunds that failed, or add up those that stand.",
)
def one_failure_taken_back(settings: Settings) -> WSGIApp:
    """Of several refunds that failed only the last one is taken back from what the charge says."""

    def counted(known: Iterable[Fact]) -> int:
        known = tuple(known)
        failed = [fact.amount or 0 for fact in known if fact.status in ("failed", "canceled") and fact.kind == "refund"]
        snapshots = sum(fact.amount or 0 for fact in known if fact.kind == "charge")
        return max(0, sum(_standing(known)), snapshots - failed[-1] if failed else snapshots)

    facts.amount_refunded = counted
    return variant(settings)


# --- what a refund is found by ----------------------------------------------------------------------------------------


@defect(
    source="naive",
    fails="RF-11",
    known_as="refund without payment matched on null",
    fix=NO_PAYMENT,
)
def unlinked_refund_matches_null(settings: Settings) -> WSGIApp:
    """A refund of no payment is applied to all orders without a payment intent: null is found to equal null."""

    class Comparing(Webhook):
        def take(self, event: Event) -> None:
            super().take(event)
            if event.type == "refund.created":
                sql = "UPDATE orders SET refund_status = 'refunded' WHERE stripe_payment_intent IS ?"
                if not reference(event.object, "charge"):
                    execute(self._ledger, sql, reference(event.object, "payment_intent"))

    return variant(settings, webhook=Comparing)


@defect(
    source="naive",
    fails="RF-11",
    known_as="refund without payment booked to the latest order",
    fix=NO_PAYMENT,
)
def unlinked_refund_matches_the_latest(settings: Settings) -> WSGIApp:
    """A refund of no payment is applied to the latest order without a payment intent."""

    class Comparing(Webhook):
        def take(self, event: Event) -> None:
            super().take(event)
            if event.type == "refund.created" and not reference(event.object, "payment_intent"):
                latest = "SELECT MAX(id) FROM orders WHERE stripe_payment_intent IS NULL"
                execute(self._ledger, f"UPDATE orders SET refund_status = 'refunded' WHERE id = ({latest})")

    return variant(settings, webhook=Comparing)


@defect(
    source="naive",
    fails="RF-11",
    known_as="refund without payment booked to the customer's order",
    fix=NO_PAYMENT,
)
def unlinked_refund_matches_the_customer(settings: Settings) -> WSGIApp:
    """A refund of no payment is applied to the customer's latest order."""

    class Guessing(Neighbourly):
        def take(self, event: Event) -> None:
            super().take(event)
            payments = self.payments_of(event)
            if event.type == "refund.created" and payments and not reference(event.object, "payment_intent"):
                sql = "UPDATE orders SET refund_status = 'refunded' WHERE stripe_payment_intent = ?"
                execute(self._ledger, sql, payments[-1])

    return variant(settings, webhook=Guessing)


@defect(
    source="D55",
    fails="RF-12 RP-03",
    known_as="refund list demanded of every charge",
    fix=(
        "Do not read the charge's list of refunds, which events may leave out since API version 2022-11-15. Use its "
        "amount_refunded, or the refund events."
    ),
)
def refund_list_demanded(settings: Settings) -> WSGIApp:
    """The refund is read from the charge's list of refunds, which is there only if asked for: a 500 for ever."""
    reading(lambda event: event.object["refunds"]["data"][0]["id"], "charge.refunded")
    return variant(settings)


@defect(
    source="D55",
    fails="RF-12",
    known_as="incomplete list of refunds added up",
    fix=(
        "Do not add up the charge's list of refunds, which may be absent or hold only some. Use its amount_refunded, "
        "or the refund events."
    ),
)
def refund_list_added_up(settings: Settings) -> WSGIApp:
    """Where a charge lists refunds they are added up, although the list may not be complete."""

    def added(event: Event) -> tuple[Fact, ...]:
        (charge,) = refunded(event)
        listed = event.object.get("refunds")
        if not listed:
            return (charge,)
        total = sum(refund["amount"] for refund in listed["data"] if word(refund, "status") == "succeeded")
        return (charge._replace(amount=total),)

    refunded = READERS["charge.refunded"]
    READERS["charge.refunded"] = added
    facts.amount_refunded = snapshots_only
    return variant(settings)
