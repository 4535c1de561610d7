from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from decimal import Decimal
from typing import Any

import pytest
from freezegun import freeze_time

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.errors import NotApplicable, UsageError
from hookassay.sender.event import TYPES, Bundle, Event
from hookassay.sender.purchase import Purchase, PurchaseBook

RUN = "a1b2c3d4"


def book_of(endpoint: EndpointSettings | None = None, **purchase: Any) -> PurchaseBook:
    return PurchaseBook(PurchaseSettings(**purchase), endpoint or EndpointSettings(), RUN)


@pytest.fixture
def book() -> PurchaseBook:
    return book_of()


def object_of(bundle: Bundle, event_type: str) -> Any:
    return bundle.of(event_type).object


def ids_in(value: Any) -> list[str]:
    """Every string that has the shape of a Stripe id."""
    if isinstance(value, dict):
        return [found for part in value.values() for found in ids_in(part)]
    if isinstance(value, list):
        return [found for part in value for found in ids_in(part)]
    is_id = isinstance(value, str) and re.fullmatch(r"(cs_test|evt|pi|ch|pm|txn|re|du|cus|seti|setatt|sub)_\w+", value)
    return [value] if is_id else []


def mode_of(tell: Callable[[Purchase], Bundle]) -> str:
    return "setup" if tell is Purchase.set_up else "payment"


def everything(purchase: Purchase) -> list[Event]:
    dispute = purchase.dispute()
    return [
        event
        for bundle in (
            purchase.declined(),
            purchase.paid(),
            purchase.refund(300).bundle,
            purchase.refund(200).fails(),
            dispute.opened(),
            dispute.closed("won"),
        )
        for event in bundle
    ]


# What a purchase is


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("session_id", r"cs_test_a1\w{56}"),
        ("payment_intent", r"pi_3\w{23}"),
        ("charge", r"ch_3\w{23}"),
        ("customer", r"cus_\w{14}"),
        ("uuid", r"[0-9a-f-]{36}"),
        ("email", r".+@example\.invalid"),
    ],
)
def test_ids_have_the_shape_of_stripes(book: PurchaseBook, name: str, shape: str) -> None:
    """Ids have Stripe's prefixes and lengths, and mail goes nowhere."""
    assert re.fullmatch(shape, getattr(book.new(), name))


def test_every_id_sent_carries_the_run_and_the_number(book: PurchaseBook) -> None:
    """What a run created can be found by the run's id, and what belongs to one purchase by its number."""
    sent = [found for event in everything(book.new()) for found in ids_in(event.payload())]

    assert sent
    assert [found for found in sent if f"{RUN}K00001" not in found] == []


def test_no_event_id_is_given_twice(book: PurchaseBook) -> None:
    """Every event of every purchase has an id of its own, whatever is told of it."""
    purchases = [book.new() for _ in range(5)]
    ids = [event.id for one in purchases for event in everything(one) + everything(one.at_price(amount=900))]

    assert len(set(ids)) == len(ids)


def test_threads_never_get_the_same_purchase(book: PurchaseBook) -> None:
    """The book can be shared: numbers and ids are unique under threads."""
    with ThreadPoolExecutor(8) as pool:
        purchases = list(pool.map(lambda _: book.new(), range(400)))

    assert sorted(one.n for one in purchases) == list(range(1, 401))
    assert len({one.session_id for one in purchases}) == 400


def test_two_runs_share_no_id() -> None:
    """The same purchase of another run has other ids."""
    here, there = book_of().new(), PurchaseBook(PurchaseSettings(), EndpointSettings(), "99999999").new()

    assert not {*ids_in(here.paid().events[0].payload())} & {*ids_in(there.paid().events[0].payload())}


def test_ids_can_be_chosen(book: PurchaseBook) -> None:
    """Clauses about the shape of ids choose their own."""
    chosen = book.new(session_id="CS_x", payment_intent="pi_" + "9" * 200, charge="py_1", customer="cus_same")
    completed = object_of(chosen.paid(), "checkout.session.completed")

    assert (completed["id"], completed["payment_intent"], completed["customer"]) == (
        "CS_x",
        "pi_" + "9" * 200,
        "cus_same",
    )
    assert object_of(chosen.paid(), "charge.succeeded")["id"] == "py_1"


