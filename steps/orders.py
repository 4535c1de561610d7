"""Orders: what the order reader shows."""

from __future__ import annotations

from pytest_bdd import parsers, then

from hookassay.judging.scene import Scene


@then("it takes effect")
def _(scene: Scene) -> None:
    scene.takes_effect()


@then(parsers.parse("the order is {words}"))
def _(scene: Scene, words: str) -> None:
    scene.order_is(words)


@then(parsers.parse("the other order is {words}"))
def _(scene: Scene, words: str) -> None:
    scene.order_is(words, "the other")


@then("nothing more happens to the order")
def _(scene: Scene) -> None:
    scene.nothing_more_happens()


@then("there is exactly one order")
def _(scene: Scene) -> None:
    scene.happened_once()


@then(parsers.parse("the order shows {amount:d} {currency:l} minor units"))
def _(scene: Scene, amount: int, currency: str) -> None:
    scene.shows_amount(amount, currency)


@then(parsers.parse("the order shows {amount:d} minor units refunded"))
def _(scene: Scene, amount: int) -> None:
    scene.shows_refunded(amount)
