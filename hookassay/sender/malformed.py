"""Signed bodies that are no snapshot event, each made from an honest one; Stripe sends none of them.

The official libraries disagree about most of them: what an endpoint answers is its own affair, as long as nothing
happens and it goes on working.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .event import Event

BOM = b"\xef\xbb\xbf"


def _without(field: str) -> Callable[[Event], bytes]:
    return lambda event: Event({key: value for key, value in event.envelope.items() if key != field}).body()


def _described(event: Event, spelling: bytes) -> bytes:
    """The event's body with a description that is spelt so."""
    return event.with_object(description="HERE").body().replace(b'"HERE"', spelling, 1)


MALFORMED: Mapping[str, Callable[[Event], bytes]] = {
    "not JSON": lambda _: b"{oops",
    "empty": lambda _: b"",
    "an empty list": lambda _: b"[]",
    "null": lambda _: b"null",
    "a number": lambda _: b"123",
    "a text": lambda _: b'"x"',
    "an empty object": lambda _: b"{}",
    "an event without a type": _without("type"),
    "an event without data": _without("data"),
    "an event whose data is null": lambda event: event.with_(data=None).body(),
    "an event whose object is null": lambda event: event.with_(data={"object": None}).body(),
}
"""What a feature calls a body that lacks what an event must have → the body."""

ODD: Mapping[str, Callable[[Event], bytes]] = {
    "an event behind a byte order mark": lambda event: BOM + event.body(),
    "an event with bytes that are not UTF-8": lambda event: _described(event, b'"\xff\xfe"'),
    "an event with a lone surrogate": lambda event: _described(event, b'"\\ud800"'),
    "an event with a NaN": lambda event: _described(event, b"NaN"),
}
"""What a feature calls an event's body that some libraries read and others refuse → the body."""
