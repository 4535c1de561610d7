"""One scenario on the stage: its purchases, its courier, what it expects, and what it leaves to be watched.

The steps of the features are thin words over this; a fact is named as `hookassay.sender.story` names it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from ..orders.book import Orders, describe, same
from ..sender import money
from ..sender.courier import Courier
from ..sender.event import Bundle, Event, Style
from ..sender.purchase import Purchase
from ..sender.signature import DAY_OLD, HONEST, PARTIAL_KEYS, SIGNED_APART
from ..sender.story import Story
from ..wire.connection import Answer
from .bench import Bench
from .condition import condition
from .journal import ScenarioRecord
from .preflight import turned_away
from .watch import Check, Watch

DAY = 86_400

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
        role.before = self._orders_if_readable(role)
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
        shown, seen = self._eventually(role, state.holds)
        if not shown:
            self.record.rests_on = PROMISED_BY[words]
            raise HarnessError(
                f"the scene could not be set: expected the order {words}, saw {describe(seen)}; "
                f"{_in_words(self.courier.answers)}"
            )
        self._set(role, fact)

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
        self._eventually(role, lambda orders: not same(role.before, orders))
        self._set(role, fact)

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
        role.before = self._orders_if_readable(role)
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
        role.before = self._orders_if_readable(role)
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
        """Make one forged attempt for each event of a fact: never retried, never signed anew.

        Raises:
            NotApplicable: the forgery needs a declaration that was not made.
        """
        declared = self.bench.settings.endpoint.tolerance
        if forgery == "a signature a minute past the declared tolerance" and declared is None:
            raise NotApplicable("no tolerance is declared ([endpoint] tolerance)")
        if forgery in DAY_OLD and (declared or 0) >= DAY:
            raise NotApplicable(f"the endpoint declares a tolerance of {declared} s")
        role = self.role(name)
        role.latest = fact
        role.before = self._orders_if_readable(role)
        dispatch = self.bench.dispatch
        for event in self._deliverable(role, role.story.tell(fact)):
            self.forged.append(dispatch.send(dispatch.parcel(role.purchase.session_id, event, signing=forgery)))

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

    # --- what is expected ---------------------------------------------------------------------------------------------

    def takes_effect(self, name: str = "it") -> None:
        """Expect the honest deliveries to be acknowledged, and the order to differ from before them.

        Without an order reader the acknowledgement alone is judged.
        """
        role = self.role(name)
        if self.bench.book.readable:
            shown, seen = self._eventually(role, lambda orders: not same(role.before, orders))
            if not shown:
                raise ContractViolation(
                    f"the delivery to take effect within {self._settling_time()}",
                    f"{describe(seen)}, as before it; {_in_words(self.courier.answers)}",
                )
        else:
            self._until(lambda: self.courier.acknowledgements > 0)
        if not self.courier.acknowledgements:
            raise ContractViolation("a 2xx on some attempt", _in_words(self.courier.answers))

    def twin_takes_effect(self) -> None:
        """Deliver honestly, for another purchase, what was forged: the control that shows what refused the forgery.

        Raises:
            HarnessError: it has no effect, so that the forgery's having none proves nothing.
        """
        role = self.role()
        self.cast("the twin")
        for fact in [*role.past, role.latest]:
            self.deliver(fact, name="the twin")
            try:
                self.takes_effect("the twin")
            except ContractViolation as violation:
                self.record.rests_on = "SG-01"
                raise HarnessError(f"the honest twin of the forgery was not accepted: {violation}") from None
            self._set(self.role("the twin"), fact)

    def has_no_effect(self, name: str = "it") -> None:
        """Expect the orders to stay as they were before the latest deliveries: watched from here on.

        Without an order reader a refusal is all that can be seen, and a 2xx proves nothing.
        """
        role = self.role(name)
        if not self.bench.book.readable:
            if any(answer.acknowledged for answer in self.forged):
                raise NotTestable(
                    "answered 2xx; without an order reader (--orders) it cannot be seen whether it had an effect"
                )
            return
        before = role.before

        def unchanged() -> None:
            now = self.orders(role)
            if not same(before, now):
                answers = _in_words(self.forged or self.courier.answers)
                raise ContractViolation(f"no effect: {describe(before)}, as before", f"{describe(now)}; {answers}")

        self._watch(role, unchanged)

    def nothing_more_happens(self) -> None:
        """Expect what was delivered again to change nothing, and to make no second order or effect."""
        self.has_no_effect()
        self.happened_once()

    def is_refused(self) -> None:
        """Expect a status that refuses: a 2xx or 3xx for a forgery hides a wrong secret from Stripe and from people."""
        for answer in self.forged:
            if answer.status is None:
                self.record.note(f"a forgery is not answered: {answer.problem}")
            elif answer.status >= 500:
                self.record.note(
                    f"a forgery is answered {answer.status}; a 4xx would not look like a fault of the server"
                )
            elif answer.status < 400:
                raise ContractViolation("a status that refuses, such as 400", str(answer.status))

    def order_is(self, words: str, name: str = "it") -> None:
        """Expect the order to come into a state, and to stay in it."""
        role = self.role(name)
        state = condition(words)
        values = self.bench.settings.orders.values
        shown, seen = self._eventually(role, state.holds)
        if not shown:
            raise ContractViolation(
                f"{state.expected(values)}, within {self._settling_time()}",
                f"{describe(seen)}; {_in_words(self.courier.answers)}{_hint(seen)}",
            )

        def stays() -> None:
            now = self.orders(role)
            if not state.holds(now):
                raise ContractViolation(f"{state.expected(values)}, and to stay so", f"{describe(now)} later")

        self._watch(role, stays)

    def happened_once(self) -> None:
        """Expect exactly one order, and one effect where effects are counted; watched from here on.

        Raises:
            NotTestable: neither several rows of one session nor a count of effects can be seen.
        """
        role = self.role()
        self.require_uniqueness()
        self._eventually(role, lambda orders: bool(orders))
        self.once(role)()
        self.watch_once(role)

    def require_uniqueness(self) -> None:
        """Go on only where a second order or effect would be seen.

        Raises:
            NotTestable: it would not.
        """
        self.orders(self.role())
        if not self.bench.book.many and self.bench.effects is None:
            raise NotTestable(
                "the order reader yields one row for a session, so that a second order would not be seen; give an SQL "
                "source, or a counter of effects ([effects] count)"
            )

    def watch_once(self, role: Role) -> None:
        """Watch that a purchase gets no second order or effect from here on."""
        self._watch(role, self.once(role))

    def once(self, role: Role) -> Check:
        """The check that a purchase has no second order and no second effect."""

        def check() -> None:
            now = self.orders(role)
            if len(now) > 1:
                raise ContractViolation("exactly one order", describe(now))
            if self.bench.effects is not None:
                count = self.bench.effects(role.purchase.placeholders())
                if count > 1:
                    raise ContractViolation("exactly one effect ([effects] count)", f"{count} effects")

        return check

    def is_acknowledged(self) -> None:
        """Expect every honest delivery to get a 2xx at last."""
        self._until(lambda: self.courier.outstanding == 0)
        if self.courier.outstanding:
            raise ContractViolation(
                "a 2xx for every delivery, at the latest on a retry",
                f"none for {', '.join(self.courier.refusals)}; {_in_words(self.courier.answers)}",
            )

    def is_not_redirected(self) -> None:
        """Expect no 3xx: Stripe counts a redirect as a failure and does not follow it."""
        for answer in self.courier.answers:
            if answer.redirected:
                location = answer.header("Location")
                raise ContractViolation(
                    "no redirect at the URL exactly as configured",
                    f"{answer.status}" + (f" to {location}" if location else ""),
                )

    def is_not_turned_away(self) -> None:
        """Expect that a delivery needs nothing but its signature.

        Raises:
            NotTestable: it was refused, on retries as well, but not for a token, cookie or login.
        """
        self._until(lambda: self.courier.acknowledgements > 0)
        for answer in self.courier.answers:
            reason = turned_away(answer)
            if reason:
                raise ContractViolation(
                    "nothing but the signature to be asked for", f"{answer.status}, asking for {reason}"
                )
        if not any(answer.acknowledged for answer in self.courier.answers):
            raise NotTestable(f"genuine deliveries are refused for another reason ({_in_words(self.courier.answers)})")

    def is_keyed_by_whole_secret(self) -> None:
        """Expect the honest deliveries to take effect; where they do not, look whether a part of the secret is the key.

        Raises:
            NotTestable: they do not, and it is not for that.
        """
        try:
            self.takes_effect()
            return
        except ContractViolation:
            refusals = _in_words(self.courier.answers)
        # Acknowledged without an effect, it is not the key that is wrong.
        for signing in PARTIAL_KEYS if not self.courier.acknowledgements else ():
            self.forge("the payment", signing, name=signing)
            if any(answer.acknowledged for answer in self.forged):
                raise ContractViolation(
                    "the whole signing secret to be the key",
                    f"that what {signing} signed is accepted, and genuine deliveries are not ({refusals})",
                )
        raise NotTestable(f"genuine deliveries have no effect for another reason ({refusals})")

    def shows_amount(self, amount: int, currency: str) -> None:
        """Expect `total_amount` to be `amount` minor units of `currency`, in the unit that is declared.

        Raises:
            NotTestable: the reader shows no amount.
        """
        role = self.role()
        minor = self.bench.settings.orders.money == "minor"
        expected = Decimal(amount) if minor else money.major(amount, currency)
        shown, seen = self._eventually(role, lambda orders: any(order.total == expected for order in orders))
        if shown:
            return
        totals = [order.total for order in seen]
        if seen and all(total is None for total in totals):
            raise NotTestable("the order reader shows no total_amount")
        if not minor and money.iso_major(amount, currency) in totals:
            self.record.note(
                f"{amount} minor units of {currency} are shown as ISO 4217 counts them, not as Stripe does"
            )
            return
        raise ContractViolation(f"total_amount {expected} ({'minor' if minor else 'major'} units)", describe(seen))

    def shows_refunded(self, amount: int) -> None:
        """Expect `amount_refunded` to be `amount` minor units, where the order reader shows it.

        Raises:
            NotApplicable: it does not; the states then judge the arithmetic in another scenario.
        """
        role = self.role()
        if "amount_refunded" not in self.bench.settings.orders.columns:
            raise NotApplicable("the order reader shows no amount_refunded ([orders.columns])")
        minor = self.bench.settings.orders.money == "minor"
        expected = Decimal(amount) if minor else money.major(amount, role.purchase.currency)

        def shows(orders: Orders) -> bool:
            return any(order.amount_refunded == expected for order in orders)

        shown, seen = self._eventually(role, shows)

        def stays() -> None:
            now = self.orders(role)
            if not shows(now):
                raise ContractViolation(f"amount_refunded {expected}", describe(now))

        if not shown:
            raise ContractViolation(f"amount_refunded {expected}", describe(seen))
        self._watch(role, stays)

    # --- how it is seen -----------------------------------------------------------------------------------------------

    def orders(self, role: Role) -> Orders:
        """The orders of a purchase as they read now."""
        return self.bench.book.of(role.purchase.session_id)

    def _orders_if_readable(self, role: Role) -> Orders:
        return self.orders(role) if self.bench.book.readable else ()

    def _eventually(self, role: Role, holds: Callable[[Orders], bool]) -> tuple[bool, Orders]:
        return self.bench.settling.eventually(
            lambda: self.orders(role), holds, self.courier, overhead=self.bench.book.overhead
        )

    def _until(self, holds: Callable[[], bool]) -> None:
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

    def _set(self, role: Role, fact: str) -> None:
        role.past.append(fact)
        role.before = self._orders_if_readable(role)

    def _watch(self, role: Role, check: Check) -> None:
        watch = Watch(self.record, check, time.monotonic())
        role.watches.append(watch)
        self.bench.watchlist.add(watch)

    def _refuse_beyond_tolerance(self, signing: str) -> None:
        tolerance = self.bench.settings.endpoint.tolerance
        age = {"a timestamp ten seconds old": 10, "a timestamp four minutes old": 240}.get(signing, 0)
        if tolerance is not None and age and age + 60 > tolerance:
            raise NotApplicable(f"the endpoint declares a tolerance of {tolerance} s")

    def _settling_time(self) -> str:
        return f"{self.bench.settling.window():.2g} s"


def _in_words(answers: Sequence[Answer]) -> str:
    if not answers:
        return "nothing was delivered"
    kinds: dict[str, int] = {}
    for answer in answers:
        kinds[answer.describe()] = kinds.get(answer.describe(), 0) + 1
    return "answered " + ", ".join(f"{kind} ({count} times)" if count > 1 else kind for kind, count in kinds.items())


def _hint(orders: Orders) -> str:
    """What to set where an order shows a word that is in nobody's vocabulary: a setting, perhaps, and no fault."""
    if not orders or any(order.states for order in orders):
        return ""
    word = orders[0].words.get("status")
    if word is None:
        return ""
    return f". If {word!r} is this shop's word for the state, list it under [orders.values] in hookassay.toml"
