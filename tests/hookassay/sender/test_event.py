from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.sender.event import STYLES, Bundle, Event, Style
from hookassay.sender.purchase import PurchaseBook

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT, lambda part: st.lists(part) | st.dictionaries(TEXT, part)
)


def event(event_id: str = "evt_1", event_type: str = "charge.refunded", **fields: Any) -> Event:
    reported = {"id": "ch_1", "object": "charge", "amount": 1000, "billing_details": {"name": "café € 😀"}, **fields}
    return Event(
        {"id": event_id, "object": "event", "created": 1792800000, "data": {"object": reported}, "type": event_type}
    )


@given(metadata=JSON)
@settings(max_examples=30, deadline=None)
def test_every_style_means_the_same(metadata: Any) -> None:
    """A body parses to the envelope, however it is written."""
    one = event(metadata=metadata)

    assert [json.loads(one.body(style)) for style in STYLES] == [one.envelope] * len(STYLES)


def test_every_style_has_bytes_of_its_own() -> None:
    """No two styles write an event alike."""
    assert len({event().body(style) for style in STYLES}) == len(STYLES)


@pytest.mark.parametrize(
    ("style", "beginning", "end"),
    [
        ("compact", '{"id":"evt_1","object"', '"charge.refunded"}'),
        ("indented", '{\n  "id": "evt_1",\n', '"charge.refunded"\n}'),
        ("newline", '{\n  "id": "evt_1",\n', '"charge.refunded"\n}\n'),
        ("spaced", '{"id": "evt_1", "object"', '"charge.refunded"}'),
        ("escaped", '{"id":"evt_1","object"', '"charge.refunded"}'),
        ("shuffled", '{"type":"charge.refunded"', '"id":"evt_1"}'),
    ],
)
def test_a_style_decides_the_whitespace_and_the_order(style: Style, beginning: str, end: str) -> None:
    """Each style writes whitespace and order as it says."""
    text = event().body(style).decode()

    assert text.startswith(beginning)
    assert text.endswith(end)


@pytest.mark.parametrize("style", ["compact", "indented", "newline", "shuffled"])
def test_text_outside_ascii_is_sent_raw(style: Style) -> None:
    """Text is UTF-8 as it stands."""
    assert "café € 😀".encode() in event().body(style)


@pytest.mark.parametrize("style", ["escaped", "spaced"])
def test_text_outside_ascii_can_be_sent_escaped(style: Style) -> None:
    r"""The escaped styles are all ASCII: `\uXXXX`, in pairs beyond the basic plane."""
    assert rb"caf\u00e9 \u20ac \ud83d\ude00" in event().body(style)


def test_a_shuffled_body_reverses_nested_objects_too() -> None:
    """The shuffled style reorders every object, not only the envelope."""
    assert b'"object":{"billing_details"' in event().body("shuffled")


def test_an_unknown_style_is_refused() -> None:
    """The message of a wrong style lists the right ones."""
    with pytest.raises(ValueError, match="must be one of compact, indented"):
        event().body("pretty")  # type: ignore[arg-type]


def test_a_body_is_written_once() -> None:
    """Asking again gives the very same bytes."""
    one = event()

    assert one.body("indented") is one.body("indented")


def test_an_event_names_itself_and_its_object() -> None:
    """The id, type, object and time are those of the envelope."""
    one = event()

    assert (one.id, one.type, one.object_id, one.created) == ("evt_1", "charge.refunded", "ch_1", 1792800000)


def test_an_event_cannot_be_changed() -> None:
    """An event is frozen."""
    with pytest.raises(FrozenInstanceError):
        event().envelope = {}  # type: ignore[misc]


def test_a_payload_is_a_copy() -> None:
    """Changing a payload leaves the event alone."""
    one = event()
    one.payload()["data"]["object"]["amount"] = 1

    assert one.object["amount"] == 1000


