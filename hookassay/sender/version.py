"""API versions: what Stripe's objects and events looked like before the latest one.

The templates have the shape of the latest version. `CHANGES` says what each newer version changed, and `shaped` takes
those changes back. A field is in a version if the last stripe-node release that pins this version knows it: what a
receiver of that version may rely on. The types of the releases 12.18.0, 14.25.0, 17.3.1 and 18.0.0 were compared with
those of 23.1.0, field by field.

Source: the changelog of stripe-node, whose releases are named below as `node 17.5.0`; docs.stripe.com/changelog.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from ..config import ALL_API_VERSIONS, LATEST_API_VERSION

SUPPORTED: Final = ("2022-11-15", "2023-10-16", "2024-10-28.acacia", "2025-03-31.basil", LATEST_API_VERSION)
"""The versions whose shapes are certified, oldest first."""

FIRST_WITH_TRAIN: Final = "2024-09-30"
"""Since this day a version's name has a train as well as a date (docs.stripe.com/upgrades)."""

Fields = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What one version changed in one sort of object; the sub-classes say how it was before.

    Attributes:
        version: The first API version with the change.
        object: The sort of object, as its `object` field says.
        source: Where the change is told.
    """

    version: str
    object: str
    source: str

    def undo(self, fields: Fields) -> None:
        """Make `fields`, a whole object, as it was before."""
        self.undo_in_part(fields)

    def undo_in_part(self, fields: Fields) -> None:
        """Make `fields`, a part of an object such as `previous_attributes`, as it was before."""


@dataclass(frozen=True)
class Added(Change):
    """Fields that did not exist: left out.

    Attributes:
        fields: Their names, with a dot where a field is within another.
    """

    fields: tuple[str, ...]

    def undo_in_part(self, fields: Fields) -> None:
        """Leave the fields out."""
        for path in self.fields:
            for home, name in _homes(fields, path):
                home.pop(name, None)


@dataclass(frozen=True)
class Removed(Change):
    """Fields that existed: null, as Stripe fills them for a payment such as ours.

    Attributes:
        fields: Their names.
        unknown: The field whose truth means that they were not null; they are left out then.
    """

    fields: tuple[str, ...]
    unknown: str = ""

    def undo(self, fields: Fields) -> None:
        """Put the fields back."""
        if not fields.get(self.unknown):
            for name in self.fields:
                fields.setdefault(name, None)


@dataclass(frozen=True)
class Moved(Change):
    """A field that stood elsewhere: there as well, until another change takes its new place away.

    Attributes:
        now: Where it stands.
        before: Where it stood.
    """

    now: str
    before: str

    def undo_in_part(self, fields: Fields) -> None:
        """Put the field back to where it stood."""
        for home, name in _homes(fields, self.now):
            if name in home:
                fields.setdefault(self.before, home[name])


@dataclass(frozen=True)
class Renamed(Change):
    """Values that were called otherwise.

    Attributes:
        field: The field that holds them.
        before: Today's value → the one before.
    """

    field: str
    before: Mapping[str, str]

    def undo_in_part(self, fields: Fields) -> None:
        """Call the value as before."""
        for home, name in _homes(fields, self.field):
            if home.get(name) in self.before:
                home[name] = self.before[home[name]]


SESSION = "checkout.session"

CHANGES: Final[tuple[Change, ...]] = (
    Added("2026-10-28.endive", "dispute", "node 23.1.0", ("evidence.appeal", "evidence_details.submission_method")),
    Added("2026-10-28.endive", "dispute", "node 23.1.0", ("intended_submission_method",)),
    Added("2026-09-30.endive", SESSION, "node 23.0.0", ("allowed_payment_method_types",)),
    Added("2026-07-29.dahlia", "dispute", "node 22.4.0", ("payment_method_details.card.network",)),
    Added("2026-07-29.dahlia", "payment_intent", "node 22.4.0", ("allowed_payment_method_types",)),
    Added("2026-07-29.dahlia", "refund", "node 22.4.0", ("customer", "customer_account", "payment_method")),
    Added("2026-07-29.dahlia", "setup_intent", "node 22.4.0", ("allowed_payment_method_types",)),
    Added("2026-06-24.dahlia", "charge", "node 22.3.0", ("payment_method_details.card.transaction_link_id",)),
    Added("2026-04-22.dahlia", SESSION, "node 22.1.0", ("managed_payments",)),
    Added("2026-04-22.dahlia", "payment_intent", "node 22.1.0", ("managed_payments",)),
    Added("2026-04-22.dahlia", "setup_intent", "node 22.1.0", ("managed_payments",)),
    Added("2026-03-25.dahlia", SESSION, "node 21.0.0", ("integration_identifier",)),
    Renamed(
        "2026-03-25.dahlia",
        SESSION,
        "docs.stripe.com/changelog/dahlia/2026-03-25/updates-available-checkout-session-ui-modes",
        "ui_mode",
        MappingProxyType({"hosted_page": "hosted", "embedded_page": "embedded", "elements": "custom"}),
    ),
    Added(
        "2025-12-15.clover", "charge", "node 20.1.0", ("payment_method_details.us_bank_account.expected_debit_date",)
    ),
    Added("2025-12-15.clover", SESSION, "node 20.1.0", ("customer_account",)),
    Added("2025-12-15.clover", "payment_intent", "node 20.1.0", ("customer_account",)),
    Added("2025-12-15.clover", "payment_method", "node 20.1.0", ("customer_account",)),
    Added("2025-12-15.clover", "setup_intent", "node 20.1.0", ("customer_account",)),
    Added("2025-10-29.clover", "payment_intent", "node 19.2.0", ("payment_details",)),
    Added("2025-10-29.clover", "setup_intent", "node 19.2.0", ("excluded_payment_method_types",)),
    Added(
        "2025-09-30.clover",
        SESSION,
        "node 19.0.0; docs.stripe.com/changelog/clover/2025-09-30/checkout-sessions-branding-settings",
        (
            "branding_settings",
            "collected_information.business_name",
            "collected_information.individual_name",
            "customer_details.business_name",
            "customer_details.individual_name",
            "excluded_payment_method_types",
            "name_collection",
        ),
    ),
    Added("2025-08-27.basil", "payment_intent", "node 18.5.0", ("excluded_payment_method_types",)),
    Added("2025-07-30.basil", SESSION, "node 18.4.0", ("origin_context",)),
    Added("2025-05-28.basil", "balance_transaction", "node 18.2.0", ("balance_type",)),
    Added("2025-04-30.basil", "charge", "node 18.1.0", ("billing_details.tax_id",)),
    Added("2025-04-30.basil", SESSION, "node 18.1.0", ("automatic_tax.provider", "wallet_options")),
    Added("2025-04-30.basil", "payment_method", "node 18.1.0", ("billing_details.tax_id",)),
    Added("2025-04-30.basil", "refund", "node 18.1.0", ("pending_reason",)),
    Removed("2025-03-31.basil", "charge", "node 18.0.0", ("invoice",)),
    Removed("2025-03-31.basil", "payment_intent", "node 18.0.0", ("invoice",)),
    Moved("2025-03-31.basil", SESSION, "node 18.0.0", "collected_information.shipping_details", "shipping_details"),
    Added("2025-03-31.basil", SESSION, "node 18.0.0", ("optional_items", "permissions")),
    # Listed by their objects, whether ours carry it or not: what a scenario adds must not be ahead of its time.
    Added("2025-03-31.basil", "charge", "node 18.0.0", ("presentment_details",)),
    Added("2025-03-31.basil", SESSION, "node 18.0.0", ("presentment_details",)),
    Added("2025-03-31.basil", "payment_intent", "node 18.0.0", ("presentment_details",)),
    Added("2025-03-31.basil", "refund", "node 18.0.0", ("presentment_details",)),
    # No event in scope reports these two; of them only what was taken away is taken back.
    Removed(
        "2025-03-31.basil",
        "invoice",
        "node 18.0.0",
        ("application_fee_amount", "discount", "quote", "tax", "transfer_data"),
    ),
    Moved("2025-03-31.basil", "invoice", "node 18.0.0", "parent.subscription_details.subscription", "subscription"),
    Added("2025-03-31.basil", "invoice", "node 18.0.0", ("amount_overpaid", "parent", "total_taxes")),
    Removed("2025-03-31.basil", "subscription", "node 18.0.0", ("discount",)),
    Moved("2025-03-31.basil", "subscription", "node 18.0.0", "items.data.current_period_start", "current_period_start"),
    Moved("2025-03-31.basil", "subscription", "node 18.0.0", "items.data.current_period_end", "current_period_end"),
    Added("2025-03-31.basil", "subscription_item", "node 18.0.0", ("current_period_start", "current_period_end")),
    Added("2025-02-24.acacia", SESSION, "node 17.7.0", ("collected_information",)),
    Added("2025-01-27.acacia", "charge", "node 17.6.0", ("outcome.advice_code",)),
    Added("2025-01-27.acacia", SESSION, "node 17.6.0", ("discounts",)),
    Added("2025-01-27.acacia", "payment_intent", "node 17.6.0", ("last_payment_error.advice_code",)),
    Added(
        "2024-12-18.acacia",
        "charge",
        "node 17.5.0",
        (
            "outcome.network_advice_code",
            "outcome.network_decline_code",
            "payment_method_details.card.network_transaction_id",
            "payment_method_details.card.regulated_status",
        ),
    ),
    Added(
        "2024-12-18.acacia",
        "payment_intent",
        "node 17.5.0",
        ("last_payment_error.network_advice_code", "last_payment_error.network_decline_code"),
    ),
    Added("2024-12-18.acacia", "payment_method", "node 17.5.0", ("card.regulated_status",)),
    Added("2024-11-20.acacia", SESSION, "node 17.4.0", ("adaptive_pricing",)),
    Added(
        "2024-10-28.acacia",
        "dispute",
        "node 17.3.0",
        ("enhanced_eligibility_types", "evidence.enhanced_evidence", "evidence_details.enhanced_eligibility"),
    ),
    Added("2024-06-20", "charge", "node 16.5.0", ("payment_method_details.card.authorization_code",)),
    Added("2024-06-20", "dispute", "node 16.5.0", ("payment_method_details.card.case_type",)),
    Added("2024-04-10", SESSION, "node 15.3.0", ("saved_payment_method_options",)),
    Added("2024-04-10", "payment_method", "node 15.6.0", ("allow_redisplay",)),
    Added("2024-04-10", "payment_method", "node 15.9.0", ("card.generated_from",)),
    Added("2023-10-16", "charge", "node 14.22.0", ("payment_method_details.us_bank_account.payment_reference",)),
    Added("2023-10-16", "charge", "node 14.23.0", ("payment_method_details.us_bank_account.mandate",)),
    Added("2023-10-16", SESSION, "node 14.9.0", ("custom_text.after_submit",)),
    Added(
        "2023-10-16",
        SESSION,
        "node 14.14.0",
        ("automatic_tax.liability", "invoice_creation.invoice_data.issuer"),
    ),
    Added("2023-10-16", SESSION, "node 14.20.0", ("payment_method_options.card.request_three_d_secure",)),
    Added("2023-10-16", "payment_method", "node 14.17.0", ("card.display_brand",)),
    Added("2023-10-16", "refund", "node 14.10.0", ("destination_details",)),
    Added(
        "2023-08-16",
        "charge",
        "node 13.9.0",
        (
            "payment_method_details.card.amount_authorized",
            "payment_method_details.card.extended_authorization",
            "payment_method_details.card.incremental_authorization",
            "payment_method_details.card.multicapture",
            "payment_method_details.card.overcapture",
        ),
    ),
    Removed("2023-08-16", "charge", "node 13.0.0", ("destination",)),
    Removed("2023-08-16", "charge", "node 13.0.0", ("dispute",), "disputed"),
    Added("2023-08-16", SESSION, "node 13.6.0", ("payment_method_configuration_details",)),
    Added("2023-08-16", SESSION, "node 13.7.0", ("custom_text.terms_of_service_acceptance",)),
    Added("2023-08-16", SESSION, "node 13.10.0", ("client_secret", "ui_mode")),
    Added("2023-08-16", "dispute", "node 13.3.0", ("payment_method_details",)),
    Added("2023-08-16", "payment_intent", "node 13.6.0", ("payment_method_configuration_details",)),
    Added("2023-08-16", "setup_intent", "node 13.6.0", ("payment_method_configuration_details",)),
)
"""Every change to an object in scope since the oldest supported version, newest first."""

OF_ALL_REFUNDS: Final = ("refund.created", "refund.updated", "refund.failed")
"""Event types that are sent for refunds of charges only since `REFUND_EVENTS_SINCE`; before, only for refunds without
a charge.

