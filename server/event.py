"""Stripe's Event object, read from bytes whose signature has been verified.

What is read here is well-formed or refused: no later room meets a missing id, a number that is none, or text that a
database cannot hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

LONGEST_ID = 255  # characters: https://docs.stripe.com/upgrades, "backward-compatible changes"
LARGEST_AMOUNT = 2**53 - 1  # exact in every JSON reader, far beyond Stripe's twelve digits, and sums of it fit 64 bits


class MalformedEventError(ValueError):
    """The body is not a snapshot event. The message says why and repeats nothing of the body."""


@dataclass(frozen=True, slots=True)
class Event:
    """A snapshot event (https://docs.stripe.com/api/events/object), as far as this server reads it."""

    id: str
    type: str
    object: Mapping[str, Any]
    """`data.object`: the Stripe object that the event is about."""
    livemode: bool | None
    account: str | None
    """The connected account that the event originates from; None for the account's own events."""


def parse(payload: str) -> Event:
    """The event that `payload` (the request body as text) holds.

    Raises MalformedEventError for anything else: text that is not JSON, JSON that is not an object, thin events
    (`"object": "v2.core.event"`, which carry no data), and events without an id, a type or an object.
    """
    try:
        envelope = _DECODER.decode(payload)
    except RecursionError:
        raise MalformedEventError("the body is nested too deeply") from None
    except ValueError:  # JSONDecodeError, a NaN, or an integer of thousands of digits
        raise MalformedEventError("the body is not JSON") from None
    if not isinstance(envelope, dict) or envelope.get("object", "event") != "event":
        raise MalformedEventError("the body is not an event object")
    data = envelope.get("data")
    subject = data.get("object") if isinstance(data, dict) else None
    if not isinstance(subject, dict):
        raise MalformedEventError("the event has no data.object")
    livemode = envelope.get("livemode")
    return Event(
        id=identifier(envelope, "id"),
        type=identifier(envelope, "type"),
        object=subject,
        livemode=livemode if isinstance(livemode, bool) else None,
        account=reference(envelope, "account"),
    )


def identifier(source: Mapping[str, Any], name: str) -> str:
    """The id under `name`: opaque, case-sensitive, 1 to 255 printable characters.

    Raises MalformedEventError otherwise. Ids are never repaired: two ids that a repair made equal would share an order.
    """
    value = source.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or not value.isprintable():
        raise MalformedEventError(f"{name} is not an id")
    return value


def reference(source: Mapping[str, Any], name: str) -> str | None:
    """The id of the object that `name` refers to, whether it is an id or an expanded object; None where it is null.

    Raises MalformedEventError for anything else (https://docs.stripe.com/expand).
    """
    value = source.get(name)
    if value is None:
        return None
    return identifier(value, "id") if isinstance(value, dict) else identifier(source, name)


def amount(source: Mapping[str, Any], name: str) -> int | None:
    """The amount under `name` in minor units, None where it is null.

    Whole numbers may be spelled `1000`, `1000.0` or `1e3`: all are the same JSON number. Raises MalformedEventError for
    anything that is not a whole number from 0 to 2**53 - 1.
    """
    value = source.get(name)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_AMOUNT:
        raise MalformedEventError(f"{name} is not an amount in minor units")
    return value


def currency(source: Mapping[str, Any]) -> str | None:
    """The three-letter currency code in lower case, None where it is null. Raises MalformedEventError otherwise."""
    value = source.get("currency")
    if value is None:
        return None
    if not isinstance(value, str) or len(value) != 3 or not value.isascii() or not value.isalpha():
        raise MalformedEventError("currency is not a three-letter code")
    return value.lower()


def word(source: Mapping[str, Any], name: str) -> str | None:
    """The enumeration value under `name`, known or not; None for null and for what is no text."""
    value = source.get(name)
    return value if isinstance(value, str) else None


def free_text(value: object) -> str | None:
    """`value` as text that every database can hold; None where it is no text.

    PostgreSQL cannot store NUL, and neither database can store half of a surrogate pair; both arrive as JSON escapes
    and become U+FFFD, so that the event is kept and its text can never equal a text without them.
    """
    if not isinstance(value, str):
        return None
    return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are not JSON (RFC 8259, section 6)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
