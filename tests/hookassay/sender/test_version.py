"""API versions: what each change looks like on either side of it, and what no version changes."""

from __future__ import annotations

import copy
import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookassay.config import LATEST_API_VERSION, EndpointSettings, PurchaseSettings
from hookassay.errors import NotApplicable
from hookassay.sender.event import Bundle, Event
from hookassay.sender.purchase import Purchase, PurchaseBook
from hookassay.sender.story import Story
from hookassay.sender.template import template
from hookassay.sender.version import (
    CHANGES,
    SUPPORTED,
    Added,
    Change,
    Moved,
    Removed,
    Renamed,
    expanded,
    nearest,
    shaped,
    shaped_in_part,
    unsent,
)

OLDEST, Y2023, ACACIA, BASIL, LATEST = SUPPORTED
ABSENT = object()
TEMPLATES = {
    name.replace("checkout_session", "checkout.session"): name
    for name in (
        "balance_transaction",
        "charge",
        "checkout_session",
        "dispute",
        "invoice",
        "payment_intent",
        "payment_method",
        "refund",
        "setup_intent",
        "subscription",
    )
}
UNCHANGED = (
    "id",
    "amount",
    "amount_total",
    "currency",
    "payment_intent",
    "charge",
    "status",
    "payment_status",
    "metadata",
)


def purchase_in(version: str) -> Purchase:
    return PurchaseBook(PurchaseSettings(), EndpointSettings(api_version=version), "a1b2c3d4").new()


def day_before(version: str) -> str:
    return (date.fromisoformat(version[:10]) - timedelta(days=1)).isoformat()


def at(fields: Any, path: str) -> Any:
    """What stands at a path of names, ABSENT where it does not exist."""
    for name in path.split("."):
        if not isinstance(fields, dict) or name not in fields:
            return ABSENT
        fields = fields[name]
    return fields


def with_value(path: str, value: Any) -> dict[str, Any]:
    """A table that holds `value` at a path of names."""
    for name in reversed(path.split(".")):
        value = {name: value}
    return dict(value)


