"""One scenario on the stage: its purchases, what is delivered and forged about them, and how the orders are seen.

The steps of the features are thin words over this and over `expectation`; a fact is named as
`hookassay.sender.story` names it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from ..orders.book import Orders, describe, same
from ..orders.settling import LONGEST
from ..sender.courier import RETRIES, Courier
from ..sender.dispatch import STRIPE_HEADERS, Parcel
from ..sender.event import Bundle, Event, Style
from ..sender.purchase import Purchase
from ..sender.signature import DAY_OLD, HONEST, SIGNED_APART
from ..sender.story import Story
from ..sender.variation import VARIATIONS, enlarged
from ..wire.connection import Answer, in_words
from .bench import Bench
from .condition import condition
from .journal import ScenarioRecord
from .watch import Check, Watch

DAY = 86_400
TOO_MANY_REQUESTS = 429

# The clause that promises what a scenario takes as given; where that clause failed, the scenario proves nothing.
PROMISED_BY = {"paid": "OR-01", "refunded": "RF-01", "disputed": "DP-01", "lost": "DP-04"}

ROLL = {
    "before the roll": HONEST,
    "with the new signature after ours": "the right v1, then a wrong one",
    "with the new signature before ours": "a wrong v1, then the right one",
    "after the roll": HONEST,
}
"""How the deliveries of a time are signed whose secret is rolled."""

# What a checkout may come to without any payment.
WITHOUT_PAYMENT = ("the free checkout", "the free checkout's expiry", "the expiry", "the set-up")

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
        self.courier: Courier = bench.courier(attentive=True)
        self.forged: list[Answer] = []
        self._roles: dict[str, Role] = {}
        self._redating: Redating | None = None

    # --- what was before ----------------------------------------------------------------------------------------------

    def cast(self, part: str = "it", **options: Any) -> Role:
        """Issue a purchase that the scenario calls `part`; the options are those of `PurchaseBook.new`.

        Raises:
            NotApplicable: the shop declares that it does not sell this.
        """
        return self.enter(part, self.bench.shop.new(**options))

    def enter(self, part: str, purchase: Purchase) -> Role:
        """Bring in a purchase that the scenario calls `part`, and let the shop know of it."""
        self.bench.introduce(purchase)
        role = self._roles[part] = Role(Story(purchase))
        role.before = self.orders_if_readable(role)
        return role

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

    def let_settle(self, fact: str, name: str = "it") -> None:
        """Deliver a fact, and wait for what it does where it shows at all; what follows must not rest on it."""
        role = self.role(name)
        self.deliver(fact, name=name)
        if self.bench.book.readable:
            window = self.bench.settling.while_it_may_show()
            self.eventually(role, lambda orders: not same(role.before, orders), window)
        self.settled(role, fact)

    def let_take_effect(self, fact: str) -> None:
        """Deliver a fact and wait until it shows, where it can be seen.

        Raises:
            NotApplicable: it does not show, so that nothing is there to be changed.
        """
        role = self.role()
        self.deliver(fact)
        if self.bench.book.readable:
            shown, _ = self.eventually(role, lambda orders: not same(role.before, orders))
            if not shown:
                raise NotApplicable(f"{fact} has no effect")
        self.settled(role, fact)

    def let_show(self, fact: str, words: str) -> None:
        """Deliver a fact, and go on only where the order shows it.

        Raises:
            NotApplicable: it does not: the shop has no such state, or needs something else to take such a purchase.
        """
        role = self.role()
        self.deliver(fact)
        shown, seen = self.eventually(role, condition(words).holds)
        if not shown:
            raise NotApplicable(f"{fact} does not make the order {words} here: {describe(seen)}")
        self.settled(role, fact)

    # --- what is sent honestly ----------------------------------------------------------------------------------------

    def deliver(
        self,
        fact: str,
        *,
        name: str = "it",
        signing: str = HONEST,
        style: Style | None = None,
        variation: str | None = None,
    ) -> None:
        """Deliver a fact's bundle as Stripe would, its events in a variation that Stripe may send where one is named.

        Raises:
            NotApplicable: the endpoint is subscribed to none of the bundle's events, or declares a tolerance that
                the signing's age is beyond.
        """
        self._refuse_beyond_tolerance(signing)
        role = self.role(name)
        role.latest = fact
        bundle = role.story.tell(fact)
        if fact in WITHOUT_PAYMENT:
            self.bench.without_payment.append(role.purchase.session_id)
        if variation is not None:
            bundle = bundle.map(VARIATIONS[variation])
        self._deliver(role, bundle, signing=signing, style=style)

    def deliver_large(self, fact: str, size: int) -> None:
        """Deliver a fact in bodies of `size` bytes.

        Raises:
            NotApplicable: the endpoint declares that it accepts less.
        """
        declared = self.bench.settings.endpoint.max_body
        if declared is not None and declared < size:
            raise NotApplicable(f"the endpoint declares [endpoint] max_body = {declared}, less than {size} bytes")
        role = self.role()
        style = self.bench.dispatch.manner.style
        self._deliver(role, role.story.tell(fact).map(lambda event: enlarged(event, size, style)))

    def deliver_as_stripe(self, fact: str) -> None:
        """Deliver a fact under the request headers that Stripe sends, whatever the run's manner."""
        role = self.role()
        for event in self._deliverable(role, role.story.tell(fact)):
            parcel = self.bench.dispatch.parcel(role.purchase.session_id, event)
            self._first_attempt(replace(parcel, headers=STRIPE_HEADERS))

    def deliver_refused(self, fact: str) -> None:
        """Deliver a fact too early, and go on only where the endpoint refuses it at first.

        Raises:
            NotApplicable: it refuses nothing.
        """
        self.deliver(fact)
        if all(answer.acknowledged for answer in self.courier.answers):
            raise NotApplicable(
                "no early event is refused, and nothing is declared that makes the endpoint fail ([faults] store_down)"
            )

    def deliver_without_store(self, fact: str) -> None:
        """Deliver a fact while the endpoint's database is away; it is back when the retries begin.

        Raises:
            NotApplicable: nothing is declared that takes the database away.
            HarnessError: a command of `[faults]` failed.
        """
        if not self.bench.faults.outages:
            raise NotApplicable("nothing is declared that makes the endpoint fail ([faults] store_down and store_up)")
        outage = self.bench.faults.outages[0]
        self.role()  # made and looked at while the store is there
        self.bench.rest()  # some databases wait for their clients before they stop
        self.bench.glancing = False
        outage.strike()
        try:
            self.deliver(fact)
        finally:
            outage.mend()
            self.bench.glancing = True

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

    def deliver_through_roll(self) -> None:
        """Deliver a payment each before, while and after the signing secret is rolled.

        While it is rolled, Stripe signs with both secrets (docs.stripe.com/webhooks, "Roll endpoint signing secrets
        periodically"); the endpoint holds one of them, the old one or the new one.
        """
        for when, signing in ROLL.items():
            self.cast(when)
            self.deliver("the payment", name=when, signing=signing)

    def deliver_bare(self) -> None:
        """Deliver to the configured URL exactly, with neither cookie, token nor session."""
        role = self.role()
        for event in self._deliverable(role, role.story.tell("the payment")):
            self._first_attempt(replace(self.bench.dispatch.parcel(role.purchase.session_id, event), configured=True))
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
            self.bench.glance(role.purchase.session_id)

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

    def send_by(self, method: str, fact: str) -> None:
        """Make one rightly signed attempt with another method than POST for each event of a fact."""
        role = self.role()
        role.latest = fact
        role.before = self.orders_if_readable(role)
        for event in self._deliverable(role, role.story.tell(fact)):
            parcel = self.bench.dispatch.parcel(role.purchase.session_id, event)
            self.forged.append(self.bench.dispatch.send(replace(parcel, method=method)))

    # --- how it is seen -----------------------------------------------------------------------------------------------

    def orders(self, role: Role) -> Orders:
        """The orders of a purchase as they read now."""
        return self.bench.book.of(role.purchase.session_id)

    def orders_if_readable(self, role: Role) -> Orders:
        """The same, or none where there is no order reader."""
        return self.orders(role) if self.bench.book.readable else ()

    def eventually(
        self, role: Role, holds: Callable[[Orders], bool], window: float | None = None
    ) -> tuple[bool, Orders]:
        """Look at a purchase's orders until it holds or the settling time (or the `window`, in seconds) is over.

        Returns:
            Whether it held, and what was seen last.
        """
        return self.bench.settling.eventually(
            lambda: self.orders(role), holds, self.courier, window=window, overhead=self.bench.book.overhead
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

    def _first_attempt(self, parcel: Parcel) -> None:
        """Make the first attempt with a parcel; the courier retries it until it is acknowledged."""
        self.courier.adopt(parcel, self.bench.dispatch.send(parcel))

    def _deliverable(self, role: Role, bundle: Bundle) -> list[Event]:
        """The subscribed events of a bundle about to be sent; what was watched about the purchase need not stay."""
        events = self.subscribed(bundle)
        for watch in role.watches:
            self.bench.watchlist.drop(watch)
        role.watches.clear()
        return events

    def subscribed(self, bundle: Bundle) -> list[Event]:
        """The events of a bundle that Stripe would deliver to the endpoint.

        Raises:
            NotApplicable: it would deliver none of them.
        """
        events = [event for event in bundle if self.courier.subscribed(event)]
        if not events:
            raise NotApplicable(f"not subscribed to {' or '.join(dict.fromkeys(bundle.types))}")
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
