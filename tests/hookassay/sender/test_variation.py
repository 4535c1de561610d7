"""Variations of an event that Stripe may send at any time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.sender.event import STYLES, Event, Style
from hookassay.sender.purchase import PurchaseBook
from hookassay.sender.variation import VARIATIONS, enlarged

SIZE = 262_144


@pytest.fixture
def event() -> Event:
    settings = PurchaseSettings(metadata={"user_id": "42"})
    return PurchaseBook(settings, EndpointSettings(), "a1b2c3d4").new().paid().of("checkout.session.completed")


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value, itself included."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [SIZE, SIZE + 1, 100_000])
def test_enlarged(event: Event, style: Style, size: int) -> None:
    """The body is exactly as large as is asked for, whatever it is written like."""
    large = enlarged(event, size, style)
    body = large.body(style)

    assert len(body) == size
    assert len(json.loads(body)["data"]["object"]["line_items"]["data"]) > 100


def test_enlarged_means_the_same(event: Event) -> None:
    """Nothing but the line items differs."""
    large = enlarged(event, SIZE, "compact").payload()
    del large["data"]["object"]["line_items"]

    assert large == {
        **event.payload(),
        "data": {"object": {k: v for k, v in event.object.items() if k != "line_items"}},
    }


@pytest.mark.parametrize("variation", VARIATIONS)
def test_nothing_is_taken_away(event: Event, variation: str) -> None:
    """What is varied is still the same event of the same type, about the same object."""
    event = event.with_(request={"id": "req_1", "idempotency_key": None})
    varied = VARIATIONS[variation](event)

    assert (varied.id, varied.type, varied.object_id) == (event.id, event.type, event.object_id)
    assert varied.envelope.keys() >= event.envelope.keys()
    assert varied.object.items() >= {(k, v) for k, v in event.object.items() if isinstance(v, (str, int))}
    assert varied.body() != event.body()


@pytest.mark.parametrize("variation", ["unknown properties everywhere", "unknown properties that are null"])
def test_unknown_properties(event: Event, variation: str) -> None:
    """Every object has a property that nobody knows, the merchant's own metadata excepted."""
    varied = VARIATIONS[variation](event).payload()
    lacking = [one for one in objects(varied) if not any(key.endswith("_to_come") for key in one)]
    metadata = varied["data"]["object"]["metadata"]

    assert metadata == {"user_id": "42"}
    assert [one for one in lacking if one is not metadata and "deeper" not in one and "nested" not in one] == []


def test_reverse_order(event: Event) -> None:
    """The properties of every object come in the reverse order, lists as they were."""
    varied = VARIATIONS["properties in the reverse order"](event)

    assert varied.payload() == event.payload()
    assert list(varied.envelope) == list(event.envelope)[::-1]
    assert varied.body() == event.body("shuffled")


@pytest.mark.parametrize(
    ("variation", "field", "value"),
    [
        ("no request", "request", None),
        ("a request without an id", "request", {"id": None, "idempotency_key": None}),
        ("no pending webhooks", "pending_webhooks", 0),
        ("many pending webhooks", "pending_webhooks", 99),
    ],
)
def test_envelope(event: Event, variation: str, field: str, value: object) -> None:
    """One field of the envelope differs, and nothing else."""
    varied = VARIATIONS[variation](event.with_(request={"id": "req_1"})).payload()

    assert varied == {**event.payload(), field: value, **({} if field == "request" else {"request": {"id": "req_1"}})}


def test_request_with_an_id(event: Event) -> None:
    """A request that was made with an API key has an id and an idempotency key."""
    request = VARIATIONS["a request made with an API key"](event).envelope["request"]

    assert request["id"].startswith("req_")
    assert request["idempotency_key"]