def test_one_customer_has_one_address(book: PurchaseBook) -> None:
    """Two purchases of a customer share the e-mail, as OR-09 needs it."""
    assert book.new(customer="cus_same").email == book.new(customer="cus_same").email != book.new().email


def test_the_customer_can_be_named(book: PurchaseBook) -> None:
    """Canaries in the customer's name and e-mail reach the session and the charge."""
    paid = book.new(name="café € 😀", email="canary@example.invalid").paid()
    details = object_of(paid, "checkout.session.completed")["customer_details"]
    billing = object_of(paid, "charge.succeeded")["billing_details"]

    assert (details["name"], details["email"]) == ("café € 😀", "canary@example.invalid")
    assert (billing["name"], billing["email"]) == ("café € 😀", "canary@example.invalid")


# What the shop declares


def test_what_the_shop_needs_is_on_the_session_alone() -> None:
    """The declared reference and metadata reach the session, their placeholders filled, and no other object."""
    purchase = book_of(metadata={"order": "{run}-{n}", "key": "{uuid}"}, client_reference_id="cart-{n}").new()
    session = object_of(purchase.paid(), "checkout.session.completed")

    assert session["client_reference_id"] == purchase.client_reference_id == "cart-1"
    assert session["metadata"] == purchase.metadata == {"order": f"{RUN}-1", "key": purchase.uuid}
    assert object_of(purchase.paid(), "charge.succeeded")["metadata"] == {}


@pytest.mark.parametrize("text", ['{"cart": 1}', "{}", "{a b}", "plain"])
def test_other_braces_are_text(text: str) -> None:
    """Only a single word in braces is a placeholder."""
    assert book_of(client_reference_id=text).new().client_reference_id == text


@pytest.mark.parametrize("settings", [{"client_reference_id": "x-{user}"}, {"metadata": {"order": "{user}"}}])
def test_an_unknown_placeholder_is_wrong_usage(settings: dict[str, Any]) -> None:
    """A misspelt placeholder is refused before the run, with the known ones."""
    with pytest.raises(UsageError, match=r"unknown placeholder \{user\}; use \{n\}, \{run\}, \{uuid\}"):
        book_of(**settings)


def test_what_the_shop_needs_is_never_nulled() -> None:
    """A clause that nulls fields leaves what the shop declares it needs."""
    book = book_of(metadata={"user_id": "42"}, client_reference_id="cart")
    purchase = book.new(session={"metadata": None, "client_reference_id": None, "customer_details": None})
    session = object_of(purchase.paid(), "checkout.session.completed")

    assert (session["metadata"], session["client_reference_id"]) == ({"user_id": "42"}, "cart")
    assert session["customer_details"] is None


@pytest.mark.parametrize("metadata", [None, {}])
def test_metadata_can_be_null_or_empty(book: PurchaseBook, metadata: dict[str, str] | None) -> None:
    """Where the shop needs none, metadata can be null or empty."""
    session = object_of(book.new(session={"metadata": metadata}).paid(), "checkout.session.completed")

    assert session["metadata"] == metadata


def test_metadata_adds_to_what_the_shop_needs() -> None:
    """More metadata does not push out the declared one."""
    purchase = book_of(metadata={"user_id": "42"}).new(session={"metadata": {"note": "café"}})

    assert purchase.metadata == {"user_id": "42", "note": "café"}


def test_the_book_knows_what_the_shop_needs() -> None:
    """Whether a field can be nulled can be asked."""
    book = book_of(client_reference_id="cart")

    assert (book.needs("client_reference_id"), book.needs("metadata")) == (True, False)


@pytest.mark.parametrize(
    ("settings", "amount", "currency"),
    [
        ({}, 1000, "usd"),
        ({"currencies": ("jpy", "eur")}, 1000, "jpy"),
        ({"max_amount": 250}, 250, "usd"),
        ({"max_amount": 255}, 250, "usd"),
        ({"max_amount": 255, "currencies": ("kwd",)}, 200, "kwd"),
        ({"max_amount": 255, "currencies": ("isk",)}, 200, "isk"),
        ({"max_amount": 9}, 9, "usd"),
    ],
)
def test_a_purchase_is_one_that_the_shop_sells(settings: dict[str, Any], amount: int, currency: str) -> None:
    """By default the currency is the first declared one and the amount is allowed by the shop and by Stripe."""
    purchase = book_of(**settings).new()

    assert (purchase.amount, purchase.currency) == (amount, currency)


