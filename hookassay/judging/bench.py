"""What every scenario of a run shares: the endpoint, the shop, the orders, the clock and the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..config import Settings
from ..endpoint import Endpoint
from ..errors import HarnessError, HookassayError, NotTestable
from ..faults import Faults
from ..orders.book import OrderBook, same
from ..orders.settling import BARRIER_PURCHASES, Settling
from ..sender.courier import Courier
from ..sender.dispatch import Attempt, Dispatch
from ..sender.purchase import Purchase, PurchaseBook
from ..stripe_api.client import StripeApi
from .journal import DeliveryRecord, Journal
from .watch import Watchlist

if TYPE_CHECKING:
    from .exposure import Provoked

# What a person wants to see of an answer's body.
SHOWN_BODY = 300

# Seconds that every order of arrival may take of a run, where the endpoint is slow.
TRYING = 30.0

Placeholders = Mapping[str, Any]


@dataclass
class Bench:
    """The instruments of one run.

    Attributes:
        settings: What the run was told.
        endpoint: What is under test.
        shop: Issues purchases.
        dispatch: Makes single attempts.
        book: Reads orders back.
        settling: Knows how long effects take.
        journal: Keeps the evidence.
        create: Creates the order, where the shop does that; None where the webhook does.
        effects: Counts the effects of a purchase; None where no counter was given.
        watchlist: What must stay as it is.
        without_payment: Checkout Session ids of purchases that came to something without any payment.
        provoked: The answers to everything that an endpoint may accept or refuse, once they were provoked.
        harmed_by: The clause whose scenario the endpoint does not work any more after; empty while it works.
        stripe_api: The stand-in for Stripe's API that the endpoint calls back to, or None.
        faults: How the endpoint can be killed and its store taken away.
        needed: A fact → the types of the events that tell of it and that the endpoint cannot do without, once known.
        rest: Closes every connection; each is opened again when it is needed.
        trying: Seconds left for trying orders of arrival; then a few of each lifecycle must do.
        shortened: Clause id → seconds that went into making its failing orders of arrival shorter.
        glancing: Whether orders may be read between deliveries, which is for the report alone.
    """

    settings: Settings
    endpoint: Endpoint
    shop: PurchaseBook
    dispatch: Dispatch
    book: OrderBook
    settling: Settling
    journal: Journal
    create: Callable[[Placeholders], None] | None = None
    effects: Callable[[Placeholders], int] | None = None
    watchlist: Watchlist = field(default_factory=Watchlist)
    without_payment: list[str] = field(default_factory=list)
    provoked: list[Provoked] = field(default_factory=list)
    harmed_by: str = ""
    stripe_api: StripeApi | None = None
    faults: Faults = field(default_factory=Faults)
    needed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rest: Callable[[], None] = lambda: None
    trying: float = TRYING
    shortened: dict[str, float] = field(default_factory=dict)
    glancing: bool = True

    def courier(self, *, attentive: bool = False) -> Courier:
        """A courier for one scenario; an `attentive` one glances at the order after each attempt."""
        events = self.settings.endpoint.events
        glance = self.glance if attentive else None
        return Courier(self.dispatch, None if events is None else frozenset(events), glance)

    def glance(self, session_id: str) -> None:
        """Read the orders of a purchase between two deliveries, for the journal alone.

        Only where it costs next to nothing, and only as long as the journal keeps what the reading belongs to.
        """
        if self.glancing and self.journal.keeping and self.book.quick:
            with suppress(HarnessError, HookassayError):  # whoever reads them to judge tells why that fails
                self.book.of(session_id)

    def join(self, place: int, crowd: int) -> None:
        """Work beside the copies of this bench that `crowd` workers have; what is not to be shared begins anew.

        Args:
            place: Which one of them this is, from 1; 0 is the bench that was copied.
            crowd: How many workers there are.
        """
        self.shop.share(place, crowd + 1)
        self.dispatch.share(crowd + 1)
        if place:
            self.settling.crowd = crowd
            self.watchlist = Watchlist()
            self.journal.hand_over()

    def introduce(self, purchase: Purchase) -> None:
        """Write the purchase down for clean-up, and let the shop create its order where it does so before paying."""
        self.journal.introduced(purchase.placeholders())
        if self.stripe_api is not None:
            self.stripe_api.introduce(purchase)
        if self.create is not None and purchase.mode != "setup":
            self.create(purchase.placeholders())

    def barrier(self, since: float) -> None:
        """Deliver genuine purchases, and wait until nothing sent before `since` can have an effect any more.

        Raises:
            HarnessError: a genuine purchase never showed.
            NotTestable: none can, since the endpoint does not work any more.
        """
        if self.harmed_by:
            raise NotTestable(f"the endpoint does not work any more ({self.harmed_by})")
        courier = self.courier()
        witnesses = []
        for _ in range(BARRIER_PURCHASES):
            purchase = self.shop.new()
            self.introduce(purchase)
            before = self.book.of(purchase.session_id)
            courier.deliver(purchase.session_id, purchase.paid())
            # Told by the same measure as any effect: a column that no event changes is no sign of one.
            witnesses.append(
                lambda purchase=purchase, before=before: not same(before, self.book.of(purchase.session_id))
            )
        self.settling.barrier(witnesses, courier, since)

    def settle_watches(self) -> None:
        """Put one barrier behind every watch that has none."""
        if self.watchlist.waiting is not None:
            with self.journal.phase("barriers"):
                self.watchlist.settle(self.barrier)


def observer(journal: Journal, clean: Callable[[str], str]) -> Callable[[Attempt], None]:
    """Writes every attempt into the journal, its answer cleaned of secrets."""

    def observe(attempt: Attempt) -> None:
        parcel, answer = attempt.parcel, attempt.answer
        # Cleaned before it is cut: half a secret at the cut would not be recognised.
        text = clean(answer.body[: 2 * SHOWN_BODY].decode("utf-8", "replace"))[:SHOWN_BODY]
        journal.delivered(
            DeliveryRecord(
                at=answer.sent_at - journal.began,
                purchase=parcel.about,
                event_id=parcel.event_id,
                event_type=parcel.event_type,
                signing=parcel.signing,
                attempt=parcel.attempt,
                status=answer.status,
                problem=clean(answer.problem),
                seconds=answer.seconds,
                answer=text,
                parcel=parcel,
                traffic=journal.traffic(attempt),
            )
        )

    return observe