def sides(change: Change, fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """An object with these fields as it is since the change, and as it was the day before."""
    thing = {"id": "x_1", "object": change.object, **fields}
    return shaped(thing, change.version), shaped(thing, day_before(change.version))


def changes(kind: type[Change]) -> list[Any]:
    found = [change for change in CHANGES if isinstance(change, kind)]
    return [
        pytest.param(change, id=f"{change.object} {change.version} {number}") for number, change in enumerate(found)
    ]


class TestEveryChange:
    @pytest.mark.parametrize("change", changes(Added))
    def test_an_added_field_is_left_out_before(self, change: Added) -> None:
        """A field is there since its version, and not a day before: not even as null."""
        for path in change.fields:
            since, before = sides(change, with_value(path, "told"))

            assert (at(since, path), at(before, path)) == ("told", ABSENT)

    @pytest.mark.parametrize("change", changes(Removed))
    def test_a_removed_field_is_null_before(self, change: Removed) -> None:
        """A field that was taken away is there a day before, and null."""
        since, before = sides(change, {})

        assert [at(since, name) for name in change.fields] == [ABSENT] * len(change.fields)
        assert [at(before, name) for name in change.fields] == [None] * len(change.fields)

    @pytest.mark.parametrize("change", changes(Moved))
    @pytest.mark.parametrize("value", [None, {"name": "Test Buyer"}])
    def test_a_moved_field_stands_where_it_stood(self, change: Moved, value: Any) -> None:
        """A field that was moved stands at its old place a day before."""
        since, before = sides(change, with_value(change.now, value))

        assert (at(since, change.before), at(before, change.before)) == (ABSENT, value)

    @pytest.mark.parametrize("change", changes(Renamed))
    def test_a_renamed_value_has_its_old_name(self, change: Renamed) -> None:
        """A value that was renamed is called as it was a day before; other values stay."""
        for now, before in {**change.before, "another": "another"}.items():
            sides_of_it = sides(change, with_value(change.field, now))

            assert [at(side, change.field) for side in sides_of_it] == [now, before]

    def test_they_are_undone_newest_first(self) -> None:
        """The table is in the order in which changes are taken back."""
        dates = [change.version[:10] for change in CHANGES]

        assert dates == sorted(dates, reverse=True)

    @pytest.mark.parametrize("change", changes(Change))
    def test_it_is_of_a_version_that_can_be_asked_for(self, change: Change) -> None:
        """Every change came after the oldest supported version, and no later than the latest one."""
        assert OLDEST < change.version <= LATEST_API_VERSION
        assert nearest(change.version) == change.version
        assert re.match(r"node \d+\.\d+\.\d+|docs\.stripe\.com/changelog/", change.source)


KNOWN: list[tuple[str, str, list[Any]]] = [
    ("checkout.session", "ui_mode", [ABSENT, "hosted", "hosted", "hosted", "hosted_page"]),
    ("checkout.session", "shipping_details", [None, None, None, ABSENT, ABSENT]),
    ("checkout.session", "collected_information", [ABSENT, ABSENT, ABSENT, {"shipping_details": None}, ...]),
    ("checkout.session", "adaptive_pricing", [ABSENT, ABSENT, ABSENT, ..., ...]),
    ("checkout.session", "customer_account", [ABSENT, ABSENT, ABSENT, ABSENT, None]),
    ("payment_intent", "invoice", [None, None, None, ABSENT, ABSENT]),
    ("payment_intent", "latest_charge", [..., ..., ..., ..., ...]),
    ("charge", "invoice", [None, None, None, ABSENT, ABSENT]),
    ("charge", "dispute", [None, ABSENT, ABSENT, ABSENT, ABSENT]),
    ("charge", "destination", [None, ABSENT, ABSENT, ABSENT, ABSENT]),
    ("charge", "payment_method_details.card.overcapture", [ABSENT, ..., ..., ..., ...]),
    ("charge", "billing_details.tax_id", [ABSENT, ABSENT, ABSENT, ABSENT, None]),
    ("refund", "destination_details", [ABSENT, ..., ..., ..., ...]),
    ("refund", "customer", [ABSENT, ABSENT, ABSENT, ABSENT, None]),
    ("dispute", "payment_method_details", [ABSENT, ..., ..., ..., ...]),
    ("dispute", "payment_method_details.card.network", [ABSENT, ABSENT, ABSENT, ABSENT, "visa"]),
    ("dispute", "enhanced_eligibility_types", [ABSENT, ABSENT, [], [], []]),
    ("balance_transaction", "balance_type", [ABSENT, ABSENT, ABSENT, ABSENT, "payments"]),
    ("invoice", "subscription", [*["sub_1TEMPLATE0000000000000000"] * 3, ABSENT, ABSENT]),
    ("invoice", "parent", [ABSENT, ABSENT, ABSENT, ..., ...]),
    ("subscription", "current_period_end", [1795392000, 1795392000, 1795392000, ABSENT, ABSENT]),
]


@pytest.mark.parametrize(("object_type", "path", "values"), KNOWN, ids=[f"{one} {path}" for one, path, _ in KNOWN])
def test_what_the_official_types_say(object_type: str, path: str, values: list[Any]) -> None:
    """Our objects have in each supported version what stripe-node's types of that version have; ... is any value."""
    thing = template(TEMPLATES[object_type])

    found = [at(shaped(thing, version), path) for version in SUPPORTED]

    assert [
        value is not ABSENT if expected is ... else value for expected, value in zip(values, found, strict=True)
    ] == [True if expected is ... else expected for expected in values]


@pytest.mark.parametrize("name", TEMPLATES.values())
class TestTemplates:
    def test_the_latest_version_changes_nothing(self, name: str) -> None:
        """In the latest version an object is as the templates have it."""
        assert shaped(template(name), LATEST) == template(name)

    @pytest.mark.parametrize("version", SUPPORTED)
    def test_shaping_is_pure(self, name: str, version: str) -> None:
        """Neither the object that is shaped, nor what it shares with others, is changed."""
        before = copy.deepcopy(template(name))

        shaped(template(name), version)["added"] = True

        assert template(name) == before

    @pytest.mark.parametrize("version", SUPPORTED)
    def test_shaping_twice_is_shaping_once(self, name: str, version: str) -> None:
        """What has the shape of a version stays as it is."""
        once = shaped(template(name), version)

        assert shaped(once, version) == once


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("az_", max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("az_", max_size=5), inner, max_size=2),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    object_type=st.sampled_from(sorted(TEMPLATES)),
    fields=st.dictionaries(st.sampled_from(UNCHANGED), json_values),
    version=st.sampled_from(sorted({*SUPPORTED, *(change.version for change in CHANGES)})),
)
def test_what_integrations_build_on_never_changes(object_type: str, fields: dict[str, Any], version: str) -> None:
    """Ids, amounts, links, statuses and metadata are the same in every version, whatever they hold."""
    thing = {**template(TEMPLATES[object_type]), **fields, "object": object_type}

    found = shaped(thing, version)

    assert {name: found.get(name, ABSENT) for name in UNCHANGED} == {
        name: thing.get(name, ABSENT) for name in UNCHANGED
    }