Source: docs.stripe.com/changelog/acacia/2024-10-28/refund-webhook-update.
"""

REFUND_EVENTS_SINCE: Final = "2024-10-28.acacia"

_NAMES = {*SUPPORTED, *(change.version for change in CHANGES), "2024-09-30.acacia"}
_BY_DATE = {name[:10]: name for name in _NAMES}


def shaped(thing: Mapping[str, Any], api_version: str) -> dict[str, Any]:
    """A Stripe object of the latest version, with every object within it, as `api_version` shows it.

    A version that is not among `SUPPORTED` gets what was there at its date. `thing` itself is left as it is; ids,
    amounts, statuses and links are the same in all versions.
    """
    undone = _since(api_version)
    if not undone:
        return dict(thing)
    copy: dict[str, Any] = _copied(thing)
    for part in _objects(copy):
        for change in undone:
            if change.object == part["object"]:
                change.undo(part)
    return copy


def shaped_in_part(attributes: Mapping[str, Any], object_type: str, api_version: str) -> dict[str, Any]:
    """Some fields of an object of that type, such as `previous_attributes`, as `api_version` shows them."""
    copy: dict[str, Any] = _copied(attributes)
    for change in _since(api_version):
        if change.object == object_type:
            change.undo_in_part(copy)
    return copy


def unsent(event_type: str, reported: Mapping[str, Any], api_version: str) -> str:
    """Why no event of this type reports `reported` in `api_version`, a sentence; empty where one does."""
    of_charge = bool(reported.get("charge") or reported.get("payment_intent"))
    if event_type in OF_ALL_REFUNDS and of_charge and _before(api_version, REFUND_EVENTS_SINCE):
        return f"{event_type} is sent for refunds of charges only since API version {REFUND_EVENTS_SINCE}"
    return ""


def expanded(api_version: str) -> tuple[str, ...]:
    """The versions to judge in, for what `api_version` declares: itself, or for `all` every supported one, latest
    first.
    """
    return SUPPORTED[::-1] if api_version == ALL_API_VERSIONS else (api_version,)


def nearest(text: str) -> str:
    """The API version (or `all`) that `text` says or resembles: its date with the date's own train, else the latest."""
    if text.strip().lower() == ALL_API_VERSIONS:
        return ALL_API_VERSIONS
    found = re.search(r"(\d{4})\D?(\d\d)\D?(\d\d)(?:\W+([A-Za-z]+))?", text)
    if not found:
        return LATEST_API_VERSION
    day, train = "-".join(found.groups()[:3]), found[4]
    try:
        date.fromisoformat(day)
    except ValueError:
        return LATEST_API_VERSION
    if day in _BY_DATE:
        return _BY_DATE[day]
    if day < FIRST_WITH_TRAIN:
        return day
    return f"{day}.{train.lower()}" if train else max(name for name in _NAMES if name[:10] <= day)


@cache
def _since(api_version: str) -> tuple[Change, ...]:
    """The changes that `api_version` does not have yet, newest first."""
    return tuple(change for change in CHANGES if _before(api_version, change.version))


def _before(one: str, other: str) -> bool:
    """Whether version `one` is older; a version's name begins with its date."""
    return one[:10] < other[:10]


def _copied(value: Any) -> Any:
    """`value` as a copy down to its last part."""
    if isinstance(value, Mapping):
        return {name: _copied(part) for name, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list) else value


def _objects(value: Any) -> Iterator[Fields]:
    """Every Stripe object in `value`, itself included."""
    if isinstance(value, dict):
        if isinstance(value.get("object"), str):
            yield value
        parts = list(value.values())
    else:
        parts = value if isinstance(value, list) else []
    for part in parts:
        yield from _objects(part)


def _homes(fields: Fields, path: str) -> Iterator[tuple[Fields, str]]:
    """The table that holds the last name of `path`, and that name; nothing where the way to it is not there.

    Of a list on the way the first element is meant.
    """
    *way, name = path.split(".")
    home: Any = fields
    for step in way:
        home = home.get(step)
        if isinstance(home, list) and home:
            home = home[0]
        if not isinstance(home, dict):
            return
    yield home, name
