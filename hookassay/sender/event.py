"""Stripe's Event objects as they go over the wire, and the bundles that report one fact."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args

Style = Literal["compact", "indented", "spaced", "escaped", "shuffled", "newline"]
"""How an event is written as JSON. All styles mean the same; the signature is over the bytes.

    compact     no whitespace, raw UTF-8
    indented    two spaces a level, raw UTF-8, as Stripe sends it
    newline     indented, with a final newline
    spaced      one line with `, ` and `: `, and escaped, exactly as Python's `json.dumps` writes it
    escaped     compact, every character outside ASCII as `\\uXXXX`
    shuffled    compact, the keys of every object in reverse order
"""

STYLES: Final[tuple[Style, ...]] = get_args(Style)

TYPES: Final = (
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.failed",
    "charge.pending",
    "charge.refund.updated",
    "charge.refunded",
    "charge.succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
    "setup_intent.succeeded",
)
"""The types of event that report what may happen to a purchase, among all those of Stripe's that there are."""


def api_url(kind: str, object_id: str) -> str:
    """Where Stripe's API has the object of this type: `/v1/charges/ch_…`, `/v1/checkout/sessions/cs_…`."""
    return f"/v1/{kind.replace('.', '/')}s/{object_id}"


@dataclass(frozen=True, eq=False, slots=True)
class Event:
    """One Event object (docs.stripe.com/api/events/object).

    Its contents never change, as Stripe's never do: whatever varies is another Event.

    Attributes:
        envelope: The whole object. Its parts are shared with other events: read it, never write to it.
    """

    envelope: Mapping[str, Any]
    _bodies: dict[str, bytes] = field(default_factory=dict, init=False)

    def __repr__(self) -> str:
        return f"Event({self.id!r}, {self.type!r}, {self.object_id!r})"

    @property
    def id(self) -> str:
        """The event's id, `evt_…`."""
        return str(self.envelope["id"])

    @property
    def type(self) -> str:
        """What happened, such as `checkout.session.completed`."""
        return str(self.envelope["type"])

    @property
    def object(self) -> Mapping[str, Any]:
        """The Stripe object that the event reports, `data.object`; read-only like the envelope."""
        found: Mapping[str, Any] = self.envelope["data"]["object"]
        return found

    @property
    def object_id(self) -> str:
        """The id of the object that the event reports."""
        return str(self.object["id"])

    @property
    def created(self) -> int:
        """When the event happened, in Unix seconds."""
        return int(self.envelope["created"])

    def body(self, style: Style = "compact") -> bytes:
        """The event as JSON bytes, written in `style` and made once.

        Raises:
            ValueError: there is no such style.
        """
        found = self._bodies.get(style)
        if found is None:
            found = self._bodies[style] = _written(self.envelope, style)
        return found

    def payload(self) -> dict[str, Any]:
        """The envelope as a copy of one's own, to change at will."""
        copy: dict[str, Any] = json.loads(self.body("compact"))
        return copy

    def again(self) -> Event:
        """A second Event about the same thing: another id, the same type and object.

        Source: docs.stripe.com/webhooks, "Handle duplicate events": "In some cases, two separate Event objects are
        generated and sent."
        """
        return self.with_(id=f"{self.id}{secrets.token_hex(4)}")

    def with_(self, **fields: Any) -> Event:
        """The same event with `fields` of the envelope replaced or added: `pending_webhooks`, `created` …"""
        return Event({**self.envelope, **fields})

    def with_object(self, **fields: Any) -> Event:
        """The same event with `fields` of `data.object` replaced or added."""
        return self.with_(data={**self.envelope["data"], "object": {**self.object, **fields}})

    def thin(self) -> ThinEvent:
        """Its thin twin: an event of type `v1.…` that says which object this is about, and nothing of it.

        Source: docs.stripe.com/event-destinations, "Thin events", and the notification classes of the official SDKs
        (`V1CheckoutSessionCompletedEventNotification`).
        """
        kind = str(self.object["object"])
        envelope = {
            "id": thin_id(self.id, livemode=bool(self.envelope["livemode"])),
            "object": "v2.core.event",
            "created": datetime.fromtimestamp(self.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "livemode": self.envelope["livemode"],
            "related_object": {"id": self.object_id, "type": kind, "url": api_url(kind, self.object_id)},
            "type": f"v1.{self.type}",
        }
        if self.envelope.get("account") is not None:
            envelope["context"] = self.envelope["account"]
        return ThinEvent(envelope)


class ThinEvent(Event):
    """A thin event: an Event of API v2 that names the object it is about and does not hold it.

    Its body is what goes over the wire, an event notification; `complete` is what the API answers for its id.
    Source: docs.stripe.com/event-destinations, "Thin events"; docs.stripe.com/api/v2/core/events/object.
    """

    __slots__ = ()

    @property
    def object(self) -> Mapping[str, Any]:
        """What the event is about: `id`, `type` and `url` of the object."""
        found: Mapping[str, Any] = self.envelope["related_object"]
        return found

    @property
    def created(self) -> int:
        """When the event happened, in Unix seconds."""
        return int(datetime.fromisoformat(self.envelope["created"]).timestamp())

    def again(self) -> Event:
        """A second thin event about the same thing, with another id."""
        return ThinEvent({**self.envelope, "id": f"{self.id}{secrets.token_hex(4)}"})

    def complete(self) -> dict[str, Any]:
        """The event as `/v2/core/events/{id}` gives it, with the id of its snapshot twin."""
        return {
            "context": None,
            **self.envelope,
            "changes": None,
            "reason": None,
            "snapshot_event": snapshot_id(self.id),
        }


def thin_id(event_id: str, *, livemode: bool) -> str:
    """The id of the thin twin of the snapshot event `event_id`."""
    return f"evt_{'' if livemode else 'test_'}65{event_id.removeprefix('evt_')}"


def snapshot_id(event_id: str) -> str | None:
    """The id of the snapshot event whose thin twin is `event_id`; None where it is no thin event's id."""
    for prefix in ("evt_test_65", "evt_65"):
        if event_id.startswith(prefix):
            return f"evt_{event_id.removeprefix(prefix)}"
    return None


@dataclass(frozen=True)
class Bundle:
    """Every event that Stripe sends for one fact, in the order Stripe generates them.

    Attributes:
        name: The fact, for people to read: `paid`, `refund of 300`.
        events: Its events.
    """

    name: str
    events: tuple[Event, ...]

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def __add__(self, other: Bundle) -> Bundle:
        return Bundle(f"{self.name}, {other.name}", self.events + other.events)

    @property
    def types(self) -> tuple[str, ...]:
        """The events' types, in order."""
        return tuple(event.type for event in self.events)

    def of(self, event_type: str) -> Event:
        """The first event of `event_type`.

        Raises:
            LookupError: the bundle has none.
        """
        for event in self.events:
            if event.type == event_type:
                return event
        raise LookupError(f"{self.name!r} has no {event_type}; it has {', '.join(self.types) or 'no event'}")

    def only(self, types: Iterable[str] | None) -> Bundle:
        """The events whose type is in `types`, such as an endpoint's subscription; None leaves all."""
        if types is None:
            return self
        wanted = frozenset(types)
        return Bundle(self.name, tuple(event for event in self.events if event.type in wanted))

    def reversed(self) -> Bundle:
        """The same events, last first."""
        return Bundle(f"{self.name} (reversed)", self.events[::-1])

    def map(self, change: Callable[[Event], Event]) -> Bundle:
        """The bundle with every event changed: `bundle.map(lambda event: event.with_(pending_webhooks=3))`."""
        return Bundle(self.name, tuple(change(event) for event in self.events))


def _written(value: Any, style: Style) -> bytes:
    match style:
        case "compact":
            text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        case "indented":
            text = json.dumps(value, indent=2, ensure_ascii=False)
        case "newline":
            text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
        case "spaced":
            text = json.dumps(value)
        case "escaped":
            text = json.dumps(value, separators=(",", ":"))
        case "shuffled":
            text = json.dumps(_backwards(value), separators=(",", ":"), ensure_ascii=False)
        case _:
            raise ValueError(f"A body's style must be one of {', '.join(STYLES)}; got {style!r}")
    return text.encode()


def _backwards(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _backwards(value[key]) for key in reversed(value)}
    return [_backwards(item) for item in value] if isinstance(value, list) else value
