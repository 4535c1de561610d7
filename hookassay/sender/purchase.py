"""Purchases: coherent sets of Stripe objects, and the bundles of events that Stripe sends about them."""

from __future__ import annotations

import hashlib
import itertools
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ..config import EndpointSettings, PurchaseSettings
from ..errors import NotApplicable, UsageError
from . import money
from .dispute import Dispute
from .event import Bundle, Event
from .refund import FAILED, Refund
from .template import template
from .version import expanded, shaped, shaped_in_part, unsent

DEFAULT_AMOUNT = 1000
PLACEHOLDERS = ("n", "run", "uuid")


class Report(NamedTuple):
    """What one event reports.

    Attributes:
        fact: The fact that it belongs to, and the id of the object whose fact it is.
        event: The event, in the purchase's API version.
        object: What it reports, in the latest API version.
    """

    fact: tuple[str, str]
    event: Event
    object: Mapping[str, Any]


class PurchaseBook:
    """Issues the purchases of one run, each with ids that no other purchase of any run has.

    Every id holds the run's id and the purchase's number, so that what a run created can be found again.
    Safe to share between threads; a purchase itself belongs to one thread.

    Attributes:
        run: The run's id.
        in_play: The purchases that facts were told about, by the id of their Checkout Session.
    """

    def __init__(self, settings: PurchaseSettings, endpoint: EndpointSettings, run: str) -> None:
        """Issue purchases as `settings` says that the shop needs them, for the mode and account of `endpoint`.

        Args:
            settings: What the shop needs to recognise a purchase, and what it sells.
            endpoint: Its `api_version` (for `all` the latest), `livemode` and `account` go into every event.
            run: The run's id: letters and digits, eight of them for ids as long as Stripe's.

        Raises:
            UsageError: a placeholder is unknown, or the shop sells nothing that can be bought here.
        """
        self.run = run
        self.in_play: dict[str, Purchase] = {}
        self._settings = settings
        self._endpoint = replace(endpoint, api_version=expanded(endpoint.api_version)[0])
        self._numbers = itertools.count(1)
        # The same part in every id, as all ids of one Stripe account share one. It begins with a letter, which ends the
        # run's id or the number before it.
        self._shared = "A" + hashlib.sha256(run.encode()).hexdigest()
        self._currency = settings.currencies[0] if settings.currencies else "usd"
        top = DEFAULT_AMOUNT if settings.max_amount is None else min(DEFAULT_AMOUNT, settings.max_amount)
        # Partial refunds are given in tenths of the price; they must add up to it.
        self._amount = money.chargeable(top // 10, self._currency) * 10 or money.chargeable(top, self._currency)
        if self._amount < 1:
            raise UsageError(
                f"[purchase] max_amount must be large enough for a purchase in {self._currency}; "
                f"got {settings.max_amount} minor units."
            )
        if settings.modes is not None and "payment" not in settings.modes:
            raise UsageError('[purchase] modes must hold "payment": the orders that are judged are paid once.')
        _refuse_unknown_placeholders("client_reference_id", settings.client_reference_id or "")
        for key, value in settings.metadata.items():
            _refuse_unknown_placeholders(f"metadata.{key}", value)

    def share(self, place: int, of: int) -> None:
        """Issue from now on each `of`-th number only, the first at `place` (from 0), for another process issues others.

        Copies of this book, each given another place, never issue one number twice.
        """
        self._numbers = itertools.count(next(self._numbers) + place, of)

    def in_version(self, api_version: str, above: int) -> PurchaseBook:
        """A book of the same run that issues purchases in another API version, numbered above `above`."""
        book = copy(self)
        book._endpoint = replace(self._endpoint, api_version=api_version)
        book._numbers = itertools.count(above + 1)
        return book

    def new(
        self,
        *,
        amount: int | None = None,
        currency: str | None = None,
        mode: str = "payment",
        session_id: str | None = None,
        payment_intent: str | None = None,
        charge: str | None = None,
        customer: str | None = None,
        name: str = "Test Buyer",
        email: str | None = None,
        created: int | None = None,
        livemode: bool | None = None,
        account: str | None = None,
        session: Mapping[str, Any] | None = None,
        ids: Callable[[str], str] = str,
        own: str | None = None,
    ) -> Purchase:
        """A purchase that nothing was sent about yet.

        Args:
            amount: Minor units; by default 1000, or less where the shop declares a smaller `max_amount`.
            currency: A lower-case ISO code; by default the first that the shop declares, else `usd`.
            mode: `payment`, `setup` or `subscription`.
            session_id: The Checkout Session's id, where its shape matters.
            payment_intent: The PaymentIntent's id, where its shape matters.
            charge: The Charge's id, where its shape matters.
            customer: The Customer's id; by default one of its own. The e-mail follows from it.
            name: The customer's name on the session and the charge.
            email: The customer's e-mail on the session and the charge.
            created: When the session was created, in Unix seconds; by default a minute ago.
            livemode: The mode of everything sent; by default the declared one, else test mode.
            account: The connected account in every event; by default the declared one, else none.
            session: Fields of the Checkout Session to replace or add in every event. `metadata` is added to what the
                shop declares, and neither metadata nor the reference that the shop needs is ever nulled.
            ids: Gives each id of its objects and events another shape; ids that differ must stay so.
            own: Its `uuid`; by default a new one.

        Raises:
            NotApplicable: the shop declares that it does not sell this (`currencies`, `modes`, `max_amount`).
        """
        self._refuse_undeclared(amount, currency, mode)
        currency = currency or self._currency
        n = next(self._numbers)
        own = own or str(uuid.uuid4())
        fields = dict(session or {})
        reference, metadata = fields.pop("client_reference_id", None), fields.pop("metadata", {})
        if reference is None and self._settings.client_reference_id is not None:
            reference = self._filled(self._settings.client_reference_id, n, own)
        if self._settings.metadata:
            needed = {key: self._filled(value, n, own) for key, value in self._settings.metadata.items()}
            metadata = {**needed, **(metadata or {})}
        if livemode is None:
            livemode = bool(self._endpoint.livemode)
        customer = customer or f"cus_{self.run}K{n:05d}"
        serials = itertools.count()
        return Purchase(
            run=self.run,
            n=n,
            uuid=own,
            session_id=session_id
            or ids(f"cs_{'live' if livemode else 'test'}_a1{self.run}K{n:05d}{self._shared[:42]}"),
            payment_intent=payment_intent or ids(self._id("pi_3", n, next(serials))),
            charge=charge or ids(self._id("ch_3", n, next(serials))),
            customer=customer,
            name=name,
            email=email or f"{customer.replace('_', '-').lower()}@example.invalid",
            amount=money.chargeable(self._amount, currency) if amount is None else amount,
            currency=currency,
            mode=mode,
            client_reference_id=reference,
            metadata=metadata,
            created=int(time.time()) - 60 if created is None else created,
            livemode=livemode,
            account=account or self._endpoint.account,
            api_version=self._endpoint.api_version,
            session_fields=fields,
            telling=self._remember,
            new_id=lambda prefix: ids(self._id(prefix, n, next(serials))),
        )

    def in_other_case(self, purchase: Purchase, **options: Any) -> Purchase:
        """Another purchase, whose every id differs from that of `purchase` in the case of its letters only.

        Stripe's ids are case-sensitive (docs.stripe.com/upgrades: "we recommend COLLATE utf8_bin"). The ids of its
        facts are alike where the same facts are told in the same order; `options` are those of `new`.
        """
        serials = itertools.count(2)  # the first two were the payment intent's and the charge's
        return replace(
            self.new(**options),
            session_id=_swapped(purchase.session_id),
            payment_intent=_swapped(purchase.payment_intent),
            charge=_swapped(purchase.charge),
            new_id=lambda prefix: _swapped(self._id(prefix, purchase.n, next(serials))),
        )

    def _remember(self, purchase: Purchase) -> None:
        self.in_play[purchase.session_id] = purchase

    def needs(self, field_name: str) -> bool:
        """Whether the shop declares that it needs this field of the session: `client_reference_id` or `metadata`."""
        return bool(getattr(self._settings, field_name))

    def _id(self, prefix: str, n: int, serial: int) -> str:
        # What differs stands last: that is where people look, and what a report shows of a long id.
        own = f"K{n:05d}K{serial:02d}"
        return f"{prefix}{self._shared[: max(1, 23 - len(self.run) - len(own))]}{self.run}{own}"

    def _filled(self, text: str, n: int, own: str) -> str:
        return text.replace("{n}", str(n)).replace("{run}", self.run).replace("{uuid}", own)

    def _refuse_undeclared(self, amount: int | None, currency: str | None, mode: str) -> None:
        settings = self._settings
        if settings.modes is not None and mode not in settings.modes:
            raise NotApplicable(f"the shop declares [purchase] modes without {mode}")
        if settings.currencies and currency is not None and currency not in settings.currencies:
            raise NotApplicable(f"the shop declares [purchase] currencies without {currency}")
        if settings.max_amount is not None and amount is not None and amount > settings.max_amount:
            raise NotApplicable(f"the shop declares [purchase] max_amount = {settings.max_amount}, less than {amount}")


@dataclass(eq=False, kw_only=True)
class Purchase:
    """One Checkout Session, and what Stripe makes of it: a PaymentIntent, a Charge, refunds and disputes.

    Each method that tells a fact gives the bundle Stripe would send for it, its objects as they were at that moment.
    A fact happens once: asked again, it gives the same events (`Event.again` makes a second Event of one). Tell facts
    in the order in which they happen, whatever the order of delivery is to be: their `created` grows with it. A fact
    that the mode does not know (a payment in setup mode, a set-up in payment mode) is a ValueError.

    Attributes:
        run: The run's id.
        n: The purchase's number in the run, from 1.
        uuid: A UUID of its own, 36 characters.
        session_id: The Checkout Session's id.
        payment_intent: The PaymentIntent's id; the session shows it only where money is to be moved.
        charge: The id of the Charge that pays.
        customer: The Customer's id.
        name: The customer's name.
        email: The customer's e-mail.
        amount: What is to be paid, in minor units.
        currency: A lower-case ISO code.
        mode: `payment`, `setup` or `subscription`.
        client_reference_id: The merchant's reference on the session, or None.
        metadata: The session's metadata; no other object carries it.
        created: When the session was created, in Unix seconds.
        livemode: The mode of its objects and events.
        account: The connected account in its events, or None.
        api_version: The API version that its events name.
        session_fields: Fields that replace or extend those of the session, in every event.
        new_id: Gives an unused id with this prefix.
        refunds: Its refunds, oldest first.
        telling: Is told that a fact is being told about it.
        reported: What its events report, in the order told.
        now: The moment of the fact told last, in Unix seconds.
    """

    run: str
    n: int
    uuid: str
    session_id: str
    payment_intent: str
    charge: str
    customer: str
    name: str
    email: str
    amount: int
    currency: str
    mode: str
    client_reference_id: str | None
    metadata: Mapping[str, str] | None
    created: int
    livemode: bool
    account: str | None
    api_version: str
    session_fields: Mapping[str, Any] = field(repr=False)
    new_id: Callable[[str], str] = field(repr=False)
    refunds: list[Refund] = field(default_factory=list, init=False, repr=False)
    telling: Callable[[Purchase], None] = field(default=lambda _: None, repr=False)
    reported: list[Report] = field(default_factory=list, init=False, repr=False)
    _fact: tuple[str, str] = field(default=("", ""), init=False, repr=False)
    _told: dict[tuple[str, str], Bundle] = field(default_factory=dict, init=False, repr=False)
    _disputed: bool = field(default=False, init=False, repr=False)
    _delayed: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        self.now = self.created
        self._payment_method = self.new_id("pm_1")
        self._balance_transaction = self.new_id("txn_3")

    def placeholders(self) -> dict[str, Any]:
        """What `[orders] create`, `[orders] refund` and `[effects] count` may name.

        `amount` is an int in minor units, `amount_major` a Decimal, `n` an int, all others are strings. Without a
        payment (setup mode) the amounts, the currency and the ids of the payment are None.
        """
        paying = self.mode != "setup"
        return {
            "session_id": self.session_id,
            "client_reference_id": self.client_reference_id,
            "payment_intent": self.payment_intent if paying else None,
            "charge": self.charge if paying else None,
            "amount": self.amount if paying else None,
            "amount_major": money.major(self.amount, self.currency) if paying else None,
            "currency": self.currency if paying else None,
            "run": self.run,
            "n": self.n,
            "uuid": self.uuid,
        }

    def at_price(self, *, amount: int | None = None, currency: str | None = None) -> Purchase:
        """The same purchase, paid at another `amount` (minor units) or in another `currency`, with nothing told yet."""
        return replace(
            self,
            amount=self.amount if amount is None else amount,
            currency=self.currency if currency is None else currency,
        )

    def open_session(self) -> dict[str, Any]:
        """The Checkout Session as the shop created it, before the customer did anything.

        It is in the latest API version, and no event reports it. Source: docs.stripe.com/api/checkout/sessions/object,
        `status` `open`; `payment_intent` stays null until the customer confirms.
        """
        session = self._session()
        changed = ["customer", "customer_details", "invoice", "payment_intent", "setup_intent", "subscription"]
        if self.mode == "setup":
            changed += ["amount_subtotal", "amount_total", "currency", "total_details"]
        return {
            **session,
            **dict.fromkeys(changed),
            "payment_status": "no_payment_required" if self.mode == "setup" else "unpaid",
            "status": "open",
            "url": f"https://checkout.example.invalid/c/pay/{self.session_id}",
        }

    # Facts of the Checkout Session

    def paid(self) -> Bundle:
        """The customer paid by card: session complete and paid.

        Source: docs.stripe.com/checkout/fulfillment.
        """
        return self.tell(
            "paid",
            lambda: [
                self.event("charge.succeeded", self._charge()),
                self.event("payment_intent.succeeded", self._intent()),
                self.event("checkout.session.completed", self._session()),
            ],
        )

    def unpaid(self) -> Bundle:
        """The customer chose a delayed payment method: session complete, the money not there yet.

        Source: docs.stripe.com/checkout/fulfillment, "Delayed payment methods".
        """
        self._delayed = True
        return self.tell(
            "unpaid",
            lambda: [
                self.event("payment_intent.processing", self._intent(status="processing", amount_received=0)),
                self.event("checkout.session.completed", self._session(payment_status="unpaid")),
                self.event("charge.pending", self._charge(status="pending", paid=False, receipt_url=None)),
            ],
        )

    def async_succeeded(self) -> Bundle:
        """The delayed payment arrived (docs.stripe.com/checkout/fulfillment, "Delayed payment methods")."""
        self._delayed = True
        return self.tell(
            "async succeeded",
            lambda: [
                self.event("charge.succeeded", self._charge()),
                self.event("payment_intent.succeeded", self._intent()),
                self.event("checkout.session.async_payment_succeeded", self._session()),
            ],
        )

    def async_failed(self) -> Bundle:
        """The delayed payment failed (docs.stripe.com/checkout/fulfillment, "Delayed payment methods")."""
        self._delayed = True
        return self.tell(
            "async failed",
            lambda: [
                *self._failed_attempt(self.charge, "insufficient_funds", "The account has insufficient funds."),
                self.event("checkout.session.async_payment_failed", self._session(payment_status="unpaid")),
            ],
        )

    def declined(self) -> Bundle:
        """One card attempt declined; the session stays open. Each call is another attempt, with a Charge of its own."""
        charge = self.new_id("ch_3")
        return self.tell(
            "declined",
            lambda: self._failed_attempt(charge, "card_declined", "Your card was declined."),
            about=charge,
        )

    def expired(self, *, free: bool = False) -> Bundle:
        """The session ended without a payment (docs.stripe.com/api/checkout/sessions/object, `status`).

        Args:
            free: Whether nothing would have had to be paid: `payment_status` then says so, and not `unpaid`.
        """
        unfinished: dict[str, Any] = {"payment_intent": None, "customer": None, "customer_details": None}
        unfinished |= (
            {"payment_status": "no_payment_required", "amount_total": 0} if free else {"payment_status": "unpaid"}
        )
        return self.tell(
            "expired", lambda: [self.event("checkout.session.expired", self._session(status="expired", **unfinished))]
        )

    def free(self) -> Bundle:
        """Nothing was to be paid, by a full discount or, in subscription mode, a trial.

        Source: docs.stripe.com/api/checkout/sessions/object, `payment_status` `no_payment_required`. A new
        subscription's own events (customer.subscription.*, invoice.*) are not sent.
        """

        def events() -> list[Event]:
            fields: dict[str, Any] = {
                "payment_status": "no_payment_required",
                "payment_intent": None,
                "amount_total": 0,
            }
            if self.mode == "subscription":
                fields |= {"amount_subtotal": 0, "subscription": self.new_id("sub_1")}
            else:
                discount = {"amount_discount": self.amount, "amount_shipping": 0, "amount_tax": 0}
                fields |= {"discounts": [{"coupon": "FREE100", "promotion_code": None}], "total_details": discount}
            return [self.event("checkout.session.completed", self._session(**fields))]

        return self.tell("free", events)

    def set_up(self) -> Bundle:
        """A payment method was saved for later, in setup mode: no amount, no currency, no PaymentIntent.

        Source: docs.stripe.com/api/checkout/sessions/object, `mode` `setup`.
        """

        def events() -> list[Event]:
            self._demand_mode("setup")
            setup_intent = self._setup_intent(self.new_id("seti_1"))
            session = self._session(
                amount_subtotal=None,
                amount_total=None,
                currency=None,
                payment_intent=None,
                payment_method_collection="always",
                payment_status="no_payment_required",
                setup_intent=setup_intent["id"],
                total_details=None,
            )
            return [
                self.event("setup_intent.succeeded", setup_intent),
                self.event("checkout.session.completed", session),
            ]

        return self.tell("set up", events)

    def invented(self, event_type: str) -> Bundle:
        """An event of a type that Stripe does not have, complete: about the charge where the type names it.

        Source: docs.stripe.com/upgrades: new event types may appear at any time.
        """

        def events() -> list[Event]:
            about_charge = event_type.startswith("charge.")
            thing = {
                "id": self.new_id("thing_1"),
                "object": "thing",
                "created": self.now,
                "livemode": self.livemode,
                "status": "done",
            }
            return [self.event(event_type, self._charge() if about_charge else thing)]

        return self.tell(event_type, events)

    # What happens to the money later

    def refund(self, amount: int | None = None, status: str = "succeeded", *, listed: int | None = None) -> Refund:
        """A new refund of `amount` minor units (by default all that is left), its bundle in `Refund.bundle`.

        Args:
            amount: Minor units.
            status: `succeeded`, or `pending` or `requires_action` for one that is decided later.
            listed: How many of the newest refunds the Charge's `refunds` list holds; None leaves the list out, as
                Stripe does by default since 2022-11-15.

        Raises:
            ValueError: "You can't refund a total greater than the original charge amount" (docs.stripe.com/refunds).
        """
        self._presuppose_payment()
        left = self.amount - self.amount_refunded
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            raise ValueError(
                f"a refund must be of 1 to {left} minor units, what is left of {self.amount}; got {amount}"
            )
        return Refund(self, amount, status, listed)

    def unlinked_refund(self) -> Bundle:
        """A refund with neither a charge nor a payment_intent, as Stripe makes of money that belongs to no payment.

        Source: docs.stripe.com/changelog/acacia/2024-10-28/refund-webhook-update; both fields are nullable in
        docs.stripe.com/api/refunds/object.
        """
        self._presuppose_payment()
        return self.tell(
            "unlinked refund",
            lambda: [
                self.event(
                    "refund.created",
                    self.refund_object(self.new_id("re_1"), self.amount, charge=None, payment_intent=None),
                )
            ],
        )

    def charge_snapshot(self, amount_refunded: int) -> Bundle:
        """One charge.refunded whose Charge says that `amount_refunded` minor units were given back in all.

        Source: docs.stripe.com/api/charges/object, `amount_refunded` and `refunded`.
        """
        self._presuppose_payment()
        return self.tell(
            f"charge refunded up to {amount_refunded}",
            lambda: [self.event("charge.refunded", self.refunded_charge(amount_refunded))],
        )

    def dispute(self, status: str = "needs_response", amount: int | None = None, reason: str = "fraudulent") -> Dispute:
        """A new dispute, opened in `status` over `amount` minor units (by default what the charge was)."""
        self._presuppose_payment()
        self._disputed = True
        return Dispute(self, status, self.amount if amount is None else amount, reason)

    # How facts are told

    def tell(self, name: str, events: Callable[[], Sequence[Event]], *, about: str = "") -> Bundle:
        """The bundle of the fact `name`, made of `events` when it is told first, the same one ever after.

        Args:
            name: The fact, for people to read.
            events: Builds its events, at the moment that `now` then says.
            about: The id of the object whose fact it is, where a purchase can have several.

        Events of a type that the purchase's API version does not send about the object are not in it.
        """
        if (name, about) not in self._told:
            # Never ahead of the clock: an event from the future is none that Stripe sends.
            self.now = max(self.now, min(self.now + 1, int(time.time())))
            self._fact = (name, about)
            self.telling(self)
            self._told[name, about] = Bundle(name, tuple(self._sent(events())))
        return self._told[name, about]

    def _sent(self, events: Sequence[Event]) -> Iterator[Event]:
        return (event for event in events if not unsent(event.type, event.object, self.api_version))

    def _demand_mode(self, mode: str) -> None:
        if self.mode != mode:
            raise ValueError(f'this fact needs a purchase with mode="{mode}"; it has mode="{self.mode}"')

    def _presuppose_payment(self) -> None:
        if not self._told:
            self.paid()

    @property
    def amount_refunded(self) -> int:
        """Minor units given back by the refunds made so far that have not failed."""
        return sum(refund.amount for refund in self.refunds if refund.status not in FAILED)

    # The objects as they are now

    def event(
        self, event_type: str, reported: Mapping[str, Any], previous_attributes: Mapping[str, Any] | None = None
    ) -> Event:
        """A new event that reports an object now.

        Every object goes out through here: the one place that gives it the shape of the purchase's API version.

        Args:
            event_type: Such as `charge.refunded`, or an invented type.
            reported: The object, complete, in the latest API version.
            previous_attributes: What `*.updated` events say the changed fields were before.
        """
        data: dict[str, Any] = {"object": shaped(reported, self.api_version)}
        if previous_attributes is not None:
            data["previous_attributes"] = shaped_in_part(previous_attributes, reported["object"], self.api_version)
        of_payment = reported["object"] in ("charge", "payment_intent", "refund")
        envelope = {
            **template("event"),
            "id": self.new_id("evt_3" if of_payment else "evt_1"),
            "api_version": self.api_version,
            "created": self.now,
            "data": data,
            "livemode": self.livemode,
            "type": event_type,
        }
        if self.account is not None:
            envelope = {"id": None, "object": None, "account": self.account} | envelope
        event = Event(envelope)
        self.reported.append(Report(self._fact, event, reported))
        return event

    def _session(self, **fields: Any) -> dict[str, Any]:
        shape = template("checkout_session")
        return {
            **shape,
            "id": self.session_id,
            "amount_subtotal": self.amount,
            "amount_total": self.amount,
            "client_reference_id": self.client_reference_id,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_details": self._with_customer(shape["customer_details"]),
            "expires_at": self.created + 24 * 3600,
            "livemode": self.livemode,
            "metadata": self.metadata,
            "mode": self.mode,
            "payment_intent": self.payment_intent,
            "payment_method_types": self._payment_method_types(),
            **fields,
            **self.session_fields,
        }

    def _intent(self, **fields: Any) -> dict[str, Any]:
        return {
            **template("payment_intent"),
            "id": self.payment_intent,
            "amount": self.amount,
            "amount_received": self.amount,
            "client_secret": f"{self.payment_intent}_secret_{self.n}",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "latest_charge": self.charge,
            "livemode": self.livemode,
            "payment_method": self._payment_method,
            "payment_method_types": self._payment_method_types(),
            **fields,
        }

    def _charge(self, **fields: Any) -> dict[str, Any]:
        self._demand_mode("payment")
        shape = template("charge")
        charge_id = fields.get("id", self.charge)
        return {
            **shape,
            "id": charge_id,
            "amount": self.amount,
            "amount_captured": self.amount,
            "balance_transaction": self._balance_transaction,
            "billing_details": self._with_customer(shape["billing_details"]),
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "disputed": self._disputed,
            "livemode": self.livemode,
            "payment_intent": self.payment_intent,
            "payment_method": self._payment_method,
            "payment_method_details": self._payment_method_details(shape["payment_method_details"]),
            "receipt_url": f"https://receipts.example.invalid/payment/{charge_id}",
            **fields,
        }

    def refunded_charge(self, amount_refunded: int, listed: int | None = None) -> dict[str, Any]:
        """The Charge object as it is now, `amount_refunded` minor units given back and the newest `listed` refunds."""
        fields: dict[str, Any] = {"amount_refunded": amount_refunded, "refunded": amount_refunded >= self.amount}
        if listed is not None:
            newest = self.refunds[::-1]
            fields["refunds"] = {
                "object": "list",
                "data": [refund.object() for refund in newest[:listed]],
                "has_more": len(newest) > listed,
                "url": f"/v1/charges/{self.charge}/refunds",
            }
        return self._charge(**fields)

    def refund_object(self, refund_id: str, amount: int, **fields: Any) -> dict[str, Any]:
        """A Refund object of this purchase, made now."""
        return {
            **template("refund"),
            "id": refund_id,
            "amount": amount,
            "balance_transaction": None,
            "charge": self.charge,
            "created": self.now,
            "currency": self.currency,
            "customer": self.customer,
            "payment_intent": self.payment_intent,
            "payment_method": self._payment_method,
            **fields,
        }

    def _setup_intent(self, setup_intent: str) -> dict[str, Any]:
        return {
            **template("setup_intent"),
            "id": setup_intent,
            "client_secret": f"{setup_intent}_secret_{self.n}",
            "created": self.created,
            "customer": self.customer,
            "latest_attempt": self.new_id("setatt_1"),
            "livemode": self.livemode,
            "payment_method": self._payment_method,
        }

    def _failed_attempt(self, charge: str, code: str, message: str) -> list[Event]:
        by_card = code == "card_declined"
        decline = {"advice_code": "try_again_later", "network_decline_code": "05"} if by_card else dict[str, str]()
        outcome = {
            **template("charge")["outcome"],
            **decline,
            "network_status": "declined_by_network",
            "reason": "generic_decline" if by_card else code,
            "seller_message": "The bank did not return any further details with this decline.",
            "type": "issuer_declined",
        }
        error: dict[str, Any] = {
            **decline,
            "charge": charge,
            "code": code,
            "doc_url": f"https://docs.stripe.com/error-codes#{code.replace('_', '-')}",
            "message": message,
            "type": "card_error" if by_card else "invalid_request_error",
        }
        if by_card:
            error |= {"decline_code": "generic_decline", "payment_method": self._declined_card()}
        failed = self._charge(
            id=charge,
            amount_captured=0,
            balance_transaction=None,
            captured=False,
            failure_code=code,
            failure_message=message,
            outcome=outcome,
            paid=False,
            receipt_url=None,
            status="failed",
        )
        retryable = self._intent(
            amount_received=0,
            last_payment_error=error,
            latest_charge=charge,
            payment_method=None,
            status="requires_payment_method",
        )
        return [self.event("charge.failed", failed), self.event("payment_intent.payment_failed", retryable)]

    def _declined_card(self) -> dict[str, Any]:
        shape = template("payment_method")
        return {
            **shape,
            "id": self._payment_method,
            "billing_details": self._with_customer(shape["billing_details"]),
            "created": self.created,
            "livemode": self.livemode,
        }

    def _with_customer(self, details: Mapping[str, Any]) -> dict[str, Any]:
        return {**details, "email": self.email, "name": self.name}

    def _payment_method_types(self) -> list[str]:
        return ["card", "us_bank_account"] if self._delayed else ["card"]

    def _payment_method_details(self, shape: Mapping[str, Any]) -> dict[str, Any]:
        if self._delayed:
            return template("bank_debit")
        card = shape["card"]
        limit = {**card["overcapture"], "maximum_amount_capturable": self.amount}
        return {**shape, "card": {**card, "amount_authorized": self.amount, "overcapture": limit}}


def _swapped(own: str) -> str:
    """An id with the case of its letters swapped, its prefix left."""
    prefix, underscore, rest = own.rpartition("_")
    return prefix + underscore + rest.swapcase()


def _refuse_unknown_placeholders(name: str, text: str) -> None:
    for found in re.findall(r"\{(\w+)\}", text):
        if found not in PLACEHOLDERS:
            known = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
            raise UsageError(f"[purchase] {name} holds the unknown placeholder {{{found}}}; use {known}.")
