"""What the API has: one Resource for each sort of object, with its routes, filters and what can be expanded.

Source: docs.stripe.com/api, the pages of these objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Resource:
    """One sort of object.

    Attributes:
        kind: What its `object` field says.
        path: Its collection below /v1/.
        noun: What an error message calls it.
        param: What an error calls the id in its URL.
        filters: The parameters of its list that choose by the field of that name, dots descending.
        expandable: Fields that hold an id in place of an object of the kind named; dots descend.
        includable: Fields that only show where they are expanded, such as a Charge's `refunds`; dots descend.
    """

    kind: str
    path: str
    noun: str
    param: str = "id"
    filters: tuple[str, ...] = ()
    expandable: Mapping[str, str] = field(default_factory=dict)
    includable: tuple[str, ...] = ()


_FOREIGN = dict.fromkeys(("application", "on_behalf_of"), "")

RESOURCES = (
    Resource(
        "checkout.session",
        "checkout/sessions",
        "checkout.session",
        "session",
        ("customer", "payment_intent", "subscription", "status", "payment_link", "customer_details.email"),
        {
            "customer": "customer",
            "invoice": "invoice",
            "payment_intent": "payment_intent",
            "payment_link": "",
            "setup_intent": "setup_intent",
            "subscription": "subscription",
        },
        ("line_items", "total_details.breakdown"),
    ),
    Resource(
        "payment_intent",
        "payment_intents",
        "payment_intent",
        "intent",
        ("customer",),
        {
            **_FOREIGN,
            "customer": "customer",
            "latest_charge": "charge",
            "payment_method": "payment_method",
            "review": "",
        },
    ),
    Resource(
        "charge",
        "charges",
        "charge",
        filters=("customer", "payment_intent", "transfer_group"),
        expandable={
            **_FOREIGN,
            "application_fee": "",
            "balance_transaction": "balance_transaction",
            "customer": "customer",
            "failure_balance_transaction": "balance_transaction",
            "payment_intent": "payment_intent",
            "review": "",
            "source_transfer": "",
            "transfer": "",
        },
        includable=("refunds",),
    ),
    Resource(
        "refund",
        "refunds",
        "refund",
        filters=("charge", "payment_intent"),
        expandable={
            "balance_transaction": "balance_transaction",
            "charge": "charge",
            "customer": "customer",
            "failure_balance_transaction": "balance_transaction",
            "payment_intent": "payment_intent",
            "payment_method": "payment_method",
            "source_transfer_reversal": "",
            "transfer_reversal": "",
        },
    ),
    Resource(
        "dispute",
        "disputes",
        "dispute",
        "dispute",
        ("charge", "payment_intent"),
        {"charge": "charge", "payment_intent": "payment_intent"},
    ),
    Resource(
        "balance_transaction",
        "balance_transactions",
        "balance transaction",
        filters=("currency", "source", "type", "payout"),
        expandable={"source": "*"},
    ),
    Resource("event", "events", "event", filters=("type",)),
    Resource(
        "customer",
        "customers",
        "customer",
        filters=("email",),
        expandable={
            "default_source": "",
            "test_clock": "",
            "invoice_settings.default_payment_method": "payment_method",
        },
        includable=("sources", "subscriptions", "tax_ids"),
    ),
    Resource(
        "invoice",
        "invoices",
        "invoice",
        "invoice",
        ("customer", "status", "collection_method"),
        {
            **_FOREIGN,
            "customer": "customer",
            "default_payment_method": "payment_method",
            "parent.subscription_details.subscription": "subscription",
        },
    ),
    Resource(
        "setup_intent",
        "setup_intents",
        "setupintent",
        "intent",
        ("customer", "payment_method"),
        {**_FOREIGN, "customer": "customer", "latest_attempt": "", "mandate": "", "payment_method": "payment_method"},
    ),
    Resource(
        "subscription",
        "subscriptions",
        "subscription",
        filters=("customer", "status", "collection_method"),
        expandable={
            **_FOREIGN,
            "customer": "customer",
            "default_payment_method": "payment_method",
            "latest_invoice": "invoice",
            "pending_setup_intent": "setup_intent",
            "schedule": "",
            "test_clock": "",
        },
    ),
    Resource(
        "payment_method",
        "payment_methods",
        "PaymentMethod",
        "payment_method",
        ("customer", "type"),
        {"customer": "customer"},
    ),
    Resource("product", "products", "product", filters=("active",), expandable={"default_price": "price"}),
    Resource(
        "price",
        "prices",
        "price",
        "price",
        ("active", "currency", "product", "type"),
        {"product": "product"},
        ("currency_options", "tiers"),
    ),
)

LINE_ITEM = Resource("item", "", "line item", includable=("discounts", "taxes"))
"""It has no route of its own."""

BY_KIND: Mapping[str, Resource] = {resource.kind: resource for resource in (*RESOURCES, LINE_ITEM)}

UPDATABLE = ("checkout.session", "payment_intent", "charge", "refund", "dispute", "customer", "setup_intent", "invoice")
"""Objects whose `metadata` (and `description`, where they have one) a server may set."""