@pytest.mark.parametrize(
    ("settings", "asked", "reason"),
    [
        ({"currencies": ("usd",)}, {"currency": "jpy"}, "currencies without jpy"),
        ({"max_amount": 500}, {"amount": 501}, "max_amount = 500, less than 501"),
        ({"modes": ("payment",)}, {"mode": "setup"}, "modes without setup"),
    ],
)
def test_what_the_shop_does_not_sell_is_not_applicable(
    settings: dict[str, Any], asked: dict[str, Any], reason: str
) -> None:
    """A purchase outside what is declared ends the scenario as not applicable, with the declaration as the reason."""
    with pytest.raises(NotApplicable, match=reason):
        book_of(**settings).new(**asked)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_amount": 0}, "max_amount must be large enough"),
        ({"max_amount": 9, "currencies": ("kwd",)}, "max_amount must be large enough for a purchase in kwd"),
        ({"modes": ("subscription",)}, 'modes must hold "payment"'),
    ],
)
def test_a_shop_that_sells_nothing_is_wrong_usage(settings: dict[str, Any], message: str) -> None:
    """Declarations that allow no purchase at all are refused before the run."""
    with pytest.raises(UsageError, match=message):
        book_of(**settings)


def test_the_declared_mode_and_account_are_on_every_event() -> None:
    """Live mode shows in the session's id, in every object and in every event; so does the connected account."""
    endpoint = EndpointSettings(livemode=True, account="acct_1", api_version="2025-03-31.basil")
    purchase = book_of(endpoint).new()
    envelopes = [event.envelope for event in purchase.paid()]

    assert purchase.session_id.startswith("cs_live_a1")
    assert {(one["livemode"], one["account"], one["api_version"]) for one in envelopes} == {
        (True, "acct_1", "2025-03-31.basil")
    }
    assert {one["data"]["object"]["livemode"] for one in envelopes} == {True}


def test_no_account_is_said_where_none_is_declared(book: PurchaseBook) -> None:
    """Events of one's own account carry neither account nor context."""
    assert not {"account", "context"} & book.new().paid().events[0].envelope.keys()


def test_another_mode_and_account_can_be_sent(book: PurchaseBook) -> None:
    """DL-12 and DL-13 send what the endpoint did not declare."""
    envelope = book.new(livemode=True, account="acct_other").paid().events[0].envelope

    assert (envelope["livemode"], envelope["account"]) == (True, "acct_other")


# Placeholders for the shop's own hooks


def test_the_placeholders_describe_the_purchase() -> None:
    """Every name that a hook may use is there, with its value."""
    purchase = book_of(client_reference_id="cart-{n}").new(amount=1999)

    assert purchase.placeholders() == {
        "session_id": purchase.session_id,
        "client_reference_id": "cart-1",
        "payment_intent": purchase.payment_intent,
        "charge": purchase.charge,
        "amount": 1999,
        "amount_major": Decimal("19.99"),
        "currency": "usd",
        "run": RUN,
        "n": 1,
        "uuid": purchase.uuid,
    }


def test_a_purchase_without_a_payment_has_no_amount_to_create_an_order_with(book: PurchaseBook) -> None:
    """In setup mode the amounts, the currency and the payment's ids are None."""
    values = book.new(mode="setup").placeholders()

    assert [name for name, value in values.items() if value is None and name != "client_reference_id"] == [
        "payment_intent",
        "charge",
        "amount",
        "amount_major",
        "currency",
    ]


def test_another_price_keeps_the_identity(book: PurchaseBook) -> None:
    """OR-14: the same session and reference, paid at another amount in another currency."""
    purchase = book.new()
    cheap = purchase.at_price(amount=1, currency="jpy")
    session = object_of(cheap.paid(), "checkout.session.completed")

    assert (session["id"], session["amount_total"], session["currency"]) == (purchase.session_id, 1, "jpy")
    assert object_of(purchase.paid(), "checkout.session.completed")["amount_total"] == 1000