def test_an_event_again_is_another_event_about_the_same() -> None:
    """A second Event has an id of its own, and the same type and object."""
    one = event()
    twin = one.again()

    assert twin.id != one.id
    assert (twin.type, twin.object) == (one.type, one.object)


def test_every_second_event_has_an_id_of_its_own() -> None:
    """Asking for a second Event many times never gives one id twice."""
    one = event()

    assert len({one.again().id for _ in range(100)}) == 100


def test_the_envelope_can_vary() -> None:
    """Fields of the envelope are replaced or added; the id and the object stay."""
    varied = event().with_(pending_webhooks=3, account="acct_1")

    assert json.loads(varied.body()) == {**event().envelope, "pending_webhooks": 3, "account": "acct_1"}


def test_the_object_can_vary() -> None:
    """Fields of the object are replaced or added, and what else `data` holds stays."""
    updated = event().with_(data={**event().envelope["data"], "previous_attributes": {"amount": 2}})

    varied = updated.with_object(charge=None, amount=5)

    assert varied.object == {**event().object, "charge": None, "amount": 5}
    assert varied.envelope["data"]["previous_attributes"] == {"amount": 2}


def test_a_variation_leaves_the_original_alone() -> None:
    """Varying an event gives a new one."""
    one = event()
    one.with_object(amount=5).with_(created=0)

    assert (one.object["amount"], one.created) == (1000, 1792800000)


def test_an_event_shows_itself_in_brief() -> None:
    """The repr of an event is its id, type and object, without customer data."""
    assert repr(event()) == "Event('evt_1', 'charge.refunded', 'ch_1')"


def bundle() -> Bundle:
    return Bundle("refund", (event("evt_1", "refund.created"), event("evt_2"), event("evt_3", "refund.updated")))


def test_bundles_join_in_order() -> None:
    """Adding two bundles sends the one after the other."""
    joined = bundle() + Bundle("paid", (event("evt_4"),))

    assert joined.name == "refund, paid"
    assert [one.id for one in joined] == ["evt_1", "evt_2", "evt_3", "evt_4"]


def test_a_bundle_can_be_reversed() -> None:
    """A reversed bundle has the same events, last first."""
    assert [one.id for one in bundle().reversed()] == ["evt_3", "evt_2", "evt_1"]


def test_a_bundle_is_narrowed_to_a_subscription() -> None:
    """Only subscribed types remain, in order."""
    assert bundle().only(["refund.updated", "refund.created"]).types == ("refund.created", "refund.updated")


def test_a_subscription_to_everything_leaves_all() -> None:
    """No subscription means all types."""
    assert len(bundle().only(None)) == 3


def test_an_event_is_found_by_its_type() -> None:
    """A bundle gives its event of a type."""
    assert bundle().of("charge.refunded").id == "evt_2"


def test_a_type_that_a_bundle_lacks_is_an_error() -> None:
    """The message says what the bundle has instead."""
    with pytest.raises(LookupError, match=r"no charge\.failed; it has refund\.created, charge\.refunded"):
        bundle().of("charge.failed")


def test_every_event_of_a_bundle_can_vary() -> None:
    """Mapping a bundle changes each event."""
    assert {one.created for one in bundle().map(lambda one: one.with_(created=7))} == {7}


def test_a_thin_twin_names_the_object_and_holds_nothing_of_it() -> None:
    """The thin twin says which object the event is about and where to fetch it, and points back when complete."""
    purchase = PurchaseBook(PurchaseSettings(), EndpointSettings(account="acct_1"), "a1b2c3d4").new()
    event = purchase.paid().of("checkout.session.completed")
    thin = event.thin()

    assert (thin.type, thin.created, thin.object_id) == (f"v1.{event.type}", event.created, event.object_id)
    assert thin.object["url"] == f"/v1/checkout/sessions/{purchase.session_id}"
    assert "data" not in thin.payload()
    assert (thin.complete()["snapshot_event"], thin.complete()["context"]) == (event.id, "acct_1")
    assert thin.again().id != thin.id
