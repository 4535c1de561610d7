"""Defects of orders: an order that is paid without its money, is not paid with it, or cannot be told from another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import peewee
from endpoints.shop import WORDS, ByReference, Sales
from hookassay.server import facts
from hookassay.server.event import LONGEST_ID, Event, MalformedEventError, amount, word
from hookassay.server.facts import READERS, SESSION_RANK, Fact, Order
from hookassay.server.ledger import Ledger
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .registry import WSGIApp, defect
from .state import DISPUTE_EVENTS, REFUND_EVENTS, reading
from .variant import SingleLedger, execute, variant

LONGEST_KEPT = 100
"""Characters that a column has room for: more than today's ids need, and fewer than Stripe reserves."""

COMPLETION = "checkout.session.completed"
DELAYED_FAILURE = "checkout.session.async_payment_failed"
EXPIRY = "checkout.session.expired"
SESSION_EVENTS = tuple(name for name in READERS if name.startswith("checkout.session."))

ALL_MODES = """
[purchase]
modes = ["payment", "setup", "subscription"]
"""

# How more than two of the defects below are mended.
WHOLE_IDS = (
    "Keep Stripe's ids whole, in columns of at least 255 characters. They are opaque, and their length may change."
)
CASE_MATTERS = (
    "Compare Stripe's ids case-sensitively: give their columns a binary collation, such as utf8mb4_bin in MySQL."
)
COMPARE_PRICE = (
    "Before an order becomes paid, compare both amount_total and currency with the price that the shop stored. Where "
    "they differ, leave the order for review."
)


def judging_sessions(status: Callable[[Event, str], str]) -> None:
    """Let the status of an order be what `status` makes of a checkout event and of what it rightly says."""
    rightly = facts.session_status
    facts.session_status = lambda event: status(event, rightly(event))


def following(event_type: str, statement: str) -> type[Webhook]:
    """The webhook resource that follows up an event of this type with a statement, given its session or payment."""

    class Following(Webhook):
        def take(self, event: Event) -> None:
            super().take(event)
            if event.type == event_type:
                own = event.type in SESSION_EVENTS
                execute(self._ledger, statement, event.object["id" if own else "payment_intent"])

    return Following


# --- what is taken for paid -------------------------------------------------------------------------------------------


@defect(
    source="D35",
    fails="OR-02 OR-04 CV-01 CV-03",
    known_as="unpaid completion taken for paid",
    fix=(
        "On checkout.session.completed fulfil only if payment_status is not unpaid. Otherwise wait for "
        "checkout.session.async_payment_succeeded."
    ),
)
def unpaid_completion_fulfilled(settings: Settings) -> WSGIApp:
    """A completed checkout is fulfilled whatever its payment_status is."""
    judging_sessions(lambda event, right: "paid" if event.type == COMPLETION else right)
    return variant(settings)


@defect(
    source="D35",
    fails="OR-02 OR-04 CV-03",
    known_as="pending charge taken for paid",
    fix=(
        "Do not fulfil on charge.pending: the payment can still fail. Wait for "
        "checkout.session.async_payment_succeeded."
    ),
)
def pending_charge_taken_for_paid(settings: Settings) -> WSGIApp:
    """charge.pending makes the order paid, although the money is only on its way."""
    paid = "UPDATE orders SET status = 'paid' WHERE stripe_payment_intent = ?"
    return variant(settings, webhook=following("charge.pending", paid))


@defect(
    source="naive",
    fails="OR-02 OR-04 OR-08 CV-01 CV-03",
    known_as="every checkout event taken for a payment",
    fix=(
        "Name the events that pay: checkout.session.completed if its payment_status is not unpaid, and "
        "checkout.session.async_payment_succeeded. No other one does."
    ),
)
def every_checkout_event_pays(settings: Settings) -> WSGIApp:
    """Every checkout.session event makes the order paid: its failure and its expiry too."""
    judging_sessions(lambda event, right: "paid")
    return variant(settings)


@defect(
    source="naive",
    fails="OR-04 CV-01",
    known_as="failed delayed payment taken for a success",
    fix=(
        "Compare the whole event type, not its beginning. checkout.session.async_payment_failed leaves the order "
        "unpaid."
    ),
)
def delayed_failure_pays(settings: Settings) -> WSGIApp:
    """async_payment_failed is handled like async_payment_succeeded, by the beginning of its name."""
    judging_sessions(lambda event, right: "paid" if "async_payment" in event.type else right)
    return variant(settings)


