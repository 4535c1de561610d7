from __future__ import annotations

import json
import types
from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import pytest
import stripe
from stripe import StripeObject
from stripe._stripe_object import UntypedStripeObject

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.sender.event import Bundle, Event
from hookassay.sender.purchase import PurchaseBook

CLASSES: dict[str, type] = {
    "account": stripe.Account,
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "item": stripe.LineItem,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "price": stripe.Price,
    "product": stripe.Product,
    "refund": stripe.Refund,
    "setup_intent": stripe.SetupIntent,
    "subscription": stripe.Subscription,
}

# Fields that Stripe sends only in some cases, which the templates are not.
CONDITIONAL = {
    "account": {"company", "deleted", "groups", "individual"},  # connected accounts only, and deleted ones
    "charge": {
        "authorization_code",  # not general
        "level3",  # level 3 card data only
        "presentment_details",  # adaptive pricing only
        "refunds",  # only when asked for, since 2022-11-15
        "transfer",  # destination charges only
    },
    "checkout.session": {
        "line_items",  # only when expanded
        "presentment_details",  # adaptive pricing only
        "redirect_on_completion",  # embedded only
        "return_url",  # embedded only
        "tax_id_collection",  # only when asked for
    },
    "customer": {
        "cash_balance",  # only when expanded
        "deleted",  # deleted ones only
        "invoice_credit_balance",  # only when expanded
        "sources",  # only when expanded
        "subscriptions",  # only when expanded
        "tax",  # only when expanded
        "tax_ids",  # only when expanded
    },
    "event": {"account", "context"},  # connected accounts and organisations only
    "invoice": {
        "amount_paid_off_stripe",  # payments outside Stripe only
        "confirmation_secret",  # only when expanded
        "deleted",  # deleted ones only
        "payments",  # only when expanded
        "threshold_reason",  # billing thresholds only
    },
    "item": {"discounts", "taxes"},  # only when expanded
    "payment_intent": {
        "hooks",  # Tax hooks only
        "payment_record",  # payment records only
        "presentment_details",  # adaptive pricing only
    },
    "refund": {
        "description",  # not for cards
        "failure_balance_transaction",  # failed only
        "failure_reason",  # failed only
        "instructions_email",  # not for cards
        "next_action",  # requires_action only
        "pending_reason",  # pending only
        "presentment_details",  # adaptive pricing only
    },
    "dispute": {"network_reason_code"},  # stands in payment_method_details
    "payment_method": {"radar_options"},  # Radar sessions only
    "price": {"currency_options", "deleted", "tiers"},  # only when expanded, and deleted ones
    "product": {"deleted"},  # deleted ones only
    "subscription": {"presentment_details", "status_details"},  # adaptive pricing only, and paused ones
    "setup_intent": {"attach_to_self"},  # own accounts only
}


def resolved(annotation: Any) -> Any:
    if isinstance(annotation, str):
        annotation = ForwardRef(annotation)
    if isinstance(annotation, ForwardRef):
        return getattr(stripe, annotation.__forward_arg__, Any)
    return annotation