# Facts of the session

FACTS: list[tuple[str, Callable[[Purchase], Bundle], list[str]]] = [
    ("paid", Purchase.paid, ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]),
    ("unpaid", Purchase.unpaid, ["payment_intent.processing", "checkout.session.completed", "charge.pending"]),
    (
        "async_succeeded",
        Purchase.async_succeeded,
        ["charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded"],
    ),
    (
        "async_failed",
        Purchase.async_failed,
        ["charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"],
    ),
    ("declined", Purchase.declined, ["charge.failed", "payment_intent.payment_failed"]),
    ("expired", Purchase.expired, ["checkout.session.expired"]),
    ("free", Purchase.free, ["checkout.session.completed"]),
    ("set_up", Purchase.set_up, ["setup_intent.succeeded", "checkout.session.completed"]),
]


@pytest.mark.parametrize(("tell", "types"), [fact[1:] for fact in FACTS], ids=[fact[0] for fact in FACTS])
def test_a_fact_is_told_by_the_events_that_stripe_sends(
    book: PurchaseBook, tell: Callable[[Purchase], Bundle], types: list[str]
) -> None:
    """Each fact of the session has its whole bundle, in the order in which Stripe generates it."""
    assert list(tell(book.new(mode=mode_of(tell))).types) == types


def test_every_type_that_is_told_is_listed(book: PurchaseBook) -> None:
    """The list of event types has exactly those that some fact of a purchase is told by."""
    told = {event_type for _, _, types in FACTS for event_type in types}
    told |= {event.type for event in everything(book.new())}
    told |= set(book.new().dispute().updated("under_review").types)

    assert sorted(told) == list(TYPES)


@pytest.mark.parametrize(
    ("tell", "status", "payment_status"),
    [
        (Purchase.paid, "complete", "paid"),
        (Purchase.unpaid, "complete", "unpaid"),
        (Purchase.async_succeeded, "complete", "paid"),
        (Purchase.async_failed, "complete", "unpaid"),
        (Purchase.expired, "expired", "unpaid"),
        (Purchase.free, "complete", "no_payment_required"),
        (Purchase.set_up, "complete", "no_payment_required"),
    ],
)
def test_the_session_says_how_it_stands(
    book: PurchaseBook, tell: Callable[[Purchase], Bundle], status: str, payment_status: str
) -> None:
    """The session's status and payment_status are those of the fact."""
    told = tell(book.new(mode=mode_of(tell)))
    session = next(event.object for event in told if event.type.startswith("checkout.session"))

    assert (session["status"], session["payment_status"]) == (status, payment_status)


def test_a_free_checkout_that_expired(book: PurchaseBook) -> None:
    """A session that expires without anything to pay says that no payment was required."""
    (event,) = book.new().expired(free=True)

    assert (event.object["status"], event.object["payment_status"]) == ("expired", "no_payment_required")
    assert event.object["amount_total"] == 0


def test_a_payment_is_consistent(book: PurchaseBook) -> None:
    """Session, intent and charge name each other and agree about amount, currency, customer and mode."""
    purchase = book.new(amount=5120, currency="kwd")
    charge, intent, session = (event.object for event in purchase.paid())

    assert session["payment_intent"] == intent["id"] == charge["payment_intent"] == purchase.payment_intent
    assert intent["latest_charge"] == charge["id"] == purchase.charge
    assert {one["currency"] for one in (charge, intent, session)} == {"kwd"}
    assert {one["customer"] for one in (charge, intent, session)} == {purchase.customer}
    assert (charge["amount"], charge["amount_captured"], intent["amount"], intent["amount_received"]) == (5120,) * 4
    assert (session["amount_subtotal"], session["amount_total"]) == (5120, 5120)


def test_only_the_session_knows_the_session(book: PurchaseBook) -> None:
    """RF-06: no charge, intent, refund or dispute carries the session's id."""
    purchase = book.new()
    others = [event for event in everything(purchase) if not event.type.startswith("checkout")]

    assert others
    assert [event.type for event in others if purchase.session_id.encode() in event.body()] == []


