"""Reading a verified body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hookassay.server.event import (
    LARGEST_AMOUNT,
    MalformedEventError,
    amount,
    currency,
    free_text,
    identifier,
    parse,
    reference,
)
from reference_shop import JUNK, Purchase, event


@pytest.mark.parametrize("body", JUNK.values(), ids=JUNK.keys())
def test_junk(body: str) -> None:
    """Whatever is not a snapshot event is refused as that, and nothing of it is repeated."""
    with pytest.raises(MalformedEventError) as refusal:
        parse(body)

    assert "evt_" not in str(refusal.value)


def test_event() -> None:
    """An event's id, type, object, mode and account are read."""
    subject = Purchase().session()

    read = parse(json.dumps(event("a.b", subject, id="evt_1", livemode=True, account="acct_1")))

    assert ("evt_1", "a.b", subject, True, "acct_1") == (read.id, read.type, read.object, read.livemode, read.account)


def test_unknown_members() -> None:
    """Members that Stripe may add are no reason to refuse an event, nor are those it may leave out."""
    read = parse('{"new": {"a": [1]}, "data": {"object": {}, "more": 1}, "type": "a.b", "id": "evt_1"}')

    assert (read.livemode, read.account) == (None, None)


@pytest.mark.parametrize(("spelt", "value"), [("1000", 1000), ("1000.0", 1000), ("1e3", 1000), ("null", None)])
def test_amount(spelt: str, value: int | None) -> None:
    """A whole number is read however JSON spells it."""
    assert value == amount(json.loads(f'{{"amount": {spelt}}}'), "amount")


@pytest.mark.parametrize("value", [-1, 10.5, "1000", True, [1000], 1e400, LARGEST_AMOUNT + 1])
def test_no_amount(value: Any) -> None:
    """What is no amount in minor units is refused."""
    with pytest.raises(MalformedEventError):
        amount({"amount": value}, "amount")


@pytest.mark.parametrize("value", ["us", "usdx", "12a", "üsd", 840, ["usd"]])
def test_no_currency(value: Any) -> None:
    """What is no currency code is refused."""
    with pytest.raises(MalformedEventError):
        currency({"currency": value})


def test_reference() -> None:
    """A link is an id, an expanded object, or null."""
    links = {"a": "pi_1", "b": {"id": "pi_2", "object": "payment_intent"}, "c": None}

    assert [reference(links, name) for name in "abcd"] == ["pi_1", "pi_2", None, None]


@pytest.mark.parametrize("value", ["", "cs\n1", 7, ["cs_1"], "c" * 256])
def test_no_identifier(value: Any) -> None:
    """What is no id is refused, never repaired."""
    with pytest.raises(MalformedEventError):
        identifier({"id": value}, "id")


def test_free_text() -> None:
    """Text is kept as it is, but for the characters that no database can hold."""
    assert free_text("O'Hara; -- {{é 😀") == "O'Hara; -- {{é 😀"
    assert free_text("4\x002\ud800") == "4\ufffd2\ufffd"
    assert free_text(42) is None
