"""The facts of one purchase in the contract's words: `the payment`, `a refund of 300`, `the dispute's closing as won`.

Amounts are in thousandths of the price, which is what 300 of 1000 means for a purchase of any price. The same words in
one story are the same fact, with the same events; a fact happens when its words are first said. What is delivered, and
in which order, is another matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..errors import NotApplicable
from . import money
from .dispute import Dispute
from .event import Bundle
from .purchase import Purchase
from .refund import Refund
from .version import unsent

_Tell = Callable[["Story", re.Match[str]], Bundle]

_FACTS: list[tuple[re.Pattern[str], _Tell]] = []

# What an event of the session reports of a delayed payment.
_DELAYED = {"completed": "checkout", "async_payment_succeeded": "success", "async_payment_failed": "failure"}


def _fact(pattern: str) -> Callable[[_Tell], _Tell]:
    def register(tell: _Tell) -> _Tell:
        _FACTS.append((re.compile(pattern), tell))
        return tell

    return register


class Story:
    """What happened to a purchase so far.

    Attributes:
        purchase: Whose story it is.
    """

    def __init__(self, purchase: Purchase) -> None:
        """Begin before anything happened."""
        self.purchase = purchase
        self._told: dict[str, Bundle] = {}
        self._refund: Refund | None = None
        self._dispute: Dispute | None = None

    def tell(self, words: str) -> Bundle:
        """The bundle of the fact that `words` name; it happens now, unless it did before.

        Raises:
            LookupError: no fact is called so, or what it follows from has not happened.
            NotApplicable: the purchase's API version has no such event.
        """
        if words not in self._told:
            for pattern, tell in _FACTS:
                match = pattern.fullmatch(words)
                if match:
                    self._told[words] = tell(self, match)
                    break
            else:
                raise LookupError(f"no fact is called {words!r}")
        return self._told[words]

    def happened(self, words: str) -> bool:
        """Whether the fact was told before."""
        return words in self._told

    def refunded(self, refund: Refund) -> Bundle:
        """Keep `refund` as the one that later facts are about."""
        self._refund = refund
        return refund.bundle

    def disputed(self, dispute: Dispute) -> Bundle:
        """Keep `dispute` as the one that later facts are about."""
        self._dispute = dispute
        return dispute.opened()

    def thousandths(self, number: str) -> int:
        """So many thousandths of the price, in minor units."""
        return money.chargeable(self.purchase.amount * int(number) // 1000, self.purchase.currency)

    @property
    def refund(self) -> Refund:
        """The latest refund."""
        if self._refund is None:
            raise LookupError("no refund has happened")
        return self._refund

    @property
    def dispute(self) -> Dispute:
        """The latest dispute."""
        if self._dispute is None:
            raise LookupError("no dispute has happened")
        return self._dispute


@_fact("the payment")
def _payment(story: Story, _: re.Match[str]) -> Bundle:
    return story.purchase.paid()


@_fact(r"the (payment|refund)'s ([a-z_]+\.[a-z_.]+)")
def _one_event(story: Story, match: re.Match[str]) -> Bundle:
    bundle = story.tell("the payment") if match[1] == "payment" else story.refund.bundle
    if match[1] == "refund":
        reason = unsent(match[2], story.refund.object(), story.purchase.api_version)
        if reason:
            raise NotApplicable(reason)
    return Bundle(match[0], (bundle.of(match[2]),))


@_fact("the delayed payment's checkout")
def _unpaid(story: Story, _: re.Match[str]) -> Bundle:
    return story.purchase.unpaid()


@_fact("the delayed payment's success")
def _async_succeeded(story: Story, _: re.Match[str]) -> Bundle:
    return story.purchase.async_succeeded()


@_fact("the delayed payment's failure")
def _async_failed(story: Story, _: re.Match[str]) -> Bundle:
    return story.purchase.async_failed()


@_fact(r"the delayed payment's (checkout\.session\.([a-z_]+))")
def _one_event_of_delayed(story: Story, match: re.Match[str]) -> Bundle:
    bundle = story.tell(f"the delayed payment's {_DELAYED[match[2]]}")
    return Bundle(match[0], (bundle.of(match[1]),))


@_fact("(?:a|another|a third) declined attempt")
def _declined(story: Story, _: re.Match[str]) -> Bundle:
    return story.purchase.declined()


@_fact("the expiry")
def _expired(story: Story, _: re.Match[str]) -> Bundle:
    return story.purchase.expired()


@_fact("the free checkout")
def _free(story: Story, _: re.Match[str]) -> Bundle:
    return story.purchase.free()


@_fact("the free checkout's expiry")
def _free_expired(story: Story, _: re.Match[str]) -> Bundle:
    return story.purchase.expired(free=True)


@_fact("the set-up")
def _set_up(story: Story, _: re.Match[str]) -> Bundle:
    return story.purchase.set_up()


@_fact(r"an event of the invented type ([a-z_.]+)")
def _invented(story: Story, match: re.Match[str]) -> Bundle:
    return story.purchase.invented(match[1])


@_fact("a full refund")
def _full_refund(story: Story, _: re.Match[str]) -> Bundle:
    return story.refunded(story.purchase.refund())


@_fact(r"(?:a|another) refund of (\d+)")
def _partial_refund(story: Story, match: re.Match[str]) -> Bundle:
    return story.refunded(story.purchase.refund(story.thousandths(match[1])))


@_fact(r"a refund of (\d+) that the charge lists alone")
def _listed_refund(story: Story, match: re.Match[str]) -> Bundle:
    return story.refunded(story.purchase.refund(story.thousandths(match[1]), listed=1))


@_fact("a refund of no payment")
def _unlinked_refund(story: Story, _: re.Match[str]) -> Bundle:
    return story.purchase.unlinked_refund()


@_fact(r"a (pending|requires_action) refund")
def _undecided_refund(story: Story, match: re.Match[str]) -> Bundle:
    return story.refunded(story.purchase.refund(status=match[1]))


@_fact("the refund's success")
def _refund_succeeds(story: Story, _: re.Match[str]) -> Bundle:
    return story.refund.succeeded_later()


@_fact("the refund's failure")
def _refund_fails(story: Story, _: re.Match[str]) -> Bundle:
    return story.refund.fails()


@_fact(r"the failure of the refund of (\d+)")
def _earlier_refund_fails(story: Story, match: re.Match[str]) -> Bundle:
    amount = story.thousandths(match[1])
    refund = next((one for one in story.purchase.refunds if one.amount == amount), None)
    if refund is None:
        raise LookupError(f"no refund of {match[1]} has happened")
    return refund.fails()


@_fact("the refund's cancellation")
def _refund_canceled(story: Story, _: re.Match[str]) -> Bundle:
    return story.refund.canceled()


@_fact("(?:a|another) dispute")
def _dispute(story: Story, _: re.Match[str]) -> Bundle:
    return story.disputed(story.purchase.dispute())


@_fact(r"a dispute over (\d+)")
def _dispute_over(story: Story, match: re.Match[str]) -> Bundle:
    return story.disputed(story.purchase.dispute(amount=story.thousandths(match[1])))


@_fact(r"a dispute born (\w+)")
def _dispute_born(story: Story, match: re.Match[str]) -> Bundle:
    return story.disputed(story.purchase.dispute(match[1]))


@_fact(r"the dispute's update to (\w+)")
def _dispute_updated(story: Story, match: re.Match[str]) -> Bundle:
    return story.dispute.updated(match[1])


@_fact(r"the dispute's closing as (\w+)")
def _dispute_closed(story: Story, match: re.Match[str]) -> Bundle:
    return story.dispute.closed(match[1])


@_fact("the reinstatement of the dispute's funds")
def _dispute_reinstated(story: Story, _: re.Match[str]) -> Bundle:
    return story.dispute.funds_reinstated(story.dispute.status)