@defect(
    source="D36",
    fails="OR-03",
    known_as="success of a delayed payment ignored",
    fix="Subscribe to checkout.session.async_payment_succeeded, and make the order paid when it arrives.",
)
def delayed_payment_ignored(settings: Settings) -> WSGIApp:
    """async_payment_succeeded is not handled, so that a delayed payment never makes its order paid."""
    del READERS["checkout.session.async_payment_succeeded"]
    return variant(settings)


@defect(
    source="D36",
    fails="OR-03",
    known_as="later checkout events dropped as duplicates",
    fix=(
        "Know a repeated event by its id and not by its session alone: a later event of the same session makes a "
        "pending order paid."
    ),
)
def first_checkout_event_stands(settings: Settings) -> WSGIApp:
    """A session that was seen before is a duplicate, so that a delayed payment never reaches its order."""
    for status in SESSION_RANK:
        SESSION_RANK[status] = 1
    return variant(settings)


@defect(
    source="D38",
    fails="OR-08 CV-01",
    known_as="order deleted by an expiry",
    fix="Delete nothing on checkout.session.expired. Mark the order as expired only where it is not paid.",
)
def expiry_deletes(settings: Settings) -> WSGIApp:
    """checkout.session.expired deletes the order of the session, paid or not."""
    deleted = "DELETE FROM orders WHERE stripe_session_id = ?"
    return variant(settings, webhook=following("checkout.session.expired", deleted))


@defect(
    source="D38",
    fails="OR-08 CV-01",
    known_as="paid order overwritten by an expiry",
    fix=(
        "Mark the order as expired only where it is not paid, by a condition in the update itself. An expiry may "
        "arrive after a payment."
    ),
)
def expiry_overwrites(settings: Settings) -> WSGIApp:
    """checkout.session.expired sets the order to expired, whatever was paid before."""
    expired = "UPDATE orders SET status = 'expired' WHERE stripe_session_id = ?"
    return variant(settings, webhook=following("checkout.session.expired", expired))


@defect(
    source="mutation",
    fails="OR-08",
    known_as="expired free checkouts fulfilled",
    fix="Only a completed checkout and a delayed payment's success can pay; decide by the event's type, then by "
    "payment_status.",
)
def free_expiry_pays(settings: Settings) -> WSGIApp:
    """payment_status alone decides, so that a checkout which needed no payment is fulfilled when it expires."""
    judging_sessions(lambda event, right: right if word(event.object, "payment_status") == "unpaid" else "paid")
    return variant(settings)


@defect(
    source="mutation",
    fails="DL-14",
    known_as="failed delayed payments answered with an error",
    fix="Acknowledge what you have nothing to do for: only what could not be stored is worth another delivery.",
)
def delayed_failure_refused(settings: Settings) -> WSGIApp:
    """No status is known for async_payment_failed, which is a 500 for ever."""
    reading(lambda event: {"completed": "pending", "expired": "expired"}[event.type.split(".")[2]], DELAYED_FAILURE)
    return variant(settings)


@defect(
    source="mutation",
    fails="DL-14",
    known_as="expiries without an order answered with an error",
    fix="Acknowledge an expiry for which there is no order: the customer left, and none will ever be made.",
)
def expiry_without_an_order_refused(settings: Settings) -> WSGIApp:
    """checkout.session.expired is refused where the session has no order, which it will never have."""
    kept = "SELECT id FROM orders WHERE stripe_session_id = ?"

    class Demanding(Webhook):
        def take(self, event: Event) -> None:
            if event.type == EXPIRY and not execute(self._ledger, kept, event.object["id"]).fetchone():
                raise MalformedEventError("there is no such order")
            super().take(event)

    return variant(settings, webhook=Demanding)


# --- what needs no payment --------------------------------------------------------------------------------------------


