"""Orders: what the order reader shows."""

from __future__ import annotations

from pytest_bdd import parsers, then

from hookassay.judging.expectation import Expectation


@then("it takes effect")
def _(expect: Expectation) -> None:
    expect.takes_effect()


@then(parsers.parse("the order is {words}"))
def _(expect: Expectation, words: str) -> None:
    expect.order_is(words)


@then(parsers.parse("the other order is {words}"))
def _(expect: Expectation, words: str) -> None:
    expect.order_is(words, "the other")


@then("nothing more happens to the order")
def _(expect: Expectation) -> None:
    expect.nothing_more_happens()


@then("there is exactly one order")
def _(expect: Expectation) -> None:
    expect.happened_once()


@then(parsers.parse("the order shows {amount:d} {currency:l} minor units"))
def _(expect: Expectation, amount: int, currency: str) -> None:
    expect.shows_amount(amount, currency)


@then("the order shows its amount")
def _(expect: Expectation) -> None:
    expect.shows_its_amount()


@then(parsers.parse("the order shows {thousandths} thousandths of it refunded"))
def _(expect: Expectation, thousandths: str) -> None:
    expect.shows_refunded(thousandths)


@then("the partial refund shows as before the dispute")
def _(expect: Expectation) -> None:
    expect.order_is_partial_again()


@then("no order without a payment is refunded")
def _(expect: Expectation) -> None:
    expect.unpaid_stay_unrefunded()


@then("the order does not wait like the other")
def _(expect: Expectation) -> None:
    expect.does_not_wait_like("the waiting")
