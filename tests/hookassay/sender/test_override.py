"""Fields of an event that are replaced."""

from __future__ import annotations

from typing import Any

import pytest

from hookassay.errors import UsageError
from hookassay.sender.event import Event
from hookassay.sender.override import overridden

EVENT = Event(
    {
        "id": "evt_1",
        "type": "charge.refunded",
        "data": {"object": {"amount": 1000, "metadata": None, "refunds": {"data": [{"amount": 300}]}}},
    }
)


def told(*assignments: str) -> dict[str, Any]:
    return overridden(EVENT, assignments).payload()


def refusal(*assignments: str) -> str:
    with pytest.raises(UsageError) as caught:
        told(*assignments)
    return str(caught.value)


def test_numbers_are_numbers() -> None:
    """What reads as JSON is JSON."""
    assert told("data.object.amount=300")["data"]["object"]["amount"] == 300


def test_words_are_texts() -> None:
    """What does not is a text, an equals sign in it included."""
    assert told("id=evt_a=b")["id"] == "evt_a=b"


def test_places_in_lists() -> None:
    """A number leads to a place in a list."""
    assert told("data.object.refunds.data.0.amount=5")["data"]["object"]["refunds"]["data"] == [{"amount": 5}]


def test_metadata_takes_what_is_new() -> None:
    """The shop's own keys may be added, where there is no metadata too."""
    assert told("data.object.metadata.user_id=42", "data.object.metadata.b=x")["data"]["object"]["metadata"] == {
        "user_id": 42,
        "b": "x",
    }


def test_the_event_itself_is_left() -> None:
    """What is changed is another event."""
    told("data.object.amount=300")

    assert EVENT.object["amount"] == 1000


def test_a_wrong_key_is_told_the_nearest() -> None:
    """A misspelt path names the key that was meant."""
    message = refusal("data.objct.amount=1")

    assert "data has no key 'objct'. Did you mean object?" in message


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("amount", "must be PATH=VALUE"),
        ("=1", "must be PATH=VALUE"),
        ("typ=x", "the event has no key 'typ'. Did you mean type?"),
        ("data.object.refunds.data.1.amount=5", "is a list of 1"),
        ("data.object.refunds.data.first=5", "must be a number below that"),
        ("data.object.amount.value=5", "data.object.amount is 1000, which holds nothing"),
    ],
)
def test_wrong_paths(assignment: str, words: str) -> None:
    """Each way to go wrong is told what the path must be."""
    assert words in refusal(assignment)