@defect(
    source="naive",
    fails="OR-05",
    known_as="free order left waiting for payment",
    fix=(
        "Fulfil a payment or subscription when payment_status is paid or no_payment_required: after a discount of 100 "
        "% there is nothing to pay."
    ),
)
def only_the_word_paid_fulfils(settings: Settings) -> WSGIApp:
    """An order is fulfilled only if payment_status is "paid", so that what is free waits for ever."""

    def status(event: Event, right: str) -> str:
        return "pending" if word(event.object, "payment_status") == "no_payment_required" else right

    judging_sessions(status)
    return variant(settings)


@defect(
    source="naive",
    fails="OR-05",
    known_as="total of zero taken for none",
    fix="Tell 0 from null: an amount_total of 0 is a free order, which is fulfilled. Only null is no amount.",
)
def nothing_to_pay_ignored(settings: Settings) -> WSGIApp:
    """A checkout with an amount_total of 0 is taken for one without an amount, and makes no order."""
    read = READERS[COMPLETION]
    READERS[COMPLETION] = lambda event: read(event) if event.object["amount_total"] else ()
    return variant(settings)


@defect(
    source="D53",
    fails="OR-05 OR-06 OR-07 OR-10",
    known_as="payment intent demanded of every session",
    fix=(
        "Expect payment_intent to be null, as it is for free orders, subscriptions and set-ups, and know the order by "
        "its session id."
    ),
    config=ALL_MODES,
)
def payment_intent_demanded(settings: Settings) -> WSGIApp:
    """The payment intent's id is taken to pieces, and where there is none that is a 500 for ever."""
    reading(lambda event: event.object["payment_intent"].partition("_"), COMPLETION)
    return variant(settings)


@defect(
    source="D53, D60",
    fails="OR-06",
    known_as="amount read before the session's mode",
    fix=(
        "Look at the session's mode first and acknowledge setup without an order: amount_total, currency and "
        "payment_intent are null there."
    ),
)
def set_up_divided(settings: Settings) -> WSGIApp:
    """The amount is divided before the mode is looked at: a set-up, which has none, is a 500 for ever."""
    reading(lambda event: event.object["amount_total"] / 100, COMPLETION)
    return variant(settings)


@defect(
    source="D53",
    fails="OR-06",
    known_as="setup session recorded as a sale",
    fix=(
        "Make no order of a session in setup mode. It only saves a payment method, and its no_payment_required means "
        "no sale."
    ),
)
def set_up_sold(settings: Settings) -> WSGIApp:
    """A checkout in setup mode makes a paid order, since it needs no payment."""
    read = READERS[COMPLETION]
    READERS[COMPLETION] = lambda event: read(replace(event, object={**event.object, "mode": "payment"}))
    return variant(settings)


# --- which order it is ------------------------------------------------------------------------------------------------


class Rewriting(SingleLedger):
    """A ledger that keeps an order's session under another id."""

    def rewritten(self, session_id: str) -> str:
        """What the session's id becomes."""
        return session_id[:LONGEST_KEPT]

    def write(self, order: Order) -> None:
        """As it must be, under the other id."""
        super().write(order._replace(stripe_session_id=self.rewritten(order.stripe_session_id)))


@defect(
    source="naive",
    fails="OR-12",
    known_as="session ids cut off by their column",
    fix=WHOLE_IDS,
)
def session_ids_cut(settings: Settings) -> WSGIApp:
    """Session ids are kept in a column of 100 characters, which cuts what is longer."""
    return variant(settings, ledger=Rewriting)


@defect(
    source="naive",
    fails="OR-12",
    known_as="event ids cut off by their column",
    fix=WHOLE_IDS,
)
def event_ids_cut(settings: Settings) -> WSGIApp:
    """Event ids are kept in a column of 100 characters: long ones that begin alike are duplicates."""

    class Cutting(Webhook):
        def take(self, event: Event) -> None:
            super().take(replace(event, id=event.id[:LONGEST_KEPT]))

    return variant(settings, webhook=Cutting)


@defect(
    source="naive",
    fails="OR-12",
    known_as="payment intent ids cut off by their column",
    fix=WHOLE_IDS,
)
def payment_ids_cut(settings: Settings) -> WSGIApp:
    """Payment intents are kept in a column of 100 characters: long ones that begin alike are one payment."""

    class Cutting(Ledger):
        def apply(self, facts: tuple[Fact, ...]) -> None:
            cut = [(fact.payment_intent or "")[:LONGEST_KEPT] or None for fact in facts]
            super().apply(tuple(fact._replace(payment_intent=own) for fact, own in zip(facts, cut, strict=True)))

    return variant(settings, ledger=Cutting)


