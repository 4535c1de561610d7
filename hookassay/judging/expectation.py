"""What a scenario expects: of the order, of the answers, and of what must not have happened.

An expectation that does not hold is a ContractViolation, the only thing that blames the endpoint. What holds now and
must go on holding is left to be watched.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ..errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from ..orders.book import Orders, describe, same
from ..orders.vocabulary import COLUMN_OF, Order
from ..sender import money
from ..sender.signature import PARTIAL_KEYS
from ..wire.connection import Answer, in_words
from .condition import condition
from .preflight import turned_away
from .scene import ROLL, Role, Scene
from .watch import Check


class Expectation:
    """What is expected of the purchases on a scene."""

    def __init__(self, scene: Scene) -> None:
        """Expect something of what `scene` shows."""
        self._scene = scene

    def takes_effect(self, name: str = "it") -> None:
        """Expect the honest deliveries to be acknowledged, and the order to differ from before them.

        Without an order reader the acknowledgement alone is judged.
        """
        role = self._scene.role(name)
        if self._scene.bench.book.readable:
            shown, seen = self._scene.eventually(role, lambda orders: not same(role.before, orders))
            if not shown:
                raise ContractViolation(
                    f"the delivery to take effect within {self._scene.settling_time()}",
                    f"{describe(seen)}, as before it; {_answered(self._scene.courier.answers)}",
                )
        else:
            self._scene.until(lambda: self._scene.courier.acknowledgements > 0)
        if not self._scene.courier.acknowledgements:
            raise ContractViolation("a 2xx on some attempt", _answered(self._scene.courier.answers))

    def twin_takes_effect(self) -> None:
        """Deliver honestly, for another purchase, what was forged: the control that shows what refused the forgery.

        Raises:
            HarnessError: it has no effect, so that the forgery's having none proves nothing.
        """
        role = self._scene.role()
        self._scene.cast("the twin")
        for fact in [*role.past, role.latest]:
            self._scene.deliver(fact, name="the twin")
            try:
                self.takes_effect("the twin")
            except ContractViolation as violation:
                self._scene.record.rests_on = "SG-01"
                raise HarnessError(f"the honest twin of the forgery was not accepted: {violation}") from None
            self._scene.settled(self._scene.role("the twin"), fact)

    def each_takes_effect(self) -> None:
        """Expect each payment around the rolling of a secret to take effect."""
        for when in ROLL:
            try:
                self.takes_effect(when)
            except ContractViolation as violation:
                raise ContractViolation(f"{violation.expected} ({when})", violation.seen) from None

    def has_no_effect(self, name: str = "it") -> None:
        """Expect the orders to stay as they were before the latest deliveries: watched from here on.

        Without an order reader a refusal is all that can be seen, and a 2xx proves nothing.
        """
        role = self._scene.role(name)
        if not self._scene.bench.book.readable:
            if any(answer.acknowledged for answer in self._scene.forged):
                raise NotTestable(
                    "answered 2xx; without an order reader (--orders) it cannot be seen whether it had an effect"
                )
            return
        before = role.before

        def unchanged() -> None:
            now = self._scene.orders(role)
            if not same(before, now):
                answers = _answered(self._scene.forged or self._scene.courier.answers)
                raise ContractViolation(f"no effect: {describe(before)}, as before", f"{describe(now)}; {answers}")

        self._scene.watch(role, unchanged)

    def nothing_more_happens(self) -> None:
        """Expect what was delivered again to change nothing, and to make no second order or effect."""
        self.has_no_effect()
        self.happened_once()

    def is_refused(self) -> None:
        """Expect a status that refuses: a 2xx or 3xx for a forgery hides a wrong secret from Stripe and from people."""
        for answer in self._scene.forged:
            if answer.status is None:
                self._scene.record.note(f"a forgery is not answered: {answer.problem}")
            elif answer.status >= 500:
                self._scene.record.note(
                    f"a forgery is answered {answer.status}; a 4xx would not look like a fault of the server"
                )
            elif answer.status < 400:
                raise ContractViolation("a status that refuses, such as 400", str(answer.status))

    def order_is(self, words: str, name: str = "it") -> None:
        """Expect the order to come into a state, and to stay in it."""
        role = self._scene.role(name)
        state = condition(words)
        values = self._scene.bench.settings.orders.values
        shown, seen = self._scene.eventually(role, state.holds)
        if not shown:
            raise ContractViolation(
                f"{state.expected(values)}, within {self._scene.settling_time()}",
                f"{describe(seen)}; {_answered(self._scene.courier.answers)}{_hint(seen)}",
            )

        def stays() -> None:
            now = self._scene.orders(role)
            if not state.holds(now):
                raise ContractViolation(f"{state.expected(values)}, and to stay so", f"{describe(now)} later")

        self._scene.watch(role, stays)

    def order_is_partial_again(self) -> None:
        """Expect the partial refund to show as it did before the dispute, and no dispute to be open or lost.

        Where one column shows both, a word of its own for the dispute that was won may stand in its place (DP-03).
        """
        one_column = self._scene.bench.settings.orders.one_column
        self.order_is("partially refunded or won" if one_column else "partially refunded")

    def unpaid_stay_unrefunded(self) -> None:
        """Expect no order of this run that came about without any payment to be refunded.

        A refund that belongs to no payment may be taken for the first one's that has none, whichever that is.
        """
        bench = self._scene.bench
        unpaid = list(bench.without_payment) if bench.book.readable else []
        given_back = condition("not refunded at all")

        def unrefunded() -> None:
            for session_id in unpaid:
                orders = bench.book.of(session_id)
                if not given_back.holds(orders):
                    raise ContractViolation("no order without a payment to be refunded", describe(orders))

        self._scene.watch(self._scene.role(), unrefunded)

    def does_not_wait_like(self, name: str) -> None:
        """Expect the order to read otherwise than one that waits for its payment."""
        waiting = {_states(order) for order in self._scene.orders(self._scene.role(name))}
        role = self._scene.role()

        def stands_apart() -> None:
            alike = [order for order in self._scene.orders(role) if _states(order) in waiting]
            if alike:
                raise ContractViolation(
                    "an order that needs no payment to be fulfilled", f"{describe(tuple(alike))}, as one that is unpaid"
                )

        stands_apart()
        self._scene.watch(role, stands_apart)

    def happened_once(self) -> None:
        """Expect exactly one order, and one effect where effects are counted; watched from here on.

        Raises:
            NotTestable: neither several rows of one session nor a count of effects can be seen.
        """
        role = self._scene.role()
        self.require_uniqueness()
        self._scene.eventually(role, lambda orders: bool(orders))
        self.once(role)()
        self.watch_once(role)

    def require_uniqueness(self) -> None:
        """Go on only where a second order or effect would be seen.

        Raises:
            NotTestable: it would not.
        """
        self._scene.orders(self._scene.role())
        if not self._scene.bench.book.many and self._scene.bench.effects is None:
            raise NotTestable(
                "the order reader yields one row for a session, so that a second order would not be seen; give an SQL "
                "source, or a counter of effects ([effects] count)"
            )

    def watch_once(self, role: Role) -> None:
        """Watch that a purchase gets no second order or effect from here on."""
        self._scene.watch(role, self.once(role))

    def once(self, role: Role) -> Check:
        """The check that a purchase has no second order and no second effect."""

        def check() -> None:
            now = self._scene.orders(role)
            if len(now) > 1:
                raise ContractViolation("exactly one order", describe(now))
            if self._scene.bench.effects is not None:
                count = self._scene.bench.effects(role.purchase.placeholders())
                if count > 1:
                    raise ContractViolation("exactly one effect ([effects] count)", f"{count} effects")

        return check

    def is_acknowledged(self) -> None:
        """Expect every honest delivery to get a 2xx at last."""
        self._scene.until(lambda: self._scene.courier.outstanding == 0)
        if self._scene.courier.outstanding:
            raise ContractViolation(
                "a 2xx for every delivery, at the latest on a retry",
                f"none for {', '.join(self._scene.courier.refusals)}; {_answered(self._scene.courier.answers)}",
            )

    def is_not_redirected(self) -> None:
        """Expect no 3xx: Stripe counts a redirect as a failure and does not follow it."""
        for answer in self._scene.courier.answers:
            if answer.redirected:
                location = answer.header("Location")
                raise ContractViolation(
                    "no redirect at the URL exactly as configured",
                    f"{answer.status}" + (f" to {location}" if location else ""),
                )

    def is_answered_in_time(self) -> None:
        """Expect each answer within the response limit (`[endpoint] response_limit`).

        Raises:
            NotTestable: answers that take as long as the limit are not waited for.
        """
        limit = self._scene.bench.settings.endpoint.response_limit
        slowest = max(answer.seconds for answer in self._scene.courier.answers)
        late = [answer for answer in self._scene.courier.answers if answer.seconds > limit]
        if late:
            raise ContractViolation(f"each answer within {limit:g} s", f"one after {slowest:.3g} s")
        if self._scene.bench.endpoint.timeout < limit:
            raise NotTestable(f"an answer is waited for {self._scene.bench.endpoint.timeout:g} s only (--timeout)")

    def is_not_turned_away(self) -> None:
        """Expect that a delivery needs nothing but its signature.

        Raises:
            NotTestable: it was refused, on retries as well, but not for a token, cookie or login.
        """
        self._scene.until(lambda: self._scene.courier.acknowledgements > 0)
        for answer in self._scene.courier.answers:
            reason = turned_away(answer)
            if reason:
                raise ContractViolation(
                    "nothing but the signature to be asked for", f"{answer.status}, asking for {reason}"
                )
        if not any(answer.acknowledged for answer in self._scene.courier.answers):
            raise NotTestable(
                f"genuine deliveries are refused for another reason ({_answered(self._scene.courier.answers)})"
            )

    def is_keyed_by_whole_secret(self) -> None:
        """Expect the honest deliveries to take effect; where they do not, look whether a part of the secret is the key.

        Raises:
            NotTestable: they do not, and it is not for that.
        """
        try:
            self.takes_effect()
            return
        except ContractViolation:
            refusals = _answered(self._scene.courier.answers)
        # Acknowledged without an effect, it is not the key that is wrong.
        for signing in PARTIAL_KEYS if not self._scene.courier.acknowledgements else ():
            self._scene.forge("the payment", signing, name=signing)
            if any(answer.acknowledged for answer in self._scene.forged):
                raise ContractViolation(
                    "the whole signing secret to be the key",
                    f"that what {signing} signed is accepted, and genuine deliveries are not ({refusals})",
                )
        raise NotTestable(f"genuine deliveries have no effect for another reason ({refusals})")

    def shows_its_amount(self) -> None:
        """Expect `total_amount` to be what the purchase cost.

        Raises:
            NotTestable: the reader shows no amount.
        """
        purchase = self._scene.role().purchase
        self.shows_amount(purchase.amount, purchase.currency)

    def shows_amount(self, amount: int, currency: str, name: str = "it") -> None:
        """Expect `total_amount` to be `amount` minor units of `currency`, in the unit that is declared.

        Raises:
            NotTestable: the reader shows no amount.
        """
        role = self._scene.role(name)
        minor = self._scene.bench.settings.orders.money == "minor"
        expected = Decimal(amount) if minor else money.major(amount, currency)
        shown, seen = self._scene.eventually(role, lambda orders: any(order.total == expected for order in orders))
        if shown:
            return
        totals = [order.total for order in seen]
        if seen and all(total is None for total in totals):
            raise NotTestable("the order reader shows no total_amount")
        if not minor and money.iso_major(amount, currency) in totals:
            self._scene.record.note(
                f"{amount} minor units of {currency} are shown as ISO 4217 counts them, not as Stripe does"
            )
            return
        raise ContractViolation(
            f"total_amount {expected} ({'minor' if minor else 'major'} units of {currency})", describe(seen)
        )

    def shows_refunded(self, thousandths: str) -> None:
        """Expect `amount_refunded` to be so many thousandths of the price, where the order reader shows it.

        Raises:
            NotApplicable: it does not; the states then judge the arithmetic in another scenario.
        """
        role = self._scene.role()
        if "amount_refunded" not in self._scene.bench.settings.orders.columns:
            raise NotApplicable("the order reader shows no amount_refunded ([orders.columns])")
        amount = role.story.thousandths(thousandths)
        minor = self._scene.bench.settings.orders.money == "minor"
        expected = Decimal(amount) if minor else money.major(amount, role.purchase.currency)

        def shows(orders: Orders) -> bool:
            return any(order.amount_refunded == expected for order in orders)

        shown, seen = self._scene.eventually(role, shows)

        def stays() -> None:
            now = self._scene.orders(role)
            if not shows(now):
                raise ContractViolation(f"amount_refunded {expected}", describe(now))

        if not shown:
            raise ContractViolation(f"amount_refunded {expected}", describe(seen))
        self._scene.watch(role, stays)


def _answered(answers: Sequence[Answer]) -> str:
    return f"answered {in_words(answers)}" if answers else "nothing was delivered"


def _states(order: Order) -> tuple[object, ...]:
    """What an order says of its state, whatever its amounts are."""
    return order.states, tuple(order.words.get(column) for column in sorted(set(COLUMN_OF.values())))


def _hint(orders: Orders) -> str:
    """What to set where an order shows a word that is in nobody's vocabulary: a setting, perhaps, and no fault."""
    if not orders or any(order.states for order in orders):
        return ""
    word = orders[0].words.get("status")
    if word is None:
        return ""
    return f". If {word!r} is this shop's word for the state, list it under [orders.values] in hookassay.toml"
