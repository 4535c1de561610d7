"""Every event of a purchase by its type alone: what must have happened for Stripe to send it, told and looked up."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ..config import EndpointSettings, PurchaseSettings
from ..errors import NotApplicable, UsageError
from ..nearest import hint
from .event import TYPES, Event
from .purchase import Purchase, PurchaseBook
from .signature import FORGERIES
from .story import Story
from .version import SUPPORTED

DAY = 86_400

_PAID = ("the payment",)
_DELAYED = ("the delayed payment's checkout",)
_DECLINED = ("a declined attempt",)
_REFUNDED = ("the payment", "a full refund")
_DISPUTED = ("the payment", "a dispute")

COURSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "checkout.session.completed": _PAID,
        "payment_intent.succeeded": _PAID,
        "charge.succeeded": _PAID,
        "charge.pending": _DELAYED,
        "payment_intent.processing": _DELAYED,
        "checkout.session.async_payment_succeeded": (*_DELAYED, "the delayed payment's success"),
        "checkout.session.async_payment_failed": (*_DELAYED, "the delayed payment's failure"),
        "checkout.session.expired": ("the expiry",),
        "charge.failed": _DECLINED,
        "payment_intent.payment_failed": _DECLINED,
        "refund.created": _REFUNDED,
        "charge.refunded": _REFUNDED,
        "refund.updated": _REFUNDED,
        "charge.refund.updated": _REFUNDED,
        "refund.failed": (*_REFUNDED, "the refund's failure"),
        "charge.dispute.created": _DISPUTED,
        "charge.dispute.funds_withdrawn": _DISPUTED,
        "charge.dispute.updated": (*_DISPUTED, "the dispute's update to under_review"),
        "charge.dispute.closed": (*_DISPUTED, "the dispute's closing as lost"),
        "charge.dispute.funds_reinstated": (*_DISPUTED, "the dispute's closing as won"),
        "setup_intent.succeeded": ("the set-up",),
    }
)
"""Event type → the facts that lead to it, as they happen: the last of them is the one that it reports."""

# What the story of a purchase numbers itself stays below.
_FIRST_OWN = 50


def known(event_type: str) -> str:
    """The type itself, where it is one that a purchase can have.

    Raises:
        UsageError: it is none; the nearest is named, and all are listed.
    """
    if event_type in COURSES:
        return event_type
    types = "".join(f"\n  {name}" for name in TYPES)
    wrong = f"No event of a purchase has the type {event_type!r}." if event_type else "No event type was given."
    raise UsageError(f"{wrong}{hint(event_type, TYPES)} It must be one of:{types}")


def purchase(settings: PurchaseSettings, endpoint: EndpointSettings, name: str | None, event_type: str) -> Purchase:
    """The purchase that an event of this type is to be about.

    Args:
        settings: What the shop needs to recognise a purchase.
        endpoint: The API version, the mode and the account of its events.
        name: The same name gives the same ids, in whichever call; None gives a purchase that nothing knows yet.
        event_type: Decides the mode of the Checkout Session: `setup` for `setup_intent.succeeded`.

    Raises:
        UsageError: the shop declares that it does not sell what the event is about.
    """
    run = hashlib.sha256((name or str(uuid.uuid4())).encode()).hexdigest()[:8]
    book = PurchaseBook(settings, endpoint, run)
    # The same day gives the same bytes, as Stripe's second attempt has those of its first.
    created = int(time.time()) // DAY * DAY if name else None
    own = uuid.uuid5(uuid.NAMESPACE_URL, f"hookassay:{name}") if name else uuid.uuid4()
    mode = "setup" if event_type == "setup_intent.succeeded" else "payment"
    try:
        return book.new(mode=mode, created=created, own=str(own))
    except NotApplicable as reason:
        raise UsageError(f"{event_type} cannot be sent: {reason}.") from None


def event(event_type: str, about: Purchase) -> Event:
    """The event of this type that Stripe sends about a purchase; its id depends on the purchase and the type only.

    Raises:
        UsageError: there is no such event, or the purchase's API version does not send it.
    """
    story = Story(about)
    told = [one for fact in COURSES[known(event_type)] for one in story.tell(fact)]
    found = next((one for one in reversed(told) if one.type == event_type), None)
    if found is None:
        raise UsageError(
            f"Stripe sends no {event_type} in API version {about.api_version}. Give another one with --api-version "
            f"({', '.join(SUPPORTED)}), or send another type."
        )
    return found.with_(id=f"{found.id[:-2]}{_FIRST_OWN + TYPES.index(event_type)}")


def forgery(words: str) -> str:
    """The name of the forgery that `words` mean, in any case, with dashes or underscores for spaces.

    Raises:
        UsageError: no forgery is called so; the nearest one is named.
    """
    plain = {_plain(name): name for name in FORGERIES}
    found = plain.get(_plain(words))
    if found is None:
        raise UsageError(
            f"No forgery is called {words!r}.{hint(_plain(words), FORGERIES)} "
            "`hookassay send --list-forgeries` shows all."
        )
    return found


def forgeries() -> Iterator[tuple[str, str]]:
    """Each forgery by its name, and what it is in a sentence."""
    for name, sign in FORGERIES.items():
        yield name, (sign.__doc__ or "").partition("\n")[0]


def _plain(words: str) -> str:
    return " ".join(words.casefold().replace("-", " ").replace("_", " ").split())