class TestWithin:
    def test_objects_in_a_list(self) -> None:
        """The refunds that a charge lists have the shape of its version."""
        refund = {**template("refund"), "pending_reason": "processing"}
        charge = {**template("charge"), "refunds": {"object": "list", "data": [refund, refund]}}

        found = shaped(charge, Y2023)["refunds"]["data"]

        assert [("customer" in one, "pending_reason" in one) for one in found] == [(False, False)] * 2

    def test_an_object_in_another(self) -> None:
        """The payment method in a payment intent's error has the shape of its version."""
        intent = {**template("payment_intent"), "last_payment_error": {"payment_method": template("payment_method")}}

        found = shaped(intent, OLDEST)["last_payment_error"]["payment_method"]

        assert at(found, "card.display_brand") is ABSENT
        assert at(found, "card.brand") == "visa"

    def test_a_period_is_on_the_subscription_alone(self) -> None:
        """Before its items had periods of their own, only the subscription had one."""
        item = shaped(template("subscription"), ACACIA)["items"]["data"][0]

        assert "current_period_end" not in item
        assert "current_period_end" in shaped(template("subscription"), BASIL)["items"]["data"][0]

    def test_a_disputed_charge_does_not_deny_it(self) -> None:
        """A disputed charge had a dispute that is not known here: it is left out rather than null."""
        found = shaped({**template("charge"), "disputed": True}, OLDEST)

        assert "dispute" not in found
        assert found["destination"] is None

    def test_a_part_gets_no_field_that_it_lacks(self) -> None:
        """Of previous attributes only what the version knows is left, and nothing is added."""
        reference: dict[str, Any] = {"destination_details": {"card": {"reference": None}}, "status": "pending"}

        assert shaped_in_part(reference, "refund", OLDEST) == {"status": "pending"}
        assert shaped_in_part(reference, "refund", LATEST) == reference
        assert shaped_in_part({"status": "succeeded"}, "charge", OLDEST) == {"status": "succeeded"}


