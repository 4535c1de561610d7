"""Events by their type alone."""

from __future__ import annotations

import pytest

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.errors import UsageError
from hookassay.sender import catalogue
from hookassay.sender.event import TYPES, Event
from hookassay.sender.signature import FORGERIES


def event(event_type: str, name: str | None = "a", **purchase: object) -> Event:
    settings = PurchaseSettings(**purchase)  # type: ignore[arg-type]
    return catalogue.event(event_type, catalogue.purchase(settings, EndpointSettings(), name, event_type))


@pytest.mark.parametrize("event_type", TYPES)
def test_every_type_can_be_told(event_type: str) -> None:
    """Whatever may happen to a purchase can be sent by its type alone."""
    assert event(event_type).type == event_type


def test_same_name_same_bytes() -> None:
    """The same event of the same purchase is the same, to the byte."""
    assert event("charge.refunded").body() == event("charge.refunded").body()


def test_same_name_same_objects() -> None:
    """A refund is of the charge that the purchase of the same name was paid by."""
    paid, refunded = event("checkout.session.completed"), event("charge.refunded")

    assert refunded.object["payment_intent"] == paid.object["payment_intent"]
    assert refunded.object_id == event("charge.succeeded").object_id


def test_one_refund_one_id() -> None:
    """All that is told of a refund is about one refund, how ever far it got."""
    assert len({event(name).object_id for name in ("refund.created", "refund.updated", "refund.failed")}) == 1


def test_no_two_events_share_an_id() -> None:
    """Events of different types have different ids, or an idempotent endpoint would take one for the other."""
    assert len({event(event_type).id for event_type in TYPES}) == len(TYPES)


def test_without_a_name_all_is_new() -> None:
    """A purchase without a name is one that nobody knows."""
    assert event("checkout.session.completed", None).object_id != event("checkout.session.completed", None).object_id


def test_what_the_shop_needs_is_there_and_stays() -> None:
    """References are filled in, the same for the same name."""
    first, second = (event("checkout.session.completed", client_reference_id="cart-{uuid}") for _ in range(2))

    assert first.object["client_reference_id"] == second.object["client_reference_id"] != "cart-{uuid}"


def test_a_wrong_type_is_told_the_nearest() -> None:
    """A misspelt type ends with the one that was meant, and with all that there are."""
    with pytest.raises(UsageError, match=r"Did you mean charge.refunded\?.*(?s:.*)\n  refund.failed"):
        catalogue.known("charge.refundd")


def test_a_version_without_the_event() -> None:
    """An API version that never sends the event is named, with those that there are."""
    endpoint = EndpointSettings(api_version="2022-11-15")
    about = catalogue.purchase(PurchaseSettings(), endpoint, None, "refund.created")

    with pytest.raises(UsageError, match=r"no refund\.created in API version 2022-11-15"):
        catalogue.event("refund.created", about)


def test_what_the_shop_does_not_sell() -> None:
    """A set-up is not sent to a shop that declares payments only."""
    with pytest.raises(UsageError, match=r"setup_intent.succeeded cannot be sent: .*modes without setup"):
        event("setup_intent.succeeded", modes=("payment",))


@pytest.mark.parametrize("words", ["Half-a-Signature", "half_a_signature", " half a signature "])
def test_forgeries_are_named_freely(words: str) -> None:
    """Dashes and underscores do for spaces, so that a shell needs no quotes."""
    assert catalogue.forgery(words) == "half a signature"


def test_every_forgery_is_explained() -> None:
    """The list has a sentence on each."""
    told = dict(catalogue.forgeries())

    assert told.keys() == FORGERIES.keys()
    assert all(sentence.endswith(".") or "“" in sentence for sentence in told.values())


def test_a_wrong_forgery_is_told_the_nearest() -> None:
    """A misspelt forgery ends with the one that was meant."""
    with pytest.raises(UsageError, match=r"Did you mean half a signature\?"):
        catalogue.forgery("half-signature")