def alternatives(annotation: Any) -> list[Any]:
    annotation = resolved(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return [found for part in get_args(annotation) for found in alternatives(part)]
    return [annotation]


def literals_of(annotation: Any) -> set[Any]:
    return {word for option in alternatives(annotation) if get_origin(option) is Literal for word in get_args(option)}


def fields_of(declared: type) -> dict[str, Any]:
    own = {name: note for name, note in vars(declared).get("__annotations__", {}).items() if name != "OBJECT_NAME"}
    inherited = vars(stripe.StripeObject).get("__annotations__", {})
    return {name: note for name, note in own.items() if name not in inherited}


def complaints(value: Any, annotation: Any, path: str) -> Iterator[str]:
    """Where `value` departs from what the SDK declares."""
    options = alternatives(annotation)
    origins = [get_origin(option) or option for option in options]
    if Any in origins:
        return
    if value is None:
        if type(None) not in options:
            yield f"{path} must not be null"
    elif isinstance(value, dict):
        if stripe.ListObject in origins:
            (kind,) = get_args(options[origins.index(stripe.ListObject)])
            for number, item in enumerate(value["data"]):
                yield from complaints(item, kind, f"{path}.data[{number}]")
            return
        classes = [option for option in origins if isinstance(option, type) and issubclass(option, StripeObject)]
        if not classes:
            yield f"{path} must not be an object"
        elif not any(issubclass(option, UntypedStripeObject) for option in classes):
            names = [option for option in classes if option is CLASSES.get(str(value.get("object")))]
            yield from departures(value, (names or classes)[0], path)
    elif isinstance(value, list):
        lists = [option for option in options if get_origin(option) is list]
        if not lists:
            yield f"{path} must not be a list"
        for number, item in enumerate(value):
            yield from complaints(item, get_args(lists[0])[0], f"{path}[{number}]")
    else:
        literals = literals_of(annotation)
        if literals and value not in literals:
            yield f"{path} must be one of {sorted(literals)}, not {value!r}"
        elif not literals and type(value) not in origins and not (Decimal in origins and type(value) is str):
            yield f"{path} must not be {value!r}"


def departures(value: dict[str, Any], declared: type, path: str) -> Iterator[str]:
    fields = fields_of(declared)
    for name in value.keys() - fields.keys():
        yield f"{path}.{name} is not declared by {declared.__qualname__}"
    for name, annotation in fields.items():
        if name in value:
            yield from complaints(value[name], annotation, f"{path}.{name}")
        elif type(None) not in alternatives(annotation):
            yield f"{path}.{name} is missing"


def of_event(event: Event) -> list[str]:
    kind = event.object["object"]
    envelope = event.payload()
    return [
        *departures(envelope, stripe.Event, "event"),
        *departures(envelope["data"]["object"], CLASSES[kind], kind),
        *(
            f"{kind} has no {name} that could have been otherwise before"
            for name in envelope["data"].get("previous_attributes", {})
            if name not in fields_of(CLASSES[kind])
        ),
    ]


def every_fact() -> list[Bundle]:
    book = PurchaseBook(PurchaseSettings(metadata={"user_id": "42"}), EndpointSettings(), "a1b2c3d4")
    paid, delayed, failed, disputed = book.new(), book.new(), book.new(), book.new()
    pending, partial = paid.refund(300, "pending"), paid.refund(200, listed=10)
    dispute, inquiry = disputed.dispute(), disputed.dispute("warning_needs_response")
    return [
        paid.declined(),
        paid.paid(),
        pending.bundle,
        pending.succeeded_later(),
        partial.bundle,
        partial.fails(),
        paid.refund(100).canceled(),
        paid.charge_snapshot(500),
        paid.unlinked_refund(),
        delayed.unpaid(),
        delayed.async_succeeded(),
        delayed.refund().bundle,
        failed.unpaid(),
        failed.async_failed(),
        dispute.opened(),
        dispute.updated("under_review"),
        dispute.updated("under_review"),
        dispute.updated("appeal_needs_response"),
        dispute.closed("won"),
        inquiry.opened(),
        inquiry.updated("warning_under_review"),
        inquiry.updated("needs_response"),
        inquiry.closed("lost"),
        inquiry.funds_reinstated("lost"),
        book.new().expired(),
        book.new().free(),
        book.new(mode="subscription").free(),
        book.new(mode="setup").set_up(),
        book.new(livemode=True, account="acct_1Example").paid(),
    ]


FACTS = every_fact()
TEMPLATES = sorted(
    path.name for path in (files("hookassay.fixtures") / "events").iterdir() if path.name.endswith("json")
)


def load(name: str) -> dict[str, Any]:
    shape: dict[str, Any] = json.loads((files("hookassay.fixtures") / "events" / name).read_text())
    return shape


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name != "bank_debit.json"])
def test_a_template_has_what_the_sdk_declares_and_nothing_else(name: str) -> None:
    """Each template holds every required field of the SDK's class, no unknown one, and values of the declared types."""
    shape = load(name)

    assert list(departures(shape, CLASSES[shape["object"]], name)) == []


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name != "bank_debit.json"])
def test_a_template_leaves_out_only_conditional_fields(name: str) -> None:
    """Each optional field that the SDK declares is there, null or not, unless Stripe sends it only in some cases."""
    shape = load(name)
    declared = fields_of(CLASSES[shape["object"]])
    other_payment_methods = literals_of(declared["type"]) if shape["object"] == "payment_method" else set()

    missing = declared.keys() - shape.keys() - other_payment_methods

    assert missing == CONDITIONAL.get(shape["object"], set())


def test_a_bank_debit_is_what_a_charge_may_be_paid_with() -> None:
    """The bank debit template has the shape of a Charge's payment_method_details."""
    assert list(departures(load("bank_debit.json"), stripe.Charge.PaymentMethodDetails, "bank_debit")) == []


@pytest.mark.parametrize("bundle", FACTS, ids=lambda bundle: bundle.name)
def test_every_event_has_what_the_sdk_declares_and_nothing_else(bundle: Bundle) -> None:
    """Each built event and its object hold every required field, no unknown one, and values of the declared types."""
    assert {event.type: of_event(event) for event in bundle if of_event(event)} == {}


@pytest.mark.parametrize("bundle", FACTS, ids=lambda bundle: bundle.name)
def test_every_event_type_is_one_that_stripe_sends(bundle: Bundle) -> None:
    """Each event's type is among those that the SDK lists."""
    assert set(bundle.types) <= literals_of(fields_of(stripe.Event)["type"])


@pytest.mark.parametrize("bundle", FACTS, ids=lambda bundle: bundle.name)
def test_no_id_of_a_template_is_ever_sent(bundle: Bundle) -> None:
    """Every id of a template is replaced by one of the run."""
    assert not [event.type for event in bundle if b"TEMPLATE" in event.body()]


def test_a_stranger_to_the_sdk_is_noticed() -> None:
    """The check itself sees an unknown field, a missing one, a wrong type and a wrong word."""
    refund = {**load("refund.json"), "colour": "red", "created": "now", "reason": 1, "currency": None}
    del refund["amount"]

    assert len(list(departures(refund, stripe.Refund, "refund"))) == 5