@defect(
    source="naive",
    fails="OR-12",
    known_as="long object ids refused as malformed",
    fix=(
        "Accept ids of up to 255 characters, and check neither their length nor their form beyond that: Stripe may "
        "change both."
    ),
)
def long_ids_refused(settings: Settings) -> WSGIApp:
    """An id of more than 100 characters is refused as malformed, for ever."""

    def measured(event: Event) -> None:
        if len(event.object["id"]) > LONGEST_KEPT:
            raise MalformedEventError("the id is too long")

    reading(measured, *READERS)
    return variant(settings)


@defect(
    source="mutation",
    fails="OR-12",
    known_as="ids of 255 characters refused",
    fix="Give every column and check of an id room for 255 characters, the last one included.",
)
def longest_ids_refused(settings: Settings) -> WSGIApp:
    """An id must be shorter than 255 characters, so that one as long as that is refused for ever."""

    def measured(event: Event) -> None:
        if len(event.object["id"]) >= LONGEST_ID:
            raise MalformedEventError("the id is too long")

    reading(measured, *READERS)
    return variant(settings)


def caseless(*columns: str) -> type[Ledger]:
    """Ledgers in whose columns of these names, such as `orders.id`, letters of either case are equal."""

    class Caseless(Ledger):
        def __init__(self, database: peewee.Database) -> None:
            super().__init__(database)
            with database.connection_context():
                for column in columns:
                    self._compare_without_case(*column.split("."))

        def _compare_without_case(self, table: str, column: str) -> None:
            kept = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC"
            statements = [sql for (sql,) in execute(self, kept, table)]
            execute(self, f"DROP TABLE {table}")
            for sql in statements:
                execute(self, sql.replace(f'"{column}" TEXT', f'"{column}" TEXT COLLATE NOCASE'))

    return Caseless


@defect(
    source="naive",
    fails="OR-12",
    known_as="session ids compared without case",
    fix=CASE_MATTERS,
)
def sessions_in_any_case(settings: Settings) -> WSGIApp:
    """Orders are found by their session's id whatever its case, as MySQL compares text by default."""
    return variant(settings, ledger=caseless("orders.stripe_session_id"))


@defect(
    source="naive",
    fails="OR-12",
    known_as="payment intent ids compared without case",
    fix=CASE_MATTERS,
)
def payments_in_any_case(settings: Settings) -> WSGIApp:
    """Payments are told apart by their payment intent whatever its case: a refund reaches both of two orders."""

    class AnyCase(caseless("facts.payment_intent")):
        def claimed(self, payments: Sequence[str], alone: Sequence[str]) -> list[tuple[Fact, list[Fact]]]:
            found = super().claimed(payments, alone)
            known: dict[str, list[Fact]] = {}
            for session, stated in found:
                known.setdefault(str(session.payment_intent).lower(), []).extend(stated)
            return [(session, known[str(session.payment_intent).lower()]) for session, _ in found]

    return variant(settings, ledger=AnyCase)


@defect(
    source="naive",
    fails="OR-12",
    known_as="event ids compared without case",
    fix=CASE_MATTERS,
)
def events_in_any_case(settings: Settings) -> WSGIApp:
    """An event is a duplicate of one whose id differs in case only."""
    return variant(settings, ledger=caseless("events.id"))


@defect(
    source="naive",
    fails="OR-12",
    known_as="prefix cs_ demanded of session ids",
    fix=(
        "Treat ids as opaque. Tell what an object is by the event's type or by its object field, not by the prefix of "
        "its id, which may change."
    ),
)
def session_prefix_demanded(settings: Settings) -> WSGIApp:
    """A session whose id does not begin with cs_ is refused, for ever."""

    def looked_at(event: Event) -> None:
        if not event.object["id"].startswith("cs_"):
            raise MalformedEventError("the id is not a session's")

    reading(looked_at, *SESSION_EVENTS)
    return variant(settings)