class TestEvents:
    @pytest.mark.parametrize("version", SUPPORTED)
    def test_a_payment_is_reported_alike(self, version: str) -> None:
        """The events of a payment are of the same types in every version, and name the version."""
        told = purchase_in(version).paid()

        assert told.types == ("charge.succeeded", "payment_intent.succeeded", "checkout.session.completed")
        assert {event.envelope["api_version"] for event in told} == {version}

    @pytest.mark.parametrize("version", [OLDEST, Y2023, "2024-09-30.acacia"])
    def test_a_refund_was_reported_by_its_charge(self, version: str) -> None:
        """Before 2024-10-28.acacia a refund of a charge has no refund.* events."""
        refund = purchase_in(version).refund(300)

        assert refund.bundle.types == ("charge.refunded", "charge.refund.updated")
        assert refund.fails().types == ("charge.refund.updated",)

    @pytest.mark.parametrize("version", [ACACIA, BASIL, LATEST])
    def test_a_refund_is_reported_by_events_of_its_own(self, version: str) -> None:
        """Since 2024-10-28.acacia it has them, beside those of the charge."""
        refund = purchase_in(version).refund(300)

        assert refund.bundle.types == ("refund.created", "charge.refunded", "refund.updated", "charge.refund.updated")
        assert refund.fails().types == ("refund.failed", "refund.updated", "charge.refund.updated")

    @pytest.mark.parametrize("version", SUPPORTED)
    def test_a_refund_of_no_charge_always_had_events(self, version: str) -> None:
        """refund.created has always been sent for a refund that belongs to no charge."""
        assert purchase_in(version).unlinked_refund().types == ("refund.created",)

    def test_why_an_event_is_not_sent(self) -> None:
        """The reason names the type and the version since which it is sent."""
        reason = "refund.failed is sent for refunds of charges only since API version 2024-10-28.acacia"

        assert unsent("refund.failed", {"charge": "ch_1"}, Y2023) == reason
        assert unsent("refund.failed", {"charge": None, "payment_intent": None}, Y2023) == ""
        assert unsent("charge.refunded", {"id": "ch_1"}, Y2023) == ""

    def test_a_story_without_such_an_event_does_not_apply(self) -> None:
        """A scenario about an event that the version does not send is not applicable, with the reason."""
        story = Story(purchase_in(Y2023))
        story.tell("a full refund")

        with pytest.raises(NotApplicable, match=r"refund\.created is sent for refunds of charges only since"):
            story.tell("the refund's refund.created")
        assert story.tell("the refund's charge.refunded").types == ("charge.refunded",)

    def test_every_event_of_an_old_version_has_its_shape(self) -> None:
        """Whatever happens to a purchase is told in its version's shape already."""
        purchase = purchase_in(OLDEST)
        dispute = purchase.dispute()
        told = (
            purchase.declined()
            + purchase.paid()
            + purchase.refund(300).bundle
            + dispute.opened()
            + dispute.closed("won")
        )

        assert [event.object for event in told] == [shaped(event.object, OLDEST) for event in told]
        assert [event.envelope["data"].get("previous_attributes") for event in of(told, "charge.refund.updated")] == [
            {}
        ]

    def test_all_begins_with_the_latest(self) -> None:
        """Where all versions are declared, purchases are in the latest one unless another is asked for."""
        purchase = purchase_in("all")

        assert {event.envelope["api_version"] for event in purchase.paid()} == {LATEST}

    def test_another_version_of_the_same_run(self) -> None:
        """Purchases of a second version continue the run under numbers of their own."""
        book = PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4")
        other = book.in_version(OLDEST, 10_000)

        assert [(book.new().n, other.new().n, other.new().api_version, book.new().api_version)] == [
            (1, 10_001, OLDEST, LATEST)
        ]


def of(bundle: Bundle, event_type: str) -> list[Event]:
    return [event for event in bundle if event.type == event_type]


class TestNames:
    def test_all_is_every_supported_version(self) -> None:
        """`all` means the latest version first, then the older ones; any other word is itself."""
        assert expanded("all") == (LATEST, BASIL, ACACIA, Y2023, OLDEST)
        assert expanded("2024-06-20") == ("2024-06-20",)

    def test_a_version_in_between_has_the_shape_of_its_date(self) -> None:
        """A version that is not supported has what was there at its date."""
        session = shaped(template("checkout_session"), "2025-09-30.clover")

        assert (session["ui_mode"], "branding_settings" in session, "customer_account" in session) == (
            "hosted",
            True,
            False,
        )

    @pytest.mark.parametrize(
        ("text", "near"),
        [
            ("2024-06-20", "2024-06-20"),
            ("2026-08-26.dahlia", "2026-08-26.dahlia"),
            ("2024-10-28", "2024-10-28.acacia"),
            ("2024-10-28.basil", "2024-10-28.acacia"),
            ("2026-10-28-endive", "2026-10-28.endive"),
            ("2024-06-20.acacia", "2024-06-20"),
            ("2025-01-01", "2024-12-18.acacia"),
            ("2025-11-17.Clover", "2025-11-17.clover"),
            ("2027-03-31.fir", "2027-03-31.fir"),
            ("ALL", "all"),
            ("2026-13-28", LATEST),
            ("latest", LATEST),
        ],
    )
    def test_the_nearest_version(self, text: str, near: str) -> None:
        """A date has its own train, or none before trains had names; what is no date is nearest to the latest."""
        assert nearest(text) == near
