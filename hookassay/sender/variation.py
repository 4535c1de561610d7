"""Variations of an event that Stripe may send at any time without notice.

Source: docs.stripe.com/upgrades, "Backward-compatible changes": new properties, another order of properties, ids of
another length; docs.stripe.com/api/events/object for what the envelope may hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .event import Event, Style

_UNKNOWN: Mapping[str, Any] = {
    "a_property_to_come": "soon",
    "another_to_come": {"nested": [1, 2.5, True, None, {"deeper": "still"}]},
}
_UNKNOWN_NULL: Mapping[str, Any] = {"a_property_to_come": None}


def enlarged(event: Event, size: int, style: Style) -> Event:
    """The same event with line items enough to make its body exactly `size` bytes, written in `style`."""
    items: dict[str, Any] = {"object": "list", "data": [], "has_more": False, "url": "/v1/line_items"}
    item = {"id": "li_1", "object": "item", "amount_total": 100, "currency": "usd", "description": "", "quantity": 1}
    empty = len(event.with_object(line_items=items).body(style))
    one = len(json.dumps(item, indent=12)) + 100  # more than an item takes in any style
    items = {**items, "data": [item] * max(1, (size - empty) // one)}
    short = size - len(event.with_object(line_items=items).body(style))
    first = {**item, "description": "x" * short}
    return event.with_object(line_items={**items, "data": [first, *items["data"][1:]]})


def _everywhere(value: Any, added: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {**{key: _everywhere(inner, added) for key, inner in value.items()}, **added}
    return [_everywhere(item, added) for item in value] if isinstance(value, list) else value


def _reversed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


def _with(added: Mapping[str, Any]) -> Callable[[Event], Event]:
    """Adds properties to every object of an event but the merchant's own metadata."""

    def add(event: Event) -> Event:
        metadata = event.object.get("metadata")
        changed = Event(_everywhere(event.envelope, added))
        return changed.with_object(metadata=metadata) if "metadata" in event.object else changed

    return add


VARIATIONS: Mapping[str, Callable[[Event], Event]] = {
    "unknown properties everywhere": _with(_UNKNOWN),
    "unknown properties that are null": _with(_UNKNOWN_NULL),
    "properties in the reverse order": lambda event: Event(_reversed(event.envelope)),
    "no request": lambda event: event.with_(request=None),
    "a request without an id": lambda event: event.with_(request={"id": None, "idempotency_key": None}),
    "a request made with an API key": lambda event: event.with_(
        request={"id": "req_0123456789abcd", "idempotency_key": "3c1f8b0e-7d5a-4c55-9a51-b6a1a1c4e0f2"}
    ),
    "no pending webhooks": lambda event: event.with_(pending_webhooks=0),
    "many pending webhooks": lambda event: event.with_(pending_webhooks=99),
}
"""What a feature calls a variation → the event so varied; its meaning is the same."""