@defect(
    source="naive",
    fails="OR-12",
    known_as="prefix ch_ demanded of charge ids",
    fix=(
        "Treat ids as opaque. Tell what an object is by the event's type or by its object field, not by the prefix of "
        "its id, which may change."
    ),
)
def charge_prefix_demanded(settings: Settings) -> WSGIApp:
    """A refund is looked up only if its charge's id begins with ch_, although other prefixes are in use."""

    def of_a_charge(read: Callable[[Event], tuple[Fact, ...]]) -> Callable[[Event], tuple[Fact, ...]]:
        def parsed(event: Event) -> tuple[Fact, ...]:
            charge = event.object["id"] if event.type == "charge.refunded" else event.object["charge"]
            return read(event) if charge and charge.startswith("ch_") else ()

        return parsed

    for event_type in REFUND_EVENTS:
        READERS[event_type] = of_a_charge(READERS[event_type])
    return variant(settings)


class Referring(Webhook):
    """A webhook resource that looks for the reference of an order where Stripe does not put it."""

    AFFECTED: tuple[str, ...] = ()
    """The event types whose orders are looked up so."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        super().__init__(settings, ledger)
        self._referred: set[object] = set()

    def take(self, event: Event) -> None:
        """An order with a reference is found by that reference only, one without by its payment."""
        referring = "order_id" in (event.object.get("metadata") or {})
        if event.type == COMPLETION and referring:
            self._referred.add(event.object["payment_intent"])
        if event.type not in self.AFFECTED or referring or event.object["payment_intent"] not in self._referred:
            super().take(event)


@defect(
    source="D43",
    fails="OR-13",
    known_as="refunds looked up by the session's metadata",
    fix=(
        "Find the order of a refund by the payment_intent that was stored at checkout. Metadata of the Checkout "
        "Session is not copied to its charge or refunds."
    ),
)
def refund_found_by_reference(settings: Settings) -> WSGIApp:
    """The refund of an order with a reference is looked up by that reference in its metadata: it is not there."""

    class ByMetadata(Referring):
        AFFECTED = REFUND_EVENTS

    return variant(settings, webhook=ByMetadata)


@defect(
    source="D43",
    fails="OR-13",
    known_as="disputes looked up by the session's metadata",
    fix=(
        "Find the order of a dispute by the payment_intent that was stored at checkout. Metadata of the Checkout "
        "Session is not copied to its disputes."
    ),
)
def dispute_found_by_reference(settings: Settings) -> WSGIApp:
    """The dispute of an order with a reference is looked up by that reference in its metadata: it is not there."""

    class ByMetadata(Referring):
        AFFECTED = DISPUTE_EVENTS

    return variant(settings, webhook=ByMetadata)


# --- how much it is ---------------------------------------------------------------------------------------------------


def reading_amounts(read: Callable[[int], int]) -> None:
    """Let every amount be what `read` makes of it."""

    def misread(source: Any, name: str) -> int | None:
        value = amount(source, name)
        return None if value is None else read(value)

    facts.amount = misread  # type: ignore[attr-defined]


@defect(
    source="naive",
    fails="OR-11",
    known_as="amounts capped at 32 bits",
    fix=(
        "Keep amounts in 64-bit integers, in the code and in the database. In the minor unit they can have twelve "
        "digits."
    ),
)
def amounts_capped_at_32_bits(settings: Settings) -> WSGIApp:
    """Amounts are kept in an INT column, which keeps 2147483647 of anything larger."""
    reading_amounts(lambda value: min(value, 2**31 - 1))
    return variant(settings)


@defect(
    source="naive",
    fails="OR-11",
    known_as="amounts beyond 32 bits refused",
    fix=(
        "Keep amounts in 64-bit integers, in the code and in the database. In the minor unit they can have twelve "
        "digits."
    ),
)
def amounts_beyond_32_bits_refused(settings: Settings) -> WSGIApp:
    """An amount that no INT column takes is a 500 for ever."""

    def fitting(value: int) -> int:
        return int.from_bytes(value.to_bytes(4, "big", signed=True), "big", signed=True)

    reading_amounts(fitting)
    return variant(settings)


@defect(
    source="mutation",
    fails="OR-11",
    known_as="refunded amounts kept in 32 bits",
    fix="Keep every amount in a 64-bit column: what was given back can be as much as what was paid.",
)
def refunds_beyond_32_bits_refused(settings: Settings) -> WSGIApp:
    """What was refunded is kept in an INT column, so that the refund of a large payment is a 500 for ever."""

    def fitting(event: Event) -> None:
        refunded: int = event.object["amount_refunded" if event.object["object"] == "charge" else "amount"]
        refunded.to_bytes(4, "big", signed=True)

    reading(fitting, *REFUND_EVENTS)
    return variant(settings)


@defect(
    source="mutation",
    fails="OR-10",
    config=ALL_MODES,
    known_as="total read from the payment intent alone",
    fix="Read amount_total from the Checkout Session: a subscription's session has no payment intent.",
)
def amount_of_the_payment_intent(settings: Settings) -> WSGIApp:
    """The amount is that of the payment intent, and so nothing where a subscription's session has none."""

    def misreading(read: Callable[[Event], tuple[Fact, ...]]) -> Callable[[Event], tuple[Fact, ...]]:
        return lambda event: tuple(fact if fact.payment_intent else fact._replace(amount=0) for fact in read(event))

    for event_type in SESSION_EVENTS:
        READERS[event_type] = misreading(READERS[event_type])
    return variant(settings)