def test_a_pending_payment_has_moved_no_money(book: PurchaseBook) -> None:
    """Before a delayed payment arrives, the intent is processing and the charge pending, with nothing received."""
    unpaid = book.new().unpaid()
    intent, charge = object_of(unpaid, "payment_intent.processing"), object_of(unpaid, "charge.pending")

    assert (intent["status"], intent["amount_received"]) == ("processing", 0)
    assert (charge["status"], charge["paid"], charge["payment_method_details"]["type"]) == (
        "pending",
        False,
        "us_bank_account",
    )


@pytest.mark.parametrize("tell", [Purchase.declined, Purchase.async_failed])
def test_a_failed_attempt_can_be_retried(book: PurchaseBook, tell: Callable[[Purchase], Bundle]) -> None:
    """A failed attempt takes the intent back to requires_payment_method, names its charge and says why."""
    told = tell(book.new())
    charge, intent = object_of(told, "charge.failed"), object_of(told, "payment_intent.payment_failed")

    assert (charge["status"], charge["paid"], charge["captured"]) == ("failed", False, False)
    assert (intent["status"], intent["amount_received"]) == ("requires_payment_method", 0)
    assert intent["latest_charge"] == intent["last_payment_error"]["charge"] == charge["id"]
    assert intent["last_payment_error"]["code"] == charge["failure_code"]


def test_every_declined_attempt_has_a_charge_of_its_own(book: PurchaseBook) -> None:
    """FL-01: three declined attempts are three charges of one intent, and none is the one that pays."""
    purchase = book.new()
    charges = [object_of(purchase.declined(), "charge.failed") for _ in range(3)]

    assert len({one["id"] for one in charges} | {purchase.charge}) == 4
    assert {one["payment_intent"] for one in charges} == {purchase.payment_intent}


def test_a_free_purchase_has_a_full_discount(book: PurchaseBook) -> None:
    """OR-05: nothing is to be paid and there is no intent, but the price was there."""
    session = object_of(book.new().free(), "checkout.session.completed")

    assert (session["amount_total"], session["payment_intent"]) == (0, None)
    assert session["amount_subtotal"] == session["total_details"]["amount_discount"] == 1000


def test_a_trial_is_free(book: PurchaseBook) -> None:
    """OR-05: a subscription session with a trial names its subscription and needs no payment."""
    session = object_of(book.new(mode="subscription").free(), "checkout.session.completed")

    assert (session["mode"], session["amount_total"]) == ("subscription", 0)
    assert session["subscription"].startswith("sub_1")


def test_a_set_up_session_has_nothing_to_do_with_money(book: PurchaseBook) -> None:
    """OR-06: amounts, currency and intent are null, and the setup intent is named."""
    told = book.new(mode="setup").set_up()
    session = object_of(told, "checkout.session.completed")

    assert [session[name] for name in ("amount_total", "amount_subtotal", "currency", "payment_intent")] == [None] * 4
    assert session["setup_intent"] == object_of(told, "setup_intent.succeeded")["id"]


@pytest.mark.parametrize(("mode", "tell"), [("setup", Purchase.paid), ("payment", Purchase.set_up)])
def test_a_fact_of_another_mode_is_a_mistake(book: PurchaseBook, mode: str, tell: Callable[[Purchase], Bundle]) -> None:
    """Nothing is paid in setup mode, and nothing is set up in payment mode."""
    with pytest.raises(ValueError, match=f'it has mode="{mode}"'):
        tell(book.new(mode=mode))


def test_fields_of_the_session_can_be_anything(book: PurchaseBook) -> None:
    """Clauses replace and add fields of the session, in every event that shows it."""
    purchase = book.new(session={"customer": None, "loyalty": {"points": 7}})
    sessions = [
        object_of(purchase.unpaid(), "checkout.session.completed"),
        purchase.async_succeeded().events[-1].object,
    ]

    assert [(one["customer"], one["loyalty"]) for one in sessions] == [(None, {"points": 7})] * 2


def test_a_fact_happens_once(book: PurchaseBook) -> None:
    """Telling a fact again gives the same events, as delivering them again needs it."""
    purchase = book.new()

    assert purchase.paid() is purchase.paid()


