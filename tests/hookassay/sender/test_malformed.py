"""Signed bodies that are no snapshot event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.sender.event import Event
from hookassay.sender.malformed import MALFORMED, ODD
from hookassay.sender.purchase import PurchaseBook


@pytest.fixture
def event() -> Event:
    return PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new().paid().events[-1]


def is_event(body: bytes) -> bool:
    """Whether a body is JSON that has what an event must have."""
    try:
        value: Any = json.loads(body)
        return bool(value["id"] and value["type"]) and isinstance(value["data"]["object"], dict)
    except (ValueError, TypeError, KeyError):
        return False


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed(event: Event, kind: str) -> None:
    """Each lacks what an event must have, and none is the other."""
    bodies = {name: make(event) for name, make in MALFORMED.items()}

    assert not is_event(bodies[kind])
    assert list(bodies.values()).count(bodies[kind]) == 1


@pytest.mark.parametrize(("kind", "missing"), [("an event without a type", "type"), ("an event without data", "data")])
def test_all_else_is_there(event: Event, kind: str, missing: str) -> None:
    """What lacks one field has all others, so that it is this field that is seen to be missing."""
    assert json.loads(MALFORMED[kind](event)) == {k: v for k, v in event.payload().items() if k != missing}


@pytest.mark.parametrize(
    ("kind", "data"), [("an event whose data is null", None), ("an event whose object is null", {"object": None})]
)
def test_null(event: Event, kind: str, data: object) -> None:
    """What is null is there, and all else as it was."""
    assert json.loads(MALFORMED[kind](event)) == {**event.payload(), "data": data}


@pytest.mark.parametrize(
    ("kind", "bytes_in_it"),
    [
        ("an event behind a byte order mark", b"\xef\xbb\xbf{"),
        ("an event with bytes that are not UTF-8", b'"description":"\xff\xfe"'),
        ("an event with a lone surrogate", b'"description":"\\ud800"'),
        ("an event with a NaN", b'"description":NaN'),
    ],
)
def test_odd(event: Event, kind: str, bytes_in_it: bytes) -> None:
    """An event in an odd encoding is the event, but for what is odd."""
    body = ODD[kind](event)

    assert bytes_in_it in body
    assert event.id.encode() in body
    assert body != event.body()


def test_leaves_the_event_alone(event: Event) -> None:
    """The event that a body is made from is as it was."""
    before = event.payload()
    for make in (*MALFORMED.values(), *ODD.values()):
        make(event)

    assert event.payload() == before