# --- the price that the shop asked for --------------------------------------------------------------------------------

SALES = (
    """
[purchase]
created_by = "shop"
client_reference_id = "sale-{run}-{n}"

[orders]
table = "sales"
money = "minor"
create = \"\"\"
INSERT INTO sales (reference, checkout, cents, money) VALUES (:client_reference_id, :session_id, :amount, :currency)
\"\"\"

"""
    + WORDS
)

PRICE_OF_SALE = "SELECT cents, money FROM sales WHERE reference = ?"


def comparing(as_paid: Callable[[Order, int, str], Order]) -> Callable[[Settings], WSGIApp]:
    """A shop that compares with a sale's price what `as_paid` makes of the order, of its price and of its currency."""

    class Trusting(Sales):
        def write(self, order: Order) -> None:
            sale = execute(self, PRICE_OF_SALE, order.user_id).fetchone()
            super().write(as_paid(order, *sale) if sale else order)

    return lambda settings: variant(settings, webhook=ByReference, ledger=Trusting)


@defect(
    source="D41",
    fails="OR-14",
    known_as="payment never compared with the order's price",
    fix=COMPARE_PRICE,
    config=SALES,
)
def price_never_compared(settings: Settings) -> WSGIApp:
    """What was paid is never compared with the price of the order that the reference names."""
    return comparing(lambda order, cents, money: order._replace(amount_total=cents, currency=money))(settings)


@defect(
    source="D41",
    fails="OR-14",
    known_as="amount compared with the price without its currency",
    fix=COMPARE_PRICE,
    config=SALES,
)
def currency_never_compared(settings: Settings) -> WSGIApp:
    """The number paid is compared with the order's price, and the currency is not: 1000 yen buy 10 dollars' worth."""
    return comparing(lambda order, cents, money: order._replace(currency=money))(settings)


@defect(
    source="D41",
    fails="OR-14",
    known_as="currency compared with the price without its amount",
    fix=COMPARE_PRICE,
    config=SALES,
)
def amount_never_compared(settings: Settings) -> WSGIApp:
    """The currency is compared with the order's, and the amount is not: one cent buys anything."""
    return comparing(lambda order, cents, money: order._replace(amount_total=cents))(settings)


@defect(
    source="synthetic",
    fails="OR-09 RF-06 DP-02 CV-02 CV-03",
    may="DL-11",
    known_as="orders found by the amount paid",
    fix=(
        "Find the order by the session id, client_reference_id or metadata that the shop set, and its refunds and "
        "disputes by payment_intent. Amounts are not unique."
    ),
    config=SALES,
)
def sale_found_by_amount(settings: Settings) -> WSGIApp:
    """A payment is that of the latest sale of its amount that still waits, whatever its reference says."""

    class ByAmount(Sales):
        def learn(self, fact: Fact) -> str | None:
            if fact.kind == "session":
                waiting = "SELECT reference FROM sales WHERE cents = ? AND state = 'waiting' ORDER BY number DESC"
                found = execute(self, waiting, fact.amount).fetchone()
                fact = fact._replace(user_id=found[0] if found else fact.user_id)
            return super().learn(fact)

    return variant(settings, webhook=ByReference, ledger=ByAmount)
