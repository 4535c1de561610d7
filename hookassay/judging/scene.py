"""One scenario on the stage: its purchases, what is delivered and forged about them, and how the orders are seen.

The steps of the features are thin words over this and over `expectation`; a fact is named as
`hookassay.sender.story` names it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from ..orders.book import Orders, describe, same
from ..orders.settling import LONGEST
from ..sender.courier import RETRIES, Courier
from ..sender.dispatch import Parcel
from ..sender.event import Bundle, Event, Style
from ..sender.purchase import Purchase
from ..sender.signature import DAY_OLD, HONEST, SIGNED_APART
from ..sender.story import Story
from ..wire.connection import Answer, in_words
from .bench import Bench
from .condition import condition
from .journal import ScenarioRecord
from .watch import Check, Watch

DAY = 86_400
TOO_MANY_REQUESTS = 429

# The clause that promises what a scenario takes as given; where that clause failed, the scenario proves nothing.
PROMISED_BY = {"paid": "OR-01", "refunded": "RF-01", "disputed": "DP-01"}

Redating = Callable[[Purchase, Event], int]

REDATINGS: dict[str, Redating] = {
    "three days ago": lambda purchase, _: purchase.created - 3 * DAY,
    "in the same second": lambda purchase, _: purchase.created,
    # Told later, created earlier, and never in the future.
    "in the reverse of their order": lambda purchase, event: 2 * purchase.created - event.created,
}

REPEATS: dict[str, Callable[[Event], Event]] = {
    "unchanged": lambda event: event,
    "as other events": Event.again,
    "with another count of pending webhooks": lambda event: event.with_(
        pending_webhooks=int(event.envelope["pending_webhooks"]) + 1
    ),
}

# What a shop may declare that it needs ([purchase]).
DECLARABLE = ("client_reference_id", "metadata")

NULLED: dict[str, Any] = {"null": None, "empty": {}}


@dataclass
class Role:
    """One purchase in a scenario.

    Attributes:
        story: What happened to it.
        before: Its orders when the latest scene-setting was over: what follows is compared with this.
        past: The facts that set the scene, in order.
        latest: The fact that was delivered or forged last.
        watches: What is watched about it.
    """

    story: Story
    before: Orders = ()
    past: list[str] = field(default_factory=list)
    latest: str = ""
    watches: list[Watch] = field(default_factory=list)

    @property
    def purchase(self) -> Purchase:
        """The purchase itself."""
        return self.story.purchase


class Scene:
    """What one scenario does and sees."""

    def __init__(self, bench: Bench, record: ScenarioRecord) -> None:
        """Begin a scenario that writes to `record`."""
        self.bench = bench
        self.record = record
        self.courier: Courier = bench.courier()
        self.forged: list[Answer] = []
        self._roles: dict[str, Role] = {}
        self._redating: Redating | None = None

    # --- what was before ----------------------------------------------------------------------------------------------

    def cast(self, part: str = "it", **options: Any) -> Role:
        """Issue a purchase that the scenario calls `part`; the options are those of `PurchaseBook.new`.

        Raises:
            NotApplicable: the shop declares that it does not sell this.
        """
        purchase = self.bench.shop.new(**options)
        self.bench.introduce(purchase)
        role = self._roles[part] = Role(Story(purchase))
        role.before = self.orders_if_readable(role)
        return role

    def cast_twin(self, name: str) -> Role:
        """Issue a purchase by the same customer, of the same amount, made in the same second."""
        first = self.role().purchase
        return self.cast(
            name,
            amount=first.amount,
            currency=first.currency,
            customer=first.customer,
            name=first.name,
            email=first.email,
            created=first.created,
        )

    def cast_with(self, field_name: str, value: str) -> Role:
        """Issue a purchase whose Checkout Session has `field_name` `null` or `empty`.

        Raises:
            NotApplicable: the shop declares that it needs this field.
        """
        if field_name in DECLARABLE and self.bench.shop.needs(field_name):
            raise NotApplicable(f"the shop declares that it needs {field_name} ([purchase])")
        return self.cast(session={field_name: NULLED[value]})

    def cast_subscription(self) -> Role:
        """Issue a purchase in subscription mode, whose paid session has an invoice in place of a payment intent.

        Raises:
            NotApplicable: the shop does not declare that it sells subscriptions; one that does not may ignore them.
        """
        if "subscription" not in (self.bench.settings.purchase.modes or ()):
            raise NotApplicable("the shop does not declare subscriptions ([purchase] modes)")
        return self.cast(
            session={"mode": "subscription", "payment_intent": None, "invoice": "in_1", "subscription": "sub_1"}
        )

    def role(self, name: str = "it") -> Role:
        """The purchase that plays `name`, issued now if it was not yet."""
        return self._roles.get(name) or self.cast(name)

    def tell(self, fact: str) -> Bundle:
        """Let a fact happen, without delivering anything about it."""
        return self.role().story.tell(fact)

    def date(self, when: str) -> None:
        """Give the events delivered from now on another `created`."""
        self._redating = REDATINGS[when]

    def establish(self, fact: str, words: str, name: str = "it") -> None:
        """Deliver a fact and wait until the order shows it: the scene is set, what follows is judged.

        Raises:
            HarnessError: the order does not show it; where the clause that promises it failed, the scenario then
                proves nothing, else nobody can say what went wrong.
        """
        role = self.role(name)
        self.deliver(fact, name=name)
        state = condition(words)
        shown, seen = self.eventually(role, state.holds)
        if not shown:
            self.record.rests_on = PROMISED_BY[words]
            raise HarnessError(
                f"the scene could not be set: expected the order {words}, saw {describe(seen)}; "
                f"answered {in_words(self.courier.answers)}"
            )
        self.settled(role, fact)

    def control(self, fact: str, words: str) -> None:
        """Let a fact show at a paid order of its own: what the scenario is about is then all that can go wrong.

        Raises:
            HarnessError: it does not show there either, see `establish`.
        """
        self.cast("the control")
        self.establish("the payment", "paid", "the control")
        self.establish(fact, words, "the control")

    def let_settle(self, fact: str) -> None:
        """Deliver a fact, and wait for what it does where it shows at all."""
        role = self.role()
        self.deliver(fact)
        self.eventually(role, lambda orders: not same(role.before, orders))
        self.settled(role, fact)

    # --- what is sent honestly ----------------------------------------------------------------------------------------

    def deliver(self, fact: str, *, name: str = "it", signing: str = HONEST, style: Style | None = None) -> None:
        """Deliver a fact's bundle as Stripe would.

        Raises:
            NotApplicable: the endpoint is subscribed to none of the bundle's events, or declares a tolerance that
                the signing's age is beyond.
        """
        self._refuse_beyond_tolerance(signing)
        role = self.role(name)
        role.latest = fact
        self._deliver(role, role.story.tell(fact), signing=signing, style=style)

    def deliver_again(self, fact: str, how: str) -> None:
        """Deliver a fact's bundle twice more: `unchanged`, `as other events`, or varied in what identifies nothing.

        One of the two is signed at another second, as Stripe's attempts are: its header cannot pass for a duplicate's.
        """
        role = self.role()
        role.before = self.orders_if_readable(role)
        bundle = role.story.tell(fact)
        for signing in (HONEST, SIGNED_APART):
            self._deliver(role, bundle.map(REPEATS[how]), signing=signing)

    def deliver_bytes_twice(self, fact: str) -> None:
        """Deliver each event of a fact twice, the second time with the very bytes and signature of the first."""
        role = self.role()
        dispatch = self.bench.dispatch
        for event in self._deliverable(role, role.story.tell(fact)):
            parcel = dispatch.parcel(role.purchase.session_id, event)
            request = dispatch.request(parcel)
            for _ in range(2):
                self.courier.adopt(parcel, dispatch.send_request(parcel, request))

    def deliver_types(self, types: Sequence[str]) -> None:
        """Deliver events about one payment, paid at once and reported as delayed as well, in the given order."""
        role = self.role()
        story = role.story
        told = story.tell("the payment") + story.tell("the delayed payment's success")
        self._deliver(role, Bundle("reports of one payment", tuple(told.of(name) for name in types)))

    def deliver_in_turn(self, fact: str, names: Sequence[str]) -> None:
        """Deliver the same fact of several purchases, an event of each in turn."""
        roles = [self.role(name) for name in names]
        bundles = [role.story.tell(fact).events for role in roles]
        for events in zip(*bundles, strict=True):
            for role, event in zip(roles, events, strict=True):
                if self.courier.subscribed(event):
                    self._deliver(role, Bundle(fact, (event,)))

    def deliver_unknown_refund(self) -> None:
        """Report the refund of a payment that no order was ever made for."""
        role = self.role()
        role.before = self.orders_if_readable(role)
        stranger = self.cast_unannounced("the stranger", customer=role.purchase.customer)
        self._deliver(stranger, stranger.story.tell("a full refund"))

    def cast_unannounced(self, name: str, **options: Any) -> Role:
        """Issue a purchase that the shop knows nothing of: it makes no order for it."""
        role = self._roles[name] = Role(Story(self.bench.shop.new(**options)))
        self.bench.journal.created.append(role.purchase.session_id)
        return role

    def deliver_bare(self) -> None:
        """Deliver to the configured URL exactly, with neither cookie, token nor session."""
        role = self.role()
        dispatch = self.bench.dispatch
        for event in self._deliverable(role, role.story.tell("the payment")):
            parcel = dispatch.parcel(role.purchase.session_id, event)
            self.courier.adopt(parcel, dispatch.send(parcel, configured=True), configured=True)
        extra = [name for name, _ in self.bench.endpoint.headers]
        if extra:
            self.record.note(f"deliveries carried the configured header(s) {', '.join(extra)}")

    # --- what is forged -----------------------------------------------------------------------------------------------

    def forge(self, fact: str, forgery: str, *, name: str = "it") -> None:
        """Make one forged attempt for each event of a fact: never retried, never signed honestly.

        Raises:
            NotApplicable: the forgery needs a declaration that was not made.
            NotTestable: the endpoint limits the rate, so that it never looked at the forgery.
        """
        declared = self.bench.settings.endpoint.tolerance
        if forgery == "a signature a minute past the declared tolerance" and declared is None:
            raise NotApplicable("no tolerance is declared ([endpoint] tolerance)")
        if forgery in DAY_OLD and (declared or 0) >= DAY:
            raise NotApplicable(f"the endpoint declares a tolerance of {declared} s")
        role = self.role(name)
        role.latest = fact
        role.before = self.orders_if_readable(role)
        dispatch = self.bench.dispatch
        for event in self._deliverable(role, role.story.tell(fact)):
            self.forged.append(self._looked_at(dispatch.parcel(role.purchase.session_id, event, signing=forgery)))

    def _looked_at(self, parcel: Parcel) -> Answer:
        """The answer to a forgery that was looked at: one that was turned away for the rate (429) was not.

        A limiter in front of the endpoint would otherwise pass for its refusal, and hide that it verifies nothing.
        """
        for pause in (*RETRIES, None):
            answer = self.bench.dispatch.send(parcel)
            if answer.status != TOO_MANY_REQUESTS:
                return answer
            asked = answer.retry_after() or 0.0
            if pause is None or asked > LONGEST:
                break
            time.sleep(max(pause, asked))
        raise NotTestable("forgeries are turned away for their rate (429); bound it with --rate N")

    def forge_without_secret(self, fact: str, forgery: str) -> None:
        """Make one forged attempt for each event of a fact at the instance that was started without its secret.

        Raises:
            ContractViolation: it was acknowledged.
            NotTestable: nothing listens there, and nobody said that this is intended.
        """
        settings = self.bench.settings.endpoint
        role = self.role()
        dispatch = self.bench.dispatch
        for event in self._deliverable(role, role.story.tell(fact)):
            parcel = dispatch.parcel(role.purchase.session_id, event, signing=forgery)
            answer = dispatch.send(parcel, url=settings.url_without_secret)
            self.forged.append(answer)
            if answer.problem == "connection refused":
                if settings.refuses_to_start:
                    self.record.note("nothing listens at url_without_secret, as declared (refuses_to_start)")
                    return
                raise NotTestable(
                    f"nothing listens at {settings.url_without_secret}; start the instance without its secret, or set "
                    "refuses_to_start = true under [endpoint] if that is why"
                )
            if answer.acknowledged:
                raise ContractViolation("an answer other than 2xx, or no server at all", answer.describe())

    # --- how it is seen -----------------------------------------------------------------------------------------------

    def orders(self, role: Role) -> Orders:
        """The orders of a purchase as they read now."""
        return self.bench.book.of(role.purchase.session_id)

    def orders_if_readable(self, role: Role) -> Orders:
        """The same, or none where there is no order reader."""
        return self.orders(role) if self.bench.book.readable else ()

    def eventually(self, role: Role, holds: Callable[[Orders], bool]) -> tuple[bool, Orders]:
        """Look at a purchase's orders until it holds or the settling time is over.

        Returns:
            Whether it held, and what was seen last.
        """
        return self.bench.settling.eventually(
            lambda: self.orders(role), holds, self.courier, overhead=self.bench.book.overhead
        )

    def until(self, holds: Callable[[], bool]) -> None:
        """Let the courier retry until it holds or the settling time is over."""
        self.bench.settling.eventually(holds, bool, self.courier)

    def _deliver(self, role: Role, bundle: Bundle, *, signing: str = HONEST, style: Style | None = None) -> None:
        events = self._deliverable(role, bundle)
        if self._redating is not None:
            redating = self._redating
            events = [event.with_(created=redating(role.purchase, event)) for event in events]
        self.courier.deliver(role.purchase.session_id, events, signing=signing, style=style)

    def _deliverable(self, role: Role, bundle: Bundle) -> list[Event]:
        """The subscribed events of a bundle about to be sent; what was watched about the purchase need not stay."""
        events = [event for event in bundle if self.courier.subscribed(event)]
        if not events:
            raise NotApplicable(f"not subscribed to {' or '.join(dict.fromkeys(bundle.types))}")
        for watch in role.watches:
            self.bench.watchlist.drop(watch)
        role.watches.clear()
        return events

    def settled(self, role: Role, fact: str) -> None:
        """A fact has had its effect: it belongs to the scene now, and what follows is compared with this."""
        role.past.append(fact)
        role.before = self.orders_if_readable(role)

    def watch(self, role: Role, check: Check) -> None:
        """Leave a check to be made behind the next barrier and at the end of the run."""
        watch = Watch(self.record, check, time.monotonic())
        role.watches.append(watch)
        self.bench.watchlist.add(watch)

    def _refuse_beyond_tolerance(self, signing: str) -> None:
        tolerance = self.bench.settings.endpoint.tolerance
        age = {"a timestamp ten seconds old": 10, "a timestamp four minutes old": 240}.get(signing, 0)
        if tolerance is not None and age and age + 60 > tolerance:
            raise NotApplicable(f"the endpoint declares a tolerance of {tolerance} s")

    def settling_time(self) -> str:
        """The settling time, for messages."""
        return f"{self.bench.settling.window():.2g} s"