def test_previous_attributes_are_for_updates(book: PurchaseBook) -> None:
    """Exactly the events of type *.updated say what changed."""
    updated = {event.type for event in everything(book.new()) if "previous_attributes" in event.envelope["data"]}

    assert updated == {"refund.updated", "charge.refund.updated"}


# Time


@freeze_time("2026-11-23T12:00:00Z")
def test_facts_are_told_in_the_order_in_which_they_happen(book: PurchaseBook) -> None:
    """`created` grows from fact to fact, is the same throughout a bundle, and puts a payment before its refund."""
    purchase = book.new()
    refund, dispute = purchase.refund(), purchase.dispute()
    bundles = [purchase.paid(), refund.bundle, dispute.opened(), dispute.closed("lost")]

    assert [{event.created - purchase.created for event in one} for one in bundles] == [{1}, {2}, {3}, {4}]


def test_no_event_is_from_the_future(book: PurchaseBook) -> None:
    """However many facts are told, none is ahead of the clock."""
    purchase = book.new()
    latest = max(event.created for _ in range(100) for event in purchase.declined())

    assert latest <= time.time()


def test_the_time_of_a_purchase_can_be_chosen(book: PurchaseBook) -> None:
    """OR-09: two purchases of the same second."""
    session = object_of(book.new(created=1792800000).paid(), "checkout.session.completed")

    assert session["created"] == 1792800000


@pytest.mark.parametrize(("event_type", "kind"), [("future.thing.happened", "thing"), ("charge.imagined", "charge")])
def test_an_invented_event_is_complete(book: PurchaseBook, event_type: str, kind: str) -> None:
    """DL-02: an event of a type that Stripe does not have has all that an event has, and an object with an id."""
    purchase = book.new()
    (event,) = purchase.invented(event_type).events
    real = purchase.paid().events[0]

    assert event.type == event_type
    assert event.envelope.keys() == real.envelope.keys()
    assert (event.object["object"], bool(event.object["id"])) == (kind, True)


def test_a_refund_of_no_payment(book: PurchaseBook) -> None:
    """RF-07: a refund may name neither a charge nor a payment intent."""
    refund = object_of(book.new().unlinked_refund(), "refund.created")

    assert (refund["charge"], refund["payment_intent"], refund["amount"]) == (None, None, 1000)


def test_ids_of_another_shape(book: PurchaseBook) -> None:
    """OO-11: every id that is sent can be given another shape, and stays apart from the others."""
    usual, shaped = book.new(), book.new(ids=lambda own: f"x{own}")

    assert len({event.id for event in everything(shaped)}) == len(everything(usual))
    for event in everything(shaped):
        assert event.id.startswith("xevt_")
        assert event.object_id.startswith("x")


def test_ids_that_differ_in_case_alone(book: PurchaseBook) -> None:
    """OR-09: another purchase's ids can be those of the first in the other case of letters."""
    first = book.new()
    second = book.in_other_case(first, customer=first.customer)

    for one, other in zip(everything(first), everything(second), strict=True):
        assert (one.id != other.id, one.id.lower()) == (True, other.id.lower())
        assert (one.object_id != other.object_id, one.object_id.lower()) == (True, other.object_id.lower())
    assert second.n != first.n


def test_an_open_session_is_not_paid(book: PurchaseBook) -> None:
    """Before the customer did anything nothing is known of him, and there is no payment."""
    session = book.new().open_session()

    assert (session["status"], session["payment_status"]) == ("open", "unpaid")
    assert (session["payment_intent"], session["customer_details"]) == (None, None)


def test_books_share_the_numbers(book: PurchaseBook) -> None:
    """Copies of a book that have another place each never issue one number twice."""
    books = [copy(book) for _ in range(3)]
    for place, one in enumerate(books):
        one.share(place, 3)
    numbers = [one.new().n for _ in range(4) for one in books]

    assert len(set(numbers)) == 12


def test_another_version_of_the_same_run(book: PurchaseBook) -> None:
    """Purchases in another API version are of the same run, and numbered above what they are told."""
    other = book.in_version("2023-10-16", above=10_000).new()

    assert (other.run, other.n, other.api_version) == (RUN, 10_001, "2023-10-16")
    assert book.new().n == 1
