"""The stand-in for Stripe's API with purchases in play, and deliveries about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.endpoint import Endpoint, Secret
from hookassay.reference import free_port
from hookassay.sender.courier import Courier
from hookassay.sender.dispatch import Dispatch, Parcel
from hookassay.sender.event import Bundle
from hookassay.sender.purchase import Purchase, PurchaseBook
from hookassay.stripe_api.address import Address
from hookassay.stripe_api.client import StripeApi
from hookassay.stripe_api.process import running
from hookassay.wire.connection import Answer

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
METADATA = {"user_id": "42"}


@dataclass
class StandIn:
    """A stand-in that runs, and the book whose purchases it is told of."""

    api: StripeApi
    book: PurchaseBook

    @property
    def url(self) -> str:
        return self.api.address.url

    def sold(self, **options: object) -> Purchase:
        """A purchase whose Checkout Session is open."""
        purchase = self.book.new(**options)  # type: ignore[arg-type]
        self.api.introduce(purchase)
        return purchase

    def deliver(self, purchase: Purchase, *bundles: Bundle) -> None:
        """Let Stripe know of facts, as an honest delivery to nobody does."""
        for bundle in bundles:
            for event in bundle:
                self.api.announce(purchase, Parcel(purchase.session_id, event.id, event.type, event.body()))

    def courier(self, url: str, secret: str) -> tuple[Courier, list[Answer]]:
        """A courier to `url` that tells the stand-in first, and every answer that it gets."""
        answers: list[Answer] = []
        dispatch = Dispatch(
            Endpoint(url, Secret(secret), timeout=30),
            lambda attempt: answers.append(attempt.answer),
            announce=lambda parcel: self.api.announce(self.book.in_play[parcel.about], parcel),
        )
        return Courier(dispatch), answers


@contextmanager
def standing_in(run: str = "a1b2c3d4", **endpoint: object) -> Iterator[StandIn]:
    """Run a stand-in on a free port; `endpoint` holds fields of EndpointSettings."""
    settings = EndpointSettings(**endpoint)  # type: ignore[arg-type]
    book = PurchaseBook(PurchaseSettings(metadata=METADATA), settings, run)
    with running(Address("127.0.0.1", free_port()), None) as api:
        yield StandIn(api, book)
